//! Where tokens are kept, and where they are not.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::fake_codeartifact::{FakeCodeArtifact, TOKEN_PREFIX};
use crate::support::fake_nuget::FakeNuget;
use crate::support::sandbox_home::SandboxHome;
use crate::support::secret_scan::{assert_no_secrets, files_below};
use crate::support::stage::Stage;
use crate::support::stage::conversation::token_of_a_process;
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        disk_is_the_users_cache_folder,
        memory_is_this_process,
        off_keeps_nothing,
        a_named_folder_is_used_on_ci_too,
        on_ci_and_in_containers_tokens_are_in_memory_only,
        a_folder_that_is_not_this_users_alone_is_not_used_and_the_restore_works,
        a_folder_of_another_user_is_not_used,
        #[cfg(target_os = "linux")]
        in_a_read_only_home_the_process_keeps_its_token,
        a_relative_folder_is_passed_over,
    ]
}

/// [`stage`] with a log file, and without a word on the cache.
fn unsettled_stage() -> (FakeCodeArtifact, SandboxHome, String) {
    let Stage { fake, mut home, source, .. } = Stage::new();
    home.unset("CODEARTIFACT_NUGET_CACHE").unset("CODEARTIFACT_NUGET_CACHE_DIR");
    let log = home.root().join("log");
    home.set("CODEARTIFACT_NUGET_LOG_FILE", &text(&log));
    (fake, home, source)
}

fn text(path: &Path) -> String {
    path.to_str().expect("a temporary folder's name is Unicode").to_owned()
}

fn log_of(home: &SandboxHome) -> String {
    fs::read_to_string(home.root().join("log")).expect("the log file")
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).expect("it is there").mode() & 0o7777
}

fn assert_no_token_below(folder: &Path) {
    assert_no_secrets(folder, &[TOKEN_PREFIX.to_owned()], &[]);
}

/// The cache is in `folder`, for its owner only, and a second process is served from it.
fn assert_kept_in(folder: &Path, fake: &FakeCodeArtifact, home: &SandboxHome, source: &str) {
    let token = token_of_a_process(home, source);
    assert_eq!(token_of_a_process(home, source), token);
    assert_eq!(fake.token_calls().len(), 1);
    assert_eq!(mode(folder), 0o700);
    let files = files_below(folder);
    assert!(files.iter().any(|file| fs::read_to_string(file).unwrap().contains(&token)));
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

/// Every process fetches, one process fetches once, and nothing is written but `note` to the log.
fn assert_kept_by_the_process(
    note: &str,
    fake: &FakeCodeArtifact,
    home: &SandboxHome,
    source: &str,
) {
    for process in 1..=2 {
        let mut nuget = FakeNuget::start(home);
        for _ in 0..2 {
            nuget.ask(source, false, true).assert_success().assert_no_logs();
        }
        assert_eq!(fake.token_calls().len(), process);
        nuget.finish();
    }
    assert!(log_of(home).contains(note), "no {note:?} in\n{}", log_of(home));
    assert_no_token_below(home.root());
}

fn disk_is_the_users_cache_folder() {
    let (fake, mut home, source) = unsettled_stage();
    home.set("CODEARTIFACT_NUGET_CACHE", "disk").set("CI", "true");
    home.set("XDG_CACHE_HOME", &text(&home.root().join("xdg")));
    let folder = home.root().join("xdg/nuget-plugin-codeartifact");
    assert_kept_in(&folder, &fake, &home, &source);
}

fn memory_is_this_process() {
    let (fake, mut home, source) = unsettled_stage();
    home.set("CODEARTIFACT_NUGET_CACHE", "memory");
    assert_kept_by_the_process("tokens are kept in this process only", &fake, &home, &source);
}

fn off_keeps_nothing() {
    let (fake, mut home, source) = unsettled_stage();
    home.set("CODEARTIFACT_NUGET_CACHE", "off");
    let mut nuget = FakeNuget::start(&home);
    for calls in 1..=2 {
        nuget.ask(&source, false, true).assert_success().assert_no_logs();
        assert_eq!(fake.token_calls().len(), calls);
    }
    nuget.finish();
    assert!(log_of(&home).contains("tokens are kept in nowhere, the cache is off"));
    assert_no_token_below(home.root());
}

fn a_named_folder_is_used_on_ci_too() {
    let (fake, mut home, source) = unsettled_stage();
    let folder = home.root().join("named/by the user");
    home.set("CODEARTIFACT_NUGET_CACHE_DIR", &text(&folder)).set("CI", "true");
    assert_kept_in(&folder, &fake, &home, &source);
}

/// A memory file system of this test's own stands for the user's runtime folder.
fn memory_folder() -> Option<TempDir> {
    let is_there = cfg!(target_os = "linux") && Path::new("/dev/shm").is_dir();
    is_there.then(|| TempDir::new_in("/dev/shm").expect("a folder in /dev/shm"))
}

fn on_ci_and_in_containers_tokens_are_in_memory_only() {
    for (variable, value) in [
        ("CI", "true"),
        ("GITHUB_ACTIONS", "true"),
        ("TF_BUILD", "True"),
        ("CODEBUILD_BUILD_ID", "project:1"),
        ("container", "podman"),
        ("DOTNET_RUNNING_IN_CONTAINER", "true"),
        ("KUBERNETES_SERVICE_HOST", "10.0.0.1"),
    ] {
        let Some(memory) = memory_folder() else { return };
        let (fake, mut home, source) = unsettled_stage();
        home.set(variable, value).set("XDG_RUNTIME_DIR", &text(memory.path()));
        let token = token_of_a_process(&home, &source);
        assert_eq!(token_of_a_process(&home, &source), token, "{variable}");
        assert_eq!(fake.token_calls().len(), 1);
        assert_no_token_below(home.root());
        assert!(!home.cache_dir().exists());
        let sign = format!("`{variable}` is set: tokens are kept in memory only");
        assert!(log_of(&home).contains(&sign), "{}", log_of(&home));
        let kept = files_below(memory.path());
        assert!(kept.iter().any(|file| file.extension().is_some_and(|it| it == "json")));
        for file in kept {
            assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        }
    }
}

/// A change of a folder or of the folders above it, and the line that the log then has about it.
type Trouble = (&'static str, fn(&Path), &'static str);

const TROUBLES: [Trouble; 6] = [
    (
        "a file in its place",
        |folder| fs::write(folder, "").unwrap(),
        "it is a link or a file, not a folder",
    ),
    (
        "a link in its place",
        |folder| {
            let target = folder.with_extension("target");
            fs::create_dir(&target).unwrap();
            symlink(target, folder).unwrap();
        },
        "it is a link or a file, not a folder",
    ),
    ("writable by all", |folder| make(folder, 0o777), "group or others may write to it"),
    ("writable by the group", |folder| make(folder, 0o770), "group or others may write to it"),
    ("below one writable by all", |folder| make(parent(folder), 0o777), "everybody may write to"),
    (
        "below a file",
        |folder| {
            fs::remove_dir(parent(folder)).unwrap();
            fs::write(parent(folder), "").unwrap();
        },
        "is not used",
    ),
];

fn make(folder: &Path, mode: u32) {
    fs::create_dir_all(folder).unwrap();
    fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
}

fn parent(folder: &Path) -> &Path {
    folder.parent().expect("a folder of ours is in another")
}

/// A home whose named folder is `above/cache`, of which `above` is there.
fn stage_with_named_folder() -> (FakeCodeArtifact, SandboxHome, String, PathBuf) {
    let (fake, mut home, source) = unsettled_stage();
    let folder = home.root().join("above/cache");
    make(parent(&folder), 0o700);
    home.set("CODEARTIFACT_NUGET_CACHE_DIR", &text(&folder));
    (fake, home, source, folder)
}

fn a_folder_that_is_not_this_users_alone_is_not_used_and_the_restore_works() {
    for (what, trouble, reason) in TROUBLES {
        eprintln!("a cache folder: {what}");
        let (fake, home, source, folder) = stage_with_named_folder();
        trouble(&folder);
        let note = format!("the cache folder `{}` is not used: ", folder.display());
        assert_kept_by_the_process(&note, &fake, &home, &source);
        assert!(log_of(&home).contains(reason), "no {reason:?} in\n{}", log_of(&home));
    }
}

fn a_folder_of_another_user_is_not_used() {
    let (fake, home, source, folder) = stage_with_named_folder();
    make(&folder, 0o700);
    if chown(&folder, Some(12_345), None).is_err() {
        eprintln!("skipped: only root can give a folder away");
        return;
    }
    let note = "it belongs to user 12345, not to this one";
    assert_kept_by_the_process(note, &fake, &home, &source);
}

/// On Linux no user, not even root, can create a folder there.
#[cfg(target_os = "linux")]
fn in_a_read_only_home_the_process_keeps_its_token() {
    let (fake, mut home, source) = unsettled_stage();
    let configuration = home.path("home/.config/nuget-plugin-codeartifact/config.toml");
    home.set("CODEARTIFACT_NUGET_CONFIG_FILE", &text(&configuration));
    home.set("HOME", "/proc").set("CODEARTIFACT_NUGET_CACHE", "disk");
    let note = "the cache folder `/proc/.cache/nuget-plugin-codeartifact` is not used: ";
    assert_kept_by_the_process(note, &fake, &home, &source);
}

fn a_relative_folder_is_passed_over() {
    let (fake, mut home, source) = unsettled_stage();
    home.set("CODEARTIFACT_NUGET_CACHE", "disk").set("CODEARTIFACT_NUGET_CACHE_DIR", "here");
    assert_kept_in(&home.cache_dir(), &fake, &home, &source);
    assert!(!home.project().join("here").exists());
    let note = "the cache folder `here` is not used: the path must be absolute";
    assert!(log_of(&home).contains(note), "{}", log_of(&home));
}
