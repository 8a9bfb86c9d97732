//! Tests that need a tool which is not everywhere. Without it they are reported as ignored, or as
//! failed where `CODEARTIFACT_NUGET_TEST_REQUIRE` names it (a list with commas, or `all`).

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use libtest_mimic::{Failed, Trial};

use super::dotnet::{Dotnet, find_on_path};

/// A tool that a test may need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    Dotnet,
    /// `mono`, and a nuget.exe that the variable `NUGET_EXE` names.
    NugetExe,
    /// A mount namespace of one's own, in which root can put anything into `/etc`.
    MountNamespace,
    /// The AWS CLI, version 2, that `AWS_CLI` names or that is on PATH.
    Aws,
    /// That this user has no tokens in memory: `status` would show them to a test, and `logout` forget
    /// them, wherever the home is.
    CleanMemory,
}

impl Tool {
    /// Its name in `CODEARTIFACT_NUGET_TEST_REQUIRE`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dotnet => "dotnet",
            Self::NugetExe => "nuget.exe",
            Self::MountNamespace => "mount-namespace",
            Self::Aws => "aws",
            Self::CleanMemory => "clean-memory",
        }
    }

    fn is_there(self) -> bool {
        match self {
            Self::Dotnet => Dotnet::find().is_some(),
            Self::NugetExe => find_on_path("mono").is_some() && nuget_exe().is_some(),
            Self::MountNamespace => has_mount_namespaces(),
            Self::Aws => aws_cli().is_some(),
            Self::CleanMemory => !keeps_tokens_in_memory(),
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

fn keeps_tokens_in_memory() -> bool {
    let id = Command::new("id").arg("-u").output();
    let id = id.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let id = id.unwrap_or_default();
    let folders = ["/dev/shm".to_owned(), format!("/run/user/{id}")];
    let ours = format!("nuget-plugin-codeartifact-{id}");
    folders.iter().any(|base| Path::new(base).join(&ours).exists())
}

/// Whether this is root, and the system lets it mount something where nobody else sees it.
fn has_mount_namespaces() -> bool {
    let mut unshare = Command::new("unshare");
    unshare.args(["-m", "sh", "-c", "[ $(id -u) = 0 ] && mount -t tmpfs tmpfs /etc"]);
    unshare.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// The first `aws` that says it is version 2: `AWS_CLI`, the system's, the first on PATH. Version 1
/// of Python's tools may stand before the system's.
pub fn aws_cli() -> Option<PathBuf> {
    let named = env::var_os("AWS_CLI").map(PathBuf::from);
    let system = Some(PathBuf::from("/usr/bin/aws")).filter(|file| file.is_file());
    [named, system, find_on_path("aws")].into_iter().flatten().find(|file| {
        let version = Command::new(file).arg("--version").output();
        version.is_ok_and(|output| output.stdout.starts_with(b"aws-cli/2."))
    })
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
