//! What there is of tokens and sign-ins on this machine, for people: shown, and given up.

use std::path::PathBuf;
use std::time::SystemTime;

use super::{Provider, ProviderError, now};
use crate::aws::{AwsError, KnownSignIn, SignedOut, SsoSession};
use crate::base::environment::Environment;
use crate::cache::{self, CacheError, Forgotten, KeptToken, Label};
use crate::locations::Locations;

impl Provider {
    /// What the clock says, for everything that is shown at once.
    pub fn clock() -> SystemTime {
        now()
    }

    /// What this process was started with.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Where files of ours may be.
    pub fn locations(&self) -> &Locations {
        &self.locations
    }

    /// The folders that may hold tokens of this user's, whether they are there or not.
    pub fn cache_folders(&self) -> Vec<PathBuf> {
        cache::all_folders(&self.environment, &self.locations)
    }

    /// Why tokens are kept where they are, and which folders are not used and why.
    pub fn cache_notes(&self) -> Result<&[String], ProviderError> {
        self.cache_and_notes().map(|(_, notes)| notes.as_slice())
    }

    /// The log files that were asked for and are not written, and why.
    pub fn refused_logs(&self) -> &[(PathBuf, String)] {
        self.log.refused()
    }

    /// The tokens in them.
    pub fn kept_tokens(&self) -> Vec<KeptToken> {
        cache::kept(&self.cache_folders(), now())
    }

    /// Removes those whose labels are meant from them, and all where nothing is said.
    pub fn forget_tokens(
        &self,
        is_meant: Option<&dyn Fn(&Label) -> bool>,
    ) -> Result<Forgotten, CacheError> {
        cache::forget(&self.cache_folders(), is_meant)
    }

    /// The sign-ins that the AWS files name.
    pub async fn sign_ins(&self) -> Result<Vec<KnownSignIn>, AwsError> {
        self.aws.sign_ins(now()).await
    }

    /// Ends the sign-in of a profile, else of the one that the environment chooses, or of an
    /// `sso-session`.
    pub async fn sign_out(
        &self,
        profile: Option<&str>,
        session: Option<&str>,
    ) -> Result<(SsoSession, SignedOut), ProviderError> {
        let session = self.session_meant(profile, session).await?;
        let signed_out = self.aws.sign_out(&session, now()).await?;
        Ok((session, signed_out))
    }
}
