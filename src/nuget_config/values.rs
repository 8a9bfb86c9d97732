//! Values as NuGet takes them: with environment variables in them, and paths from the file's folder.

use std::path::{Component, Path, PathBuf};

use crate::base::environment::Environment;

/// Puts the variables in place of `%NAME%`, on every system; a name that is not set stays.
pub fn expand(value: &str, environment: &Environment) -> String {
    let (mut expanded, mut rest) = (String::new(), value);
    while let Some(at) = rest.find('%') {
        expanded.push_str(&rest[..at]);
        let name = rest[at + 1..].split_once('%').map(|(name, _)| name);
        if let Some((name, value)) = name.and_then(|name| Some((name, environment.get(name)?))) {
            expanded.push_str(value);
            rest = &rest[at + name.len() + 2..];
        } else {
            expanded.push('%');
            rest = &rest[at + 1..];
        }
    }
    expanded + rest
}

/// What a source's value names: a URL as it is, a path seen from the file that holds it.
pub fn resolve(value: &str, file: &Path) -> String {
    let is_url = value.split_once(':').is_some_and(|(scheme, _)| {
        scheme.len() > 1 && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    });
    if is_url || value.is_empty() || Path::new(value).is_absolute() {
        return value.to_owned();
    }
    let folder = file.parent().unwrap_or(file);
    without_dots(&folder.join(value)).display().to_string()
}

fn without_dots(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut path, component| {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(path.pop()),
            other => path.push(other),
        }
        path
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_expanded_and_unset_ones_stay() {
        let environment = Environment::from_pairs([("A", "https://a"), ("B", "b")]);
        for (value, expanded) in [
            ("%A%/x", "https://a/x"),
            ("%A%%B%", "https://ab"),
            ("%C%/%B%", "%C%/b"),
            ("%C%B%", "%Cb"),
            ("100%", "100%"),
            ("%%", "%%"),
        ] {
            assert_eq!(expand(value, &environment), expanded, "{value}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn paths_are_seen_from_the_file() {
        let file = Path::new("/repo/src/nuget.config");
        for (value, resolved) in [
            ("https://x.example/v3/index.json", "https://x.example/v3/index.json"),
            ("../packages", "/repo/packages"),
            (".\\local", "/repo/src/.\\local"),
            ("/abs", "/abs"),
        ] {
            assert_eq!(resolve(value, file), resolved);
        }
    }
}
