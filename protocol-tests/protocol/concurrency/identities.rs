//! No identity gets another one's token, and each finds its own again.

use crate::support::fake_codeartifact::{FakeCodeArtifact, Repository};
use crate::support::fake_nuget::FakeNuget;
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::Stage;
use crate::support::stage::conversation::token_of_a_process;
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        two_keys_in_the_environment_never_share_a_token,
        the_older_name_of_the_secret_is_a_key_as_well,
        half_a_key_in_the_environment_is_never_replaced_by_another_identity,
        two_profiles_never_share_a_token,
        two_roles_of_one_key_never_share_a_token_and_a_warm_start_asks_sts_nothing,
        a_profile_edited_in_place_is_another_identity,
        without_the_aws_files_a_profiles_token_is_not_served,
        without_the_aws_files_the_environments_token_is_served,
        the_token_command_and_the_plugin_share_one,
        another_duration_is_another_token,
        another_endpoint_in_the_profile_is_another_token_also_for_the_environments_keys,
        two_repositories_of_one_domain_have_the_identities_of_their_rules,
        three_domains_of_three_accounts_behind_one_host_have_the_identities_of_their_rules,
    ]
}

/// A home without keys in its environment, for what is in the AWS files.
fn stage_of_profiles(credentials: &str) -> (FakeCodeArtifact, SandboxHome, String) {
    let Stage { fake, mut home, source, .. } = Stage::new();
    home.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
    home.write("home/.aws/credentials", credentials);
    for name in ["ONE", "TWO"] {
        let arn = format!("arn:aws:iam::111122223333:user/{name}");
        fake.add_access_key(&format!("AKIAFAKE{name}"), &format!("fakeSecret{name}"), &arn);
    }
    (fake, home, source)
}

const TWO_KEYS: &str = "[one]\naws_access_key_id = AKIAFAKEONE\n\
                        aws_secret_access_key = fakeSecretONE\n\
                        [two]\naws_access_key_id = AKIAFAKETWO\n\
                        aws_secret_access_key = fakeSecretTWO\n";

fn callers(fake: &FakeCodeArtifact) -> Vec<String> {
    fake.token_calls().into_iter().map(|call| call.access_key_id).collect()
}

fn two_keys_in_the_environment_never_share_a_token() {
    let (fake, mut home, source) = stage_of_profiles("");
    let mut tokens = vec![];
    for name in ["ONE", "TWO", "ONE", "TWO"] {
        home.set("AWS_ACCESS_KEY_ID", &format!("AKIAFAKE{name}"));
        home.set("AWS_SECRET_ACCESS_KEY", &format!("fakeSecret{name}"));
        tokens.push(token_of_a_process(&home, &source));
    }
    assert_eq!(callers(&fake), ["AKIAFAKEONE", "AKIAFAKETWO"]);
    assert_eq!(tokens[..2], tokens[2..]);
    assert_ne!(tokens[0], tokens[1]);
}

fn the_older_name_of_the_secret_is_a_key_as_well() {
    let (fake, mut home, source) = stage_of_profiles(TWO_KEYS);
    home.set("AWS_PROFILE", "two");
    token_of_a_process(&home, &source);
    home.set("AWS_ACCESS_KEY_ID", "AKIAFAKEONE").set("SECRET_ACCESS_KEY", "fakeSecretONE");
    token_of_a_process(&home, &source);
    assert_eq!(callers(&fake), ["AKIAFAKETWO", "AKIAFAKEONE"]);
}

/// As with the AWS CLI: a secret without an id counts for nothing, and an id is meant to be used.
fn half_a_key_in_the_environment_is_never_replaced_by_another_identity() {
    let (fake, mut home, source) = stage_of_profiles(TWO_KEYS);
    home.set("AWS_PROFILE", "two").set("AWS_SECRET_ACCESS_KEY", "fakeSecretONE");
    token_of_a_process(&home, &source);
    home.set("AWS_ACCESS_KEY_ID", "AKIAFAKEONE");
    for secret in ["", " "] {
        home.set("AWS_SECRET_ACCESS_KEY", secret);
        let mut nuget = FakeNuget::start(&home);
        let answer = nuget.ask(&source, false, true);
        let line = answer.assert_refusal("Error").the_warning();
        assert!(line.contains("AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY "), "{line}");
        nuget.finish();
    }
    assert_eq!(callers(&fake), ["AKIAFAKETWO"]);
}

fn two_profiles_never_share_a_token() {
    let (fake, mut home, source) = stage_of_profiles(TWO_KEYS);
    for name in ["one", "two", "one", "two"] {
        home.set("AWS_PROFILE", name);
        token_of_a_process(&home, &source);
    }
    assert_eq!(callers(&fake), ["AKIAFAKEONE", "AKIAFAKETWO"]);
}

fn two_roles_of_one_key_never_share_a_token_and_a_warm_start_asks_sts_nothing() {
    let (fake, mut home, source) = stage_of_profiles(TWO_KEYS);
    home.write(
        "home/.aws/config",
        "[profile reader]\nrole_arn = arn:aws:iam::111122223333:role/reader\n\
         source_profile = one\n\
         [profile writer]\nrole_arn = arn:aws:iam::111122223333:role/writer\n\
         source_profile = one\n",
    );
    for name in ["reader", "writer", "reader", "writer"] {
        home.set("AWS_PROFILE", name);
        token_of_a_process(&home, &source);
    }
    assert_eq!(callers(&fake), ["ASIAFAKEREADER", "ASIAFAKEWRITER"]);
    assert_eq!(fake.sts_calls(), ["AssumeRole", "AssumeRole"]);
    assert_eq!(fake.requests().len(), 4);
}

fn a_profile_edited_in_place_is_another_identity() {
    let key = |name: &str| {
        format!(
            "[default]\naws_access_key_id = AKIAFAKE{name}\n\
             aws_secret_access_key = fakeSecret{name}\n"
        )
    };
    let (fake, home, source) = stage_of_profiles(&key("ONE"));
    token_of_a_process(&home, &source);
    home.write("home/.aws/credentials", &key("TWO"));
    token_of_a_process(&home, &source);
    home.write("home/.aws/credentials", &key("ONE"));
    token_of_a_process(&home, &source);
    assert_eq!(callers(&fake), ["AKIAFAKEONE", "AKIAFAKETWO"]);
}

/// Without AWS files there is no identity any more, whatever is left in the cache.
fn without_the_aws_files_a_profiles_token_is_not_served() {
    let (fake, mut home, source) = stage_of_profiles(TWO_KEYS);
    home.set("AWS_PROFILE", "one");
    token_of_a_process(&home, &source);
    std::fs::remove_dir_all(home.path("home/.aws")).expect("the AWS files");
    for variable in ["one", ""] {
        home.set("AWS_PROFILE", variable);
        let mut nuget = FakeNuget::start(&home);
        let answer = nuget.ask(&source, false, true);
        answer.assert_refusal("Error").the_warning();
        nuget.finish();
    }
    assert_eq!(fake.requests().len(), 1);
}

/// The files count for nothing there.
fn without_the_aws_files_the_environments_token_is_served() {
    let Stage { fake, home, source, .. } = Stage::new();
    home.write("home/.aws/credentials", TWO_KEYS);
    token_of_a_process(&home, &source);
    std::fs::remove_dir_all(home.path("home/.aws")).expect("the AWS files");
    token_of_a_process(&home, &source);
    assert_eq!(fake.requests().len(), 1);
}

fn the_token_command_and_the_plugin_share_one() {
    let Stage { fake, home, source, .. } = Stage::new();
    let run = home.run_plugin(&["token", &source]);
    run.assert_success();
    assert_eq!(run.stdout.trim_end(), token_of_a_process(&home, &source));
    let options =
        ["--domain", "my-domain", "--domain-owner", "111122223333", "--region", "eu-west-1"];
    let again = home.run_plugin(&[&["token"], &options[..]].concat());
    assert_eq!(again.assert_success().stdout, run.stdout);
    assert_eq!(fake.token_calls().len(), 1);
}

fn another_duration_is_another_token() {
    let Stage { fake, mut home, source, .. } = Stage::new();
    for seconds in ["900", "3600", "900"] {
        home.set("CODEARTIFACT_NUGET_DURATION_SECONDS", seconds);
        token_of_a_process(&home, &source);
    }
    let durations: Vec<_> = fake.token_calls().into_iter().map(|call| call.duration).collect();
    assert_eq!(durations, ["900", "3600"]);
}

fn another_endpoint_in_the_profile_is_another_token_also_for_the_environments_keys() {
    let Stage { fake, mut home, source, .. } = Stage::new();
    let other = FakeCodeArtifact::start();
    home.unset("AWS_ENDPOINT_URL_CODEARTIFACT");
    for api in [&fake, &other, &fake, &other] {
        home.write("home/.aws/config", &format!("[default]\nendpoint_url = {}\n", api.url()));
        token_of_a_process(&home, &source);
    }
    assert_eq!((fake.token_calls().len(), other.token_calls().len()), (1, 1));
}

/// NuGet tries the first token at the second repository: the retry is about a token that the plugin
/// did not give there.
fn two_repositories_of_one_domain_have_the_identities_of_their_rules() {
    let (fake, home, first) = stage_of_profiles(TWO_KEYS);
    let second = fake.source(&Repository::new("second"));
    let rule = |repository, profile| {
        format!("[[rules]]\nrepository = \"{repository}\"\nprofile = \"{profile}\"\n")
    };
    configure(&home, &fake, &[rule("my-repo", "one"), rule("second", "two")].concat());
    for _ in 0..2 {
        let mut nuget = FakeNuget::start(&home);
        let of_first = answered(&mut nuget, &first, false);
        let of_second = answered(&mut nuget, &second, true);
        assert_ne!(of_first, of_second);
        assert_eq!(answered(&mut nuget, &first, true), of_first);
        assert_eq!(answered(&mut nuget, &second, true), of_second);
        nuget.finish();
    }
    assert_eq!(callers(&fake), ["AKIAFAKEONE", "AKIAFAKETWO"]);
    assert_eq!(fake.requests().len(), 2);
}

fn three_domains_of_three_accounts_behind_one_host_have_the_identities_of_their_rules() {
    const OWNERS: [&str; 3] = ["111122223333", "444455556666", "777788889999"];
    let (fake, home, _) = stage_of_profiles(TWO_KEYS);
    fake.add_access_key("AKIAFAKEREST", "fakeSecretREST", "arn:aws:iam::777788889999:user/rest");
    let rest =
        "[default]\naws_access_key_id = AKIAFAKEREST\naws_secret_access_key = fakeSecretREST\n";
    home.write("home/.aws/credentials", &format!("{TWO_KEYS}{rest}"));
    let rule =
        |owner, profile| format!("[[rules]]\nowner = \"{owner}\"\nprofile = \"{profile}\"\n");
    configure(&home, &fake, &[rule(OWNERS[0], "one"), rule(OWNERS[1], "two")].concat());
    let sources = OWNERS.map(|owner| fake.source(&Repository::of("my-domain", owner, "my-repo")));
    let mut nuget = FakeNuget::start(&home);
    let tokens = sources.each_ref().map(|source| answered(&mut nuget, source, false));
    // What was tried is always the one's before.
    for at in [0, 1, 2, 1, 0, 2] {
        assert_eq!(answered(&mut nuget, &sources[at], true), tokens[at]);
    }
    nuget.finish();
    let calls: Vec<_> =
        fake.token_calls().into_iter().map(|call| (call.owner, call.access_key_id)).collect();
    let expected = OWNERS.into_iter().zip(["AKIAFAKEONE", "AKIAFAKETWO", "AKIAFAKEREST"]);
    assert_eq!(calls, expected.map(|(o, k)| (o.to_owned(), k.to_owned())).collect::<Vec<_>>());
}

/// These rules, and the fake's host.
fn configure(home: &SandboxHome, fake: &FakeCodeArtifact, rules: &str) {
    let host = fake.host();
    home.write_configuration(&format!(
        "{rules}[[hosts]]\nhost = \"{host}\"\nregion = \"eu-west-1\"\n"
    ));
}

/// The token, without any log line.
fn answered(nuget: &mut FakeNuget, source: &str, is_retry: bool) -> String {
    let answer = nuget.ask(source, is_retry, true);
    answer.assert_success().assert_no_logs().password().to_owned()
}
