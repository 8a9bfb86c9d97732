//! Linux and macOS: NuGet neither encrypts nor decrypts there.

/// Always none.
pub(super) fn decrypted(_text: &str) -> Option<String> {
    None
}
