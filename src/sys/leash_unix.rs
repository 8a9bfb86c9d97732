//! A child that ends with us: it and its children are a process group.

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::process::{Child, Command};

/// Held for as long as somebody waits for the child. Dropped before it is let go, it ends the child
/// and its children.
#[derive(Debug)]
pub struct Leash {
    group: Option<Pid>,
}

impl Leash {
    /// Makes the child that is about to be started one that can be held.
    pub fn prepare(command: &mut Command) {
        command.process_group(0);
    }

    /// Holds a child that was prepared for it.
    pub fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self { group: id.and_then(Pid::from_raw) }
    }

    /// Whether the system stopped it, as one is that asks on the terminal in the background.
    pub fn has_stopped(&self) -> bool {
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let Some(process) = self.group else { return false };
        matches!(waitid(WaitId::Pid(process), options), Ok(Some(status)) if status.stopped())
    }

    /// It ended by itself; what it left running was meant to stay.
    pub fn let_go(mut self) {
        self.group = None;
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            // It may be gone already.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}
