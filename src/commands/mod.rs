//! The commands that people run; one file each.

mod aws_provider;
pub mod completions;
pub mod configure;
pub mod doctor;
pub mod exec;
pub mod explain;
pub mod install;
mod installation;
pub mod login;
pub mod logout;
pub mod mask;
mod named;
pub mod owner;
pub mod progress;
pub mod scrub;
pub mod selection;
pub mod setup;
pub mod source;
pub mod status;
pub mod token;
pub mod uninstall;
