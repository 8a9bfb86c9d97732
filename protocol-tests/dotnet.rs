//! The plugin under the real `dotnet`, and under nuget.exe where mono is there: each test is a
//! command as a user would type it, with only the source's URL in NuGet.Config.
//!
//! Without `dotnet` on PATH the tests are reported as ignored; see `support/trials.rs`.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "the fences are the plugin's; its tests stand outside"
)]

#[path = "dotnet/accounts.rs"]
mod accounts;
#[path = "dotnet/commands.rs"]
mod commands;
#[path = "dotnet/consoles.rs"]
mod consoles;
#[path = "dotnet/given.rs"]
mod given;
#[path = "dotnet/mono.rs"]
mod mono;
#[path = "dotnet/refusals.rs"]
mod refusals;
#[path = "dotnet/restores.rs"]
mod restores;
#[path = "dotnet/sources.rs"]
mod sources;
#[path = "dotnet/stage.rs"]
mod stage;
mod support;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    // Failed restores take long by waiting, so they go first.
    let groups: [fn() -> Vec<Trial>; 8] = [
        refusals::trials,
        sources::trials,
        restores::trials,
        accounts::trials,
        given::trials,
        commands::trials,
        consoles::trials,
        mono::trials,
    ];
    let trials = groups.into_iter().flat_map(|group| group()).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}
