//! SSO sign-ins: refreshed silently, asked for once, shared with the AWS CLI; and `login`.

mod asking;
mod browser;
mod login;
mod outages;
mod refreshing;

use crate::support::trials::Trial;

pub fn trials() -> Vec<Trial> {
    let files = [
        asking::trials(),
        browser::trials(),
        login::trials(),
        outages::trials(),
        refreshing::trials(),
    ];
    files.into_iter().flatten().collect()
}
