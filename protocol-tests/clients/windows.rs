//! The plugin under a Windows .NET SDK, for a user whose name has blanks and letters outside ASCII, with
//! the folders that Windows has: `AppData\Roaming` and `AppData\Local`. On Linux Wine runs these tests
//! (`.ci/wine tests`), with SDK 2.2.104, which takes signed plugins only.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::dotnet::Dotnet;
use crate::support::fake_codeartifact::{Access, TOKEN_PREFIX};
use crate::support::fake_internet::FakeInternet;
use crate::support::fake_nuget::{FakeNuget, LIMIT};
use crate::support::process::{self, Run};
use crate::support::sandbox_home::{PLUGIN_NAME, SandboxHome};
use crate::support::secret_scan::{self, files_below};
use crate::support::stage::restore::PACKAGE;
use crate::support::stage::{OUR_LINE, SOURCE, Stage};
use crate::support::trials::{Need, Trial, trial, trusting_program, with_dotnet};

pub fn trials() -> Vec<Trial> {
    vec![
        with_dotnet("install_restore_and_uninstall", whole_story),
        with_dotnet("restore_uses_the_cache_until_it_is_damaged", protected_cache),
        with_dotnet("the_launcher_passes_a_conversation_on", conversations),
        with_dotnet("the_plugin_is_replaced_and_removed_while_in_use", while_in_use),
        trial("restore_under_real_host_names", real_names).needing(Need::TrustedAuthority),
    ]
}

/// Below the temporary folder.
const USER: &str = "Benutzer/Zoë von Müller";

/// A user's folders, and a project that wants a package of the fake's repository.
struct Desk {
    stage: Stage,
    user: PathBuf,
}

impl Desk {
    fn new() -> Self {
        let mut stage = Stage::new().with_package();
        let user = stage.home.path(USER);
        let folder = |name| user.join("AppData").join(name).to_string_lossy().into_owned();
        stage.set("USERPROFILE", &user.to_string_lossy());
        stage.set("APPDATA", &folder("Roaming")).set("LOCALAPPDATA", &folder("Local"));
        // The places are those of a user who has set nothing.
        for name in [
            "CODEARTIFACT_NUGET_CACHE_DIR",
            "NUGET_PACKAGES",
            "NUGET_HTTP_CACHE_PATH",
            "NUGET_PLUGINS_CACHE_PATH",
        ] {
            stage.unset(name);
        }
        let configuration = "AppData/Roaming/nuget-plugin-codeartifact/config.toml";
        stage.home.write(&format!("{USER}/{configuration}"), &stage.listed_host());
        stage.write_project_for_old_sdks();
        let desk = Self { stage, user };
        desk.write_sources(&desk.stage.source);
        desk
    }

    fn installed() -> Self {
        let desk = Self::new();
        desk.stage.home.install_plugin();
        desk
    }

    fn write_sources(&self, url: &str) {
        self.stage.home.write(
            "project/NuGet.Config",
            &format!(
                "<configuration><packageSources><clear /><add key=\"my-repo\" value=\"{url}\" \
                 allowInsecureConnections=\"true\" /></packageSources></configuration>"
            ),
        );
    }

    fn netcore(&self) -> PathBuf {
        self.user.join(".nuget").join("plugins").join("netcore").join(PLUGIN_NAME)
    }

    fn dll(&self) -> PathBuf {
        self.netcore().join(format!("{PLUGIN_NAME}.dll"))
    }

    /// Restores from the source, whatever was restored before.
    fn restore(&self) -> Run {
        for folder in [
            self.user.join(".nuget").join("packages"),
            self.user.join("AppData").join("Local").join("NuGet"),
            self.stage.home.path("project/app/obj"),
        ] {
            let _ = fs::remove_dir_all(folder);
        }
        self.stage.dotnet(&["restore", "app"])
    }

    #[track_caller]
    fn assert_restores(&self) {
        self.restore().assert_success().assert_silent_on(OUR_LINE);
        let package = self.user.join(".nuget").join("packages").join(PACKAGE.to_lowercase());
        assert!(package.join("1.0.0").is_dir(), "the package did not come");
    }

    /// The files of the token cache.
    fn entries(&self) -> Vec<PathBuf> {
        let cache = self.user.join("AppData").join("Local").join("nuget-plugin-codeartifact");
        let mut entries = files_below(&cache);
        entries.retain(|file| file.extension().is_some_and(|end| end == "json"));
        entries
    }

    /// No file at all has a token: on Windows not even the cache has it in plain text.
    #[track_caller]
    fn assert_no_token(&self) {
        let secrets = [TOKEN_PREFIX.to_owned()];
        secret_scan::assert_no_secrets(self.stage.home.root(), &secrets, &[]);
    }
}

fn whole_story() {
    let desk = Desk::new();
    let home = &desk.stage.home;
    let installed = home.install_plugin();
    installed.assert_says(&desk.netcore().to_string_lossy());
    assert!(desk.dll().is_file());
    desk.assert_restores();
    assert_eq!(desk.stage.token_calls(), 1, "a cold restore fetches one token");
    let call = &desk.stage.fake.token_calls()[0];
    assert_eq!((&*call.domain, &*call.owner), ("my-domain", "111122223333"));
    home.succeed(&["uninstall"]);
    assert!(!desk.netcore().exists());
    desk.stage.fake.set_access(&desk.stage.repository, Access::RefuseAlways);
    desk.restore().assert_failure().assert_says("401");
    assert_eq!(desk.stage.token_calls(), 1);
}

fn protected_cache() {
    let desk = Desk::installed();
    desk.assert_restores();
    let entries = desk.entries();
    assert_eq!(entries.len(), 1, "{entries:?}");
    desk.assert_no_token();
    desk.assert_restores();
    assert_eq!(desk.stage.token_calls(), 1, "another process reads what the first one kept");
    // What cannot be decrypted counts as nothing.
    let text = fs::read_to_string(&entries[0]).expect("an entry");
    let damaged = damaged(&text);
    assert_ne!(damaged, text);
    fs::write(&entries[0], damaged).expect("our own file");
    desk.assert_restores();
    assert_eq!(desk.stage.token_calls(), 2, "a damaged entry is fetched again");
    desk.assert_restores();
    assert_eq!(desk.stage.token_calls(), 2, "and replaced");
    desk.assert_no_token();
}

/// The text with another digit in the middle of its longest run of hexadecimal ones.
fn damaged(text: &str) -> String {
    let runs = text.split(|c: char| !c.is_ascii_hexdigit());
    let run = runs.max_by_key(|run| run.len()).expect("there is one");
    let (before, after) = run.split_at(run.len() / 2);
    let other = if after.starts_with('0') { '1' } else { '0' };
    text.replacen(run, &format!("{before}{other}{}", &after[1..]), 1)
}

/// Both ways in which clients start it.
fn conversations() {
    let desk = Desk::installed();
    let dll = desk.dll().to_string_lossy().into_owned();
    for before in [&[][..], &["exec"]] {
        let mut nuget = converse(&desk, &[before, &[&dll, "-Plugin"]].concat());
        let answer = nuget.ask(&desk.stage.source, false, true);
        assert!(answer.assert_success().password().starts_with(TOKEN_PREFIX));
        nuget.finish();
        let mut command = desk.stage.home.command(Dotnet::needed().real_program());
        let run = process::run(command.args(before).args([&dll, "no-such-command"]), LIMIT);
        assert_eq!(run.code(), Some(2), "{run}");
    }
    assert_eq!(desk.stage.token_calls(), 1);
}

fn converse(desk: &Desk, arguments: &[&str]) -> FakeNuget {
    let host = Dotnet::needed().real_program();
    let mut nuget = FakeNuget::launch_program(&desk.stage.home, &host, arguments);
    nuget.open();
    nuget
}

/// Windows lets nobody overwrite a program that runs, so it is renamed aside.
fn while_in_use() {
    let desk = Desk::installed();
    let dll = desk.dll().to_string_lossy().into_owned();
    let mut nuget = converse(&desk, &[&dll, "-Plugin"]);
    nuget.ask(&desk.stage.source, false, true).assert_success();
    let newer = another_build(&desk.stage.home);
    let update = process::run(desk.stage.home.command(&newer).arg("install"), LIMIT);
    update.assert_success();
    let native = desk.netcore().join(format!("{PLUGIN_NAME}.exe"));
    assert_eq!(fs::read(&native).unwrap(), fs::read(&newer).unwrap(), "{update}");
    // The one that runs goes on, and restores use the new one.
    nuget.ask(&desk.stage.source, false, true).assert_success();
    desk.assert_restores();
    nuget.finish();
    let settled = process::run(desk.stage.home.command(&newer).arg("install"), LIMIT);
    settled.assert_success();
    assert_eq!(leftovers(&desk.netcore()), [""; 0], "what was renamed is removed later");
    // Uninstalled while it runs: nothing is left that a client would start.
    let nuget = converse(&desk, &[&dll, "-Plugin"]);
    process::run(desk.stage.home.command(&newer).arg("uninstall"), LIMIT).assert_success();
    assert!(!desk.netcore().exists(), "the folder is left");
    nuget.finish();
    // Also by itself, as a user does it.
    process::run(desk.stage.home.command(&newer).arg("install"), LIMIT).assert_success();
    process::run(desk.stage.home.command(&native).arg("uninstall"), LIMIT).assert_success();
    assert!(!desk.netcore().exists(), "the folder is left");
}

/// The plugin's executable with bytes behind its end, which Windows does not look at.
fn another_build(home: &SandboxHome) -> PathBuf {
    let mut bytes = fs::read(SandboxHome::plugin()).expect("the plugin");
    bytes.extend(b"another build");
    home.write_bytes("newer/nuget-plugin-codeartifact.exe", &bytes)
}

/// The names of files that an update has renamed or not finished.
fn leftovers(folder: &Path) -> Vec<String> {
    let mut files = files_below(folder);
    files.retain(|file| file.extension().is_some_and(|end| end == "old" || end == "new"));
    files.iter().map(|file| file.to_string_lossy().into_owned()).collect()
}

/// The system's own store has the authority, and the user's NuGet.Config has the proxy, for NuGet and
/// for the plugin: nothing in the environment leads to the fake.
fn real_names() {
    let mut desk = Desk::installed();
    let host = SOURCE.trim_start_matches("https://").split('/').next().expect("a host");
    let api = "codeartifact.eu-west-1.amazonaws.com";
    let internet = FakeInternet::start(&desk.stage.fake, &[host, api]);
    let authority = desk.stage.home.write("authority.pem", internet.authority());
    let program = trusting_program().expect("a test that needs it is run where it is");
    let trust = process::run(desk.stage.home.command(program).arg(authority), LIMIT);
    trust.assert_success();
    desk.stage.with_real_endpoints();
    let proxy = internet.proxy_url();
    desk.stage.home.write(
        &format!("{USER}/AppData/Roaming/NuGet/NuGet.Config"),
        &format!(
            "<configuration><config><add key=\"http_proxy\" value=\"{proxy}\" /></config>\
             </configuration>"
        ),
    );
    desk.write_sources(SOURCE);
    desk.assert_restores();
    assert_eq!(desk.stage.token_calls(), 1);
    let targets = internet.targets();
    for name in [host, api] {
        assert!(targets.iter().any(|target| *target == format!("{name}:443")), "{targets:?}");
    }
}
