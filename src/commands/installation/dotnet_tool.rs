//! This program as a .NET tool: what `dotnet tool install` puts into a folder of tools.
//!
//! The SDK keeps a tool's package in `.store/ID` beside the command's file. The file is a copy of the
//! executable in the package, or a link to it, as the package demands.

use std::path::{Component, Path};

use crate::base::PROGRAM;
use crate::base::shell::quoted;

/// A .NET tool in a folder of tools.
#[derive(Debug, PartialEq, Eq)]
pub struct DotnetTool {
    id: String,
    /// The option of `dotnet tool` that names the folder.
    place: String,
}

impl DotnetTool {
    /// The tool whose command this file is, if it is one.
    pub fn of(file: &Path) -> Option<Self> {
        let folder = file.parent()?;
        let id = linked(file).or_else(|| {
            let has_package = folder.join(".store").join(PROGRAM).is_dir();
            has_package.then(|| PROGRAM.to_owned())
        })?;
        let place = if folder.ends_with(".dotnet/tools") {
            "--global".to_owned()
        } else {
            format!("--tool-path {}", quoted(&folder.to_string_lossy()))
        };
        Some(Self { id, place })
    }

    /// The command that updates it.
    pub fn update(&self) -> String {
        self.command("update")
    }

    /// The command that removes it.
    pub fn uninstall(&self) -> String {
        self.command("uninstall")
    }

    fn command(&self, word: &str) -> String {
        format!("dotnet tool {word} {} {}", self.place, quoted(&self.id))
    }
}

/// The id in the target of a link, `.store/ID/VERSION/…`.
fn linked(file: &Path) -> Option<String> {
    let target = file.canonicalize().ok()?;
    let mut parts = target.components().map(Component::as_os_str);
    parts.find(|part| *part == ".store")?;
    Some(parts.next()?.to_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_known_by_the_package_beside_it() {
        let root = tempfile::tempdir().unwrap();
        let tools = root.path().join(".dotnet").join("tools");
        std::fs::create_dir_all(tools.join(".store").join("another-tool")).unwrap();
        let file = tools.join(PROGRAM);
        std::fs::write(&file, "").unwrap();
        assert_eq!(DotnetTool::of(&file), None);
        std::fs::create_dir(tools.join(".store").join(PROGRAM)).unwrap();
        let tool = DotnetTool::of(&file).unwrap();
        assert_eq!(tool.update(), format!("dotnet tool update --global {PROGRAM}"));
        assert_eq!(tool.uninstall(), format!("dotnet tool uninstall --global {PROGRAM}"));
    }

    #[test]
    fn another_folder_is_named() {
        let root = tempfile::tempdir().unwrap();
        let tools = root.path().join("my tools");
        std::fs::create_dir_all(tools.join(".store").join(PROGRAM)).unwrap();
        let tool = DotnetTool::of(&tools.join(PROGRAM)).unwrap();
        let folder = quoted(&tools.to_string_lossy());
        assert_eq!(
            tool.uninstall(),
            format!("dotnet tool uninstall --tool-path {folder} {PROGRAM}")
        );
    }
}
