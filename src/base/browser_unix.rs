//! Linux and macOS.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use crate::base::environment::Environment;

/// The program that opens an address, and its arguments before the address.
pub(super) fn find(environment: &Environment) -> Option<(OsString, Vec<&'static str>)> {
    if cfg!(target_os = "macos") {
        return Some(("/usr/bin/open".into(), Vec::new()));
    }
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().find_map(|name| environment.get(name))?;
    let program = named(environment).or_else(|| on_path(environment, "xdg-open"))?;
    Some((program.into_os_string(), Vec::new()))
}

/// Its own process group, so that a signal to this process's group does not end it.
pub(super) fn detach(command: &mut Command) {
    command.process_group(0);
}

/// The first entry of `BROWSER` that is a program and not a command line: no shell is used here.
fn named(environment: &Environment) -> Option<PathBuf> {
    let list = environment.get("BROWSER")?.split(':');
    let mut names = list.filter(|name| !name.is_empty() && !name.contains(['%', ' ']));
    names.find_map(|name| on_path(environment, name))
}

/// The file with this name, which may be a path.
fn on_path(environment: &Environment, name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|path| path.is_absolute() && path.is_file());
    }
    environment.program(name)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn found(pairs: &[(&str, &str)]) -> Option<OsString> {
        find(&Environment::from_pairs(pairs.iter().copied())).map(|(program, _)| program)
    }

    #[test]
    fn a_display_and_a_program_are_needed() {
        assert_eq!(found(&[("PATH", "/bin"), ("BROWSER", "true")]), None);
        assert_eq!(found(&[("DISPLAY", ":0"), ("PATH", "/nonexistent")]), None);
        let display = ("WAYLAND_DISPLAY", "wayland-0");
        for (browser, program) in [
            ("/bin/true", "/bin/true"),
            ("true", "/bin/true"),
            ("missing:sh -c %s:/bin/false", "/bin/false"),
        ] {
            let pairs = [display, ("PATH", "relative:/bin"), ("BROWSER", browser)];
            assert_eq!(found(&pairs), Some(program.into()), "{browser}");
        }
    }
}
