//! What the user reads when there is no token: every failure, with its one line, through the real
//! executable. And what must be written nowhere: tokens, keys, passwords.
//!
//! Most of these tests wait most of the time, so many run at once.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "the fences are the plugin's; its tests stand outside"
)]
#![allow(clippy::too_many_lines, reason = "a table is as long as there are failures")]

mod support;

#[path = "words/answers.rs"]
mod answers;
#[path = "words/api_hosts.rs"]
mod api_hosts;
#[path = "words/configuration.rs"]
mod configuration;
#[path = "words/credentials.rs"]
mod credentials;
#[path = "words/ipv6.rs"]
mod ipv6;
#[path = "words/log_file.rs"]
mod log_file;
#[path = "words/network.rs"]
mod network;
#[path = "words/peers.rs"]
mod peers;
#[path = "words/proxy.rs"]
mod proxy;
#[path = "words/stage.rs"]
mod stage;
#[path = "words/tls.rs"]
mod tls;
#[path = "words/waits.rs"]
mod waits;

use libtest_mimic::Arguments;

/// As many at once, where the command line names no number.
const TOGETHER: usize = 12;

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(TOGETHER);
    let trials = [
        // First, since these take longest.
        waits::trials(),
        api_hosts::trials(),
        answers::trials(),
        configuration::trials(),
        credentials::trials(),
        ipv6::trials(),
        log_file::trials(),
        network::trials(),
        proxy::trials(),
        tls::trials(),
    ];
    libtest_mimic::run(&arguments, trials.into_iter().flatten().collect()).exit();
}
