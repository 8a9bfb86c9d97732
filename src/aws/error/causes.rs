//! The causes of an SDK error in one readable line, without repetition and without the names of the
//! SDK's layers.
//!
//! `DisplayErrorContext` is never used, nor any `{:?}`: they can print the response's body.

use std::error::Error;

use crate::base::text::printable;

/// The names of the SDK's layers, and what their messages begin with. They tell a user nothing.
const LAYERS: [&str; 24] = [
    "dispatch failure",
    "service error",
    "response error",
    "request has timed out",
    "unhandled error",
    "unexpected credentials error",
    "an error occurred while loading credentials",
    "the credentials provider was not properly configured",
    "failed to refresh cached Login token",
    "the credential provider was not enabled",
    "could not parse profile file",
    "io error",
    "timeout",
    "user error",
    "other",
    "client error (Connect)",
    "client error (SendRequest)",
    "connection error",
    "tcp connect error",
    "dns error",
    "tunnel error",
    "failed to create underlying connection",
    "TLS handshake failed",
    "invalid peer certificate",
];

/// A cause that contains the first text is replaced by the second.
const PLAINER: [(&str, &str); 21] = [
    ("CaUsedAsEndEntity", "its certificate is a CA certificate, not that of a host"),
    ("UnknownIssuer", "its certificate is from an authority that this machine does not trust"),
    ("certificate not valid for name", "its certificate is for another host"),
    ("certificate not valid yet", "its certificate is not valid yet, or the clock is wrong"),
    ("certificate expired", "its certificate has expired, or the clock is wrong"),
    ("InvalidContentType", "it does not speak TLS"),
    ("proxy authorization required", "it requires a user name and a password"),
    ("unsuccessful", "it refused the connection"),
    ("timed out", "the connection timed out"),
    ("timeout occurred", "the connection timed out"),
    ("invalid HTTP version parsed", "it does not speak HTTP"),
    ("connection closed before message completed", "it was closed before the response"),
    ("length limit exceeded", "it is longer than any token"),
    ("Connection refused", "connection refused"),
    ("received 404 from IMDS", "this instance has no role"),
    ("failed to lookup address", "its name cannot be resolved"),
    // The same on Windows, whose texts are in the user's language.
    ("(os error 11001)", "its name cannot be resolved"),
    ("(os error 11002)", "its name cannot be resolved"),
    ("(os error 11004)", "its name cannot be resolved"),
    (
        "invalid full URI for ECS provider",
        "its URI is neither on this machine nor of a container service",
    ),
    ("failed to load the cached SSO token", "there is no sign-in"),
];

/// The text before the status of a container service. The status itself is in brackets.
const CONTAINER_STATUS: &str = "Non-success status from HTTP credential provider: StatusCode";

/// The chain of causes in one line, without repetition.
pub(in crate::aws) fn readable(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    for cause in causes(error) {
        let cause = plain(&cause.to_string());
        if !text.contains(&cause) {
            let separator = if text.is_empty() { "" } else { ": " };
            text = format!("{text}{separator}{cause}");
        }
    }
    if text.is_empty() { "without a reason".to_owned() } else { text }
}

/// Whether a cause contains one of `words`, as the SDK writes them.
pub(in crate::aws) fn says(error: &(dyn Error + 'static), words: &[&str]) -> bool {
    causes(error).any(|cause| {
        let cause = cause.to_string();
        words.iter().any(|word| cause.contains(word))
    })
}

/// The first cause of this type.
pub(in crate::aws) fn find<'a, E: Error + 'static>(
    error: &'a (dyn Error + 'static),
) -> Option<&'a E> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// Empty if a cause is only the name of a layer.
fn plain(cause: &str) -> String {
    let mut rest = cause;
    while let Some(shorter) = LAYERS.iter().find_map(|layer| without(rest, layer)) {
        rest = shorter;
    }
    if let Some((_, plainer)) = PLAINER.iter().find(|(text, _)| rest.contains(text)) {
        return (*plainer).to_owned();
    }
    let rest = rest.strip_prefix("error parsing ").unwrap_or(rest);
    printable(&rest.replace(CONTAINER_STATUS, "it returned HTTP "))
}

fn without<'a>(text: &'a str, layer: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(layer)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(": ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_not_named() {
        assert_eq!(plain("dispatch failure"), "");
        assert_eq!(plain("tunnel error: failed to create underlying connection"), "");
        assert_eq!(plain("tunnel error: unsuccessful"), "it refused the connection");
        assert_eq!(plain("other reasons"), "other reasons");
        assert_eq!(
            plain("error parsing /c on line 3:\n  Profile must end"),
            "/c on line 3: Profile must end"
        );
    }
}
