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
    /// A sentence about the setting of a host that responded, after a blank. Empty if no setting names
    /// it.
    pub(super) fn reached_by(&self) -> String {
        self.sentence("It was reached by")
    }

    /// The same for a host that did not respond.
    pub(super) fn set_by(&self) -> String {
        self.sentence("It is set by")
    }

    fn sentence(&self, beginning: &str) -> String {
        let setting = self.setting.as_ref();
        setting.map(|setting| format!(" {beginning} {setting}.")).unwrap_or_default()
    }

    /// What is to be checked, the setting first.
    pub(super) fn checked(&self, others: &str) -> String {
        match &self.setting {
            Some(setting) => format!("{setting}, {others}"),
            None => others.to_owned(),
        }
    }

    /// The setting, or else the settings that could have been it.
    pub(super) fn setting_or<'a>(&'a self, others: &'a str) -> &'a str {
        self.setting.as_deref().unwrap_or(others)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}`", self.name)
    }
}
