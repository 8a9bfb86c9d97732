//! The modules of the executable that read what others wrote, for the fuzz targets beside this.
//!
//! The executable is a package without a library, and needs none but for this: so its modules are
//! compiled here a second time, from the same files. Each has a module `check` with what every input
//! must satisfy, which the tests of the executable call as well.

#![recursion_limit = "256"]
#![allow(dead_code, reason = "the executable's commands, which use the rest, are left out")]

#[path = "../../../src/aws/mod.rs"]
pub mod aws;
#[path = "../../../src/base/mod.rs"]
mod base;
#[path = "../../../src/cache/mod.rs"]
pub mod cache;
#[path = "../../../src/code.rs"]
mod code;
#[path = "../../../src/endpoint/mod.rs"]
pub mod endpoint;
#[path = "../../../src/locations.rs"]
mod locations;
#[path = "../../../src/nuget_config/mod.rs"]
pub mod nuget_config;
#[path = "../../../src/plugin/mod.rs"]
pub mod plugin;
#[path = "../../../src/provider/mod.rs"]
mod provider;
#[path = "../../../src/settings/mod.rs"]
pub mod settings;
#[path = "../../../src/token.rs"]
mod token;
