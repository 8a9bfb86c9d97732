//! Windows.

use std::ffi::OsString;
use std::process::Command;

use crate::base::environment::Environment;

/// The program that opens an address, and what stands before the address. `cmd /c start` would take
/// the `&` of an address for the next command.
pub(super) fn find(environment: &Environment) -> Option<(OsString, Vec<&'static str>)> {
    let system = environment.path("SystemRoot").filter(|path| path.is_absolute())?;
    let program = system.join("System32").join("rundll32.exe");
    Some((program.into_os_string(), vec!["url.dll,FileProtocolHandler"]))
}

/// A process here has no group that ends with ours.
pub(super) fn detach(_: &mut Command) {}
