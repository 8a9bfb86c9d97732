//! The user's word on how to sign in.

use std::str::FromStr;

/// What `CODEARTIFACT_NUGET_SIGN_IN` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SignInMethod {
    /// By a browser where one can be opened on this machine, else by a code.
    #[default]
    Auto,
    /// By a browser on this machine, which comes back to the plugin.
    Browser,
    /// By a code, which is confirmed in a browser on any machine.
    Device,
}

impl FromStr for SignInMethod {
    /// What it should have been.
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim().to_ascii_lowercase().as_str() {
            "auto" => Ok(Self::Auto),
            "browser" => Ok(Self::Browser),
            "device" => Ok(Self::Device),
            _ => Err("it is auto, browser or device"),
        }
    }
}
