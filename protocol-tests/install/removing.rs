//! What `uninstall` removes, and what it leaves.

use std::fs;

use libtest_mimic::Trial;

use crate::home::{Home, PLUGIN, run, tree};
use crate::trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("uninstall_leaves_only_folders_of_nuget", uninstall_leaves_only_folders_of_nuget),
        trial("uninstall_leaves_what_it_does_not_know", uninstall_leaves_what_it_does_not_know),
        trial("uninstall_json", uninstall_json),
        trial("nothing_to_uninstall", nothing_to_uninstall),
        trial("a_list_of_other_files_is_not_followed", a_list_of_other_files_is_not_followed),
        trial("purge_removes_cache_and_configuration", purge_removes_cache_and_configuration),
        #[cfg(target_os = "linux")]
        trial("purge_removes_what_is_kept_in_memory", purge_removes_what_is_kept_in_memory),
    ]
}

fn uninstall_leaves_only_folders_of_nuget() {
    let home = Home::new();
    home.succeed(&["install"]);
    let out = home.succeed(&["uninstall"]);
    assert_eq!(
        home.neutral(&out),
        "\
removed: HOME/.nuget/plugins/netcore/CredentialProvider.CodeArtifact (dotnet, MSBuild)
removed: HOME/.nuget/plugins/netfx/CredentialProvider.CodeArtifact (nuget.exe, Visual Studio)
"
    );
    assert_eq!(
        tree(&home.path()),
        [
            ".nuget 755",
            ".nuget/plugins 755",
            ".nuget/plugins/netcore 755",
            ".nuget/plugins/netfx 755"
        ]
    );
}

fn uninstall_leaves_what_it_does_not_know() {
    let home = Home::new();
    home.succeed(&["install"]);
    fs::write(home.netfx().join("notes.txt"), "").expect("a file");
    fs::write(home.netfx().join("CredentialProvider.CodeArtifact.exe"), "changed")
        .expect("a change");
    let out = home.neutral(&home.succeed(&["uninstall"]));
    assert!(
        out.ends_with("note: HOME/.nuget/plugins/netfx/CredentialProvider.CodeArtifact/notes.txt is not from `install` and is left alone\n"),
        "{out}"
    );
    assert_eq!(tree(&home.netfx()), ["notes.txt 644"]);
}

fn uninstall_json() {
    let home = Home::new();
    home.succeed(&["install", "--netfx-only"]);
    assert_eq!(
        home.neutral(&home.succeed(&["uninstall", "--json"])),
        concat!(
            r#"{"folders":[{"path":"HOME/.nuget/plugins/netfx/CredentialProvider.CodeArtifact","client":"netfx","#,
            r#""removed":["CredentialProvider.CodeArtifact.exe","installed-files.json"],"left":[]}],"#,
            r#""claims_dropped":[],"purged":[],"warnings":[]}"#,
            "\n"
        )
    );
}

fn nothing_to_uninstall() {
    let home = Home::new();
    assert_eq!(home.succeed(&["uninstall"]), "nothing is installed here\n");
}

fn a_list_of_other_files_is_not_followed() {
    let home = Home::new();
    home.succeed(&["install", "--netfx-only"]);
    let precious = home.netfx().join("../precious");
    fs::write(&precious, "").expect("a file");
    let list = home.netfx().join("installed-files.json");
    fs::write(list, r#"{"version":"0.1.0","files":[{"name":"../precious","sha256":""}]}"#)
        .expect("a list");
    let ran = home.run(&["uninstall"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("is not a list of installed files"), "{ran:?}");
    assert!(precious.exists());
}

fn purge_removes_cache_and_configuration() {
    let home = Home::new();
    let folders =
        ["cache", "config"].map(|name| home.beside(name).join("nuget-plugin-codeartifact"));
    for folder in &folders {
        fs::create_dir_all(folder.join("below")).expect("a folder");
        fs::write(folder.join("below/file"), "").expect("a file");
    }
    let theirs = home.beside("config/theirs");
    fs::write(&theirs, "").expect("a file");
    let moved = home.beside("moved");
    fs::create_dir(&moved).expect("a folder");
    let ran = run(home
        .command(PLUGIN)
        .args(["uninstall", "--purge"])
        .env("XDG_CACHE_HOME", home.beside("cache"))
        .env("XDG_CONFIG_HOME", home.beside("config"))
        .env("CODEARTIFACT_NUGET_CACHE_DIR", &moved));
    assert_eq!(
        without_memory(&home.neutral(&ran.out)),
        "\
nothing is installed here
removed: BESIDE/cache/nuget-plugin-codeartifact
removed: BESIDE/config/nuget-plugin-codeartifact
note: `CODEARTIFACT_NUGET_CACHE_DIR` names `BESIDE/moved`, which is left alone
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
    let home = Home::new();
    let mut purge = home.command(PLUGIN);
    let ran = run(purge.args(["uninstall", "--purge"]).env("XDG_RUNTIME_DIR", runtime.path()));
    assert!(ran.out.contains(&format!("removed: {}\n", folder.display())), "{ran:?}");
    assert!(!folder.exists());
}
