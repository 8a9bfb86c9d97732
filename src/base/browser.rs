//! Web pages for a person to open: which addresses are safe, and which program opens them here.
//!
//! An address comes from a service. It is passed to a program as one argument, never to a shell.
//! The program gets none of our streams, because its output would break the conversation with
//! NuGet.
#![expect(clippy::disallowed_methods, reason = "the one place that starts a browser")]

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::base::environment::Environment;
use crate::base::runtime_environment;

#[cfg_attr(unix, path = "browser_unix.rs")]
#[cfg_attr(windows, path = "browser_windows.rs")]
mod opener;

/// Addresses of sign-in pages have some hundred characters.
const LONGEST: usize = 4096;

/// An https address without anything that a program could misread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// None if the address is not safe to open.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("https://")?;
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !br#""'`<>\^{|}"#.contains(&byte);
        let is_sound = !host.is_empty() && !host.contains('@') && rest.bytes().all(is_plain);
        (is_sound && text.len() <= LONGEST).then(|| Self(text.to_owned()))
    }

    /// The address itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A program that opens pages, and its arguments before the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Browser {
    program: OsString,
    arguments: Vec<&'static str>,
}

impl Browser {
    /// The program that opens pages for the person at this machine. None if the person is
    /// elsewhere, as with SSH or a container, and if there is no display.
    pub fn find(environment: &Environment) -> Option<Self> {
        let remote = ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"];
        if remote.iter().any(|name| environment.get(name).is_some()) {
            return None;
        }
        match runtime_environment::container_or_ci(environment, Path::new("/")) {
            Some(_) => None,
            None => Self::of_this_system(environment),
        }
    }

    /// The program that opens pages, wherever the person is.
    pub fn of_this_system(environment: &Environment) -> Option<Self> {
        let (program, arguments) = opener::find(environment)?;
        Some(Self { program, arguments })
    }

    /// Starts the program. It outlives this process, because it may become the browser itself.
    pub fn open(&self, address: &Address) -> io::Result<()> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg(address.as_str());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        opener::detach(&mut command);
        command.spawn().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_https_addresses_are_opened() {
        for sound in [
            "https://device.sso.eu-west-1.amazonaws.com/?user_code=ABCD-EFGH",
            "https://corp.awsapps.com/start/#/device?user_code=ABCD-EFGH",
            "https://oidc.eu-west-1.amazonaws.com/authorize?a=b%20c&redirect_uri=http%3A%2F%2F127.0.0.1",
        ] {
            assert_eq!(Address::parse(sound).unwrap().as_str(), sound);
        }
        for unsound in [
            "http://device.sso.eu-west-1.amazonaws.com/",
            "HTTPS://example.org",
            "https://",
            "https:///etc/passwd",
            "https://user@example.org",
            "https://example.org/a b",
            "https://example.org/\"&calc",
            "https://example.org/'",
            "https://example.org/`id`",
            "https://example.org/\n",
            "https://ex\u{e4}mple.org/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "--version",
        ] {
            assert_eq!(Address::parse(unsound), None, "{unsound}");
        }
        assert_eq!(Address::parse(&format!("https://example.org/{}", "a".repeat(LONGEST))), None);
    }

    #[test]
    fn over_ssh_and_on_ci_no_browser_is_found() {
        for variable in ["SSH_CONNECTION", "SSH_TTY", "GITHUB_ACTIONS", "CODESPACES"] {
            let desk = [("DISPLAY", ":0"), ("PATH", "/usr/bin"), ("BROWSER", "/bin/true")];
            let environment = Environment::from_pairs(desk.into_iter().chain([(variable, "x")]));
            assert_eq!(Browser::find(&environment), None, "{variable}");
        }
    }
}
