//! The proxy that NuGet uses for every source: `http_proxy` of the user's own files.
//!
//! NuGet reads it from the user's files alone, wherever it is run: not from a repository's file, nor
//! from a machine-wide one. Seen with the NuGet of .NET 10, which also takes the value without a
//! scheme, expands variables in it, and does not look at `no_proxy` of the environment.

use std::path::PathBuf;

use roxmltree::Node;

use super::file::ConfigFile;
use super::layers::places_of_user;
use super::values::expand;
use super::xml::{is_named, parse as parse_xml};
use crate::base::environment::Environment;
use crate::base::secret::Secret;
use crate::locations::Locations;

#[cfg_attr(unix, path = "encryption_unix.rs")]
#[cfg_attr(windows, path = "encryption_windows.rs")]
mod encryption;

/// The settings of NuGet's proxy.
#[derive(Debug)]
pub struct UserProxy {
    /// The value of `http_proxy`, which may have a password in it.
    pub url: Secret,
    /// The user name, and the password where this system can decrypt it.
    pub credentials: Option<(String, Secret)>,
    /// The list of hosts that the proxy is not for.
    pub no_proxy: String,
    /// The file that names the proxy.
    pub file: PathBuf,
}

impl UserProxy {
    /// Reads the user's files. None if no file names a proxy, or a file cannot be used: NuGet fails
    /// then.
    pub fn read(locations: &Locations, environment: &Environment) -> Option<Self> {
        let files = places_of_user(locations).into_iter().map(|(_, path)| ConfigFile::read(&path));
        let files: Result<Vec<_>, _> = files.collect();
        let files: Vec<ConfigFile> = files.ok()?.into_iter().flatten().collect();
        Self::of_files(&files, environment)
    }

    fn of_files(files: &[ConfigFile], environment: &Environment) -> Option<Self> {
        let (url, file) = setting(files, "http_proxy", environment)?;
        let value = |key| setting(files, key, environment).map(|(value, _)| value);
        let credentials = value("http_proxy.user").and_then(|user| {
            let password = encryption::decrypted(&value("http_proxy.password")?)?;
            Some((user, Secret::new(password)))
        });
        let (url, file) = (Secret::new(url), file.path().to_path_buf());
        Some(Self { url, credentials, no_proxy: value("no_proxy").unwrap_or_default(), file })
    }
}

/// The value in the nearest file that has it, and the file. Empty counts as absent.
fn setting<'a>(
    files: &'a [ConfigFile],
    key: &str,
    environment: &Environment,
) -> Option<(String, &'a ConfigFile)> {
    for file in files {
        let xml = parse_xml(file.text(), file.path()).ok()?;
        let mut sections = xml.root_element().children();
        let Some(section) = sections.find(|node| node.has_tag_name("config")) else { continue };
        let elements: Vec<Node<'_, '_>> = section.children().filter(Node::is_element).collect();
        let clear = elements.iter().rposition(|element| is_named(*element, "clear"));
        let kept = &elements[clear.map_or(0, |at| at + 1)..];
        let found = kept.iter().find(|element| {
            is_named(**element, "add")
                && element.attribute("key").is_some_and(|found| found.eq_ignore_ascii_case(key))
        });
        if let Some(found) = found {
            let value = expand(found.attribute("value").unwrap_or_default(), environment);
            let value = value.trim();
            return (!value.is_empty()).then(|| (value.to_owned(), file));
        }
        if clear.is_some() {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn proxy_of(sections: &[&str]) -> Option<(String, String)> {
        let files: Vec<ConfigFile> = sections
            .iter()
            .map(|section| {
                let text = format!("<configuration><config>{section}</config></configuration>");
                ConfigFile::planned(Path::new("/home/u/.nuget/NuGet/NuGet.Config"), &text)
            })
            .collect();
        let environment = Environment::from_pairs([("PROXY", "http://of-a-variable")]);
        let proxy = UserProxy::of_files(&files, &environment)?;
        Some((proxy.url.expose().to_owned(), proxy.no_proxy))
    }

    fn add(key: &str, value: &str) -> String {
        format!("<add key=\"{key}\" value=\"{value}\" />")
    }

    #[test]
    fn the_nearest_file_that_names_a_proxy_counts() {
        let (near, far) = (add("http_proxy", " http://near "), add("HTTP_Proxy", "http://far"));
        let url = |sections: &[&str]| proxy_of(sections).map(|(url, _)| url);
        assert_eq!(url(&[&near, &far]).as_deref(), Some("http://near"));
        assert_eq!(url(&["", &far]).as_deref(), Some("http://far"));
        assert_eq!(url(&["<clear />", &far]), None);
        assert_eq!(url(&[&format!("<clear />{near}"), &far]).as_deref(), Some("http://near"));
        assert_eq!(url(&[&format!("{near}<clear />")]), None);
        assert_eq!(url(&[&add("https_proxy", "http://other")]), None);
        assert_eq!(url(&[&add("http_proxy", "")]), None);
        assert_eq!(url(&[&add("http_proxy", "%PROXY%")]).as_deref(), Some("http://of-a-variable"));
        assert_eq!(url(&[]), None);
    }

    #[test]
    fn the_exceptions_may_be_in_another_file() {
        let (near, far) = (add("no_proxy", "a,b"), add("http_proxy", "p:1"));
        assert_eq!(proxy_of(&[&near, &far]), Some(("p:1".to_owned(), "a,b".to_owned())));
    }

    #[test]
    fn debug_shows_no_password() {
        let (url, file) = (Secret::new("http://me:hunter2@h"), PathBuf::new());
        let proxy = UserProxy { url, credentials: None, no_proxy: String::new(), file };
        assert!(!format!("{proxy:?}").contains("hunter2"));
    }
}
