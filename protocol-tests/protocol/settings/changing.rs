//! `configure` changes the file, and only the part that is meant.

use super::{configuration, configure, configure_fails};
use crate::support::sandbox_home::SandboxHome;
use crate::support::trials::{Trial, trial};

const FILE: &str = "<root>/home/.config/nuget-plugin-codeartifact/config.toml";

pub fn trials() -> Vec<Trial> {
    vec![
        trial("a_file_is_made_where_there_is_none", made),
        trial("comments_order_and_form_are_kept", kept),
        trial("line_ends_and_byte_order_mark_are_kept", line_ends),
        trial("rules_go_where_they_are_told", places),
        trial("a_comment_stays_when_the_rule_below_it_goes", comments_stay),
        trial("hosts_come_and_go", hosts),
        trial("a_rule_with_all_that_can_be_said", whole_rule),
        trial("what_could_not_be_used_is_not_written", refused),
        trial("a_broken_file_is_left_alone", broken),
        #[cfg(unix)]
        trial("a_link_and_a_mode_stay", links_and_modes),
        trial("wrong_usage_is_exit_code_2", usage),
    ]
}

fn made() {
    let home = SandboxHome::new();
    assert_eq!(
        configure(&home, &["set", "profile", "dev"]),
        format!(
            "Set profile in `{FILE}`\nwarning: [CNP203] There is no profile `dev` in the shared config and credentials files. There are no profiles\n"
        )
    );
    assert_eq!(
        configure(&home, &["rule", "add", "--owner", "111122223333", "--profile", "a"]),
        format!("Added rule 1 to `{FILE}`\n")
    );
    assert_eq!(
        configuration(&home),
        "profile = \"dev\"\n\n[[rules]]\nowner = \"111122223333\"\nprofile = \"a\"\n"
    );
    #[cfg(unix)]
    {
        use std::fs;
        use std::os::unix::fs::PermissionsExt;
        let folder = home.path("home/.config/nuget-plugin-codeartifact");
        let mode =
            |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&folder.join("config.toml"))), (0o700, 0o600));
        assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "nothing else is left");
    }
}

fn kept() {
    let home = SandboxHome::new();
    let before = "# ours\n\nduration_seconds   = 900 # short\n\n# a host\n[[hosts]]\n\
                  host=\"h\"\nregion = 'eu-west-1'\n\n# the team\n[[rules]] # one\n\
                  domain = [ \"d1\",\n  \"d2\", # two\n]\nrole.arn = \"arn:aws:iam::111122223333:role/r\"\n\
                  \n[policy]\ncache = \"memory\"\n# the end\n";
    home.write_configuration(before);
    configure(&home, &["set", "duration_seconds", "1800"]);
    let after = before.replace("= 900 #", "= 1800 #");
    assert_eq!(configuration(&home), after);
    configure(&home, &["set", "policy.interactive", "never"]);
    let after = after.replace("\"memory\"\n", "\"memory\"\ninteractive = \"never\"\n");
    assert_eq!(configuration(&home), after);
    configure(&home, &["rule", "add", "--profile", "x"]);
    assert_eq!(configuration(&home), format!("{after}\n[[rules]]\nprofile = \"x\"\n"));
    configure(&home, &["rule", "remove", "2"]);
    configure(&home, &["unset", "policy.interactive"]);
    configure(&home, &["set", "duration_seconds", "900"]);
    assert_eq!(configuration(&home).trim_end(), before.trim_end());
}

fn line_ends() {
    let home = SandboxHome::new();
    home.write_configuration("\u{feff}# ours\r\nprofile = \"a\"\r\n[policy]\r\ncache = \"off\"");
    configure(&home, &["set", "profile", "b, c"]);
    assert_eq!(
        configuration(&home),
        "\u{feff}# ours\r\nprofile = [\"b\", \"c\"]\r\n[policy]\r\ncache = \"off\"\r\n"
    );
    home.write_configuration("# only this\n");
    configure(&home, &["set", "interactive", "never"]);
    assert_eq!(configuration(&home), "# only this\ninteractive = \"never\"\n");
}

fn places() {
    let home = SandboxHome::new();
    let rule = |name: &str| format!("[[rules]]\nprofile = \"{name}\"\n");
    let host = "[[hosts]]\nhost = \"h\"\nregion = \"eu-west-1\"\n";
    home.write_configuration(&format!("{}\n{host}\n# second\n{}", rule("one"), rule("two")));
    configure(&home, &["rule", "add", "--first", "--profile", "zero"]);
    configure(&home, &["rule", "add", "--at", "3", "--profile", "half"]);
    let after = format!(
        "{}\n{}\n{host}\n{}\n# second\n{}",
        rule("zero"),
        rule("one"),
        rule("half"),
        rule("two")
    );
    assert_eq!(configuration(&home), after);
    for number in ["0", "6"] {
        assert_eq!(
            configure_fails(&home, &["rule", "add", "--at", number, "--profile", "x"]),
            format!("error: [CNP108] A new rule of `{FILE}` can have number 1 to 5, not {number}.")
        );
    }
    configure(&home, &["rule", "remove", "3"]);
    configure(&home, &["rule", "remove", "1"]);
    let after = format!("{}\n{host}\n# second\n{}", rule("one"), rule("two"));
    assert_eq!(configuration(&home).trim_start(), after);
    let line = configure_fails(&home, &["rule", "remove", "3"]);
    let said = format!("error: [CNP108] `{FILE}` has no rule 3: it has 2 rules. List them: ");
    assert!(line.starts_with(&said) && line.ends_with(" configure list"), "{line}");
}

fn comments_stay() {
    let home = SandboxHome::new();
    let rule = |name: &str| format!("[[rules]]\nprofile = \"{name}\"\n");
    home.write_configuration(&format!(
        "# of this file\n\n# of one\n{}# of two\n{}",
        rule("one"),
        rule("two")
    ));
    configure(&home, &["rule", "remove", "1"]);
    assert_eq!(configuration(&home), format!("# of this file\n# of two\n{}", rule("two")));
    home.write_configuration(&format!("# of this file\n\n# of one\n{}", rule("one")));
    configure(&home, &["rule", "remove", "1"]);
    assert_eq!(configuration(&home), "# of this file\n");
}

fn hosts() {
    let home = SandboxHome::new();
    let add = ["host", "add", "Packages.example:8443", "--region", "eu-west-1"];
    assert_eq!(configure(&home, &add), format!("Added host Packages.example:8443 to `{FILE}`\n"));
    assert_eq!(
        configuration(&home),
        "[[hosts]]\nhost = \"Packages.example:8443\"\nregion = \"eu-west-1\"\n"
    );
    let line = configure_fails(&home, &add);
    let said = format!(
        "error: [CNP109] `{FILE}` already has the host `Packages.example:8443`. Remove it first: "
    );
    let fix = " configure host remove Packages.example:8443";
    assert!(line.starts_with(&said) && line.ends_with(fix), "{line}");
    configure(&home, &["host", "remove", "packages.example:8443"]);
    assert_eq!(configuration(&home), "");
    let line = configure_fails(&home, &["host", "remove", "x"]);
    assert!(line.starts_with(&format!("error: [CNP108] `{FILE}` has no host `x`. ")), "{line}");
}

/// A path from the root, which on Windows is that of a drive.
const BUNDLE: &str = if cfg!(windows) { "C:/ca.pem" } else { "/ca.pem" };

fn whole_rule() {
    let home = SandboxHome::new();
    configure(
        &home,
        &[
            &["rule", "add", "--domain", "a-*", "--domain", "b", "--owner", "1111*"][..],
            &["--region", "eu-*", "--repository", "*", "--profile", "one", "--profile", "two"],
            &["--role-arn", "arn:aws:iam::111122223333:role/r", "--external-id", "id"],
            &["--role-session-name", "me", "--prefer", "environment", "--duration-seconds", "0"],
            &["--endpoint-url", "https://api.example", "--sts-endpoint-url", "https://sts.example"],
            &["--sso-endpoint-url", "http://localhost:1", "--proxy", "http://proxy.example:3128"],
            &["--ca-bundle", BUNDLE, "--interactive", "always"],
        ]
        .concat(),
    );
    assert_eq!(
        configuration(&home),
        format!(
            "[[rules]]\ndomain = [\"a-*\", \"b\"]\nowner = \"1111*\"\nregion = \"eu-*\"\n\
         repository = \"*\"\nprofile = [\"one\", \"two\"]\n\
         role = {{ arn = \"arn:aws:iam::111122223333:role/r\", external_id = \"id\", session_name = \"me\" }}\n\
         duration_seconds = 0\nprefer = \"environment\"\nendpoint_url = \"https://api.example\"\n\
         sts_endpoint_url = \"https://sts.example\"\nsso_endpoint_url = \"http://localhost:1\"\n\
         proxy = \"http://proxy.example:3128\"\nca_bundle = \"{BUNDLE}\"\ninteractive = \"always\"\n"
        )
    );
}

fn refused() {
    let home = SandboxHome::new();
    let before = "profile = \"dev\"\n";
    home.write_configuration(before);
    let not_changed = format!("error: [CNP107] `{FILE}` would not be valid: ");
    for (arguments, line) in [
        (
            &["set", "interactive", "maybe"][..],
            "error: [CNP107] Invalid value `maybe` for interactive: expected auto, always or never. \
             Nothing was changed."
                .into(),
        ),
        (
            &["set", "policy.allowed_owners", "1111"],
            "error: [CNP107] Invalid value `1111` for policy.allowed_owners: expected the domain's \
             account: twelve digits, in quotes. Nothing was changed."
                .into(),
        ),
        (
            &["rule", "add", "--endpoint-url", "http://api.example"],
            format!(
                "{not_changed}expected an https URL without user, query and fragment (http only for \
                 this machine). Nothing was changed."
            ),
        ),
        (
            &["set", "duration_seconds", "1h"],
            "error: [CNP107] Invalid value `1h` for duration_seconds: expected a number of seconds. \
             Nothing was changed."
                .into(),
        ),
        (
            &["set", "profil", "x"],
            "error: [CNP106] Unknown key `profil`. Did you mean `profile`?".into(),
        ),
        (&["unset", "interactive"], "error: [CNP108] `interactive` is not set.".into()),
        (
            &["rule", "add"],
            "error: [CNP112] The rule is empty. Give at least one option, such as --owner and --profile"
                .into(),
        ),
        (
            &["rule", "add", "--proxy", "http://u:hunter2@proxy.example"],
            format!(
                "error: [CNP113] A proxy's password must not be on a command line, which other users \
                 can see. Add the rule without --proxy, then add `proxy` to it in `{FILE}`"
            ),
        ),
    ] {
        assert_eq!(configure_fails(&home, arguments), line);
        assert_eq!(configuration(&home), before);
    }
    home.write_configuration("rules = [{ profile = \"a\" }]\n");
    assert_eq!(
        configure_fails(&home, &["rule", "add", "--profile", "b"]),
        format!(
            "error: [CNP110] `rules` in `{FILE}` is not a list of `[[rules]]` tables. Nothing was \
             changed. Edit it by hand"
        )
    );
}

fn broken() {
    let home = SandboxHome::new();
    home.write_configuration("profile = \"dev\"\n[[rules]\n");
    let line = configure_fails(&home, &["set", "profile", "x"]);
    assert!(
        line.starts_with(&format!(
            "error: [CNP102] Invalid configuration file `{FILE}`, line 2, column 9: "
        )),
        "{line}"
    );
    assert_eq!(configuration(&home), "profile = \"dev\"\n[[rules]\n");
}

#[cfg(unix)]
fn links_and_modes() {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    let home = SandboxHome::new();
    let real = home.write("dotfiles/codeartifact.toml", "profile = \"a\"\n");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    let folder = home.path("home/.config/nuget-plugin-codeartifact");
    fs::create_dir_all(&folder).unwrap();
    let link = folder.join("config.toml");
    symlink("../../../dotfiles/codeartifact.toml", &link).unwrap();
    configure(&home, &["set", "profile", "b"]);
    assert!(link.is_symlink());
    assert_eq!(fs::read_to_string(&real).unwrap(), "profile = \"b\"\n");
    assert_eq!(real.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    fs::remove_file(&real).unwrap();
    configure(&home, &["set", "profile", "c"]);
    assert!(link.is_symlink());
    assert_eq!(fs::read_to_string(&real).unwrap(), "profile = \"c\"\n");
}

fn usage() {
    let home = SandboxHome::new();
    for arguments in [
        &["configure"][..],
        &["configure", "set", "profile"],
        &["configure", "rule", "add", "--first", "--at", "1"],
        &["configure", "rule", "add", "--external-id", "x"],
        &["configure", "host", "add", "h", "--region", "eu-west-1", "--domain", "d1"],
    ] {
        let run = home.run_plugin(arguments);
        assert_eq!(run.code(), Some(2), "{run}");
    }
    let help = home.run_plugin(&["configure", "set", "--help"]);
    help.assert_success().assert_says("Examples:");
}
