//! Where tokens are kept: where the user wants them, otherwise where they are safe.

use std::path::{Path, PathBuf};

use super::folder::Folder;
use super::system;
use crate::base::environment::Environment;
use crate::base::files;
use crate::base::runtime_environment;
use crate::locations::Locations;
use crate::settings::{self, CacheMode, CacheSettings};

/// The place of the tokens.
#[derive(Debug)]
pub enum CachePlace {
    Folder(Folder),
    Process,
    Nowhere,
}

impl CachePlace {
    /// Chooses the place and creates its folder. Adds notes for the log. `root` is `/` except in
    /// tests.
    pub fn choose(
        settings: &CacheSettings,
        environment: &Environment,
        locations: &Locations,
        root: &Path,
        notes: &mut Vec<String>,
    ) -> Self {
        let named = named_folder(settings, notes);
        match (settings.mode, named) {
            (CacheMode::Off, _) => Self::Nowhere,
            (CacheMode::Memory, _) => Self::Process,
            (CacheMode::Auto | CacheMode::Disk, Some(dir)) => Self::first_of([dir], notes),
            (CacheMode::Disk, None) => Self::first_of(locations.cache_dir(), notes),
            (CacheMode::Auto, None) => Self::automatic(environment, locations, root, notes),
        }
    }

    /// The folder, if the place is one.
    pub fn folder(&self) -> Option<&Folder> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::Process | Self::Nowhere => None,
        }
    }

    fn automatic(
        environment: &Environment,
        locations: &Locations,
        root: &Path,
        notes: &mut Vec<String>,
    ) -> Self {
        let Some(sign) = runtime_environment::container_or_ci(environment, root) else {
            return Self::first_of(locations.cache_dir(), notes);
        };
        notes.push(format!("{sign}: tokens are kept in memory only"));
        Self::first_of(system::memory_folders(environment), notes)
    }

    /// The first usable folder, otherwise this process.
    fn first_of(folders: impl IntoIterator<Item = PathBuf>, notes: &mut Vec<String>) -> Self {
        for path in folders {
            match Folder::open(path.clone()) {
                Ok(folder) => return Self::Folder(folder),
                Err(refusal) => {
                    let path = path.display();
                    notes.push(format!("the cache folder `{path}` is not used: {refusal}"));
                }
            }
        }
        Self::Process
    }
}

fn named_folder(settings: &CacheSettings, notes: &mut Vec<String>) -> Option<PathBuf> {
    let dir = settings.dir.as_ref()?;
    if !dir.is_absolute() {
        let dir = dir.display();
        notes.push(format!("the cache folder `{dir}` is not used: the path must be absolute"));
        return None;
    }
    Some(dir.clone())
}

/// Every folder that may have tokens of this user without being named in settings. A purge removes
/// them. Those on memory file systems are in folders that all users share, and are listed only if
/// they belong to this user.
pub fn folders(environment: &Environment, locations: &Locations) -> Vec<PathBuf> {
    let memory = system::memory_folders(environment).into_iter();
    let ours = memory.filter(|folder| files::is_own_folder(folder));
    locations.cache_dir().into_iter().chain(ours).collect()
}

/// These folders, and first the one that the user named.
pub fn all_folders(environment: &Environment, locations: &Locations) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = settings::named_cache_dir(environment).into_iter().collect();
    for folder in folders(environment, locations) {
        if !all.contains(&folder) {
            all.push(folder);
        }
    }
    all
}

/// The folders for what has no secret, if the cache has no folder: those that it would have on disk,
/// then those in memory.
pub fn folders_for_records(environment: &Environment, locations: &Locations) -> Vec<PathBuf> {
    let named = settings::named_cache_dir(environment).into_iter();
    named.chain(locations.cache_dir()).chain(system::memory_folders(environment)).collect()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::base::PROGRAM;

    struct Machine {
        home: TempDir,
        root: TempDir,
        /// On Linux's usual memory file system, so that the test touches no folder of the user's.
        runtime: TempDir,
    }

    impl Machine {
        fn new() -> Self {
            let memory = Path::new("/dev/shm");
            let runtime = if memory.exists() { TempDir::new_in(memory) } else { TempDir::new() };
            let (home, root) = (TempDir::new().unwrap(), TempDir::new().unwrap());
            Self { home, root, runtime: runtime.unwrap() }
        }

        fn cache_dir(&self) -> PathBuf {
            self.home.path().join("cache").join(PROGRAM)
        }

        /// The place that is chosen in this home with one more variable.
        fn choose(
            &self,
            settings: &CacheSettings,
            variable: (&str, &str),
        ) -> (CachePlace, Vec<String>) {
            let base = self.home.path().join("cache");
            let base = base.to_str().unwrap();
            let environment = Environment::from_pairs([
                ("XDG_CACHE_HOME", base),
                ("LOCALAPPDATA", base),
                ("XDG_RUNTIME_DIR", self.runtime.path().to_str().unwrap()),
                variable,
            ]);
            let mut notes = Vec::new();
            let locations = Locations::of(&environment);
            let root = self.root.path();
            let place = CachePlace::choose(settings, &environment, &locations, root, &mut notes);
            (place, notes)
        }
    }

    fn mode(mode: CacheMode) -> CacheSettings {
        CacheSettings { mode, dir: None }
    }

    fn folder_of(place: &CachePlace) -> Option<&Path> {
        place.folder().map(Folder::path)
    }

    const PERSON: (&str, &str) = ("SHELL", "/bin/sh");
    const CI: (&str, &str) = ("GITHUB_ACTIONS", "true");

    #[test]
    fn a_persons_tokens_are_in_the_users_cache_folder() {
        let machine = Machine::new();
        let (place, notes) = machine.choose(&mode(CacheMode::Auto), PERSON);
        assert_eq!(folder_of(&place), Some(machine.cache_dir().as_path()));
        assert_eq!(notes, Vec::<String>::new());
    }

    #[test]
    fn on_ci_nothing_is_written_below_the_home() {
        let machine = Machine::new();
        let (place, notes) = machine.choose(&mode(CacheMode::Auto), CI);
        assert_eq!(notes[0], "`GITHUB_ACTIONS` is set: tokens are kept in memory only");
        assert!(!machine.home.path().join("cache").exists());
        match folder_of(&place) {
            Some(path) => assert!(system::is_memory(path)),
            None => assert!(!system::is_memory(machine.runtime.path())),
        }
    }

    #[test]
    fn disk_is_the_users_cache_folder_even_on_ci() {
        let machine = Machine::new();
        let (place, _) = machine.choose(&mode(CacheMode::Disk), CI);
        assert_eq!(folder_of(&place), Some(machine.cache_dir().as_path()));
    }

    #[test]
    fn a_named_folder_is_the_users_word() {
        let machine = Machine::new();
        let dir = machine.home.path().join("named");
        for mode in [CacheMode::Auto, CacheMode::Disk] {
            let settings = CacheSettings { mode, dir: Some(dir.clone()) };
            assert_eq!(folder_of(&machine.choose(&settings, CI).0), Some(dir.as_path()));
        }
        for mode in [CacheMode::Memory, CacheMode::Off] {
            let settings = CacheSettings { mode, dir: Some(dir.clone()) };
            assert_eq!(folder_of(&machine.choose(&settings, CI).0), None);
        }
    }

    #[test]
    fn a_relative_folder_is_not_used() {
        let machine = Machine::new();
        let settings = CacheSettings { mode: CacheMode::Auto, dir: Some("here".into()) };
        let (place, notes) = machine.choose(&settings, PERSON);
        assert_eq!(folder_of(&place), Some(machine.cache_dir().as_path()));
        assert_eq!(notes, ["the cache folder `here` is not used: the path must be absolute"]);
    }

    #[test]
    fn memory_and_off_make_no_folder() {
        let machine = Machine::new();
        assert!(matches!(machine.choose(&mode(CacheMode::Memory), PERSON).0, CachePlace::Process));
        assert!(matches!(machine.choose(&mode(CacheMode::Off), PERSON).0, CachePlace::Nowhere));
        assert!(!machine.home.path().join("cache").exists());
    }

    #[test]
    fn a_folder_that_cannot_be_used_leaves_this_process_and_a_note() {
        let machine = Machine::new();
        std::fs::write(machine.home.path().join("cache"), "a file").unwrap();
        let (place, notes) = machine.choose(&mode(CacheMode::Auto), PERSON);
        assert!(matches!(place, CachePlace::Process));
        assert!(notes[0].starts_with("the cache folder `"), "{notes:?}");
        assert_eq!(notes.len(), 1, "{notes:?}");
    }
}
