//! Code that knows nothing of NuGet or AWS: text, time, files, processes and the terminal.

pub mod browser;
#[cfg(windows)]
#[path = "data_protection_windows.rs"]
pub mod data_protection;
pub mod environment;
pub mod executable_format;
pub mod files;
pub mod foreign_time;
pub mod invocation;
pub mod log;
pub mod panic;
pub mod process_group;
pub mod runtime_environment;
pub mod secret;
pub mod shell;
pub mod shell_words;
#[cfg(windows)]
#[path = "signature_trust_windows.rs"]
pub mod signature_trust;
pub mod system;
pub mod terminal;
pub mod text;
pub mod time;
pub mod url;
pub mod version;

/// The program's name, for its executable and its folders.
pub const PROGRAM: &str = env!("CARGO_PKG_NAME");
