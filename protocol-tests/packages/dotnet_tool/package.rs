//! What is in the packages, and what the program that makes them refuses.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::executables::{self, TARGETS, VERSION, look_alike, own, own_rid, place, put};
use crate::support::dotnet::Dotnet;
use crate::support::process::{self, Run};
use crate::support::sandbox_home::SandboxHome;
use crate::support::secret_scan::files_below;
use crate::support::stage::LIMIT;
use crate::support::trials::{Need, Trial, trial};

const IDS: [&str; 2] = ["nuget-plugin-codeartifact", "dotnet-codeartifact"];

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("packages_have_every_system_and_what_nuget_org_asks_for", whole)
            .needing(Need::Python),
        trial("packages_are_the_same_bytes_each_time", same_bytes).needing(Need::Python),
        trial("nuget_reads_the_packages", nuget_reads_them).needing(Need::PythonAndDotnet),
    ];
    trials.extend(REFUSED.iter().map(|refused| {
        let name = format!("refused::{}", refused.name);
        trial(name, || refuse(refused)).needing(Need::Python)
    }));
    trials
}

/// Executables of every system in `executables`.
fn every_system() -> TempDir {
    let root = tempfile::tempdir().expect("a temporary folder");
    let folder = root.path().join("executables");
    for (rid, _) in TARGETS {
        put(&folder, rid, &look_alike(rid, VERSION));
    }
    put(&folder, &own_rid(), own());
    root
}

/// The files of a package by their names.
fn unpacked(package: &Path) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut unzip = Command::new("python3");
    unzip.args(["-m", "zipfile", "-e"]).arg(package).arg(folder.path());
    process::run(&mut unzip, LIMIT).assert_success();
    let files = files_below(folder.path()).into_iter().map(|file| {
        let name = file.strip_prefix(folder.path()).expect("it is in the folder");
        (name.to_string_lossy().into_owned(), fs::read(&file).expect("a file"))
    });
    files.collect()
}

fn whole() {
    let root = every_system();
    let run = executables::run(root.path(), &[]);
    run.assert_success();
    let made: Vec<PathBuf> = run.stdout.lines().map(PathBuf::from).collect();
    let named = |id: &str| root.path().join(format!("packages/{id}.{VERSION}.nupkg"));
    assert_eq!(made, IDS.map(named), "{run}");
    for (id, package) in IDS.into_iter().zip(&made) {
        let files = unpacked(package);
        let text = |name: &str| {
            let bytes = files.get(name).unwrap_or_else(|| panic!("{name}: {:?}", files.keys()));
            String::from_utf8(bytes.clone()).expect("a text")
        };
        assert_manifest(id, &text(&format!("{id}.nuspec")));
        assert_parts_have_types(&files, &text("[Content_Types].xml"));
        assert_relations_lead_somewhere(&files, &text("_rels/.rels"));
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(files["LICENSE"], fs::read(root.join("LICENSE")).unwrap());
        let notice = text("NOTICE");
        for part in ["=== linux-x64, linux-arm64\n", "=== win-x64, win-arm64\n", "for osx.\n"] {
            assert!(notice.contains(part), "{notice}");
        }
        assert_links_are_absolute(&text("README.md"));
        for (rid, _) in TARGETS {
            let executable = fs::read(place(&root_of(package), rid)).unwrap();
            let (entry, settings) = places(id, rid);
            assert!(files.get(&entry) == Some(&executable), "{entry} of {id}");
            assert_settings(id, rid, &text(&settings));
        }
    }
}

/// The executables of which a package was made.
fn root_of(package: &Path) -> PathBuf {
    package.ancestors().nth(2).expect("it is in `packages`").join("executables")
}

/// The executable and the settings of a RID.
fn places(id: &str, rid: &str) -> (String, String) {
    let suffix = if rid.starts_with("win-") { ".exe" } else { "" };
    let folder = if id == "dotnet-codeartifact" {
        format!("tools/any/{rid}")
    } else {
        "tools/netcoreapp2.1/any".to_owned()
    };
    let shims = if id == "dotnet-codeartifact" { String::new() } else { format!("shims/{rid}/") };
    (format!("{folder}/{shims}{id}{suffix}"), format!("{folder}/DotnetToolSettings.xml"))
}

fn assert_settings(id: &str, rid: &str, text: &str) {
    let document = roxmltree::Document::parse(text).expect("XML");
    let tool = document.root_element();
    // SDK 9 and older know the first version only, and one command for each tool.
    let (version, runner, suffix) = match id {
        "dotnet-codeartifact" if rid.starts_with("win-") => ("2", "executable", ".exe"),
        "dotnet-codeartifact" => ("2", "executable", ""),
        _ => ("1", "dotnet", ".dll"),
    };
    assert_eq!(
        (tool.tag_name().name(), tool.attribute("Version")),
        ("DotNetCliTool", Some(version))
    );
    let commands: Vec<_> = tool.descendants().filter(|it| it.has_tag_name("Command")).collect();
    let [command] = commands[..] else { panic!("one command: {text}") };
    let attributes = ["Name", "EntryPoint", "Runner"].map(|name| command.attribute(name));
    let entry = format!("{id}{suffix}");
    assert_eq!(attributes, [Some(id), Some(&*entry), Some(runner)]);
}

fn assert_manifest(id: &str, text: &str) {
    let document = roxmltree::Document::parse(text).expect("XML");
    let field = |name: &str| {
        let mut found = document.descendants().filter(|it| it.tag_name().name() == name);
        found.next().unwrap_or_else(|| panic!("{name} is missing: {text}"))
    };
    let repository = env!("CARGO_PKG_REPOSITORY");
    for (name, value) in [
        ("id", id),
        ("version", VERSION),
        ("license", env!("CARGO_PKG_LICENSE")),
        ("licenseUrl", concat!("https://licenses.nuget.org/", env!("CARGO_PKG_LICENSE"))),
        ("readme", "README.md"),
        ("projectUrl", repository),
    ] {
        assert_eq!(field(name).text(), Some(value), "{text}");
    }
    assert_eq!(field("license").attribute("type"), Some("expression"));
    assert_eq!(field("packageType").attribute("name"), Some("DotnetTool"));
    assert_eq!(field("repository").attribute("type"), Some("git"));
    assert_eq!(field("repository").attribute("url"), Some(&*format!("{repository}.git")));
    assert!(field("tags").text().is_some_and(|tags| tags.contains("codeartifact")));
    assert!(
        field("description").text().is_some_and(|it| it.contains(env!("CARGO_PKG_DESCRIPTION")))
    );
}

fn assert_parts_have_types(files: &BTreeMap<String, Vec<u8>>, types: &str) {
    let document = roxmltree::Document::parse(types).expect("XML");
    let attributes = |element: &str, name: &'static str| -> BTreeSet<String> {
        let found = document.descendants().filter(|it| it.tag_name().name() == element);
        found.filter_map(|it| it.attribute(name)).map(str::to_owned).collect()
    };
    let extensions = attributes("Default", "Extension");
    let parts = attributes("Override", "PartName");
    for name in files.keys().filter(|name| *name != "[Content_Types].xml") {
        let extension = name.rsplit('/').next().and_then(|file| file.rsplit_once('.'));
        let is_typed = match extension {
            Some((_, extension)) => extensions.contains(extension),
            None => parts.contains(&format!("/{name}")),
        };
        assert!(is_typed, "{name} has no type: {types}");
    }
}

fn assert_relations_lead_somewhere(files: &BTreeMap<String, Vec<u8>>, relations: &str) {
    let document = roxmltree::Document::parse(relations).expect("XML");
    let targets: Vec<_> = document.descendants().filter_map(|it| it.attribute("Target")).collect();
    assert_eq!(targets.len(), 2, "{relations}");
    for target in targets {
        assert!(files.contains_key(target.trim_start_matches('/')), "{target} is missing");
    }
}

/// On a page of nuget.org a relative link leads nowhere.
fn assert_links_are_absolute(page: &str) {
    let links: Vec<_> =
        page.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(links.len() > 5, "{page}");
    for link in links {
        assert!(link.starts_with("https://") || link.starts_with('#'), "{link}");
    }
}

fn same_bytes() {
    let packages = || {
        let root = every_system();
        executables::run(root.path(), &[]).assert_success();
        IDS.map(|id| fs::read(root.path().join(format!("packages/{id}.{VERSION}.nupkg"))).unwrap())
    };
    assert!(packages() == packages(), "two runs made different packages");
}

/// NuGet's check of signatures reads all of a package, and complains of nothing but the signature, which
/// nuget.org adds.
fn nuget_reads_them() {
    let home = SandboxHome::new();
    for id in IDS {
        let package = executables::packages().join(format!("{id}.{VERSION}.nupkg"));
        let package = package.to_string_lossy();
        let run = Dotnet::needed().run(&home, &["nuget", "verify", &package]);
        let problems: Vec<&str> = run.stdout.lines().filter(|line| line.contains(": NU")).collect();
        assert_eq!(problems, ["error: NU3004: The package is not signed."], "{run}");
        run.assert_says(&format!("Verifying {id}.{VERSION}"));
    }
}

/// Something that the program must not make a package of.
struct Refused {
    name: &'static str,
    /// Changes executables that are all right.
    change: fn(&Path),
    words: &'static [&'static str],
    /// In the one line of the error.
    says: &'static str,
}

const REFUSED: &[Refused] = &[
    Refused {
        name: "a_missing_system",
        change: |folder| fs::remove_dir_all(folder.join("osx-x64")).unwrap(),
        words: &[],
        says: "has no executable for osx-x64; add it",
    },
    Refused {
        name: "an_executable_for_another_processor",
        change: |folder| put(folder, "win-arm64", &look_alike("win-x64", VERSION)),
        words: &[],
        says: "is win-x64 and should be win-arm64; build it for aarch64-pc-windows-msvc",
    },
    Refused {
        name: "an_executable_for_another_system",
        change: |folder| put(folder, "osx-arm64", &look_alike("linux-arm64", VERSION)),
        words: &[],
        says: "is linux-arm64 and should be osx-arm64",
    },
    Refused {
        name: "a_library",
        change: |folder| {
            let mut library = look_alike("win-x64", VERSION);
            library[0x57] |= 0x20;
            put(folder, "win-x64", &library);
        },
        words: &[],
        says: "is not an executable and should be win-x64",
    },
    Refused {
        name: "a_text",
        change: |folder| put(folder, "osx-x64", b"MZ is how this text begins\n"),
        words: &[],
        says: "is not an executable and should be osx-x64",
    },
    Refused {
        name: "an_empty_file",
        change: |folder| put(folder, "linux-arm64", b""),
        words: &["--partial"],
        says: "is not an executable and should be linux-arm64",
    },
    Refused {
        name: "an_executable_of_another_version",
        change: |folder| put(folder, "win-x64", &look_alike("win-x64", "0.0.9")),
        words: &[],
        says: "is 0.0.9, and Cargo.toml has",
    },
    Refused {
        name: "another_program",
        change: |folder| {
            let mut other = look_alike("win-x64", VERSION);
            other.truncate(0x100);
            put(folder, "win-x64", &other);
        },
        words: &[],
        says: "is unknown, and Cargo.toml has",
    },
    Refused {
        name: "an_executable_that_does_not_start",
        change: |folder| put(folder, &own_rid(), &look_alike(&own_rid(), VERSION)),
        words: &[],
        says: "does not start on this machine",
    },
    #[cfg(target_os = "linux")]
    Refused {
        name: "an_executable_that_says_something_else",
        change: |folder| {
            let other = fs::read("/bin/sleep").expect("a program of the system");
            put(folder, &own_rid(), &[&*other, &look_alike(&own_rid(), VERSION)].concat());
        },
        words: &[],
        says: "instead of version",
    },
    Refused {
        name: "a_folder_of_another_name",
        change: |folder| fs::create_dir(folder.join("linux-x86")).unwrap(),
        words: &[],
        says: "linux-x86` is not named after a RID",
    },
    Refused {
        name: "a_version_that_old_clients_do_not_read",
        change: |_| {},
        words: &["--version", "1.0.0-rc.1"],
        says: "is not a version that every NuGet reads",
    },
];

fn refuse(refused: &Refused) {
    let root = every_system();
    (refused.change)(&root.path().join("executables"));
    let run: Run = executables::run(root.path(), refused.words);
    assert_eq!(run.code(), Some(1), "{run}");
    assert_eq!((run.stdout.as_str(), run.stderr.lines().count()), ("", 1), "{run}");
    assert!(run.stderr.starts_with("error: ") && run.stderr.contains(refused.says), "{run}");
    assert!(!root.path().join("packages").exists(), "a package was begun");
}
