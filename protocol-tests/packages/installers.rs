//! `install.sh` and `install.ps1` against a release server on loopback.

use crate::support::trials::Trial;

pub fn trials() -> Vec<Trial> {
    Vec::new()
}
