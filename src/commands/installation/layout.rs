//! Which files make an installation, and in which folders. Pure: nothing here touches the disk.

use std::path::{Component, Path, PathBuf};

use serde::Serialize;

use super::Error;
use crate::base::environment::Environment;
use crate::locations::Locations;

/// The plugin's name, by which NuGet finds its folder and the file in it.
pub const NAME: &str = "CredentialProvider.CodeArtifact";

/// The library that the `dotnet` host loads from beside our dll; empty in a build without it.
pub const LAUNCHER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/launcher.bin"));

/// The native file's name where there is no launcher: clients since NuGet 6.13 start a file by itself
/// if its name begins so.
const DIRECT: &str = "nuget-plugin-codeartifact";

/// The name under which the `dotnet` host looks for the launcher.
pub const LAUNCHER_FILE: &str = if cfg!(windows) {
    "hostpolicy.dll"
} else if cfg!(target_os = "macos") {
    "libhostpolicy.dylib"
} else {
    "libhostpolicy.so"
};

/// The two kinds of NuGet clients, each with a plugins folder of its own, in the order of `install`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Client {
    /// Clients that run on .NET.
    Netcore,
    /// Clients that run on .NET Framework or Mono.
    Netfx,
}

impl Client {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Netcore, Self::Netfx];

    /// What people call these clients.
    pub fn description(self) -> &'static str {
        match self {
            Self::Netcore => "dotnet, MSBuild",
            Self::Netfx => "nuget.exe, Visual Studio",
        }
    }

    /// Our folder for these clients in a plugins folder.
    pub fn folder(self, plugins: &Path) -> PathBuf {
        let client = if self == Self::Netcore { "netcore" } else { "netfx" };
        plugins.join(client).join(NAME)
    }

    /// Every file in our folder that these clients may be made to start.
    pub fn startable(self, folder: &Path) -> Vec<PathBuf> {
        let with_launcher = self.files(&[], Some(&[]));
        let without = self.files(&[], None);
        let files = with_launcher.into_iter().chain(without).map(|file| folder.join(file.path));
        files.filter(|path| !path.ends_with(LAUNCHER_FILE)).collect()
    }

    /// Every file of an installation, in the order of writing: the native file is first, and the one
    /// that NuGet looks for is last.
    pub fn files<'a>(self, native: &'a [u8], launcher: Option<&'a [u8]>) -> Vec<File<'a>> {
        let executable = |name, suffix| File::new(format!("{name}{suffix}"), native).executable();
        let suffix = if cfg!(windows) { ".exe" } else { "" };
        match (self, launcher) {
            (Self::Netfx, _) => vec![executable(NAME, ".exe")],
            (Self::Netcore, None) => vec![executable(DIRECT, suffix)],
            (Self::Netcore, Some(launcher)) => {
                // The host never reads the dll. On Windows NuGet may look for a signature in it, so
                // it is something that can carry one.
                let dll = if cfg!(windows) { launcher } else { &[] };
                vec![
                    executable(NAME, suffix),
                    File::new(LAUNCHER_FILE.into(), launcher),
                    File::new(format!("{NAME}.dll"), dll),
                ]
            }
        }
    }
}

/// One file of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File<'a> {
    /// Its name, relative to our folder.
    pub path: PathBuf,
    /// All of it.
    pub content: &'a [u8],
    /// Whether it is started by itself.
    pub executable: bool,
}

impl<'a> File<'a> {
    /// A file that is only read.
    pub fn new(name: String, content: &'a [u8]) -> Self {
        Self { path: name.into(), content, executable: false }
    }

    fn executable(self) -> Self {
        Self { executable: true, ..self }
    }
}

/// The plugins folders to work in: the one named, or those that this user's clients search.
///
/// # Errors
///
/// Where there is none, or NuGet could not start anything in it.
pub fn plugins_folders(
    named: Option<&Path>,
    environment: &Environment,
) -> Result<Vec<PathBuf>, Error> {
    let folders = match named {
        Some(folder) => vec![absolute(folder)?],
        None => Locations::of(environment).plugins_dirs(),
    };
    if folders.is_empty() {
        return Err(Error::NoHome { variable: if cfg!(windows) { "USERPROFILE" } else { "HOME" } });
    }
    folders.into_iter().map(startable).collect()
}

fn absolute(folder: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(folder).map(|folder| normal(&folder)).map_err(|source| Error::Disk {
        action: "find",
        path: folder.to_path_buf(),
        source,
    })
}

fn startable(folder: PathBuf) -> Result<PathBuf, Error> {
    match folder.to_str() {
        None => Err(Error::NotUnicode(folder)),
        Some(text) if text.contains('"') => Err(Error::Quote(folder)),
        Some(_) => Ok(folder),
    }
}

/// The path as .NET writes it: without `.`, `..` and doubled separators, and without asking the disk.
pub fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut normal, component| {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
        normal
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn names(files: &[File]) -> Vec<String> {
        files.iter().map(|file| file.path.display().to_string()).collect()
    }

    #[test]
    fn netcore_gets_the_native_file_first_and_the_dll_last() {
        let files = Client::Netcore.files(b"native", Some(b"launcher"));
        assert_eq!(
            names(&files),
            [NAME, LAUNCHER_FILE, "CredentialProvider.CodeArtifact.dll"].map(String::from)
        );
        assert_eq!(
            files.iter().map(|file| file.executable).collect::<Vec<_>>(),
            [true, false, false]
        );
        assert_eq!(files[2].content, b"");
    }

    #[test]
    fn without_a_launcher_there_is_no_dll_to_find() {
        assert_eq!(names(&Client::Netcore.files(b"", None)), ["nuget-plugin-codeartifact"]);
    }

    #[test]
    fn netfx_starts_the_native_file_itself() {
        let files = Client::Netfx.files(b"", Some(b"launcher"));
        assert_eq!(names(&files), ["CredentialProvider.CodeArtifact.exe"]);
    }

    #[test]
    fn a_path_that_nuget_cannot_start_is_refused() {
        let refused = |home| {
            let environment = Environment::from_pairs([("HOME", home)]);
            plugins_folders(None, &environment).unwrap_err().to_string()
        };
        assert_eq!(
            refused("/home/a\"b"),
            "NuGet cannot start a plugin below `/home/a\"b/.nuget/plugins`, because of the `\"` in \
             it; name another plugins folder with `--dir`"
        );
        assert!(refused("relative").starts_with("no home folder is known: `HOME` is not set"));
    }

    #[test]
    fn a_named_folder_is_the_only_one() {
        let environment = Environment::from_pairs([("HOME", "/home/u")]);
        let named = Path::new("/srv/x/../plugins");
        assert_eq!(
            plugins_folders(Some(named), &environment).unwrap(),
            [PathBuf::from("/srv/plugins")]
        );
    }

    #[test]
    fn paths_are_written_as_dotnet_writes_them() {
        assert_eq!(normal(Path::new("/a//b/./c/../d/")), Path::new("/a/b/d"));
    }
}
