//! Times as they stand in the shared files: `2026-11-23T02:23:26Z`.

use std::time::SystemTime;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// Older AWS CLIs wrote `UTC` where the others write `Z`.
pub(super) fn read(text: &str) -> Option<SystemTime> {
    let text = text.strip_suffix("UTC").map_or(text.to_owned(), |time| format!("{time}Z"));
    let time = DateTime::from_str(&text, Format::DateTimeWithOffset).ok()?;
    SystemTime::try_from(time).ok()
}

/// In whole seconds, as the AWS CLI writes them.
pub(super) fn written(time: SystemTime) -> String {
    let seconds = DateTime::from(time).secs();
    DateTime::from_secs(seconds).fmt(Format::DateTime).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn every_form_of_the_aws_cli_and_the_sdks_is_read_and_the_usual_one_written() {
        let time = UNIX_EPOCH + Duration::from_secs(1_795_400_606);
        for text in ["2026-11-23T02:23:26Z", "2026-11-23T02:23:26UTC", "2026-11-23T03:23:26+01:00"]
        {
            assert_eq!(read(text), Some(time), "{text}");
        }
        for text in ["", "soon", "2026-11-23", "UTC"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(written(time + Duration::from_millis(999)), "2026-11-23T02:23:26Z");
    }
}
