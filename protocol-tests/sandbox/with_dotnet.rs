//! The story with the real `dotnet`.

use std::fs;

use crate::setting::Setting;
use crate::story::{Story, seconds};
use crate::support::dotnet::Dotnet;
use crate::support::fake_codeartifact::Package;
use crate::support::stage::restore::PACKAGE;

const PUSHED: &str = "Sandbox.New.1.0.0.nupkg";

pub fn play(setting: &Setting, dotnet: &Dotnet, story: &mut Story) -> Result<(), String> {
    let version = dotnet.run(&setting.home, &["--version"]);
    let version = version.stdout.trim();
    story.step(&format!("dotnet restore app  (cold: no token yet; SDK {version})"));
    run(setting, dotnet, story, &["restore", "app", "--tl:off"])?;
    require_package(setting, story)?;
    require_calls(setting, story, 1)?;

    story.step("dotnet restore app  (warm: the package is forgotten, the token is remembered)");
    for folder in ["packages", "http-cache", "project/app/obj"] {
        let _ = fs::remove_dir_all(setting.home.root().join(folder));
    }
    run(setting, dotnet, story, &["restore", "app", "--tl:off"])?;
    require_package(setting, story)?;
    require_calls(setting, story, 1)?;

    let nupkg = Package::library("Sandbox.New", "1.0.0").nupkg();
    let written = fs::write(setting.home.project().join(PUSHED), nupkg);
    written.map_err(|error| error.to_string())?;
    let push = ["nuget", "push", PUSHED, "--source", "my-repo", "--skip-duplicate"];
    story.step("dotnet nuget push Sandbox.New.1.0.0.nupkg --source my-repo --skip-duplicate");
    run(setting, dotnet, story, &push)?;
    let pushed = setting.fake.pushed(&setting.repository) == ["Sandbox.New 1.0.0"];
    story.require(pushed, "the source has it", "the package did not arrive")?;

    story.step("The same push once more: the source answers 409, which is skipped");
    run(setting, dotnet, story, &push)?;
    let refused = setting.fake.count(&setting.repository, 409) == 1;
    story.require(refused, "the source refused the duplicate", "the source saw no duplicate")?;
    require_calls(setting, story, 1)
}

/// Runs `dotnet`, and shows what it says and how the source answered.
fn run(
    setting: &Setting,
    dotnet: &Dotnet,
    story: &Story,
    arguments: &[&str],
) -> Result<(), String> {
    let count = |status| setting.fake.count(&setting.repository, status);
    let (refused, served) = (count(401), count(200) + count(201));
    let run = dotnet.run(&setting.home, arguments);
    for line in setting.shortened(&run.output()).lines().filter(|line| !line.trim().is_empty()) {
        story.say(&format!("| {line}"));
    }
    let (refused, served) = (count(401) - refused, count(200) + count(201) - served);
    story.say(&format!("the source said 401 to {refused} requests, and served {served}"));
    let took = format!("exit code 0, after {}", seconds(run.took));
    story.require(run.succeeded(), &took, &format!("{} failed", run.command))
}

fn require_package(setting: &Setting, story: &Story) -> Result<(), String> {
    let folder = setting.home.root().join("packages").join(PACKAGE.to_lowercase()).join("1.0.0");
    story.require(folder.is_dir(), "the package is there", "the package did not come")
}

fn require_calls(setting: &Setting, story: &Story, expected: usize) -> Result<(), String> {
    let calls = setting.fake.token_calls().len();
    let told = format!("calls of AWS's token API so far: {calls}");
    story.require(calls == expected, &told, &format!("{told}, where {expected} suffices"))
}
