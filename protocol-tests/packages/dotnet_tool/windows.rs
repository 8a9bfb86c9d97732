//! The tool on Windows: SDK 2.2.104, which Wine runs (`.ci/wine`). Its NuGet, 4.9.3, does not search
//! `PATH`, so `setup` of the tool installs the plugin; and it starts signed plugins only, so what was
//! installed is signed here, unless the release has done so.
//!
//! The executable is what `CODEARTIFACT_NUGET_TEST_WINDOWS_PLUGIN` names.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::executables::{self, NEWER, VERSION};
use super::global::ID;
use crate::support::fake_codeartifact::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, TOKEN_PREFIX};
use crate::support::process::{self, Run};
use crate::support::sandbox_home::PLUGIN_NAME;
use crate::support::secret_scan::{self, files_below};
use crate::support::stage::Stage;
use crate::support::stage::restore::PACKAGE;
use crate::support::trials::{Need, Trial, trial, windows_plugin};
use crate::support::wine::{variables_of, windows_path, wine};

/// One program; the SDK takes some seconds to start there.
const LIMIT: Duration = Duration::from_mins(2);

/// Below the temporary folder.
const USER: &str = "Benutzer/Zoë von Müller";

pub fn trials() -> Vec<Trial> {
    vec![trial("a_tool_of_sdk_2_2_on_windows", whole_life).needing(Need::WindowsPlugin)]
}

/// A user of Windows, with a project that wants a package, and with the packages of the tool.
struct Desk {
    stage: Stage,
    user: PathBuf,
    executable: Vec<u8>,
    sdk: String,
}

impl Desk {
    fn new() -> Self {
        let stage = Stage::new().with_package().with_nuget_config();
        let root = stage.home.root().to_owned();
        let plugin = windows_plugin().expect("a test that needs it is run where it is");
        let executable = fs::read(plugin).expect("the Windows executable");
        executables::put(&root.join("executables"), "win-x64", &executable);
        for version in [VERSION, NEWER] {
            executables::run(&root, &["--partial", "--version", version]).assert_success();
        }
        let configuration = "AppData/Roaming/nuget-plugin-codeartifact/config.toml";
        stage.home.write(&format!("{USER}/{configuration}"), &stage.listed_host());
        fs::create_dir_all(root.join(USER).join("AppData/Local/Temp")).expect("a folder");
        stage.write_project_for_old_sdks();
        let sdk = process::run(&mut wine("sdk"), LIMIT);
        sdk.assert_success();
        let sdk = sdk.stdout.trim().to_owned();
        Self { user: root.join(USER), stage, executable, sdk }
    }

    /// A source of the tool's versions, and no other.
    fn feed(&self, version: &str) -> String {
        let folder = self.stage.home.root().join(format!("feed-{version}"));
        fs::create_dir_all(&folder).expect("a folder");
        let name = format!("{ID}.{version}.nupkg");
        let package = self.stage.home.root().join("packages").join(&name);
        fs::copy(package, folder.join(&name)).expect("a package");
        let config = format!(
            "<configuration><packageSources><clear /><add key=\"tools\" value=\"{}\" />\
             </packageSources></configuration>",
            windows_path(&folder)
        );
        let config = self.stage.home.write(&format!("feed-{version}.config"), &config);
        windows_path(&config)
    }

    fn file(&self) -> PathBuf {
        self.user.join(".dotnet/tools").join(format!("{ID}.exe"))
    }

    fn netcore(&self) -> PathBuf {
        self.user.join(".nuget/plugins/netcore").join(PLUGIN_NAME)
    }

    /// Runs a Windows program in the project's folder, as this user.
    fn run(&self, program: &str, words: &[&str]) -> Run {
        let tools = windows_path(&self.user.join(".dotnet/tools"));
        let variables = [
            ("PATH", format!("{tools};{};C:\\windows\\system32;C:\\windows", self.sdk)),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY.to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_ENDPOINT_URL_CODEARTIFACT", self.stage.fake.url()),
            ("AWS_ENDPOINT_URL_STS", self.stage.fake.url()),
            ("DOTNET_CLI_TELEMETRY_OPTOUT", "1".to_owned()),
            ("DOTNET_SKIP_FIRST_TIME_EXPERIENCE", "1".to_owned()),
            ("DOTNET_CLI_UI_LANGUAGE", "en".to_owned()),
            ("MSBUILDDISABLENODEREUSE", "1".to_owned()),
        ];
        let mut command = wine("run");
        let variables = variables_of(&self.user).into_iter().chain(variables);
        command.args(variables.map(|(name, value)| format!("{name}={value}")));
        command.arg(program).args(words).current_dir(self.stage.home.project());
        process::run(&mut command, LIMIT)
    }

    fn dotnet(&self, words: &[&str]) -> Run {
        self.run(&format!("{}\\dotnet.exe", self.sdk), words)
    }

    #[track_caller]
    fn assert_native(&self) {
        assert!(fs::read(self.file()).expect("a tool") == self.executable, "another file");
        let version = self.run(&windows_path(&self.file()), &["--version"]);
        version.assert_success().assert_says(&format!("{ID} {VERSION} (x86_64-pc-windows-"));
    }

    #[track_caller]
    fn assert_restores(&self) {
        for folder in [
            self.user.join(".nuget/packages"),
            self.user.join("AppData/Local/NuGet"),
            self.stage.home.project().join("app/obj"),
        ] {
            let _ = fs::remove_dir_all(folder);
        }
        self.dotnet(&["restore", "app"]).assert_success();
        let package = self.user.join(".nuget/packages").join(PACKAGE.to_lowercase());
        assert!(package.join("1.0.0").is_dir(), "the package did not come");
    }
}

fn whole_life() {
    let desk = Desk::new();
    let (before, after) = (desk.feed(VERSION), desk.feed(NEWER));
    let install = ["tool", "install", "--global", "--configfile", &*before, ID];
    desk.dotnet(&install).assert_success().assert_says(ID);
    desk.assert_native();

    let tool = windows_path(&desk.file());
    let setup = desk.run(&tool, &["setup", "--yes", &desk.stage.source]);
    setup.assert_says(&format!("installed version {VERSION}"));
    assert_eq!(desk.stage.token_calls(), 1, "{setup}");
    let mut sign = wine("sign");
    sign.args(["hostpolicy.dll", &format!("{PLUGIN_NAME}.dll")].map(|it| desk.netcore().join(it)));
    process::run(&mut sign, LIMIT).assert_success();
    desk.assert_restores();
    assert_eq!(desk.stage.token_calls(), 1, "the token of `setup` is in the cache");

    // SDKs of before September 2021 forget the shims of a package at an update (dotnet/sdk 19663), so
    // they need both steps.
    let update = ["tool", "update", "--global", "--configfile", &*after, ID];
    desk.dotnet(&update).assert_success().assert_says(NEWER);
    let shim = fs::read(desk.file()).expect("what the SDK makes");
    assert!(shim != desk.executable, "this SDK updates as newer ones do; change the page");
    let uninstall = ["tool", "uninstall", "--global", ID];
    desk.dotnet(&uninstall).assert_success();
    let install = ["tool", "install", "--global", "--configfile", &*after, ID];
    desk.dotnet(&install).assert_success().assert_says(NEWER);
    desk.assert_native();
    desk.dotnet(&uninstall).assert_success();
    assert!(!desk.file().exists(), "the tool is left");
    // The plugin that the tool has installed stays, and so does its command.
    desk.assert_restores();
    let native = windows_path(&desk.netcore().join(format!("{PLUGIN_NAME}.exe")));
    desk.run(&native, &["uninstall"]).assert_success();
    assert_eq!(files_below(&desk.user.join(".dotnet/tools")), Vec::<PathBuf>::new());
    assert_eq!(desk.stage.token_calls(), 1);
    secret_scan::assert_no_secrets(&desk.user, &[TOKEN_PREFIX.to_owned()], &[]);
}
