//! What most of these tests begin with: a fake with one repository, a home that has the plugin, and
//! a project that wants a package.

use std::fs;

use crate::support::dotnet::Dotnet;
use crate::support::fake_codeartifact::{FakeCodeArtifact, Package, Repository, TOKEN_PREFIX};
use crate::support::process::Run;
use crate::support::sandbox_home::SandboxHome;
use crate::support::secret_scan;

/// The package that projects want.
pub const PACKAGE: &str = "Sandbox.Greeting";

/// A fake, a home and a `dotnet`.
#[derive(Debug)]
pub struct Stage {
    pub fake: FakeCodeArtifact,
    pub home: SandboxHome,
    pub repository: Repository,
    dotnet: Dotnet,
}

impl Stage {
    /// The source `my-repo` with [`PACKAGE`] 1.0.0, and the project `app` that wants it.
    pub fn new() -> Self {
        let fake = FakeCodeArtifact::start();
        let repository = Repository::new("my-repo");
        fake.add_package(&repository, &Package::library(PACKAGE, "1.0.0"));
        let home = SandboxHome::for_codeartifact(&fake);
        home.install_plugin();
        home.write_nuget_config(&[("my-repo", &fake.source(&repository))]);
        home.write_project("app", &[(PACKAGE, "1.0.0")]);
        Self { fake, home, repository, dotnet: Dotnet::find().expect("checked before") }
    }

    /// Runs `dotnet`; no run may print a token.
    pub fn dotnet(&self, arguments: &[&str]) -> Run {
        self.dotnet_with(arguments, &[])
    }

    /// As [`Self::dotnet`], with further variables.
    pub fn dotnet_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        let run = self.dotnet.run_with(&self.home, arguments, variables);
        secret_scan::assert_no_secrets_in(&run.output(), &[TOKEN_PREFIX.to_owned()]);
        run
    }

    /// `dotnet restore app` with the plain console and these arguments.
    pub fn restore(&self, arguments: &[&str]) -> Run {
        self.dotnet(&[&["restore", "app", "--tl:off"], arguments].concat())
    }

    /// Forgets what was restored, so that the next restore asks the source again.
    pub fn forget_packages(&self) {
        for folder in ["packages", "http-cache", "project/app/obj"] {
            let _ = fs::remove_dir_all(self.home.root().join(folder));
        }
    }

    /// Whether the package is in the packages folder.
    pub fn has_package(&self, id: &str, version: &str) -> bool {
        self.home.root().join("packages").join(id.to_lowercase()).join(version).is_dir()
    }

    /// Requires that [`PACKAGE`] is there, and that no secret is where none belongs.
    #[track_caller]
    pub fn assert_restored(&self) {
        assert!(self.has_package(PACKAGE, "1.0.0"), "the package did not come");
        self.home.assert_no_secrets();
    }

    /// How often the token API was called.
    pub fn token_calls(&self) -> usize {
        self.fake.token_calls().len()
    }
}

/// How a line of ours begins.
pub const OUR_LINE: &str = "[CredentialProvider]CodeArtifact:";

/// How often `text` is in the output.
pub fn count(run: &Run, text: &str) -> usize {
    run.output().matches(text).count()
}
