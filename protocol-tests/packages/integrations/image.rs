//! The image for `COPY --from`, built by buildah without a network, and the lines that use it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::installers::machine::LIMIT;
use crate::installers::release::VERSION;
use crate::support::pages::repository;
use crate::support::process::{self, Run};
use crate::support::sandbox_home::SandboxHome;
use crate::support::trials::{Need, Trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("image::it_has_one_file_which_others_copy_and_run", it_has_one_file)
            .needing(Need::Buildah),
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
