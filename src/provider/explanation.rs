//! What is effective for a request, and why: told without a network.

use super::{CacheReport, Interaction, ProvidedReport, Provider, ProviderError};
use crate::aws::{Connection, Identity, IdentityDescription, SignedInUntil, SsoSession};
use crate::endpoint::RepositoryEndpoint;
use crate::settings::{self, Bounds, EffectiveSettings, Origin, RuleReason, Settings};

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
    /// The failure that a request would end with before AWS is asked; none where a token can be
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

/// The identity, as people want to know it.
#[derive(Debug)]
pub struct IdentityReport {
    pub description: IdentityDescription,
    /// False where AWS can change the identity without a trace on this machine.
    pub is_visible: bool,
    pub sign_in: Option<(SsoSession, Option<SignedInUntil>)>,
}

impl IdentityReport {
    fn of(identity: &Identity) -> Self {
        let sign_in = identity.sign_in.clone().map(|session| {
            let until = session.signed_in(Provider::clock());
            (session, until)
        });
        let (description, is_visible) = (identity.description(), identity.is_visible);
        Self { description, is_visible, sign_in }
    }
}

impl Provider {
    /// What is effective for the repository's token.
    pub async fn explain(&self, endpoint: &RepositoryEndpoint) -> Explanation {
        let mut resolved = self.resolve(endpoint);
        let (cache, problem) = (self.cache_report(&resolved).await, self.problem(&resolved).await);
        let mut explanation = Explanation {
            settings: self.settings().map(|settings| self.settings_report(settings, endpoint)),
            provided: self.provided_reports(&resolved),
            identity: None,
            connection: None,
            cache,
            interaction: None,
            problem,
        };
        let Ok(settings) = &resolved.settings else { return explanation };
        let interactive = settings.interactive.value;
        explanation.identity = Some(match self.caller(&resolved).await {
            Ok(caller) => {
                explanation.interaction = Some(self.interaction(&caller.identity, interactive));
                Ok(IdentityReport::of(&caller.identity))
            }
            Err(error) => Err(error),
        });
        if let Some(Ok(_)) = explanation.identity {
            let failure = self.connection(&resolved).await.err();
            explanation.connection = failure.map(Err).or(resolved.take_connection());
        }
        explanation
    }

    /// Who would be asking for the repository's token; nobody is asked for it.
    pub async fn identity(&self, endpoint: &RepositoryEndpoint) -> Result<Identity, ProviderError> {
        let resolved = self.resolve(endpoint);
        Ok(self.caller_of_cache(&resolved).await?.identity.clone())
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
