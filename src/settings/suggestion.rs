//! The key that was meant by one that is unknown.

use crate::base::text::nearest;

/// As `message`, the parser's on an unknown key, with the known key nearest to it in place of all of
/// them; none where none is near, or where the message is about something else.
pub(super) fn for_unknown_key(message: &str) -> Option<String> {
    let (unknown, expected) = message.strip_prefix("unknown field `")?.split_once('`')?;
    let known = expected.split('`').skip(1).step_by(2);
    let nearest = nearest(unknown, known)?;
    Some(format!("unknown key `{unknown}`: `{nearest}` was probably meant"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_key_is_suggested_and_a_far_one_is_not() {
        let message = |unknown| format!("unknown field `{unknown}`, expected `host` or `region`");
        let near = for_unknown_key(&message("regoin"));
        assert_eq!(near.as_deref(), Some("unknown key `regoin`: `region` was probably meant"));
        assert_eq!(for_unknown_key(&message("password")), None);
        assert_eq!(for_unknown_key("missing field `region`"), None);
    }
}
