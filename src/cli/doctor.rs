//! `doctor`'s arguments.

use std::path::PathBuf;

use clap::Args;

use super::IdentityArgs;
use super::help::{Page, example};

const DOCTOR: Page = Page {
    examples: &[
        example("All CodeArtifact sources that NuGet uses in this folder", "{} doctor"),
        example("One source", "{} doctor my-repo"),
        example("With another profile", "{} doctor --profile dev"),
        example("Without network requests, for a script", "{} doctor --offline --json"),
        example("Repair what is safe to repair, then check again", "{} doctor --fix"),
        example("A file without secrets, for a ticket", "{} doctor --report report.txt"),
    ],
    notes: &[],
    exit_codes: "0 no problem (warnings are possible), 1 problems, 2 wrong usage",
};

/// Arguments of `doctor`.
#[derive(Debug, Default, Args)]
#[command(add = DOCTOR)]
#[expect(clippy::struct_excessive_bools, reason = "each one is a flag of the command line")]
pub struct DoctorArgs {
    /// Name or URL of a source. Default: all CodeArtifact sources that NuGet uses in this folder
    #[arg(value_name = "SOURCE")]
    pub source: Option<String>,

    #[command(flatten)]
    pub identity: IdentityArgs,

    /// Also list the checks that passed
    #[arg(short, long)]
    pub verbose: bool,

    /// Make no network requests
    #[arg(long)]
    pub offline: bool,

    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,

    /// Repair this plugin's files and entries, where that is safe
    #[arg(long)]
    pub fix: bool,

    /// With `--fix`: also repair outside of this user's home
    #[arg(long, requires = "fix")]
    pub yes: bool,

    /// Write a report without secrets to this new file
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}
