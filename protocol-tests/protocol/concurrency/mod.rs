//! The real executable many times at once, and what one leaves for the next: fetching once, the cache's
//! places and files, refused tokens, provided tokens, and whose token is whose.

#[cfg(unix)]
mod files;
mod identities;
#[cfg(unix)]
mod places;
mod provided;
mod refusals;
mod together;

use crate::support::trials::Trial;

pub fn trials() -> Vec<Trial> {
    let files = [
        #[cfg(unix)]
        files::trials(),
        identities::trials(),
        #[cfg(unix)]
        places::trials(),
        provided::trials(),
        refusals::trials(),
        together::trials(),
    ];
    files.into_iter().flatten().collect()
}
