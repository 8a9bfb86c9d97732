//! Rules and policies of the user's file as NuGet meets them.

use crate::support::fake_codeartifact::{FakeCodeArtifact, Repository};
use crate::support::fake_nuget::FakeNuget;
use crate::support::process::by_shell;
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::Stage;
use crate::support::trials::{Trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("a_rule_says_the_duration_of_its_repositories", durations),
        trial("a_policy_bounds_rules_and_variables", bounded),
        trial("profiles_by_rule_variable_and_default", profiles),
        trial("a_strangers_domain_is_refused_before_anything_is_asked", owners),
        trial("a_host_that_is_not_allowed_is_silent_and_the_command_says_why", refused_host),
        trial("nothing_is_read_below_the_working_directory", working_directory),
    ]
}

/// A stage whose configuration is the fake's host and this.
fn stage(toml: &str) -> (FakeCodeArtifact, SandboxHome) {
    let stage = Stage::new();
    stage.home.write_configuration(&format!("{toml}{}", stage.listed_host()));
    (stage.fake, stage.home)
}

fn ask(home: &SandboxHome, source: &str) {
    let mut nuget = FakeNuget::start(home);
    nuget.ask(source, false, true).assert_success().assert_no_logs();
    nuget.finish();
}

fn durations_asked_for(fake: &FakeCodeArtifact) -> Vec<String> {
    fake.token_calls().into_iter().map(|call| call.duration).collect()
}

fn durations() {
    let (fake, mut home) = stage(
        "duration_seconds = 1800\n[[rules]]\ndomain = \"my-*\"\nrepository = \"short-*\"\n\
         duration_seconds = 900\n",
    );
    home.set("CODEARTIFACT_NUGET_DURATION_SECONDS", "3600");
    for name in ["short-lived", "other"] {
        ask(&home, &fake.source(&Repository::new(name)));
    }
    home.unset("CODEARTIFACT_NUGET_DURATION_SECONDS");
    ask(&home, &fake.source(&Repository::new("other")));
    assert_eq!(durations_asked_for(&fake), ["900", "3600", "1800"]);
    let log = home.root().join("plugin.log");
    home.set("CODEARTIFACT_NUGET_LOG_FILE", &log.to_string_lossy());
    ask(&home, &fake.source(&Repository::new("short-lived")));
    assert!(std::fs::read_to_string(log).unwrap().contains("rule 1 holds"));
}

fn bounded() {
    let (fake, mut home) = stage(
        "[policy]\nlongest_duration_seconds = 900\ncache = \"memory\"\n\
         [[rules]]\nrepository = \"long\"\nduration_seconds = 43200\n",
    );
    home.set("CODEARTIFACT_NUGET_DURATION_SECONDS", "0");
    for name in ["long", "other", "other"] {
        ask(&home, &fake.source(&Repository::new(name)));
    }
    assert_eq!(durations_asked_for(&fake), ["900", "900", "900"], "none was kept on disk");
    assert!(!home.cache_dir().exists());
}

fn profiles() {
    let (fake, mut home) = stage(
        "profile = [\"gone\", \"one\"]\n[[rules]]\nrepository = \"two\"\nprofile = \"two\"\n",
    );
    for name in ["ONE", "TWO"] {
        let arn = format!("arn:aws:iam::111122223333:user/{name}");
        fake.add_access_key(&format!("AKIAFAKE{name}"), &format!("fakeSecret{name}"), &arn);
    }
    home.write(
        "home/.aws/credentials",
        "[one]\naws_access_key_id = AKIAFAKEONE\naws_secret_access_key = fakeSecretONE\n\
         [two]\naws_access_key_id = AKIAFAKETWO\naws_secret_access_key = fakeSecretTWO\n",
    );
    for name in ["one", "two"] {
        ask(&home, &fake.source(&Repository::new(name)));
    }
    home.set("CODEARTIFACT_NUGET_PROFILE", "two").set("CODEARTIFACT_NUGET_CACHE", "off");
    ask(&home, &fake.source(&Repository::new("one")));
    let callers: Vec<_> = fake.token_calls().into_iter().map(|call| call.access_key_id).collect();
    assert_eq!(callers, ["AKIAFAKEONE", "AKIAFAKETWO", "AKIAFAKETWO"]);
}

/// The identity is a process that would leave a file.
fn owners() {
    let (fake, mut home) = stage("[policy]\nallowed_owners = [\"999999999999\"]\n");
    home.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY").set("AWS_PROFILE", "dev");
    let trace = home.root().join("trace");
    let file = trace.display();
    let process = by_shell(&format!("touch \"{file}\""), &format!("type nul > {file}"));
    let config = format!("[profile dev]\ncredential_process = {process}\n");
    home.write("home/.aws/config", &config);
    let mut nuget = FakeNuget::start(&home);
    let answer = nuget.ask(&fake.source(&Repository::new("my-repo")), false, true);
    let file = home.path("home/.config/nuget-plugin-codeartifact/config.toml");
    let said = answer.assert_refusal("Error").the_warning();
    let whole = format!(
        "Account 111122223333 is not in `allowed_owners` of the policy in `{}`, so no token for \
         its domain `my-domain` is requested. If you trust the account, add it there",
        file.display()
    );
    assert!(said.contains(&whole), "{said}");
    nuget.finish();
    assert_eq!(fake.requests(), [] as [&str; 0]);
    assert!(!trace.exists());
}

fn refused_host() {
    let (fake, home) = stage("[policy]\nallowed_hosts = [\"*.example\"]\n");
    let source = fake.source(&Repository::new("my-repo"));
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(&source, false, true).assert_refusal("Error").assert_no_logs();
    nuget.finish();
    let run = home.run_plugin(&["token", &source]);
    let file = home.path("home/.config/nuget-plugin-codeartifact/config.toml");
    assert_eq!(
        run.assert_failure().stderr,
        format!(
            "error: [CNP116] The host `127.0.0.1` gets no tokens: it is not in `allowed_hosts` of the \
             policy in `{}`. If you trust it, add it there\n",
            file.display()
        )
    );
    assert_eq!(fake.requests(), [] as [&str; 0]);
}

/// A cloned repository may contain anything.
fn working_directory() {
    let (fake, home) = stage("");
    let theirs = "duration_seconds = 900\n[[rules]]\nrole = \"arn:aws:iam::666666666666:role/theirs\"\n\
                  [[hosts]]\nhost = \"theirs.example\"\nregion = \"eu-west-1\"\n";
    for place in [
        "config.toml",
        ".config/nuget-plugin-codeartifact/config.toml",
        "nuget-plugin-codeartifact/config.toml",
        ".nuget-plugin-codeartifact.toml",
        "etc/nuget-plugin-codeartifact/config.toml",
    ] {
        home.write(&format!("project/{place}"), theirs);
    }
    ask(&home, &fake.source(&Repository::new("my-repo")));
    assert_eq!((durations_asked_for(&fake), fake.sts_calls()), (vec!["43200".to_owned()], vec![]));
    let mut nuget = FakeNuget::start(&home);
    let theirs = "https://theirs.example/nuget/d/my-domain-111122223333/my-repo/v3/index.json";
    nuget.ask(theirs, false, true).assert_refusal("Error").assert_no_logs();
    nuget.finish();
}
