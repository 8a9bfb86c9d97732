//! `setup`: from nothing to a restore, and the same again.

use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::time::Instant;

use serde_json::Value;

use crate::support::fake_codeartifact::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};
use crate::support::fake_sso::UserWill;
use crate::support::process::{self, Run};
use crate::support::sandbox_home::SandboxHome;
#[cfg(unix)]
use crate::support::stage;
use crate::support::stage::{LIMIT, Stage};
use crate::support::trials::{Need, Trial, named, trial};

pub fn trials() -> Vec<Trial> {
    let mut trials = named![
        with_keys_everything_is_done_and_once,
        a_url_in_any_form_is_the_same_source,
        a_url_under_another_name_counts_as_there,
        the_sources_of_the_folder_are_the_default,
        the_only_profile_of_the_account_becomes_a_rule,
        a_named_profile_becomes_a_rule,
        a_profile_that_does_not_exist_is_named,
        several_profiles_are_a_choice,
        without_credentials_the_other_steps_are_done,
        a_session_that_has_expired_is_no_question_on_ci,
        saved_passwords_are_named_and_removed,
        what_is_not_ours_is_refused,
        a_variable_that_hides_the_plugin_is_named,
        clients_that_were_left_out_stay_left_out,
    ];
    #[cfg(unix)]
    trials.push(trial("an_old_sdk_gets_a_plugin_that_it_finds", an_old_sdk));
    trials.push(trial("a_person_signs_in", a_person_signs_in).needing(Need::Terminal));
    trials.push(trial("a_person_chooses_a_profile", a_person_chooses).needing(Need::Terminal));
    trials
}

const AWS: &str =
    "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo";

/// The status of each step, and whether all is ready.
fn steps(run: &Run) -> (Vec<(String, String)>, bool) {
    let report: Value = serde_json::from_str(&run.stdout).expect("one object");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let steps = report["result"]["steps"].as_array().expect("steps").iter();
    let steps = steps.map(|step| (text(&step["step"]), text(&step["status"])));
    let ready = report["result"]["ready"].as_bool().expect("a verdict");
    assert_eq!((report["ok"].as_bool(), run.code() == Some(0)), (Some(ready), ready), "{run}");
    (steps.collect(), ready)
}

#[track_caller]
fn assert_steps(run: &Run, expected: &[(&str, &str)], ready: bool) {
    let (steps, is_ready) = steps(run);
    let steps: Vec<_> = steps.iter().map(|(step, status)| (&**step, &**status)).collect();
    assert_eq!((&*steps, is_ready), (expected, ready), "{run}");
}

fn setup(stage: &Stage, words: &[&str]) -> Run {
    stage.home.run_plugin(&[&["setup", "--json"], words].concat())
}

const DONE: [(&str, &str); 6] = [
    ("plugin", "done"),
    ("command", "unchanged"),
    ("source", "done"),
    ("credentials", "unchanged"),
    ("check", "done"),
    ("passwords", "unchanged"),
];

fn with_keys_everything_is_done_and_once() {
    let stage = Stage::new().with_package();
    assert_steps(&setup(&stage, &[&stage.source]), &DONE, true);
    let files = || {
        ["home/.nuget/NuGet/NuGet.Config", "home/.config/nuget-plugin-codeartifact/config.toml"]
            .map(|name| stage.home.read(name))
    };
    let before = files();
    let again = setup(&stage, &[&stage.source]);
    let unchanged = DONE.map(|(step, status)| match step {
        "check" => (step, status),
        _ => (step, "unchanged"),
    });
    assert_steps(&again, &unchanged, true);
    assert_eq!(files(), before);
    assert_eq!(stage.token_calls(), 1, "the cache has the token");
    let text = stage.home.run_plugin(&["setup", &stage.source]);
    text.assert_success().assert_says("Ready: dotnet restore");
    stage.home.assert_no_secrets();
}

fn a_url_in_any_form_is_the_same_source() {
    let stage = Stage::new().with_package();
    setup(&stage, &[&stage.source]);
    let stem = stage.source.strip_suffix("/v3/index.json").expect("the index");
    for url in
        [stem.to_owned(), format!("{stem}/"), format!("{{\"repositoryEndpoint\": \"{stem}/\"}}")]
    {
        let (steps, ready) = steps(&setup(&stage, &[&url]));
        assert!(
            ready && steps.contains(&("source".into(), "unchanged".into())),
            "{url}: {steps:?}"
        );
    }
}

fn a_url_under_another_name_counts_as_there() {
    let stage = Stage::new().with_package().with_nuget_config();
    let before = stage.home.read("project/NuGet.Config");
    let run = setup(&stage, &["--name", "another", &stage.source]);
    assert!(steps(&run).1, "{run}");
    run.assert_says("my-repo in");
    assert_eq!(stage.home.read("project/NuGet.Config"), before);
}

fn the_sources_of_the_folder_are_the_default() {
    let stage = Stage::new().with_package();
    let none = setup(&stage, &[]);
    assert!(!steps(&none).1, "{none}");
    none.assert_says("CNP412");
    let stage = stage.with_nuget_config();
    assert!(steps(&setup(&stage, &[])).1);
}

const OF_ACCOUNT: &str = "sso_account_id = 111122223333\nsso_role_name = x\n";

/// No keys in the environment, and these profiles; `KEYS` stands for good ones.
fn stage_with_profiles(config: &str) -> Stage {
    let mut stage = Stage::new().with_package();
    let keys = format!(
        "aws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key = {SECRET_ACCESS_KEY}\n"
    );
    stage.with_profile(&config.replace("KEYS\n", &keys)).home.unset("AWS_PROFILE");
    stage
}

fn the_only_profile_of_the_account_becomes_a_rule() {
    let stage = stage_with_profiles(
        "[profile ours]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = base\n[profile base]\nKEYS\n",
    );
    let run = setup(&stage, &[&stage.source]);
    run.assert_says("profile ours, by a new rule");
    let again = setup(&stage, &[&stage.source]);
    assert!(again.stdout.contains("\"credentials\",\"status\":\"unchanged\""), "{again}");
    let rules = stage.home.run_plugin(&["configure", "list", "--json"]);
    assert_eq!(rules.stdout.matches("111122223333").count(), 1, "{rules}");
}

fn a_named_profile_becomes_a_rule() {
    let stage = stage_with_profiles("[profile a]\nKEYS\n[profile b]\nKEYS\n");
    let run = setup(&stage, &["--profile", "b", &stage.source]);
    run.assert_says("profile b, by a new rule");
    let again = setup(&stage, &["--profile", "b", &stage.source]);
    assert!(again.stdout.contains("\"credentials\",\"status\":\"unchanged\""), "{again}");
    let other = setup(&stage, &["--profile", "a", &stage.source]);
    assert!(!steps(&other).1, "{other}");
    other.assert_says("Rule 1 selects other credentials");
}

fn a_profile_that_does_not_exist_is_named() {
    let stage = stage_with_profiles("[profile dev]\nKEYS\n");
    let run = setup(&stage, &["--profile", "dve", &stage.source]);
    assert!(!steps(&run).1, "{run}");
    run.assert_says("CNP203").assert_says("Did you mean `dev`?");
}

fn several_profiles_are_a_choice() {
    let stage = stage_with_profiles(&format!("[profile a]\n{OF_ACCOUNT}[profile b]\n{OF_ACCOUNT}"));
    let run = setup(&stage, &[&stage.source]);
    assert!(!steps(&run).1, "{run}");
    run.assert_says("the profiles are `a`, `b`").assert_says("setup --profile a");
    let rules = stage.home.run_plugin(&["configure", "list"]);
    assert!(!rules.stdout.contains("111122223333"), "{rules}");
}

fn without_credentials_the_other_steps_are_done() {
    let home = SandboxHome::new();
    let run = home.run_plugin(&["setup", "--json", AWS]);
    let expected = [
        ("plugin", "done"),
        ("command", "unchanged"),
        ("source", "done"),
        ("credentials", "failed"),
        ("check", "skipped"),
        ("passwords", "unchanged"),
    ];
    assert_steps(&run, &expected, false);
    run.assert_says("CNP201");
}

fn a_session_that_has_expired_is_no_question_on_ci() {
    let mut stage = Stage::signing_in().with_package();
    stage.set("CI", "true").set("AWS_PROFILE", "dev");
    let run = setup(&stage, &[&stage.source]);
    assert!(!steps(&run).1, "{run}");
    run.assert_says("CNP210");
    assert_eq!(stage.sso().calls(), [] as [String; 0]);
}

fn saved_passwords_are_named_and_removed() {
    let stage = Stage::new().with_package();
    let sections = "  <packageSourceCredentials>\n    <my-repo>\n      <add key=\"Username\" value=\"aws\" />\n      <add key=\"ClearTextPassword\" value=\"old\" />\n    </my-repo>\n  </packageSourceCredentials>\n";
    stage.home.write_nuget_config_with(&[("my-repo", &stage.source)], sections);
    let run = setup(&stage, &[]);
    run.assert_says("CNP401").assert_says("scrub --yes");
    assert!(run.stdout.contains("\"passwords\",\"status\":\"warning\""), "{run}");
    let run = setup(&stage, &["--yes"]);
    assert!(run.stdout.contains("\"passwords\",\"status\":\"done\""), "{run}");
    let text = String::from_utf8(stage.home.read("project/NuGet.Config")).unwrap();
    assert!(!text.contains("old") && text.contains("my-repo"), "{text}");
}

fn what_is_not_ours_is_refused() {
    let home = SandboxHome::new();
    for url in ["https://api.nuget.org/v3/index.json", "my-repo", "", &format!("{AWS}?x=1")] {
        let run = home.run_plugin(&["setup", "--json", url]);
        let (steps, ready) = steps(&run);
        assert!(!ready && steps.contains(&("source".into(), "failed".into())), "{url}: {run}");
        assert!(!home.path("home/.nuget/NuGet/NuGet.Config").exists(), "{url}");
    }
}

fn a_variable_that_hides_the_plugin_is_named() {
    let mut stage = Stage::new().with_package();
    stage.set("NUGET_PLUGIN_PATHS", "/nowhere/other");
    let run = setup(&stage, &[&stage.source]);
    assert!(!steps(&run).1, "{run}");
    run.assert_says("NUGET_PLUGIN_PATHS is set and does not name this plugin");
}

fn clients_that_were_left_out_stay_left_out() {
    for (option, ready) in [("--netcore-only", "dotnet"), ("--netfx-only", "nuget")] {
        let stage = Stage::new().with_package();
        stage.home.succeed(&["install", option]);
        let [there, left_out] = match ready {
            "dotnet" => [stage.home.netcore(), stage.home.netfx()],
            _ => [stage.home.netfx(), stage.home.netcore()],
        };
        let run = stage.home.run_plugin(&["setup", &stage.source]);
        run.assert_success().assert_says(&format!("Ready: {ready} restore"));
        run.assert_says(&format!("{} for ", there.display())).assert_says(" only\n");

        let list = there.join("installed-files.json");
        fs::write(&list, r#"{"version":"0.0.1","files":[]}"#).expect("a file of ours");
        assert_eq!(setup_step(&stage, "plugin"), "done", "an update");
        fs::write(&list, r#"{"version":"999.0.0","files":[]}"#).expect("a file of ours");
        assert_eq!(setup_step(&stage, "plugin"), "unchanged", "that one is newer");
        // `doctor` repairs what it reports, and nobody but Windows misses the files of nuget.exe.
        if cfg!(unix) && ready == "dotnet" {
            fs::remove_file(&list).expect("a file of ours");
            stage.home.succeed(&["doctor", "--offline", "--fix"]);
            assert!(list.is_file());
        }
        assert!(!left_out.exists(), "{option}");
    }
}

/// The status of a step.
fn setup_step(stage: &Stage, name: &str) -> String {
    let (steps, _) = steps(&setup(stage, &[&stage.source]));
    steps.into_iter().find(|(step, _)| step == name).expect("the step").1
}

/// The NuGet of SDK 9.0.200 and newer finds a plugin on `PATH`, such as a .NET tool.
#[cfg(unix)]
fn an_old_sdk() {
    for (version, is_found) in [("8.0.404", false), ("9.0.107", false), ("9.0.200", true)] {
        let stage = Stage::new().with_package();
        SandboxHome::link_plugin(&stage.home.bin().join("nuget-plugin-codeartifact"));
        // It is one of two SDKs, which the folder's global.json chooses.
        let choice = format!("grep -q {version} global.json && v={version} || v=10.0.401\n");
        let dotnet = stage::doctor::DOTNET.replacen("echo 10.0.401", "echo $v", 1);
        stage.home.script("bin/dotnet", &(choice + &dotnet));
        let project = format!("{{\"sdk\": {{\"version\": \"{version}\"}}}}");
        stage.home.write("project/global.json", &project);
        let run = setup(&stage, &[&stage.source]);
        let (steps, is_ready) = steps(&run);
        assert!(is_ready, "{run}");
        let status = if is_found { "unchanged" } else { "done" };
        assert_eq!(steps[0], ("plugin".to_owned(), status.to_owned()), "{version}: {run}");
        assert_eq!(stage.home.netcore().exists(), !is_found, "{version}: {run}");
        assert_eq!(run.stdout.contains("which SDK 9.0.200 finds on PATH"), is_found, "{run}");
        // The installed one is for all folders; with a new SDK alone NuGet starts both.
        for (newest, is_started) in [("10.0.401", true), ("8.0.404", false)] {
            let dotnet = stage::doctor::DOTNET.replace("10.0.401", newest);
            stage.home.script("bin/dotnet", &dotnet);
            let installed = stage.home.run_plugin(&["install"]);
            installed.assert_success();
            assert_eq!(installed.stdout.contains("and starts both"), is_started, "{version}");
        }
    }
}

/// Runs it in a terminal of its own. Once it shows the question, the answer is typed. Returns what the
/// terminal showed.
fn in_terminal(stage: &Stage, question: &str, answer: &str) -> String {
    let typescript = stage.home.root().join("typescript");
    let line = format!("'{}' setup '{}'", SandboxHome::plugin().display(), stage.source);
    let mut command = process::in_terminal(&line, &typescript);
    stage.home.prepare(&mut command);
    let mut running = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("script");
    assert!(process::wait_for_text(&typescript, question), "it does not ask");
    let mut input = running.stdin.take().expect("its input");
    input.write_all(answer.as_bytes()).expect("an open terminal");
    let status = process::wait(&mut running, Instant::now() + LIMIT);
    assert!(status.is_some(), "it does not end");
    drop(input);
    String::from_utf8_lossy(&fs::read(typescript).expect("what was shown")).into_owned()
}

fn a_person_signs_in() {
    let mut stage = Stage::signing_in().with_package();
    stage.set("AWS_PROFILE", "dev");
    stage.sso().user_will(UserWill::Agree);
    let shown = in_terminal(&stage, "Plugin", "");
    assert!(shown.contains("Sign-in") && shown.contains("Ready: dotnet restore"), "{shown}");
    assert_eq!(stage.sso().count("StartDeviceAuthorization"), 1);
}

fn a_person_chooses() {
    let stage = stage_with_profiles(&format!("[profile a]\n{OF_ACCOUNT}[profile b]\n{OF_ACCOUNT}"));
    let shown = in_terminal(&stage, "(number or name)", "2\n");
    assert!(shown.contains("profile b, by a new rule"), "{shown}");
}
