//! Colours and symbols, if the output can show them.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::base::environment::Environment;

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;

/// The result of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Pass,
    Warning,
    Failure,
    /// It was not checked.
    Skipped,
}

/// How results are written to one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appearance {
    colours: bool,
    symbols: bool,
}

impl Appearance {
    /// For a stream that may be a terminal.
    ///
    /// Colours: none if `NO_COLOR` is set; otherwise always if `CLICOLOR_FORCE` is set to anything
    /// but 0; otherwise on a terminal that is not `dumb`, unless `CLICOLOR` is 0. Symbols: on a
    /// terminal that shows UTF-8.
    pub fn of(environment: &Environment, is_terminal: bool) -> Self {
        let is_forced = environment.get("CLICOLOR_FORCE").is_some_and(|value| value != "0");
        let shows = is_terminal && shows_colours(environment) && system::enable_colours();
        let is_unwanted = environment.path("NO_COLOR").is_some();
        let symbols = is_terminal && !is_dumb(environment) && system::is_utf8(environment);
        Self { colours: !is_unwanted && (is_forced || shows), symbols }
    }

    /// For a file.
    pub const PLAIN: Self = Self { colours: false, symbols: false };

    /// The mark as text of [`width`](Self::width): a symbol, or a word.
    pub fn mark(self, mark: Mark) -> String {
        let (symbol, word, style) = match mark {
            Mark::Pass => ("✓", "ok  ", bold(AnsiColor::Green)),
            Mark::Warning => ("!", "warn", bold(AnsiColor::Yellow)),
            Mark::Failure => ("✗", "FAIL", bold(AnsiColor::Red)),
            Mark::Skipped => ("-", "-   ", Style::new().dimmed()),
        };
        self.painted(if self.symbols { symbol } else { word }, style)
    }

    /// The width of a mark in columns.
    pub fn width(self) -> usize {
        if self.symbols { 1 } else { 4 }
    }

    fn painted(self, text: &str, style: Style) -> String {
        if self.colours { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// Removes control characters except line ends and tabs: a file's name may contain any, and must
/// not control a terminal.
#[derive(Debug)]
pub struct Printable<W>(pub W);

impl<W: Write> Write for Printable<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let is_control = |byte: &u8| byte.is_ascii_control() && !b"\n\t".contains(byte);
        let shown = bytes.iter().map(|byte| if is_control(byte) { b'?' } else { *byte });
        self.0.write_all(&shown.collect::<Vec<_>>())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn bold(colour: AnsiColor) -> Style {
    Style::new().bold().fg_color(Some(colour.into()))
}

fn shows_colours(environment: &Environment) -> bool {
    !is_dumb(environment) && environment.get("CLICOLOR") != Some("0")
}

/// Whether a line cannot be overwritten.
pub fn is_dumb(environment: &Environment) -> bool {
    environment.get("TERM") == Some("dumb")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const UTF8: (&str, &str) = ("LANG", "en_GB.UTF-8");

    fn appearance(pairs: &[(&str, &str)], is_terminal: bool) -> (bool, bool) {
        let environment = Environment::from_pairs(pairs.iter().copied());
        let Appearance { colours, symbols } = Appearance::of(&environment, is_terminal);
        (colours, symbols)
    }

    #[test]
    fn control_characters_of_names_are_replaced() {
        let mut shown = Printable(Vec::new());
        write!(shown, "a\u{1b}[31mb\r\tä\n").unwrap();
        assert_eq!(shown.0, "a?[31mb?\tä\n".as_bytes());
    }

    #[test]
    fn a_pipe_gets_neither_colours_nor_symbols() {
        assert_eq!(appearance(&[UTF8], false), (false, false));
        assert_eq!(appearance(&[UTF8, ("CLICOLOR", "1")], false), (false, false));
    }

    #[test]
    fn a_terminal_gets_both_unless_it_is_dumb() {
        assert_eq!(appearance(&[UTF8, ("TERM", "xterm-256color")], true), (true, true));
        assert_eq!(appearance(&[UTF8], true), (true, true));
        assert_eq!(appearance(&[UTF8, ("TERM", "dumb")], true), (false, false));
    }

    #[test]
    fn variables_switch_colours_and_no_color_wins() {
        for (pairs, is_terminal, colours) in [
            (&[("NO_COLOR", "1")][..], true, false),
            (&[("NO_COLOR", "")], true, true),
            (&[("CLICOLOR", "0")], true, false),
            (&[("CLICOLOR_FORCE", "1")], false, true),
            (&[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")], true, true),
            (&[("CLICOLOR_FORCE", "0")], false, false),
            (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], true, false),
        ] {
            assert_eq!(appearance(pairs, is_terminal).0, colours, "{pairs:?} {is_terminal}");
        }
    }

    #[test]
    fn symbols_need_a_locale_of_utf_8_by_the_systems_order() {
        for (pairs, symbols) in [
            (&[][..], false),
            (&[("LANG", "C")], false),
            (&[("LANG", "C.utf8")], true),
            (&[("LANG", "de_DE.UTF-8@euro")], true),
            (&[("LANG", "en_GB.UTF-8"), ("LC_CTYPE", "C")], false),
            (&[("LC_ALL", "POSIX"), ("LC_CTYPE", "en_GB.UTF-8")], false),
            (&[("LC_ALL", ""), ("LC_CTYPE", "en_GB.UTF-8")], true),
        ] {
            assert_eq!(appearance(pairs, true).1, symbols, "{pairs:?}");
        }
    }

    #[test]
    fn marks_are_symbols_or_words_and_coloured_or_not() {
        let with = |colours, symbols| Appearance { colours, symbols };
        let marks = |appearance: Appearance| {
            [Mark::Pass, Mark::Warning, Mark::Failure, Mark::Skipped]
                .map(|mark| appearance.mark(mark))
        };
        assert_eq!(marks(with(false, true)), ["✓", "!", "✗", "-"]);
        assert_eq!(marks(Appearance::PLAIN), ["ok  ", "warn", "FAIL", "-   "]);
        assert_eq!(
            marks(with(true, false)),
            [
                "\u{1b}[1m\u{1b}[32mok  \u{1b}[0m",
                "\u{1b}[1m\u{1b}[33mwarn\u{1b}[0m",
                "\u{1b}[1m\u{1b}[31mFAIL\u{1b}[0m",
                "\u{1b}[2m-   \u{1b}[0m"
            ]
        );
    }
}
