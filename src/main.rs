//! `nuget-plugin-codeartifact`: NuGet's credential plugin for AWS `CodeArtifact`.
//!
//! Map of the code:
//!
//! - [`cache`]: tokens kept between processes, and the lock for fetching one
//! - [`cli`]: the command line's types
//! - [`settings`]: environment variables and the configuration file
//! - [`locations`]: where files are, per system
//! - [`secret`]: text that cannot print itself
//! - [`token`]: the authorization token and its freshness

mod cache;
mod locations;
mod secret;
mod settings;
mod token;

fn main() {}
