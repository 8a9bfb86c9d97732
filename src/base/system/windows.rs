//! Windows.
#![expect(
    unsafe_code,
    reason = "the standard library neither replaces standard handles, nor watches processes, nor handles Ctrl+C"
)]

use std::convert::Infallible;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, IntoRawHandle};
use std::process::{Command, Stdio};

use windows_registry::CURRENT_USER;
use windows_sys::Win32::Foundation::{
    CloseHandle, FILETIME, HANDLE_FLAG_INHERIT, SetHandleInformation, WAIT_TIMEOUT,
};
use windows_sys::Win32::System::Console::{
    GetStdHandle, STD_ERROR_HANDLE, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, SetConsoleCtrlHandler,
    SetStdHandle,
};
use windows_sys::Win32::System::Threading::{
    GetProcessTimes, OpenProcess, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE,
    WaitForSingleObject,
};

use super::SystemProxy;
use crate::base::environment::Environment;
use crate::base::files::Owner;

const PROXY_SETTINGS: &str = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings";

/// Whether this process or the system has as many open files as it may have.
pub(super) fn is_out_of_files(error: &io::Error) -> bool {
    const ERROR_TOO_MANY_OPEN_FILES: i32 = 4;
    error.raw_os_error() == Some(ERROR_TOO_MANY_OPEN_FILES)
}

/// There is no limit of file sizes here.
pub fn outlive_file_limit() {}

/// Reserves standard input and output for this process: no child inherits them, and a child gets
/// the null device and our standard error instead.
#[expect(clippy::disallowed_methods, reason = "the handles are taken here, once")]
pub fn take_standard_streams() -> io::Result<(File, File)> {
    let (stdin, stdout) = (io::stdin(), io::stdout());
    // A clone of a handle is not inheritable.
    let input = File::from(stdin.as_handle().try_clone_to_owned()?);
    let output = File::from(stdout.as_handle().try_clone_to_owned()?);
    for handle in [stdin.as_raw_handle(), stdout.as_raw_handle()] {
        // SAFETY: the handle is this process's own and open; only its flag is changed.
        unsafe { SetHandleInformation(handle, HANDLE_FLAG_INHERIT, 0) };
    }
    let null = OpenOptions::new().read(true).open("NUL")?.into_raw_handle();
    // SAFETY: the null device's handle is given away and stays open; standard error's is shared by
    // both names for as long as the process lives.
    let replaced = unsafe {
        SetStdHandle(STD_INPUT_HANDLE, null) != 0
            && SetStdHandle(STD_OUTPUT_HANDLE, GetStdHandle(STD_ERROR_HANDLE)) != 0
    };
    if replaced { Ok((input, output)) } else { Err(io::Error::last_os_error()) }
}

/// For a child that must read nothing.
pub fn null_input() -> Stdio {
    Stdio::null()
}

/// Whether a process with this number is running. A process that we may not open counts as running.
pub fn process_is_alive(process_id: u32) -> bool {
    const ERROR_INVALID_PARAMETER: i32 = 87;
    // SAFETY: takes no pointers; the handle is closed below.
    let process = unsafe { OpenProcess(PROCESS_SYNCHRONIZE, 0, process_id) };
    if process.is_null() {
        return io::Error::last_os_error().raw_os_error() != Some(ERROR_INVALID_PARAMETER);
    }
    // SAFETY: the handle was opened above, with the right to wait, and is closed once.
    unsafe {
        let is_running = WaitForSingleObject(process, 0) == WAIT_TIMEOUT;
        CloseHandle(process);
        is_running
    }
}

/// When the process started, in units of 100 ns.
pub fn start_of_process(process_id: u32) -> Option<String> {
    // SAFETY: takes no pointers; the handle is closed below.
    let process = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, process_id) };
    if process.is_null() {
        return None;
    }
    let mut times = [FILETIME { dwLowDateTime: 0, dwHighDateTime: 0 }; 4];
    let [created, exited, kernel, user] = &mut times;
    // SAFETY: the handle was opened above and is closed once; the four times are ours to be written.
    let is_known = unsafe {
        let is_known = GetProcessTimes(process, created, exited, kernel, user) != 0;
        CloseHandle(process);
        is_known
    };
    is_known.then(|| format!("{}.{}", times[0].dwHighDateTime, times[0].dwLowDateTime))
}

/// The launcher may be the parent here, and every NuGet names its own process.
pub fn parent_process() -> Option<u32> {
    None
}

/// Identifies this machine.
pub fn machine_identity(environment: &Environment) -> Vec<String> {
    ["COMPUTERNAME", "USERDOMAIN"]
        .iter()
        .filter_map(|n| environment.get(n))
        .map(Into::into)
        .collect()
}

/// There is no root here.
pub fn run_in_our_place_as(command: Command, _: Option<Owner>) -> io::Result<Infallible> {
    run_in_our_place(command)
}

/// Waits for the program and ends with its exit code. Ctrl+C is meant for the program: this process
/// receives it too and goes on waiting.
#[expect(clippy::exit, clippy::disallowed_methods, reason = "an exit code here has 32 bits")]
pub fn run_in_our_place(mut command: Command) -> io::Result<Infallible> {
    let mut child = command.spawn()?;
    // This must come after the start, because a child inherits the setting.
    // SAFETY: takes no handler, and so no pointer.
    unsafe { SetConsoleCtrlHandler(None, 1) };
    std::process::exit(child.wait()?.code().unwrap_or(1))
}

/// The proxy settings of the user.
pub fn system_proxy() -> SystemProxy {
    let Ok(settings) = CURRENT_USER.open(PROXY_SETTINGS) else { return SystemProxy::default() };
    let text = |name| settings.get_string(name).ok().filter(|text| !text.trim().is_empty());
    let is_on = settings.get_u32("ProxyEnable").is_ok_and(|enabled| enabled != 0);
    SystemProxy { server: text("ProxyServer").filter(|_| is_on), script: text("AutoConfigURL") }
}
