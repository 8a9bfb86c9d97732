//! deb, rpm, apk and Arch packages.

use crate::support::trials::Trial;

pub fn trials() -> Vec<Trial> {
    Vec::new()
}
