//! What a real `aws codeartifact login --tool dotnet` leaves, found and removed; the plugin takes over.

use crate::support::dotnet::{Dotnet, LIMIT};
use crate::support::fake_codeartifact::{FakeCodeArtifact, Package, Repository, TOKEN_PREFIX};
use crate::support::fake_internet::FakeInternet;
use crate::support::sandbox_home::SandboxHome;
use crate::support::trials::{Need, Trial, aws_cli, trial};
use crate::support::{process, secret_scan};

const HOST: &str = "my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com";
const USER: &str = "home/.nuget/NuGet/NuGet.Config";

pub fn trials() -> Vec<Trial> {
    vec![trial("scrub_after_aws_codeartifact_login", after_login).needing(Need::AwsAndDotnet)]
}

fn after_login() {
    let fake = FakeCodeArtifact::start();
    let repository = Repository::new("my-repo");
    fake.add_package(&repository, &Package::library("Sandbox.Greeting", "1.0.0"));
    fake.endpoint_api_names_aws();
    let mut home = SandboxHome::for_codeartifact(&fake);
    let dotnet = Dotnet::needed();
    dotnet.run(&home, &["nuget", "list", "source"]).assert_success();
    let before = String::from_utf8(home.read(USER)).unwrap();
    log_in(&fake, &home);
    let left = String::from_utf8(home.read(USER)).unwrap();
    assert!(left.contains("my-domain_x002F_my-repo") && left.contains(TOKEN_PREFIX), "{left}");

    let run = home.run_plugin(&["scrub", "--yes"]);
    run.assert_success().assert_says("`my-domain/my-repo`, clear-text password");
    secret_scan::assert_no_secrets_in(&run.output(), &[TOKEN_PREFIX.to_owned()]);
    home.assert_no_secrets();
    let url = format!("https://{HOST}/nuget/my-repo/v3/index.json");
    let add = format!("    <add key=\"my-domain/my-repo\" value=\"{url}\" />");
    let line = before.lines().find(|line| line.contains("nuget.org")).unwrap();
    let expected = before.replace(line, &format!("{line}\n{add}"));
    assert_eq!(String::from_utf8(home.read(USER)).unwrap(), expected);
    restore_by_plugin(&fake, &mut home, &dotnet);
}

fn log_in(fake: &FakeCodeArtifact, home: &SandboxHome) {
    let mut login = home.command(aws_cli().expect("a test that needs it is run where it is"));
    login.args(["codeartifact", "login", "--tool", "dotnet", "--domain", "my-domain"]);
    login.args(["--domain-owner", "111122223333", "--repository", "my-repo"]);
    login.args(["--region", "eu-west-1", "--endpoint-url", &fake.url()]);
    login.env("DOTNET_NOLOGO", "1").env("DOTNET_CLI_TELEMETRY_OPTOUT", "1");
    login.env("DOTNET_GENERATE_ASPNET_CERTIFICATE", "false");
    process::run(&mut login, LIMIT).assert_success();
}

/// By AWS's own host name, which a proxy takes to the fake.
fn restore_by_plugin(fake: &FakeCodeArtifact, home: &mut SandboxHome, dotnet: &Dotnet) {
    let internet = FakeInternet::start(fake, &[HOST]);
    let authority = home.write("authority.pem", internet.authority());
    let authority = authority.to_string_lossy();
    home.set("HTTPS_PROXY", &internet.proxy_url());
    home.set("AWS_CA_BUNDLE", &authority).set("SSL_CERT_FILE", &authority);
    home.install_plugin();
    home.write(
        "project/nuget.config",
        "<configuration><disabledPackageSources><add key='nuget.org' value='true' />\
         </disabledPackageSources></configuration>",
    );
    home.write_project("app", &[("Sandbox.Greeting", "1.0.0")]);
    dotnet.run(home, &["restore", "app", "--tl:off"]).assert_success();
    assert_eq!(fake.token_calls().len(), 2, "the login's and the plugin's");
}
