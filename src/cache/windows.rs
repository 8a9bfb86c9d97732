//! Windows: tokens are encrypted with the user's key of the Data Protection API. Only the same user
//! on the same machine can read the text, so a copy of the file elsewhere is useless.

use std::io;
#[cfg(test)]
use std::path::Path;
use std::path::PathBuf;

use windows_dpapi::{Scope, decrypt_data, encrypt_data};

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
    let bytes = encrypt_data(text.as_bytes(), Scope::User, None).map_err(io::Error::other)?;
    Ok(hex::encode(bytes))
}

/// The decrypted text; none if this user on this machine did not encrypt it.
pub fn reveal(digits: &str) -> Option<String> {
    let bytes = decrypt_data(&hex::decode(digits).ok()?, Scope::User, None).ok()?;
    String::from_utf8(bytes).ok()
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
