//! The plugin side of NuGet's cross-platform plugin protocol.
//!
//! - [`message`], [`fields`]: the wire types, and how they are read
//! - [`transport`]: standard input and output, each behind a thread
//! - [`pending`]: the requests in progress
//! - [`workers`]: the threads that they run on
//! - [`console`]: lines for the user, through NuGet's Log requests
//! - [`session`]: one conversation, from the handshake to the end of input
//! - [`credentials`]: the responses to requests for credentials
//! - [`history`]: what was handed out, and what a retry means
//!
//! Nothing here knows AWS or the disk; tokens come from [`crate::provider`].

#[cfg(all(unix, any(test, fuzzing)))]
#[path = "../../protocol-tests/fuzz/checks/session.rs"]
pub mod check;
mod console;
mod credentials;
mod fields;
mod history;
mod message;
#[cfg(test)]
#[cfg(unix)]
mod model;
mod pending;
mod session;
mod transport;
mod workers;

pub use credentials::Credentials;
pub use session::serve;
