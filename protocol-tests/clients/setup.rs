//! `setup` in an empty home, and then a real `dotnet restore`.

use crate::support::dotnet::Dotnet;
use crate::support::fake_sso::UserWill;
use crate::support::process;
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::{LIMIT, OUR_LINE, Stage};
use crate::support::trials::{Trial, with_dotnet};

pub fn trials() -> Vec<Trial> {
    vec![
        with_dotnet("setup_then_restore", with_keys),
        with_dotnet("setup_signs_in_then_restore", signed_out),
        with_dotnet("the_command_of_dotnet_is_ours", the_command),
    ]
}

/// The plugin's first line in its log.
const STARTED: &str = " started";

/// A project whose NuGet.Config has no source yet, and clears the ones of the user: nuget.org is not
/// reached here.
fn without_sources(stage: Stage) -> Stage {
    let stage = stage.with_package().with_project();
    stage.home.write_nuget_config(&[]);
    stage.home.succeed(&["uninstall"]);
    stage
}

/// A restore starts the plugin once.
fn assert_restores(stage: &Stage) {
    let before = stage.log().matches(STARTED).count();
    stage.restore(&[]).assert_success().assert_silent_on(OUR_LINE);
    stage.assert_restored();
    assert_eq!(stage.log().matches(STARTED).count(), before + 1, "{}", stage.log());
    stage.home.assert_no_secrets();
}

fn with_keys() {
    let stage = without_sources(Stage::new().with_log());
    for _ in 0..2 {
        let run = stage.home.run_plugin(&["setup", &stage.source]);
        run.assert_success().assert_says("Ready: dotnet restore");
    }
    assert_restores(&stage);
    assert_eq!(stage.token_calls(), 1);
}

fn signed_out() {
    let mut stage = without_sources(Stage::signing_in());
    stage.set("AWS_PROFILE", "dev");
    stage.sso().user_will(UserWill::Agree);
    let typescript = stage.home.root().join("typescript");
    let line = format!("'{}' setup '{}'", SandboxHome::plugin().display(), stage.source);
    let mut command = process::in_terminal(&line, &typescript);
    stage.home.prepare(&mut command);
    process::run(&mut command, LIMIT).assert_success();
    assert_restores(&stage);
}

/// The SDK finds it on `PATH`, and a restore starts the plugin once.
fn the_command() {
    let mut stage = Stage::new().with_log().with_package().with_nuget_config().with_project();
    let path = stage.home.environment().find(|(name, _)| *name == "PATH");
    let path = path.expect("PATH").1.clone();
    let tools = stage.home.home().join(".dotnet/tools");
    let commands = stage.home.root().join("commands");
    let path = path.replace(&*commands.to_string_lossy(), &tools.to_string_lossy());
    stage.set("PATH", &path);
    stage.home.install_plugin();
    let status = Dotnet::needed().run(&stage.home, &["codeartifact", "status"]);
    status.assert_success();
    assert_restores(&stage);
}
