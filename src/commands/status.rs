//! `status`: shows cached tokens, sign-ins, versions and folders.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Serialize;
use thiserror::Error;

use super::installation::folder::Manifest;
use super::installation::layout::Client;
use super::installation::{self, InstallationError};
use crate::aws::{KnownSignIn, SignedInUntil};
use crate::base::PROGRAM;
use crate::base::text::printable;
use crate::base::time::{in_words, utc};
use crate::cache::KeptToken;
use crate::code::{Code, Coded};
use crate::endpoint::Domain;
use crate::provider::Provider;
use crate::report::{Output, ReportedError, Rows};
use crate::settings::{self, FileReport};

/// Why the exit code is not 0.
#[derive(Debug, Error)]
pub enum StatusError {
    /// Everything else was shown.
    #[error("{}", .0.message)]
    Unreadable(ReportedError),
    #[error("The result cannot be written: {0}")]
    Output(#[from] io::Error),
}

impl Coded for StatusError {
    fn code(&self) -> Code {
        match self {
            Self::Unreadable(error) => error.code,
            Self::Output(_) => Code::OutputFailed,
        }
    }

    fn fix(&self) -> Option<String> {
        match self {
            Self::Unreadable(error) => error.fix.clone(),
            Self::Output(_) => None,
        }
    }
}

/// Reads everything, and prints it on `out`.
pub fn run(provider: &Provider, out: &mut Output<'_>) -> Result<(), StatusError> {
    let status = Status::of(provider);
    if out.is_json() {
        out.json(&status, &status.errors)?;
    } else {
        status.rows().print(out)?;
    }
    status.errors.into_iter().next().map_or(Ok(()), |error| Err(StatusError::Unreadable(error)))
}

/// Everything that is shown. Names of the JSON must not change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    version: &'static str,
    installed: StatusSection<Installed>,
    tokens: Vec<TokenRow>,
    sign_ins: StatusSection<SignInRow>,
    configuration: StatusSection<ConfigurationRow>,
    cache: Vec<FolderRow>,
    log: Vec<String>,
    plugins: Vec<FolderRow>,
    /// The copy on `PATH`, as of a package.
    #[serde(skip)]
    on_path: Option<PathBuf>,
    /// The failures to read something.
    #[serde(skip)]
    errors: Vec<ReportedError>,
}

/// What was found of one kind; empty if it cannot be read.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct StatusSection<T> {
    found: Vec<T>,
    #[serde(skip)]
    unreadable: Option<ReportedError>,
}

impl<T> StatusSection<T> {
    fn of<U, E: Coded>(found: Result<Vec<U>, E>, show: impl Fn(U) -> T) -> Self {
        match found {
            Ok(found) => Self { found: found.into_iter().map(show).collect(), unreadable: None },
            Err(error) => Self { found: Vec::new(), unreadable: Some(ReportedError::of(&error)) },
        }
    }

    fn add_to(&self, rows: &mut Rows, name: &str, text: fn(&T) -> String, nothing: &str) {
        match &self.unreadable {
            None => rows.add_all(name, self.found.iter().map(text), nothing),
            Some(error) => rows.add(name, format!("cannot be read: {}", error.message)),
        }
    }
}

impl Status {
    fn of(provider: &Provider) -> Self {
        let (environment, locations) = (provider.environment(), provider.locations());
        let now = Provider::clock();
        let installed = StatusSection::of(find_installed(provider), |installed| installed);
        let sign_ins =
            StatusSection::of(provider.sign_ins(), |sign_in| SignInRow::of(sign_in, now));
        let configuration =
            StatusSection::of(settings::file_reports(environment, locations), |file| {
                ConfigurationRow::of(&file)
            });
        let broken_files = configuration.found.iter().filter_map(|file| file.error.clone());
        let broken_lists = installed.found.iter().filter_map(|installed| installed.error.clone());
        let unreadable = [&configuration.unreadable, &sign_ins.unreadable, &installed.unreadable];
        let unreadable = unreadable.into_iter().flatten().cloned();
        let errors = broken_files.chain(unreadable).chain(broken_lists).collect();
        let (ours, aws_provider) = settings::log_files(environment);
        let logs = ours.into_iter().chain(aws_provider);
        Self {
            version: env!("CARGO_PKG_VERSION"),
            installed,
            tokens: provider.kept_tokens().into_iter().map(|it| TokenRow::of(it, now)).collect(),
            sign_ins,
            configuration,
            cache: provider.cache_folders().iter().map(|path| FolderRow::of(path)).collect(),
            log: logs.map(|path| lossy(&path)).collect(),
            plugins: locations.plugins_dirs().iter().map(|path| FolderRow::of(path)).collect(),
            on_path: environment.program(PROGRAM),
            errors,
        }
    }

    fn rows(&self) -> Rows {
        let mut rows = Rows::default();
        rows.add("version", self.version);
        let nowhere = match &self.on_path {
            Some(file) => {
                format!("in no plugins folder, but NuGet finds {} on PATH", file.display())
            }
            None => "in no plugins folder".to_owned(),
        };
        self.installed.add_to(&mut rows, "installed", Installed::text, &nowhere);
        rows.add_all("tokens", self.tokens.iter().map(TokenRow::text), "none in the cache");
        let nothing = "none in the shared config file";
        self.sign_ins.add_to(&mut rows, "sign-ins", |sign_in| sign_in.text.clone(), nothing);
        let no_file = "none, because there is no home folder";
        self.configuration.add_to(&mut rows, "settings", ConfigurationRow::text, no_file);
        rows.add_all("cache", self.cache.iter().map(FolderRow::text), "no folder");
        let no_log = "none; to write one, set CODEARTIFACT_NUGET_LOG_FILE";
        rows.add_all("log", self.log.iter().cloned(), no_log);
        rows.add_all("plugins", self.plugins.iter().map(FolderRow::text), "no folder");
        rows
    }
}

/// Paths in JSON: bytes that are not text are replaced.
fn lossy(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[derive(Debug, Serialize)]
struct FolderRow {
    path: String,
    #[serde(rename = "exists")]
    is_there: bool,
}

impl FolderRow {
    fn of(path: &Path) -> Self {
        Self { path: lossy(path), is_there: path.is_dir() }
    }

    fn text(&self) -> String {
        let absent = if self.is_there { "" } else { " (does not exist)" };
        format!("{}{absent}", self.path)
    }
}

/// An installation in a plugins folder, according to its list of files.
#[derive(Debug, Serialize)]
struct Installed {
    path: String,
    client: Client,
    version: Option<String>,
    /// Why the list cannot be read.
    error: Option<ReportedError>,
}

/// Every folder with such a list: in the home's plugins folders, and in other plugins folders that
/// this user has installed in.
fn find_installed(provider: &Provider) -> Result<Vec<Installed>, InstallationError> {
    let folders = installation::all_plugins_folders(provider.environment())?;
    let folders = folders.iter();
    let places = folders.flat_map(|it| Client::ALL.map(|client| (client.folder(it), client)));
    Ok(places.filter_map(|(folder, client)| Installed::of(&folder, client)).collect())
}

impl Installed {
    fn of(folder: &Path, client: Client) -> Option<Self> {
        let (version, error) = match Manifest::read(folder) {
            Ok(manifest) => (Some(manifest?.version), None),
            Err(error) => (None, Some(ReportedError::of(&error))),
        };
        Some(Self { path: lossy(folder), client, version, error })
    }

    fn text(&self) -> String {
        let (path, clients) = (&self.path, self.client.description());
        match (&self.version, &self.error) {
            (Some(version), _) => format!("{version} for {clients} in {path}"),
            (None, error) => {
                let message = error.as_ref().map(|error| &*error.message);
                format!("unknown for {clients}: {}", message.unwrap_or_default())
            }
        }
    }
}

/// A token in the cache.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenRow {
    domain: String,
    domain_owner: String,
    region: String,
    identity: String,
    /// When it expires, or is no longer kept.
    expiration: String,
    path: String,
    #[serde(skip)]
    left: Duration,
}

impl TokenRow {
    fn of(KeptToken { folder, description }: KeptToken, now: SystemTime) -> Self {
        let left = description.served_for(now).unwrap_or_default();
        let label = description.label;
        Self {
            domain: label.domain,
            domain_owner: label.owner,
            region: label.region,
            identity: label.identity,
            expiration: utc(now + left),
            path: lossy(&folder),
            left,
        }
    }

    fn text(&self) -> String {
        let Self { domain, domain_owner, region, identity, .. } = self;
        let domain =
            Domain { name: domain.clone(), owner: domain_owner.clone(), region: region.clone() };
        let left = in_words(self.left);
        printable(&format!("{domain}, {identity}: {left} left"))
    }
}

/// A sign-in of IAM Identity Center.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SignInRow {
    sso_session: Option<String>,
    start_url: String,
    region: String,
    profiles: Vec<String>,
    signed_in: bool,
    expiration: Option<String>,
    refreshable: bool,
    #[serde(skip)]
    text: String,
}

impl SignInRow {
    fn of(KnownSignIn { session, profiles, signed_in }: KnownSignIn, now: SystemTime) -> Self {
        let named = match &*profiles {
            [] => String::new(),
            [one] => format!(" (profile `{one}`)"),
            several => format!(" (profiles `{}`)", several.join("`, `")),
        };
        let state = signed_in.map_or("not signed in".to_owned(), |it| until_in_words(it, now));
        Self {
            text: printable(&format!("{}{named}: {state}", session.in_words())),
            sso_session: session.name,
            start_url: session.start_url,
            region: session.region,
            profiles,
            signed_in: signed_in.is_some(),
            expiration: signed_in.map(|it| it.text()),
            refreshable: signed_in.is_some_and(|it| it.is_refreshable),
        }
    }
}

/// Reads after the name of the sign-in.
pub fn until_in_words(until: SignedInUntil, now: SystemTime) -> String {
    match (until.expires_at.duration_since(now), until.is_refreshable) {
        (Ok(left), true) => {
            format!("signed in, {} left, then refreshed automatically", in_words(left))
        }
        (Ok(left), false) => format!("signed in, {} left", in_words(left)),
        (Err(_), true) => "signed in; expired, refreshed automatically when it is used".to_owned(),
        (Err(_), false) => "expired".to_owned(),
    }
}

#[derive(Debug, Serialize)]
struct ConfigurationRow {
    /// `user` or `machine`.
    kind: &'static str,
    path: String,
    state: &'static str,
    error: Option<ReportedError>,
}

impl ConfigurationRow {
    fn of(file: &FileReport) -> Self {
        let (state, error) = file.state();
        let error = error.map(|error| ReportedError::of(error));
        Self { kind: file.kind_name(), path: lossy(&file.path), state, error }
    }

    fn text(&self) -> String {
        let reason = self.error.as_ref().map(|error| format!(": {}", error.message));
        format!("{} ({}, {}{})", self.path, self.kind, self.state, reason.unwrap_or_default())
    }
}
