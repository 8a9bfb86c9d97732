//! Windows programs on Linux, by `.ci/wine`.

use std::path::Path;
use std::process::Command;

/// `.ci/wine` with the environment of whoever runs the tests, since its Windows is in that home.
pub fn wine(word: &str) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/wine"));
    command.arg(word).env_clear().env("CODEARTIFACT_NUGET_WINE_LIMIT", "110");
    for name in ["HOME", "PATH", "XDG_CACHE_HOME", "CODEARTIFACT_NUGET_WINE", "WINEPREFIX"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// The path as Windows programs see it there.
pub fn windows_path(path: &Path) -> String {
    format!("Z:{}", path.to_string_lossy().replace('/', "\\"))
}

/// The variables of a user whose folders are below this one.
pub fn variables_of(user: &Path) -> [(&'static str, String); 5] {
    let data = |name: &str| windows_path(&user.join("AppData").join(name));
    [
        ("USERPROFILE", windows_path(user)),
        ("APPDATA", data("Roaming")),
        ("LOCALAPPDATA", data("Local")),
        ("TEMP", data("Local/Temp")),
        ("TMP", data("Local/Temp")),
    ]
}
