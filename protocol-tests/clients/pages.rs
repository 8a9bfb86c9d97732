//! The commands on the pages, as a reader runs them: each page in a home of its own, block after block,
//! with AWS's real host names. A block that is not run says why in a comment before it.

use std::fs;
use std::process::Command;

use crate::support::dotnet::{Dotnet, LIMIT};
use crate::support::fake_internet::FakeInternet;
use crate::support::pages::{Block, blocks, pages, repository};
use crate::support::process::{self, Run};
use crate::support::sandbox_home::SandboxHome;
use crate::support::secret_scan;
use crate::support::stage::{SOURCE, Stage};
use crate::support::trials::{Trial, with_dotnet};

/// The hosts of the pages' source, and of the services that a token takes.
const HOSTS: [&str; 3] = [
    "my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com",
    "codeartifact.eu-west-1.amazonaws.com",
    "sts.eu-west-1.amazonaws.com",
];

/// The project of the reader. Packing it compiles nothing.
const PROJECT: &str = "<Project Sdk=\"Microsoft.NET.Sdk\">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <PackageId>MyCompany.App</PackageId>
    <VersionPrefix>1.0.0</VersionPrefix>
    <NoBuild>true</NoBuild>
    <IncludeBuildOutput>false</IncludeBuildOutput>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include=\"Sandbox.Greeting\" Version=\"1.0.0\" />
  </ItemGroup>
</Project>
";

/// What AWS's provider was configured with, for those who switch.
const AWS_PROVIDER: &str =
    "home/.nuget/plugins/netcore/AWS.CodeArtifact.NuGetCredentialProvider/configuration.json";

/// A command that works only if it finds a token.
const WANTS_A_TOKEN: &str = "test -n \"$CODEARTIFACT_AUTH_TOKEN\"";

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for page in pages() {
        let blocks: Vec<_> = blocks(&page).into_iter().filter(is_run).collect();
        if !blocks.is_empty() {
            let name = page.name.clone();
            trials.push(with_dotnet(page.name, move || follow(&name, &blocks)));
        }
    }
    trials
}

fn is_run(block: &Block) -> bool {
    block.language == "sh" && block.not_run.is_none()
}

fn follow(page: &str, blocks: &[Block]) {
    let reader = Reader::new();
    // The README begins with an empty home. All other pages are for those who followed it. There
    // the SDK's start of `dotnet-codeartifact` is left out, which takes half a second.
    if page != "README.md" {
        let real = Dotnet::needed().real_program();
        let dotnet = format!(
            "[ \"$1\" != codeartifact ] || {{ shift; exec dotnet-codeartifact \"$@\"; }}\n\
             exec '{}' \"$@\"",
            real.display()
        );
        reader.stage.home.script("bin/dotnet", &dotnet);
        reader.sh("./nuget-plugin-codeartifact install").assert_success();
        reader.stage.home.write(AWS_PROVIDER, "{\"DefaultProfile\": \"dev\"}");
        let add = format!("dotnet codeartifact source add {SOURCE} --name my-repo");
        reader.sh(&add).assert_success();
    }
    for block in blocks {
        let run = reader.sh(&block.text);
        assert!(run.succeeded(), "{}\n{run}", block.place);
    }
    match page {
        "README.md" => reader.stage.assert_restored(),
        "docs/ci-and-docker.md" => assert_published(&reader, blocks),
        _ => {}
    }
}

/// The package has the version that the page promises, once, and NuGet refuses what the page warns of.
fn assert_published(reader: &Reader, blocks: &[Block]) {
    let packages = secret_scan::files_below(&reader.stage.home.project().join("packages"));
    let [package] = &packages[..] else { panic!("{packages:?}") };
    let name = package.file_name().and_then(|name| name.to_str()).expect("a name");
    let version = name.strip_prefix("MyCompany.App.1.0.0-ci.20261128.g");
    let commit = version.and_then(|version| version.strip_suffix(".nupkg"));
    let is_commit = |it: &str| it.len() >= 7 && it.bytes().all(|b| b.is_ascii_hexdigit());
    assert!(commit.is_some_and(is_commit), "{name}");
    let publishes = |block: &&Block| block.text.contains("VersionSuffix");
    let block = blocks.iter().find(publishes).expect("the block that publishes");
    // A job that is run again.
    reader.sh(&block.text).assert_success();
    let (fake, repository) = (&reader.stage.fake, &reader.stage.repository);
    assert_eq!(fake.pushed(repository).len(), 1);
    assert_eq!(fake.count(repository, 409), 1);
    for refused in ["VersionSuffix=ci.20261128.0123456", "Version=1.0.0.ab12cd3"] {
        reader.sh(&format!("dotnet restore -p:{refused}")).assert_failure();
    }
}

/// Somebody who reads the pages: signed in to the one profile, in the folder of an unpacked release that
/// is a project under git too.
pub struct Reader {
    pub stage: Stage,
    _internet: FakeInternet,
}

impl Reader {
    pub fn new() -> Self {
        let mut stage = Stage::signing_in().with_package();
        stage.signed_in_until("2099-01-01T00:00:00Z");
        let internet = FakeInternet::start(&stage.fake, &HOSTS);
        let authority = stage.home.write("authority.pem", internet.authority());
        let authority = authority.to_string_lossy();
        stage.with_real_endpoints().unset("CODEARTIFACT_NUGET_LOG_FILE");
        stage.set("HTTPS_PROXY", &internet.proxy_url());
        stage.set("AWS_CA_BUNDLE", &authority).set("SSL_CERT_FILE", &authority);
        let tools = stage.home.home().join(".dotnet/tools");
        fs::create_dir_all(&tools).expect("a folder");
        let path = stage.home.environment().find(|(name, _)| *name == "PATH").expect("PATH").1;
        let path = format!("{path}:{}", tools.display());
        stage.set("PATH", &path);
        stage.home.write_configuration("");
        stage.home.write_nuget_config(&[]);
        stage.home.write("project/MyCompany.App.csproj", PROJECT);
        let project = stage.home.project();
        SandboxHome::link_plugin(&project.join("nuget-plugin-codeartifact"));
        fs::copy(repository("install/install.sh"), project.join("install.sh")).expect("a copy");
        for command in ["docker", "renovate"] {
            stage.home.script(&format!("bin/{command}"), WANTS_A_TOKEN);
        }
        let reader = Self { stage, _internet: internet };
        reader
            .sh("git init -q . && git -c user.name=me -c user.email=me@example.com commit -q \
                 --allow-empty --date 2026-11-28T12:00:00Z -m start")
            .assert_success();
        reader
    }

    /// Runs a script in which a folder of all users is one of this home.
    pub fn sh(&self, script: &str) -> Run {
        let opt = self.stage.home.root().join("opt/");
        let script = script.replace("/opt/", &opt.to_string_lossy());
        let mut command = Command::new("/bin/sh");
        command.args(["-e", "-u", "-c", &script]);
        Dotnet::needed().prepare(&mut command, &self.stage.home);
        command.env("GIT_COMMITTER_DATE", "2026-11-28T12:00:00Z");
        process::run(&mut command, LIMIT)
    }
}
