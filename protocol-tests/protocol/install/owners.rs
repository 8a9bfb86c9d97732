//! Root in the home of another user, who plants links there.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::{run, tree};
use crate::support::process::Run;
use crate::support::sandbox_home::SandboxHome;
use crate::support::trials::{Need, Trial, trial};

const USER: u32 = 12_345;

const SOURCE: &str = "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json";

const SAVED: &str = "<configuration><packageSources><add key='ours' value='https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json' /></packageSources><packageSourceCredentials><ours><add key='Username' value='aws' /><add key='ClearTextPassword' value='hunter2' /></ours></packageSourceCredentials></configuration>";

pub fn trials() -> Vec<Trial> {
    let trials = [
        trial("root_acts_as_the_owner_of_the_home", as_the_owner),
        trial("root_starts_nothing_of_another_users_home_as_root", programs),
        trial("root_with_another_users_home_installs_elsewhere_as_root", elsewhere),
        trial("links_in_another_users_home_lead_root_nowhere", planted_links),
        trial("a_folder_that_becomes_a_link_leads_root_nowhere", race),
        trial("links_in_another_users_project_lead_root_nowhere", projects),
    ];
    trials.into_iter().map(|trial| trial.needing(Need::Root)).collect()
}

/// A home and a project of another user's, and a folder that only root may change.
struct TwoUsers {
    home: SandboxHome,
    plugin: PathBuf,
    vault: PathBuf,
}

impl TwoUsers {
    fn new() -> Self {
        let home = SandboxHome::bare();
        fs::set_permissions(home.root(), fs::Permissions::from_mode(0o755)).unwrap();
        // The other user may not see the folder in which it was built.
        let plugin = home.bin().join("nuget-plugin-codeartifact");
        // By another process: a file that is open for writing here cannot be started meanwhile.
        run(Command::new("cp").arg(SandboxHome::plugin()).arg(&plugin)).assert_success();
        let vault = home.root().join("vault");
        fs::create_dir_all(vault.join("netcore/CredentialProvider.CodeArtifact")).unwrap();
        for name in ["NuGet.Config", "nuget.config"] {
            home.write(&format!("vault/{name}"), SAVED);
        }
        home.write("vault/config.toml", "");
        let list = r#"{"version":"1.0.0","files":[{"name":"precious","sha256":""}]}"#;
        for folder in ["vault", "vault/netcore/CredentialProvider.CodeArtifact"] {
            home.write(&format!("{folder}/installed-files.json"), list);
            home.write(&format!("{folder}/precious"), "precious");
        }
        let users = Self { home, plugin, vault };
        give(&users.home.home());
        give(&users.home.project());
        users
    }

    /// Makes the folders above, and a link, all of the user's.
    fn plant(&self, link: &str, target: &Path) {
        let path = self.home.root().join(link);
        let above: Vec<_> = path.ancestors().skip(1).take_while(|above| !above.exists()).collect();
        for folder in above.into_iter().rev() {
            fs::create_dir(folder).unwrap();
            give(folder);
        }
        symlink(target, &path).unwrap();
        give(&path);
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.command(&self.plugin);
        command.args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        run(&mut self.command(arguments))
    }

    /// What is in root's folder: modes, owners and text.
    fn vault(&self) -> Vec<String> {
        let mut all = tree(&self.vault);
        let mut folders = vec![self.vault.clone()];
        while let Some(folder) = folders.pop() {
            let found = fs::metadata(&folder).unwrap();
            all.push(format!("{} {} {:o}", folder.display(), found.uid(), found.mode()));
            for entry in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.is_dir() {
                    folders.push(entry);
                } else {
                    let owner = fs::metadata(&entry).unwrap().uid();
                    let text = fs::read_to_string(&entry).unwrap_or_default();
                    all.push(format!("{} {owner} {text}", entry.display()));
                }
            }
        }
        all.sort();
        all
    }
}

fn give(path: &Path) {
    lchown(path, Some(USER), Some(USER)).unwrap();
}

fn owners(folder: &Path, of: &mut Vec<(PathBuf, u32)>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let found = entry.symlink_metadata().unwrap();
        of.push((entry.clone(), found.uid()));
        if found.is_dir() {
            owners(&entry, of);
        }
    }
}

fn as_the_owner() {
    let users = TwoUsers::new();
    users.run(&["install"]).assert_success();
    users.run(&["configure", "set", "profile", "dev"]).assert_success();
    users.run(&["source", "add", SOURCE]).assert_success();
    let mut made = Vec::new();
    for folder in [users.home.home(), users.home.project()] {
        owners(&folder, &mut made);
    }
    assert!(made.len() > 10 && made.iter().all(|(_, owner)| *owner == USER), "{made:?}");
    users.run(&["uninstall", "--purge"]).assert_success();
    assert!(!users.home.netcore().exists());
}

/// The user plants a program where `doctor` asks for its version.
fn programs() {
    let users = TwoUsers::new();
    let program = users.home.write(
        "home/.dotnet/tools/nuget-plugin-codeartifact",
        "#!/bin/sh\nid -u >> \"${0%/*}/started-by\"\n",
    );
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    for path in [".dotnet", ".dotnet/tools", ".dotnet/tools/nuget-plugin-codeartifact"] {
        give(&users.home.home().join(path));
    }
    for words in [&["doctor", "--offline", "-v"][..], &["doctor", "--offline", "-v", "--fix"]] {
        users.run(words).assert_says(".NET tool: ~/.dotnet/tools/nuget-plugin-codeartifact");
        let started = program.with_file_name("started-by");
        let log = fs::read_to_string(&started).unwrap();
        assert!(log.lines().all(|id| id == USER.to_string()), "{words:?}: {log}");
        fs::remove_file(started).unwrap();
    }
}

/// `sudo install --dir` where sudo keeps HOME: root's work, and nothing of it in the home.
fn elsewhere() {
    let users = TwoUsers::new();
    let folder = users.home.root().join("opt/plugins");
    let words = ["install", "--netcore-only", "--dir", &*folder.to_string_lossy()];
    let mut command = users.command(&words);
    // Root's own home, from the user database, is not the test's to change.
    run(command.env("XDG_DATA_HOME", users.home.root().join("data"))).assert_success();
    assert_eq!(fs::metadata(&folder).unwrap().uid(), 0);
    assert_eq!(fs::read_dir(users.home.home()).unwrap().count(), 0);
}

fn planted_links() {
    const LINKS: [&str; 11] = [
        "home/.nuget",
        "home/.nuget/plugins",
        "home/.nuget/plugins/netcore",
        "home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact",
        "home/.nuget/NuGet",
        "home/.local/share",
        "home/.local/share/nuget-plugin-codeartifact",
        "home/.config",
        "home/.config/nuget-plugin-codeartifact",
        "home/.cache",
        "home/.cache/nuget-plugin-codeartifact",
    ];
    for link in LINKS {
        let users = TwoUsers::new();
        users.plant(link, &users.vault);
        let before = users.vault();
        for words in COMMANDS {
            users.run(words);
            assert_eq!(users.vault(), before, "{link}: {words:?}");
        }
    }
    for (link, target) in [
        ("home/.config/nuget-plugin-codeartifact/config.toml", "config.toml"),
        ("home/.nuget/NuGet/NuGet.Config", "NuGet.Config"),
        ("project/nuget.config", "nuget.config"),
    ] {
        let users = TwoUsers::new();
        users.plant(link, &users.vault.join(target));
        let before = users.vault();
        for words in COMMANDS {
            users.run(words);
            assert_eq!(users.vault(), before, "{link}: {words:?}");
        }
    }
}

const COMMANDS: [&[&str]; 6] = [
    &["install", "--netcore-only"],
    &["uninstall"],
    &["configure", "set", "profile", "dev"],
    &["source", "add", SOURCE],
    &["scrub", "--yes"],
    &["uninstall", "--purge"],
];

/// The user exchanges a folder for a link all the time.
fn race() {
    let users = TwoUsers::new();
    users.run(&["install", "--netcore-only"]).assert_success();
    let plugins = users.home.path("home/.nuget/plugins");
    let aside = users.home.path("home/.nuget/aside");
    let link = users.home.path("home/.nuget/link");
    symlink(&users.vault, &link).unwrap();
    give(&link);
    let before = users.vault();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let _ = fs::rename(&plugins, &aside);
                let _ = fs::rename(&link, &plugins);
                let _ = fs::rename(&plugins, &link);
                let _ = fs::rename(&aside, &plugins);
            }
        });
        for _ in 0..15 {
            users.run(&["install", "--netcore-only"]);
            users.run(&["uninstall"]);
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!(users.vault(), before);
}

/// Root at home in another user's project: single files are replaced, and no link is followed.
fn projects() {
    let mut users = TwoUsers::new();
    let home = users.home.root().join("root");
    fs::create_dir(&home).unwrap();
    users.home.set("HOME", &home.to_string_lossy());
    users.home.write("project/nuget.config", SAVED);
    give(&users.home.project().join("nuget.config"));
    users.run(&["scrub", "--yes"]).assert_success();
    let file = users.home.project().join("nuget.config");
    assert!(!fs::read_to_string(&file).unwrap().contains("hunter2"));
    assert_eq!(fs::metadata(&file).unwrap().uid(), USER);
    fs::remove_file(&file).unwrap();
    users.plant("project/nuget.config", &users.vault.join("nuget.config"));
    users.plant("project/linked", &users.vault);
    let before = users.vault();
    let other = SOURCE.replace("my-repo", "other");
    for words in [
        &["scrub", "--yes"][..],
        &["scrub", "--yes", "linked/nuget.config"],
        &["source", "add", &other, "--name", "other", "--configfile", "nuget.config"],
        &["source", "add", &other, "--name", "other", "--configfile", "linked/nuget.config"],
    ] {
        let run = users.run(words);
        assert_eq!(users.vault(), before, "{words:?}");
        run.assert_failure().assert_says("root does not follow another user's link");
    }
}
