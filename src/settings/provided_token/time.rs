//! Times as JSON has them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use toml_edit::{Datetime, Offset};

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
        let since_epoch = match self {
            Self::Seconds(seconds) => Duration::try_from_secs_f64(*seconds).ok()?,
            Self::Text(text) => since_epoch(&text.parse().ok()?)?,
        };
        UNIX_EPOCH.checked_add(since_epoch)
    }
}

/// Of a date, a time and an offset; none where one is missing, or before 1970.
fn since_epoch(written: &Datetime) -> Option<Duration> {
    let (date, time) = (written.date?, written.time?);
    let offset = match written.offset? {
        Offset::Z => 0,
        Offset::Custom { minutes } => i64::from(minutes),
    };
    let days = days_since_epoch(i64::from(date.year), i64::from(date.month), i64::from(date.day));
    let minutes = (days * 24 + i64::from(time.hour)) * 60 + i64::from(time.minute) - offset;
    let seconds = u64::try_from(minutes * 60 + i64::from(time.second.unwrap_or_default()));
    seconds.ok().map(Duration::from_secs)
}

/// The days from 1970-01-01 to this one. Years begin in March here, so that the leap day is the last
/// one: Howard Hinnant's `days_from_civil`.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
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
