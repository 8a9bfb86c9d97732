//! The log file: requests, decisions with their reasons, and durations.
//!
//! Callers never pass a secret to it. Several processes share one file, so each line is one write
//! to a file that is opened for appending.
#![expect(
    clippy::disallowed_methods,
    reason = "the log owns its file, and times what it is told of"
)]

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use crate::base::files;
use crate::base::text::printable;
use crate::base::time;

/// A file that exceeds this size is renamed to `NAME.1` and replaces the older one.
const ROTATE_AT: u64 = 5 << 20;

/// The destination of log lines, or none.
#[derive(Debug, Clone, Default)]
pub struct Log {
    files: Arc<[LogFile]>,
    refused: Arc<[(PathBuf, String)]>,
}

#[derive(Debug)]
struct LogFile {
    path: PathBuf,
    file: File,
    rotates: bool,
}

impl Log {
    /// Opens our own file, which rotates, and the file of AWS's variable, which is only appended
    /// to.
    ///
    /// A file that cannot be opened is left out, because a log must never make a restore fail.
    pub fn open(ours: Option<PathBuf>, aws_provider: Option<PathBuf>) -> Self {
        let wanted = ours.map(|path| (path, true)).into_iter();
        let wanted = wanted.chain(aws_provider.map(|path| (path, false)));
        let (mut files, mut refused) = (Vec::new(), Vec::new());
        for (path, rotates) in wanted {
            match LogFile::open(path.clone(), rotates) {
                Ok(file) => files.push(file),
                Err(error) => refused.push((path, error.to_string())),
            }
        }
        Self { files: files.into(), refused: refused.into() }
    }

    /// The files that cannot be opened, and why.
    pub fn refused(&self) -> &[(PathBuf, String)] {
        &self.refused
    }

    /// Writes one line; control characters in it are replaced.
    pub fn line(&self, text: fmt::Arguments<'_>) {
        if self.files.is_empty() {
            return;
        }
        let line =
            format!("{} {} {}\n", timestamp(), std::process::id(), printable(&text.to_string()));
        for file in self.files.iter() {
            file.write(&line);
        }
    }
}

/// The time since a start.
#[derive(Debug, Clone, Copy)]
pub struct Timing(Instant);

impl Timing {
    /// Starts now. Displaying it shows the elapsed time.
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl fmt::Display for Timing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.1} ms", self.0.elapsed().as_secs_f64() * 1000.0)
    }
}

impl LogFile {
    fn open(path: PathBuf, rotates: bool) -> io::Result<Self> {
        let mut file = files::append_private(&path)?;
        if rotates && file.metadata()?.len() > ROTATE_AT {
            rotate(&path)?;
            file = files::append_private(&path)?;
        }
        #[cfg(unix)]
        if rotates {
            narrow(&file)?;
        }
        Ok(Self { path, file, rotates })
    }

    fn write(&self, line: &str) {
        // A full disk or a lost file system must not make a restore fail.
        drop((&self.file).write_all(line.as_bytes()));
        let too_long = || self.file.metadata().is_ok_and(|file| file.len() > ROTATE_AT);
        if self.rotates && too_long() {
            drop(rotate(&self.path));
        }
    }
}

/// One process rotates; the others go on writing to the renamed file until they end.
fn rotate(path: &Path) -> io::Result<()> {
    let file = File::open(path)?;
    if file.try_lock().is_ok() && fs::metadata(path)?.len() > ROTATE_AT {
        let mut older = path.as_os_str().to_owned();
        older.push(".1");
        fs::rename(path, older)?;
    }
    Ok(())
}

/// Removes other users' access from our own file if it existed before.
#[cfg(unix)]
fn narrow(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a log line carries the time of its writing")]
fn timestamp() -> String {
    time::utc_millis(SystemTime::now())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown};

    use super::*;

    #[test]
    fn a_pipe_is_no_log_and_holds_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let _reader = fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
        assert!(LogFile::open(pipe.clone(), true).is_err());
        assert!(LogFile::open(pipe, false).is_err());
    }

    #[test]
    fn the_file_of_another_user_is_no_log_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        if chown(&path, Some(12345), None).is_err() {
            eprintln!("skipped: only root can give a file away");
            return;
        }
        assert!(LogFile::open(path.clone(), true).is_err());
        assert!(LogFile::open(path.clone(), false).is_err());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o666);
    }
}
