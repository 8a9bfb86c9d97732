//! What was found and done, for people and for scripts.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::finding::Finding;
use crate::base::text::excerpt;
use crate::nuget_config::Password;

/// The files with findings.
#[derive(Debug, Default)]
pub struct Report {
    pub files: Vec<FileReport>,
}

/// One file.
#[derive(Debug)]
pub struct FileReport {
    pub path: PathBuf,
    /// Whether git has it; none where that is unknown.
    pub tracked: Option<bool>,
    /// How many other names the file had: what is written is a new file, of this name alone.
    pub other_names: u64,
    /// A token in the file lives no longer than this.
    pub tokens_end_by: Option<SystemTime>,
    pub now: SystemTime,
    pub findings: Vec<Finding>,
    pub removed: bool,
    /// The copy that was made.
    pub backup: Option<PathBuf>,
    /// Why nothing was removed.
    pub problem: Option<String>,
}

impl Report {
    /// Whether nothing that is surely CodeArtifact's is left.
    pub fn is_clean(&self) -> bool {
        self.files.iter().all(|file| file.removed || file.certain().next().is_none())
    }

    /// One object; names and values stay as they are.
    pub fn print_json(&self, failure: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
        let files: Vec<_> = self.files.iter().map(FileReport::json).collect();
        let mut report = json!({ "files": files });
        if let Some(failure) = failure {
            report["error"] = failure.into();
        }
        writeln!(out, "{report}")
    }

    /// What was found in each file, as it would go or went, and what follows.
    pub fn print(&self, is_removing: bool, out: &mut dyn Write) -> io::Result<()> {
        if self.files.is_empty() {
            return writeln!(out, "no saved credentials of CodeArtifact sources were found");
        }
        for file in &self.files {
            file.print(out)?;
        }
        if !is_removing && !self.is_clean() {
            writeln!(out, "nothing was changed; run this again with `--yes` to remove them")?;
        }
        Ok(())
    }
}

impl FileReport {
    fn certain(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_certain)
    }

    fn json(&self) -> Value {
        let findings: Vec<_> = self.findings.iter().map(Finding::json).collect();
        json!({
            "path": self.path.display().to_string(),
            "tracked_by_git": self.tracked,
            "tokens_end_by": self.end_of_tokens().and_then(epoch),
            "findings": findings,
            "removed": self.removed,
            "backup": self.backup.as_ref().map(|path| path.display().to_string()),
            "problem": self.problem,
        })
    }

    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.path.display())?;
        for finding in &self.findings {
            finding.print(self.removed, out)?;
        }
        let history = self.history().map(str::to_owned);
        for note in self.lifetime().into_iter().chain(history).chain(self.links()) {
            writeln!(out, "  note: {note}")?;
        }
        if let Some(copy) = &self.backup {
            writeln!(out, "  copied before, with the password: {}", copy.display())?;
        }
        if let Some(problem) = &self.problem {
            writeln!(out, "  not removed: {problem}")?;
        }
        Ok(())
    }

    /// None where no token is in the file itself.
    fn end_of_tokens(&self) -> Option<SystemTime> {
        let holds_password =
            |finding: &Finding| !matches!(finding.password, None | Some(Password::Variable(_)));
        self.tokens_end_by.filter(|_| self.findings.iter().any(holds_password))
    }

    /// How long a token that is in the file lives at most.
    fn lifetime(&self) -> Option<String> {
        let end = self.end_of_tokens()?;
        Some(match end.duration_since(self.now) {
            Ok(left) => format!(
                "a token in it may live for another {}, by when the file was written (12 h is the \
                 longest)",
                rough(left)
            ),
            Err(_) => "a token in it has expired, by when the file was written".to_owned(),
        })
    }

    fn links(&self) -> Option<String> {
        (self.other_names > 0).then(|| {
            "the file has other names (hard links), under which the password stays".to_owned()
        })
    }

    fn history(&self) -> Option<&'static str> {
        match self.tracked {
            Some(true) => Some(
                "git has this file: what was committed stays in its history, for whoever has a \
                 clone, until the token has expired",
            ),
            Some(false) => None,
            None => Some("if git tracks this file, what was committed stays in its history"),
        }
    }
}

impl Finding {
    fn json(&self) -> Value {
        let (password, variable) = match &self.password {
            None => (None, None),
            Some(Password::ClearText) => (Some("clear-text"), None),
            Some(Password::Encrypted) => (Some("encrypted"), None),
            Some(Password::Variable(name)) => (Some("variable"), Some(name)),
        };
        json!({
            "source": self.source,
            "line": self.line,
            "password": password,
            "variable": variable,
            "certain": self.is_certain,
            "reason": self.reason,
        })
    }

    fn print(&self, is_removed: bool, out: &mut dyn Write) -> io::Result<()> {
        let password = match &self.password {
            None => "no password".to_owned(),
            Some(Password::ClearText) => "clear-text password".to_owned(),
            Some(Password::Encrypted) => "encrypted password".to_owned(),
            Some(Password::Variable(name)) => format!("password from the variable {name}"),
        };
        let (line, source, reason) = (self.line, excerpt(&self.source), excerpt(&self.reason));
        let state = match (self.is_certain, is_removed) {
            (true, true) => "removed",
            (true, false) => "found",
            (false, _) => "left alone, remove it by hand if it is not needed",
        };
        writeln!(out, "  line {line}: `{source}`, {password} ({reason}): {state}")?;
        // As far out as its first line, which is without its indentation.
        let indent_of = |line: &str| line.len() - line.trim_start().len();
        let base = self.shown.lines().last().map_or(0, indent_of);
        for line in self.shown.lines() {
            let shown = &line[base.min(indent_of(line))..];
            let indentation: String =
                shown.chars().take_while(|c| *c == ' ' || *c == '\t').collect();
            let mark = if self.is_certain { '-' } else { ' ' };
            writeln!(out, "  {mark} {indentation}{}", excerpt(shown))?;
        }
        Ok(())
    }
}

fn epoch(time: SystemTime) -> Option<u64> {
    time.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
}

fn rough(duration: Duration) -> String {
    let minutes = duration.as_secs().div_ceil(60);
    if minutes < 60 { format!("{minutes} min") } else { format!("{} h", minutes.div_ceil(60)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_roughly_and_never_too_short() {
        for (seconds, told) in [(1, "1 min"), (3540, "59 min"), (3541, "1 h"), (43_200, "12 h")] {
            assert_eq!(rough(Duration::from_secs(seconds)), told);
        }
    }
}
