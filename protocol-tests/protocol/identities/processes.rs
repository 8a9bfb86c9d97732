//! A `credential_process` that behaves badly. That it cannot disturb the conversation is tested in
//! `conversations`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::support::fake_codeartifact::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};
use crate::support::fake_nuget::{FakeNuget, LIMIT};
use crate::support::process;
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::conversation::failing;
use crate::support::stage::{NAMES, SOURCE, Stage};
use crate::support::trials::{Need, Trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("process_reads_all_of_its_input", reads_input),
        trial("process_says_much_on_both_streams", says_much),
        trial("process_ends_when_nuget_leaves", ends_with_us),
        trial("process_ends_when_the_ask_is_cancelled", ends_with_the_ask),
        trial("process_ends_when_a_signal_ends_us", ends_by_signals),
        trial("process_ends_when_the_plugin_is_killed", ends_when_killed),
        #[cfg(target_os = "linux")]
        trial("process_has_the_usual_signals", usual_signals),
        trial("process_leaves_a_child_that_stays", leaves_a_child),
        trial("process_asks_on_the_terminal", asks_on_terminal).needing(Need::Terminal),
        failing(
            "process_prints_too_much",
            |stage| with_script(stage, "yes hunter2 | head -c 3000000\n"),
            "[CNP220] No AWS credentials from profile `dev`: `<root>/home/.aws/process.sh` did not print JSON with `Version` 1, `AccessKeyId` and `SecretAccessKey`. See the failure without the plugin: aws sts get-caller-identity --profile dev",
        ),
        failing(
            "process_prints_another_version",
            |stage| {
                with_script(
                    stage,
                    "echo '{\"Version\":2,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"hunter2\"}'\n",
                );
            },
            "[CNP220] No AWS credentials from profile `dev`: the JSON that `<root>/home/.aws/process.sh` printed has `Version` 2, not 1. See the failure without the plugin: aws sts get-caller-identity --profile dev",
        ),
        failing(
            "process_is_ended_by_a_signal",
            |stage| with_script(stage, "kill -TERM $$\n"),
            "[CNP220] No AWS credentials from profile `dev`: `<root>/home/.aws/process.sh` ended with signal 15 (SIGTERM). See the failure without the plugin: aws sts get-caller-identity --profile dev",
        ),
        failing(
            "process_may_not_be_run",
            |stage| {
                let file = stage.home.write("home/.aws/data", "hunter2");
                stage.with_profile(&format!(
                    "[profile dev]\ncredential_process = {}\n",
                    file.display()
                ));
            },
            "[CNP220] No AWS credentials from profile `dev`: `<root>/home/.aws/data` cannot be started (Permission denied (os error 13)). See the failure without the plugin: aws sts get-caller-identity --profile dev",
        ),
        failing(
            "process_is_not_on_the_path",
            |stage| {
                stage.with_profile("[profile dev]\ncredential_process = ticket-of-hunters $HOME\n");
                stage.set("PATH", "/usr/bin:/bin");
            },
            "[CNP220] No AWS credentials from profile `dev`: the program `ticket-of-hunters` is not in PATH, which may differ from that of your shell; write its whole path. See the failure without the plugin: aws sts get-caller-identity --profile dev",
        ),
        failing(
            "process_has_an_open_quote",
            |stage| {
                stage.with_profile("[profile dev]\ncredential_process = echo 'hunter2\n");
            },
            "[CNP220] No AWS credentials from profile `dev`: a quote in `credential_process` is not closed. See the failure without the plugin: aws sts get-caller-identity --profile dev",
        ),
    ]
}

/// A profile whose `credential_process` is a script of this.
fn with_script(stage: &mut Stage, commands: &str) {
    let script = stage.home.write("home/.aws/process.sh", &format!("#!/bin/sh\n{commands}"));
    fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).expect("a file of ours");
    stage.with_profile(&format!("[profile dev]\ncredential_process = {}\n", script.display()));
}

fn printing_keys() -> String {
    format!(
        "echo '{{\"Version\": 1, \"AccessKeyId\": \"{ACCESS_KEY_ID}\", \"SecretAccessKey\": \
         \"{SECRET_ACCESS_KEY}\"}}'\n"
    )
}

fn reads_input() {
    let mut stage = Stage::new().with_log();
    with_script(&mut stage, &format!("read answer && exit 9\ncat >/dev/null\n{}", printing_keys()));
    stage.assert_succeeds();
}

/// More than fits into a pipe, so that neither side may wait for the other.
fn says_much() {
    let mut stage = Stage::new().with_log();
    let commands = format!("yes hunter2 | head -c 3000000 >&2\n{}", printing_keys());
    with_script(&mut stage, &commands);
    stage.assert_succeeds();
}

fn asks_on_terminal() {
    let mut stage = Stage::new().with_log();
    with_script(&mut stage, "echo opened > opened\nread code < /dev/tty\necho $code >&2\nexit 1\n");
    let plugin = SandboxHome::plugin();
    let ask = format!("{} token {}", plugin.display(), NAMES.join(" "));
    let mut command = stage.home.command("script");
    command.args(["--quiet", "--return", "--command", &ask, "/dev/null"]);
    let run = process::run(&mut command, LIMIT);
    run.assert_failure().assert_says("asks for input, which is not possible here");
    assert!(stage.home.project().join("opened").is_file());
}

/// The program and its child, which ignores its parent's end, write down their process ids and wait
/// without end.
const WAITING: &str = "sleep 1000 &\necho $! $$ > ids.new\nmv ids.new ids\nwait\n";

fn ends_with_us() {
    let mut stage = Stage::new().with_log();
    with_script(&mut stage, WAITING);
    let mut nuget = FakeNuget::start(&stage.home);
    nuget.begin_ask(SOURCE, false, true);
    let ids = ids_in(&stage.home.project().join("ids"));
    nuget.close_stdin();
    assert!(nuget.wait_exit(LIMIT).success());
    for id in ids {
        wait_for_the_end_of(&id);
    }
}

fn ends_with_the_ask() {
    let mut stage = Stage::new().with_log();
    with_script(&mut stage, WAITING);
    let mut nuget = FakeNuget::start(&stage.home);
    let id = nuget.begin_ask(SOURCE, false, true);
    let ids = ids_in(&stage.home.project().join("ids"));
    nuget.cancel(&id);
    for id in ids {
        wait_for_the_end_of(&id);
    }
    nuget.close_stdin();
    assert!(nuget.wait_exit(LIMIT).success());
}

/// Ctrl-C in a terminal, a closed terminal, and what `kill` sends.
fn ends_by_signals() {
    for signal in [Signal::INT, Signal::HUP, Signal::TERM] {
        let mut stage = Stage::new().with_log();
        with_script(&mut stage, WAITING);
        let mut command = stage.home.command(SandboxHome::plugin());
        command.arg("token").args(NAMES);
        let mut plugin = command.spawn().expect("the plugin starts");
        let ids = ids_in(&stage.home.project().join("ids"));
        kill_process(id_of(&plugin.id().to_string()), signal).expect("it is ours to end");
        for id in ids {
            wait_for_the_end_of(&id);
        }
        let status = plugin.wait().expect("our child");
        assert_eq!(status.code(), Some(128 + signal.as_raw()));
    }
}

/// As the system does where memory is short, and CI when a job is cancelled. No code of ours runs then.
fn ends_when_killed() {
    let mut stage = Stage::new().with_log();
    with_script(&mut stage, WAITING);
    let mut nuget = FakeNuget::start(&stage.home);
    nuget.begin_ask(SOURCE, false, true);
    let ids = ids_in(&stage.home.project().join("ids"));
    kill_process(id_of(&nuget.process_id().to_string()), Signal::KILL).expect("it is ours to end");
    for id in ids {
        wait_for_the_end_of(&id);
    }
}

/// What this process does about signals is not inherited: only SIGPIPE may be ignored in a child, if it
/// was before.
#[cfg(target_os = "linux")]
fn usual_signals() {
    let mut stage = Stage::new().with_log();
    let look = "grep SigIgn /proc/self/status > signals\n";
    with_script(&mut stage, &format!("{look}{}", printing_keys()));
    stage.assert_succeeds();
    let text = fs::read_to_string(stage.home.project().join("signals")).expect("it was written");
    let ignored = text.split_whitespace().last().expect("a mask");
    let ignored = u64::from_str_radix(ignored, 16).expect("a mask");
    let file_size = 1 << (Signal::XFSZ.as_raw() - 1);
    assert_eq!(ignored & file_size, 0, "{text}");
}

/// An agent, for example, which was started to stay.
fn leaves_a_child() {
    let mut stage = Stage::new().with_log();
    let agent = "sleep 1000 >/dev/null 2>&1 &\necho $! > ids.new\nmv ids.new ids\n";
    with_script(&mut stage, &format!("{agent}{}", printing_keys()));
    stage.assert_succeeds();
    let [agent] = &ids_in(&stage.home.project().join("ids"))[..] else { panic!("one child") };
    assert!(is_there(agent) && !is_zombie(agent), "it should have stayed");
    kill_process(id_of(agent), Signal::KILL).expect("it is ours to end");
}

/// The process ids that a file names, as soon as it is there.
fn ids_in(file: &Path) -> Vec<String> {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Ok(text) = fs::read_to_string(file) {
            return text.split_whitespace().map(str::to_owned).collect();
        }
        assert!(Instant::now() < deadline, "the process was not started");
        thread::sleep(Duration::from_millis(5));
    }
}

fn wait_for_the_end_of(id: &str) {
    let deadline = Instant::now() + LIMIT;
    while is_there(id) && !is_zombie(id) {
        assert!(Instant::now() < deadline, "process {id} should have ended");
        thread::sleep(Duration::from_millis(5));
    }
}

/// The process has ended without being reaped, as in a container without an init.
fn is_zombie(id: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
}

fn is_there(id: &str) -> bool {
    test_kill_process(id_of(id)).is_ok()
}

fn id_of(id: &str) -> Pid {
    id.parse().ok().and_then(Pid::from_raw).expect("a process id")
}
