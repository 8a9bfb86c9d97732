//! Whether the plugin's own settings, cache and log can be used.

use std::path::Path;

use super::finding::Finding;
use super::fix;
use super::nuget::Nuget;
use crate::base::text::printable;
use crate::code::Coded;
use crate::provider::{Provider, ProviderError};
use crate::settings::{
    self, AWS_PROVIDER_LOG_FILE, CACHE_DIR, CONFIG_FILE, FileError, LOG_FILE, SettingsError,
};

/// Whether the files can be used. Without them nothing else leads to a token.
pub fn check_files(nuget: &Nuget<'_>, provider: &Provider) -> Option<Finding> {
    provider.broken_settings().map(|error| broken(&error, nuget))
}

pub fn check(nuget: &Nuget<'_>, provider: &Provider) -> Vec<Finding> {
    let mut findings = Vec::new();
    for note in provider.cache_notes().unwrap_or_default() {
        if note.contains(" is not used: ") {
            findings.push(unused_folder(note, nuget));
        }
    }
    for (path, why) in provider.refused_logs() {
        findings.push(unwritten_log(path, why, nuget));
    }
    findings
}

/// If the configuration is invalid, every request fails.
fn broken(error: &ProviderError, nuget: &Nuget<'_>) -> Finding {
    let finding = Finding::failure("settings", error.to_string()).with_code(error.code());
    let file = settings::config_file(nuget.environment, &nuget.locations).ok().flatten();
    if let ProviderError::Settings(SettingsError::File(FileError::Untrusted { fix, .. })) = error {
        return finding.with_fix(fix);
    }
    let is_unreadable =
        matches!(error, ProviderError::Settings(SettingsError::File(FileError::Unreadable { .. })));
    let finding = match file.filter(|file| error.to_string().contains(&*file.to_string_lossy())) {
        Some(file) if file.is_dir() => finding.with_fix(fix::move_aside(&file)),
        Some(file) if is_unreadable => fix::make_usable(finding, &file, nuget.home.as_deref()),
        Some(_) => finding,
        _ if nuget.environment.path(CONFIG_FILE).is_some() => {
            finding.with_fix(fix::unset(CONFIG_FILE))
        }
        _ => finding,
    };
    match error.fix() {
        Some(fix) if finding.fix.is_none() => finding.with_advice(fix),
        _ => finding,
    }
}

/// Without a cache a restore still works, but slower.
fn unused_folder(note: &str, nuget: &Nuget<'_>) -> Finding {
    let finding = Finding::warning("cache", printable(note));
    let is_of_owner_or_mode =
        ["belongs to user", "Permission denied"].iter().any(|words| note.contains(words));
    match nuget.locations.cache_dir() {
        _ if nuget.environment.path(CACHE_DIR).is_some() => finding.with_fix(fix::unset(CACHE_DIR)),
        Some(folder) if cfg!(unix) && note.contains("`chmod 700`") => {
            finding.with_fix(fix::make_private(&folder))
        }
        Some(folder) if folder.is_dir() && is_of_owner_or_mode => {
            fix::make_usable(finding, &folder, nuget.home.as_deref())
        }
        _ => finding.with_advice(format!("Set {CACHE_DIR} to a folder of this user.")),
    }
}

fn unwritten_log(path: &Path, why: &str, nuget: &Nuget<'_>) -> Finding {
    let variables = [LOG_FILE, AWS_PROVIDER_LOG_FILE];
    let named =
        variables.into_iter().find(|it| nuget.environment.path(it).as_deref() == Some(path));
    let variable = named.unwrap_or(LOG_FILE);
    let what = format!("The log file `{}` of {variable} cannot be written: {why}", path.display());
    Finding::warning("log", printable(&what)).with_fix(fix::unset(variable))
}
