//! The dev container feature: packed as for a release, and run as a builder runs it, for another user and
//! for all users.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::installers::machine::LIMIT;
use crate::installers::release::{REAL, Release, VERSION, sha256};
use crate::support::pages::repository;
use crate::support::process::{self, Run};
use crate::support::trials::{Need, Trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("devcontainer::the_packed_feature_is_whole", the_packed_feature)
            .needing(Need::Python),
        trial("devcontainer::its_metadata_is_what_builders_read", its_metadata),
        trial("devcontainer::it_is_packed_by_the_dev_container_cli", by_the_cli)
            .needing(Need::DevContainerCli),
        trial("devcontainer::it_installs_for_the_remote_user", for_the_remote_user)
            .needing(Need::OtherUser),
        trial("devcontainer::it_installs_for_all_users", for_all_users)
            .needing(Need::MountNamespace),
    ]
}

const FEATURE: &str = "install/devcontainer/nuget-plugin-codeartifact";

/// A user that every system has, and nobody is.
const NOBODY: (&str, u32) = ("nobody", 65_534);

fn packed(folder: &Path) -> PathBuf {
    let mut pack = Command::new("python3");
    pack.arg("-B").arg(repository("install/release/devcontainer-feature")).arg(folder);
    process::run(&mut pack, LIMIT).assert_success();
    folder.join("devcontainer-feature-nuget-plugin-codeartifact.tgz")
}

fn the_packed_feature() {
    let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
    let [one, other] = [0, 1].map(|at| packed(folders[at].path()));
    assert_eq!(fs::read(&one).expect("it"), fs::read(other).expect("it"), "not reproducible");
    let unpacked = folders[0].path().join("unpacked");
    fs::create_dir(&unpacked).expect("a folder");
    let mut tar = Command::new("tar");
    process::run(tar.arg("-xzf").arg(one).arg("-C").arg(&unpacked), LIMIT).assert_success();
    for (name, source) in [
        ("devcontainer-feature.json", format!("{FEATURE}/devcontainer-feature.json")),
        ("install.sh", format!("{FEATURE}/install.sh")),
        ("install-plugin.sh", "install/install.sh".to_owned()),
        ("LICENSE", "LICENSE".to_owned()),
    ] {
        let source = fs::read(repository(&source)).expect("a source");
        for folder in [&unpacked, &folders[0].path().join("nuget-plugin-codeartifact")] {
            let file = folder.join(name);
            assert_eq!(fs::read(&file).expect(name), source, "{name}");
            let is_executable = fs::metadata(&file).expect(name).mode() & 0o111 == 0o111;
            let is_script = Path::new(name).extension().is_some_and(|end| end == "sh");
            assert_eq!(is_executable, is_script, "{name}");
        }
    }
}

/// What the schema of the specification requires of these properties.
fn its_metadata() {
    const KNOWN: [&str; 9] = [
        "id",
        "version",
        "name",
        "description",
        "documentationURL",
        "licenseURL",
        "keywords",
        "options",
        "installsAfter",
    ];
    let file = repository(FEATURE).join("devcontainer-feature.json");
    let feature: Value = serde_json::from_slice(&fs::read(file).expect("it")).expect("JSON");
    let properties = feature.as_object().expect("an object");
    assert!(properties.keys().all(|name| KNOWN.contains(&&**name)), "{properties:?}");
    assert_eq!(feature["id"], "nuget-plugin-codeartifact");
    assert!(FEATURE.ends_with("/nuget-plugin-codeartifact"), "the folder is called as the feature");
    assert_eq!(feature["version"], VERSION);
    let script = fs::read_to_string(repository(FEATURE).join("install.sh")).expect("the script");
    for (name, option) in feature["options"].as_object().expect("options") {
        let is_typed = match option["type"].as_str() {
            Some("boolean") => option["default"].is_boolean(),
            Some("string") => option["default"].is_string(),
            _ => false,
        };
        assert!(is_typed, "{name}: {option}");
        assert!(script.contains(&format!("${{{}:-", name.to_uppercase())), "{name} is not read");
    }
}

fn by_the_cli() {
    let folder = tempfile::tempdir().expect("a folder");
    packed(folder.path());
    let mut package = Command::new("devcontainer");
    package.args(["features", "package", "-o"]).arg(folder.path().join("out"));
    package.arg(folder.path().join("nuget-plugin-codeartifact"));
    process::run(&mut package, LIMIT).assert_success();
    let collection = folder.path().join("out/devcontainer-collection.json");
    let collection: Value =
        serde_json::from_slice(&fs::read(collection).expect("it")).expect("JSON");
    assert_eq!(collection["features"][0]["version"], VERSION);
}

/// The folder of a build: the feature as a release has it, which only root can read, and a home of the
/// other user.
struct Build {
    root: TempDir,
    release: Release,
}

impl Build {
    fn new() -> Self {
        let root = tempfile::Builder::new().prefix("build of Zoë's ").tempdir().expect("a folder");
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).expect("its mode");
        let build = Self { root, release: Release::of(&REAL) };
        let feature = build.path("feature");
        fs::create_dir(&feature).expect("a folder");
        fs::set_permissions(&feature, fs::Permissions::from_mode(0o700)).expect("its mode");
        for (name, source) in [("install.sh", FEATURE), ("install-plugin.sh", "install")] {
            let source = repository(source).join("install.sh");
            fs::copy(source, feature.join(name)).expect("a copy");
        }
        for home in ["root home", "user home"] {
            fs::create_dir(build.path(home)).expect("a folder");
        }
        build
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Runs the feature's script, or one that starts it as `$FEATURE`.
    fn run(&self, program: &[&str], options: &[(&str, &str)]) -> Run {
        let mut command = Command::new(program[0]);
        command.args(&program[1..]).current_dir(self.path("feature")).env_clear();
        command.env("PATH", "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("HOME", self.path("root home")).env("FEATURE", self.path("feature/install.sh"));
        // Every option is set; what a user does not choose has its default.
        command.envs([("VERSION", VERSION), ("SHA256", ""), ("ALLUSERS", "false")]);
        command.env("RELEASES", self.release.url());
        command.envs(options.iter().copied());
        process::run(&mut command, LIMIT)
    }
}

fn for_the_remote_user() {
    let build = Build::new();
    let home = build.path("user home");
    chown(&home, Some(NOBODY.1), Some(NOBODY.1)).expect("root gives it away");
    let home_text = home.to_string_lossy().into_owned();
    let user = [("_REMOTE_USER", NOBODY.0), ("_REMOTE_USER_HOME", &home_text)];
    let digest = sha256(&REAL);
    let wrong = "0".repeat(64);
    for (sha256, succeeds) in [(&wrong, false), (&digest, true), (&digest, true)] {
        let options: Vec<_> = user.iter().copied().chain([("SHA256", &**sha256)]).collect();
        let run = build.run(&["sh", "./install.sh"], &options);
        assert_eq!(run.succeeded(), succeeds, "{run}");
        let plugin = home.join(
            ".nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact",
        );
        assert_eq!(plugin.exists(), succeeds, "{run}");
        if succeeds {
            let command = home.join(".local/bin/dotnet-codeartifact");
            assert_eq!(fs::metadata(plugin).expect("it").uid(), NOBODY.1);
            assert_eq!(fs::symlink_metadata(command).expect("it").uid(), NOBODY.1);
        }
    }
    let of_root = fs::read_dir(build.path("root home")).expect("a folder").count();
    assert_eq!(of_root, 0, "nothing is installed for root");

    let missing = [("_REMOTE_USER", NOBODY.0), ("_REMOTE_USER_HOME", "/no/home")];
    let run = build.run(&["sh", "./install.sh"], &missing);
    assert_eq!(run.code(), Some(1), "{run}");
    run.assert_says("error: The home folder of `nobody` is missing.");
}

/// In a namespace of its own, whose `/usr/local` is empty.
fn for_all_users() {
    let build = Build::new();
    let script = "set -e; mount -t tmpfs tmpfs /usr/local; mkdir /usr/local/bin; umask 077; \
        sh \"$FEATURE\"; sh \"$FEATURE\"; \
        for command in nuget-plugin-codeartifact dotnet-codeartifact; do \
        setpriv --reuid 65534 --regid 65534 --clear-groups \"$command\" --version; done";
    let options = [("ALLUSERS", "true"), ("_REMOTE_USER", NOBODY.0)];
    let run = build.run(&["unshare", "-m", "sh", "-c", script], &options);
    run.assert_success();
    let versions = run.stdout.matches(&format!("nuget-plugin-codeartifact {VERSION} ")).count();
    assert_eq!(versions, 2, "{run}");
    assert!(!build.path("root home/.nuget").exists(), "{run}");
}
