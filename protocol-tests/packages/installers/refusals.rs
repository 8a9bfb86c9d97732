//! Releases that are not as they should be. Whatever a server sends, the home stays as it was, nothing
//! that was downloaded has been started, no file is left, and one line says what to do.

use std::fs;

use super::machine::{Machine, error_of};
use super::release::{
    NAME, Release, SMALL, STUB, VERSION, archive_name, ending, packed, sha256, sums, system,
    unpacked,
};
use crate::support::fake_codeartifact::http::{Ending, Reply};
use crate::support::trials::{Need, Trial, trial};

/// What is wrong with a release, and what has to be said.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    /// Changes the release, and the archive in it.
    spoil: fn(&Release),
    code: i32,
    /// Some part of the line.
    says: &'static str,
    /// How often the file in question is requested: what may pass is tried three times.
    attempts: usize,
}

const CASES: [Case; 27] = [
    case("no_checksums", no_list, 4, "HTTP 404", 1),
    case("empty_checksums", |it| list(it, ""), 5, "does not name", 1),
    case("checksums_twice", |it| list(it, &sums(&SMALL).repeat(2)), 5, "twice", 1),
    case("checksums_of_another", |it| list(it, &other_sums()), 5, "does not name", 1),
    case("checksums_of_a_longer_name", |it| list(it, &longer_sums()), 5, "does not name", 1),
    case("a_page_as_checksums", |it| list(it, "<html>Sign in</html>\n"), 5, "not a list", 1),
    case("short_checksums", |it| list(it, &sums(&SMALL)[1..]), 5, "not a list", 1),
    case("checksums_of_capital_letters", |it| list(it, &capitals()), 5, "not a list", 1),
    case("checksums_with_one_blank", |it| list(it, &one_blank()), 5, "not a list", 1),
    case("checksums_with_a_note", |it| list(it, &(sums(&SMALL) + "note\n")), 5, "not a list", 1),
    case("huge_checksums", |it| list(it, &sums(&SMALL).repeat(2_000)), 4, "larger", 1),
    case("endless_checksums", |it| endless(it, SUMS), 4, "larger", 1),
    case("no_archive", |it| served(it, || Reply::status(404)), 4, "HTTP 404", 1),
    case("forbidden_archive", |it| served(it, || Reply::status(403)), 4, "HTTP 403", 1),
    case("failing_server", |it| served(it, || Reply::status(500)), 4, "HTTP 500", 3),
    case("busy_server", |it| served(it, || Reply::status(503)), 4, "HTTP 503", 3),
    case("cut_archive", |it| served(it, || ending(Ending::Truncated, b"half")), 4, "", 3),
    case("closed_connection", |it| served(it, || Reply::ending(Ending::Closed)), 4, "", 3),
    case("short_archive", |it| archive(it, &SMALL[..SMALL.len() / 2]), 5, "not the file", 1),
    case("empty_archive", |it| archive(it, b""), 5, "not the file", 1),
    case("another_archive", |it| archive(it, b"of a stranger"), 5, "not the file", 1),
    case("endless_archive", |it| endless(it, ""), 4, "larger", 1),
    case("http_redirect", |it| redirected(it, "http://releases.example.com/x"), 4, "not https", 1),
    case("file_redirect", |it| redirected(it, "file:///etc/passwd"), 4, "not https", 1),
    case("damaged_archive", |it| signed(it, damaged()), 5, "could not be unpacked", 1),
    case("files_outside", |it| signed(it, outside()), 5, "files outside", 1),
    case("a_link_as_the_program", |it| signed(it, link()), 5, "has no program", 1),
];

const SUMS: &str = "SHA256SUMS";

const fn case(
    name: &'static str,
    spoil: fn(&Release),
    code: i32,
    says: &'static str,
    attempts: usize,
) -> Case {
    Case { name, spoil, code, says, attempts }
}

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

fn list(release: &Release, text: &str) {
    release.has(SUMS, text.as_bytes().to_vec());
}

fn no_list(release: &Release) {
    release.serve(SUMS, || Reply::status(404));
}

fn other_sums() -> String {
    sums(&SMALL).replace(&system(), "plan9-x64")
}

fn longer_sums() -> String {
    sums(&SMALL).replace(".gz", ".gz.sig")
}

fn capitals() -> String {
    let line = sums(&SMALL);
    let (digest, name) = line.split_at(64);
    format!("{}{name}", digest.to_uppercase())
}

fn one_blank() -> String {
    sums(&SMALL).replace("  ", " ")
}

fn served(release: &Release, reply: impl Fn() -> Reply + Send + Sync + 'static) {
    release.serve(&archive_name(&system()), reply);
}

fn archive(release: &Release, content: &[u8]) {
    release.has(&archive_name(&system()), content.to_vec());
}

/// An archive of which the list of checksums says that it is right.
fn signed(release: &Release, content: Vec<u8>) {
    list(release, &sums(&content));
    release.has(&archive_name(&system()), content);
}

fn endless(release: &Release, name: &str) {
    let name = if name.is_empty() { archive_name(&system()) } else { name.to_owned() };
    let text = sums(&SMALL).repeat(1_000);
    release.serve(&name, move || ending(Ending::Endless, text.as_bytes()));
}

fn redirected(release: &Release, to: &'static str) {
    served(release, move || Reply::status(302).with_header("location", to));
}

fn damaged() -> Vec<u8> {
    SMALL[..SMALL.len() / 2].to_vec()
}

/// Files beside the folder, and with `..` in their names.
fn outside() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let stem = format!("{NAME}-{}", system());
    unpacked(&folder.path().join(&stem), STUB.as_bytes());
    fs::write(folder.path().join("escaped"), "").expect("a file");
    let inside = folder.path().join(&stem);
    packed(&inside, &["-P", "-C", "..", &stem, &format!("{stem}/../escaped")])
}

/// A link to a program of the system.
fn link() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let stem = format!("{NAME}-{}", system());
    fs::create_dir(folder.path().join(&stem)).expect("a folder");
    let link = folder.path().join(&stem).join(NAME);
    std::os::unix::fs::symlink("/bin/sh", link).expect("a link");
    packed(folder.path(), &[&stem])
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
