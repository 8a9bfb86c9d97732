//! Which URLs are ours: every host form, and look-alikes that must get Error in silence.

use crate::support::fake_codeartifact::{FakeCodeArtifact, Repository};
use crate::support::fake_nuget::FakeNuget;
use crate::support::sandbox_home::SandboxHome;
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        every_form_of_host_names_domain_owner_and_region,
        look_alikes_get_error_in_silence,
        a_host_of_the_users_own_is_ours,
        plain_http_is_for_this_machine_only,
        another_port_is_another_host,
    ]
}

/// Host and path, and the domain, owner and region that AWS must be asked for.
const OURS: &[(&str, &str, &str, &str)] = &[
    // IPv4
    (
        "my-domain-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/my-repo/v3/index.json",
        "my-domain",
        "111122223333",
        "us-east-1",
    ),
    (
        "d1-111122223333.d.codeartifact.eu-central-2.amazonaws.com/nuget/My.Repo_1/v3/index.json",
        "d1",
        "111122223333",
        "eu-central-2",
    ),
    (
        "a-b-c-222233334444-111122223333.d.codeartifact.ap-southeast-4.amazonaws.com/nuget/rr/v3/index.json",
        "a-b-c-222233334444",
        "111122223333",
        "ap-southeast-4",
    ),
    (
        "d2-111122223333.d.codeartifact.us-gov-west-1.amazonaws.com/nuget/my-repo/v3/index.json",
        "d2",
        "111122223333",
        "us-gov-west-1",
    ),
    (
        "MY-Domain3-111122223333.D.CodeArtifact.US-East-1.AmazonAWS.com/nuget/my-repo/v3/index.json",
        "my-domain3",
        "111122223333",
        "us-east-1",
    ),
    (
        "d4-111122223333.d.codeartifact.eu-west-1.amazonaws.com:443/nuget/my-repo/v3/index.json",
        "d4",
        "111122223333",
        "eu-west-1",
    ),
    // dual-stack
    (
        "d5-111122223333.codeartifact.eu-west-1.on.aws/nuget/my-repo/v3/index.json",
        "d5",
        "111122223333",
        "eu-west-1",
    ),
    (
        "d6-111122223333.codeartifact.us-gov-east-1.on.aws/nuget/my-repo/v3/index.json",
        "d6",
        "111122223333",
        "us-gov-east-1",
    ),
    // VPC endpoint, private DNS off, also with a zone
    (
        "vpce-0123456789abcdef0-abcdefgh.d.codeartifact.eu-west-1.vpce.amazonaws.com/nuget/d/d7-111122223333/my-repo/v3/index.json",
        "d7",
        "111122223333",
        "eu-west-1",
    ),
    (
        "vpce-0123456789abcdef0-abcdefgh-eu-west-1a.d.codeartifact.eu-west-1.vpce.amazonaws.com/nuget/d/d-8-111122223333/my-repo/v3/index.json",
        "d-8",
        "111122223333",
        "eu-west-1",
    ),
    // other partitions
    (
        "d9-111122223333.d.codeartifact.cn-north-1.amazonaws.com.cn/nuget/my-repo/v3/index.json",
        "d9",
        "111122223333",
        "cn-north-1",
    ),
    (
        "d10-111122223333.codeartifact.cn-northwest-1.on.amazonwebservices.com.cn/nuget/my-repo/v3/index.json",
        "d10",
        "111122223333",
        "cn-northwest-1",
    ),
    (
        "d11-111122223333.d.codeartifact.us-iso-east-1.c2s.ic.gov/nuget/my-repo/v3/index.json",
        "d11",
        "111122223333",
        "us-iso-east-1",
    ),
    (
        "d12-111122223333.d.codeartifact.us-isob-east-1.sc2s.sgov.gov/nuget/my-repo/v3/index.json",
        "d12",
        "111122223333",
        "us-isob-east-1",
    ),
    (
        "d13-111122223333.d.codeartifact.us-isof-south-1.csp.hci.ic.gov/nuget/my-repo/v3/index.json",
        "d13",
        "111122223333",
        "us-isof-south-1",
    ),
    (
        "d14-111122223333.d.codeartifact.eu-isoe-west-1.cloud.adc-e.uk/nuget/my-repo/v3/index.json",
        "d14",
        "111122223333",
        "eu-isoe-west-1",
    ),
    (
        "d15-111122223333.d.codeartifact.eusc-de-east-1.amazonaws.eu/nuget/my-repo/v3/index.json",
        "d15",
        "111122223333",
        "eusc-de-east-1",
    ),
    (
        "vpce-0123456789abcdef0-abcdefgh.d.codeartifact.cn-north-1.vpce.amazonaws.com.cn/nuget/d/d16-111122223333/my-repo/v3/index.json",
        "d16",
        "111122223333",
        "cn-north-1",
    ),
];

/// Whole URLs. A token must never be sent to one of them.
const LOOK_ALIKES: &[&str] = &[
    // another host behind the true name
    "https://x1-111122223333.d.codeartifact.us-east-1.amazonaws.com.evil.example/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.amazonaws.com.evil/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.amazonaws.comm/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.amazonaws.co/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.amazonaws.com-evil.example/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.evilamazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.amazonaws.com.cn.example/nuget/r1/v3/index.json",
    "https://x1-111122223333.codeartifact.us-east-1.on.aws.evil.example/nuget/r1/v3/index.json",
    "https://x1-111122223333.codeartifact.us-east-1.on-aws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.codeartifact.us-east-1.onaws/nuget/r1/v3/index.json",
    // the true name in another place
    "https://evil.example/x1-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://evil.example/?x1-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://evil.example/#x1-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://evil.example\\.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://evil.example#.x1-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://evil.example?.x1-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    // user information
    "https://x1-111122223333.d.codeartifact.us-east-1.amazonaws.com@evil.example/nuget/r1/v3/index.json",
    "https://aws@x1-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://aws:pw@x1-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://@x1-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    // more labels, fewer labels
    "https://evil.x1-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.evil.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.evil.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.evil.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.evil.amazonaws.com/nuget/r1/v3/index.json",
    "https://d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact..us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://.x1-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333..d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    // other services and forms that do not exist
    "https://x1-111122223333.d.codeartifacts.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.code-artifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.s3.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.e.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.on.aws/nuget/r1/v3/index.json",
    "https://x1-111122223333-d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.d-codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    // region and suffix of different partitions
    "https://x1-111122223333.d.codeartifact.cn-north-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.amazonaws.com.cn/nuget/r1/v3/index.json",
    "https://x1-111122223333.codeartifact.cn-north-1.on.aws/nuget/r1/v3/index.json",
    "https://x1-111122223333.codeartifact.us-east-1.on.amazonwebservices.com.cn/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-iso-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-isob-east-1.c2s.ic.gov/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.c2s.ic.gov/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.eusc-de-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.eu-west-1.amazonaws.eu/nuget/r1/v3/index.json",
    // broken regions
    "https://x1-111122223333.d.codeartifact.us-east.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us_east_1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.1-east-us.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.-.amazonaws.com/nuget/r1/v3/index.json",
    // broken domains and owners
    "https://x1-11112222333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-1111222233334.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-11112222333a.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://1x-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x_1-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x--111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeef-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    // schemes and ports
    "http://x1-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "ftp://x1-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "file://x1-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https:x1-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "//x1-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "x1-111122223333.d.codeartifact.us-east-1.amazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.amazonaws.com:8443/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.amazonaws.com:80/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.amazonaws.com:x/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.amazonaws.com:443443/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.amazonaws.com:443@evil.example/nuget/r1/v3/index.json",
    // characters that readers of URLs disagree about
    "https://x1-111122223333.d.codeartifact.us-east-1.amazonaws.com./nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.amazonaws%2ecom/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.amazonaws.com%2eevil.example/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.amazonaws.com%00.evil.example/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.аmazonaws.com/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.amazonaws。com/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.amazonaws.com\u{200b}/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.amazonaws.com .evil.example/nuget/r1/v3/index.json",
    "https://x1-111122223333.d.codeartifact.us-east-1.amazonaws.com\t/nuget/r1/v3/index.json",
    "https://[x1-111122223333.d.codeartifact.us-east-1.amazonaws.com]/nuget/r1/v3/index.json",
    // VPC endpoints
    "https://vpce-0123.d.codeartifact.us-east-1.vpce.amazonaws.com.evil.example/nuget/d/x1-111122223333/r1/v3/index.json",
    "https://vpce-0123.codeartifact.us-east-1.vpce.amazonaws.com/nuget/d/x1-111122223333/r1/v3/index.json",
    "https://vpce-0123.api.codeartifact.us-east-1.vpce.amazonaws.com/nuget/d/x1-111122223333/r1/v3/index.json",
    "https://evil-0123.d.codeartifact.us-east-1.vpce.amazonaws.com/nuget/d/x1-111122223333/r1/v3/index.json",
    "https://vpce-.d.codeartifact.us-east-1.vpce.amazonaws.com/nuget/d/x1-111122223333/r1/v3/index.json",
    "https://vpce-0123.d.codeartifact.us-east-1.vpce.amazonaws.com.cn/nuget/d/x1-111122223333/r1/v3/index.json",
    "https://vpce-0123.d.codeartifact.us-east-1.vpc.amazonaws.com/nuget/d/x1-111122223333/r1/v3/index.json",
    // nothing at all
    "",
    "https://",
    "https:///nuget/r1/v3/index.json",
];

fn every_form_of_host_names_domain_owner_and_region() {
    let fake = FakeCodeArtifact::start();
    let home = SandboxHome::for_codeartifact(&fake);
    let mut nuget = FakeNuget::start(&home);
    for (number, (url, domain, owner, region)) in OURS.iter().enumerate() {
        nuget.ask(&format!("https://{url}"), false, true).assert_success().assert_no_logs();
        let calls = fake.token_calls();
        assert_eq!(calls.len(), number + 1, "one call for {url}");
        let call = &calls[number];
        let asked = (&*call.domain, &*call.owner, &*call.region);
        assert_eq!(asked, (*domain, *owner, *region), "for {url}");
    }
    nuget.finish();
}

fn look_alikes_get_error_in_silence() {
    assert!(LOOK_ALIKES.len() >= 60);
    let fake = FakeCodeArtifact::start();
    let home = SandboxHome::for_codeartifact(&fake);
    let mut nuget = FakeNuget::start(&home);
    let refused = LOOK_ALIKES.iter().filter(|url| {
        let answer = nuget.ask(url, false, true);
        answer.response_code() == "Error" && answer.logs.is_empty()
    });
    let refused: Vec<_> = refused.collect();
    let taken: Vec<_> = LOOK_ALIKES.iter().filter(|url| !refused.contains(url)).collect();
    assert!(taken.is_empty(), "not refused in silence: {taken:#?}");
    assert_eq!(fake.token_calls().len(), 0);
    nuget.finish();
}

fn a_host_of_the_users_own_is_ours() {
    let fake = FakeCodeArtifact::start();
    let home = SandboxHome::for_codeartifact(&fake);
    home.write_configuration(&format!(
        "[[hosts]]\nhost = \"{}\"\ndomain = \"mapped\"\nowner = \"444455556666\"\n\
         region = \"ap-south-1\"\n",
        fake.host()
    ));
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(&fake.short_source("my-repo"), false, true).assert_success();
    let call = &fake.token_calls()[0];
    let asked = (&*call.domain, &*call.owner, &*call.region);
    assert_eq!(asked, ("mapped", "444455556666", "ap-south-1"));
    nuget.finish();
}

/// A token in clear text would go over the network.
fn plain_http_is_for_this_machine_only() {
    let fake = FakeCodeArtifact::start();
    let home = SandboxHome::for_codeartifact(&fake);
    home.write_configuration(
        "[[hosts]]\nhost = \"packages.example\"\ndomain = \"mapped\"\nowner = \"444455556666\"\n\
         region = \"ap-south-1\"\n",
    );
    let mut nuget = FakeNuget::start(&home);
    let plain = "http://packages.example/nuget/my-repo/v3/index.json";
    nuget.ask(plain, false, true).assert_refusal("Error");
    assert_eq!(fake.token_calls().len(), 0);
    nuget.ask("https://packages.example/nuget/my-repo/v3/index.json", false, true).assert_success();
    nuget.finish();
}

/// Another port on the same machine is another host.
fn another_port_is_another_host() {
    let (ours, other) = (FakeCodeArtifact::start(), FakeCodeArtifact::start());
    let home = SandboxHome::for_codeartifact(&ours);
    let mut nuget = FakeNuget::start(&home);
    let source = other.source(&Repository::new("my-repo"));
    nuget.ask(&source, false, true).assert_refusal("Error").assert_no_logs();
    nuget.finish();
}
