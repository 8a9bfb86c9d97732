//! The archives of a release, packed from what Cargo just built. Other systems' executables are
//! replaced by a few bytes: nothing here starts them.

use std::env::consts;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use crate::support::dotnet::find_on_path;
use crate::support::process::{self, Run};
use crate::support::sandbox_home::SandboxHome;

/// Compressing an executable takes seconds on a busy machine.
const LIMIT: Duration = Duration::from_mins(3);

pub const RIDS: [&str; 6] =
    ["linux-x64", "linux-arm64", "win-x64", "win-arm64", "osx-arm64", "osx-x64"];

/// The RID of Linux whose executable runs here.
pub fn own_rid() -> &'static str {
    if consts::ARCH == "aarch64" { "linux-arm64" } else { "linux-x64" }
}

/// The folder for what these tests make.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// A copy of the executable without what only a debugger reads, which is half of it.
pub fn stripped(program: &Path, copy: &Path) {
    let strip = Command::new("strip").arg("-o").arg(copy).arg(program).status();
    if !strip.is_ok_and(|status| status.success()) {
        fs::copy(program, copy).expect("a copy");
    }
}

/// A folder with an archive for each RID, and SHA256SUMS. It is made once.
pub fn archives() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = folder("archives");
        for rid in RIDS {
            let suffix = if rid.starts_with("win-") { ".exe" } else { "" };
            let file = folder.join(format!("in/{rid}/nuget-plugin-codeartifact{suffix}"));
            fs::create_dir_all(file.parent().expect("it is in a folder")).expect("a folder");
            if rid == own_rid() {
                stripped(&SandboxHome::plugin(), &file);
            } else {
                fs::write(file, format!("#!/bin/sh\necho {rid}\n")).expect("a file");
            }
        }
        documents(&folder.join("documents"));
        let out = folder.join("out");
        let run = program("archive", |it| {
            it.arg(folder.join("in"))
                .arg(&out)
                .arg("--documents")
                .arg(folder.join("documents"))
                .arg("--fast")
        });
        run.assert_success();
        out
    })
}

/// What a release makes with Cargo: pages, scripts and licences. Two pages stand for all.
fn documents(folder: &Path) {
    let write = |name: &str, text: &[u8]| {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().expect("it is in a folder")).expect("a folder");
        fs::write(file, text).expect("a file");
    };
    for page in ["dotnet-codeartifact", "dotnet-codeartifact-doctor"] {
        let text = format!(".TH {page} 1\n.SH NAME\n{page} \\- a page\n");
        write(&format!("man/man1/{page}.1"), text.as_bytes());
    }
    for (shell, name) in [
        ("bash", "dotnet-codeartifact.bash"),
        ("fish", "dotnet-codeartifact.fish"),
        ("powershell", "dotnet-codeartifact.ps1"),
        ("zsh", "_dotnet-codeartifact"),
    ] {
        let words = ["completions", shell, "--program", "dotnet-codeartifact"];
        let run = SandboxHome::new().run_plugin(&words);
        write(&format!("completions/{name}"), run.assert_success().stdout.as_bytes());
    }
    for rid in RIDS {
        write(&format!("notices/{rid}"), format!("Licences of {rid}\n").as_bytes());
    }
}

/// Runs a program of a release with these arguments.
pub fn program(name: &str, arguments: impl Fn(&mut Command) -> &mut Command) -> Run {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("install/release").join(name);
    // The arguments may set PATH.
    let mut command = Command::new(find_on_path("python3").expect("the trial needs it"));
    // Modules of the user must not be found, and no compiled ones left in the sources.
    command.args(["-B", "-s"]).arg(program);
    process::run(arguments(&mut command), LIMIT)
}
