//! `configure` and its subcommands.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::help::{EXIT_CODES, Page, example};

/// Arguments of `configure`.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct ConfigureArgs {
    #[command(subcommand)]
    pub action: ConfigureAction,

    /// Print one JSON object instead of text
    #[arg(long, global = true)]
    pub json: bool,
}

const NOT_CHANGED: &str =
    "0 done; 1 failed, and nothing was changed; 2 wrong usage or a wrong value";

const LIST: Page = Page {
    examples: &[
        example("For people", "{} configure list"),
        example("For scripts", "{} configure list --json"),
    ],
    notes: &[
        "Shows what is effective and where it is set: in an environment variable, in the user's or the \
         machine's file, or nowhere (default). A policy that changes a value is named. Passwords of proxies \
         are not shown.",
    ],
    exit_codes: EXIT_CODES,
};

const PATH: Page = Page {
    examples: &[
        example("For people", "{} configure path"),
        example("For scripts", "{} configure path --json"),
    ],
    notes: &[],
    exit_codes: EXIT_CODES,
};

const KEYS: &str = "\
Keys:
  profile                          profiles of ~/.aws/config, separated by commas; the first that exists is used
  duration_seconds                 900 to 43200, or 0 for as long as the role's session
  interactive                      auto, always or never
  head_start                       auto or off
  policy.allowed_owners            accounts, separated by commas
  policy.allowed_hosts             patterns for own hosts, separated by commas; \"\" for none
  policy.longest_duration_seconds  900 to 43200
  policy.cache                     memory or off
  policy.interactive               auto or never";

const GET: Page = Page {
    examples: &[
        example("The effective value, and where it is set", "{} configure get duration_seconds"),
        example("For scripts", "{} configure get duration_seconds --json"),
    ],
    notes: &[KEYS],
    exit_codes: "0 done, 1 failed or not set, 2 wrong usage",
};

const SET: Page = Page {
    examples: &[
        example("Use this profile where no rule chooses another", "{} configure set profile dev"),
        example(
            "Use only domains of these accounts",
            "{} configure set policy.allowed_owners 111122223333,444455556666",
        ),
    ],
    notes: &[
        KEYS,
        "Comments and order of the file are kept. `--machine` writes the file for all users, which only \
         an administrator can change.",
    ],
    exit_codes: NOT_CHANGED,
};

const UNSET: Page = Page {
    examples: &[example("Use the default again", "{} configure unset profile")],
    notes: &[KEYS, "Comments and order of the file are kept."],
    exit_codes: "0 done; 1 failed or not set, and nothing was changed; 2 wrong usage",
};

const VALIDATE: Page = Page {
    examples: &[
        example("The user's and the machine's file", "{} configure validate"),
        example("A file that is to be distributed", "{} configure validate config.toml"),
    ],
    notes: &[
        "Shows line and column of the first error of each file, and for an unknown key the nearest one.",
    ],
    exit_codes: "0 valid, 1 invalid or not readable, 2 wrong usage",
};

const IMPORT: Page = Page {
    examples: &[
        example("From the file in the plugin folder of AWS's provider", "{} configure import"),
        example("From another file", "{} configure import configuration.json"),
    ],
    notes: &["Settings that are in the configuration file already are kept."],
    exit_codes: NOT_CHANGED,
};

/// One action each.
#[derive(Debug, Subcommand)]
pub enum ConfigureAction {
    /// Show effective settings, rules and hosts, and where they are set
    #[command(add = LIST)]
    List,
    /// Show the configuration files, and whether they are used
    #[command(add = PATH)]
    Path,
    /// Show the effective value of a key
    #[command(add = GET)]
    Get {
        /// One of the keys below
        key: String,
    },
    /// Set a key
    #[command(add = SET)]
    Set {
        /// One of the keys below
        key: String,
        /// The new value
        value: String,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Remove a key
    #[command(add = UNSET)]
    Unset {
        /// One of the keys below
        key: String,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Check configuration files
    #[command(add = VALIDATE)]
    Validate {
        /// The file to check. Default: the user's and the machine's
        file: Option<PathBuf>,
    },
    /// Add and remove rules
    #[command(subcommand)]
    Rule(RuleAction),
    /// Add and remove own hosts that are proxies for CodeArtifact
    #[command(subcommand)]
    Host(HostAction),
    /// Import the configuration of AWS's NuGet credential provider
    #[command(add = IMPORT)]
    Import {
        /// Its `configuration.json`. Default: the one in its plugin folder below the home
        file: Option<PathBuf>,
    },
}

impl ConfigureAction {
    /// Whether it changes the machine-wide file.
    pub fn is_for_machine(&self) -> bool {
        let place = match self {
            Self::Set { place, .. }
            | Self::Unset { place, .. }
            | Self::Rule(RuleAction::Remove { place, .. })
            | Self::Host(HostAction::Remove { place, .. }) => place,
            Self::Rule(RuleAction::Add(args)) => &args.place,
            Self::Host(HostAction::Add(args)) => &args.place,
            Self::List
            | Self::Path
            | Self::Get { .. }
            | Self::Validate { .. }
            | Self::Import { .. } => return false,
        };
        place.machine
    }
}

/// Which file is changed.
#[derive(Debug, Default, Clone, Copy, Args)]
pub struct PlaceArgs {
    /// Change the file for all users of this machine, as administrator
    #[arg(long)]
    pub machine: bool,
}

const RULE_ADD: Page = Page {
    examples: &[
        example(
            "A profile for the domains of an account; of several profiles, the first that exists",
            "{} configure rule add --owner 111122223333 --profile team-a --profile ci",
        ),
        example(
            "A role for some domains",
            "{} configure rule add --domain 'shared-*' --role-arn arn:aws:iam::111122223333:role/reader",
        ),
        example(
            "A VPC endpoint, before all other rules",
            "{} configure rule add --first --domain vpc --endpoint-url https://vpce-1.api.codeartifact.eu-west-1.vpce.amazonaws.com",
        ),
    ],
    notes: &[
        "The first rule that matches is used. Patterns have `*` and `?`. An option that is left out matches \
         everything; one that is repeated is a list.",
    ],
    exit_codes: NOT_CHANGED,
};

const RULE_REMOVE: Page = Page {
    examples: &[example("By its number in `configure list`", "{} configure rule remove 1")],
    notes: &[],
    exit_codes: NOT_CHANGED,
};

const HOST_ADD: Page = Page {
    examples: &[
        example(
            "A host for one domain",
            "{} configure host add packages.example.com --region eu-west-1 --domain my-domain --owner 111122223333",
        ),
        example(
            "A host whose URLs name the domain, as those of a VPC endpoint do",
            "{} configure host add codeartifact.example.com --region eu-west-1",
        ),
    ],
    notes: &["The host gets tokens as a host of CodeArtifact does: add only hosts that you trust."],
    exit_codes: NOT_CHANGED,
};

const HOST_REMOVE: Page = Page {
    examples: &[example(
        "By its name in `configure list`",
        "{} configure host remove packages.example.com",
    )],
    notes: &[],
    exit_codes: NOT_CHANGED,
};

/// Rules.
#[derive(Debug, Subcommand)]
pub enum RuleAction {
    /// Add a rule
    #[command(add = RULE_ADD)]
    Add(Box<RuleArgs>),
    /// Remove a rule
    #[command(add = RULE_REMOVE)]
    Remove {
        /// Its number in `configure list`
        number: usize,
        #[command(flatten)]
        place: PlaceArgs,
    },
}

/// A rule.
#[derive(Debug, Default, Args)]
pub struct RuleArgs {
    /// Match these domains
    #[arg(long, value_name = "PATTERN")]
    pub domain: Vec<String>,
    /// Match domains of these accounts
    #[arg(long, value_name = "PATTERN", visible_alias = "domain-owner")]
    pub owner: Vec<String>,
    /// Match these regions
    #[arg(long, value_name = "PATTERN")]
    pub region: Vec<String>,
    /// Match these repositories
    #[arg(long, value_name = "PATTERN")]
    pub repository: Vec<String>,
    /// Use this profile; of several, the first that exists
    #[arg(long, value_name = "NAME")]
    pub profile: Vec<String>,
    /// Assume this role with it
    #[arg(long, value_name = "ARN")]
    pub role_arn: Option<String>,
    /// External ID for the role
    #[arg(long, value_name = "ID", requires = "role_arn")]
    pub external_id: Option<String>,
    /// Session name for the role
    #[arg(long, value_name = "NAME", requires = "role_arn")]
    pub role_session_name: Option<String>,
    /// What to use if there are keys in the environment and a profile: environment or profile
    #[arg(long, value_name = "WORD")]
    pub prefer: Option<String>,
    /// Validity of tokens: 900 to 43200, or 0 for as long as the role's session
    #[arg(long, value_name = "SECONDS")]
    pub duration_seconds: Option<i64>,
    /// Endpoint of CodeArtifact's API
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Endpoint of STS
    #[arg(long, value_name = "URL")]
    pub sts_endpoint_url: Option<String>,
    /// Endpoint of IAM Identity Center
    #[arg(long, value_name = "URL")]
    pub sso_endpoint_url: Option<String>,
    /// Proxy for connections to AWS. Add one with a password to the file by hand
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
    /// Absolute path of a PEM file with the certificate authorities to trust
    #[arg(long, value_name = "FILE")]
    pub ca_bundle: Option<String>,
    /// Whether the plugin may ask the user to sign in: auto, always or never
    #[arg(long, value_name = "WORD")]
    pub interactive: Option<String>,
    /// Add it before all other rules
    #[arg(long, conflicts_with = "at")]
    pub first: bool,
    /// Add it with this number; later rules move down
    #[arg(long, value_name = "NUMBER")]
    pub at: Option<usize>,
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// Hosts.
#[derive(Debug, Subcommand)]
pub enum HostAction {
    /// Add a host
    #[command(add = HOST_ADD)]
    Add(HostArgs),
    /// Remove a host
    #[command(add = HOST_REMOVE)]
    Remove {
        /// Its name in `configure list`
        host: String,
        #[command(flatten)]
        place: PlaceArgs,
    },
}

/// A host.
#[derive(Debug, Args)]
pub struct HostArgs {
    /// The host's name, with `:PORT` if that is not the default one
    pub host: String,
    /// The domain's region
    #[arg(long)]
    pub region: String,
    /// The domain, if the host's URLs do not name it
    #[arg(long, requires = "owner")]
    pub domain: Option<String>,
    /// The account that owns the domain
    #[arg(long, value_name = "ACCOUNT", visible_alias = "domain-owner", requires = "domain")]
    pub owner: Option<String>,
    #[command(flatten)]
    pub place: PlaceArgs,
}
