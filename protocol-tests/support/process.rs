//! A program run to its end, or to a deadline at which it and all its children are ended.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

const POLL: Duration = Duration::from_millis(5);

/// How long a text may take to appear.
const TEXT_LIMIT: Duration = Duration::from_mins(1);

/// How long the output may stay open after the program and its group have ended.
const STREAM_LIMIT: Duration = Duration::from_secs(20);

/// The command line of a shell, in a terminal of its own; `typescript` gets all that is shown there, as
/// it appears.
#[cfg(target_os = "linux")]
pub fn in_terminal(line: &str, typescript: &Path) -> Command {
    let mut command = Command::new("script");
    command.args(["-qefc", line]).arg(typescript);
    command
}

/// A program that runs for ten minutes.
pub const SLEEP: &str = if cfg!(windows) { "ping.exe -n 600 127.0.0.1" } else { "sleep 600" };

/// The same as a command, whose output nobody wants.
pub fn sleeping() -> Command {
    let mut words = SLEEP.split(' ');
    let mut command = Command::new(words.next().expect("a program"));
    command.args(words).stdout(Stdio::null());
    command
}

/// A `credential_process` of one line for the system's shell: for `sh`, and for the one of Windows.
pub fn by_shell(sh: &str, cmd: &str) -> String {
    if cfg!(windows) { format!("cmd.exe /c \"{cmd}\"") } else { format!("sh -c '{sh}'") }
}

/// A `credential_process` that prints a file.
pub fn printing(file: &Path) -> String {
    let file = file.display();
    by_shell(&format!("cat \"{file}\""), &format!("type {file}"))
}

/// Whether the text is in the file before long.
pub fn wait_for_text(file: &Path, text: &str) -> bool {
    let deadline = Instant::now() + TEXT_LIMIT;
    while Instant::now() < deadline {
        if fs::read_to_string(file).is_ok_and(|shown| shown.contains(text)) {
            return true;
        }
        thread::sleep(POLL);
    }
    false
}

/// What a program did.
#[derive(Debug)]
pub struct Run {
    /// The command line, for the reader of a failed test.
    pub command: String,
    /// None when the deadline came first.
    pub status: Option<ExitStatus>,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Run {
    pub fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// The exit code; none where it was ended.
    pub fn code(&self) -> Option<i32> {
        self.status.and_then(|status| status.code())
    }

    /// stdout and stderr together.
    pub fn output(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// The envelope that `--json` printed, and nothing else was printed on standard output.
    #[track_caller]
    pub fn envelope(&self) -> Value {
        let envelope: Value =
            serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"));
        assert_eq!(envelope["schema"], 2, "{self}");
        let has_errors = envelope["errors"].as_array().is_some_and(|errors| !errors.is_empty());
        assert_eq!(
            (&envelope["ok"], self.code() == Some(0)),
            (&Value::from(!has_errors), !has_errors)
        );
        envelope
    }

    /// The result in the envelope.
    #[track_caller]
    pub fn result(&self) -> Value {
        self.envelope()["result"].take()
    }

    /// The message of the first error in the envelope.
    #[track_caller]
    pub fn problem(&self) -> String {
        let envelope = self.envelope();
        let message = envelope["errors"][0]["message"].as_str();
        message.unwrap_or_else(|| panic!("no error: {self}")).to_owned()
    }

    /// The same with its code and its fix, as on standard error.
    #[track_caller]
    pub fn whole_problem(&self) -> String {
        let error = self.envelope()["errors"][0].take();
        let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
        format!("[{}] {} {}", text("code"), text("message"), text("fix")).trim_end().to_owned()
    }

    /// Requires exit code 0.
    #[track_caller]
    pub fn assert_success(&self) -> &Self {
        assert!(self.succeeded(), "should have succeeded: {self}");
        self
    }

    /// Requires an exit code that is not 0, and that it ended by itself.
    #[track_caller]
    pub fn assert_failure(&self) -> &Self {
        assert!(self.code().is_some_and(|code| code != 0), "should have failed: {self}");
        self
    }

    /// Requires `text` somewhere in the output.
    #[track_caller]
    pub fn assert_says(&self, text: &str) -> &Self {
        assert!(self.output().contains(text), "should say {text:?}: {self}");
        self
    }

    /// Requires that the output has `text` nowhere.
    #[track_caller]
    pub fn assert_silent_on(&self, text: &str) -> &Self {
        assert!(!self.output().contains(text), "should not say {text:?}: {self}");
        self
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let status = self.status.map_or("ended at the deadline".to_owned(), |s| s.to_string());
        writeln!(f, "{} ({status}, {} ms)", self.command, self.took.as_millis())?;
        writeln!(f, "--- stdout\n{}--- stderr\n{}---", self.stdout, self.stderr)
    }
}

/// Runs `command` without input. At `limit` its whole process group is ended.
pub fn run(command: &mut Command, limit: Duration) -> Run {
    let name = command.get_program().to_string_lossy().into_owned();
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
    let command_line = format!("{name} {}", words.join(" "));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    own_group(command);
    let started = Instant::now();
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command_line}: {error}"));
    let stdout = read_all(child.stdout.take().expect("piped"));
    let stderr = read_all(child.stderr.take().expect("piped"));
    let status = wait(&mut child, started + limit);
    let took = started.elapsed();
    // Build nodes and the like outlive their parent and hold its output open.
    kill_group(&mut child);
    let _ = child.wait();
    Run { command: command_line, status, stdout: stdout.text(), stderr: stderr.text(), took }
}

/// Puts the program into a process group of its own, for [`kill_group`].
#[cfg(unix)]
pub fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

/// Ends the process and everything in its group, also when the process itself is gone already.
#[cfg(unix)]
pub fn kill_group(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
}

/// Other systems have no process groups: only the process itself is ended.
#[cfg(not(unix))]
pub fn own_group(_: &mut Command) {}

/// Other systems have no process groups: only the process itself is ended.
#[cfg(not(unix))]
pub fn kill_group(child: &mut Child) {
    let _ = child.kill();
}

/// Waits until it ends; none at the deadline.
pub fn wait(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    loop {
        let status = child.try_wait().expect("the child can be waited for");
        if status.is_some() || Instant::now() >= deadline {
            return status;
        }
        thread::sleep(POLL);
    }
}

/// What a stream has said until now, while a thread reads it to its end.
struct Reading {
    bytes: Arc<Mutex<Vec<u8>>>,
    ended: Receiver<()>,
}

fn read_all(mut stream: impl Read + Send + 'static) -> Reading {
    let bytes = Arc::new(Mutex::new(Vec::new()));
    let (end, ended) = mpsc::channel();
    let kept = Arc::clone(&bytes);
    thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            kept.lock().expect("no reader panics").extend_from_slice(&buffer[..count]);
        }
        let _ = end.send(());
    });
    Reading { bytes, ended }
}

impl Reading {
    /// All of it. A program that has left the group can keep the stream open for ever: then what has come
    /// until now, and a line that says so.
    fn text(self) -> String {
        let is_whole = self.ended.recv_timeout(STREAM_LIMIT).is_ok();
        let bytes = self.bytes.lock().expect("no reader panics");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if is_whole { text } else { text + "\n(another program keeps this stream open)\n" }
    }
}
