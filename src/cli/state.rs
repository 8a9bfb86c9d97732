//! `explain`, `status` and `logout`.

use clap::Args;

use super::IdentityArgs;
use super::help::{EXIT_CODES, Page, example};

const EXPLAIN: Page = Page {
    examples: &[
        example(
            "What a restore would use for a source",
            "{} explain https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json",
        ),
        example(
            "The same with another profile, for a script",
            "{} explain --profile dev --json https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json",
        ),
    ],
    notes: &["Makes no network requests and shows no secrets."],
    exit_codes: "0 a restore can request a token, or has one in the cache; 1 it cannot; 2 wrong usage",
};

/// Arguments of `explain`.
#[derive(Debug, Args)]
#[command(add = EXPLAIN)]
pub struct ExplainArgs {
    /// Name or URL of a source. Default: the only CodeArtifact source that NuGet uses in this folder
    #[arg(value_name = "SOURCE")]
    pub url: Option<String>,

    #[command(flatten)]
    pub identity: IdentityArgs,

    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

const STATUS: Page = Page {
    examples: &[example("For people", "{} status"), example("For scripts", "{} status --json")],
    notes: &["Makes no network requests and shows no tokens."],
    exit_codes: "0 done, 1 something cannot be read, 2 wrong usage",
};

/// Arguments of `status`.
#[derive(Debug, Default, Args)]
#[command(add = STATUS)]
pub struct StatusArgs {
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

const LOGOUT: Page = Page {
    examples: &[
        example("Delete all cached tokens", "{} logout"),
        example("Delete the cached tokens of one domain", "{} logout --domain my-domain"),
        example(
            "Also sign out of AWS, with the profile of AWS_PROFILE or `default`",
            "{} logout --sso",
        ),
        example("Also sign out of AWS, with another profile", "{} logout --sso --profile dev"),
    ],
    notes: &[
        "Also deletes the records of refused provided tokens and of unanswered sign-in prompts, so that \
         both are tried again.",
        "The sign-in is shared: `--sso` also signs out the AWS CLI and all SDKs. A client that is running \
         keeps its tokens until it ends, and AWS accepts an issued token until it expires.",
    ],
    exit_codes: EXIT_CODES,
};

/// Arguments of `logout`.
#[derive(Debug, Default, Args)]
#[command(add = LOGOUT)]
pub struct LogoutArgs {
    /// Delete only the tokens of this domain
    #[arg(long)]
    pub domain: Option<String>,

    /// Delete only tokens of domains of this account
    #[arg(long, value_name = "ACCOUNT", requires = "domain")]
    pub domain_owner: Option<String>,

    /// Delete only tokens of domains in this region
    #[arg(long, requires = "domain")]
    pub region: Option<String>,

    /// Also sign out of AWS: the plugin, the AWS CLI and all SDKs
    #[arg(long)]
    pub sso: bool,

    /// Sign out of the IAM Identity Center session of this profile
    #[arg(long, value_name = "NAME", requires = "sso")]
    pub profile: Option<String>,

    /// Sign out of this `sso-session` of ~/.aws/config
    #[arg(long, value_name = "NAME", requires = "sso", conflicts_with = "profile")]
    pub sso_session: Option<String>,

    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}
