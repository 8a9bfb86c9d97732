//! The .NET tools: the packages, installed and used by the real SDK.
//!
//! - [`executables`]: the folder of executables that the program of the release reads
//! - [`package`]: what is in the packages, and what the program refuses
//! - [`global`]: a global tool, from an empty home to a restore and back
//! - [`elsewhere`]: tools in other folders, for one run, and beside `install`
//! - [`windows`]: with an old SDK under Wine

mod elsewhere;
mod executables;
mod global;
mod package;
#[cfg(target_os = "linux")]
mod windows;

use crate::support::trials::Trial;

pub fn trials() -> Vec<Trial> {
    let mut trials = package::trials();
    trials.extend(global::trials());
    trials.extend(elsewhere::trials());
    #[cfg(target_os = "linux")]
    trials.extend(windows::trials());
    trials
}
