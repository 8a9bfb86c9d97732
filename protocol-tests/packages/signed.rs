//! What `install` has put on a Windows is signed there, as a company does with all it runs. Wine runs the
//! plugin that `CODEARTIFACT_NUGET_TEST_WINDOWS_PLUGIN` names.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::support::process::{self, Run};
use crate::support::secret_scan::files_below;
use crate::support::trials::{Need, Trial, trial, windows_plugin};
use crate::support::wine::{variables_of, windows_path, wine};

/// One program; Wine takes some seconds to start.
const LIMIT: Duration = Duration::from_mins(2);

pub fn trials() -> Vec<Trial> {
    vec![
        trial("files_that_were_signed_after_install_are_kept", kept)
            .needing(Need::All(&[Need::WindowsPlugin, Need::Osslsigncode])),
    ]
}

fn kept() {
    let root = tempfile::tempdir().expect("a folder");
    let user = root.path().join("Benutzer/Zoë von Müller");
    fs::create_dir_all(user.join("AppData/Local/Temp")).expect("a folder");
    run(&user, &["install"]).assert_success().assert_says("installed: ");
    let installed = programs(&user);
    assert_eq!(installed.len(), 5, "{:?}", files_below(&user));

    let mut sign = wine("sign");
    sign.args(installed.iter().map(|(file, _)| file));
    process::run(&mut sign, LIMIT).assert_success();
    let signed = programs(&user);
    for ((file, before), (_, after)) in installed.iter().zip(&signed) {
        assert!(before != after, "{} has no new signature", file.display());
    }

    run(&user, &["install"]).assert_success().assert_says("already up to date: ");
    assert!(programs(&user) == signed, "a signature is gone");
    let doctor = run(&user, &["doctor", "--offline", "-v"]);
    doctor.assert_success().assert_says("No problems").assert_silent_on("not the file that was");

    // Another change is repaired.
    let (file, mut content) = signed.last().expect("there are five").clone();
    content[0x800] ^= 1;
    fs::write(&file, content).expect("a file of ours");
    run(&user, &["install"]).assert_success().assert_says("updated: ");
    assert!(programs(&user) != signed, "{} is damaged", file.display());

    run(&user, &["uninstall"]).assert_success();
    assert!(programs(&user).is_empty(), "{:?}", files_below(&user));
}

/// The plugin as this user.
fn run(user: &Path, words: &[&str]) -> Run {
    let plugin = windows_plugin().expect("a test that needs it is run where it is");
    let mut command = wine("run");
    command.args(variables_of(user).map(|(name, value)| format!("{name}={value}")));
    command.arg("PATH=C:\\windows\\system32;C:\\windows");
    command.arg(windows_path(&plugin)).args(words).current_dir(user);
    process::run(&mut command, LIMIT)
}

/// The programs and libraries that are installed, with their bytes.
fn programs(user: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = [".dotnet", ".nuget"].map(|name| files_below(&user.join(name))).concat();
    files.retain(|file| file.extension().is_some_and(|end| end == "exe" || end == "dll"));
    files.sort();
    let content = |file: PathBuf| (fs::read(&file).expect("an installed file"), file);
    files.into_iter().map(content).map(|(content, file)| (file, content)).collect()
}
