//! Package sources: what AWS says where one is, and what one says when it is asked with a token.

use super::{Need, Provider, ProviderError, Resolved, Target, now};
use crate::aws::{RepositoryNames, SourceAnswer};
use crate::base::secret::Secret;
use crate::endpoint::Domain;

/// A source was asked.
#[derive(Debug)]
pub struct Asked {
    pub answer: SourceAnswer,
    /// Whose token it was, for people.
    pub label: String,
}

/// Why a source said nothing.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("no token for {domain}: {error}")]
    NoToken { domain: Domain, error: ProviderError },
    #[error("no answer: {0}")]
    NoAnswer(ProviderError),
}

/// Bad credentials; NuGet asks for others once.
const UNAUTHORIZED: u16 = 401;

impl Provider {
    /// The URL of a repository, as AWS names it.
    pub async fn repository_url(
        &self,
        names: RepositoryNames<'_>,
    ) -> Result<String, ProviderError> {
        let (domain, repository) = (names.domain.clone(), Some(names.repository.to_owned()));
        let resolved = self.resolve_target(Target { domain, repository, host: None });
        let identity = &self.caller_of_cache(&resolved).await?.identity;
        let found = self.aws.repository_endpoint(names, identity, now()).await;
        let endpoint = found.map_err(Box::new)?;
        Ok(format!("{}/v3/index.json", endpoint.trim_end_matches('/')))
    }

    /// What the source at this URL says to a token, and to another one where it refuses the first, as
    /// NuGet would try it. `resolved` is the request for its token.
    pub async fn ask_source(&self, url: &str, resolved: &Resolved) -> Result<Asked, AskError> {
        let (secret, asked) = self.ask_with(url, resolved, &Need::Any).await?;
        if asked.answer.status != UNAUTHORIZED {
            return Ok(asked);
        }
        let (_, asked) = self.ask_with(url, resolved, &Need::OtherThan(secret)).await?;
        Ok(asked)
    }

    async fn ask_with(
        &self,
        url: &str,
        resolved: &Resolved,
        need: &Need,
    ) -> Result<(Secret, Asked), AskError> {
        let served = self.token(resolved, need, None).await.map_err(|error| {
            let domain = resolved.target.domain.clone();
            AskError::NoToken { domain, error }
        })?;
        let answer = self.index(url, resolved, &served.secret).await.map_err(AskError::NoAnswer)?;
        Ok((served.secret, Asked { answer, label: served.label }))
    }

    /// Through the proxy and with the certificates that NuGet would use.
    async fn index(
        &self,
        url: &str,
        resolved: &Resolved,
        token: &Secret,
    ) -> Result<SourceAnswer, ProviderError> {
        let identity = &self.caller_of_cache(resolved).await?.identity;
        Ok(self.aws.source_index(url, token, identity).await?)
    }
}
