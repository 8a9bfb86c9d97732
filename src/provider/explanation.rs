//! What is effective for a request, in one value.

use super::{CacheReport, ProvidedReport, Provider, ProviderError, SettingsReport};
use crate::aws::{Connection, Identity};
use crate::endpoint::RepositoryEndpoint;

/// All that is known of one repository's token.
#[derive(Debug)]
pub struct Explanation {
    pub settings: Result<SettingsReport, ProviderError>,
    pub provided: Result<Vec<ProvidedReport>, ProviderError>,
    /// None where the settings cannot be used.
    pub identity: Option<Result<(), ProviderError>>,
    /// None where there is no identity.
    pub connection: Option<Result<Connection, ProviderError>>,
    pub cache: Result<CacheReport, ProviderError>,
}

impl Provider {
    /// What is effective for the repository's token.
    pub async fn explain(&self, endpoint: &RepositoryEndpoint) -> Explanation {
        let mut resolved = self.resolve(endpoint);
        let settings = self.settings_report(&resolved);
        let (provided, cache) =
            (self.provided_reports(&resolved), self.cache_report(&resolved).await);
        let (mut identity, mut connection) = (None, None);
        if resolved.settings.is_ok() {
            let caller = self.caller(&resolved).await.map(drop);
            if caller.is_ok() {
                let failure = self.connection(&resolved).await.err();
                connection = failure.map(Err).or(resolved.take_connection());
            }
            identity = Some(caller);
        }
        Explanation { settings, provided, identity, connection, cache }
    }

    /// Who would be asking for the repository's token; nobody is asked for it.
    pub async fn identity(&self, endpoint: &RepositoryEndpoint) -> Result<Identity, ProviderError> {
        let resolved = self.resolve(endpoint);
        Ok(self.caller_of_cache(&resolved).await?.identity.clone())
    }
}
