//! The findings and results: one value, printed as text or as JSON.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};
use serde_json::json;

use super::finding::SavedCredentials;
use super::version_control;
use crate::base::text::excerpt;
use crate::base::time::utc;
use crate::nuget_config::{Layer, Password};
use crate::token::LONGEST_LIFE;

/// The files with findings. Names and values of the JSON must not change.
#[derive(Debug, Default, Serialize)]
pub struct ScrubReport {
    pub files: Vec<ScrubbedFile>,
}

/// One file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScrubbedFile {
    /// The copy of the file, if one was made.
    pub backup: Option<String>,
    pub findings: Vec<SavedCredentials>,
    path: String,
    /// Why nothing was removed.
    pub problem: Option<String>,
    pub removed: bool,
    /// When every token in the file has expired; null if it contains no token.
    expiration: Option<String>,
    /// Null if the file is in a repository whose index does not have it: its history may have it.
    tracked_by_git: Option<bool>,
    /// Notes for the user about secrets that remain, elsewhere or for some time.
    #[serde(skip)]
    notes: Vec<String>,
}

impl ScrubReport {
    /// Whether nothing is left that certainly belongs to CodeArtifact.
    pub fn is_clean(&self) -> bool {
        let mut files = self.files.iter();
        files.all(|file| file.removed || !file.findings.iter().any(|it| it.is_certain))
    }

    /// The files in which a password was found that certainly belongs to CodeArtifact.
    pub fn paths_with_passwords(&self) -> Vec<PathBuf> {
        let files = self.files.iter();
        let found = files.filter(|file| file.findings.iter().any(|finding| finding.is_certain));
        found.map(|file| PathBuf::from(&file.path)).collect()
    }

    /// The findings of each file, with the lines that were or would be removed, and the next steps.
    pub fn print(&self, is_removing: bool, out: &mut dyn Write) -> io::Result<()> {
        if self.files.is_empty() {
            return writeln!(out, "No saved credentials of CodeArtifact sources found");
        }
        for file in &self.files {
            file.print(out)?;
        }
        if !is_removing && !self.is_clean() {
            writeln!(out, "Nothing was changed. To remove them, run this again with --yes.")?;
        }
        Ok(())
    }
}

impl ScrubbedFile {
    /// The file as it was found, before anything is removed.
    pub fn of(layer: &Layer, findings: Vec<SavedCredentials>, now: SystemTime) -> Self {
        // Only for a token in the file itself, the file's time limits its expiry. A time in the
        // future is from another clock.
        let has_password = findings
            .iter()
            .any(|finding| !matches!(finding.password, None | Some(Password::Variable(_))));
        let written = layer.file.modified().filter(|_| has_password);
        let end = written.map(|written| written.min(now) + LONGEST_LIFE);
        let tracked_by_git = version_control::is_tracked_by_git(layer.file.path());
        let mut notes = Vec::new();
        notes.extend(end.map(|end| lifetime(end, now)));
        notes.extend(history(tracked_by_git, layer.file.path()));
        if layer.file.other_names() > 0 {
            // The edited file is a new one, so other hard links keep the old content.
            notes.push(
                "the file has other names (hard links), under which the password stays".to_owned(),
            );
        }
        Self {
            backup: None,
            findings,
            path: layer.file.path().display().to_string(),
            problem: None,
            removed: false,
            expiration: end.map(utc),
            tracked_by_git,
            notes,
        }
    }

    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.path)?;
        for finding in &self.findings {
            finding.print(self.removed, out)?;
        }
        for note in &self.notes {
            writeln!(out, "  note: {note}")?;
        }
        if let Some(copy) = &self.backup {
            writeln!(out, "  copied before, with the password: {copy}")?;
        }
        if let Some(problem) = &self.problem {
            writeln!(out, "  not removed: {problem}")?;
        }
        Ok(())
    }
}

/// The longest time for which a token in the file can be valid.
fn lifetime(end: SystemTime, now: SystemTime) -> String {
    match end.duration_since(now) {
        Ok(left) => format!(
            "a token in it may live for another {}, by when the file was written (12 h is the \
             longest)",
            rough(left)
        ),
        Err(_) => "a token in it has expired, by when the file was written".to_owned(),
    }
}

/// Rounded up, so that a token that is still valid is not reported as expired.
fn rough(duration: Duration) -> String {
    let minutes = duration.as_secs().div_ceil(60);
    if minutes < 60 { format!("{minutes} min") } else { format!("{} h", minutes.div_ceil(60)) }
}

fn history(tracked_by_git: Option<bool>, file: &Path) -> Option<String> {
    match tracked_by_git {
        Some(true) => Some(
            "git has this file: what was committed stays in its history, for whoever has a \
             clone, until the token has expired"
                .to_owned(),
        ),
        Some(false) => None,
        None => {
            let note = "if this file was committed before, that stays in git's history";
            let command = version_control::history_command(file);
            Some(command.map_or(note.to_owned(), |it| format!("{note}; this shows it: `{it}`")))
        }
    }
}

/// `password` says how it is saved, `variable` in which variable.
impl Serialize for SavedCredentials {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (password, variable) = match &self.password {
            None => (None, None),
            Some(Password::ClearText) => (Some("clearText"), None),
            Some(Password::Encrypted) => (Some("encrypted"), None),
            Some(Password::Variable(name)) => (Some("variable"), Some(name)),
        };
        let fields = json!({
            "source": self.source,
            "line": self.line,
            "password": password,
            "variable": variable,
            "certain": self.is_certain,
            "reason": self.reason,
        });
        fields.serialize(serializer)
    }
}

impl SavedCredentials {
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
        let mark = if self.is_certain { '-' } else { ' ' };
        // The first line comes without its indentation, so the last line's indentation is that of
        // the element.
        let outer = self.shown.lines().last().map_or(0, |line| indentation(line).len());
        for line in self.shown.lines() {
            let shown = &line[outer.min(indentation(line).len())..];
            writeln!(out, "  {mark} {}{}", indentation(shown), excerpt(shown))?;
        }
        Ok(())
    }
}

fn indentation(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
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
