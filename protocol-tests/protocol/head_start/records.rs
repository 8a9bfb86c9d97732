//! The record of last uses: when it is written, and what of it is believed.

use std::fs;

use super::{assert_no_head_start, record, started_early, yesterday};
use crate::support::fake_codeartifact::Repository;
use crate::support::fake_nuget::FakeNuget;
use crate::support::stage::Stage;
use crate::support::stage::conversation::token_of_a_process;
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        a_warm_request_writes_nothing,
        the_first_domain_of_a_process_is_recorded,
        logout_removes_the_record,
        #[cfg(unix)]
        the_record_is_for_its_owner_only,
        #[cfg(unix)]
        a_record_that_is_a_link_is_not_read,
        a_record_that_cannot_be_read_is_replaced,
    ]
}

fn a_warm_request_writes_nothing() {
    let stage = Stage::new();
    token_of_a_process(&stage.home, &stage.source);
    let first = fs::metadata(record(&stage)).unwrap().modified().unwrap();
    for _ in 0..2 {
        token_of_a_process(&stage.home, &stage.source);
        assert_eq!(fs::metadata(record(&stage)).unwrap().modified().unwrap(), first);
    }
}

fn the_first_domain_of_a_process_is_recorded() {
    let stage = yesterday();
    let other = Repository { domain: "other-domain".into(), ..Repository::new("my-repo") };
    let other = stage.fake.source(&other);
    stage.fake.tokens_live(super::TOO_SHORT);
    let mut nuget = FakeNuget::start(&stage.home);
    for source in [&other, &stage.source] {
        nuget.ask(source, false, true).assert_success();
    }
    nuget.finish();
    drop(started_early(&stage));
    assert_eq!(stage.fake.token_calls().last().unwrap().domain, "other-domain");
}

fn logout_removes_the_record() {
    let stage = yesterday();
    assert!(record(&stage).exists());
    stage.home.succeed(&["logout", "--domain", "unknown"]);
    assert!(!record(&stage).exists());
    assert_no_head_start(&stage);
}

#[cfg(unix)]
fn the_record_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let stage = yesterday();
    assert_eq!(fs::metadata(record(&stage)).unwrap().permissions().mode() & 0o7777, 0o600);
    let text = fs::read_to_string(record(&stage)).unwrap();
    assert!(text.contains(&stage.source) && !text.contains("project"), "{text}");
}

#[cfg(unix)]
fn a_record_that_is_a_link_is_not_read() {
    let stage = yesterday();
    let elsewhere = stage.home.root().join("elsewhere.json");
    fs::rename(record(&stage), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, record(&stage)).unwrap();
    let before = fs::read(&elsewhere).unwrap();
    assert_no_head_start(&stage);
    token_of_a_process(&stage.home, &stage.source);
    assert_eq!(fs::read(&elsewhere).unwrap(), before);
    assert!(fs::symlink_metadata(record(&stage)).unwrap().is_file());
}

fn a_record_that_cannot_be_read_is_replaced() {
    for garbage in [&b""[..], b"{", b"\xff\xfe", br#"{"version":2,"folders":[]}"#, b"[[[[[[["] {
        let stage = yesterday();
        fs::write(record(&stage), garbage).unwrap();
        assert_no_head_start(&stage);
        token_of_a_process(&stage.home, &stage.source);
        assert!(fs::read_to_string(record(&stage)).unwrap().contains(&stage.source));
    }
}
