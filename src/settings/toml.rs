//! The reader of the configuration file's TOML. It knows the position of each value.
//!
//! A table's keys are read by name, and each value is checked as it is read. Errors are collected,
//! so that the first one in the file is reported, whatever the order of the reads.

use std::ops::Range;

use serde::de::Unexpected;
use toml_edit::{ArrayOfTables, Item, Table, TableLike, Value};

use crate::base::text::nearest;

/// An error at one position of the file.
#[derive(Debug)]
pub(super) struct Problem {
    /// The byte offset at which it begins.
    pub(super) offset: usize,
    pub(super) message: String,
}

/// A value of the file, or a table of it.
#[derive(Clone, Copy)]
enum Content<'a> {
    Value(&'a Value),
    Table(&'a Table),
    Tables(&'a ArrayOfTables),
}

/// One value and its position.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    content: Content<'a>,
    offset: usize,
}

/// The keys of one table.
pub(super) struct Keys<'a> {
    table: &'a dyn TableLike,
    offset: usize,
    /// The keys that were read, in the order in which a message lists them.
    known: Vec<&'static str>,
    problems: Vec<Problem>,
}

impl<'a> Node<'a> {
    fn of_item(item: &'a Item, place_of_key: usize) -> Option<Self> {
        let content = match item {
            Item::None => return None,
            Item::Value(value) => Content::Value(value),
            Item::Table(table) => Content::Table(table),
            Item::ArrayOfTables(tables) => Content::Tables(tables),
        };
        Some(Self { content, offset: start(item.span()).unwrap_or(place_of_key) })
    }

    fn of_value(value: &'a Value) -> Self {
        Self { content: Content::Value(value), offset: start(value.span()).unwrap_or_default() }
    }

    fn of_table(table: &'a Table) -> Self {
        Self { content: Content::Table(table), offset: start(table.span()).unwrap_or_default() }
    }

    /// A problem with the value as a whole.
    pub(super) fn problem(self, message: impl Into<String>) -> Problem {
        Problem { offset: self.offset, message: message.into() }
    }

    /// The text, as `parse` reads it.
    pub(super) fn text<T>(
        self,
        parse: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Result<T, Problem> {
        let Content::Value(Value::String(text)) = self.content else {
            return Err(self.mistyped("a string"));
        };
        parse(text.value()).map_err(|expected| self.problem(format!("expected {expected}")))
    }

    /// The text, if `check` accepts it.
    pub(super) fn checked_text(
        self,
        check: impl FnOnce(&str) -> bool,
        expected: &'static str,
    ) -> Result<String, Problem> {
        self.text(|text| if check(text) { Ok(text.to_owned()) } else { Err(expected) })
    }

    /// The number, as `parse` reads it.
    pub(super) fn number<T>(
        self,
        parse: impl FnOnce(i64) -> Result<T, &'static str>,
    ) -> Result<T, Problem> {
        let Content::Value(Value::Integer(number)) = self.content else {
            return Err(self.mistyped("a number"));
        };
        parse(*number.value()).map_err(|expected| self.problem(format!("expected {expected}")))
    }

    /// The elements of a list, which may be empty.
    pub(super) fn list<T>(
        self,
        read: impl FnMut(Node<'a>) -> Result<T, Problem>,
    ) -> Result<Vec<T>, Problem> {
        self.elements().ok_or_else(|| self.mistyped("a list"))?.into_iter().map(read).collect()
    }

    /// One text or table, or the elements of a list of at least one.
    pub(super) fn one_or_more<T>(
        self,
        mut read: impl FnMut(Node<'a>) -> Result<T, Problem>,
    ) -> Result<Vec<T>, Problem> {
        match self.elements() {
            Some(elements) if elements.is_empty() => {
                Err(self.problem("the list is empty. Remove the key instead"))
            }
            Some(elements) => elements.into_iter().map(read).collect(),
            None if self.is_text() || self.is_table() => Ok(vec![read(self)?]),
            None => Err(self.mistyped("one value in quotes, or a list of them")),
        }
    }

    /// The keys of a table.
    pub(super) fn keys(self) -> Result<Keys<'a>, Problem> {
        let table: &dyn TableLike = match self.content {
            Content::Table(table) => table,
            Content::Value(Value::InlineTable(table)) => table,
            _ => return Err(self.mistyped("a table")),
        };
        Ok(Keys { table, offset: self.offset, known: Vec::new(), problems: Vec::new() })
    }

    pub(super) fn is_text(self) -> bool {
        matches!(self.content, Content::Value(Value::String(_)))
    }

    pub(super) fn is_table(self) -> bool {
        matches!(self.content, Content::Table(_) | Content::Value(Value::InlineTable(_)))
    }

    fn elements(self) -> Option<Vec<Node<'a>>> {
        match self.content {
            Content::Value(Value::Array(list)) => Some(list.iter().map(Node::of_value).collect()),
            Content::Tables(tables) => Some(tables.iter().map(Node::of_table).collect()),
            _ => None,
        }
    }

    /// Says which type the value has, and which one is expected.
    pub(super) fn mistyped(self, expected: &str) -> Problem {
        let found = match self.content {
            Content::Value(Value::String(text)) => Unexpected::Str(text.value()),
            Content::Value(Value::Integer(number)) => Unexpected::Signed(*number.value()),
            Content::Value(Value::Float(number)) => Unexpected::Float(*number.value()),
            Content::Value(Value::Boolean(truth)) => Unexpected::Bool(*truth.value()),
            Content::Value(Value::Array(_)) | Content::Tables(_) => Unexpected::Seq,
            Content::Value(Value::Datetime(_) | Value::InlineTable(_)) | Content::Table(_) => {
                Unexpected::Map
            }
        };
        self.problem(format!("expected {expected}, found {found}"))
    }
}

impl<'a> Keys<'a> {
    /// The keys above all tables.
    pub(super) fn of_root(table: &'a Table) -> Self {
        Self { table, offset: 0, known: Vec::new(), problems: Vec::new() }
    }

    /// The value of a key, as `read` reads it; none if the key is missing or invalid.
    pub(super) fn read<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Node<'a>) -> Result<T, Problem>,
    ) -> Option<T> {
        self.known.push(name);
        let (key, item) = self.table.get_key_value(name)?;
        let node = Node::of_item(item, start(key.span()).unwrap_or_default())?;
        read(node).map_err(|problem| self.problems.push(problem)).ok()
    }

    /// The texts of a key, each of which `check` must accept; none if the key is missing.
    pub(super) fn texts(
        &mut self,
        name: &'static str,
        check: fn(&str) -> bool,
        expected: &'static str,
    ) -> Vec<String> {
        let texts =
            self.read(name, |node| node.one_or_more(|text| text.checked_text(check, expected)));
        texts.unwrap_or_default()
    }

    /// Called after every key was read. Fails if one of them is invalid, or if there is an unknown
    /// key.
    pub(super) fn finish(&mut self) -> Result<(), Problem> {
        for (name, _) in self.table.iter().filter(|(name, _)| !self.known.contains(name)) {
            let key = self.table.get_key_value(name).and_then(|(key, _)| start(key.span()));
            let message = if let Some(nearest) = nearest(name, self.known.iter().copied()) {
                format!("unknown key `{name}`. Did you mean `{nearest}`?")
            } else {
                format!("unknown key `{name}`. Known keys: `{}`", self.known.join("`, `"))
            };
            self.problems.push(Problem { offset: key.unwrap_or(self.offset), message });
        }
        let first = self.problems.drain(..).min_by_key(|problem| problem.offset);
        first.map_or(Ok(()), Err)
    }

    /// The error for a required key that is missing.
    pub(super) fn missing(&self, name: &str) -> Problem {
        self.problem(format!("missing key `{name}`"))
    }

    /// A problem with the table as a whole.
    pub(super) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem { offset: self.offset, message: message.into() }
    }
}

fn start(span: Option<Range<usize>>) -> Option<usize> {
    span.map(|span| span.start)
}
