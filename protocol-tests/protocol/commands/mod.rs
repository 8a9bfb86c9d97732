//! The commands that people and scripts run.

mod completions;
#[cfg(unix)]
mod exec;
#[cfg(unix)]
mod exec_sources;
#[cfg(unix)]
mod help;
#[cfg(unix)]
mod json;
#[cfg(target_os = "linux")]
mod setup;
#[cfg(unix)]
mod streams;
mod token;
#[cfg(unix)]
mod token_file;

use crate::support::trials::Trial;

pub fn trials() -> Vec<Trial> {
    let files = [
        completions::trials(),
        #[cfg(unix)]
        exec::trials(),
        #[cfg(unix)]
        exec_sources::trials(),
        #[cfg(unix)]
        help::trials(),
        #[cfg(target_os = "linux")]
        setup::trials(),
        #[cfg(unix)]
        json::trials(),
        #[cfg(unix)]
        streams::trials(),
        token::trials(),
        #[cfg(unix)]
        token_file::trials(),
    ];
    files.into_iter().flatten().collect()
}
