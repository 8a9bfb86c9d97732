//! What the console can show.
#![expect(unsafe_code, reason = "the standard library does not ask the console")]

use std::fs::{File, OpenOptions};

use windows_sys::Win32::Globalization::CP_UTF8;
use windows_sys::Win32::System::Console::{
    ENABLE_VIRTUAL_TERMINAL_PROCESSING, GetConsoleMode, GetConsoleOutputCP, GetStdHandle,
    STD_OUTPUT_HANDLE, SetConsoleMode,
};

use crate::base::environment::Environment;

/// The console of this process, if there is one.
#[expect(clippy::disallowed_methods, reason = "the console is a file")]
pub(super) fn open() -> Option<File> {
    OpenOptions::new().read(true).write(true).open("CONOUT$").ok()
}

/// Enables colours on the console; false if it is older than Windows 10.
pub(super) fn enable_colours() -> bool {
    let mut mode = 0;
    // SAFETY: the handle is this process's own, and the mode is a local that outlives the call.
    unsafe {
        let console = GetStdHandle(STD_OUTPUT_HANDLE);
        GetConsoleMode(console, &raw mut mode) != 0
            && SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0
    }
}

/// Whether the console's code page is UTF-8, or it is Windows Terminal, whose fonts have our
/// symbols whatever the code page is.
pub(super) fn is_utf8(environment: &Environment) -> bool {
    // SAFETY: takes nothing.
    environment.get("WT_SESSION").is_some() || unsafe { GetConsoleOutputCP() } == CP_UTF8
}
