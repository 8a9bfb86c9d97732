//! `install.sh` and `install.ps1` against a release server on loopback.

pub mod machine;
#[cfg(unix)]
mod offline;
mod powershell;
mod refusals;
pub mod release;
#[cfg(unix)]
mod shell;
#[cfg(unix)]
mod systems;

use crate::support::trials::Trial;

pub fn trials() -> Vec<Trial> {
    let mut trials = powershell::trials();
    #[cfg(unix)]
    {
        trials.extend(shell::trials());
        trials.extend(offline::trials());
        trials.extend(systems::trials());
        trials.extend(refusals::trials());
    }
    trials
}
