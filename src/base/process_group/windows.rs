//! A child that ends with this process. The child's own children are not ended.

use tokio::process::{Child, Command};

/// Exists as long as somebody waits for the child.
#[derive(Debug)]
pub struct ProcessGroup;

impl ProcessGroup {
    /// Prepares a command so that its child ends when nobody waits for it.
    pub fn prepare(command: &mut Command) {
        command.kill_on_drop(true);
    }

    /// Takes charge of a child that was prepared.
    pub fn of(_: &Child) -> Self {
        Self
    }

    /// Windows never stops a process that reads from a console.
    #[expect(clippy::unused_self, reason = "the same question as on other systems")]
    pub fn has_stopped(&self) -> bool {
        false
    }

    /// The child ended by itself.
    #[expect(clippy::unused_self, reason = "the same as on other systems")]
    pub fn let_go(self) {}
}
