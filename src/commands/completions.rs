//! `completions`: prints a script with which a shell completes commands and options.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::generate;

use crate::cli::{Cli, CompletionsArgs};

/// Our name as the script for bash writes it in one place, and as it writes it in all others.
const TORN_NAME: &str = "nuget__subcmd__plugin__subcmd__codeartifact";
const NAME: &str = "nuget__plugin__codeartifact";

/// Prints the shell's script on `out`.
pub fn run(args: &CompletionsArgs, out: &mut dyn Write) -> io::Result<()> {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), env!("CARGO_PKG_NAME"), &mut script);
    // clap_complete confuses a dash in the program's name with the space before a command, and then
    // completes no option of a command.
    let script = String::from_utf8_lossy(&script).replace(TORN_NAME, NAME);
    out.write_all(script.as_bytes())
}
