//! `configure` and its subcommands.

use std::path::PathBuf;

use clap::{Args, Subcommand};

const EXAMPLES: &str = "\
Examples:
  nuget-plugin-codeartifact configure set profile dev
  nuget-plugin-codeartifact configure rule add --owner 111122223333 --profile team-a
  nuget-plugin-codeartifact configure list
  nuget-plugin-codeartifact configure import          what AWS's own provider was told

Only this user's file is written (or the one that CODEARTIFACT_NUGET_CONFIG_FILE names); comments and
order in it are kept. A result that could not be used is refused before anything is written.

Exit codes: 0 done; 1 failed (one line on standard error says why, and nothing was changed); 2 wrong usage";

/// Arguments of `configure`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub struct ConfigureArgs {
    #[command(subcommand)]
    pub action: ConfigureAction,

    /// Print one JSON object instead of text; of a failure it has `error`
    #[arg(long, global = true)]
    pub json: bool,
}

const LIST: &str = "\
Examples:
  nuget-plugin-codeartifact configure list
  nuget-plugin-codeartifact configure list --json   `settings`, `rules`, `hosts`, `notes`

Exit codes: 0 printed; 1 failed (one line on standard error says why); 2 wrong usage";

const PATH: &str = "\
Examples:
  nuget-plugin-codeartifact configure path
  nuget-plugin-codeartifact configure path --json   `files`

Exit codes: 0 printed; 1 failed (one line on standard error says why); 2 wrong usage";

const KEYS: &str = "\
Keys:
  profile                          profiles of the AWS files, with commas; the first that there is counts
  duration_seconds                 0 (as long as the role's session) or 900 to 43200
  interactive                      auto, always or never
  head_start                       auto or off
  policy.allowed_owners            accounts, with commas; domains of others are not asked for
  policy.allowed_hosts             patterns, with commas, of [[hosts]] that may be used; \"\" for none
  policy.longest_duration_seconds  900 to 43200
  policy.cache                     memory or off
  policy.interactive               auto or never

Examples:
  nuget-plugin-codeartifact configure set profile dev
  nuget-plugin-codeartifact configure set policy.allowed_owners 111122223333,444455556666
  nuget-plugin-codeartifact configure get profile --json   `key`, `values`
  nuget-plugin-codeartifact configure unset profile        AWS's own settings choose again

With `--json` a change prints `file` and `messages`.

Exit codes: 0 done; 1 failed (one line on standard error says why, and nothing was changed); 2 wrong usage";

const IMPORT: &str = "\
Examples:
  nuget-plugin-codeartifact configure import
  nuget-plugin-codeartifact configure import configuration.json --json   `file`, `messages`

What this configuration says already stays.

Exit codes: 0 done; 1 failed (one line on standard error says why, and nothing was changed); 2 wrong usage";

/// One action each.
#[derive(Debug, Subcommand)]
pub enum ConfigureAction {
    /// Print what holds and where it comes from: settings, rules in order, hosts; secrets hidden
    #[command(after_help = LIST)]
    List,
    /// Print the configuration files, and whether they are used
    #[command(after_help = PATH)]
    Path,
    /// Print the value of a key that holds
    #[command(after_help = KEYS)]
    Get {
        /// One of those below
        key: String,
    },
    /// Set a key
    #[command(after_help = KEYS)]
    Set {
        /// One of those below
        key: String,
        /// What it is set to
        value: String,
    },
    /// Remove a key
    #[command(after_help = KEYS)]
    Unset {
        /// One of those below
        key: String,
    },
    /// Add and remove rules
    #[command(subcommand, after_help = RULE_EXAMPLES)]
    Rule(RuleAction),
    /// Add and remove hosts of your own before CodeArtifact
    #[command(subcommand, after_help = HOST_EXAMPLES)]
    Host(HostAction),
    /// Take over the configuration of AWS's own provider
    #[command(after_help = IMPORT)]
    Import {
        /// Its `configuration.json`, where it is not in the plugin's folder below the home
        file: Option<PathBuf>,
    },
}

const RULE_EXAMPLES: &str = "\
Examples:
  nuget-plugin-codeartifact configure rule add --owner 111122223333 --profile team-a --profile ci
  nuget-plugin-codeartifact configure rule add --domain 'shared-*' --role-arn arn:aws:iam::111122223333:role/reader
  nuget-plugin-codeartifact configure rule add --first --domain vpc \\
    --endpoint-url https://vpce-1.api.codeartifact.eu-west-1.vpce.amazonaws.com
  nuget-plugin-codeartifact configure rule remove 2 --json   `file`, `messages`

The first rule that matches counts. Patterns know `*` and `?`; what is left out matches everything, and
an option that is given several times makes a list.

Exit codes: 0 done; 1 failed (one line on standard error says why, and nothing was changed); 2 wrong usage";

const HOST_EXAMPLES: &str = "\
Examples:
  nuget-plugin-codeartifact configure host add packages.example.com --region eu-west-1 --domain my-domain --owner 111122223333
  nuget-plugin-codeartifact configure host remove packages.example.com --json   `file`, `messages`

A token goes to such a host as to CodeArtifact's own. Where its URLs name the domain, as behind a VPC
endpoint, `--domain` and `--owner` are left out.

Exit codes: 0 done; 1 failed (one line on standard error says why, and nothing was changed); 2 wrong usage";

/// Rules.
#[derive(Debug, Subcommand)]
pub enum RuleAction {
    /// Add a rule behind those that there are
    #[command(after_help = RULE_EXAMPLES)]
    Add(Box<RuleArgs>),
    /// Remove a rule
    #[command(after_help = RULE_EXAMPLES)]
    Remove {
        /// Its number in `configure list`
        number: usize,
    },
}

/// A rule.
#[derive(Debug, Default, Args)]
pub struct RuleArgs {
    /// Domains that it matches
    #[arg(long, value_name = "PATTERN")]
    pub domain: Vec<String>,
    /// Accounts that own the domains that it matches
    #[arg(long, value_name = "PATTERN", visible_alias = "domain-owner")]
    pub owner: Vec<String>,
    /// Regions that it matches
    #[arg(long, value_name = "PATTERN")]
    pub region: Vec<String>,
    /// Repositories that it matches
    #[arg(long, value_name = "PATTERN")]
    pub repository: Vec<String>,
    /// Profile to use, alone; of several the first that there is
    #[arg(long, value_name = "NAME")]
    pub profile: Vec<String>,
    /// Role to assume on top
    #[arg(long, value_name = "ARN")]
    pub role_arn: Option<String>,
    /// External id for the role
    #[arg(long, value_name = "ID", requires = "role_arn")]
    pub external_id: Option<String>,
    /// Session name for the role
    #[arg(long, value_name = "NAME", requires = "role_arn")]
    pub role_session_name: Option<String>,
    /// What goes first where there are keys in the environment and a profile: environment or profile
    #[arg(long, value_name = "WORD")]
    pub prefer: Option<String>,
    /// How long tokens are asked for
    #[arg(long, value_name = "SECONDS")]
    pub duration_seconds: Option<i64>,
    /// Where CodeArtifact's API is
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Where STS is
    #[arg(long, value_name = "URL")]
    pub sts_endpoint_url: Option<String>,
    /// Where IAM Identity Center is
    #[arg(long, value_name = "URL")]
    pub sso_endpoint_url: Option<String>,
    /// Proxy on the way to AWS; put one with a password into the file by hand
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
    /// PEM file of the authorities to trust, absolute
    #[arg(long, value_name = "FILE")]
    pub ca_bundle: Option<String>,
    /// Whether the plugin may ask to sign in: auto, always or never
    #[arg(long, value_name = "WORD")]
    pub interactive: Option<String>,
    /// Put it before all others
    #[arg(long, conflicts_with = "at")]
    pub first: bool,
    /// Give it this number, and those behind it the next ones
    #[arg(long, value_name = "NUMBER")]
    pub at: Option<usize>,
}

/// Hosts.
#[derive(Debug, Subcommand)]
pub enum HostAction {
    /// Add a host
    #[command(after_help = HOST_EXAMPLES)]
    Add(HostArgs),
    /// Remove a host
    #[command(after_help = HOST_EXAMPLES)]
    Remove {
        /// Its name, as `configure list` has it
        host: String,
    },
}

/// A host.
#[derive(Debug, Args)]
pub struct HostArgs {
    /// Its name, with `:PORT` where that is not the usual one
    pub host: String,
    /// The domain's region
    #[arg(long)]
    pub region: String,
    /// The domain, where URLs do not name it
    #[arg(long, requires = "owner")]
    pub domain: Option<String>,
    /// The account that owns the domain
    #[arg(long, value_name = "ACCOUNT", visible_alias = "domain-owner", requires = "domain")]
    pub owner: Option<String>,
}
