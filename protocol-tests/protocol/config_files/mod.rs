//! `source` and `scrub`: NuGet.Config files read and changed in an empty home.

mod adding;
mod checking;
mod listing;
mod odd_files;
mod scrubbing;

use crate::support::trials::Trial;

/// The project's file by a name of NuGet's, and within the temporary folder. Windows has it under any
/// case, and NuGet and the plugin name it so there.
pub const NAME: &str = if cfg!(windows) { "NuGet.Config" } else { "nuget.config" };
pub const PROJECT: &str =
    if cfg!(windows) { "project/NuGet.Config" } else { "project/nuget.config" };

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
