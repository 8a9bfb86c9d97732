//! Text in two columns.

use std::io::{self, Write};

/// Rows of a name and a text, with the texts in one column. A row without a name continues the row
/// before.
#[derive(Debug, Default)]
pub struct Rows(Vec<(String, String)>);

impl Rows {
    /// Adds a row.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.0.push((name.into(), text.into()));
    }

    /// Adds a row for each text, the first with the name; `nothing` is the text if there are none.
    pub fn add_all(&mut self, name: &str, texts: impl IntoIterator<Item = String>, nothing: &str) {
        let before = self.0.len();
        for text in texts {
            self.add(if self.0.len() == before { name } else { "" }, text);
        }
        if self.0.len() == before {
            self.add(name, nothing);
        }
    }

    /// Writes the rows.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let width = self.0.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        for (name, text) in &self.0 {
            writeln!(out, "{name:width$}  {text}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_two_columns() {
        let mut rows = Rows::default();
        rows.add("a", "one");
        rows.add_all("longer", ["two".into(), "three".into()], "nothing");
        rows.add_all("b", [], "nothing");
        let mut out = Vec::new();
        rows.print(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "a       one\nlonger  two\n        three\nb       nothing\n");
    }
}
