//! The real executable many times at once, and what one leaves for the next: fetching once, failures
//! that all learn of, renewals, the cache's places and files, refused tokens, provided tokens, and
//! whose token is whose.

mod failures;
#[cfg(unix)]
mod files;
mod fleets;
mod identities;
#[cfg(unix)]
mod places;
mod provided;
mod refusals;
mod renewals;
mod together;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::fake_nuget::FakeNuget;
use crate::support::sandbox_home::SandboxHome;
use crate::support::secret_scan::files_below;

use crate::support::trials::Trial;

pub fn trials() -> Vec<Trial> {
    let files = [
        #[cfg(unix)]
        files::trials(),
        fleets::trials(),
        identities::trials(),
        #[cfg(unix)]
        places::trials(),
        provided::trials(),
        refusals::trials(),
        renewals::trials(),
        together::trials(),
    ];
    // The longest wait first.
    failures::trials().into_iter().chain(files.into_iter().flatten()).collect()
}

/// Longer than any wait here should be, on a busy machine as well.
const LIMIT: Duration = Duration::from_mins(1);

/// Conversations that are open, so that all can ask at once.
fn conversations(home: &SandboxHome, number: usize) -> Vec<FakeNuget> {
    (0..number).map(|_| FakeNuget::start(home)).collect()
}

/// Now, in seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

/// The one token file.
fn token_file(home: &SandboxHome) -> PathBuf {
    let mut files = files_below(&home.cache_dir());
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    let [file] = files.as_slice() else { panic!("not one token file: {files:?}") };
    file.clone()
}

/// Changes the JSON in a token file.
fn edit(file: &Path, changes: &Value) {
    let mut record: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    for (key, value) in changes.as_object().expect("an object of changes") {
        assert!(record.get(key).is_some(), "the file has no {key}");
        record[key] = value.clone();
    }
    fs::write(file, record.to_string()).unwrap();
}

/// Makes the one kept token so old that it expires after this many minutes.
fn expires_in(home: &SandboxHome, minutes: u64) {
    let expiration = now() + minutes * 60;
    let times = json!({
        "obtained": expiration - 12 * 3600, "expiration": expiration, "keep_until": expiration
    });
    edit(&token_file(home), &times);
}
