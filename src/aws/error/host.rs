//! The host that a message is about.

use std::fmt;

/// A host, and the setting that names it if one does: a call that went to a left-over endpoint is
/// explained by the setting, not by the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// With its port where that is not the default port.
    pub name: String,
    /// For people: `AWS_ENDPOINT_URL`, "rule 2's `endpoint_url`".
    pub setting: Option<String>,
}

impl Host {
    /// The setting, as the first of what is to be checked: "`AWS_ENDPOINT_URL`, ".
    pub(super) fn first(&self) -> String {
        self.setting.as_ref().map(|setting| format!("{setting}, ")).unwrap_or_default()
    }

    /// The setting, as the first of two things that are to be checked: "`AWS_ENDPOINT_URL` and ".
    pub(super) fn first_of_two(&self) -> String {
        self.setting.as_ref().map(|setting| format!("{setting} and ")).unwrap_or_default()
    }

    /// The setting, or else the settings that could have been it.
    pub(super) fn setting_or<'a>(&'a self, others: &'a str) -> &'a str {
        self.setting.as_deref().unwrap_or(others)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}`", self.name)?;
        match &self.setting {
            Some(setting) => write!(formatter, " of {setting}"),
            None => Ok(()),
        }
    }
}
