//! Many processes, many requests and every fault, again and again: kill, crowd, faults and soak.
//!
//! In the suite each driver runs for a moment. `CODEARTIFACT_NUGET_TEST_LONG` names the minutes that each
//! one runs for. Every round has a seed, which is printed; `CODEARTIFACT_NUGET_TEST_SEED` repeats the
//! rounds from that seed on.

mod chance;
mod crowd;
mod faults;
#[cfg(unix)]
mod kill;
#[cfg(target_os = "linux")]
mod soak;

use std::time::{Duration, Instant};

use crate::support::fake_nuget::FakeNuget;
use crate::support::trials::{Trial, trial};
use chance::Chance;

/// Longer than any wait here should be, on a busy machine as well.
const LIMIT: Duration = Duration::from_mins(2);

pub fn trials() -> Vec<Trial> {
    vec![
        #[cfg(unix)]
        trial("kill", kill::whoever_is_killed_costs_nobody_a_token),
        trial("crowd", crowd::a_crowd_makes_one_call),
        trial("faults", faults::each_fault_is_one_answer_and_one_line),
        #[cfg(target_os = "linux")]
        trial("soak_of_one_conversation", soak::a_long_conversation_stays_small),
        #[cfg(target_os = "linux")]
        trial("soak_of_many_conversations", soak::conversations_leave_nothing_behind),
    ]
}

fn long() -> Option<Duration> {
    let minutes = std::env::var("CODEARTIFACT_NUGET_TEST_LONG").ok()?;
    let minutes: f64 = minutes.parse().expect("CODEARTIFACT_NUGET_TEST_LONG is minutes");
    Some(Duration::from_secs_f64(minutes * 60.0))
}

/// Runs so many rounds, or in the long mode as many as there is time for. Each gets its number, from 0.
fn rounds(driver: &str, short: usize, mut round: impl FnMut(&mut Chance, usize)) {
    let named = std::env::var("CODEARTIFACT_NUGET_TEST_SEED").ok();
    let named = named.map(|seed| seed.parse().expect("CODEARTIFACT_NUGET_TEST_SEED is a number"));
    let first: u64 = named.unwrap_or_else(|| u64::from(std::process::id()));
    let (started, long, mut done) = (Instant::now(), long(), 0);
    while long.map_or(done < short, |long| started.elapsed() < long) {
        let seed = first + done as u64;
        let context = Context { driver, seed };
        round(&mut Chance::new(seed), done);
        std::mem::forget(context);
        done += 1;
    }
    let took = started.elapsed().as_secs_f64();
    report(driver, &format!("{done} rounds from seed {first} in {took:.1} s"));
}

/// For whoever runs the driver.
fn report(driver: &str, text: &str) {
    eprintln!("{driver}: {text}");
}

/// Says which round has failed.
struct Context<'a> {
    driver: &'a str,
    seed: u64,
}

impl Drop for Context<'_> {
    fn drop(&mut self) {
        let Self { driver, seed } = self;
        eprintln!("the driver `{driver}` failed: CODEARTIFACT_NUGET_TEST_SEED={seed} repeats it");
    }
}

/// All ask at once. The ids of the requests, in their order.
fn ask_all(all: &mut [FakeNuget], source: &str) -> Vec<String> {
    all.iter_mut().map(|nuget| nuget.begin_ask(source, false, true)).collect()
}
