//! The machine-wide file, in a mount namespace in which `/etc` is the test's own.

use std::process::Command;
use std::time::Duration;

use libtest_mimic::Trial;

use super::neutral;
use super::support::fake_codeartifact::{FakeCodeArtifact, Repository};
use super::support::process::{self, Run};
use super::support::sandbox_home::SandboxHome;
use super::support::trials::{self, Tool};

const MACHINE: &str = "/etc/nuget-plugin-codeartifact/config.toml";

/// Makes an `/etc` of nothing but the machine-wide file, lets `$1` change it, and runs the rest.
const SCRIPT: &str = "set -e; set_up=$1; shift
umask 022
mount -t tmpfs -o mode=755 tmpfs /etc
mkdir /etc/nuget-plugin-codeartifact
cp machine.toml /etc/nuget-plugin-codeartifact/config.toml
chmod 644 /etc/nuget-plugin-codeartifact/config.toml
cd /etc/nuget-plugin-codeartifact
eval \"$set_up\"
exec \"$@\"";

pub fn trials() -> Vec<Trial> {
    let trial = |name, test| trials::trial(name, Tool::MountNamespace, test);
    vec![
        trial("the_machines_policy_bounds_user_and_environment", bounds),
        trial("the_machines_rules_come_after_the_users", order),
        trial("the_machines_owners_hold_for_everybody", owners),
        trial("a_broken_machine_wide_file_ends_everything", broken),
        trial("a_machine_wide_file_of_others_does_not_count", untrusted),
        trial("a_link_of_roots_to_a_file_of_roots_counts", links),
    ]
}

struct Stage {
    fake: FakeCodeArtifact,
    home: SandboxHome,
    source: String,
}

impl Stage {
    fn new(machine: &str) -> Self {
        let fake = FakeCodeArtifact::start();
        let mut home = SandboxHome::for_codeartifact(&fake);
        let log = home.root().join("plugin.log");
        home.set("CODEARTIFACT_NUGET_LOG_FILE", &log.to_string_lossy());
        home.write("machine.toml", machine);
        // The system's are below `/etc`.
        let authority = rcgen::generate_simple_self_signed([]).expect("a certificate");
        let bundle = home.write("authorities.pem", &authority.cert.pem());
        home.set("AWS_CA_BUNDLE", &bundle.to_string_lossy());
        let source = fake.source(&Repository::new("my-repo"));
        Self { fake, home, source }
    }

    /// Adds to the user's configuration.
    fn user(&self, toml: &str) {
        let host = format!("[[hosts]]\nhost = \"{}\"\nregion = \"eu-west-1\"\n", self.fake.host());
        self.home.write_configuration(&format!("{toml}{host}"));
    }

    fn run(&self, set_up: &str, arguments: &[&str]) -> Run {
        let mut unshare = Command::new("unshare");
        unshare.args(["-m", "sh", "-c", SCRIPT, "sh", set_up]);
        unshare.arg(SandboxHome::plugin()).args(arguments).current_dir(self.home.root());
        unshare.env_clear().envs(self.home.environment());
        process::run(&mut unshare, Duration::from_mins(1))
    }

    fn token(&self, set_up: &str) -> Run {
        self.run(set_up, &["token", &self.source])
    }

    fn durations(&self) -> Vec<String> {
        self.fake.token_calls().into_iter().map(|call| call.duration).collect()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.home.root().join("plugin.log")).unwrap_or_default()
    }
}

fn bounds() {
    let mut stage = Stage::new("[policy]\nlongest_duration_seconds = 1800\ncache = \"memory\"\n");
    stage.user(
        "duration_seconds = 43200\n[policy]\nlongest_duration_seconds = 43200\n\
         [[rules]]\nduration_seconds = 3600\n",
    );
    stage.home.set("CODEARTIFACT_NUGET_DURATION_SECONDS", "0");
    stage.home.set("ProgramData", "/nowhere").set("XDG_CONFIG_DIRS", "/nowhere");
    stage.token("").assert_success();
    let moved = stage.home.home().join(".config/nuget-plugin-codeartifact/config.toml");
    stage.home.set("CODEARTIFACT_NUGET_CONFIG_FILE", &moved.to_string_lossy());
    stage.home.set("CODEARTIFACT_NUGET_CACHE", "disk");
    stage.token("").assert_success();
    assert_eq!(stage.durations(), ["1800", "1800"], "none was kept on disk");
    assert!(!stage.home.cache_dir().exists());
    let list = stage.run("", &["configure", "list"]);
    list.assert_success().assert_says(&format!("policy.cache = \"memory\"    # {MACHINE}\n"));
}

fn order() {
    let stage = Stage::new("duration_seconds = 901\n[[rules]]\nduration_seconds = 902\n");
    stage.token("").assert_success();
    stage.user("[[rules]]\nduration_seconds = 903\n");
    stage.token("").assert_success();
    assert_eq!(stage.durations(), ["902", "903"]);
    let path = stage.run("", &["configure", "path"]);
    path.assert_success().assert_says(&format!("machine: {MACHINE} (used)\n"));
    stage
        .run("", &["configure", "rule", "remove", "2"])
        .assert_failure()
        .assert_says("has no rule 2");
}

fn owners() {
    let mut stage = Stage::new("[policy]\nallowed_owners = [\"999999999999\"]\n");
    stage.user("[policy]\nallowed_owners = [\"111122223333\"]\n");
    stage.home.set("CODEARTIFACT_AUTH_TOKEN", "hunter2");
    let run = stage.token("");
    assert_eq!(
        run.assert_failure().stderr,
        format!(
            "error: no token for domain `my-domain` of account 111122223333 in eu-west-1: account \
             111122223333 is not among `allowed_owners` of the policy in `{MACHINE}`, so its domain \
             `my-domain` is not asked for; if that account is to be trusted, it has to be added there\n"
        )
    );
    assert_eq!(stage.fake.requests(), [] as [&str; 0]);
}

fn broken() {
    let stage = Stage::new("[policy]\nallowed_owner = []\n");
    let run = stage.run(
        "",
        &[
            "token",
            "--domain",
            "my-domain",
            "--domain-owner",
            "111122223333",
            "--region",
            "eu-west-1",
        ],
    );
    run.assert_failure().assert_says(&format!(
        "the configuration file `{MACHINE}` has an error at line 2, column 1: unknown key \
         `allowed_owner`: `allowed_owners` was probably meant; correct it"
    ));
    assert_eq!(stage.fake.requests(), [] as [&str; 0]);
    stage.run("", &["configure", "path"]).assert_success().assert_says(" (broken: ");
}

fn untrusted() {
    for (set_up, reason) in [
        ("chown 12345 config.toml", format!("`{MACHINE}` belongs to user 12345")),
        ("chmod 666 config.toml", format!("group or others may write to `{MACHINE}` (mode 0666)")),
        (
            "chmod 775 .",
            "group or others may write to `/etc/nuget-plugin-codeartifact` (mode 0775)".to_owned(),
        ),
        (
            "mkdir /etc/theirs; chown 12345 /etc/theirs; mv config.toml /etc/theirs/; ln -s /etc/theirs/config.toml .",
            "`/etc/theirs` belongs to user 12345".to_owned(),
        ),
    ] {
        let stage = Stage::new("[policy]\nlongest_duration_seconds = 900\n");
        stage.token(set_up).assert_success();
        assert_eq!(stage.durations(), ["43200"], "{set_up}");
        let line = format!("the machine-wide configuration file `{MACHINE}` is not used: {reason}");
        assert!(stage.log().contains(&line), "{}", stage.log());
        let path = stage.run(set_up, &["configure", "path"]);
        let shown = neutral(&stage.home, &path.assert_success().stdout);
        assert!(shown.ends_with(&format!("machine: {MACHINE} (untrusted: {reason})\n")), "{shown}");
        stage.run(set_up, &["configure", "list"]).assert_success().assert_says(&line);
    }
}

fn links() {
    let stage = Stage::new("[policy]\nlongest_duration_seconds = 900\n");
    let set_up =
        "mkdir -m 1777 /etc/store; mv config.toml /etc/store/a; ln -s ../store/a config.toml";
    stage.token(set_up).assert_success();
    assert_eq!(stage.durations(), ["900"]);
}
