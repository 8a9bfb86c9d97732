//! `cargo sandbox`: watch the plugin at work. A fake AWS on this machine, a throwaway home, the real
//! `dotnet` where there is one, and nothing but the source's URL in NuGet.Config.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "the fences are the plugin's; its tests stand outside"
)]

mod setting;
mod story;
#[path = "../support/mod.rs"]
mod support;
mod with_dotnet;
mod without_dotnet;

use std::process::ExitCode;
use std::time::Instant;

use setting::Setting;
use story::{Story, seconds};
use support::dotnet::Dotnet;

const HELP: &str = "\
Installs the plugin into a throwaway home and lets the real `dotnet` restore from
and push to a fake CodeArtifact on this machine. Your home, your AWS account and
the network are left alone.

Usage: cargo sandbox [--keep]

  --keep   keep the throwaway home, and say where it is
  --help   print this

Without `dotnet` on PATH, NuGet's side is played as well.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let keep = match words.as_slice() {
        [] => false,
        ["--keep"] => true,
        ["--help" | "-h"] => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprint!("unknown arguments: {}\n\n{HELP}", words.join(" "));
            return ExitCode::from(2);
        }
    };
    let started = Instant::now();
    let setting = Setting::new();
    let outcome = play(&setting);
    match &outcome {
        Ok(()) => println!("\nAll went well, in {}.", seconds(started.elapsed())),
        Err(problem) => println!("\nThis went wrong: {problem}"),
    }
    if keep {
        println!("Kept: {}", setting.home.keep().display());
    }
    if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn play(setting: &Setting) -> Result<(), String> {
    let mut story = Story::default();
    let dotnet = Dotnet::find();
    println!("The CodeArtifact sandbox: a fake AWS on this machine, and a throwaway home.");
    if dotnet.is_none() {
        println!("There is no `dotnet` on PATH, so NuGet's side is played here as well.");
    }
    setting.install(&mut story)?;
    setting.show_the_source(&mut story);
    match dotnet {
        Some(dotnet) => with_dotnet::play(setting, &dotnet, &mut story)?,
        None => without_dotnet::play(setting, &mut story)?,
    }
    setting.look_for_tokens(&mut story)
}
