//! Windows: tokens are encrypted with the user's key of the Data Protection API. Only the same user
//! on the same machine can read the text, so a copy of the file elsewhere is useless.

use std::io;
#[cfg(test)]
use std::path::Path;
use std::path::PathBuf;

use crate::base::data_protection::{decrypt, encrypt};
use crate::base::environment::Environment;

/// No file system is known to be in memory.
pub fn memory_folders(_environment: &Environment) -> Vec<PathBuf> {
    Vec::new()
}

/// No folder on a memory file system is known.
#[cfg(test)]
pub fn is_memory(_path: &Path) -> bool {
    false
}

/// The encrypted text, in hexadecimal digits.
pub fn protect(text: &str) -> io::Result<String> {
    Ok(hex::encode(encrypt(text.as_bytes())?))
}

/// The decrypted text; none if this user on this machine did not encrypt it.
pub fn reveal(digits: &str) -> Option<String> {
    let bytes = decrypt(&hex::decode(digits).ok()?, &[]).ok()?;
    std::str::from_utf8(&bytes).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_protected_is_revealed() {
        let digits = protect("hunter2").unwrap();
        assert!(!digits.contains("hunter2"));
        assert_eq!(reveal(&digits).as_deref(), Some("hunter2"));
    }

    #[test]
    fn anything_else_is_none() {
        for digits in ["", "0", "zz", "00ff", "ü"] {
            assert_eq!(reveal(digits), None);
        }
    }
}
