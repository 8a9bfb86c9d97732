//! What the user reads when there is no token: every failure, with its one line. And what must be
//! written nowhere: tokens, keys, passwords.

mod answers;
mod api_hosts;
mod configuration;
mod credentials;
#[cfg(unix)]
mod github;
mod ipv6;
mod log_file;
mod names;
mod network;
mod peers;
mod proxy;
mod tls;
mod waits;

use crate::support::trials::Trial;

pub fn trials() -> Vec<Trial> {
    let files = [
        waits::trials(),
        api_hosts::trials(),
        answers::trials(),
        configuration::trials(),
        credentials::trials(),
        #[cfg(unix)]
        github::trials(),
        ipv6::trials(),
        log_file::trials(),
        names::trials(),
        network::trials(),
        proxy::trials(),
        tls::trials(),
    ];
    files.into_iter().flatten().collect()
}
