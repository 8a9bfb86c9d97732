//! The lock between real processes: this test executable starts itself again as the others.
//!
//! Every wait is bounded: it fails after [`LIMIT`].

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::lock::{Lock, Pace};

const LIMIT: Duration = Duration::from_mins(1);

/// The normal pace, ten times faster, except for the silence: this machine may be busy.
const PACE: Pace = Pace {
    beat: Duration::from_millis(100),
    silence: Duration::from_secs(2),
    poll: Duration::from_millis(10),
};

/// Names the folder to the process that a test starts.
const FOLDER: &str = "LOCK_TEST_FOLDER";

fn lock_files(folder: &Path) -> [PathBuf; 2] {
    [folder.join("lock"), folder.join("lock.second")]
}

/// Not a test, but the body of another process. It takes the lock, prints a line, and holds the
/// lock until it reads a line. If there is a `token` already, it prints that instead.
#[test]
#[ignore = "no test by itself: it is the other process, which the other tests start"]
#[expect(clippy::disallowed_methods, reason = "a process of its own, with standard streams")]
fn another_process() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let lock = runtime.block_on(Lock::acquire(lock_files(&folder), PACE));
    if folder.join("token").exists() {
        println!("\nfound");
        return;
    }
    println!("\n{}", if lock.is_held() { "locked" } else { "without" });
    std::io::stdin().read_line(&mut String::new()).unwrap();
    File::create(folder.join("token")).unwrap();
    drop(lock);
    println!("\nstored");
}

/// A started process and its output.
struct Process {
    child: Child,
    stdin: ChildStdin,
    said: Receiver<String>,
}

impl Process {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "cache::process_tests::another_process"])
            .args(["--include-ignored", "--nocapture", "--test-threads=1"])
            .env(FOLDER, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = listen(child.stdout.take().unwrap());
        Self { stdin: child.stdin.take().unwrap(), said, child }
    }

    fn says(&self) -> String {
        self.said.recv_timeout(LIMIT).expect("the process says something in time")
    }

    fn has_said_nothing(&self) -> bool {
        self.said.try_recv().is_err()
    }

    /// Lets it finish its work while it holds the lock.
    fn go_on(&mut self) {
        self.stdin.write_all(b"\n").unwrap();
    }

    #[cfg(unix)]
    fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Only our own lines from the output of a test executable.
fn listen(stdout: ChildStdout) -> Receiver<String> {
    let (sender, said) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let ours = ["locked", "without", "found", "stored"].contains(&line.as_str());
            if ours && sender.send(line).is_err() {
                return;
            }
        }
    });
    said
}

/// The first process has the lock; this number of others wait for it.
fn one_and_others(folder: &Path, others: usize) -> (Process, Vec<Process>) {
    let holder = Process::start(folder);
    assert_eq!(holder.says(), "locked");
    (holder, (0..others).map(|_| Process::start(folder)).collect())
}

/// Waits until one of them prints a line. Returns that process, its line, and the other processes.
fn first_to_speak(mut processes: Vec<Process>) -> (Process, String, Vec<Process>) {
    let started = Instant::now();
    while started.elapsed() < LIMIT {
        for at in 0..processes.len() {
            if let Ok(line) = processes[at].said.try_recv() {
                return (processes.swap_remove(at), line, processes);
            }
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("none of {} processes got on in time", processes.len());
}

/// Waits for `beats` changes of the file's time, as proof that so much time went by.
fn see_beats(path: &Path, beats: usize) {
    let started = Instant::now();
    let time = || fs::metadata(path).unwrap().modified().unwrap();
    for _ in 0..beats {
        let last = time();
        while time() == last {
            assert!(started.elapsed() < LIMIT, "the holder shows no life");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn thirty_two_processes_fetch_once() {
    let folder = TempDir::new().unwrap();
    let processes = (0..32).map(|_| Process::start(folder.path())).collect();
    let (mut first, said, others) = first_to_speak(processes);
    assert_eq!(said, "locked");
    first.go_on();
    assert_eq!(first.says(), "stored");
    for other in others {
        assert_eq!(other.says(), "found");
    }
}

#[test]
fn waiters_wait_for_as_long_as_the_holder_lives() {
    let folder = TempDir::new().unwrap();
    let (mut holder, others) = one_and_others(folder.path(), 3);
    let [usual, second] = lock_files(folder.path());
    see_beats(&usual, 40); // 4 s, twice the silence
    assert!(others.iter().all(Process::has_said_nothing));
    assert!(!second.exists());
    holder.go_on();
    for other in others {
        assert_eq!(other.says(), "found");
    }
}

#[test]
fn a_killed_holder_is_followed_by_one() {
    let folder = TempDir::new().unwrap();
    let (mut holder, others) = one_and_others(folder.path(), 4);
    holder.child.kill().unwrap();
    let (mut next, said, others) = first_to_speak(others);
    assert_eq!(said, "locked");
    see_beats(&lock_files(folder.path())[0], 5);
    assert!(others.iter().all(Process::has_said_nothing));
    next.go_on();
    for other in others {
        assert_eq!(other.says(), "found");
    }
}

#[cfg(unix)]
#[test]
fn a_stopped_holder_is_followed_by_one_and_does_no_harm_when_it_goes_on() {
    use rustix::process::Signal;

    let folder = TempDir::new().unwrap();
    let (mut holder, others) = one_and_others(folder.path(), 4);
    holder.signal(Signal::STOP);
    let (mut next, said, others) = first_to_speak(others);
    assert_eq!(said, "locked");
    see_beats(&lock_files(folder.path())[1], 40); // 4 s, twice the silence
    assert!(others.iter().all(Process::has_said_nothing));

    // A late process ends in the same way, even if the stopped one is gone meanwhile.
    let late = Process::start(folder.path());
    holder.signal(Signal::CONT);
    holder.child.kill().unwrap();
    see_beats(&lock_files(folder.path())[1], 5);
    assert!(late.has_said_nothing());

    next.go_on();
    assert_eq!(next.says(), "stored");
    for other in others.iter().chain([&late]) {
        assert_eq!(other.says(), "found");
    }
}

#[cfg(unix)]
#[test]
fn a_holder_that_goes_on_late_finishes_as_if_nothing_had_been() {
    use rustix::process::Signal;

    let folder = TempDir::new().unwrap();
    let (mut holder, others) = one_and_others(folder.path(), 1);
    holder.signal(Signal::STOP);
    let (mut next, said, _) = first_to_speak(others);
    assert_eq!(said, "locked");
    holder.signal(Signal::CONT);
    holder.go_on();
    assert_eq!(holder.says(), "stored");
    next.go_on();
    assert_eq!(next.says(), "stored");
    assert_eq!(Process::start(folder.path()).says(), "found");
}

#[cfg(unix)]
#[test]
fn a_waiter_that_was_stopped_itself_takes_nothing_for_silence() {
    use rustix::process::Signal;

    let folder = TempDir::new().unwrap();
    let (mut holder, others) = one_and_others(folder.path(), 1);
    let [usual, second] = lock_files(folder.path());
    see_beats(&usual, 5);
    others[0].signal(Signal::STOP);
    see_beats(&usual, 30); // 3 s, more than the silence
    others[0].signal(Signal::CONT);
    see_beats(&usual, 5);
    assert!(!second.exists());
    holder.go_on();
    assert_eq!(others[0].says(), "found");
}
