//! The command line's types, and what is said where it is wrong.

pub mod configure;
pub mod doctor;
mod parsing;
pub mod source;
pub mod state;
mod tokens;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

pub use parsing::{NotRun, Parsed, parse};
pub use tokens::{ExecArgs, SelectionArgs, TokenArgs, TokenFormat};

use crate::base::PROGRAM;
use crate::settings::Overrides;
use configure::ConfigureArgs;
use doctor::DoctorArgs;
use source::SourceArgs;
use state::{ExplainArgs, LogoutArgs, StatusArgs};

const START: &str = "\
Start:
  nuget-plugin-codeartifact install   once; then `dotnet restore` gets its tokens by itself

Exit codes: 0 done, 1 failed (one line on standard error says why), 2 wrong usage";

/// NuGet credential plugin for AWS CodeArtifact.
#[derive(Debug, Parser)]
#[command(name = PROGRAM, version, disable_help_subcommand = true)]
#[command(arg_required_else_help = true, after_help = START)]
pub struct Cli {
    /// What to do; NuGet itself starts the plugin with `-Plugin`
    #[command(subcommand)]
    pub command: Command,
}

/// One command each.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Put the plugin where every NuGet client finds it
    Install(InstallArgs),
    /// Remove what `install` has put somewhere
    Uninstall(UninstallArgs),
    /// Find out what keeps a restore from working, and how to mend it
    Doctor(DoctorArgs),
    /// Read and change the configuration file: defaults, rules, hosts
    Configure(ConfigureArgs),
    /// Sign in to AWS by SSO, for the plugin, the AWS CLI and all SDKs
    Login(LoginArgs),
    /// Tell what holds for a source's URL, without asking anybody
    Explain(ExplainArgs),
    /// Show cached tokens, sign-ins, versions and places
    Status(StatusArgs),
    /// Forget cached tokens, and with `--sso` sign out of AWS
    Logout(LogoutArgs),
    /// Print an authorization token, for scripts
    Token(TokenArgs),
    /// Run a command that finds an authorization token in its environment
    Exec(ExecArgs),
    /// Print what makes a shell complete commands and options
    Completions(CompletionsArgs),
    /// List, add and try the package sources of NuGet.Config
    Source(SourceArgs),
    /// Find saved passwords of CodeArtifact sources in NuGet.Config, and remove them
    Scrub(ScrubArgs),
}

impl Command {
    /// Whether the bytes of the output are used as they are, as a script or a secret, or are made
    /// printable by the command itself.
    pub fn prints_as_it_is(&self) -> bool {
        matches!(self, Self::Completions(_) | Self::Doctor(_) | Self::Token(_))
    }
}

/// The identity, named as in the AWS CLI.
#[derive(Debug, Default, Args)]
pub struct IdentityArgs {
    /// Use this profile of the AWS files alone, without environment keys, whatever rules say
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
}

impl IdentityArgs {
    /// What is chosen in the place of the settings.
    pub fn overrides(&self) -> Overrides {
        Overrides { profile: self.profile.clone(), duration: None }
    }
}

const INSTALL_EXAMPLES: &str = "\
Examples:
  nuget-plugin-codeartifact install                  for this user: dotnet, MSBuild, nuget.exe, Visual Studio
  nuget-plugin-codeartifact install --netcore-only   for dotnet and MSBuild on .NET only
  nuget-plugin-codeartifact install --dir /opt/nuget/plugins
                                                     somewhere else, for everybody on this machine

Run again to update or repair; a file that is already right is not touched. With `--json`: `version`,
`folders`, `claims_dropped`, `checks`, `warnings`.

Exit codes: 0 installed, and it answers; 1 failed (one line on standard error says why); 2 wrong usage";

/// Arguments of `install`.
#[derive(Debug, Default, Args)]
#[command(after_help = INSTALL_EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each one is a flag of the command line")]
pub struct InstallArgs {
    /// Install in this plugins folder, not in `.nuget/plugins` of the home folder (and of
    /// `DOTNET_CLI_HOME`, where that is set)
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,

    /// Only for `dotnet` and MSBuild on .NET (the folder `netcore`)
    #[arg(long, conflicts_with = "netfx_only")]
    pub netcore_only: bool,

    /// Only for nuget.exe, Visual Studio and MSBuild on .NET Framework (the folder `netfx`)
    #[arg(long, conflicts_with = "no_launcher")]
    pub netfx_only: bool,

    /// Put only the native executable in `netcore`, as `nuget-plugin-codeartifact`, for PATH or
    /// `NUGET_PLUGIN_PATHS` (SDK 9.0.200 and newer); nothing finds it by itself then
    #[arg(long)]
    pub no_launcher: bool,

    /// Print one JSON object instead of text; of a failure it has `error`, or a check's `problem`
    #[arg(long)]
    pub json: bool,
}

const UNINSTALL_EXAMPLES: &str = "\
Examples:
  nuget-plugin-codeartifact uninstall           for this user
  nuget-plugin-codeartifact uninstall --purge   with cached tokens and the configuration
  nuget-plugin-codeartifact uninstall --dir /opt/nuget/plugins

Files that `install` did not put there are left alone. With `--json`: `folders`, `claims_dropped`, `purged`,
`warnings`.

Exit codes: 0 removed, or nothing was there; 1 failed (one line on standard error says why); 2 wrong usage";

/// Arguments of `uninstall`.
#[derive(Debug, Default, Args)]
#[command(after_help = UNINSTALL_EXAMPLES)]
pub struct UninstallArgs {
    /// Remove from this plugins folder, not from `.nuget/plugins` of the home folder (and of
    /// `DOTNET_CLI_HOME`, where that is set) and wherever else this user has installed
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,

    /// Remove this user's cached tokens and the configuration folder as well
    #[arg(long)]
    pub purge: bool,

    /// Print one JSON object instead of text; of a failure it has `error`
    #[arg(long)]
    pub json: bool,
}

const LOGIN_EXAMPLES: &str = "\
Examples:
  nuget-plugin-codeartifact login                                  the profile of AWS_PROFILE, or `default`
  nuget-plugin-codeartifact login --profile dev
  nuget-plugin-codeartifact login --profile dev --use-device-code  confirm a code on any device: over SSH, in a container

A session that expires is refreshed by itself; this is for when it has ended.

Exit codes: 0 signed in; 1 failed (one line on standard error says why); 2 wrong usage";

/// Arguments of `login`.
#[derive(Debug, Args)]
#[command(after_help = LOGIN_EXAMPLES)]
pub struct LoginArgs {
    /// The profile of the AWS files whose SSO session is signed in to
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// The `sso-session` of the AWS files, in place of a profile
    #[arg(long, value_name = "NAME", conflicts_with = "profile")]
    pub sso_session: Option<String>,

    /// Confirm a code in a browser on any device, which is what is done where no browser can be
    /// opened
    #[arg(long)]
    pub use_device_code: bool,

    /// Open no browser, and show the address and a code
    #[arg(long)]
    pub no_browser: bool,

    /// Print one JSON object instead of text, with `session`, `start_url`, `until` and `file`; of a
    /// failure it has `error`
    #[arg(long)]
    pub json: bool,
}

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  bash:        nuget-plugin-codeartifact completions bash > ~/.local/share/bash-completion/completions/nuget-plugin-codeartifact
  zsh:         nuget-plugin-codeartifact completions zsh > ~/.zfunc/_nuget-plugin-codeartifact   # a folder of $fpath
  fish:        nuget-plugin-codeartifact completions fish > ~/.config/fish/completions/nuget-plugin-codeartifact.fish
  PowerShell:  nuget-plugin-codeartifact completions powershell >> $PROFILE

Exit codes: 0 printed; 1 failed (one line on standard error says why); 2 wrong usage";

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS_EXAMPLES)]
pub struct CompletionsArgs {
    /// The shell that is to complete commands and options
    #[arg(value_enum)]
    pub shell: Shell,
}

const SCRUB_EXAMPLES: &str = "\
Examples:
  nuget-plugin-codeartifact scrub                     what is saved, in every NuGet.Config that counts here
  nuget-plugin-codeartifact scrub --yes               remove it
  nuget-plugin-codeartifact scrub nuget.config --yes  in one file only

Passwords are never shown. Nothing but the saved credentials is changed, byte for byte; those that may be
CodeArtifact's (their source is gone) are shown and left alone. With `--json`: `files` with `path`,
`tracked_by_git`, `tokens_end_by` (seconds since 1970), `findings` (`source`, `line`, `password`, `variable`,
`certain`, `reason`), `removed`, `backup` and `problem`.

Exit codes: 0 nothing is saved for certain, or all of it is removed; 1 failed (one line on standard error says why);
2 wrong usage; 3 saved credentials were found, and are still there";

/// Arguments of `scrub`.
#[derive(Debug, Args)]
#[command(after_help = SCRUB_EXAMPLES)]
pub struct ScrubArgs {
    /// The NuGet.Config to look into, not all of them
    pub file: Option<PathBuf>,

    /// Remove what was found
    #[arg(long)]
    pub yes: bool,

    /// Copy each file there before it is changed, passwords and all: a folder outside of any work tree,
    /// and for this user alone
    #[arg(long, value_name = "DIR", requires = "yes")]
    pub backup: Option<PathBuf>,

    /// Print one JSON object instead of text; of a failure it has `error`
    #[arg(long)]
    pub json: bool,
}
