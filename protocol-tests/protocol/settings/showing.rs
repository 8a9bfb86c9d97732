//! `configure` shows effective values.

use serde_json::{Value, json};

use super::{configure, configure_fails};
use crate::support::sandbox_home::SandboxHome;
use crate::support::trials::{Trial, trial};

const FILE: &str = "<root>/home/.config/nuget-plugin-codeartifact/config.toml";
const MACHINE: &str = if cfg!(windows) {
    r"C:\ProgramData\nuget-plugin-codeartifact\config.toml"
} else {
    "/etc/nuget-plugin-codeartifact/config.toml"
};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("nothing_is_set", nothing),
        trial("list_shows_all_and_no_password", all),
        trial("get_prints_what_holds", get),
        trial("files_and_their_states", files),
        trial("a_rule_for_some_repositories_gets_a_note", shadows),
        trial("failures_are_json_as_well", failures),
        trial("validate_names_the_place_of_an_error", validate),
        trial("get_says_where_a_value_is_set", origins),
        trial("an_unknown_profile_is_set_with_a_warning", unknown_profile),
    ]
}

fn nothing() {
    let home = SandboxHome::new();
    assert_eq!(
        configure(&home, &["list"]),
        "# profile is not set: AWS's own settings choose it\n\
         duration_seconds = 43200    # default\ninteractive = \"auto\"    # default\n\
         head_start = \"auto\"    # default\n"
    );
    assert_eq!(
        configure_fails(&home, &["get", "profile"]),
        "error: [CNP108] `profile` is not set."
    );
}

fn all() {
    let mut home = SandboxHome::new();
    home.set("CODEARTIFACT_NUGET_DURATION_SECONDS", "900");
    home.write_configuration(
        "profile = [\"a\", \"b\"]\nduration_seconds = 1800\n\
         [[rules]]\ndomain = \"d*\"\nproxy = \"http://user:hunter2@proxy.example:3128\"\n\
         [[rules]]\nrole = [\"arn:aws:iam::111122223333:role/r\", { arn = \"arn:aws:iam::111122223333:role/s\", external_id = \"id\" }]\n\
         [[hosts]]\nhost = \"h:8443\"\nregion = \"eu-west-1\"\n\
         [[hosts]]\nhost = \"other\"\nregion = \"eu-west-1\"\n\
         [policy]\nallowed_hosts = [\"h\"]\ncache = \"off\"\n",
    );
    let text = configure(&home, &["list"]);
    assert_eq!(
        text,
        format!(
            "profile = [\"a\",\"b\"]    # {FILE}\n\
             duration_seconds = 900    # CODEARTIFACT_NUGET_DURATION_SECONDS\n\
             interactive = \"auto\"    # default\n\
             head_start = \"auto\"    # default\n\
             policy.allowed_hosts = [\"h\"]    # {FILE}\n\
             policy.cache = \"off\"    # {FILE}\n\
             \nrule 1    # {FILE}\n  domain = \"d*\"\n  proxy = \"http://…@proxy.example:3128\"\n\
             \nrule 2    # {FILE}\n  role = [\"arn:aws:iam::111122223333:role/r\",\
             {{\"arn\":\"arn:aws:iam::111122223333:role/s\",\"external_id\":\"id\"}}]\n\
             \nhost\n  host = \"h:8443\"\n  region = \"eu-west-1\"\n\
             \nnote: The host `other` gets no tokens: it is not in `allowed_hosts` of the policy in \
             `{FILE}`. If you trust it, add it there\n"
        )
    );
    let json = result(&home, &["list", "--json"]);
    assert_eq!(json["rules"][0]["keys"]["proxy"], "http://…@proxy.example:3128");
    assert_eq!(
        json["settings"][1],
        json!({
            "key": "duration_seconds", "value": 900,
            "origin": { "kind": "variable", "name": "CODEARTIFACT_NUGET_DURATION_SECONDS" }
        })
    );
    assert_eq!(json["hosts"], json!([{ "host": "h:8443", "region": "eu-west-1" }]));
    assert!(!json.to_string().contains("hunter2"));
}

fn get() {
    let home = SandboxHome::new();
    home.write_configuration("profile = \"dev\"\n[policy]\nallowed_owners = []\n");
    assert_eq!(configure(&home, &["get", "profile"]), "dev\n");
    assert_eq!(configure(&home, &["get", "duration_seconds"]), "43200\n");
    assert_eq!(configure(&home, &["get", "policy.allowed_owners"]), "[]\n");
    let origin = json!({ "kind": "file", "path": home.path("home/.config/nuget-plugin-codeartifact/config.toml") });
    assert_eq!(
        result(&home, &["get", "profile", "--json"]),
        json!({ "key": "profile", "values": [{ "key": "profile", "value": "dev", "origin": origin }] })
    );
}

fn files() {
    let mut home = SandboxHome::new();
    assert_eq!(
        configure(&home, &["path"]),
        format!("user: {FILE} (absent)\nmachine: {MACHINE} (absent)\n")
    );
    home.write_configuration("x = 1\n");
    let json = result(&home, &["path", "--json"]);
    assert_eq!(
        (&json["files"][0]["state"], &json["files"][1]["state"]),
        (&json!("broken"), &json!("absent"))
    );
    let reason = json["files"][0]["error"]["message"].as_str().unwrap();
    assert!(reason.contains("line 1, column 1"), "{reason}");
    let moved = home.write("moved.toml", "profile = \"dev\"\n");
    home.set("CODEARTIFACT_NUGET_CONFIG_FILE", &moved.to_string_lossy());
    assert!(configure(&home, &["path"]).starts_with("user: <root>/moved.toml (used)\n"));
}

fn shadows() {
    let home = SandboxHome::new();
    let out = configure(&home, &["rule", "add", "--repository", "libs", "--profile", "a"]);
    let note =
        "note: Rule 1 chooses an identity for some repositories of a domain, and the default ";
    assert!(out.contains(note), "{out}");
    assert!(configure(&home, &["list"]).contains(note));
    let out = configure(&home, &["rule", "add", "--profile", "a"]);
    assert!(!out.contains("note: "), "{out}");
}

fn failures() {
    let home = SandboxHome::new();
    let run = home.run_plugin(&["configure", "get", "profile", "--json"]);
    run.assert_failure();
    assert_eq!(run.problem(), "`profile` is not set.");
    assert_eq!(run.stderr, "error: [CNP108] `profile` is not set.\n");
}

#[track_caller]
fn result(home: &SandboxHome, words: &[&str]) -> Value {
    home.run_plugin(&[&["configure"], words].concat()).assert_success().result()
}

fn validate() {
    let home = SandboxHome::new();
    assert_eq!(configure(&home, &["validate"]), format!("no file: {FILE}\nno file: {MACHINE}\n"));
    home.write_configuration("[[rules]]\ndomian = \"x\"\n");
    let run = home.run_plugin(&["configure", "validate"]);
    assert_eq!(run.code(), Some(1));
    let run = home.neutral(&run.output());
    assert!(run.starts_with(&format!("invalid: {FILE}\n")), "{run}");
    let line = format!(
        "error: [CNP102] Invalid configuration file `{FILE}`, line 2, column 1: unknown key `domian`. \
         Did you mean `domain`?"
    );
    assert!(run.contains(&line), "{run}");
    let file = home.write("good.toml", "profile = \"dev\"\n").to_string_lossy().into_owned();
    assert_eq!(configure(&home, &["validate", &file]), "valid: <root>/good.toml\n");
    let bad = home.write("bad.toml", "\ninteractive = 1\n").to_string_lossy().into_owned();
    let run = home.run_plugin(&["configure", "validate", &bad, "--json"]);
    let found = run.result()["files"][0].clone();
    assert_eq!((&found["line"], &found["column"]), (&json!(2), &json!(15)), "{run}");
    let missing = home.run_plugin(&["configure", "validate", "missing.toml"]);
    assert_eq!(missing.code(), Some(1));
    missing.assert_says("[CNP103] ").assert_says("`missing.toml`");
}

fn origins() {
    let mut home = SandboxHome::new();
    let note = |home: &SandboxHome| {
        let run = home.run_plugin(&["configure", "get", "duration_seconds"]);
        home.neutral(&run.assert_success().stderr)
    };
    assert_eq!(note(&home), "note: This is the default\n");
    home.write_configuration("duration_seconds = 1800\n");
    assert_eq!(note(&home), format!("note: Set in {FILE}\n"));
    home.set("CODEARTIFACT_NUGET_DURATION_SECONDS", "900");
    assert_eq!(note(&home), "note: Set in CODEARTIFACT_NUGET_DURATION_SECONDS\n");
}

fn unknown_profile() {
    let home = SandboxHome::new();
    home.write("home/.aws/config", "[profile dev]\nregion = eu-west-1\n");
    let warning = "There is no profile `dve` in the shared config and credentials files.";
    let out = configure(&home, &["set", "profile", "dve"]);
    assert!(out.ends_with(&format!("warning: [CNP203] {warning} Did you mean `dev`?\n")), "{out}");
    assert!(configure(&home, &["list"]).contains("profile = \"dve\""));
    let found = result(&home, &["set", "profile", "dve", "--json"]);
    let expected = json!({ "code": "CNP203", "message": warning, "fix": "Did you mean `dev`?" });
    assert_eq!(found["warnings"], json!([expected]));
    let out = configure(&home, &["set", "profile", "dev"]);
    assert_eq!(out, format!("Set profile in `{FILE}`\n"));
}
