//! Tokens that the user brings along: which one serves, and what is said of one that does not.
//!
//! Such a token counts after the identity that a rule chooses, and before any other one: no AWS file
//! is read where it serves. It is never kept in the cache. One that names no domain goes to AWS's own
//! hosts only, whoever's the domain is: AWS alone gets to see it there.
//!
//! What stands in the way of one is said where AWS credentials cannot help either, beside what is
//! wrong with those. Where they can, one that is bad (expired, refused, garbage) is named in passing,
//! since who asks is another than the user may think; one that is not there is not: a secret may be
//! mounted on some machines of many.
//!
//! A repository's refusal is remembered once another token was had in its place, and for that
//! repository only: NuGet does not tell 401 from 403, and a good token may lack the permission there.

use std::fmt;
use std::time::SystemTime;

use super::{Need, Origin, Provider, ProviderError, Served, Wanted, now};
use crate::base::secret::Secret;
use crate::cache::CacheKey;
use crate::endpoint::HostKind;
use crate::settings::{
    self, Binding, EffectiveSettings, IdentityOrigin, Provided, ProvidedToken, SettingsError,
    Unusable,
};
use crate::token::AuthorizationToken;

/// What the given tokens come to for one ask.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub(super) served: Option<Served>,
    /// Those before it that are meant for this ask and cannot serve.
    passed_over: Vec<PassedOver>,
    /// Of one that was refused just now.
    refusal: Option<CacheKey>,
}

/// One that cannot serve, as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PassedOver {
    place: String,
    why: String,
    hint: &'static str,
    is_absent: bool,
}

impl Provider {
    /// The given token that serves, if one does.
    pub(super) fn provided(
        &self,
        wanted: Wanted<'_>,
        effective: &EffectiveSettings,
    ) -> Result<Choice, ProviderError> {
        // Printing a token is how a given one is renewed: it would only come back.
        let Some(host) = wanted.host else { return Ok(Choice::default()) };
        if effective.identity_origin() != IdentityOrigin::Default {
            return Ok(Choice::default());
        }
        let mut provided = settings::provided_tokens(&self.environment)?;
        provided.retain(|provided| is_meant_for(provided, wanted, host));
        if provided.is_empty() {
            return Ok(Choice::default());
        }
        let refusal = provided.iter().find_map(|provided| refused_now(provided, wanted));
        let cache = self.cache()?;
        let was_refused = |secret: &Secret| {
            let key = refusal_key(wanted, secret);
            refusal.as_ref() == Some(&key) || cache.was_refused(&key, now())
        };
        let choice = choose(provided, wanted.repository, was_refused, now());
        for passed_over in &choice.passed_over {
            self.log.line(format_args!("{passed_over}"));
        }
        if let Some(served) = &choice.served {
            self.log.line(format_args!("the token of {} serves", served.label));
        }
        Ok(Choice { refusal, ..choice })
    }

    /// After another token was had in the place of one that was refused.
    pub(super) fn remember_refusal(&self, choice: &Choice) {
        if let (Some(key), Ok(cache)) = (&choice.refusal, self.cache()) {
            cache.remember_refused(key, now());
        }
    }
}

/// What becomes of a given token for one ask, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvidedReport {
    /// The variable, with the file that it names.
    pub place: String,
    pub serves: bool,
    /// Whether somebody will miss it: it cannot serve, and not since it is for another domain.
    pub is_unusable: bool,
    /// Why it does or does not.
    pub reason: String,
}

impl Provider {
    /// What becomes of each given token, in the order in which they count. Nothing is logged or
    /// remembered.
    pub(super) fn provided_reports(
        &self,
        wanted: Wanted<'_>,
        effective: Option<&EffectiveSettings>,
    ) -> Result<Vec<ProvidedReport>, SettingsError> {
        let provided = settings::provided_tokens(&self.environment)?;
        let chooser =
            effective.and_then(|effective| match (effective.identity_origin(), effective.rule) {
                (IdentityOrigin::Rule, Some(rule)) => Some(format!("rule {rule}")),
                (IdentityOrigin::CommandLine, _) => Some("the command line".to_owned()),
                _ => None,
            });
        let was_refused = |secret: &Secret| {
            let key = refusal_key(wanted, secret);
            self.cache().is_ok_and(|cache| cache.was_refused(&key, now()))
        };
        let mut reports: Vec<ProvidedReport> = Vec::new();
        for provided in provided {
            let is_decided = reports.iter().any(|report| report.serves);
            let reason = if let Some(chooser) = &chooser {
                Err(format!("{chooser} chooses the identity"))
            } else {
                reason_of(&provided, wanted, &was_refused)
            };
            let is_for_another = is_bound(&provided)
                && !is_meant_for(&provided, wanted, wanted.host.unwrap_or(HostKind::Listed));
            let is_unusable = chooser.is_none() && reason.is_err() && !is_for_another;
            let (place, serves) = (provided.place.to_string(), reason.is_ok() && !is_decided);
            let reason = match reason {
                Ok(_) if is_decided => "the one before it serves".to_owned(),
                Ok(reason) | Err(reason) => reason,
            };
            reports.push(ProvidedReport { place, serves, is_unusable, reason });
        }
        Ok(reports)
    }
}

/// Why one serves, or why not.
fn reason_of(
    provided: &Provided,
    wanted: Wanted<'_>,
    was_refused: &impl Fn(&Secret) -> bool,
) -> Result<String, String> {
    let is_for_the_domain = is_bound(provided);
    if !is_meant_for(provided, wanted, wanted.host.unwrap_or(HostKind::Listed)) {
        return Err(if is_for_the_domain {
            "it is for another domain".to_owned()
        } else {
            "it names no domain, and so goes to AWS's own hosts only; name its domain in \
             CODEARTIFACT_NUGET_TOKEN_DOMAIN"
                .to_owned()
        });
    }
    match usable(provided.token.clone(), wanted.repository, was_refused, now()) {
        Ok(_) if is_for_the_domain => Ok("it is for this domain".to_owned()),
        Ok(_) => Ok("it names no domain, and the host is AWS's own".to_owned()),
        Err(reason) => {
            let PassedOver { why, hint, .. } = reason.at(String::new());
            Err(format!("it {why}, {hint}"))
        }
    }
}

impl Choice {
    /// What the user should know though a token was had otherwise.
    pub(super) fn note(&self, served: &Served) -> Option<String> {
        let bad: Vec<_> = self.passed_over.iter().filter(|it| !it.is_absent).collect();
        let first = bad.first()?;
        let said = bad.iter().map(|it| format!("{} {}", it.place, it.why)).collect::<Vec<_>>();
        let (said, label, hint) = (said.join(", "), &served.label, first.hint);
        Some(format!("{said}; a token of {label} is used in its place; {hint}"))
    }

    /// The failure of everything else, after what is wrong with those that were given.
    pub(super) fn explain(self, error: ProviderError) -> ProviderError {
        if self.passed_over.is_empty() {
            return error;
        }
        let said = self.passed_over.iter().map(ToString::to_string).collect::<Vec<_>>();
        ProviderError::Provided { said: said.join("; "), error: Box::new(error) }
    }
}

impl fmt::Display for PassedOver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}, {}", self.place, self.why, self.hint)
    }
}

/// The first that can serve, in the order in which they count.
fn choose(
    provided: Vec<Provided>,
    repository: Option<&str>,
    was_refused: impl Fn(&Secret) -> bool,
    now: SystemTime,
) -> Choice {
    let mut choice = Choice::default();
    for Provided { place, token, .. } in provided {
        let place = place.to_string();
        match usable(token, repository, &was_refused, now) {
            Ok(secret) => {
                let (origin, label) = (Origin::Provided, place);
                let (expiration, note) = (None, None);
                choice.served =
                    Some(Served { secret, obtained: now, expiration, origin, label, note });
                break;
            }
            Err(reason) => choice.passed_over.push(reason.at(place)),
        }
    }
    choice
}

/// Why one cannot serve.
enum Reason {
    Unusable(Unusable),
    Expired,
    Refused { repository: String },
}

fn usable(
    token: Result<ProvidedToken, Unusable>,
    repository: Option<&str>,
    was_refused: &impl Fn(&Secret) -> bool,
    now: SystemTime,
) -> Result<Secret, Reason> {
    let ProvidedToken { secret, expiration, .. } = token.map_err(Reason::Unusable)?;
    if let Some(expiration) = expiration {
        // Nobody says when it was issued: the margin is one of what is left.
        let token = AuthorizationToken { secret: secret.clone(), obtained: now, expiration };
        if !token.is_fresh(now) {
            return Err(Reason::Expired);
        }
    }
    if was_refused(&secret) {
        let repository = repository.unwrap_or_default().to_owned();
        return Err(Reason::Refused { repository });
    }
    Ok(secret)
}

impl Reason {
    fn at(self, place: String) -> PassedOver {
        let is_absent = matches!(self, Self::Unusable(Unusable::Absent(_)));
        let (why, hint) = match self {
            Self::Unusable(why @ Unusable::Absent(_)) => {
                (why.to_string(), "provide the token or unset the variable")
            }
            Self::Unusable(why @ Unusable::Broken(_)) => (why.to_string(), "correct or unset it"),
            Self::Expired => ("has expired".to_owned(), "renew or unset it"),
            Self::Refused { repository } => {
                (format!("was refused by repository `{repository}`"), "renew or unset it")
            }
        };
        PassedOver { place, why, hint, is_absent }
    }
}

/// One that cannot be read says nothing against the ask.
fn is_meant_for(provided: &Provided, wanted: Wanted<'_>, host: HostKind) -> bool {
    let allows =
        provided.binding.allows(wanted.domain) && binding_of_file(provided).allows(wanted.domain);
    allows && (is_bound(provided) || host == HostKind::Aws)
}

/// Whether a domain is said that it is for.
fn is_bound(provided: &Provided) -> bool {
    !provided.binding.is_empty() || !binding_of_file(provided).is_empty()
}

fn binding_of_file(provided: &Provided) -> Binding {
    provided.token.as_ref().map(|token| token.binding.clone()).unwrap_or_default()
}

/// The key of its refusal, where it is what was refused.
fn refused_now(provided: &Provided, wanted: Wanted<'_>) -> Option<CacheKey> {
    let Need::OtherThan(refused) = wanted.need else { return None };
    let token = provided.token.as_ref().ok().filter(|token| token.secret == *refused)?;
    Some(refusal_key(wanted, &token.secret))
}

/// A digest tells nothing of the token in it.
fn refusal_key(wanted: Wanted<'_>, secret: &Secret) -> CacheKey {
    let Wanted { domain, repository, .. } = wanted;
    let repository = repository.unwrap_or_default();
    let token = secret.expose();
    CacheKey::of(&["refused", &domain.name, &domain.owner, &domain.region, repository, token])
}
