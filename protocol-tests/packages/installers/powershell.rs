//! `install.ps1`: what can be seen everywhere, and what PowerShell on Windows does with it.

use std::fs;
use std::path::Path;

use super::machine::{Machine, error_of};
use super::release::{
    REAL, Release, SMALL, VERSION, archive_name, ending, script_file, sums, system, unpacked,
};
use super::spoilt::{CASES, Case, SUMS, served};
use crate::support::fake_codeartifact::http::Ending;
use crate::support::pages::{blocks, pages};
use crate::support::process::Run;
use crate::support::sandbox_home::{PLUGIN_NAME, SandboxHome};
use crate::support::trials::{Need, Trial, named, powershell_grammar_python, powershells, trial};

/// Says where the grammar finds a mistake.
const PARSE: &str = "
import sys, tree_sitter, tree_sitter_powershell
text = open(sys.argv[1], 'rb').read()
language = tree_sitter.Language(tree_sitter_powershell.language())
def mistakes(node):
    if node.type == 'ERROR' or node.is_missing:
        yield node.start_point[0] + 1
    for child in node.children:
        yield from mistakes(child)
root = tree_sitter.Parser(language).parse(text).root_node
functions = text.count(b'    function ')
print('functions', functions, 'lines with mistakes', list(mistakes(root)))
sys.exit(1 if list(mistakes(root)) or not functions else 0)
";

pub fn trials() -> Vec<Trial> {
    let mut trials = named![every_powershell_reads_its_characters];
    let parsed = trial("the_grammar_of_powershell_finds_no_mistake", is_powershell);
    trials.push(parsed.needing(Need::PowerShellGrammar));
    let cut = trial("powershell_half_of_the_script_is_a_mistake", half_is_a_mistake);
    trials.push(cut.needing(Need::PowerShellGrammar));
    if !cfg!(windows) {
        let elsewhere = trial("powershell_elsewhere_names_the_other_installer", not_windows);
        trials.push(elsewhere.needing(Need::PowerShell));
        return trials;
    }
    let tests: [(&str, fn()); 7] = [
        ("powershell_installs_again_and_removes", installs_again_and_removes),
        ("powershell_lines_of_the_pages", page_lines),
        ("powershell_unpacked_release", unpacked_release),
        ("powershell_offline", offline),
        ("powershell_wrong_usage", wrong_usage),
        ("powershell_slow_archive", slow),
        ("powershell_leaves_a_session_alone", leaves_a_session_alone),
    ];
    trials.extend(tests.map(|(name, test)| trial(name, test).needing(Need::PowerShell)));
    for case in CASES {
        let name = format!("powershell_{}", case.name);
        trials.push(trial(name, move || refuses(&case)).needing(Need::PowerShell));
    }
    trials
}

/// Windows PowerShell takes what is not ASCII for characters of the system's code page.
fn every_powershell_reads_its_characters() {
    let text = fs::read(script_file("install.ps1")).expect("a script");
    assert!(text.is_ascii());
}

fn grammar(file: &Path) -> Run {
    let python = powershell_grammar_python().expect("it is needed");
    let file = file.to_string_lossy();
    Machine::new().run(&[&python.to_string_lossy(), "-c", PARSE, &file])
}

fn is_powershell() {
    grammar(&script_file("install.ps1")).assert_success();
}

/// PowerShell reads all of a script before it runs any.
fn half_is_a_mistake() {
    let text = fs::read_to_string(script_file("install.ps1")).expect("a script");
    let body = text.find("\n& {\n").expect("the block") + 3;
    let last = text.trim_end().rfind("\n} @{").expect("its end") + 1;
    let machine = Machine::new();
    let file = machine.path("cut.ps1");
    for cut in (body..last).step_by(text.len() / 12) {
        fs::write(&file, &text[..cut]).expect("a file");
        grammar(&file).assert_failure().assert_silent_on("mistakes []");
    }
}

fn not_windows() {
    for run in each(&Machine::new(), &[]) {
        assert_eq!(run.code(), Some(3), "{run}");
        assert!(error_of(&run).contains("install.sh | sh"), "{run}");
    }
}

/// Runs the script as a file, by each PowerShell.
fn each(machine: &Machine, arguments: &[&str]) -> Vec<Run> {
    let script = machine.script("install.ps1");
    powershells().iter().map(|shell| by(shell, machine, &script, arguments)).collect()
}

fn by(shell: &Path, machine: &Machine, script: &Path, arguments: &[&str]) -> Run {
    let (shell, script) = (shell.to_string_lossy(), script.to_string_lossy());
    let options = ["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File"];
    let words = [&*shell].into_iter().chain(options).chain([&*script]);
    machine.run(&words.chain(arguments.to_vec()).collect::<Vec<_>>())
}

/// Runs a line as somebody pastes it.
fn paste(shell: &Path, machine: &Machine, line: &str) -> Run {
    let shell = shell.to_string_lossy();
    machine.run(&[&shell, "-NoProfile", "-NonInteractive", "-Command", line])
}

fn plugin(machine: &Machine) -> std::path::PathBuf {
    let folder = machine.home().join(".nuget/plugins/netcore").join(PLUGIN_NAME);
    folder.join(format!("{PLUGIN_NAME}.exe"))
}

fn installs_again_and_removes() {
    for shell in powershells() {
        let release = Release::of(&REAL);
        let machine = Machine::of(&release);
        let line = format!("irm {}/latest/download/install.ps1 | iex", release.url());
        let first = paste(&shell, &machine, &line);
        first.assert_success().assert_says("installed: ");
        first.assert_says(&format!("verified: version {VERSION}, SHA-256 "));
        machine.assert_tidy(&first);
        let again = paste(&shell, &machine, &line);
        again.assert_success().assert_says("already up to date: ");
        let script = machine.script("install.ps1");
        let removed = by(&shell, &machine, &script, &["-Uninstall"]);
        removed.assert_success().assert_says("removed: ");
        assert!(!plugin(&machine).exists(), "{removed}");
        let nothing = by(&shell, &machine, &script, &["--uninstall"]);
        nothing.assert_success().assert_says("nothing is installed here");
        machine.assert_tidy(&nothing);
    }
}

/// With this release in the place of GitHub's.
fn page_lines() {
    let ours = format!("{}/releases", env!("CARGO_PKG_REPOSITORY"));
    let release = Release::of(&REAL);
    let mut found = 0;
    for page in pages() {
        for block in blocks(&page).into_iter().filter(|it| it.language == "powershell") {
            for line in block.text.lines().filter(|it| it.contains(&ours)) {
                found += 1;
                for shell in powershells() {
                    let machine = Machine::of(&release);
                    let run = paste(&shell, &machine, &line.replace(&ours, &release.url()));
                    run.assert_success();
                    assert!(plugin(&machine).exists(), "{run}");
                    let netfx = machine.home().join(".nuget/plugins/netfx").exists();
                    assert_eq!(netfx, !line.contains("--netcore-only"), "{run}");
                }
            }
        }
    }
    assert!(found >= 3, "{found}");
}

fn unpacked_release() {
    let release = Release::of(&REAL);
    for shell in powershells() {
        let machine = Machine::of(&release);
        let folder = machine.path("an unpacked release");
        unpacked(&folder, &fs::read(SandboxHome::plugin()).expect("the program"));
        let run = by(&shell, &machine, &folder.join("install.ps1"), &["--netcore-only"]);
        run.assert_success().assert_says("installed: ");
        assert_eq!(release.server.requests(), [""; 0], "{run}");
        machine.assert_tidy(&run);
    }
}

fn offline() {
    for shell in powershells() {
        let machine = Machine::new();
        let script = machine.script("install.ps1");
        let (name, folder) = (archive_name(&system()), machine.path("work"));
        fs::write(folder.join(&name), &*REAL).expect("a file");
        let run = by(&shell, &machine, &script, &["-Offline", &name]);
        assert_eq!(run.code(), Some(5), "{run}");
        fs::write(folder.join(SUMS), sums(&REAL)).expect("a file");
        by(&shell, &machine, &script, &["-Offline", &name]).assert_success();
        let run = by(&shell, &machine, &script, &["--offline", &name, "-Sha256", &"0".repeat(64)]);
        assert_eq!(run.code(), Some(5), "{run}");
        assert!(error_of(&run).contains("is not the file of the release"), "{run}");
    }
}

fn wrong_usage() {
    let release = Release::of(&SMALL);
    let wrong: [&[&str]; 7] = [
        &["1.2.3"],
        &["-Version", "1.2"],
        &["--version", "../../latest"],
        &["--version"],
        &["-Sha256", "abc"],
        &["-Offline", "a", "-Version", "1.2.3"],
        &["-Uninstall", "-Version", "1.2.3"],
    ];
    for words in wrong {
        for run in each(&Machine::of(&release), words) {
            assert_eq!(run.code(), Some(2), "{run}");
            error_of(&run);
        }
    }
    let mut machine = Machine::new();
    for base in ["http://releases.example.com", "https://name:word@example.com", "file:///c:/"] {
        machine.set("CODEARTIFACT_NUGET_RELEASES", base);
        for run in each(&machine, &[]) {
            assert_eq!(run.code(), Some(2), "{run}");
        }
    }
    assert_eq!(release.server.requests(), [""; 0]);
    for run in each(&machine, &["--help"]) {
        run.assert_success().assert_says("-Offline ARCHIVE");
    }
}

fn slow() {
    let release = Release::of(&SMALL);
    served(&release, || ending(Ending::Slow, b"the beginning"));
    let mut machine = Machine::of(&release);
    machine.set("CODEARTIFACT_NUGET_DOWNLOAD_SECONDS", "3");
    for run in each(&machine, &[]) {
        assert_eq!(run.code(), Some(4), "{run}");
        assert!(error_of(&run).contains("too"), "{run}");
        machine.assert_tidy(&run);
    }
}

/// A failure of what runs by `iex` is an error there, and the session goes on.
fn leaves_a_session_alone() {
    let release = Release::of(&SMALL);
    release.has(SUMS, Vec::new());
    let machine = Machine::of(&release);
    let line = format!(
        "$name = 'mine'; try {{ irm {}/latest/download/install.ps1 | iex }} catch {{ \
         \"caught: $($_.Exception.Message)\" }}; \"still here, $name, $ErrorActionPreference\"",
        release.url()
    );
    for shell in powershells() {
        let run = paste(&shell, &machine, &line);
        run.assert_says("caught: error: ").assert_says("still here, mine, Continue");
        machine.assert_tidy(&run);
    }
}

fn refuses(case: &Case) {
    let release = Release::of(&SMALL);
    (case.spoil)(&release);
    let machine = Machine::of(&release);
    for run in each(&machine, &[]) {
        assert_eq!(run.code(), Some(case.code), "{run}");
        let error = error_of(&run);
        assert!(error.contains("Nothing was installed"), "{run}");
        assert!(error.contains(case.says), "{run}");
        assert_eq!(machine.state().len(), 0, "{run}");
        machine.assert_tidy(&run);
    }
}
