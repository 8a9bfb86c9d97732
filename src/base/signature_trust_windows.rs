//! Whether Windows trusts the signature of a file, as NuGet asks it.
#![expect(unsafe_code, reason = "only the system knows which publishers this machine trusts")]

use std::mem;
use std::os::windows::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

use windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE;
use windows_sys::Win32::Security::WinTrust::{
    WINTRUST_ACTION_GENERIC_VERIFY_V2, WINTRUST_DATA, WINTRUST_DATA_0, WINTRUST_FILE_INFO,
    WTD_CHOICE_FILE, WTD_REVOCATION_CHECK_NONE, WTD_REVOKE_NONE, WTD_UI_NONE, WinVerifyTrust,
};

/// The system's answer: 0 if it trusts the signature, else the number of its reason. The network is not
/// asked whether a certificate was revoked.
pub fn verify(file: &Path) -> u32 {
    let path: Vec<u16> = file.as_os_str().encode_wide().chain([0]).collect();
    let mut info = WINTRUST_FILE_INFO {
        cbStruct: size_of_u32::<WINTRUST_FILE_INFO>(),
        pcwszFilePath: path.as_ptr(),
        hFile: ptr::null_mut(),
        pgKnownSubject: ptr::null_mut(),
    };
    // SAFETY: all bits zero are a value of this structure, which has numbers and null pointers in it.
    let mut data: WINTRUST_DATA = unsafe { mem::zeroed() };
    data.cbStruct = size_of_u32::<WINTRUST_DATA>();
    data.dwUIChoice = WTD_UI_NONE;
    data.fdwRevocationChecks = WTD_REVOKE_NONE;
    data.dwUnionChoice = WTD_CHOICE_FILE;
    data.Anonymous = WINTRUST_DATA_0 { pFile: &raw mut info };
    data.dwProvFlags = WTD_REVOCATION_CHECK_NONE;
    let mut action = WINTRUST_ACTION_GENERIC_VERIFY_V2;
    // SAFETY: the path ends with a zero, and all structures have the sizes that they state and live
    // until the call returns.
    let answer =
        unsafe { WinVerifyTrust(INVALID_HANDLE_VALUE, &raw mut action, (&raw mut data).cast()) };
    answer.cast_unsigned()
}

#[expect(clippy::cast_possible_truncation, reason = "these structures have less than 200 bytes")]
fn size_of_u32<T>() -> u32 {
    size_of::<T>() as u32
}
