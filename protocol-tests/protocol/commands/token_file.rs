//! `token --output`: the file, and what reads it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use serde_json::{Value, json};

use crate::support::fake_nuget::FakeNuget;
use crate::support::stage::{SOURCE, Stage, failure};
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        the_file_is_for_its_owner_alone_and_nothing_secret_is_printed,
        json_says_where_the_file_is_and_not_what_is_in_it,
        an_older_file_is_replaced_as_a_whole,
        the_plugin_takes_the_file_without_aws_credentials,
        a_link_or_a_device_is_refused_and_stays,
        a_folder_that_is_not_there_is_named,
    ]
}

fn the_file_is_for_its_owner_alone_and_nothing_secret_is_printed() {
    let stage = Stage::new();
    stage.issues("the-token");
    let run = stage.sh(&format!("umask 0; \"$PLUGIN\" token {SOURCE} --output token.json"));
    assert_eq!(
        run.assert_success().output(),
        "written: token.json (a token for domain `my-domain` (111122223333, eu-west-1) until 2100-01-01T00:00:00Z)\n"
    );
    let file = stage.home.project().join("token.json");
    assert_eq!(mode(&file), 0o600);
    assert_eq!(
        read(&file),
        json!({
            "authorizationToken": "the-token", "expiration": "2100-01-01T00:00:00Z",
            "domain": "my-domain", "domainOwner": "111122223333", "region": "eu-west-1"
        })
    );
    assert_eq!(names(&stage.home.project()), ["token.json"]);
}

fn json_says_where_the_file_is_and_not_what_is_in_it() {
    let stage = Stage::new();
    let run = stage.run(&["token", SOURCE, "--json", "--output", "token.json"]);
    let object = run.assert_success().result();
    assert_eq!(object["path"], "token.json");
    assert_eq!(object.get("authorizationToken"), None);
    run.assert_silent_on(&stage.issued());
}

fn an_older_file_is_replaced_as_a_whole() {
    let stage = Stage::new();
    let file = stage.home.write("project/token.json", "{\"authorizationToken\":\"old\"}");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    stage.run(&["token", SOURCE, "--output", "token.json"]).assert_success();
    assert_eq!(mode(&file), 0o600);
    assert_eq!(read(&file)["authorizationToken"], stage.issued());
}

fn the_plugin_takes_the_file_without_aws_credentials() {
    let mut stage = Stage::new();
    stage.run(&["token", SOURCE, "--output", "token.json"]).assert_success();
    let file = stage.home.project().join("token.json");
    stage.without_keys();
    stage.home.set("CODEARTIFACT_AUTH_TOKEN_FILE", &file.to_string_lossy());
    stage.home.set("CODEARTIFACT_NUGET_CACHE", "off");
    let mut nuget = FakeNuget::start(&stage.home);
    assert_eq!(nuget.ask(SOURCE, false, true).assert_success().password(), stage.issued());
    let other = SOURCE.replace("my-domain", "other-domain");
    nuget.ask(&other, false, true).assert_refusal("Error");
    nuget.finish();
}

fn a_link_or_a_device_is_refused_and_stays() {
    let stage = Stage::new();
    let target = stage.home.write("project/target", "precious");
    let link = stage.home.project().join("link");
    symlink(&target, &link).unwrap();
    for path in ["link", ".", "/dev/null"] {
        let run = stage.run(&["token", SOURCE, "--output", path]);
        assert_eq!(
            failure(&run, 1),
            format!(
                "error: [CNP805] `{path}` is not a regular file. Name a regular file, or a new one.\n"
            )
        );
    }
    assert_eq!(fs::read_to_string(target).unwrap(), "precious");
    assert!(link.is_symlink());
}

fn a_folder_that_is_not_there_is_named() {
    let stage = Stage::new();
    let run = stage.run(&["token", SOURCE, "--output", "missing/token.json"]);
    let said = failure(&run, 1);
    assert!(
        said.starts_with("error: [CNP805] `missing/token.json` cannot be written: No such file"),
        "{run}"
    );
    assert!(said.ends_with(". Name a file in a folder that you may write to.\n"), "{run}");
}

fn read(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).expect("JSON")
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
