//! A child process and all processes that it starts, ended together.

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;

pub use system::{ProcessGroup, end_all};
