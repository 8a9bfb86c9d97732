//! A home in which everything works until a test breaks something, and the output of `doctor`
//! there.

use std::fmt::Write;
use std::path::PathBuf;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{LIMIT, Stage};
use crate::support::fake_codeartifact::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, TOKEN_PREFIX};
use crate::support::process::{self, Run};
use crate::support::sandbox_home::SandboxHome;
use crate::support::secret_scan;
use crate::support::trials::{Trial, trial};

/// What stands in for `dotnet`: it starts the native file beside the dll, as the launcher makes the
/// real one do.
pub const DOTNET: &str = "case \"$1\" in\n--version) echo 10.0.401;;\n\
                      --list-sdks) echo '10.0.401 [/usr/share/dotnet/sdk]';;\n\
                      nuget) echo 7.9.0-rc.42413+e34a38d2;;\n\
                      *) exec \"$(dirname \"$1\")/CredentialProvider.CodeArtifact\" \"$2\";;\nesac";

/// A set-up that is broken on purpose: `doctor` says the line and the fix, the fix is made, and
/// `doctor` has nothing of the kind to say any more.
#[derive(Clone, Copy)]
pub struct Broken {
    pub name: &'static str,
    pub set_up: fn(&mut Stage),
    pub line: &'static str,
    pub fix: &'static str,
    pub repair: Repair,
}

/// How the broken home is repaired.
#[derive(Clone, Copy)]
pub enum Repair {
    /// By pasting the fix.
    Paste,
    /// The fix is nothing to paste here.
    By(fn(&mut Stage)),
}

/// A line for each finding of the JSON, and what to do below a problem. Problems follow once more
/// with their codes instead of their messages.
fn lines_of(json: &Value) -> String {
    let (mut lines, mut coded) = (String::new(), String::new());
    for finding in json["result"]["findings"].as_array().into_iter().flatten() {
        let text = |key: &str| finding[key].as_str().unwrap_or_default();
        let (word, is_problem) = match text("outcome") {
            "failure" => ("FAIL", true),
            "warning" => ("warn", true),
            "pass" => ("ok  ", false),
            _ => ("-   ", false),
        };
        assert_eq!(finding["code"].is_string(), is_problem, "{finding}");
        let below = [("do", "advice"), ("fix", "fix")].map(|(word, key)| match text(key) {
            text if is_problem && !text.is_empty() => format!("      {word}: {text}\n"),
            _ => String::new(),
        });
        let below = below.concat();
        writeln!(lines, "{word}  {}\n{below}", text("message")).expect("a string");
        lines.pop();
        if is_problem {
            writeln!(coded, "{word}  {}\n{below}", text("code")).expect("a string");
            coded.pop();
        }
    }
    lines + &coded
}

/// A test of each.
pub fn each_is_repaired(broken: &[Broken]) -> impl Iterator<Item = Trial> {
    broken.iter().map(|&Broken { name, set_up, line, fix, repair }| {
        trial(name, move || {
            let mut stage = Stage::working();
            set_up(&mut stage);
            stage.assert_repaired(line, fix, repair);
        })
    })
}

impl Stage {
    /// The plugin is installed, and works through [`DOTNET`].
    pub fn working() -> Self {
        let stage = Self::with_source();
        stage.set_dotnet(DOTNET);
        stage.installed()
    }

    /// With the `dotnet` of the tests' own PATH.
    pub fn working_with_real_dotnet() -> Self {
        let mut stage = Self::with_source();
        for (name, value) in [
            ("DOTNET_CLI_TELEMETRY_OPTOUT", "1"),
            ("DOTNET_NOLOGO", "1"),
            ("DOTNET_GENERATE_ASPNET_CERTIFICATE", "false"),
        ] {
            stage.set(name, value);
        }
        stage.installed()
    }

    fn with_source() -> Self {
        let mut stage = Self::new();
        stage.fake.add_repository(&stage.repository);
        // In the home, where it usually is.
        stage.unset("NUGET_PLUGINS_CACHE_PATH");
        stage.home.write_nuget_config(&[("ours", &stage.source)]);
        stage
    }

    fn installed(self) -> Self {
        self.home.run_plugin(&["install", "--netcore-only"]).assert_success();
        self
    }

    /// Sets what `dotnet` is.
    pub fn set_dotnet(&self, script: &str) {
        self.home.script("bin/dotnet", script);
    }

    pub fn set_working_dotnet(&self) {
        self.set_dotnet(DOTNET);
    }

    /// The installed folder.
    pub fn netcore(&self) -> PathBuf {
        self.home.netcore()
    }

    /// The folder of NuGet's plugin cache that is about the installed plugin.
    pub fn claims_name(&self) -> String {
        let dll = self.netcore().join("CredentialProvider.CodeArtifact.dll");
        let digest = format!("{:x}", Sha256::digest(dll.to_string_lossy().as_bytes()));
        digest[..40].to_owned()
    }

    /// Runs `doctor` with `--json`. The output is a line for each finding, with what to do below.
    pub fn doctor(&self, arguments: &[&str]) -> Run {
        let mut run = self.doctor_text(&[&["--json"], arguments].concat());
        if let Some(json) = run.stdout.lines().find(|line| line.starts_with("{\"schema\"")) {
            run.stdout = lines_of(&serde_json::from_str(json).expect("JSON"));
        }
        run
    }

    /// Runs `doctor`; the output is what a person reads.
    pub fn doctor_text(&self, arguments: &[&str]) -> Run {
        let run = self.home.run_plugin(&[&["doctor"], arguments].concat());
        let secrets = [TOKEN_PREFIX, SECRET_ACCESS_KEY, super::SECRET].map(str::to_owned);
        secret_scan::assert_no_secrets_in(&run.output(), &secrets);
        run
    }

    /// A profile instead of the environment's keys.
    pub fn with_profile_dev(&mut self) {
        self.without_keys();
        let profile = format!(
            "[profile dev]\naws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key = {SECRET_ACCESS_KEY}\n"
        );
        self.home.write("home/.aws/config", &profile);
    }

    #[track_caller]
    pub fn assert_repaired(&mut self, line: &str, fix: &str, repair: Repair) {
        let before = self.doctor(&[]);
        let said = self.doctor_readable(&before.stdout);
        let advice = if fix.starts_with("do: ") { fix.to_owned() } else { format!("fix: {fix}") };
        let expected = format!("{line}\n      {advice}\n");
        let expected = if fix.is_empty() { format!("{line}\n") } else { expected };
        assert!(said.contains(&expected), "should say\n{expected}--- but said\n{said}{before}");
        let failed = said.lines().any(|line| line.starts_with("FAIL"));
        assert_eq!(before.code(), Some(i32::from(failed)), "{before}");
        assert_eq!(line.starts_with("FAIL"), failed, "{before}");
        let after = match repair {
            Repair::Paste => self.paste(&self.fix_below(&before.stdout, line)),
            Repair::By(repair) => {
                repair(self);
                self.doctor(&[])
            }
        };
        after.assert_success().assert_silent_on("FAIL");
        let said = self.doctor_readable(&after.stdout);
        assert!(!said.contains(line), "still says\n{line}\n--- after the fix\n{after}");
    }

    /// The fix below the line, as printed.
    fn fix_below(&self, output: &str, line: &str) -> String {
        let line = self.doctor_readable(line);
        let lines: Vec<&str> = output.lines().collect();
        let at = lines.iter().position(|printed| self.doctor_readable(printed) == line);
        let fix = lines.get(at.expect("the line was printed") + 1).expect("a line below it");
        fix.strip_prefix("      fix: ").expect("it is the fix").to_owned()
    }

    /// Pastes the command into a shell, and runs `doctor` there.
    pub fn paste(&self, command: &str) -> Run {
        self.paste_then(command, "")
    }

    /// As [`Self::paste`], with an argument for `doctor`.
    pub fn paste_then(&self, command: &str, argument: &str) -> Run {
        // `dotnet` of these tests does not start tools.
        let script = format!(
            "plugin='{}'\nalias nuget-plugin-codeartifact=\"$plugin\"\n\
             dotnet() {{ if [ \"$1\" = codeartifact ]; then shift; \"$plugin\" \"$@\"; else command \
             dotnet \"$@\"; fi; }}\n{command} >/dev/null && \"$plugin\" doctor --json {argument}",
            SandboxHome::plugin().display()
        );
        let mut run = process::run(self.home.command("/bin/sh").args(["-c", &script]), LIMIT);
        if let Ok(json) = serde_json::from_str(&run.stdout) {
            run.stdout = lines_of(&json);
        }
        run
    }

    /// What differs from run to run is in angle brackets.
    pub fn doctor_readable(&self, text: &str) -> String {
        let text = self.home.neutral(text);
        let text = text.replace(&self.fake.host(), "127.0.0.1:<port>");
        let text = text.replace(&self.claims_name(), "<plugin>");
        let plugin = SandboxHome::plugin().to_string_lossy().into_owned();
        let text = text.replace(&format!("{plugin} "), "dotnet codeartifact ");
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
