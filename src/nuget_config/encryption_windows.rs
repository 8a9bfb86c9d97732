//! Windows: NuGet encrypts passwords with the user's key of the Data Protection API.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::base::data_protection::decrypt;

/// What NuGet mixes into the user's key.
const ENTROPY: &[u8] = b"NuGet";

/// The password that NuGet wrote; none if this user on this machine did not encrypt it.
pub(super) fn decrypted(text: &str) -> Option<String> {
    let encrypted = BASE64_STANDARD.decode(text).ok()?;
    let bytes = decrypt(&encrypted, ENTROPY).ok()?;
    std::str::from_utf8(&bytes).ok().map(str::to_owned)
}
