//! The page: sections with tables, in Markdown that reads well in a terminal too.

use std::fmt::Write as _;

/// All that was measured.
pub struct Page {
    summary: Vec<String>,
    sections: Vec<Section>,
    /// Whole restores, for the chart.
    pub bars: Vec<Bar>,
    /// Growth, for the chart.
    pub series: Vec<Series>,
}

/// One whole restore.
pub struct Bar {
    pub name: String,
    pub milliseconds: f64,
}

/// Sizes and milliseconds.
pub struct Series {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

/// A table under a heading.
pub struct Section {
    title: &'static str,
    note: String,
    rows: Vec<Vec<String>>,
}

impl Page {
    pub fn new(summary: Vec<String>) -> Self {
        Self { summary, sections: vec![], bars: vec![], series: vec![] }
    }

    /// Says so at once, since the whole takes minutes.
    pub fn add(&mut self, section: Section) {
        eprintln!("measured: {}", section.title);
        self.sections.push(section);
    }

    pub fn markdown(&self) -> String {
        let mut text = String::from(
            "# Speed\n\nWritten by `cargo bench`; do not edit. The figures are of one machine, which may \
             have been busy: compare\nthose of one table with each other.\n\n",
        );
        for line in &self.summary {
            let _ = writeln!(text, "- {line}");
        }
        text.push_str("\n![Whole restores, and growth](speed.svg)\n");
        for section in &self.sections {
            let _ = write!(text, "\n## {}\n\n{}\n", section.title, wrapped(&section.note));
            if !section.rows.is_empty() {
                let _ = write!(text, "\n{}", table(&section.rows));
            }
        }
        text
    }
}

impl Section {
    pub fn new(title: &'static str, note: impl Into<String>, columns: &[&str]) -> Self {
        let mut section = Self { title, note: note.into(), rows: vec![] };
        if !columns.is_empty() {
            section.row(columns);
        }
        section
    }

    pub fn row(&mut self, cells: &[&str]) {
        self.rows.push(cells.iter().map(|&cell| cell.to_owned()).collect());
    }
}

/// The first row is the head. The first column is of words, and the others mostly of numbers.
fn table(rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default().max(3)
    };
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let mut text = String::new();
    for (at, row) in rows.iter().enumerate() {
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let _ = match column {
                0 => write!(text, "| {cell:<width$} |"),
                _ => write!(text, " {cell:>width$} |"),
            };
        }
        text.push('\n');
        if at == 0 {
            for (column, width) in widths.iter().enumerate() {
                let _ = match column {
                    0 => write!(text, "| {} |", "-".repeat(*width)),
                    _ => write!(text, " {}: |", "-".repeat(width - 1)),
                };
            }
            text.push('\n');
        }
    }
    text
}

fn wrapped(text: &str) -> String {
    let (mut lines, mut length) = (String::new(), 0);
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if length > 0 && length + 1 + width > 120 {
            lines.push('\n');
            length = 0;
        } else if length > 0 {
            lines.push(' ');
            length += 1;
        }
        lines.push_str(word);
        length += width;
    }
    lines
}

/// Three digits that count.
pub fn precise(figure: f64) -> String {
    match figure.abs() {
        size if size >= 99.95 => format!("{figure:.0}"),
        size if size >= 9.995 => format!("{figure:.1}"),
        _ => format!("{figure:.2}"),
    }
}

/// With commas between thousands.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
