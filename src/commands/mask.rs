//! Secrets in the log of GitHub Actions.

use std::io::{self, Write};

use crate::base::environment::Environment;
use crate::base::secret::Secret;

/// Makes the runner of GitHub Actions replace the secret in its log, if this runs there.
///
/// The runner reads workflow commands from both streams of a step, and standard error first. The
/// command goes to `err`, because a script may capture standard output; `err` must not be captured
/// too.
pub fn in_log(environment: &Environment, secret: &Secret, err: &mut dyn Write) -> io::Result<()> {
    if environment.get("GITHUB_ACTIONS") != Some("true") {
        return Ok(());
    }
    // Of the characters that a workflow command must escape, a token could only contain this one.
    let value = secret.expose().replace('%', "%25");
    writeln!(err, "::add-mask::{value}")?;
    err.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(pairs: &[(&str, &str)]) -> String {
        let environment = Environment::from_pairs(pairs.iter().copied());
        let mut err = Vec::new();
        in_log(&environment, &Secret::new("to%ken"), &mut err).unwrap();
        String::from_utf8(err).unwrap()
    }

    #[test]
    fn the_runner_is_told_and_nobody_else() {
        assert_eq!(told(&[("GITHUB_ACTIONS", "true")]), "::add-mask::to%25ken\n");
        assert_eq!(told(&[("GITHUB_ACTIONS", "false"), ("CI", "true")]), "");
    }
}
