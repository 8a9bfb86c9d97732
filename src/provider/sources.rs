//! Package sources: their URLs as AWS names them, and their responses to a request with a token.

use super::{Need, Provider, ProviderError, Resolved, Target, now};
use crate::aws::{RepositoryNames, SourceAnswer};
use crate::base::secret::Secret;
use crate::code::{Code, Coded};

/// The response of a source.
#[derive(Debug)]
pub struct Asked {
    pub answer: SourceAnswer,
    /// The identity of the token, for people.
    pub label: String,
}

/// Why there is no response from a source.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error(transparent)]
    NoToken(ProviderError),
    #[error(transparent)]
    NoResponse(ProviderError),
}

impl Coded for AskError {
    fn code(&self) -> Code {
        match self {
            Self::NoToken(error) | Self::NoResponse(error) => error.code(),
        }
    }

    fn fix(&self) -> Option<String> {
        match self {
            Self::NoToken(error) | Self::NoResponse(error) => error.fix(),
        }
    }
}

/// Bad credentials; NuGet then requests others once.
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

    /// The response of the source at this URL to a token and, if it refuses the first, to another
    /// one, as NuGet would try it. `resolved` is the request for its token.
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
        let served = self.token(resolved, need, None).await.map_err(AskError::NoToken)?;
        let answer =
            self.index(url, resolved, &served.secret).await.map_err(AskError::NoResponse)?;
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
