//! How long the plugin takes, next to a plugin that does nothing, as one page: `cargo bench`.
//!
//! - [`conversation`]: what NuGet says to a plugin, timed
//! - [`starts`]: one conversation, warm and cold, and `exec`
//! - [`growth`]: what many of something cost
//! - [`restores`]: whole restores with the real `dotnet`
//! - [`page`], [`chart`], [`machine`]: what is printed and written
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

mod chart;
mod conversation;
mod growth;
mod machine;
mod page;
mod restores;
mod starts;
#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use std::time::Duration;
use std::{env, fs, thread};

use clap::Parser;

use page::Page;
use support::sandbox_home::SandboxHome;

/// Time limits for the whole run, short and long; after that, something hangs.
const LIMITS: [Duration; 2] = [Duration::from_mins(15), Duration::from_hours(1)];

/// Measures the plugin, prints the page, and writes `speed.md` and `speed.svg`.
#[derive(Debug, Parser)]
struct Options {
    /// Measure all sizes, and each more often; takes some ten minutes
    #[arg(long)]
    long: bool,
    /// Measure this executable, not the one that was just built
    #[arg(long, value_name = "FILE")]
    executable: Option<PathBuf>,
    /// The folder for the page and its chart; where none is given, the build's own
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Cargo gives this to each benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// What is measured, and how thoroughly.
struct Bench {
    plugin: PathBuf,
    null: PathBuf,
    long: bool,
    /// Has the null plugin, for as long as this lives.
    _scratch: SandboxHome,
}

impl Bench {
    fn new(options: &Options) -> Self {
        let plugin = options.executable.clone().unwrap_or_else(SandboxHome::plugin);
        let plugin = plugin.canonicalize().expect("the plugin's executable");
        let scratch = SandboxHome::new();
        let null = compile_null_plugin(&scratch);
        Self { plugin, null, long: options.long, _scratch: scratch }
    }

    /// One of the two counts.
    fn times(&self, short: usize, long: usize) -> usize {
        if self.long { long } else { short }
    }

    /// Whether the plugin knows this key of its configuration.
    fn knows(&self, key: &str) -> bool {
        let home = SandboxHome::new();
        let mut command = home.command(&self.plugin);
        let output = command.args(["configure", "set", "--help"]).output().expect("it starts");
        String::from_utf8_lossy(&output.stdout).contains(key)
    }
}

fn main() {
    let options = Options::parse();
    let limit = LIMITS[usize::from(options.long)];
    thread::spawn(move || {
        thread::sleep(limit);
        eprintln!("the measurement did not end within {limit:?}");
        exit(1);
    });
    let bench = Bench::new(&options);
    let mut page = Page::new(machine::summary(&bench));
    starts::measure(&bench, &mut page);
    restores::measure(&bench, &mut page);
    growth::measure(&bench, &mut page);
    let folder = options.folder.unwrap_or_else(own_folder);
    fs::create_dir_all(&folder).expect("a folder for the page");
    let text = page.markdown();
    println!("{text}");
    fs::write(folder.join("speed.md"), text).expect("the page is written");
    fs::write(folder.join("speed.svg"), chart::svg(&page)).expect("the chart is written");
    eprintln!("written: speed.md and speed.svg in {}", folder.display());
}

/// `bench` in the folder in which Cargo has built this.
fn own_folder() -> PathBuf {
    let file = env::current_exe().expect("the benchmark's own file");
    file.parent().and_then(Path::parent).expect("below the target folder").join("bench")
}

fn compile_null_plugin(home: &SandboxHome) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("protocol-tests/bench/null_plugin.rs");
    let file = home.root().join("null-plugin");
    let compiler = env::var_os("RUSTC").unwrap_or("rustc".into());
    let status = Command::new(compiler)
        .args(["--edition=2024", "-O", "-Cstrip=symbols", "-o"])
        .args([&file, &source])
        .status();
    assert!(status.is_ok_and(|status| status.success()), "rustc compiles the null plugin");
    file
}

/// Zero where there are none.
fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn number(number: u64) -> f64 {
    number as f64
}
