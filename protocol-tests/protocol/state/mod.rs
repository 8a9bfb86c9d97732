//! `explain`, `status` and `logout`: what is effective, what there is, and that it is gone. None of them
//! makes a network request, but for a sign-out.

mod explain;
mod identities;
mod logout;
mod status;

use crate::support::process::Run;
use crate::support::sandbox_home::SandboxHome;
use crate::support::secret_scan;
use crate::support::stage::secrets;
use crate::support::trials::{Need, Trial};

pub fn trials() -> Vec<Trial> {
    // Tokens in memory are the user's, whatever home a test has.
    let of_the_machine = [status::trials(), logout::trials()].into_iter().flatten();
    let of_the_machine = of_the_machine.map(|trial| trial.needing(Need::CleanMemory));
    [explain::trials(), identities::trials()].into_iter().flatten().chain(of_the_machine).collect()
}

/// Runs a command, which shows no secret.
#[track_caller]
fn run(home: &SandboxHome, arguments: &[&str]) -> Run {
    let run = home.run_plugin(arguments);
    secret_scan::assert_no_secrets_in(&run.output(), &secrets());
    run
}
