//! Processes, standard streams and system settings, which differ between systems.

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod platform;

pub use platform::{
    machine_identity, process_is_alive, run_in_our_place, run_in_our_place_as, system_proxy,
    take_standard_streams,
};

/// The proxy of the user's desktop settings, as it is written there. Browsers and .NET use it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SystemProxy {
    /// `proxy.example:8080`, or one for each scheme: `http=a.example:80;https=b.example:81`.
    pub server: Option<String>,
    /// The URL of a script that selects a proxy.
    pub script: Option<String>,
}
