//! The log file: what was asked, what was decided and why, and how long it took.
//!
//! No secret is ever handed to it. Several processes share one file: each line is one write to a file
//! opened for appending.

use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

#[cfg(unix)]
use rustix::fs::OFlags;

use crate::text::printable;

/// Past this size the file becomes `NAME.1`, replacing the one before it.
const ROTATE_AT: u64 = 5 << 20;

/// Where decisions are written, or nowhere.
#[derive(Debug, Clone, Default)]
pub struct Log {
    files: Arc<[LogFile]>,
}

#[derive(Debug)]
struct LogFile {
    path: PathBuf,
    file: File,
    rotates: bool,
}

impl Log {
    /// Opens our own file, which rotates, and the one of AWS's variable, which is only appended to.
    ///
    /// A file that cannot be opened is left out: the log never costs a restore.
    pub fn open(ours: Option<PathBuf>, amazons: Option<PathBuf>) -> Self {
        let ours = ours.and_then(|path| LogFile::open(path, true).ok());
        let amazons = amazons.and_then(|path| LogFile::open(path, false).ok());
        Self { files: ours.into_iter().chain(amazons).collect() }
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

/// The time since something began.
#[derive(Debug, Clone, Copy)]
pub struct Timing(Instant);

impl Timing {
    /// Begins now; what is displayed is the time since.
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
        let mut file = append_to_own(&path)?;
        if rotates && file.metadata()?.len() > ROTATE_AT {
            rotate(&path)?;
            file = append_to_own(&path)?;
        }
        #[cfg(unix)]
        if rotates {
            narrow(&file)?;
        }
        Ok(Self { path, file, rotates })
    }

    fn write(&self, line: &str) {
        // A full disk or a lost file system is not the restore's business.
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

/// A regular file of this user's, made for this user alone where it is missing. Anything else is no
/// log: a pipe would hold the process, and another's file would tell them what is restored here.
fn append_to_own(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Non-blocking, so that opening a pipe comes back.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path)?;
    if is_own_file(&file.metadata()?) { Ok(file) } else { Err(ErrorKind::PermissionDenied.into()) }
}

#[cfg(unix)]
fn is_own_file(found: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    found.is_file() && found.uid() == rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn is_own_file(found: &Metadata) -> bool {
    found.is_file()
}

/// Takes away what others may do with our own file where it was there before.
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
    utc(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO))
}

/// A time since 1970 as `2026-02-28T09:05:07.120Z`.
fn utc(since_epoch: Duration) -> String {
    let seconds = since_epoch.as_secs();
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let millis = since_epoch.subsec_millis();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// The year, month and day that is so many days after 1970-01-01. Years begin in March here, so that
/// the leap day is the last one: Howard Hinnant's `civil_from_days`.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468; // since 0000-03-01
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let leap_days = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let is_next_year = month >= 10;
    let month = if is_next_year { month - 9 } else { month + 3 };
    (era * 400 + year_of_era + u64::from(is_next_year), month, day)
}

#[cfg(test)]
mod time_tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00.120Z"),
            (951_782_399, "2000-02-28T23:59:59.120Z"),
            (951_782_400, "2000-02-29T00:00:00.120Z"),
            (951_868_800, "2000-03-01T00:00:00.120Z"),
            (1_767_225_599, "2025-12-31T23:59:59.120Z"),
            (1_767_225_600, "2026-01-01T00:00:00.120Z"),
            (4_107_542_400, "2100-03-01T00:00:00.120Z"),
        ] {
            assert_eq!(utc(Duration::from_millis(seconds * 1000 + 120)), expected);
        }
    }
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
        let _reader = OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
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
