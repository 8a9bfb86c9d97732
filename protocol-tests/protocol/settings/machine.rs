//! The machine-wide file, in a mount namespace in which `/etc` is the test's own.

use serde_json::{Value, json};

use crate::support::process::{self, Run};
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::{FOREIGN, LIMIT, SOURCE, Stage};
use crate::support::trials::{Need, Trial, trial};

const MACHINE: &str = "/etc/nuget-plugin-codeartifact/config.toml";

/// Makes an `/etc` of nothing but the machine-wide file, lets `$1` change it, and runs the rest.
const SCRIPT: &str = "set -e; set_up=$1; shift
umask 022
mount -t tmpfs -o mode=755 tmpfs /etc
mkdir /etc/nuget-plugin-codeartifact
cp machine.toml /etc/nuget-plugin-codeartifact/config.toml
chmod 644 /etc/nuget-plugin-codeartifact/config.toml
cd /etc/nuget-plugin-codeartifact
eval \"$set_up\"
exec \"$@\"";

pub fn trials() -> Vec<Trial> {
    let trials = [
        trial("the_machines_policy_bounds_user_and_environment", bounds),
        trial("list_and_get_show_what_the_machines_policy_bounds", shown_bounds),
        trial("the_machines_rules_come_after_the_users", order),
        trial("the_machines_owners_hold_for_everybody", owners),
        trial("a_broken_machine_wide_file_ends_everything", broken),
        trial("a_machine_wide_file_of_others_ends_everything", untrusted),
        trial("a_machine_wide_file_of_others_is_said_first", untrusted_is_said_first),
        trial("a_link_of_roots_to_a_file_of_roots_counts", links),
        trial("configure_machine_writes_a_file_that_counts_for_all", written),
        trial("configure_machine_needs_an_administrator", written_by_others)
            .where_possible(Need::OtherUser.is_there()),
    ];
    trials.into_iter().map(|trial| trial.needing(Need::MountNamespace)).collect()
}

/// The machine-wide file is this.
fn stage(machine: &str) -> Stage {
    let mut stage = Stage::new().with_log();
    stage.home.write("machine.toml", machine);
    // The system's are below `/etc`.
    let authority = rcgen::generate_simple_self_signed([]).expect("a certificate");
    let bundle = stage.home.write("authorities.pem", &authority.cert.pem());
    stage.set("AWS_CA_BUNDLE", &bundle.to_string_lossy());
    stage
}

/// Adds to the user's configuration.
fn configure(stage: &Stage, toml: &str) {
    stage.home.write_configuration(&format!("{toml}{}", stage.listed_host()));
}

fn run(stage: &Stage, set_up: &str, arguments: &[&str]) -> Run {
    let mut unshare = stage.home.command("unshare");
    unshare.args(["-m", "sh", "-c", SCRIPT, "sh", set_up]);
    unshare.arg(SandboxHome::plugin()).args(arguments).current_dir(stage.home.root());
    process::run(&mut unshare, LIMIT)
}

fn token(stage: &Stage, set_up: &str) -> Run {
    run(stage, set_up, &["token", &stage.source])
}

fn durations(stage: &Stage) -> Vec<String> {
    stage.fake.token_calls().into_iter().map(|call| call.duration).collect()
}

fn bounds() {
    let mut stage = stage("[policy]\nlongest_duration_seconds = 1800\ncache = \"memory\"\n");
    configure(
        &stage,
        "duration_seconds = 43200\n[policy]\nlongest_duration_seconds = 43200\n\
         [[rules]]\nduration_seconds = 3600\n",
    );
    stage.home.set("CODEARTIFACT_NUGET_DURATION_SECONDS", "0");
    stage.home.set("ProgramData", "/nowhere").set("XDG_CONFIG_DIRS", "/nowhere");
    token(&stage, "").assert_success();
    let moved = stage.home.path("home/.config/nuget-plugin-codeartifact/config.toml");
    stage.home.set("CODEARTIFACT_NUGET_CONFIG_FILE", &moved.to_string_lossy());
    stage.home.set("CODEARTIFACT_NUGET_CACHE", "disk");
    token(&stage, "").assert_success();
    assert_eq!(durations(&stage), ["1800", "1800"], "none was kept on disk");
    assert!(!stage.home.cache_dir().exists());
    let list = run(&stage, "", &["configure", "list"]);
    list.assert_success().assert_says(&format!("policy.cache = \"memory\"    # {MACHINE}\n"));
}

fn shown_bounds() {
    let mut stage = stage("[policy]\nlongest_duration_seconds = 1800\ninteractive = \"never\"\n");
    configure(&stage, "duration_seconds = 3600\n");
    let file = stage.home.path("home/.config/nuget-plugin-codeartifact/config.toml");
    run(&stage, "", &["configure", "list"])
        .assert_success()
        .assert_says(&format!(
            "duration_seconds = 1800    # {}; the policy in {MACHINE} replaces 3600\n",
            file.display()
        ))
        .assert_says(&format!(
            "interactive = \"never\"    # default; the policy in {MACHINE} replaces \"auto\"\n"
        ));
    assert_eq!(get(&stage, &["duration_seconds"]), "1800\n");
    assert_eq!(get(&stage, &["interactive"]), "never\n");
    let value = json!({
        "key": "duration_seconds", "value": 1800, "origin": { "kind": "file", "path": file },
        "boundedBy": MACHINE, "boundedFrom": 3600
    });
    let found: Value = serde_json::from_str(&get(&stage, &["duration_seconds", "--json"])).unwrap();
    assert_eq!(found["result"]["values"], json!([value]));
    stage.home.set("CODEARTIFACT_NUGET_DURATION_SECONDS", "900");
    let value = json!({
        "key": "duration_seconds", "value": 900,
        "origin": { "kind": "variable", "name": "CODEARTIFACT_NUGET_DURATION_SECONDS" }
    });
    let found: Value = serde_json::from_str(&get(&stage, &["duration_seconds", "--json"])).unwrap();
    assert_eq!(found["result"]["values"], json!([value]), "a stricter value is not bounded");
}

fn get(stage: &Stage, arguments: &[&str]) -> String {
    let arguments = [&["configure", "get"], arguments].concat();
    run(stage, "", &arguments).assert_success().stdout.clone()
}

fn order() {
    let stage = stage("duration_seconds = 901\n[[rules]]\nduration_seconds = 902\n");
    token(&stage, "").assert_success();
    configure(&stage, "[[rules]]\nduration_seconds = 903\n");
    token(&stage, "").assert_success();
    assert_eq!(durations(&stage), ["902", "903"]);
    let path = run(&stage, "", &["configure", "path"]);
    path.assert_success().assert_says(&format!("machine: {MACHINE} (used)\n"));
    run(&stage, "", &["configure", "rule", "remove", "2"])
        .assert_failure()
        .assert_says("has no rule 2");
}

fn owners() {
    let mut stage = stage("[policy]\nallowed_owners = [\"999999999999\"]\n");
    configure(&stage, "[policy]\nallowed_owners = [\"111122223333\"]\n");
    stage.home.set("CODEARTIFACT_AUTH_TOKEN", "hunter2");
    let run = token(&stage, "");
    run.assert_failure().assert_says(&format!(
        "Account 111122223333 is not in `allowed_owners` of the policy in `{MACHINE}`"
    ));
    assert_eq!(stage.fake.requests(), [] as [&str; 0]);
}

fn broken() {
    let stage = stage("[policy]\nallowed_owner = []\n");
    let refused = run(
        &stage,
        "",
        &[
            "token",
            "--domain",
            "my-domain",
            "--domain-owner",
            "111122223333",
            "--region",
            "eu-west-1",
        ],
    );
    refused.assert_failure().assert_says(&format!(
        "Invalid configuration file `{MACHINE}`, line 2, column 1: unknown key `allowed_owner`. \
         Did you mean `allowed_owners`?"
    ));
    assert_eq!(stage.fake.requests(), [] as [&str; 0]);
    run(&stage, "", &["configure", "path"]).assert_success().assert_says(" (broken: ");
}

/// What others may have written, or decide about, and what cannot be read: no token, and one line.
fn untrusted() {
    for (set_up, reason, fix) in [
        (
            "chown 12345 config.toml",
            format!("`{MACHINE}` belongs to user 12345"),
            format!("sudo chown -h root {MACHINE}"),
        ),
        (
            "chmod 666 config.toml",
            format!("group or others may write to `{MACHINE}` (mode 0666)"),
            format!("sudo chmod go-w {MACHINE}"),
        ),
        (
            "chmod 775 .",
            "group or others may write to `/etc/nuget-plugin-codeartifact` (mode 0775)".to_owned(),
            "sudo chmod go-w /etc/nuget-plugin-codeartifact".to_owned(),
        ),
        (
            "mkdir /etc/theirs; chown 12345 /etc/theirs; mv config.toml /etc/theirs/; ln -s /etc/theirs/config.toml .",
            "`/etc/theirs` belongs to user 12345".to_owned(),
            "sudo chown -h root /etc/theirs".to_owned(),
        ),
        (
            "mv config.toml ../a; ln -s ../a config.toml; chown -h 12345 config.toml",
            format!("`{MACHINE}` belongs to user 12345"),
            format!("sudo chown -h root {MACHINE}"),
        ),
        (
            "rm config.toml; ln -s /nowhere/config.toml .",
            format!("`{MACHINE}` is a broken link"),
            format!("sudo rm {MACHINE}"),
        ),
        (
            "cd ..; rm -r nuget-plugin-codeartifact; ln -s nowhere nuget-plugin-codeartifact",
            "`/etc/nuget-plugin-codeartifact` is a broken link".to_owned(),
            "sudo rm /etc/nuget-plugin-codeartifact".to_owned(),
        ),
        (
            "rm config.toml; mkfifo config.toml",
            format!("`{MACHINE}` is no regular file"),
            format!("sudo rm {MACHINE}"),
        ),
    ] {
        let stage = stage("[policy]\nlongest_duration_seconds = 900\n");
        let line = format!(
            "The machine-wide configuration file `{MACHINE}` is not trusted, so no tokens are requested: \
             {reason}."
        );
        let refused = token(&stage, set_up);
        assert!(refused.assert_failure().stderr.lines().count() == 1, "{refused}");
        refused.assert_says(&format!("{line} As administrator, run: {fix}"));
        assert_eq!(stage.fake.requests(), [] as [&str; 0], "{set_up}");
        let path = run(&stage, set_up, &["configure", "path"]);
        let shown = stage.home.neutral(&path.assert_success().stdout);
        assert!(shown.contains(&format!("machine: {MACHINE} (untrusted: {line}")), "{shown}");
        run(&stage, set_up, &["configure", "list"]).assert_failure().assert_says(&line);
    }
}

/// `doctor` and `explain` say it before anything else, and where the file may list the host.
fn untrusted_is_said_first() {
    let stage = stage("");
    let set_up = "chmod 646 config.toml";
    let line = format!(
        "The machine-wide configuration file `{MACHINE}` is not trusted, so no tokens are requested: \
         group or others may write to `{MACHINE}` (mode 0646)."
    );
    let doctor = run(&stage, set_up, &["doctor", "--offline"]);
    let line = format!("x CNP104 {}", line.replace('`', ""));
    assert!(doctor.assert_failure().stdout.starts_with(&line), "{doctor}");
    doctor.assert_says(&format!("\n    fix: sudo chmod go-w {MACHINE}\n"));
    let explained = run(&stage, set_up, &["explain", SOURCE]);
    let first = explained.assert_failure().stdout.lines().next().unwrap_or_default();
    assert!(first.starts_with("settings"), "{explained}");
    let foreign = run(&stage, set_up, &["explain", FOREIGN]);
    foreign.assert_failure().assert_says("is not trusted");
}

fn links() {
    let stage = stage("[policy]\nlongest_duration_seconds = 900\n");
    let set_up =
        "mkdir -m 1777 /etc/store; mv config.toml /etc/store/a; ln -s ../store/a config.toml";
    token(&stage, set_up).assert_success();
    assert_eq!(durations(&stage), ["900"]);
}

/// The folder and the file have the right owner and mode whatever the mask, and count at once.
fn written() {
    let stage = stage("");
    let set_up = "cd /; rm -r /etc/nuget-plugin-codeartifact; umask 077";
    let script = format!("{set_up}; P={}", SandboxHome::plugin().display());
    let then = "$P configure set --machine policy.longest_duration_seconds 900 \
                && $P configure rule add --machine --owner 111122223333 --duration-seconds 3600 \
                && $P configure get duration_seconds \
                && stat -c '%u %a' /etc/nuget-plugin-codeartifact /etc/nuget-plugin-codeartifact/config.toml \
                && $P configure path && $P configure rule remove 1 --machine && exec true || exit 9";
    let ran = run(&stage, &format!("{script}; {then}"), &["status"]);
    ran.assert_success()
        .assert_says(&format!("Set policy.longest_duration_seconds in `{MACHINE}`\n"))
        .assert_says("Added rule 1 to ")
        .assert_says("\n900\n")
        .assert_says("\n0 755\n0 644\n")
        .assert_says(&format!("machine: {MACHINE} (used)\n"))
        .assert_says("Removed rule 1 from ");
    let file = stage.home.path("home/.config/nuget-plugin-codeartifact/config.toml");
    let text = std::fs::read_to_string(file).unwrap_or_default();
    assert!(!text.contains("policy"), "the user's file is left alone: {text}");
}

fn written_by_others() {
    let stage = stage("[policy]\ncache = \"off\"\n");
    let others = "setpriv --reuid 12345 --clear-groups";
    let words =
        format!("{} configure set --machine policy.cache memory", SandboxHome::plugin().display());
    let ran =
        run(&stage, &format!("{others} {words} || echo code $?; cat config.toml; exec true"), &[]);
    ran.assert_success().assert_says("code 1\n").assert_says("cache = \"off\"\n").assert_says(&format!(
        "error: [CNP110] Only an administrator can change `{MACHINE}`. Nothing was changed. Run it as \
         root: sudo {words}\n"
    ));
}
