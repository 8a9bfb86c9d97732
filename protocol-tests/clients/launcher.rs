//! The launcher, loaded by the real `dotnet`.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::support::dotnet::Dotnet;
use crate::support::process::{self, Run};
use crate::support::sandbox_home::{PLUGIN_NAME, SandboxHome};
use crate::support::stage::LIMIT;
use crate::support::trials::{Trial, with_dotnet};

pub fn trials() -> Vec<Trial> {
    vec![
        with_dotnet(
            "install_checks_through_the_real_dotnet",
            install_checks_through_the_real_dotnet,
        ),
        with_dotnet("dotnet_passes_arguments_and_exit_code", dotnet_passes_arguments_and_exit_code),
        with_dotnet(
            "a_linked_dll_starts_the_plugin_beside_its_target",
            a_linked_dll_starts_the_target,
        ),
        with_dotnet("a_linked_folder_starts_the_plugin", a_linked_folder_starts_the_plugin),
        with_dotnet("a_missing_native_file_is_named", a_missing_native_file_is_named),
        with_dotnet(
            "a_native_file_of_another_processor_is_named",
            a_native_file_of_another_processor,
        ),
        with_dotnet("a_native_file_that_may_not_run_is_named", a_native_file_that_may_not_run),
        with_dotnet(
            "a_damaged_launcher_ends_without_a_hang",
            a_damaged_launcher_ends_without_a_hang,
        ),
    ]
}

/// A script in the native file's place, so that it can be seen what it was started with.
fn with_script() -> SandboxHome {
    let home = SandboxHome::bare();
    home.succeed(&["install"]);
    let native = home.netcore().join(PLUGIN_NAME);
    fs::write(&native, "#!/bin/sh\necho \"$0\" \"$@\"; exit 7\n").expect("a script");
    home
}

fn start(home: &SandboxHome, folder: &Path, before: &[&str]) -> Run {
    let dll = folder.join("CredentialProvider.CodeArtifact.dll");
    let host = Dotnet::needed().program().to_owned();
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

fn dotnet_passes_arguments_and_exit_code() {
    let home = with_script();
    for before in [&[][..], &["exec"]] {
        let ran = start(&home, &home.netcore(), before);
        assert_eq!(ran.code(), Some(7), "{ran}");
        assert_eq!(
            home.neutral(&ran.stdout),
            "<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact -Plugin a  b\n"
        );
        assert_eq!(ran.stderr, "");
    }
}

fn a_linked_dll_starts_the_target() {
    let home = with_script();
    let elsewhere = home.root().join("elsewhere");
    fs::create_dir(&elsewhere).expect("a folder");
    let dll = "CredentialProvider.CodeArtifact.dll";
    symlink(home.netcore().join(dll), elsewhere.join(dll)).expect("a link");
    assert_eq!(start(&home, &elsewhere, &[]).code(), Some(7));
}

fn a_linked_folder_starts_the_plugin() {
    let home = with_script();
    symlink(home.netcore(), home.root().join("link")).expect("a link");
    assert_eq!(start(&home, &home.root().join("link"), &[]).code(), Some(7));
}

fn fails_with(home: &SandboxHome, reason: &str) {
    let ran = start(home, &home.netcore(), &[]);
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

fn a_missing_native_file_is_named() {
    let home = with_script();
    fs::remove_file(home.netcore().join(PLUGIN_NAME)).expect("to remove");
    fails_with(&home, "it is missing, or the system's loader that it needs is");
}

fn a_native_file_of_another_processor() {
    let home = with_script();
    // A text that a shell would run gladly.
    fs::write(home.netcore().join(PLUGIN_NAME), "exit 0\n").expect("a file");
    fails_with(&home, "it is damaged, or made for another processor");
}

fn a_native_file_that_may_not_run() {
    let home = with_script();
    let mode = fs::Permissions::from_mode(0o644);
    fs::set_permissions(home.netcore().join(PLUGIN_NAME), mode).expect("a mode");
    fails_with(&home, "it may not be executed");
}

fn a_damaged_launcher_ends_without_a_hang() {
    for damage in ["", "no library"] {
        let home = with_script();
        let name =
            if cfg!(target_os = "macos") { "libhostpolicy.dylib" } else { "libhostpolicy.so" };
        fs::write(home.netcore().join(name), damage).expect("to damage");
        let ran = start(&home, &home.netcore(), &[]);
        assert_ne!(ran.code(), Some(0));
        assert!(ran.stderr.contains(name), "{ran}");
    }
}
