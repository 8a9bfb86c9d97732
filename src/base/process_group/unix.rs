//! A child that ends with this process: the child and its children form a process group.
//!
//! A separate group does not receive Ctrl-C from our terminal. So this process handles the signals
//! that end it, from the first child on, and ends the groups before itself.

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
}

impl ProcessGroup {
    /// Prepares a command so that its child can be ended with this process.
    pub fn prepare(command: &mut Command) {
        command.process_group(0);
        listen();
    }

    /// Takes charge of a child that was prepared.
    pub fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        let group = id.and_then(Pid::from_raw);
        held().extend(group);
        Self { group }
    }

    /// Whether the system stopped the child, as it does when a background process reads from the
    /// terminal.
    pub fn has_stopped(&self) -> bool {
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let Some(process) = self.group else { return false };
        matches!(waitid(WaitId::Pid(process), options), Ok(Some(status)) if status.stopped())
    }

    /// The child ended by itself. Processes that it left running were meant to stay.
    pub fn let_go(mut self) {
        self.forget();
    }

    fn forget(&mut self) -> Option<Pid> {
        let group = self.group.take()?;
        held().retain(|held| *held != group);
        Some(group)
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Some(group) = self.forget() {
            end(group);
        }
    }
}

fn end(group: Pid) {
    // The group may have ended already.
    let _ = kill_process_group(group, Signal::KILL);
}

fn held() -> MutexGuard<'static, Vec<Pid>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
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
        held().drain(..).for_each(end);
        std::process::exit(128 + kind.as_raw_value());
    }
}
