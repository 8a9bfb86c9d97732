//! The head start: the plugin requests a token as it starts, where the last one that was used in the
//! working folder is over.

mod beginning;
mod records;
mod refraining;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::support::fake_nuget::{FakeNuget, LIMIT};
use crate::support::stage::conversation::token_of_a_process;
use crate::support::stage::{FOREIGN, Stage};
use crate::support::trials::Trial;

pub fn trials() -> Vec<Trial> {
    [beginning::trials(), refraining::trials(), records::trials()].into_iter().flatten().collect()
}

/// The cache serves no token that lives so short.
const TOO_SHORT: Duration = Duration::from_secs(30);

/// A stage in whose project folder the last token is over. New tokens live for 12 hours.
fn yesterday() -> Stage {
    over(Stage::new())
}

fn over(stage: Stage) -> Stage {
    let stage = stage.with_log();
    stage.fake.tokens_live(TOO_SHORT);
    token_of_a_process(&stage.home, &stage.source);
    // It would be served for its last seconds where no newer one is issued.
    stage.forget_tokens();
    stage.fake.tokens_live(Duration::from_hours(12));
    fs::remove_file(stage.log_path()).expect("a log");
    stage
}

/// A process that was started and has been told nothing, after its call of the token API.
fn started_early(stage: &Stage) -> FakeNuget {
    let calls = stage.token_calls();
    let nuget = FakeNuget::launch(&stage.home);
    stage.fake.wait_for_token_calls(calls + 1);
    nuget
}

/// The token that an open conversation gets.
fn token_of(nuget: &mut FakeNuget, source: &str) -> String {
    let ask = nuget.begin_ask(source, false, true);
    let answer = nuget.answer_to(&ask, LIMIT);
    answer.assert_success().assert_no_logs().password().to_owned()
}

/// A restore from others' sources only.
fn foreign_restore(stage: &Stage) {
    let mut nuget = FakeNuget::start(&stage.home);
    nuget.ask(FOREIGN, false, true).assert_refusal("Error").assert_no_logs();
    nuget.finish();
}

/// A whole restore from others' sources makes no call to AWS and no other network request.
#[track_caller]
fn assert_no_head_start(stage: &Stage) {
    let calls = stage.fake.requests();
    foreign_restore(stage);
    assert_eq!(stage.fake.requests(), calls, "{}", stage.log());
    assert!(!stage.log().contains("head start for"), "{}", stage.log());
}

/// A NuGet.Config with this source.
fn config(source: &str) -> String {
    let source = format!("<add key=\"source\" value=\"{source}\" />");
    format!("<configuration><packageSources>{source}</packageSources></configuration>")
}

fn record(stage: &Stage) -> PathBuf {
    stage.home.cache_dir().join("last-uses")
}
