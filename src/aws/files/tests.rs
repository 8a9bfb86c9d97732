//! Odd layouts, and what is read of them. The right answers are botocore's, unless a test says
//! otherwise; `protocol-tests/clients/botocore` compares more of them with botocore itself.

use super::*;

/// Each profile's name and its properties of both files, of this config file.
#[track_caller]
fn assert_config(text: &str, expected: &[(&str, &[(&str, &str)])]) {
    let files = AwsFiles::of_texts(text, "");
    let names: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    assert_eq!(files.names(), names, "{text:?}");
    for (name, properties) in expected {
        let profile = files.get(name).unwrap();
        assert_eq!(profile.fault(), None, "{text:?}");
        for (key, value) in *properties {
            assert_eq!(profile.get(key), Some(*value), "{key} in {text:?}");
        }
    }
}

#[test]
fn indented_lines() {
    const TWO: &[(&str, &[(&str, &str)])] = &[("default", &[("a", "1"), ("b", "2")])];
    assert_config("[default]\na = 1\n  # old\nb = 2\n", TWO);
    assert_config("[default]\n  a = 1\n  b = 2\n", TWO);
    assert_config("  [default]\n  a = 1\n\t; x\n  b = 2\n", TWO);
    assert_config("[default]\n    a = 1\n  b = 2\n", TWO);
    assert_config("[default]\na = 1\n  2\n\n  3\n\nb = 4", &[("default", &[("a", "1\n2\n\n3")])]);
    // What looks like a key or a header continues a value too.
    assert_config(
        "[default]\na = 1\n b = 2\n [profile x]\nc = 3\n",
        &[("default", &[("a", "1\nb = 2\n[profile x]"), ("c", "3")])],
    );
    assert_config(
        "[profile good]\na = 1\n[profile other]\n\trole_arn = r\n\tsource_profile = good\n",
        &[("good", &[("a", "1")]), ("other", &[("role_arn", "r"), ("source_profile", "good")])],
    );
}

#[test]
fn headers() {
    const ONE: &[(&str, &[(&str, &str)])] = &[("default", &[("a", "1")])];
    for header in ["[default] # mine", "[default]x", "[default]  ", "[profile default]"] {
        assert_config(&format!("{header}\na = 1\n"), ONE);
    }
    for (header, name) in [
        ("[profile 'my dev']", "my dev"),
        ("[profile \"dev\"]", "dev"),
        ("[profile my\\ dev]", "my dev"),
        ("[profile Größe]", "Größe"),
        ("[profile a,b=c]", "a,b=c"),
        ("[profile\tdev]", "dev"),
        ("[profile  dev ]", "dev"),
        ("[profile a]b]", "a]b"),
        ("[profile it\\'s]", "it's"),
    ] {
        assert_config(&format!("{header}\na = 1\n"), &[(name, &[("a", "1")])]);
    }
    assert_config("[preview]\na = 1\n[profile]\nb = 1\n[dev]\nc = 1\n", &[]);
    // Of two headers of one profile, the last one counts.
    assert_config("[default]\na = 2\nb = 2\n[profile default]\na = 1\n", ONE);
    assert_config("[profile default]\na = 2\n[default]\na = 1\n", ONE);
}

/// The AWS CLI does not see these profiles. Nothing else can be meant.
#[test]
fn headers_that_only_we_read() {
    for (header, name) in [
        ("[ default ]", "default"),
        ("[default] # see [x]", "default"),
        ("[profile Admin (prod)]", "Admin (prod)"),
        ("[ profile dev ]", "dev"),
        ("[profile it's me]", "it's me"),
    ] {
        assert_config(&format!("{header}\na = 1\n"), &[(name, &[("a", "1")])]);
    }
    // A header that the AWS CLI sees goes before it.
    assert_config("[ default ]\na = 2\n[default]\na = 1\n", &[("default", &[("a", "1")])]);
}

#[test]
fn lines_and_values() {
    let profile = |properties| [("default", properties)];
    for (text, properties) in [
        ("[default]\rA = 1\rb=2\r", &[("a", "1"), ("b", "2")][..]),
        ("[default]\r\na=1\r\n\r\nb=2", &[("a", "1"), ("b", "2")]),
        ("[default]\n\x0c\na=1\n\x0cb=2\n", &[("a", "1\nb=2")]),
        ("[default]\nregion: us-east-1\nb:c=d\n", &[("region", "us-east-1"), ("b", "c=d")]),
        ("[default]\na = %(b)s $x\nb=\n", &[("a", "%(b)s $x"), ("b", "")]),
        ("[default]\na\u{a0}=\u{a0}1\x1c\n", &[("a", "1")]),
        ("[default]\nA_B = Qq\n;c=3\n#d=4", &[("a_b", "Qq")]),
        ("[DEFAULT]\nregion=x\n[default]\na=1\n", &[("region", "x"), ("a", "1")]),
        ("[default]\nregion=y\n[DEFAULT]\nregion=x\n", &[("region", "y")]),
        ("[default]\na = 1 # x\nb = 2 ; y\n", &[("a", "1 # x"), ("b", "2 ; y")]),
        // A comment behind a word is one to the SDKs only. It cannot be part of these values.
        ("[default]\nregion = r # x\nrole_arn = a\t; y\n", &[("region", "r"), ("role_arn", "a")]),
        ("[default]\nregion = r#x\n", &[("region", "r#x")]),
    ] {
        assert_config(text, &profile(properties));
    }
}

#[test]
fn sections_besides_profiles() {
    let files = AwsFiles::of_texts(
        "[sso-session \"my corp\"]\nsso_region = r\n[sso-session b]\n  sso_region=s\n\
         [services s]\nsts =\n  endpoint_url = https://sts\n  x\n[services t]\nsts = x\n",
        "",
    );
    assert_eq!(files.names(), [""; 0]);
    assert_eq!(files.sso_sessions(), ["b", "my corp"]);
    assert_eq!(files.of_sso_session("my corp", "sso_region"), Some("r"));
    assert_eq!(files.of_sso_session("b", "sso_region"), Some("s"));
    assert_eq!(files.endpoint_of("s", "sts"), Some("https://sts"));
    assert_eq!(files.endpoint_of("t", "sts"), None);
    let files = AwsFiles::of_texts("[services s]\nsts =\n a=1\x0cendpoint_url = x\n", "");
    assert_eq!(files.endpoint_of("s", "sts"), Some("x"));
}

#[test]
fn the_credentials_file_has_names_as_headers_and_goes_first() {
    let files = AwsFiles::of_texts(
        "[profile my dev]\na = 1\nb = 1\n[profile base]\nregion = r\n",
        "[my dev]\nb = 2\n[ spaced ]\nc = 1\n['quoted']\nd = 1\n[profile x]\ne = 1\n",
    );
    let names = ["'quoted'", "base", "my dev", "profile x", "spaced"];
    assert_eq!(files.names(), names);
    let profile = files.get("my dev").unwrap();
    assert_eq!((profile.get("a"), profile.get("b")), (Some("1"), Some("2")));
    assert_eq!(profile.get_in(In::Config, "b"), Some("1"));
    let line = files.almost("x").unwrap().to_string();
    assert!(line.contains("is `[profile x]`, and must be `[x]`"), "{line}");
}

/// The AWS CLI refuses all of these files. Here the other profiles stay usable.
#[test]
fn one_odd_section_harms_no_other() {
    for (odd, fault) in [
        ("[profile odd]\nrole_arn\n", "line 5 is neither a header nor `key = value`"),
        ("[profile odd]\n = x\n", "line 5 is neither a header nor `key = value`"),
        ("[profile odd]\na = 1\nA = 2\n", "`a` has two values (lines 5 and 6)"),
        ("[profile odd]\na = 1\n[profile z]\nb = 1\n[profile odd]\na = 2\n", "lines 5 and 9"),
    ] {
        let files = AwsFiles::of_texts(&format!("[profile good]\na = 1\n\n{odd}"), "");
        let good = files.get("good").unwrap();
        assert_eq!((good.fault(), good.get("a")), (None, Some("1")));
        let found = files.get("odd").unwrap().fault().unwrap();
        assert!(found.starts_with("in `config`, ") && found.contains(fault), "{odd:?}: {found}");
        assert!(files.stray().is_none());
    }
    // A property given twice with the same value is not an error, nor is a section in two parts.
    assert_config("[profile a]\nx = 1\nx = 1\n", &[("a", &[("x", "1")])]);
    assert_config("[profile a]\nx = 1\n[profile a]\ny = 1\n", &[("a", &[("x", "1"), ("y", "1")])]);
}

#[test]
fn lines_of_no_section_are_kept_in_mind() {
    for (text, line) in [
        ("a = 1\n[profile good]\na = 1\n", "line 1 is above the first section"),
        ("[default\nb = 2\n[profile good]\na = 1\n", "line 1 begins a section, and has no `]`"),
        ("[profile good]\na = 1\n[default\nb = 2\n", "line 3 begins a section, and has no `]`"),
        ("[profile good]\na = 1\n[]\nb = 2\n", "line 3 begins a section"),
    ] {
        let ini = ini::Ini::parse(text);
        assert!(ini.stray.unwrap().contains(line), "{text}");
        let files = AwsFiles::of_texts(text, "");
        let good = files.get("good").unwrap();
        assert_eq!((good.get("a"), good.get("b"), good.fault()), (Some("1"), None, None), "{text}");
    }
}

#[test]
fn a_header_without_profile_is_said() {
    let files = AwsFiles::of_texts("[dev]\na = 1\n[my dev]\na = 1\n", "");
    for (name, header) in [("dev", "`[profile dev]`"), ("my dev", "`[profile 'my dev']`")] {
        let line = files.almost(name).unwrap().to_string();
        assert!(line.contains(&format!("is `[{name}]`, and must be {header}")), "{line}");
    }
    assert!(files.almost("gone").is_none());
}

#[test]
fn debug_shows_no_value() {
    let files =
        AwsFiles::of_texts("[default]\naws_secret_access_key = hunter2\n", "[a]\nb = hunter2\n");
    let profiles: Vec<_> = files.names().into_iter().map(|name| files.get(name)).collect();
    let text = format!("{files:?} {profiles:?}");
    assert!(text.contains("aws_secret_access_key") && !text.contains("hunter2"), "{text}");
}
