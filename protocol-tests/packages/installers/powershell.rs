//! `install.ps1`.

use crate::support::trials::Trial;

pub fn trials() -> Vec<Trial> {
    Vec::new()
}
