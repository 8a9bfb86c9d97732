//! The shared config and credentials files (`~/.aws/config`, `~/.aws/credentials`), read as the AWS CLI
//! reads them: it is what writes them, and the SDK's own loader refuses or skips much of what the CLI
//! takes.
//!
//! - [`ini`]: the grammar
//! - [`shared_file`]: where a file is, and why it cannot be read
//! - [`profile`]: a profile's properties of both files

#[cfg(any(test, fuzzing))]
#[path = "../../../protocol-tests/fuzz/checks/aws_files.rs"]
pub mod check;
mod ini;
mod profile;
mod shared_file;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::path::PathBuf;

use self::ini::Section;
pub use self::profile::{In, Profile};
use self::shared_file::SharedFile;
use super::error::{AwsError, KnownProfiles};
use crate::base::environment::Environment;
use crate::base::shell_words::split_as_posix;
use crate::base::text::printable;

/// The contents of the shared files. They are read once, so that an identity and the SDK's own
/// configuration come from the same text.
#[derive(Clone, Default)]
pub struct AwsFiles {
    profiles: BTreeMap<String, Profile>,
    sso_sessions: BTreeMap<String, Section>,
    services: BTreeMap<String, Section>,
    /// Names that sections look like profiles of, with why they are none, and the file.
    misnamed: BTreeMap<String, (String, String)>,
    /// Why some lines belong to no profile.
    strays: Vec<String>,
    missing: Vec<(&'static str, String)>,
    home: Option<PathBuf>,
}

/// Only names are shown, because the values include keys.
impl fmt::Debug for AwsFiles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.names()).finish()
    }
}

impl AwsFiles {
    /// Reads `~/.aws/config` and `~/.aws/credentials`, or the files that `AWS_CONFIG_FILE` and
    /// `AWS_SHARED_CREDENTIALS_FILE` name. A file that does not exist counts as empty.
    pub(super) fn load(environment: &Environment) -> Result<Self, AwsError> {
        let config = SharedFile::read(environment, shared_file::CONFIG)?;
        let credentials = SharedFile::read(environment, shared_file::CREDENTIALS)?;
        let mut files = Self::empty(environment);
        for file in [&config, &credentials] {
            files.missing.extend(file.missing.clone());
            let strays = file.ini.stray.iter();
            files.strays.extend(strays.map(|stray| format!("in `{}`, {stray}", file.name)));
        }
        files.add_config(config);
        files.add_credentials(credentials);
        Ok(files)
    }

    /// As if the two files had these texts.
    #[cfg(any(test, fuzzing))]
    pub(super) fn of_texts(config: &str, credentials: &str) -> Self {
        let file = |name: &str, text: &str| {
            let (name, ini) = (name.to_owned(), ini::Ini::parse(text));
            SharedFile { name, ini, missing: None }
        };
        let mut files = Self::default();
        files.add_config(file("config", config));
        files.add_credentials(file("credentials", credentials));
        files
    }

    /// Files without any profile, for an identity that needs none.
    pub(super) fn empty(environment: &Environment) -> Self {
        Self { home: environment.home(), ..Self::default() }
    }

    fn add_config(&mut self, file: SharedFile) {
        let mut others = Vec::new();
        for section in with_faults_of(file.ini.sections, &file.name) {
            match ConfigHeader::parse(&section.name) {
                Some(header) => self.add_section(header, section, &file.name),
                None => others.push(section),
            }
        }
        for section in others {
            match ConfigHeader::parse_leniently(&section.name) {
                Some(header) if !self.has(&header) => {
                    self.add_section(header, section, &file.name);
                }
                Some(_) => {}
                None => self.add_misnamed(&section.name, &file.name),
            }
        }
    }

    fn has(&self, header: &ConfigHeader) -> bool {
        match header {
            ConfigHeader::Profile(name) => self.profiles.contains_key(name),
            ConfigHeader::SsoSession(name) => self.sso_sessions.contains_key(name),
            ConfigHeader::Services(name) => self.services.contains_key(name),
        }
    }

    /// Of two sections of the same name, as `[default]` and `[profile default]`, the last one counts.
    fn add_section(&mut self, header: ConfigHeader, section: Section, file: &str) {
        match header {
            ConfigHeader::Profile(name) => {
                let mut profile = Profile::new(&name);
                profile.config = Some(section);
                profile.files.push((In::Config, file.to_owned()));
                self.profiles.insert(name, profile);
            }
            ConfigHeader::SsoSession(name) => {
                self.sso_sessions.insert(name, section);
            }
            ConfigHeader::Services(name) => {
                self.services.insert(name, section);
            }
        }
    }

    fn add_misnamed(&mut self, header: &str, file: &str) {
        let name = ini::strip(header);
        let shown = printable(name);
        let quoted =
            if name.contains(ini::is_blank) { format!("'{shown}'") } else { shown.clone() };
        let why = format!("its header is `[{shown}]`, and must be `[profile {quoted}]`");
        self.misnamed.insert(name.to_owned(), (why, file.to_owned()));
    }

    /// In the credentials file every section is a profile, and its header the name.
    fn add_credentials(&mut self, file: SharedFile) {
        let sections = with_faults_of(file.ini.sections, &file.name);
        let names: HashSet<String> = sections.iter().map(|section| section.name.clone()).collect();
        for section in sections {
            let trimmed = ini::strip(&section.name);
            let name =
                if names.contains(trimmed) { section.name.clone() } else { trimmed.to_owned() };
            if let Some(rest) = name.strip_prefix("profile ") {
                let rest = ini::strip(rest).to_owned();
                let (header, wanted) = (printable(&name), printable(&rest));
                let why = format!("its header is `[{header}]`, and must be `[{wanted}]`");
                self.misnamed.entry(rest).or_insert((why, file.name.clone()));
            }
            let profile = self.profiles.entry(name.clone()).or_insert_with(|| Profile::new(&name));
            // A name with blanks around it may be there twice.
            if profile.credentials.replace(section).is_none() {
                profile.files.push((In::Credentials, file.name.clone()));
            }
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Profile> {
        self.profiles.get(name)
    }

    /// The profiles' names, sorted.
    pub(super) fn names(&self) -> Vec<&str> {
        self.profiles.keys().map(String::as_str).collect()
    }

    /// The profiles whose credentials would be of this account, in order.
    pub(super) fn of_account(&self, account: &str) -> Vec<&str> {
        let fitting = self.profiles.values().filter(|profile| is_of_account(profile, account));
        fitting.map(Profile::name).collect()
    }

    /// Why a profile that does not exist may be one after all.
    pub(super) fn almost(&self, name: &str) -> Option<AwsError> {
        let misnamed = self
            .misnamed
            .get(name)
            .map(|(why, file)| AwsError::broken_profile(name, why, std::iter::once(file.as_str())));
        misnamed.or_else(|| self.stray())
    }

    /// Why lines of the files belong to no profile: they may be those of any.
    pub(super) fn stray(&self) -> Option<AwsError> {
        let detail = self.strays.first()?.clone();
        Some(AwsError::Files { detail, fix: "Correct the file.".to_owned() })
    }

    /// The profiles that a message about another one names, with the files that variables name in
    /// vain.
    pub(super) fn known(&self) -> KnownProfiles<'_> {
        let missing = self.missing.iter().map(|(_, missing)| missing.as_str()).collect();
        KnownProfiles { names: self.names(), missing }
    }

    /// A property of an `[sso-session …]`. None if there is no such section, or no such property.
    pub(super) fn of_sso_session(&self, name: &str, key: &str) -> Option<&str> {
        Some(profile::without_comment(key, self.sso_sessions.get(name)?.get(key)?))
    }

    /// The variables that name missing files, each with the path.
    pub(super) fn missing(&self) -> Vec<(&'static str, String)> {
        self.missing.clone()
    }

    /// Why the sign-in cannot be used.
    pub(super) fn fault_of_sso_session(&self, name: &str) -> Option<&str> {
        self.sso_sessions.get(name)?.fault.as_deref()
    }

    /// The names of the `[sso-session …]` sections, sorted.
    pub(super) fn sso_sessions(&self) -> Vec<&str> {
        self.sso_sessions.keys().map(String::as_str).collect()
    }

    /// The endpoint of a service in a section `[services …]`.
    pub(super) fn endpoint_of(&self, services: &str, service: &str) -> Option<&str> {
        self.services.get(services)?.get_nested(service, "endpoint_url")
    }

    /// `~/.aws/sso/cache`, the folder with the sign-ins of IAM Identity Center that the AWS CLI and
    /// all SDKs share. None if this user has no home.
    pub(super) fn sso_cache(&self) -> Option<PathBuf> {
        self.home.as_ref().map(|home| home.join(".aws").join("sso").join("cache"))
    }
}

type NewHeader = fn(String) -> ConfigHeader;

/// What the headers of the config file begin with.
const KINDS: [(&str, NewHeader); 3] = [
    ("profile", ConfigHeader::Profile),
    ("sso-session", ConfigHeader::SsoSession),
    ("services", ConfigHeader::Services),
];

/// A section's header in the config file.
enum ConfigHeader {
    Profile(String),
    SsoSession(String),
    Services(String),
}

impl ConfigHeader {
    /// The kind is told by how the header begins, and the name is its second word, as a shell has
    /// words.
    fn parse(header: &str) -> Option<Self> {
        if header == "default" {
            return Some(Self::Profile(header.to_owned()));
        }
        let (_, kind) = KINDS.into_iter().find(|(prefix, _)| header.starts_with(prefix))?;
        let [_, name] = <[String; 2]>::try_from(split_as_posix(header)?).ok()?;
        Some(kind(name))
    }

    /// A header that is none to the AWS CLI, and can only mean one thing: with blanks in its brackets,
    /// with a comment that ends with a bracket, or with a name of several words without quotes.
    fn parse_leniently(header: &str) -> Option<Self> {
        let header = ini::strip(header.split(']').next()?);
        Self::parse(header).or_else(|| {
            let (kind, name) = header.split_once(ini::is_blank)?;
            let (_, kind) = KINDS.into_iter().find(|(prefix, _)| kind == *prefix)?;
            Some(kind(ini::strip(name).to_owned()))
        })
    }
}

fn with_faults_of(sections: Vec<Section>, file: &str) -> Vec<Section> {
    let mut sections = sections;
    for section in &mut sections {
        section.fault = section.fault.take().map(|fault| format!("in `{file}`, {fault}"));
    }
    sections
}

fn is_of_account(profile: &Profile, account: &str) -> bool {
    let arns = [profile.get("role_arn"), profile.get("login_session")];
    profile.get("sso_account_id") == Some(account)
        || arns.into_iter().flatten().any(|arn| arn.split(':').nth(4) == Some(account))
}
