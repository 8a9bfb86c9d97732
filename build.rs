//! Builds the launcher (`install/launcher/`) for the target, so that the plugin can embed it:
//! `$OUT_DIR/launcher.bin` is the library. It also sets `CODEARTIFACT_NUGET_VERSION`, the version with
//! commit and target.
//!
//! `CODEARTIFACT_NUGET_LAUNCHER` names a launcher that was built before: a release signs it, and joins
//! those for macOS into one. `install/release/launcher` builds it, by running this file.
//!
//! `CODEARTIFACT_NUGET_NO_LAUNCHER` is for `cargo check` on a target that has no linker here: the
//! launcher is empty, and `install` of such a build refuses to install what it does not have.
#![expect(clippy::disallowed_methods, reason = "cargo speaks to a build script by its environment")]

#[allow(dead_code, reason = "the plugin uses all of it")]
#[path = "src/base/executable_format.rs"]
mod executable_format;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use executable_format::{Architecture, is_library, pe_header};

const SOURCE: &str = "install/launcher";
const LAUNCHER: &str = "CODEARTIFACT_NUGET_LAUNCHER";
const NO_LAUNCHER: &str = "CODEARTIFACT_NUGET_NO_LAUNCHER";
/// Names the commit where there is no git, as in an unpacked archive.
const COMMIT: &str = "CODEARTIFACT_NUGET_COMMIT";

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed={SOURCE}");
    println!("cargo::rerun-if-env-changed={LAUNCHER}");
    println!("cargo::rerun-if-env-changed={NO_LAUNCHER}");
    set_version();
    pack_relocations();
    // Some linkers add a suffix to a name that has none.
    let launcher = PathBuf::from(needed("OUT_DIR")).join("launcher.bin");
    let set = |variable| env::var_os(variable).filter(|value| !value.is_empty());
    let placed = match (set(NO_LAUNCHER), set(LAUNCHER)) {
        (Some(_), Some(_)) => {
            Err(format!("`{LAUNCHER}` and `{NO_LAUNCHER}` are both set: unset one of them"))
        }
        (Some(_), None) => write(&launcher, &[]),
        (None, Some(prebuilt)) => {
            take(Path::new(&prebuilt)).and_then(|content| write(&launcher, &content))
        }
        (None, None) => build(&launcher),
    };
    match placed {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            for line in problem.lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

/// The version with commit and target, which `--version` prints. Only a release has a commit: other
/// builds are often made of changed files, and must not be made again for each commit.
fn set_version() {
    println!("cargo::rerun-if-env-changed={COMMIT}");
    let named = env::var(COMMIT).ok().filter(|commit| !commit.is_empty());
    let commit = named.or_else(|| (needed("PROFILE") == "release").then(git_commit).flatten());
    let commit = commit.map(|commit| format!("{commit}, ")).unwrap_or_default();
    let (version, target) = (env!("CARGO_PKG_VERSION"), needed("TARGET"));
    let target = target.to_string_lossy();
    println!("cargo::rustc-env=CODEARTIFACT_NUGET_VERSION={version} ({commit}{target})");
}

/// The commit of the sources, if they are a work tree of git's.
fn git_commit() -> Option<String> {
    let git = |words: &[&str]| {
        let run =
            Command::new("git").args(words).current_dir(needed("CARGO_MANIFEST_DIR")).output();
        let run = run.ok().filter(|run| run.status.success())?;
        Some(String::from_utf8_lossy(&run.stdout).trim().to_owned()).filter(|text| !text.is_empty())
    };
    // Sources that are unpacked below another project's work tree have not its commit.
    let root = PathBuf::from(git(&["rev-parse", "--show-toplevel"])?);
    if root.canonicalize().ok()?
        != PathBuf::from(needed("CARGO_MANIFEST_DIR")).canonicalize().ok()?
    {
        return None;
    }
    for name in ["HEAD", "logs/HEAD"] {
        println!("cargo::rerun-if-changed={}", git(&["rev-parse", "--git-path", name])?);
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}

/// A static executable for any address has 13,000 addresses to correct when it starts. Packed, they
/// take a hundredth of the space. A dynamic one would then need a C library of 2022 or later.
fn pack_relocations() {
    if needed("CARGO_CFG_TARGET_ENV") == "musl" {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The content of a launcher that was built before, where it is one for the target.
fn take(prebuilt: &Path) -> Result<Vec<u8>, String> {
    let (system, processor) = (needed("CARGO_CFG_TARGET_OS"), needed("CARGO_CFG_TARGET_ARCH"));
    let problem = |what: &dyn std::fmt::Display| {
        let (file, target) = (prebuilt.display(), needed("TARGET"));
        let target = target.to_string_lossy();
        format!(
            "`{LAUNCHER}` names `{file}`, {what}; name the file that `install/release/launcher \
             {target} FILE` writes, or unset the variable to build the launcher"
        )
    };
    // Cargo and a person start in different folders.
    if !prebuilt.is_absolute() {
        return Err(problem(&"which is a relative path"));
    }
    println!("cargo::rerun-if-changed={}", prebuilt.display());
    let content = std::fs::read(prebuilt)
        .map_err(|error| problem(&format_args!("which cannot be read ({error})")))?;
    let are = Architecture::all_of(&content);
    let wanted = Architecture::of_target(&system.to_string_lossy(), &processor.to_string_lossy());
    let wanted = wanted.ok_or_else(|| problem(&"and no release has one for this target"))?;
    if are.is_empty() {
        return Err(problem(&"which is not a library"));
    }
    if !are.contains(&wanted) {
        let are: Vec<String> = are.iter().map(Architecture::to_string).collect();
        return Err(problem(&format_args!("which is for {}, not {wanted}", are.join(" and "))));
    }
    // The one function that the host calls to run the plugin.
    let export = b"corehost_main";
    if !is_library(&content) || !content.windows(export.len()).any(|part| part == export) {
        return Err(problem(&"which is not the launcher"));
    }
    Ok(content)
}

fn write(launcher: &Path, content: &[u8]) -> Result<(), String> {
    std::fs::write(launcher, content)
        .map_err(|error| format!("cannot write `{}`: {error}", launcher.display()))
}

/// Compiles and links the launcher with the compiler, for the target, that cargo uses.
fn build(launcher: &Path) -> Result<(), String> {
    let target = needed("TARGET").to_string_lossy().into_owned();
    let output = compiler(&target, launcher)
        .output()
        .map_err(|error| format!("cannot start the compiler for the launcher: {error}"))?;
    if !output.status.success() {
        return Err(explain(&target, &output));
    }
    if is_llvm_for_windows() { remove_time(launcher) } else { Ok(()) }
}

/// The LLVM flavour of mingw.
fn is_llvm_for_windows() -> bool {
    needed("CARGO_CFG_TARGET_OS") == "windows"
        && env::var_os("CARGO_CFG_TARGET_ABI").is_some_and(|abi| abi == "llvm")
}

/// Some of these linkers write the time of the build, and not all know the argument against it.
fn remove_time(launcher: &Path) -> Result<(), String> {
    let mut content = std::fs::read(launcher)
        .map_err(|error| format!("cannot read `{}`: {error}", launcher.display()))?;
    // The signature, the processor and the number of sections stand before it.
    let header = pe_header(&content).ok_or("the linker did not write a library for Windows")?;
    if let Some(time) = content.get_mut(header + 8..header + 12) {
        time.fill(0);
    }
    write(launcher, &content)
}

fn compiler(target: &str, launcher: &Path) -> Command {
    let root = needed("CARGO_MANIFEST_DIR");
    let mut command = Command::new(needed("RUSTC"));
    command
        .current_dir(&root)
        .args(["--edition=2024", "--crate-type=cdylib", "--crate-name=hostpolicy", "--target"])
        .arg(target)
        .args(["-Cpanic=abort", "-Copt-level=z", "-Clto", "-Ccodegen-units=1", "-Cstrip=symbols"])
        // The same bytes wherever the sources are.
        .arg(joined("--remap-path-prefix=", &root, "=."))
        .arg(Path::new(SOURCE).join("launcher.rs"))
        .arg("-o")
        .arg(launcher);
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        command.arg(joined("-Clinker=", &linker, ""));
    }
    if needed("CARGO_CFG_TARGET_ENV") == "musl" {
        // Without it rustc builds no dynamic library for musl at all.
        command.arg("-Ctarget-feature=-crt-static");
    }
    command.args(system_arguments());
    command
}

/// No C library and no start-up code: the host has brought both along.
fn system_arguments() -> &'static [&'static str] {
    let system = needed("CARGO_CFG_TARGET_OS").to_string_lossy().into_owned();
    let microsoft = needed("CARGO_CFG_TARGET_ENV") == "msvc";
    match system.as_str() {
        "windows" if microsoft => {
            &["-Clink-arg=/NODEFAULTLIB", "-Clink-arg=/ENTRY:DllMain", "-Clink-arg=/BREPRO"]
        }
        "windows" if is_llvm_for_windows() => &[
            "-Clink-arg=-nostdlib",
            "-Clink-arg=-nostartfiles",
            "-Clink-arg=-Wl,--entry=DllMain",
            "-Clink-arg=-lkernel32",
        ],
        "windows" => &[
            "-Clink-arg=-nostdlib",
            "-Clink-arg=-nostartfiles",
            "-Clink-arg=-Wl,--entry=DllMain",
            "-Clink-arg=-Wl,--no-insert-timestamp",
            "-Clink-arg=-lkernel32",
        ],
        // Apple's linker wants the system's one library, which the source names.
        "macos" => &["-Clink-arg=-Wl,-install_name,@rpath/libhostpolicy.dylib"],
        _ => &[
            "-Cforce-unwind-tables=no",
            "-Crelro-level=off",
            "-Clink-arg=-nostdlib",
            "-Clink-arg=-nostartfiles",
            "-Clink-arg=-Wl,-z,noseparate-code",
            "-Clink-arg=-Wl,--build-id=none",
        ],
    }
}

fn explain(target: &str, output: &Output) -> String {
    let variable = target.to_uppercase().replace(['-', '.'], "_");
    format!(
        "the launcher (`{SOURCE}`) cannot be built for `{target}`; if its linker is missing, name \
         it by `CARGO_TARGET_{variable}_LINKER`, or set `{NO_LAUNCHER}=1` to check the code \
         without a launcher; the compiler said:\n{}",
        String::from_utf8_lossy(&output.stderr)
    )
}

#[expect(clippy::expect_used, reason = "cargo sets it for every build script")]
fn needed(variable: &str) -> OsString {
    env::var_os(variable).expect("cargo sets it for every build script")
}

fn joined(before: &str, middle: &std::ffi::OsStr, after: &str) -> OsString {
    let mut all = OsString::from(before);
    all.push(middle);
    all.push(after);
    all
}
