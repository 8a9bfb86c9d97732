//! Protection by the user's key of the Data Protection API: the same user on the same machine reads
//! the text, a copy of the file elsewhere or another user does not.

use std::io;

use windows_dpapi::{Scope, decrypt_data, encrypt_data};

use crate::base::text::lower_hex;

/// The protected text, in hexadecimal digits.
pub fn protect(text: &str) -> io::Result<String> {
    let bytes = encrypt_data(text.as_bytes(), Scope::User, None).map_err(io::Error::other)?;
    Ok(lower_hex(&bytes))
}

/// The text again; none where this user on this machine did not protect it.
pub fn reveal(digits: &str) -> Option<String> {
    let bytes = decrypt_data(&bytes_of(digits)?, Scope::User, None).ok()?;
    String::from_utf8(bytes).ok()
}

fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
    pairs.iter().map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()).collect()
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
