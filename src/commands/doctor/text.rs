//! The findings as text: problems first, each cause once with the sources that have it, and its fix
//! below. What is well is one line.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::finding::{Finding, Outcome};
use crate::base::terminal::{Appearance, Mark};
use crate::base::text::{one_line, printable};
use crate::code::{Code, MESSAGES_PAGE};

/// The check whose result is the one line of a source without problems.
const SOURCE_LINE: &str = "source-answer";

/// The most sources without problems, and the most names of one line, that are listed.
const MOST_SOURCES: usize = 10;

const INDENT: &str = "    ";

/// How the text is laid out.
#[derive(Debug)]
pub struct Layout {
    pub appearance: Appearance,
    /// Columns; none if lines are not wrapped.
    pub width: Option<usize>,
    /// Shown as `~`.
    pub home: Option<PathBuf>,
    /// Whether passed checks are listed too.
    pub is_verbose: bool,
}

/// One cause, with every source that has it.
#[derive(Debug)]
struct Problem<'a> {
    finding: &'a Finding,
    sources: Vec<&'a Finding>,
}

/// Writes the findings, and the summary as the last line.
pub fn print(findings: &[Finding], layout: &Layout, out: &mut dyn Write) -> io::Result<()> {
    let text = &mut Text { layout, out };
    let problems = problems(findings);
    let (failures, warnings): (Vec<_>, Vec<_>) =
        problems.iter().partition(|problem| problem.finding.outcome == Outcome::Failure);
    text.failures(&failures)?;
    for warning in &warnings {
        text.warning(warning)?;
    }
    text.others(findings)?;
    if !problems.is_empty() {
        writeln!(text.out)?;
        writeln!(text.out, "Codes: {MESSAGES_PAGE}")?;
    }
    let passed = findings.iter().filter(|finding| finding.outcome == Outcome::Pass).count();
    writeln!(text.out)?;
    writeln!(text.out, "{}", summary(failures.len(), warnings.len(), passed, layout.is_verbose))
}

fn summary(failures: usize, warnings: usize, passed: usize, is_verbose: bool) -> String {
    let counted = |count: usize, word: &str| match count {
        0 => format!("no {word}s"),
        1 => format!("1 {word}"),
        count => format!("{count} {word}s"),
    };
    let mut parts = vec![counted(failures, "problem")];
    if warnings > 0 {
        parts.push(counted(warnings, "warning"));
    }
    parts.push(format!("{} passed", counted(passed, "check")));
    let hint = if is_verbose { "" } else { " (-v shows them)" };
    let line = format!("{}{hint}", parts.join(", "));
    line[..1].to_ascii_uppercase() + &line[1..]
}

/// Each cause once: in the first finding that has it, with the sources of the others.
fn problems(findings: &[Finding]) -> Vec<Problem<'_>> {
    let mut problems: Vec<Problem<'_>> = Vec::new();
    let failed: HashSet<_> = findings
        .iter()
        .filter(|finding| finding.outcome == Outcome::Failure)
        .filter_map(cause_of_source)
        .collect();
    let (mut known_of_source, mut listed) = (HashSet::new(), HashSet::new());
    let mut by_cause = HashMap::new();
    for finding in findings.iter().filter(|finding| finding.is_problem()) {
        let cause = cause_of_source(finding);
        // A check of the sign-in warns of what makes the check of the token fail.
        let is_said = finding.outcome == Outcome::Warning
            && cause.is_some_and(|cause| failed.contains(&cause));
        if is_said || cause.is_some_and(|cause| !known_of_source.insert(cause)) {
            continue;
        }
        let key = (finding.outcome, finding.code, &finding.message, &finding.fix, &finding.advice);
        let at = *by_cause.entry(key).or_insert(problems.len());
        if at == problems.len() {
            problems.push(Problem { finding, sources: Vec::new() });
        }
        if finding.source.is_some() && listed.insert((at, &finding.source)) {
            problems[at].sources.push(finding);
        }
    }
    problems
}

/// The same code and the same fix of one source are one cause, whichever check found it.
fn cause_of_source(finding: &Finding) -> Option<(&str, Option<Code>, &str)> {
    Some((finding.source.as_deref()?, finding.code, finding.fix.as_deref()?))
}

struct Text<'a> {
    layout: &'a Layout,
    out: &'a mut dyn Write,
}

impl Text<'_> {
    /// Those of the machine first, then source by source.
    fn failures(&mut self, failures: &[&Problem<'_>]) -> io::Result<()> {
        let (of_sources, of_machine): (Vec<&Problem<'_>>, Vec<_>) =
            failures.iter().copied().partition(|problem| !problem.sources.is_empty());
        for problem in of_machine {
            self.marked(Mark::Failure, &coded(problem.finding))?;
            self.fix(problem.finding)?;
        }
        // A NuGet.Config may have thousands of sources.
        let mut by_title: Vec<(String, Vec<&Problem<'_>>)> = Vec::new();
        let mut places = HashMap::new();
        for problem in of_sources {
            let title = title(&problem.sources);
            let at = *places.entry(title.clone()).or_insert(by_title.len());
            if at == by_title.len() {
                by_title.push((title, Vec::new()));
            }
            by_title[at].1.push(problem);
        }
        for (title, problems) in by_title {
            self.marked(Mark::Failure, &title)?;
            for problem in problems {
                self.wrapped(INDENT, INDENT, &coded(problem.finding))?;
                self.fix(problem.finding)?;
            }
        }
        Ok(())
    }

    fn warning(&mut self, Problem { finding, sources }: &Problem<'_>) -> io::Result<()> {
        let message = finding.message.trim_end_matches('.');
        let of = if sources.len() > 1 { format!("{}: ", names(sources)) } else { String::new() };
        let end = if message.ends_with(['?', '…']) { "" } else { "." };
        let code = finding.code.map(|code| format!(" ({code}){end}")).unwrap_or_default();
        self.marked(Mark::Warning, &format!("{of}{message}{code}"))?;
        self.fix(finding)
    }

    /// What is well, and what was skipped.
    fn others(&mut self, findings: &[Finding]) -> io::Result<()> {
        let others = findings.iter().filter(|finding| !finding.is_problem());
        let is_shown = |finding: &&Finding| {
            self.layout.is_verbose || matches!(finding.check, SOURCE_LINE | "token-skipped")
        };
        let shown: Vec<&Finding> = others.filter(is_shown).collect();
        let most = if self.layout.is_verbose { usize::MAX } else { MOST_SOURCES };
        for finding in shown.iter().take(most) {
            let is_skipped = finding.outcome == Outcome::Skipped;
            let mark = if is_skipped { Mark::Skipped } else { Mark::Pass };
            match &finding.source {
                Some(source) => self.marked(mark, &format!("{source}  {}", finding.message))?,
                None => self.marked(mark, &finding.message)?,
            }
        }
        let more: Vec<_> = shown.iter().skip(most).collect();
        let skipped = more.iter().filter(|finding| finding.outcome == Outcome::Skipped).count();
        for (mark, count) in [(Mark::Pass, more.len() - skipped), (Mark::Skipped, skipped)] {
            if count > 0 {
                self.marked(mark, &format!("and {count} more sources"))?;
            }
        }
        Ok(())
    }

    /// A command is not wrapped, because it is pasted.
    fn fix(&mut self, finding: &Finding) -> io::Result<()> {
        if let Some(fix) = &finding.fix {
            let fix = self.with_tilde(&printable(fix), " ");
            writeln!(self.out, "{INDENT}fix: {}", one_line(&fix))?;
        }
        if let Some(advice) = &finding.advice {
            self.wrapped(INDENT, INDENT, advice)?;
        }
        Ok(())
    }

    fn marked(&mut self, mark: Mark, text: &str) -> io::Result<()> {
        let mark = self.layout.appearance.mark(mark);
        // The mark may have colours, which have no width.
        let lines = self.lines("  ", INDENT, text);
        for (at, line) in lines.iter().enumerate() {
            match line.strip_prefix("  ").filter(|_| at == 0) {
                Some(line) => writeln!(self.out, "{mark} {line}")?,
                None => writeln!(self.out, "{line}")?,
            }
        }
        Ok(())
    }

    fn wrapped(&mut self, first: &str, rest: &str, text: &str) -> io::Result<()> {
        for line in self.lines(first, rest, text) {
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    fn lines(&self, first: &str, rest: &str, text: &str) -> Vec<String> {
        let text = one_line(&self.with_tilde(&without_backticks(text), ""));
        let Some(width) = self.layout.width else { return vec![format!("{first}{text}")] };
        let options = textwrap::Options::new(width.max(20))
            .initial_indent(first)
            .subsequent_indent(rest)
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        textwrap::wrap(&text, options).into_iter().map(Cow::into_owned).collect()
    }

    /// Paths below the home begin with `~`, which a shell knows at the beginning of a word alone.
    fn with_tilde(&self, text: &str, before: &str) -> String {
        let is_root = |home: &&Path| home.parent().is_none();
        match self.layout.home.as_deref().filter(|home| !is_root(home) && cfg!(unix)) {
            Some(home) => {
                let (found, shown) =
                    (format!("{before}{}/", home.display()), format!("{before}~/"));
                text.replace(&found, &shown)
            }
            None => text.to_owned(),
        }
    }
}

fn coded(finding: &Finding) -> String {
    let code = finding.code.map(|code| format!("{code} ")).unwrap_or_default();
    let message = &finding.message;
    let end = if message.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{code}{message}{end}")
}

/// The sources, and their domain if it is one.
fn title(sources: &[&Finding]) -> String {
    let domain = sources.first().and_then(|first| first.domain.as_ref());
    match domain.filter(|domain| sources.iter().all(|it| it.domain.as_ref() == Some(domain))) {
        Some(domain) => format!("{}  {domain}", names(sources)),
        None => names(sources),
    }
}

fn names(sources: &[&Finding]) -> String {
    let mut names: Vec<&str> = sources.iter().filter_map(|it| it.source.as_deref()).collect();
    let more = names.len().saturating_sub(MOST_SOURCES);
    names.truncate(MOST_SOURCES);
    let names = names.join(", ");
    if more > 0 { format!("{names} and {more} more") } else { names }
}

/// Only values with blanks need their backticks to be recognised.
fn without_backticks(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (at, part) in text.split('`').enumerate() {
        match at % 2 {
            1 if part.contains(' ') => shown.extend(["`", part, "`"]),
            _ => shown.push_str(part),
        }
    }
    // Without its other half, a backtick is part of a name.
    if text.matches('`').count().is_multiple_of(2) { shown } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(findings: &[Finding], width: Option<usize>, is_verbose: bool) -> String {
        let home = Some(PathBuf::from("/home/u"));
        let layout = Layout { appearance: Appearance::PLAIN, width, home, is_verbose };
        let mut text = Vec::new();
        print(findings, &layout, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    fn of_source(finding: Finding, name: &str) -> Finding {
        finding.of_source(name, Some("my-domain (111122223333, eu-west-1)".to_owned()))
    }

    fn expired(outcome: Outcome) -> Finding {
        let message = "The IAM Identity Center session of profile `dev` has expired";
        let finding = Finding { outcome, ..Finding::failure("sso-session", message) };
        finding.with_fix("dotnet codeartifact login --profile dev")
    }

    #[test]
    #[cfg_attr(windows, ignore = "the home of this test is no path of Windows")]
    fn problems_come_first_by_source_and_each_cause_is_said_once() {
        let saved = "`my-repo` has a saved password in `/home/u/.nuget/NuGet/NuGet.Config:7`, which \
                     NuGet tries first";
        let findings = [
            Finding::pass("dotnet", "SDK 10.0.401"),
            of_source(expired(Outcome::Warning), "my-repo"),
            Finding::warning("saved-credentials", saved)
                .with_fix("dotnet codeartifact scrub --yes"),
            of_source(expired(Outcome::Failure), "my-repo"),
            of_source(expired(Outcome::Failure), "other"),
            of_source(Finding::pass(SOURCE_LINE, "HTTP 200 in 66 ms, profile ci"), "tools"),
        ];
        assert_eq!(
            shown(&findings, Some(72), false),
            format!(
                "\
x my-repo, other  my-domain (111122223333, eu-west-1)
    CNP210 The IAM Identity Center session of profile dev has expired.
    fix: dotnet codeartifact login --profile dev
! my-repo has a saved password in ~/.nuget/NuGet/NuGet.Config:7, which
    NuGet tries first (CNP401).
    fix: dotnet codeartifact scrub --yes
v tools  HTTP 200 in 66 ms, profile ci

Codes: {MESSAGES_PAGE}

1 problem, 1 warning, 2 checks passed (-v shows them)
"
            )
        );
        let all = shown(&findings, None, true);
        assert!(all.contains("v SDK 10.0.401\n") && all.ends_with("2 checks passed\n"), "{all}");
    }

    #[test]
    fn two_causes_of_one_source_are_below_one_line() {
        let findings = [
            of_source(Finding::failure("source-http", "one"), "a"),
            of_source(Finding::failure("source-url", "two.").with_advice("do it"), "a"),
            Finding::failure("dotnet-sdk", "no SDK"),
        ];
        let expected = "x CNP612 No SDK.\nx a  my-domain (111122223333, eu-west-1)\n    CNP419 One.\n    \
                        CNP408 Two.\n    Do it\n\n";
        let text = shown(&findings, None, false);
        assert!(text.starts_with(expected), "{text}");
    }

    #[test]
    fn hundreds_of_good_sources_are_not_hundreds_of_lines() {
        let good = |at: usize| of_source(Finding::pass(SOURCE_LINE, "HTTP 200"), &format!("s{at}"));
        let findings: Vec<_> = (0..300).map(good).collect();
        let text = shown(&findings, None, false);
        assert_eq!(text.lines().count(), MOST_SOURCES + 3, "{text}");
        assert!(text.contains("v and 290 more sources\n"), "{text}");
        assert!(text.ends_with("No problems, 300 checks passed (-v shows them)\n"), "{text}");
    }

    #[test]
    fn only_a_value_with_blanks_keeps_its_backticks() {
        assert_eq!(without_backticks("`a` and `b c`"), "a and `b c`");
        assert_eq!(without_backticks("a`b"), "a`b");
    }
}
