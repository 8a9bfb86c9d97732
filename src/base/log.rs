//! The log file: requests, decisions with their reasons, and durations.
//!
//! Callers never pass a secret to it. Several processes share one file, so each line is one write
//! to a file that is opened for appending. A conversation may take days: before each line it is seen
//! whether the file is still at its path. Others, such as `logrotate`, may have moved, emptied or
//! removed it.
#![expect(
    clippy::disallowed_methods,
    reason = "the log owns its file, and times what it is told of"
)]

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
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
    file: Mutex<File>,
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
        let mut file = append(&path, rotates)?;
        if rotates && is_too_long(&file) {
            rotate(&path)?;
            file = append(&path, rotates)?;
        }
        Ok(Self { path, file: Mutex::new(file), rotates })
    }

    /// A full disk or a lost file system must not make a restore fail: then the line is missing.
    fn write(&self, line: &str) {
        drop(self.try_write(line));
    }

    fn try_write(&self, line: &str) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if !files::is_at(&file, &self.path).unwrap_or(false) {
            *file = append(&self.path, self.rotates)?;
        }
        if self.rotates && is_too_long(&file) {
            // If the file cannot be moved, as one that is mounted into a container, the newer lines are
            // kept.
            rotate(&self.path).or_else(|_| file.set_len(0))?;
            *file = append(&self.path, self.rotates)?;
        }
        file.write_all(line.as_bytes())
    }
}

fn is_too_long(file: &File) -> bool {
    file.metadata().is_ok_and(|file| file.len() > ROTATE_AT)
}

/// Our own file is made private if it existed before.
fn append(path: &Path, is_ours: bool) -> io::Result<File> {
    let file = files::append_private(path)?;
    #[cfg(unix)]
    if is_ours {
        narrow(&file)?;
    }
    #[cfg(not(unix))]
    let _ = is_ours;
    Ok(file)
}

/// One process rotates; the others find the new file before their next line.
fn rotate(path: &Path) -> io::Result<()> {
    let file = File::open(path)?;
    if file.try_lock().is_ok() && fs::metadata(path)?.len() > ROTATE_AT {
        let mut older = path.as_os_str().to_owned();
        older.push(".1");
        fs::rename(path, older)?;
    }
    Ok(())
}

/// Removes other users' access from our own file.
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

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown};

    use super::*;

    fn log(path: &Path, rotates: bool) -> Log {
        let (ours, other) = if rotates { (Some(path), None) } else { (None, Some(path)) };
        Log::open(ours.map(Into::into), other.map(Into::into))
    }

    fn lines(path: &Path) -> Vec<String> {
        let text = fs::read_to_string(path).unwrap();
        text.lines().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect()
    }

    /// As after a long conversation.
    fn fill(path: &Path) {
        let file = File::options().write(true).open(path).unwrap();
        file.set_len(ROTATE_AT - 2000).unwrap();
    }

    #[test]
    fn a_file_that_others_move_empty_or_remove_is_found_again() {
        for rotates in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("log");
            let log = log(&path, rotates);
            let moved = path.with_extension("moved");
            log.line(format_args!("first"));
            fs::rename(&path, &moved).unwrap();
            log.line(format_args!("second"));
            assert_eq!(
                (lines(&moved), lines(&path)),
                (vec!["first".into()], vec!["second".into()])
            );
            // As `logrotate` does with `copytruncate`.
            fs::copy(&path, &moved).unwrap();
            File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
            log.line(format_args!("third"));
            assert_eq!(lines(&path), ["third"]);
            fs::remove_file(&path).unwrap();
            log.line(format_args!("fourth"));
            assert_eq!(lines(&path), ["fourth"]);
            // Somebody else's link in its place is not followed, and it is not waited for.
            fs::remove_file(&path).unwrap();
            std::os::unix::fs::symlink(&moved, &path).unwrap();
            log.line(format_args!("lost"));
            fs::remove_file(&path).unwrap();
            log.line(format_args!("fifth"));
            assert_eq!(
                (lines(&moved), lines(&path)),
                (vec!["second".into()], vec!["fifth".into()])
            );
        }
    }

    #[test]
    fn two_processes_of_long_conversations_keep_the_log_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let both = [log(&path, true), log(&path, true)];
        let mut newest = String::new();
        for number in 0..40 {
            if number % 10 == 0 {
                fill(&path);
            }
            newest = format!("{}{number}", "x".repeat(500));
            both[number % 2].line(format_args!("{newest}"));
        }
        let mut sizes = Vec::new();
        for found in fs::read_dir(folder.path()).unwrap() {
            sizes.push(found.unwrap().metadata().unwrap().len());
        }
        assert!(sizes.len() == 2 && sizes.iter().all(|size| *size < ROTATE_AT + 5000), "{sizes:?}");
        assert_eq!(lines(&path).last(), Some(&newest));
    }

    #[test]
    fn a_file_that_cannot_be_moved_stays_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        // A folder in the place of the older one.
        fs::create_dir_all(folder.path().join("log.1/full")).unwrap();
        let log = log(&path, true);
        for _ in 0..3 {
            fill(&path);
            for number in 0..10 {
                log.line(format_args!("{}{number}", "x".repeat(500)));
            }
        }
        assert!(fs::metadata(&path).unwrap().len() < ROTATE_AT);
        assert!(lines(&path).last().unwrap().ends_with("x9"));
    }

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
