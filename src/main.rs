//! `nuget-plugin-codeartifact`: NuGet's credential plugin for AWS CodeArtifact.
//!
//! Map of the code:
//!
//! - [`cli`]: the command line's types
//! - [`commands`]: what people run, one file each
//! - [`report`]: what a command prints, as text or as JSON
//! - [`plugin`]: NuGet's side: the protocol, and the response to a request for credentials
//! - [`provider`]: the one policy on tokens: provided, cached or fetched
//! - [`aws`]: AWS's side: the identity, its credentials, the token call
//! - [`cache`]: tokens kept between processes, and the lock for fetching one
//! - [`endpoint`]: which URLs are CodeArtifact's, and what they name
//! - [`code`]: the codes of messages, and what each failure tells a person
//! - [`token`]: the authorization token and its freshness
//! - [`settings`]: our variables and the configuration files
//! - [`nuget_config`]: NuGet.Config as NuGet sees it, and changes to it
//! - [`locations`]: where files are, per system
//! - [`base`]: what knows nothing of NuGet or AWS: text, time, files, processes, the terminal
//!
//! Imports go down this list's layers: commands and plugin, provider, then aws, cache and settings,
//! then endpoint and token, then code, then base.

// The futures of the AWS SDK are deep: whether a task of ours can be sent is found out through all of
// them.
#![recursion_limit = "256"]
#![cfg_attr(
    test,
    allow(clippy::disallowed_methods, reason = "the fences are for what runs; tests are exempt")
)]

mod aws;
mod base;
mod cache;
mod cli;
mod code;
mod commands;
#[cfg(test)]
#[path = "../protocol-tests/fuzz/checks/corpus.rs"]
mod corpus;
mod endpoint;
mod locations;
mod nuget_config;
mod plugin;
mod provider;
mod report;
mod settings;
mod token;

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Write};
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use base::environment::Environment;
use base::log::Log;
use base::panic::{self, Panicked};
use base::secret::Secret;
use base::system::{NO_MORE_THREADS, TOO_MANY_FILES, scarcity};
use base::terminal::{Appearance, PerhapsUnread, Printable};
use cli::doctor::DoctorArgs;
use cli::setup::SetupArgs;
use cli::{Command, ExecArgs, NotRun, Parsed, SelectionArgs};
use code::{Code, Coded};
use commands::completions;
use commands::exec::ExecError;
use commands::progress::{Terminal, Wait, Waiting};
use commands::scrub::Outcome;
use commands::selection::{Fetched, SelectionError};
use commands::setup::Person;
use locations::Locations;
use provider::Provider;
use report::{Output, ReportedError};
use settings::Overrides;

/// `scrub` found saved credentials and left them in place.
const CREDENTIALS_FOUND: u8 = 3;

/// The command line is wrong.
const WRONG_USAGE: u8 = 2;

#[expect(clippy::disallowed_methods, reason = "the one reader of the command line")]
fn main() -> ExitCode {
    if std::env::args_os().nth(1).as_deref().is_some_and(is_plugin_switch) {
        return run_plugin();
    }
    base::system::outlive_file_limit();
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let environment = Environment::of_process();
    if let Some(shell) = environment.get(completions::SHELL) {
        return complete(shell, &words, &environment);
    }
    match cli::parse(&words) {
        Ok(parsed) => run(parsed, words, &environment),
        Err(not_run) => do_not_run(not_run),
    }
}

/// Runs the command of a command line, and reports its failure.
#[expect(clippy::disallowed_methods, reason = "standard output of all commands is taken here")]
fn run(parsed: Parsed, words: Vec<OsString>, environment: &Environment) -> ExitCode {
    let log_of = environment.clone();
    panic::report_to(move |line| open_log(&log_of).line(line));
    let mut raw = PerhapsUnread(io::stdout());
    let mut printable = Printable(PerhapsUnread(io::stdout()));
    let Parsed { command, json } = parsed;
    let out: &mut dyn Write = if command.prints_as_it_is() { &mut raw } else { &mut printable };
    let out = &mut Output::new(out, json);
    let outcome = panic::catch(AssertUnwindSafe(|| run_command(command, words, environment, out)));
    match outcome.unwrap_or_else(|panicked| Err(panicked.into())) {
        Ok(code) => code,
        Err(Failure { error, code }) => {
            out.json_of_failure(ReportedError::of(&*error));
            report(&error.message());
            code
        }
    }
}

/// Prints what a shell's completion script requests. A failure is silent: a person is typing.
#[expect(clippy::disallowed_methods, reason = "no command prints it")]
fn complete(shell: &str, words: &[OsString], environment: &Environment) -> ExitCode {
    panic::report_to(|_| ());
    let provider = provider(environment, Log::open(None, None));
    let out = &mut PerhapsUnread(io::stdout());
    let outcome = panic::catch(|| completions::complete(shell, words, &provider, out));
    if matches!(outcome, Ok(Ok(()))) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints why no command is run: help, the version, or what is wrong with the command line.
#[expect(clippy::disallowed_methods, reason = "the command that would print it is not known")]
fn do_not_run(not_run: NotRun) -> ExitCode {
    let environment = Environment::of_process();
    let has_colours = Appearance::of(&environment, io::stderr().is_terminal()).has_colours();
    not_run.print(has_colours, &mut io::stderr());
    if not_run.is_wanted() {
        return ExitCode::SUCCESS;
    }
    let out = &mut PerhapsUnread(io::stdout());
    let error = ReportedError::new(Code::WrongUsage, not_run.message());
    Output::new(out, not_run.json).json_of_failure(error);
    ExitCode::from(WRONG_USAGE)
}

/// Why a command failed, and with which exit code the process ends.
struct Failure {
    error: Box<dyn Coded>,
    code: ExitCode,
}

impl<E: Coded + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let code =
            if is_of_command_line(error.code()) { WRONG_USAGE.into() } else { ExitCode::FAILURE };
        Self { error: Box::new(error), code }
    }
}

/// Whether a failure with this code comes from a value of the command line.
fn is_of_command_line(code: Code) -> bool {
    matches!(
        code,
        Code::WrongUsage
            | Code::InvalidOption
            | Code::UnknownKey
            | Code::InvalidValue
            | Code::EmptyRule
            | Code::SecretOnCommandLine
            | Code::NotCodeArtifact
            | Code::IncompleteUrl
            | Code::SourceNotFound
    )
}

#[expect(clippy::disallowed_methods, reason = "completion scripts name this executable")]
fn run_command(
    command: Command,
    words: Vec<OsString>,
    environment: &Environment,
    out: &mut Output<'_>,
) -> Result<ExitCode, Failure> {
    commands::owner::act_as(&command, environment, words.into_iter())?;
    let wait = |what_for: &str| wait_for(environment, what_for);
    match command {
        Command::Install(args) => commands::install::run(&args, environment, &wait, out)?,
        Command::Uninstall(args) => commands::uninstall::run(&args, environment, out)?,
        Command::Configure(args) => commands::configure::run(&args, environment, &announce, out)?,
        Command::Completions(args) => {
            completions::run(&args, &std::env::current_exe()?, out)?;
        }
        Command::Version => writeln!(out, "{} {}", base::PROGRAM, cli::VERSION)?,
        Command::Doctor(args) => return doctor(&args, environment, &wait, out),
        Command::Login(args) => {
            with_provider(environment, Overrides::default(), async |provider| {
                commands::login::run(&args, provider, out, &announce, &wait).await
            })?;
        }
        Command::Logout(args) => {
            with_provider(environment, Overrides::default(), async |provider| {
                commands::logout::run(&args, provider, &wait, out).await
            })?;
        }
        Command::Status(_) => {
            with_provider(environment, Overrides::default(), async |provider| {
                commands::status::run(provider, out)
            })?;
        }
        Command::Explain(args) => {
            with_provider(environment, args.identity.overrides(), async |provider| {
                commands::explain::run(&args, provider, out).await
            })?;
        }
        Command::Setup(args) => return setup(&args, environment, &wait, out),
        Command::Source(args) => with_provider(environment, args.overrides(), async |provider| {
            commands::source::run(&args, environment, provider, &wait, out).await
        })?,
        Command::Token(args) => {
            let fetched = fetch(&args.selection, environment).and_then(|fetched| {
                mask(environment, [&fetched.secret])?;
                Ok(fetched)
            });
            commands::token::run(&args, fetched, out)?;
        }
        Command::Exec(args) => return exec(&args, environment),
        Command::Scrub(args) => {
            let provider = provider(environment, open_log(environment));
            if commands::scrub::run(&args, environment, &provider, out)? == Outcome::Found {
                return Ok(ExitCode::from(CREDENTIALS_FOUND));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Fails with its exit code if a check failed. The findings were printed already.
#[expect(clippy::disallowed_methods, reason = "colours depend on where the output goes")]
fn doctor(
    args: &DoctorArgs,
    environment: &Environment,
    wait: Wait<'_>,
    out: &mut Output<'_>,
) -> Result<ExitCode, Failure> {
    let appearance = Appearance::of(environment, io::stdout().is_terminal());
    let outcome = with_provider(environment, args.identity.overrides(), async |provider| {
        commands::doctor::run(args, provider, appearance, wait, out).await
    })?;
    let failed = outcome == commands::doctor::Outcome::Failure;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Fails with its exit code if a restore would not work. The reasons were printed already.
#[expect(clippy::disallowed_methods, reason = "a person is asked at the terminal only")]
fn setup(
    args: &SetupArgs,
    environment: &Environment,
    wait: Wait<'_>,
    out: &mut Output<'_>,
) -> Result<ExitCode, Failure> {
    let is_ci = base::runtime_environment::ci(environment).is_some();
    let is_person = io::stdin().is_terminal() && io::stderr().is_terminal();
    let may_ask = is_person && !is_ci && !args.yes && !args.json;
    let log = open_log(environment);
    let surface = commands::setup::Surface {
        environment,
        log,
        person: Person { ask: may_ask.then_some(&ask), announce: &announce },
        wait,
        appearance: Appearance::of(environment, io::stdout().is_terminal()),
    };
    let is_ready = with_provider(environment, Overrides::default(), async |_| {
        Box::pin(commands::setup::run(args, surface, out)).await
    })?;
    Ok(if is_ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The answer in one line; none at the end of the input.
#[expect(clippy::disallowed_methods, reason = "questions are asked here, and nowhere else")]
fn ask(question: &str) -> Option<String> {
    let mut errors = io::stderr();
    write!(errors, "{question}").and_then(|()| errors.flush()).ok()?;
    let mut answer = String::new();
    let length = io::stdin().read_line(&mut answer).ok()?;
    (length > 0).then_some(answer)
}

/// Returns if the command was not started.
fn exec(args: &ExecArgs, environment: &Environment) -> Result<ExitCode, Failure> {
    let selection = &args.selection;
    let tokens = if selection.url.is_some() || selection.domain.is_some() {
        fetch(selection, environment)?.into()
    } else {
        let tokens = block_on(environment, selection.overrides(), async |provider| {
            let _waiting = wait_for(environment, "an answer");
            commands::exec::fetch(args, provider).await
        })??;
        tokens.map_err(not_started)?
    };
    mask(environment, tokens.secrets())?;
    for name in tokens.replaced(environment) {
        announce(&format!("note: `{name}` of this environment is replaced for the command"));
    }
    let Err(error) = commands::exec::run(&args.command, &tokens, environment);
    Err(not_started(error))
}

fn not_started(error: ExecError) -> Failure {
    let code = error.exit_code().into();
    Failure { error: Box::new(error), code }
}

/// Tokens are masked in the log of CI if the CI service supports it.
#[expect(clippy::disallowed_methods, reason = "CI is told of the token on standard error")]
fn mask<'a>(
    environment: &Environment,
    secrets: impl IntoIterator<Item = &'a Secret>,
) -> io::Result<()> {
    let mut secrets = secrets.into_iter();
    secrets.try_for_each(|secret| commands::mask::in_log(environment, secret, &mut io::stderr()))
}

/// The token that a command hands over.
fn fetch(selection: &SelectionArgs, environment: &Environment) -> Result<Fetched, SelectionError> {
    block_on(environment, selection.overrides(), async |provider| {
        let _waiting = wait_for(environment, "an answer");
        commands::selection::fetch(selection, provider).await
    })??
}

/// Shows a line on the terminal, if there is one, while a wait takes long.
#[expect(clippy::disallowed_methods, reason = "standard output is for results")]
fn wait_for(environment: &Environment, what_for: &str) -> Waiting {
    let errors = io::stderr();
    let can_show = errors.is_terminal() && !base::terminal::is_dumb(environment);
    Waiting::on(can_show.then(|| Box::new(errors) as Terminal), what_for)
}

/// Runs a command that needs tokens, with the options of the command line.
fn with_provider<T, E: Coded + 'static>(
    environment: &Environment,
    overrides: Overrides,
    command: impl AsyncFnOnce(&Provider) -> Result<T, E>,
) -> Result<T, Failure> {
    Ok(block_on(environment, overrides, command)???)
}

/// Fails if the system cannot provide a runtime. A panic is the inner error, so that a command with
/// `--json` still prints its object.
fn block_on<T>(
    environment: &Environment,
    overrides: Overrides,
    command: impl AsyncFnOnce(&Provider) -> T,
) -> io::Result<Result<T, Panicked>> {
    let provider = provider(environment, open_log(environment)).with_overrides(overrides);
    let runtime = runtime()?;
    let outcome = runtime.block_on(panic::catch_in(command(&provider)));
    // A host name that is still being resolved must not keep the process alive.
    runtime.shutdown_background();
    Ok(outcome)
}

#[expect(clippy::disallowed_methods, reason = "the one place that says why a command failed")]
fn report(message: &str) {
    // If nobody reads standard error, the exit code still reports the failure.
    let _ = writeln!(Printable(io::stderr()), "error: {message}");
}

/// Standard output has only a command's result; instructions for the user go to standard error.
#[expect(
    clippy::disallowed_methods,
    reason = "the user is asked here, and nowhere else in a command"
)]
fn announce(text: &str) {
    let _ = writeln!(Printable(io::stderr()), "{text}");
}

/// NuGet's `-Plugin`; clients differ in its casing.
fn is_plugin_switch(argument: &OsStr) -> bool {
    argument.eq_ignore_ascii_case("-plugin")
}

/// Serves NuGet until it leaves. The streams are taken before anything else runs, and nothing is
/// written to standard error, because NuGet shows it to the user.
fn run_plugin() -> ExitCode {
    base::system::outlive_file_limit();
    let (input, output) = match base::system::take_standard_streams() {
        Ok(streams) => streams,
        Err(error) => return cannot_begin(&error),
    };
    let environment = Environment::of_process();
    let log = open_log(&environment);
    let panics = log.clone();
    // NuGet shows standard error.
    panic::report_to(move |line| panics.line(line));
    log.line(format_args!("{} {} started", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")));
    let provider = provider(&environment, log.clone()).renewing_behind();
    let credentials = Arc::new(plugin::Credentials::new(provider, log.clone()));
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return cannot_begin(&error),
    };
    let conversation = || runtime.block_on(plugin::serve(input, output, credentials, log));
    let outcome = panic::catch(conversation);
    // A host name that is still being resolved must not keep the process alive.
    runtime.shutdown_background();
    match outcome {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(_)) => cannot_begin(&io::Error::other(NO_MORE_THREADS)),
        Err(Panicked) => ExitCode::FAILURE,
    }
}

/// There is no conversation in which to say it. NuGet shows standard error with its own line.
fn cannot_begin(error: &io::Error) -> ExitCode {
    let detail = scarcity(error).map_or_else(|| error.to_string(), str::to_owned);
    report(&format!("[{}] {} cannot talk to NuGet: {detail}", error.code(), base::PROGRAM));
    ExitCode::FAILURE
}

fn open_log(environment: &Environment) -> Log {
    let (ours, aws_provider) = settings::log_files(environment);
    Log::open(ours, aws_provider)
}

fn provider(environment: &Environment, log: Log) -> Provider {
    let locations = Locations::of(environment);
    Provider::new(environment.clone(), locations, log)
}

/// A thread that read the trusted certificates serves the later look-ups of names: where the system gives
/// no further one, the runtime would panic.
const KEEP_ALIVE: Duration = Duration::from_hours(1);

/// One thread is enough, because all that takes long here is waiting.
fn runtime() -> io::Result<Runtime> {
    let build = || Builder::new_current_thread().enable_all().thread_keep_alive(KEEP_ALIVE).build();
    // It panics where the system gives it no pair of sockets for signals.
    panic::catch(build).unwrap_or_else(|Panicked| Err(io::Error::other(TOO_MANY_FILES)))
}
