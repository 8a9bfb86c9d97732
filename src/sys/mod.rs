//! What each system does its own way.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::{machine_identity, process_is_alive, take_standard_streams};

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::{machine_identity, process_is_alive, take_standard_streams};

#[cfg_attr(unix, path = "program_unix.rs")]
#[cfg_attr(windows, path = "program_windows.rs")]
mod program;
pub use program::run_in_our_place;

#[cfg_attr(unix, path = "terminal_unix.rs")]
#[cfg_attr(windows, path = "terminal_windows.rs")]
mod terminal;
pub use terminal::{enable_terminal_colours, terminal_is_utf8};
