//! deb, rpm, apk and Arch packages: what is in them, and a restore with what they install.

use std::env::{self, consts};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use super::archives::{archives, folder, own_rid, program};
use crate::support::dotnet::Dotnet;
use crate::support::process::{self, Run};
use crate::support::stage::{self, Stage};
use crate::support::trials::{Need, Trial, named, needing, nfpm};

const NAME: &str = "nuget-plugin-codeartifact";
const VERSION: &str = env!("CARGO_PKG_VERSION");

pub fn trials() -> Vec<Trial> {
    use Need::{Dotnet, Nfpm, Program, Python, Root};
    let reading = named![each_package_has_the_files_of_the_archive_in_its_own_places];
    let making = named![
        the_same_archives_give_the_same_bytes,
        a_package_is_named_after_version_and_processor,
        without_an_archive_or_nfpm_one_line_says_so,
    ];
    let installing = named![
        a_debian_package_serves_a_restore_of_every_user,
        doctor_and_uninstall_leave_a_package_to_its_manager,
        a_home_with_an_older_copy_than_the_package_is_updated_by_install,
    ];
    let of_rpm = named![rpm_installs_and_removes_its_package];
    let of_pacman = named![pacman_installs_and_removes_its_package];
    let checked = named![lintian_has_nothing_to_say];
    needing(making, Need::All(&[Python, Nfpm]))
        .chain(needing(reading, Need::All(&[Python, Nfpm, Program("dpkg-deb"), Program("rpm")])))
        .chain(needing(installing, Need::All(&[Python, Nfpm, Program("dpkg"), Root, Dotnet])))
        .chain(needing(of_rpm, Need::All(&[Python, Nfpm, Program("rpm"), Root])))
        .chain(needing(of_pacman, Need::All(&[Python, Nfpm, Program("pacman"), Root])))
        .chain(needing(checked, Need::All(&[Python, Nfpm, Program("lintian")])))
        .collect()
}

/// The folder with all packages, which are made once.
fn packages() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let out = folder("linux");
        make(archives(), &out).assert_success();
        out
    })
}

fn make(archives: &Path, out: &Path) -> Run {
    program("linux-packages", |command| {
        command.arg(archives).arg(out).env("NFPM", nfpm().unwrap_or_default())
    })
}

/// The names of the packages of each kind, for x64 and arm64.
fn names() -> [[String; 2]; 4] {
    [
        ["amd64", "arm64"].map(|processor| format!("{NAME}_{VERSION}-1_{processor}.deb")),
        ["x86_64", "aarch64"].map(|processor| format!("{NAME}-{VERSION}-1.{processor}.rpm")),
        ["x86_64", "aarch64"].map(|processor| format!("{NAME}_{VERSION}-r1_{processor}.apk")),
        ["x86_64", "aarch64"]
            .map(|processor| format!("{NAME}-{VERSION}-1-{processor}.pkg.tar.zst")),
    ]
}

/// The package for this machine.
fn own(kind: usize) -> PathBuf {
    packages().join(&names()[kind][usize::from(own_rid() == "linux-arm64")])
}

fn a_package_is_named_after_version_and_processor() {
    let mut expected: Vec<String> = names().into_iter().flatten().collect();
    expected.sort();
    let entries = fs::read_dir(packages()).expect("the packages").flatten();
    let mut there: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    there.sort();
    assert_eq!(there, expected);
}

fn output(program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(arguments).env("LC_ALL", "C").env("TZ", "UTC");
    let run = process::run(&mut command, stage::LIMIT);
    run.assert_success();
    run.stdout
}

/// A line of a listing as `MODE OWNER /PATH[ -> TARGET]`. Folders are left out.
fn listed(listing: &str, owner: impl Fn(&[&str]) -> String) -> Vec<String> {
    let mut lines: Vec<String> = listing
        .lines()
        .filter(|line| line.starts_with(['-', 'l']))
        .filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (path, target) = line.split_once(" -> ").unwrap_or((line, ""));
            let path = path.rsplit(' ').next()?;
            let path = path.trim_start_matches("./").trim_start_matches('/');
            let target = if target.is_empty() { String::new() } else { format!(" -> {target}") };
            // What a package says about itself.
            let is_content = path.starts_with("usr/");
            // A link has no mode of its own.
            let mode = if line.starts_with('l') { "link" } else { words[0] };
            is_content.then(|| format!("{mode} {} /{path}{target}", owner(&words)))
        })
        .collect();
    lines.sort();
    lines
}

/// Every file of a package, with the places in which each kind differs.
fn expected(kind: usize) -> Vec<String> {
    let is_debian = kind == 0;
    let doc = format!("usr/share/doc/{NAME}");
    let zsh = if is_debian { "vendor-completions" } else { "site-functions" };
    let mut files = vec![
        format!("usr/share/bash-completion/completions/dotnet-codeartifact"),
        format!("usr/share/fish/vendor_completions.d/dotnet-codeartifact.fish"),
        format!("usr/share/zsh/{zsh}/_dotnet-codeartifact"),
        format!("usr/share/man/man1/dotnet-codeartifact.1.gz"),
        format!("usr/share/man/man1/dotnet-codeartifact-doctor.1.gz"),
        format!("usr/share/man/man1/{NAME}.1.gz"),
        format!("{doc}/README.md"),
        format!("{doc}/changelog.gz"),
    ];
    let of_kind: &[&str] = if is_debian {
        &[
            "doc/NAME/copyright",
            "doc/NAME/changelog.Debian.gz",
            "doc/NAME/NOTICE",
            "lintian/overrides/NAME",
        ]
    } else {
        &["licenses/NAME/LICENSE", "licenses/NAME/NOTICE"]
    };
    files.extend(of_kind.iter().map(|file| format!("usr/share/{}", file.replace("NAME", NAME))));
    let mut lines: Vec<String> =
        files.iter().map(|file| format!("-rw-r--r-- root /{file}")).collect();
    lines.push(format!("-rwxr-xr-x root /usr/bin/{NAME}"));
    for (link, target) in [
        ("bin/dotnet-codeartifact", NAME),
        (&format!("share/bash-completion/completions/{NAME}"), "dotnet-codeartifact"),
        (&format!("share/fish/vendor_completions.d/{NAME}.fish"), "dotnet-codeartifact.fish"),
    ] {
        lines.push(format!("link root /usr/{link} -> {target}"));
    }
    lines.sort();
    lines
}

fn each_package_has_the_files_of_the_archive_in_its_own_places() {
    for (kind, of_processors) in names().into_iter().enumerate() {
        for name in of_processors {
            let package = packages().join(&name);
            let file = package.to_str().expect("text");
            let listing = match kind {
                0 => output("dpkg-deb", &["--contents", file]),
                1 => output("rpm", &["-qlvp", file]),
                _ => output("tar", &["--list", "--verbose", "--file", file]),
            };
            let owner = |words: &[&str]| {
                let owner = if kind == 1 { words[2..4].join("/") } else { words[1].to_owned() };
                // A number, or the name that a machine has for it.
                if ["root/root", "0/0"].contains(&&*owner) { "root".into() } else { owner }
            };
            assert_eq!(listed(&listing, owner), expected(kind), "{name}");
        }
    }
    let [deb, rpm, apk, arch] = [0, 1, 2, 3].map(|kind| own(kind).display().to_string());
    let is_arm = consts::ARCH == "aarch64";
    let (debians, others) = if is_arm { ("arm64", "aarch64") } else { ("amd64", "x86_64") };
    let control = output("dpkg-deb", &["--field", &deb]);
    for line in [
        format!("Package: {NAME}"),
        format!("Version: {VERSION}-1"),
        format!("Architecture: {debians}"),
        "Recommends: ca-certificates".into(),
        " For older SDKs and nuget.exe each user runs \"dotnet codeartifact install\" once,".into(),
    ] {
        assert!(control.lines().any(|found| found == line), "{line}: {control}");
    }
    let format = "%{NAME} %{VERSION}-%{RELEASE} %{ARCH} %{LICENSE} %{URL}";
    let about = output("rpm", &["-qp", "--queryformat", format, &rpm]);
    let url = env!("CARGO_PKG_REPOSITORY");
    assert_eq!(about, format!("{NAME} {VERSION}-1 {others} Apache-2.0 {url}"));
    assert_eq!(output("rpm", &["-qp", "--scripts", &rpm]), "", "nothing runs at installation");
    let apk = output("tar", &["--extract", "--to-stdout", "--file", &apk, ".PKGINFO"]);
    let arch = output("tar", &["--extract", "--to-stdout", "--file", &arch, ".PKGINFO"]);
    for (about, version, needed) in [
        (apk, format!("{VERSION}-r1"), "ca-certificates-bundle"),
        (arch, format!("{VERSION}-1"), "ca-certificates"),
    ] {
        for line in [
            format!("pkgname = {NAME}"),
            format!("pkgver = {version}"),
            format!("arch = {others}"),
            "license = Apache-2.0".into(),
            format!("depend = {needed}"),
        ] {
            assert!(about.lines().any(|found| found == line), "{line}: {about}");
        }
        assert!(about.lines().all(|line| line.starts_with('#') || line.contains(" = ")), "{about}");
    }
}

/// In another time zone, with another umask and temporary folder, and later.
fn the_same_archives_give_the_same_bytes() {
    let other = if own_rid() == "linux-x64" { "linux-arm64" } else { "linux-x64" };
    let (from, out) = (folder("again/from"), folder("again/out"));
    let archive = format!("{NAME}-{other}.tar.gz");
    fs::copy(archives().join(&archive), from.join(&archive)).expect("a copy");
    packages();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("install/release/linux-packages");
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 077; exec python3 -B -s \"$@\"", "sh"]).arg(script);
    shell.arg(&from).arg(&out).env("NFPM", nfpm().unwrap_or_default());
    shell.env("TZ", "Asia/Tokyo").env("TMPDIR", folder("again/täm p"));
    process::run(&mut shell, stage::LIMIT).assert_success();
    let entries: Vec<_> = fs::read_dir(&out).expect("a folder").flatten().collect();
    assert_eq!(entries.len(), 4);
    for entry in entries {
        let first = fs::read(packages().join(entry.file_name())).expect("a package");
        assert!(first == fs::read(entry.path()).expect("one"), "{}", entry.path().display());
    }
}

fn without_an_archive_or_nfpm_one_line_says_so() {
    let (empty, out) = (folder("empty"), folder("none"));
    let run = make(&empty, &out);
    run.assert_failure().assert_says("error: ").assert_says("has no archive for Linux");
    assert_eq!(run.stderr.lines().count(), 1, "{run}");
    let missing = empty.join("nfpm");
    let run = program("linux-packages", |command| {
        command.arg(archives()).arg(&out).env("NFPM", &missing)
    });
    let expected = format!(
        "error: `{}` is not a program, or not on PATH; to install nfpm: pip install nfpm\n",
        missing.display()
    );
    assert_eq!(run.assert_failure().stderr, expected);
    assert_eq!(fs::read_dir(out).expect("a folder").count(), 0);
}

fn lintian_has_nothing_to_say() {
    let package = own(0).display().to_string();
    // The tests' executable is not the static one of a release.
    let suppressed = "undeclared-elf-prerequisites";
    let mut lintian = Command::new("lintian");
    lintian.args(["--allow-root", "--fail-on", "warning", "--suppress-tags", suppressed, &package]);
    let run = process::run(&mut lintian, stage::LIMIT);
    run.assert_success();
    assert_eq!(run.stdout, "", "{run}");
}

/// A folder as the root of a system on which dpkg has installed the package, and a stage whose PATH
/// has its `/usr/bin` and no other copy of the plugin.
struct Machine {
    stage: Stage,
    root: PathBuf,
}

impl Machine {
    fn with_debian_package() -> Self {
        let stage = Stage::new().with_package().with_nuget_config();
        stage.home.write_project("app", &[(stage::restore::PACKAGE, "1.0.0")]);
        let root = stage.home.root().join("root");
        for folder in ["var/lib/dpkg/info", "var/lib/dpkg/updates"] {
            fs::create_dir_all(root.join(folder)).expect("a folder");
        }
        fs::write(root.join("var/lib/dpkg/status"), "").expect("a file");
        let mut machine = Self { stage, root };
        machine.dpkg(&["--install", &own(0).display().to_string()]);
        let dotnet = Dotnet::needed().real_program();
        let folders = [machine.bin(), dotnet.parent().expect("a folder").to_owned()];
        let system = ["/usr/bin", "/bin"].map(PathBuf::from);
        let path = env::join_paths(folders.into_iter().chain(system)).expect("no colon");
        machine.stage.set("PATH", &path.to_string_lossy());
        machine
    }

    fn dpkg(&self, words: &[&str]) {
        let mut dpkg = Command::new("dpkg");
        // It is another system, and `dpkg` itself logs in this one.
        dpkg.arg(format!("--root={}", self.root.display())).args(words);
        dpkg.env("DPKG_FRONTEND_LOCKED", "1");
        process::run(&mut dpkg, stage::LIMIT).assert_success();
    }

    fn bin(&self) -> PathBuf {
        self.root.join("usr/bin")
    }

    fn run(&self, words: &[&str]) -> Run {
        let mut command = self.stage.home.command(self.bin().join("dotnet-codeartifact"));
        process::run(command.args(words), stage::LIMIT)
    }

    /// The problems that doctor finds, but for those of sources.
    fn problems(&self) -> Vec<String> {
        let findings =
            self.run(&["doctor", "--offline", "--json"]).envelope()["result"]["findings"].take();
        let findings = findings.as_array().expect("findings").iter();
        let problems = findings.filter(|finding| {
            let is_problem =
                ["failure", "warning"].contains(&finding["outcome"].as_str().unwrap_or(""));
            is_problem && finding["check"] != "source-http"
        });
        problems.map(Value::to_string).collect()
    }
}

fn a_debian_package_serves_a_restore_of_every_user() {
    let machine = Machine::with_debian_package();
    machine.stage.restore(&[]).assert_success().assert_silent_on("CredentialProvider");
    machine.stage.assert_restored();
    assert_eq!(machine.stage.token_calls(), 1);
    let version = machine.stage.dotnet(&["codeartifact", "--version"]);
    version.assert_success().assert_says(VERSION);
    assert_eq!(machine.problems(), [] as [&str; 0]);
    let status = machine.run(&["status"]);
    status
        .assert_says("in no plugins folder, but NuGet finds ")
        .assert_says("/usr/bin/nuget-plugin-");
    machine.dpkg(&["--remove", NAME]);
    let left = fs::read_dir(machine.bin()).map_or(0, Iterator::count);
    assert_eq!(left, 0, "the package leaves no file");
}

fn doctor_and_uninstall_leave_a_package_to_its_manager() {
    let machine = Machine::with_debian_package();
    let installed = machine.run(&["install"]);
    installed.assert_success().assert_silent_on("was not installed");
    assert!(
        !machine.stage.home.home().join(".dotnet/tools").exists(),
        "the package has the command"
    );
    assert_eq!(machine.problems(), [] as [&str; 0]);
    machine.stage.restore(&[]).assert_success().assert_silent_on("CredentialProvider");
    assert_eq!(machine.stage.token_calls(), 1);
    let uninstalled = machine.run(&["uninstall"]);
    let note = format!(
        "note: {}/{NAME} belongs to a package of dpkg and stays; to remove it: sudo apt-get remove {NAME}\n",
        machine.bin().display()
    );
    uninstalled.assert_success().assert_says(&note);
    assert!(
        machine.bin().join(NAME).is_file() && machine.bin().join("dotnet-codeartifact").exists()
    );
    machine.stage.forget_packages();
    machine.stage.restore(&[]).assert_success();
}

/// The list says another version, as after an update of the package.
fn a_home_with_an_older_copy_than_the_package_is_updated_by_install() {
    let machine = Machine::with_debian_package();
    machine.run(&["install"]).assert_success();
    for folder in [machine.stage.home.netcore(), machine.stage.home.netfx()] {
        let list = folder.join("installed-files.json");
        let text = fs::read_to_string(&list).expect("the list");
        fs::write(&list, text.replace(VERSION, "0.0.1")).expect("the list");
    }
    let problems = machine.problems();
    assert_eq!(problems.len(), 2, "{problems:?}");
    for problem in &problems {
        let parts =
            ["plugin-version", "has version 0.0.1", "\"fix\":\"dotnet codeartifact install\""];
        assert!(parts.iter().all(|part| problem.contains(part)), "{problem}");
    }
    machine.run(&["install"]).assert_success();
    assert_eq!(machine.problems(), [] as [&str; 0]);
}

fn rpm_installs_and_removes_its_package() {
    let root = folder("rpm-root");
    let in_root = ["--root", root.to_str().expect("text")];
    let package = own(1).display().to_string();
    // The root is empty: it has nothing that the package could depend on.
    output("rpm", &[&in_root[..], &["--install", "--nodeps", &package]].concat());
    let version =
        output(root.join("usr/bin/dotnet-codeartifact").to_str().expect("text"), &["--version"]);
    assert!(version.contains(VERSION), "{version}");
    assert_eq!(output("rpm", &[&in_root[..], &["--verify", "--nodeps", NAME]].concat()), "");
    output("rpm", &[&in_root[..], &["--erase", NAME]].concat());
    assert!(!root.join("usr/bin/dotnet-codeartifact").exists());
}

fn pacman_installs_and_removes_its_package() {
    let root = folder("pacman-root");
    fs::create_dir_all(root.join("var/lib/pacman")).expect("a folder");
    let configuration = root.join("pacman.conf");
    fs::write(&configuration, "[options]\nArchitecture = auto\nSigLevel = Never\n")
        .expect("a file");
    let at = |name: &str| root.join(name).display().to_string();
    let (root_text, database, cache, log) = (at(""), at("var/lib/pacman"), at("cache"), at("log"));
    let configuration = configuration.display().to_string();
    let options = [
        "--noconfirm",
        "--config",
        &configuration,
        "--root",
        &root_text,
        "--dbpath",
        &database,
        "--cachedir",
        &cache,
        "--logfile",
        &log,
    ];
    let package = own(3).display().to_string();
    output("pacman", &[&["--upgrade", "--nodeps", "--nodeps"], &options[..], &[&package]].concat());
    let program = root.join("usr/bin/dotnet-codeartifact");
    assert!(output(program.to_str().expect("text"), &["--version"]).contains(VERSION));
    output("pacman", &[&["--remove", "--nodeps", "--nodeps"], &options[..], &[NAME]].concat());
    assert!(!program.exists());
}
