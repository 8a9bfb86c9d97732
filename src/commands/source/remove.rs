//! `source remove`: removes a source, and what the same file has for it.

use std::io::{self, Write};

use serde::Serialize;

use super::{SourceContext, SourceError, find};
use crate::base::text::excerpt;
use crate::base::url::redacted;
use crate::cli::source::SourceRemoveArgs;
use crate::nuget_config::{NugetConfig, remove_source, sections_of_source};
use crate::report::Output;

/// The result. Names and values of the JSON must not change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RemoveReport {
    name: String,
    url: String,
    /// The files that were changed.
    files: Vec<ChangedFile>,
    /// The files that still have something for the source.
    left: Vec<ChangedFile>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangedFile {
    path: String,
    /// The sections with an entry of the source.
    sections: Vec<&'static str>,
}

/// Removes the source from every file that NuGet writes, or from the named one.
pub fn run(
    args: &SourceRemoveArgs,
    context: &SourceContext<'_>,
    out: &mut Output<'_>,
) -> Result<(), SourceError> {
    let config = match &args.configfile {
        Some(file) => NugetConfig::of_file(file)?,
        None => context.config()?,
    };
    let sources = config.sources(context.environment);
    let source = find(&sources, &args.source)?;
    let (mut files, mut left) = (Vec::new(), Vec::new());
    for layer in &config.layers {
        let (file, name) = (&layer.file, &source.name);
        let sections = sections_of_source(file.text(), file.path(), name)?;
        let path = file.path().to_string_lossy().into_owned();
        let is_listed = sections.contains(&"packageSources");
        if sections.is_empty() {
            continue;
        }
        if is_listed && layer.kind.is_written_by_nuget() {
            file.write(&remove_source(file.text(), file.path(), name)?)?;
            files.push(ChangedFile { path, sections });
        } else {
            left.push(ChangedFile { path, sections });
        }
    }
    let name = source.name.clone();
    if files.is_empty() {
        return Err(SourceError::NotRemovable { name: excerpt(&name), file: source.file.clone() });
    }
    let report = RemoveReport { name, url: redacted(&source.url), files, left };
    if out.is_json() {
        out.json(&report, &[])?;
    } else {
        report.print(out)?;
    }
    Ok(())
}

impl RemoveReport {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let name = excerpt(&self.name);
        for ChangedFile { path, sections } in &self.files {
            writeln!(out, "Removed {name} from {path} ({})", sections.join(", "))?;
        }
        for ChangedFile { path, sections } in &self.left {
            writeln!(out, "note: {path} still has {name} ({})", sections.join(", "))?;
        }
        Ok(())
    }
}
