//! The `dotnet` host with which a client would start the plugin.

use std::path::PathBuf;

use crate::base::environment::Environment;
use crate::base::files::can_start;

const HOST: &str = if cfg!(windows) { "dotnet.exe" } else { "dotnet" };

/// The folders of installers and distributions. They are searched if neither a variable nor `PATH`
/// names one.
const USUAL_FOLDERS: &[&str] = if cfg!(windows) {
    &[r"C:\Program Files\dotnet"]
} else {
    &[
        "/usr/share/dotnet",
        "/usr/lib/dotnet",
        "/usr/lib64/dotnet",
        "/usr/local/share/dotnet",
        "/opt/homebrew/bin",
        "/snap/bin",
    ]
};

/// The first existing one of: the host that a running SDK names, the one on `PATH`, the one that
/// `DOTNET_ROOT` names, and those in the usual folders.
pub fn find(environment: &Environment) -> Option<PathBuf> {
    let named = environment.path("DOTNET_HOST_PATH").filter(|path| path.is_absolute());
    named.into_iter().chain(candidates(environment)).find(|path| can_start(path))
}

fn candidates(environment: &Environment) -> impl Iterator<Item = PathBuf> {
    let mut folders = environment.path_folders();
    folders.extend(environment.path("DOTNET_ROOT"));
    folders.extend(environment.path("ProgramFiles").map(|folder| folder.join("dotnet")));
    folders.extend(environment.home().map(|home| home.join(".dotnet")));
    folders.extend(USUAL_FOLDERS.iter().map(PathBuf::from));
    folders.into_iter().filter(|folder| folder.is_absolute()).map(|folder| folder.join(HOST))
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_one_that_can_be_started_and_is_named_first_wins() {
        let place = tempfile::tempdir().unwrap();
        let folder = |name: &str| place.path().join(name);
        let host = |name: &str, mode| {
            fs::create_dir_all(folder(name)).unwrap();
            let host = folder(name).join("dotnet");
            fs::write(&host, "").unwrap();
            fs::set_permissions(&host, fs::Permissions::from_mode(mode)).unwrap();
            host
        };
        host("unstartable", 0o644);
        let on_path = host("on-path", 0o755);
        let named = host("named", 0o755);
        let path =
            std::env::join_paths([folder("absent"), folder("unstartable"), folder("on-path")]);
        let path = path.unwrap().into_string().unwrap();

        let by_path = Environment::from_pairs([("PATH", path.as_str())]);
        assert_eq!(find(&by_path), Some(on_path));
        let by_name = Environment::from_pairs([
            ("PATH", path.as_str()),
            ("DOTNET_HOST_PATH", named.to_str().unwrap()),
        ]);
        assert_eq!(find(&by_name), Some(named));
    }
}
