//! Whether the clients of this machine start the plugin, where they check signatures: on Windows, with
//! NuGet 6.12 and older.

use std::path::{Path, PathBuf};

use super::finding::Finding;
use super::nuget::{NamedFile, Nuget};
use crate::commands::installation::layout::Client;
use crate::commands::installation::signing_clients::{self, Trust, refusal};

const CHECK: &str = "plugin-signature";

/// For the SDK that restores here. Its NuGet says its own version, unless it did not answer.
pub fn of_dotnet(nuget: &Nuget<'_>, sdk: &str, of_nuget: Option<&str>) -> Vec<Finding> {
    let is_checked =
        of_nuget.map_or_else(|| signing_clients::is_of_sdk(sdk), signing_clients::is_of_nuget);
    if !cfg!(windows) || !is_checked {
        return Vec::new();
    }
    let named = nuget.named_for_dotnet().map(|named| {
        let ours = named.files.iter().filter(|(_, file)| matches!(file, NamedFile::ThisPlugin));
        ours.map(|(path, _)| path.clone()).collect()
    });
    let files: Vec<PathBuf> = named.unwrap_or_else(|| nuget.installed().into_iter().collect());
    let client = format!("SDK {sdk}");
    let refused = files.iter().filter_map(|file| refused(&client, file));
    refused.map(|(what, advice)| Finding::failure(CHECK, what).with_advice(advice)).collect()
}

/// For nuget.exe and Visual Studio, which may not be what restores here.
pub fn of_framework(nuget: &Nuget<'_>) -> Vec<Finding> {
    if !cfg!(windows) {
        return Vec::new();
    }
    let mut folders = nuget.plugin_folders.iter();
    let Some(folder) = folders.find(|it| it.client == Client::Netfx && it.is_searched) else {
        return Vec::new();
    };
    let clients = signing_clients::of_framework(nuget.environment).join(", ");
    if clients.is_empty() {
        return Vec::new();
    }
    let refused = refused(&clients, &folder.plugin()).into_iter();
    refused.map(|(what, advice)| Finding::warning(CHECK, what).with_advice(advice)).collect()
}

fn refused(client: &str, file: &Path) -> Option<(String, &'static str)> {
    refusal(client, file, &Trust::of(file)?)
}
