//! What the last token was used for in each working folder, so that the next process there can
//! request it early. The record is one small file in versioned JSON, without secrets.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::key::CacheKey;

/// The format below. A file of any other version counts as empty.
const VERSION: u32 = 1;

/// The number of working folders that are recorded, the newest first.
const MOST_FOLDERS: usize = 64;

/// A longer URL is not recorded, so that the file stays small enough to be read.
const LONGEST_SOURCE: usize = 512;

/// The last use of a token in one working folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastUse {
    /// The digest of the working folder's path.
    folder: String,
    /// The source's URL, without user, query and fragment.
    pub source: String,
    /// The token's key in the cache.
    key: String,
    /// Until when the cache serves the token. Whole seconds since 1970.
    fresh_until: u64,
    /// Whether the next process in the folder most likely needs a token for the source.
    is_expected: bool,
}

#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    /// The newest first.
    folders: Vec<LastUse>,
}

impl LastUse {
    /// That a token with this key was served for `source` to a process in `folder`. None if this is
    /// not recorded: the URL is too long, or the time is before 1970.
    pub fn new(
        folder: &CacheKey,
        source: &str,
        key: &CacheKey,
        fresh_until: SystemTime,
    ) -> Option<Self> {
        (source.len() <= LONGEST_SOURCE).then_some(())?;
        Some(Self {
            folder: folder.to_string(),
            source: source.to_owned(),
            key: key.to_string(),
            fresh_until: fresh_until.duration_since(UNIX_EPOCH).ok()?.as_secs(),
            is_expected: true,
        })
    }

    /// The same, but no process needs a token early.
    pub fn unexpected(self) -> Self {
        Self { is_expected: false, ..self }
    }

    /// Whether it was in this working folder.
    pub fn is_in(&self, folder: &CacheKey) -> bool {
        self.folder == folder.as_str()
    }

    /// The same source and token in this working folder.
    pub fn moved_to(self, folder: &CacheKey) -> Self {
        Self { folder: folder.to_string(), ..self }
    }

    /// Whether the key is that of the token.
    pub fn is_of(&self, key: &CacheKey) -> bool {
        self.key == key.as_str()
    }

    /// Whether a token is expected, and the cache does not serve the last one any more.
    pub fn is_due(&self, now: SystemTime) -> bool {
        let fresh_until = UNIX_EPOCH.checked_add(Duration::from_secs(self.fresh_until));
        self.is_expected && fresh_until.is_none_or(|fresh_until| fresh_until <= now)
    }
}

/// The uses in the record's bytes, the newest first. Bytes that are not a record yield none.
pub fn decode(bytes: &[u8]) -> Vec<LastUse> {
    let record = serde_json::from_slice::<Record>(bytes).ok();
    record.filter(|it| it.version == VERSION).map(|it| it.folders).unwrap_or_default()
}

/// The record's bytes with this use as the newest.
pub fn with(bytes: &[u8], newest: &LastUse) -> serde_json::Result<Vec<u8>> {
    let mut folders = decode(bytes);
    folders.retain(|last_use| last_use.folder != newest.folder);
    folders.insert(0, newest.clone());
    folders.truncate(MOST_FOLDERS);
    serde_json::to_vec(&Record { version: VERSION, folders })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn folder(number: usize) -> CacheKey {
        CacheKey::of(&["folder", &number.to_string()])
    }

    fn find(bytes: &[u8], folder: &CacheKey) -> Option<LastUse> {
        decode(bytes).into_iter().find(|last_use| last_use.is_in(folder))
    }

    fn last_use(number: usize, fresh_until: u64) -> LastUse {
        let fresh_until = UNIX_EPOCH + Duration::from_secs(fresh_until);
        LastUse::new(&folder(number), "https://h/", &CacheKey::of(&["key"]), fresh_until).unwrap()
    }

    #[test]
    fn the_format_of_version_1() {
        let short = |text: &str| text.to_owned();
        let last_use = LastUse {
            folder: short("f"),
            source: short("https://h/"),
            key: short("k"),
            fresh_until: 1_800_000_000,
            is_expected: true,
        };
        let bytes = with(b"", &last_use).unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            r#"{"version":1,"folders":[{"folder":"f","source":"https://h/","key":"k","fresh_until":1800000000,"is_expected":true}]}"#
        );
    }

    #[test]
    fn each_folder_has_its_newest_use_up_to_the_limit() {
        let all = (0..MOST_FOLDERS + 2).map(|number| last_use(number, 1));
        let mut bytes = all.fold(Vec::new(), |bytes, it| with(&bytes, &it).unwrap());
        assert_eq!(find(&bytes, &folder(1)), None);
        assert_eq!(find(&bytes, &folder(2)), Some(last_use(2, 1)));
        bytes = with(&bytes, &last_use(2, 2)).unwrap();
        bytes = with(&bytes, &last_use(0, 2).unexpected()).unwrap();
        assert_eq!(find(&bytes, &folder(2)), Some(last_use(2, 2)));
        assert_eq!(find(&bytes, &folder(3)), None);
        assert!(!find(&bytes, &folder(0)).unwrap().is_expected);
    }

    #[test]
    fn a_use_is_due_when_its_token_is_not_served_any_more() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let recorded = last_use(1, 100);
        assert!(!recorded.is_due(at(99)) && recorded.is_due(at(100)));
        let never = LastUse { fresh_until: u64::MAX, ..recorded.clone() };
        assert!(never.is_due(at(1)), "no clock has this time");
        assert!(!recorded.unexpected().is_due(at(100)));
    }

    #[test]
    fn a_long_url_is_not_recorded() {
        let source = "x".repeat(LONGEST_SOURCE + 1);
        assert_eq!(LastUse::new(&folder(1), &source, &folder(1), UNIX_EPOCH), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_empty_record(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
            prop_assert_eq!(decode(&bytes), []);
            prop_assert_eq!(with(&bytes, &last_use(1, 1)).unwrap(), with(b"", &last_use(1, 1)).unwrap());
        }
    }
}
