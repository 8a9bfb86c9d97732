//! The name by which a person can start this program from a shell, for help, messages and fixes.
//!
//! NuGet starts every `nuget-plugin-*` that it finds on `PATH`, so the plugin's executable does not
//! belong there. The SDK runs `dotnet-NAME` from `PATH` as `dotnet NAME`; `install` puts
//! `dotnet-codeartifact` there for people.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::OnceLock;

use super::PROGRAM;
use super::environment::Environment;
use super::shell::quoted;

/// The file that the SDK runs as [`DOTNET_COMMAND`], without `.exe`. Without the SDK it is started by
/// this name.
pub const DOTNET_FILE: &str = "dotnet-codeartifact";

/// The command that people type.
pub const DOTNET_COMMAND: &str = "dotnet codeartifact";

/// The name that a person can type now: `dotnet codeartifact`, or else the executable's name if it
/// is on `PATH`, or else its quoted path. Found out at the first call, from the environment of the
/// process.
pub fn command_name() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(of_process)
}

/// The command line of this program with these arguments, to paste into a shell.
pub fn command<'a>(arguments: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = command_name().to_owned();
    for argument in arguments {
        line.push(' ');
        line.push_str(&quoted(argument));
    }
    line
}

/// How to run this process's command line as administrator, as a sentence that ends with the command.
/// It names the executable, because `sudo` has a `PATH` of its own.
#[expect(clippy::disallowed_methods, reason = "the command line is repeated")]
pub fn again_as_administrator() -> String {
    let program = std::env::current_exe().unwrap_or_else(|_| PROGRAM.into());
    let words = std::iter::once(program.into_os_string()).chain(std::env::args_os().skip(1));
    let words = words.map(|word| quoted(&word.to_string_lossy()));
    let line = words.collect::<Vec<_>>().join(" ");
    if cfg!(windows) {
        return format!("Run it in a terminal that was started as administrator: {line}");
    }
    format!("Run it as root: sudo {line}")
}

/// Unit tests run from another executable, on machines with and without an installed plugin.
#[cfg(test)]
fn of_process() -> String {
    DOTNET_COMMAND.to_owned()
}

#[cfg(not(test))]
#[expect(clippy::disallowed_methods, reason = "how the process was started decides the name")]
fn of_process() -> String {
    let started_as = std::env::args_os().next().unwrap_or_default();
    name(&started_as, std::env::current_exe().ok().as_deref(), &Environment::of_process())
}

/// `started_as` is the first word of the command line, `file` the executable's path.
fn name(started_as: &OsStr, file: Option<&Path>, environment: &Environment) -> String {
    let is_dotnet_file = Path::new(started_as).file_stem() == Some(OsStr::new(DOTNET_FILE));
    if is_dotnet_file || environment.program(DOTNET_FILE).is_some() {
        return DOTNET_COMMAND.to_owned();
    }
    match file {
        Some(file) if environment.program(PROGRAM).is_none() => {
            path(file, environment.home().as_deref())
        }
        _ => PROGRAM.to_owned(),
    }
}

/// The file as a shell can start it, with `~` for the home in a POSIX shell.
fn path(file: &Path, home: Option<&Path>) -> String {
    let whole = file.to_string_lossy();
    let word = quoted(&whole);
    if cfg!(windows) {
        // PowerShell takes a quoted word for a text, not for a command.
        return if word == whole { word } else { format!("& {word}") };
    }
    let in_home = home.and_then(|home| file.strip_prefix(home).ok());
    let in_home = in_home.map(|rest| rest.to_string_lossy());
    in_home.filter(|rest| quoted(rest) == *rest).map_or(word, |rest| format!("~/{rest}"))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// The name where these programs are on `PATH`, for an executable outside of it.
    #[track_caller]
    fn assert_name(on_path: &[&str], started_as: &str, file: &str, expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        for program in on_path {
            let program = folder.path().join(program);
            fs::write(&program, "").unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let path = folder.path().to_str().unwrap();
        let environment = Environment::from_pairs([("PATH", path), ("HOME", "/home/u")]);
        let name = name(OsStr::new(started_as), Some(Path::new(file)), &environment);
        assert_eq!(name, expected, "{on_path:?} {started_as} {file}");
    }

    #[test]
    fn the_dotnet_command_comes_first() {
        let here = "/p/nuget-plugin-codeartifact";
        assert_name(&[DOTNET_FILE, PROGRAM], here, here, DOTNET_COMMAND);
        assert_name(&[], "/tools/dotnet-codeartifact", here, DOTNET_COMMAND);
    }

    #[test]
    fn the_executable_is_named_if_path_has_it_and_else_its_path() {
        let here = "/p/nuget-plugin-codeartifact";
        assert_name(&[PROGRAM], here, here, PROGRAM);
        assert_name(&[], PROGRAM, here, here);
        assert_name(&[], here, "/a b/nuget", "'/a b/nuget'");
        assert_name(&[], here, "/home/u/.nuget/it", "~/.nuget/it");
        assert_name(&[], here, "/home/u/a b/it", "'/home/u/a b/it'");
        assert_name(&[], here, "/home/users/it", "/home/users/it");
    }

    #[test]
    fn arguments_are_quoted() {
        assert_eq!(
            command(["login", "--profile", "my dev"]),
            "dotnet codeartifact login --profile 'my dev'"
        );
    }
}

#[cfg(test)]
#[cfg(windows)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_a_command_of_powershell() {
        let environment = Environment::from_pairs([]);
        for (file, command) in [
            (r"C:\a\plugin.exe", r"C:\a\plugin.exe"),
            (r"C:\a b\plugin.exe", r#"& "C:\a b\plugin.exe""#),
        ] {
            let started_as = OsStr::new("plugin");
            assert_eq!(name(started_as, Some(Path::new(file)), &environment), command);
        }
        let started_as = OsStr::new("dotnet-codeartifact.exe");
        assert_eq!(name(started_as, None, &environment), "dotnet codeartifact");
    }
}
