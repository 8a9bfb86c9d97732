//! The installations in this user's plugins folders, as their lists of files say.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::base::environment::Environment;
use crate::commands::installation::folder::Manifest;
use crate::commands::installation::layout::Client;
use crate::commands::installation::{self, InstallationError};

/// One folder of ours in a plugins folder.
#[derive(Debug)]
pub struct Installed {
    folder: PathBuf,
    client: Client,
    /// Or why the list cannot be read.
    pub version: Result<String, String>,
}

/// Every folder with a list in it, of the home's plugins folders and of those that this user has
/// installed in elsewhere.
pub fn find(environment: &Environment) -> Result<Vec<Installed>, InstallationError> {
    let folders = installation::all_plugins_folders(environment)?;
    let places = folders
        .iter()
        .flat_map(|plugins| Client::ALL.map(|client| (client.folder(plugins), client)));
    Ok(places.filter_map(|(folder, client)| installed_in(folder, client)).collect())
}

fn installed_in(folder: PathBuf, client: Client) -> Option<Installed> {
    let version = match Manifest::read(&folder) {
        Ok(manifest) => Ok(manifest?.version),
        Err(error) => Err(error.to_string()),
    };
    Some(Installed { folder, client, version })
}

impl Installed {
    pub fn in_words(&self) -> String {
        let (folder, clients) = (self.folder.display(), self.client.description());
        match &self.version {
            Ok(version) => format!("{version} for {clients} in {folder}"),
            Err(problem) => format!("unknown for {clients}: {problem}"),
        }
    }

    pub fn report(&self) -> Value {
        json!({
            "folder": self.folder.to_string_lossy(),
            "clients": self.client,
            "version": self.version.as_ref().ok(),
            "problem": self.version.as_ref().err(),
        })
    }
}
