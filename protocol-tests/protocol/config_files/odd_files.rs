//! `scrub` on odd files: the credentials go, and every other byte stays.

use super::PROJECT;
use crate::support::odd_configs::{ODD, Odd};
use crate::support::sandbox_home::SandboxHome;
use crate::support::secret_scan;
use crate::support::stage::SECRET;
use crate::support::trials::{Trial, trial};

pub fn trials() -> Vec<Trial> {
    let scrubbed =
        |odd: &'static Odd| trial(format!("scrub_{}", odd.name), || assert_scrubbed(odd));
    ODD.iter().map(scrubbed).collect()
}

/// Without `--yes` nothing changes, with it just what is marked; no output has the secret.
fn assert_scrubbed(odd: &Odd) {
    let home = SandboxHome::new();
    home.write_bytes(PROJECT, &odd.before());
    let run = home.run_plugin(&["scrub"]);
    assert_eq!((run.code(), home.read(PROJECT)), (Some(3), odd.before()), "{run}");
    run.assert_silent_on(SECRET).assert_says("…");
    let run = home.run_plugin(&["scrub", "--yes"]);
    run.assert_success().assert_silent_on(SECRET);
    let found = home.read(PROJECT);
    assert_eq!(String::from_utf8_lossy(&found), String::from_utf8_lossy(&odd.after()));
    assert_eq!(found, odd.after());
    let run = home.run_plugin(&["scrub"]);
    assert_eq!(run.assert_success().stdout, "No saved credentials of CodeArtifact sources found\n");
    let in_text = odd.after().windows(SECRET.len()).any(|bytes| bytes == SECRET.as_bytes());
    if !in_text {
        secret_scan::assert_no_secrets(home.root(), &[SECRET.to_owned()], &[]);
    }
}
