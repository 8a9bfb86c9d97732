//! `completions`: what makes a shell complete commands and options.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::generate;

use crate::cli::{Cli, CompletionsArgs};

/// Our name as the script for bash has it at one place, and as it has it at all others.
const TORN_NAME: &str = "nuget__subcmd__plugin__subcmd__codeartifact";
const NAME: &str = "nuget__plugin__codeartifact";

/// Prints the shell's script on `out`.
pub fn run(args: &CompletionsArgs, out: &mut dyn Write) -> io::Result<()> {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), env!("CARGO_PKG_NAME"), &mut script);
    // clap_complete takes a dash in the program's name for the space before a command, and then no
    // option of a command is completed.
    let script = String::from_utf8_lossy(&script).replace(TORN_NAME, NAME);
    out.write_all(script.as_bytes())
}
