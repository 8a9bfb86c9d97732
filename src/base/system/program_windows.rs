//! Another program in the place of this one.
#![expect(unsafe_code, reason = "the standard library does not handle Ctrl+C")]

use std::convert::Infallible;
use std::io;
use std::process::Command;

use windows_sys::Win32::System::Console::SetConsoleCtrlHandler;

/// Waits for the program and ends as it does. Ctrl+C is for the program: this process, which gets it
/// as well, goes on waiting.
#[expect(clippy::exit, clippy::disallowed_methods, reason = "an exit code here has 32 bits")]
pub fn run_in_our_place(mut command: Command) -> io::Result<Infallible> {
    let mut child = command.spawn()?;
    // Not before: a child inherits it.
    // SAFETY: takes no handler, and so no pointer.
    unsafe { SetConsoleCtrlHandler(None, 1) };
    std::process::exit(child.wait()?.code().unwrap_or(1))
}
