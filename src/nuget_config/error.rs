//! Why a NuGet.Config cannot be used. Each message says what, where and the way out.

use std::io;
use std::path::{Path, PathBuf};

/// One file, one reason.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("`{}` cannot be read: {source}; make it readable for this user, or move it away", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("`{}` is no file, but a folder or a device; name a NuGet.Config", path.display())]
    NoFile { path: PathBuf },
    #[error("`{}` is a link that leads nowhere; remove it, or make what it names", path.display())]
    DeadLink { path: PathBuf },
    #[error("`{}` is larger than 4 MiB, which no NuGet.Config is; name another file, or move it away", path.display())]
    TooLarge { path: PathBuf },
    #[error("`{}` is no text that NuGet reads: {detail}; save it as UTF-8", path.display())]
    Encoding { path: PathBuf, detail: String },
    #[error("`{}` has an error at line {line}, column {column}: {detail}; correct it", path.display())]
    Xml { path: PathBuf, line: u32, column: u32, detail: String },
    #[error("`{}` cannot be written: {source}; {}", path.display(), hint(source))]
    NotWritten { path: PathBuf, source: io::Error },
    #[error(
        "`{}` belongs to another user, whose it would not be any more after a change ({source}); \
         run this as that user",
        path.display()
    )]
    OwnerLost { path: PathBuf, source: io::Error },
    #[error("`{}` was changed by somebody else meanwhile, and was left so; run this again", path.display())]
    ChangedMeanwhile { path: PathBuf },
    #[error("`{}` is written in {encoding}, which lacks a character of what is to be added; save it as UTF-8", path.display())]
    NotInEncoding { path: PathBuf, encoding: &'static str },
}

impl ConfigError {
    pub(super) fn unreadable(path: &Path, source: io::Error) -> Self {
        Self::Unreadable { path: path.to_path_buf(), source }
    }

    pub(super) fn not_written(path: &Path, source: io::Error) -> Self {
        Self::NotWritten { path: path.to_path_buf(), source }
    }
}

fn hint(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "make it and its folder writable for this user, or run this as its owner"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room and run this again",
        _ => "mend this and run the command again",
    }
}
