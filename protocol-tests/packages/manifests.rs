//! The Homebrew formula, and the manifests of Scoop and winget.
//!
//! Their schemas are not in this repository. `CODEARTIFACT_NUGET_TEST_SCHEMAS` names a folder with
//! copies, by which a test judges the manifests: `scoop.json` (`schema.json` of ScoopInstaller/Scoop)
//! and `winget.KIND.json` for version, installer and defaultLocale
//! (`schemas/JSON/manifests/vVERSION/manifest.KIND.VERSION.json` of microsoft/winget-cli).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use boon::{Compiler, Schemas};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::archives::{archives, folder, own_rid, program};
use crate::support::process::{self, Run};
use crate::support::stage;
use crate::support::trials::{Need, SCHEMAS, Trial, named, named_by, needing};

const NAME: &str = "nuget-plugin-codeartifact";
const VERSION: &str = env!("CARGO_PKG_VERSION");
const ADDRESS: &str = env!("CARGO_PKG_REPOSITORY");

pub fn trials() -> Vec<Trial> {
    use Need::{Program, Python};
    let read = named![
        each_address_has_the_checksum_of_its_archive,
        the_names_in_a_manifest_are_those_in_the_archive,
        a_checksum_that_is_missing_ends_it,
        the_same_checksums_give_the_same_bytes,
    ];
    let judged = named![the_schemas_of_scoop_and_winget_accept_the_manifests];
    let run = named![the_formula_installs_an_archive];
    needing(read, Python)
        .chain(needing(judged, Need::All(&[Python, Need::Schemas])))
        .chain(needing(run, Need::All(&[Python, Program("ruby")])))
        .collect()
}

/// The folder with the manifests, which are made once.
fn manifests() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let out = folder("manifests");
        make(archives(), &out).assert_success();
        out
    })
}

fn make(archives: &Path, out: &Path) -> Run {
    program("manifests", |command| command.arg(archives).arg(out))
}

fn text(name: &str) -> String {
    fs::read_to_string(manifests().join(name)).expect("a manifest")
}

fn formula() -> String {
    text(&format!("homebrew/{NAME}.rb"))
}

fn scoop() -> Value {
    serde_json::from_str(&text(&format!("scoop/{NAME}.json"))).expect("JSON")
}

/// The manifests of winget by kind. They use a part of YAML that is read here: mappings and lists
/// whose values are strings of JSON.
fn winget() -> [(&'static str, Value); 3] {
    let id = winget_id();
    [("version", ""), ("installer", ".installer"), ("defaultLocale", ".locale.en-US")].map(
        |(kind, part)| {
            let text = text(&format!("winget/{id}{part}.yaml"));
            let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).skip(1).collect();
            (kind, yaml(&lines))
        },
    )
}

fn winget_id() -> String {
    let mut parts = ADDRESS.rsplit('/');
    let (name, owner) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    format!("{owner}.{name}")
}

/// A mapping, or a list, all of whose lines begin at the first one's column.
fn yaml(lines: &[&str]) -> Value {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let Some(first) = lines.first() else { return Value::Null };
    let column = indent(first);
    let starts = lines.iter().enumerate().filter(|(_, line)| indent(line) == column);
    let starts: Vec<usize> = starts.map(|(at, _)| at).collect();
    let is_list = first.trim_start().starts_with("- ");
    // The entries of a list are in the column of its key.
    let mut blocks: Vec<&[&str]> = Vec::new();
    let mut at = 0;
    while at < starts.len() {
        let mut next = at + 1;
        while !is_list && next < starts.len() && lines[starts[next]].trim_start().starts_with("- ")
        {
            next += 1;
        }
        blocks.push(&lines[starts[at]..starts.get(next).copied().unwrap_or(lines.len())]);
        at = next;
    }
    if is_list {
        let entries = blocks.iter().map(|block| {
            let first = block[0].replacen("- ", "  ", 1);
            if first.trim_start().starts_with('"') {
                return serde_json::from_str(first.trim()).expect("a string");
            }
            let lines: Vec<&str> =
                [&*first].into_iter().chain(block[1..].iter().copied()).collect();
            yaml(&lines)
        });
        return entries.collect();
    }
    let pairs = blocks.iter().map(|block| {
        let (key, value) = block[0].trim_start().split_once(':').expect("a key");
        let value = match value.trim() {
            "" => yaml(&block[1..]),
            value => serde_json::from_str(value).expect("a string"),
        };
        (key.to_owned(), value)
    });
    Value::Object(pairs.collect())
}

/// The address and the checksum of an archive, as they must be.
fn archive(rid: &str) -> (String, String) {
    let suffix = if rid.starts_with("win-") { "zip" } else { "tar.gz" };
    let name = format!("{NAME}-{rid}.{suffix}");
    let content = fs::read(archives().join(&name)).expect("an archive");
    let url = format!("{ADDRESS}/releases/download/v{VERSION}/{name}");
    (url, hex::encode(Sha256::digest(content)))
}

fn each_address_has_the_checksum_of_its_archive() {
    let formula = formula();
    for rid in ["osx-arm64", "osx-x64", "linux-arm64", "linux-x64"] {
        let (url, sum) = archive(rid);
        assert!(formula.contains(&format!("url \"{url}\"\n      sha256 \"{sum}\"\n")), "{formula}");
    }
    let scoop = scoop();
    let [_, (_, installer), _] = winget();
    for (at, (rid, bits, processor)) in
        [("win-x64", "64bit", "x64"), ("win-arm64", "arm64", "arm64")].into_iter().enumerate()
    {
        let (url, sum) = archive(rid);
        let architecture = &scoop["architecture"][bits];
        assert_eq!((&architecture["url"], &architecture["hash"]), (&json!(url), &json!(sum)));
        let update = &scoop["autoupdate"]["architecture"][bits]["url"];
        assert_eq!(update, &url.replace(&format!("/v{VERSION}/"), "/v$version/"));
        let entry = &installer["Installers"][at];
        assert_eq!(entry["Architecture"], processor);
        assert_eq!(
            (&entry["InstallerUrl"], &entry["InstallerSha256"]),
            (&json!(url), &json!(sum.to_uppercase()))
        );
    }
    for (kind, manifest) in winget() {
        assert_eq!(
            (&manifest["PackageVersion"], &manifest["ManifestType"]),
            (&json!(VERSION), &json!(kind))
        );
    }
    assert_eq!(scoop["version"], VERSION);
}

/// Unpacks an archive and returns its folder.
fn unpacked(rid: &str) -> PathBuf {
    let folder = folder(&format!("unpacked/{rid}"));
    let (url, _) = archive(rid);
    let file = archives().join(url.rsplit('/').next().expect("a name"));
    let mut unpack = Command::new("python3");
    unpack.args(["-c", "import shutil, sys; shutil.unpack_archive(*sys.argv[1:])"]);
    process::run(unpack.arg(file).arg(&folder), stage::LIMIT).assert_success();
    folder
}

fn the_names_in_a_manifest_are_those_in_the_archive() {
    let scoop = scoop();
    let [_, (_, installer), _] = winget();
    for (at, (rid, bits)) in [("win-x64", "64bit"), ("win-arm64", "arm64")].into_iter().enumerate()
    {
        let folder = unpacked(rid);
        let inner = scoop["architecture"][bits]["extract_dir"].as_str().expect("a folder");
        let executable = scoop["bin"][0].as_str().expect("a name");
        assert!(folder.join(inner).join(executable).is_file());
        assert_eq!(scoop["bin"][1], json!([executable, "dotnet-codeartifact"]));
        let nested = &installer["Installers"][at]["NestedInstallerFiles"][0];
        let path = nested["RelativeFilePath"].as_str().expect("a path");
        assert!(folder.join(path.replace('\\', "/")).is_file(), "{path}");
        assert_eq!(nested["PortableCommandAlias"], NAME, "NuGet looks for this name on PATH");
    }
}

fn the_schemas_of_scoop_and_winget_accept_the_manifests() {
    let folder = named_by(SCHEMAS).expect("the trial needs it");
    let mut manifests = vec![("scoop".to_owned(), scoop())];
    manifests.extend(winget().map(|(kind, manifest)| (format!("winget.{kind}"), manifest)));
    for (name, manifest) in manifests {
        let schema = fs::read(folder.join(format!("{name}.json"))).expect("a schema");
        let mut schema: Value = serde_json::from_slice(&schema).expect("JSON");
        // Their own addresses are not needed to find the parts.
        schema.as_object_mut().expect("an object").remove("$id");
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.enable_format_assertions();
        compiler.add_resource("schema.json", schema).expect("a schema");
        let index = compiler.compile("schema.json", &mut schemas).expect("a schema that compiles");
        if let Err(error) = schemas.validate(&manifest, index) {
            panic!("{name}: {error}\n{manifest:#}");
        }
        let broken = json!({"version": 1, "PackageVersion": 1});
        assert!(schemas.validate(&broken, index).is_err(), "{name} accepts anything");
    }
}

fn a_checksum_that_is_missing_ends_it() {
    let (from, out) = (folder("no-sums/from"), folder("no-sums/out"));
    make(&from, &out).assert_failure().assert_says("SHA256SUMS` cannot be read");
    let sums = fs::read_to_string(archives().join("SHA256SUMS")).expect("the checksums");
    for (what, broken) in [
        (
            "missing",
            sums.lines().filter(|line| !line.contains("osx-x64")).collect::<Vec<_>>().join("\n"),
        ),
        (
            "cut off",
            sums.replace(
                "  nuget-plugin-codeartifact-osx-x64",
                "\nnuget-plugin-codeartifact-osx-x64",
            ),
        ),
    ] {
        fs::write(from.join("SHA256SUMS"), broken).expect("a file");
        let run = make(&from, &out);
        let expected =
            "has no checksum of nuget-plugin-codeartifact-osx-x64.tar.gz; pack all targets first\n";
        run.assert_failure().assert_says(expected);
        assert_eq!(run.stderr.lines().count(), 1, "{what}: {run}");
        assert_eq!(
            fs::read_dir(&out).expect("a folder").count(),
            0,
            "{what}: nothing half is left"
        );
    }
}

fn the_same_checksums_give_the_same_bytes() {
    let out = folder("manifests-again");
    make(archives(), &out).assert_success();
    let files = |folder: &Path| crate::support::secret_scan::files_below(folder);
    assert_eq!(files(&out).len(), 5);
    for file in files(&out) {
        let first = manifests().join(file.strip_prefix(&out).expect("it is below"));
        assert_eq!(fs::read(&file).expect("one"), fs::read(first).expect("the other"));
    }
}

/// Stands in for Homebrew.
const HOMEBREW: &str = include_str!("homebrew.rb");

fn the_formula_installs_an_archive() {
    let rid = own_rid();
    let (keg, home) = (folder("keg"), folder("brew-home"));
    let file = manifests().join(format!("homebrew/{NAME}.rb"));
    let mut check = Command::new("ruby");
    let checked = process::run(check.args(["-wc"]).arg(&file), stage::LIMIT);
    checked.assert_success();
    assert_eq!((&*checked.stdout, &*checked.stderr), ("Syntax OK\n", ""));
    let processor = if rid == "linux-arm64" { "on_arm" } else { "on_intel" };
    let mut ruby = Command::new("ruby");
    ruby.args(["-e", HOMEBREW]).arg(&file).arg(&keg).arg(format!("on_linux {processor}"));
    ruby.current_dir(unpacked(rid).join(format!("{NAME}-{rid}")));
    ruby.env("PATH", format!("{}:/usr/bin:/bin", keg.join("bin").display())).env("HOME", home);
    let run = process::run(&mut ruby, stage::LIMIT);
    run.assert_success().assert_says(&archive(rid).0);
    run.assert_says("\n  dotnet codeartifact install\n");
    assert_eq!(
        fs::read_link(keg.join("bin/dotnet-codeartifact")).expect("a link"),
        Path::new(NAME)
    );
    for file in [
        "share/man/man1/dotnet-codeartifact.1",
        "share/man/man1/dotnet-codeartifact-doctor.1",
        "etc/bash_completion.d/dotnet-codeartifact",
        "share/zsh/site-functions/_dotnet-codeartifact",
        "share/fish/vendor_completions.d/dotnet-codeartifact.fish",
        "share/doc/nuget-plugin-codeartifact/NOTICE",
    ] {
        assert!(keg.join(file).is_file(), "{file}");
    }
}
