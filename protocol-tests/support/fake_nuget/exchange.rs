//! The record of the whole conversation, for the reader of a failed test.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Longer lines are cut in the printed exchange.
const SHOWN: usize = 2_000;

/// Time since the plugin's start, direction, text.
type Line = (Duration, &'static str, String);

/// A shared, growing record.
#[derive(Debug, Clone)]
pub struct Exchange {
    started: Instant,
    lines: Arc<Mutex<Vec<Line>>>,
}

impl Exchange {
    pub fn begin() -> Self {
        Self { started: Instant::now(), lines: Arc::default() }
    }

    /// Notes what went in the direction `arrow`.
    pub fn note(&self, arrow: &'static str, said: &[u8]) {
        let said = String::from_utf8_lossy(said).trim_end_matches('\n').to_owned();
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push((self.started.elapsed(), arrow, said));
    }

    /// One line each: milliseconds, direction, text.
    pub fn print(&self) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let mut printed = String::from("--- the whole exchange (ms, direction, line)\n");
        for (time, arrow, said) in lines.iter() {
            let shown: String = said.chars().take(SHOWN).collect();
            let cut = if shown.len() < said.len() { " (cut)" } else { "" };
            let _ = writeln!(printed, "{:>7} {arrow} {shown}{cut}", time.as_millis());
        }
        printed
    }
}
