//! Which credentials are used for a source: those that a restore would use, or else a profile, which
//! is then written as a rule, so that a restore uses it too.

use std::io;
use std::path::PathBuf;

use toml_edit::{Table, Value};

use super::Setup;
use super::steps::{Step, StepName};
use crate::aws;
use crate::base::environment::Environment;
use crate::base::invocation::command;
use crate::base::text::{excerpt, nearest};
use crate::code::{Code, Coded};
use crate::endpoint::RepositoryEndpoint;
use crate::locations::Locations;
use crate::provider::{Need, Provider, ProviderError, Resolved};
use crate::report::ReportedError;
use crate::settings::{CONFIG_FILE, Document, EditError, SettingsError, config_file};

/// How many profiles a person can choose from.
const MOST_CHOICES: usize = 30;

impl Setup<'_, '_, '_> {
    /// Returns whether there are credentials for a request.
    pub(super) async fn choose_credentials(
        &mut self,
        endpoint: &RepositoryEndpoint,
    ) -> io::Result<bool> {
        if let Some(profile) = self.args.profile.clone() {
            return self.use_profile(&profile, endpoint);
        }
        let provider = self.provider();
        let resolved = provider.resolve(endpoint);
        let waiting = (self.surface.wait)("AWS credentials");
        let found = Box::pin(at_hand(&provider, &resolved)).await;
        drop(waiting);
        match found {
            Ok(label) => {
                self.steps.add(Step::unchanged(StepName::Credentials, label))?;
                Ok(true)
            }
            Err(error) if is_missing(error.code()) => self.choose_profile(endpoint, &error),
            Err(error) => {
                self.steps.add(Step::failed(StepName::Credentials, &error))?;
                Ok(false)
            }
        }
    }

    /// The one profile of the account, or the one that the person chooses.
    fn choose_profile(
        &mut self,
        endpoint: &RepositoryEndpoint,
        error: &ProviderError,
    ) -> io::Result<bool> {
        let environment = self.surface.environment;
        let owner = &endpoint.domain.owner;
        let fitting = aws::profiles_of_account(environment, owner);
        if let [profile] = &*fitting {
            return self.use_profile(profile, endpoint);
        }
        let all = aws::profile_names(environment);
        let choices = if fitting.is_empty() { &all } else { &fitting };
        if choices.is_empty() {
            self.steps.add(Step::failed(StepName::Credentials, error))?;
            return Ok(false);
        }
        if let Some(profile) = self.ask_for_profile(choices, owner) {
            return self.use_profile(&profile, endpoint);
        }
        let relation = if fitting.is_empty() { "No profile belongs" } else { "Several belong" };
        let shown: Vec<_> =
            choices.iter().take(10).map(|name| format!("`{}`", excerpt(name))).collect();
        let message = format!(
            "No AWS credentials found. {relation} to account {owner} by name; the profiles are {}.",
            shown.join(", ")
        );
        let profile = choices.first().map_or("NAME", String::as_str);
        let mut words = vec!["setup", "--profile", profile];
        words.extend(self.args.url.as_deref());
        let fix = format!("Choose one, for example: {}", command(words));
        let problem = ReportedError { fix: Some(fix), ..ReportedError::new(error.code(), message) };
        self.steps.add(Step::of_problem(StepName::Credentials, problem))?;
        Ok(false)
    }

    fn ask_for_profile(&self, choices: &[String], owner: &str) -> Option<String> {
        let ask = self.surface.person.ask?;
        if choices.len() > MOST_CHOICES {
            return None;
        }
        let lines = choices.iter().enumerate();
        let lines: Vec<_> =
            lines.map(|(at, name)| format!("  {}  {}", at + 1, excerpt(name))).collect();
        let question = format!(
            "Profiles:\n{}\nProfile for the domains of account {owner} (number or name): ",
            lines.join("\n")
        );
        let answer = ask(&question)?;
        let answer = answer.trim();
        let number = answer.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let by_number = number.and_then(|at| choices.get(at));
        choices.iter().find(|name| *name == answer).or(by_number).cloned()
    }

    /// Writes a rule for the account, unless the profile is effective already.
    fn use_profile(&mut self, profile: &str, endpoint: &RepositoryEndpoint) -> io::Result<bool> {
        let known = aws::profile_names(self.surface.environment);
        let effective = self.provider().resolve(endpoint).settings;
        let step = if !known.iter().any(|name| name == profile) {
            Step::of_problem(StepName::Credentials, unknown(profile, &known))
        } else if effective.as_ref().is_ok_and(|it| it.aws.profiles.value == [profile]) {
            Step::unchanged(StepName::Credentials, format!("profile {}", excerpt(profile)))
        } else if let Some(number) = effective.as_ref().ok().and_then(|settings| settings.rule) {
            Step::of_problem(StepName::Credentials, other_rule(profile, number))
        } else {
            match write_rule(self.surface.environment, profile, &endpoint.domain.owner) {
                Ok(file) => Step::done(
                    StepName::Credentials,
                    format!("profile {}, by a new rule in {}", excerpt(profile), file.display()),
                ),
                Err(error) => Step::failed(StepName::Credentials, &error),
            }
        };
        let done = step.is_good();
        self.steps.add(step)?;
        Ok(done)
    }
}

/// The identity of a request, for people.
async fn at_hand(provider: &Provider, resolved: &Resolved) -> Result<String, ProviderError> {
    if let Some(error) = provider.problem(resolved).await {
        return Err(error);
    }
    let Ok(caller) = provider.caller(resolved).await else {
        return Ok("your own token".to_owned());
    };
    if caller.identity.is_last_resort() {
        // Only a request shows whether this machine is an instance with a role.
        match provider.token(resolved, &Need::Any, None).await {
            Err(error) if is_missing(error.code()) => return Err(error),
            _ => {}
        }
    }
    Ok(caller.identity.label.clone())
}

fn is_missing(code: Code) -> bool {
    matches!(code, Code::NoCredentials | Code::NoInstanceRole)
}

fn unknown(profile: &str, known: &[String]) -> ReportedError {
    let message = format!(
        "There is no profile `{}` in the shared config and credentials files.",
        excerpt(profile)
    );
    let near = nearest(profile, known.iter().map(String::as_str));
    let fix = near.map_or_else(
        || format!("Add it: aws configure sso --profile {}", crate::base::shell::quoted(profile)),
        |near| format!("Did you mean `{near}`?"),
    );
    ReportedError { fix: Some(fix), ..ReportedError::new(Code::ProfileNotFound, message) }
}

/// The rule may also set an endpoint or a role, which a new rule would hide.
fn other_rule(profile: &str, number: usize) -> ReportedError {
    let message = format!("Rule {number} selects other credentials for this source.");
    let fix = format!(
        "Set `profile` of the rule to `{}`, or leave out --profile: {}",
        excerpt(profile),
        command(["configure", "list"])
    );
    ReportedError { fix: Some(fix), ..ReportedError::new(Code::InvalidOption, message) }
}

/// Appends it: a rule before others could hide one for another source.
fn write_rule(environment: &Environment, profile: &str, owner: &str) -> Result<PathBuf, RuleError> {
    let path = config_file(environment, &Locations::of(environment))?;
    let mut document = Document::open(path.ok_or(RuleError::NoHome)?)?;
    let mut rule = Table::new();
    rule.insert("owner", Value::from(owner).into());
    rule.insert("profile", Value::from(profile).into());
    document.insert_rule(rule, None)?;
    Ok(document.save()?)
}

/// Why the rule is not written.
#[derive(Debug, thiserror::Error)]
enum RuleError {
    #[error("No home folder is known, so there is no place for a configuration file.")]
    NoHome,
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

impl Coded for RuleError {
    fn code(&self) -> Code {
        match self {
            Self::NoHome => Code::NoConfigurationFolder,
            Self::Edit(error) => error.code(),
            Self::Settings(error) => error.code(),
        }
    }

    fn fix(&self) -> Option<String> {
        match self {
            Self::NoHome => Some(format!("Set {CONFIG_FILE} to a path.")),
            Self::Edit(error) => error.fix(),
            Self::Settings(error) => error.fix(),
        }
    }
}
