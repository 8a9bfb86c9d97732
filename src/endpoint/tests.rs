use super::*;

fn parse(url: &str) -> Result<RepositoryEndpoint, EndpointError> {
    RepositoryEndpoint::parse(url, &[])
}

fn names(url: &str) -> (String, String, String, String) {
    let endpoint = parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
    let Domain { name, owner, region } = endpoint.domain;
    (name, owner, region, endpoint.repository)
}

#[test]
fn every_host_form_of_every_partition() {
    let forms = [
        ("my-d-111122223333.d.codeartifact.us-east-1.amazonaws.com", "us-east-1"),
        ("my-d-111122223333.d.codeartifact.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("my-d-111122223333.codeartifact.eu-central-1.on.aws", "eu-central-1"),
        ("my-d-111122223333.d.codeartifact.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("my-d-111122223333.codeartifact.cn-north-1.on.amazonwebservices.com.cn", "cn-north-1"),
        ("my-d-111122223333.d.codeartifact.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"),
        ("my-d-111122223333.d.codeartifact.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"),
        ("my-d-111122223333.d.codeartifact.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1"),
        ("my-d-111122223333.d.codeartifact.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1"),
        ("my-d-111122223333.d.codeartifact.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
    ];
    for (host, region) in forms {
        assert_eq!(
            names(&format!("https://{host}/nuget/Repo.One/v3/index.json")),
            ("my-d".into(), "111122223333".into(), region.into(), "Repo.One".into())
        );
    }
}

#[test]
fn vpc_endpoints_name_the_domain_in_the_path() {
    for host in [
        "vpce-0a1b2c3d4e5f60718-abcd1234.d.codeartifact.eu-west-1.vpce.amazonaws.com",
        "vpce-0a1b2c3d4e5f60718-abcd1234-eu-west-1a.d.codeartifact.eu-west-1.vpce.amazonaws.com",
    ] {
        assert_eq!(
            names(&format!("https://{host}/nuget/d/a-b-111122223333/repo/v3/index.json")),
            ("a-b".into(), "111122223333".into(), "eu-west-1".into(), "repo".into())
        );
    }
}

#[test]
fn case_port_and_query_do_not_matter() {
    let url = "HTTPS://D1-111122223333.D.CodeArtifact.EU-West-1.AmazonAWS.com:443/nuget/Re/v3/index.json?x=1#y";
    assert_eq!(names(url), ("d1".into(), "111122223333".into(), "eu-west-1".into(), "Re".into()));
}

#[test]
fn a_url_without_http_is_told_from_one_that_is_not_absolute() {
    for (url, why) in [
        ("packages", "not an absolute URL"),
        ("ftp://example.com", "neither https nor http"),
        (" https://example.com", "neither https nor http"),
    ] {
        assert_eq!(parse(url), Err(EndpointError::Foreign(why)), "{url}");
    }
}

#[test]
fn look_alikes_are_foreign() {
    const PATH: &str = "/nuget/repo/v3/index.json";
    for origin in [
        "http://d1-111122223333.d.codeartifact.us-east-1.amazonaws.com",
        "https://d1-111122223333.d.codeartifact.us-east-1.amazonaws.com.evil.example",
        "https://evil.example/d1-111122223333.d.codeartifact.us-east-1.amazonaws.com",
        "https://user@d1-111122223333.d.codeartifact.us-east-1.amazonaws.com",
        "https://d1-111122223333.d.codeartifact.us-east-1.amazonaws.com@evil.example",
        "https://d1-111122223333.d.codeartifact.us-east-1.amazonaws.com:8443",
        "https://d1-111122223333.d.codeartifact.us-east-1.amazonaws.com:",
        "https://d1-111122223333.d.codeartifact.us-east-1.amazonaws.com:0443x",
        "https://d1-111122223333.d.codeartifact.us-east-1.amazonaws.com.",
        "https://d1-111122223333.d.codeartifact.us-east-1.amazonaws.com\\.evil.example",
        "https://d1-111122223333.d.codeartifact.us-east-1.amazonaws.com%2eevil.example",
        "https://d1-111122223333.d.codeartifact.us-east-1.amazonaws.com.cn",
        "https://d1-111122223333.d.codeartifact.cn-north-1.amazonaws.com",
        "https://d1-111122223333.d.codeartifact.us-iso-east-1.amazonaws.com",
        "https://d1-111122223333.d.codeartifact.us-iso-1.c2s.ic.gov",
        "https://d1-111122223333.d.codeartifact.us-east-1.on.aws",
        "https://d1-111122223333.codeartifact.us-east-1.amazonaws.com",
        "https://d1-11112222333.d.codeartifact.us-east-1.amazonaws.com",
        "https://d1-1111222233334.d.codeartifact.us-east-1.amazonaws.com",
        "https://111122223333.d.codeartifact.us-east-1.amazonaws.com",
        "https://-111122223333.d.codeartifact.us-east-1.amazonaws.com",
        "https://d--111122223333.d.codeartifact.us-east-1.amazonaws.com",
        "https://1d-111122223333.d.codeartifact.us-east-1.amazonaws.com",
        "https://x.d1-111122223333.d.codeartifact.us-east-1.amazonaws.com",
        "https://d1-111122223333.d.codeartifact.us-east-1.x.amazonaws.com",
        "https://d1-111122223333.d.codeartifact..amazonaws.com",
        "https://d1-111122223333.d.codeartifact.useast1.amazonaws.com",
        "https://d1-111122223333.d.codeartifact.us-east-1.vpce.amazonaws.com",
        "https://d1-111122223333.d.codeartifakt.us-east-1.amazonaws.com",
        "https://d1-111122223333.d.codeartifact.us-east-1.amazonaws.co",
        "https://d\u{431}-111122223333.d.codeartifact.us-east-1.amazonaws.com",
        "ftp://d1-111122223333.d.codeartifact.us-east-1.amazonaws.com",
        "d1-111122223333.d.codeartifact.us-east-1.amazonaws.com",
        "https://",
        "",
    ] {
        let url = format!("{origin}{PATH}");
        assert!(matches!(parse(&url), Err(EndpointError::Foreign(_))), "{url}");
    }
}

#[test]
fn an_unusable_path_is_answered_with_the_right_url() {
    const ORIGIN: &str = "https://d1-111122223333.d.codeartifact.us-east-1.amazonaws.com";
    for (path, right) in [
        ("", "/nuget/<repository>/v3/index.json"),
        ("/", "/nuget/<repository>/v3/index.json"),
        ("/nuget/repo", "/nuget/repo/v3/index.json"),
        ("/nuget/repo/", "/nuget/repo/v3/index.json"),
        ("/npm/repo/", "/nuget/repo/v3/index.json"),
        ("/repo/v3/index.json", "/nuget/repo/v3/index.json"),
        ("/nuget/v3/index.json", "/nuget/<repository>/v3/index.json"),
        ("/nuget/re%20po/v3/index.json", "/nuget/<repository>/v3/index.json"),
    ] {
        assert_eq!(
            parse(&format!("{ORIGIN}{path}")),
            Err(EndpointError::Path {
                url: format!("{ORIGIN}{path}"),
                right: format!("{ORIGIN}{right}")
            })
        );
    }
}

fn mapping(host: &str, port: Option<u16>, domain: Option<(&str, &str)>) -> HostMapping {
    HostMapping {
        host: host.into(),
        port,
        domain: domain.map(|(domain, owner)| (domain.into(), owner.into())),
        region: "eu-west-1".into(),
    }
}

#[test]
fn a_listed_host_stands_for_its_domain() {
    let mappings = [mapping("packages.example", None, Some(("d1", "111122223333")))];
    let parse = |url: &str| RepositoryEndpoint::parse(url, &mappings);
    assert_eq!(
        parse("https://packages.example/nuget/repo/v3/index.json").unwrap().repository,
        "repo"
    );
    assert!(parse("https://packages.example/team/a/nuget/repo/v3/index.json").is_ok());
    assert!(matches!(
        parse("https://packages.example:8443/nuget/repo/v3/index.json"),
        Err(EndpointError::Foreign(_))
    ));
    assert!(matches!(
        parse("http://packages.example/nuget/repo/v3/index.json"),
        Err(EndpointError::Foreign("plain http to a host that is not this machine"))
    ));
}

#[test]
fn a_host_of_the_grammar_stays_awss_when_it_is_listed() {
    let aws = "d1-111122223333.d.codeartifact.us-east-1.amazonaws.com";
    let vpce = "vpce-0a1b2c3d-abcd.d.codeartifact.us-east-1.vpce.amazonaws.com";
    let mappings = [
        mapping(aws, None, Some(("d1", "111122223333"))),
        mapping("packages.example", None, Some(("d1", "111122223333"))),
    ];
    let kind = |host: &str, path: &str| {
        let url = format!("https://{host}/nuget/{path}repo/v3/index.json");
        RepositoryEndpoint::parse(&url, &mappings).unwrap().host
    };
    assert_eq!(kind(aws, ""), HostKind::Aws);
    assert_eq!(kind(vpce, "d/d1-111122223333/"), HostKind::Aws);
    assert_eq!(kind("packages.example", ""), HostKind::Listed);
}

#[test]
fn plain_http_is_for_this_machine_only() {
    for host in ["127.0.0.1", "[::1]", "localhost"] {
        let mappings = [mapping(host, Some(8080), Some(("d1", "111122223333")))];
        let url = format!("http://{host}:8080/nuget/repo/v3/index.json");
        assert!(RepositoryEndpoint::parse(&url, &mappings).is_ok(), "{url}");
    }
}

#[test]
fn a_listed_host_without_domain_reads_it_from_the_path() {
    let mappings = [mapping("vpc.example", None, None)];
    let url = "https://vpc.example/nuget/d/a-b-111122223333/repo/v3/index.json";
    let endpoint = RepositoryEndpoint::parse(url, &mappings).unwrap();
    assert_eq!(endpoint.domain.name, "a-b");
    assert_eq!(endpoint.origin, "https://vpc.example");
}
