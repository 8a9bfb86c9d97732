//! Linux and macOS.
#![expect(clippy::disallowed_methods, reason = "what the system says is in files")]

use std::convert::Infallible;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use rustix::io::{Errno, fcntl_dupfd_cloexec};
use rustix::process::{Pid, test_kill_process};
use rustix::stdio::{dup2_stdin, dup2_stdout, stderr, stdin, stdout};

use super::SystemProxy;
use crate::base::environment::Environment;
use crate::base::files::Owner;

/// Whether this process or the system has as many open files as it may have.
pub(super) fn is_out_of_files(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
}

/// From now on a write beyond the limit of file sizes (`ulimit -f`) fails. The system's signal would end
/// this process.
///
/// The signal is handled and not ignored, because a child inherits what is ignored, and would no longer
/// end by it.
#[expect(unsafe_code, reason = "the standard library handles no signals")]
pub fn outlive_file_limit() {
    extern "C" fn nothing(_: libc::c_int) {}
    let handler = nothing as extern "C" fn(libc::c_int) as libc::sighandler_t;
    // SAFETY: the handler has the type that the system calls, and does nothing.
    unsafe { libc::signal(libc::SIGXFSZ, handler) };
}

/// Reserves standard input and output for this process: both become close-on-exec, and a child gets
/// the null device and our standard error instead.
pub fn take_standard_streams() -> io::Result<(File, File)> {
    const ABOVE_THE_STANDARD_ONES: i32 = 3;
    let input = fcntl_dupfd_cloexec(stdin(), ABOVE_THE_STANDARD_ONES)?;
    let output = fcntl_dupfd_cloexec(stdout(), ABOVE_THE_STANDARD_ONES)?;
    dup2_stdin(nothing_to_read()?)?;
    dup2_stdout(stderr())?;
    Ok((input.into(), output.into()))
}

/// For a child that must read nothing.
pub fn null_input() -> Stdio {
    nothing_to_read().map_or_else(|_| Stdio::null(), Stdio::from)
}

/// The null device. A bare root folder has none; a pipe without a writer is at its end as well.
fn nothing_to_read() -> io::Result<OwnedFd> {
    match OpenOptions::new().read(true).open("/dev/null") {
        Ok(null) => Ok(null.into()),
        Err(_) => io::pipe().map(|(reader, _)| reader.into()),
    }
}

/// Whether a process with this number is running. A process that we may not signal counts as
/// running. One that has ended without being reaped, as in a container without an init, does not.
pub fn process_is_alive(process_id: u32) -> bool {
    let Some(process) = i32::try_from(process_id).ok().and_then(Pid::from_raw) else {
        return true;
    };
    test_kill_process(process) != Err(Errno::SRCH) && !has_ended(process_id)
}

fn has_ended(process_id: u32) -> bool {
    matches!(stat_of(process_id).first().map(String::as_str), Some("Z" | "X"))
}

/// What Linux says of a process, from its state on. The name before is in brackets and may contain
/// brackets itself.
fn stat_of(process_id: u32) -> Vec<String> {
    let stat = fs::read_to_string(format!("/proc/{process_id}/stat")).unwrap_or_default();
    let behind_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    behind_name.split_whitespace().map(str::to_owned).collect()
}

/// When the process started: in clock ticks since the start of the machine, or as `ps` prints it.
pub fn start_of_process(process_id: u32) -> Option<String> {
    /// Field 22 of `proc_pid_stat(5)`, of which the state is field 3.
    const START_TIME: usize = 22 - 3;
    if cfg!(target_os = "linux") {
        return stat_of(process_id).get(START_TIME).cloned();
    }
    let mut ps = Command::new("/bin/ps");
    let output = ps.args(["-o", "lstart=", "-p", &process_id.to_string()]).output().ok()?;
    let started = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (!started.is_empty()).then_some(started)
}

/// The process that started this one, if it is still running.
pub fn parent_process() -> Option<u32> {
    const INIT: u32 = 1;
    Some(std::os::unix::process::parent_id()).filter(|parent| *parent > INIT)
}

/// Replaces this process by the program, which gets its signals, terminal and exit code.
pub fn run_in_our_place(mut command: Command) -> io::Result<Infallible> {
    Err(command.exec())
}

/// The same, as another user, without the groups of this one. Only root can do that.
pub fn run_in_our_place_as(mut command: Command, user: Option<Owner>) -> io::Result<Infallible> {
    if let Some(Owner { user, group }) = user {
        // The standard library removes root's further groups along with its user.
        command.uid(user).gid(group);
    }
    run_in_our_place(command)
}

/// Identifies this machine until its next start.
pub fn machine_identity(_: &Environment) -> Vec<String> {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let files = ["/etc/machine-id", "/proc/sys/kernel/random/boot_id"];
    let ids = files.iter().filter_map(|file| fs::read_to_string(file).ok());
    std::iter::once(name).chain(ids.map(|id| id.trim().to_owned())).collect()
}

/// On Unix, proxies are in variables, which are read anyway. macOS has settings besides, which are not
/// read here.
pub fn system_proxy() -> SystemProxy {
    SystemProxy::default()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_ended_is_not_alive_before_it_is_reaped() {
        assert!(process_is_alive(std::process::id()));
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        assert!(process_is_alive(child.id()));
        drop(child.stdin.take());
        while process_is_alive(child.id()) {
            std::thread::yield_now();
        }
        assert!(child.wait().unwrap().success());
    }
}
