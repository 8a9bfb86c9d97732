//! Package sources: what AWS says where one is, and what one says when it is asked with a token.

use super::{Need, Provider, ProviderError, Wanted, now};
use crate::aws::{Identity, RepositoryNames, SourceAnswer};
use crate::endpoint::RepositoryEndpoint;
use crate::secret::Secret;

/// A source was asked.
#[derive(Debug)]
pub struct Asked {
    pub answer: SourceAnswer,
    /// Whose token it was, for people.
    pub label: String,
}

/// Bad credentials; NuGet asks for others once.
const UNAUTHORIZED: u16 = 401;

impl Provider {
    /// The URL of a repository, as AWS names it.
    pub async fn repository_url(
        &self,
        names: RepositoryNames<'_>,
    ) -> Result<String, ProviderError> {
        let terms = self.settings()?.terms(names.domain, Some(names.repository))?;
        let identity = self.aws.identity(&terms).await?;
        let endpoint = self.aws.repository_endpoint(names, &identity, &terms, now()).await?;
        Ok(format!("{}/v3/index.json", endpoint.trim_end_matches('/')))
    }

    /// Who would be asking for the repository's token; nobody is asked for it.
    pub async fn identity(&self, endpoint: &RepositoryEndpoint) -> Result<Identity, ProviderError> {
        let terms = self.settings()?.terms(&endpoint.domain, Some(&endpoint.repository))?;
        Ok(self.aws.identity(&terms).await?)
    }

    /// What the source at this URL says to a token, and to another one where it refuses the first, as
    /// NuGet would try it. `endpoint` is what the URL was found to name.
    pub async fn ask_source(
        &self,
        url: &str,
        endpoint: &RepositoryEndpoint,
    ) -> Result<Asked, ProviderError> {
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
    ) -> Result<(Secret, Asked), ProviderError> {
        let RepositoryEndpoint { domain, repository, host, .. } = endpoint;
        let repository = Some(repository.as_str());
        let wanted = Wanted { domain, repository, host: Some(*host), need, user: None };
        let served = self.token(wanted).await?;
        let terms = self.settings()?.terms(domain, repository)?;
        let identity = self.aws.identity(&terms).await?;
        let answer = self.aws.source_index(url, &served.secret, &identity, &terms).await?;
        Ok((served.secret, Asked { answer, label: served.label }))
    }
}
