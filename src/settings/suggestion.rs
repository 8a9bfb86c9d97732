//! The key that was meant by one that is unknown.

/// As `message`, the parser's on an unknown key, with the known key nearest to it in place of all of
/// them; none where none is near, or where the message is about something else.
pub(super) fn for_unknown_key(message: &str) -> Option<String> {
    let (unknown, expected) = message.strip_prefix("unknown field `")?.split_once('`')?;
    let known = expected.split('`').skip(1).step_by(2);
    let (distance, nearest) = known.map(|key| (distance(unknown, key), key)).min()?;
    (distance <= 2).then(|| format!("unknown key `{unknown}`: `{nearest}` was probably meant"))
}

/// How many characters have to be put in, taken out or changed.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (row, character) in one.chars().enumerate() {
        let mut line = vec![row + 1];
        for (column, with) in other.iter().enumerate() {
            let changed = above[column] + usize::from(character != *with);
            line.push(changed.min(above[column + 1] + 1).min(line[column] + 1));
        }
        above = line;
    }
    above[other.len()]
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
