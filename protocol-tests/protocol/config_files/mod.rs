//! `source` and `scrub`: NuGet.Config files read and changed in an empty home.

mod adding;
mod checking;
mod listing;
mod odd_files;
mod scrubbing;

use crate::support::trials::Trial;

pub fn trials() -> Vec<Trial> {
    let files = [
        adding::trials(),
        checking::trials(),
        listing::trials(),
        odd_files::trials(),
        scrubbing::trials(),
    ];
    files.into_iter().flatten().collect()
}
