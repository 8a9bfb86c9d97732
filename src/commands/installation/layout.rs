//! The files of an installation and their folders. Pure: nothing here touches the disk.

use std::path::{Path, PathBuf};

use serde::Serialize;

/// The plugin's name, by which NuGet finds its folder and the file in it.
pub const NAME: &str = "CredentialProvider.CodeArtifact";

/// The library that the `dotnet` host loads from the folder of our dll; empty in a build without
/// it.
pub const LAUNCHER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/launcher.bin"));

/// The native file's name without the launcher. Clients since NuGet 6.13 start a file with this
/// prefix directly.
const DIRECT: &str = "nuget-plugin-codeartifact";

/// The name under which the `dotnet` host searches for the launcher.
pub const LAUNCHER_FILE: &str = if cfg!(windows) {
    "hostpolicy.dll"
} else if cfg!(target_os = "macos") {
    "libhostpolicy.dylib"
} else {
    "libhostpolicy.so"
};

/// The two kinds of NuGet clients, each with its own plugins folder, in the order of `install`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
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

    /// The name of these clients for people.
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

    /// Every file in our folder that these clients can be configured to start.
    pub fn startable(self, folder: &Path) -> Vec<PathBuf> {
        let with_launcher = self.files(&[], Some(&[]));
        let without = self.files(&[], None);
        let files = with_launcher.into_iter().chain(without).map(|file| folder.join(file.path));
        files.filter(|path| !path.ends_with(LAUNCHER_FILE)).collect()
    }

    /// Every file of an installation, in the order of writing: first the native file, and last the
    /// one that NuGet searches for.
    pub fn files<'a>(self, native: &'a [u8], launcher: Option<&'a [u8]>) -> Vec<InstalledFile<'a>> {
        let suffix = if cfg!(windows) { ".exe" } else { "" };
        match (self, launcher) {
            (Self::Netfx, _) => vec![InstalledFile::executable(format!("{NAME}.exe"), native)],
            (Self::Netcore, None) => {
                vec![InstalledFile::executable(format!("{DIRECT}{suffix}"), native)]
            }
            (Self::Netcore, Some(launcher)) => {
                // The host never reads this dll. It is a file that can carry a signature, because
                // NuGet on Windows may check for one.
                let dll = if cfg!(windows) { launcher } else { &[] };
                vec![
                    InstalledFile::executable(format!("{NAME}{suffix}"), native),
                    InstalledFile::new(LAUNCHER_FILE.into(), launcher),
                    InstalledFile::new(format!("{NAME}.dll"), dll),
                ]
            }
        }
    }
}

/// One file of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledFile<'a> {
    /// Its name, relative to our folder.
    pub path: PathBuf,
    /// Its content.
    pub content: &'a [u8],
    /// Whether it is started directly.
    pub executable: bool,
}

impl<'a> InstalledFile<'a> {
    /// A file that is only read.
    pub fn new(name: String, content: &'a [u8]) -> Self {
        Self { path: name.into(), content, executable: false }
    }

    /// A file that is started.
    pub fn executable(name: String, content: &'a [u8]) -> Self {
        Self { executable: true, ..Self::new(name, content) }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn names(files: &[InstalledFile]) -> Vec<String> {
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
}
