//! Releases that are not as they should be. Whatever a server sends, the home stays as it was, nothing
//! that was downloaded has been started, no file is left, and one line says what to do.

use std::fs;

use super::machine::{Machine, error_of};
use super::release::{Release, SMALL, VERSION, archive_name, ending, sha256, sums, system};
use super::spoilt::{CASES, Case, SUMS, served, signed};
use crate::support::fake_codeartifact::http::{Ending, Reply};
use crate::support::stage::keep_transcript;
use crate::support::trials::{Need, Trial, trial};

/// Each with every program that downloads.
const DOWNLOADERS: [(&str, &str); 3] =
    [("curl", "curl"), ("wget", "wget"), ("busybox", "wget:busybox")];

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (name, program) in DOWNLOADERS {
        let need = match name {
            "curl" => Need::Curl,
            "wget" => Need::Wget,
            _ => Need::Busybox,
        };
        // What a file is refused for does not depend on who has downloaded it.
        for case in CASES.into_iter().filter(|case| name == "curl" || case.code == 4) {
            let test = move || refuses(&case, program);
            trials.push(trial(format!("{name}_{}", case.name), test).needing(need));
        }
        let slow = move || says_that_it_is_slow(program);
        trials.push(trial(format!("{name}_slow_archive"), slow).needing(need));
        let none = move || says_that_nobody_listens(program);
        trials.push(trial(format!("{name}_no_server"), none).needing(need));
        let redirects = move || follows_some_redirects(program);
        trials.push(trial(format!("{name}_redirects"), redirects).needing(need));
        let again = move || tries_again(program);
        trials.push(trial(format!("{name}_tries_again"), again).needing(need));
    }
    trials.push(trial("an_archive_of_another_version", another_version));
    trials.push(trial("a_program_that_does_not_start", does_not_start));
    trials
}

/// A machine with an earlier installation.
fn installed(release: &Release, program: &str) -> Machine {
    let mut machine = Machine::of(release);
    machine.only_with(&[program, "sha256sum", "perl", "shasum"]);
    fs::write(machine.home().join("installed"), "earlier").expect("a file");
    machine
}

fn refuses(case: &Case, program: &str) {
    let release = Release::of(&SMALL);
    (case.spoil)(&release);
    let machine = installed(&release, program);
    let before = machine.state();
    let run = machine.install(&[]);
    assert_eq!(run.code(), Some(case.code), "{run}");
    let error = error_of(&run);
    keep_transcript(&format!("{}-{}.txt", case.name, program.replace(':', "-")), &run.stderr);
    assert!(error.contains("Nothing was installed"), "{run}");
    assert!(error.contains(case.says), "{run}");
    assert!(error.len() < 700 && !error.contains('\u{1b}'), "{run}");
    assert_eq!(machine.state(), before, "{run}");
    machine.assert_tidy(&run);
    let requests = release.server.requests();
    let last = requests.last().and_then(|it| it.split(' ').nth(1)).expect("a request");
    let attempts = requests.iter().filter(|it| it.split(' ').nth(1) == Some(last)).count();
    // busybox asks twice where a connection is closed without an answer.
    let most = if case.attempts > 1 { case.attempts * 2 } else { 1 };
    assert!((case.attempts..=most).contains(&attempts), "{requests:#?}\n{run}");
    // The same machine, once the release is good again.
    release.has(SUMS, sums(&SMALL).into_bytes()).has(&archive_name(&system()), SMALL.clone());
    machine.install(&[]).assert_success();
    assert_eq!(machine.started(), "--version\ninstall\n");
}

fn says_that_it_is_slow(program: &str) {
    let release = Release::of(&SMALL);
    served(&release, || ending(Ending::Slow, b"the beginning"));
    let mut machine = installed(&release, program);
    let before = machine.state();
    machine.set("CODEARTIFACT_NUGET_DOWNLOAD_SECONDS", "2");
    let run = machine.install(&[]);
    assert_eq!(run.code(), Some(4), "{run}");
    assert!(error_of(&run).contains("too"), "{run}");
    assert!(run.took.as_secs() < 20, "{run}");
    assert_eq!(machine.state(), before, "{run}");
    machine.assert_tidy(&run);
}

fn says_that_nobody_listens(program: &str) {
    let release = Release::of(&SMALL);
    let machine = installed(&release, program);
    drop(release);
    let run = machine.install(&[]);
    assert_eq!(run.code(), Some(4), "{run}");
    error_of(&run);
    machine.assert_tidy(&run);
}

/// To another path and to another name of this machine, but not for ever.
fn follows_some_redirects(program: &str) {
    let release = Release::of(&SMALL);
    let port = release.server.host();
    let port = port.rsplit(':').next().expect("a port");
    let to = format!("http://localhost:{port}/elsewhere");
    served(&release, move || Reply::status(307).with_header("location", to.clone()));
    release.serve_path("/elsewhere", || Reply::status(301).with_header("location", "/at/last"));
    release.serve_path("/at/last", || Reply::bytes(200, "", SMALL.clone()));
    let machine = installed(&release, program);
    machine.install(&[]).assert_success();
    assert_eq!(machine.started(), "--version\ninstall\n");
    release.serve_path("/at/last", || Reply::status(301).with_header("location", "/at/last"));
    let run = machine.install(&[]);
    assert_eq!(run.code(), Some(4), "{run}");
    assert_eq!(machine.started(), "--version\ninstall\n");
    machine.assert_tidy(&run);
}

/// A server that fails once.
fn tries_again(program: &str) {
    for failing in [Reply::status(502), Reply::ending(Ending::Closed)] {
        let release = Release::of(&SMALL);
        let once = std::sync::Mutex::new(Some(failing));
        served(&release, move || {
            let failing = once.lock().expect("no panic").take();
            failing.unwrap_or_else(|| Reply::bytes(200, "", SMALL.clone()))
        });
        let machine = installed(&release, program);
        machine.install(&[]).assert_success();
        assert_eq!(machine.started(), "--version\ninstall\n");
    }
}

fn another_version() {
    let release = Release::of(&SMALL);
    for name in [SUMS, &archive_name(&system())] {
        let content = if name == SUMS { sums(&SMALL).into_bytes() } else { SMALL.clone() };
        let reply = move || Reply::bytes(200, "", content.clone());
        release.serve_path(&format!("/download/v9.9.9/{name}"), reply);
    }
    let machine = Machine::of(&release);
    let run = machine.install(&["--version", "9.9.9"]);
    assert_eq!(run.code(), Some(5), "{run}");
    assert!(error_of(&run).contains(&format!("has version {VERSION}")), "{run}");
    assert_eq!(machine.started(), "--version\n", "{run}");
    machine.assert_tidy(&run);
}

fn does_not_start() {
    let release = Release::of(&SMALL);
    let content = super::release::archive(&system(), b"\x7fELF of something else");
    assert_ne!(sha256(&content), sha256(&SMALL));
    signed(&release, content);
    let machine = Machine::of(&release);
    let run = machine.install(&[]);
    assert_eq!(run.code(), Some(1), "{run}");
    assert!(error_of(&run).contains("does not start"), "{run}");
    machine.assert_tidy(&run);
}
