//! The library that stands in for .NET's `hostpolicy` beside our dll, and starts the native plugin.
//!
//! The `dotnet` host treats an application without a `runtimeconfig.json` as self-contained: it
//! loads `hostpolicy` from the application's own folder and hands it the command line
//! `["…/dotnet", "…/NAME.dll", arguments…]`. No .NET runtime is started.
//!
//! This crate is `no_std`, is built by `build.rs` alone, and is the only place of the project that
//! needs `unsafe`: it speaks a C interface and calls the system directly. Its contract has three
//! functions: the host calls `corehost_load`, `corehost_main`, `corehost_unload`, in this order, on
//! one thread. All of them return 0 for success.

#![no_std]
#![no_builtins]
#![deny(unsafe_op_in_unsafe_fn)]

use core::ffi::{c_int, c_void};

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

/// What the process returns when the native plugin could not be started.
const NOT_STARTED: c_int = 126;

/// What the failure line says after the file and the reason.
const WAY_OUT: &str = "; run `nuget-plugin-codeartifact install` again\n";

/// The host offers its description of the application; nothing in it is needed.
#[unsafe(no_mangle)]
pub extern "C" fn corehost_load(_init: *const c_void) -> c_int {
    0
}

/// The host is done.
#[unsafe(no_mangle)]
pub extern "C" fn corehost_unload() -> c_int {
    0
}

/// Runs the native plugin in this process's place, with its standard streams.
///
/// # Safety
///
/// `argv` points at `count` texts that end with a zero, as the host's contract has it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn corehost_main(count: c_int, argv: *const *const system::Char) -> c_int {
    let count = usize::try_from(count).unwrap_or(0);
    if argv.is_null() || count < 2 {
        return NOT_STARTED;
    }
    // SAFETY: the host's contract: `count` pointers stand at `argv`, and none of them changes.
    let command_line = unsafe { core::slice::from_raw_parts(argv, count) };
    // SAFETY: each of them is a text that ends with a zero.
    unsafe { system::run(command_line[1], &command_line[2..]) }
}

/// Unreachable in practice: every index and length is checked. There is nobody to tell.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
