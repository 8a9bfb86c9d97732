//! One conversation, warm and cold, and a command under `exec`.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::conversation::Conversation;
use crate::page::{Page, Section, precise};
use crate::support::fake_codeartifact::{Repository, TokenBehaviour};
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::{FOREIGN, Stage};
use crate::{Bench, median, milliseconds, number};

/// What AWS takes for a token, in ms: on this machine, and across a continent.
pub const LATENCIES: [u64; 2] = [0, 150];

/// What NuGet takes from starting a plugin to asking it.
const PAUSE: Duration = Duration::from_millis(150);

/// The life of a token that is over when the next conversation begins.
pub const SHORT_LIFE: Duration = Duration::from_secs(2);

/// The key of the configuration that switches the head start off.
pub const HEAD_START: &str = "head_start";

pub fn measure(bench: &Bench, page: &mut Page) {
    warm(bench, page);
    cold(bench, page);
    exec(bench, page);
}

/// One conversation's figures.
struct Figures {
    first_line: Duration,
    start_to_answer: Duration,
    ask_to_answer: Duration,
    foreign: Duration,
    peak_memory: u64,
}

/// A name, and the figure of that name.
type Row = (&'static str, fn(&Figures) -> f64);

fn warm(bench: &Bench, page: &mut Page) {
    let Stage { fake, home, source, .. } = Stage::new();
    let first = converse(&bench.plugin, &home, &source);
    let (mut of_plugin, mut of_null) = (vec![], vec![]);
    let runs = bench.times(40, 100);
    for _ in 0..runs {
        of_plugin.push(converse(&bench.plugin, &home, &source));
        of_null.push(converse(&bench.null, &home, &source));
    }
    assert_eq!(fake.token_calls().len(), 1, "a warm start makes no call");
    let mut section = Section::new(
        "One conversation",
        format!(
            "Medians of {runs} conversations each, in turns, with a token in the cache. The null plugin \
             knows the handshake and one constant password: what it takes is what any plugin takes."
        ),
        &["", "plugin", "null plugin", "ratio"],
    );
    let rows: [Row; 5] = [
        ("start to first line, ms", |it| milliseconds(it.first_line)),
        ("start to answer, ms", |it| milliseconds(it.start_to_answer)),
        ("request to answer, ms", |it| milliseconds(it.ask_to_answer)),
        ("request for another's source to answer, ms", |it| milliseconds(it.foreign)),
        ("peak memory, MB", |it| number(it.peak_memory) / 1e6),
    ];
    for (name, figure) in rows {
        let [plugin, null] = [&of_plugin, &of_null].map(|runs| median(runs.iter().map(figure)));
        section.row(&[name, &precise(plugin), &precise(null), &format!("{:.1}", plugin / null)]);
    }
    let memory = number(first.peak_memory) / 1e6;
    section.row(&["peak memory where the token is fetched, MB", &precise(memory), "", ""]);
    page.add(section);
}

fn converse(executable: &Path, home: &SandboxHome, source: &str) -> Figures {
    let mut conversation = Conversation::begin(home.command(executable));
    let ask_to_answer = conversation.ask(source, "Success");
    let figures = Figures {
        first_line: conversation.first_line,
        start_to_answer: conversation.since_start(),
        ask_to_answer,
        foreign: conversation.ask(FOREIGN, "Error"),
        peak_memory: conversation.peak_memory(),
    };
    conversation.end();
    figures
}

/// As [`FakeCodeArtifact`](crate::support::fake_codeartifact::FakeCodeArtifact) answers after this
/// many ms.
pub fn after(latency: u64) -> TokenBehaviour {
    match latency {
        0 => TokenBehaviour::Issue,
        latency => TokenBehaviour::IssueAfter(Duration::from_millis(latency)),
    }
}

/// The configuration of a home whose plugin has no head start.
pub fn without_head_start(stage: &Stage) {
    let hosts = stage.listed_host();
    stage.home.write_configuration(&format!("{HEAD_START} = \"off\"\n\n{hosts}"));
}

/// With a token of yesterday, asked as late as NuGet asks.
fn cold(bench: &Bench, page: &mut Page) {
    let runs = bench.times(5, 15);
    let mut cases = vec![];
    for latency in LATENCIES {
        for with in [true, false] {
            if with && !bench.knows(HEAD_START) {
                continue;
            }
            let stage = Stage::new();
            stage.fake.token_api_will(after(latency));
            stage.fake.tokens_live(SHORT_LIFE);
            if !with && bench.knows(HEAD_START) {
                without_head_start(&stage);
            }
            late(bench, &stage);
            cases.push((latency, with, stage, vec![]));
        }
    }
    let of_today = Stage::new();
    late(bench, &of_today);
    let mut warm = vec![];
    for _ in 0..runs {
        thread::sleep(SHORT_LIFE + Duration::from_millis(100));
        warm.push(milliseconds(late(bench, &of_today)));
        for (_, _, stage, times) in &mut cases {
            times.push(milliseconds(late(bench, stage)));
        }
    }
    let warm = median(warm);
    let mut section = Section::new(
        "The first restore of the day",
        format!(
            "From the request to its answer, {} ms after the start, as NuGet asks; medians of {runs} \
             conversations. The token of yesterday is over. The head start requests the new one before \
             NuGet asks.",
            PAUSE.as_millis()
        ),
        &["AWS answers after", "head start", "request to answer, ms", "over a warm one, ms"],
    );
    section.row(&["(a token in the cache)", "", &precise(warm), ""]);
    for (latency, with, stage, times) in cases {
        let calls = stage.fake.token_calls().len();
        assert!(calls > times.len(), "a call for each conversation");
        let took = median(times);
        let latency = format!("{latency} ms");
        let with = if with { "on" } else { "off" };
        section.row(&[&latency, with, &precise(took), &precise(took - warm)]);
    }
    page.add(section);
}

fn late(bench: &Bench, stage: &Stage) -> Duration {
    let mut conversation = Conversation::begin(stage.home.command(&bench.plugin));
    thread::sleep(PAUSE.saturating_sub(conversation.since_start()));
    let took = conversation.ask(&stage.source, "Success");
    conversation.end();
    took
}

/// The command is the null plugin without input, which ends at once.
fn exec(bench: &Bench, page: &mut Page) {
    let runs = bench.times(10, 30);
    let warm = Stage::new().with_nuget_config();
    if !exec_works(bench, &warm) {
        return;
    }
    let alone = times(runs, || start(&warm.home, &bench.null, &[]));
    let null = bench.null.to_string_lossy();
    let words = ["exec", "--", &null];
    let of_cache = times(runs, || start(&warm.home, &bench.plugin, &words));
    let fetched = |domains: usize| {
        let stage = Stage::new();
        let sources: Vec<_> = (0..domains).map(|at| source_of(&stage, at)).collect();
        let sources: Vec<_> = sources.iter().map(|(name, url)| (&**name, &**url)).collect();
        stage.home.write_nuget_config(&sources);
        stage.fake.token_api_will(after(LATENCIES[1]));
        times(runs.min(5), || {
            let _ = fs::remove_dir_all(stage.home.cache_dir());
            start(&stage.home, &bench.plugin, &words)
        })
    };
    let [one, ten] = [1, 10].map(fetched);
    let mut section = Section::new(
        "A command under `exec`",
        format!(
            "From the start to the end of a command that does nothing, without a URL; medians of up to \
             {runs} runs. NuGet starts no plugin in such a command.",
        ),
        &["", "ms", "over the command alone, ms"],
    );
    for (name, took) in [
        ("the command alone", alone),
        ("token in the cache", of_cache),
        ("one domain, AWS answers after 150 ms", one),
        ("ten domains at once, AWS answers after 150 ms each", ten),
    ] {
        section.row(&[name, &precise(took), &precise(took - alone)]);
    }
    page.add(section);
}

/// Older versions want a URL.
pub fn exec_works(bench: &Bench, stage: &Stage) -> bool {
    let null = bench.null.to_string_lossy();
    let mut command = stage.home.command(&bench.plugin);
    let status = command.args(["exec", "--", &*null]).stdin(Stdio::null()).stderr(Stdio::null());
    status.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// The name and URL of a source of a domain of its own.
pub fn source_of(stage: &Stage, number: usize) -> (String, String) {
    let repository = Repository::of(&format!("domain-{number}"), "111122223333", "repo");
    (format!("source-{number}"), stage.fake.source(&repository))
}

pub fn times(runs: usize, mut run: impl FnMut() -> Duration) -> f64 {
    median((0..runs).map(|_| milliseconds(run())).collect::<Vec<_>>())
}

pub fn start(home: &SandboxHome, program: &Path, words: &[&str]) -> Duration {
    let mut command = home.command(program);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null());
    let started = Instant::now();
    let status = command.status().expect("it starts");
    assert!(status.success(), "{words:?}: {status}");
    started.elapsed()
}
