//! How long the plugin takes, next to a plugin that does nothing, in the same run: `cargo bench`.
//!
//! Nothing is required of the figures: they depend on the machine, and their ratios less so.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::exit,
    clippy::unwrap_used,
    reason = "the fences are the plugin's; its measurements stand outside"
)]

#[path = "../support/mod.rs"]
mod support;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio, exit};
use std::time::{Duration, Instant};
use std::{fs, thread};

use serde_json::{Value, json};

use support::sandbox_home::SandboxHome;
use support::stage::{FOREIGN, Stage};

/// Of each plugin, in turns.
const RUNS: usize = 60;

/// Time limit for the whole run; after that, something hangs.
const LIMIT: Duration = Duration::from_mins(5);

fn main() {
    thread::spawn(|| {
        thread::sleep(LIMIT);
        eprintln!("the measurement did not end within {LIMIT:?}");
        exit(1);
    });
    let Stage { fake, home, source, .. } = Stage::new();
    let (ours, null) = (SandboxHome::plugin(), compile_null_plugin(&home));
    let cold = measure(&ours, &home, &source);
    let (mut of_ours, mut of_null) = (vec![], vec![]);
    for _ in 0..RUNS {
        of_ours.push(measure(&ours, &home, &source));
        of_null.push(measure(&null, &home, &source));
    }
    assert_eq!(fake.token_calls().len(), 1, "a warm start makes no call");

    let size = fs::metadata(&ours).expect("the plugin").len();
    println!("{}, {:.2} MB", ours.display(), bytes(size) / 1e6);
    println!(
        "medians of {RUNS} runs each, in turns; all but the one cold run with a cached token\n"
    );
    println!("{:<34}{:>10}{:>10}{:>8}", "", "plugin", "null", "ratio");
    let rows: [Row; 5] = [
        ("start to first line, ms", |it| milliseconds(it.first_line)),
        ("start to answer, ms", |it| milliseconds(it.start_to_answer)),
        ("ask to answer, ms", |it| milliseconds(it.ask_to_answer)),
        ("foreign ask to answer, ms", |it| milliseconds(it.foreign)),
        ("peak memory, MB", |it| bytes(it.peak_memory) / 1e6),
    ];
    for (name, figure) in rows {
        let [plugin, null] = [&of_ours, &of_null].map(|runs| median(runs.iter().map(figure)));
        println!("{name:<34}{plugin:>10.3}{null:>10.3}{:>8.1}", plugin / null);
    }
    println!("{:<34}{:>10.3}", "cold ask to answer, ms", milliseconds(cold.ask_to_answer));
    println!("{:<34}{:>10.3}", "peak memory of the cold run, MB", bytes(cold.peak_memory) / 1e6);
}

/// A name, and the figure of that name.
type Row = (&'static str, fn(&Figures) -> f64);

/// One conversation's figures.
struct Figures {
    first_line: Duration,
    start_to_answer: Duration,
    ask_to_answer: Duration,
    foreign: Duration,
    /// Bytes; zero where the system does not tell.
    peak_memory: u64,
}

fn compile_null_plugin(home: &SandboxHome) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("protocol-tests/bench/null_plugin.rs");
    let file = home.root().join("null-plugin");
    let compiler = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let status = Command::new(compiler)
        .args(["--edition=2024", "-O", "-Cstrip=symbols", "-o"])
        .args([&file, &source])
        .status();
    assert!(status.is_ok_and(|status| status.success()), "rustc compiles the null plugin");
    file
}

fn measure(executable: &Path, home: &SandboxHome, source: &str) -> Figures {
    let mut command = home.command(executable);
    command.arg("-Plugin");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let started = Instant::now();
    let mut child = command.spawn().expect("the plugin starts");
    let mut wire = Wire {
        stdin: child.stdin.take().expect("piped"),
        stdout: BufReader::new(child.stdout.take().expect("piped")),
    };
    let theirs = wire.line();
    let first_line = started.elapsed();
    wire.say(&json!({
        "RequestId": theirs["RequestId"], "Type": "Response", "Method": "Handshake",
        "Payload": {"ResponseCode": "Success", "ProtocolVersion": "2.0.0"}
    }));
    let versions = json!({"ProtocolVersion": "2.0.0", "MinimumProtocolVersion": "1.0.0"});
    wire.call("Handshake", &versions);
    wire.call("MonitorNuGetProcessExit", &json!({"ProcessId": std::process::id()}));
    let client = json!({"ClientVersion": "7.9.0", "Culture": "en", "RequestTimeout": "00:00:30"});
    wire.call("Initialize", &client);
    wire.call("GetOperationClaims", &json!({}));
    wire.call("SetLogLevel", &json!({"LogLevel": "Warning"}));
    let asked = Instant::now();
    assert_eq!(wire.ask(source), "Success");
    let (ask_to_answer, start_to_answer) = (asked.elapsed(), started.elapsed());
    let asked = Instant::now();
    assert_eq!(wire.ask(FOREIGN), "Error");
    let foreign = asked.elapsed();
    let peak_memory = peak_memory(&child);
    drop(wire);
    child.wait().expect("the child can be waited for");
    Figures { first_line, start_to_answer, ask_to_answer, foreign, peak_memory }
}

/// No threads between, whose switches would count: one line out, one line in.
struct Wire {
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Wire {
    fn say(&mut self, message: &Value) {
        self.stdin.write_all(format!("{message}\n").as_bytes()).expect("the plugin listens");
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("the plugin speaks");
        serde_json::from_str(&line).expect("a message")
    }

    fn call(&mut self, method: &str, payload: &Value) -> Value {
        self.say(&json!({
            "RequestId": method, "Type": "Request", "Method": method, "Payload": payload
        }));
        self.line()["Payload"].take()
    }

    fn ask(&mut self, uri: &str) -> Value {
        let payload = json!({
            "Uri": uri, "IsRetry": false, "IsNonInteractive": true, "CanShowDialog": true
        });
        self.call("GetAuthenticationCredentials", &payload)["ResponseCode"].take()
    }
}

fn peak_memory(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or_default() * 1024
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn bytes(number: u64) -> f64 {
    number as f64
}
