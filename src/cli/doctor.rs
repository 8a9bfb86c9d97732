//! `doctor`'s arguments.

use std::path::PathBuf;

use clap::Args;

use super::IdentityArgs;

const EXAMPLES: &str = "\
Examples:
  nuget-plugin-codeartifact doctor                       everything, for the sources of this folder
  nuget-plugin-codeartifact doctor my-source             that source alone
  nuget-plugin-codeartifact doctor --profile dev         as if that profile asked
  nuget-plugin-codeartifact doctor --offline --json      what can be seen on this machine, for a script
  nuget-plugin-codeartifact doctor --fix                 repair what is safe to repair, then look again
  nuget-plugin-codeartifact doctor --report report.txt   a file without secrets, for a ticket

Exit codes: 0 nothing failed (there may be warnings), 1 something failed, 2 wrong usage";

/// Arguments of `doctor`.
#[derive(Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each one is a flag of the command line")]
pub struct DoctorArgs {
    /// A source's name or URL; all CodeArtifact sources of this folder's NuGet.Config files where
    /// none is given
    #[arg(value_name = "SOURCE-NAME | URL")]
    pub source: Option<String>,

    #[command(flatten)]
    pub identity: IdentityArgs,

    /// Ask nobody over the network
    #[arg(long)]
    pub offline: bool,

    /// Print one JSON object instead of text: `schema`, `outcome`, `findings`, `repairs`
    #[arg(long)]
    pub json: bool,

    /// Repair what is ours and safe to repair, after showing it: never another plugin
    #[arg(long)]
    pub fix: bool,

    /// With `--fix`: also outside of this user's home
    #[arg(long, requires = "fix")]
    pub yes: bool,

    /// Write a file to attach to a ticket, without secrets; an existing file is left alone
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}
