//! The last release and this one on the same machine.
//!
//! `CODEARTIFACT_NUGET_TEST_PREVIOUS` names the executable of the last release. Each test goes both
//! ways, since people go back to an older version too, and a build agent and a laptop's terminal may
//! have different ones at the same time.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use super::archives::{folder, stripped};
use crate::support::fake_codeartifact::TokenBehaviour;
use crate::support::fake_nuget::{FakeNuget, LIMIT};
use crate::support::process::{self, Run};
use crate::support::sandbox_home::{PLUGIN_NAME, SandboxHome};
use crate::support::stage::{self, SOURCE, Stage};
use crate::support::trials::{Need, PREVIOUS, Trial, named};

pub fn trials() -> Vec<Trial> {
    let with_dotnet = named![a_restore_works_before_and_after_a_change_of_version]
        .into_iter()
        .map(|trial| trial.needing(Need::All(&[Need::Previous, Need::Dotnet])));
    let in_a_namespace = named![the_machines_configuration_means_the_same]
        .into_iter()
        .map(|trial| trial.needing(Need::All(&[Need::Previous, Need::MountNamespace])));
    let of_the_user = named![what_one_shows_of_the_cache_the_other_shows]
        .into_iter()
        .map(|trial| trial.needing(Need::All(&[Need::Previous, Need::CleanMemory])));
    let others = named![
        a_token_that_one_stored_is_served_by_the_other,
        one_waits_for_the_call_of_the_other,
        a_failure_that_one_told_is_not_told_by_the_other,
        the_last_use_that_one_recorded_gives_the_other_a_head_start,
        what_one_configures_the_other_reads_and_changes,
        a_sign_in_of_one_serves_the_other,
        one_installs_over_the_other,
        one_is_replaced_while_it_serves_a_conversation,
        one_uninstalls_what_the_other_installed,
        #[cfg(unix)]
        doctor_understands_what_both_installed,
    ];
    let others = others.into_iter().map(|trial| trial.needing(Need::Previous));
    others.chain(in_a_namespace).chain(of_the_user).chain(with_dotnet).collect()
}

/// Two executables, in the order in which they are used.
#[derive(Clone)]
struct Pair {
    first: PathBuf,
    second: PathBuf,
}

/// From the last release to this one, and back. `install` copies and compares them many times, so
/// what only a debugger reads is left out.
fn both_ways() -> [Pair; 2] {
    static SMALL: OnceLock<[PathBuf; 2]> = OnceLock::new();
    let small = SMALL.get_or_init(|| {
        let folder = folder("upgrades");
        let previous = PathBuf::from(env::var_os(PREVIOUS).expect("the trial needs it"));
        [("old", previous), ("new", SandboxHome::plugin())].map(|(name, program)| {
            let copy = folder.join(format!("{name}{}", env::consts::EXE_SUFFIX));
            stripped(&program, &copy);
            copy
        })
    });
    let [old, new] = small.clone();
    let forward = Pair { first: old.clone(), second: new.clone() };
    [forward, Pair { first: new, second: old }]
}

fn run(home: &SandboxHome, program: &Path, words: &[&str]) -> Run {
    process::run(home.command(program).args(words), stage::LIMIT)
}

#[track_caller]
fn succeed(home: &SandboxHome, program: &Path, words: &[&str]) -> String {
    let run = run(home, program, words);
    run.assert_success();
    assert_eq!(run.stderr, "", "{run}");
    run.stdout
}

/// The token of a conversation with this executable, in which nothing is logged.
#[track_caller]
fn token_of(stage: &Stage, program: &Path) -> String {
    let mut nuget = FakeNuget::start_program(&stage.home, program);
    let answer = nuget.ask(&stage.source, false, true);
    let token = answer.assert_success().assert_no_logs().password().to_owned();
    nuget.finish();
    token
}

fn a_token_that_one_stored_is_served_by_the_other() {
    for pair in both_ways() {
        let stage = Stage::new();
        let token = token_of(&stage, &pair.first);
        assert_eq!(token_of(&stage, &pair.second), token);
        assert_eq!(stage.token_calls(), 1);
        // Neither removes or renews what the other has stored.
        assert_eq!(token_of(&stage, &pair.first), token);
        assert_eq!(stage.token_calls(), 1);
        stage.assert_no_secrets();
    }
}

fn what_one_shows_of_the_cache_the_other_shows() {
    for pair in both_ways() {
        let stage = Stage::new();
        token_of(&stage, &pair.first);
        let tokens = |program: &Path| {
            let status = run(&stage.home, program, &["status", "--json"]).result();
            assert_eq!(status["tokens"].as_array().map(Vec::len), Some(1), "{status}");
            // It is in whole seconds, and is computed from the time that is left.
            let mut token = status["tokens"][0].clone();
            token.as_object_mut().expect("an object").remove("expiration");
            token
        };
        assert_eq!(tokens(&pair.second), tokens(&pair.first));
        succeed(&stage.home, &pair.second, &["logout"]);
        let status = run(&stage.home, &pair.first, &["status", "--json"]).result();
        assert_eq!(status["tokens"], Value::Array(Vec::new()));
        token_of(&stage, &pair.first);
        assert_eq!(stage.token_calls(), 2, "nothing is left of the token that was deleted");
    }
}

fn one_waits_for_the_call_of_the_other() {
    for pair in both_ways() {
        let stage = Stage::new();
        stage.fake.token_api_will(TokenBehaviour::IssueAfter(Duration::from_secs(2)));
        let mut holder = FakeNuget::start_program(&stage.home, &pair.first);
        let mut waiter = FakeNuget::start_program(&stage.home, &pair.second);
        let held = holder.begin_ask(&stage.source, false, true);
        stage.fake.wait_for_token_calls(1);
        let waits = waiter.begin_ask(&stage.source, false, true);
        let tokens = [holder.answer_to(&held, LIMIT), waiter.answer_to(&waits, LIMIT)];
        let tokens = tokens.map(|answer| answer.assert_success().password().to_owned());
        assert_eq!(tokens[0], tokens[1]);
        assert_eq!(stage.token_calls(), 1);
        holder.finish();
        waiter.finish();
    }
}

fn a_failure_that_one_told_is_not_told_by_the_other() {
    for pair in both_ways() {
        let stage = Stage::new();
        stage.fake.token_api_will(TokenBehaviour::Fail(403, "AccessDeniedException", "no"));
        let mut first = FakeNuget::start_program(&stage.home, &pair.first);
        let mut second = FakeNuget::start_program(&stage.home, &pair.second);
        first.ask(&stage.source, false, true).assert_refusal("Error").the_warning();
        let calls = stage.token_calls();
        second.ask(&stage.source, false, true).assert_refusal("Error").assert_no_logs();
        assert_eq!(stage.token_calls(), calls);
        first.finish();
        second.finish();
    }
}

fn the_last_use_that_one_recorded_gives_the_other_a_head_start() {
    for pair in both_ways() {
        let stage = Stage::new();
        stage.fake.tokens_live(Duration::from_secs(30));
        token_of(&stage, &pair.first);
        stage.forget_tokens();
        stage.fake.tokens_live(Duration::from_hours(12));
        let mut nuget = FakeNuget::launch_program(&stage.home, &pair.second, &["-Plugin"]);
        stage.fake.wait_for_token_calls(2);
        nuget.open();
        nuget.ask(&stage.source, false, true).assert_success().assert_no_logs();
        nuget.finish();
        assert_eq!(stage.token_calls(), 2);
    }
}

/// What `configure` writes, as people write it.
const CHANGES: [&[&str]; 4] = [
    &["configure", "set", "profile", "dev"],
    &["configure", "set", "duration_seconds", "3600"],
    &["configure", "set", "head_start", "off"],
    &["configure", "rule", "add", "--domain", "my-domain", "--profile", "deploy"],
];

/// What a source's URL leads to, without what names the executable.
fn explained(home: &SandboxHome, program: &Path) -> Value {
    run(home, program, &["explain", SOURCE, "--json"]).envelope()["result"].take()
}

fn what_one_configures_the_other_reads_and_changes() {
    for pair in both_ways() {
        let home = SandboxHome::new();
        home.write("home/.aws/config", "[profile dev]\nregion = eu-west-1\n[profile deploy]\n");
        for words in CHANGES {
            succeed(&home, &pair.first, words);
        }
        succeed(&home, &pair.second, &["configure", "validate"]);
        let listed = |program: &Path| succeed(&home, program, &["configure", "list"]);
        assert_eq!(listed(&pair.first), listed(&pair.second));
        assert_eq!(explained(&home, &pair.first), explained(&home, &pair.second));
        // A change there and back leaves every byte as it was.
        let file = "home/.config/nuget-plugin-codeartifact/config.toml";
        let before = home.read(file);
        succeed(&home, &pair.second, &["configure", "set", "interactive", "never"]);
        assert_ne!(home.read(file), before);
        succeed(&home, &pair.second, &["configure", "unset", "interactive"]);
        assert_eq!(home.read(file), before);
    }
}

/// Gives the test an `/etc` of its own, and runs `$1` and then `$2` there with what follows each.
const IN_OWN_ETC: &str = "set -e
mount -t tmpfs -o mode=755 tmpfs /etc
\"$1\" configure set --machine profile dev >/dev/null
\"$1\" configure rule add --machine --domain my-domain --profile deploy >/dev/null
\"$2\" configure validate >/dev/null
exec \"$2\" configure list --json";

fn the_machines_configuration_means_the_same() {
    let results = both_ways().map(|pair| {
        let mut home = SandboxHome::new();
        // The system's are below `/etc`.
        let authority = rcgen::generate_simple_self_signed([]).expect("a certificate");
        let bundle = home.write("authorities.pem", &authority.cert.pem());
        home.set("AWS_CA_BUNDLE", &bundle.to_string_lossy());
        home.write("home/.aws/config", "[profile dev]\n[profile deploy]\n");
        let mut unshare = home.command("unshare");
        unshare.args(["-m", "sh", "-c", IN_OWN_ETC, "sh"]).args([&pair.first, &pair.second]);
        let run = process::run(&mut unshare, stage::LIMIT);
        run.assert_success().assert_says("/etc/nuget-plugin-codeartifact/config.toml");
        run.assert_says("deploy");
        home.neutral(&run.result().to_string())
    });
    assert_eq!(results[0], results[1]);
}

fn a_sign_in_of_one_serves_the_other() {
    for pair in both_ways() {
        let stage = Stage::signing_in();
        let login = ["login", "--profile", "dev", "--use-device-code"];
        run(&stage.home, &pair.first, &login).assert_success();
        token_of(&stage, &pair.second);
        let sign_ins = |program: &Path| {
            let status = run(&stage.home, program, &["status", "--json"]).result();
            assert_eq!(status["signIns"][0]["signedIn"], true, "{status}");
            status["signIns"].clone()
        };
        assert_eq!(sign_ins(&pair.first), sign_ins(&pair.second));
        // An access token that has expired is renewed with what the other one has stored.
        stage.expire();
        stage.forget_tokens();
        token_of(&stage, &pair.second);
        stage.forget_tokens();
        token_of(&stage, &pair.first);
        succeed(&stage.home, &pair.second, &["logout", "--sso"]);
        assert!(!stage.token_file().exists());
    }
}

/// The names of the files below, but for the folders.
fn files_of(home: &SandboxHome) -> Vec<String> {
    let files = crate::support::secret_scan::files_below(&home.home());
    let relative = files.iter().filter_map(|file| file.strip_prefix(home.home()).ok());
    let mut names: Vec<String> = relative.map(|file| file.display().to_string()).collect();
    names.sort();
    names
}

fn native(home: &SandboxHome) -> PathBuf {
    home.netcore().join(format!("{PLUGIN_NAME}{}", env::consts::EXE_SUFFIX))
}

/// The installed files are those of this executable, and are started as such.
#[track_caller]
fn assert_installed(home: &SandboxHome, program: &Path) {
    let is_same = |file: &Path| fs::read(file).expect("a file") == fs::read(program).expect("one");
    assert!(is_same(&native(home)), "{} is another one", native(home).display());
    assert!(is_same(&home.netfx().join(format!("{PLUGIN_NAME}.exe"))));
    for folder in [home.netcore(), home.netfx()] {
        let list = fs::read(folder.join("installed-files.json")).expect("the list");
        let list: Value = serde_json::from_slice(&list).expect("JSON");
        let files = list["files"].as_array().expect("an array");
        let mut listed: Vec<_> = files.iter().filter_map(|file| file["name"].as_str()).collect();
        listed.push("installed-files.json");
        listed.sort_unstable();
        let entries = fs::read_dir(&folder).expect("a folder").flatten();
        let mut there: Vec<_> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        there.sort_unstable();
        assert_eq!(there, listed, "nothing of the other version is left");
    }
}

fn one_installs_over_the_other() {
    for pair in both_ways() {
        let home = SandboxHome::bare();
        succeed(&home, &pair.first, &["install"]);
        succeed(&home, &pair.second, &["install"]);
        assert_installed(&home, &pair.second);
        let command = home.home().join(".dotnet/tools/dotnet-codeartifact");
        assert!(run(&home, &command, &["--version"]).succeeded());
        let unchanged = succeed(&home, &pair.second, &["install"]);
        assert!(unchanged.starts_with("already up to date: "), "{unchanged}");
    }
}

fn one_is_replaced_while_it_serves_a_conversation() {
    for pair in both_ways() {
        let stage = Stage::new();
        succeed(&stage.home, &pair.first, &["install"]);
        let mut nuget = FakeNuget::start_program(&stage.home, &native(&stage.home));
        succeed(&stage.home, &pair.second, &["install"]);
        nuget.ask(&stage.source, false, true).assert_success().assert_no_logs();
        assert_installed(&stage.home, &pair.second);
        let mut next = FakeNuget::start_program(&stage.home, &native(&stage.home));
        next.ask(&stage.source, false, true).assert_success().assert_no_logs();
        nuget.finish();
        next.finish();
        assert_eq!(stage.token_calls(), 1);
    }
}

fn one_uninstalls_what_the_other_installed() {
    for pair in both_ways() {
        let home = SandboxHome::bare();
        let elsewhere = home.root().join("plug ins ö");
        succeed(&home, &pair.first, &["install"]);
        succeed(&home, &pair.first, &["install", "--dir", &elsewhere.to_string_lossy()]);
        let status = run(&home, &pair.second, &["status", "--json"]).result();
        assert_eq!(status["installed"].as_array().map(Vec::len), Some(4), "{status}");
        assert_eq!(status["installed"][0]["error"], Value::Null);
        let removed = succeed(&home, &pair.second, &["uninstall"]);
        assert!(removed.contains("dotnet codeartifact"), "{removed}");
        assert_eq!(files_of(&home), [] as [&str; 0]);
        assert!(crate::support::secret_scan::files_below(&elsewhere).is_empty());
        for program in [&pair.first, &pair.second] {
            assert_eq!(succeed(&home, program, &["uninstall"]), "nothing is installed here\n");
        }
    }
}

/// One version in the folder of one kind of client each, as after an installation that was broken
/// off, or of one for nuget.exe only.
#[cfg(unix)]
fn doctor_understands_what_both_installed() {
    for pair in both_ways() {
        let mut home = SandboxHome::new();
        home.script("bin/dotnet", stage::doctor::DOTNET);
        home.set("DOTNET_HOST_PATH", &home.bin().join("dotnet").to_string_lossy());
        succeed(&home, &pair.first, &["install", "--netcore-only"]);
        succeed(&home, &pair.second, &["install", "--netfx-only"]);
        for program in [&pair.first, &pair.second] {
            let doctor = run(&home, program, &["doctor", "--offline", "--json"]);
            let findings = doctor.envelope()["result"]["findings"].take();
            let folders: Vec<&Value> = findings
                .as_array()
                .expect("findings")
                .iter()
                .filter(|finding| finding["check"] == "plugin-folder")
                .collect();
            assert_eq!(folders.len(), 2, "{doctor}");
            assert!(folders.iter().all(|finding| finding["outcome"] == "pass"), "{doctor}");
        }
    }
}

/// NuGet's own record of what a plugin can do outlives a change of version.
fn a_restore_works_before_and_after_a_change_of_version() {
    for pair in both_ways() {
        let stage = Stage::new().with_package().with_nuget_config();
        stage.home.write_project("app", &[(stage::restore::PACKAGE, "1.0.0")]);
        for program in [&pair.first, &pair.second] {
            succeed(&stage.home, program, &["install"]);
            stage.forget_packages();
            stage.restore(&[]).assert_success().assert_silent_on("CredentialProvider");
            stage.assert_restored();
        }
        assert_eq!(stage.token_calls(), 1);
    }
}
