//! `install.sh` and `install.ps1` against a release server on loopback.

#[cfg(unix)]
mod journey;
#[cfg_attr(not(unix), allow(dead_code, reason = "install.sh uses all of it"))]
pub mod machine;
#[cfg(unix)]
mod offline;
mod powershell;
#[cfg(unix)]
mod refusals;
#[cfg_attr(not(unix), allow(dead_code, reason = "install.sh uses all of it"))]
pub mod release;
#[cfg(unix)]
mod shell;
#[cfg_attr(not(unix), allow(dead_code, reason = "install.sh uses all of it"))]
mod spoilt;
#[cfg(unix)]
mod systems;

use crate::support::trials::Trial;

pub fn trials() -> Vec<Trial> {
    #[cfg(unix)]
    let shells = [
        journey::trials(),
        shell::trials(),
        offline::trials(),
        systems::trials(),
        refusals::trials(),
    ];
    #[cfg(not(unix))]
    let shells: [Vec<Trial>; 0] = [];
    shells.into_iter().flatten().chain(powershell::trials()).collect()
}
