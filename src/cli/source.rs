//! `source` and its commands.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::IdentityArgs;
use super::help::{EXIT_CODES, Page, example};
use crate::settings::Overrides;

/// Arguments of `source`.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct SourceArgs {
    #[command(subcommand)]
    pub command: SourceCommand,
}

impl SourceArgs {
    /// The settings that the options replace.
    pub fn overrides(&self) -> Overrides {
        match &self.command {
            SourceCommand::Add(args) => args.identity.overrides(),
            SourceCommand::List(_) | SourceCommand::Remove(_) => Overrides::default(),
            SourceCommand::Check(args) => args.identity.overrides(),
        }
    }
}

/// One command each.
#[derive(Debug, Subcommand)]
pub enum SourceCommand {
    /// Add a source to NuGet.Config
    Add(SourceAddArgs),
    /// Remove a source from NuGet.Config
    Remove(SourceRemoveArgs),
    /// List the sources that NuGet uses in this folder
    List(SourceListArgs),
    /// Request the index of sources, with a token
    Check(SourceCheckArgs),
}

const ADD: Page = Page {
    examples: &[
        example(
            "With the repository's URL, with or without v3/index.json",
            "{} source add https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo",
        ),
        example(
            "With the repository's name; its URL is looked up with AWS",
            "{} source add --domain my-domain --domain-owner 111122223333 --region eu-west-1 --repository my-repo",
        ),
        example(
            "In the repository's own NuGet.Config, under another name",
            "{} source add --name packages --configfile nuget.config https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/packages",
        ),
    ],
    notes: &[
        "Only the source's line is added: the rest of the file stays as it is, byte for byte.",
        "The look-up needs the permission codeartifact:GetRepositoryEndpoint. A URL needs no network \
         request.",
    ],
    exit_codes: "0 added, or there already; 1 failed; 2 wrong usage",
};

/// Arguments of `source add`.
#[derive(Debug, Args)]
#[command(add = ADD)]
pub struct SourceAddArgs {
    /// The repository's URL, with or without `v3/index.json`
    #[arg(required_unless_present = "domain", conflicts_with = "domain")]
    pub url: Option<String>,

    /// The domain's name
    #[arg(long, requires_all = ["domain_owner", "region", "repository"])]
    pub domain: Option<String>,

    /// The account that owns the domain
    #[arg(long, value_name = "ACCOUNT", requires = "domain")]
    pub domain_owner: Option<String>,

    /// The domain's region
    #[arg(long, requires = "domain")]
    pub region: Option<String>,

    /// The repository's name
    #[arg(long, requires = "domain")]
    pub repository: Option<String>,

    /// The kind of endpoint to look up. Default: ipv4
    #[arg(long, value_name = "TYPE", requires = "domain")]
    pub endpoint_type: Option<EndpointKind>,

    /// The source's name. Default: DOMAIN/REPOSITORY, as `aws codeartifact login` names it
    #[arg(long)]
    pub name: Option<String>,

    /// The NuGet.Config to change or create. Default: the file that `dotnet nuget add source`
    /// changes, which is the nearest one that clears the sources, or else the user's
    #[arg(long, value_name = "FILE")]
    pub configfile: Option<PathBuf>,

    #[command(flatten)]
    pub identity: IdentityArgs,

    /// Print one JSON object instead of text
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

const REMOVE: Page = Page {
    examples: &[example("By name, or by URL", "{} source remove my-repo")],
    notes: &[
        "Removes the source's line, and what the same file has for it: saved passwords, package source          mapping and the entry that disables it. The rest of the file stays as it is, byte for byte.",
    ],
    exit_codes: EXIT_CODES,
};

/// Arguments of `source remove`.
#[derive(Debug, Args)]
#[command(add = REMOVE)]
pub struct SourceRemoveArgs {
    /// Name or URL of the source
    #[arg(value_name = "SOURCE")]
    pub source: String,

    /// Change this NuGet.Config only. Default: every one that has the source
    #[arg(long, value_name = "FILE")]
    pub configfile: Option<PathBuf>,

    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

const LIST: Page = Page {
    examples: &[
        example("For people", "{} source list"),
        example("For scripts", "{} source list --json"),
    ],
    notes: &[
        "Reads every NuGet.Config that NuGet reads in this folder, also the user's and the machine's.",
    ],
    exit_codes: EXIT_CODES,
};

/// Arguments of `source list`.
#[derive(Debug, Args)]
#[command(add = LIST)]
pub struct SourceListArgs {
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

const CHECK: Page = Page {
    examples: &[
        example(
            "Every enabled CodeArtifact source that NuGet uses in this folder",
            "{} source check",
        ),
        example("One source", "{} source check my-repo"),
    ],
    notes: &["Requests a token as a restore does, and with it the source's index."],
    exit_codes: "0 every source responds, 1 at least one does not, 2 wrong usage",
};

/// Arguments of `source check`.
#[derive(Debug, Args)]
#[command(add = CHECK)]
pub struct SourceCheckArgs {
    /// Name or URL of a source. Default: all CodeArtifact sources that NuGet uses in this folder
    #[arg(value_name = "SOURCE")]
    pub source: Option<String>,

    #[command(flatten)]
    pub identity: IdentityArgs,

    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}
