//! The shared config and credentials files as people and tools write them, and files that cannot be
//! read: then no other identity asks in their place. `clients/botocore` compares many more of them with
//! the AWS CLI's own library.

use super::sources::{container, keys, role};
use crate::support::fake_codeartifact::ACCESS_KEY_ID;
use crate::support::stage::conversation::failing;
use crate::support::stage::{NAMES, SOURCE, Stage};
use crate::support::trials::{Trial, named, trial};

/// What is read of a file, as the AWS CLI reads it: the profile, and the config file's text, in which
/// `ID` and `SECRET` are the lines of the good access key.
const LAYOUTS: [(&str, &str, &str); 8] = [
    ("an_indented_comment_behind_a_key", "dev", "[profile dev]\nID\n  # old key\nSECRET\n"),
    ("indented_keys", "dev", "[profile dev]\n  ID\n  SECRET\n"),
    ("text_behind_a_header", "dev", "[profile dev] # mine\nID\nSECRET\n"),
    ("a_quoted_name_with_a_blank", "my dev", "[profile 'my dev']\nID\nSECRET\n"),
    ("a_name_with_brackets", "Admin (prod)", "[profile Admin (prod)]\nID\nSECRET\n"),
    ("a_name_beyond_ascii", "Größe", "[profile Größe]\nID\nSECRET\n"),
    ("a_byte_order_mark", "dev", "\u{feff}[profile dev]\nID\nSECRET\n"),
    (
        "an_odd_profile_beside_it",
        "dev",
        "[profile dev]\nID\nSECRET\n[profile odd]\nrole_arn\nregion = a\nregion = b\n",
    ),
];

pub fn trials() -> Vec<Trial> {
    let layouts = LAYOUTS.into_iter().map(|(name, profile, text)| {
        trial(format!("{name}_is_read_as_the_aws_cli_reads_it"), move || layout(profile, text))
    });
    let mut trials: Vec<Trial> = layouts.collect();
    trials.extend(refusals());
    trials.extend(named![
        a_region_that_is_none_is_named_with_its_origin,
        a_missing_file_that_a_variable_names_is_said_everywhere,
        the_older_name_of_the_profiles_variable_counts,
        a_profile_of_a_variable_without_credentials_leaves_it_to_the_container,
        a_start_url_with_another_ending_is_the_same_sign_in,
    ]);
    #[cfg(unix)]
    trials.push(trial("a_variable_that_is_no_unicode_text_does_not_count_as_unset", not_unicode));
    #[cfg(unix)]
    trials.push(
        trial("a_folder_that_another_user_closed_is_an_error", closed_folder)
            .needing(crate::support::trials::Need::Root),
    );
    trials
}

fn refusals() -> Vec<Trial> {
    vec![
        failing(
            "a_config_file_in_latin_1",
            |stage| {
                let container = container(stage.without_keys());
                stage
                    .home
                    .write_bytes("home/.aws/config", b"# caf\xE9\n[default]\nregion = eu-west-1\n");
                drop(container);
            },
            "[CNP205] A shared config or credentials file cannot be used: `<root>/home/.aws/config` is not UTF-8 in line 1, perhaps Latin-1. Correct it (it must be UTF-8), or name another file in AWS_CONFIG_FILE.",
        ),
        failing(
            "a_credentials_file_in_utf_16",
            |stage| {
                stage.without_keys();
                let text = "[default]\n".encode_utf16().flat_map(u16::to_le_bytes);
                let bytes: Vec<u8> = b"\xFF\xFE".iter().copied().chain(text).collect();
                stage.home.write_bytes("home/.aws/credentials", &bytes);
            },
            "[CNP205] A shared config or credentials file cannot be used: `<root>/home/.aws/credentials` is UTF-16, not UTF-8. Correct it (it must be UTF-8), or name another file in AWS_SHARED_CREDENTIALS_FILE.",
        ),
        failing(
            "a_folder_in_the_place_of_credentials",
            |stage| {
                stage.without_keys();
                stage.home.write("home/.aws/credentials/x", "");
            },
            "[CNP205] A shared config or credentials file cannot be used: `<root>/home/.aws/credentials` is a folder. Correct it (it must be UTF-8), or name another file in AWS_SHARED_CREDENTIALS_FILE.",
        ),
        failing(
            "a_header_without_profile",
            |stage| {
                stage.with_profile("[dev]\nregion = eu-west-1\n");
            },
            "[CNP204] Profile `dev` cannot be used: its header is `[dev]`, and must be `[profile dev]`. Correct it in `<root>/home/.aws/config`.",
        ),
        failing(
            "a_line_of_the_profile_that_is_no_property",
            |stage| {
                stage.with_profile("[profile dev]\nrole_arn\n");
            },
            "[CNP204] Profile `dev` cannot be used: in `<root>/home/.aws/config`, line 2 is neither a header nor `key = value`. Correct it in `<root>/home/.aws/config`.",
        ),
        failing(
            "half_a_key_in_the_credentials_file",
            |stage| {
                stage.with_profile(&format!("[profile dev]\n{}", keys()));
                stage.home.write("home/.aws/credentials", "[dev]\naws_access_key_id = AKIAX\n");
            },
            "[CNP204] Profile `dev` cannot be used: it has `aws_access_key_id`, but no `aws_secret_access_key`. Correct it in `<root>/home/.aws/credentials`.",
        ),
        failing(
            "a_circle_of_source_profiles_although_one_has_keys",
            |stage| {
                let (one, two) = (role("one"), role("two"));
                stage.with_profile(&format!(
                    "[profile dev]\n{}role_arn = {one}\nsource_profile = b\n\
                     [profile b]\nrole_arn = {two}\nsource_profile = dev\n",
                    keys()
                ));
            },
            "[CNP204] Profile `dev` cannot be used: its `source_profile` chain is circular. Correct it in `<root>/home/.aws/config`.",
        ),
    ]
}

fn layout(profile: &str, text: &str) {
    let keys = keys();
    let [id, secret] = [0, 1].map(|line| keys.lines().nth(line).expect("two lines"));
    let mut stage = Stage::new().with_log();
    stage.without_keys().set("AWS_PROFILE", profile);
    stage.home.write("home/.aws/config", &text.replace("ID", id).replace("SECRET", secret));
    stage.assert_succeeds();
    assert_eq!(stage.fake.token_calls()[0].access_key_id, ACCESS_KEY_ID);
}

fn a_region_that_is_none_is_named_with_its_origin() {
    let with_role = || {
        let mut stage = Stage::new().with_log();
        let role = role("reader");
        stage.with_profile(&format!(
            "[profile dev]\nrole_arn = {role}\nsource_profile = base\nregion = eu west\n\
             [profile base]\n{}",
            keys()
        ));
        stage
    };
    let stage = with_role();
    stage.assert_fails(
        "[CNP228] Invalid AWS region `eu west`, from `region` of profile `dev`. Correct it to a region such as us-east-1.",
    );
    let mut stage = with_role();
    stage.set("AWS_REGION", "\"us-east-1\"");
    stage.assert_fails(
        "[CNP228] Invalid AWS region `\"us-east-1\"`, from AWS_REGION. Correct it to a region such as us-east-1.",
    );
    let mut stage = with_role();
    stage.set("AWS_REGION", " us-east-1 \r\n");
    stage.assert_succeeds();
}

fn a_missing_file_that_a_variable_names_is_said_everywhere() {
    let what = "AWS_CONFIG_FILE names `/nowhere/config`, which does not exist";
    let mut stage = Stage::new().with_log();
    stage.set("AWS_CONFIG_FILE", "/nowhere/config");
    stage.run(&["explain", SOURCE]).assert_success().assert_says(what);
    stage.without_keys();
    let run = stage.run(&[&["token"][..], &NAMES].concat());
    run.assert_failure().assert_says(what);
    stage.set("AWS_PROFILE", "dev");
    stage.assert_fails(&format!(
        "[CNP203] AWS_PROFILE names profile `dev`, which does not exist (there are no profiles; {what}). Correct it, or remove it: unset AWS_PROFILE"
    ));
}

fn the_older_name_of_the_profiles_variable_counts() {
    let mut stage = Stage::new().with_log();
    stage.with_profile(&format!("[profile dev]\n{}", keys()));
    stage.unset("AWS_PROFILE").set("AWS_DEFAULT_PROFILE", "dev");
    stage.assert_succeeds();
    stage.set("AWS_DEFAULT_PROFILE", "gone");
    stage.assert_fails(
        "[CNP203] AWS_DEFAULT_PROFILE names profile `gone`, which does not exist (the only profile is `dev`). Correct it, or remove it: unset AWS_DEFAULT_PROFILE",
    );
}

fn a_profile_of_a_variable_without_credentials_leaves_it_to_the_container() {
    let mut stage = Stage::new().with_log();
    let _metadata = container(&mut stage);
    stage.with_profile("[profile dev]\nregion = eu-west-1\n");
    stage.assert_succeeds();
    // One that the plugin's own settings name is never replaced.
    let named = ["token", "--profile", "dev"];
    let run = stage.run(&[&named[..], &NAMES].concat());
    run.assert_failure()
        .assert_says("[CNP204] Profile `dev` cannot be used: it contains no credentials");
}

fn a_start_url_with_another_ending_is_the_same_sign_in() {
    let stage = Stage::signing_in();
    stage.signed_in_until("2100-01-01T00:00:00Z");
    stage.change_token(|token| {
        let url = token["startUrl"].as_str().expect("a start URL").to_owned();
        token.insert("startUrl".to_owned(), format!("{url}/#/").into());
    });
    stage.assert_served();
}

#[cfg(unix)]
fn not_unicode() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use crate::support::process;
    use crate::support::sandbox_home::SandboxHome;
    use crate::support::stage::LIMIT;

    let mut stage = Stage::new();
    stage.without_keys();
    stage.home.write("home/.aws/config", &format!("[default]\n{}", keys()));
    let mut command = stage.home.command(SandboxHome::plugin());
    command.arg("token").args(NAMES).env("AWS_PROFILE", OsStr::from_bytes(b"Gr\xF6\xDFe"));
    let run = process::run(&mut command, LIMIT);
    run.assert_failure().assert_says("[CNP207] AWS_PROFILE is not valid Unicode");
}

/// As under `sudo` with the other user's HOME, or a folder that was copied as root.
#[cfg(unix)]
fn closed_folder() {
    use std::fs::{Permissions, copy, create_dir_all, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;

    use crate::support::process;
    use crate::support::sandbox_home::SandboxHome;
    use crate::support::stage::LIMIT;

    const NOBODY: u32 = 65534;
    let mut stage = Stage::new();
    stage.without_keys();
    let root = stage.home.root().to_owned();
    let folder = stage.home.path("home/.aws");
    create_dir_all(&folder).expect("a folder");
    for (path, mode) in [(&root, 0o755), (&folder, 0o700)] {
        set_permissions(path, Permissions::from_mode(mode)).expect("it is ours");
    }
    let plugin = root.join("plugin");
    copy(SandboxHome::plugin(), &plugin).expect("a copy that others may run");
    let mut command = stage.home.command(&plugin);
    command.arg("token").args(NAMES).uid(NOBODY).gid(NOBODY).current_dir("/");
    let run = process::run(command.env("CODEARTIFACT_NUGET_CACHE", "off"), LIMIT);
    let config = folder.join("config");
    run.assert_failure().assert_says(&format!(
        "A shared config or credentials file cannot be used: `{}` cannot be read by this user (permission denied)",
        config.display()
    ));
}
