//! Unix: the process becomes the native plugin.
//!
//! The few functions of the C library are left open on Linux: the host, which has loaded its own C
//! library long ago, fills them in, so that one file serves glibc and musl.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr::null;

use crate::{NOT_STARTED, WAY_OUT};

/// A character of the host's command line.
pub type Char = c_char;

const NATIVE: &[u8] = b"CredentialProvider.CodeArtifact\0";

/// Linux's longest path; macOS allows less.
const PATH_LIMIT: usize = 4096;

/// The plugin's name, its arguments and the closing null. NuGet passes one argument.
const ARGUMENT_LIMIT: usize = 64;

const STDERR: c_int = 2;

/// What `dladdr` tells about an address.
#[repr(C)]
struct Origin {
    file: *const c_char,
    base: *mut c_void,
    symbol: *const c_char,
    symbol_address: *mut c_void,
}

#[cfg_attr(target_vendor = "apple", link(name = "System"))]
unsafe extern "C" {
    fn dladdr(address: *const c_void, origin: *mut Origin) -> c_int;
    // Not `execvp`, which hands a file of another architecture to the shell.
    fn execv(path: *const c_char, argv: *const *const c_char) -> c_int;
    fn write(descriptor: c_int, bytes: *const c_void, count: usize) -> isize;
    #[cfg_attr(target_vendor = "apple", link_name = "__error")]
    fn __errno_location() -> *mut c_int;
}

/// Becomes the native plugin that stands beside this library, or else beside `dll`.
///
/// The two differ where the dll is a symbolic link: the host loads this library from the link's
/// target, and names the link.
///
/// # Safety
///
/// `dll` and each of `arguments` is a text that ends with a zero.
pub unsafe fn run(dll: *const Char, arguments: &[*const Char]) -> c_int {
    let mut argv = [null(); ARGUMENT_LIMIT];
    if arguments.len() > ARGUMENT_LIMIT - 2 {
        say(b"CodeArtifact: the plugin was started with too many arguments\n");
        return NOT_STARTED;
    }
    for (place, argument) in argv[1..].iter_mut().zip(arguments) {
        *place = *argument;
    }
    let mut path = [0; PATH_LIMIT];
    // SAFETY: the loader keeps the library's name for as long as the library is loaded.
    if let Some(library) = own_file().map(|file| unsafe { CStr::from_ptr(file) }) {
        become_native_beside(library, &mut argv, &mut path);
    }
    // SAFETY: the caller's promise.
    become_native_beside(unsafe { CStr::from_ptr(dll) }, &mut argv, &mut path);
    explain(&path);
    NOT_STARTED
}

/// The file that this library was loaded from.
fn own_file() -> Option<*const c_char> {
    let mut origin = Origin {
        file: null(),
        base: core::ptr::null_mut(),
        symbol: null(),
        symbol_address: core::ptr::null_mut(),
    };
    let inside: *const c_void = (own_file as fn() -> Option<*const c_char>) as *const c_void;
    // SAFETY: both pointers are valid for the call, and `origin` has the layout of `Dl_info`.
    let found = unsafe { dladdr(inside, &raw mut origin) } != 0;
    (found && !origin.file.is_null()).then_some(origin.file)
}

/// Returns only where the native plugin in `sibling`'s folder cannot be started; its path, as far
/// as there is room for it, is then in `path`.
fn become_native_beside(
    sibling: &CStr,
    argv: &mut [*const c_char; ARGUMENT_LIMIT],
    path: &mut [u8; PATH_LIMIT],
) {
    let sibling = sibling.to_bytes();
    let folder = sibling.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    if folder + NATIVE.len() > PATH_LIMIT {
        return;
    }
    for (place, byte) in path.iter_mut().zip(sibling[..folder].iter().chain(NATIVE)) {
        *place = *byte;
    }
    argv[0] = path.as_ptr().cast();
    // SAFETY: the path ends with a zero, the arguments with a null, since there is room for it.
    unsafe { execv(argv[0], argv.as_ptr()) };
}

/// One line on standard error: what could not be started, why, and what to do.
fn explain(path: &[u8; PATH_LIMIT]) {
    // SAFETY: the C library always has a place for this thread's error number.
    let reason = match unsafe { *__errno_location() } {
        2 => "it is missing, or the system's loader that it needs is",
        8 | 86 => "it is damaged, or made for another processor",
        13 => "it may not be executed",
        _ => "the system refuses",
    };
    let length = path.iter().position(|byte| *byte == 0).unwrap_or(PATH_LIMIT);
    say(b"CodeArtifact: cannot start `");
    say(&path[..length]);
    say(b"`: ");
    say(reason.as_bytes());
    say(WAY_OUT.as_bytes());
}

fn say(text: &[u8]) {
    // SAFETY: the pointer and the length describe `text`. Nobody could be told of a failure.
    let _ = unsafe { write(STDERR, text.as_ptr().cast(), text.len()) };
}
