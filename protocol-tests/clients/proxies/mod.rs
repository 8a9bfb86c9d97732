//! Which proxy is used, what is sent to it, and which hosts it is not for, compared with curl, with
//! botocore and with NuGet, on two proxies that keep what they are sent. Nothing leaves this machine:
//! the host of every request is one that no network has.
//!
//! Every difference has to be one that [`cases`] keeps on purpose, for a reason.

mod cases;
mod recorder;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::dotnet::Dotnet;
use crate::support::process::{self, Run};
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::{LIMIT, NAMES, keep_transcript};
use crate::support::trials::{Need, Trial, botocore_python, processors, trial, with_dotnet};
use cases::{Case, Program};
use recorder::Recorder;

const HOST: &str = "api.example.invalid";

/// Processes at a time that mostly wait, for the next attempt for one.
const WAITING: usize = 12;

const ORACLE: &str = include_str!("oracle.py");

pub fn trials() -> Vec<Trial> {
    vec![
        trial("proxies_are_used_as_curl_uses_them", as_curl).needing(Need::Curl),
        trial("proxies_are_used_as_botocore_uses_them", as_botocore).needing(Need::Botocore),
        with_dotnet("proxies_are_used_as_nuget_uses_them", as_nuget),
    ]
}

/// Where a request went: to a proxy with what it was sent, directly, or nowhere because of the value.
type Outcome = String;

const DIRECT: &str = "direct";
const REFUSED: &str = "refused";

fn as_curl() {
    let cases: Vec<Case> =
        cases::all().into_iter().filter(|case| case.nuget_config.is_empty()).collect();
    compare(Program::Curl, &cases, each(&cases, WAITING, curl));
}

fn as_botocore() {
    let cases: Vec<Case> =
        cases::all().into_iter().filter(|case| case.nuget_config.is_empty()).collect();
    compare(Program::Botocore, &cases, botocore(&cases));
}

fn as_nuget() {
    let cases: Vec<Case> = cases::all().into_iter().filter(|case| case.is_for_dotnet).collect();
    compare(Program::Dotnet, &cases, each(&cases, processors(), nuget));
}

/// What the plugin does with every case; the three comparisons need it once.
static OURS: LazyLock<BTreeMap<String, Outcome>> = LazyLock::new(|| {
    let cases = cases::all();
    let outcomes = each(&cases, WAITING, plugin);
    cases.iter().map(name_of).zip(outcomes).collect()
});

fn name_of(case: &Case) -> String {
    format!("{:?} {:?}", case.variables, case.nuget_config)
}

fn compare(program: Program, cases: &[Case], theirs: Vec<Outcome>) {
    let (mut kept, mut wrong, mut equal) = (BTreeMap::<&str, usize>::new(), Vec::new(), 0);
    for (case, theirs) in cases.iter().zip(theirs) {
        let ours = &OURS[&name_of(case)];
        let reason = case.kept.iter().find(|(of, _)| *of == program).map(|(_, reason)| reason);
        match (*ours == theirs, reason) {
            (true, None) => equal += 1,
            (false, Some(reason)) => *kept.entry(reason).or_default() += 1,
            (true, Some(_)) => wrong.push(format!("is equal: {}: {ours}", name_of(case))),
            (false, None) => wrong.push(format!("{}: {ours}, and {theirs}", name_of(case))),
        }
    }
    let mut report = format!("{program:?}: {} cases, {equal} equal\n", cases.len());
    for (reason, count) in kept {
        report = format!("{report}{count} differ on purpose: {reason}\n");
    }
    eprintln!("{report}");
    keep_transcript(&format!("proxies-{program:?}.txt"), &report);
    assert!(wrong.is_empty(), "{report}{}", wrong.join("\n"));
}

/// Two proxies and the case's variables with their addresses.
struct Scene {
    proxies: [Recorder; 2],
    home: SandboxHome,
}

impl Scene {
    fn of(case: &Case) -> Self {
        let mut scene =
            Self { proxies: [Recorder::start(), Recorder::start()], home: SandboxHome::new() };
        for (name, value) in &case.variables {
            let value = scene.filled(value);
            scene.home.set(name, &value);
        }
        if !case.nuget_config.is_empty() {
            let entries = case.nuget_config.iter().map(|(key, value)| (*key, scene.filled(value)));
            let add = |(key, value)| format!("<add key=\"{key}\" value=\"{value}\" />");
            let entries = entries.map(add).collect::<String>();
            let text = format!("<configuration><config>{entries}</config></configuration>");
            scene.home.write("home/.nuget/NuGet/NuGet.Config", &text);
        }
        scene
    }

    fn filled(&self, value: &str) -> String {
        let [a, b] = self.proxies.each_ref().map(|proxy| proxy.address.to_string());
        value.replace("{A}", &a).replace("{B}", &b).replace("{HOST}", HOST)
    }

    /// What the proxies saw, or what the program's end says where nobody came.
    fn outcome(&self, run: &Run, is_direct: bool) -> Outcome {
        for (name, proxy) in ["A", "B"].iter().zip(&self.proxies) {
            let mut sent = proxy.sent();
            if sent.is_empty() {
                continue;
            }
            // .NET answers a proxy that wants a password it does not have with an empty one.
            sent.remove(&None);
            sent.remove(&Some(":".to_owned()));
            let sent: Vec<String> = sent.into_iter().flatten().collect();
            return to_proxy(name, (!sent.is_empty()).then(|| sent.join(", ")));
        }
        if is_direct { DIRECT.to_owned() } else { format!("{REFUSED}{}", unexpected(run)) }
    }
}

/// Nothing for an ordinary failure, and the output for a program that cannot even be run.
fn unexpected(run: &Run) -> String {
    if run.code().is_some_and(|code| code != 0) { String::new() } else { run.to_string() }
}

fn to_proxy(name: &str, sent: Option<String>) -> Outcome {
    format!("{name} with {}", sent.map_or("nothing".to_owned(), |sent| format!("{sent:?}")))
}

/// So many at a time, in the order of the cases.
fn each(cases: &[Case], together: usize, run: fn(&Case) -> Outcome) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let mut outcomes = vec![String::new(); cases.len()];
    let found: Vec<Vec<(usize, Outcome)>> = std::thread::scope(|scope| {
        let worker = || {
            let mut found = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(case) = cases.get(at) else { return found };
                found.push((at, run(case)));
            }
        };
        let workers: Vec<_> = (0..together).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().map(|worker| worker.join().expect("a case ends")).collect()
    });
    for (at, outcome) in found.into_iter().flatten() {
        outcomes[at] = outcome;
    }
    outcomes
}

fn plugin(case: &Case) -> Outcome {
    let mut scene = Scene::of(case);
    scene.home.set("AWS_ACCESS_KEY_ID", "AKIAFAKEACCESSKEY001");
    scene.home.set("AWS_SECRET_ACCESS_KEY", "fakeSecretAccessKey");
    scene.home.set("AWS_ENDPOINT_URL_CODEARTIFACT", &format!("https://{HOST}"));
    let run = scene.home.run_plugin(&[&["token"], &NAMES[..]].concat());
    run.assert_failure();
    let is_direct = [&*format!("The host name `{HOST}` "), " cannot be resolved"];
    scene.outcome(&run, is_direct.iter().all(|part| run.stderr.contains(part)))
}

fn curl(case: &Case) -> Outcome {
    const NO_SUCH_HOST: i32 = 6;
    let scene = Scene::of(case);
    let mut command = scene.home.command("curl");
    let run = process::run(command.args(["-sS", "-m", "20", &format!("https://{HOST}/")]), LIMIT);
    scene.outcome(&run, run.code() == Some(NO_SUCH_HOST))
}

/// One attempt only, which says nothing of why it failed.
fn nuget(case: &Case) -> Outcome {
    let mut scene = Scene::of(case);
    for (name, value) in [
        ("NUGET_ENABLE_ENHANCED_HTTP_RETRY", "true"),
        ("NUGET_ENHANCED_MAX_NETWORK_TRY_COUNT", "1"),
        ("NUGET_ENHANCED_NETWORK_RETRY_DELAY_MILLISECONDS", "1"),
    ] {
        scene.home.set(name, value);
    }
    let source = format!("https://{HOST}/v3/index.json");
    let run = Dotnet::needed().run(&scene.home, &["package", "search", "x", "--source", &source]);
    assert!(run.stdout.contains(&source) || run.stderr.contains(&source), "{run}");
    scene.outcome(&run, true)
}

/// All cases in one process, which says what it would send.
fn botocore(cases: &[Case]) -> Vec<Outcome> {
    let python = botocore_python().expect("a test that needs botocore is run where it is");
    let (a, b) = ("127.0.0.1:40001", "127.0.0.1:40002");
    let mut child = Command::new(python)
        .args(["-c", ORACLE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let lines = cases.iter().map(|case| {
        let fill = |value: &str| value.replace("{A}", a).replace("{B}", b).replace("{HOST}", HOST);
        let variables: BTreeMap<_, _> =
            case.variables.iter().map(|(name, value)| (*name, fill(value))).collect();
        serde_json::json!({ "variables": variables, "url": format!("https://{HOST}/") })
    });
    let lines: Vec<String> = lines.map(|line| line.to_string()).collect();
    let lines = lines.join("\n");
    let mut input = child.stdin.take().expect("it is piped");
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("Python ends");
    writer.join().expect("no panic").expect("Python reads all");
    let answers = String::from_utf8(output.stdout).expect("JSON");
    let outcomes: Vec<Outcome> = answers
        .lines()
        .map(|line| {
            let (place, sent): (String, Option<String>) =
                serde_json::from_str(line).expect("a pair");
            match place.as_str() {
                DIRECT | REFUSED => place,
                place if place == a => to_proxy("A", sent),
                place if place == b => to_proxy("B", sent),
                // It would take a part of the password for the host.
                _ => REFUSED.to_owned(),
            }
        })
        .collect();
    assert_eq!(outcomes.len(), cases.len());
    outcomes
}
