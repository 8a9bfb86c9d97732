//! What help shows besides options: examples to paste, notes, exit codes, and the commands in groups.

use std::fmt::Write as _;

use clap::builder::{CommandExt, Styles};

/// Lines are not wider, whatever the terminal: longer ones are hard to read.
pub const WIDEST: usize = 100;

/// What help shows of one command below its options.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    pub examples: &'static [Example],
    /// Paragraphs. A line that begins with blanks is not wrapped.
    pub notes: &'static [&'static str],
    pub exit_codes: &'static str,
}

impl CommandExt for Page {}

/// A command line to paste.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    pub about: &'static str,
    /// `{}` stands for the command's name. A line with characters that only one shell understands
    /// has that shell's name in `about`, unless it is for POSIX shells.
    pub line: &'static str,
}

pub const fn example(about: &'static str, line: &'static str) -> Example {
    Example { about, line }
}

impl Example {
    /// The line with the command's name.
    pub fn with_name(&self, name: &str) -> String {
        self.line.replace("{}", name)
    }
}

/// The exit codes of most commands.
pub const EXIT_CODES: &str = "0 done, 1 failed, 2 wrong usage";

/// Every command in its group, in the order of the list.
pub const GROUPS: [(&str, &[&str]); 5] = [
    ("Set up", &["setup", "install", "login", "source", "scrub", "uninstall"]),
    ("Daily use", &["status", "token", "exec", "logout"]),
    ("Diagnose", &["doctor", "explain"]),
    ("Configuration", &["configure"]),
    ("Other", &["completions", "help", "version"]),
];

/// Adds to each command what its help shows besides options. `name` starts the program.
pub fn with_help(root: clap::Command, name: &str, width: usize) -> clap::Command {
    let groups = groups(&root, name);
    let root = root.help_template(groups).max_term_width(WIDEST);
    root.mut_subcommands(|command| with_page(command, name, width))
}

fn with_page(command: clap::Command, name: &str, width: usize) -> clap::Command {
    let command = command.mut_subcommands(|inner| with_page(inner, name, width));
    let Some(page) = command.get::<Page>().copied() else { return command };
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{{all-args}}{}",
        page.text(name, width, command.get_styles())
    );
    command.help_template(template)
}

impl Page {
    fn text(&self, name: &str, width: usize, styles: &Styles) -> String {
        let header = styles.get_header();
        let mut text = format!("\n\n{header}Examples:{header:#}\n");
        for (at, example) in self.examples.iter().enumerate() {
            let blank = if at == 0 { "" } else { "\n" };
            let about = example.about;
            let _ = writeln!(text, "{blank}  # {about}\n  {}", example.with_name(name));
        }
        for note in self.notes {
            let _ = write!(text, "\n{}\n", wrapped(note, width));
        }
        let _ = write!(text, "\n{header}Exit codes:{header:#} {}", self.exit_codes);
        text
    }
}

/// The paragraph in lines of at most this width.
fn wrapped(paragraph: &str, width: usize) -> String {
    let lines = paragraph.lines().map(|line| {
        if line.starts_with(' ') { line.to_owned() } else { textwrap::fill(line, width) }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The template of the help that lists all commands.
fn groups(root: &clap::Command, name: &str) -> String {
    let styles = root.get_styles();
    let (header, literal) = (styles.get_header(), styles.get_literal());
    let mut text = "{about-with-newline}\n{usage-heading} {usage}\n".to_owned();
    for (group, commands) in GROUPS {
        let _ = writeln!(text, "\n{header}{group}:{header:#}");
        for command in commands {
            if let Some(about) = about(root, command) {
                let _ = writeln!(text, "  {literal}{command:<11}{literal:#}  {about}");
            }
        }
    }
    let _ = write!(
        text,
        "\n{header}Options:{header:#}\n{{options}}\n\nMore about a command: \
         {literal}{name} help <COMMAND>{literal:#}"
    );
    text
}

/// None if there is no such command. `help` is added by the parser itself.
fn about(root: &clap::Command, command: &str) -> Option<String> {
    if command == "help" {
        return Some("Print help of a command".to_owned());
    }
    Some(root.find_subcommand(command)?.get_about()?.to_string())
}

/// The width of the terminal, or of a page if there is none.
pub fn width() -> usize {
    let terminal = terminal_size::terminal_size().map(|(terminal_size::Width(width), _)| width);
    terminal.map_or(WIDEST, |width| usize::from(width).clamp(40, WIDEST))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn every_command_is_in_one_group() {
        let root = Cli::command();
        let grouped = GROUPS.iter().flat_map(|(_, commands)| *commands).copied();
        let is_there = |name: &&str| *name == "help" || root.find_subcommand(name).is_some();
        let grouped: Vec<&str> = grouped.filter(is_there).collect();
        let shown = root.get_subcommands().filter(|it| !it.is_hide_set());
        let mut shown: BTreeSet<&str> = shown.map(clap::Command::get_name).collect();
        shown.insert("help");
        assert_eq!(grouped.iter().copied().collect::<BTreeSet<_>>(), shown);
        assert_eq!(grouped.len(), shown.len(), "a command is in two groups");
    }

    #[test]
    fn every_command_has_a_page() {
        fn assert_page(command: &clap::Command) {
            if command.has_subcommands() {
                command.get_subcommands().for_each(assert_page);
            } else {
                let page = command.get::<Page>().unwrap_or_else(|| panic!("{command}"));
                assert!(!page.examples.is_empty(), "{command}");
            }
        }
        Cli::command().get_subcommands().filter(|it| !it.is_hide_set()).for_each(assert_page);
    }
}
