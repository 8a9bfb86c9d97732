//! The launcher, loaded by the real `dotnet`, and by each further host that the variable
//! `CODEARTIFACT_NUGET_TEST_HOSTS` names: other versions, or `launcher_host.c` for other systems.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::support::dotnet::Dotnet;
use crate::support::fake_nuget::FakeNuget;
use crate::support::process::{self, Run};
use crate::support::sandbox_home::{PLUGIN_NAME, SandboxHome};
use crate::support::stage::{LIMIT, Stage};
use crate::support::trials::{Need, Trial, other_hosts, trial, with_dotnet};

const DLL: &str = "CredentialProvider.CodeArtifact.dll";

/// A test of the host at a path.
type Test = fn(&Path);

/// What holds for each host: the real `dotnet` on PATH, and those that a variable names.
const WITH_A_HOST: [(&str, Test); 8] = [
    ("the_host_passes_arguments_and_exit_code", passes_arguments_and_exit_code),
    ("the_host_starts_a_conversation", starts_a_conversation),
    ("a_linked_dll_starts_the_plugin_beside_its_target", a_linked_dll_starts_the_target),
    ("a_linked_folder_starts_the_plugin", a_linked_folder_starts_the_plugin),
    ("a_missing_native_file_is_named", a_missing_native_file_is_named),
    ("a_native_file_of_another_processor_is_named", a_native_file_of_another_processor),
    ("a_native_file_that_may_not_run_is_named", a_native_file_that_may_not_run),
    ("a_damaged_launcher_ends_without_a_hang", a_damaged_launcher_ends_without_a_hang),
];

pub fn trials() -> Vec<Trial> {
    let others = other_hosts();
    let mut trials = vec![
        with_dotnet(
            "install_checks_through_the_real_dotnet",
            install_checks_through_the_real_dotnet,
        ),
        // Stands for the tests of all of them where none is named.
        trial("other_hosts", || ()).needing(Need::OtherHosts),
    ];
    for (name, test) in WITH_A_HOST {
        trials.push(with_dotnet(name, move || test(Dotnet::needed().program())));
        for host in &others {
            let host = host.clone();
            trials.push(trial(format!("{name} ({})", host.display()), move || test(&host)));
        }
    }
    trials
}

/// A script in the native file's place, so that it can be seen what it was started with.
fn with_script() -> SandboxHome {
    let home = SandboxHome::bare();
    home.succeed(&["install"]);
    let native = home.netcore().join(PLUGIN_NAME);
    fs::write(&native, "#!/bin/sh\necho \"$0\" \"$@\"; exit 7\n").expect("a script");
    home
}

fn start(host: &Path, home: &SandboxHome, folder: &Path, before: &[&str]) -> Run {
    let dll = folder.join(DLL);
    let mut command = home.command(host);
    process::run(command.args(before).arg(dll).args(["-Plugin", "a  b"]), LIMIT)
}

fn install_checks_through_the_real_dotnet() {
    let home = SandboxHome::bare();
    let folder = home.root().join("Ünïcode and 'more'");
    let host = Dotnet::needed().program().to_owned();
    let mut command = home.command(SandboxHome::plugin());
    command.args(["install", "--dir"]).arg(folder).env("DOTNET_HOST_PATH", &host);
    let ran = process::run(&mut command, LIMIT);
    assert_eq!(ran.code(), Some(0), "{ran}");
    assert!(ran.stdout.contains(&format!("checked: it answers through {} in", host.display())));
}

fn passes_arguments_and_exit_code(host: &Path) {
    let home = with_script();
    for before in [&[][..], &["exec"]] {
        let ran = start(host, &home, &home.netcore(), before);
        assert_eq!(ran.code(), Some(7), "{ran}");
        assert_eq!(
            home.neutral(&ran.stdout),
            "<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact -Plugin a  b\n"
        );
        assert_eq!(ran.stderr, "");
    }
}

fn starts_a_conversation(host: &Path) {
    let stage = Stage::new();
    let folder = stage.home.root().join("Plügins für 'Ü' $HOME");
    let named = folder.to_str().expect("a text");
    stage.home.succeed(&["install", "--dir", named]);
    let dll = folder.join("netcore").join(PLUGIN_NAME).join(DLL);
    let dll = dll.to_str().expect("a text");
    for words in [&[dll, "-Plugin"][..], &["exec", dll, "-Plugin"]] {
        let mut nuget = FakeNuget::launch_program(&stage.home, host, words);
        nuget.open();
        let answer = nuget.ask(&stage.source, false, true);
        assert_eq!(answer.assert_success().password(), stage.issued());
        nuget.finish();
    }
}

fn a_linked_dll_starts_the_target(host: &Path) {
    let home = with_script();
    let elsewhere = home.root().join("elsewhere");
    fs::create_dir(&elsewhere).expect("a folder");
    symlink(home.netcore().join(DLL), elsewhere.join(DLL)).expect("a link");
    assert_eq!(start(host, &home, &elsewhere, &[]).code(), Some(7));
}

fn a_linked_folder_starts_the_plugin(host: &Path) {
    let home = with_script();
    symlink(home.netcore(), home.root().join("link")).expect("a link");
    assert_eq!(start(host, &home, &home.root().join("link"), &[]).code(), Some(7));
}

fn fails_with(host: &Path, home: &SandboxHome, reason: &str) {
    let ran = start(host, home, &home.netcore(), &[]);
    assert_eq!(ran.code(), Some(126), "{ran}");
    assert_eq!(
        home.neutral(&ran.stderr),
        format!(
            "CodeArtifact: cannot start `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact`: \
             {reason}; run `nuget-plugin-codeartifact install` again\n"
        )
    );
    assert_eq!(ran.stdout, "");
}

fn a_missing_native_file_is_named(host: &Path) {
    let home = with_script();
    fs::remove_file(home.netcore().join(PLUGIN_NAME)).expect("to remove");
    fails_with(host, &home, "it is missing, or the system's loader that it needs is");
}

fn a_native_file_of_another_processor(host: &Path) {
    let home = with_script();
    // A text that a shell would run gladly.
    fs::write(home.netcore().join(PLUGIN_NAME), "exit 0\n").expect("a file");
    fails_with(host, &home, "it is damaged, or made for another processor");
}

fn a_native_file_that_may_not_run(host: &Path) {
    let home = with_script();
    let mode = fs::Permissions::from_mode(0o644);
    fs::set_permissions(home.netcore().join(PLUGIN_NAME), mode).expect("a mode");
    fails_with(host, &home, "it may not be executed");
}

fn a_damaged_launcher_ends_without_a_hang(host: &Path) {
    for damage in ["", "no library"] {
        let home = with_script();
        let name =
            if cfg!(target_os = "macos") { "libhostpolicy.dylib" } else { "libhostpolicy.so" };
        fs::write(home.netcore().join(name), damage).expect("to damage");
        let ran = start(host, &home, &home.netcore(), &[]);
        assert_ne!(ran.code(), Some(0));
        assert!(ran.stderr.contains(name), "{ran}");
    }
}
