//! The user's word on where tokens are kept.

use std::path::PathBuf;
use std::str::FromStr;

/// What `CODEARTIFACT_NUGET_CACHE` says. The later is the stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum CacheMode {
    /// The user's cache folder, wherever this is.
    Disk,
    /// The user's cache folder on a person's machine; in a container or on CI a memory file system,
    /// or else this process.
    #[default]
    Auto,
    /// This process only.
    Memory,
    /// Nothing is kept.
    Off,
}

impl CacheMode {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Disk => "disk",
            Self::Auto => "auto",
            Self::Memory => "memory",
            Self::Off => "off",
        }
    }
}

impl FromStr for CacheMode {
    /// What it should have been.
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Disk, Self::Auto, Self::Memory, Self::Off];
        let word = text.trim().to_ascii_lowercase();
        all.into_iter().find(|mode| mode.name() == word).ok_or("it is auto, disk, memory or off")
    }
}

/// The user's word on the cache.
#[derive(Debug, Clone, Default)]
pub struct CacheSettings {
    pub mode: CacheMode,
    /// `CODEARTIFACT_NUGET_CACHE_DIR`: an absolute folder for [`CacheMode::Auto`] and
    /// [`CacheMode::Disk`]. As the user's word it counts in a container and on CI too.
    pub dir: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_read_and_anything_else_is_explained() {
        assert_eq!("auto".parse(), Ok(CacheMode::Auto));
        assert_eq!(" Disk".parse(), Ok(CacheMode::Disk));
        assert_eq!("MEMORY".parse(), Ok(CacheMode::Memory));
        assert_eq!("off".parse(), Ok(CacheMode::Off));
        assert_eq!("on".parse::<CacheMode>(), Err("it is auto, disk, memory or off"));
    }
}
