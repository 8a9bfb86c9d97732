//! The entries of one section of a file. Pure.

/// The entries of a section in order.
#[derive(Debug)]
pub struct Section<T> {
    /// Whether the file has this section.
    pub is_there: bool,
    pub items: Vec<Item<T>>,
}

impl<T> Default for Section<T> {
    fn default() -> Self {
        Self { is_there: false, items: Vec::new() }
    }
}

impl<T> Section<T> {
    /// All entries, including those before a `clear`.
    pub fn entries(&self) -> impl Iterator<Item = &T> {
        self.items.iter().filter_map(|item| match item {
            Item::Clear => None,
            Item::Entry(entry) => Some(entry),
        })
    }

    /// Whether it discards the entries of farther files.
    pub fn clears(&self) -> bool {
        self.items.iter().any(|item| matches!(item, Item::Clear))
    }
}

/// An entry of a section.
#[derive(Debug)]
pub enum Item<T> {
    /// Discards everything before it.
    Clear,
    Entry(T),
}
