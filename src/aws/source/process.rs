//! `credential_process`: a program that prints AWS credentials.
//!
//! It is run as the AWS CLI runs it: split into words, without a shell. Its input is the null
//! device, and neither its output nor its errors reach this process's streams. The program and its
//! children are ended if they take too long, if they prompt on the terminal, when nothing waits for
//! them any more, and when this process is killed.

use std::process::{ExitStatus, Stdio};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use serde::Deserialize;
use serde_json::Value;
use tokio::io::{self, AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

use super::Loader;
use super::selectors::{Selectors, digest};
use super::usable::Names;
use crate::aws::AwsError;
use crate::aws::files::Profile;
use crate::base::environment::Environment;
use crate::base::foreign_time::{self, NoTime};
use crate::base::process_group::ProcessGroup;
use crate::base::secret::Secret;
use crate::base::shell_words;
use crate::base::system;
use crate::base::text::excerpt;

pub(super) const DESCRIPTION: &str = "what its `credential_process` prints";

/// Longer output is not kept in memory: credentials are a few kilobytes.
const LONGEST_OUTPUT: u64 = 1 << 20;

/// How often to check whether the program waits for a terminal.
const LOOK: Duration = Duration::from_millis(100);

/// Why there are no credentials. The text reads after "… gave no AWS credentials: ".
#[derive(Debug, thiserror::Error)]
enum ProcessError {
    #[error("a quote in `credential_process` is not closed")]
    NoCommand,
    #[error("the program `{program}` does not exist")]
    Missing { program: String },
    #[error(
        "the program `{program}` is not in PATH, which may differ from that of your shell; write its whole path"
    )]
    NotFound { program: String },
    #[error("`{program}` cannot be started ({why})")]
    NotStarted { program: String, why: String },
    #[error("`{program}` asks for input, which is not possible here")]
    AsksOnTerminal { program: String },
    #[error("`{program}` ended with {outcome}{said}")]
    Failed { program: String, outcome: String, said: String },
    #[error("`credential_process` is empty")]
    Empty,
    #[error("`{program}` did not print JSON with `Version` 1, `AccessKeyId` and `SecretAccessKey`")]
    Nonsense { program: String },
    #[error("the JSON that `{program}` printed has no `{key}`")]
    Lacks { program: String, key: &'static str },
    #[error("the JSON that `{program}` printed has `Version` {version}, not 1")]
    Version { program: String, version: String },
    #[error("the JSON that `{program}` printed has an `Expiration` that {why}")]
    Expiration { program: String, why: &'static str },
    #[error("the credentials that `{program}` printed have expired")]
    Expired { program: String },
}

/// The JSON that the program prints.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    version: Option<Value>,
    access_key_id: Option<String>,
    secret_access_key: Option<Secret>,
    session_token: Option<Secret>,
    expiration: Option<Value>,
}

pub(super) fn find(profile: &Profile) -> Option<Secret> {
    profile.get("credential_process").map(Secret::new)
}

/// The command as it is written. The identity that it yields cannot be seen from here.
pub(super) fn add_to(command: &Secret, selectors: &mut Selectors<'_>) {
    selectors.add("process", &digest(command.expose()));
    selectors.is_visible = false;
}

pub(super) async fn load(command: &Secret, loader: &Loader<'_>) -> Result<Credentials, AwsError> {
    let printed = credentials(command, loader.environment, loader.now).await;
    printed.map_err(|error| {
        let detail = loader.client.without_secrets(&error.to_string());
        loader.caller.source_failed(detail)
    })
}

pub(super) fn names() -> Names {
    let keys = ["AccessKeyId", "SecretAccessKey", "SessionToken"];
    Names::in_json(keys, "in the output of `credential_process`")
}

/// Runs the command and reads what it prints. The caller has a time limit.
async fn credentials(
    command: &Secret,
    environment: &Environment,
    now: SystemTime,
) -> Result<Credentials, ProcessError> {
    let words = shell_words::split(command.expose()).ok_or(ProcessError::NoCommand)?;
    let named = words.split_first().filter(|(program, _)| !program.is_empty());
    let (program, arguments) = named.ok_or(ProcessError::Empty)?;
    let (child, group) = start(program, arguments, environment)?;
    let program = excerpt(program);
    let ended = run_to_end(child, group).await;
    let ended = ended.map_err(|error| ProcessError::NotStarted {
        program: program.clone(),
        why: error.to_string(),
    })?;
    let Some((status, output, errors)) = ended else {
        return Err(ProcessError::AsksOnTerminal { program });
    };
    if !status.success() {
        return Err(failed(program, status, &errors));
    }
    read(program, &output, now)
}

fn start(
    program: &str,
    arguments: &[String],
    environment: &Environment,
) -> Result<(Child, ProcessGroup), ProcessError> {
    // A relative folder of PATH is another one in each repository, so it is not searched.
    let is_path = program.contains(['/', '\\']);
    let found = if is_path { Some(program.into()) } else { environment.program(program) };
    let Some(found) = found else {
        return Err(ProcessError::NotFound { program: excerpt(program) });
    };
    let mut command = Command::new(found);
    command
        .args(arguments)
        .stdin(system::null_input())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let group = ProcessGroup::prepare(&mut command);
    let child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound if is_path => ProcessError::Missing { program: excerpt(program) },
        _ => ProcessError::NotStarted { program: excerpt(program), why: error.to_string() },
    })?;
    let group = group.with(&child);
    Ok((child, group))
}

/// Its exit status, its output and its errors. None if it waits for a terminal.
async fn run_to_end(
    mut child: Child,
    process_group: ProcessGroup,
) -> io::Result<Option<(ExitStatus, Vec<u8>, Vec<u8>)>> {
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    let all = async { tokio::try_join!(child.wait(), read_start(output), read_start(errors)) };
    tokio::pin!(all);
    loop {
        match tokio::time::timeout(LOOK, &mut all).await {
            Ok(ended) => {
                process_group.let_go();
                return ended.map(Some);
            }
            Err(_) if process_group.has_stopped() => return Ok(None),
            Err(_) => {}
        }
    }
}

/// The beginning of a stream. The rest is read too, because a full pipe would block the program.
async fn read_start(stream: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    if let Some(mut stream) = stream {
        (&mut stream).take(LONGEST_OUTPUT).read_to_end(&mut start).await?;
        io::copy(&mut stream, &mut io::sink()).await?;
    }
    Ok(start)
}

fn failed(program: String, status: ExitStatus, errors: &[u8]) -> ProcessError {
    let errors = String::from_utf8_lossy(errors);
    // The last line: the lines before it are a stack trace or a usage hint.
    let last = errors.lines().map(excerpt).rfind(|line| !line.is_empty());
    ProcessError::Failed {
        program,
        outcome: status.to_string().replacen(": ", " ", 1),
        said: last.map(|line| format!(": {line}")).unwrap_or_default(),
    }
}

fn read(program: String, output: &[u8], now: SystemTime) -> Result<Credentials, ProcessError> {
    // Programs of .NET may begin with a byte order mark.
    let json = output.strip_prefix(b"\xef\xbb\xbf").unwrap_or(output);
    let Ok(printed) = serde_json::from_slice::<Printed>(json) else {
        return Err(ProcessError::Nonsense { program });
    };
    match printed.version {
        None => return Err(ProcessError::Lacks { program, key: "Version" }),
        Some(version) if version.as_f64() != Some(1.0) => {
            return Err(ProcessError::Version { program, version: excerpt(&version.to_string()) });
        }
        Some(_) => {}
    }
    let Some(id) = printed.access_key_id else {
        return Err(ProcessError::Lacks { program, key: "AccessKeyId" });
    };
    let Some(secret) = printed.secret_access_key else {
        return Err(ProcessError::Lacks { program, key: "SecretAccessKey" });
    };
    let expiration = match printed.expiration.as_ref().map(time_of).transpose() {
        Ok(Some(expiration)) if expiration <= now => return Err(ProcessError::Expired { program }),
        Ok(expiration) => expiration,
        Err(why) => return Err(ProcessError::Expiration { program, why }),
    };
    let token = printed.session_token.map(|token| token.expose().to_owned());
    Ok(Credentials::new(id, secret.expose(), token, expiration, "process"))
}

fn time_of(expiration: &Value) -> Result<SystemTime, &'static str> {
    match expiration {
        Value::String(text) => foreign_time::parse(text).map_err(NoTime::why),
        Value::Number(_) => Err("is a number, not a date and time as text"),
        _ => Err("is not a date and time as text"),
    }
}
