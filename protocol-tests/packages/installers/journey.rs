//! From an empty home to a restore, with nothing but the lines of the README.

use std::fs;
use std::process::Command;

use super::release::{REAL, Release};
use crate::support::dotnet::{Dotnet, LIMIT};
use crate::support::fake_internet::FakeInternet;
use crate::support::pages::{Page, blocks, pages};
use crate::support::process;
use crate::support::stage::{SOURCE, Stage, keep_transcript};
use crate::support::trials::{Trial, with_dotnet};

/// The hosts of AWS that the README's source takes.
const HOSTS: [&str; 3] = [
    "my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com",
    "codeartifact.eu-west-1.amazonaws.com",
    "sts.eu-west-1.amazonaws.com",
];

pub fn trials() -> Vec<Trial> {
    vec![with_dotnet("from_an_empty_home_to_a_restore", empty_home_to_a_restore)]
}

fn empty_home_to_a_restore() {
    let release = Release::of(&REAL);
    let github = FakeInternet::before(release.server.host(), &["github.com"]);
    let mut stage = Stage::signing_in().with_package();
    stage.signed_in_until("2099-01-01T00:00:00Z");
    let aws = FakeInternet::start(&stage.fake, &HOSTS);
    stage.with_real_endpoints().unset("CODEARTIFACT_NUGET_LOG_FILE");
    let tools = stage.home.home().join(".dotnet/tools");
    let dotnet = Dotnet::needed().real_program();
    let dotnet = dotnet.parent().expect("its folder").display().to_string();
    stage.set("PATH", &format!("{dotnet}:{}:/usr/bin:/bin", tools.display()));
    stage.home.write_configuration("");
    stage.home.write_nuget_config(&[]);
    stage.home.write_project("app", &[("Sandbox.Greeting", "1.0.0")]);
    assert!(!stage.home.netcore().exists() && !tools.exists());

    let readme = pages().into_iter().find(|page| page.name == "README.md").expect("the page");
    let mut transcript = String::new();
    let mut follow = |line: &str, internet: &FakeInternet| {
        let authority = stage.home.write("authority.pem", internet.authority());
        let mut command = Command::new("/bin/sh");
        command.args(["-c", line]);
        Dotnet::needed().prepare(&mut command, &stage.home);
        command.env("HTTPS_PROXY", internet.proxy_url());
        for variable in ["CURL_CA_BUNDLE", "AWS_CA_BUNDLE", "SSL_CERT_FILE"] {
            command.env(variable, &authority);
        }
        let run = process::run(&mut command, LIMIT);
        transcript.extend(["$ ", line, "\n", &stage.home.neutral(&run.output())]);
        run.assert_success();
    };
    follow(&line_of(&readme, "install.sh | sh"), &github);
    let setup = line_of(&readme, "dotnet codeartifact setup ");
    assert!(SOURCE.starts_with(setup.rsplit(' ').next().expect("a URL")), "{setup}");
    follow(&setup, &aws);
    follow("dotnet restore app", &aws);
    keep_transcript("one-line.txt", &transcript);
    stage.assert_restored();
    let installed = fs::read_dir(stage.home.root().join("tmp")).expect("a folder");
    let left: Vec<_> = installed.flatten().map(|it| it.file_name()).collect();
    let is_ours = |name: &&std::ffi::OsString| name.to_string_lossy().starts_with("nuget-plugin-");
    assert_eq!(left.iter().find(is_ours), None);
}

/// The line of a page's block that has this in it.
fn line_of(page: &Page, part: &str) -> String {
    let blocks = blocks(page);
    let mut lines = blocks.iter().flat_map(|block| block.text.lines());
    lines.find(|line| line.contains(part)).expect(part).to_owned()
}
