//! The command line's types: commands, options and what their help says.

pub mod configure;
pub mod doctor;
pub mod help;
#[cfg(test)]
mod pages;
mod parsing;
pub mod setup;
pub mod source;
pub mod state;
mod tokens;

use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

pub use parsing::{NotRun, Parsed, parse};
pub use tokens::{ExecArgs, SelectionArgs, TokenArgs, TokenFormat};

use crate::base::PROGRAM;
use crate::base::invocation::command_name;
use crate::settings::Overrides;
use configure::ConfigureArgs;
use doctor::DoctorArgs;
use help::{EXIT_CODES, Page, example};
use setup::SetupArgs;
use source::SourceArgs;
use state::{ExplainArgs, LogoutArgs, StatusArgs};

/// What `--version` and `version` print behind the program's name.
pub const VERSION: &str = env!("CODEARTIFACT_NUGET_VERSION");

/// NuGet credential provider for AWS CodeArtifact
#[derive(Debug, Parser)]
#[command(name = PROGRAM, version = VERSION, arg_required_else_help = true)]
pub struct Cli {
    /// NuGet itself starts the plugin with `-Plugin`
    #[command(subcommand)]
    pub command: Command,
}

/// The command line's definition, with the help that this process shows.
pub fn definition() -> clap::Command {
    let name = command_name();
    help::with_help(Cli::command(), name, help::width()).bin_name(name)
}

/// One command each.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Install, sign in, add a source and check it: from nothing to a restore
    Setup(SetupArgs),
    /// Install the plugin for NuGet clients
    Install(InstallArgs),
    /// Remove the plugin
    Uninstall(UninstallArgs),
    /// Diagnose restore problems
    Doctor(DoctorArgs),
    /// Show and change settings, rules and hosts
    Configure(ConfigureArgs),
    /// Sign in to AWS IAM Identity Center
    Login(LoginArgs),
    /// Show rule, credentials and cache entry for a source (offline)
    Explain(ExplainArgs),
    /// Show cached tokens, sign-ins, versions and folders
    Status(StatusArgs),
    /// Delete cached tokens; with `--sso`, sign out of AWS
    Logout(LogoutArgs),
    /// Print an authorization token
    Token(TokenArgs),
    /// Run a command with tokens in its environment
    Exec(ExecArgs),
    /// Print the completion script of a shell
    Completions(CompletionsArgs),
    /// Add, list and check sources in NuGet.Config
    Source(SourceArgs),
    /// Find and remove saved passwords of CodeArtifact sources
    Scrub(ScrubArgs),
    /// Print version, commit and target
    #[command(add = VERSION_PAGE)]
    Version,
}

impl Command {
    /// Whether the bytes of the output are used as they are, as a script or a secret, or are made
    /// printable by the command itself.
    pub fn prints_as_it_is(&self) -> bool {
        match self {
            Self::Completions(_) | Self::Doctor(_) | Self::Token(_) => true,
            Self::Setup(setup) => !setup.json,
            _ => false,
        }
    }
}

const VERSION_PAGE: Page = Page {
    examples: &[example("Everything a bug report needs", "{} version")],
    notes: &[],
    exit_codes: "0",
};

/// The identity, named as in the AWS CLI.
#[derive(Debug, Default, Args)]
pub struct IdentityArgs {
    /// Use this profile; ignore environment keys and rules
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
}

impl IdentityArgs {
    /// The settings that the options replace.
    pub fn overrides(&self) -> Overrides {
        Overrides { profile: self.profile.clone(), duration: None }
    }
}

const INSTALL: Page = Page {
    examples: &[
        example("For this user: dotnet, MSBuild, nuget.exe and Visual Studio", "{} install"),
        example("For dotnet and MSBuild on .NET only", "{} install --netcore-only"),
        example(
            "In a folder that all users of this machine can read",
            "{} install --dir /opt/nuget/plugins",
        ),
    ],
    notes: &["Run it again to update or repair. Files that are up to date are not written."],
    exit_codes: "0 installed, and the plugin responds; 1 failed; 2 wrong usage",
};

/// Arguments of `install`.
#[derive(Debug, Default, Args)]
#[command(add = INSTALL)]
#[expect(clippy::struct_excessive_bools, reason = "each one is a flag of the command line")]
pub struct InstallArgs {
    /// Install in this plugins folder instead of ~/.nuget/plugins (and the same folder of
    /// `DOTNET_CLI_HOME`, if that is set)
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,

    /// Install only for `dotnet` and MSBuild on .NET (the folder `netcore`)
    #[arg(long, conflicts_with = "netfx_only")]
    pub netcore_only: bool,

    /// Install only for nuget.exe, Visual Studio and MSBuild on .NET Framework (the folder `netfx`)
    #[arg(long, conflicts_with = "no_launcher")]
    pub netfx_only: bool,

    /// Install only the native executable `nuget-plugin-codeartifact` in `netcore`. NuGet finds it
    /// only by PATH or `NUGET_PLUGIN_PATHS` (SDK 9.0.200 and newer)
    #[arg(long)]
    pub no_launcher: bool,

    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

const UNINSTALL: Page = Page {
    examples: &[
        example("For this user", "{} uninstall"),
        example("With cached tokens and the configuration", "{} uninstall --purge"),
        example("From another folder", "{} uninstall --dir /opt/nuget/plugins"),
    ],
    notes: &["Only files that `install` has written are removed."],
    exit_codes: "0 removed, or nothing was installed; 1 failed; 2 wrong usage",
};

/// Arguments of `uninstall`.
#[derive(Debug, Default, Args)]
#[command(add = UNINSTALL)]
pub struct UninstallArgs {
    /// Remove from this plugins folder only, instead of from every folder where this user has
    /// installed the plugin
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,

    /// Also remove this user's cached tokens and configuration folder
    #[arg(long)]
    pub purge: bool,

    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

const LOGIN: Page = Page {
    examples: &[
        example("With the profile of AWS_PROFILE, or `default`", "{} login"),
        example("With another profile", "{} login --profile dev"),
        example(
            "With a code that you confirm on any device: over SSH, in a container",
            "{} login --profile dev --use-device-code",
        ),
    ],
    notes: &[
        "The session is shared with the AWS CLI and all SDKs. It is refreshed automatically until it \
         ends.",
    ],
    exit_codes: "0 signed in, 1 failed, 2 wrong usage",
};

/// Arguments of `login`.
#[derive(Debug, Args)]
#[command(add = LOGIN)]
pub struct LoginArgs {
    /// Sign in to the IAM Identity Center session of this profile
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// Sign in to this `sso-session` of ~/.aws/config
    #[arg(long, value_name = "NAME", conflicts_with = "profile")]
    pub sso_session: Option<String>,

    /// Show a code to confirm in a browser on any device. Default where no browser can be opened
    #[arg(long)]
    pub use_device_code: bool,

    /// Do not open a browser; show address and code
    #[arg(long)]
    pub no_browser: bool,

    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

const COMPLETIONS: Page = Page {
    examples: &[
        example("bash: run this in ~/.bashrc", "source <({} completions bash)"),
        example("zsh: run this in ~/.zshrc, after compinit", "source <({} completions zsh)"),
        example("fish: run this in ~/.config/fish/config.fish", "{} completions fish | source"),
        example(
            "PowerShell: run this in $PROFILE",
            "{} completions powershell | Out-String | Invoke-Expression",
        ),
    ],
    notes: &[
        "Completes commands, options, profiles, SSO sessions, sources, domains and configuration keys, \
         without network requests. `dotnet codeartifact` is completed in bash, zsh and fish; in \
         PowerShell, `dotnet-codeartifact` is.",
    ],
    exit_codes: EXIT_CODES,
};

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(add = COMPLETIONS)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,

    /// The command that the script starts, instead of this file; for packages
    #[arg(long, value_name = "NAME", hide = true)]
    pub program: Option<PathBuf>,
}

const SCRUB: Page = Page {
    examples: &[
        example("Show saved passwords in every NuGet.Config that NuGet reads here", "{} scrub"),
        example("Remove them", "{} scrub --yes"),
        example("In one file only", "{} scrub nuget.config --yes"),
    ],
    notes: &[
        "Passwords are never shown, and the rest of the file stays as it is, byte for byte. Credentials \
         whose source is gone are shown only.",
    ],
    exit_codes: "0 nothing is saved, or all of it is removed; 1 failed; 2 wrong usage; 3 saved passwords \
                 were found and not removed",
};

/// Arguments of `scrub`.
#[derive(Debug, Args)]
#[command(add = SCRUB)]
pub struct ScrubArgs {
    /// Search this NuGet.Config only
    pub file: Option<PathBuf>,

    /// Remove what is found
    #[arg(long)]
    pub yes: bool,

    /// Copy each file, with its passwords, to this folder before it is changed. The folder must be
    /// private and outside of any work tree
    #[arg(long, value_name = "DIR", requires = "yes")]
    pub backup: Option<PathBuf>,

    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}
