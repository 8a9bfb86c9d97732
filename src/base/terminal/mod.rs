//! Colours and symbols, if the output can show them.

use std::fmt;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::base::environment::Environment;
use crate::base::text::one_line;

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
    is_terminal: bool,
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
        Self { colours: !is_unwanted && (is_forced || shows), symbols, is_terminal }
    }

    /// For a file.
    pub const PLAIN: Self = Self { colours: false, symbols: false, is_terminal: false };

    /// The mark, which is one column wide.
    pub fn mark(self, mark: Mark) -> String {
        let (symbol, plain, style) = match mark {
            Mark::Pass => ("✓", "v", bold(AnsiColor::Green)),
            Mark::Warning => ("!", "!", bold(AnsiColor::Yellow)),
            Mark::Failure => ("✗", "x", bold(AnsiColor::Red)),
            Mark::Skipped => ("-", "-", Style::new().dimmed()),
        };
        self.painted(if self.symbols { symbol } else { plain }, style)
    }

    /// Whether text may have colours.
    pub fn has_colours(self) -> bool {
        self.colours
    }

    pub fn is_terminal(self) -> bool {
        self.is_terminal
    }

    fn painted(self, text: &str, style: Style) -> String {
        if self.colours { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// The columns in which to write: `COLUMNS` if it is a number, otherwise the width of the terminal;
/// none for other streams, whose readers search for lines.
pub fn width(environment: &Environment, is_terminal: bool) -> Option<usize> {
    let set = environment.get("COLUMNS").and_then(|value| value.parse().ok());
    let of_terminal = || {
        let (terminal_size::Width(width), _) = terminal_size::terminal_size()?;
        Some(width.into())
    };
    let width = set.or_else(|| is_terminal.then(of_terminal).flatten());
    width.filter(|width| *width > 0)
}

/// Shows names of others safely: one `write!` or `writeln!` is one line, whatever the names in it
/// contain, and it can neither control a terminal nor be a command to a CI service.
#[derive(Debug)]
pub struct Printable<W>(pub W);

impl<W: Write> Write for Printable<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for line in String::from_utf8_lossy(bytes).split_inclusive('\n') {
            self.write_line(line)?;
        }
        Ok(bytes.len())
    }

    fn write_fmt(&mut self, line: fmt::Arguments<'_>) -> io::Result<()> {
        self.write_line(&line.to_string())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> Printable<W> {
    fn write_line(&mut self, line: &str) -> io::Result<()> {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        write!(self.0, "{}{end}", one_line(line))
    }
}

/// A stream whose reader may be gone, as in `doctor | head -1`: what nobody reads counts as written, so
/// that the exit code is that of the command itself.
#[derive(Debug)]
pub struct PerhapsUnread<W>(pub W);

impl<W: Write> Write for PerhapsUnread<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        unless_unread(self.0.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        unless_unread(self.0.flush(), ())
    }
}

fn unless_unread<T>(outcome: io::Result<T>, written: T) -> io::Result<T> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(written),
        outcome => outcome,
    }
}

fn bold(colour: AnsiColor) -> Style {
    Style::new().bold().fg_color(Some(colour.into()))
}

fn shows_colours(environment: &Environment) -> bool {
    !is_dumb(environment) && environment.get("CLICOLOR") != Some("0")
}

/// Shows the line on the terminal of this process itself, wherever its standard streams lead. False if
/// there is no terminal.
pub fn show(line: &str) -> bool {
    let Some(mut terminal) = system::open() else { return false };
    // The terminal logger of `dotnet` draws over the last lines.
    let text = format!("\r\n{}\r\n\r\n\r\n", one_line(line));
    terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush()).is_ok()
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
        let Appearance { colours, symbols, .. } = Appearance::of(&environment, is_terminal);
        (colours, symbols)
    }

    #[test]
    fn one_write_is_one_line_whatever_the_names_in_it_contain() {
        let mut shown = Printable(Vec::new());
        let name = "a\u{1b}[31mb\u{9b}\r\n::add-mask::\u{e4}";
        writeln!(shown, "{name}").unwrap();
        writeln!(&mut shown as &mut dyn Write, "{name}").unwrap();
        shown.write_all(b"one\n::two\n").unwrap();
        let line = "a?[31mb?  ::add-mask::\u{e4}\n";
        assert_eq!(String::from_utf8(shown.0).unwrap(), format!("{line}{line}one\n: :two\n"));
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
    fn a_width_that_is_set_is_the_width_of_every_stream() {
        let width =
            |value, is_terminal| width(&Environment::from_pairs([("COLUMNS", value)]), is_terminal);
        assert_eq!((width("72", true), width("72", false)), (Some(72), Some(72)));
        assert_eq!((width("0", false), width("wide", false)), (None, None));
        assert_eq!(super::width(&Environment::from_pairs([("A", "")]), false), None);
    }

    #[test]
    fn marks_are_symbols_or_letters_and_coloured_or_not() {
        let with = |colours, symbols| Appearance { colours, symbols, is_terminal: true };
        let marks = |appearance: Appearance| {
            [Mark::Pass, Mark::Warning, Mark::Failure, Mark::Skipped]
                .map(|mark| appearance.mark(mark))
        };
        assert_eq!(marks(with(false, true)), ["✓", "!", "✗", "-"]);
        assert_eq!(marks(Appearance::PLAIN), ["v", "!", "x", "-"]);
        assert_eq!(
            marks(with(true, false)),
            [
                "\u{1b}[1m\u{1b}[32mv\u{1b}[0m",
                "\u{1b}[1m\u{1b}[33m!\u{1b}[0m",
                "\u{1b}[1m\u{1b}[31mx\u{1b}[0m",
                "\u{1b}[2m-\u{1b}[0m"
            ]
        );
    }
}
