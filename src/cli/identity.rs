//! Who asks, where the command line is to say that.

use clap::Args;

use crate::settings::Overrides;

/// The identity, named as in the AWS CLI.
#[derive(Debug, Default, Args)]
pub struct IdentityArgs {
    /// Use this profile of the AWS files alone, without environment keys, whatever rules say
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
}

impl IdentityArgs {
    /// What is chosen in the place of the settings.
    pub fn overrides(&self) -> Overrides {
        Overrides { profile: self.profile.clone(), duration: None }
    }
}
