//! Tokens that the user brings along, in a variable or in a file ([`file`]).

mod file;
mod time;

use std::fmt;
use std::path::PathBuf;
use std::time::SystemTime;

use super::environment::absolute_path;
use super::{AUTH_TOKEN, AUTH_TOKEN_FILE, Environment, SettingsError, TOKEN_DOMAIN};
use crate::base::secret::Secret;
use crate::endpoint::{Domain, is_domain, split_domain};

/// A place where a token may be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenPlace {
    Variable { name: &'static str },
    File { name: &'static str, path: PathBuf },
}

/// One that is set, and what is there.
#[derive(Debug, Clone)]
pub struct Provided {
    pub place: GivenPlace,
    /// What `CODEARTIFACT_NUGET_TOKEN_DOMAIN` says, in addition to the file.
    pub binding: Binding,
    pub token: Result<ProvidedToken, Unusable>,
}

/// A token of the user's, which can be a header's value. Where nothing is said it holds for any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvidedToken {
    pub secret: Secret,
    pub expiration: Option<SystemTime>,
    pub binding: Binding,
}

/// The domain that a token is said to be for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Binding {
    pub domain: Option<String>,
    pub owner: Option<String>,
    pub region: Option<String>,
}

/// Why there is no token at a place; reads after its name, and quotes nothing of what is there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Set for many machines, and a secret of some of them: no mistake.
    #[error("{0}")]
    Absent(&'static str),
    #[error("{0}")]
    Broken(String),
}

/// The tokens that the user brings along, read now, in the order in which they count.
pub fn provided_tokens(environment: &Environment) -> Result<Vec<Provided>, SettingsError> {
    let mut provided = Vec::new();
    if let Some(path) = absolute_path(environment, AUTH_TOKEN_FILE)? {
        let token = file::read(&path);
        provided.push((GivenPlace::File { name: AUTH_TOKEN_FILE, path }, token));
    }
    if let Some(text) = environment.get(AUTH_TOKEN) {
        let token = of_text(text.trim());
        provided.push((GivenPlace::Variable { name: AUTH_TOKEN }, token));
    }
    if provided.is_empty() {
        return Ok(Vec::new());
    }
    let binding = token_domain(environment)?;
    let with_binding = |(place, token)| Provided { place, binding: binding.clone(), token };
    Ok(provided.into_iter().map(with_binding).collect())
}

fn token_domain(environment: &Environment) -> Result<Binding, SettingsError> {
    let Some(value) = environment.get(TOKEN_DOMAIN) else { return Ok(Binding::default()) };
    if let Some((domain, owner)) = split_domain(value) {
        return Ok(Binding { domain: Some(domain), owner: Some(owner), region: None });
    }
    if is_domain(value) {
        return Ok(Binding { domain: Some(value.to_owned()), ..Binding::default() });
    }
    Err(SettingsError::Variable {
        name: TOKEN_DOMAIN,
        value: value.to_owned(),
        expected: "it is a domain, as in `my-domain` or `my-domain-111122223333`",
    })
}

impl fmt::Display for GivenPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable { name } => formatter.write_str(name),
            Self::File { name, path } => write!(formatter, "{name} `{}`", path.display()),
        }
    }
}

impl Binding {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether nothing that is said speaks against the domain.
    pub fn allows(&self, domain: &Domain) -> bool {
        let agrees = |said: &Option<String>, is: &String| said.as_ref().is_none_or(|it| it == is);
        agrees(&self.domain, &domain.name)
            && agrees(&self.owner, &domain.owner)
            && agrees(&self.region, &domain.region)
    }
}

/// Text that is the token alone.
fn of_text(text: &str) -> Result<ProvidedToken, Unusable> {
    let binding = Binding::default();
    Ok(ProvidedToken { secret: sound(text)?, expiration: None, binding })
}

/// It becomes a part of HTTP headers.
fn sound(text: &str) -> Result<Secret, Unusable> {
    match text {
        "" => Err(Unusable::Absent("is empty")),
        _ if text.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(Secret::new(text)),
        _ => Err(broken("holds characters that no token has")),
    }
}

fn broken(why: &str) -> Unusable {
    Unusable::Broken(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound_to(value: &str) -> Result<Binding, SettingsError> {
        let pairs = [(AUTH_TOKEN, "t"), (TOKEN_DOMAIN, value)];
        provided_tokens(&Environment::from_pairs(pairs))
            .map(|mut provided| provided.remove(0).binding)
    }

    #[test]
    fn a_given_token_is_bound_to_a_domain_or_to_one_of_an_owner() {
        let binding = |domain: &str, owner: Option<&str>| Binding {
            domain: Some(domain.into()),
            owner: owner.map(Into::into),
            region: None,
        };
        assert_eq!(bound_to("").unwrap(), Binding::default());
        assert_eq!(bound_to("my-domain").unwrap(), binding("my-domain", None));
        let with_owner = bound_to("my-domain-111122223333").unwrap();
        assert_eq!(with_owner, binding("my-domain", Some("111122223333")));
        // Eleven digits are no owner.
        assert_eq!(bound_to("d-11112222333").unwrap(), binding("d-11112222333", None));
        for wrong in ["111122223333", "My-Domain", "d", "my-domain.d.codeartifact"] {
            let error = bound_to(wrong).unwrap_err().to_string();
            assert!(error.contains(TOKEN_DOMAIN) && error.contains(wrong), "{error}");
        }
    }

    #[test]
    fn the_file_goes_before_the_variable() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        let environment =
            Environment::from_pairs([(AUTH_TOKEN, " variables\n"), (AUTH_TOKEN_FILE, path)]);
        let provided = provided_tokens(&environment).unwrap();
        let places: Vec<_> = provided.iter().map(|provided| provided.place.to_string()).collect();
        assert_eq!(places, [format!("{AUTH_TOKEN_FILE} `{path}`"), AUTH_TOKEN.to_owned()]);
        assert_eq!(provided[0].token, Err(Unusable::Absent("is empty")));
        assert_eq!(provided[1].token.as_ref().unwrap().secret.expose(), "variables");
    }

    #[test]
    fn a_relative_token_file_is_refused() {
        let environment = Environment::from_pairs([(AUTH_TOKEN_FILE, "token")]);
        let error = provided_tokens(&environment).unwrap_err().to_string();
        assert!(error.contains("must be absolute"), "{error}");
    }

    #[test]
    fn a_binding_allows_what_nothing_in_it_speaks_against() {
        let domain =
            Domain { name: "d1".into(), owner: "111122223333".into(), region: "eu-west-1".into() };
        let bound = |domain: &str, owner: Option<&str>, region: Option<&str>| Binding {
            domain: Some(domain.into()),
            owner: owner.map(Into::into),
            region: region.map(Into::into),
        };
        assert!(Binding::default().allows(&domain));
        assert!(bound("d1", None, None).allows(&domain));
        assert!(bound("d1", Some("111122223333"), Some("eu-west-1")).allows(&domain));
        assert!(!bound("d2", None, None).allows(&domain));
        assert!(!bound("d1", Some("444455556666"), None).allows(&domain));
        assert!(!bound("d1", None, Some("us-east-1")).allows(&domain));
    }

    #[test]
    fn the_debug_form_lacks_the_token() {
        assert!(!format!("{:?}", of_text("hunter2")).contains("hunter2"));
    }
}
