//! What each system does its own way.

#[cfg(unix)]
mod leash_unix;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use leash_unix::Leash;
#[cfg(unix)]
pub use unix::{machine_identity, process_is_alive, take_standard_streams};

#[cfg(windows)]
mod leash_windows;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use leash_windows::Leash;
#[cfg(windows)]
pub use windows::{machine_identity, process_is_alive, take_standard_streams};
