//! Times as text.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// As `2026-02-28T09:05:07Z`; what is before 1970 is 1970.
pub fn utc(time: SystemTime) -> String {
    format!("{}Z", date_and_time(since_epoch(time)))
}

/// As `2026-02-28T09:05:07.120Z`.
pub fn utc_millis(time: SystemTime) -> String {
    let since_epoch = since_epoch(time);
    format!("{}.{:03}Z", date_and_time(since_epoch), since_epoch.subsec_millis())
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn date_and_time(since_epoch: Duration) -> String {
    let seconds = since_epoch.as_secs();
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

/// The year, month and day that is so many days after 1970-01-01. Years begin in March here, so that
/// the leap day is the last one: Howard Hinnant's `civil_from_days`.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468; // since 0000-03-01
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let leap_days = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let is_next_year = month >= 10;
    let month = if is_next_year { month - 9 } else { month + 3 };
    (era * 400 + year_of_era + u64::from(is_next_year), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_399, "2000-02-28T23:59:59"),
            (951_782_400, "2000-02-29T00:00:00"),
            (951_868_800, "2000-03-01T00:00:00"),
            (1_767_225_599, "2025-12-31T23:59:59"),
            (1_767_225_600, "2026-01-01T00:00:00"),
            (4_107_542_400, "2100-03-01T00:00:00"),
        ] {
            let time = UNIX_EPOCH + Duration::from_millis(seconds * 1000 + 120);
            assert_eq!(utc(time), format!("{expected}Z"));
            assert_eq!(utc_millis(time), format!("{expected}.120Z"));
        }
    }
}
