//! The commands that people run; one file each.

pub mod install;
mod installation;
pub mod login;
pub mod token;
pub mod uninstall;
