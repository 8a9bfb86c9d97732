//! Values of NuGet.Config as NuGet uses them: variables expanded, paths absolute. Pure.

use std::path::Path;

use crate::base::environment::Environment;
use crate::base::files::normal;

/// The schemes behind which .NET wants two slashes; without them, it takes the text for a path.
const WITH_AUTHORITY: [&str; 13] = [
    "file", "ftp", "gopher", "http", "https", "ldap", "net.pipe", "net.tcp", "nntp", "telnet",
    "vsmacros", "ws", "wss",
];

/// A source's value as a URL or path.
pub fn url(value: &str, file: &Path, environment: &Environment) -> String {
    resolve(&expand(value, environment), file)
}

/// Replaces `%NAME%` by the variable's value, on every system. The name of an unset variable stays.
pub fn expand(value: &str, environment: &Environment) -> String {
    let (mut expanded, mut rest) = (String::new(), value);
    while let Some(at) = rest.find('%') {
        expanded.push_str(&rest[..at]);
        let name = rest[at + 1..].split_once('%').map(|(name, _)| name);
        if let Some((name, value)) = name.and_then(|name| Some((name, environment.text(name)?))) {
            expanded.push_str(value);
            rest = &rest[at + name.len() + 2..];
        } else {
            expanded.push('%');
            rest = &rest[at + 1..];
        }
    }
    expanded + rest
}

/// A URL without blanks around it; a path relative to the folder of its file, with its blanks.
fn resolve(value: &str, file: &Path) -> String {
    if value.is_empty() {
        return String::new();
    }
    if !is_relative(value) || cfg!(windows) && Path::new(value).is_absolute() {
        return value.trim().to_owned();
    }
    let folder = file.parent().unwrap_or(file);
    let path = normal(&folder.join(value)).display().to_string();
    // .NET keeps a separator at the end.
    if value.ends_with('/') && !path.ends_with('/') { path + "/" } else { path }
}

/// Whether .NET takes a text for a relative URI, which NuGet then takes for a path.
fn is_relative(value: &str) -> bool {
    let value = value.trim_start_matches([' ', '\t', '\r', '\n']);
    if let [drive, b':' | b'|', third, ..] = value.as_bytes() {
        return !drive.is_ascii_alphabetic() || matches!(third, b'/' | b'\\');
    }
    let Some((scheme, rest)) = value.split_once(':') else { return true };
    let is_scheme = scheme.starts_with(|it: char| it.is_ascii_alphabetic())
        && scheme.bytes().all(|it| it.is_ascii_alphanumeric() || b"+-.".contains(&it));
    let slashes = rest.bytes().take_while(|it| matches!(it, b'/' | b'\\')).count();
    let wants_slashes = WITH_AUTHORITY.iter().any(|known| known.eq_ignore_ascii_case(scheme));
    !is_scheme || scheme.len() == 1 || wants_slashes && slashes < 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_expanded_and_unset_ones_stay() {
        let pairs = [("A", "https://a"), ("B", "b"), ("EMPTY", "")];
        let environment = Environment::from_pairs(pairs);
        for (value, expanded) in [
            ("%A%/x", "https://a/x"),
            ("%A%%B%", "https://ab"),
            ("%C%/%B%", "%C%/b"),
            ("%C%B%", "%Cb"),
            ("100%", "100%"),
            ("%%", "%%"),
            ("a%EMPTY%b", "ab"),
        ] {
            assert_eq!(expand(value, &environment), expanded, "{value}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn paths_are_seen_from_the_file() {
        let file = Path::new("/repo/src/nuget.config");
        for (value, resolved) in [
            ("", ""),
            ("../packages", "/repo/packages"),
            ("./", "/repo/src/"),
            ("x/./../y//z/", "/repo/src/y/z/"),
            ("..", "/repo"),
            (".\\local", "/repo/src/.\\local"),
            (" x ", "/repo/src/ x "),
            ("~/x", "/repo/src/~/x"),
            ("C:\\x", "/repo/src/C:\\x"),
            ("c:", "/repo/src/c:"),
            ("https:x", "/repo/src/https:x"),
            ("1:x", "/repo/src/1:x"),
            ("x y:z", "/repo/src/x y:z"),
            ("%NONE%/x", "/repo/src/%NONE%/x"),
            ("/abs", "/abs"),
            ("/a/./b/", "/a/b/"),
            ("//server/share", "/server/share"),
        ] {
            assert_eq!(resolve(value, file), resolved);
        }
    }

    #[test]
    fn urls_stay_as_they_are() {
        let file = Path::new("/repo/src/nuget.config");
        for url in ["https://x.example/v3/index.json", "file:///x y/./", "mailto:x", "ab:", "c:x"] {
            assert_eq!(resolve(url, file), url);
        }
        assert_eq!(resolve(" https://x/ ", file), "https://x/");
    }
}
