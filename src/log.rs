//! The log file: what was asked, what was decided and why, and how long it took.
//!
//! No secret is ever handed to it. Several processes share one file: each line is one write to a file
//! opened for appending.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

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
        if rotates && fs::metadata(&path).is_ok_and(|file| file.len() > ROTATE_AT) {
            rotate(&path)?;
        }
        let file = append_owner_only(&path)?;
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

fn append_owner_only(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    options.open(path)
}

/// Takes away what others may do with a file that was there before. One that is not ours fails here,
/// so nothing is written to it; a device is left as it is.
#[cfg(unix)]
fn narrow(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = file.metadata()?;
    if metadata.is_file() && metadata.permissions().mode() & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a log line carries the time of its writing")]
fn timestamp() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let millis = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
    DateTime::from_millis(millis).fmt(Format::DateTime).unwrap_or_default()
}
