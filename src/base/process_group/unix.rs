//! A child that ends with us: it and its children are a process group.
//!
//! A group of its own hears nothing of Ctrl-C in our terminal, so we listen for the signals that end
//! us, from the first child on, and end what is held first.

use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::process::{Child, Command};
use tokio::signal::unix::{self, SignalKind};

/// The groups that are held now.
static HELD: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Held for as long as somebody waits for the child. Dropped before it is let go, it ends the child
/// and its children.
#[derive(Debug)]
pub struct ProcessGroup {
    group: Option<Pid>,
}

impl ProcessGroup {
    /// Makes the child that is about to be started one that can be held.
    pub fn prepare(command: &mut Command) {
        command.process_group(0);
        listen();
    }

    /// Holds a child that was prepared for it.
    pub fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        let group = id.and_then(Pid::from_raw);
        held().extend(group);
        Self { group }
    }

    /// Whether the system stopped it, as one is that asks on the terminal in the background.
    pub fn has_stopped(&self) -> bool {
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let Some(process) = self.group else { return false };
        matches!(waitid(WaitId::Pid(process), options), Ok(Some(status)) if status.stopped())
    }

    /// It ended by itself; what it left running was meant to stay.
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
    // It may be gone already.
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
