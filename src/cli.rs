//! The command line's types, and nothing else.

use clap::{Parser, Subcommand};

/// NuGet credential plugin for AWS CodeArtifact.
#[derive(Debug, Parser)]
#[command(name = "nuget-plugin-codeartifact", version, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do; NuGet itself starts the plugin with `-Plugin`
    #[command(subcommand)]
    pub command: Command,
}

/// One command each.
#[derive(Debug, Subcommand)]
pub enum Command {}
