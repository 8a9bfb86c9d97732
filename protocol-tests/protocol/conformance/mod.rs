//! The conversations that mean something for any credential provider: pointed at an executable, they
//! print what it keeps and what it breaks. See `docs/conformance.md`.
//!
//! `cargo test --test protocol -- --provider PATH [ARGUMENT…]`; without arguments it is started as
//! NuGet does, with `-Plugin`.

mod conversations;

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Once;
use std::{env, fmt, thread};

use conversations::CONVERSATIONS;

use crate::support::fake_nuget::FakeNuget;
use crate::support::sandbox_home::SandboxHome;
use crate::support::trials::{Trial, named};

/// The switch of the command line.
const SWITCH: &str = "--provider";

/// The name of the threads that converse.
const THREAD: &str = "conformance";

static QUIET: Once = Once::new();

pub fn trials() -> Vec<Trial> {
    named![our_own_plugin_keeps_everything, the_null_plugin_breaks_what_it_leaves_out]
}

/// A provider's executable in a throwaway home.
struct Provider {
    program: PathBuf,
    arguments: Vec<String>,
    home: SandboxHome,
}

impl Provider {
    fn new(program: PathBuf, arguments: Vec<String>, home: SandboxHome) -> Self {
        let arguments = if arguments.is_empty() { vec!["-Plugin".into()] } else { arguments };
        Self { program, arguments, home }
    }

    fn start(&self) -> FakeNuget {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        FakeNuget::launch_program(&self.home, &self.program, &arguments).quietly()
    }
}

/// One conversation, and what it showed.
struct Row {
    name: &'static str,
    rule: &'static str,
    broken: Option<String>,
}

/// What a provider keeps and breaks.
struct Table(Vec<Row>);

impl Table {
    fn of(provider: &Provider) -> Self {
        QUIET.call_once(|| {
            let usual = panic::take_hook();
            // The table says what these threads have seen.
            panic::set_hook(Box::new(move |panic| {
                if thread::current().name() != Some(THREAD) {
                    usual(panic);
                }
            }));
        });
        let rows = thread::scope(|scope| {
            let started = CONVERSATIONS.map(|conversation| {
                let converse = move || {
                    let kept = || (conversation.with)(provider);
                    let outcome = panic::catch_unwind(AssertUnwindSafe(kept));
                    let broken = outcome.err().map(|panic| first_line(&*panic));
                    Row { name: conversation.name, rule: conversation.rule, broken }
                };
                let thread = thread::Builder::new().name(THREAD.to_owned());
                thread.spawn_scoped(scope, converse).expect("a thread")
            });
            started.map(|row| row.join().expect("panics are caught")).into()
        });
        Self(rows)
    }

    fn broken(&self) -> Vec<&'static str> {
        self.0.iter().filter(|row| row.broken.is_some()).map(|row| row.name).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Row { name, rule, broken } in &self.0 {
            let mark = if broken.is_some() { "BROKEN" } else { "kept" };
            writeln!(formatter, "{mark:<7} {name:<22} {rule}")?;
            if let Some(seen) = broken {
                writeln!(formatter, "{:<31}seen: {seen}", "")?;
            }
        }
        let (all, broken) = (self.0.len(), self.broken().len());
        write!(formatter, "{} of {all} kept, {broken} broken", all - broken)
    }
}

fn first_line(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
    let line: String = text.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    line.chars().take(300).collect()
}

/// Runs the kit if the command line names a provider. The exit code is 1 if it breaks a rule.
pub fn of_command_line() -> Option<ExitCode> {
    let mut arguments = env::args().skip(1).skip_while(|argument| argument != SWITCH).skip(1);
    let program = PathBuf::from(arguments.next()?);
    let Ok(program) = program.canonicalize() else {
        eprintln!("there is no provider at `{}`", program.display());
        return Some(ExitCode::FAILURE);
    };
    let mut home = SandboxHome::new();
    // Such as DOTNET_ROOT. What leads to the user's own files is the throwaway home's.
    for (name, value) in env::vars() {
        if !home.environment().any(|(known, _)| *known == name) || name == "PATH" {
            home.set(&name, &value);
        }
    }
    let table = Table::of(&Provider::new(program, arguments.collect(), home));
    println!("{table}");
    Some(if table.broken().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn our_own_plugin_keeps_everything() {
    let provider = Provider::new(SandboxHome::plugin(), Vec::new(), SandboxHome::new());
    let table = Table::of(&provider);
    assert_eq!(table.broken(), [""; 0], "{table}");
}

/// It shows that each of these conversations can fail.
fn the_null_plugin_breaks_what_it_leaves_out() {
    let home = SandboxHome::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("protocol-tests/bench/null_plugin.rs");
    let program = compiled(&home, &source);
    let table = Table::of(&Provider::new(program, Vec::new(), home));
    let broken = ["protocol-version", "any-id", "not-utf-8", "close", "process-exit"];
    assert_eq!(table.broken(), broken, "{table}");
    let home = SandboxHome::new();
    let program = home.write("silent.rs", "fn main() { println!(\"hello\") }");
    let table = Table::of(&Provider::new(compiled(&home, &program), Vec::new(), home));
    assert_eq!(table.broken().len(), CONVERSATIONS.len(), "{table}");
}

fn compiled(home: &SandboxHome, source: &Path) -> PathBuf {
    let file = home.root().join("provider");
    let rustc = env::var_os("RUSTC").unwrap_or("rustc".into());
    let status = Command::new(rustc).args(["--edition=2024", "-o"]).arg(&file).arg(source).status();
    assert!(status.is_ok_and(|status| status.success()), "rustc compiles it");
    file
}
