//! `scrub` over several files, with copies, in a git repository, and where nothing is sure.

use std::fs;
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::{NAME, PROJECT};
use crate::support::sandbox_home::SandboxHome;
use crate::support::trials::{Need, Trial, trial};

const USER: &str = "home/.nuget/NuGet/NuGet.Config";
const FEED: &str = "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json";

pub fn trials() -> Vec<Trial> {
    vec![
        trial("scrub_the_same_source_in_two_layers", two_layers),
        trial("scrub_one_file", one_file),
        trial("scrub_says_what_it_found", what_is_said),
        trial("scrub_as_json", as_json),
        trial("scrub_leaves_what_is_not_sure", not_sure),
        trial("scrub_a_variable", variable),
        trial("scrub_names_what_may_hold_a_token", may_hold),
        trial("scrub_quotes_nothing_of_a_broken_file", broken_by_a_password),
        trial("scrub_of_thousands_is_done_in_one_walk", thousands),
        trial("scrub_other_clients_files", other_clients),
        trial("scrub_a_missing_file", missing_file),
        trial("scrub_beside_a_broken_file", beside_a_broken_file),
        trial("scrub_an_old_file", old_file),
        trial("scrub_says_what_git_keeps", git_keeps).needing(Need::Git),
        trial("scrub_reads_every_index_of_git", git_indexes).needing(Need::Git),
        trial("scrub_reads_the_index_of_a_linked_work_tree", git_work_trees).needing(Need::Git),
        #[cfg(unix)]
        trial("scrub_starts_nothing_of_a_repository", strangers_repositories),
        trial("scrub_with_a_broken_configuration", broken_configuration),
        #[cfg(unix)]
        trial("scrub_one_file_by_two_names", two_names),
        #[cfg(unix)]
        trial("scrub_says_that_a_hard_link_stays", hard_link),
        #[cfg(unix)]
        trial("scrub_keeps_the_owner", owner).where_possible(is_root()),
        #[cfg(unix)]
        trial("scrub_with_a_copy", with_a_copy),
        trial("scrub_copies_into_no_work_tree", no_work_tree),
        #[cfg(unix)]
        trial("scrub_keeps_link_mode_and_neighbours", link_and_mode),
    ]
}

/// A file with this source and its credentials.
fn config(name: &str, url: &str, user: &str, password: &str) -> String {
    let source = format!("<add key='{name}' value='{url}' />");
    let sources = if url.is_empty() { String::new() } else { source };
    format!(
        "<configuration>\n  <packageSources>{sources}</packageSources>\n  <packageSourceCredentials>\n    \
         <{name}>\n      <add key='Username' value='{user}' />\n      <add key='ClearTextPassword' \
         value='{password}' />\n    </{name}>\n  </packageSourceCredentials>\n</configuration>\n"
    )
}

/// The same without its credentials.
fn scrubbed(name: &str, url: &str) -> String {
    let whole = config(name, url, "", "");
    let (start, _) = whole.split_once("  <packageSourceCredentials>").unwrap();
    format!("{start}</configuration>\n")
}

fn text(home: &SandboxHome, name: &str) -> String {
    String::from_utf8(home.read(name)).unwrap()
}

/// The credentials are in one file, and the source in the other.
fn two_layers() {
    let home = SandboxHome::new();
    home.write(PROJECT, &config("ours", FEED, "aws", "hunter2"));
    home.write(USER, &config("ours", "", "aws", "hunter2"));
    let run = home.run_plugin(&["scrub", "--yes"]);
    run.assert_success().assert_silent_on("hunter2");
    assert_eq!(text(&home, PROJECT), scrubbed("ours", FEED));
    assert_eq!(text(&home, USER), scrubbed("ours", ""));
}

fn one_file() {
    let home = SandboxHome::new();
    home.write(PROJECT, &config("ours", FEED, "aws", "hunter2"));
    let before = config("ours", "", "aws", "hunter2");
    home.write(USER, &before);
    home.write("project/elsewhere/other.config", &before);
    home.run_plugin(&["scrub", "elsewhere/other.config", "--yes"]).assert_success();
    assert_eq!(text(&home, "project/elsewhere/other.config"), scrubbed("ours", ""));
    assert_eq!(text(&home, USER), before);
    assert_eq!(text(&home, PROJECT), config("ours", FEED, "aws", "hunter2"));
    // The other effective files show whose source it is, from whatever folder the search starts.
    let sub = "project/sub/nuget.config";
    home.write(sub, &before);
    let elsewhere = SandboxHome::new();
    let path = home.path(sub).to_string_lossy().into_owned();
    elsewhere.run_plugin(&["scrub", &path, "--yes"]).assert_success();
    assert_eq!(text(&home, sub), scrubbed("ours", ""));
    // The file's own source with this name takes precedence over those of other files.
    let theirs = config("ours", "https://nuget.example/", "aws", "hunter2");
    home.write("project/d.config", &theirs);
    home.run_plugin(&["scrub", "d.config", "--yes"]).assert_success();
    assert_eq!(text(&home, "project/d.config"), theirs);
}

fn what_is_said() {
    let home = SandboxHome::new();
    home.write(PROJECT, &config("ours", FEED, "aws", "hunter2"));
    let shown = |state: &str| {
        format!(
            "<root>/{PROJECT}\n  line 4: `ours`, clear-text password (CodeArtifact: repository \
             `my-repo`, domain `my-domain` (111122223333, eu-west-1)): {state}\n  - <ours>\n  \
             -   <add key='Username' value='aws' />\n  -   <add key='ClearTextPassword' value='…' />\n  \
             - </ours>\n  note: a token in it may live for another 12 h, by when the file was written \
             (12 h is the longest)\n"
        )
    };
    let run = home.run_plugin(&["scrub"]);
    assert_eq!(
        home.neutral(&run.stdout),
        format!(
            "{}Nothing was changed. To remove them, run this again with --yes.\n",
            shown("found")
        )
    );
    assert_eq!((run.code(), &*run.stderr), (Some(3), ""));
    let run = home.run_plugin(&["scrub", "--yes"]);
    assert_eq!(home.neutral(&run.stdout), shown("removed"));
    assert_eq!(run.code(), Some(0));
}

fn as_json() {
    let home = SandboxHome::new();
    let path = home.write(PROJECT, &config("ours", FEED, "aws", "hunter2"));
    let run = home.run_plugin(&["scrub", "--json"]);
    let mut report = run.result();
    let expiration = report["files"][0]["expiration"].take();
    assert!(expiration.as_str().is_some_and(|time| time.ends_with('Z')), "{expiration}");
    let expected = json!({"files": [{
        "path": path, "trackedByGit": false, "expiration": null, "removed": false,
        "backup": null, "problem": null,
        "findings": [{
            "source": "ours", "line": 4, "password": "clearText", "variable": null, "certain": true,
            "reason": "CodeArtifact: repository `my-repo`, domain `my-domain` (111122223333, \
                       eu-west-1)"
        }]
    }]});
    assert_eq!((&report, run.code()), (&expected, Some(3)));
    let run = home.run_plugin(&["scrub", "--json", "--yes"]);
    report = run.result();
    assert_eq!((&report["files"][0]["removed"], run.code()), (&json!(true), Some(0)));
    let run = home.run_plugin(&["scrub", "--json"]);
    assert_eq!((run.result(), run.code()), (json!({ "files": [] }), Some(0)));
}

/// Their source is gone, or also belongs to another provider.
fn not_sure() {
    let home = SandboxHome::new();
    let gone = config("gone", "", "aws", "hunter2");
    home.write(PROJECT, &gone);
    home.write(USER, &config("gone2", "https://nuget.example/", "me", "hunter2"));
    let run = home.run_plugin(&["scrub", "--yes"]);
    run.assert_success().assert_silent_on("hunter2").assert_silent_on("gone2").assert_says(
        "line 4: `gone`, clear-text password (the user is `aws`, but no file has a source of that \
         name): left alone, remove it by hand if it is not needed",
    );
    assert_eq!(text(&home, PROJECT), gone);
}

fn variable() {
    let home = SandboxHome::new();
    home.write(PROJECT, &config("gone", "", "x", "%CODEARTIFACT_AUTH_TOKEN%"));
    let run = home.run_plugin(&["scrub", "--yes"]);
    run.assert_success().assert_says(
        "`gone`, password from the variable CODEARTIFACT_AUTH_TOKEN (the password is \
         `%CODEARTIFACT_AUTH_TOKEN%`): removed",
    );
    run.assert_silent_on("may live");
    assert_eq!(text(&home, PROJECT), scrubbed("gone", ""));
}

/// Nothing here is changed.
fn may_hold() {
    let home = SandboxHome::new();
    let source = |url: &str| {
        format!(
            "<configuration><packageSources><add key='a' value='{url}'/></packageSources></configuration>"
        )
    };
    let comment = "<configuration><!-- <a><add key='ClearTextPassword' value='hunter2'/></a> --></configuration>";
    let of_url = source(&FEED.replace("https://", "https://aws:hunter2@"));
    let with_delimiters = ["hunter2/x", "hunter2?x", "hunter2#x"]
        .map(|password| source(&FEED.replace("https://", &format!("https://aws:{password}@"))));
    let with_query = source(&format!("{}?key=hunter2", FEED.replace("https:", "http:")));
    let plain_http = config("a", &FEED.replace("https:", "http:"), "aws", "hunter2");
    let elsewhere =
        config("a", "https://proxy.example/v3/index.json", "me", "%CODEARTIFACT_AUTH_TOKEN%");
    for (text, said) in [
        (
            comment,
            "line 1: `a comment`, clear-text password (NuGet ignores it, but it may contain a token)",
        ),
        (
            &of_url,
            "line 1: `a`, clear-text password (the source's URL contains a password, so NuGet does not call the plugin for it)",
        ),
        (
            &with_delimiters[0],
            "line 1: `a`, clear-text password (the source's URL contains a password",
        ),
        (
            &with_delimiters[1],
            "line 1: `a`, clear-text password (the source's URL contains a password",
        ),
        (
            &with_delimiters[2],
            "line 1: `a`, clear-text password (the source's URL contains a password",
        ),
        (
            &with_query,
            "line 1: `a`, clear-text password (the source's URL has a query, which may contain a key)",
        ),
        (
            &plain_http,
            "line 4: `a`, clear-text password (the source's URL looks like CodeArtifact's)",
        ),
        (
            &elsewhere,
            "(the password is `%CODEARTIFACT_AUTH_TOKEN%`, but the source is another provider's)",
        ),
    ] {
        home.write(PROJECT, text);
        let run = home.run_plugin(&["scrub", "--yes"]);
        run.assert_success().assert_silent_on("hunter2").assert_says(said);
        run.assert_says("left alone, remove it by hand if it is not needed");
        home.run_plugin(&["scrub", "--json"]).assert_silent_on("hunter2");
        assert_eq!(self::text(&home, PROJECT), text);
    }
}

fn broken_by_a_password() {
    let home = SandboxHome::new();
    home.write(PROJECT, &config("ours", FEED, "aws", "x&hunter2;y"));
    let run = home.run_plugin(&["scrub", "--json"]);
    run.assert_failure().assert_silent_on("hunter2");
    assert_eq!(run.result()["files"], json!([]));
    assert!(run.problem().contains("has an error at line 6, column"), "{run}");
    home.run_plugin(&["scrub"]).assert_failure().assert_silent_on("No saved credentials");
}

fn thousands() {
    let home = SandboxHome::new();
    let entry = |at: usize| {
        format!(
            "<s{at}><add key='Username' value='aws'/><add key='ClearTextPassword' value='hunter2'/></s{at}>\n"
        )
    };
    let source = |at: usize| format!("<add key='s{at}' value='{FEED}'/>");
    let (sources, entries): (String, String) =
        ((0..3000).map(source).collect(), (0..3000).map(entry).collect());
    let file = |credentials: &str| {
        format!(
            "<configuration><packageSources>{sources}</packageSources>{credentials}</configuration>"
        )
    };
    let section = format!("<packageSourceCredentials>{entries}</packageSourceCredentials>");
    home.write(PROJECT, &file(&section));
    let run = home.run_plugin(&["scrub", "--yes"]);
    run.assert_success().assert_says("line 3000: `s2999`");
    assert_eq!(text(&home, PROJECT), file(""));
}

fn other_clients() {
    let mut home = SandboxHome::new();
    home.set("DOTNET_CLI_HOME", &home.root().join("cli").to_string_lossy());
    for file in [USER, "home/.config/NuGet/NuGet.Config"] {
        home.write(file, &config("ours", FEED, "aws", "hunter2"));
    }
    home.run_plugin(&["scrub", "--yes"]).assert_success();
    for file in [USER, "home/.config/NuGet/NuGet.Config"] {
        assert_eq!(text(&home, file), scrubbed("ours", FEED));
    }
}

fn missing_file() {
    let run = SandboxHome::new().run_plugin(&["scrub", "no.config"]);
    assert_eq!(
        (&*run.stderr, run.code()),
        (
            "error: [CNP406] `no.config` does not exist. Name a NuGet.Config, or none for all that NuGet \
             reads.\n",
            Some(1)
        )
    );
}

fn beside_a_broken_file() {
    let home = SandboxHome::new();
    home.write(PROJECT, "<configuration>");
    home.write(USER, &config("ours", FEED, "aws", "hunter2"));
    let run = home.run_plugin(&["scrub", "--yes"]);
    run.assert_failure().assert_says(&format!("{NAME}` has an error at line 1, column"));
    assert_eq!(text(&home, USER), scrubbed("ours", FEED));
}

fn old_file() {
    let home = SandboxHome::new();
    let path = home.write(PROJECT, &config("ours", FEED, "aws", "hunter2"));
    let yesterday = SystemTime::now() - Duration::from_hours(24);
    fs::File::options().append(true).open(path).unwrap().set_modified(yesterday).unwrap();
    home.run_plugin(&["scrub"])
        .assert_says("note: a token in it has expired, by when the file was written");
}

/// Runs git with these words in the project.
fn git(home: &SandboxHome, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=n", "-c", "user.email=e"]).args(arguments);
    home.prepare(&mut command);
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

const TRACKED: &str = "git has this file: what was committed stays in its history";
/// What is said of a file that git may have had.
fn perhaps() -> String {
    format!(
        "if this file was committed before, that stays in git's history; this shows it: \
         `git -C <root>/project log --all --oneline -- {NAME}`"
    )
}

/// What `scrub` says about git, and the value in its JSON.
#[track_caller]
fn assert_git(home: &SandboxHome, note: &str, value: &Value) {
    let run = home.run_plugin(&["scrub"]);
    let notes = home.neutral(&run.stdout);
    if note.is_empty() {
        assert!(!notes.contains("git"), "{notes}");
    } else {
        assert!(notes.contains(note), "{notes}");
    }
    let report = home.run_plugin(&["scrub", "--json"]).result();
    assert_eq!(report["files"][0]["trackedByGit"], *value);
}

fn git_keeps() {
    let home = SandboxHome::new();
    home.write(PROJECT, &config("ours", FEED, "aws", "hunter2"));
    assert_git(&home, "", &json!(false));
    git(&home, &["init", "-q"]);
    assert_git(&home, &perhaps(), &Value::Null);
    git(&home, &["add", NAME]);
    assert_git(&home, TRACKED, &json!(true));
    git(&home, &["commit", "-qm", "x"]);
    git(&home, &["rm", "-q", "--cached", NAME]);
    assert_git(&home, &perhaps(), &Value::Null);
    fs::rename(home.project().join(".git"), home.root().join("gone")).unwrap();
    home.write("project/.git", "gitdir: /nonexistent\n");
    assert_git(&home, &perhaps(), &Value::Null);
}

/// Every form in which git writes its index.
fn git_indexes() {
    for words in [
        &["init", "-q"][..],
        &["-c", "init.defaultObjectFormat=sha256", "init", "-q", "--object-format=sha256"],
    ] {
        for version in ["2", "3", "4"] {
            let home = SandboxHome::new();
            let neighbours = ["a", "nuget.configs", "nuget", "z/nuget.config"];
            for name in neighbours {
                home.write(&format!("project/{name}"), name);
            }
            git(&home, words);
            home.write(PROJECT, &config("ours", FEED, "aws", "hunter2"));
            let write = |arguments: &[&str]| {
                git(&home, &[&["-c", &*format!("index.version={version}")], arguments].concat())
            };
            write(&[&["add", "--intent-to-add"][..], &neighbours].concat());
            assert_git(&home, &perhaps(), &Value::Null);
            write(&["add", "."]);
            assert_git(&home, TRACKED, &json!(true));
        }
    }
}

/// A linked work tree's index is in the folder that its file `.git` names.
fn git_work_trees() {
    let home = SandboxHome::new();
    home.write(PROJECT, &config("ours", FEED, "aws", "hunter2"));
    git(&home, &["init", "-q"]);
    git(&home, &["add", "."]);
    git(&home, &["commit", "-qm", "x"]);
    git(&home, &["worktree", "add", "-q", "../linked"]);
    let file = home.path(&format!("linked/{NAME}")).to_string_lossy().into_owned();
    home.run_plugin(&["scrub", &file]).assert_says(TRACKED);
}

/// What it starts, and how a repository makes it start this program.
#[cfg(unix)]
type Attack<'a> = (&'a str, &'a dyn Fn(&SandboxHome, &str));

/// In a stranger's repository nothing is started that its settings name, nor a `git` beside it.
#[cfg(unix)]
fn strangers_repositories() {
    let signed = |home: &SandboxHome| {
        git(home, &["init", "-q"]);
        git(home, &["add", NAME]);
        git(home, &["commit", "-qm", "x"]);
        git(home, &["rm", "-q", "--cached", NAME]);
        let plain = git(home, &["cat-file", "commit", "HEAD"]);
        let (head, message) = plain.split_once("\n\n").unwrap();
        let signature =
            "gpgsig -----BEGIN PGP SIGNATURE-----\n \n abcd\n -----END PGP SIGNATURE-----";
        let file = home.write("commit", &format!("{head}\n{signature}\n\n{message}\n"));
        let file = file.to_string_lossy();
        let id = git(home, &["hash-object", "-w", "-t", "commit", &file]);
        git(home, &["update-ref", "HEAD", &id]);
        git(home, &["config", "log.showSignature", "true"]);
    };
    let attacks: [Attack<'_>; 6] = [
        ("a verifier of signatures", &|home, program| {
            signed(home);
            git(home, &["config", "gpg.program", program]);
        }),
        ("a bare repository in the work tree", &|home, program| {
            signed(home);
            git(home, &["config", "gpg.program", program]);
            git(home, &["config", "core.worktree", "."]);
            for entry in ["HEAD", "config", "objects", "refs"] {
                fs::rename(home.project().join(".git").join(entry), home.project().join(entry))
                    .unwrap();
            }
            fs::remove_dir_all(home.project().join(".git")).unwrap();
            home.write(".git/x", "");
        }),
        ("a transport for missing objects", &|home, program| {
            home.write("project/sub/x", "x");
            git(home, &["init", "-q"]);
            git(home, &["add", "sub"]);
            git(home, &["commit", "-qm", "x"]);
            let tree = git(home, &["rev-parse", "HEAD^{tree}"]);
            let (folder, name) = tree.split_at(2);
            fs::remove_file(home.project().join(format!(".git/objects/{folder}/{name}"))).unwrap();
            for (key, value) in [
                ("core.repositoryformatversion", "1"),
                ("extensions.partialClone", "origin"),
                ("remote.origin.promisor", "true"),
                ("remote.origin.url", &format!("ext::{program}")),
                ("protocol.ext.allow", "always"),
            ] {
                git(home, &["config", key, value]);
            }
        }),
        ("a monitor", &|home, program| {
            git(home, &["init", "-q"]);
            git(home, &["add", "."]);
            git(home, &["config", "core.fsmonitor", program]);
        }),
        ("hooks, a pager and filters", &|home, program| {
            git(home, &["init", "-q"]);
            git(home, &["add", "."]);
            for key in [
                "core.pager",
                "pager.log",
                "diff.external",
                "core.sshCommand",
                "alias.log",
                "filter.f.clean",
                "diff.f.textconv",
            ] {
                git(home, &["config", key, program]);
            }
            home.write("project/.gitattributes", "* filter=f diff=f\n");
        }),
        ("a git in the work tree", &|home, program| {
            git(home, &["init", "-q"]);
            fs::copy(program, home.project().join("git")).unwrap();
        }),
    ];
    let mut started = Vec::new();
    for (what, set_up) in attacks {
        let mut home = SandboxHome::new();
        home.write(PROJECT, &config("ours", FEED, "aws", "hunter2"));
        let mark = home.root().join("started");
        let program = home.script("attack", &format!("touch '{}'", mark.display()));
        set_up(&home, &program.to_string_lossy());
        home.set("PATH", &format!(".:{}", std::env::var("PATH").unwrap()));
        home.run_plugin(&["scrub"]).assert_says("Nothing was changed");
        home.run_plugin(&["scrub", "--yes"]).assert_success();
        started.extend(mark.exists().then_some(what));
    }
    assert!(started.is_empty(), "{started:?}");
}

#[cfg(unix)]
fn with_a_copy() {
    use std::os::unix::fs::PermissionsExt;
    let home = SandboxHome::new();
    let before = config("ours", FEED, "aws", "hunter2");
    let file = home.write(PROJECT, &before);
    let folder = home.root().join("copies/today");
    let backup = folder.to_string_lossy().into_owned();
    for number in 0..2 {
        home.write(PROJECT, &before);
        home.run_plugin(&["scrub", "--yes", "--backup", &backup]).assert_success();
        let name = file.to_string_lossy()[1..].replace('/', "_");
        let suffix = if number == 0 { "" } else { ".1" };
        let copy = folder.join(format!("{name}{suffix}"));
        assert_eq!(fs::read_to_string(&copy).unwrap(), before);
        assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    // The nearest folder outside is the usual one.
    home.write(PROJECT, &before);
    home.write("project/.git/x", "");
    home.run_plugin(&["scrub", "--yes", "--backup", "../beside"]).assert_success();
    assert_eq!(fs::read_dir(home.root().join("beside")).unwrap().count(), 1);
    fs::remove_dir_all(home.project().join(".git")).unwrap();
    home.run_plugin(&["scrub", "--yes", "--backup", "../unused"]).assert_success();
    assert!(!home.root().join("unused").exists(), "made for nothing");
    home.write(PROJECT, &before);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let run = home.run_plugin(&["scrub", "--yes", "--backup", &backup]);
    run.assert_failure().assert_says(&format!("error: [CNP415] Other users can read `{backup}`"));
    assert_eq!(text(&home, PROJECT), before);
}

fn no_work_tree() {
    for mark in [".git", ".hg", ".jj", ".svn"] {
        let home = SandboxHome::new();
        let before = config("ours", FEED, "aws", "hunter2");
        home.write(PROJECT, &before);
        home.write(&format!("project/{mark}/x"), "");
        let run = home.run_plugin(&["scrub", "--yes", "--backup", "a/b"]);
        run.assert_failure();
        let said = home.neutral(&run.stderr);
        assert!(
            said.contains(
                "error: [CNP415] `<root>/project/a/b` is in the work tree `<root>/project`, where a \
                 copy with a password may be committed. Name a folder outside with --backup."
            ),
            "{said}"
        );
        assert!(!home.project().join("a").exists());
        assert_eq!(text(&home, PROJECT), before);
    }
}

#[cfg(unix)]
fn link_and_mode() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let home = SandboxHome::new();
    let target = home.write("shared/real.config", &config("ours", FEED, "aws", "hunter2"));
    fs::set_permissions(&target, fs::Permissions::from_mode(0o604)).unwrap();
    symlink(&target, home.project().join("nuget.config")).unwrap();
    home.run_plugin(&["scrub", "--yes"]).assert_success();
    assert!(home.project().join("nuget.config").is_symlink());
    assert_eq!(text(&home, "shared/real.config"), scrubbed("ours", FEED));
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o604);
    assert_eq!(fs::read_dir(home.root().join("shared")).unwrap().count(), 1);
}

fn broken_configuration() {
    let home = SandboxHome::new();
    home.write_configuration("hosts = 1\n");
    home.write(PROJECT, &config("ours", FEED, "aws", "hunter2"));
    let run = home.run_plugin(&["scrub", "--yes"]);
    run.assert_failure().assert_says(
        "error: [CNP102] Sources at your own hosts were skipped. Invalid configuration file `",
    );
    assert_eq!(text(&home, PROJECT), scrubbed("ours", FEED));
}

#[cfg(unix)]
fn hard_link() {
    let home = SandboxHome::new();
    let file = home.write(PROJECT, &config("ours", FEED, "aws", "hunter2"));
    fs::hard_link(&file, home.root().join("other")).unwrap();
    let run = home.run_plugin(&["scrub", "--yes"]);
    run.assert_success()
        .assert_says("the file has other names (hard links), under which the password");
}

#[cfg(unix)]
fn two_names() {
    let home = SandboxHome::new();
    home.write(USER, &config("ours", FEED, "aws", "hunter2"));
    fs::create_dir_all(home.path("home/.config")).unwrap();
    let folder = home.path("home/.nuget/NuGet");
    std::os::unix::fs::symlink(folder, home.path("home/.config/NuGet")).unwrap();
    home.run_plugin(&["scrub", "--yes"]).assert_success();
    assert_eq!(text(&home, USER), scrubbed("ours", FEED));
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

#[cfg(unix)]
fn owner() {
    use std::os::unix::fs::{MetadataExt, chown};
    let home = SandboxHome::new();
    let file = home.write(PROJECT, &config("ours", FEED, "aws", "hunter2"));
    chown(&file, Some(1234), Some(2345)).unwrap();
    home.run_plugin(&["scrub", "--yes"]).assert_success();
    let found = fs::metadata(&file).unwrap();
    assert_eq!((found.uid(), found.gid()), (1234, 2345));
    assert_eq!(text(&home, PROJECT), scrubbed("ours", FEED));
}
