//! The other commands of `dotnet` that read from a source or write to it.

use std::fs;

use crate::support::fake_codeartifact::Package;
use crate::support::stage::restore::PACKAGE;
use crate::support::stage::{OUR_LINE, Stage};
use crate::support::trials::{Trial, with_dotnet};

pub fn trials() -> Vec<Trial> {
    vec![
        with_dotnet("push_twice", push_twice),
        with_dotnet("add_package", add_package),
        with_dotnet("package_search", package_search),
        with_dotnet("list_outdated", list_outdated),
        with_dotnet("tool_install", tool_install),
        with_dotnet("tool_restore", tool_restore),
    ]
}

fn push_twice() {
    let stage = Stage::restoring();
    let file = stage.home.project().join("Sandbox.New.1.0.0.nupkg");
    fs::write(&file, Package::library("Sandbox.New", "1.0.0").nupkg()).unwrap();
    let push = ["nuget", "push", &*file.to_string_lossy(), "--source", "my-repo"];
    let skipping = [&push[..], &["--skip-duplicate"]].concat();
    stage.dotnet(&skipping).assert_success().assert_silent_on(OUR_LINE);
    assert_eq!(stage.fake.pushed(&stage.repository), ["Sandbox.New 1.0.0"]);
    stage.dotnet(&skipping).assert_success();
    stage.dotnet(&push).assert_failure().assert_says("409");
    assert_eq!(stage.fake.count(&stage.repository, 409), 2);
    assert_eq!(stage.token_calls(), 1, "one token serves all");
    stage.home.assert_no_secrets();
}

fn add_package() {
    let stage = Stage::restoring();
    stage.home.write_project("app", &[]);
    stage.dotnet(&["add", "app", "package", PACKAGE]).assert_success();
    let project = fs::read_to_string(stage.home.project().join("app/app.csproj")).unwrap();
    assert!(project.contains("Include=\"Sandbox.Greeting\" Version=\"1.0.0\""), "{project}");
    stage.assert_restored();
    assert_eq!(stage.token_calls(), 1);
}

fn package_search() {
    let stage = Stage::restoring();
    let run = stage.dotnet(&["package", "search", "greeting", "--source", "my-repo"]);
    run.assert_success().assert_says(PACKAGE).assert_silent_on(OUR_LINE);
    assert_eq!(stage.token_calls(), 1);
}

fn list_outdated() {
    let stage = Stage::restoring();
    stage.fake.add_package(&stage.repository, &Package::library(PACKAGE, "2.0.0"));
    stage.restore(&[]).assert_success();
    let run = stage.dotnet(&["list", "app", "package", "--outdated"]);
    run.assert_success().assert_says("2.0.0").assert_silent_on(OUR_LINE);
    assert_eq!(stage.token_calls(), 1);
}

fn tool_install() {
    let stage = stage_with_tool();
    let run = stage.dotnet(&["tool", "install", "Sandbox.Tool", "--tool-path", "tools"]);
    run.assert_success();
    assert!(stage.home.project().join("tools/sandbox-tool").exists(), "{run}");
    assert_eq!(stage.token_calls(), 1);
    stage.home.assert_no_secrets();
}

fn tool_restore() {
    let stage = stage_with_tool();
    stage.home.write(
        "project/.config/dotnet-tools.json",
        "{\"version\": 1, \"isRoot\": true, \"tools\": {\"sandbox.tool\": \
         {\"version\": \"1.0.0\", \"commands\": [\"sandbox-tool\"]}}}",
    );
    stage.dotnet(&["tool", "restore"]).assert_success().assert_silent_on(OUR_LINE);
    assert!(stage.has_package("Sandbox.Tool", "1.0.0"), "the tool did not come");
    assert_eq!(stage.token_calls(), 1);
}

fn stage_with_tool() -> Stage {
    let stage = Stage::restoring();
    let tool = Package::tool("Sandbox.Tool", "1.0.0", "sandbox-tool");
    stage.fake.add_package(&stage.repository, &tool);
    stage
}
