//! Times as JSON has them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;

use crate::base::time;

/// Seconds since 1970, or a date and time with their offset.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Written {
    Seconds(f64),
    Text(String),
}

impl Written {
    /// The time, if it is one after 1970.
    pub(super) fn time(&self) -> Option<SystemTime> {
        match self {
            Self::Seconds(seconds) => {
                UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(*seconds).ok()?)
            }
            Self::Text(text) => time::parse(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds_of(json: &str) -> Option<u64> {
        let time = serde_json::from_str::<Written>(json).unwrap().time()?;
        Some(time.duration_since(UNIX_EPOCH).unwrap().as_secs())
    }

    #[test]
    fn times_are_those_that_the_aws_cli_writes() {
        for (written, seconds) in [
            ("1800000000", 1_800_000_000),
            ("1800000000.75", 1_800_000_000),
            ("\"1970-01-01T00:00:00Z\"", 0),
            ("\"2000-02-29T00:00:00Z\"", 951_782_400),
            ("\"2000-03-01T00:00:00+00:00\"", 951_868_800),
            ("\"2026-01-01T01:59:59.120000+02:00\"", 1_767_225_599),
            ("\"2025-12-31T19:30:00-04:30\"", 1_767_225_600),
        ] {
            assert_eq!(seconds_of(written), Some(seconds), "{written}");
        }
        for written in ["\"tomorrow\"", "\"2026-01-01\"", "\"2026-01-01T00:00:00\"", "-1", "1e300"]
        {
            assert_eq!(seconds_of(written), None, "{written}");
        }
    }
}
