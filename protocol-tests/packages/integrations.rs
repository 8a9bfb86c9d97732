//! The GitHub Action, the template of GitLab, the scripts of other services, the dev container feature
//! and the image: each runs here as its service would run it.

#[cfg(unix)]
mod action;
mod checks;
#[cfg(target_os = "linux")]
mod devcontainer;
#[cfg(target_os = "linux")]
mod image;
#[cfg(target_os = "linux")]
mod pipelines;
#[cfg(unix)]
mod runner;

use crate::support::trials::Trial;

pub fn trials() -> Vec<Trial> {
    let files = [
        checks::trials(),
        #[cfg(unix)]
        action::trials(),
        #[cfg(target_os = "linux")]
        devcontainer::trials(),
        #[cfg(target_os = "linux")]
        image::trials(),
        #[cfg(target_os = "linux")]
        pipelines::trials(),
    ];
    files.into_iter().flatten().collect()
}
