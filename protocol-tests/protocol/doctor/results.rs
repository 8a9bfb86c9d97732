//! The output: text, JSON, the report, and what is not requested.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::support::fake_codeartifact::{SECRET_ACCESS_KEY, TOKEN_PREFIX};
use crate::support::process::Run;
use crate::support::sandbox_home::SandboxHome;
use crate::support::secret_scan;
use crate::support::stage::Stage;
use crate::support::trials::{Trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("everything_works", everything_works),
        trial("offline_asks_nobody", offline_asks_nobody),
        trial(
            "fixes_name_the_program_as_a_shell_finds_it",
            fixes_name_the_program_as_a_shell_finds_it,
        ),
        trial(
            "a_program_that_is_quoted_is_not_passed_on",
            a_program_that_is_quoted_is_not_passed_on,
        ),
        trial("a_password_in_an_endpoint_is_not_shown", a_password_in_an_endpoint_is_not_shown),
        trial("nothing_secret_of_a_url_is_shown", nothing_secret_of_a_url_is_shown),
        trial("fix_follows_no_link_out_of_the_home", fix_follows_no_link_out_of_the_home),
        trial("a_cached_token_is_told_without_asking", a_cached_token_is_told_without_asking),
        trial(
            "by_another_profile_it_looks_as_if_that_one_asked",
            by_another_profile_it_looks_as_if_that_one_asked,
        ),
        trial("one_source_by_name_or_url", one_source_by_name_or_url),
        trial("a_url_that_no_file_has_is_asked_as_well", a_url_that_no_file_has_is_asked_as_well),
        trial("json_has_this_schema", json_has_this_schema),
        trial(
            "the_report_has_no_secret_and_replaces_no_file",
            the_report_has_no_secret_and_replaces_no_file,
        ),
        #[cfg(target_os = "linux")]
        trial("a_terminal_shows_colours_and_what_is_waited_for", on_a_terminal),
        trial("wrong_usage_is_2", wrong_usage_is_2),
    ]
}

fn everything_works() {
    let stage = Stage::working();
    let run = stage.doctor_text(&["-v"]);
    run.assert_success();
    assert_eq!(run.stderr, "");
    for part in [
        "v SDK 10.0.401 with NuGet 7.9.0 of ~",
        "v NuGet's plugin cache is OK\n",
        "v No broken links on PATH\n",
        "\nv ours  HTTP 200 in ",
    ] {
        run.assert_says(&part.replace("of ~", "of "));
    }
    let short = stage.doctor_text(&[]);
    let (line, rest) = short.stdout.split_once('\n').expect("lines");
    assert!(line.starts_with("v ours  HTTP 200 in "), "{short}");
    assert!(line.ends_with(" ms, the environment's keys, token valid for 11 h 59 min"), "{short}");
    assert_eq!(rest, "\nNo problems, 13 checks passed (-v shows them)\n");
}

fn offline_asks_nobody() {
    let stage = Stage::working();
    let run = stage.doctor(&["--offline"]);
    run.assert_success();
    run.assert_says("-     AWS and the sources were not contacted (`--offline`)\n");
    assert_eq!(stage.fake.requests(), Vec::<String>::new());
}

fn fixes_name_the_program_as_a_shell_finds_it() {
    let stage = Stage::working();
    fs::remove_dir_all(stage.netcore()).unwrap();
    let fix = |run: &Run| {
        let at = run.stdout.find("      fix: ").expect("a fix");
        run.stdout[at + 11..].lines().next().unwrap_or_default().to_owned()
    };
    let plugin = SandboxHome::plugin();
    let name = fix(&stage.doctor(&[]));
    let names = [plugin.display().to_string(), "dotnet codeartifact".to_owned()];
    assert!(names.iter().any(|it| name == format!("{it} install")), "{name}");
    fs::copy(plugin, stage.home.bin().join("nuget-plugin-codeartifact")).unwrap();
    let run = stage.doctor(&["--offline"]);
    run.assert_success().assert_says("-     dotnet, MSBuild: the plugin is not installed");
    run.assert_says("nuget-plugin-codeartifact`, version ").assert_says(", responds in ");
}

fn a_program_that_is_quoted_is_not_passed_on() {
    let mut stage = Stage::working();
    stage.home.unset("AWS_ACCESS_KEY_ID").set("AWS_PROFILE", "dev");
    let process = stage.home.script("process", "echo hunter2 >&2; exit 3");
    let text = format!("[profile dev]\ncredential_process = {}\n", process.display());
    stage.home.write("home/.aws/config", &text);
    let report = stage.home.root().join("report.txt").to_string_lossy().into_owned();
    let run = stage.home.run_plugin(&["doctor", "--json", "--report", &report]);
    run.assert_failure().assert_silent_on("hunter2");
    run.assert_says("(its message is left out here).");
    assert!(!fs::read_to_string(&report).unwrap().contains("hunter2"));
}

fn a_password_in_an_endpoint_is_not_shown() {
    let mut stage = Stage::working();
    let url = stage.fake.url().replace("http://", "http://me:hunter2@");
    stage.home.set("AWS_ENDPOINT_URL_CODEARTIFACT", &url);
    for arguments in [&["--offline", "-v"][..], &["--offline", "--json"]] {
        stage.doctor_text(arguments).assert_says(&stage.fake.url());
    }
}

fn nothing_secret_of_a_url_is_shown() {
    let stage = Stage::working();
    let source = stage.source.clone();
    let query = format!("{}/?key=hunter2", source.trim_end_matches("/v3/index.json"));
    let region = "my-domain-111122223333.d.codeartifact.eu-wset-1.amazonaws.com";
    stage.home.write_nuget_config(&[
        ("slash", &source.replacen("http://", "http://aws:x/hunter2@", 1)),
        ("hash", &source.replacen("http://", "http://aws:x#hunter2@", 1)),
        ("query", &query),
        ("region", &format!("https://{region}/nuget/my-repo/v3/index.json?key=hunter2")),
        ("other", "https://aws:x/hunter2@example.org/index.json"),
    ]);
    for arguments in [&["--offline"][..], &["--offline", "--json"]] {
        let run = stage.doctor_text(arguments);
        run.assert_failure();
        for name in ["slash", "hash", "query"] {
            run.assert_says(&format!("update source {name} --source {source} --configfile"));
        }
    }
    let alone = stage.doctor(&["--offline", &format!("{source}?key=hunter2")]);
    alone.assert_says(&format!("source add {source}\n"));
    let report = stage.home.root().join("report.txt").to_string_lossy().into_owned();
    stage.doctor(&["--offline", "--report", &report]).assert_failure();
    let text = fs::read_to_string(&report).unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("  packageSources: other = https://example.org/index.json\n"), "{text}");
}

fn fix_follows_no_link_out_of_the_home() {
    let stage = Stage::working();
    let (plugins, outside) =
        (stage.home.path("home/.nuget/plugins"), stage.home.root().join("outside"));
    fs::rename(&plugins, &outside).unwrap();
    std::os::unix::fs::symlink(&outside, &plugins).unwrap();
    let dll =
        outside.join("netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll");
    fs::remove_file(&dll).unwrap();
    stage.doctor_text(&["--fix"]).assert_failure().assert_says("left alone: `");
    assert!(!dll.exists());
    stage.doctor(&["--fix", "--yes"]).assert_success();
    assert!(dll.exists());
}

fn a_cached_token_is_told_without_asking() {
    let stage = Stage::working();
    stage.doctor(&[]).assert_success();
    let asked = stage.fake.requests();
    stage.doctor(&["--offline"]).assert_success().assert_says(
        "ok    A token for domain `my-domain` (111122223333, eu-west-1) is in the \
         cache, valid for 11 h 59 min\n",
    );
    assert_eq!(stage.fake.requests(), asked);
}

fn by_another_profile_it_looks_as_if_that_one_asked() {
    let stage = Stage::working();
    stage.home.write(
        "home/.aws/config",
        "[profile dev]\naws_access_key_id = AKIAEXAMPLEDEV\naws_secret_access_key = hunter2\n",
    );
    let run = stage.doctor(&["--offline", "--profile", "dev"]);
    run.assert_success().assert_says(
        "ok    Tokens for domain `my-domain` (111122223333, eu-west-1) are requested with \
         profile `dev` (an access key, named by --profile)\n",
    );
    let typo = stage.doctor(&["--offline", "--profile", "typo"]);
    typo.assert_failure().assert_says("FAIL  CNP203\n");
}

fn one_source_by_name_or_url() {
    let stage = Stage::working();
    let (ours, url) = (stage.source.clone(), stage.source.clone().replace("my-repo", "other"));
    stage.home.write_nuget_config(&[("ours", &ours), ("other", &url)]);
    stage.doctor(&["OURS"]).assert_success().assert_silent_on("`other`");
    stage.doctor(&[&ours]).assert_success().assert_silent_on("`other`");
    stage.doctor(&["other"]).assert_failure().assert_says("FAIL  CNP509");
    let unknown = stage.doctor(&["third"]);
    unknown.assert_failure().assert_says("FAIL  CNP411\n      do: List the sources: ");
}

fn a_url_that_no_file_has_is_asked_as_well() {
    let stage = Stage::working();
    let source = stage.source.clone();
    stage.home.write_nuget_config(&[("other", "https://example.org/index.json")]);
    let run = stage.doctor(&[&source]);
    run.assert_success().assert_says("No NuGet.Config file of this folder has the URL of ");
    run.assert_says("ok    HTTP 200 in ");
    let foreign = stage.doctor(&["https://example.org/index.json"]);
    foreign.assert_failure();
}

fn json_has_this_schema() {
    let stage = Stage::working();
    fs::remove_dir_all(stage.netcore()).unwrap();
    let run = stage.doctor_text(&["--json", "--offline"]);
    run.assert_failure();
    let printed = run.result();
    let root = stage.home.root().to_string_lossy().into_owned();
    let folder = format!("{root}/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact");
    assert_eq!(printed["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(printed["outcome"], "failure");
    assert_eq!(printed["repairs"], json!([]));
    assert_eq!(
        printed["findings"][1],
        json!({
            "code": "CNP614",
            "check": "plugin-folder",
            "outcome": "failure",
            "message": format!(
                "dotnet, MSBuild: the plugin is not installed \
                 (`{folder}/CredentialProvider.CodeArtifact.dll` is missing)"
            ),
            "source": null,
            "fix": printed["findings"][1]["fix"],
            "advice": null,
        })
    );
    let repaired = stage.doctor_text(&["--json", "--offline", "--fix"]);
    let printed = repaired.result();
    assert_eq!(printed["outcome"], "pass");
    assert_eq!(
        printed["repairs"],
        json!([{
            "what": "install this plugin for dotnet, MSBuild",
            "outcome": "done",
            "why": null,
        }])
    );
}

fn the_report_has_no_secret_and_replaces_no_file() {
    let mut stage = Stage::working();
    stage.home.set("HTTP_PROXY", "http://me:hunter2@proxy.example");
    stage.home.set("CODEARTIFACT_AUTH_TOKEN_OTHER", "hunter2");
    stage.home.write(
        "home/.aws/credentials",
        "[default]\naws_access_key_id = AKIA\naws_secret_access_key = hunter2\n",
    );
    let source = stage.source.clone();
    stage.home.write_nuget_config_with(
        &[("ours", &source), ("other", "https://me:hunter2@example.org/index.json?k=hunter2")],
        "<packageSourceCredentials><other><add key=\"Username\" value=\"me\" />\
         <add key=\"ClearTextPassword\" value=\"hunter2\" /></other></packageSourceCredentials>\n\
         <apikeys><add key=\"https://example.org\" value=\"hunter2\" /></apikeys>\n",
    );
    let report = stage.home.root().join("report.txt");
    let path = report.to_string_lossy().into_owned();
    stage.doctor_text(&["--report", &path]).assert_success().assert_says("Report: ");
    let text = fs::read_to_string(&report).unwrap();
    let secrets = [TOKEN_PREFIX, SECRET_ACCESS_KEY, "hunter2"].map(str::to_owned);
    secret_scan::assert_no_secrets_in(&text, &secrets);
    assert_eq!(fs::metadata(&report).unwrap().permissions().mode() & 0o777, 0o600);
    for part in [
        "\nv SDK 10.0.401",
        "\nAWS_SECRET_ACCESS_KEY\n",
        "\nAWS_EC2_METADATA_DISABLED=true\n",
        "\n  [default]\n    aws_access_key_id\n    aws_secret_access_key\n",
        "\n  packageSources: other = https://example.org/index.json\n",
        "\n  packageSourceCredentials: other: a password\n",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    let again = stage.doctor(&["--report", &path]);
    again.assert_failure().assert_says("cannot be written: File exists");
    assert_eq!(fs::read_to_string(&report).unwrap(), text);
}

fn wrong_usage_is_2() {
    let run = Stage::working().doctor(&["--yes"]);
    assert_eq!(run.code(), Some(2), "{run}");
}

/// `dotnet` answers after the progress line was seen.
#[cfg(target_os = "linux")]
fn on_a_terminal() {
    use std::thread;

    use crate::support::process;
    use crate::support::stage::LIMIT;
    use crate::support::stage::doctor::DOTNET;

    let mut stage = Stage::working();
    stage.home.set("TERM", "xterm-256color").set("LANG", "C.UTF-8");
    let (seen, typescript) = (stage.home.root().join("seen"), stage.home.root().join("typescript"));
    let wait = format!("while [ ! -e '{}' ]; do sleep 0.01; done", seen.display());
    stage.set_dotnet(&format!("case \"$1\" in --version) {wait};; esac\n{DOTNET}"));
    let line = format!("{} doctor --offline -v", SandboxHome::plugin().display());
    let mut command = process::in_terminal(&line, &typescript);
    stage.home.prepare(&mut command);
    let run = thread::scope(|scope| {
        let run = scope.spawn(|| process::run(&mut command, LIMIT));
        let word = "waiting for the checks …";
        if process::wait_for_text(&typescript, word) {
            fs::write(&seen, "").expect("a file");
        }
        run.join().expect("a run")
    });
    run.assert_success();
    let shown = fs::read_to_string(&typescript).expect("what was shown");
    let gone = format!("waiting for the checks …\r{}\r", " ".repeat(24));
    assert!(shown.contains(&gone), "{shown:?}");
    assert!(shown.contains("\u{1b}[1m\u{1b}[32m✓\u{1b}[0m SDK 10.0.401"), "{shown:?}");
    let dumb = {
        stage.home.set("TERM", "dumb");
        let mut command = process::in_terminal(&line, &typescript);
        stage.home.prepare(&mut command);
        process::run(&mut command, LIMIT).assert_success();
        fs::read_to_string(&typescript).expect("what was shown")
    };
    assert!(dumb.contains("v SDK 10.0.401") && !dumb.contains('\u{1b}'), "{dumb:?}");
}
