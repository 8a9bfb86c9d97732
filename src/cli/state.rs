//! `explain`, `status` and `logout`: what holds, what there is, and how to be rid of it.

use clap::Args;

use super::IdentityArgs;

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  nuget-plugin-codeartifact explain https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json
  nuget-plugin-codeartifact explain URL --profile dev   what would hold by another profile
  nuget-plugin-codeartifact explain --json URL   for scripts: an object with `schema` 1

Nothing is asked of AWS or of the source, and no secret is shown.

Exit codes: 0 a token can be asked for, or is there, 1 not: standard error says why, and all the rest
is shown; 2 wrong usage";

/// Arguments of `explain`.
#[derive(Debug, Args)]
#[command(after_help = EXPLAIN_EXAMPLES)]
pub struct ExplainArgs {
    /// The source's URL
    pub url: String,

    #[command(flatten)]
    pub identity: IdentityArgs,

    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

const STATUS_EXAMPLES: &str = "\
Examples:
  nuget-plugin-codeartifact status
  nuget-plugin-codeartifact status --json   for scripts: an object with `schema` 1

Nothing is asked of AWS, and no token is shown.

Exit codes: 0 shown, 1 something cannot be read (its row says so), 2 wrong usage";

/// Arguments of `status`.
#[derive(Debug, Default, Args)]
#[command(after_help = STATUS_EXAMPLES)]
pub struct StatusArgs {
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

const LOGOUT_EXAMPLES: &str = "\
Examples:
  nuget-plugin-codeartifact logout                      all cached tokens
  nuget-plugin-codeartifact logout --domain my-domain   those of one domain
  nuget-plugin-codeartifact logout --sso                those, and the sign-in of AWS_PROFILE, or `default`
  nuget-plugin-codeartifact logout --sso --profile dev

It also forgets which given tokens were refused, and that a sign-in did not come about, so that both
are tried again. The sign-in is shared: `--sso` signs out the AWS CLI and all SDKs as well. A client
that runs keeps the tokens it has in memory until it ends, and AWS accepts a token that somebody has
until it expires.

Exit codes: 0 done, also where there was nothing, 1 failed, 2 wrong usage";

/// Arguments of `logout`.
#[derive(Debug, Default, Args)]
#[command(after_help = LOGOUT_EXAMPLES)]
pub struct LogoutArgs {
    /// Only the tokens of this domain
    #[arg(long)]
    pub domain: Option<String>,

    /// Only where this account owns it
    #[arg(long, value_name = "ACCOUNT", requires = "domain")]
    pub domain_owner: Option<String>,

    /// Only in this region
    #[arg(long, requires = "domain")]
    pub region: Option<String>,

    /// Sign out of AWS as well: the plugin, the AWS CLI and all SDKs
    #[arg(long)]
    pub sso: bool,

    /// The profile whose sign-in ends, not that of `AWS_PROFILE`
    #[arg(long, value_name = "NAME", requires = "sso")]
    pub profile: Option<String>,

    /// The `sso-session` of the AWS files, in place of a profile
    #[arg(long, value_name = "NAME", requires = "sso", conflicts_with = "profile")]
    pub sso_session: Option<String>,

    /// Print one JSON object instead of text; of a failure it has `error`
    #[arg(long)]
    pub json: bool,
}
