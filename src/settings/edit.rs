//! Edits of the user's configuration file, which keep its comments, order and form.
#![expect(clippy::disallowed_methods, reason = "the only writer of the configuration file")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use toml_edit::{ArrayOfTables, DocumentMut, Item, RawString, Table, TableLike, Value};

use super::FileKind;
use super::file::{FileError, end, parse, text_of};
use super::machine::{self, MachineFile};
use crate::base::files::{self, Replacement};
use crate::base::invocation;
use crate::base::text::{self, nearest};
use crate::code::{Code, Coded};

const RULES: &str = "rules";
const HOSTS: &str = "hosts";

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Why the file was not changed. Each message says what failed, where, and the fix.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The existing file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A key outside of rules and hosts that does not exist.
    #[error("Unknown key `{0}`.")]
    UnknownKey(String),
    /// A key that is not set in the file.
    #[error("`{0}` is not set.")]
    NotSet(String),
    /// A value that the key cannot have.
    #[error("Invalid value `{value}` for {key}: {message}{} Nothing was changed.", end(message))]
    InvalidValue { key: String, value: String, message: String },
    /// The result would not be a valid file.
    #[error("`{}` would not be valid: {message}{} Nothing was changed.", path.display(), end(message))]
    WouldBeInvalid { path: PathBuf, message: String },
    /// The parser would not write the file back unchanged.
    #[error(
        "`{}` is written in a form that this command cannot keep. Nothing was changed.",
        .0.display()
    )]
    NotKept(PathBuf),
    /// Inline arrays, which are not edited.
    #[error(
        "`{key}` in `{}` is not a list of `[[{key}]]` tables. Nothing was changed.", path.display()
    )]
    NotTables { key: &'static str, path: PathBuf },
    /// The machine-wide file, for somebody else.
    #[error("Only an administrator can change `{}`. Nothing was changed.", .0.display())]
    NotAdministrator(PathBuf),
    /// Another process wrote it after it was read here.
    #[error("`{}` was changed by another program at the same time, and not by this one.", .0.display())]
    ChangedMeanwhile(PathBuf),
    /// The number for a new rule.
    #[error("A new rule of `{}` can have number 1 to {last}, not {number}.", path.display())]
    NoPlace { path: PathBuf, number: usize, last: usize },
    /// The number of a rule to remove.
    #[error("`{}` has no rule {number}: it has {}.", path.display(), text::count(*count, "rule"))]
    NoRule { path: PathBuf, number: usize, count: usize },
    /// A host to add.
    #[error("`{}` already has the host `{host}`.", path.display())]
    HostIsThere { path: PathBuf, host: String },
    /// A host to remove.
    #[error("`{}` has no host `{host}`.", path.display())]
    NoHost { path: PathBuf, host: String },
    /// Any refusal by the file system.
    #[error("Cannot {action} `{}`: {source}.", path.display())]
    Disk {
        /// The verb of what was attempted.
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
}

impl Coded for EditError {
    fn code(&self) -> Code {
        match self {
            Self::File(error) => error.code(),
            Self::UnknownKey(_) => Code::UnknownKey,
            Self::NotSet(_) | Self::NoPlace { .. } | Self::NoRule { .. } | Self::NoHost { .. } => {
                Code::NothingToChange
            }
            Self::InvalidValue { .. } | Self::WouldBeInvalid { .. } => Code::InvalidValue,
            Self::HostIsThere { .. } => Code::HostExists,
            Self::NotKept(_)
            | Self::NotTables { .. }
            | Self::NotAdministrator(_)
            | Self::ChangedMeanwhile(_)
            | Self::Disk { .. } => Code::ConfigurationNotChanged,
        }
    }

    fn fix(&self) -> Option<String> {
        let list = || format!("List them: {}", invocation::command(["configure", "list"]));
        match self {
            Self::File(error) => error.fix(),
            Self::UnknownKey(name) => {
                let near = nearest(name, KEYS.iter().map(|key| key.name));
                let help = || invocation::command(["configure", "set", "--help"]);
                Some(near.map_or_else(
                    || format!("Show the keys: {}", help()),
                    |near| format!("Did you mean `{near}`?"),
                ))
            }
            Self::NotKept(_) | Self::NotTables { .. } => Some("Edit it by hand".to_owned()),
            Self::ChangedMeanwhile(_) => Some("Run the command again".to_owned()),
            Self::NoRule { .. } | Self::NoHost { .. } => Some(list()),
            Self::HostIsThere { host, .. } => {
                let remove = invocation::command(["configure", "host", "remove", host]);
                Some(format!("Remove it first: {remove}"))
            }
            Self::NotAdministrator(_) => Some(invocation::again_as_administrator()),
            Self::NotSet(_)
            | Self::InvalidValue { .. }
            | Self::WouldBeInvalid { .. }
            | Self::NoPlace { .. }
            | Self::Disk { .. } => None,
        }
    }
}

impl EditError {
    /// The error of a change that sets this value only.
    pub fn of_value(self, key: &str, value: &str) -> Self {
        match self {
            Self::WouldBeInvalid { message, .. } => {
                Self::InvalidValue { key: key.to_owned(), value: value.to_owned(), message }
            }
            other => other,
        }
    }
}

/// The type of a key's value in the file.
#[derive(Debug, Clone, Copy)]
enum KeyKind {
    Word,
    Seconds,
    /// A list in the file, separated by commas on the command line.
    List,
    /// As a list, but a single value is written as a string.
    WordOrList,
}

/// A key. Keys of the table `policy` begin with `policy.`.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    pub name: &'static str,
    kind: KeyKind,
}

/// All keys outside of rules and hosts, in the order in which they are listed.
pub const KEYS: [Key; 9] = [
    Key { name: "profile", kind: KeyKind::WordOrList },
    Key { name: "duration_seconds", kind: KeyKind::Seconds },
    Key { name: "interactive", kind: KeyKind::Word },
    Key { name: "head_start", kind: KeyKind::Word },
    Key { name: "policy.allowed_owners", kind: KeyKind::List },
    Key { name: "policy.allowed_hosts", kind: KeyKind::List },
    Key { name: "policy.longest_duration_seconds", kind: KeyKind::Seconds },
    Key { name: "policy.cache", kind: KeyKind::Word },
    Key { name: "policy.interactive", kind: KeyKind::Word },
];

impl Key {
    /// The key with this name.
    pub fn named(name: &str) -> Result<Self, EditError> {
        let found = KEYS.into_iter().find(|key| key.name == name);
        found.ok_or_else(|| EditError::UnknownKey(name.to_owned()))
    }

    /// The value that a text of the command line stands for.
    pub fn value(self, text: &str) -> Result<Value, EditError> {
        match self.kind {
            KeyKind::Word => Ok(text.into()),
            KeyKind::Seconds => {
                text.trim().parse::<i64>().map(Value::from).map_err(|_| EditError::InvalidValue {
                    key: self.name.to_owned(),
                    value: text.to_owned(),
                    message: "expected a number of seconds".to_owned(),
                })
            }
            KeyKind::List => Ok(Value::Array(words(text).collect())),
            KeyKind::WordOrList => Ok(word_or_list(&words(text).collect::<Vec<_>>())),
        }
    }
}

/// A single string or a list.
pub fn word_or_list<T: AsRef<str>>(words: &[T]) -> Value {
    match words {
        [word] => word.as_ref().into(),
        words => Value::Array(words.iter().map(AsRef::as_ref).collect()),
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty())
}

/// The file as it was read, with the changes so far. It may contain a proxy's password.
pub struct Document {
    kind: FileKind,
    path: PathBuf,
    /// None if there was no file.
    before: Option<String>,
    parsed: DocumentMut,
}

impl Document {
    /// Reads the user's file; a missing file counts as empty.
    pub fn open(path: PathBuf) -> Result<Self, EditError> {
        Self::of(FileKind::User, path)
    }

    /// Reads the machine-wide file, which must be the administrator's; a missing file counts as
    /// empty. Only an administrator can save it.
    pub fn of_machine() -> Result<Self, EditError> {
        let path = machine::path();
        if !files::may_be_administrator() {
            return Err(EditError::NotAdministrator(path));
        }
        match machine::read(&path, 0)? {
            MachineFile::Untrusted { reason, fix } => {
                Err(FileError::Untrusted { path, reason, fix }.into())
            }
            MachineFile::Absent | MachineFile::Read(_) => Self::of(FileKind::Machine, path),
        }
    }

    fn of(kind: FileKind, path: PathBuf) -> Result<Self, EditError> {
        let before = text_of(&path)?;
        let parsed = parse_to_keep(&path, before.as_deref().unwrap_or_default())?;
        Ok(Self { kind, path, before, parsed })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The value of a key above all tables.
    pub fn value(&self, key: Key) -> Option<&Value> {
        self.parsed.get(key.name).and_then(Item::as_value)
    }

    /// Replaces the existing value and keeps the comment behind it, or adds the key at the end.
    pub fn set(&mut self, key: Key, value: Value) -> Result<(), EditError> {
        if let Some((table, name)) = key.name.split_once('.') {
            put(self.table(table)?, name, value);
            return Ok(());
        }
        let is_empty = self.root().is_empty();
        put(self.root(), key.name, value);
        if is_empty {
            // If the file has only comments, they stay above the key.
            let before = self.take_end();
            if let Some(mut key) = self.root().key_mut(key.name) {
                key.leaf_decor_mut().set_prefix(before);
            }
        }
        Ok(())
    }

    /// Removes a key.
    pub fn unset(&mut self, key: Key) -> Result<(), EditError> {
        let removed = match key.name.split_once('.') {
            Some((table, name)) => {
                let table = self.root().get_mut(table).and_then(Item::as_table_like_mut);
                table.and_then(|table| table.remove(name))
            }
            None => self.root().remove(key.name),
        };
        removed.map(drop).ok_or_else(|| EditError::NotSet(key.name.to_owned()))
    }

    /// Inserts a rule at this number, or after all others. Returns the rule's number.
    pub fn insert_rule(
        &mut self,
        mut rule: Table,
        number: Option<usize>,
    ) -> Result<usize, EditError> {
        let last = self.count_of_rules()? + 1;
        let number = number.unwrap_or(last);
        if number == 0 || number > last {
            return Err(EditError::NoPlace { path: self.path.clone(), number, last });
        }
        if number == last {
            self.append(RULES, rule)?;
        } else if let Some(rules) = self.tables(RULES)? {
            if let Some(next) = rules.get_mut(number - 1) {
                place_before(next, &mut rule);
            }
            rules.insert(number - 1, rule);
        }
        Ok(number)
    }

    /// Removes the rule of this number.
    pub fn remove_rule(&mut self, number: usize) -> Result<(), EditError> {
        let count = self.count_of_rules()?;
        if number == 0 || number > count {
            return Err(EditError::NoRule { path: self.path.clone(), number, count });
        }
        self.remove(RULES, number - 1)
    }

    /// Whether a rule has the same keys and values, in any order.
    pub fn has_rule(&mut self, rule: &Table) -> Result<bool, EditError> {
        let Some(rules) = self.tables(RULES)? else { return Ok(false) };
        Ok(rules.iter().any(|other| texts(other) == texts(rule)))
    }

    fn count_of_rules(&mut self) -> Result<usize, EditError> {
        Ok(self.tables(RULES)?.map_or(0, |rules| rules.len()))
    }

    /// Adds a host; `table` is its table in the file.
    pub fn add_host(&mut self, host: &str, table: Table) -> Result<(), EditError> {
        if self.place_of_host(host)?.is_some() {
            return Err(EditError::HostIsThere { path: self.path.clone(), host: host.to_owned() });
        }
        self.append(HOSTS, table)
    }

    /// Removes a host.
    pub fn remove_host(&mut self, host: &str) -> Result<(), EditError> {
        let Some(place) = self.place_of_host(host)? else {
            return Err(EditError::NoHost { path: self.path.clone(), host: host.to_owned() });
        };
        self.remove(HOSTS, place)
    }

    fn place_of_host(&mut self, host: &str) -> Result<Option<usize>, EditError> {
        let Some(hosts) = self.tables(HOSTS)? else { return Ok(None) };
        Ok(hosts.iter().position(|table| {
            let name = table.get("host").and_then(Item::as_str);
            name.is_some_and(|name| name.eq_ignore_ascii_case(host))
        }))
    }

    /// The keys above all tables.
    fn root(&mut self) -> &mut Table {
        self.parsed.as_table_mut()
    }

    /// The `[[key]]` tables; empty if there are none.
    fn tables(&mut self, key: &'static str) -> Result<Option<&mut ArrayOfTables>, EditError> {
        let path = self.path.clone();
        let Some(item) = self.parsed.get_mut(key) else { return Ok(None) };
        item.as_array_of_tables_mut().map(Some).ok_or(EditError::NotTables { key, path })
    }

    /// Adds one of the `[[key]]` tables at the end of the file.
    fn append(&mut self, key: &'static str, mut table: Table) -> Result<(), EditError> {
        self.place_at_end(&mut table);
        if self.tables(key)?.is_none() {
            self.root().insert(key, Item::ArrayOfTables(ArrayOfTables::new()));
        }
        if let Some(tables) = self.tables(key)? {
            tables.push(table);
        }
        Ok(())
    }

    /// The `[key]` table. It is added at the end of the file if it is missing.
    fn table(&mut self, key: &str) -> Result<&mut dyn TableLike, EditError> {
        if !self.root().contains_key(key) {
            let mut table = Table::new();
            self.place_at_end(&mut table);
            self.root().insert(key, Item::Table(table));
        }
        let path = self.path.clone();
        self.root().get_mut(key).and_then(Item::as_table_like_mut).ok_or(EditError::NotKept(path))
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

    /// Takes the text after the last key, which is comments.
    fn take_end(&mut self) -> String {
        let end = self.parsed.trailing().as_str().unwrap_or_default().to_owned();
        self.parsed.set_trailing("");
        end
    }

    /// Removes one of the `[[key]]` tables with the comment directly above it. A comment above an
    /// empty line stays.
    fn remove(&mut self, key: &'static str, at: usize) -> Result<(), EditError> {
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

    /// Adds a comment above the first table after a position, or at the end.
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

    /// Writes the file, unless nothing changed or the result would not be valid.
    pub fn save(self) -> Result<PathBuf, EditError> {
        let Self { kind, path, before, parsed } = self;
        let text = as_before(before.as_deref(), &parsed.to_string());
        parse(&path, &text, 0).map_err(|error| would_be_invalid(&path, error))?;
        if before.as_ref() != Some(&text) {
            match kind {
                FileKind::User => write(&path, before.as_deref(), &text)?,
                FileKind::Machine => write_for_all(&path, before.as_deref(), &text)?,
            }
        }
        Ok(path)
    }
}

/// The text above a table.
fn prefix(table: &Table) -> &str {
    table.decor().prefix().and_then(RawString::as_str).unwrap_or_default()
}

/// Accepts only a text that would be written back unchanged: a file with mixed line ends, for
/// example, would not.
fn parse_to_keep(path: &Path, text: &str) -> Result<DocumentMut, EditError> {
    let plain = plain(text);
    let document = plain.parse().ok().filter(|document: &DocumentMut| {
        document.to_string() == plain && as_before(Some(text), &plain).starts_with(text)
    });
    document.ok_or_else(|| EditError::NotKept(path.to_owned()))
}

/// Without byte order mark, with line feeds only, and with one at the end.
fn plain(text: &str) -> String {
    let mut plain = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text).replace("\r\n", "\n");
    if !plain.is_empty() && !plain.ends_with('\n') {
        plain.push('\n');
    }
    plain
}

/// A plain text, with the line ends and the byte order mark that the file had.
fn as_before(before: Option<&str>, plain: &str) -> String {
    let before = before.unwrap_or_default();
    let text = if before.contains("\r\n") { plain.replace('\n', "\r\n") } else { plain.to_owned() };
    if before.starts_with(BYTE_ORDER_MARK) { format!("{BYTE_ORDER_MARK}{text}") } else { text }
}

fn would_be_invalid(path: &Path, error: FileError) -> EditError {
    match error {
        FileError::Invalid { message, .. } => {
            EditError::WouldBeInvalid { path: path.to_owned(), message }
        }
        other @ (FileError::Unreadable { .. } | FileError::Untrusted { .. }) => {
            EditError::File(other)
        }
    }
}

/// Replaces the file as a whole, or leaves it unchanged. If the path is a link, the link stays and
/// its target is replaced.
fn write(path: &Path, before: Option<&str>, text: &str) -> Result<(), EditError> {
    let target = target(path).map_err(|error| disk("follow the link", path, error))?;
    let folder = target.parent().unwrap_or(Path::new("/"));
    files::make_private_folder(folder).map_err(|error| disk("make the folder", folder, error))?;
    let replacement = replacement(&target, text).map_err(|error| disk("write", &target, error))?;
    if text_of(path)?.as_deref() != before {
        return Err(EditError::ChangedMeanwhile(path.to_owned()));
    }
    replacement.commit().map_err(|error| disk("write", &target, error))
}

/// Replaces the machine-wide file as a whole, or leaves it unchanged. All users can read it, and only
/// administrators can change it or its folder.
fn write_for_all(path: &Path, before: Option<&str>, text: &str) -> Result<(), EditError> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    files::make_administered_folder(folder)
        .map_err(|error| disk("make the folder", folder, error))?;
    let target = target(path).map_err(|error| disk("follow the link", path, error))?;
    let written = Replacement::of(&target, "config.").and_then(|replacement| {
        replacement.fill(text.as_bytes())?;
        files::let_all_read(replacement.file())?;
        Ok(replacement)
    });
    let replacement = written.map_err(|error| disk("write", path, error))?;
    if text_of(path)?.as_deref() != before {
        return Err(EditError::ChangedMeanwhile(path.to_owned()));
    }
    replacement.commit().map_err(|error| disk("write", path, error))?;
    files::give_to_administrators(path).map_err(|error| disk("protect", path, error))?;
    match machine::read(path, 0)? {
        MachineFile::Untrusted { reason, fix } => {
            Err(FileError::Untrusted { path: path.to_owned(), reason, fix }.into())
        }
        MachineFile::Absent | MachineFile::Read(_) => Ok(()),
    }
}

fn disk(action: &'static str, path: &Path, source: io::Error) -> EditError {
    if source.kind() == ErrorKind::PermissionDenied && path.starts_with(files::machine_config_dir())
    {
        return EditError::NotAdministrator(path.to_owned());
    }
    EditError::Disk { action, path: path.to_owned(), source }
}

/// The new file, with owner and mode of the file that it replaces. If there was none, only this
/// user can read it.
fn replacement(target: &Path, text: &str) -> io::Result<Replacement> {
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

/// The target of a link, even if it does not exist yet.
fn target(path: &Path) -> io::Result<PathBuf> {
    match files::resolved(path) {
        Err(error) if error.kind() == ErrorKind::NotFound && path.is_symlink() => {
            let target = fs::read_link(path)?;
            Ok(path.parent().map_or_else(|| target.clone(), |folder| folder.join(&target)))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(path.to_owned()),
        resolved => resolved,
    }
}

/// Replaces the existing value and keeps the comment behind it, or adds the key at the end.
fn put(table: &mut dyn TableLike, name: &str, mut value: Value) {
    match table.get_mut(name).and_then(Item::as_value_mut) {
        Some(there) => {
            *value.decor_mut() = there.decor().clone();
            *there = value;
        }
        None => drop(table.insert(name, Item::Value(value))),
    }
}

/// If the file has other tables between the rules, the number alone does not determine a rule's
/// position.
fn place_before(next: &mut Table, rule: &mut Table) {
    rule.set_position(next.position());
    let above = prefix(next).to_owned();
    if above.starts_with('\n') {
        rule.decor_mut().set_prefix("\n");
    } else {
        rule.decor_mut().set_prefix("");
        next.decor_mut().set_prefix(format!("\n{above}"));
    }
}

/// Each key of a rule with its text; without a text if the value has another type.
fn texts(table: &Table) -> BTreeMap<&str, Option<&str>> {
    table.iter().map(|(key, item)| (key, item.as_str())).collect()
}
