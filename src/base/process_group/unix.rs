//! A child that ends with this process: the child and its children form a process group.
//!
//! A separate group does not receive Ctrl-C from our terminal. So this process handles the signals
//! that end it, from the first child on, and ends the groups before itself. If it is killed, a watchman
//! ends the group: a shell that reads from a pipe of ours, which ends with us. It leads the group, so that
//! it watches before there is a child. On Linux the system ends the child itself as well, where there is no
//! shell.

use std::process::{self, Stdio};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::process::{Child, Command};
use tokio::signal::unix::{self, SignalKind};

/// The groups that must be ended with this process.
static HELD: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Exists as long as somebody waits for the child. If it is dropped before `let_go`, it ends the
/// child and its children.
#[derive(Debug)]
pub struct ProcessGroup {
    group: Option<Pid>,
    child: Option<Pid>,
    watchman: Option<process::Child>,
}

impl ProcessGroup {
    /// Prepares a command so that its child can be ended with this process.
    pub fn prepare(command: &mut Command) -> Self {
        let watchman = watchman();
        let group = watchman.as_ref().and_then(|watchman| pid(watchman.id()));
        command.process_group(group.map_or(0, |group| group.as_raw_nonzero().get()));
        #[cfg(target_os = "linux")]
        end_with_parent(command);
        listen();
        held().extend(group);
        Self { group, child: None, watchman }
    }

    /// Takes charge of the child. Without a watchman, the child leads its group.
    pub fn with(mut self, child: &Child) -> Self {
        self.child = child.id().and_then(pid);
        if self.group.is_none() {
            self.group = self.child;
            held().extend(self.group);
        }
        self
    }

    /// Whether the system stopped the child, as it does when a background process reads from the
    /// terminal.
    pub fn has_stopped(&self) -> bool {
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let Some(process) = self.child else { return false };
        matches!(waitid(WaitId::Pid(process), options), Ok(Some(status)) if status.stopped())
    }

    /// The child ended by itself. Processes that it left running were meant to stay.
    pub fn let_go(mut self) {
        self.forget();
    }

    fn forget(&mut self) -> Option<Pid> {
        // It must not see the end of its pipe before it ends: it would take that for our end.
        if let Some(mut watchman) = self.watchman.take() {
            let _ = watchman.kill();
            let _ = watchman.wait();
        }
        let group = self.group.take()?;
        held().retain(|held| *held != group);
        Some(group)
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            end(group);
        }
        self.forget();
    }
}

/// Ends all children, because this process is about to end.
pub fn end_all() {
    held().drain(..).for_each(end);
}

fn end(group: Pid) {
    // The group may have ended already.
    let _ = kill_process_group(group, Signal::KILL);
}

fn held() -> MutexGuard<'static, Vec<Pid>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The system ends the child when the thread that started it ends. The threads of requests stay until
/// the conversation ends, and a command has one thread.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "only the child can ask for it, between its birth and its program")]
fn end_with_parent(command: &mut Command) {
    use rustix::io::Errno;
    use rustix::process::{getpid, getppid, set_parent_process_death_signal};
    let parent = getpid();
    let ask = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // This process ended before the child asked.
        if getppid() == Some(parent) { Ok(()) } else { Err(Errno::SRCH.into()) }
    };
    // SAFETY: it makes two system calls, and neither allocates nor takes a lock.
    unsafe { command.pre_exec(ask) };
}

fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}

/// Leads a new group, which it ends together with itself. None if there is no shell.
#[expect(clippy::disallowed_methods, reason = "the system's own shell, with a script of ours")]
fn watchman() -> Option<process::Child> {
    use std::os::unix::process::CommandExt;
    let mut command = process::Command::new("/bin/sh");
    command.args(["-c", "read -r line; kill -9 0"]).env_clear().current_dir("/").process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().ok()
}

fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
            if let Ok(signal) = unix::signal(kind) {
                tokio::spawn(end_at(signal, kind));
            }
        }
    });
}

#[expect(clippy::exit, clippy::disallowed_methods, reason = "a signal has told us to end")]
async fn end_at(mut signal: unix::Signal, kind: SignalKind) {
    if signal.recv().await.is_some() {
        end_all();
        process::exit(128 + kind.as_raw_value());
    }
}
