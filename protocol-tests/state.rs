//! `explain`, `status` and `logout` through the real executable: what holds, what there is, and that
//! it is gone. Nothing of it asks anybody, but for a sign-out.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "the fences are the plugin's; its tests stand outside"
)]

mod support;

#[path = "state/explain.rs"]
mod explain;
#[path = "state/identities.rs"]
mod identities;
#[path = "state/logout.rs"]
mod logout;
#[allow(dead_code, reason = "it is the one of the sign-ins, of which a part is needed here")]
#[path = "sign_in/stage.rs"]
mod stage;
#[path = "state/status.rs"]
mod status;

use libtest_mimic::Arguments;

use support::fake_codeartifact::SECRET_ACCESS_KEY;
use support::process::Run;
use support::sandbox_home::SandboxHome;
use support::secret_scan;
use support::trials::Tool;

fn main() {
    let apart = [explain::trials(), identities::trials()].into_iter().flatten();
    let is_left_out = Tool::CleanMemory.is_missing();
    let of_the_machine = [status::trials(), logout::trials()].into_iter().flatten();
    let of_the_machine =
        of_the_machine.map(|trial| if is_left_out { trial.with_ignored_flag(true) } else { trial });
    libtest_mimic::run(&Arguments::from_args(), apart.chain(of_the_machine).collect()).exit();
}

/// Runs a command, which shows no secret.
#[track_caller]
fn run(home: &SandboxHome, arguments: &[&str]) -> Run {
    let run = home.run_plugin(arguments);
    let secrets = [&stage::secrets()[..], &[SECRET_ACCESS_KEY.to_owned()]].concat();
    secret_scan::assert_no_secrets_in(&run.output(), &secrets);
    run
}

/// Text with the temporary folder's name taken out.
fn without_root(home: &SandboxHome, text: &str) -> String {
    text.replace(&*home.root().to_string_lossy(), "<root>")
}

/// The only object on standard output.
#[track_caller]
fn object(run: &Run) -> serde_json::Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"))
}
