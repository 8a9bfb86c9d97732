//! What the story is about: the fake with its repository, and the home.

use std::fs;

use crate::story::{Story, seconds};
use crate::support::fake_codeartifact::{FakeCodeArtifact, Repository, TOKEN_PREFIX};
use crate::support::sandbox_home::SandboxHome;
use crate::support::secret_scan;
use crate::support::stage::Stage;
use crate::support::stage::restore::PACKAGE;

/// A fake with one package, and a home whose project wants it.
#[derive(Debug)]
pub struct Setting {
    pub fake: FakeCodeArtifact,
    pub home: SandboxHome,
    pub repository: Repository,
}

impl Setting {
    pub fn new() -> Self {
        let stage = Stage::new().with_package().with_nuget_config();
        let Stage { fake, home, repository, .. } = stage;
        home.write_project("app", &[(PACKAGE, "1.0.0")]);
        Self { fake, home, repository }
    }

    /// The URL of the source.
    pub fn source(&self) -> String {
        self.fake.source(&self.repository)
    }

    /// Installs the plugin as a user would.
    pub fn install(&self, story: &mut Story) -> Result<(), String> {
        story.step("Install the plugin:  nuget-plugin-codeartifact install");
        let run = self.home.run_plugin(&["install"]);
        story.say(&self.shortened(&run.output()));
        let took = format!("done in {}", seconds(run.took));
        story.require(run.succeeded(), &took, "the installation failed")
    }

    /// Shows what a user has to write.
    pub fn show_the_source(&self, story: &mut Story) {
        story.step("A source that wants a password. NuGet.Config has its URL, and no password:");
        let file = self.home.project().join("NuGet.Config");
        story.say(&fs::read_to_string(file).unwrap_or_default());
    }

    /// No token may be anywhere but in the plugin's own cache.
    pub fn look_for_tokens(&self, story: &mut Story) -> Result<(), String> {
        story.step("Look for tokens in every file that is there now");
        let secrets = [TOKEN_PREFIX.to_owned()];
        let cache = self.home.cache_dir();
        let plugins = self.home.home().join(".nuget/plugins");
        let strayed =
            secret_scan::files_with_secrets(self.home.root(), &secrets, &[cache.clone(), plugins]);
        let problem = format!("a token is in {strayed:?}");
        story.require(strayed.is_empty(), "none in NuGet.Config, none elsewhere", &problem)?;
        let open = secret_scan::readable_by_others(&cache);
        let place = self.shortened(&cache.to_string_lossy());
        let well = format!("only in the plugin's cache, readable by its owner alone: {place}");
        story.require(open.is_empty(), &well, &format!("others may read {open:?}"))
    }

    /// The text with `~` for the throwaway home.
    pub fn shortened(&self, text: &str) -> String {
        let home = self.home.home().to_string_lossy().into_owned();
        let root = self.home.root().to_string_lossy().into_owned();
        text.replace(&home, "~").replace(&root, "…")
    }
}
