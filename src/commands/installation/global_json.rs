//! `global.json`, with which a repository chooses the SDK.
//!
//! From SDK 10 on it can also name folders of SDKs (`sdk.paths`), whose code the `dotnet` host then
//! loads for any command. The repository may be a stranger's, so the host never runs where it would
//! read the file: it reads a file of ours with the same choice and nothing else, and judges that.
#![expect(clippy::disallowed_methods, reason = "the working folder chooses the SDK")]

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::base::files;

const NAME: &str = "global.json";

/// A larger one is none that anybody has written.
const LARGEST: u64 = 1 << 20;

/// The keys of `sdk` that choose among installed SDKs.
const CHOICE: [&str; 3] = ["version", "rollForward", "allowPrerelease"];

/// The entry of `sdk.paths` that means the host's own SDKs.
const OF_THE_HOST: &str = "$host$";

/// The file that is effective in a folder.
#[derive(Debug)]
pub struct GlobalJson {
    pub path: PathBuf,
    /// The text for a file of ours, which has the same effect.
    pub ours: String,
    pub syntax: Syntax,
    /// Whether it names folders of SDKs.
    pub has_paths: bool,
}

/// Whether .NET can read the text, which is JSON with comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    Good,
    /// A comma before a closing bracket: hosts read past it, and the SDK from version 10 on fails.
    TrailingComma,
    Bad,
}

/// A folder of ours in which the host chooses as `file` says, or the newest SDK. .NET would look for a
/// `global.json` in the folders above as well.
pub fn folder_with(file: Option<&GlobalJson>) -> io::Result<TempDir> {
    let folder = files::temporary_folder()?;
    std::fs::write(folder.path().join(NAME), file.map_or("{}", |file| &*file.ours))?;
    Ok(folder)
}

impl GlobalJson {
    /// That of the working folder.
    pub fn here() -> Option<Self> {
        Self::find(&std::env::current_dir().ok()?)
    }

    /// The nearest one: .NET looks no further, whatever it says.
    pub fn find(folder: &Path) -> Option<Self> {
        let mut files = folder.ancestors().map(|folder| folder.join(NAME));
        let path = files.find(|file| file.is_file())?;
        let bytes = files::read_regular(&path, LARGEST).unwrap_or_default();
        Some(Self::of(path, &String::from_utf8_lossy(&bytes)))
    }

    fn of(path: PathBuf, text: &str) -> Self {
        let (plain, has_trailing_comma) = without_comments(text.trim_start_matches('\u{feff}'));
        // A file without an object is as bad as one that is no JSON.
        let Ok(Value::Object(root)) = serde_json::from_str(&plain) else {
            return Self { path, ours: "{".to_owned(), syntax: Syntax::Bad, has_paths: false };
        };
        let choice = root.get("sdk").map_or_else(|| json!({}), choice);
        let comma = if has_trailing_comma { "," } else { "" };
        let ours = format!("{{\"sdk\":{choice}{comma}}}");
        let paths = root.get("sdk").and_then(|sdk| sdk.get("paths")?.as_array());
        let has_paths = paths.is_some_and(|paths| paths.iter().any(|path| path != OF_THE_HOST));
        let syntax = if has_trailing_comma { Syntax::TrailingComma } else { Syntax::Good };
        Self { path, ours, syntax, has_paths }
    }
}

/// What the value of `sdk` chooses among installed SDKs.
fn choice(sdk: &Value) -> Value {
    let Value::Object(sdk) = sdk else { return harmless(sdk) };
    let chosen =
        CHOICE.iter().filter_map(|key| Some(((*key).to_owned(), harmless(sdk.get(*key)?))));
    Value::Object(chosen.collect::<Map<_, _>>())
}

/// The value, unless it may be a path: hosts before 3.0 put the version into one.
fn harmless(value: &Value) -> Value {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-+*".contains(&byte);
    match value {
        Value::String(text) if text.starts_with('.') || !text.bytes().all(is_plain) => {
            json!("unknown")
        }
        Value::Array(_) => json!([]),
        Value::Object(_) => json!({}),
        value => value.clone(),
    }
}

/// The text with a blank for each comment and without trailing commas, and whether it had one.
fn without_comments(text: &str) -> (String, bool) {
    let (mut plain, mut rest, mut has_trailing_comma) = (String::new(), text, false);
    while let Some(at) = rest.find(['"', '/', ']', '}']) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let length = if from.starts_with('"') {
            string_length(from)
        } else if from.starts_with("//") {
            from.find('\n').unwrap_or(from.len())
        } else if let Some(comment) = from.strip_prefix("/*") {
            comment.find("*/").map_or(from.len(), |end| end + 4)
        } else {
            1
        };
        let (token, after) = from.split_at(length);
        if token.starts_with("//") || token.starts_with("/*") {
            plain.push(' ');
        } else {
            if token.starts_with([']', '}']) && plain.trim_end().ends_with(',') {
                plain.truncate(plain.trim_end().len() - 1);
                has_trailing_comma = true;
            }
            plain.push_str(token);
        }
        rest = after;
    }
    plain.push_str(rest);
    (plain, has_trailing_comma)
}

/// The length of the string at the beginning of the text, with its quotes.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            '"' if !is_escaped => return at + 1,
            character => is_escaped = character == '\\' && !is_escaped,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(text: &str) -> (String, Syntax, bool) {
        let file = GlobalJson::of(PathBuf::new(), text);
        (file.ours, file.syntax, file.has_paths)
    }

    #[test]
    fn only_the_choice_among_installed_sdks_is_taken() {
        for (text, choice, has_paths) in [
            ("{}", "{}", false),
            (
                r#"{"sdk":{"version":"10.0.100","rollForward":"latestMinor"}}"#,
                r#"{"rollForward":"latestMinor","version":"10.0.100"}"#,
                false,
            ),
            (
                r#"{"sdk":{"allowPrerelease":true,"paths":["x"],"errorMessage":"y"},"z":1}"#,
                r#"{"allowPrerelease":true}"#,
                true,
            ),
            (r#"{"sdk":{"paths":["$host$"]}}"#, "{}", false),
            (r#"{"sdk":{"version":"../../evil"}}"#, r#"{"version":"unknown"}"#, false),
            (r#"{"sdk":{"version":"/evil"}}"#, r#"{"version":"unknown"}"#, false),
            (r#"{"sdk":{"version":["x"]}}"#, r#"{"version":[]}"#, false),
            (r#"{"sdk":"x/y"}"#, r#""unknown""#, false),
            (
                "\u{feff}{\"sdk\": /* } */ {\"version\": \"8.0.1//\" // \"\n}}",
                r#"{"version":"unknown"}"#,
                false,
            ),
        ] {
            let expected = (format!("{{\"sdk\":{choice}}}"), Syntax::Good, has_paths);
            assert_eq!(ours(text), expected, "{text}");
        }
    }

    #[test]
    fn what_dotnet_cannot_read_stays_so() {
        for text in
            ["", "{", "[]", "5", "{'sdk':{}}", "{\"a\": \"b", "/*", "{} x", &"[".repeat(100_000)]
        {
            assert_eq!(ours(text), ("{".to_owned(), Syntax::Bad, false), "{text:.20}");
        }
        for text in
            [r#"{"sdk":{"version":"8.0.1",}}"#, "{\"sdk\":{\"version\":\"8.0.1\"}, // x\n }"]
        {
            let text_of_ours = r#"{"sdk":{"version":"8.0.1"},}"#.to_owned();
            assert_eq!(ours(text), (text_of_ours, Syntax::TrailingComma, false), "{text}");
        }
    }
}
