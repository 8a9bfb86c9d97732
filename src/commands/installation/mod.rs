//! What `install` and `uninstall` share: which files make an installation, and where they are.

pub mod claims;
pub mod disk;
pub mod dotnet;
pub mod elsewhere;
mod error;
pub mod folder;
pub mod handshake;
pub mod layout;
pub mod manifest;

pub use error::Error;
