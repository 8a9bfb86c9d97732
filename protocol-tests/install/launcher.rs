//! The launcher, loaded by the real `dotnet`.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use libtest_mimic::Trial;

use crate::home::{Home, NAME, Ran, run};
use crate::trial_with;

pub fn trials() -> Vec<Trial> {
    let there = dotnet().is_some();
    let trial = |name, test| trial_with(name, "dotnet", there, test);
    vec![
        trial("install_checks_through_the_real_dotnet", install_checks_through_the_real_dotnet),
        trial("dotnet_passes_arguments_and_exit_code", dotnet_passes_arguments_and_exit_code),
        trial("a_linked_dll_starts_the_plugin_beside_its_target", a_linked_dll_starts_the_target),
        trial("a_linked_folder_starts_the_plugin", a_linked_folder_starts_the_plugin),
        trial("a_missing_native_file_is_named", a_missing_native_file_is_named),
        trial("a_native_file_of_another_processor_is_named", a_native_file_of_another_processor),
        trial("a_native_file_that_may_not_run_is_named", a_native_file_that_may_not_run),
        trial("a_damaged_launcher_ends_without_a_hang", a_damaged_launcher_ends_without_a_hang),
    ]
}

/// The first `dotnet` on this process's `PATH`.
fn dotnet() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("dotnet")).find(|host| host.is_file())
}

/// A script in the native file's place, so that it can be seen what it was started with.
fn with_script() -> Home {
    let home = Home::new();
    home.succeed(&["install"]);
    let native = home.netcore().join(NAME);
    fs::write(&native, "#!/bin/sh\necho \"$0\" \"$@\"; exit 7\n").expect("a script");
    home
}

fn start(home: &Home, folder: &Path, before: &[&str]) -> Ran {
    let dll = folder.join("CredentialProvider.CodeArtifact.dll");
    let host = dotnet().expect("a trial's requirement");
    run(home.command(host).args(before).arg(dll).args(["-Plugin", "a  b"]))
}

fn install_checks_through_the_real_dotnet() {
    let home = Home::new();
    let folder = home.beside("Ünïcode and 'more'");
    let host = dotnet().expect("a trial's requirement");
    let mut command = home.command(crate::home::PLUGIN);
    let ran = run(command.args(["install", "--dir"]).arg(folder).env("DOTNET_HOST_PATH", &host));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains(&format!("checked: it answers through {} in", host.display())));
}

fn dotnet_passes_arguments_and_exit_code() {
    let home = with_script();
    for before in [&[][..], &["exec"]] {
        let ran = start(&home, &home.netcore(), before);
        assert_eq!(ran.code, Some(7), "{ran:?}");
        assert_eq!(
            home.neutral(&ran.out),
            "HOME/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact -Plugin a  b\n"
        );
        assert_eq!(ran.err, "");
    }
}

fn a_linked_dll_starts_the_target() {
    let home = with_script();
    let elsewhere = home.beside("elsewhere");
    fs::create_dir(&elsewhere).expect("a folder");
    let dll = "CredentialProvider.CodeArtifact.dll";
    symlink(home.netcore().join(dll), elsewhere.join(dll)).expect("a link");
    assert_eq!(start(&home, &elsewhere, &[]).code, Some(7));
}

fn a_linked_folder_starts_the_plugin() {
    let home = with_script();
    symlink(home.netcore(), home.beside("link")).expect("a link");
    assert_eq!(start(&home, &home.beside("link"), &[]).code, Some(7));
}

fn fails_with(home: &Home, reason: &str) {
    let ran = start(home, &home.netcore(), &[]);
    assert_eq!(ran.code, Some(126), "{ran:?}");
    assert_eq!(
        home.neutral(&ran.err),
        format!(
            "CodeArtifact: cannot start `HOME/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact`: \
             {reason}; run `nuget-plugin-codeartifact install` again\n"
        )
    );
    assert_eq!(ran.out, "");
}

fn a_missing_native_file_is_named() {
    let home = with_script();
    fs::remove_file(home.netcore().join(NAME)).expect("to remove");
    fails_with(&home, "it is missing, or the system's loader that it needs is");
}

fn a_native_file_of_another_processor() {
    let home = with_script();
    // A text that a shell would run gladly.
    fs::write(home.netcore().join(NAME), "exit 0\n").expect("a file");
    fails_with(&home, "it is damaged, or made for another processor");
}

fn a_native_file_that_may_not_run() {
    let home = with_script();
    let mode = fs::Permissions::from_mode(0o644);
    fs::set_permissions(home.netcore().join(NAME), mode).expect("a mode");
    fails_with(&home, "it may not be executed");
}

fn a_damaged_launcher_ends_without_a_hang() {
    for damage in ["", "no library"] {
        let home = with_script();
        let name =
            if cfg!(target_os = "macos") { "libhostpolicy.dylib" } else { "libhostpolicy.so" };
        fs::write(home.netcore().join(name), damage).expect("to damage");
        let ran = start(&home, &home.netcore(), &[]);
        assert_ne!(ran.code, Some(0));
        assert!(ran.err.contains(name), "{ran:?}");
    }
}
