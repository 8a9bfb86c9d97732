//! `nuget-plugin-codeartifact`: NuGet's credential plugin for AWS `CodeArtifact`.
//!
//! Map of the code:
//!
//! - [`cli`]: the command line's types
//! - [`settings`]: environment variables and the configuration file
//! - [`locations`]: where files are, per system
//! - [`secret`]: text that cannot print itself

mod locations;
mod secret;
mod settings;

fn main() {}
