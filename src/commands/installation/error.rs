//! Why an installation was not made or removed. Each message says what, where and the way out.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// The command ends with it.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no folder to install in.
    #[error(
        "no home folder is known: `{variable}` is not set to an absolute path, and the system's \
         user database names none for this user; set `{variable}`, or name a plugins folder with \
         `--dir`"
    )]
    NoHome {
        /// The variable that names it on this system.
        variable: &'static str,
    },
    /// NuGet puts the path in quotes, and escapes nothing.
    #[error(
        "NuGet cannot start a plugin below `{0}`, because of the `\"` in it; name another plugins folder with `--dir`"
    )]
    Quote(PathBuf),
    /// .NET's paths are Unicode.
    #[error(
        "NuGet cannot start a plugin below `{0}`, which is not Unicode; name another plugins folder with `--dir`"
    )]
    NotUnicode(PathBuf),
    /// Built with `CODEARTIFACT_NUGET_NO_LAUNCHER`.
    #[error(
        "this build of the plugin has no launcher, without which `dotnet` does not find it; use a \
         release build, or `--no-launcher` or `--netfx-only`"
    )]
    NoLauncher,
    /// The file to copy.
    #[error("cannot read this program's own file: {0}; start it by its full path")]
    OwnFile(io::Error),
    /// Anything that the file system refuses.
    #[error("cannot {action} `{path}`: {source}; {}", hint(source))]
    Disk {
        /// A verb.
        action: &'static str,
        /// What the system refused to touch.
        path: PathBuf,
        /// Its reason.
        source: io::Error,
    },
    /// Somebody may want a more powerful user to write elsewhere.
    #[cfg(unix)]
    #[error(
        "`{0}` is a link of one user's to what belongs to another; remove the link, or name another plugins folder with `--dir`"
    )]
    ForeignLink(PathBuf),
    /// The list of installed files cannot be trusted.
    #[error(
        "`{0}` is not a list of installed files; run `nuget-plugin-codeartifact install` to write it anew, then `uninstall`"
    )]
    Manifest(PathBuf),
    /// Everything is in its place, and does not work.
    #[error("the installed plugin does not work: {0}")]
    Check(String),
    /// Standard output is gone.
    #[error("cannot print the result: {0}; what was asked for is done")]
    Output(#[from] io::Error),
}

fn hint(source: &io::Error) -> &'static str {
    use io::ErrorKind;
    match source.kind() {
        ErrorKind::PermissionDenied => {
            "make it writable for this user, or name another plugins folder with `--dir`"
        }
        ErrorKind::ReadOnlyFilesystem => "name a plugins folder that can be written with `--dir`",
        ErrorKind::NotADirectory | ErrorKind::IsADirectory | ErrorKind::AlreadyExists => {
            "something else is in its place: move that away and run this again"
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room and run this again",
        _ => "mend this and run the command again",
    }
}
