//! `source` and its commands.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::IdentityArgs;
use crate::settings::Overrides;

/// Arguments of `source`.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct SourceArgs {
    /// What to do with sources
    #[command(subcommand)]
    pub command: SourceCommand,
}

impl SourceArgs {
    /// What is chosen in the place of the settings.
    pub fn overrides(&self) -> Overrides {
        match &self.command {
            SourceCommand::Add(args) => args.identity.overrides(),
            SourceCommand::List(_) => Overrides::default(),
            SourceCommand::Check(args) => args.identity.overrides(),
        }
    }
}

/// One command each.
#[derive(Debug, Subcommand)]
pub enum SourceCommand {
    /// Add a source to NuGet.Config, with its URL and nothing else
    Add(SourceAddArgs),
    /// List the sources that NuGet uses in this folder
    List(SourceListArgs),
    /// Ask sources for their index, with a token
    Check(SourceCheckArgs),
}

const SOURCE_ADD_EXAMPLES: &str = "\
Examples:
  nuget-plugin-codeartifact source add https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo
  nuget-plugin-codeartifact source add --domain my-domain --domain-owner 111122223333 --region eu-west-1 --repository my-repo
  nuget-plugin-codeartifact source add <URL> --name my-repo --configfile nuget.config

The names are looked up with AWS (`codeartifact:GetRepositoryEndpoint`); a URL asks nobody. The rest of the
file stays as it is, byte for byte. A source that is there already is no error, unless its name has another
URL, or its URL another name than `--name`.

With `--json`: `added` (false where it was there), `name`, `url`, `file`, `domain`, `owner`, `region`,
`repository` and `notes`, on what keeps NuGet from asking it.

Exit codes: 0 added, or there already; 1 failed (one line on standard error says why); 2 wrong usage";

/// Arguments of `source add`.
#[derive(Debug, Args)]
#[command(after_help = SOURCE_ADD_EXAMPLES)]
pub struct SourceAddArgs {
    /// The repository's URL, with or without `v3/index.json`
    #[arg(required_unless_present = "domain", conflicts_with = "domain")]
    pub url: Option<String>,

    /// The domain's name
    #[arg(long, requires_all = ["domain_owner", "region", "repository"])]
    pub domain: Option<String>,

    /// The account that owns the domain, twelve digits
    #[arg(long, value_name = "ACCOUNT", requires = "domain")]
    pub domain_owner: Option<String>,

    /// The domain's region
    #[arg(long, requires = "domain")]
    pub region: Option<String>,

    /// The repository's name
    #[arg(long, requires = "domain")]
    pub repository: Option<String>,

    /// Which endpoint to look up; `ipv4` where this is not given
    #[arg(long, value_name = "TYPE", requires = "domain")]
    pub endpoint_type: Option<EndpointKind>,

    /// The source's name; `DOMAIN/REPOSITORY` where this is not given, as `aws codeartifact login` has it
    #[arg(long)]
    pub name: Option<String>,

    /// The NuGet.Config to change, made where it is missing; where this is not given, the one that
    /// `dotnet nuget add source` changes: the nearest that clears the sources, else the user's
    #[arg(long, value_name = "FILE")]
    pub configfile: Option<PathBuf>,

    #[command(flatten)]
    pub identity: IdentityArgs,

    /// Print one JSON object instead of text; of a failure it has `error`
    #[arg(long)]
    pub json: bool,
}

/// A repository's kinds of URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EndpointKind {
    /// `….d.codeartifact.….amazonaws.com`
    Ipv4,
    /// `….codeartifact.….on.aws`, for IPv6 as well
    Dualstack,
}

const SOURCE_LIST_EXAMPLES: &str = "\
Examples:
  nuget-plugin-codeartifact source list
  nuget-plugin-codeartifact source list --json

All layers of NuGet.Config count, from this folder up to the user's and the machine's. With `--json`:
`sources` and `audit_sources` with `name`, `url`, `enabled`, `file`, `line`, `layer`, `patterns`, `codeartifact`
(`domain`, `owner`, `region`, `repository`, or null), `saved_credentials` (`file` or `variable`, or null)
and `problem`, and `warnings`.

Exit codes: 0 listed; 1 failed (one line on standard error says why); 2 wrong usage";

/// Arguments of `source list`.
#[derive(Debug, Args)]
#[command(after_help = SOURCE_LIST_EXAMPLES)]
pub struct SourceListArgs {
    /// Print one JSON object instead of text; of a failure it has `error`
    #[arg(long)]
    pub json: bool,
}

const SOURCE_CHECK_EXAMPLES: &str = "\
Examples:
  nuget-plugin-codeartifact source check             every enabled CodeArtifact source of this folder
  nuget-plugin-codeartifact source check my-repo     the source of this name, or with this URL

A token is fetched as for a restore, and sent only where the plugin would send it; no redirect is followed.
With `--json`: `sources` with `name`, `url`, `status`, `identity` and `problem`, which is null where all is well.

Exit codes: 0 every source answers; 1 one does not (its line says why); 2 wrong usage";

/// Arguments of `source check`.
#[derive(Debug, Args)]
#[command(after_help = SOURCE_CHECK_EXAMPLES)]
pub struct SourceCheckArgs {
    /// A source's name or URL
    #[arg(value_name = "NAME|URL")]
    pub source: Option<String>,

    #[command(flatten)]
    pub identity: IdentityArgs,

    /// Print one JSON object instead of text; of a failure it has `error`
    #[arg(long)]
    pub json: bool,
}
