//! Times as text.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ::time::OffsetDateTime;
use ::time::format_description::well_known::Rfc3339;

/// The largest error of this machine's clock that AWS accepts in a signature.
pub const CLOCK_TOLERANCE: Duration = Duration::from_mins(5);

/// How wrong this machine's clock is, as in "2 h 0 min behind"; none if AWS would still accept a
/// signature.
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

/// As `2026-02-28T09:05:07Z`; a time before 1970 becomes 1970.
pub fn utc(time: SystemTime) -> String {
    format!("{}Z", date_and_time(calendar(time)))
}

/// As `2026-02-28T09:05:07.120Z`.
pub fn utc_millis(time: SystemTime) -> String {
    let time = calendar(time);
    format!("{}.{:03}Z", date_and_time(time), time.millisecond())
}

/// Reads a date and time with an offset, as in `2026-02-28T09:05:07+01:00`, in whole seconds; none
/// before 1970. RFC 3339 allows a blank instead of the `T`, and some programs write one. ISO 8601 allows
/// to leave out the seconds, as `date --iso-8601=minutes` does.
pub fn parse(text: &str) -> Option<SystemTime> {
    let mut text = text.replacen(' ', "T", 1);
    let minutes = "2026-02-28T09:05".len();
    if text.get(minutes..).is_some_and(|rest| !rest.starts_with(':')) {
        text.insert_str(minutes, ":00");
    }
    let seconds = OffsetDateTime::parse(&text, &Rfc3339).ok()?.unix_timestamp();
    UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).ok()?))
}

/// Any time. A time beyond the calendar becomes its last one.
fn calendar(time: SystemTime) -> OffsetDateTime {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let since_epoch = ::time::Duration::try_from(since_epoch).unwrap_or(::time::Duration::MAX);
    OffsetDateTime::UNIX_EPOCH.saturating_add(since_epoch)
}

fn date_and_time(time: OffsetDateTime) -> String {
    let ((year, month, day), (hour, minute, second)) = (time.to_calendar_date(), time.to_hms());
    let month = u8::from(month);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
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
