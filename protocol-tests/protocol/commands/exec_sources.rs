//! `exec` without a URL: NuGet's variables for the sources of the folder.

use std::collections::BTreeMap;
use std::process::Stdio;

use crate::support::fake_codeartifact::{Repository, TokenBehaviour};
use crate::support::process::Run;
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::{FOREIGN, NAMES, SOURCE, Stage, failure};
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        each_source_has_its_variable_and_each_domain_one_call,
        the_only_token_is_also_in_the_variable_of_aws_guides,
        tokens_of_several_domains_leave_the_users_own_token_alone,
        a_token_of_the_users_own_stays_one_for_all_domains,
        all_domains_are_asked_at_once,
        named_sources_get_tokens_and_no_others,
        a_named_file_is_the_only_one,
        the_token_is_the_one_that_the_plugin_would_give,
        a_rule_for_one_repository_gives_it_another_identitys_token,
        a_folder_without_sources_of_ours_is_wrong_usage,
        a_source_that_is_not_ours_is_wrong_usage,
        nothing_is_run_where_one_source_has_no_token_and_each_is_named,
        a_variable_of_the_users_own_is_not_replaced_in_silence,
        a_name_that_no_variable_can_have_is_refused,
        a_name_of_two_sources_is_refused,
        a_token_that_nuget_would_misread_is_refused,
        an_environment_that_is_too_long_is_named_as_that,
        on_github_actions_each_token_is_masked_once,
        #[cfg(target_os = "linux")]
        a_process_listing_shows_no_token_of_a_source,
    ]
}

/// What precedes a source's name.
const VARIABLE: &str = "NuGetPackageSourceCredentials_";

/// Prints its environment with nothing between that could be mistaken.
const SHOW: [&str; 4] = ["exec", "--", "env", "-0"];

/// The variables that `env -0` printed.
fn environment(run: &Run) -> BTreeMap<String, String> {
    let stdout = &run.assert_success().stdout;
    let pairs = stdout.split('\0').filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// NuGet's variables among them, by the sources' names.
fn passwords(run: &Run) -> BTreeMap<String, String> {
    let variables = environment(run).into_iter();
    let ours = variables.filter_map(|(name, value)| {
        let name = name.strip_prefix(VARIABLE)?.to_owned();
        Some((name, value.strip_prefix("Username=aws;Password=").expect(&value).to_owned()))
    });
    ours.collect()
}

/// The sources `ours` of `my-domain` and `theirs` of `other-domain`.
fn two_domains() -> Stage {
    let stage = Stage::new();
    let theirs = stage.fake.source(&Repository::of("other-domain", "111122223333", "their-repo"));
    stage.home.write_nuget_config(&[("ours", &stage.source), ("theirs", &theirs)]);
    stage
}

fn one_source() -> Stage {
    Stage::new().with_nuget_config()
}

fn each_source_has_its_variable_and_each_domain_one_call() {
    let stage = Stage::new();
    let second = stage.fake.source(&Repository::new("second"));
    let other = stage.fake.source(&Repository::of("other-domain", "111122223333", "third"));
    stage.home.write_nuget_config_with(
        &[
            ("my-org/my-packages", &stage.source),
            ("a b", &second),
            ("a.b", &other),
            ("Größe", &other),
            ("foreign", FOREIGN),
            ("switched-off", &second),
        ],
        "<disabledPackageSources><add key=\"switched-off\" value=\"true\" /></disabledPackageSources>\
         <auditSources><add key=\"audit\" value=\"https://audit.example.com/index.json\" /></auditSources>",
    );
    let passwords = passwords(&stage.run(&SHOW));
    let names: Vec<_> = passwords.keys().map(String::as_str).collect();
    assert_eq!(names, ["Größe", "a b", "a.b", "my-org/my-packages"]);
    assert_eq!(passwords["a b"], passwords["my-org/my-packages"]);
    assert_eq!(passwords["a.b"], passwords["Größe"]);
    assert_ne!(passwords["a b"], passwords["a.b"]);
    let mut issued = stage.fake.issued_tokens();
    issued.sort_by_key(|token| *token != passwords["a b"]);
    assert_eq!(issued, [passwords["a b"].clone(), passwords["a.b"].clone()]);
    assert_eq!(stage.token_calls(), 2);
}

fn the_only_token_is_also_in_the_variable_of_aws_guides() {
    let mut stage = one_source();
    stage.set("CODEARTIFACT_AUTH_TOKEN_FILE", "/nonexistent/token");
    let run = stage.run(&[&["exec", "--profile", "dev"], &SHOW[1..]].concat());
    assert!(failure(&run, 1).contains("`dev`"), "{run}");
    let variables = environment(&stage.run(&SHOW));
    let token = stage.issued();
    assert_eq!(
        variables["NuGetPackageSourceCredentials_my-repo"],
        format!("Username=aws;Password={token}")
    );
    assert_eq!(variables["CODEARTIFACT_AUTH_TOKEN"], token);
    assert_eq!(variables["CODEARTIFACT_NUGET_TOKEN_DOMAIN"], "my-domain-111122223333");
    assert!(!variables.contains_key("CODEARTIFACT_AUTH_TOKEN_FILE"));
}

fn tokens_of_several_domains_leave_the_users_own_token_alone() {
    let mut stage = two_domains();
    stage.set("CODEARTIFACT_AUTH_TOKEN", "own");
    stage.set("CODEARTIFACT_NUGET_TOKEN_DOMAIN", "my-domain-111122223333");
    let run = stage.run(&SHOW);
    let variables = environment(&run);
    assert_eq!(variables["CODEARTIFACT_AUTH_TOKEN"], "own");
    assert_eq!(passwords(&run)["ours"], "own", "as the plugin would give it");
    assert_eq!(passwords(&run)["theirs"], stage.issued());
}

/// A token without a domain is for all of them, also if the command starts the plugin.
fn a_token_of_the_users_own_stays_one_for_all_domains() {
    let mut stage = Stage::new();
    let other = SOURCE.replace("my-domain", "other-domain");
    stage.home.write_nuget_config(&[("ours", SOURCE), ("theirs", &other)]);
    stage.set("CODEARTIFACT_AUTH_TOKEN", "own");
    let run = stage.run(&SHOW);
    let (passwords, variables) = (passwords(&run), environment(&run));
    assert_eq!((&*passwords["ours"], &*passwords["theirs"]), ("own", "own"));
    assert_eq!(variables["CODEARTIFACT_AUTH_TOKEN"], "own");
    assert_eq!(variables.get("CODEARTIFACT_NUGET_TOKEN_DOMAIN"), None, "{run}");
    assert_eq!(stage.token_calls(), 0);
}

fn all_domains_are_asked_at_once() {
    let stage = Stage::new();
    let url = |number| {
        let domain = format!("domain-{number}");
        stage.fake.source(&Repository::of(&domain, "111122223333", "repo"))
    };
    let sources: Vec<_> = (0..5).map(|number| (format!("s{number}"), url(number))).collect();
    let sources: Vec<_> = sources.iter().map(|(name, url)| (&**name, &**url)).collect();
    stage.home.write_nuget_config(&sources);
    stage.fake.token_api_will(TokenBehaviour::Hang);
    let mut command = stage.home.command(SandboxHome::plugin());
    let mut child = command.args(SHOW).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    stage.fake.wait_for_token_calls(5);
    child.kill().unwrap();
    child.wait().unwrap();
    let mut domains: Vec<_> =
        stage.fake.token_calls().into_iter().map(|call| call.domain).collect();
    domains.sort();
    domains.dedup();
    assert_eq!(domains.len(), 5);
}

fn named_sources_get_tokens_and_no_others() {
    let stage = two_domains();
    let run = stage.run(&[&["exec", "--source", "OURS"], &SHOW[1..]].concat());
    assert_eq!(passwords(&run).into_keys().collect::<Vec<_>>(), ["ours"]);
    let url = stage.fake.source(&Repository::of("other-domain", "111122223333", "their-repo"));
    let both = ["exec", "--source", &url, "--source", "ours", "--source", "ours"];
    let run = stage.run(&[&both[..], &SHOW[1..]].concat());
    assert_eq!(passwords(&run).into_keys().collect::<Vec<_>>(), ["ours", "theirs"]);
    for words in [&["exec", "--source", "ours"][..], &["exec", "--configfile", "x"]] {
        let run = stage.run(&[words, &NAMES, &SHOW[1..]].concat());
        assert!(failure(&run, 2).contains("cannot be used with"), "{run}");
    }
}

fn a_named_file_is_the_only_one() {
    let stage = two_domains();
    stage.home.write("other.config", &format!(
        "<configuration><packageSources><add key=\"here\" value=\"{}\" /></packageSources></configuration>",
        stage.source
    ));
    let run = stage.run(&[&["exec", "--configfile", "../other.config"], &SHOW[1..]].concat());
    assert_eq!(passwords(&run).into_keys().collect::<Vec<_>>(), ["here"]);
    let run = stage.run(&["exec", "--configfile", "nowhere.config", "--", "echo", "it ran"]);
    let line =
        "error: [CNP406] `nowhere.config` does not exist. Give the path of a NuGet.Config.\n";
    assert_eq!((failure(&run, 2), &*run.stdout), (line, ""));
}

fn the_token_is_the_one_that_the_plugin_would_give() {
    let mut stage = one_source();
    stage.without_keys();
    stage.set("CODEARTIFACT_AUTH_TOKEN", "provided");
    stage.set("CODEARTIFACT_NUGET_TOKEN_DOMAIN", "my-domain-111122223333");
    assert_eq!(passwords(&stage.run(&SHOW))["my-repo"], "provided");
    assert_eq!(stage.token_calls(), 0);
}

fn a_rule_for_one_repository_gives_it_another_identitys_token() {
    let stage = Stage::new();
    let second = stage.fake.source(&Repository::new("second"));
    stage.home.write_nuget_config(&[("first", &stage.source), ("second", &second)]);
    stage.fake.add_access_key(
        "AKIAFAKEOFARULE00001",
        "secretOfARule",
        "arn:aws:iam::111122223333:user/rule",
    );
    stage.home.write("home/.aws/credentials", "[ruled]\naws_access_key_id = AKIAFAKEOFARULE00001\naws_secret_access_key = secretOfARule\n");
    stage.home.write_configuration(&format!(
        "[[rules]]\nrepository = \"second\"\nprofile = \"ruled\"\n\n{}",
        stage.listed_host()
    ));
    let run = stage.run(&SHOW);
    let passwords = passwords(&run);
    assert_ne!(passwords["first"], passwords["second"]);
    assert!(!environment(&run).contains_key("CODEARTIFACT_AUTH_TOKEN"), "which of the two?");
    let mut keys: Vec<_> =
        stage.fake.token_calls().into_iter().map(|call| call.access_key_id).collect();
    keys.sort();
    assert_eq!(keys, ["AKIAFAKEACCESSKEY001", "AKIAFAKEOFARULE00001"]);
}

fn a_folder_without_sources_of_ours_is_wrong_usage() {
    let stage = Stage::new();
    stage.home.write_nuget_config(&[("foreign", FOREIGN)]);
    let run = stage.run(&["exec", "--", "echo", "it ran"]);
    assert_eq!(
        failure(&run, 2),
        "error: [CNP412] No CodeArtifact source is enabled in this folder. Add one: dotnet codeartifact source add URL\n"
    );
    assert_eq!(run.stdout, "");
}

fn a_source_that_is_not_ours_is_wrong_usage() {
    let stage = Stage::new();
    stage.home.write_nuget_config(&[("foreign", FOREIGN), ("ours", &stage.source)]);
    let run = stage.run(&["exec", "--source", "foreign", "--", "echo", "it ran"]);
    assert!(
        failure(&run, 2).starts_with(
            "error: [CNP407] Source `foreign` gets no token: not a CodeArtifact URL: "
        ),
        "{run}"
    );
    let run = stage.run(&["exec", "--source", "nowhere", "--", "echo", "it ran"]);
    assert!(failure(&run, 2).starts_with("error: [CNP411] `nowhere` is neither a source"), "{run}");
    assert_eq!((run.stdout.as_str(), stage.token_calls()), ("", 0));
}

fn nothing_is_run_where_one_source_has_no_token_and_each_is_named() {
    let stage = Stage::new();
    let second = stage.fake.source(&Repository::new("second"));
    let other = |name| stage.fake.source(&Repository::of(name, "111122223333", "repo"));
    let (bad, good) = (other("bad-domain"), other("good-domain"));
    stage.home.write_nuget_config(&[
        ("first", &stage.source),
        ("second", &second),
        ("bad", &bad),
        ("good", &good),
    ]);
    let denied = TokenBehaviour::Fail(403, "AccessDeniedException", "no identity-based policy");
    let missing = TokenBehaviour::Fail(404, "ResourceNotFoundException", "Domain not found.");
    stage.fake.token_api_for("my-domain", denied);
    stage.fake.token_api_for("bad-domain", missing);
    let run = stage.run(&["exec", "--", "echo", "it ran"]);
    let line = failure(&run, 1);
    let head = "error: [CNP414] The command was not started. \
                No token for sources `first`, `second`: [CNP5";
    assert!(line.starts_with(head), "{run}");
    assert!(line.contains(". No token for source `bad`: [CNP5"), "{run}");
    assert!(!line.contains("`good`") && !line.contains(".."), "{run}");
    assert!(line.ends_with(". Show the fix for each: dotnet codeartifact doctor\n"), "{run}");
    assert_eq!((run.stdout.as_str(), line.lines().count()), ("", 1), "{run}");
}

fn a_variable_of_the_users_own_is_not_replaced_in_silence() {
    let mut stage = one_source();
    stage.set("NuGetPackageSourceCredentials_my-repo", "Username=me;Password=hunter2");
    stage.set("NuGetPackageSourceCredentials_other", "Username=me;Password=hunter2");
    let run = stage.run(&SHOW);
    assert_eq!(
        run.stderr,
        "note: `NuGetPackageSourceCredentials_my-repo` of this environment is replaced for the command\n"
    );
    let variables = environment(&run);
    assert_eq!(
        variables["NuGetPackageSourceCredentials_my-repo"],
        format!("Username=aws;Password={}", stage.issued())
    );
    assert_eq!(variables["NuGetPackageSourceCredentials_other"], "Username=me;Password=hunter2");
}

fn a_name_that_no_variable_can_have_is_refused() {
    let stage = Stage::new();
    stage.home.write_nuget_config(&[("a=b", &stage.source), ("c", &stage.source)]);
    let run = stage.run(&SHOW);
    assert!(
        failure(&run, 1).starts_with("error: [CNP413] The name of source `a=b` contains `=`"),
        "{run}"
    );
    assert_eq!((run.stdout.as_str(), stage.token_calls()), ("", 0));
    let run = stage.run(&[&["exec", "--source", "c"], &SHOW[1..]].concat());
    assert_eq!(passwords(&run).len(), 1);
}

/// A source of packages and one of vulnerability data.
fn a_name_of_two_sources_is_refused() {
    let stage = Stage::new();
    stage.home.write_nuget_config_with(
        &[("ours", &stage.source)],
        "<auditSources><add key=\"ours\" value=\"https://user:hunter2@audit.example.com/v3/index.json\" /></auditSources>",
    );
    let run = stage.run(&SHOW);
    assert_eq!(
        failure(&run, 1),
        "error: [CNP413] NuGet would also send the token for `ours` to `https://…@audit.example.com/v3/index.json`, \
         because both sources have this name. Rename one of them in NuGet.Config.\n"
    );
    assert_eq!((run.stdout.as_str(), stage.token_calls()), ("", 0));
}

fn a_token_that_nuget_would_misread_is_refused() {
    let stage = one_source();
    stage.issues("eyJ;ValidAuthenticationTypes=x");
    let run = stage.run(&SHOW);
    assert!(
        failure(&run, 1)
            .starts_with("error: [CNP310] NuGet cannot read the token for source `my-repo`"),
        "{run}"
    );
    assert_eq!(run.stdout, "");
}

fn an_environment_that_is_too_long_is_named_as_that() {
    let stage = Stage::new();
    stage.issues(&"a".repeat(8_000));
    let names: Vec<_> = (0..1_000).map(|number| format!("s{number}")).collect();
    let sources: Vec<_> = names.iter().map(|name| (name.as_str(), stage.source.as_str())).collect();
    stage.home.write_nuget_config(&sources);
    let run = stage.run(&["exec", "--", "echo", "it ran"]);
    assert_eq!(
        failure(&run, 126),
        "error: [CNP808] The tokens and the environment are too long to start `echo`. Name fewer sources with `--source`.\n"
    );
    assert_eq!(stage.token_calls(), 1);
}

fn on_github_actions_each_token_is_masked_once() {
    let mut stage = two_domains();
    stage.set("GITHUB_ACTIONS", "true");
    let run = stage.run(&["exec", "--", "sh", "-c", "echo later >&2"]);
    let mut masked: Vec<String> =
        stage.fake.issued_tokens().iter().map(|token| format!("::add-mask::{token}")).collect();
    let mut lines: Vec<_> = run.assert_success().stderr.lines().map(str::to_owned).collect();
    assert_eq!(lines.pop().as_deref(), Some("later"));
    lines.sort();
    masked.sort();
    assert_eq!(lines, masked);
}

#[cfg(target_os = "linux")]
fn a_process_listing_shows_no_token_of_a_source() {
    let stage = one_source();
    let run = stage.run(&["exec", "--", "cat", "/proc/self/cmdline"]);
    assert_eq!((&*run.assert_success().stdout, &*run.stderr), ("cat\0/proc/self/cmdline\0", ""));
    stage.issued();
}
