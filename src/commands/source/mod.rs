//! `source`: the package sources of NuGet.Config, as far as CodeArtifact is concerned.

mod add;
mod check;
mod error;
mod list;

use std::io::Write;
use std::path::PathBuf;

use super::print_failure;
use super::progress::Wait;
use crate::base::environment::Environment;
use crate::cli::source::{SourceArgs, SourceCommand};
use crate::locations::Locations;
use crate::nuget_config::NugetConfig;
use crate::provider::Provider;

pub use check::problem;
pub use error::SourceError;

/// What the commands work with.
struct Context<'a> {
    environment: &'a Environment,
    locations: Locations,
    provider: &'a Provider,
    wait: Wait<'a>,
}

/// Runs one of the commands, and reports on `out`.
pub async fn run(
    args: &SourceArgs,
    environment: &Environment,
    provider: &Provider,
    wait: Wait<'_>,
    out: &mut dyn Write,
) -> Result<(), SourceError> {
    let context = Context { environment, locations: Locations::of(environment), provider, wait };
    let (done, json) = match &args.command {
        SourceCommand::Add(args) => (add::run(args, &context, out).await, args.json),
        SourceCommand::List(args) => (list::run(args, &context, out), args.json),
        SourceCommand::Check(args) => (check::run(args, &context, out).await, args.json),
    };
    done.inspect_err(|error| {
        // What was found is printed already.
        let is_told = matches!(error, SourceError::Unusable { .. });
        print_failure(json && !is_told, error, out);
    })
}

impl Context<'_> {
    /// All that NuGet reads in the working folder; a file that NuGet refuses fails here as well.
    fn config(&self) -> Result<NugetConfig, SourceError> {
        let mut config = NugetConfig::read(&self.locations, &working_folder()?);
        match config.broken.pop() {
            Some(broken) => Err(broken.into()),
            None => Ok(config),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the edge: NuGet looks from the working folder up")]
fn working_folder() -> Result<PathBuf, SourceError> {
    std::env::current_dir().map_err(SourceError::WorkingFolder)
}
