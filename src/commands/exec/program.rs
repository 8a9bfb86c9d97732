//! The program that a command names on Windows, found as `cmd` finds it, so that `npx` is `npx.cmd`.
//!
//! Unlike `cmd`, this does not look into the working folder first: a stranger's repository may have a
//! program of that name there.
#![expect(clippy::disallowed_methods, reason = "a path is relative to the working folder")]

use std::path::{Path, PathBuf};

use crate::base::environment::Environment;

/// What `PATHEXT` is on every Windows, as far as it can be started.
const ENDINGS: &str = ".COM;.EXE;.BAT;.CMD";

/// The file. None if there is none that can be started.
pub fn find(word: &Path, environment: &Environment) -> Option<PathBuf> {
    let is_path = word.components().count() > 1;
    let folders = if is_path {
        std::env::current_dir().into_iter().collect()
    } else {
        environment.path_folders()
    };
    let names = names(word, environment.get("PATHEXT").unwrap_or(ENDINGS));
    let files = folders.iter().flat_map(|folder| names.iter().map(|name| folder.join(name)));
    files.into_iter().find(|file| file.is_file())
}

/// Whether `cmd` runs the file.
pub fn is_batch(file: &Path) -> bool {
    ending(file).is_some_and(|ending| matches!(&*ending, ".bat" | ".cmd"))
}

/// The names of the file that a word means: its own, if that has an ending of a program, and those with
/// such an ending behind it.
fn names(word: &Path, path_endings: &str) -> Vec<PathBuf> {
    let own = is_startable(word).then(|| word.to_owned());
    let with_ending = path_endings.split(';').map(|ending| {
        let mut name = word.as_os_str().to_owned();
        name.push(ending.trim());
        PathBuf::from(name)
    });
    own.into_iter().chain(with_ending.filter(|name| is_startable(name))).collect()
}

/// `PATHEXT` has endings of documents and scripts too, which other programs open.
fn is_startable(file: &Path) -> bool {
    ending(file)
        .is_some_and(|own| ENDINGS.split(';').any(|ending| ending.eq_ignore_ascii_case(&own)))
}

fn ending(file: &Path) -> Option<String> {
    Some(format!(".{}", file.extension()?.to_str()?.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_program_is_found_as_cmd_finds_it() {
        let root = tempfile::tempdir().unwrap();
        let folder = |name: &str| root.path().join(name);
        for (place, file) in [
            ("node", "npx"),
            ("node", "npx.cmd"),
            ("node", "node.exe"),
            ("node", "notes.txt"),
            ("more", "npx.exe"),
            ("more", "both.cmd"),
            ("more", "both.exe"),
            ("more", "tool.v2.bat"),
            ("more", "script.js"),
        ] {
            fs::create_dir_all(folder(place)).unwrap();
            fs::write(folder(place).join(file), "").unwrap();
        }
        // The standard library splits PATH at the separator of the system that the tests run on.
        let path = std::env::join_paths([Path::new("."), &folder("node"), &folder("more")]);
        let path = path.unwrap().into_string().unwrap();
        let endings = ".com;.exe;.bat;.cmd;.vbs;.js;.txt";
        let environment = Environment::from_pairs([("PATH", &*path), ("PATHEXT", endings)]);
        for (word, file) in [
            ("npx", Some("node/npx.cmd")),
            ("npx.exe", Some("more/npx.exe")),
            ("both", Some("more/both.exe")),
            ("tool.v2", Some("more/tool.v2.bat")),
            ("node", Some("node/node.exe")),
            ("node.exe", Some("node/node.exe")),
            ("script", None),
            ("notes.txt", None),
            ("missing", None),
        ] {
            assert_eq!(find(Path::new(word), &environment), file.map(folder), "{word}");
        }
        let named = folder("more").join("both");
        assert_eq!(find(&named, &environment), Some(folder("more/both.exe")));
    }

    #[test]
    fn the_working_folder_is_searched_for_a_path_only() {
        let name = "Cargo";
        let environment =
            Environment::from_pairs([("PATH", "."), ("PATHEXT", ".exe;.cmd;.toml;.lock")]);
        assert_eq!(find(Path::new(name), &environment), None);
        assert_eq!(
            names(Path::new("./x.CMD"), ".EXE"),
            ["./x.CMD", "./x.CMD.EXE"].map(PathBuf::from)
        );
    }

    #[test]
    fn cmd_runs_batch_files() {
        let are =
            ["npx.cmd", "x.BAT", "x.exe", "cmd", "x.cmd.exe"].map(|it| is_batch(Path::new(it)));
        assert_eq!(are, [true, true, false, false, false]);
    }
}
