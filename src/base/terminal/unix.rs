//! What the terminal can show.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::OFlags;

use crate::base::environment::Environment;

/// The terminal that controls this process, if there is one.
#[expect(clippy::disallowed_methods, reason = "the terminal is a file")]
pub(super) fn open() -> Option<File> {
    let flags = (OFlags::NOCTTY | OFlags::NONBLOCK).bits().cast_signed();
    OpenOptions::new().write(true).custom_flags(flags).open("/dev/tty").ok()
}

/// Terminals show colours without being switched to it.
pub(super) fn enable_colours() -> bool {
    true
}

/// Whether the locale uses UTF-8.
pub(super) fn is_utf8(environment: &Environment) -> bool {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"];
    let locale = names.into_iter().find_map(|name| environment.get(name)).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}
