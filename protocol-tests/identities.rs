//! Every source of AWS credentials, through the real executable: a cold run with its requests, a warm
//! one without any, and what the user reads where it has expired or is refused.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "the fences are the plugin's; its tests stand outside"
)]
#![allow(clippy::too_many_lines, reason = "a table is as long as there are sources")]

mod support;

#[path = "identities/bare.rs"]
mod bare;
#[cfg(unix)]
#[path = "identities/processes.rs"]
mod processes;
#[path = "identities/refusals.rs"]
mod refusals;
#[path = "identities/rules.rs"]
mod rules;
#[path = "identities/sources.rs"]
mod sources;
#[path = "words/stage.rs"]
#[allow(dead_code, reason = "`words` uses all of it")]
mod stage;

use libtest_mimic::Arguments;

/// As many at once, where the command line names no number: most of them wait most of the time.
const TOGETHER: usize = 8;

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(TOGETHER);
    let trials = [
        sources::trials(),
        refusals::trials(),
        rules::trials(),
        bare::trials(),
        #[cfg(unix)]
        processes::trials(),
    ];
    libtest_mimic::run(&arguments, trials.into_iter().flatten().collect()).exit();
}
