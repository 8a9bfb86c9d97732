//! Tokens that the user provides: which one serves a request, and what the user learns about one
//! that does not.
//!
//! A rule's identity takes precedence over such a token, and the token over any other identity: if
//! it serves, no AWS file is read. It is never stored in the cache. A token that names no domain is
//! sent to AWS's own hosts only, whoever owns the domain, so that nobody but AWS sees it.
//!
//! If AWS credentials cannot help either, the problems of the provided tokens are reported together
//! with theirs. If they can, a bad token (expired, refused, malformed) is still reported, because
//! the identity is another than the user may expect. An absent token is not reported: a secret may
//! be mounted on some machines only.
//!
//! A repository's refusal is recorded only after another token was obtained instead, and for that
//! repository only: NuGet does not distinguish 401 from 403, and a good token may lack the
//! permission there.

use std::fmt;
use std::time::SystemTime;

use serde::Serialize;

use super::{Need, Provider, ProviderError, Resolved, Served, Target, TokenOrigin, now};
use crate::base::secret::Secret;
use crate::cache::CacheKey;
use crate::endpoint::HostKind;
use crate::settings::{Binding, IdentityOrigin, Provided, Unusable};
use crate::token::AuthorizationToken;

/// The provided tokens' result for one request.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub(super) served: Option<Served>,
    /// Earlier tokens that are meant for this request and cannot serve it.
    skipped: Vec<Skipped>,
    /// The refusal to record, if the request replaces a provided token.
    refusal: Option<CacheKey>,
}

/// A token that is meant for the request and cannot serve.
#[derive(Debug)]
struct Skipped {
    place: String,
    defect: Defect,
}

/// How a provided token is treated, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProvidedReport {
    /// The variable, and the file if the variable names one.
    pub place: String,
    pub serves: bool,
    /// Whether it cannot serve although it is meant for the request, so that the user expects it
    /// to.
    #[serde(skip)]
    pub is_unusable: bool,
    /// The reason.
    pub reason: String,
}

/// Whether a provided token serves.
enum Verdict {
    Usable(Secret),
    /// It is bound to another domain.
    OtherDomain,
    /// It is bound to no domain, and the host is not one of AWS's own.
    Unbound,
    Defective(Defect),
}

/// Why a token that is meant for a request cannot serve it.
#[derive(Debug)]
enum Defect {
    Unusable(Unusable),
    Expired,
    Refused { repository: String },
}

impl Provider {
    /// The provided token that serves, if one does.
    pub(super) fn provided(
        &self,
        resolved: &Resolved,
        need: &Need,
    ) -> Result<Choice, ProviderError> {
        let mut choice = Choice::default();
        // Printing a token is how users renew a provided one, so the old one must not be printed
        // again.
        let is_printed = resolved.target.host.is_none();
        if is_printed || resolved.settings()?.identity_origin() != IdentityOrigin::Default {
            return Ok(choice);
        }
        let (target, now) = (&resolved.target, now());
        for provided in self.provided_tokens(resolved)? {
            let place = provided.place.to_string();
            match verdict(provided, target, now) {
                Verdict::OtherDomain | Verdict::Unbound => {}
                Verdict::Defective(defect) => choice.skipped.push(Skipped { place, defect }),
                Verdict::Usable(secret) => {
                    let key = refusal_key(target, &secret);
                    let is_refused_now = *need == Need::OtherThan(secret.clone());
                    if is_refused_now || self.cache()?.was_refused(&key, now) {
                        choice.refusal = choice.refusal.or(is_refused_now.then_some(key));
                        let defect = Defect::refused(target);
                        choice.skipped.push(Skipped { place, defect });
                        continue;
                    }
                    choice.served = Some(Served {
                        secret,
                        obtained: now,
                        expiration: None,
                        origin: TokenOrigin::Provided,
                        label: place,
                        note: None,
                    });
                    break;
                }
            }
        }
        for skipped in &choice.skipped {
            self.log.line(format_args!("{skipped}"));
        }
        if let Some(served) = &choice.served {
            self.log.line(format_args!("the token of {} serves", served.label));
        }
        Ok(choice)
    }

    /// Called after another token was obtained in place of a refused one.
    pub(super) fn remember_refusal(&self, choice: &Choice) {
        if let (Some(key), Ok(cache)) = (&choice.refusal, self.cache()) {
            cache.remember_refused(key, now());
        }
    }

    /// How each provided token is treated, in the order of their precedence. Nothing is logged or
    /// recorded.
    pub fn provided_reports(
        &self,
        resolved: &Resolved,
    ) -> Result<Vec<ProvidedReport>, ProviderError> {
        let (target, now) = (&resolved.target, now());
        let settings = resolved.settings.as_ref().ok();
        let chooser =
            settings.and_then(|settings| match (settings.identity_origin(), settings.rule) {
                (IdentityOrigin::Rule, Some(rule)) => Some(format!("rule {rule}")),
                (IdentityOrigin::CommandLine, _) => Some("the command line".to_owned()),
                _ => None,
            });
        let mut reports: Vec<ProvidedReport> = Vec::new();
        for provided in self.provided_tokens(resolved)? {
            let verdict = match verdict(provided, target, now) {
                Verdict::Usable(secret) if self.was_refused(target, &secret, now) => {
                    Verdict::Defective(Defect::refused(target))
                }
                verdict => verdict,
            };
            let is_usable = matches!(verdict, Verdict::Usable(_)) && chooser.is_none();
            let is_decided = reports.iter().any(|report| report.serves);
            let reason = match (&chooser, &verdict) {
                (Some(chooser), _) => format!("{chooser} chooses the identity"),
                _ if is_usable && is_decided => "the one before it serves".to_owned(),
                (None, verdict) => verdict.reason(is_bound(provided)),
            };
            reports.push(ProvidedReport {
                place: provided.place.to_string(),
                serves: is_usable && !is_decided,
                is_unusable: chooser.is_none()
                    && matches!(verdict, Verdict::Unbound | Verdict::Defective(_)),
                reason,
            });
        }
        Ok(reports)
    }

    fn was_refused(&self, target: &Target, secret: &Secret, now: SystemTime) -> bool {
        self.cache().is_ok_and(|cache| cache.was_refused(&refusal_key(target, secret), now))
    }
}

impl Choice {
    /// A warning for the user although another token was obtained.
    pub(super) fn note(&self, served: &Served) -> Option<String> {
        let bad: Vec<_> = self.skipped.iter().filter(|it| !it.defect.is_absence()).collect();
        let hint = bad.first()?.defect.hint();
        let what: Vec<_> = bad.iter().map(|it| it.sentence()).collect();
        let label = &served.label;
        Some(format!("{} A token of {label} is used in its place. {hint}", what.join(" ")))
    }

    /// The failure of the other sources, preceded by the problems of the provided tokens.
    pub(super) fn explain(self, error: ProviderError) -> ProviderError {
        if self.skipped.is_empty() {
            return error;
        }
        let what: Vec<_> = self.skipped.iter().map(Skipped::sentence).collect();
        ProviderError::Provided { what: what.join(" "), error: Box::new(error) }
    }
}

/// The provided token that serves, as far as that is known without the cache.
fn verdict(provided: &Provided, target: &Target, now: SystemTime) -> Verdict {
    let Provided { binding, token, .. } = provided;
    // A file that cannot be read may still be meant for this domain.
    if !binding.allows(&target.domain) || !binding_of_file(provided).allows(&target.domain) {
        return Verdict::OtherDomain;
    }
    if !is_bound(provided) && target.host != Some(HostKind::Aws) {
        return Verdict::Unbound;
    }
    match token {
        Err(unusable) => Verdict::Defective(Defect::Unusable(unusable.clone())),
        Ok(token) if token.expiration.is_some_and(|end| !is_fresh(&token.secret, end, now)) => {
            Verdict::Defective(Defect::Expired)
        }
        Ok(token) => Verdict::Usable(token.secret.clone()),
    }
}

/// The issue time of a provided token is unknown, so the margin is computed from its remaining
/// lifetime.
fn is_fresh(secret: &Secret, expiration: SystemTime, now: SystemTime) -> bool {
    AuthorizationToken { secret: secret.clone(), obtained: now, expiration }.is_fresh(now)
}

impl Verdict {
    /// Why it serves, or why not.
    fn reason(&self, is_bound: bool) -> String {
        match self {
            Self::Usable(_) if is_bound => "it is for this domain".to_owned(),
            Self::Usable(_) => "it names no domain, and the host is AWS's own".to_owned(),
            Self::OtherDomain => "it is for another domain".to_owned(),
            Self::Unbound => "it names no domain, so it is sent to AWS's own hosts only. Name its \
                              domain in CODEARTIFACT_NUGET_TOKEN_DOMAIN."
                .to_owned(),
            Self::Defective(defect) => format!("it {defect}. {}", defect.hint()),
        }
    }
}

impl Defect {
    fn refused(target: &Target) -> Self {
        Self::Refused { repository: target.repository.clone().unwrap_or_default() }
    }

    fn is_absence(&self) -> bool {
        matches!(self, Self::Unusable(Unusable::Absent(_)))
    }

    /// What the user can do about it.
    fn hint(&self) -> &'static str {
        match self {
            Self::Unusable(Unusable::Absent(_)) => "Provide the token, or unset the variable.",
            Self::Unusable(Unusable::Broken(_)) => "Correct it, or unset the variable.",
            Self::Expired | Self::Refused { .. } => "Renew it, or unset the variable.",
        }
    }
}

/// Reads after the token's place.
impl fmt::Display for Defect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unusable(unusable) => unusable.fmt(formatter),
            Self::Expired => formatter.write_str("has expired"),
            Self::Refused { repository } => {
                write!(formatter, "was refused by repository `{repository}`")
            }
        }
    }
}

impl Skipped {
    /// What is wrong with the token, as a sentence.
    fn sentence(&self) -> String {
        format!("The provided token in {} {}.", self.place, self.defect)
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.sentence(), self.defect.hint())
    }
}

/// Whether the domain that it is for is known.
fn is_bound(provided: &Provided) -> bool {
    !provided.binding.is_empty() || !binding_of_file(provided).is_empty()
}

fn binding_of_file(provided: &Provided) -> Binding {
    provided.token.as_ref().map(|token| token.binding.clone()).unwrap_or_default()
}

/// A digest reveals nothing about its token.
fn refusal_key(target: &Target, secret: &Secret) -> CacheKey {
    let Target { domain, repository, .. } = target;
    let repository = repository.as_deref().unwrap_or_default();
    let token = secret.expose();
    CacheKey::of(&["refused", &domain.name, &domain.owner, &domain.region, repository, token])
}
