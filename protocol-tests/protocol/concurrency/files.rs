//! What one process finds in the file that another left: served, or fetched anew, and never fatal.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::{edit, now, token_file};
use crate::support::fake_nuget::FakeNuget;
use crate::support::secret_scan::files_below;
use crate::support::stage::Stage;
use crate::support::stage::conversation::token_of_a_process;
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        a_file_that_cannot_be_used_costs_one_fetch,
        a_folder_in_the_files_place_heals,
        a_file_of_an_older_version_without_a_checksum_is_used,
        the_file_says_whose_token_it_is_and_when,
        a_token_of_an_odd_life_is_used_once,
        a_token_of_an_odd_life_is_fetched_once_for_a_conversation,
        a_token_that_is_too_long_to_be_read_is_not_written,
        a_warm_start_makes_no_request_at_all,
        stale_temporaries_are_swept_when_a_token_is_stored,
    ]
}

const HOUR: u64 = 3600;

/// Damage that costs one fetch; after it the file is whole again.
type Damage = (&'static str, fn(&Path));

const DAMAGES: [Damage; 16] = [
    ("damaged in its token", |file| {
        let text = fs::read_to_string(file).unwrap();
        fs::write(file, text.replace("0123456789abcdef0123", "0123456789abcdeX0123")).unwrap();
    }),
    ("without a token", |file| edit(file, &json!({"token": "", "checksum": null}))),
    ("of a token with a line break", |file| {
        edit(file, &json!({"token": "a\r\nX-Header: b", "checksum": null}));
    }),
    ("empty", |file| fs::write(file, "").unwrap()),
    ("no JSON", |file| fs::write(file, b"\0\xff not JSON").unwrap()),
    ("cut off", |file| {
        let bytes = fs::read(file).unwrap();
        fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
    }),
    ("of a future version", |file| edit(file, &json!({"version": 2}))),
    ("too large", |file| {
        let mut bytes = fs::read(file).unwrap();
        bytes.resize(1 << 20, b' ');
        fs::write(file, bytes).unwrap();
    }),
    ("expired", |file| {
        edit(file, &json!({"obtained": now() - 13 * HOUR, "expiration": now() - HOUR}));
    }),
    ("expiring within its margin", |file| {
        edit(file, &json!({"obtained": now() - 11 * HOUR, "expiration": now() + 14 * 60}));
    }),
    ("not to be kept any longer", |file| edit(file, &json!({"keep_until": now() - 1}))),
    ("valid for longer than CodeArtifact grants", |file| {
        edit(file, &json!({"expiration": now() + 13 * HOUR, "keep_until": now() + 13 * HOUR}));
    }),
    ("obtained in the future", |file| edit(file, &json!({"obtained": now() + HOUR}))),
    ("of times that no clock has", |file| edit(file, &json!({"expiration": u64::MAX}))),
    ("readable by others", |file| {
        fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
    }),
    ("a link", |file| {
        let elsewhere = file.with_extension("elsewhere");
        fs::rename(file, &elsewhere).unwrap();
        symlink(elsewhere, file).unwrap();
    }),
];

fn a_file_that_cannot_be_used_costs_one_fetch() {
    for (what, damage) in DAMAGES {
        eprintln!("a token file that is {what}");
        let Stage { fake, home, source, .. } = Stage::new();
        let first = token_of_a_process(&home, &source);
        damage(&token_file(&home));
        let second = token_of_a_process(&home, &source);
        assert_ne!(second, first);
        assert_eq!(token_of_a_process(&home, &source), second);
        assert_eq!(fake.token_calls().len(), 2);
    }
}

fn a_folder_in_the_files_place_heals() {
    let Stage { fake, home, source, .. } = Stage::new();
    token_of_a_process(&home, &source);
    let file = token_file(&home);
    fs::remove_file(&file).unwrap();
    fs::create_dir_all(file.join("full")).unwrap();
    let token = token_of_a_process(&home, &source);
    assert_eq!(token_of_a_process(&home, &source), token);
    assert_eq!(fake.token_calls().len(), 2);
    home.assert_no_secrets();
}

fn a_file_of_an_older_version_without_a_checksum_is_used() {
    let Stage { fake, home, source, .. } = Stage::new();
    let token = token_of_a_process(&home, &source);
    let mut record: Value = serde_json::from_slice(&fs::read(token_file(&home)).unwrap()).unwrap();
    assert!(record.as_object_mut().unwrap().remove("checksum").is_some());
    fs::write(token_file(&home), record.to_string()).unwrap();
    assert_eq!(token_of_a_process(&home, &source), token);
    assert_eq!(fake.token_calls().len(), 1);
}

fn the_file_says_whose_token_it_is_and_when() {
    let Stage { fake, home, source, .. } = Stage::new();
    let before = now();
    token_of_a_process(&home, &source);
    let record: Value = serde_json::from_slice(&fs::read(token_file(&home)).unwrap()).unwrap();
    let after = now();
    let obtained = record["obtained"].as_u64().unwrap();
    assert!((before..=after).contains(&obtained));
    assert_eq!(
        record,
        json!({
            "version": 1,
            "label": {
                "domain": "my-domain", "owner": "111122223333", "region": "eu-west-1",
                "identity": "the environment's keys"
            },
            "obtained": obtained,
            "expiration": record["expiration"],
            "keep_until": record["expiration"],
            "token": fake.issued_tokens()[0],
            "checksum": record["checksum"],
        })
    );
    let checksum = record["checksum"].as_str().unwrap();
    assert!(checksum.len() == 64 && checksum.bytes().all(|byte| byte.is_ascii_hexdigit()));
    // The API counts from its own moment, which a busy machine may part from the plugin's.
    let expiration = record["expiration"].as_u64().unwrap();
    assert!((before + 12 * HOUR..=after + 12 * HOUR).contains(&expiration));
}

/// Too short, expired on arrival, and longer than the API grants.
fn a_token_of_an_odd_life_is_used_once() {
    for life in [30, 0, 13 * HOUR] {
        let Stage { fake, home, source, .. } = Stage::new();
        fake.tokens_live(Duration::from_secs(life));
        for calls in 1..=2 {
            token_of_a_process(&home, &source);
            assert_eq!(fake.token_calls().len(), calls, "a life of {life} s");
        }
    }
}

/// It is kept by its process alone, and the log says why.
fn a_token_of_an_odd_life_is_fetched_once_for_a_conversation() {
    for life in [0, 13 * HOUR] {
        let stage = Stage::new().with_log();
        stage.fake.tokens_live(Duration::from_secs(life));
        let mut nuget = FakeNuget::start(&stage.home);
        for _ in 0..3 {
            let answer = nuget.ask(&stage.source, false, true);
            assert_eq!(answer.assert_success().assert_no_logs().password(), stage.issued());
        }
        nuget.finish();
        let line = "A token that has expired or is valid for more than 12 hours is not cached";
        assert!(stage.log().contains(line), "{}", stage.log());
        assert!(
            !files_below(&stage.home.cache_dir())
                .iter()
                .any(|file| file.extension().is_some_and(|it| it == "json"))
        );
    }
}

fn a_token_that_is_too_long_to_be_read_is_not_written() {
    let stage = Stage::new();
    stage.issues(&"x".repeat(70_000));
    for calls in 1..=2 {
        let mut nuget = FakeNuget::start(&stage.home);
        for _ in 0..2 {
            nuget.ask(&stage.source, false, true).assert_success().assert_no_logs();
        }
        nuget.finish();
        assert_eq!(stage.token_calls(), calls, "a process keeps it for itself");
    }
    let files = files_below(&stage.home.cache_dir());
    assert!(files.iter().all(|file| fs::metadata(file).unwrap().len() < 65_536), "{files:?}");
}

fn a_warm_start_makes_no_request_at_all() {
    let Stage { fake, home, source, .. } = Stage::new();
    let token = token_of_a_process(&home, &source);
    let requests = fake.requests();
    assert_eq!(requests.len(), 1);
    let mut nuget = FakeNuget::start(&home);
    for _ in 0..3 {
        assert_eq!(nuget.ask(&source, false, true).assert_no_logs().password(), token);
    }
    nuget.finish();
    assert_eq!(fake.requests(), requests);
}

/// A process that was killed while writing leaves its temporary file.
fn stale_temporaries_are_swept_when_a_token_is_stored() {
    let Stage { fake: _fake, home, source, .. } = Stage::new();
    let [stale, young] = ["stale", "young"].map(|name| {
        home.write(&format!("home/.cache/nuget-plugin-codeartifact/.token-{name}"), "half a to")
    });
    fs::set_permissions(home.cache_dir(), Permissions::from_mode(0o700)).unwrap();
    let two_hours_ago = SystemTime::now() - Duration::from_secs(2 * HOUR);
    let file = fs::File::options().write(true).open(&stale).unwrap();
    file.set_modified(two_hours_ago).unwrap();
    token_of_a_process(&home, &source);
    assert!(!stale.exists() && young.exists());
}
