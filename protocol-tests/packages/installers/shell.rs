//! `install.sh` where all is well: every shell, every way of downloading, and what is left afterwards.

use std::fs;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::machine::{LIMIT, Machine, error_of};
use super::release::{
    REAL, Release, SMALL, VERSION, archive_name, ending, script_file, system, unpacked,
};
use crate::support::dotnet::find_on_path;
use crate::support::fake_codeartifact::http::{Ending, Reply, Server};
use crate::support::fake_internet::FakeInternet;
use crate::support::pages::{blocks, pages};
use crate::support::process;
use crate::support::sandbox_home::PLUGIN_NAME;
use crate::support::trials::{Need, Trial, named, trial};

/// What people run as `sh`, somewhere.
const SHELLS: [&str; 8] =
    ["dash", "bash", "bash --posix", "busybox ash", "ksh", "mksh", "zsh", "zsh --emulate sh"];

/// A name for the server of a release, which only the proxy knows.
const HOST: &str = "releases.example.com";

pub fn trials() -> Vec<Trial> {
    let mut trials = named![
        a_script_that_was_cut_off_runs_nothing,
        its_address_is_the_one_of_the_project,
        another_way_is_said_where_nothing_can_download,
        a_version_is_taken_from_its_own_address,
        the_digest_may_be_given_instead_of_the_list,
        all_files_are_of_one_release_though_the_latest_changes,
        two_at_once_install_once,
        nobody_who_reads_is_no_failure,
        without_tar_or_gzip_nothing_is_downloaded,
        a_tilde_is_the_home,
        a_proxy_that_wants_a_password_is_said,
        a_killed_run_leaves_nothing_and_the_next_one_installs,
        https_through_a_proxy_with_an_authority_of_its_own,
        who_built_it_is_verified_where_gh_is_signed_in,
    ];
    trials.push(trial("the_line_of_the_page_installs", page_line).needing(Need::Curl));
    let lines = trial("the_lines_of_the_pages_reach_this_version", page_lines_reach_this_version);
    trials.push(lines.needing(Need::Curl));
    trials.push(trial("shellcheck_has_nothing_to_say", shellcheck).needing(Need::Shellcheck));
    for shell in SHELLS {
        let name = format!("{}_installs", shell.replace([' ', '-'], "_"));
        let program = shell.split(' ').next().unwrap_or_default();
        let test = trial(name, move || installs_by(shell));
        trials.push(match program {
            "busybox" => test.needing(Need::Busybox),
            other => test.where_possible(find_on_path(other).is_some()),
        });
    }
    trials.push(trial("wget_downloads", || downloads_with(&["wget"])).needing(Need::Wget));
    let busybox = || downloads_with(&["wget:busybox"]);
    trials.push(trial("wget_of_busybox_downloads", busybox).needing(Need::Busybox));
    for program in ["sha256sum", "shasum", "openssl"] {
        let test = move || checks_with(program);
        let is_here = find_on_path(program).is_some();
        trials.push(trial(format!("{program}_checks"), test).where_possible(is_here));
    }
    trials.push(trial("without_any_program_for_digests_nothing_is_installed", no_digests));
    let busybox = trial("wget_of_busybox_sends_nothing_through_a_proxy", busybox_and_a_proxy);
    trials.push(busybox.needing(Need::Busybox));
    let full = trial("a_full_temporary_folder_is_said", full_temporary_folder);
    trials.push(full.needing(Need::MountNamespace));
    let other = trial("root_in_a_home_of_another_user_installs_for_that_user", home_of_another);
    trials.push(other.needing(Need::OtherUser));
    let noexec = trial("where_programs_do_not_start_in_tmp_the_home_is_used", tmp_without_programs);
    trials.push(noexec.needing(Need::MountNamespace));
    let readonly = trial("a_home_that_cannot_be_written_is_said", read_only_home);
    trials.push(readonly.needing(Need::OtherUser));
    trials
}

/// The machine of somebody who reads the pages, and whose way to GitHub ends at this release.
fn reader(release: &Release) -> (Machine, FakeInternet) {
    let internet = FakeInternet::before(release.server.host(), &["github.com"]);
    let mut machine = Machine::new();
    let authority = machine.path("authority.pem");
    fs::write(&authority, internet.authority()).expect("a file");
    machine.set("CURL_CA_BUNDLE", &authority.to_string_lossy());
    machine.set("HTTPS_PROXY", &internet.proxy_url());
    (machine, internet)
}

/// Every line on the pages that pipes the installer into a shell, with its page.
fn page_lines() -> Vec<(String, String)> {
    let pages = pages();
    let lines = pages.iter().flat_map(|page| {
        let blocks = blocks(page).into_iter().filter(|block| block.language == "sh");
        let lines = blocks.flat_map(|it| it.text.lines().map(str::to_owned).collect::<Vec<_>>());
        lines.filter(|it| it.contains("install.sh | ")).map(|line| (page.name.clone(), line))
    });
    lines.collect()
}

fn page_lines_reach_this_version() {
    let lines = page_lines();
    let pages: Vec<_> = lines.iter().map(|(page, _)| page.as_str()).collect();
    for page in ["README.md", "docs/install.md"] {
        assert!(pages.contains(&page), "{pages:?}");
    }
    for (page, line) in lines {
        let release = Release::of(&SMALL);
        let (machine, _internet) = reader(&release);
        let run = machine.run(&["sh", "-c", &line]);
        assert!(run.succeeded(), "{page}: {run}");
        let options = if line.contains("--netcore-only") { " --netcore-only" } else { "" };
        assert_eq!(machine.started(), format!("--version\ninstall{options}\n"), "{page}: {line}");
    }
}

/// As a reader pastes it, three times: new, again, and removed.
fn page_line() {
    let release = Release::of(&REAL);
    let (machine, _internet) = reader(&release);
    let (_, line) =
        page_lines().into_iter().find(|(page, _)| page == "README.md").expect("the line");
    let first = machine.run(&["sh", "-c", &line]);
    first.assert_success().assert_says("installed: ").assert_says("setup");
    first.assert_says(&format!("verified: version {VERSION}, SHA-256 "));
    machine.assert_tidy(&first);
    let plugin = machine.home().join(".nuget/plugins/netcore").join(PLUGIN_NAME).join(PLUGIN_NAME);
    let version = machine.run(&[&plugin.to_string_lossy(), "--version"]);
    version.assert_success().assert_says(VERSION);
    let before = machine.state();
    let again = machine.run(&["sh", "-c", &line]);
    again.assert_success().assert_says("already up to date: ");
    assert_eq!(again.stdout.lines().filter(|it| !it.starts_with("note: ")).count(), 1, "{again}");
    assert_eq!(machine.state(), before, "{again}");
    let asked = release.server.requests().len();
    let removed = machine.run(&["sh", "-c", &format!("{line} -s -- --uninstall")]);
    removed.assert_success().assert_says("removed: ");
    assert!(!plugin.exists(), "{removed}");
    // The script, by two requests, and nothing else.
    assert_eq!(release.server.requests().len(), asked + 2, "{removed}");
    machine.assert_tidy(&removed);
}

fn shellcheck() {
    let script = script_file("install.sh");
    let run = Machine::new().run(&["shellcheck", &script.to_string_lossy()]);
    run.assert_success();
}

fn its_address_is_the_one_of_the_project() {
    for script in ["install.sh", "install.ps1"] {
        let text = fs::read_to_string(script_file(script)).expect("a script");
        let addresses = text.split("https://").skip(1);
        let github: Vec<_> = addresses.filter(|it| it.starts_with("github.com/")).collect();
        let ours = env!("CARGO_PKG_REPOSITORY").trim_start_matches("https://");
        assert!(github.len() >= 2, "{script}");
        // Alone, it is a prefix that is taken off.
        let is_ours = |it: &&str| it.starts_with(ours) || it.starts_with("github.com/}");
        assert!(github.iter().all(is_ours), "{script}: {github:?}");
    }
}

fn installs_by(shell: &str) {
    let release = Release::of(&SMALL);
    let mut machine = Machine::of(&release);
    machine.set("TAR_OPTIONS", "--verbose");
    let run = machine.install_by(shell, &["--netcore-only", "--dir", "a folder/of mine"]);
    run.assert_success();
    let started = "--version\ninstall --netcore-only --dir a folder/of mine\n";
    assert_eq!(machine.started(), started, "{run}");
    machine.assert_tidy(&run);
    release.has(&archive_name(&system()), b"something else".to_vec());
    let run = machine.install_by(shell, &[]);
    assert_eq!(run.code(), Some(5), "{run}");
    assert_eq!(machine.started(), started, "{run}");
    machine.assert_tidy(&run);
    let run = machine.install_by(shell, &["--version", "0.1"]);
    assert_eq!(run.code(), Some(2), "{run}");
}

fn downloads_with(programs: &[&str]) {
    let release = Release::of(&SMALL);
    let mut machine = Machine::of(&release);
    machine.only_with(programs).only_with(&["sha256sum"]);
    let run = machine.install(&[]);
    run.assert_success();
    assert_eq!(machine.started(), "--version\ninstall\n", "{run}");
    assert_eq!(release.asked(), ["SHA256SUMS", &archive_name(&system())], "{run}");
    machine.assert_tidy(&run);
}

fn another_way_is_said_where_nothing_can_download() {
    let mut machine = Machine::new();
    let run = machine.only_with(&["sha256sum"]).install(&[]);
    assert_eq!(run.code(), Some(3), "{run}");
    let error = error_of(&run);
    assert!(error.contains("Neither curl nor wget") && error.contains("--offline"), "{run}");
}

fn checks_with(program: &str) {
    let release = Release::of(&SMALL);
    let mut machine = Machine::of(&release);
    // shasum is a program of Perl's.
    machine.only_with(&["curl", "perl", program]);
    machine.install(&[]).assert_success();
    assert_eq!(machine.started(), "--version\ninstall\n");
}

fn no_digests() {
    let release = Release::of(&SMALL);
    let mut machine = Machine::of(&release);
    let run = machine.only_with(&["curl"]).install(&[]);
    assert_eq!(run.code(), Some(3), "{run}");
    assert!(error_of(&run).contains("SHA-256"), "{run}");
    assert_eq!(machine.started(), "", "{run}");
    machine.assert_tidy(&run);
}

fn a_script_that_was_cut_off_runs_nothing() {
    let release = Release::of(&SMALL);
    let machine = Machine::of(&release);
    let text = fs::read_to_string(script_file("install.sh")).expect("the script");
    let text = text.trim_end();
    let last_line = text.rfind('\n').expect("lines");
    let lines = text.match_indices('\n').map(|(at, _)| at + 1).step_by(20);
    let cuts = lines.chain(last_line..text.len());
    for cut in cuts.filter(|cut| text.is_char_boundary(*cut)) {
        let script = machine.path("work/cut.sh");
        fs::write(&script, &text[..cut]).expect("a file");
        let run = machine.run(&["sh", "cut.sh", "--uninstall"]);
        assert_eq!(run.stdout, "", "cut at {cut}: {run}");
    }
    fs::remove_file(machine.path("work/cut.sh")).expect("the file");
    assert_eq!(release.server.requests(), [""; 0]);
    assert_eq!(machine.state().len(), 0);
}

fn a_version_is_taken_from_its_own_address() {
    let release = Release::of(&SMALL);
    let machine = Machine::of(&release);
    machine.install(&["--version", VERSION]).assert_success();
    machine.install(&[&format!("--version=v{VERSION}")]).assert_success();
    let requests = release.server.requests();
    assert_eq!(requests.len(), 4, "{requests:#?}");
    assert!(requests.iter().all(|it| it.contains(&format!("/download/v{VERSION}/"))));
}

fn the_digest_may_be_given_instead_of_the_list() {
    let release = Release::of(&SMALL);
    release.has("SHA256SUMS", b"nothing of use".to_vec());
    let machine = Machine::of(&release);
    let digest = super::release::sha256(&SMALL);
    machine.install(&["--sha256", &digest]).assert_success();
    machine.install(&["--sha256", &digest.to_ascii_uppercase()]).assert_success();
    assert_eq!(release.asked(), [archive_name(&system())]);
    let run = machine.install(&["--sha256", &"0".repeat(64)]);
    assert_eq!(run.code(), Some(5), "{run}");
}

/// A release that is published while an installer runs.
fn all_files_are_of_one_release_though_the_latest_changes() {
    let release = Release::of(&SMALL);
    let latest = format!("/latest/download/{}", archive_name(&system()));
    release.serve_path(&latest, || ending(Ending::Whole, b"of the next release"));
    let machine = Machine::of(&release);
    machine.install(&[]).assert_success();
}

fn two_at_once_install_once() {
    let release = Release::of(&REAL);
    let machine = Machine::of(&release);
    let script = machine.script("install.sh");
    let start = || {
        let mut command = machine.command(&["sh", &script.to_string_lossy()]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("a shell")
    };
    for mut child in [start(), start()] {
        let status = process::wait(&mut child, Instant::now() + LIMIT);
        assert!(status.is_some_and(|status| status.success()), "{status:?}");
    }
    let run = machine.install(&[]);
    run.assert_success().assert_says("already up to date: ");
    machine.assert_tidy(&run);
}

fn a_killed_run_leaves_nothing_and_the_next_one_installs() {
    use rustix::process::{Pid, Signal, kill_process};
    let signals = [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)];
    let shells = ["sh", "mksh"].into_iter().filter(|it| find_on_path(it).is_some());
    let cases = shells.flat_map(|shell| signals.map(|(signal, code)| (shell, signal, code)));
    for (shell, signal, code) in cases {
        let release = Release::of(&SMALL);
        let archive = archive_name(&system());
        release.serve(&archive, || ending(Ending::Slow, b"the beginning"));
        let machine = Machine::of(&release);
        let script = machine.script("install.sh");
        let script = script.to_string_lossy();
        // Where the tests run in the background, a shell would ignore what they ignore.
        let words = ["env", "--default-signal=HUP,INT", shell, &*script];
        let mut command =
            machine.command(if cfg!(target_os = "linux") { &words } else { &words[2..] });
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("a shell");
        wait_until(&mut child, || release.asked().contains(&archive));
        kill_process(Pid::from_child(&child), signal).expect("it runs");
        let status = process::wait(&mut child, Instant::now() + Duration::from_secs(20));
        assert_eq!(
            status.and_then(|status| status.code()),
            Some(code),
            "{shell}: {signal:?}: {status:?}"
        );
        assert_eq!(machine.started(), "");
        release.has(&archive, SMALL.clone());
        let run = machine.install(&[]);
        run.assert_success();
        assert_eq!(machine.started(), "--version\ninstall\n");
        machine.assert_tidy(&run);
    }
}

fn wait_until(child: &mut Child, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !is_so() {
        let status = child.try_wait().expect("a child");
        assert!(status.is_none() && Instant::now() < deadline, "{status:?}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn https_through_a_proxy_with_an_authority_of_its_own() {
    let release = Release::of(&SMALL);
    let internet = FakeInternet::before(release.server.host(), &[HOST]);
    let mut machine = Machine::of(&release);
    let authority = machine.path("the authority.pem");
    fs::write(&authority, internet.authority()).expect("a file");
    let authority = authority.to_string_lossy().into_owned();
    machine.set("CODEARTIFACT_NUGET_RELEASES", &format!("https://{HOST}/releases/"));
    machine.set("HTTPS_PROXY", &internet.proxy_url());
    let mut used = 0;
    for downloader in ["curl", "wget"].into_iter().filter(|it| find_on_path(it).is_some()) {
        let _ = fs::remove_file(machine.path("bin").join("curl"));
        machine.only_with(&["sha256sum", "perl", "shasum", downloader]);
        let run = machine.install(&[]);
        assert_eq!(run.code(), Some(4), "{run}");
        assert!(error_of(&run).contains("certificate is not trusted"), "{run}");
        for variable in ["CURL_CA_BUNDLE", "SSL_CERT_FILE", "AWS_CA_BUNDLE"] {
            machine.set(variable, &authority);
            let run = machine.install(&[]);
            assert!(run.succeeded(), "{variable}: {run}");
            machine.set(variable, "/missing/authority.pem");
            let run = machine.install(&[]);
            assert!(error_of(&run).contains("cannot be read: /missing/authority.pem"), "{run}");
            machine.variables.remove(variable);
        }
        machine.set("AWS_CA_BUNDLE", &authority);
        // Never to http, wherever that leads.
        for elsewhere in [format!("http://{HOST}/"), release.url()] {
            let other = format!("{elsewhere}/download/v{VERSION}/SHA256SUMS");
            release.serve_path("/latest/download/SHA256SUMS", move || {
                Reply::status(302).with_header("location", other.clone())
            });
            let run = machine.install(&[]);
            assert_eq!(run.code(), Some(4), "{run}");
            assert!(error_of(&run).contains("not https"), "{run}");
        }
        machine.variables.remove("AWS_CA_BUNDLE");
        used = internet.targets().len();
        release.forget("/latest/download/SHA256SUMS");
    }
    assert!(used > 0);
    assert!(internet.targets().iter().all(|it| *it == format!("{HOST}:443")));
}

fn a_proxy_that_wants_a_password_is_said() {
    let proxy = Server::start(|_| Reply::status(407));
    let mut machine = Machine::new();
    machine.set("CODEARTIFACT_NUGET_RELEASES", &format!("https://{HOST}/releases"));
    machine.set("HTTPS_PROXY", &format!("http://name:word@{}", proxy.host()));
    for downloader in ["curl", "wget"].into_iter().filter(|it| find_on_path(it).is_some()) {
        let _ = fs::remove_file(machine.path("bin").join("curl"));
        let asked = proxy.requests().len();
        let run = machine.only_with(&["sha256sum", "perl", "shasum", downloader]).install(&[]);
        assert_eq!(run.code(), Some(4), "{run}");
        let error = error_of(&run);
        assert!(error.contains("requires a user name and a password"), "{run}");
        assert!(!error.contains("name:word"), "{run}");
        // Once more would not help.
        assert_eq!(proxy.requests().len(), asked + 1, "{run}");
    }
}

/// It would ask the proxy for an https address without TLS: the proxy, and whoever is on the way to it,
/// could send any program.
fn busybox_and_a_proxy() {
    let release = Release::of(&SMALL);
    for (variable, says) in [("http_proxy", "wget failed"), ("HTTPS_PROXY", "install curl")] {
        let mut machine = Machine::new();
        machine.set("CODEARTIFACT_NUGET_RELEASES", "https://releases.invalid/releases");
        machine.set(variable, &format!("http://{}", release.server.host()));
        let run = machine.only_with(&["wget:busybox", "sha256sum"]).install(&[]);
        assert_eq!(run.code(), Some(4), "{run}");
        assert!(error_of(&run).contains(says), "{run}");
    }
    assert_eq!(release.server.requests(), [""; 0]);
}

fn nobody_who_reads_is_no_failure() {
    for ending in ["2>&-", ">&- 2>&-", "2>&1 | true"] {
        let release = Release::of(&SMALL);
        let machine = Machine::of(&release);
        let script = machine.script("install.sh").to_string_lossy().into_owned();
        let line = format!("sh \"$1\" --netcore-only {ending}");
        machine.run(&["sh", "-c", &line, "sh", &script]);
        // The last shell does not wait for those before it in every system.
        let run = machine.install(&[]);
        assert!(machine.started().contains("install --netcore-only\n"), "{ending}: {run}");
        machine.assert_tidy(&run);
    }
}

fn without_tar_or_gzip_nothing_is_downloaded() {
    for program in ["tar", "gzip"] {
        let release = Release::of(&SMALL);
        let mut machine = Machine::of(&release);
        machine.only_with(&["curl", "sha256sum"]);
        fs::remove_file(machine.path("bin").join(program)).expect("a link");
        let run = machine.install(&[]);
        // Not every tar needs the other one.
        if run.succeeded() && program == "gzip" {
            continue;
        }
        assert_eq!(run.code(), Some(3), "{run}");
        assert!(error_of(&run).contains(&format!("`{program}` is not installed")), "{run}");
        assert_eq!(release.server.requests(), [""; 0], "{run}");
    }
}

/// No shell replaces it behind an equals sign.
fn a_tilde_is_the_home() {
    let release = Release::of(&SMALL);
    let machine = Machine::of(&release);
    machine.install(&["--dir=~/plug ins"]).assert_success();
    let folder = machine.home().join("plug ins");
    assert_eq!(machine.started(), format!("--version\ninstall --dir {}\n", folder.display()));
}

fn who_built_it_is_verified_where_gh_is_signed_in() {
    let release = Release::of(&SMALL);
    let machine = Machine::of(&release);
    let gh = |auth: u8, verify: u8| {
        machine.program(
            "gh",
            &format!(
                "echo \"$*\" >> \"$HOME/gh\"\ncase \"$*\" in\n*--help) exit 0 ;;\nauth*) exit {auth} ;;\n\
                 *) echo 'no attestations found'; exit {verify} ;;\nesac"
            ),
        );
    };
    gh(0, 0);
    let run = machine.install(&[]);
    run.assert_success().assert_says("built by the workflow of");
    let asked = fs::read_to_string(machine.home().join("gh")).expect("it was asked");
    let repository = env!("CARGO_PKG_REPOSITORY").trim_start_matches("https://github.com/");
    let options = format!("--hostname github.com --repo {repository}\n");
    assert!(asked.contains("attestation verify ") && asked.ends_with(&options), "{asked}");
    gh(0, 1);
    let run = machine.install(&[]);
    assert_eq!(run.code(), Some(5), "{run}");
    assert!(error_of(&run).contains("no attestations found"), "{run}");
    machine.install(&["--no-provenance"]).assert_success().assert_silent_on("built by");
    gh(4, 1);
    machine.install(&[]).assert_success().assert_says("gh is not signed in");
    machine.program("gh", "exit 1");
    machine.install(&[]).assert_success().assert_silent_on("gh ");
    assert_eq!(machine.started().matches("install").count(), 4);
}

fn tmp_without_programs() {
    let release = Release::of(&SMALL);
    let machine = Machine::of(&release);
    let script = machine.script("install.sh");
    let script = format!(
        "mount -t tmpfs -o noexec tmpfs \"$TMPDIR\" && sh '{}' && ls -A \"$TMPDIR\"",
        script.to_string_lossy()
    );
    let run = machine.run(&["unshare", "-m", "sh", "-c", &script.replace("Zoë's", "Zoë'\\''s")]);
    run.assert_success();
    assert_eq!(run.stdout, "", "{run}");
    assert_eq!(machine.started(), "--version\ninstall\n");
    machine.assert_tidy(&run);
}

fn full_temporary_folder() {
    let release = Release::of(&REAL);
    let machine = Machine::of(&release);
    let script = machine.script("install.sh").to_string_lossy().into_owned();
    let half = REAL.len() / 2;
    for (size, code, says) in [
        (half, 4, "could not be written to"),
        (REAL.len() + half, 1, "could not be written. Nothing was installed"),
    ] {
        let line = format!("mount -t tmpfs -o size={size} tmpfs \"$TMPDIR\" && sh \"$1\"");
        let run = machine.run(&["unshare", "-m", "sh", "-c", &line, "sh", &script]);
        assert_eq!(run.code(), Some(code), "{run}");
        let error = error_of(&run);
        assert!(error.contains(says) && error.contains("set TMPDIR"), "{run}");
        machine.assert_tidy(&run);
        assert_eq!(machine.state().len(), 0);
    }
}

/// As in a container of GitHub Actions, and with a `sudo` that keeps HOME.
fn home_of_another() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    let release = Release::of(&REAL);
    let machine = Machine::of(&release);
    for (folder, mode) in [("", 0o755), ("home of Zoë", 0o755), ("tmp $TMP", 0o1777)] {
        let mode = fs::Permissions::from_mode(mode);
        fs::set_permissions(machine.path(folder), mode).expect("its mode");
    }
    chown(machine.home(), Some(65_534), Some(65_534)).expect("root can");
    let run = machine.install(&[]);
    run.assert_success().assert_silent_on("for root alone");
    for file in machine.state().keys() {
        assert_eq!(fs::metadata(file).expect("a file").uid(), 65_534, "{}", file.display());
    }
    assert!(!machine.state().is_empty(), "{run}");
    machine.assert_tidy(&run);
    // An earlier step of root has made what is that user's now.
    let made = machine.home().join(".nuget/plugins");
    fs::rename(&made, machine.home().join("moved")).expect("another name");
    chown(made.parent().expect("a folder"), Some(0), Some(0)).expect("root can");
    let run = machine.install(&[]);
    assert_eq!(run.code(), Some(1), "{run}");
    let error = error_of(&run);
    assert!(error.contains(".nuget` belongs to user 0, and this runs as user 65534"), "{run}");
    assert!(error.contains("chown -R 65534 '"), "{run}");
}

fn read_only_home() {
    use std::os::unix::fs::PermissionsExt;
    let release = Release::of(&REAL);
    let machine = Machine::of(&release);
    let script = machine.script("install.sh");
    for (folder, mode) in [("", 0o755), ("home of Zoë", 0o555), ("tmp $TMP", 0o777)] {
        let mode = fs::Permissions::from_mode(mode);
        fs::set_permissions(machine.path(folder), mode).expect("its mode");
    }
    let ids = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
    let words: Vec<_> = ids.into_iter().chain(["sh", script.to_str().expect("text")]).collect();
    let run = machine.run(&words);
    assert_eq!(run.code(), Some(1), "{run}");
    assert!(error_of(&run).contains("home of Zoë"), "{run}");
    machine.assert_tidy(&run);
    assert_eq!(machine.state().len(), 0);
}

/// The files of an unpacked release, for other trials.
pub fn unpacked_release(machine: &Machine, program: &[u8]) -> String {
    let folder = machine.path("an unpacked release");
    unpacked(&folder, program);
    folder.to_string_lossy().into_owned()
}
