//! Processes, standard streams and system settings, which differ between systems.

use std::io;

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod platform;

use serde::{Deserialize, Serialize};

pub use platform::{
    machine_identity, null_input, outlive_file_limit, parent_process, process_is_alive,
    run_in_our_place, run_in_our_place_as, system_proxy, take_standard_streams,
};

/// A process, told apart from a later one that has the same number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessIdentity {
    id: u32,
    /// As the system says it; it only has to differ.
    started: String,
}

impl ProcessIdentity {
    /// The process that has this number now; none if there is none, or the system does not say
    /// when it started.
    pub fn of(id: u32) -> Option<Self> {
        Some(Self { id, started: platform::start_of_process(id)? })
    }

    /// Whether this very process is running.
    pub fn is_running(&self) -> bool {
        process_is_alive(self.id) && Self::of(self.id).as_ref() == Some(self)
    }
}

pub const NO_MORE_THREADS: &str = "no more threads can be started; raise the limit of processes (`ulimit -u`), or end other programs";

pub const TOO_MANY_FILES: &str = "too many open files; raise the limit (`ulimit -n`)";

/// The limit of the system behind an error of a file or a connection, if one is.
pub fn scarcity(error: &io::Error) -> Option<&'static str> {
    platform::is_out_of_files(error).then_some(TOO_MANY_FILES)
}

/// The proxy of the user's desktop settings, as it is written there. Browsers and .NET use it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SystemProxy {
    /// `proxy.example:8080`, or one for each scheme: `http=a.example:80;https=b.example:81`.
    pub server: Option<String>,
    /// The URL of a script that selects a proxy.
    pub script: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_with_the_number_of_an_earlier_one_is_another() {
        let ours = ProcessIdentity::of(std::process::id()).unwrap();
        assert!(ours.is_running());
        let earlier = ProcessIdentity { started: format!("{}1", ours.started), ..ours.clone() };
        assert!(earlier != ours && !earlier.is_running());
        assert_eq!(ProcessIdentity::of(u32::MAX), None);
    }
}
