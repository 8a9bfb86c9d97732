//! The configuration of AWS's own credential provider, which the AWS Toolkit for Visual Studio shares.
//!
//! Their `configuration.json` has `DefaultProfile`, and `SourceProfileOverrides`, which maps a
//! source's URL to a profile. Both may be missing or null, and the casing of keys does not matter.
//! The Toolkit writes the file into the provider's folder even if the provider is not installed,
//! and compares URLs as text. Source: the Toolkit's code.
#![expect(clippy::disallowed_methods, reason = "the other provider's configuration is on disk")]

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::code::{Code, Coded};
use serde_json::{Map, Value};
use thiserror::Error;

/// The names of its folder below the plugins folder, in the order in which they are searched.
const FOLDERS: [&str; 2] =
    ["AWS.CodeArtifact.NuGetCredentialProvider", "AWS.CodeArtifact.NuGet.CredentialProvider"];

/// Why its configuration cannot be used.
#[derive(Debug, Error)]
pub enum AwsProviderError {
    #[error("cannot read `{}`: {source}", path.display())]
    Disk { path: PathBuf, source: io::Error },
    #[error("`{}` is not a configuration of AWS's own provider: {message}", path.display())]
    Strange { path: PathBuf, message: String },
}

impl Coded for AwsProviderError {
    fn code(&self) -> Code {
        Code::InvalidAwsProviderFile
    }
}

/// The profiles in the configuration.
#[derive(Debug, Default)]
pub struct AwsProviderProfiles {
    pub default_profile: Option<String>,
    /// The profiles by a source's URL.
    pub profiles: BTreeMap<String, String>,
}

/// The files in which the configuration may be, below these plugins folders.
pub fn places(plugins: &[PathBuf]) -> Vec<PathBuf> {
    let mut places = Vec::new();
    for kind in ["netcore", "netfx"] {
        for plugins in plugins {
            let folders = FOLDERS.map(|folder| plugins.join(kind).join(folder));
            places.extend(folders.map(|folder| folder.join("configuration.json")));
        }
    }
    places
}

impl AwsProviderProfiles {
    pub fn read(file: &Path) -> Result<Self, AwsProviderError> {
        let text = fs::read_to_string(file)
            .map_err(|source| AwsProviderError::Disk { path: file.to_owned(), source })?;
        Self::parse(&text)
            .map_err(|message| AwsProviderError::Strange { path: file.to_owned(), message })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_start_matches('\u{feff}');
        let object: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut aws_provider = Self::default();
        for (key, value) in object {
            match (key.to_ascii_lowercase().as_str(), value) {
                (_, Value::Null) => {}
                ("defaultprofile", Value::String(profile)) if profile.is_empty() => {}
                ("defaultprofile", Value::String(profile)) => {
                    aws_provider.default_profile = Some(profile);
                }
                ("sourceprofileoverrides", profiles) => {
                    aws_provider.profiles = serde_json::from_value(profiles)
                        .map_err(|error| format!("`{key}`: {error}"))?;
                }
                ("defaultprofile", _) => return Err(format!("`{key}` is no text")),
                _ => {}
            }
        }
        Ok(aws_provider)
    }

    /// The profile for this source, if one is set.
    pub fn profile_for(&self, url: &str) -> Option<&str> {
        self.profiles.get(url).or(self.default_profile.as_ref()).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_of_its_own_goes_before_the_default() {
        let told = r#"{"defaultProfile": "dev", "SourceProfileOverrides": {"https://a/": "ops"}}"#;
        let told = AwsProviderProfiles::parse(told).unwrap();
        assert_eq!(told.profile_for("https://a/"), Some("ops"));
        assert_eq!(told.profile_for("https://A/"), Some("dev"));
        assert_eq!(AwsProviderProfiles::parse("{}").unwrap().profile_for("https://a/"), None);
    }
}
