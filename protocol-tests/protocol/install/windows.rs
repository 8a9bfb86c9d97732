//! What `install` puts where on Windows, which has neither modes nor links for everybody.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::run;
use crate::support::sandbox_home::{PLUGIN_NAME, SandboxHome};
use crate::support::secret_scan::files_below;
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        each_client_gets_its_files,
        a_second_run_touches_nothing,
        a_damaged_installation_is_repaired,
        any_folder_will_do,
        a_host_that_fails_fails_the_install,
        uninstall_leaves_nothing,
    ]
}

const INSTALLED: [&str; 7] = [
    ".dotnet/tools/dotnet-codeartifact.exe",
    ".nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll",
    ".nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.exe",
    ".nuget/plugins/netcore/CredentialProvider.CodeArtifact/hostpolicy.dll",
    ".nuget/plugins/netcore/CredentialProvider.CodeArtifact/installed-files.json",
    ".nuget/plugins/netfx/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.exe",
    ".nuget/plugins/netfx/CredentialProvider.CodeArtifact/installed-files.json",
];

/// What is in the folders of clients, with `/`, sorted.
fn installed(home: &SandboxHome) -> Vec<String> {
    let mut names = Vec::new();
    for folder in [".dotnet", ".nuget"] {
        for file in files_below(&home.home().join(folder)) {
            let name = file.strip_prefix(home.home()).expect("a path below");
            names.push(name.to_string_lossy().replace('\\', "/"));
        }
    }
    names.sort();
    names
}

fn each_client_gets_its_files() {
    let home = SandboxHome::bare();
    let out = home.neutral(&home.succeed(&["install"]));
    assert_eq!(installed(&home), INSTALLED);
    for line in [
        "installed: <root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact (dotnet, MSBuild)\n",
        "installed: <root>/home/.nuget/plugins/netfx/CredentialProvider.CodeArtifact (nuget.exe, Visual Studio)\n",
        "installed: <root>/home/.dotnet/tools/dotnet-codeartifact.exe (dotnet codeartifact)\n",
        "checked: it answers through <root>/dotnet.cmd in ",
        "note: <root>/home/.dotnet/tools is not on PATH; to add it: [Environment]::SetEnvironmentVariable(",
    ] {
        assert!(out.contains(line), "should say {line:?}: {out}");
    }
    let command = home.path("home/.dotnet/tools/dotnet-codeartifact.exe");
    run(home.command(command).arg("--version")).assert_success().assert_says("0.");
    let bytes = |name: &str| fs::read(home.netcore().join(name)).unwrap();
    assert_eq!(bytes(&format!("{PLUGIN_NAME}.dll")), bytes("hostpolicy.dll"));
    assert!(bytes("hostpolicy.dll").starts_with(b"MZ"));
}

fn a_second_run_touches_nothing() {
    let home = SandboxHome::bare();
    home.succeed(&["install"]);
    let before = SystemTime::now() - Duration::from_hours(1);
    let files = files_below(&home.home());
    for file in &files {
        fs::File::options().append(true).open(file).unwrap().set_modified(before).unwrap();
    }
    let out = home.succeed(&["install"]);
    assert!(out.starts_with("already up to date: version "), "{out}");
    let is_old = |file: &Path| {
        let age = file.metadata().unwrap().modified().unwrap().elapsed().unwrap();
        age > Duration::from_mins(59)
    };
    for file in files {
        assert!(is_old(&file), "{} was written", file.display());
    }
}

fn a_damaged_installation_is_repaired() {
    let home = SandboxHome::bare();
    home.succeed(&["install"]);
    for name in ["hostpolicy.dll", "CredentialProvider.CodeArtifact.dll"] {
        let file = home.netcore().join(name);
        let whole = fs::read(&file).unwrap();
        fs::write(&file, &whole[..whole.len() / 2]).unwrap();
        home.succeed(&["install"]);
        assert!(fs::read(&file).unwrap() == whole, "{name} is still damaged");
    }
    assert_eq!(installed(&home), INSTALLED);
}

fn any_folder_will_do() {
    let home = SandboxHome::bare();
    // The script in the place of `dotnet` can start it there; `clients` has other letters.
    let folder = home.root().join("Blanks & 'more'").join("plugin");
    let mut command = home.command(SandboxHome::plugin());
    let ran = run(command.args(["install", "--dir"]).arg(&folder));
    ran.assert_success();
    let plugin = folder.join("netcore").join(PLUGIN_NAME);
    assert!(plugin.join(format!("{PLUGIN_NAME}.exe")).is_file(), "{ran}");
    let mut command = home.command(SandboxHome::plugin());
    run(command.args(["uninstall", "--dir"]).arg(&folder)).assert_success();
    assert!(!plugin.exists());
}

fn a_host_that_fails_fails_the_install() {
    let home = SandboxHome::bare();
    home.write("dotnet.cmd", "@echo You must install .NET>&2\r\n@exit 131\r\n");
    let ran = home.run_plugin(&["install"]);
    ran.assert_failure().assert_says("You must install .NET").assert_says("131");
}

fn uninstall_leaves_nothing() {
    let home = SandboxHome::bare();
    home.succeed(&["install"]);
    home.succeed(&["uninstall"]);
    assert_eq!(installed(&home), [""; 0]);
    home.succeed(&["uninstall"]);
}
