//! Windows: a process cannot be replaced, so the native plugin runs as a child with our streams.
//!
//! Only `kernel32` is used: there is no C library in here, hence no large values on the stack and
//! no copying in bulk, for which the compiler would call one.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "every length and size here is below 100,000"
)]

use core::ffi::{c_int, c_void};
use core::ptr::{null, null_mut};

use crate::{NOT_STARTED, WAY_OUT};

/// A character of the host's command line.
pub type Char = u16;

type Handle = *mut c_void;

const NATIVE: &str = "CredentialProvider.CodeArtifact.exe";

/// The system's longest path and its longest command line, in characters.
const TEXT_LIMIT: usize = 32_767;

const HEAP_ZERO_MEMORY: u32 = 8;
const MODULE_OF_ADDRESS_UNCOUNTED: u32 = 4 | 2;
const STD_INPUT_OUTPUT_ERROR: [u32; 3] =
    [10_u32.wrapping_neg(), 11_u32.wrapping_neg(), 12_u32.wrapping_neg()];
const HANDLE_FLAG_INHERIT: u32 = 1;
const STARTF_USESTDHANDLES: u32 = 0x100;
const CREATE_SUSPENDED: u32 = 4;
const JOB_EXTENDED_LIMITS: c_int = 9;
const JOB_KILL_ON_CLOSE: u32 = 0x2000;
const JOB_SILENT_BREAKAWAY: u32 = 0x1000;
const INFINITE: u32 = u32::MAX;
const UTF_8: u32 = 65_001;

/// `STARTUPINFOW`.
#[repr(C)]
struct StartupInfo {
    size: u32,
    unused_names: [*mut u16; 3],
    unused_numbers: [u32; 7],
    flags: u32,
    unused_window: [u16; 2],
    unused_reserved: *mut u8,
    streams: [Handle; 3],
}

/// `PROCESS_INFORMATION`.
#[repr(C)]
struct Child {
    process: Handle,
    thread: Handle,
    unused_ids: [u32; 2],
}

/// `JOBOBJECT_EXTENDED_LIMIT_INFORMATION`.
#[repr(C)]
struct JobLimits {
    unused_times: [i64; 2],
    flags: u32,
    unused_sizes: [usize; 4],
    unused_classes: [u32; 2],
    unused_counters: [u64; 6],
    unused_memory: [usize; 4],
}

#[cfg_attr(target_env = "msvc", link(name = "kernel32", kind = "raw-dylib"))]
#[cfg_attr(not(target_env = "msvc"), link(name = "kernel32"))]
unsafe extern "system" {
    fn AssignProcessToJobObject(job: Handle, process: Handle) -> c_int;
    fn CreateJobObjectW(security: *const c_void, name: *const u16) -> Handle;
    fn CreateProcessW(
        application: *const u16,
        command_line: *mut u16,
        process_security: *const c_void,
        thread_security: *const c_void,
        inherit_handles: c_int,
        flags: u32,
        environment: *const c_void,
        folder: *const u16,
        startup: *const StartupInfo,
        child: *mut Child,
    ) -> c_int;
    fn GetExitCodeProcess(process: Handle, code: *mut u32) -> c_int;
    fn GetLastError() -> u32;
    fn GetModuleFileNameW(module: Handle, path: *mut u16, size: u32) -> u32;
    fn GetModuleHandleExW(flags: u32, address: *const c_void, module: *mut Handle) -> c_int;
    fn GetProcessHeap() -> Handle;
    fn GetStdHandle(which: u32) -> Handle;
    fn HeapAlloc(heap: Handle, flags: u32, size: usize) -> *mut c_void;
    fn ResumeThread(thread: Handle) -> u32;
    fn SetHandleInformation(object: Handle, mask: u32, flags: u32) -> c_int;
    fn SetInformationJobObject(
        job: Handle,
        class: c_int,
        limits: *const JobLimits,
        size: u32,
    ) -> c_int;
    fn WaitForSingleObject(object: Handle, milliseconds: u32) -> u32;
    fn WideCharToMultiByte(
        page: u32,
        flags: u32,
        wide: *const u16,
        wide_length: c_int,
        narrow: *mut u8,
        narrow_size: c_int,
        default: *const u8,
        default_used: *mut c_int,
    ) -> c_int;
    fn WriteFile(
        file: Handle,
        bytes: *const u8,
        count: u32,
        written: *mut u32,
        overlapped: *mut c_void,
    ) -> c_int;
}

/// Runs the native plugin that stands beside this library, or else beside `dll`, to its end, and
/// returns its exit code.
///
/// # Safety
///
/// `dll` and each of `arguments` is a text that ends with a zero.
pub unsafe fn run(dll: *const Char, arguments: &[*const Char]) -> c_int {
    let (Some(mut path), Some(mut command_line)) = (Text::new(), Text::new()) else {
        return NOT_STARTED;
    };
    path.push_own_file();
    // Without a folder it would be the working directory's file: somebody else's.
    let mut child = match path.length {
        0 => None,
        _ => start_beside(&mut path, &mut command_line, arguments),
    };
    if child.is_none() {
        path.clear();
        // SAFETY: the caller's promise.
        unsafe { path.push_text(dll) };
        child = start_beside(&mut path, &mut command_line, arguments);
    }
    let Some(child) = child else {
        explain(&path);
        return NOT_STARTED;
    };
    wait_for(child)
}

/// Starts the native plugin in the folder of the file that `path` names; leaves its path there.
fn start_beside(
    path: &mut Text,
    command_line: &mut Text,
    arguments: &[*const Char],
) -> Option<&'static Child> {
    path.cut_to_folder();
    path.push_ascii(NATIVE);
    command_line.clear();
    command_line.push_quoted(path.pointer);
    for argument in arguments {
        command_line.push(b' '.into());
        command_line.push_quoted(*argument);
    }
    if path.overflowed || command_line.overflowed {
        return None;
    }
    start(path, command_line)
}

fn start(path: &Text, command_line: &Text) -> Option<&'static Child> {
    let startup: &mut StartupInfo = zeroed()?;
    startup.size = u32::try_from(size_of::<StartupInfo>()).ok()?;
    startup.flags = STARTF_USESTDHANDLES;
    for (stream, which) in startup.streams.iter_mut().zip(STD_INPUT_OUTPUT_ERROR) {
        // SAFETY: plain calls; a stream that is absent or cannot be inherited stays so.
        unsafe {
            *stream = GetStdHandle(which);
            SetHandleInformation(*stream, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
        }
    }
    let child: &mut Child = zeroed()?;
    // SAFETY: both texts end with a zero, both structures have the layout that the system wants,
    // and the command line is ours to be written to.
    let started = unsafe {
        CreateProcessW(
            path.pointer,
            command_line.pointer,
            null(),
            null(),
            1,
            CREATE_SUSPENDED,
            null(),
            null(),
            startup,
            child,
        )
    };
    (started != 0).then_some(child)
}

/// Ties the child's life to ours, lets it run, and returns its exit code.
fn wait_for(child: &Child) -> c_int {
    tie(child);
    let mut code = 0;
    // SAFETY: both handles are the child's own and stay open until this process ends.
    unsafe {
        ResumeThread(child.thread);
        WaitForSingleObject(child.process, INFINITE);
        GetExitCodeProcess(child.process, &raw mut code);
    }
    code.cast_signed()
}

/// Whoever ends the host ends the plugin too: the system closes the job then, which is never closed
/// otherwise. What the plugin starts (a browser to sign in with) is not in the job.
///
/// Without a job, which very old systems refuse to nest, the plugin ends with its input.
fn tie(child: &Child) {
    let Some(limits) = zeroed::<JobLimits>() else { return };
    limits.flags = JOB_KILL_ON_CLOSE | JOB_SILENT_BREAKAWAY;
    // SAFETY: `limits` has the layout and the size that the class says.
    unsafe {
        let job = CreateJobObjectW(null(), null());
        let size = size_of::<JobLimits>() as u32;
        SetInformationJobObject(job, JOB_EXTENDED_LIMITS, limits, size);
        AssignProcessToJobObject(job, child.process);
    }
}

/// One line on standard error: what could not be started, why, and what to do.
fn explain(path: &Text) {
    // SAFETY: a plain call.
    let reason = match unsafe { GetLastError() } {
        2 | 3 => "it is missing",
        193 | 216 => "it is damaged, or made for another processor",
        5 => "it may not be executed",
        225 => "a virus scanner refuses it",
        _ => "the system refuses",
    };
    say(b"CodeArtifact: cannot start `");
    say_wide(path);
    say(b"`: ");
    say(reason.as_bytes());
    say(WAY_OUT.as_bytes());
}

fn say(text: &[u8]) {
    let mut written = 0;
    // SAFETY: the pointer and the length describe `text`. Nobody could be told of a failure.
    unsafe {
        let stderr = GetStdHandle(STD_INPUT_OUTPUT_ERROR[2]);
        WriteFile(stderr, text.as_ptr(), text.len() as u32, &raw mut written, null_mut());
    }
}

fn say_wide(text: &Text) {
    const ROOM: usize = TEXT_LIMIT * 3;
    let Some(narrow) = zeroed::<[u8; ROOM]>() else { return };
    // SAFETY: both buffers have the lengths given; three bytes hold any UTF-16 unit.
    let length = unsafe {
        WideCharToMultiByte(
            UTF_8,
            0,
            text.pointer,
            text.length as c_int,
            narrow.as_mut_ptr(),
            ROOM as c_int,
            null(),
            null_mut(),
        )
    };
    say(narrow.get(..length as usize).unwrap_or_default());
}

/// UTF-16 on the heap, with room for the longest path or command line and a closing zero.
struct Text {
    pointer: *mut u16,
    length: usize,
    overflowed: bool,
}

impl Text {
    fn new() -> Option<Self> {
        let pointer = zeroed::<[u16; TEXT_LIMIT + 1]>()?.as_mut_ptr();
        Some(Self { pointer, length: 0, overflowed: false })
    }

    fn clear(&mut self) {
        self.length = 0;
        self.overflowed = false;
    }

    fn push(&mut self, character: u16) {
        if self.length == TEXT_LIMIT {
            self.overflowed = true;
            return;
        }
        // SAFETY: there is room for `TEXT_LIMIT` characters and the zero.
        unsafe {
            *self.pointer.add(self.length) = character;
            *self.pointer.add(self.length + 1) = 0;
        }
        self.length += 1;
    }

    fn push_ascii(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.push(byte.into()));
    }

    /// # Safety
    ///
    /// `text` ends with a zero.
    unsafe fn push_text(&mut self, text: *const u16) {
        // SAFETY: the caller's promise.
        unsafe { characters(text) }.for_each(|character| self.push(character));
    }

    /// The file that this library was loaded from, or nothing.
    fn push_own_file(&mut self) {
        let inside: *const c_void = (wait_for as fn(&Child) -> c_int) as *const c_void;
        let mut module = null_mut();
        // SAFETY: the address is this library's, which stays loaded, and the buffer has that size.
        self.length = unsafe {
            GetModuleHandleExW(MODULE_OF_ADDRESS_UNCOUNTED, inside, &raw mut module);
            GetModuleFileNameW(module, self.pointer, TEXT_LIMIT as u32) as usize
        };
    }

    fn cut_to_folder(&mut self) {
        // SAFETY: each index is below the length.
        while self.length > 0 && !is_separator(unsafe { *self.pointer.add(self.length - 1) }) {
            self.length -= 1;
        }
    }

    /// Quotes so that the usual rules (`CommandLineToArgvW`, the C library, Rust) give `text` back:
    /// backslashes are doubled before a quote, and only there.
    fn push_quoted(&mut self, text: *const u16) {
        self.push(b'"'.into());
        let mut backslashes = 0;
        // SAFETY: only texts that end with a zero get here.
        for character in unsafe { characters(text) } {
            if character == b'"'.into() {
                (0..=backslashes).for_each(|_| self.push(b'\\'.into()));
            }
            backslashes = if character == b'\\'.into() { backslashes + 1 } else { 0 };
            self.push(character);
        }
        (0..backslashes).for_each(|_| self.push(b'\\'.into()));
        self.push(b'"'.into());
    }
}

fn is_separator(character: u16) -> bool {
    character == b'\\'.into() || character == b'/'.into()
}

/// # Safety
///
/// `text` ends with a zero, and lives as long as the iterator.
unsafe fn characters(text: *const u16) -> impl Iterator<Item = u16> {
    // SAFETY: the caller's promise; the iterator ends at the zero.
    (0..).map(move |index| unsafe { *text.add(index) }).take_while(|character| *character != 0)
}

/// A zeroed value on the heap, for the life of the process.
fn zeroed<T>() -> Option<&'static mut T> {
    // SAFETY: the heap aligns to 16 bytes, which no type here exceeds, and every one of them
    // (numbers and raw pointers) is valid as zeroes.
    unsafe { HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, size_of::<T>()).cast::<T>().as_mut() }
}

/// The loader's entry point: there is nothing to prepare.
#[unsafe(no_mangle)]
pub extern "system" fn DllMain(_library: Handle, _reason: u32, _reserved: *mut c_void) -> c_int {
    1
}
