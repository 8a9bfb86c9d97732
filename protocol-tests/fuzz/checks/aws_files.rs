//! The shared config and credentials files with any text: where botocore reads it, the same profiles
//! are read; where botocore refuses it, something is said, and nothing panics.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a check fails by a panic")]

use super::ini::Ini;
use super::{AwsFiles, In};

#[path = "configparser.rs"]
mod configparser;

use configparser::{Refused, Values, nested};

pub fn check(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let files = AwsFiles::of_texts(text, "");
    match configparser::config(text) {
        Ok(config) => config_is_read(text, &files, &config),
        Err(refused) => refusal_is_said(text, refused),
    }
    let files = AwsFiles::of_texts("", text);
    if let Ok(sections) = configparser::sections(text) {
        let names: Vec<_> = sections.iter().map(|(name, _)| name.as_str()).collect();
        for (name, values) in &sections {
            let trimmed = super::ini::strip(name);
            let is_twice = names.iter().filter(|it| super::ini::strip(it) == trimmed).count() > 1;
            let ours = files.get(name).or_else(|| files.get(trimmed));
            let ours = ours.unwrap_or_else(|| panic!("no profile {name:?} in {text:?}"));
            if !is_twice {
                assert_same(text, values, |key| ours.get_in(In::Credentials, key));
            }
        }
    }
}

fn config_is_read(text: &str, files: &AwsFiles, config: &configparser::Config) {
    for (name, values) in &config.profiles {
        let ours = files.get(name).unwrap_or_else(|| panic!("no profile {name:?} in {text:?}"));
        assert_eq!(ours.fault(), None, "{text:?}");
        assert_same(text, values, |key| ours.get_in(In::Config, key));
        let all = config.profiles.values().chain(config.services.values()).flat_map(Values::keys);
        for key in all.filter(|key| !values.contains_key(*key)) {
            assert_eq!(ours.get(key), None, "{key:?} of {name:?} in {text:?}");
        }
    }
    for (name, values) in &config.sso_sessions {
        assert!(files.sso_sessions().contains(&name.as_str()), "{name:?} in {text:?}");
        assert_same(text, values, |key| files.of_sso_session(name, key));
    }
    for (name, values) in &config.services {
        for (service, value) in values {
            let theirs = nested(value).and_then(|pairs| pairs.get("endpoint_url").cloned());
            assert_eq!(files.endpoint_of(name, service), theirs.as_deref(), "{text:?}");
        }
    }
    // Some headers are read that botocore does not see; nothing else may come of nothing.
    let seen = config.profiles.len() + config.sso_sessions.len();
    let ours = files.names().len() + files.sso_sessions().len();
    assert!(ours <= seen + config.others.len(), "profiles of nothing in {text:?}");
}

/// Each value is that of botocore, or lacks the comment behind it, which only the SDKs know.
fn assert_same<'a>(text: &str, values: &Values, ours: impl Fn(&str) -> Option<&'a str>) {
    for (key, theirs) in values {
        let ours = ours(key).unwrap_or_else(|| panic!("no {key:?} in {text:?}"));
        let comment =
            theirs.strip_prefix(ours).map(|it| it.trim_start_matches(super::ini::is_blank));
        let is_comment = comment.is_some_and(|it| it.starts_with(['#', ';']));
        assert!(ours == theirs || is_comment, "{key:?}: {ours:?}, not {theirs:?}, in {text:?}");
    }
}

fn refusal_is_said(text: &str, refused: Refused) {
    let ini = Ini::parse(text);
    let is_said = ini.stray.is_some() || ini.sections.iter().any(|it| it.fault.is_some());
    match refused {
        Refused::NoSection => assert!(ini.stray.is_some(), "{text:?}"),
        // A fault of the properties of all sections is none where there is no section.
        Refused::Line => assert!(is_said || ini.sections.is_empty(), "{text:?}"),
        // What is there twice with one value is taken, and so is a line that no setting is made of.
        Refused::Twice | Refused::Nested => {}
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_seed_is_read_as_botocore_reads_it() {
        crate::corpus::replay("aws_files", super::check);
    }
}
