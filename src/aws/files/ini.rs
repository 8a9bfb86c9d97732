//! The grammar of the shared files, as the AWS CLI has it: that of Python's `configparser` without
//! interpolation.
//!
//! A line in brackets is a header, and whatever is behind its last `]` is ignored. Another line is a
//! key and a value, separated by the first `=` or `:`, or continues the value above if it is indented
//! more than that key. A line that begins with `#` or `;`, also an indented one, is a comment and ends
//! no value; there are no comments behind values. The properties of `[DEFAULT]` are those of every
//! section that lacks them.
//!
//! The AWS CLI refuses a file with a line that is none of these, and one that gives a section or a key
//! twice. Here only the section with such a line is unusable, and what is given twice with the same
//! value is not an error.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use crate::base::text::printable;

/// The sections of a file, in their order, without `[DEFAULT]`.
#[derive(Debug, Clone, Default)]
pub(super) struct Ini {
    pub sections: Vec<Section>,
    /// Why some lines belong to no section: the first such line.
    pub stray: Option<String>,
}

/// A section, without its brackets.
#[derive(Clone, Default)]
pub(super) struct Section {
    pub name: String,
    values: BTreeMap<String, String>,
    /// Why it cannot be used.
    pub fault: Option<String>,
}

/// Only names are shown, because the values include keys.
impl fmt::Debug for Section {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple(&self.name).field(&self.values.keys()).finish()
    }
}

impl Section {
    /// The value as it is written, without the blanks around it. Its lines are separated by line
    /// feeds, and the first one is empty if the value begins below its key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    /// A property below another one: `key =`, and then indented `name = value`.
    pub fn get_nested(&self, key: &str, name: &str) -> Option<&str> {
        let lines = self.get(key)?.strip_prefix('\n')?.split(ends_line);
        // The last one counts, as in a Python dictionary.
        let mut pairs = lines.rev().filter_map(|line| line.split_once('='));
        pairs.find(|(key, _)| strip(key) == name).map(|(_, value)| strip(value))
    }
}

impl Ini {
    pub fn parse(text: &str) -> Self {
        let mut reader = Reader::default();
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        for (index, line) in text.split('\n').enumerate() {
            reader.read(index + 1, line);
        }
        reader.finish()
    }
}

/// The name of the section whose properties every section has.
const FOR_ALL: &str = "DEFAULT";

/// A section as it is being read.
#[derive(Default)]
struct RawSection {
    name: String,
    entries: Vec<Entry>,
    fault: Option<String>,
}

struct Entry {
    key: String,
    /// The number of the line with the key.
    number: usize,
    lines: Vec<String>,
}

#[derive(Default)]
struct Reader {
    sections: Vec<RawSection>,
    /// The sections' indices by their names.
    by_name: HashMap<String, usize>,
    /// The index of the section that the next line belongs to.
    current: Option<usize>,
    /// Whether an indented line continues the current section's last value.
    is_in_value: bool,
    /// How far the last key or header is indented.
    indent: usize,
    stray: Option<String>,
}

impl Reader {
    fn read(&mut self, number: usize, line: &str) {
        let text = strip(line);
        if text.starts_with(['#', ';']) {
            return;
        }
        if text.is_empty() {
            if let Some(value) = self.value() {
                value.push(String::new());
            }
            return;
        }
        let indent = line.chars().take_while(|character| is_blank(*character)).count();
        if indent > self.indent
            && let Some(value) = self.value()
        {
            value.push(text.to_owned());
            return;
        }
        self.indent = indent;
        match header(text) {
            Some(name) => self.enter(name),
            None => self.read_entry(number, text),
        }
    }

    /// The lines of the value that an indented line continues.
    fn value(&mut self) -> Option<&mut Vec<String>> {
        let section = self.sections.get_mut(self.current?)?;
        section.entries.last_mut().filter(|_| self.is_in_value).map(|entry| &mut entry.lines)
    }

    fn enter(&mut self, name: &str) {
        let index = *self.by_name.entry(name.to_owned()).or_insert_with(|| {
            self.sections.push(RawSection { name: name.to_owned(), ..RawSection::default() });
            self.sections.len() - 1
        });
        self.current = Some(index);
        self.is_in_value = false;
    }

    fn read_entry(&mut self, number: usize, text: &str) {
        let pair = text.split_once(['=', ':']);
        if pair.is_none() && text.starts_with('[') {
            // What follows was meant for a section whose name is not known.
            self.current = None;
            let fault = format!("line {number} begins a section, and has no `]`");
            self.stray.get_or_insert(fault);
            return;
        }
        let Some(section) = self.current.and_then(|index| self.sections.get_mut(index)) else {
            let fault = format!("line {number} is above the first section");
            self.stray.get_or_insert(fault);
            return;
        };
        match pair {
            Some((key, value)) if !strip(key).is_empty() => {
                let (key, value) = (strip(key).to_lowercase(), strip(value).to_owned());
                section.entries.push(Entry { key, number, lines: vec![value] });
                self.is_in_value = true;
            }
            _ => {
                let fault = format!("line {number} is neither a header nor `key = value`");
                section.fault.get_or_insert(fault);
                self.is_in_value = false;
            }
        }
    }

    fn finish(self) -> Ini {
        let (for_all, sections): (Vec<_>, Vec<_>) =
            self.sections.into_iter().map(finished).partition(|section| section.name == FOR_ALL);
        let mut ini = Ini { sections, stray: self.stray };
        for Section { values, fault, .. } in for_all {
            for section in &mut ini.sections {
                for (key, value) in &values {
                    section.values.entry(key.clone()).or_insert_with(|| value.clone());
                }
                section.fault = section.fault.take().or_else(|| fault.clone());
            }
        }
        ini
    }
}

fn finished(raw: RawSection) -> Section {
    let RawSection { name, entries, mut fault } = raw;
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    for Entry { key, number, lines } in entries {
        let value = lines.join("\n").trim_end_matches(is_blank).to_owned();
        match values.get(&key) {
            Some(known) if *known != value => {
                let first = numbers.get(&key).copied().unwrap_or_default();
                let key = printable(&key);
                let twice = format!("`{key}` has two values (lines {first} and {number})");
                fault.get_or_insert(twice);
            }
            Some(_) => {}
            None => {
                numbers.insert(key.clone(), number);
                values.insert(key, value);
            }
        }
    }
    Section { name, values, fault }
}

/// The text between the first `[` and the last `]` of a line that begins with a bracket.
fn header(text: &str) -> Option<&str> {
    let name = &text.strip_prefix('[')?[..text.rfind(']')?.checked_sub(1)?];
    Some(name).filter(|name| !name.is_empty())
}

/// The text without the blanks around it, as Python's `strip` has it.
pub(super) fn strip(text: &str) -> &str {
    text.trim_matches(is_blank)
}

/// What ends a line of such a value, to Python's `splitlines`. The lines of a file end with less.
fn ends_line(character: char) -> bool {
    matches!(
        character,
        '\n' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// Python counts four separators of ASCII as blanks too.
pub(super) fn is_blank(character: char) -> bool {
    character.is_whitespace() || ('\x1c'..='\x1f').contains(&character)
}
