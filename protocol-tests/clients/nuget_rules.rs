//! What NuGet refuses in a NuGet.Config, beside what we say: files of every kind that was found, and the
//! same file changed at random, judged by NuGet's own library of the SDK.
//!
//! The library is asked in one process by a small driver, which `mcs` compiles where it is there. Without
//! it, `dotnet nuget list source` is asked for some of the files, which takes a third of a second each.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use serde_json::Value;

use crate::mutations::mutated;
use crate::support::dotnet::{Dotnet, find_on_path};
use crate::support::process;
use crate::support::sandbox_home::SandboxHome;
use crate::support::trials::{Trial, processors, with_dotnet};

/// One file a line.
const CASES: &str = include_str!("nuget_config_cases.txt");

const DRIVER: &str = include_str!("nuget_judge.cs");

/// The sections for which every rule of `add` and `clear` is tried.
const SECTIONS: [&str; 6] =
    ["config", "unknown", "disabledPackageSources", "apikeys", "auditSources", "trustedSigners"];

/// The names of encodings that are declared over text of various encodings.
const ENCODINGS: [&str; 24] = [
    "",
    "utf-8",
    "UTF8",
    "utf-16",
    "utf-16le",
    "utf-16be",
    "unicode",
    "unicodeFFFE",
    "utf-32",
    "utf-32be",
    "ucs-2",
    "ucs-4",
    "iso-10646-ucs-4",
    "us-ascii",
    "ANSI_X3.4-1968",
    "iso-8859-1",
    "l1",
    "iso-8859-15",
    "windows-1252",
    "utf-7",
    "shift_jis",
    "x-unicode-2-0-utf-8",
    " utf-8",
    "none",
];

/// Changed files, by the seed of their changes.
const MUTATIONS: u64 = 240;

/// Where ours differs on purpose: the beginning of what NuGet says, and why.
const ON_PURPOSE: [(&str, &str); 2] = [
    ("A fileCert path specified a file that does not exist", "it is about another file"),
    ("Certificate for the package source", "it is about the system's certificates"),
];

pub fn trials() -> Vec<Trial> {
    vec![
        with_dotnet("what_nuget_refuses_and_what_it_accepts", same_verdicts),
        with_dotnet("the_driver_says_what_dotnet_says", driver_is_right),
    ]
}

/// A file's place and content.
struct Case {
    path: PathBuf,
    bytes: Vec<u8>,
}

fn same_verdicts() {
    let home = SandboxHome::new();
    let cases = written(&home, contents());
    let paths: Vec<PathBuf> = cases.iter().map(|case| case.path.clone()).collect();
    let (theirs, judged) = if let Some(driver) = driver(&home) {
        (verdicts(&driver, &home, &paths), paths)
    } else {
        let some: Vec<PathBuf> = paths.into_iter().step_by(10).collect();
        (by_command(&home, &some), some)
    };
    let ours = in_parallel(&judged, |path| listing(&home, path));
    let (mut refused, mut purposes, mut differences) = (0, BTreeMap::new(), String::new());
    for (path, ours) in judged.iter().zip(&ours) {
        let theirs = &theirs[path];
        refused += usize::from(!theirs.is_accepted());
        if ours.agrees_with(theirs) {
            continue;
        }
        let purpose = ON_PURPOSE.iter().find(|(start, _)| theirs.text.contains(start));
        if let Some((_, why)) = purpose {
            *purposes.entry(*why).or_insert(0) += 1;
            continue;
        }
        let case = cases.iter().find(|case| case.path == *path).unwrap();
        let text = String::from_utf8_lossy(&case.bytes).escape_debug().to_string();
        writeln!(differences, "{text}\n  NuGet: {}\n  ours: {}", theirs.text, ours.text).unwrap();
    }
    let count = judged.len();
    eprintln!(
        "{count} files: NuGet refuses {refused} and accepts {}; kept on purpose: {purposes:?}",
        count - refused
    );
    assert!(refused > count / 5 && count - refused > count / 5, "{refused} of {count}");
    assert!(differences.is_empty(), "{differences}");
}

/// For some of the files, the command's end is that of the driver.
fn driver_is_right() {
    let home = SandboxHome::new();
    let Some(driver) = driver(&home) else { return };
    let cases = written(&home, contents());
    let some: Vec<PathBuf> = cases.iter().map(|case| case.path.clone()).step_by(60).collect();
    let (by_driver, by_command) = (verdicts(&driver, &home, &some), by_command(&home, &some));
    for path in &some {
        let (driver, command) = (&by_driver[path], &by_command[path]);
        // The command only lists the sources.
        let lists = driver.is_accepted() || driver.text.starts_with("restore\t");
        assert_eq!(lists, command.is_accepted(), "{}\n{}", driver.text, command.text);
    }
}

/// What is said to a file: its sources, or why it is refused.
struct Verdict {
    sources: Option<Vec<(String, String)>>,
    text: String,
}

impl Verdict {
    fn is_accepted(&self) -> bool {
        self.sources.is_some()
    }

    /// Ours about theirs: accepted with the same sources, or refused with file and line.
    fn agrees_with(&self, theirs: &Self) -> bool {
        match (&self.sources, &theirs.sources) {
            // The command's listing is compared elsewhere.
            (Some(_), Some(theirs)) if theirs.is_empty() => true,
            (Some(ours), Some(theirs)) => ours == &shown(theirs),
            (None, None) => self.text.contains("nuget.config") && self.text.contains("line "),
            _ => false,
        }
    }
}

/// As we show sources: URLs are trimmed, and a query, which may be a secret, is hidden.
fn shown(sources: &[(String, String)]) -> Vec<(String, String)> {
    let shown = sources.iter().map(|(name, value)| {
        let value = if value.contains("://") { value.trim() } else { value };
        let (before, mark) = match value.find(['?', '#']) {
            Some(at) => (&value[..=at], "…"),
            None => (value, ""),
        };
        (name.clone(), format!("{before}{mark}"))
    });
    shown.collect()
}

/// What we say in the folder of the file.
fn listing(home: &SandboxHome, path: &Path) -> Verdict {
    let mut command = home.command(SandboxHome::plugin());
    command.args(["source", "list", "--json"]).current_dir(path.parent().unwrap());
    let run = process::run(&mut command, crate::support::dotnet::LIMIT);
    let envelope = run.envelope();
    let said = &envelope["result"];
    let refuses = |text: &&Value| {
        let text = text.as_str().unwrap();
        text.starts_with("NuGet refuses") || text.starts_with("NuGet reads")
    };
    let warning = said["warnings"].as_array().into_iter().flatten().find(refuses);
    let reason =
        envelope["errors"][0]["message"].as_str().or_else(|| warning.and_then(Value::as_str));
    if let Some(reason) = reason {
        return Verdict { sources: None, text: reason.to_owned() };
    }
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let sources = said["sources"].as_array().unwrap().iter();
    let sources = sources.map(|source| (text(&source["name"]), text(&source["url"])));
    Verdict { sources: Some(sources.collect()), text: said["sources"].to_string() }
}

/// The compiled driver and the SDK; none without a compiler.
fn driver(home: &SandboxHome) -> Option<(PathBuf, PathBuf)> {
    let compiler = find_on_path("mcs")?;
    let source = home.write("judge/judge.cs", DRIVER);
    let program = source.with_extension("dll");
    let mut compile = home.command(compiler);
    compile.arg(format!("-out:{}", program.display())).arg(&source);
    process::run(&mut compile, crate::support::dotnet::LIMIT).assert_success();
    let sdks = Dotnet::needed().run(home, &["--list-sdks"]);
    let last = sdks.stdout.lines().last().expect("an SDK");
    let (version, folder) = last.split_once(" [").expect("`version [folder]`");
    let sdk = Path::new(folder.trim_end_matches(']')).join(version);
    let runtime = sdk.join("NuGet.CommandLine.XPlat.runtimeconfig.json");
    fs::copy(runtime, source.with_extension("runtimeconfig.json")).expect("a copy");
    Some((program, sdk))
}

fn verdicts(
    (program, sdk): &(PathBuf, PathBuf),
    home: &SandboxHome,
    paths: &[PathBuf],
) -> BTreeMap<PathBuf, Verdict> {
    let mut command = Command::new(Dotnet::needed().program().canonicalize().unwrap());
    home.prepare(&mut command);
    command.arg("exec").arg(program).arg(sdk).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut driver = command.spawn().expect("the driver");
    let mut input = driver.stdin.take().unwrap();
    let mut lines: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    lines.push(String::new());
    let writer = thread::spawn(move || input.write_all(lines.join("\n").as_bytes()));
    let output = driver.wait_with_output().expect("its end");
    writer.join().unwrap().expect("the paths");
    let output = String::from_utf8(output.stdout).expect("text");
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines.len(), 2 * paths.len(), "{output}");
    let verdicts = lines.chunks(2).map(|pair| (PathBuf::from(pair[0]), verdict(pair[1])));
    verdicts.collect()
}

fn verdict(line: &str) -> Verdict {
    let mut fields = line.split('\t').map(unescaped);
    let is_accepted = fields.next().as_deref() == Some("ok");
    let fields: Vec<String> = fields.collect();
    let sources = fields.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone()));
    Verdict { sources: is_accepted.then(|| sources.collect()), text: line.to_owned() }
}

/// What `dotnet nuget list source` says, without the sources.
fn by_command(home: &SandboxHome, paths: &[PathBuf]) -> BTreeMap<PathBuf, Verdict> {
    let verdicts = in_parallel(paths, |path| {
        let path = path.to_string_lossy();
        let run = Dotnet::needed().run(home, &["nuget", "list", "source", "--configfile", &*path]);
        let is_accepted = run.code() == Some(0);
        Verdict {
            sources: is_accepted.then(Vec::new),
            text: format!("{}{}", run.stdout, run.stderr),
        }
    });
    paths.iter().cloned().zip(verdicts).collect()
}

fn in_parallel<T: Send>(paths: &[PathBuf], work: impl Fn(&Path) -> T + Sync) -> Vec<T> {
    let size = paths.len().div_ceil(processors()).max(1);
    thread::scope(|scope| {
        let work = &work;
        let parts: Vec<_> = paths
            .chunks(size)
            .map(|part| scope.spawn(move || part.iter().map(|path| work(path)).collect::<Vec<_>>()))
            .collect();
        parts.into_iter().flat_map(|part| part.join().expect("a verdict")).collect()
    })
}

/// Each file in a folder of its own. The user's file has no sources.
fn written(home: &SandboxHome, contents: Vec<Vec<u8>>) -> Vec<Case> {
    home.write("home/.nuget/NuGet/NuGet.Config", "<configuration/>");
    let cases = contents.into_iter().enumerate().map(|(number, bytes)| {
        let name = format!("cases/{number}/nuget.config");
        home.write_bytes(&name, &bytes);
        Case { path: home.root().join(&name), bytes }
    });
    cases.collect()
}

fn contents() -> Vec<Vec<u8>> {
    let mut texts: Vec<String> = Vec::new();
    let mut is_whole = false;
    for line in CASES.lines().filter(|line| !line.starts_with("# ")) {
        match line {
            "[sections]" => is_whole = false,
            "[whole]" => is_whole = true,
            _ if is_whole => texts.push(text_of(line)),
            _ => texts.push(in_configuration(&text_of(line))),
        }
    }
    for section in SECTIONS {
        texts.extend(
            entries().map(|entry| in_configuration(&format!("<{section}>{entry}</{section}>"))),
        );
    }
    texts.extend((0..MUTATIONS).map(mutated));
    texts.extend([String::new(), " \n".to_owned()]);
    let utf_8 = texts.into_iter().map(String::into_bytes);
    utf_8.chain(encoded()).collect()
}

fn in_configuration(sections: &str) -> String {
    format!("<configuration>{sections}</configuration>")
}

fn text_of(line: &str) -> String {
    let sources = "<packageSources><add key='a' value='https://a/'/></packageSources>";
    let certificate =
        "<certificate fingerprint='AB' hashAlgorithm='SHA256' allowUntrustedRoot='false'/>";
    let line = line
        .replace("{file}", &in_configuration("{sources}"))
        .replace("{sources}", sources)
        .replace("{certificate}", certificate)
        .replace("{user}", "<add key='Username' value='u'/>")
        .replace("{password}", "<add key='ClearTextPassword' value='p'/>");
    unescaped(&line)
}

/// With `\n`, `\r`, `\t`, `\\` and `\u{…}` as characters.
fn unescaped(text: &str) -> String {
    let (mut unescaped, mut rest) = (String::new(), text);
    while let Some((before, behind)) = rest.split_once('\\') {
        unescaped.push_str(before);
        let letter = behind.chars().next().expect("a character behind a backslash");
        rest = &behind[letter.len_utf8()..];
        match letter {
            'n' => unescaped.push('\n'),
            'r' => unescaped.push('\r'),
            't' => unescaped.push('\t'),
            'u' => {
                let (digits, behind) = rest[1..].split_once('}').expect("a number in braces");
                let number = u32::from_str_radix(digits, 16).expect("a number");
                unescaped.push(char::from_u32(number).expect("a character"));
                rest = behind;
            }
            other => unescaped.push(other),
        }
    }
    unescaped + rest
}

fn entries() -> impl Iterator<Item = &'static str> {
    [
        "<add value='1'/>",
        "<add key='k'/>",
        "<add key=' ' value='1'/>",
        "<add key='k' value='v'><x/></add>",
        "<add key='k' value='v'>text</add>",
        "<add key='k' value=''/>",
        "<clear><x/></clear>",
        "<clear x='1'/>",
        "<add key='k' value='v'/>",
    ]
    .into_iter()
}

/// A declaration of each name over text of each encoding, with a letter that none has alike.
fn encoded() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for name in ENCODINGS {
        let encoding = if name == "none" { String::new() } else { format!(" encoding='{name}'") };
        let body =
            in_configuration("<packageSources><add key='ä' value='https://a/ü'/></packageSources>");
        let text = format!("<?xml version='1.0'{encoding}?>{body}");
        let marked = format!("\u{feff}{text}");
        let utf_16 =
            |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect();
        let utf_32 = |text: &str, bytes: fn(u32) -> [u8; 4]| {
            text.chars().map(u32::from).flat_map(bytes).collect()
        };
        files.extend([
            text.clone().into_bytes(),
            marked.clone().into_bytes(),
            text.chars().map(|it| u8::try_from(u32::from(it)).unwrap()).collect(),
            utf_16(&text, u16::to_le_bytes),
            utf_16(&text, u16::to_be_bytes),
            utf_16(&marked, u16::to_le_bytes),
            utf_16(&marked, u16::to_be_bytes),
            utf_32(&text, u32::to_le_bytes),
            utf_32(&marked, u32::to_le_bytes),
            utf_32(&marked, u32::to_be_bytes),
        ]);
    }
    files
}
