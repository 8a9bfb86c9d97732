//! `install.sh` and `install.ps1` against a release server on loopback.

mod machine;
#[cfg(unix)]
mod offline;
mod powershell;
mod refusals;
mod release;
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
