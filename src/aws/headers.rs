//! What the headers of an answer say about time.

use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::http::Headers;
use aws_smithy_types::date_time::{DateTime, Format};

/// How long an answer asks to wait: `x-amz-retry-after` in milliseconds, or `Retry-After` in seconds or
/// as a date.
pub(super) fn asked_wait(headers: &Headers) -> Option<Duration> {
    if let Some(text) = headers.get("x-amz-retry-after") {
        return text.trim().parse().ok().map(Duration::from_millis);
    }
    let text = headers.get("retry-after")?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    // By the clock of the one that wrote the date, if it says what time it is there.
    let their_now = headers.get("date").and_then(http_date).unwrap_or_else(now);
    Some(http_date(text)?.duration_since(their_now).unwrap_or_default())
}

/// The time until which an answer asks to wait.
pub(super) fn asked_time(headers: &Headers) -> Option<SystemTime> {
    now().checked_add(asked_wait(headers)?)
}

#[expect(clippy::disallowed_methods, reason = "the edge: an answer has come now")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// The time of a `Date` header.
pub(super) fn http_date(header: &str) -> Option<SystemTime> {
    SystemTime::try_from(DateTime::from_str(header, Format::HttpDate).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> Headers {
        let mut headers = Headers::new();
        for (name, value) in pairs {
            headers.insert(*name, *value);
        }
        headers
    }

    #[test]
    fn a_wait_is_read_in_each_of_its_forms() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let date = ("date", "Sat, 28 Nov 2026 12:00:00 GMT");
        for (pairs, expected) in [
            (&[("retry-after", " 7 ")][..], seconds(7)),
            (
                &[("x-amz-retry-after", "1500"), ("retry-after", "9")],
                Some(Duration::from_millis(1500)),
            ),
            (&[("retry-after", "Sat, 28 Nov 2026 12:02:00 GMT"), date], seconds(120)),
            (&[("retry-after", "Sat, 28 Nov 2026 11:00:00 GMT"), date], seconds(0)),
            (&[("retry-after", "soon")], None),
            (&[("retry-after", "-1")], None),
            (&[("x-amz-retry-after", "99999999999999999999")], None),
            (&[date], None),
        ] {
            assert_eq!(asked_wait(&headers(pairs)), expected, "{pairs:?}");
        }
        // A time outside of the clock's range must not cause a panic.
        assert_eq!(asked_time(&headers(&[("retry-after", "18446744073709551615")])), None);
    }
}
