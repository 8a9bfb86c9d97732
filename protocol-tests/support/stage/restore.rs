//! A stage for the real `dotnet`: the plugin is installed, and a project wants a package.

use std::fs;

use super::Stage;
use crate::support::dotnet::Dotnet;
use crate::support::fake_codeartifact::{Package, TOKEN_PREFIX};
use crate::support::process::Run;
use crate::support::secret_scan;

/// The package that projects want.
pub const PACKAGE: &str = "Sandbox.Greeting";

impl Stage {
    /// The source `my-repo` with [`PACKAGE`] 1.0.0, and the project `app` that wants it.
    pub fn restoring() -> Self {
        Self::new().with_package().with_nuget_config().with_project()
    }

    /// [`PACKAGE`] is in the repository.
    pub fn with_package(self) -> Self {
        self.fake.add_package(&self.repository, &Package::library(PACKAGE, "1.0.0"));
        self
    }

    /// The project folder's NuGet.Config has the repository as its only source.
    pub fn with_nuget_config(self) -> Self {
        self.home.write_nuget_config(&[("my-repo", &self.source)]);
        self
    }

    /// The plugin is installed, and the project `app` wants [`PACKAGE`].
    pub fn with_project(self) -> Self {
        self.home.install_plugin();
        self.home.write_project("app", &[(PACKAGE, "1.0.0")]);
        self
    }

    /// The project `app` wants [`PACKAGE`]. Every SDK restores it, and needs no package of its own for
    /// that.
    pub fn write_project_for_old_sdks(&self) {
        self.home.write(
            "project/app/app.csproj",
            &format!(
                "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup>\
                 <TargetFramework>netstandard2.0</TargetFramework>\
                 <DisableImplicitFrameworkReferences>true</DisableImplicitFrameworkReferences>\
                 </PropertyGroup><ItemGroup><PackageReference Include=\"{PACKAGE}\" \
                 Version=\"1.0.0\" /></ItemGroup></Project>"
            ),
        );
    }

    /// Runs `dotnet`; no run may print a token.
    pub fn dotnet(&self, arguments: &[&str]) -> Run {
        self.dotnet_with(arguments, &[])
    }

    /// As [`Self::dotnet`], with further variables.
    pub fn dotnet_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        let run = Dotnet::needed().run_with(&self.home, arguments, variables);
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
}

/// How often `text` is in the output.
pub fn count(run: &Run, text: &str) -> usize {
    run.output().matches(text).count()
}
