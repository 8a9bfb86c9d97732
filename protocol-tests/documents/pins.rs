//! The version and the digests in files that install the plugin: they are those of the sources, so that
//! a file of a release installs that release and nothing else.
//!
//! `CODEARTIFACT_NUGET_WRITE_PAGES=1 cargo test --test documents pins` writes them, after a change of the
//! version or of the installer.

use std::fs;

use aws_smithy_types::base64;
use regex_lite::{Captures, Regex};
use sha2::{Digest, Sha256};

use super::files_below;
use super::pages::repository;

/// Set to anything, the files are written instead of compared.
const WRITE: &str = "CODEARTIFACT_NUGET_WRITE_PAGES";

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What is in front of the version, where these files have it.
const BEFORE_VERSION: [&str; 10] = [
    r"/install/action@(?:[0-9a-f]{40}|COMMIT) # v",
    r"nuget-plugin-codeartifact:",
    r"nuget-plugin-codeartifact/v",
    r"download/v",
    r"--version ",
    r"-Version ",
    r"`…:",
    r#"PLUGIN_VERSION: ""#,
    r#""version": "|"proposals": \["|"default": ""#,
    r#"default: ""#,
];

/// Any version, with the label of a prerelease.
const ANY_VERSION: &str = r"[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z]+)?";

const TEMPLATE: &str = "install/gitlab/nuget-plugin-codeartifact.yml";

/// The files with a version or a digest.
fn files() -> Vec<String> {
    let root = repository("");
    let below = ["install/examples", "install/gitlab", "install/devcontainer", "install/action"];
    let files = below.into_iter().flat_map(|folder| files_below(&repository(folder)));
    let names = files.filter_map(|file| Some(file.strip_prefix(&root).ok()?.to_str()?.to_owned()));
    let pages = ["docs/ci-and-docker.md", "docs/install.md"].map(str::to_owned);
    names.chain(pages.into_iter().filter(|page| repository(page).exists())).collect()
}

#[test]
fn files_name_the_version_and_the_digests_of_the_sources() {
    let installer = hex::encode(digest("install/install.sh"));
    let mut others = Vec::new();
    let mut renew = |name: &str, renewed: &dyn Fn(&str) -> String| {
        let path = repository(name);
        let text = fs::read_to_string(&path).expect(name);
        let expected = renewed(&text);
        if text == expected {
            return;
        }
        if std::env::var_os(WRITE).is_some() {
            fs::write(&path, expected).expect(name);
        } else {
            others.push(name.to_owned());
        }
    };
    let files = files();
    for name in &files {
        renew(name, &|text| with_installer(&with_version(text), &installer));
    }
    renew("README.md", &|text| replaced(text, "(Version )", r"[0-9]+\.[0-9]+", short_version()));
    // The digest of a file that was just written.
    let template = format!("sha256-{}", base64::encode(digest(TEMPLATE)));
    for name in &files {
        renew(name, &|text| replaced(text, "(integrity: )", "sha256-[0-9A-Za-z+/=]+", &template));
    }
    assert!(
        others.is_empty(),
        "with another version or digest: {others:?}; to write them: {WRITE}=1 cargo test --test documents pins"
    );
    assert_every_kind_is_used(&files, &installer);
}

/// That nothing is looked for that no file has.
fn assert_every_kind_is_used(files: &[String], installer: &str) {
    let texts: Vec<_> =
        files.iter().map(|name| fs::read_to_string(repository(name)).expect(name)).collect();
    for before in BEFORE_VERSION {
        let version = regex_lite::escape(VERSION);
        let pattern = Regex::new(&format!("(?:{before}){version}")).expect(before);
        assert!(texts.iter().any(|text| pattern.is_match(text)), "{before}");
    }
    let verifying = texts.iter().filter(|text| text.contains(installer)).count();
    assert_eq!(verifying, 5, "the template of GitLab, three of CodeBuild, and a page");
    let readme = fs::read_to_string(repository("README.md")).expect("the page");
    assert!(readme.contains("Version "), "README.md does not say which version it describes");
}

/// Without the last number.
fn short_version() -> &'static str {
    VERSION.rsplit_once('.').expect("three numbers").0
}

fn with_version(text: &str) -> String {
    BEFORE_VERSION.iter().fold(text.to_owned(), |text, before| {
        replaced(&text, &format!("({before})"), ANY_VERSION, VERSION)
    })
}

fn with_installer(text: &str, digest: &str) -> String {
    let before =
        r#"(PLUGIN_INSTALLER_SHA256: "|which is verified before it runs\n      default: ")"#;
    let text = replaced(text, before, "[0-9a-f]{64}", digest);
    replaced(&text, r#"(echo ")"#, "[0-9a-f]{64}(?:  install.sh)", &format!("{digest}  install.sh"))
}

/// The text with another value wherever `old` follows group 1 of `before`.
fn replaced(text: &str, before: &str, old: &str, value: &str) -> String {
    let pattern = Regex::new(&format!("{before}{old}")).expect("a pattern");
    pattern.replace_all(text, |found: &Captures| format!("{}{value}", &found[1])).into_owned()
}

fn digest(name: &str) -> Vec<u8> {
    // As on the servers, whatever this clone has made of the ends of lines.
    let text = fs::read_to_string(repository(name)).expect(name).replace("\r\n", "\n");
    Sha256::digest(text).to_vec()
}
