//! The pictures in the README: what a terminal of 80 columns shows, as SVG.
//!
//! With `CODEARTIFACT_NUGET_TEST_CAPTURE=docs` the trials write the pictures into that folder. Without
//! it they compare what does not depend on the machine: the commands, the codes and the fixes.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use crate::pages::Reader;
use crate::support::dotnet::Dotnet;
use crate::support::pages::repository;
use crate::support::stage::SOURCE;
use crate::support::terminal::{COLUMNS, Line, Screen};
use crate::support::trials::{Need, Trial, trial};

const CAPTURE: &str = "CODEARTIFACT_NUGET_TEST_CAPTURE";

pub fn trials() -> Vec<Trial> {
    let trials = [trial("restore", restore), trial("doctor", doctor)];
    trials.map(|trial| trial.needing(Need::TerminalAndDotnet)).into()
}

fn restore() {
    let reader = Reader::new();
    reader.sh("./nuget-plugin-codeartifact install").assert_success();
    let setup = format!("dotnet codeartifact setup {}", SOURCE.trim_end_matches("/v3/index.json"));
    let lines = shown(&reader, &[&setup, "dotnet restore"]);
    reader.stage.assert_restored();
    keep("restore", "dotnet restore", &lines);
}

/// The session has expired, and a login script has left a password.
fn doctor() {
    let reader = installed();
    let saved = "  <packageSourceCredentials>\n    <my-repo>\n      <add key=\"Username\" \
                 value=\"aws\" />\n      <add key=\"ClearTextPassword\" value=\"token\" />\n    \
                 </my-repo>\n  </packageSourceCredentials>\n";
    reader.stage.home.write_nuget_config_with(&[("my-repo", SOURCE)], saved);
    reader.stage.sso().refuse_refresh();
    reader.stage.expire();
    let lines = shown(&reader, &["dotnet codeartifact doctor"]);
    keep("doctor", "dotnet codeartifact doctor", &lines);
}

fn installed() -> Reader {
    let reader = Reader::new();
    reader.sh("./nuget-plugin-codeartifact install").assert_success();
    reader.sh(&format!("dotnet codeartifact source add {SOURCE} --name my-repo")).assert_success();
    reader
}

/// The commands, each behind a prompt, with what they show. A path of the home begins with `~`.
fn shown(reader: &Reader, commands: &[&str]) -> Vec<Line> {
    let home = &reader.stage.home;
    let mut lines = Vec::new();
    for command in commands {
        let typescript = home.root().join("typescript");
        let (_, words) = command.split_once(' ').expect("a command of dotnet");
        let words: Vec<_> = words.split(' ').collect();
        Dotnet::needed().run_in_columns(home, &words, &typescript, COLUMNS);
        let text = fs::read_to_string(&typescript).expect("what was shown");
        // The project and the other folders of this home are beside `$HOME`.
        let text = text.replace(&*home.home().to_string_lossy(), "~");
        let text = text.replace(&*home.root().to_string_lossy(), "~");
        lines.extend(typed(command));
        lines.extend(Screen::showing(&text).lines());
        lines.push(Line::plain(""));
    }
    lines.pop();
    let is_broken = |line: &&Line| line.text().contains("?[");
    assert_eq!(lines.iter().find(is_broken), None, "a colour is printed as text");
    lines
}

/// The command behind a prompt; an address that is too long for the line has one of its own.
fn typed(command: &str) -> Vec<Line> {
    match command.split_once(" https://") {
        Some((words, address)) => {
            let address = format!("    https://{address}");
            vec![Line::plain(&format!("$ {words} \\")), Line::plain(&address)]
        }
        None => vec![Line::plain(&format!("$ {command}"))],
    }
}

fn keep(name: &str, title: &str, lines: &[Line]) {
    let file = format!("{name}.svg");
    if let Some(folder) = env::var_os(CAPTURE) {
        let file = repository("").join(folder).join(file);
        fs::write(&file, svg(title, lines))
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        return;
    }
    let committed = repository("docs").join(&file);
    let picture = stable(&text_of(&committed));
    let now = stable(&lines.iter().map(Line::text).collect::<Vec<_>>());
    assert_eq!(picture, now, "{CAPTURE}=docs makes docs/{file} anew");
    assert!(!now.is_empty(), "nothing to compare in {lines:?}");
}

/// The text of each line of a picture.
fn text_of(file: &Path) -> Vec<String> {
    let text =
        fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let document = roxmltree::Document::parse(&text).expect("SVG");
    let lines = document.descendants().filter(|node| node.has_tag_name("text"));
    let text = |line: roxmltree::Node<'_, '_>| {
        line.descendants().filter_map(|node| node.text().filter(|_| node.is_text())).collect()
    };
    lines.map(text).collect()
}

/// Commands, codes and fixes.
fn stable(lines: &[String]) -> Vec<String> {
    let is_code = |word: &str| word.trim_matches(['(', ')', '[', ']']).starts_with("CNP");
    let mut stable = Vec::new();
    for line in lines.iter().map(|line| line.trim()) {
        if line.starts_with("$ ") || line.starts_with("fix: ") {
            stable.push(line.to_owned());
        } else {
            stable.extend(line.split(' ').filter(|word| is_code(word)).map(str::to_owned));
        }
    }
    stable
}

/// A window with these lines.
fn svg(title: &str, lines: &[Line]) -> String {
    let height = 22 * lines.len() + 60;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"860\" height=\"{height}\" \
         viewBox=\"0 0 860 {height}\" role=\"img\">\n<title>{title}</title>\n\
         <rect width=\"860\" height=\"{height}\" rx=\"8\" fill=\"#1e1e1e\"/>\n\
         <circle cx=\"20\" cy=\"18\" r=\"5\" fill=\"#ff5f56\"/>\
         <circle cx=\"38\" cy=\"18\" r=\"5\" fill=\"#ffbd2e\"/>\
         <circle cx=\"56\" cy=\"18\" r=\"5\" fill=\"#27c93f\"/>\n\
         <g font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, monospace\" \
         font-size=\"14\" fill=\"#d4d4d4\" xml:space=\"preserve\">\n"
    );
    for (number, line) in lines.iter().enumerate() {
        let y = 52 + 22 * number;
        let _ = writeln!(svg, "<text x=\"20\" y=\"{y}\">{}</text>", line.svg());
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}
