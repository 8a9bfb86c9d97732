//! `configure set` and `unset`: the keys outside of rules and hosts.

use toml_edit::{Item, TableLike, Value};

use super::{Context, Document, Error};

/// What a key's value is in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Word,
    Seconds,
    /// With commas on the command line.
    List,
    /// As a list, but one alone is a word.
    WordOrList,
}

/// A key, `policy.…` where it is of that table.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    pub name: &'static str,
    pub kind: Kind,
}

/// All of them.
pub const KEYS: [Key; 8] = [
    Key { name: "profile", kind: Kind::WordOrList },
    Key { name: "duration_seconds", kind: Kind::Seconds },
    Key { name: "interactive", kind: Kind::Word },
    Key { name: "policy.allowed_owners", kind: Kind::List },
    Key { name: "policy.allowed_hosts", kind: Kind::List },
    Key { name: "policy.longest_duration_seconds", kind: Kind::Seconds },
    Key { name: "policy.cache", kind: Kind::Word },
    Key { name: "policy.interactive", kind: Kind::Word },
];

impl Key {
    pub fn named(name: &str) -> Result<Self, Error> {
        let found = KEYS.into_iter().find(|key| key.name == name);
        found.ok_or_else(|| Error::UnknownKey(name.to_owned()))
    }

    fn value(self, text: &str) -> Result<Value, Error> {
        match self.kind {
            Kind::Word => Ok(text.into()),
            Kind::Seconds => text.trim().parse::<i64>().map(Value::from).map_err(|_| {
                Error::NotANumber { key: self.name.to_owned(), value: text.to_owned() }
            }),
            Kind::List => Ok(Value::Array(words(text).collect())),
            Kind::WordOrList => Ok(word_or_list(&words(text).collect::<Vec<_>>())),
        }
    }
}

/// One word alone, or a list.
pub fn word_or_list<T: AsRef<str>>(words: &[T]) -> Value {
    match words {
        [word] => word.as_ref().into(),
        words => Value::Array(words.iter().map(AsRef::as_ref).collect()),
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty())
}

pub fn set(context: &mut Context<'_>, name: &str, text: &str) -> Result<(), Error> {
    let key = Key::named(name)?;
    let value = key.value(text)?;
    let mut document = Document::open(context)?;
    match key.name.split_once('.') {
        Some((table, name)) => put(document.table(table)?, name, value),
        None => document.put(key.name, value),
    }
    let path = document.save()?;
    writeln!(context.out, "{name} is set in `{}`", path.display())?;
    Ok(())
}

pub fn unset(context: &mut Context<'_>, name: &str) -> Result<(), Error> {
    let key = Key::named(name)?;
    let mut document = Document::open(context)?;
    let removed = match key.name.split_once('.') {
        Some((table, name)) => document
            .root()
            .get_mut(table)
            .and_then(Item::as_table_like_mut)
            .and_then(|table| table.remove(name)),
        None => document.root().remove(key.name),
    };
    if removed.is_none() {
        return Err(Error::NotSet(name.to_owned()));
    }
    let path = document.save()?;
    writeln!(context.out, "{name} is not set any more in `{}`", path.display())?;
    Ok(())
}

/// Puts a value in the place of the one that is there, with the comment behind that, or at the end.
pub fn put(table: &mut dyn TableLike, name: &str, mut value: Value) {
    match table.get_mut(name).and_then(Item::as_value_mut) {
        Some(there) => {
            *value.decor_mut() = there.decor().clone();
            *there = value;
        }
        None => drop(table.insert(name, Item::Value(value))),
    }
}

impl Document {
    /// A key above all tables.
    pub fn put(&mut self, name: &str, value: Value) {
        let is_empty = self.root().is_empty();
        put(self.root(), name, value);
        if is_empty {
            let before = self.take_end();
            if let Some(mut key) = self.root().key_mut(name) {
                key.leaf_decor_mut().set_prefix(before);
            }
        }
    }
}
