//! The package manager that a copy of this program on `PATH` belongs to. It updates and removes the
//! copy; this program must not, and does not advise to.
#![expect(clippy::disallowed_methods, reason = "the lists of package managers are on disk")]

use std::fs;
use std::path::{Component, Path};

use crate::base::{PROGRAM, files};

/// Larger than the list of packages of any system.
const LARGEST_LIST: u64 = 64 << 20;

/// Where rpm keeps its list; it is a database.
const RPM_FOLDERS: [&str; 2] = ["usr/lib/sysimage/rpm", "var/lib/rpm"];
const RPM_FILES: [&str; 3] = ["rpmdb.sqlite", "Packages.db", "Packages"];

/// A package manager whose packages a release makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackageManager {
    Apk,
    Dpkg,
    Homebrew,
    Pacman,
    Rpm,
    Scoop,
    Winget,
}

impl PackageManager {
    /// The one that has put the file, or the target of the link, where it is.
    pub fn of(file: &Path) -> Option<Self> {
        let real = fs::canonicalize(file).ok()?;
        // The link of winget and the file of Scoop lead elsewhere; their places tell.
        Self::of_place(&real).or_else(|| Self::of_place(file)).or_else(|| Self::of_system(&real))
    }

    fn of_place(file: &Path) -> Option<Self> {
        let folders: Vec<String> = file
            .components()
            .filter(|part| matches!(part, Component::Normal(_)))
            .map(|part| part.as_os_str().to_string_lossy().to_ascii_lowercase())
            .collect();
        let has = |first: &str, second: &str| {
            folders.windows(2).any(|pair| pair[0] == first && pair[1] == second)
        };
        if has("cellar", PROGRAM) {
            Some(Self::Homebrew)
        } else if has("scoop", "shims") || has("apps", PROGRAM) {
            Some(Self::Scoop)
        } else if has("winget", "links") || has("winget", "packages") {
            Some(Self::Winget)
        } else {
            None
        }
    }

    /// The one of the system, whose lists are beside its `/usr/bin`.
    fn of_system(file: &Path) -> Option<Self> {
        let root =
            file.parent().filter(|folder| folder.ends_with("usr/bin"))?.ancestors().nth(2)?;
        let apk = files::beginning(&root.join("lib/apk/db/installed"), LARGEST_LIST);
        let line = format!("P:{PROGRAM}");
        if root.join(format!("var/lib/dpkg/info/{PROGRAM}.list")).is_file() {
            Some(Self::Dpkg)
        } else if apk.split(|byte| *byte == b'\n').any(|found| found == line.as_bytes()) {
            Some(Self::Apk)
        } else if is_pacmans(root) {
            Some(Self::Pacman)
        } else {
            let mut lists = RPM_FOLDERS.iter().flat_map(|folder| RPM_FILES.map(|it| (folder, it)));
            let has_rpm = lists.any(|(folder, file)| root.join(folder).join(file).is_file());
            has_rpm.then_some(Self::Rpm)
        }
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Apk => "apk",
            Self::Dpkg => "dpkg",
            Self::Homebrew => "Homebrew",
            Self::Pacman => "pacman",
            Self::Rpm => "rpm",
            Self::Scoop => "Scoop",
            Self::Winget => "winget",
        }
    }

    /// The command that installs the newest version; none if the file of a release must be downloaded.
    pub fn update(self) -> Option<String> {
        let command = match self {
            Self::Homebrew => "brew upgrade",
            Self::Scoop => "scoop update",
            Self::Winget => "winget upgrade",
            Self::Apk | Self::Dpkg | Self::Pacman | Self::Rpm => return None,
        };
        Some(format!("{command} {PROGRAM}"))
    }

    /// The command that removes the package.
    pub fn removal(self) -> String {
        let command = match self {
            Self::Apk => "sudo apk del",
            Self::Dpkg => "sudo apt-get remove",
            Self::Homebrew => "brew uninstall",
            Self::Pacman => "sudo pacman --remove",
            Self::Rpm => "sudo rpm --erase",
            Self::Scoop => "scoop uninstall",
            Self::Winget => "winget uninstall",
        };
        format!("{command} {PROGRAM}")
    }
}

/// pacman has a folder for each package, `NAME-VERSION-RELEASE`.
fn is_pacmans(root: &Path) -> bool {
    let Ok(entries) = fs::read_dir(root.join("var/lib/pacman/local")) else { return false };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let rest = name.to_str().and_then(|name| name.strip_prefix(PROGRAM)?.strip_prefix('-'));
        rest.is_some_and(|rest| rest.matches('-').count() == 1)
    })
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// The manager of `root/usr/bin/NAME` beside this list.
    fn of_list(list: &str, text: &str) -> Option<PackageManager> {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let file = root.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, text).unwrap();
            file
        };
        let program = write("usr/bin/nuget-plugin-codeartifact", "");
        write(list, text);
        let command = root.path().join("usr/bin/dotnet-codeartifact");
        symlink("nuget-plugin-codeartifact", &command).unwrap();
        let manager = PackageManager::of(&program);
        assert_eq!(PackageManager::of(&command), manager, "the link is of the same package");
        manager
    }

    #[test]
    fn the_list_of_the_system_names_its_packages() {
        use PackageManager::{Apk, Dpkg, Pacman, Rpm};
        for (list, text, manager) in [
            ("var/lib/dpkg/info/nuget-plugin-codeartifact.list", "", Some(Dpkg)),
            ("var/lib/dpkg/info/nuget-plugin-other.list", "", None),
            (
                "lib/apk/db/installed",
                "P:musl\nV:1\n\nP:nuget-plugin-codeartifact\nV:1\n",
                Some(Apk),
            ),
            ("lib/apk/db/installed", "P:nuget-plugin-codeartifact-doc\n", None),
            ("var/lib/pacman/local/nuget-plugin-codeartifact-0.1.0-1/desc", "", Some(Pacman)),
            ("var/lib/pacman/local/nuget-plugin-codeartifact-git-1.0-1/desc", "", None),
            ("usr/lib/sysimage/rpm/rpmdb.sqlite", "", Some(Rpm)),
            ("usr/lib/elsewhere", "", None),
        ] {
            assert_eq!(of_list(list, text), manager, "{list} {text}");
        }
    }

    #[test]
    fn some_are_known_by_their_folders() {
        use PackageManager::{Homebrew, Scoop, Winget};
        for (file, manager) in [
            ("/opt/homebrew/Cellar/nuget-plugin-codeartifact/0.1.0/bin/x", Some(Homebrew)),
            ("/home/u/scoop/shims/nuget-plugin-codeartifact.exe", Some(Scoop)),
            ("/d/apps/nuget-plugin-codeartifact/current/x.exe", Some(Scoop)),
            ("/u/AppData/Local/Microsoft/WinGet/Links/x.exe", Some(Winget)),
            ("/usr/local/bin/nuget-plugin-codeartifact", None),
        ] {
            assert_eq!(PackageManager::of_place(Path::new(file)), manager, "{file}");
        }
    }
}
