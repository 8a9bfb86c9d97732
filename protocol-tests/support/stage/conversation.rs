//! One conversation with the plugin about [`SOURCE`].

use super::{SOURCE, Stage, secrets};
use crate::support::fake_codeartifact::TOKEN_PREFIX;
use crate::support::fake_nuget::{Answer, FakeNuget, LIMIT};
use crate::support::sandbox_home::SandboxHome;
use crate::support::secret_scan;
use crate::support::trials::{Trial, trial};

/// How each line of the plugin begins.
pub const HEAD: &str = "[CredentialProvider]CodeArtifact: ";

/// A test of a conversation that fails with this line behind [`HEAD`]: once as a Warning before the
/// answer, `Error` without and `NotFound` with a user who could act, and nothing secret anywhere.
pub fn failing(name: &'static str, set_up: fn(&mut Stage), line: &'static str) -> Trial {
    trial(name, move || {
        let mut stage = Stage::new().with_log();
        set_up(&mut stage);
        stage.assert_fails(line);
    })
}

/// The token that a conversation of its own gets.
#[track_caller]
pub fn token_of_a_process(home: &SandboxHome, source: &str) -> String {
    let mut nuget = FakeNuget::start(home);
    let token = nuget.ask(source, false, true).assert_success().assert_no_logs().password().into();
    nuget.finish();
    token
}

impl Stage {
    #[track_caller]
    pub fn assert_fails(&self, line: &str) {
        self.assert_warns(&format!("{HEAD}{line}"));
    }

    /// As [`failing`], with the whole line.
    #[track_caller]
    pub fn assert_warns(&self, line: &str) {
        let mut nuget = FakeNuget::start(&self.home);
        let first = nuget.ask(SOURCE, false, true);
        self.assert_line(&first, line);
        let second = nuget.ask(SOURCE, false, false);
        second.assert_refusal("NotFound").assert_no_logs();
        self.finish_without_a_token(nuget);
    }

    /// As [`Self::assert_fails`], asking once, and for what takes up to a minute.
    #[track_caller]
    pub fn assert_fails_late(&self, line: &str) {
        let mut nuget = FakeNuget::start(&self.home);
        let id = nuget.begin_ask(SOURCE, false, true);
        let answer = nuget.answer_to(&id, LIMIT * 4);
        self.assert_line(&answer, &format!("{HEAD}{line}"));
        self.finish_without_a_token(nuget);
    }

    /// Requires Success, and no log line above Minimal.
    #[track_caller]
    pub fn assert_succeeds(&self) {
        let mut nuget = FakeNuget::start(&self.home);
        let id = nuget.begin_ask(SOURCE, false, true);
        let answer = nuget.answer_to(&id, LIMIT * 3);
        answer.assert_success();
        assert!(answer.logs.iter().all(|line| !matches!(&*line.level, "Warning" | "Error")));
        nuget.close_stdin();
        assert!(nuget.wait_exit(LIMIT).success());
        assert_eq!(nuget.stderr(), "");
        self.assert_no_secrets();
    }

    /// One request in a conversation of its own, answered with Error; its line.
    #[track_caller]
    pub fn line_for(&self, source: &str) -> String {
        let mut nuget = FakeNuget::start(&self.home);
        let answer = nuget.ask(source, false, true);
        let line = self.readable(answer.assert_refusal("Error").the_warning());
        self.finish_without_a_token(nuget);
        line
    }

    /// Ends the conversation. Requires that no secret except the token was sent, and that none was
    /// left anywhere.
    #[track_caller]
    pub fn finish(&self, mut nuget: FakeNuget) {
        nuget.close_stdin();
        assert!(nuget.wait_exit(LIMIT).success());
        secret_scan::assert_no_secrets_in(&nuget.exchange().replace(TOKEN_PREFIX, ""), &secrets());
        secret_scan::assert_no_secrets_in(&nuget.stderr(), &secrets());
        self.assert_no_secrets();
    }

    /// Like [`Self::finish`], for a conversation without a token and with an empty standard error.
    #[track_caller]
    fn finish_without_a_token(&self, mut nuget: FakeNuget) {
        nuget.close_stdin();
        assert!(nuget.wait_exit(LIMIT).success());
        assert_eq!(nuget.stderr(), "");
        secret_scan::assert_no_secrets_in(&nuget.exchange(), &secrets());
        self.assert_no_secrets();
    }

    #[track_caller]
    fn assert_line(&self, answer: &Answer, line: &str) {
        assert_eq!(self.readable(answer.the_warning()), line);
        answer.assert_refusal("Error");
    }
}
