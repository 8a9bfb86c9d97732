//! `configure`: reads and changes the configuration file.

mod change;
mod import;
mod listing;
mod validate;

use std::fmt::Display;
use std::io::{self, Write as _};
use std::path::PathBuf;

use serde::Serialize;
use thiserror::Error;

use super::aws_provider::AwsProviderError;
use crate::base::environment::Environment;
use crate::cli::configure::{ConfigureAction, ConfigureArgs, HostAction, PlaceArgs, RuleAction};
use crate::code::{Code, Coded};
use crate::locations::Locations;
use crate::report::Output;
use crate::settings::{self, Document, EditError, Settings, SettingsError};
pub use listing::{EffectiveValue, policy_values};

/// Why the configuration was not shown or changed. Each message says what failed, where, and the
/// fix.
#[derive(Debug, Error)]
pub enum Error {
    /// The present configuration is not valid.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The user's file is invalid, now or after the change.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// There is no place for a file.
    #[error(
        "There is no home folder for a configuration file. Set HOME, or CODEARTIFACT_NUGET_CONFIG_FILE to an \
         absolute path"
    )]
    NoHome,
    /// The error of `rule add`.
    #[error("The rule is empty. Give at least one option, such as --owner and --profile")]
    EmptyRule,
    /// A secret on a command line: other users of the machine can see command lines.
    #[error(
        "A proxy's password must not be on a command line, which other users can see. Add the rule without \
         --proxy, then add `proxy` to it in `{}`",
        .0.display()
    )]
    ProxyPassword(PathBuf),
    /// `import` found no file.
    #[error("Nothing to import: {0}. Give the path of `configuration.json`")]
    NothingToImport(String),
    /// `import` found something else than the provider's configuration.
    #[error(transparent)]
    AwsProvider(#[from] AwsProviderError),
    /// The report cannot be written.
    #[error("The result cannot be written: {0}")]
    Output(#[from] io::Error),
}

impl Coded for Error {
    fn code(&self) -> Code {
        match self {
            Self::Settings(error) => error.code(),
            Self::Edit(error) => error.code(),
            Self::AwsProvider(error) => error.code(),
            Self::NoHome => Code::NoConfigurationFolder,
            Self::EmptyRule => Code::EmptyRule,
            Self::ProxyPassword(_) => Code::SecretOnCommandLine,
            Self::NothingToImport(_) => Code::NothingToImport,
            Self::Output(_) => Code::OutputFailed,
        }
    }

    fn fix(&self) -> Option<String> {
        match self {
            Self::Settings(error) => error.fix(),
            Self::Edit(error) => error.fix(),
            Self::AwsProvider(error) => error.fix(),
            _ => None,
        }
    }
}

/// What every action needs.
struct Context<'a> {
    environment: &'a Environment,
    locations: Locations,
}

/// Executes the action, and reports on `out`. `announce` shows a line beside the result.
///
/// # Errors
///
/// If the configuration cannot be read or used, or would not be usable after the change. Nothing is
/// written then.
pub fn run(
    args: &ConfigureArgs,
    environment: &Environment,
    announce: &dyn Fn(&str),
    out: &mut Output<'_>,
) -> Result<(), Error> {
    let context = Context { environment, locations: Locations::of(environment) };
    match &args.action {
        ConfigureAction::List => print(&context.list()?, out),
        ConfigureAction::Path => print(&context.paths()?, out),
        ConfigureAction::Get { key } => {
            let values = context.values_of(key)?;
            print(&values, out)?;
            if !out.is_json() {
                values.origins().for_each(|origin| announce(&origin));
            }
            Ok(())
        }
        ConfigureAction::Set { key, value, place } => print(&context.set(key, value, *place)?, out),
        ConfigureAction::Unset { key, place } => print(&context.unset(key, *place)?, out),
        ConfigureAction::Validate { file } => validate::run(file.as_deref(), &context, out),
        ConfigureAction::Rule(RuleAction::Add(args)) => print(&context.add_rule(args)?, out),
        ConfigureAction::Rule(RuleAction::Remove { number, place }) => {
            print(&context.remove_rule(*number, *place)?, out)
        }
        ConfigureAction::Host(HostAction::Add(args)) => print(&context.add_host(args)?, out),
        ConfigureAction::Host(HostAction::Remove { host, place }) => {
            print(&context.remove_host(host, *place)?, out)
        }
        ConfigureAction::Import { file } => print(&context.import(file.as_deref())?, out),
    }
}

/// Prints a report as one JSON object, or as its lines for people.
fn print(report: &(impl Serialize + Display), out: &mut Output<'_>) -> Result<(), Error> {
    if out.is_json() {
        out.json(report, &[])?;
    } else {
        for line in report.to_string().lines() {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

impl Context<'_> {
    fn settings(&self) -> Result<Settings, SettingsError> {
        Settings::load(self.environment, &self.locations)
    }

    /// The user's file or the machine-wide one, opened for a change.
    fn document(&self, place: PlaceArgs) -> Result<Document, Error> {
        if place.machine {
            return Ok(Document::of_machine()?);
        }
        let path = settings::config_file(self.environment, &self.locations)?;
        Ok(Document::open(path.ok_or(Error::NoHome)?)?)
    }
}
