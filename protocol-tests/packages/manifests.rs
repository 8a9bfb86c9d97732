//! The Homebrew formula, and the manifests of Scoop and winget.

use crate::support::trials::Trial;

pub fn trials() -> Vec<Trial> {
    Vec::new()
}
