//! What each system does its own way.

use std::io;

#[cfg(unix)]
mod administered_unix;
#[cfg(unix)]
pub use administered_unix::{check_administered, machine_config_dir};
#[cfg(windows)]
mod administered_windows;
#[cfg(windows)]
pub use administered_windows::{check_administered, machine_config_dir};

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::{machine_identity, process_is_alive, system_proxy, take_standard_streams};

#[cfg(windows)]
mod proxy_windows;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use proxy_windows::system_proxy;
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

/// The proxy that the user's desktop settings name, as they write it: what browsers and .NET use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SystemProxy {
    /// `proxy.example:8080`, or one for each scheme: `http=a.example:80;https=b.example:81`.
    pub server: Option<String>,
    /// The URL of a script that chooses one.
    pub script: Option<String>,
}

/// Why a file does not count as the administrator's.
#[derive(Debug)]
pub enum Untrusted {
    /// It could not be looked at.
    Io(io::Error),
    /// Others may have written it.
    Reason(String),
}

impl From<io::Error> for Untrusted {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
