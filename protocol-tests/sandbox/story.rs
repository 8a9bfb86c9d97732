//! Tells what happens, step by step.

use std::time::Duration;

/// Counts the steps.
#[derive(Debug, Default)]
pub struct Story {
    steps: u32,
}

impl Story {
    /// Begins a step.
    pub fn step(&mut self, title: &str) {
        self.steps += 1;
        println!("\n{}. {title}", self.steps);
    }

    /// Says something within the step; each line is indented.
    #[expect(clippy::unused_self, reason = "reads as a part of the story")]
    pub fn say(&self, text: &str) {
        for line in text.lines() {
            println!("   {line}");
        }
    }

    /// Goes on where `is_so`, else ends the story with `problem`.
    pub fn require(&self, is_so: bool, well: &str, problem: &str) -> Result<(), String> {
        if is_so {
            self.say(well);
            return Ok(());
        }
        Err(problem.to_owned())
    }
}

/// A time as people read it.
pub fn seconds(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        return format!("{} ms", time.as_millis());
    }
    format!("{:.1} s", time.as_secs_f64())
}
