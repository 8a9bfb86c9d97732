//! What a check found.

use std::path::PathBuf;

use serde::{Serialize, Serializer};

use crate::base::text::printable;
use crate::code::Code;
use crate::commands::installation::layout::Client;

/// How a check ended, from the best to the worst. A skipped check found nothing out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Skipped,
    Pass,
    Warning,
    Failure,
}

/// The result of one check. `--json` prints it as it is, so names and values never change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Finding {
    /// Only warnings and failures have one.
    #[serde(serialize_with = "as_text")]
    pub code: Option<Code>,
    /// The subject of the check, in kebab case. Scripts search for it, so it never changes.
    pub check: &'static str,
    pub outcome: Outcome,
    /// The result in one line, for people.
    pub message: String,
    /// The name of the source that it is about, or its URL if it has no name.
    pub source: Option<String>,
    /// The command that fixes it, if there is one.
    pub fix: Option<String>,
    /// What to do if no command fixes it, in a sentence.
    pub advice: Option<String>,
    /// The domain of the source, for the text.
    #[serde(skip)]
    pub domain: Option<String>,
    /// The text for reports that others read, if the message quotes a program's output.
    #[serde(skip)]
    pub withheld: Option<String>,
    #[serde(skip)]
    pub repair: Option<Repair>,
}

/// What `--fix` may do. It touches only what belongs to this plugin.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Repair {
    /// What `install` does for these clients.
    Install(Client),
    /// Remove an entry of NuGet's plugin cache about this plugin.
    RemoveClaims(PathBuf),
    /// Remove a link of this plugin's name to nothing.
    RemoveLink(PathBuf),
}

#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn as_text<S: Serializer>(code: &Option<Code>, serializer: S) -> Result<S::Ok, S::Error> {
    match code {
        Some(code) => serializer.collect_str(code),
        None => serializer.serialize_none(),
    }
}

impl Finding {
    pub fn pass(check: &'static str, message: impl Into<String>) -> Self {
        Self::new(check, Outcome::Pass, message)
    }

    pub fn skipped(check: &'static str, message: impl Into<String>) -> Self {
        Self::new(check, Outcome::Skipped, message)
    }

    pub fn warning(check: &'static str, message: impl Into<String>) -> Self {
        Self::new(check, Outcome::Warning, message)
    }

    pub fn failure(check: &'static str, message: impl Into<String>) -> Self {
        Self::new(check, Outcome::Failure, message)
    }

    fn new(check: &'static str, outcome: Outcome, message: impl Into<String>) -> Self {
        Self {
            code: (outcome >= Outcome::Warning).then(|| code(check)),
            check,
            outcome,
            message: sentence(&message.into()),
            source: None,
            fix: None,
            advice: None,
            domain: None,
            withheld: None,
            repair: None,
        }
    }

    /// Instead of the code of the check.
    pub fn with_code(self, code: Code) -> Self {
        Self { code: self.code.map(|_| code), ..self }
    }

    pub fn with_fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }

    pub fn with_advice(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(sentence(&advice.into())), ..self }
    }

    pub fn with_repair(self, repair: Repair) -> Self {
        Self { repair: Some(repair), ..self }
    }

    pub fn of_source(self, source: impl Into<String>, domain: Option<String>) -> Self {
        Self { source: Some(source.into()), domain, ..self }
    }

    /// Whether it is a warning or a failure.
    pub fn is_problem(&self) -> bool {
        self.outcome >= Outcome::Warning
    }

    /// The text that may be passed on to others.
    pub fn shared(&self) -> Self {
        let message = self.withheld.as_ref().unwrap_or(&self.message).clone();
        Self { message, ..self.clone() }
    }
}

/// One line that starts with a capital letter, if it starts with a word.
fn sentence(text: &str) -> String {
    let text = printable(text);
    let mut characters = text.chars();
    let first_word = text.split([' ', ',', ':']).next().unwrap_or_default().trim_end_matches('.');
    match characters.next() {
        Some(first)
            if first_word != "dotnet"
                && first_word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'\'') =>
        {
            first.to_ascii_uppercase().to_string() + characters.as_str()
        }
        _ => text,
    }
}

/// The worst outcome.
pub fn worst(findings: &[Finding]) -> Outcome {
    findings.iter().map(|finding| finding.outcome).max().unwrap_or(Outcome::Pass)
}

/// The code of a check's warnings and failures. A failure of the provider has its own.
pub fn code(check: &str) -> Code {
    match check {
        "settings" => Code::InvalidConfiguration,
        "log" => Code::LogNotWritten,
        "identity" => Code::NoCredentials,
        "credentials" => Code::InvalidAwsVariable,
        "sso-session" => Code::SignInExpired,
        "given-token" => Code::ProvidedToken,
        "clock" => Code::ClockWrong,
        "saved-credentials" => Code::SavedPassword,
        "nuget-config" => Code::InvalidNuGetConfig,
        "nuget-config-name" => Code::UnreadNuGetConfig,
        "source" => Code::NoCodeArtifactSource,
        "source-url" | "source-region" => Code::IncompleteUrl,
        "source-host" => Code::NotCodeArtifact,
        "source-http" => Code::PlainHttpSource,
        "source-disabled" => Code::SourceDisabled,
        "source-mapping" => Code::SourceNotMapped,
        "source-shared-host" => Code::SharedHost,
        "restore-sources" => Code::SourcesOfProject,
        "source-answer" => Code::RepositoryRefused,
        "dotnet" => Code::NoDotnet,
        "dotnet-sdk" => Code::NoSdk,
        "plugin-folder" => Code::PluginMissing,
        "plugin-folder-path" | "claims-cache-folder" => Code::InvalidPluginsFolder,
        "plugin-version" | "path-copy" => Code::OtherVersion,
        "plugin-started-twice" => Code::PluginStartedTwice,
        "plugin-architecture" | "plugin-obstacle" | "plugin-handshake" => Code::PluginBroken,
        "plugin-signature" => Code::UnsignedPlugin,
        "claims-cache" => Code::PluginCacheEntry,
        "path-dangling-link" => Code::BrokenLink,
        "path-not-readable" | "path-relative" | "path-not-executable" | "dotnet-tool" => {
            Code::UnusableOnPath
        }
        "plugin-paths" | "plugin-paths-missing" => Code::PluginPathsVariable,
        "plugin-time-limit" | "dotnet-cli-home" | "plugin-log" | "variables" => Code::NuGetVariable,
        "sudo" => Code::RunWithSudo,
        "other-plugin" | "amazons-provider" | "aws-toolkit" => Code::OtherPlugin,
        "writable-by-others" => Code::WritableByOthers,
        "cache" => Code::CacheNotWritable,
        _ => Code::Defect,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_starts_with_a_capital_letter_unless_it_starts_with_a_name() {
        for (text, shown) in [
            ("the name is wrong", "The name is wrong"),
            ("`a` is wrong", "`a` is wrong"),
            ("nuget.exe, Visual Studio: no", "nuget.exe, Visual Studio: no"),
            ("dotnet, MSBuild: no", "dotnet, MSBuild: no"),
            ("sso_session is wrong", "sso_session is wrong"),
            ("AWS_PROFILE names", "AWS_PROFILE names"),
            ("", ""),
        ] {
            assert_eq!(sentence(text), shown);
        }
    }

    #[test]
    fn only_problems_have_a_code() {
        assert_eq!(Finding::pass("sudo", "").with_code(Code::Defect).code, None);
        assert_eq!(Finding::warning("sudo", "").code, Some(Code::RunWithSudo));
    }
}
