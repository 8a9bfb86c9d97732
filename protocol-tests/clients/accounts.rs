//! One solution, three domains of three accounts, and an identity for each by rules.

use std::fmt::Write as _;
use std::fs;

use crate::support::fake_codeartifact::{Access, Package, Repository};
use crate::support::fake_internet::FakeInternet;
use crate::support::stage::{OUR_LINE, Stage};
use crate::support::trials::{Trial, with_dotnet};

/// Name of the domain, the profile, the project and its package; account; the profile's key.
const ACCOUNTS: [(&str, &str, &str); 3] = [
    ("one", "111122223333", "AKIAFAKEONE"),
    ("two", "444455556666", "AKIAFAKETWO"),
    ("three", "777788889999", "AKIAFAKETHREE"),
];

pub fn trials() -> Vec<Trial> {
    vec![
        with_dotnet("restore_of_three_accounts_by_rules", three_hosts),
        with_dotnet("restore_of_three_accounts_behind_one_host", one_host),
        with_dotnet("restore_of_two_identities_in_one_domain", two_in_one_domain),
    ]
}

/// As AWS has it: a host for each domain.
fn three_hosts() {
    let mut stage = stage();
    let hosts = ACCOUNTS
        .map(|(name, owner, _)| format!("{name}-{owner}.d.codeartifact.eu-west-1.amazonaws.com"));
    let api = "codeartifact.eu-west-1.amazonaws.com";
    let internet = FakeInternet::start(&stage.fake, &[&hosts[0], &hosts[1], &hosts[2], api]);
    let authority = stage.home.write("authority.pem", internet.authority());
    let authority = authority.to_string_lossy();
    stage.with_real_endpoints();
    stage.home.set("HTTPS_PROXY", &internet.proxy_url());
    stage.home.set("AWS_CA_BUNDLE", &authority).set("SSL_CERT_FILE", &authority);
    let urls = hosts.map(|host| format!("https://{host}/nuget/packages/v3/index.json"));
    restores_each_by_its_own_identity(&stage, &urls);
}

/// As behind a VPC endpoint or a reverse proxy, where NuGet remembers one token for all of them.
fn one_host() {
    let stage = stage();
    let urls = ACCOUNTS
        .map(|(name, owner, _)| stage.fake.source(&Repository::of(name, owner, "packages")));
    restores_each_by_its_own_identity(&stage, &urls);
}

/// Neither token is good for the other's repository, and NuGet tries it there.
fn two_in_one_domain() {
    let stage = stage();
    let urls = [("first", "AKIAFAKEONE"), ("second", "AKIAFAKETWO")].map(|(name, key)| {
        let repository = Repository::of("one", "111122223333", name);
        stage.fake.add_package(&repository, &Package::library(&package(name), "1.0.0"));
        stage.fake.set_access(&repository, Access::Key(key));
        stage.fake.source(&repository)
    });
    stage.home.write_project("app", &[(&package("first"), "1.0.0"), (&package("second"), "1.0.0")]);
    stage.home.write_configuration(&format!(
        "[[rules]]\nrepository = \"first\"\nprofile = \"one\"\n\
         [[rules]]\nrepository = \"second\"\nprofile = \"two\"\n{}",
        stage.listed_host()
    ));
    stage.home.write_nuget_config(&[("first", &urls[0]), ("second", &urls[1])]);
    stage.restore(&[]).assert_success().assert_silent_on(OUR_LINE);
    for name in ["first", "second"] {
        assert!(stage.has_package(&package(name), "1.0.0"), "{name}");
    }
    assert_eq!(callers(&stage), ["111122223333 AKIAFAKEONE", "111122223333 AKIAFAKETWO"]);
    stage.home.assert_no_secrets();
}

fn stage() -> Stage {
    let mut stage = Stage::restoring();
    stage.without_keys();
    let (mut credentials, mut rules) = (String::new(), String::new());
    for (name, owner, key) in ACCOUNTS {
        let (secret, arn) = (format!("fakeSecret{key}"), format!("arn:aws:iam::{owner}:user/dev"));
        stage.fake.add_access_key(key, &secret, &arn);
        let repository = Repository::of(name, owner, "packages");
        stage.fake.add_package(&repository, &Package::library(&package(name), "1.0.0"));
        stage.home.write_project(name, &[(&package(name), "1.0.0")]);
        let _ = writeln!(credentials, "[{name}]\naws_access_key_id = {key}");
        let _ = writeln!(credentials, "aws_secret_access_key = {secret}");
        let _ = writeln!(rules, "[[rules]]\nowner = \"{owner}\"\nprofile = \"{name}\"");
    }
    stage.home.write("home/.aws/credentials", &credentials);
    stage.home.write_configuration(&format!("{rules}{}", stage.listed_host()));
    let projects = ACCOUNTS.map(|(name, ..)| format!("<Project Path=\"{name}/{name}.csproj\" />"));
    let solution = format!("<Solution>{}</Solution>", projects.concat());
    stage.home.write("project/all.slnx", &solution);
    stage
}

fn restores_each_by_its_own_identity(stage: &Stage, urls: &[String; 3]) {
    let sources: Vec<_> =
        ACCOUNTS.iter().zip(urls).map(|((name, ..), url)| (*name, &**url)).collect();
    stage.home.write_nuget_config(&sources);
    for state in ["cold", "warm"] {
        let restore = stage.dotnet(&["restore", "all.slnx", "--tl:off"]);
        restore.assert_success().assert_silent_on(OUR_LINE);
        for (name, ..) in ACCOUNTS {
            assert!(stage.has_package(&package(name), "1.0.0"), "{name}, {state}");
        }
        let mut expected = ACCOUNTS.map(|(_, owner, key)| format!("{owner} {key}"));
        expected.sort();
        assert_eq!(callers(stage), expected, "{state}");
        stage.forget_packages();
        for (name, ..) in ACCOUNTS {
            let _ = fs::remove_dir_all(stage.home.project().join(name).join("obj"));
        }
    }
    stage.home.assert_no_secrets();
}

/// For each call of the token API whose domain it was for and which key signed it, in order of those.
fn callers(stage: &Stage) -> Vec<String> {
    let calls = stage.fake.token_calls().into_iter();
    let mut callers: Vec<_> =
        calls.map(|call| format!("{} {}", call.owner, call.access_key_id)).collect();
    callers.sort();
    callers
}

fn package(name: &str) -> String {
    format!("Sandbox.Of.{name}")
}
