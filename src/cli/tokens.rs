//! The arguments of the commands that hand a token over.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::IdentityArgs;
use crate::settings::{Duration, Overrides};

/// Which token, and by whom it is asked for; named as in the AWS CLI.
#[derive(Debug, Args)]
pub struct SelectionArgs {
    /// The source's URL
    #[arg(conflicts_with = "domain")]
    pub url: Option<String>,

    /// The domain's name
    #[arg(long, requires_all = ["domain_owner", "region"])]
    pub domain: Option<String>,

    /// The account that owns the domain, twelve digits
    #[arg(long, value_name = "ACCOUNT", requires = "domain")]
    pub domain_owner: Option<String>,

    /// The domain's region
    #[arg(long, requires = "domain")]
    pub region: Option<String>,

    /// The repository, which a rule of the configuration may match; the token serves all of the domain
    #[arg(long, requires = "domain")]
    pub repository: Option<String>,

    #[command(flatten)]
    pub identity: IdentityArgs,

    /// How long the token is to live: 0 (as long as the role's session) or 900 to 43200
    #[arg(long, value_name = "N", value_parser = duration)]
    pub duration_seconds: Option<Duration>,
}

impl SelectionArgs {
    /// What is chosen in the place of the settings.
    pub fn overrides(&self) -> Overrides {
        Overrides { duration: self.duration_seconds, ..self.identity.overrides() }
    }
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    text.parse::<i64>().map_err(|_| Duration::EXPECTED).and_then(Duration::try_from)
}

const TOKEN_EXAMPLES: &str = "\
Examples:
  nuget-plugin-codeartifact token https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json
  nuget-plugin-codeartifact token --domain my-domain --domain-owner 111122223333 --region eu-west-1 --profile dev

  sh:          eval \"$(nuget-plugin-codeartifact token --format sh …)\"
  PowerShell:  nuget-plugin-codeartifact token --format powershell … | Invoke-Expression
  cmd:         for /f \"delims=\" %i in ('nuget-plugin-codeartifact token --format cmd …') do @%i
  Docker:      nuget-plugin-codeartifact token --output token.json …
               docker build --secret id=codeartifact_token,src=token.json .

JSON: authorizationToken, expiration (as in 2026-11-23T10:00:00Z), domain, owner, region. With `--output`
it goes to the file, and --json prints it without the token and with `output`. Of a failure it has `error`.

On GitHub Actions the token is masked in the log: the runner is told on standard error, which it reads
as well, so that what a script captures is the token alone. Leave standard error uncaptured there.

It is always one that AWS issued, never the one in CODEARTIFACT_AUTH_TOKEN, which is renewed so.
The token is a password: keep it out of command lines and logs.
Exit codes: 0 done, 1 failed (one line on standard error says why), 2 wrong usage";

/// Arguments of `token`.
#[derive(Debug, Args)]
#[command(after_help = TOKEN_EXAMPLES)]
#[command(mut_arg("url", |url| url.required_unless_present("domain")))]
pub struct TokenArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,

    /// The token alone, JSON, or a line that sets `CODEARTIFACT_AUTH_TOKEN` in a shell
    #[arg(long, value_enum, default_value_t = TokenFormat::Raw, hide_default_value = true)]
    pub format: TokenFormat,

    /// Print the result as one JSON object
    #[arg(long, conflicts_with = "format")]
    pub json: bool,

    /// Write it into this file, which only you can read, as `CODEARTIFACT_AUTH_TOKEN_FILE` wants it;
    /// nothing secret is printed then
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

const EXEC_EXAMPLES: &str = "\
Examples:
  nuget-plugin-codeartifact exec -- dotnet restore                  all CodeArtifact sources of this folder
  nuget-plugin-codeartifact exec --source my-repo -- dotnet restore
  nuget-plugin-codeartifact exec https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json -- renovate
  nuget-plugin-codeartifact exec --domain my-domain --domain-owner 111122223333 --region eu-west-1 -- make restore

Without a URL and without a domain, the command gets tokens for the enabled CodeArtifact sources that NuGet uses
in this folder, or for those of `--source`: what the plugin would give NuGet for them. Each is in
NuGetPackageSourceCredentials_NAME, where NuGet looks before NuGet.Config and before it starts a plugin. If one
of them gets no token, the command is not started. A shell passes on what it takes for a name: dash (`sh` of
Debian and Ubuntu), and `make` with it, drop those of sources that are named otherwise than by letters, digits
and `_`; bash does not.

If it is one token, or with a URL or a domain, the command finds it in CODEARTIFACT_AUTH_TOKEN, and what this
shell has in CODEARTIFACT_AUTH_TOKEN_FILE is kept from it.

The command and all that it starts can read the tokens, and use them until they expire; they are in no file and
on no command line.

Exit codes: the command's; 1 there is no token, 2 wrong usage, or no such source, 126 the command cannot be
started, 127 it was not found";

/// Arguments of `exec`.
#[derive(Debug, Args)]
#[command(after_help = EXEC_EXAMPLES)]
pub struct ExecArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,

    /// A source of NuGet.Config, by its name or URL; may be given several times
    #[arg(long, value_name = "NAME|URL", conflicts_with_all = ["url", "domain"])]
    pub source: Vec<String>,

    /// The only NuGet.Config to read, as `--configfile` of `dotnet restore`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "domain"])]
    pub configfile: Option<PathBuf>,

    /// The command and its arguments
    #[arg(last = true, required = true)]
    pub command: Vec<OsString>,
}
