//! `status`: cached tokens, sign-ins, versions and places.

mod installed;

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::SystemTime;

use serde_json::{Value, json};
use thiserror::Error;

use super::SCHEMA;
use super::format::{Rows, in_words};
use crate::aws::{KnownSignIn, SignedInUntil};
use crate::base::text::printable;
use crate::cache::{KeptToken, Label};
use crate::cli::state::StatusArgs;
use crate::endpoint::Domain;
use crate::provider::Provider;
use crate::settings::{self, FileReport};
use installed::Installed;

/// Why the exit code is not 0.
#[derive(Debug, Error)]
pub enum StatusError {
    /// All the rest was shown.
    #[error("{0}")]
    Unreadable(String),
    #[error("the result cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// All that is shown.
#[derive(Debug)]
struct Status {
    now: SystemTime,
    tokens: Vec<KeptToken>,
    sign_ins: Result<Vec<KnownSignIn>, String>,
    installed: Result<Vec<Installed>, String>,
    files: Result<Vec<FileReport>, String>,
    cache: Vec<PathBuf>,
    logs: Vec<PathBuf>,
    plugins: Vec<PathBuf>,
}

/// Reads all of it, and prints it on `out`.
pub async fn run(
    args: &StatusArgs,
    provider: &Provider,
    out: &mut dyn Write,
) -> Result<(), StatusError> {
    let status = Status::of(provider).await;
    if args.json {
        writeln!(out, "{}", status.report())?;
    } else {
        status.rows().print(out)?;
    }
    status.problem().map_or(Ok(()), |problem| Err(StatusError::Unreadable(problem)))
}

impl Status {
    async fn of(provider: &Provider) -> Self {
        let (environment, locations) = (provider.environment(), provider.locations());
        let (ours, aws_provider) = settings::log_files(environment);
        let files = settings::file_reports(environment, locations);
        Self {
            now: Provider::clock(),
            tokens: provider.kept_tokens(),
            sign_ins: provider.sign_ins().await.map_err(|error| error.to_string()),
            installed: installed::find(environment).map_err(|error| error.to_string()),
            files: files.map_err(|error| error.to_string()),
            cache: provider.cache_folders(),
            logs: ours.into_iter().chain(aws_provider).collect(),
            plugins: locations.plugins_dirs(),
        }
    }

    /// The first thing that could not be read.
    fn problem(&self) -> Option<String> {
        let broken = |files: &Vec<FileReport>| {
            files.iter().find_map(|file| file.problem().map(ToString::to_string))
        };
        let of_files = self.files.as_ref().map_or_else(|error| Some(error.clone()), broken);
        let of_sign_ins = self.sign_ins.as_ref().err().cloned();
        let broken = |all: &Vec<Installed>| all.iter().find_map(|it| it.version.clone().err());
        let of_installed = self.installed.as_ref().map_or_else(|error| Some(error.clone()), broken);
        of_files.or(of_sign_ins).or(of_installed)
    }

    fn rows(&self) -> Rows {
        let mut rows = Rows::default();
        rows.add("version", env!("CARGO_PKG_VERSION"));
        add(
            &mut rows,
            "installed",
            &self.installed,
            Installed::in_words,
            "nowhere in a plugins folder",
        );
        let tokens = self.tokens.iter().map(|token| token_in_words(token, self.now)).collect();
        rows.add_all("tokens", tokens, "none in the cache");
        let sign_in = |it: &KnownSignIn| sign_in_in_words(it, self.now);
        add(&mut rows, "sign-ins", &self.sign_ins, sign_in, "none in the AWS files");
        add(&mut rows, "settings", &self.files, file_in_words, "no home, no file");
        let folder = |path: &PathBuf| {
            let absent = if path.is_dir() { "" } else { " (not there)" };
            format!("{}{absent}", path.display())
        };
        rows.add_all("cache", self.cache.iter().map(folder).collect(), "no folder");
        let path = |path: &PathBuf| path.display().to_string();
        rows.add_all(
            "log",
            self.logs.iter().map(path).collect(),
            "none; CODEARTIFACT_NUGET_LOG_FILE names one",
        );
        rows.add_all("plugins", self.plugins.iter().map(folder).collect(), "no folder");
        rows
    }

    fn report(&self) -> Value {
        json!({
            "schema": SCHEMA,
            "version": env!("CARGO_PKG_VERSION"),
            "installed": self.installed.as_ref().map(|all| {
                all.iter().map(Installed::report).collect::<Vec<_>>()
            }).unwrap_or_default(),
            "tokens": self.tokens.iter().map(|it| token_report(it, self.now)).collect::<Vec<_>>(),
            "sign_ins": self.sign_ins.as_ref().map(|all| {
                all.iter().map(|it| sign_in_report(it, self.now)).collect::<Vec<_>>()
            }).unwrap_or_default(),
            "configuration": self.files.as_ref().map(|all| {
                all.iter().map(file_report).collect::<Vec<_>>()
            }).unwrap_or_default(),
            "cache": texts(&self.cache),
            "log": texts(&self.logs),
            "plugins": texts(&self.plugins),
            "problem": self.problem(),
        })
    }
}

/// A row for each, or one for the reason that there is none to be seen.
fn add<T>(
    rows: &mut Rows,
    name: &str,
    found: &Result<Vec<T>, String>,
    in_words: impl Fn(&T) -> String,
    nothing: &str,
) {
    match found {
        Ok(all) => rows.add_all(name, all.iter().map(in_words).collect(), nothing),
        Err(problem) => rows.add(name, format!("cannot be read: {problem}")),
    }
}

/// Paths as JSON has them: bytes that are no text are replaced.
fn texts(paths: &[PathBuf]) -> Vec<Cow<'_, str>> {
    paths.iter().map(|path| path.to_string_lossy()).collect()
}

fn token_in_words(token: &KeptToken, now: SystemTime) -> String {
    let Label { domain, owner, region, identity } = token.description.label.clone();
    let domain = Domain { name: domain, owner, region };
    let left = token.description.served_for(now).unwrap_or_default();
    printable(&format!("{domain}, by {identity}: {} left", in_words(left)))
}

fn token_report(token: &KeptToken, now: SystemTime) -> Value {
    let KeptToken { folder, description } = token;
    let label = &description.label;
    json!({
        "domain": label.domain,
        "domain_owner": label.owner,
        "region": label.region,
        "identity": label.identity,
        "expires_in_seconds": description.served_for(now).unwrap_or_default().as_secs(),
        "folder": folder.to_string_lossy(),
    })
}

fn sign_in_in_words(sign_in: &KnownSignIn, now: SystemTime) -> String {
    let KnownSignIn { session, profiles, signed_in } = sign_in;
    let profiles = match &**profiles {
        [] => String::new(),
        [one] => format!(" (profile `{one}`)"),
        several => format!(" (profiles `{}`)", several.join("`, `")),
    };
    let state = signed_in.map_or("nobody is signed in".to_owned(), |it| until_in_words(it, now));
    printable(&format!("{}{profiles}: {state}", session.in_words()))
}

/// Reads after what is signed in to.
pub fn until_in_words(until: SignedInUntil, now: SystemTime) -> String {
    match (until.expires_at.duration_since(now), until.is_refreshable) {
        (Ok(left), true) => {
            format!("signed in, {} left, then refreshed by itself", in_words(left))
        }
        (Ok(left), false) => format!("signed in, {} left", in_words(left)),
        (Err(_), true) => "signed in; expired, and refreshed by itself when it is used".to_owned(),
        (Err(_), false) => "expired".to_owned(),
    }
}

fn sign_in_report(sign_in: &KnownSignIn, now: SystemTime) -> Value {
    let KnownSignIn { session, profiles, signed_in } = sign_in;
    let left = signed_in.and_then(|it| it.expires_at.duration_since(now).ok());
    json!({
        "sso_session": session.name,
        "start_url": session.start_url,
        "region": session.region,
        "profiles": profiles,
        "signed_in": signed_in.is_some(),
        "expires": signed_in.map(|it| it.text()),
        "expires_in_seconds": left.map(|left| left.as_secs()),
        "refreshable": signed_in.is_some_and(|it| it.is_refreshable),
    })
}

fn file_in_words(file: &FileReport) -> String {
    let (state, reason) = file.state();
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{} ({}, {state}{reason})", file.path.display(), file.kind_name())
}

fn file_report(file: &FileReport) -> Value {
    let (state, reason) = file.state();
    json!({ "file": file.kind_name(), "path": file.path.to_string_lossy(), "state": state, "reason": reason })
}
