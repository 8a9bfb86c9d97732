//! Times as text.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A signature is refused when the clock is wrong by more.
const CLOCK_TOLERANCE: Duration = Duration::from_mins(5);

/// How wrong this machine's clock is, as in "2 h 0 min behind"; none where a signature is not refused for
/// it.
pub fn skew(theirs: SystemTime, ours: SystemTime) -> Option<String> {
    let (skew, word) = match ours.duration_since(theirs) {
        Ok(skew) => (skew, "ahead"),
        Err(error) => (error.duration(), "behind"),
    };
    (skew > CLOCK_TOLERANCE).then(|| format!("{} {word}", in_words(skew)))
}

/// In the two largest units, rounded down: "11 h 42 min".
pub fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, ..) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

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
    fn durations_are_said_in_two_units() {
        for (seconds, words) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3599, "59 min"),
            (3600, "1 h 0 min"),
            (42_180, "11 h 43 min"),
            (90_000, "1 d 1 h"),
        ] {
            assert_eq!(in_words(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn a_clock_may_be_a_little_wrong() {
        let now = UNIX_EPOCH + Duration::from_hours(1000);
        assert_eq!(skew(now, now + Duration::from_mins(5)), None);
        let told =
            [skew(now, now + Duration::from_mins(12)), skew(now + Duration::from_hours(2), now)];
        assert_eq!(told, [Some("12 min ahead".to_owned()), Some("2 h 0 min behind".to_owned())]);
    }

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
