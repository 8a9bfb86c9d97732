//! The image for `COPY --from`, built by buildah without a network, and the lines that use it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::installers::machine::{LIMIT, Machine};
use crate::installers::release::{VERSION, archive, archive_name};
use crate::support::pages::repository;
use crate::support::process::{self, Run};
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::Stage;
use crate::support::stage::restore::PACKAGE;
use crate::support::trials::{Need, Trial, trial, with_dotnet};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("image::it_has_one_file_which_others_copy_and_run", it_has_one_file)
            .needing(Need::Buildah),
        with_dotnet("image::nuget_finds_what_was_copied_on_path", on_path),
        trial("image::it_is_published_from_the_files_of_a_release", published)
            .needing(Need::Python),
    ]
}

const FILE: &str = "nuget-plugin-codeartifact";

/// Images and containers of a test alone.
struct Store(TempDir);

impl Store {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn buildah(&self, words: &[&str]) -> Run {
        let mut command = Command::new("buildah");
        command.args(["--storage-driver", "vfs", "--root"]).arg(self.path("store"));
        command.arg("--runroot").arg(self.path("run")).args(words);
        process::run(&mut command, LIMIT)
    }

    fn build(&self, file: &Path, context: &Path, options: &[&str]) -> Run {
        let (file, context) = (file.to_string_lossy(), context.to_string_lossy());
        let first = ["bud", "-q", "--isolation", "chroot", "--pull-never", "-f", &*file];
        self.buildah(&[&first[..], options, &[&*context]].concat())
    }
}

fn it_has_one_file() {
    let store = Store(tempfile::tempdir().expect("a folder"));
    // As artifacts of a workflow: the mode is lost. The other system's file is not looked at here.
    let (own, other) =
        if cfg!(target_arch = "aarch64") { ("arm64", "x64") } else { ("x64", "arm64") };
    for (processor, file) in [(own, SandboxHome::plugin()), (other, repository("LICENSE"))] {
        let folder = store.path("executables").join(format!("linux-{processor}"));
        fs::create_dir_all(&folder).expect("a folder");
        let to = folder.join(FILE);
        if processor == own {
            let strip = Command::new("strip").arg("-o").arg(&to).arg(&file).status();
            strip.ok().filter(std::process::ExitStatus::success).expect("strip");
        } else {
            fs::copy(file, &to).expect("a copy");
        }
        fs::set_permissions(&to, fs::Permissions::from_mode(0o644)).expect("its mode");
    }
    let file = repository("install/image/Dockerfile");
    for processor in ["amd64", "arm64"] {
        let (platform, tag) = (format!("linux/{processor}"), format!("localhost/it:{processor}"));
        let options = ["--platform", &*platform, "-t", &*tag];
        store.build(&file, &store.path("executables"), &options).assert_success();
    }
    let processor = if own == "x64" { "amd64" } else { "arm64" };
    let tag = format!("localhost/it:{processor}");
    let container = store.buildah(&["from", "--pull-never", &tag]);
    let container = container.assert_success().stdout.trim().to_owned();
    let mounted = store.buildah(&["mount", &container]);
    let mounted = PathBuf::from(mounted.assert_success().stdout.trim());
    let files: Vec<_> = fs::read_dir(&mounted).expect("the image").flatten().collect();
    let [file] = &files[..] else { panic!("{files:?}") };
    assert_eq!(file.file_name(), FILE);
    assert_eq!(file.metadata().expect("it").permissions().mode() & 0o7777, 0o755);
    assert!(store.buildah(&["umount", &container]).succeeded());

    for name in ["Dockerfile", "Dockerfile.alpine"] {
        let dockerfile = store.path("Dockerfile");
        fs::write(&dockerfile, on_scratch(name)).expect("a file");
        let argument = format!("PLUGIN_IMAGE={tag}");
        let options = ["--build-arg", &*argument, "-t", "localhost/user"];
        store.build(&dockerfile, store.0.path(), &options).assert_success();
        let user = store.buildah(&["from", "--pull-never", "localhost/user"]);
        let user = user.assert_success().stdout.trim().to_owned();
        let mounted = store.buildah(&["mount", &user]);
        let copied =
            Path::new(mounted.assert_success().stdout.trim()).join("usr/local/bin").join(FILE);
        assert_eq!(fs::metadata(&copied).expect(name).permissions().mode() & 0o7777, 0o755);
        // A release's is static. The one that Cargo builds by itself needs the system's libraries.
        if is_static(&copied) {
            let program = format!("/usr/local/bin/{FILE}");
            let run =
                store.buildah(&["run", "--isolation", "chroot", &user, &program, "--version"]);
            run.assert_success().assert_says(&format!("{FILE} {VERSION} "));
        }
        assert!(store.buildah(&["umount", &user]).succeeded());
    }
    // Containers hold mounts.
    store.buildah(&["rm", "--all"]).assert_success();
}

/// The lines of a ready-made file that are about the image, on an empty one instead of the SDK's.
fn on_scratch(name: &str) -> String {
    let text = fs::read_to_string(repository("install/examples").join(name)).expect(name);
    let ours = |line: &&str| {
        line.starts_with("ARG PLUGIN_IMAGE=")
            || line.contains("PLUGIN_IMAGE} AS")
            || line.contains("--from=plugin")
    };
    let lines: Vec<_> = text.lines().filter(ours).collect();
    let [argument, stage, copy] = lines[..] else { panic!("{name}: {lines:?}") };
    format!("{argument}\n{stage}\nFROM scratch\n{copy}\n")
}

/// Whether an ELF file names no loader, which stands in its first bytes.
fn is_static(file: &Path) -> bool {
    let content = fs::read(file).expect("the copy");
    let begin = &content[..content.len().min(4096)];
    !begin.windows(3).any(|part| part == b"ld-")
}

/// Nothing else is installed in such an image.
fn on_path() {
    let stage = Stage::new().with_package().with_nuget_config();
    stage.home.write_project("app", &[(PACKAGE, "1.0.0")]);
    SandboxHome::link_plugin(&stage.home.bin().join(FILE));
    stage.restore(&[]).assert_success();
    stage.assert_restored();
}

/// From the files of a release, with a `docker` and a `devcontainer` that note what they were told.
fn published() {
    let machine = Machine::new();
    let release = machine.path("release");
    fs::create_dir(&release).expect("a folder");
    for system in ["linux-x64", "linux-arm64"] {
        let archive = archive(system, system.as_bytes());
        fs::write(release.join(archive_name(system)), archive).expect("an archive");
    }
    let mut pack = Command::new("python3");
    pack.arg("-B").arg(repository("install/release/devcontainer-feature")).arg(&release);
    process::run(&mut pack, LIMIT).assert_success();
    fs::remove_dir_all(release.join(FILE)).expect("the feature as a folder");
    let sums = "sha256sum -- * > ../SHA256SUMS && mv ../SHA256SUMS .";
    let mut checksums = Command::new("sh");
    process::run(checksums.args(["-c", sums]).current_dir(&release), LIMIT).assert_success();
    let note = "printf '%s\\n' \"$*\" >> ../noted\n";
    let digest = format!("sha256:{}", "ab".repeat(32));
    machine.program(
        "docker",
        &format!(
            "{note}for context; do :; done; cat \"$context\"/*/{FILE} >> ../noted; echo >> ../noted\n\
             while [ \"$1\" != --metadata-file ]; do shift; done\n\
             echo '{{\"containerimage.digest\": \"{digest}\"}}' > \"$2\""
        ),
    );
    machine.program("devcontainer", &format!("{note}for it; do :; done; ls \"$it\" >> ../noted"));
    let publish = |commit: &str| {
        let mut command = machine.command(&["python3", "-B"]);
        command.arg(repository("install/release/publish")).arg(&release).arg(commit);
        process::run(&mut command, LIMIT)
    };
    let noted = || fs::read_to_string(machine.path("noted")).unwrap_or_default();
    publish("v1.0.0").assert_failure().assert_says("error: COMMIT has to be");
    assert_eq!(noted(), "");

    let commit = "c".repeat(40);
    let run = publish(&commit);
    let image = format!("ghcr.io/{FILE}/{FILE}:{VERSION}@{digest}");
    for line in [
        format!("    - uses: {FILE}/{FILE}/install/action@{commit} # v{VERSION}\n"),
        format!("    COPY --from={image} /{FILE} /usr/local/bin/\n"),
    ] {
        assert!(run.assert_success().stdout.contains(&line), "{run}");
    }
    let noted = noted();
    for part in [
        "buildx build --platform linux/amd64,linux/arm64 --push ",
        &format!("--tag ghcr.io/{FILE}/{FILE}:{VERSION} "),
        "\nlinux-arm64linux-x64\n",
        &format!("features publish --registry ghcr.io --namespace {FILE}/features "),
        "\nLICENSE\ndevcontainer-feature.json\ninstall-plugin.sh\ninstall.sh\n",
    ] {
        assert!(noted.contains(part), "{part}: {noted}");
    }

    fs::write(release.join(archive_name("linux-x64")), "another").expect("a file");
    let run = publish(&commit);
    run.assert_failure().assert_says("error: `sha256sum` failed with 1");
    assert_eq!(run.stdout, "");
}
