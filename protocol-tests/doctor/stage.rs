//! A home in which everything works, until a test breaks something.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use libtest_mimic::Trial;
use sha2::{Digest, Sha256};

use super::support::fake_codeartifact::{
    ACCESS_KEY_ID, FakeCodeArtifact, Repository, SECRET_ACCESS_KEY, TOKEN_PREFIX,
};
use super::support::process::{self, Run};
use super::support::sandbox_home::SandboxHome;
use super::support::secret_scan;
use super::support::trials::{self, Tool};

pub const LIMIT: Duration = Duration::from_mins(2);

/// What stands in for `dotnet`: it starts the native file beside the dll, as the launcher makes the
/// real one do.
pub const DOTNET: &str = "case \"$1\" in\n--version) echo 10.0.401;;\n\
                      --list-sdks) echo '10.0.401 [/usr/share/dotnet/sdk]';;\n\
                      nuget) echo 7.9.0-rc.42413+e34a38d2;;\n\
                      *) exec \"$(dirname \"$1\")/CredentialProvider.CodeArtifact\" \"$2\";;\nesac";

/// How the broken home is mended.
#[derive(Clone, Copy)]
pub enum Mend {
    /// By pasting the fix.
    Paste,
    /// The fix is nothing to paste here.
    By(fn(&mut Stage)),
}

/// A set-up that is broken on purpose: `doctor` says the line and the fix, the fix is made, and
/// `doctor` has nothing of the kind to say any more.
pub fn broken(
    name: &'static str,
    set_up: fn(&mut Stage),
    line: &'static str,
    fix: &'static str,
    mend: Mend,
) -> Trial {
    Trial::test(name, move || {
        let mut stage = Stage::new();
        set_up(&mut stage);
        stage.assert_mended(line, fix, mend);
        Ok(())
    })
}

/// A test that needs the real `dotnet`.
pub fn with_dotnet(name: &'static str, test: fn()) -> Trial {
    trials::trial(name, Tool::Dotnet, test)
}

pub fn trial(name: &'static str, test: fn()) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}

pub struct Stage {
    pub fake: FakeCodeArtifact,
    pub home: SandboxHome,
}

impl Stage {
    pub fn new() -> Self {
        let stage = Self::without_dotnet();
        stage.dotnet(DOTNET);
        stage.installed()
    }

    /// With the `dotnet` of the tests' own PATH.
    pub fn with_real_dotnet() -> Self {
        let mut stage = Self::without_dotnet();
        for (name, value) in [
            ("DOTNET_CLI_TELEMETRY_OPTOUT", "1"),
            ("DOTNET_NOLOGO", "1"),
            ("DOTNET_GENERATE_ASPNET_CERTIFICATE", "false"),
        ] {
            stage.home.set(name, value);
        }
        stage.installed()
    }

    fn without_dotnet() -> Self {
        let fake = FakeCodeArtifact::start();
        fake.add_repository(&Repository::new("my-repo"));
        let mut home = SandboxHome::for_codeartifact(&fake);
        // In the home, where it usually is.
        home.unset("NUGET_PLUGINS_CACHE_PATH");
        home.write_nuget_config(&[("ours", &fake.source(&Repository::new("my-repo")))]);
        Self { fake, home }
    }

    fn installed(self) -> Self {
        self.home.run_plugin(&["install", "--netcore-only"]).assert_success();
        self
    }

    /// Sets what `dotnet` is.
    pub fn dotnet(&self, script: &str) {
        self.script("bin/dotnet", script);
    }

    pub fn working_dotnet(&self) {
        self.dotnet(DOTNET);
    }

    pub fn script(&self, name: &str, script: &str) -> PathBuf {
        let path = self.home.write(name, &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its mode");
        path
    }

    /// The installed folder.
    pub fn netcore(&self) -> PathBuf {
        self.home.home().join(".nuget/plugins/netcore/CredentialProvider.CodeArtifact")
    }

    /// The folder of NuGet's claims cache that is about the installed plugin.
    pub fn claims_name(&self) -> String {
        let dll = self.netcore().join("CredentialProvider.CodeArtifact.dll");
        let digest = format!("{:x}", Sha256::digest(dll.to_string_lossy().as_bytes()));
        digest[..40].to_owned()
    }

    pub fn source(&self) -> String {
        self.fake.source(&Repository::new("my-repo"))
    }

    pub fn doctor(&self, arguments: &[&str]) -> Run {
        let all: Vec<&str> = ["doctor"].into_iter().chain(arguments.iter().copied()).collect();
        let run = self.home.run_plugin(&all);
        let secrets = [TOKEN_PREFIX, SECRET_ACCESS_KEY, "hunter2"].map(str::to_owned);
        secret_scan::assert_no_secrets_in(&run.output(), &secrets);
        run
    }

    /// A profile in the place of the environment's keys.
    pub fn with_profile_dev(&mut self) {
        self.home.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
        let profile = format!(
            "[profile dev]\naws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key = {SECRET_ACCESS_KEY}\n"
        );
        self.home.write("home/.aws/config", &profile);
    }

    #[track_caller]
    pub fn assert_mended(&mut self, line: &str, fix: &str, mend: Mend) {
        let before = self.doctor(&[]);
        let said = self.readable(&before.stdout);
        let way_out = if fix.starts_with("do: ") { fix.to_owned() } else { format!("fix: {fix}") };
        let expected = format!("{line}\n      {way_out}\n");
        let expected = if fix.is_empty() { format!("{line}\n") } else { expected };
        assert!(said.contains(&expected), "should say\n{expected}--- but said\n{said}{before}");
        let code = before.status.and_then(|status| status.code());
        let failed = said.lines().any(|line| line.starts_with("FAIL"));
        assert_eq!(code, Some(i32::from(failed)), "{before}");
        assert_eq!(line.starts_with("FAIL"), failed, "{before}");
        let after = match mend {
            Mend::Paste => self.paste(&fix_of(&before.stdout, &self.readable(line), self)),
            Mend::By(mend) => {
                mend(self);
                self.doctor(&[])
            }
        };
        after.assert_success().assert_silent_on("FAIL");
        let said = self.readable(&after.stdout);
        assert!(!said.contains(line), "still says\n{line}\n--- after the fix\n{after}");
    }

    /// Pastes the command into a shell, and runs `doctor` there.
    pub fn paste(&self, command: &str) -> Run {
        self.paste_then(command, "")
    }

    /// As [`Self::paste`], with an argument for `doctor`.
    pub fn paste_then(&self, command: &str, argument: &str) -> Run {
        let script = format!(
            "alias nuget-plugin-codeartifact='{}'\n{command} >/dev/null && \
             nuget-plugin-codeartifact doctor {argument}",
            SandboxHome::plugin().display()
        );
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &script]).current_dir(self.home.project());
        shell.env_clear().envs(self.home.environment());
        process::run(&mut shell, LIMIT)
    }

    /// What differs from run to run is in angle brackets.
    pub fn readable(&self, text: &str) -> String {
        let text = text.replace(&*self.home.root().to_string_lossy(), "<root>");
        let text = text.replace(&self.fake.host(), "127.0.0.1:<port>");
        let text = text.replace(&self.claims_name(), "<plugin>");
        let plugin = SandboxHome::plugin().to_string_lossy().into_owned();
        let text = text.replace(&format!("fix: {plugin} "), "fix: nuget-plugin-codeartifact ");
        let text = text.replace(&plugin, "<plugin>");
        let text = text.replace("Linux on x64", "Linux on <arch>");
        let text = text.replace("Linux on arm64", "Linux on <arch>");
        let words = text.split(' ').collect::<Vec<_>>();
        let mut readable: Vec<&str> = Vec::with_capacity(words.len());
        for (at, word) in words.iter().enumerate() {
            let is_time = words.get(at + 1).is_some_and(|next| next.starts_with("ms"));
            let is_until = at > 0 && words[at - 1] == "until";
            match word.split_once("Z\n") {
                Some((_, rest)) if is_until => readable.extend(["<time>\n", rest]),
                _ if is_time && word.parse::<u64>().is_ok() => readable.push("<n>"),
                _ => readable.push(word),
            }
        }
        readable.join(" ").replace("<time>\n ", "<time>\n")
    }
}

/// The fix below the line, as printed.
fn fix_of(output: &str, line: &str, stage: &Stage) -> String {
    let lines: Vec<&str> = output.lines().collect();
    let at = lines.iter().position(|printed| stage.readable(printed) == line);
    let fix = lines.get(at.expect("the line was printed") + 1).expect("a line below it");
    fix.strip_prefix("      fix: ").expect("it is the fix").to_owned()
}
