//! The Data Protection API: bytes that only the same user on the same machine can decrypt.
#![expect(unsafe_code, reason = "the standard library has no Data Protection API")]

use std::io;
use std::ptr::{null, null_mut};
use std::slice;

use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::Security::Cryptography::{
    CRYPT_INTEGER_BLOB, CRYPTPROTECT_UI_FORBIDDEN, CryptProtectData, CryptUnprotectData,
};
use zeroize::{Zeroize, Zeroizing};

/// Encrypts bytes with the user's key. No window is ever shown, because nobody may be there to
/// close it.
pub fn encrypt(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut output = Output::empty();
    let input = blob(plain)?;
    // SAFETY: the input points to bytes that outlive the call, and the output is a local; a
    // description, entropy and prompt may be absent.
    let done = unsafe {
        CryptProtectData(
            &raw const input,
            null(),
            null(),
            null(),
            null(),
            CRYPTPROTECT_UI_FORBIDDEN,
            &raw mut output.0,
        )
    };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(output.bytes().to_vec()) }
}

/// Decrypts what was encrypted with the user's key and the same entropy, which may be empty.
pub fn decrypt(encrypted: &[u8], entropy: &[u8]) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut output = Output::empty();
    let (input, mixed_in) = (blob(encrypted)?, blob(entropy)?);
    let mixed_in: *const _ = if entropy.is_empty() { null() } else { &raw const mixed_in };
    // SAFETY: input and entropy point to bytes that outlive the call, and the output is a local; a
    // description and prompt may be absent.
    let done = unsafe {
        CryptUnprotectData(
            &raw const input,
            null_mut(),
            mixed_in,
            null(),
            null(),
            CRYPTPROTECT_UI_FORBIDDEN,
            &raw mut output.0,
        )
    };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(Zeroizing::new(output.bytes().to_vec()))
}

/// The API takes a pointer that may change what it points to, and never does with an input.
fn blob(bytes: &[u8]) -> io::Result<CRYPT_INTEGER_BLOB> {
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    Ok(CRYPT_INTEGER_BLOB { cbData: length, pbData: bytes.as_ptr().cast_mut() })
}

/// What the API allocated. It is wiped, because it may be a decrypted secret, and then freed.
struct Output(CRYPT_INTEGER_BLOB);

impl Output {
    fn empty() -> Self {
        Self(CRYPT_INTEGER_BLOB { cbData: 0, pbData: null_mut() })
    }

    fn bytes(&mut self) -> &mut [u8] {
        if self.0.pbData.is_null() {
            return &mut [];
        }
        // SAFETY: the API allocated this many bytes at the pointer, and they are freed on drop only.
        unsafe { slice::from_raw_parts_mut(self.0.pbData, self.0.cbData as usize) }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.bytes().zeroize();
        // SAFETY: the API says to free its output so; a null pointer is allowed.
        unsafe { LocalFree(self.0.pbData.cast()) };
    }
}
