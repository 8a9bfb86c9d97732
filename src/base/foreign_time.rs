//! Times as other programs write them: every form that the AWS CLI takes for one point in time and
//! that can be read in one way only. It has to name its time zone.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ::time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// Why a text cannot be read as a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoTime {
    NoZone,
    Unclear,
}

impl NoTime {
    /// Reads after the name of the value.
    pub fn why(self) -> &'static str {
        match self {
            Self::NoZone => "has no time zone, as in `2026-02-28T09:05:07Z`",
            Self::Unclear => "is no date with a time, as in `2026-02-28T09:05:07Z`",
        }
    }
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Reads a time in whole seconds. A time before 1970 becomes 1970.
///
/// The date is `2026-02-28` with `-`, `/` or `.`, `20260228`, or has a month's name; the time has
/// hours, and mostly minutes and seconds; the zone is `Z`, `UTC`, `GMT`, or an offset such as
/// `+01:00`, `+0100` or `+1`.
pub fn parse(text: &str) -> Result<SystemTime, NoTime> {
    let text = text.trim().to_ascii_lowercase();
    let is_named = MONTHS.iter().any(|month| text.contains(month));
    let parts = if is_named { by_name(&text) } else { by_numbers(&text) };
    let (date, rest) = parts.ok_or(NoTime::Unclear)?;
    let (time, zone) = time_and_zone(rest.trim()).ok_or(NoTime::Unclear)?;
    let offset = offset(zone.trim())?;
    let time: OffsetDateTime = PrimitiveDateTime::new(date, time).assume_offset(offset);
    let seconds = u64::try_from(time.unix_timestamp()).unwrap_or_default();
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).ok_or(NoTime::Unclear)
}

/// The date, and what stands behind it.
fn by_numbers(text: &str) -> Option<(Date, String)> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (year, rest) = text.split_at_checked(4)?;
    let (month, day, rest) = match digits {
        4 => {
            let separator = rest.chars().next().filter(|it| "-/.".contains(*it))?;
            let (month, rest) = rest[1..].split_once(separator)?;
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            (month, &rest[..end], &rest[end..])
        }
        8 | 12 | 14 => (rest.get(..2)?, rest.get(2..4)?, rest.get(4..)?),
        _ => return None,
    };
    let date = date(number(year)?, u8::try_from(number(month)?).ok()?, day)?;
    // Nothing, a `t` or blanks are between the date and the time.
    let rest = match rest.strip_prefix('t') {
        Some(rest) if !rest.starts_with(' ') => rest,
        None if digits > 8 || rest.is_empty() || rest.starts_with(' ') => rest,
        _ => return None,
    };
    Some((date, rest.to_owned()))
}

/// As in `Thu, 01 Jan 2099 00:00:00 GMT` and `Thu Jan  1 00:00:00 UTC 2099`: each part once.
fn by_name(text: &str) -> Option<(Date, String)> {
    let (mut year, mut month, mut day) = (None, None, None);
    let mut rest = Vec::new();
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
        let of_names = |names: &[&str]| {
            let is_word = word.len() >= 3 && word.bytes().all(|byte| byte.is_ascii_lowercase());
            names.iter().position(|name| is_word && word.starts_with(name))
        };
        let taken = if is_number && word.len() == 4 {
            year.replace(number(word)?).is_some()
        } else if is_number {
            day.replace(word).is_some()
        } else if let Some(at) = of_names(&MONTHS) {
            month.replace(u8::try_from(at + 1).ok()?).is_some()
        } else if of_names(&WEEKDAYS).is_none() {
            rest.push(word);
            false
        } else {
            false
        };
        if taken {
            return None;
        }
    }
    Some((date(year?, month?, day?)?, rest.join(" ")))
}

fn date(year: u16, month: u8, day: &str) -> Option<Date> {
    let day = u8::try_from(number(day)?).ok()?;
    Date::from_calendar_date(year.into(), Month::try_from(month).ok()?, day).ok()
}

/// A number of one to four digits.
fn number(text: &str) -> Option<u16> {
    let is_number = (1..=4).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

/// The time, and the text of the zone.
fn time_and_zone(text: &str) -> Option<(Time, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(text.len());
    let (time, mut rest) = text.split_at(end);
    let parts: Vec<&str> = match time.len() {
        4 | 6 if !time.contains(':') => {
            (0..time.len() / 2).map(|at| &time[at * 2..][..2]).collect()
        }
        _ => time.split(':').collect(),
    };
    let mut numbers = [0; 3];
    for (at, part) in parts.iter().enumerate() {
        *numbers.get_mut(at)? = u8::try_from(number(part).filter(|_| part.len() <= 2)?).ok()?;
    }
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
        if end == 0 || parts.len() != 3 {
            return None;
        }
        rest = &fraction[end..];
    }
    let [mut hour, minute, second] = numbers;
    let half = rest.trim_start().get(..2).filter(|half| ["am", "pm"].contains(half));
    if let Some(half) = half {
        hour = match (half, hour) {
            ("am", 12) => 0,
            ("am", 1..12) | ("pm", 12) => hour,
            ("pm", 1..12) => hour + 12,
            _ => return None,
        };
        rest = &rest.trim_start()[2..];
    }
    Some((Time::from_hms(hour, minute, second).ok()?, rest))
}

/// The offset of a zone. The name of another zone than UTC says nothing, because more than one country
/// has it.
fn offset(text: &str) -> Result<UtcOffset, NoTime> {
    match text {
        "" => Err(NoTime::NoZone),
        "z" | "utc" | "gmt" => Ok(UtcOffset::UTC),
        _ if (3..=5).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_lowercase()) => {
            Err(NoTime::NoZone)
        }
        _ => numeric_offset(text).ok_or(NoTime::Unclear),
    }
}

fn numeric_offset(text: &str) -> Option<UtcOffset> {
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let (hours, minutes) = match &text[1..] {
        text if text.contains(':') => text.split_once(':')?,
        text if text.len() == 4 => text.split_at_checked(2)?,
        text => (text, "0"),
    };
    let in_range = |text: &str, end: u16| number(text).filter(|it| text.len() <= 2 && *it < end);
    let seconds = i32::from(in_range(hours, 24)?) * 3600 + i32::from(in_range(minutes, 60)?) * 60;
    UtcOffset::from_whole_seconds(sign * seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What botocore 1.43 makes of the `Expiration` of a `credential_process`, for each text. What it
    /// takes for a point in time is in UTC; an error is empty.
    const MEASURED: &str = include_str!("foreign_time.tsv");

    /// Texts that botocore takes and this does not: they can be read in more than one way.
    const AMBIGUOUS: [&str; 5] = [
        "01/02/2099 00:00:00Z",
        "01/02/2099 12:00:00 AM +00:00",
        "12:00Z",
        "2099-01-01T00:00:00GMT+1",
        "2099-01-01 00:00:00 UTC+3",
    ];

    #[test]
    fn what_the_aws_cli_takes_is_taken_in_the_same_way() {
        let mut rows = 0;
        for row in MEASURED.lines().filter(|row| !row.starts_with('#')) {
            let (text, expected) = row.split_once('\t').expect("two columns");
            let read = parse(text).ok().map(crate::base::time::utc).unwrap_or_default();
            let expected = if AMBIGUOUS.contains(&text) { "" } else { expected };
            assert_eq!(read, expected, "{text}");
            rows += 1;
        }
        assert!(rows > 60, "{rows}");
    }

    #[test]
    fn a_missing_zone_is_told_from_other_faults() {
        for text in ["2099-01-01T00:00:00", "2099-01-01 00:00", "2099-01-01T00:00:00 EST"] {
            assert_eq!(parse(text), Err(NoTime::NoZone), "{text}");
        }
        for text in ["", "soon", "4070908800", "2099-01-01", "2099-13-01T00:00:00Z"] {
            assert_eq!(parse(text), Err(NoTime::Unclear), "{text}");
        }
    }
}
