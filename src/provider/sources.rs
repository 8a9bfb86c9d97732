//! Package sources: what AWS says where one is, and what one says when it is asked with a token.

use super::{Need, Provider, ProviderError, Wanted, now};
use crate::aws::{Identity, RepositoryNames, SourceAnswer};
use crate::base::secret::Secret;
use crate::endpoint::{Domain, RepositoryEndpoint};

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
        let effective = self.effective(names.domain, Some(names.repository))?;
        let identity = self.aws.identity(&effective).await?;
        let found = self.aws.repository_endpoint(names, &identity, &effective, now()).await;
        let endpoint = found.map_err(Box::new)?;
        Ok(format!("{}/v3/index.json", endpoint.trim_end_matches('/')))
    }

    /// Who would be asking for the repository's token; nobody is asked for it.
    pub async fn identity(&self, endpoint: &RepositoryEndpoint) -> Result<Identity, ProviderError> {
        let effective = self.effective(&endpoint.domain, Some(&endpoint.repository))?;
        Ok(self.aws.identity(&effective).await?)
    }

    /// What the source at this URL says to a token, and to another one where it refuses the first, as
    /// NuGet would try it. `endpoint` is what the URL was found to name.
    pub async fn ask_source(
        &self,
        url: &str,
        endpoint: &RepositoryEndpoint,
    ) -> Result<Asked, AskError> {
        let (secret, asked) = self.ask_with(url, endpoint, &Need::Any).await?;
        if asked.answer.status != UNAUTHORIZED {
            return Ok(asked);
        }
        let (_, asked) = self.ask_with(url, endpoint, &Need::OtherThan(secret)).await?;
        Ok(asked)
    }

    async fn ask_with(
        &self,
        url: &str,
        endpoint: &RepositoryEndpoint,
        need: &Need,
    ) -> Result<(Secret, Asked), AskError> {
        let RepositoryEndpoint { domain, repository, host, .. } = endpoint;
        let (host, repository) = (Some(*host), Some(repository.as_str()));
        let served = self.token(Wanted { domain, repository, host, need, user: None }).await;
        let served = served.map_err(|error| AskError::NoToken { domain: domain.clone(), error })?;
        let answer = self.index(url, endpoint, &served.secret).await.map_err(AskError::NoAnswer)?;
        Ok((served.secret, Asked { answer, label: served.label }))
    }

    /// By NuGet's way.
    async fn index(
        &self,
        url: &str,
        endpoint: &RepositoryEndpoint,
        token: &Secret,
    ) -> Result<SourceAnswer, ProviderError> {
        let identity = self.identity(endpoint).await?;
        Ok(self.aws.source_index(url, token, &identity).await?)
    }
}
