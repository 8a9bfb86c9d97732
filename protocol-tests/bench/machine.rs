//! What was measured, when, on which kind of machine, and by which command.

use std::{env, fs, thread};

use time::OffsetDateTime;

use crate::{Bench, number};

pub fn summary(bench: &Bench) -> Vec<String> {
    let today = OffsetDateTime::now_utc().date();
    let date = format!("{}-{:02}-{:02}", today.year(), u8::from(today.month()), today.day());
    vec![format!("measured on {date}: {}", plugin(bench)), machine(), command()]
}

fn plugin(bench: &Bench) -> String {
    let output = std::process::Command::new(&bench.plugin).arg("--version").output();
    let version = output.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned());
    let size = fs::metadata(&bench.plugin).expect("the plugin").len();
    let kind = if cfg!(debug_assertions) { ", with a debug build of the benchmark" } else { "" };
    format!("{}, {:.2} MB{kind}", version.unwrap_or_default(), number(size) / 1e6)
}

/// Its name is nobody's business; how busy it was is the reader's.
fn machine() -> String {
    let processors = thread::available_parallelism().map_or(0, usize::from);
    let mut parts = vec![format!("{processors} processors")];
    let model = line_of("/proc/cpuinfo", "model name");
    parts.extend(model.map(|model| model.trim_start_matches([':', '\t', ' ']).to_owned()));
    let memory = line_of("/proc/meminfo", "MemTotal:");
    let memory = memory.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    parts.extend(memory.map(|kibibytes| format!("{:.0} GB of memory", number(kibibytes) / 1e6)));
    let system = line_of("/etc/os-release", "PRETTY_NAME=");
    parts.push(system.map_or(env::consts::OS.to_owned(), |name| name.trim_matches('"').to_owned()));
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    parts.extend(load.split(' ').next().filter(|it| !it.is_empty()).map(|it| format!("load {it}")));
    format!("on a machine with {}", parts.join(", "))
}

fn line_of(file: &str, start: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    Some(text.lines().find_map(|line| line.strip_prefix(start))?.to_owned())
}

/// Paths are of this machine only.
fn command() -> String {
    let words = env::args().skip(1).filter(|word| word != "--bench");
    let words = words.map(|word| word.rsplit(['/', '\\']).next().unwrap_or_default().to_owned());
    let words: Vec<_> = words.collect();
    let dashes = if words.is_empty() { "" } else { " -- " };
    format!("by `cargo bench{dashes}{}`", words.join(" "))
}
