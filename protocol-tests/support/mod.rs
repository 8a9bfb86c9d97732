//! What the protocol tests are made of. Nothing here shares a type with the plugin: it sees the
//! plugin as NuGet, AWS and a package source see it, and expectations are literal JSON.
//!
//! - [`fake_nuget`]: NuGet's side of a conversation with the real executable
//! - [`fake_codeartifact`]: token API, STS and NuGet sources on one loopback port
//! - [`fake_metadata`]: the credentials of a container and of an instance
//! - [`fake_sso`]: IAM Identity Center, from the sign-in to a role's credentials
//! - [`github_runner`]: which output the runner of GitHub Actions runs, and what its log shows
//! - [`hung_drive`]: a file system that never answers
//! - [`fake_internet`]: a proxy and TLS, to meet the fake under AWS's real host names
//! - [`stage`]: what a test begins with, made of these
//! - [`sandbox_home`]: a throwaway home with its environment, configuration and projects
//! - [`secret_scan`]: no token where none belongs
//! - [`powershell`]: messages of a Windows program in the words of other systems
//! - [`process`]: a program run to its end or to a deadline
//! - [`dotnet`]: the real `dotnet`, where there is one
//! - [`terminal`]: what a terminal shows of a program's output
//! - [`trials`]: tests as values, and what they need that is not everywhere
//! - [`pages`]: the pages that people read, and the blocks of code in them
//! - [`yaml`]: YAML as the JSON that it stands for
//! - [`odd_configs`]: NuGet.Config files as people, scripts and tools write them

#![allow(dead_code, reason = "every test target uses its own part of the support")]
#![allow(clippy::needless_pass_by_value, reason = "`send(json!(…))` reads best")]

pub mod dotnet;
pub mod fake_codeartifact;
pub mod fake_internet;
pub mod fake_metadata;
pub mod fake_nuget;
pub mod fake_sso;
pub mod github_runner;
#[cfg(target_os = "linux")]
pub mod hung_drive;
pub mod odd_configs;
pub mod pages;
pub mod powershell;
pub mod process;
pub mod sandbox_home;
pub mod secret_scan;
pub mod stage;
pub mod terminal;
pub mod trials;
pub mod wine;
pub mod yaml;

/// The tests of the support itself.
pub fn own_trials() -> Vec<trials::Trial> {
    use fake_nuget::a_pattern_names_what_it_cares_about;
    use github_runner::lines_are_read_as_the_runner_of_github_reads_them;
    use powershell::commands_of_powershell_are_read_as_those_of_sh;
    trials::named![
        a_pattern_names_what_it_cares_about,
        lines_are_read_as_the_runner_of_github_reads_them,
        commands_of_powershell_are_read_as_those_of_sh,
    ]
}
