//! `setup`.

use std::path::PathBuf;

use clap::Args;

use super::help::{Page, example};

const SETUP: Page = Page {
    examples: &[
        example(
            "From nothing to a restore",
            "{} setup https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo",
        ),
        example("For the CodeArtifact sources that this folder's NuGet.Config has", "{} setup"),
        example(
            "With a profile, for this and every later restore",
            "{} setup --profile dev https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo",
        ),
        example(
            "On CI, without questions",
            "{} setup --yes https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo",
        ),
    ],
    notes: &[
        "Installs the plugin, chooses the AWS credentials, signs in if that is needed, adds the source, \
         offers to remove saved passwords, and requests the source's index with a token. What is done \
         already is not done again.",
    ],
    exit_codes: "0 a restore works, 1 it does not yet, 2 wrong usage",
};

/// Arguments of `setup`.
#[derive(Debug, Args)]
#[command(add = SETUP)]
pub struct SetupArgs {
    /// The repository's URL, in any form that AWS shows. Default: the CodeArtifact sources that NuGet
    /// uses in this folder
    pub url: Option<String>,

    /// Use this profile for the account's domains, and write that as a rule, so that a restore uses it
    /// too
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// The source's name. Default: DOMAIN/REPOSITORY, as `aws codeartifact login` names it
    #[arg(long, requires = "url")]
    pub name: Option<String>,

    /// The NuGet.Config to change or create. Default: the file that `dotnet nuget add source` changes
    #[arg(long, value_name = "FILE", requires = "url")]
    pub configfile: Option<PathBuf>,

    /// Ask no questions: remove saved passwords, and do not sign in
    #[arg(long)]
    pub yes: bool,

    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}
