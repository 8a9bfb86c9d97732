//! Environments in which almost nothing is set.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::support::fake_nuget::{FakeNuget, LIMIT};
use crate::support::stage::{SOURCE, Stage};
use crate::support::trials::{Trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("no_credentials_is_said_soon_where_metadata_accepts_and_is_silent", silent_metadata),
        trial("path_alone_is_enough", path_alone),
    ]
}

/// The kernel accepts connections, but no server reads or answers. The plugin waits one second for
/// that, once: a second attempt would be seen here.
fn silent_metadata() {
    let mut stage = Stage::new().with_log();
    let silent = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = silent.local_addr().expect("a bound listener has an address");
    stage.without_keys().unset("AWS_EC2_METADATA_DISABLED");
    stage.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &format!("http://{address}"));
    let started = Instant::now();
    let line = stage.line_for(SOURCE);
    let took = started.elapsed();
    assert!(line.contains("[CNP201] No AWS credentials found"), "{line}");
    silent.set_nonblocking(true).expect("the listener is good");
    let tries = std::iter::from_fn(|| silent.accept().ok()).count();
    assert_eq!(tries, 1);
    // The additional time is for a busy machine.
    assert!(took < Duration::from_secs(5), "{took:?}");
}

/// As under an IDE: not even a home is set, but the user database has one. Apart from this, only
/// the variables are set that keep the test from using that home.
fn path_alone() {
    let mut stage = Stage::new().with_log();
    let nowhere = stage.home.root().join("nowhere").to_string_lossy().into_owned();
    let names: Vec<String> = stage.home.environment().map(|(name, _)| name.clone()).collect();
    for name in names {
        stage.unset(&name);
    }
    stage.set("PATH", "/usr/bin:/bin").set("AWS_EC2_METADATA_DISABLED", "true");
    stage.set("AWS_CONFIG_FILE", &nowhere).set("AWS_SHARED_CREDENTIALS_FILE", &nowhere);
    let cache = stage.home.cache_dir().to_string_lossy().into_owned();
    stage.set("CODEARTIFACT_NUGET_CACHE", "off").set("CODEARTIFACT_NUGET_CACHE_DIR", &cache);
    let mut nuget = FakeNuget::start(&stage.home);
    let foreign = nuget.ask("https://api.nuget.org/v3/index.json", false, true);
    foreign.assert_refusal("Error").assert_no_logs();
    let line = nuget.ask(SOURCE, false, true).the_warning().to_owned();
    assert!(line.contains("[CNP201] No AWS credentials found"), "{line}");
    nuget.close_stdin();
    assert!(nuget.wait_exit(LIMIT).success());
    assert_eq!(nuget.stderr(), "");
}
