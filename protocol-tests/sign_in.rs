//! SSO sign-ins through the real executable: refreshed silently, asked for once, shared with the AWS
//! CLI; and `login`.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "the fences are the plugin's; its tests stand outside"
)]

mod support;

#[path = "sign_in/asking.rs"]
mod asking;
#[path = "sign_in/aws_cli.rs"]
mod aws_cli;
#[path = "sign_in/browser.rs"]
mod browser;
#[path = "sign_in/login.rs"]
mod login;
#[cfg(target_os = "linux")]
#[path = "sign_in/real_dotnet.rs"]
mod real_dotnet;
#[path = "sign_in/refreshing.rs"]
mod refreshing;
#[path = "sign_in/stage.rs"]
mod stage;

use libtest_mimic::Arguments;

/// As many at once, where the command line names no number: most of them wait most of the time.
const TOGETHER: usize = 8;

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(TOGETHER);
    let trials = [
        #[cfg(target_os = "linux")]
        real_dotnet::trials(),
        aws_cli::trials(),
        asking::trials(),
        browser::trials(),
        login::trials(),
        refreshing::trials(),
    ];
    libtest_mimic::run(&arguments, trials.into_iter().flatten().collect()).exit();
}
