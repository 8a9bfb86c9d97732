//! Every source of AWS credentials, through the real executable: a cold run with its requests, a warm
//! one without any, and what the user reads where it has expired or is refused.

mod bare;
mod files;
#[cfg(unix)]
mod outages;
mod partitions;
#[cfg(unix)]
mod processes;
mod refusals;
#[cfg(unix)]
mod relative_places;
mod rules;
mod sources;
#[cfg(unix)]
mod unsendable;

use crate::support::trials::Trial;

pub fn trials() -> Vec<Trial> {
    let files = [
        bare::trials(),
        files::trials(),
        #[cfg(unix)]
        outages::trials(),
        partitions::trials(),
        #[cfg(unix)]
        processes::trials(),
        refusals::trials(),
        #[cfg(unix)]
        relative_places::trials(),
        rules::trials(),
        sources::trials(),
        #[cfg(unix)]
        unsendable::trials(),
    ];
    files.into_iter().flatten().collect()
}
