//! Lines and columns of places in a text, each found without reading the text again. Pure.

/// Characters are counted in advance at every offset that this divides.
const BLOCK: usize = 1024;

/// Where the lines of a text start, and how many characters are before each block of it.
pub struct Positions<'a> {
    text: &'a str,
    line_starts: Vec<usize>,
    characters_before: Vec<usize>,
}

impl<'a> Positions<'a> {
    pub fn of(text: &'a str) -> Self {
        let line_ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(line_ends.map(|(at, _)| at + 1)).collect();
        let mut characters_before = vec![0];
        for block in text.as_bytes().chunks(BLOCK) {
            let before = characters_before.last().copied().unwrap_or_default();
            characters_before.push(before + count(block));
        }
        Self { text, line_starts, characters_before }
    }

    /// Line and column of an offset, both from 1. A column is a character.
    pub fn at(&self, offset: usize) -> (u32, u32) {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts[line - 1];
        let column = self.characters(offset) - self.characters(start) + 1;
        (saturated(line), saturated(column))
    }

    fn characters(&self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        let block = offset / BLOCK;
        self.characters_before[block] + count(&self.text.as_bytes()[block * BLOCK..offset])
    }
}

/// The characters that start in these bytes of UTF-8.
fn count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000).count()
}

fn saturated(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_are_counted_in_characters() {
        let positions = Positions::of("ab\näc\r\n\nd");
        let found: Vec<_> = [0, 1, 3, 5, 8, 9].into_iter().map(|at| positions.at(at)).collect();
        assert_eq!(found, [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (4, 1)]);
        assert_eq!(Positions::of("").at(0), (1, 1));
        let long = format!("x\n{}", "ä".repeat(5000));
        assert_eq!(Positions::of(&long).at(long.len()), (2, 5001));
    }
}
