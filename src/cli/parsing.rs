//! Reads the command line, and says what is wrong with it.

use std::ffi::OsString;
use std::io::Write;

use clap::error::{ContextValue, ErrorKind};
use clap::{ArgMatches, CommandFactory, FromArgMatches};

use super::{Cli, Command, definition};
use crate::base::text::one_line;
use crate::code::Code;

/// A command line that can be used.
#[derive(Debug)]
pub struct Parsed {
    pub command: Command,
    /// The command's words, such as `source add`, if `--json` was given.
    pub json: Option<String>,
}

/// Why no command is run: the command line is wrong, or help or the version was requested.
#[derive(Debug)]
pub struct NotRun {
    error: clap::Error,
    /// As for [`Parsed`].
    pub json: Option<String>,
}

/// Reads the words behind the program's name.
pub fn parse(words: &[OsString]) -> Result<Parsed, NotRun> {
    let words = match words {
        // The parser's own command takes no option.
        [help, option] if help == "help" && (option == "--help" || option == "-h") => &words[..1],
        words => words,
    };
    let matches = definition().no_binary_name(true).try_get_matches_from(words);
    let parsed = matches.and_then(|matches| {
        let json = json_name(&matches);
        Ok(Parsed { command: Cli::from_arg_matches(&matches)?.command, json })
    });
    parsed.map_err(|error| NotRun { error: clean(error), json: json_name_of_words(words) })
}

fn json_name(matches: &ArgMatches) -> Option<String> {
    let (mut names, mut is_json, mut at) = (Vec::new(), false, matches);
    while let Some((name, inner)) = at.subcommand() {
        names.push(name);
        is_json |= matches!(inner.try_get_one("json"), Ok(Some(true)));
        at = inner;
    }
    is_json.then(|| names.join(" "))
}

/// Like [`json_name`], for words that could not be parsed.
fn json_name_of_words(words: &[OsString]) -> Option<String> {
    let words: Vec<_> = words.iter().take_while(|word| *word != "--").collect();
    if !words.iter().any(|word| *word == "--json") {
        return None;
    }
    let (root, mut names) = (Cli::command(), Vec::new());
    let mut at = &root;
    for word in words {
        if let Some(inner) = at.find_subcommand(word) {
            names.push(inner.get_name());
            at = inner;
        }
    }
    Some(names.join(" "))
}

/// The error with the quoted parts of the command line on one line: on CI a script may have them
/// from a stranger, for example from a branch's name.
fn clean(mut error: clap::Error) -> clap::Error {
    let quoted = error.context().filter_map(|(kind, value)| match value {
        ContextValue::String(text) => Some((kind, ContextValue::String(one_line(text)))),
        ContextValue::StyledStrs(texts) => {
            let is_clean = texts.iter().all(|text| {
                let text = text.to_string();
                one_line(&text) == text
            });
            (!is_clean).then_some((kind, ContextValue::None))
        }
        _ => None,
    });
    for (kind, value) in quoted.collect::<Vec<_>>() {
        error.insert(kind, value);
    }
    error
}

impl NotRun {
    /// Whether the command line asks for help or the version. That is no error.
    pub fn is_wanted(&self) -> bool {
        matches!(self.error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
    }

    /// Prints help or the version on standard output, and an error on `errors`.
    pub fn print(&self, has_colours: bool, errors: &mut dyn Write) {
        // If nobody reads it, the exit code still reports the error.
        let _ = if self.is_wanted() {
            self.error.print()
        } else {
            let text = self.error.render();
            let text = if has_colours { text.ansi().to_string() } else { text.to_string() };
            write!(errors, "{}", with_code(&text))
        };
    }

    /// What is wrong, in one line.
    pub fn message(&self) -> String {
        let text = self.error.to_string();
        let line = text.lines().next().unwrap_or_default();
        line.strip_prefix("error: ").unwrap_or(line).to_owned()
    }
}

/// The parser's text with the code behind its first word, which may be coloured.
fn with_code(text: &str) -> String {
    let split = text.split_once("error:").and_then(|(before, behind)| {
        // What ends the colour is between the word and the blank.
        let (end, message) = behind.split_once(' ')?;
        Some((before, end, message))
    });
    match split {
        Some((before, end, message)) => {
            format!("{before}error:{end} [{}] {message}", Code::WrongUsage)
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(line: &str) -> Option<String> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        match parse(&words) {
            Ok(parsed) => parsed.json,
            Err(error) => error.json,
        }
    }

    #[test]
    fn the_command_is_known_where_the_line_is_right_and_where_it_is_wrong() {
        for (line, name) in [
            ("status --json", Some("status")),
            ("status", None),
            ("configure --json get profile", Some("configure get")),
            ("configure rule remove 1 --json", Some("configure rule remove")),
            ("token x --json --duration-seconds 5", Some("token")),
            ("source add --json", Some("source add")),
            ("exec x -- y --json", None),
            ("nonsense --json", Some("")),
        ] {
            assert_eq!(json(line).as_deref(), name, "{line}");
        }
    }

    #[test]
    fn an_error_has_its_code_with_and_without_colours() {
        assert_eq!(with_code("error: no\n"), "error: [CNP801] no\n");
        assert_eq!(
            with_code("\u{1b}[31merror:\u{1b}[0m no"),
            "\u{1b}[31merror:\u{1b}[0m [CNP801] no"
        );
    }

    #[test]
    fn an_error_is_one_line_without_its_prefix() {
        let words = ["status", "--jsom"].map(OsString::from);
        let message = parse(&words).unwrap_err().message();
        assert_eq!(message, "unexpected argument '--jsom' found");
    }
}
