//! What AWS's own credential provider was told, which the AWS Toolkit for Visual Studio shares.
//!
//! Their `configuration.json` has `DefaultProfile`, and `SourceProfileOverrides` from a source's URL to
//! the profile for it; both may be missing or null, and the casing of keys does not matter. The Toolkit
//! writes it in the provider's folder also where the provider is not installed, and compares URLs as
//! text. Source: the Toolkit's code.
#![expect(clippy::disallowed_methods, reason = "the other provider's configuration is on disk")]

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use thiserror::Error;

/// Its folders below the plugins folder, in the order in which they are looked for.
const FOLDERS: [&str; 2] =
    ["AWS.CodeArtifact.NuGetCredentialProvider", "AWS.CodeArtifact.NuGet.CredentialProvider"];

/// Why a configuration of theirs says nothing.
#[derive(Debug, Error)]
pub enum AmazonsError {
    #[error("cannot read `{}`: {source}", path.display())]
    Disk { path: PathBuf, source: io::Error },
    #[error("`{}` is not a configuration of AWS's own provider: {message}", path.display())]
    Strange { path: PathBuf, message: String },
}

/// What they were told.
#[derive(Debug, Default)]
pub struct Amazons {
    pub default_profile: Option<String>,
    /// By a source's URL.
    pub profiles: BTreeMap<String, String>,
}

/// Where they may keep it in these plugins folders.
pub fn places(plugins: &[PathBuf]) -> Vec<PathBuf> {
    let kinds = ["netcore", "netfx"].into_iter();
    let places = kinds.flat_map(|kind| {
        let of_kind = move |plugins: &PathBuf| {
            FOLDERS.map(|folder| plugins.join(kind).join(folder).join("configuration.json"))
        };
        plugins.iter().flat_map(of_kind)
    });
    places.collect()
}

impl Amazons {
    pub fn read(file: &Path) -> Result<Self, AmazonsError> {
        let text = fs::read_to_string(file)
            .map_err(|source| AmazonsError::Disk { path: file.to_owned(), source })?;
        Self::parse(&text)
            .map_err(|message| AmazonsError::Strange { path: file.to_owned(), message })
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

    /// The profile that they ask for this source with, if they were told one.
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
        let told = Amazons::parse(told).unwrap();
        assert_eq!(told.profile_for("https://a/"), Some("ops"));
        assert_eq!(told.profile_for("https://A/"), Some("dev"));
        assert_eq!(Amazons::parse("{}").unwrap().profile_for("https://a/"), None);
    }
}
