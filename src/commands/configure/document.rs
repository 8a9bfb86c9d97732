//! The user's file, changed without touching what is not meant.
#![expect(clippy::disallowed_methods, reason = "the only writer of the configuration file")]

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use toml_edit::{ArrayOfTables, DocumentMut, Item, RawString, Table, TableLike};

use super::{Context, Error};
use crate::base::files::{self, Replacement};
use crate::settings::{self, FileError};

const BYTE_ORDER_MARK: char = '\u{feff}';

/// The file as it was read, and what shall become of it. It may hold a proxy's password.
pub struct Document {
    path: PathBuf,
    /// None where there was no file.
    before: Option<String>,
    parsed: DocumentMut,
}

impl Document {
    /// Reads the file; one that is not there is empty.
    pub fn open(context: &Context<'_>) -> Result<Self, Error> {
        let path = settings::config_file(context.environment, &context.locations)?;
        let path = path.ok_or(Error::NoHome)?;
        let before = settings::text_of(&path)?;
        let parsed = parse(&path, before.as_deref().unwrap_or_default())?;
        Ok(Self { path, before, parsed })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The keys above all tables.
    pub fn root(&mut self) -> &mut Table {
        self.parsed.as_table_mut()
    }

    /// The `[[key]]` tables; none where there are none.
    pub fn tables(&mut self, key: &'static str) -> Result<Option<&mut ArrayOfTables>, Error> {
        let path = self.path.clone();
        let Some(item) = self.parsed.get_mut(key) else { return Ok(None) };
        item.as_array_of_tables_mut().map(Some).ok_or(Error::NotTables { key, path })
    }

    /// Adds one of the `[[key]]` tables at the end of the file.
    pub fn append(&mut self, key: &'static str, mut table: Table) -> Result<(), Error> {
        self.place_at_end(&mut table);
        if self.tables(key)?.is_none() {
            self.root().insert(key, Item::ArrayOfTables(ArrayOfTables::new()));
        }
        if let Some(tables) = self.tables(key)? {
            tables.push(table);
        }
        Ok(())
    }

    /// The `[key]` table, made at the end of the file where it is missing.
    pub fn table(&mut self, key: &str) -> Result<&mut dyn TableLike, Error> {
        if !self.root().contains_key(key) {
            let mut table = Table::new();
            self.place_at_end(&mut table);
            self.root().insert(key, Item::Table(table));
        }
        let path = self.path.clone();
        self.root().get_mut(key).and_then(Item::as_table_like_mut).ok_or(Error::NotKept(path))
    }

    /// Comments at the end of the file stay before the table, with an empty line between.
    fn place_at_end(&mut self, table: &mut Table) {
        let is_first = self.root().is_empty();
        let mut before = self.take_end();
        if !is_first || !before.is_empty() {
            before.push('\n');
        }
        table.decor_mut().set_prefix(before);
        table.set_position(Some(isize::MAX));
    }

    /// Takes what stands behind the last key: comments.
    pub fn take_end(&mut self) -> String {
        let end = self.parsed.trailing().as_str().unwrap_or_default().to_owned();
        self.parsed.set_trailing("");
        end
    }

    /// Removes one of the `[[key]]` tables with the comment right above it. What is above that, apart
    /// by an empty line, stays.
    pub fn remove(&mut self, key: &'static str, at: usize) -> Result<(), Error> {
        let Some(tables) = self.tables(key)? else { return Ok(()) };
        let removed = tables.remove(at);
        if tables.is_empty() {
            self.root().remove(key);
        }
        let above = prefix(&removed);
        let stays = above.rfind("\n\n").map_or("", |blank| &above[..blank]);
        if !stays.trim().is_empty() {
            self.keep_above(removed.position(), stays);
        }
        Ok(())
    }

    /// Puts a comment above the first table behind a position, or at the end.
    fn keep_above(&mut self, position: Option<isize>, comment: &str) {
        let tables = self.root().iter_mut().flat_map(|(_, item)| match item {
            Item::Table(table) => vec![table],
            Item::ArrayOfTables(tables) => tables.iter_mut().collect(),
            _ => Vec::new(),
        });
        let behind = tables.filter(|table| table.position() > position);
        if let Some(next) = behind.min_by_key(|table| table.position()) {
            let joined = format!("{comment}\n{}", prefix(next));
            next.decor_mut().set_prefix(joined);
        } else {
            let end = self.take_end();
            self.parsed.set_trailing(format!("{comment}\n{end}"));
        }
    }

    /// Writes the file, unless nothing has changed or the result could not be used.
    pub fn save(self) -> Result<PathBuf, Error> {
        let Self { path, before, parsed } = self;
        let text = as_before(before.as_deref(), &parsed.to_string());
        settings::check_text(&path, &text).map_err(|error| would_be_invalid(&path, error))?;
        if before.as_ref() != Some(&text) {
            write(&path, before.as_deref(), &text)?;
        }
        Ok(path)
    }
}

/// What stands above a table.
pub fn prefix(table: &Table) -> &str {
    table.decor().prefix().and_then(RawString::as_str).unwrap_or_default()
}

/// Takes only what would be written as it is.
fn parse(path: &Path, text: &str) -> Result<DocumentMut, Error> {
    let plain = plain(text);
    let not_kept = || Error::NotKept(path.to_owned());
    let document: DocumentMut = plain.parse().map_err(|_| not_kept())?;
    let is_kept = document.to_string() == plain && as_before(Some(text), &plain).starts_with(text);
    if is_kept { Ok(document) } else { Err(not_kept()) }
}

/// Without byte order mark, with line feeds only, and with one at the end.
fn plain(text: &str) -> String {
    let mut plain = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text).replace("\r\n", "\n");
    if !plain.is_empty() && !plain.ends_with('\n') {
        plain.push('\n');
    }
    plain
}

/// A plain text with the line ends and the byte order mark that the file had.
fn as_before(before: Option<&str>, plain: &str) -> String {
    let before = before.unwrap_or_default();
    let text = if before.contains("\r\n") { plain.replace('\n', "\r\n") } else { plain.to_owned() };
    if before.starts_with(BYTE_ORDER_MARK) { format!("{BYTE_ORDER_MARK}{text}") } else { text }
}

fn would_be_invalid(path: &Path, error: FileError) -> Error {
    match error {
        FileError::Invalid { message, .. } => {
            Error::WouldBeInvalid { path: path.to_owned(), message }
        }
        other @ FileError::Unreadable { .. } => Error::File(other),
    }
}

/// Replaces the file at once, or leaves it. Where a link is in its place, what it leads to is replaced.
fn write(path: &Path, before: Option<&str>, text: &str) -> Result<(), Error> {
    let disk = |action, path: &Path| {
        let path = path.to_owned();
        move |source| Error::Disk { action, path, source }
    };
    let target = target(path).map_err(disk("follow the link", path))?;
    let folder = target.parent().unwrap_or(Path::new("/"));
    files::make_private_folder(folder).map_err(disk("make the folder", folder))?;
    let unfinished = unfinished(&target, text).map_err(disk("write", &target))?;
    if settings::text_of(path)?.as_deref() != before {
        return Err(Error::ChangedMeanwhile(path.to_owned()));
    }
    unfinished.commit().map_err(disk("write", &target))
}

/// The new text in a file that its owner alone may use, or those who may use the old one.
fn unfinished(target: &Path, text: &str) -> io::Result<Replacement> {
    let replacement = Replacement::of(target, "config.")?;
    match fs::metadata(target) {
        Ok(found) => {
            files::keep_owner(replacement.file(), &found)?;
            replacement.file().set_permissions(found.permissions())?;
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    replacement.fill(text.as_bytes())?;
    Ok(replacement)
}

/// What a link leads to, also where that is not there yet.
fn target(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound && path.is_symlink() => {
            let target = fs::read_link(path)?;
            Ok(path.parent().map_or_else(|| target.clone(), |folder| folder.join(&target)))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(path.to_owned()),
        resolved => resolved,
    }
}
