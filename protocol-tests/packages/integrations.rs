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
    #[cfg_attr(not(unix), expect(unused_mut, reason = "the others are for Unix"))]
    let mut trials = checks::trials();
    #[cfg(unix)]
    trials.extend(action::trials());
    #[cfg(target_os = "linux")]
    {
        trials.extend(devcontainer::trials());
        trials.extend(image::trials());
        trials.extend(pipelines::trials());
    }
    trials
}
