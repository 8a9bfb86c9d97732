//! `completions`: prints a script with which a shell completes commands, options and values; and what
//! that script requests while a person types.
//!
//! The script starts this program with [`SHELL`] set, and with the words of the command line after
//! `--`. That must be quick and quiet: nothing is requested from the network, and where something
//! cannot be read, there are fewer candidates.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;
use clap_complete::env::Shells;
use clap_complete::{ArgValueCandidates, CompletionCandidate, Shell};

use super::source::config_here;
use crate::aws::profile_names;
use crate::base::PROGRAM;
use crate::base::invocation::DOTNET_FILE;
use crate::base::shell::quoted;
use crate::cli::{Cli, CompletionsArgs};
use crate::endpoint::RepositoryEndpoint;
use crate::nuget_config::Source;
use crate::provider::Provider;
use crate::settings::KEYS;

/// The variable by which a script requests candidates; its value is the shell's name.
pub const SHELL: &str = "NUGET_PLUGIN_CODEARTIFACT_COMPLETE";

/// Prints the shell's script on `out`. It starts `here`, this file, unless the arguments name a
/// command: the script in a package starts what is on PATH.
pub fn run(args: &CompletionsArgs, here: &Path, out: &mut dyn Write) -> io::Result<()> {
    let shells = Shells::builtins();
    let name = args.shell.to_string();
    let Some(shell) = shells.completer(&name) else { return Ok(()) };
    let program = args.program.as_deref().unwrap_or(here).to_string_lossy();
    let mut script = Vec::new();
    for command in [DOTNET_FILE, PROGRAM] {
        shell.write_registration(SHELL, command, command, &program, &mut script)?;
    }
    out.write_all(&script)?;
    out.write_all(of_dotnet(args.shell, &program).as_bytes())
}

/// The part of the script for `dotnet codeartifact`. Everything else behind `dotnet` stays with the
/// completion that is there. PowerShell has one completer for a command, which must not be replaced.
fn of_dotnet(shell: Shell, program: &str) -> String {
    match shell {
        Shell::Bash => include_str!("completions/dotnet.bash").to_owned(),
        Shell::Zsh => include_str!("completions/dotnet.zsh").to_owned(),
        Shell::Fish => include_str!("completions/dotnet.fish")
            .replace("VARIABLE", SHELL)
            .replace("PROGRAM", &quoted(program)),
        _ => String::new(),
    }
}

/// Prints the candidates for the last of the words, of which the first is the command's name.
pub fn complete(
    shell: &str,
    words: &[OsString],
    provider: &Provider,
    out: &mut dyn Write,
) -> io::Result<()> {
    let shells = Shells::builtins();
    let words: Vec<OsString> =
        words.iter().skip_while(|word| *word != "--").skip(1).cloned().collect();
    let Some(shell) = shells.completer(shell).filter(|_| !words.is_empty()) else { return Ok(()) };
    let mut command = with_candidates(Cli::command(), &Known::of(provider));
    let mut text = Vec::new();
    shell.write_complete(&mut command, words, None, &mut text)?;
    out.write_all(&text)
}

/// The names that are known on this machine.
#[derive(Clone)]
struct Known {
    profiles: Vec<String>,
    sessions: Vec<String>,
    sources: Vec<String>,
    endpoints: Vec<RepositoryEndpoint>,
}

impl Known {
    fn of(provider: &Provider) -> Self {
        let sources = config_here(provider.locations())
            .map(|config| config.sources(provider.environment()))
            .unwrap_or_default();
        let endpoint = |source: &Source| provider.endpoint(&source.url).ok();
        let ours = sources.iter().filter_map(|source| Some((&source.name, endpoint(source)?)));
        let (sources, endpoints) = ours.map(|(name, endpoint)| (name.clone(), endpoint)).unzip();
        let sign_ins = provider.sign_ins().unwrap_or_default().into_iter();
        Self {
            profiles: profile_names(provider.environment()),
            sessions: sign_ins.filter_map(|it| it.session.name).collect(),
            sources,
            endpoints,
        }
    }

    /// The candidates for the argument of this name; none if nothing is known about it.
    fn candidates(&self, argument: &str) -> Option<Vec<String>> {
        let of_endpoints = |part: fn(&RepositoryEndpoint) -> &str| {
            self.endpoints.iter().map(|endpoint| part(endpoint).to_owned()).collect()
        };
        let mut candidates: Vec<String> = match argument {
            "profile" => self.profiles.clone(),
            "sso_session" => self.sessions.clone(),
            "source" | "url" => self.sources.clone(),
            "domain" => of_endpoints(|endpoint| &endpoint.domain.name),
            "domain_owner" | "owner" => of_endpoints(|endpoint| &endpoint.domain.owner),
            "region" => of_endpoints(|endpoint| &endpoint.domain.region),
            "repository" => of_endpoints(|endpoint| &endpoint.repository),
            "key" => KEYS.iter().map(|key| key.name.to_owned()).collect(),
            _ => return None,
        };
        // Some shells insert a candidate as it is, and a name of others must not be run.
        candidates.retain(|candidate| quoted(candidate) == *candidate);
        candidates.sort();
        candidates.dedup();
        Some(candidates)
    }
}

fn with_candidates(command: clap::Command, known: &Known) -> clap::Command {
    let command = command.mut_args(|argument| match known.candidates(argument.get_id().as_str()) {
        Some(candidates) => argument.add(ArgValueCandidates::new(move || {
            candidates.iter().map(CompletionCandidate::new).collect()
        })),
        None => argument,
    });
    command.mut_subcommands(|inner| with_candidates(inner, known))
}
