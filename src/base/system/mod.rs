//! Processes, standard streams and settings, which each system has in its own way.

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod platform;

pub use platform::{
    machine_identity, process_is_alive, run_in_our_place, system_proxy, take_standard_streams,
};

/// The proxy that the user's desktop settings name, as they write it: what browsers and .NET use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SystemProxy {
    /// `proxy.example:8080`, or one for each scheme: `http=a.example:80;https=b.example:81`.
    pub server: Option<String>,
    /// The URL of a script that chooses one.
    pub script: Option<String>,
}
