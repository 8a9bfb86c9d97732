//! A child that ends with us. Its own children are not reached: they end with their work.

use tokio::process::{Child, Command};

/// Held for as long as somebody waits for the child.
#[derive(Debug)]
pub struct ProcessGroup;

impl ProcessGroup {
    /// Makes the child that is about to be started one that ends when nobody waits for it.
    pub fn prepare(command: &mut Command) {
        command.kill_on_drop(true);
    }

    /// Holds a child that was prepared for it.
    pub fn of(_: &Child) -> Self {
        Self
    }

    /// Windows stops nobody who asks on a console.
    #[expect(clippy::unused_self, reason = "the same question as on other systems")]
    pub fn has_stopped(&self) -> bool {
        false
    }

    /// It ended by itself.
    #[expect(clippy::unused_self, reason = "the same as on other systems")]
    pub fn let_go(self) {}
}
