//! What a terminal shows of a program's output: text, colours, and lines that are written again.

use std::fmt::Write as _;

/// How many characters a line has.
pub const COLUMNS: usize = 80;

/// One line of the screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line(Vec<(char, Style)>);

/// How a character is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Style {
    /// The last digit of the colour's code, where one is set.
    colour: Option<u8>,
    is_bold: bool,
}

/// The screen, without an end.
#[derive(Debug, Default)]
pub struct Screen {
    lines: Vec<Line>,
    row: usize,
    column: usize,
    style: Style,
}

impl Line {
    /// Text without colours.
    pub fn plain(text: &str) -> Self {
        Self(text.chars().map(|character| (character, Style::default())).collect())
    }

    pub fn text(&self) -> String {
        self.0.iter().map(|(character, _)| character).collect()
    }

    /// The inside of an SVG `text` element.
    pub fn svg(&self) -> String {
        let mut svg = String::new();
        for run in self.0.chunk_by(|one, next| one.1 == next.1) {
            let text: String = run.iter().map(|(character, _)| character).collect();
            let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let style = run[0].1;
            if style == Style::default() {
                svg.push_str(&text);
                continue;
            }
            let weight = if style.is_bold { " font-weight=\"bold\"" } else { "" };
            let fill = style.fill();
            let _ = write!(svg, "<tspan fill=\"{fill}\"{weight}>{text}</tspan>");
        }
        svg
    }
}

impl Style {
    fn fill(self) -> &'static str {
        match self.colour {
            Some(0) => "#808080",
            Some(1) => "#f14c4c",
            Some(2) => "#23d18b",
            Some(3) => "#e5c07b",
            Some(4) => "#3b8eea",
            Some(5) => "#d670d6",
            Some(6) => "#29b8db",
            _ => "#ffffff",
        }
    }

    fn set(&mut self, code: &str) {
        match code.parse() {
            Ok(0) | Err(_) => *self = Self::default(),
            Ok(1) => self.is_bold = true,
            Ok(2) => self.colour = Some(0),
            Ok(22) => self.is_bold = false,
            Ok(39) => self.colour = None,
            Ok(code @ (30..=37 | 90..=97)) => self.colour = Some(code % 10),
            Ok(_) => {}
        }
    }
}

impl Screen {
    /// What is left on the screen of this output. The first and the last line of `script` are not.
    pub fn showing(typescript: &str) -> Self {
        let mut screen = Self::default();
        let lines = typescript.lines();
        let text = lines.filter(|line| !line.starts_with("Script started on "));
        let text = text.filter(|line| !line.starts_with("Script done on "));
        let text = text.collect::<Vec<_>>().join("\n");
        let mut rest = text.as_str();
        while let Some(character) = rest.chars().next() {
            rest = &rest[character.len_utf8()..];
            match character {
                '\u{1b}' => rest = screen.escape(rest),
                '\r' => screen.column = 0,
                '\n' => {
                    screen.row += 1;
                    screen.column = 0;
                }
                character if character.is_control() => {}
                character => screen.put(character),
            }
        }
        screen
    }

    /// The lines, without empty ones at the begin and the end.
    pub fn lines(&self) -> Vec<Line> {
        let is_empty = |line: &Line| line.text().trim().is_empty();
        let lines = self.lines.iter().skip_while(|line| is_empty(line));
        let mut lines: Vec<_> = lines.cloned().collect();
        while lines.last().is_some_and(is_empty) {
            lines.pop();
        }
        lines
    }

    fn line(&mut self) -> &mut Line {
        if self.lines.len() <= self.row {
            self.lines.resize(self.row + 1, Line::default());
        }
        &mut self.lines[self.row]
    }

    fn put(&mut self, character: char) {
        if self.column == COLUMNS {
            (self.row, self.column) = (self.row + 1, 0);
        }
        let (column, style) = (self.column, self.style);
        let Line(cells) = self.line();
        if cells.len() <= column {
            cells.resize(column + 1, (' ', Style::default()));
        }
        cells[column] = (character, style);
        self.column += 1;
    }

    /// What begins with Escape; returns what comes after it.
    fn escape<'a>(&mut self, rest: &'a str) -> &'a str {
        if let Some(sequence) = rest.strip_prefix('[') {
            let end = sequence.find(|c: char| ('@'..='~').contains(&c)).unwrap_or(0);
            let (parameters, rest) = sequence.split_at(end);
            self.control(parameters, rest.chars().next().unwrap_or(' '));
            return rest.get(1..).unwrap_or_default();
        }
        if let Some(command) = rest.strip_prefix(']') {
            // Of the window's title and the like; it ends with BEL or ST.
            let end = command.find(['\u{7}', '\u{1b}']).unwrap_or(command.len());
            let rest = &command[end..];
            return rest.strip_prefix("\u{1b}\\").or(rest.get(1..)).unwrap_or_default();
        }
        rest.get(1..).unwrap_or_default()
    }

    fn control(&mut self, parameters: &str, command: char) {
        let count = parameters.parse().unwrap_or(1);
        match command {
            'm' => parameters.split(';').for_each(|code| self.style.set(code)),
            'A' => self.row = self.row.saturating_sub(count),
            'F' => (self.row, self.column) = (self.row.saturating_sub(count), 0),
            'G' => self.column = count.saturating_sub(1),
            'C' => self.column += count,
            'K' => {
                let column = self.column;
                self.line().0.truncate(column);
            }
            'J' => {
                self.lines.truncate(self.row + 1);
                let column = self.column;
                self.line().0.truncate(column);
            }
            _ => {}
        }
    }
}

/// A line that is written again, in another colour.
pub fn a_screen_shows_what_was_written_last() {
    let screen = Screen::showing(
        "one\n\u{1b}[31mtwo\u{1b}[0m\r\n\u{1b}[1F\u{1b}[Knew \u{1b}[1;32m<ok>\u{1b}[m\n",
    );
    let text: Vec<_> = screen.lines().iter().map(Line::text).collect();
    assert_eq!(text, ["one", "new <ok>"]);
    let line = screen.lines()[1].svg();
    assert_eq!(line, "new <tspan fill=\"#23d18b\" font-weight=\"bold\">&lt;ok&gt;</tspan>");
}
