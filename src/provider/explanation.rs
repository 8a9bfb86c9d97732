//! What would hold for an ask, and why: told without asking anybody.
//!
//! It is put together by what serves asks. Whatever cannot be told is there as the failure that an
//! ask would end with.

use std::time::Duration;

use super::provided::ProvidedReport;
use super::{Need, Provider, ProviderError, Wanted, now};
use crate::aws::{
    Aws, Connection, Identity, IdentityDescription, SignInState, SignedInUntil, SsoSession,
};
use crate::cache::CacheKey;
use crate::endpoint::RepositoryEndpoint;
use crate::settings::{self, Bounds, EffectiveSettings, Interactive, Origin, RuleReason, Settings};

/// All that is known of one repository's token.
#[derive(Debug)]
pub struct Explanation {
    pub settings: Result<SettingsReport, ProviderError>,
    pub provided: Result<Vec<ProvidedReport>, ProviderError>,
    /// None where the settings do not say on what terms.
    pub identity: Option<Result<IdentityReport, ProviderError>>,
    /// None where there is no identity.
    pub connection: Option<Result<Connection, ProviderError>>,
    pub cache: Result<CacheReport, ProviderError>,
    /// None likewise.
    pub interaction: Option<Interaction>,
    /// The failure that an ask would end with before anybody is asked; none where a token can be
    /// asked for or is there.
    pub problem: Option<ProviderError>,
}

/// What the settings say.
#[derive(Debug)]
pub struct SettingsReport {
    pub rules: Vec<RuleReason>,
    pub policy: Vec<Bounds>,
    /// What is effective, whether or not a policy allows the domain's owner; none where a variable
    /// is wrong.
    pub effective: Option<EffectiveSettings>,
    /// What names the profile; none where nothing does, and `default` is meant.
    pub profile_origin: Option<String>,
    /// What NuGet's memory for each host gets in the way of here.
    pub shadows: Vec<String>,
}

/// Who would be asking.
#[derive(Debug)]
pub struct IdentityReport {
    pub description: IdentityDescription,
    /// False where AWS can change the identity without a trace on this machine.
    pub is_visible: bool,
    pub sign_in: Option<(SsoSession, Option<SignedInUntil>)>,
}

/// Where tokens are kept, and which one is there.
#[derive(Debug)]
pub struct CacheReport {
    /// In words.
    pub place: String,
    /// Why there, and which folders are not used and why.
    pub notes: Vec<String>,
    /// None where the identity is not known.
    pub key: Option<CacheKey>,
    pub entry: Option<EntryReport>,
}

/// A token in the cache.
#[derive(Debug, Clone, Copy)]
pub struct EntryReport {
    pub age: Duration,
    /// Until it expires, or is no longer kept.
    pub left: Duration,
    /// Whether it would be served.
    pub is_fresh: bool,
}

/// Whether the user would be asked to sign in.
#[derive(Debug)]
pub struct Interaction {
    pub asks: bool,
    /// Why, or why not.
    pub reason: String,
}

impl Explanation {
    /// What is in the way of a token that AWS issues, as far as that can be told from here. One that
    /// is there needs no way.
    fn obstacle(&self) -> Option<&ProviderError> {
        let of_identity = self.identity.as_ref().and_then(|it| it.as_ref().err());
        let of_cache = self.cache.as_ref().err();
        let entry = self.cache.as_ref().ok().and_then(|cache| cache.entry);
        let of_way = self.connection.as_ref().filter(|_| entry.is_none_or(|entry| !entry.is_fresh));
        of_identity.or(of_cache).or(of_way.and_then(|it| it.as_ref().err()))
    }
}

impl Provider {
    /// What would hold for an ask of the repository.
    pub async fn explain(&self, endpoint: &RepositoryEndpoint) -> Explanation {
        let RepositoryEndpoint { domain, repository, host, .. } = endpoint;
        let need = &Need::Any;
        let wanted =
            Wanted { domain, repository: Some(repository), host: Some(*host), need, user: None };
        let effective = self.effective(domain, Some(repository));
        let settings = self.settings().map(|settings| self.settings_report(settings, endpoint));
        let provided = self.provided_reports(wanted, effective.as_ref().ok()).map_err(Into::into);
        let mut explanation = Explanation {
            settings,
            provided,
            identity: None,
            connection: None,
            cache: self.cache_report(None),
            interaction: None,
            problem: None,
        };
        explanation.problem = match effective {
            Err(error) => Some(error),
            Ok(effective) => self.explain_aws(wanted, effective, &mut explanation).await,
        };
        explanation
    }

    /// Tells what comes after the settings, and what an ask would fail with.
    async fn explain_aws(
        &self,
        wanted: Wanted<'_>,
        effective: EffectiveSettings,
        told: &mut Explanation,
    ) -> Option<ProviderError> {
        let provided = self.provided(wanted, &effective);
        self.explain_identity(wanted, effective, told).await;
        match provided {
            Err(error) => Some(error),
            Ok(provided) if provided.served.is_some() => None,
            Ok(provided) => told.obstacle().map(|error| provided.explain(error.clone())),
        }
    }

    /// Who would ask, which way, and what is kept of that.
    async fn explain_identity(
        &self,
        wanted: Wanted<'_>,
        effective: EffectiveSettings,
        told: &mut Explanation,
    ) {
        let request = match self.request(wanted, effective).await {
            Ok(request) => request,
            Err(error) => {
                told.identity = Some(Err(error));
                return;
            }
        };
        let (identity, effective) = (&request.identity, &request.effective);
        if let Some(error) = self.aws.no_source_error(identity, wanted.domain) {
            told.identity = Some(Err(error.into()));
            return;
        }
        let connection = self.aws.connection(wanted.domain, identity, effective).await;
        told.connection = Some(connection.map_err(Into::into));
        told.cache = self.cache_report(Some(request.key.clone()));
        told.interaction = Some(self.interaction(identity, effective.interactive.value));
        told.identity = Some(Ok(IdentityReport {
            description: identity.description(),
            is_visible: identity.is_visible,
            sign_in: identity.sign_in.clone().map(|session| {
                let until = Aws::signed_in(&session, now());
                (session, until)
            }),
        }));
    }

    fn cache_report(&self, key: Option<CacheKey>) -> Result<CacheReport, ProviderError> {
        let (cache, notes) = self.cache_and_notes()?;
        let entry = key.as_ref().and_then(|key| {
            let described = cache.description(key, now())?;
            Some(EntryReport {
                age: now().duration_since(described.obtained).unwrap_or_default(),
                left: described.served_for(now())?,
                is_fresh: cache.load(key, now()).is_some_and(|token| token.is_fresh(now())),
            })
        });
        Ok(CacheReport { place: cache.place(), notes: notes.clone(), key, entry })
    }

    fn interaction(&self, identity: &Identity, interactive: Interactive) -> Interaction {
        let no = |reason: String| Interaction { asks: false, reason };
        let Some(session) = &identity.sign_in else {
            return no("no sign-in is behind the identity".to_owned());
        };
        if let Some(reason) = self.why_not_ask(interactive) {
            return no(reason);
        }
        if let Some(left) = self.left_alone_for(session) {
            let minutes = left.as_secs().div_ceil(60);
            return no(format!("a sign-in did not come about; asked again in {minutes} min"));
        }
        let when = match Aws::sign_in_state(session, now()) {
            SignInState::Expired => "now",
            SignInState::Good | SignInState::AboutToExpire => "once the sign-in has ended",
        };
        let reason = format!("{when}, where NuGet may interact (`dotnet restore --interactive`)");
        Interaction { asks: true, reason }
    }

    fn settings_report(
        &self,
        settings: &Settings,
        endpoint: &RepositoryEndpoint,
    ) -> SettingsReport {
        let rules = settings.rule_reasons(&endpoint.domain, &endpoint.repository);
        let rule = rules.iter().find(|rule| rule.matches()).map(|rule| rule.number);
        let RepositoryEndpoint { domain, repository, .. } = endpoint;
        let effective =
            settings.effective_for_any_owner(domain, Some(repository), &self.overrides).ok();
        let shadows = settings.shadows().into_iter();
        let concerns = |shadow: &settings::Shadow| {
            rule.is_some() && (Some(shadow.rule) == rule || shadow.other == rule)
        };
        SettingsReport {
            policy: settings.policy.bounds.clone(),
            profile_origin: effective.as_ref().and_then(|it| self.profile_origin(it)),
            effective,
            shadows: shadows.filter(concerns).map(|shadow| shadow.to_string()).collect(),
            rules,
        }
    }

    /// What names the profile: our settings, or `AWS_PROFILE`.
    fn profile_origin(&self, effective: &EffectiveSettings) -> Option<String> {
        match &effective.aws.profiles.origin {
            Origin::BuiltIn => {
                self.environment.get("AWS_PROFILE").map(|_| "AWS_PROFILE".to_owned())
            }
            origin => Some(origin.to_string()),
        }
    }
}
