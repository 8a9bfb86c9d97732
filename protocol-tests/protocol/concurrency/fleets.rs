//! Many machines that start at the same time. AWS lets 40 calls a second through for an account in a
//! region, and answers all others with throttling.
//!
//! Two thousand machines are simulated, in virtual time and with the plugin's own rules for repeating a
//! call. A few dozen real processes show with a smaller quota that the executable keeps these rules.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::thread;
use std::time::Duration;

#[path = "../../../src/aws/retry_policy.rs"]
mod retry_policy;

use retry_policy::{FETCH_LIMIT, Failure, wait};

use crate::support::fake_codeartifact::FakeCodeArtifact;
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::{LIMIT, SOURCE};
use crate::support::trials::{Trial, named, trial};

pub fn trials() -> Vec<Trial> {
    let mut trials = named![
        two_thousand_machines_get_their_tokens_within_the_limit,
        more_machines_than_the_quota_serves_end_with_the_limit,
    ];
    trials.push(trial("a_fleet_of_processes_gets_its_tokens", real_processes));
    trials
}

/// What AWS allows.
const QUOTA: f64 = 40.0;

/// From a call to its answer.
const LATENCY: f64 = 0.15;

/// The machines start within this time.
const STARTS: f64 = 10.0;

/// How long to wait after so many failures with so much time left, by a random number.
type Policy = fn(u32, f64, f64) -> Option<f64>;

fn ours(failures: u32, left: f64, random: f64) -> Option<f64> {
    let left = Duration::try_from_secs_f64(left).unwrap_or_default();
    wait(Failure::Throttled, failures, None, left, random).map(|wait| wait.as_secs_f64())
}

/// As all SDKs of AWS do it if nothing is set.
fn of_the_sdks(failures: u32, _left: f64, random: f64) -> Option<f64> {
    (failures < 3).then(|| random * f64::from(1 << (failures - 1)))
}

#[derive(Debug)]
struct Outcome {
    /// How long each served machine waited, sorted.
    waits: Vec<f64>,
    failed: usize,
    calls: usize,
}

impl Outcome {
    fn wait_of(&self, share: f64) -> f64 {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss
        )]
        let index = ((self.waits.len() - 1) as f64 * share) as usize;
        self.waits[index]
    }

    fn print(&self, who: &str) {
        eprintln!(
            "{who}: {} served (half within {:.0} s, the last after {:.0} s), {} failed, {} calls",
            self.waits.len(),
            self.wait_of(0.5),
            self.wait_of(1.0),
            self.failed,
            self.calls
        );
    }
}

/// A bucket that fills at the quota's rate and holds a second of it.
struct Bucket {
    level: f64,
    at: f64,
}

impl Bucket {
    fn takes(&mut self, now: f64) -> bool {
        self.level = (self.level + (now - self.at) * QUOTA).min(QUOTA);
        self.at = now;
        let is_served = self.level >= 1.0;
        self.level -= f64::from(u8::from(is_served));
        is_served
    }
}

/// Xorshift: the same in each run.
struct Random(u64);

impl Random {
    #[allow(clippy::cast_precision_loss, reason = "from 0 to 1")]
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn simulate(machines: usize, policy: Policy, seed: u64) -> Outcome {
    let (mut random, mut bucket) = (Random(seed), Bucket { level: QUOTA, at: 0.0 });
    let micros = |seconds: f64| (seconds * 1e6) as u64;
    // When a call arrives, whose, and how many have failed before.
    let mut calls = BinaryHeap::new();
    let starts: Vec<f64> = (0..machines).map(|_| random.next() * STARTS).collect();
    for (machine, start) in starts.iter().enumerate() {
        calls.push(Reverse((micros(*start), machine, 0_u32)));
    }
    let mut outcome = Outcome { waits: Vec::new(), failed: 0, calls: 0 };
    while let Some(Reverse((at, machine, failures))) = calls.pop() {
        outcome.calls += 1;
        let (now, answered) = (at as f64 / 1e6, at as f64 / 1e6 + LATENCY);
        let waited = answered - starts[machine];
        if bucket.takes(now) {
            outcome.waits.push(waited);
            continue;
        }
        match policy(failures + 1, FETCH_LIMIT.as_secs_f64() - waited, random.next()) {
            Some(wait) => calls.push(Reverse((micros(answered + wait), machine, failures + 1))),
            None => outcome.failed += 1,
        }
    }
    outcome.waits.sort_by(f64::total_cmp);
    outcome
}

fn two_thousand_machines_get_their_tokens_within_the_limit() {
    for seed in [1, 42, 4711] {
        let before = simulate(2000, of_the_sdks, seed);
        let now = simulate(2000, ours, seed);
        before.print("2,000 machines, three attempts as the SDKs make them");
        now.print("2,000 machines, the plugin's attempts");
        assert!(before.failed > 1000, "{}", before.failed);
        assert_eq!(now.failed, 0);
        assert!(now.wait_of(1.0) < FETCH_LIMIT.as_secs_f64(), "{}", now.wait_of(1.0));
        assert!(now.calls < 2000 * 12, "{} calls", now.calls);
    }
}

/// A fleet beyond the quota: each machine has its answer within the limit, a token or the line.
fn more_machines_than_the_quota_serves_end_with_the_limit() {
    for machines in [500, 1000, 3000, 5000] {
        let outcome = simulate(machines, ours, 7);
        outcome.print(&format!("{machines} machines, the plugin's attempts"));
        assert_eq!(outcome.waits.len() + outcome.failed, machines);
        assert!(outcome.wait_of(1.0) < FETCH_LIMIT.as_secs_f64() + LATENCY);
        assert!(machines > 2000 || outcome.failed == 0, "{} failed", outcome.failed);
    }
}

/// Processes of as many machines: each has a cache of its own. The quota is as much smaller.
fn real_processes() {
    const MACHINES: usize = 24;
    let fake = FakeCodeArtifact::start();
    fake.token_api_allows(3.0);
    let homes: Vec<SandboxHome> =
        (0..MACHINES).map(|_| SandboxHome::for_codeartifact(&fake)).collect();
    let runs = thread::scope(|scope| {
        let run = |home: &SandboxHome| {
            let mut command = home.command(SandboxHome::plugin());
            command.args(["token", SOURCE]);
            crate::support::process::run(&mut command, LIMIT)
        };
        let running: Vec<_> = homes.iter().map(|home| scope.spawn(move || run(home))).collect();
        running.into_iter().map(|run| run.join().expect("a run")).collect::<Vec<_>>()
    });
    for run in &runs {
        run.assert_success();
        assert!(run.took < Duration::from_secs(62), "{run}");
    }
    assert_eq!(fake.issued_tokens().len(), MACHINES);
    let calls = fake.token_calls().len();
    let last = runs.iter().map(|run| run.took).max().expect("runs");
    eprintln!("{MACHINES} processes at 3 calls a second: {calls} calls, the last after {last:?}");
    assert!(calls > MACHINES, "the quota was reached");
}
