//! The arguments of `token` and `exec`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::IdentityArgs;
use super::help::{EXIT_CODES, Page, example};
use crate::settings::{Duration, Overrides};

/// Which token, and with which identity; named as in the AWS CLI.
#[derive(Debug, Args)]
pub struct SelectionArgs {
    /// The source's URL
    #[arg(conflicts_with = "domain")]
    pub url: Option<String>,

    /// The domain's name
    #[arg(long, requires_all = ["domain_owner", "region"])]
    pub domain: Option<String>,

    /// The account that owns the domain
    #[arg(long, value_name = "ACCOUNT", requires = "domain")]
    pub domain_owner: Option<String>,

    /// The domain's region
    #[arg(long, requires = "domain")]
    pub region: Option<String>,

    /// The repository, for rules that match repositories. The token is for the whole domain
    #[arg(long, requires = "domain")]
    pub repository: Option<String>,

    #[command(flatten)]
    pub identity: IdentityArgs,

    /// Validity of the token: 900 to 43200 seconds, or 0 for as long as the role's session
    #[arg(long, value_name = "SECONDS", value_parser = duration)]
    pub duration_seconds: Option<Duration>,
}

impl SelectionArgs {
    /// The settings that the options replace.
    pub fn overrides(&self) -> Overrides {
        Overrides { duration: self.duration_seconds, ..self.identity.overrides() }
    }
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    text.parse::<i64>().map_err(|_| Duration::EXPECTED).and_then(Duration::try_from)
}

const TOKEN: Page = Page {
    examples: &[
        example(
            "For a source",
            "{} token https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json",
        ),
        example(
            "For a domain, with another profile",
            "{} token --domain my-domain --domain-owner 111122223333 --region eu-west-1 --profile dev",
        ),
        example(
            "In a shell's CODEARTIFACT_AUTH_TOKEN",
            "eval \"$({} token --format sh --domain my-domain --domain-owner 111122223333 --region eu-west-1)\"",
        ),
        example(
            "In PowerShell's CODEARTIFACT_AUTH_TOKEN",
            "{} token --format powershell --domain my-domain --domain-owner 111122223333 --region eu-west-1 | Invoke-Expression",
        ),
        example(
            "In a file for this user only, as CODEARTIFACT_AUTH_TOKEN_FILE and build secrets need it",
            "{} token --output token.json --domain my-domain --domain-owner 111122223333 --region eu-west-1",
        ),
    ],
    notes: &[
        "`--format json` prints the JSON of `aws codeartifact get-authorization-token`, and the domain. \
         `--json` prints the same as the `result` of the object that all commands print.",
        "The token is always one that AWS issued, never the one in CODEARTIFACT_AUTH_TOKEN. It is a \
         password: keep it out of command lines and logs. On GitHub Actions it is masked in the log; the \
         command for that goes to standard error, so do not capture that.",
    ],
    exit_codes: EXIT_CODES,
};

/// Arguments of `token`.
#[derive(Debug, Args)]
#[command(add = TOKEN)]
pub struct TokenArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,

    /// The token alone, JSON, or a line that sets `CODEARTIFACT_AUTH_TOKEN` in a shell
    #[arg(long, value_enum, default_value_t = TokenFormat::Raw, hide_default_value = true)]
    pub format: TokenFormat,

    /// Print one JSON object instead of text
    #[arg(long, conflicts_with = "format")]
    pub json: bool,

    /// Write the token to this file, readable for this user only, instead of printing it
    #[arg(long, value_name = "FILE", conflicts_with = "format")]
    pub output: Option<PathBuf>,
}

/// How a token is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TokenFormat {
    Raw,
    Json,
    Sh,
    Powershell,
    Cmd,
}

const EXEC: Page = Page {
    examples: &[
        example(
            "With tokens for all CodeArtifact sources that NuGet uses in this folder",
            "{} exec -- dotnet restore",
        ),
        example("With a token for one source", "{} exec --source my-repo -- dotnet restore"),
        example(
            "With the token of a domain in CODEARTIFACT_AUTH_TOKEN",
            "{} exec --domain my-domain --domain-owner 111122223333 --region eu-west-1 -- make restore",
        ),
    ],
    notes: &[
        "The command finds the token of each source in the variable NuGetPackageSourceCredentials_NAME, which \
         NuGet reads before NuGet.Config and before it starts a plugin. If one source gets no token, the \
         command is not started. Some shells (dash, and `make` with it) do not pass on a variable whose \
         source has other characters than letters, digits and `_` in its name.",
        "If there is one token only, or with a URL or a domain, the command also finds it in \
         CODEARTIFACT_AUTH_TOKEN.",
        "The command, and all that it starts, can read the tokens. They are in no file and on no command \
         line.",
    ],
    exit_codes: "those of the command; 1 no token; 2 wrong usage, or no such source; 126 the command cannot \
                 be started; 127 it was not found",
};

/// Arguments of `exec`.
#[derive(Debug, Args)]
#[command(add = EXEC)]
pub struct ExecArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,

    /// Name or URL of a source of NuGet.Config. Can be repeated
    #[arg(long, value_name = "SOURCE", conflicts_with_all = ["url", "domain"])]
    pub source: Vec<String>,

    /// Read this NuGet.Config only, as `--configfile` of `dotnet restore`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "domain"])]
    pub configfile: Option<PathBuf>,

    /// The command and its arguments
    #[arg(last = true, required = true)]
    pub command: Vec<OsString>,
}
