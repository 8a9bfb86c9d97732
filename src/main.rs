//! `nuget-plugin-codeartifact`: NuGet's credential plugin for AWS `CodeArtifact`.
//!
//! Map of the code:
//!
//! - [`cli`]: the command line's types
//! - [`settings`]: environment variables and the configuration file
//! - [`locations`]: where files are, per system
//! - [`secret`]: text that cannot print itself
//! - [`token`]: the authorization token and its freshness

mod endpoint;
mod locations;
mod secret;
mod settings;
mod token;

fn main() {}
