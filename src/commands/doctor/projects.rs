//! Sources that projects name themselves, past NuGet.Config. They are read as text, and never evaluated:
//! doctor can say that they are there, and not what they come to.
#![expect(clippy::disallowed_methods, reason = "it lists the project files that exist")]

use std::fs;
use std::path::{Path, PathBuf};

use roxmltree::Document;

use super::finding::Finding;
use super::nuget::Nuget;
use crate::base::files;
use crate::base::invocation::command_name;

/// The properties of MSBuild that name sources or a NuGet.Config, and what they do.
const PROPERTIES: [(&str, &str); 3] = [
    ("RestoreSources", "a restore takes these sources instead of those of NuGet.Config"),
    ("RestoreAdditionalProjectSources", "a restore takes these sources as well"),
    ("RestoreConfigFile", "a restore reads that file alone instead of every NuGet.Config here"),
];

/// The files that MSBuild imports into every project in and below their folder.
const IMPORTED: [&str; 3] =
    ["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"];

/// The largest project file that is read.
const LARGEST: u64 = 1 << 20;

/// The most project files of the working folder that are read.
const MOST_PROJECTS: usize = 50;

/// The most entries of the working folder that are looked at.
const MOST_ENTRIES: usize = 10_000;

/// One warning for each property that a file or the environment sets.
pub fn check(nuget: &Nuget<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in project_files(&nuget.folder) {
        let Ok(bytes) = files::read_regular(&path, LARGEST) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        let set = properties(text.trim_start_matches('\u{feff}'));
        findings.extend(set.into_iter().map(|(line, name, effect)| {
            warning(&format!("`{}`, line {line},", path.display()), name, effect)
        }));
    }
    for (name, effect) in PROPERTIES {
        if nuget.environment.get(name).is_some() {
            findings.push(warning("an environment variable", name, effect));
        }
    }
    findings
}

fn warning(place: &str, name: &str, effect: &str) -> Finding {
    let what = format!("{place} sets `{name}`: {effect}, and doctor does not check them");
    let what =
        what.replace("NuGet.Config here, and doctor does not check them", "NuGet.Config here");
    Finding::warning("restore-sources", what)
        .with_advice(format!("Check such a source by its URL: {} doctor <URL>", command_name()))
}

/// The projects in the working folder, and what is imported into them from there and above.
fn project_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(MOST_ENTRIES);
    let is_project = |path: &PathBuf| {
        let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
        extension.to_ascii_lowercase().ends_with("proj")
    };
    let mut projects: Vec<_> = entries.map(|entry| entry.path()).filter(is_project).collect();
    projects.sort();
    projects.truncate(MOST_PROJECTS);
    let imported = folder.ancestors().flat_map(|folder| IMPORTED.map(|name| folder.join(name)));
    projects.extend(imported);
    projects
}

/// The properties that are set in a project file, each once, with its line.
fn properties(text: &str) -> Vec<(usize, &'static str, &'static str)> {
    let Ok(xml) = Document::parse(text) else { return Vec::new() };
    let mut found: Vec<(usize, &str, &str)> = Vec::new();
    for node in xml.descendants().filter(roxmltree::Node::is_element) {
        let is_in_group = node
            .parent()
            .is_some_and(|group| group.tag_name().name().eq_ignore_ascii_case("PropertyGroup"));
        let is_set = node.text().is_some_and(|text| !text.trim().is_empty());
        let name = node.tag_name().name();
        let known = PROPERTIES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        if let Some((known, effect)) = known.filter(|_| is_in_group && is_set)
            && found.iter().all(|(_, name, _)| name != known)
        {
            let line = text[..node.range().start].matches('\n').count() + 1;
            found.push((line, *known, *effect));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_found_where_msbuild_finds_them() {
        let names = |text: &str| {
            let found = properties(text).into_iter();
            found.map(|(line, name, _)| (line, name)).collect::<Vec<_>>()
        };
        let project = "<Project xmlns='http://schemas.microsoft.com/developer/msbuild/2003'>\n\
                       <PropertyGroup Condition=\"'$(CI)' != ''\">\n<restoresources>a</restoresources>\n\
                       <RestoreSources>b</RestoreSources>\n<RestoreConfigFile> </RestoreConfigFile>\n\
                       </PropertyGroup>\n<ItemGroup><RestoreConfigFile>x</RestoreConfigFile></ItemGroup>\
                       </Project>";
        assert_eq!(names(project), [(3, "RestoreSources")]);
        let added = "<Project><PropertyGroup><RestoreAdditionalProjectSources>$(X)\
                     </RestoreAdditionalProjectSources></PropertyGroup><!-- <RestoreSources>a -->\
                     </Project>";
        assert_eq!(names(added), [(1, "RestoreAdditionalProjectSources")]);
        assert_eq!(names("<Project>"), []);
    }

    #[test]
    fn projects_of_the_folder_and_imports_of_those_above_are_read() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.CSPROJ"), "").unwrap();
        fs::write(folder.path().join("b.txt"), "").unwrap();
        let files = project_files(folder.path());
        assert_eq!(files[0], folder.path().join("a.CSPROJ"));
        assert_eq!(files[1], folder.path().join("Directory.Build.props"));
        assert!(files.contains(&folder.path().parent().unwrap().join("Directory.Packages.props")));
    }
}
