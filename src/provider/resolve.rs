//! A resolved request: everything that determines a repository's token and is known from this
//! machine. It uses no network.
//!
//! The settings are resolved at once. Every other part is read when it is first needed, and only
//! once: a request that a provided token serves reads no AWS file, and one that the cache serves
//! reads no trust store.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::sync::OnceCell;

use super::{Need, Provider, ProviderError, now};
use crate::aws::{self, Connection, Identity};
use crate::cache::CacheKey;
use crate::endpoint::{Domain, HostKind, RepositoryEndpoint};
use crate::settings::{Bounds, EffectiveSettings, Origin, Provided, RuleReason, SettingsError};

/// The target of a token.
#[derive(Debug, Clone)]
pub struct Target {
    pub domain: Domain,
    /// A rule may match it; none if only a domain is named.
    pub repository: Option<String>,
    /// The kind of host that the token is sent to; none if it is printed.
    pub host: Option<HostKind>,
}

impl From<&RepositoryEndpoint> for Target {
    fn from(endpoint: &RepositoryEndpoint) -> Self {
        let RepositoryEndpoint { domain, repository, host, .. } = endpoint.clone();
        Self { domain, repository: Some(repository), host: Some(host) }
    }
}

/// The target of a token, and what determines it. See the head of this module for when each part is
/// read.
#[derive(Debug)]
pub struct Resolved {
    pub target: Target,
    /// If they cannot be used, every request fails.
    pub settings: Result<EffectiveSettings, ProviderError>,
    provided: OnceLock<Result<Vec<Provided>, SettingsError>>,
    caller: OnceCell<Result<Caller, ProviderError>>,
    connection: OnceCell<Result<Connection, ProviderError>>,
}

/// The identity that calls AWS for a token, and the key under which the token is cached.
#[derive(Debug)]
pub struct Caller {
    pub identity: Identity,
    pub key: CacheKey,
}

/// The effective settings and their context.
#[derive(Debug)]
pub struct SettingsReport {
    pub rules: Vec<RuleReason>,
    pub policy: Vec<Bounds>,
    /// The effective settings, whether or not a policy allows the domain's owner; none if a
    /// variable is invalid.
    pub effective: Option<EffectiveSettings>,
    /// The setting that names the profile; none if nothing does, and `default` is used.
    pub profile_origin: Option<String>,
    /// The conflict of the rules with NuGet's memory for each host, if any.
    pub shadows: Vec<String>,
}

/// The place of tokens, and the token in it.
#[derive(Debug)]
pub struct CacheReport {
    /// A description.
    pub place: String,
    /// The reason for the place, and the folders that are not used and why.
    pub notes: Vec<String>,
    /// None if the identity is not known.
    pub key: Option<CacheKey>,
    pub entry: Option<EntryReport>,
}

/// A token in the cache.
#[derive(Debug, Clone, Copy)]
pub struct EntryReport {
    pub age: Duration,
    /// When it expires, or is no longer kept.
    pub left: Duration,
    /// Whether it would be served.
    pub is_fresh: bool,
}

impl SettingsReport {
    /// The number of the rule that is effective, if one is.
    pub fn rule(&self) -> Option<usize> {
        self.rules.iter().find(|rule| rule.matches()).map(|rule| rule.number)
    }
}

impl Resolved {
    /// The rule that is effective, if one is.
    pub fn rule(&self) -> Option<usize> {
        self.settings.as_ref().ok()?.rule
    }

    /// The caller, if it was looked up already.
    pub(super) fn known_caller(&self) -> Option<&Caller> {
        self.caller.get()?.as_ref().ok()
    }

    pub(super) fn settings(&self) -> Result<&EffectiveSettings, ProviderError> {
        self.settings.as_ref().map_err(Clone::clone)
    }
}

impl Provider {
    /// Resolves a request for a source's credentials.
    pub fn resolve(&self, endpoint: &RepositoryEndpoint) -> Resolved {
        self.resolve_target(endpoint.into())
    }

    /// Resolves a request that may name no repository, or whose token is sent to no host.
    pub fn resolve_target(&self, target: Target) -> Resolved {
        let Target { domain, repository, .. } = &target;
        let settings = self.settings().and_then(|settings| {
            Ok(settings.effective(domain, repository.as_deref(), &self.overrides)?)
        });
        Resolved {
            target,
            settings,
            provided: OnceLock::new(),
            caller: OnceCell::new(),
            connection: OnceCell::new(),
        }
    }

    /// The identity that would call AWS, or why there is none: by the settings, or for lack of
    /// credentials.
    pub async fn caller<'r>(&self, resolved: &'r Resolved) -> Result<&'r Caller, ProviderError> {
        let caller = self.caller_of_cache(resolved).await?;
        caller.identity.check_partition(&resolved.target.domain)?;
        match self.aws.no_source_error(&caller.identity, &resolved.target.domain) {
            Some(error) => Err(error.into()),
            None => Ok(caller),
        }
    }

    /// The same, even if there are no credentials for the call: the cache may have a token.
    pub(super) async fn caller_of_cache<'r>(
        &self,
        resolved: &'r Resolved,
    ) -> Result<&'r Caller, ProviderError> {
        let caller = resolved.caller.get_or_init(async || self.find_caller(resolved)).await;
        caller.as_ref().map_err(Clone::clone)
    }

    /// Looks up the caller again, because a sign-in may have changed it.
    pub(super) fn find_caller(&self, resolved: &Resolved) -> Result<Caller, ProviderError> {
        let (Target { domain, .. }, settings) = (&resolved.target, resolved.settings()?);
        match settings.rule {
            Some(number) => self.log.line(format_args!("rule {number} holds")),
            None => self.log.line(format_args!("no rule matches")),
        }
        let identity = self.aws.identity(settings)?;
        let seconds = settings.duration.value.seconds().to_string();
        let mut parts = vec![&*domain.name, &*domain.owner, &*domain.region, &*seconds];
        parts.extend(identity.selectors.iter().map(String::as_str));
        let key = CacheKey::of(&parts);
        self.log.line(format_args!("identity {}, cache key {key}", identity.label));
        Ok(Caller { identity, key })
    }

    /// Where requests to AWS would go. Reads the trusted certificates.
    pub async fn connection<'r>(
        &self,
        resolved: &'r Resolved,
    ) -> Result<&'r Connection, ProviderError> {
        let look_up = async || {
            let Caller { identity, .. } = self.caller(resolved).await?;
            let domain = &resolved.target.domain;
            Ok(self.aws.connection(domain, identity).await?)
        };
        resolved.connection.get_or_init(look_up).await.as_ref().map_err(Clone::clone)
    }

    /// The tokens that the user provides, for any target.
    pub(super) fn provided_tokens<'r>(
        &self,
        resolved: &'r Resolved,
    ) -> Result<&'r [Provided], ProviderError> {
        let read = || crate::settings::provided_tokens(&self.environment);
        let provided = resolved.provided.get_or_init(read);
        provided.as_deref().map_err(|error| error.clone().into())
    }

    /// What the cache has for this request.
    pub async fn cache_report(&self, resolved: &Resolved) -> Result<CacheReport, ProviderError> {
        let (cache, notes) = self.cache_and_notes()?;
        let key = self.caller(resolved).await.ok().map(|caller| caller.key.clone());
        let entry = key.as_ref().and_then(|key| {
            let described = cache.description(key, now())?;
            Some(EntryReport {
                age: now().duration_since(described.obtained).unwrap_or_default(),
                left: described.served_for(now())?,
                is_fresh: cache.load(key, now()).is_some_and(|kept| kept.token.is_fresh(now())),
            })
        });
        Ok(CacheReport { place: cache.place(), notes: notes.clone(), key, entry })
    }

    /// The failure of the request before any call to AWS; none if a token exists or can be
    /// requested.
    pub async fn problem(&self, resolved: &Resolved) -> Option<ProviderError> {
        if let Err(error) = &resolved.settings {
            return Some(error.clone());
        }
        match self.provided(resolved, &Need::Any) {
            Err(error) => Some(error),
            Ok(provided) if provided.served.is_some() => None,
            Ok(provided) => {
                let obstacle = self.obstacle(resolved).await;
                obstacle.map(|error| provided.explain(error))
            }
        }
    }

    /// What prevents AWS from issuing a token. A cached token needs no connection.
    async fn obstacle(&self, resolved: &Resolved) -> Option<ProviderError> {
        let of_caller = self.caller(resolved).await.err();
        if of_caller.is_some() {
            return of_caller;
        }
        match self.cache_report(resolved).await {
            Err(error) => Some(error),
            Ok(CacheReport { entry: Some(EntryReport { is_fresh: true, .. }), .. }) => None,
            Ok(_) => self.connection(resolved).await.err(),
        }
    }

    /// The settings for the target, even if a policy does not allow the domain's owner.
    pub fn settings_report(&self, resolved: &Resolved) -> Result<SettingsReport, ProviderError> {
        let settings = self.settings()?;
        let Target { domain, repository, .. } = &resolved.target;
        let rules = settings.rule_reasons(domain, repository.as_deref().unwrap_or_default());
        let effective =
            settings.effective_for_any_owner(domain, repository.as_deref(), &self.overrides).ok();
        let mut report = SettingsReport {
            policy: settings.policy.bounds.clone(),
            profile_origin: effective.as_ref().and_then(|it| self.profile_origin(it)),
            effective,
            shadows: Vec::new(),
            rules,
        };
        if let Some(rule) = report.rule() {
            let mut shadows = settings.shadows();
            shadows.retain(|shadow| shadow.rule == rule || shadow.other == Some(rule));
            report.shadows = shadows.iter().map(ToString::to_string).collect();
        }
        Ok(report)
    }

    /// What names the profile: our settings, or a variable of the AWS CLI's.
    pub fn profile_origin(&self, effective: &EffectiveSettings) -> Option<String> {
        match &effective.aws.profiles.origin {
            Origin::BuiltIn => {
                aws::profile_of(&self.environment).map(|(variable, _)| variable.to_owned())
            }
            origin => Some(origin.to_string()),
        }
    }
}
