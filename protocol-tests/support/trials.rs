//! Tests that need a tool which is not everywhere. Without it they are reported as ignored, or as
//! failed where `CODEARTIFACT_NUGET_TEST_REQUIRE` names it (a list with commas, or `all`).

use std::env;
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};

use super::dotnet::{Dotnet, find_on_path};

/// A tool that a test may need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    Dotnet,
    /// `aws` in `/usr/bin`, which works with `dotnet`.
    Aws,
    /// `mono`, and a nuget.exe that the variable `NUGET_EXE` names.
    NugetExe,
}

impl Tool {
    /// Its name in `CODEARTIFACT_NUGET_TEST_REQUIRE`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dotnet => "dotnet",
            Self::Aws => "aws",
            Self::NugetExe => "nuget.exe",
        }
    }

    fn is_there(self) -> bool {
        match self {
            Self::Dotnet => Dotnet::find().is_some(),
            Self::Aws => Dotnet::find().is_some() && Path::new("/usr/bin/aws").is_file(),
            Self::NugetExe => find_on_path("mono").is_some() && nuget_exe().is_some(),
        }
    }

    /// Whether a test that needs it is to be reported as ignored.
    pub fn is_missing(self) -> bool {
        !self.is_there() && !self.is_required()
    }

    fn is_required(self) -> bool {
        let list = env::var("CODEARTIFACT_NUGET_TEST_REQUIRE").unwrap_or_default();
        list.split(',').any(|name| name.trim() == self.name() || name.trim() == "all")
    }
}

/// The nuget.exe that `NUGET_EXE` names, where it is a file.
pub fn nuget_exe() -> Option<PathBuf> {
    env::var_os("NUGET_EXE").map(PathBuf::from).filter(|file| file.is_file())
}

/// A test that needs `tool`.
pub fn trial(name: &'static str, tool: Tool, test: fn()) -> Trial {
    if tool.is_there() {
        return Trial::test(name, move || {
            test();
            Ok(())
        });
    }
    let missing = move || Err(Failed::from(format!("{} is not here", tool.name())));
    Trial::test(name, missing).with_ignored_flag(!tool.is_required())
}
