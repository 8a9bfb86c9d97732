//! `nuget-plugin-codeartifact`: NuGet's credential plugin for AWS `CodeArtifact`.
//!
//! Map of the code:
//!
//! - [`cli`]: the command line's types
//! - [`commands`]: what people run, one file each
//! - [`settings`]: environment variables and the configuration file
//! - [`locations`]: where files are, per system
//! - [`secret`]: text that cannot print itself
//! - [`token`]: the authorization token and its freshness

mod cli;
mod commands;
mod locations;
mod settings;

use std::io::{BufRead, Write};
use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use settings::Environment;

#[expect(clippy::disallowed_methods, clippy::print_stderr, reason = "a stand-in")]
fn main() -> ExitCode {
    if std::env::args().any(|argument| argument.eq_ignore_ascii_case("-plugin")) {
        let _ = answer_handshake();
        return ExitCode::SUCCESS;
    }
    let environment = Environment::of_process();
    let out = &mut std::io::stdout();
    let done = match Cli::parse().command {
        Command::Install(args) => commands::install::run(&args, &environment, out),
        Command::Uninstall(args) => commands::uninstall::run(&args, &environment, out),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A stand-in for the plugin, so that `install` has something to check.
#[expect(clippy::disallowed_methods, reason = "a stand-in")]
fn answer_handshake() -> std::io::Result<()> {
    let mut out = std::io::stdout();
    writeln!(
        out,
        r#"{{"RequestId":"1","Type":"Request","Method":"Handshake","Payload":{{"ProtocolVersion":"2.0.0","MinimumProtocolVersion":"2.0.0"}}}}"#
    )?;
    for line in std::io::stdin().lock().lines() {
        let message: serde_json::Value =
            serde_json::from_str(line?.trim_start_matches('\u{feff}'))?;
        if message["Type"] == "Request" {
            let response = serde_json::json!({
                "RequestId": message["RequestId"], "Type": "Response", "Method": message["Method"],
                "Payload": {"ResponseCode": "Success", "ProtocolVersion": "2.0.0"}
            });
            writeln!(out, "{response}")?;
            out.flush()?;
        }
    }
    Ok(())
}
