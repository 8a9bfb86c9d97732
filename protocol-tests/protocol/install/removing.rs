//! What `uninstall` removes, and what it leaves.

use std::fs;

use super::{run, tree};
use crate::support::sandbox_home::SandboxHome;
use crate::support::trials::{Trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("uninstall_leaves_only_folders_of_nuget", uninstall_leaves_only_folders_of_nuget),
        trial("uninstall_leaves_what_it_does_not_know", uninstall_leaves_what_it_does_not_know),
        trial("uninstall_finds_what_was_installed_elsewhere", finds_what_was_installed_elsewhere),
        trial("a_failure_is_json_as_well", a_failure_is_json_as_well),
        trial("uninstall_json", uninstall_json),
        trial("nothing_to_uninstall", nothing_to_uninstall),
        trial("a_list_of_other_files_is_not_followed", a_list_of_other_files_is_not_followed),
        trial("purge_removes_cache_and_configuration", purge_removes_cache_and_configuration),
        #[cfg(target_os = "linux")]
        trial("purge_removes_what_is_kept_in_memory", purge_removes_what_is_kept_in_memory),
    ]
}

fn uninstall_leaves_only_folders_of_nuget() {
    let home = SandboxHome::bare();
    home.succeed(&["install"]);
    let out = home.succeed(&["uninstall"]);
    assert_eq!(
        home.neutral(&out),
        "\
removed: <root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact (dotnet, MSBuild)
removed: <root>/home/.nuget/plugins/netfx/CredentialProvider.CodeArtifact (nuget.exe, Visual Studio)
removed: <root>/home/.dotnet/tools/dotnet-codeartifact (dotnet codeartifact)
"
    );
    assert_eq!(
        tree(&home.home()),
        [
            ".nuget 755",
            ".nuget/plugins 755",
            ".nuget/plugins/netcore 755",
            ".nuget/plugins/netfx 755"
        ]
    );
}

fn uninstall_leaves_what_it_does_not_know() {
    let home = SandboxHome::bare();
    home.succeed(&["install"]);
    fs::write(home.netfx().join("notes.txt"), "").expect("a file");
    fs::write(home.netfx().join("CredentialProvider.CodeArtifact.exe"), "changed")
        .expect("a change");
    let out = home.neutral(&home.succeed(&["uninstall"]));
    assert!(
        out.contains("note: <root>/home/.nuget/plugins/netfx/CredentialProvider.CodeArtifact/notes.txt is not from `install` and is left alone\n"),
        "{out}"
    );
    assert_eq!(tree(&home.netfx()), ["notes.txt 644"]);
}

fn uninstall_json() {
    let home = SandboxHome::bare();
    home.succeed(&["install", "--netfx-only"]);
    assert_eq!(
        home.neutral(&home.succeed(&["uninstall", "--json"])),
        concat!(
            r#"{"schema":2,"command":"uninstall","ok":true,"errors":[],"result":{"folders":[{"path":"<root>/home/.nuget/plugins/netfx/CredentialProvider.CodeArtifact","client":"netfx","#,
            r#""removed":["CredentialProvider.CodeArtifact.exe","installed-files.json"],"left":[]}],"#,
            r#""commands":["<root>/home/.dotnet/tools/dotnet-codeartifact"],"claimsDropped":[],"purged":[],"warnings":[]}}"#,
            "\n"
        )
    );
}

fn finds_what_was_installed_elsewhere() {
    let home = SandboxHome::bare();
    let (sdk, named) = (home.root().join("sdk"), home.root().join("named"));
    let install = |dir: &[&str], sdk_home: &str| {
        let mut command = home.command(SandboxHome::plugin());
        let ran = run(command.arg("install").args(dir).env("DOTNET_CLI_HOME", sdk_home));
        assert_eq!(ran.code(), Some(0), "{ran}");
    };
    install(&[], sdk.to_str().expect("a text"));
    install(&["--dir", named.to_str().expect("a text"), "--netfx-only"], "");
    let list = home.path("home/.local/share/nuget-plugin-codeartifact");
    assert!(list.join("installed-elsewhere.json").exists());
    let out = home.neutral(&home.succeed(&["uninstall"]));
    assert_eq!(out.lines().filter(|line| line.starts_with("removed: ")).count(), 5, "{out}");
    assert_eq!(tree(&named), ["netfx 755"]);
    assert!(!list.exists() && !home.netcore().exists());
    assert_eq!(home.succeed(&["uninstall"]), "nothing is installed here\n");
}

fn a_failure_is_json_as_well() {
    let home = SandboxHome::bare();
    fs::write(home.path("home/.nuget"), "").expect("a file in the way");
    let ran = home.run_plugin(&["install", "--json"]);
    assert_eq!(ran.code(), Some(1));
    assert!(ran.problem().starts_with("Cannot make the folder `"), "{ran}");
    assert!(ran.stderr.starts_with("error: [CNP604] Cannot make the folder `"), "{ran}");
}

fn nothing_to_uninstall() {
    let home = SandboxHome::bare();
    assert_eq!(home.succeed(&["uninstall"]), "nothing is installed here\n");
}

fn a_list_of_other_files_is_not_followed() {
    let home = SandboxHome::bare();
    home.succeed(&["install", "--netfx-only"]);
    let precious = home.netfx().join("../precious");
    fs::write(&precious, "").expect("a file");
    let list = home.netfx().join("installed-files.json");
    fs::write(list, r#"{"version":"1.0.0","files":[{"name":"../precious","sha256":""}]}"#)
        .expect("a list");
    let ran = home.run_plugin(&["uninstall"]);
    assert_eq!(ran.code(), Some(1));
    assert!(ran.stderr.contains("is not a list of installed files"), "{ran}");
    assert!(precious.exists());
}

fn purge_removes_cache_and_configuration() {
    let home = SandboxHome::bare();
    let folders =
        ["cache", "config"].map(|name| home.root().join(name).join("nuget-plugin-codeartifact"));
    for folder in &folders {
        fs::create_dir_all(folder.join("below")).expect("a folder");
        fs::write(folder.join("below/file"), "").expect("a file");
    }
    let theirs = home.root().join("config/theirs");
    fs::write(&theirs, "").expect("a file");
    let moved = home.root().join("moved");
    fs::create_dir(&moved).expect("a folder");
    let ran = run(home
        .command(SandboxHome::plugin())
        .args(["uninstall", "--purge"])
        .env("XDG_CACHE_HOME", home.root().join("cache"))
        .env("XDG_CONFIG_HOME", home.root().join("config"))
        .env("CODEARTIFACT_NUGET_CACHE_DIR", &moved));
    assert_eq!(
        without_memory(&home.neutral(&ran.stdout)),
        "\
nothing is installed here
removed: <root>/cache/nuget-plugin-codeartifact
removed: <root>/config/nuget-plugin-codeartifact
note: `CODEARTIFACT_NUGET_CACHE_DIR` names `<root>/moved`, which is left alone
"
    );
    assert!(folders.iter().all(|folder| !folder.exists()) && theirs.exists() && moved.exists());
}

/// Without what this machine's user may have in memory, which is purged as well.
fn without_memory(text: &str) -> String {
    let in_memory = ["removed: /dev/shm/", "removed: /run/user/"];
    let lines = text.split_inclusive('\n');
    lines.filter(|line| !in_memory.iter().any(|start| line.starts_with(start))).collect()
}

#[cfg(target_os = "linux")]
fn purge_removes_what_is_kept_in_memory() {
    use std::os::unix::fs::MetadataExt;

    let Ok(runtime) = tempfile::tempdir_in("/dev/shm") else { return };
    let uid = fs::metadata(runtime.path()).expect("its metadata").uid();
    let folder = runtime.path().join(format!("nuget-plugin-codeartifact-{uid}"));
    fs::create_dir(&folder).expect("a folder");
    fs::write(folder.join("00.lock"), "").expect("a file");
    let home = SandboxHome::bare();
    let mut purge = home.command(SandboxHome::plugin());
    let ran = run(purge.args(["uninstall", "--purge"]).env("XDG_RUNTIME_DIR", runtime.path()));
    assert!(ran.stdout.contains(&format!("removed: {}\n", folder.display())), "{ran}");
    assert!(!folder.exists());
}
