//! `setup`: from nothing to a restore, in steps that are each reported in one line. A step that is
//! done already changes nothing, so that the command can be repeated.
//!
//! - [`steps`]: what each step reports
//! - [`plugin`]: the installed plugin
//! - [`credentials`]: the profile whose credentials are used, and the rule that selects it

mod credentials;
mod plugin;
mod steps;

use std::io;
use std::path::PathBuf;

use crate::aws::SsoSession;
use crate::base::environment::Environment;
use crate::base::invocation::command;
use crate::base::log::{Log, Timing};
use crate::base::terminal::Appearance;
use crate::base::text::{count, excerpt};
use crate::cli::ScrubArgs;
use crate::cli::setup::SetupArgs;
use crate::code::Code;
use crate::commands::progress::Wait;
use crate::commands::scrub;
use crate::commands::source::{self, SourceContext, SourceError, add, check};
use crate::endpoint::RepositoryEndpoint;
use crate::locations::Locations;
use crate::provider::{Asked, Provider, Resolved, SignIn, User};
use crate::report::{Output, ReportedError};
use steps::{Step, StepName, Steps};

/// Asks a question, and returns the answer in one line; none at the end of the input.
pub type Ask<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The person at the terminal, if there is one.
pub struct Person<'a> {
    /// None if nobody is to be asked.
    pub ask: Option<Ask<'a>>,
    /// Shows what must be done in a browser.
    pub announce: &'a (dyn Fn(&str) + Send + Sync),
}

/// What the command works with.
pub struct Surface<'a> {
    pub environment: &'a Environment,
    pub log: Log,
    pub person: Person<'a>,
    pub wait: Wait<'a>,
    pub appearance: Appearance,
}

/// Runs every step. Returns whether a restore works.
///
/// # Errors
///
/// If the result cannot be printed.
pub async fn run(
    args: &SetupArgs,
    surface: Surface<'_>,
    out: &mut Output<'_>,
) -> Result<bool, io::Error> {
    let steps = Steps::new(surface.appearance, out);
    let mut setup = Setup { args, surface, steps };
    let restore = setup.install()?;
    let sources = setup.sources()?;
    if sources.is_empty() {
        let waits = "not done: they need the URL of a source";
        setup.steps.add(Step::skipped(StepName::Credentials, waits))?;
    }
    for (url, endpoint) in &sources {
        if setup.choose_credentials(endpoint).await? {
            Box::pin(setup.check(url, endpoint)).await?;
        } else {
            let waits = format!("not done for {}: it needs credentials", excerpt(url));
            setup.steps.add(Step::skipped(StepName::Check, waits))?;
        }
    }
    setup.remove_passwords()?;
    setup.steps.finish(restore)
}

struct Setup<'a, 'o, 'w> {
    args: &'a SetupArgs,
    surface: Surface<'a>,
    steps: Steps<'o, 'w>,
}

impl Setup<'_, '_, '_> {
    /// A provider that has read no settings yet: a step may have changed them.
    fn provider(&self) -> Provider {
        let environment = self.surface.environment.clone();
        let locations = Locations::of(&environment);
        Provider::new(environment, locations, self.surface.log.clone())
    }

    /// Returns the command with which people restore then.
    fn install(&mut self) -> io::Result<&'static str> {
        let waiting = (self.surface.wait)("the installed plugin");
        let (steps, restore) = plugin::install(self.surface.environment);
        drop(waiting);
        steps.into_iter().try_for_each(|step| self.steps.add(step))?;
        Ok(restore)
    }

    /// The sources to set up, with their URLs as they are in NuGet.Config.
    fn sources(&mut self) -> io::Result<Vec<(String, RepositoryEndpoint)>> {
        let provider = self.provider();
        let context = SourceContext {
            environment: self.surface.environment,
            locations: Locations::of(self.surface.environment),
            provider: &provider,
            wait: self.surface.wait,
        };
        let Some(given) = &self.args.url else { return self.sources_here(&context) };
        let (url, endpoint) = match add::with_index(given, &provider) {
            Ok(found) => found,
            Err(error) => {
                self.steps.add(Step::failed(StepName::Source, &error))?;
                return Ok(Vec::new());
            }
        };
        let (name, file) = (self.args.name.as_deref(), self.args.configfile.as_deref());
        let wanted = add::Wanted { url: url.clone(), name, file };
        let step = match add::ensure(wanted, &endpoint, &context) {
            Ok(ensured) => source_step(&ensured, given),
            Err(error) => Step::failed(StepName::Source, &error),
        };
        self.steps.add(step)?;
        Ok(vec![(url, endpoint)])
    }

    /// The enabled sources of this folder.
    fn sources_here(
        &mut self,
        context: &SourceContext<'_>,
    ) -> io::Result<Vec<(String, RepositoryEndpoint)>> {
        let provider = context.provider;
        let found = source::config_here(&context.locations)
            .and_then(|config| source::enabled(config.sources(context.environment), provider));
        let sources = match found {
            Ok(sources) => sources,
            Err(error) => {
                let missing = matches!(error, SourceError::NoneHere);
                let step =
                    if missing { no_source() } else { Step::failed(StepName::Source, &error) };
                self.steps.add(step)?;
                return Ok(Vec::new());
            }
        };
        let mut ours = Vec::new();
        for source in sources {
            let name = excerpt(&source.name);
            match provider.endpoint(&source.url) {
                Ok(endpoint) => {
                    let message = format!("{name} in {}", source.file.display());
                    self.steps.add(Step::unchanged(StepName::Source, message))?;
                    ours.push((source.url, endpoint));
                }
                Err(error) => self.steps.add(Step::failed(StepName::Source, &error))?,
            }
        }
        Ok(ours)
    }

    /// Requests the source's index with a token, after a sign-in if that is needed.
    async fn check(&mut self, url: &str, endpoint: &RepositoryEndpoint) -> io::Result<()> {
        let provider = self.provider();
        let resolved = provider.resolve(endpoint);
        let asked = self.ask_source(&provider, url, &resolved).await;
        let session = match &asked {
            Err(error) if needs_sign_in(error.code) => {
                self.session_to_ask_for(&provider, &resolved).await
            }
            _ => None,
        };
        let Some(session) = session else { return self.report_check(endpoint, asked) };
        if !self.sign_in(&provider, &session).await? {
            return Ok(());
        }
        let provider = self.provider();
        let resolved = provider.resolve(endpoint);
        let asked = self.ask_source(&provider, url, &resolved).await;
        self.report_check(endpoint, asked)
    }

    async fn ask_source(
        &self,
        provider: &Provider,
        url: &str,
        resolved: &Resolved,
    ) -> Result<(Asked, Timing), ReportedError> {
        let timing = Timing::start();
        let _waiting = (self.surface.wait)("AWS");
        match provider.ask_source(url, resolved).await {
            Ok(asked) => Ok((asked, timing)),
            Err(error) => Err(ReportedError::of(&error)),
        }
    }

    /// The session to sign in to, if there is somebody to ask.
    async fn session_to_ask_for(
        &self,
        provider: &Provider,
        resolved: &Resolved,
    ) -> Option<SsoSession> {
        self.surface.person.ask?;
        provider.caller(resolved).await.ok()?.identity.sign_in.clone()
    }

    async fn sign_in(&mut self, provider: &Provider, session: &SsoSession) -> io::Result<bool> {
        let wanted =
            SignIn { profile: Some(&session.profile), opens_browser: true, ..SignIn::default() };
        let user = User::new(self.surface.person.announce);
        let signed_in = Box::pin(provider.sign_in(&wanted, user)).await;
        let (step, done) = match signed_in {
            Ok((session, signed_in)) => {
                let message = format!("{} until {}", session.in_words(), signed_in.until);
                (Step::done(StepName::SignIn, message), true)
            }
            Err(error) => (Step::failed(StepName::SignIn, &error), false),
        };
        self.steps.add(step)?;
        Ok(done)
    }

    fn report_check(
        &mut self,
        endpoint: &RepositoryEndpoint,
        asked: Result<(Asked, Timing), ReportedError>,
    ) -> io::Result<()> {
        let step = match asked {
            Err(problem) => Step::of_problem(StepName::Check, problem),
            Ok((Asked { answer, label }, timing)) => {
                match check::problem(answer, endpoint, &label) {
                    Some(problem) => Step::of_problem(
                        StepName::Check,
                        ReportedError::new(check::code(answer.status), problem),
                    ),
                    None => Step::done(
                        StepName::Check,
                        format!("{} responds to {label} (HTTP 200, {timing})", endpoint.repository),
                    ),
                }
            }
        };
        self.steps.add(step)
    }

    /// NuGet sends saved passwords before it starts a plugin.
    fn remove_passwords(&mut self) -> io::Result<()> {
        let provider = self.provider();
        let step = match self.find_or_remove(&provider, false) {
            Err(error) => Step::failed(StepName::Passwords, &error),
            Ok(files) if files.is_empty() => Step::unchanged(StepName::Passwords, "none are saved"),
            Ok(files) if self.may_remove(&files) => match self.find_or_remove(&provider, true) {
                Err(error) => Step::failed(StepName::Passwords, &error),
                Ok(_) => {
                    Step::done(StepName::Passwords, format!("removed from {}", listed(&files)))
                }
            },
            Ok(files) => {
                let message = format!("NuGet sends passwords saved in {} first.", listed(&files));
                let fix = format!("Remove them: {}", command(["scrub", "--yes"]));
                Step::warning(StepName::Passwords, Code::SavedPassword, message, fix)
            }
        };
        self.steps.add(step)
    }

    /// The files with saved passwords, before anything is removed.
    fn find_or_remove(
        &self,
        provider: &Provider,
        yes: bool,
    ) -> Result<Vec<PathBuf>, scrub::ScrubError> {
        let args = ScrubArgs { file: None, yes, backup: None, json: false };
        let (report, mut failures) = scrub::scrub(&args, self.surface.environment, provider)?;
        match failures.pop() {
            Some(failure) => Err(failure),
            None => Ok(report.paths_with_passwords()),
        }
    }

    fn may_remove(&self, files: &[PathBuf]) -> bool {
        let question = || format!("Remove the saved passwords from {}? [y/N] ", listed(files));
        self.args.yes
            || self.surface.person.ask.is_some_and(|ask| {
                let answer = ask(&question()).unwrap_or_default();
                matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
            })
    }
}

fn needs_sign_in(code: Code) -> bool {
    matches!(code, Code::SignInExpired | Code::SignInNotCompleted)
}

fn source_step(ensured: &add::Ensured, given: &str) -> Step {
    let name = excerpt(&ensured.name);
    let file = ensured.file.display();
    if let Some(obstacle) = ensured.obstacles.first() {
        return Step::of_problem(
            StepName::Source,
            ReportedError::new(Code::SourcesUnusable, format!("{name} in {file}: {obstacle}")),
        );
    }
    if !ensured.added {
        return Step::unchanged(StepName::Source, format!("{name} in {file}"));
    }
    let is_as_given = ensured.url == given;
    let url = if is_as_given { String::new() } else { format!(", with the URL {}", ensured.url) };
    Step::done(StepName::Source, format!("added {name} to {file}{url}"))
}

fn no_source() -> Step {
    let problem = ReportedError::of(&SourceError::NoneHere);
    let fix = format!("Give the URL of one: {} URL", command(["setup"]));
    Step::of_problem(StepName::Source, ReportedError { fix: Some(fix), ..problem })
}

fn listed(files: &[PathBuf]) -> String {
    match files {
        [file] => file.display().to_string(),
        files => count(files.len(), "file"),
    }
}
