//! Shared files that cannot be read, and what the two files say of one profile. Another identity is
//! never used in their place.

use super::*;

const CONTAINER: (&str, &str) = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/role");

const DEV: &str = "[dev]\naws_access_key_id = AKIADEV\naws_secret_access_key = s\n";

fn key_of(machine: &Machine) -> (String, Option<String>) {
    match machine.identity().plan.source {
        Source::Keys(keys) => (keys.id, keys.session_token.map(|token| token.expose().to_owned())),
        source => panic!("{source:?}"),
    }
}

#[test]
fn a_file_that_is_not_utf_8_is_named_with_its_encoding() {
    let utf_16: Vec<u8> = DEV.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let with_mark = [b"\xFF\xFE".to_vec(), utf_16.clone()].concat();
    let cases: [(&[u8], &str); 3] = [
        (
            b"[default]\n# caf\xE9\naws_access_key_id = A\n",
            "is not UTF-8 in line 2, perhaps Latin-1",
        ),
        (&with_mark, "is UTF-16, not UTF-8"),
        (&utf_16, "contains zero bytes, as UTF-16 does"),
    ];
    for name in [".aws/config", ".aws/credentials"] {
        for (bytes, why) in cases {
            let machine = Machine::new().bytes(name, bytes).variables(&[CONTAINER]);
            let path =
                name.split('/').fold(machine.home.path().to_owned(), |path, it| path.join(it));
            let path = path.display();
            let line = machine.error();
            assert!(line.contains(&format!("`{path}` {why}.")), "{line}");
            // Keys of the environment need no file.
            assert_eq!(machine.variables(&KEYS).identity().label, "the environment's keys");
        }
    }
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_file() {
    let machine = Machine::new().file(".aws/credentials", &format!("\u{feff}{DEV}"));
    assert_eq!(key_of(&machine.variable("AWS_PROFILE", "dev")).0, "AKIADEV");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_named() {
    let machine = || Machine::new().variables(&[CONTAINER]);
    let assert_named = |machine: &Machine, path: &str, why: &str| {
        let line = machine.error();
        let path = machine.home.path().join(path).display().to_string();
        assert!(line.contains(&format!("`{path}`")) && line.contains(why), "{line}");
    };
    let folder = machine();
    fs::create_dir_all(folder.home.path().join(".aws/credentials")).unwrap();
    assert_named(&folder, ".aws/credentials", "is a folder");
    let link = machine().file(".aws/x", "");
    std::os::unix::fs::symlink("gone", link.home.path().join(".aws/config")).unwrap();
    assert_named(&link, ".aws/config", "is a broken link");
    let linked_folder = machine();
    std::os::unix::fs::symlink("gone", linked_folder.home.path().join(".aws")).unwrap();
    assert_named(&linked_folder, ".aws", "is a broken link");
    let large = machine().file(".aws/config", "");
    let file = fs::File::options().write(true).open(large.home.path().join(".aws/config")).unwrap();
    file.set_len(17 << 20).unwrap();
    assert_named(&large, ".aws/config", "it is larger than 16 MiB");
    let device = machine().variable("AWS_CONFIG_FILE", "/dev/zero");
    assert_named(&device, "/dev/zero", "cannot be read: it is no file");
}

/// Whoever wants no file names the null device.
#[cfg(unix)]
#[test]
fn the_null_device_is_an_empty_file() {
    let machine = Machine::with_config("[default]\ncredential_process = p\n")
        .variables(&[CONTAINER, ("AWS_CONFIG_FILE", "/dev/null")]);
    assert_eq!(machine.identity().plan.source, Source::Container);
    assert!(machine.identity().missing_files().is_empty());
}

#[test]
fn a_missing_file_that_a_variable_names_is_said() {
    let machine = Machine::new().variable("AWS_CONFIG_FILE", "/nowhere/config");
    let what = "AWS_CONFIG_FILE names `/nowhere/config`, which does not exist";
    let missing = [("AWS_CONFIG_FILE", what.to_owned())];
    assert_eq!(machine.identity().missing_files(), missing);
    let (name, owner) = ("d".to_owned(), "111122223333".to_owned());
    let domain = Domain { name, owner, region: "eu-west-1".to_owned() };
    let line = machine.identity().no_credentials(&domain).unwrap().to_string();
    assert!(line.contains(&format!(" {what}.")), "{line}");
    let line = machine.variable("AWS_PROFILE", "dev").error();
    assert!(line.contains(&format!("(there are no profiles; {what})")), "{line}");
}

#[test]
fn variables_and_the_home_in_a_files_name_are_expanded() {
    for name in ["$HOME/.x/c", "${HOME}/.x/c", "~/.x/c"] {
        let mut machine = Machine::new().file(".x/c", DEV).variable("AWS_PROFILE", "dev");
        machine.variables.push(("AWS_SHARED_CREDENTIALS_FILE".to_owned(), name.to_owned()));
        if cfg!(unix) || name.starts_with('~') {
            assert_eq!(key_of(&machine).0, "AKIADEV", "{name}");
        }
    }
}

#[test]
fn key_secret_and_session_token_are_of_one_file() {
    let config = "[profile base]\naws_access_key_id = AKIACONFIG\naws_secret_access_key = c\n\
                  aws_session_token = t\n";
    let machine = |credentials: &str| {
        let machine = Machine::with_config(config).variable("AWS_PROFILE", "base");
        machine.file(".aws/credentials", credentials)
    };
    let whole = machine("[base]\naws_access_key_id = AKIAONE\naws_secret_access_key = s\n");
    assert_eq!(key_of(&whole), ("AKIAONE".to_owned(), None));
    let other = machine("[base]\nregion = r\naws_secret_access_key = s\n");
    assert_eq!(key_of(&other), ("AKIACONFIG".to_owned(), Some("t".to_owned())));
    let line = machine("[base]\naws_access_key_id = AKIAONE\n").error();
    assert!(line.contains("it has `aws_access_key_id`, but no `aws_secret_access_key`"), "{line}");
    let line = machine("[base]\naws_access_key_id =\naws_secret_access_key = s\n").error();
    assert!(line.contains("`aws_access_key_id` is empty"), "{line}");
}

#[test]
fn a_session_token_has_an_older_name() {
    let token =
        |pairs: &[(&str, &str)]| key_of(&Machine::new().variables(&KEYS).variables(pairs)).1;
    assert_eq!(token(&[("AWS_SECURITY_TOKEN", "t")]).as_deref(), Some("t"));
    // The AWS CLI takes the older one first.
    let both = [("AWS_SECURITY_TOKEN", "t"), ("AWS_SESSION_TOKEN", "s")];
    assert_eq!(token(&both).as_deref(), Some("t"));
    assert_eq!(token(&[("AWS_SESSION_TOKEN", "s")]).as_deref(), Some("s"));
}

#[test]
fn the_older_name_of_the_profiles_variable_counts_behind() {
    let config = "[profile one]\naws_access_key_id = AKIAONE\naws_secret_access_key = s\n\
                  [profile two]\naws_access_key_id = AKIATWO\naws_secret_access_key = s\n";
    let machine = || Machine::with_config(config).variable("AWS_DEFAULT_PROFILE", "two");
    assert_eq!(key_of(&machine()).0, "AKIATWO");
    assert_eq!(key_of(&machine().variable("AWS_PROFILE", "one")).0, "AKIAONE");
    let line = machine().variable("AWS_DEFAULT_PROFILE", "gone").error();
    assert!(
        line.starts_with("AWS_DEFAULT_PROFILE names profile `gone`, which does not exist"),
        "{line}"
    );
}

/// Whether or not one of them has keys.
#[test]
fn a_circle_of_source_profiles_is_said() {
    let config = "[default]\nrole_arn = a\nsource_profile = b\naws_access_key_id = AKIA\n\
                  aws_secret_access_key = s\n[profile b]\nrole_arn = b\nsource_profile = default\n";
    let line = Machine::with_config(config).error();
    assert!(line.contains("its `source_profile` chain is circular"), "{line}");
}

#[test]
fn an_empty_session_name_or_external_id_is_none() {
    let config = "[default]\nrole_arn = a\nsource_profile = b\nrole_session_name =\nexternal_id =\n\
                  [profile b]\naws_access_key_id = AKIA\naws_secret_access_key = s\n";
    let role = Machine::with_config(config).identity().plan.roles.remove(0);
    assert_eq!((role.session_name, role.external_id), (None, None));
    let config = "[default]\nrole_arn =\nsource_profile = b\n";
    assert!(Machine::with_config(config).error().contains("`role_arn` is empty"));
}

#[test]
fn a_region_is_trimmed_and_one_that_is_none_is_said_where_it_is_needed() {
    let config = "[default]\nrole_arn = a\nsource_profile = b\nregion = \"eu-west-1\"\n\
                  [profile b]\naws_access_key_id = AKIA\naws_secret_access_key = s\n";
    let machine = || Machine::with_config(config);
    let line = machine().error();
    let expected = "Invalid AWS region `\"eu-west-1\"`, from `region` of profile `default`.";
    assert!(line.starts_with(expected), "{line}");
    let line = machine().variable("AWS_REGION", "'us-east-1'").error();
    assert!(line.starts_with("Invalid AWS region `'us-east-1'`, from AWS_REGION."), "{line}");
    let trimmed = machine().variable("AWS_DEFAULT_REGION", " us-east-1\r\n").identity();
    assert_eq!(trimmed.region.as_deref(), Some("us-east-1"));
    // The region of a package source's host is used where no role is assumed.
    assert!(machine().variables(&KEYS).variable("AWS_REGION", "us east").tell().is_ok());
}

#[test]
fn a_session_that_says_something_else_than_its_profile_is_said() {
    let config = "[default]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = r\n\
                  sso_region = us-east-1\n[sso-session corp]\nsso_region = eu-west-1\n\
                  sso_start_url = https://corp.example\n";
    let line = Machine::with_config(config).error();
    assert!(line.contains("its `sso_region` is not that of its `sso_session` `corp`"), "{line}");
}

/// The AWS CLI does not expand it, and finds no such file.
#[cfg(unix)]
#[test]
fn the_home_in_a_token_files_name_is_expanded() {
    let config = "[default]\nweb_identity_token_file = ~/token\nrole_arn = r\n";
    let machine = Machine::with_config(config);
    let Source::WebIdentity(identity) = machine.identity().plan.source else { panic!("none") };
    assert_eq!(identity.token_file, machine.home.path().join("token"));
}
