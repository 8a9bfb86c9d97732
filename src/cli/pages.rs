//! Pages made of the command line's definitions: `docs/commands.md`, and manual pages.
//!
//! A unit test compares the page. `CODEARTIFACT_NUGET_WRITE_PAGES=1` lets it write the page instead;
//! `CODEARTIFACT_NUGET_MAN_DIR` names a folder that gets the manual pages.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use clap::CommandFactory;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::Cli;
use super::help::{self, Page};
use crate::base::invocation::{DOTNET_COMMAND, DOTNET_FILE};

/// The width of the blocks on the page.
const WIDTH: usize = 96;

/// The definition as a page has it, with the usual name.
fn definition() -> clap::Command {
    let mut command = Cli::command().bin_name(DOTNET_COMMAND).term_width(WIDTH);
    command.build();
    command
}

#[test]
fn the_page_of_commands_is_that_of_the_definitions() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md");
    let page = page();
    if std::env::var_os("CODEARTIFACT_NUGET_WRITE_PAGES").is_some() {
        fs::write(&file, &page).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        written.replace("\r\n", "\n"),
        page,
        "write it: CODEARTIFACT_NUGET_WRITE_PAGES=1 cargo test --bin nuget-plugin-codeartifact pages"
    );
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let named = std::env::var_os("CODEARTIFACT_NUGET_MAN_DIR");
    let folder = named.as_deref().map_or(folder.path(), Path::new);
    fs::create_dir_all(folder).unwrap();
    let mut root = Cli::command().name(DOTNET_FILE).disable_help_subcommand(true);
    root = root.version(env!("CARGO_PKG_VERSION"));
    root.build();
    write_manuals(&root, DOTNET_FILE, folder);
    let page = fs::read_to_string(folder.join("dotnet-codeartifact-source-add.1")).unwrap();
    for text in ["NAME", "\ndotnet codeartifact source add ", "EXIT STATUS", "configfile"] {
        assert!(page.replace(r"\-", "-").contains(text), "{text}: {page}");
    }
}

fn write_manuals(command: &clap::Command, name: &str, folder: &Path) {
    for inner in command.get_subcommands() {
        write_manuals(inner, &format!("{name}-{}", inner.get_name()), folder);
    }
    let manual = Man::new(command.clone().display_name(name.to_owned())).title(name);
    let mut page = Vec::new();
    manual.render_title(&mut page).unwrap();
    manual.render_name_section(&mut page).unwrap();
    manual.render_synopsis_section(&mut page).unwrap();
    manual.render_description_section(&mut page).unwrap();
    manual.render_options_section(&mut page).unwrap();
    if command.has_subcommands() {
        manual.render_subcommands_section(&mut page).unwrap();
    }
    if let Some(found) = command.get::<Page>() {
        sections(found).to_writer(&mut page).unwrap();
    }
    fs::write(folder.join(format!("{name}.1")), page).unwrap();
}

/// What help shows below the options. Examples are not filled, so that they can be copied.
fn sections(page: &Page) -> Roff {
    let mut sections = Roff::new();
    sections.control("SH", ["EXAMPLES"]).control("nf", []);
    for (at, example) in page.examples.iter().enumerate() {
        let blank = if at == 0 { "" } else { "\n" };
        let line = example.with_name(DOTNET_COMMAND);
        sections.text([roman(format!("{blank}# {}\n{line}", example.about))]);
    }
    sections.control("fi", []);
    if !page.notes.is_empty() {
        sections.control("SH", ["NOTES"]);
    }
    for note in page.notes {
        let is_list = note.contains('\n');
        let (begin, end) = if is_list { ("nf", "fi") } else { ("PP", "PP") };
        sections.control(begin, []).text([roman(*note)]).control(end, []);
    }
    sections.control("SH", ["EXIT STATUS"]).text([roman(page.exit_codes)]);
    sections
}

fn page() -> String {
    let root = definition();
    let mut text = "# Commands\n\n\
        This page is made of the command line's own definitions; `--help` of a command shows the same. \
        With `--json` a command prints [one JSON object](json.md). A failure is one line on standard error with \
        [its code](messages.md).\n"
        .to_owned();
    for (group, commands) in help::GROUPS {
        let found: Vec<_> = commands.iter().filter_map(|it| root.find_subcommand(it)).collect();
        let _ = writeln!(text, "\n## {group}");
        for command in found.into_iter().filter(|command| command.get_name() != "help") {
            section(&mut text, command, command.get_name());
        }
    }
    text
}

fn section(text: &mut String, command: &clap::Command, words: &str) {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    if command.has_subcommands() {
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            section(text, inner, &format!("{words} {}", inner.get_name()));
        }
        return;
    }
    let _ = writeln!(text, "\n### {words}\n\n{about}.\n");
    let usage = "{usage-heading} {usage}\n\n{all-args}";
    let options = command.clone().help_template(usage).render_help().to_string();
    let _ = writeln!(text, "```text\n{}\n```", trimmed(&options));
    let page = command.get::<Page>().expect("a page for every command");
    let _ = writeln!(
        text,
        "\n<!-- not run: a test runs the examples of every command's help -->\n```sh"
    );
    for (at, example) in page.examples.iter().enumerate() {
        let blank = if at == 0 { "" } else { "\n" };
        let line = example.with_name(DOTNET_COMMAND);
        let _ = writeln!(text, "{blank}# {}\n{line}", example.about);
    }
    text.push_str("```\n");
    for note in page.notes {
        match note.split_once('\n') {
            // A list in columns.
            Some((title, list)) => {
                let _ = writeln!(text, "\n{title}\n\n```text\n{list}\n```");
            }
            None => {
                let _ = writeln!(text, "\n{note}");
            }
        }
    }
    let _ = writeln!(text, "\nExit codes: {}.", page.exit_codes);
}

/// Without blanks at the ends of lines.
fn trimmed(text: &str) -> String {
    text.trim_end().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}
