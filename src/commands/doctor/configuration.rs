//! Whether the plugin's own settings can be used.

use super::context::Context;
use super::finding::Finding;
use super::fix;
use crate::base::text::printable;
use crate::provider::ProviderError;
use crate::settings::{
    self, AWS_PROVIDER_LOG_FILE, CACHE_DIR, CONFIG_FILE, FileError, LOG_FILE, SettingsError,
};

pub fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        context.provider.broken_settings().iter().map(|error| broken(error, context)).collect();
    findings.extend(unused_folders(context));
    findings.extend(unwritten_logs(context));
    findings
}

/// It fails every ask, and lists no hosts of the user's own.
fn broken(error: &ProviderError, context: &Context<'_>) -> Finding {
    let finding = Finding::failure("settings", error.to_string());
    let file = settings::config_file(context.environment, &context.locations).ok().flatten();
    let home = context.environment.home();
    match file.filter(|file| error.to_string().contains(&*file.to_string_lossy())) {
        Some(file) if file.is_dir() => finding.with_fix(fix::move_aside(&file)),
        Some(file) if is_unreadable(error) => fix::make_usable(finding, &file, home.as_deref()),
        Some(file) if cfg!(unix) => {
            finding.with_fix(format!("${{EDITOR:-vi}} {}", fix::quoted_path(&file)))
        }
        _ if context.environment.path(CONFIG_FILE).is_some() => {
            finding.with_fix(fix::unset(CONFIG_FILE))
        }
        _ => finding.with_fix("nuget-plugin-codeartifact configure path"),
    }
}

fn is_unreadable(error: &ProviderError) -> bool {
    let ProviderError::Settings(SettingsError::File(error)) = error else { return false };
    matches!(error, FileError::Unreadable { .. })
}

/// A restore works without a cache, only slower.
fn unused_folders(context: &Context<'_>) -> Vec<Finding> {
    let notes = context.provider.cache_notes().unwrap_or_default().iter();
    let refusals = notes.filter(|note| note.contains(" is not used: "));
    let is_named = context.environment.path(CACHE_DIR).is_some();
    let finding = refusals.map(|note| {
        let finding = Finding::warning("cache", printable(note));
        match context.locations.cache_dir() {
            _ if is_named => finding.with_fix(fix::unset(CACHE_DIR)),
            Some(folder) if cfg!(unix) && note.contains("`chmod 700`") => {
                finding.with_fix(fix::make_private(&folder))
            }
            Some(folder) if folder.is_dir() && is_out_of_reach(note) => {
                fix::make_usable(finding, &folder, context.environment.home().as_deref())
            }
            _ => finding.with_advice(format!("name a folder of this user's in {CACHE_DIR}")),
        }
    });
    finding.collect()
}

/// Whether it is the owner or the mode that keeps it from this user.
fn is_out_of_reach(note: &str) -> bool {
    ["belongs to user", "Permission denied"].iter().any(|words| note.contains(words))
}

fn unwritten_logs(context: &Context<'_>) -> Vec<Finding> {
    let refused = context.provider.refused_logs().iter();
    let finding = refused.map(|(path, why)| {
        let is_its = |variable: &&str| context.environment.path(variable).as_ref() == Some(path);
        let variable =
            [LOG_FILE, AWS_PROVIDER_LOG_FILE].into_iter().find(is_its).unwrap_or(LOG_FILE);
        let what = format!("the log file `{}` of {variable} is not written: {why}", path.display());
        Finding::warning("log", printable(&what)).with_fix(fix::unset(variable))
    });
    finding.collect()
}
