//! `configure`: reads and changes the configuration file.

mod document;
mod error;
mod hosts;
mod import;
mod keys;
mod listing;
mod rules;

use std::io::Write;

use super::print_failure;
use crate::cli::configure::{ConfigureAction, ConfigureArgs};
use crate::locations::Locations;
use crate::settings::{Environment, Settings, SettingsError};
use document::Document;
pub use error::Error;

/// What every action works with.
struct Context<'a> {
    environment: &'a Environment,
    locations: Locations,
    out: &'a mut dyn Write,
}

/// Does what is asked, and reports on `out`.
///
/// # Errors
///
/// Where the configuration cannot be read or used, or would not be usable afterwards; nothing is
/// written then.
pub fn run(
    args: &ConfigureArgs,
    environment: &Environment,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let mut context = Context { environment, locations: Locations::of(environment), out };
    let json = match &args.action {
        ConfigureAction::List(json)
        | ConfigureAction::Path(json)
        | ConfigureAction::Get { json, .. } => json.json,
        _ => false,
    };
    act(&args.action, &mut context).inspect_err(|error| print_failure(json, error, context.out))
}

fn act(action: &ConfigureAction, context: &mut Context<'_>) -> Result<(), Error> {
    match action {
        ConfigureAction::List(json) => listing::list(context, json.json),
        ConfigureAction::Path(json) => listing::paths(context, json.json),
        ConfigureAction::Get { key, json } => listing::get(context, key, json.json),
        ConfigureAction::Set { key, value } => keys::set(context, key, value),
        ConfigureAction::Unset { key } => keys::unset(context, key),
        ConfigureAction::Rule(action) => rules::act(context, action),
        ConfigureAction::Host(action) => hosts::act(context, action),
        ConfigureAction::Import { file } => import::import(context, file.as_deref()),
    }
}

impl Context<'_> {
    fn settings(&self) -> Result<Settings, SettingsError> {
        Settings::load(self.environment, &self.locations)
    }

    /// Prints what NuGet's memory gets in the way of. Where the settings cannot be used as a whole
    /// (the machine-wide file is broken), there is nothing to say of it.
    fn print_shadows(&mut self) -> Result<(), Error> {
        let shadows = self.settings().map(|settings| settings.shadows()).unwrap_or_default();
        for shadow in shadows {
            writeln!(self.out, "note: {shadow}")?;
        }
        Ok(())
    }
}
