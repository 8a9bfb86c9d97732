//! What many of something cost: whether a figure grows with it, and how fast.

use std::fmt::Write as _;
use std::fs;
use std::thread;
use std::time::Instant;

use crate::conversation::Conversation;
use crate::page::{Page, Section, Series, grouped, precise};
use crate::starts::{exec_works, source_of, start, times};
use crate::support::fake_codeartifact::TOKEN_PREFIX;
use crate::support::secret_scan::files_below;
use crate::support::stage::Stage;
use crate::{Bench, milliseconds, number};

/// How often a figure of one conversation is taken.
const RUNS: usize = 11;

/// One size of one kind.
struct Figure {
    size: usize,
    milliseconds: f64,
    /// In bytes.
    memory: u64,
    threads: u64,
}

/// A name, what is measured of it, sizes of a short and of a long run, and the measurement.
struct Kind {
    name: &'static str,
    measured: &'static str,
    short: &'static [usize],
    long: &'static [usize],
    measure: fn(&Bench, usize) -> Figure,
}

const KINDS: [Kind; 7] = [
    Kind {
        name: "tokens in the cache",
        measured: "start to answer",
        short: &[1, 100, 10_000],
        long: &[1, 100, 10_000],
        measure: cache_entries,
    },
    Kind {
        name: "rules",
        measured: "start to answer",
        short: &[1, 100, 1_000],
        long: &[1, 10, 100, 1_000, 5_000],
        measure: rules,
    },
    Kind {
        name: "sources of a domain, for `exec`",
        measured: "to the command's end",
        short: &[1, 100],
        long: &[1, 10, 100, 1_000],
        measure: sources,
    },
    Kind {
        name: "processes at once, no token",
        measured: "to the last answer, with one call",
        short: &[1, 10, 50],
        long: &[1, 10, 50, 200],
        measure: processes,
    },
    Kind {
        name: "requests in a conversation",
        measured: "to the last answer",
        short: &[1, 100, 1_000],
        long: &[1, 100, 1_000, 20_000],
        measure: requests,
    },
    Kind {
        name: "domains in a conversation",
        measured: "to the last answer, a call each",
        short: &[1, 100],
        long: &[1, 10, 100, 1_000],
        measure: |bench, size| domains(bench, size, "disk"),
    },
    Kind {
        name: "the same, tokens in memory only",
        measured: "to the last answer, a call each",
        short: &[1, 100],
        long: &[1, 10, 100, 1_000],
        measure: |bench, size| domains(bench, size, "memory"),
    },
];

pub fn measure(bench: &Bench, page: &mut Page) {
    let mut section = Section::new(
        "Growth",
        "AWS answers at once. Memory is the peak of one process; threads are counted where \
         a conversation has many requests.",
        &["many", "size", "measured", "ms", "memory, MB", "threads"],
    );
    for kind in &KINDS {
        let mut series = Series { name: kind.name.to_owned(), points: vec![] };
        for &size in if bench.long { kind.long } else { kind.short } {
            let Figure { size, milliseconds, memory, threads } = (kind.measure)(bench, size);
            if milliseconds <= 0.0 {
                continue;
            }
            let memory = if memory == 0 { String::new() } else { precise(number(memory) / 1e6) };
            let threads = if threads == 0 { String::new() } else { threads.to_string() };
            let size_text = grouped(size);
            let row =
                [kind.name, &size_text, kind.measured, &precise(milliseconds), &memory, &threads];
            section.row(&row);
            series.points.push((number(size as u64), milliseconds));
        }
        if !series.points.is_empty() {
            page.series.push(series);
        }
    }
    page.add(section);
}

/// Whole conversations with one request, after one that fetches the token.
fn conversations(bench: &Bench, stage: &Stage, size: usize) -> Figure {
    let mut memory = 0;
    let mut converse = || {
        let mut conversation = Conversation::begin(stage.home.command(&bench.plugin));
        conversation.ask(&stage.source, "Success");
        let took = conversation.since_start();
        memory = conversation.peak_memory();
        conversation.end();
        took
    };
    converse();
    let milliseconds = times(RUNS, converse);
    Figure { size, milliseconds, memory, threads: 0 }
}

/// Copies of one entry, under the names of other keys.
fn cache_entries(bench: &Bench, size: usize) -> Figure {
    let stage = Stage::new();
    conversations(bench, &stage, 1);
    let files = files_below(&stage.home.cache_dir());
    let is_entry = |file: &&std::path::PathBuf| {
        fs::read(file).is_ok_and(|text| String::from_utf8_lossy(&text).contains(TOKEN_PREFIX))
    };
    let entry = files.iter().find(is_entry).expect("a token in the cache");
    let name = entry.file_name().expect("a name").to_string_lossy().into_owned();
    for number in 1..size {
        let other = format!("{number:016x}{}", &name[16..]);
        fs::copy(entry, entry.with_file_name(other)).expect("a copy");
    }
    conversations(bench, &stage, size)
}

/// None of them matches.
fn rules(bench: &Bench, size: usize) -> Figure {
    let stage = Stage::new();
    let mut configuration = stage.listed_host();
    for number in 0..size {
        let _ = writeln!(configuration, "[[rules]]\ndomain = \"other-{number}\"\nprofile = \"p\"");
    }
    stage.home.write_configuration(&configuration);
    conversations(bench, &stage, size)
}

fn sources(bench: &Bench, size: usize) -> Figure {
    let stage = Stage::new();
    let names: Vec<_> = (0..size).map(|number| format!("source-{number}")).collect();
    let sources: Vec<_> = names.iter().map(|name| (name.as_str(), stage.source.as_str())).collect();
    stage.home.write_nuget_config(&sources);
    if !exec_works(bench, &stage) {
        return Figure { size, milliseconds: 0.0, memory: 0, threads: 0 };
    }
    let null = bench.null.to_string_lossy();
    let milliseconds = times(RUNS, || start(&stage.home, &bench.plugin, &["exec", "--", &null]));
    Figure { size, milliseconds, memory: 0, threads: 0 }
}

/// All start at once, and one of them fetches the token.
fn processes(bench: &Bench, size: usize) -> Figure {
    let stage = Stage::new();
    let started = Instant::now();
    thread::scope(|scope| {
        for _ in 0..size {
            scope.spawn(|| {
                let mut conversation = Conversation::begin(stage.home.command(&bench.plugin));
                conversation.ask(&stage.source, "Success");
                conversation.end();
            });
        }
    });
    let took = started.elapsed();
    assert_eq!(stage.token_calls(), 1, "{size} processes share one token");
    Figure { size, milliseconds: milliseconds(took), memory: 0, threads: 0 }
}

fn requests(bench: &Bench, size: usize) -> Figure {
    let stage = Stage::new();
    conversations(bench, &stage, 1);
    let conversation = Conversation::begin(stage.home.command(&bench.plugin));
    ask_all(conversation, &vec![stage.source.clone(); size])
}

fn domains(bench: &Bench, size: usize, cache: &str) -> Figure {
    let mut stage = Stage::new();
    stage.set("CODEARTIFACT_NUGET_CACHE", cache);
    let sources: Vec<_> = (0..size).map(|number| source_of(&stage, number).1).collect();
    ask_all(Conversation::begin(stage.home.command(&bench.plugin)), &sources)
}

fn ask_all(mut conversation: Conversation, sources: &[String]) -> Figure {
    let milliseconds = milliseconds(conversation.ask_all(sources));
    let (memory, threads) = (conversation.peak_memory(), conversation.threads());
    conversation.end();
    Figure { size: sources.len(), milliseconds, memory, threads }
}
