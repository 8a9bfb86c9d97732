//! Root in another user's home, as `sudo` leads to where it keeps HOME: the command is run as that
//! user.
//!
//! Folders in the home are that user's to change at any time, between a check and a write as well.
//! As root, a command could be led to any file of the machine by a link. As the user, it can reach
//! what the user can reach, and what it makes belongs to the user. `doctor` changes nothing, but
//! starts the plugins that it finds there.
#![expect(clippy::disallowed_methods, reason = "this program starts itself")]

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command as Program;

use thiserror::Error;

use crate::base::environment::Environment;
use crate::base::files::{self, Owner};
use crate::base::system;
use crate::cli::Command;
use crate::cli::source::{SourceArgs, SourceCommand};
use crate::code::{Code, Coded};
use crate::settings::CONFIG_FILE;

/// The variables that lead to a user's folders. HOME is the first.
const HOMES: [&str; 5] =
    ["HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "DOTNET_CLI_HOME"];

/// The user could read them from a process that runs as this user, and these commands need none.
const SECRETS: [&str; 7] = [
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "AWS_ACCESS_KEY_ID",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_TOKEN",
    "CODEARTIFACT_AUTH_TOKEN",
];

/// The command is not run as root in another user's folder.
#[derive(Debug, Error)]
#[error(
    "`{}` belongs to user {user}. Root does not change files there, and this program cannot run as \
     that user: {source}.",
    folder.display()
)]
pub struct OwnerError {
    folder: PathBuf,
    user: u32,
    source: io::Error,
}

impl Coded for OwnerError {
    fn code(&self) -> Code {
        Code::OtherOwner
    }

    fn fix(&self) -> Option<String> {
        Some("Run the command as that user, or set HOME to another folder.".to_owned())
    }
}

/// Runs the command again as the user whose folders it changes, if this is root and the folders are
/// another user's. It does not return then. Homes of yet another user are left out: the user
/// database names the right one.
pub fn act_as(
    command: &Command,
    environment: &Environment,
    arguments: impl Iterator<Item = OsString>,
) -> Result<(), OwnerError> {
    if !files::is_root() {
        return Ok(());
    }
    let homes: Vec<(&str, PathBuf, Option<Owner>)> = HOMES
        .into_iter()
        .filter_map(|name| Some((name, environment.path(name)?)))
        .map(|(name, path)| (name, path.clone(), files::owner_on_the_way(&path)))
        .collect();
    let (folder, user) = match changed_folder(command, environment) {
        Changed::Nothing => return Ok(()),
        Changed::Folder(folder) => {
            let owner = files::owner_on_the_way(&folder);
            (folder, owner)
        }
        Changed::Home => {
            let home = homes.iter().find(|(_, _, owner)| owner.is_some()).or(homes.first());
            home.map(|(_, path, owner)| (path.clone(), *owner)).unwrap_or_default()
        }
    };
    let others = homes.iter().filter(|(_, _, owner)| *owner != user).map(|(name, ..)| *name);
    let others: Vec<&str> = others.collect();
    if user.is_none() && others.is_empty() {
        return Ok(());
    }
    let failed = |source| OwnerError { folder, user: user.map_or(0, |owner| owner.user), source };
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(source) => return Err(failed(source)),
    };
    let mut again = Program::new(program);
    again.args(arguments);
    let is_asking_aws =
        matches!(command, Command::Doctor(_) | Command::Setup(_) | Command::Source(_));
    let secrets = SECRETS.into_iter().filter(|_| !is_asking_aws);
    for name in others.into_iter().chain(secrets) {
        again.env_remove(name);
    }
    let Err(source) = system::run_in_our_place_as(again, user);
    Err(failed(source))
}

/// Which folders a command changes, or starts programs from.
enum Changed {
    /// None, or single files, which are replaced without following a link of another user's.
    Nothing,
    Home,
    Folder(PathBuf),
}

fn changed_folder(command: &Command, environment: &Environment) -> Changed {
    let named = match command {
        Command::Install(args) => args.dir.clone(),
        Command::Uninstall(args) => args.dir.clone(),
        Command::Configure(args) if args.action.is_for_machine() => return Changed::Nothing,
        Command::Configure(_) => environment.path(CONFIG_FILE),
        Command::Login(_)
        | Command::Logout(_)
        | Command::Scrub(_)
        | Command::Setup(_)
        | Command::Source(SourceArgs { command: SourceCommand::Add(_) })
        | Command::Doctor(_) => None,
        _ => return Changed::Nothing,
    };
    match named.as_deref().map(std::path::absolute) {
        Some(Ok(folder)) => Changed::Folder(files::normal(Path::new(&folder))),
        _ => Changed::Home,
    }
}
