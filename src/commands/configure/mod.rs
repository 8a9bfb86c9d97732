//! `configure`: reads and changes the configuration file.

mod document;
mod error;
mod hosts;
mod import;
mod keys;
mod listing;
mod rules;

use std::io::Write;

use serde_json::json;

use super::print_failure;
use crate::base::environment::Environment;
use crate::cli::configure::{ConfigureAction, ConfigureArgs};
use crate::locations::Locations;
use crate::settings::{self, Settings, SettingsError};
use document::Document;
pub use error::Error;
pub use listing::policy_values;

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
    let done =
        if args.json { as_json(args, environment, out) } else { as_text(args, environment, out) };
    done.inspect_err(|error| print_failure(args.json, error, out))
}

fn as_text(
    args: &ConfigureArgs,
    environment: &Environment,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let mut context = Context { environment, locations: Locations::of(environment), out };
    act(&args.action, &mut context, args.json)
}

/// A change prints what it says to people as `messages`; what is looked up has an object of its own.
fn as_json(
    args: &ConfigureArgs,
    environment: &Environment,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let is_change = !matches!(
        args.action,
        ConfigureAction::List | ConfigureAction::Path | ConfigureAction::Get { .. }
    );
    if !is_change {
        return as_text(args, environment, out);
    }
    let mut said = Vec::new();
    as_text(args, environment, &mut said)?;
    let said = String::from_utf8_lossy(&said);
    let messages: Vec<&str> = said.lines().map(str::trim).collect();
    let file = settings::config_file(environment, &Locations::of(environment))?;
    let file = file.map(|file| file.to_string_lossy().into_owned());
    writeln!(out, "{}", json!({ "file": file, "messages": messages }))?;
    Ok(())
}

fn act(action: &ConfigureAction, context: &mut Context<'_>, json: bool) -> Result<(), Error> {
    match action {
        ConfigureAction::List => listing::list(context, json),
        ConfigureAction::Path => listing::paths(context, json),
        ConfigureAction::Get { key } => listing::get(context, key, json),
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
