//! The shared AWS files read a second time, by the rules of Python's `configparser` and botocore's
//! `configloader`, and by nothing of ours. A test compares it with botocore itself.

use std::collections::{BTreeMap, HashSet};

/// A section's values by their keys.
pub type Values = BTreeMap<String, String>;

/// The sections that the config file can have, by their kinds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Config {
    pub profiles: BTreeMap<String, Values>,
    pub sso_sessions: BTreeMap<String, Values>,
    pub services: BTreeMap<String, Values>,
    /// The headers that are none of them.
    pub others: Vec<String>,
}

/// Why botocore refuses a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// A line above the first section.
    NoSection,
    /// A line that is neither a header nor a key with a value.
    Line,
    /// A section or a key is there twice.
    Twice,
    /// A value with lines of its own has one without `=`.
    Nested,
}

/// The sections in their order, each with its name.
pub fn sections(text: &str) -> Result<Vec<(String, Values)>, Refused> {
    let mut parser = Parser::default();
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines = text.strip_suffix('\n').unwrap_or(&text).split('\n');
    for line in lines.filter(|_| !text.is_empty()) {
        parser.line(line)?;
    }
    if parser.has_bad_line {
        return Err(Refused::Line);
    }
    let values = |lines: BTreeMap<String, Vec<String>>| -> Values {
        let joined = lines.into_iter();
        joined.map(|(key, lines)| (key, lines.join("\n").trim_end_matches(space).into())).collect()
    };
    let defaults = values(parser.defaults);
    let mut sections = Vec::new();
    for (name, lines) in parser.sections {
        let mut all = defaults.clone();
        all.extend(values(lines));
        for value in all.values() {
            nested(value).ok_or(Refused::Nested)?;
        }
        sections.push((name, all));
    }
    Ok(sections)
}

/// The config file, whose sections have kinds.
pub fn config(text: &str) -> Result<Config, Refused> {
    let mut config = Config::default();
    for (header, values) in sections(text)? {
        let kind = if header.starts_with("profile") {
            &mut config.profiles
        } else if header.starts_with("sso-session") {
            &mut config.sso_sessions
        } else if header.starts_with("services") {
            &mut config.services
        } else if header == "default" {
            config.profiles.insert(header, values);
            continue;
        } else {
            config.others.push(header);
            continue;
        };
        match shlex(&header).as_deref() {
            Some([_, name]) => drop(kind.insert(name.clone(), values)),
            _ => config.others.push(header),
        }
    }
    Ok(config)
}

/// The pairs of a value that begins below its key; empty for another value.
pub fn nested(value: &str) -> Option<Values> {
    let mut pairs = Values::new();
    if !value.starts_with('\n') {
        return Some(pairs);
    }
    // The ends of lines of Python's `splitlines`.
    let ends = "\n\u{b}\u{c}\u{1c}\u{1d}\u{1e}\u{85}\u{2028}\u{2029}";
    for line in value.split(|it| ends.contains(it)) {
        let line = line.trim_matches(space);
        if !line.is_empty() {
            let (key, value) = line.split_once('=')?;
            pairs.insert(key.trim_matches(space).into(), value.trim_matches(space).into());
        }
    }
    Some(pairs)
}

/// Python's `str.isspace`.
fn space(it: char) -> bool {
    matches!(it, '\t'..='\r' | '\x1c'..='\x20' | '\u{85}' | '\u{a0}' | '\u{1680}')
        || matches!(it, '\u{2000}'..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}')
        || matches!(it, '\u{205f}' | '\u{3000}')
}

/// Where the lines of a value go.
#[derive(Clone)]
enum In {
    Nothing,
    Defaults,
    Section(usize),
}

struct Parser {
    defaults: BTreeMap<String, Vec<String>>,
    sections: Vec<(String, BTreeMap<String, Vec<String>>)>,
    seen: HashSet<(String, String)>,
    current: In,
    section: String,
    option: Option<String>,
    indent: usize,
    has_bad_line: bool,
}

impl Default for Parser {
    fn default() -> Self {
        let (section, seen) = (String::new(), HashSet::new());
        let (defaults, sections) = (BTreeMap::new(), Vec::new());
        let (current, option, indent, has_bad_line) = (In::Nothing, None, 0, false);
        Self { defaults, sections, seen, current, section, option, indent, has_bad_line }
    }
}

impl Parser {
    fn values(&mut self) -> Option<&mut BTreeMap<String, Vec<String>>> {
        match self.current {
            In::Nothing => None,
            In::Defaults => Some(&mut self.defaults),
            In::Section(at) => self.sections.get_mut(at).map(|(_, values)| values),
        }
    }

    /// The lines of the last value.
    fn open(&mut self) -> Option<&mut Vec<String>> {
        let option = self.option.clone()?;
        self.values()?.get_mut(&option)
    }

    fn line(&mut self, line: &str) -> Result<(), Refused> {
        let value = line.trim_matches(space);
        if value.starts_with('#') || value.starts_with(';') {
            return Ok(());
        }
        if value.is_empty() {
            if let Some(open) = self.open() {
                open.push(String::new());
            }
            return Ok(());
        }
        let indent = line.chars().take_while(|it| space(*it)).count();
        if indent > self.indent
            && let Some(open) = self.open()
        {
            open.push(value.to_owned());
            return Ok(());
        }
        self.indent = indent;
        // `\[(.+)\]`
        let header = value.strip_prefix('[').and_then(|rest| rest.rsplit_once(']'));
        match header.map(|(name, _)| name).filter(|name| !name.is_empty()) {
            Some(name) => self.header(name),
            None => self.pair(value),
        }
    }

    fn header(&mut self, name: &str) -> Result<(), Refused> {
        self.option = None;
        name.clone_into(&mut self.section);
        if name == "DEFAULT" {
            self.current = In::Defaults;
            return Ok(());
        }
        if self.sections.iter().any(|(other, _)| other == name) {
            return Err(Refused::Twice);
        }
        self.current = In::Section(self.sections.len());
        self.sections.push((name.to_owned(), BTreeMap::new()));
        Ok(())
    }

    fn pair(&mut self, line: &str) -> Result<(), Refused> {
        if matches!(self.current, In::Nothing) {
            return Err(Refused::NoSection);
        }
        let Some(at) = line.find(['=', ':']) else {
            self.has_bad_line = true;
            return Ok(());
        };
        let key = line[..at].trim_matches(space).to_lowercase();
        // Python reports such a line at the end, and reads on.
        self.has_bad_line |= key.is_empty();
        if !self.seen.insert((self.section.clone(), key.clone())) {
            return Err(Refused::Twice);
        }
        self.option = Some(key.clone()).filter(|key| !key.is_empty());
        let value = line[at + 1..].trim_matches(space).to_owned();
        if let Some(values) = self.values() {
            values.insert(key, vec![value]);
        }
        Ok(())
    }
}

/// Python's `shlex.split`; none where a quotation is not closed.
fn shlex(text: &str) -> Option<Vec<String>> {
    let text: Vec<char> = text.chars().collect();
    let (mut words, mut word, mut quote, mut at) = (Vec::new(), None::<String>, None, 0);
    while let Some(&it) = text.get(at) {
        at += 1;
        match (quote, it) {
            (Some(open), _) if it == open => quote = None,
            (Some('"'), '\\') => {
                let next = *text.get(at)?;
                at += 1;
                let kept = Some('\\').filter(|_| !matches!(next, '"' | '\\'));
                word.get_or_insert_default().extend(kept.into_iter().chain([next]));
            }
            (None, ' ' | '\t' | '\r' | '\n') => words.extend(word.take()),
            (None, '\'' | '"') => {
                quote = Some(it);
                word.get_or_insert_default();
            }
            (None, '\\') => {
                word.get_or_insert_default().push(*text.get(at)?);
                at += 1;
            }
            _ => word.get_or_insert_default().push(it),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}
