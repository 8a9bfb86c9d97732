//! Windows.

use std::ffi::OsString;
use std::process::Command;

use crate::base::environment::Environment;

/// The program that opens an address, and its arguments before the address. `cmd /c start` would
/// treat the `&` of an address as the start of another command.
pub(super) fn find(environment: &Environment) -> Option<(OsString, Vec<&'static str>)> {
    let system = environment.path("SystemRoot").filter(|path| path.is_absolute())?;
    let program = system.join("System32").join("rundll32.exe");
    Some((program.into_os_string(), vec!["url.dll,FileProtocolHandler"]))
}

/// Windows has no process group that ends with this process.
pub(super) fn detach(_: &mut Command) {}
