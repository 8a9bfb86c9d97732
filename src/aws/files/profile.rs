//! A profile, with its properties of both files.

use super::ini::Section;
use crate::aws::error::AwsError;

/// A profile. For each property, the credentials file's value goes before the config file's.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    name: String,
    pub(super) config: Option<Section>,
    pub(super) credentials: Option<Section>,
    /// The paths of the files that have a section of it, for people.
    pub files: Vec<(In, String)>,
}

/// One of the two sections of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum In {
    Config,
    Credentials,
}

impl Profile {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The property's value, which may be empty.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.get_in(In::Credentials, key).or_else(|| self.get_in(In::Config, key))
    }

    /// The property's value, if it is not empty.
    pub fn get_some(&self, key: &str) -> Option<&str> {
        self.get(key).filter(|value| !value.is_empty())
    }

    /// The property's value in one of the files.
    pub fn get_in(&self, file: In, key: &str) -> Option<&str> {
        let section = match file {
            In::Config => self.config.as_ref(),
            In::Credentials => self.credentials.as_ref(),
        };
        Some(without_comment(key, section?.get(key)?))
    }

    /// The error of a profile that cannot be used for this reason.
    pub fn broken(&self, detail: impl Into<String>) -> AwsError {
        let files = self.files.iter().map(|(_, path)| path.as_str());
        AwsError::broken_profile(&self.name, detail, files)
    }

    /// The same, if only its section in one of the files matters.
    pub fn broken_in(&self, file: In, detail: impl Into<String>) -> AwsError {
        let files = self.files.iter().filter(|(of, _)| *of == file).map(|(_, path)| path.as_str());
        AwsError::broken_profile(&self.name, detail, files)
    }

    /// Why the profile cannot be used.
    pub fn fault(&self) -> Option<&str> {
        let sections = [&self.config, &self.credentials];
        sections.into_iter().flatten().find_map(|section| section.fault.as_deref())
    }
}

/// Properties whose values have no blanks in them.
const WORDS: [&str; 20] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_security_token",
    "role_arn",
    "source_profile",
    "credential_source",
    "external_id",
    "role_session_name",
    "mfa_serial",
    "duration_seconds",
    "region",
    "sso_session",
    "sso_start_url",
    "sso_region",
    "sso_account_id",
    "sso_role_name",
    "endpoint_url",
    "services",
    "login_session",
];

/// A word without the comment behind it. The SDKs have such comments. The AWS CLI has not, and uses
/// the comment as a part of the value: it fails with a key or a region like that.
pub(super) fn without_comment<'a>(key: &str, value: &'a str) -> &'a str {
    if !WORDS.contains(&key) || value.contains('\n') {
        return value;
    }
    let comments = [" #", " ;", "\t#", "\t;"];
    let end = comments.iter().filter_map(|comment| value.find(comment)).min();
    end.map_or(value, |end| value[..end].trim_end())
}
