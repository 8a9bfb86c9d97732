//! Packages made in memory.

use std::io::{Cursor, Write};
use std::sync::Arc;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A package of one id and version.
#[derive(Debug, Clone)]
pub struct Package {
    pub id: String,
    pub version: String,
    kind: &'static str,
    files: Vec<(String, String)>,
    /// The bytes as pushed, instead of what [`Self::nupkg`] would make.
    pushed: Option<Arc<[u8]>>,
}

impl Package {
    /// A library that fits every project and contains no code.
    pub fn library(id: &str, version: &str) -> Self {
        Self::of(id, version, "Dependency", [("lib/netstandard2.0/_._", "")])
    }

    /// A .NET tool whose command is a shell script that greets.
    pub fn tool(id: &str, version: &str, command: &str) -> Self {
        let settings = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<DotNetCliTool Version=\"2\"><Commands>\
             <Command Name=\"{command}\" EntryPoint=\"{command}\" Runner=\"executable\" />\
             </Commands></DotNetCliTool>"
        );
        let script = format!("#!/bin/sh\necho greetings from {command}\n");
        let mut package = Self::of(id, version, "DotnetTool", []);
        for rid in ["linux-x64", "linux-arm64", "linux-musl-x64", "osx-x64", "osx-arm64"] {
            let folder = format!("tools/any/{rid}");
            let file = |name: &str| format!("{folder}/{name}");
            package.files.push((file("DotnetToolSettings.xml"), settings.clone()));
            package.files.push((file(command), script.clone()));
        }
        package
    }

    /// An `MSBuild` SDK that a project can name instead of `Microsoft.NET.Sdk`.
    pub fn msbuild_sdk(id: &str, version: &str) -> Self {
        let import = |file| {
            format!("<Project><Import Project=\"{file}\" Sdk=\"Microsoft.NET.Sdk\" /></Project>")
        };
        let (props, targets) = (import("Sdk.props"), import("Sdk.targets"));
        let files = [("Sdk/Sdk.props", &*props), ("Sdk/Sdk.targets", &*targets)];
        Self::of(id, version, "MSBuildSdk", files)
    }

    /// A package that someone pushed.
    pub fn pushed(id: &str, version: &str, nupkg: &[u8]) -> Self {
        Self { pushed: Some(nupkg.into()), ..Self::of(id, version, "Dependency", []) }
    }

    /// The package's `.nuspec`.
    pub fn nuspec(&self) -> String {
        let Self { id, version, kind, .. } = self;
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
             <package xmlns=\"http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd\">\
             <metadata><id>{id}</id><version>{version}</version><authors>fake</authors>\
             <description>made by the fake</description>\
             <packageTypes><packageType name=\"{kind}\" /></packageTypes></metadata></package>"
        )
    }

    /// The package as a file.
    pub fn nupkg(&self) -> Vec<u8> {
        if let Some(pushed) = &self.pushed {
            return pushed.to_vec();
        }
        let nuspec_name = format!("{}.nuspec", self.id);
        let nuspec = self.nuspec();
        let own = [("[Content_Types].xml", CONTENT_TYPES), (&nuspec_name, &nuspec)];
        let files = self.files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let stored =
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        for (name, text) in own.into_iter().chain(files) {
            archive.start_file(name, stored).expect("names are good");
            archive.write_all(text.as_bytes()).expect("memory takes it");
        }
        archive.finish().expect("memory takes it").into_inner()
    }

    fn of<const N: usize>(
        id: &str,
        version: &str,
        kind: &'static str,
        files: [(&str, &str); N],
    ) -> Self {
        let files = files.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        Self { id: id.to_owned(), version: version.to_owned(), kind, files, pushed: None }
    }
}

const CONTENT_TYPES: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
    <Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
    <Default Extension=\"nuspec\" ContentType=\"application/octet\" />\
    <Default Extension=\"xml\" ContentType=\"application/octet\" />\
    <Default Extension=\"_\" ContentType=\"application/octet\" /></Types>";
