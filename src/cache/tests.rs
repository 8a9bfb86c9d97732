//! The cache as its caller sees it, against a model.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;
use tempfile::TempDir;

use super::folder::Folder;
use super::*;
use crate::base::secret::Secret;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_hours(500_000)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn token(text: &str, obtained: SystemTime, life: Duration) -> AuthorizationToken {
    AuthorizationToken { secret: Secret::new(text), obtained, expiration: obtained + life }
}

fn label() -> Label {
    let text = |text: &str| text.to_owned();
    Label { domain: text("d"), owner: text("1"), region: text("r"), identity: text("i") }
}

fn disk() -> (TempDir, TokenCache) {
    let around = TempDir::new().unwrap();
    let folder = Folder::open(around.path().join("cache")).unwrap();
    (around, TokenCache::at(CachePlace::Folder(folder)))
}

fn message(line: &str) -> SharedMessage {
    SharedMessage { code: Code::Throttled, line: line.to_owned(), fix: None }
}

/// What the cache has for the key, without until when.
fn load(cache: &TokenCache, key: &CacheKey, now: SystemTime) -> Option<AuthorizationToken> {
    cache.load(key, now).map(|kept| kept.token)
}

fn file_of(around: &TempDir, key: &CacheKey) -> PathBuf {
    around.path().join("cache").join(format!("{key}.json"))
}

#[test]
fn a_token_is_found_by_another_process_under_its_own_key_only() {
    let (around, cache) = disk();
    let (key, token) = (CacheKey::of(&["one"]), token("t", now(), seconds(3600)));
    cache.store(&key, &token, now() + seconds(3600), &label(), now()).unwrap();
    let folder = Folder::open(around.path().join("cache")).unwrap();
    let another = TokenCache::at(CachePlace::Folder(folder));
    assert_eq!(load(&another, &key, now()), Some(token));
    assert_eq!(load(&another, &CacheKey::of(&["two"]), now()), None);
}

#[test]
fn a_token_with_impossible_times_is_not_kept_anywhere() {
    let (around, disk) = disk();
    for cache in [disk, TokenCache::at(CachePlace::Process)] {
        let key = CacheKey::of(&[]);
        for token in [
            token("expired", now() - seconds(60), seconds(60)),
            token("too long", now(), seconds(12 * 3600 + 301)),
            token("from the future", now() + seconds(301), seconds(3600)),
        ] {
            let stored = cache.store(&key, &token, now() + seconds(60), &label(), now());
            assert!(matches!(stored, Err(CacheError::Implausible)));
            assert_eq!(load(&cache, &key, now()), None);
        }
        assert!(!file_of(&around, &key).exists());
    }
}

#[test]
fn what_the_folder_does_not_take_this_process_keeps() {
    let (around, cache) = disk();
    let (key, token) = (CacheKey::of(&["one"]), token("hunter2", now(), seconds(3600)));
    fs::remove_dir(around.path().join("cache")).unwrap();
    let failed = cache.store(&key, &token, now() + seconds(3600), &label(), now()).unwrap_err();
    assert!(failed.to_string().starts_with("Cannot write to the cache folder `"), "{failed}");
    assert_eq!(load(&cache, &key, now()), Some(token));
    assert!(!format!("{cache:?}").contains("hunter2"));
}

#[test]
fn a_newer_token_that_the_folder_does_not_take_replaces_its_file() {
    let (around, cache) = disk();
    let (key, until) = (CacheKey::of(&["one"]), now() + seconds(7200));
    let later = now() + seconds(60);
    let (old, new) = (token("old", now(), seconds(3600)), token("new", later, seconds(3600)));
    cache.store(&key, &old, until, &label(), now()).unwrap();
    let long = token(&"x".repeat(70_000), later, seconds(3600));
    assert!(cache.store(&key, &long, until, &label(), later).is_err());
    assert_eq!(load(&cache, &key, later), Some(long));
    assert_eq!(load(&caches(&around)[0], &key, later), Some(old), "others have the file");
    cache.store(&key, &new, until, &label(), later).unwrap();
    assert_eq!(load(&cache, &key, later), Some(new));
}

#[test]
fn an_older_token_of_this_process_does_not_hide_a_newer_file() {
    let (around, cache) = disk();
    let key = CacheKey::of(&["one"]);
    let until = now() + seconds(3600);
    let (old, new) = (token("old", now(), seconds(3600)), token("new", now(), seconds(3600)));
    fs::remove_dir(around.path().join("cache")).unwrap();
    cache.store(&key, &old, until, &label(), now()).unwrap_err();
    let folder = Folder::open(around.path().join("cache")).unwrap();
    TokenCache::at(CachePlace::Folder(folder)).store(&key, &new, until, &label(), now()).unwrap();
    assert_eq!(load(&cache, &key, now()), Some(new));
}

#[test]
fn a_token_with_impossible_times_is_served_by_its_process_for_a_while() {
    let (around, cache) = disk();
    let key = CacheKey::of(&["one"]);
    assert_eq!(cache.odd(&key), None);
    let expired = token("expired", now() - seconds(60), seconds(60));
    cache.store(&key, &expired, now() + seconds(60), &label(), now()).unwrap_err();
    assert_eq!(cache.odd(&key), Some(expired.clone()));
    assert_eq!(caches(&around)[0].odd(&key), None, "another process");
    let off = TokenCache::at(CachePlace::Nowhere);
    off.store(&key, &expired, now() + seconds(60), &label(), now()).unwrap_err();
    assert_eq!(off.odd(&key), None);
}

#[test]
fn a_failure_is_learnt_by_who_needed_the_token_when_it_happened() {
    let (around, _cache) = disk();
    let ([one, other], key) = (caches(&around), CacheKey::of(&["one"]));
    let message = Some(message("AWS throttled the call"));
    let failure = SharedFailure { failed: now(), pause: seconds(3), message: message.clone() };
    one.share_failure(&key, &failure);
    let learnt = |began, at| other.shared_failure(&key, began, at);
    assert_eq!(learnt(now() - seconds(60), now()), message);
    assert_eq!(learnt(now(), now() + seconds(9)), message);
    assert_eq!(learnt(now() + seconds(1), now() + seconds(1)), None, "it began afterwards");
    assert_eq!(learnt(now() - seconds(60), now() + seconds(10)), None, "a moment is over");
    assert_eq!(learnt(now() - seconds(60), now() - seconds(1)), None, "a clock set back");
    assert_eq!(other.shared_failure(&CacheKey::of(&["two"]), now(), now()), None);
    assert_eq!(other.pause(&key, now() + seconds(1)), seconds(2));
    assert_eq!(other.pause(&key, now() + seconds(3)), Duration::ZERO);
    assert_eq!(other.pause(&key, now() - seconds(1)), Duration::ZERO, "a clock set back");
    one.share_failure(&key, &SharedFailure { pause: seconds(3600), message: None, ..failure });
    assert_eq!(learnt(now() - seconds(1), now()), None, "nothing to say");
    assert_eq!(other.pause(&key, now()), seconds(10), "no pause is longer");
    let token = token("t", now(), seconds(3600));
    other.store(&key, &token, now() + seconds(3600), &label(), now()).unwrap();
    assert_eq!(one.pause(&key, now()), Duration::ZERO, "a token ends it");
}

#[cfg(unix)]
#[test]
fn a_failure_that_another_user_could_have_written_is_none() {
    use std::os::unix::fs::PermissionsExt;

    let (around, cache) = disk();
    let key = CacheKey::of(&["one"]);
    let failure =
        SharedFailure { failed: now(), pause: seconds(3), message: Some(message("forged")) };
    cache.share_failure(&key, &failure);
    let file = around.path().join("cache").join(format!(".token-{key}.failed"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o622)).unwrap();
    assert_eq!(cache.shared_failure(&key, now(), now()), None);
    assert_eq!(cache.pause(&key, now()), Duration::ZERO);
}

/// Whatever the clock does, a token is served only in the time for which AWS issued it.
#[test]
fn a_clock_set_back_forward_or_standing_still_serves_no_token_too_long() {
    let (_around, cache) = disk();
    for (number, start) in [0, 2_147_483_000, 4_294_967_000].into_iter().enumerate() {
        let (key, start) = (CacheKey::of(&[&number.to_string()]), UNIX_EPOCH + seconds(start));
        let token = token("t", start, seconds(3600));
        cache.store(&key, &token, start + seconds(3600), &label(), start).unwrap();
        for at in [start, start, start + seconds(3599)] {
            assert_eq!(load(&cache, &key, at), Some(token.clone()), "from {start:?} at {at:?}");
        }
        assert_eq!(load(&cache, &key, start + seconds(3600)), None, "expired");
        assert_eq!(load(&cache, &key, start + seconds(1 << 37)), None, "far ahead");
        if let Some(back) = start.checked_sub(seconds(301)).filter(|it| *it >= UNIX_EPOCH) {
            assert_eq!(load(&cache, &key, back), None, "set back further than AWS's tolerance");
            assert_eq!(load(&cache, &key, back + seconds(1)), Some(token), "within it");
        }
    }
}

#[tokio::test]
async fn another_key_of_the_same_first_byte_does_not_wait() {
    let (_around, cache) = disk();
    let of_byte = |byte: &str| {
        let keys = (0..).map(|number: u32| CacheKey::of(&[&number.to_string()]));
        keys.filter(|key| key.to_string().starts_with(byte)).take(2).collect::<Vec<_>>()
    };
    let keys = of_byte("a7");
    let first = cache.lock(&keys[0]).await;
    let second = cache.lock(&keys[1]).await;
    assert!(first.is_held() && second.is_held());
    let sign_ins = (cache.lock_sign_in(&keys[0]).await, cache.lock_sign_in(&keys[1]).await);
    assert_eq!((sign_ins.0.note(), sign_ins.1.note()), (None, None));
}

#[tokio::test]
async fn without_a_folder_there_is_nothing_to_lock() {
    let key = CacheKey::of(&[]);
    for cache in [TokenCache::at(CachePlace::Process), TokenCache::at(CachePlace::Nowhere)] {
        let (one, two) = (cache.lock(&key).await, cache.lock(&key).await);
        assert!(!one.is_held() && !two.is_held());
        assert_eq!(one.note(), None);
    }
}

#[tokio::test]
async fn the_lock_survives_storing_and_a_lock_that_cannot_be_had_is_gone_without() {
    let (around, cache) = disk();
    let key = CacheKey::of(&["one"]);
    let lock = cache.lock(&key).await;
    assert!(lock.is_held());
    let token = token("t", now(), seconds(3600));
    cache.store(&key, &token, now() + seconds(3600), &label(), now()).unwrap();
    drop(lock);
    assert!(cache.lock(&key).await.is_held());
    fs::remove_dir_all(around.path().join("cache")).unwrap();
    let without = cache.lock(&key).await;
    assert!(!without.is_held());
    assert!(without.note().unwrap().starts_with("going on without the lock `"));
}

/// What can happen to a cache of four keys.
#[derive(Debug, Clone)]
enum Operation {
    Store { key: usize, life: u64, keep: u64 },
    Load { key: usize },
    Wait { seconds: u64 },
    Delete { key: usize },
    Damage { key: usize, bytes: Vec<u8> },
    CutShort { key: usize, left: u64 },
}

fn operations() -> impl Strategy<Value = Operation> {
    prop_oneof![
        4 => (0..4_usize, 0..50_000_u64, 0..50_000_u64)
            .prop_map(|(key, life, keep)| Operation::Store { key, life, keep }),
        8 => (0..4_usize).prop_map(|key| Operation::Load { key }),
        4 => (0..20_000_u64).prop_map(|seconds| Operation::Wait { seconds }),
        1 => (0..4_usize).prop_map(|key| Operation::Delete { key }),
        1 => (0..4_usize, prop::collection::vec(any::<u8>(), 0..64))
            .prop_map(|(key, bytes)| Operation::Damage { key, bytes }),
        1 => (0..4_usize, 0..100_u64).prop_map(|(key, left)| Operation::CutShort { key, left }),
    ]
}

/// The expected content of a cache: each key's token and until when it is served.
#[derive(Default)]
struct Model(HashMap<usize, (AuthorizationToken, SystemTime)>);

impl Model {
    fn load(&self, key: usize, now: SystemTime) -> Option<AuthorizationToken> {
        let (token, until) = self.0.get(&key)?;
        (now < *until).then(|| token.clone())
    }

    fn store(&mut self, key: usize, token: &AuthorizationToken, keep_until: SystemTime) {
        let longest = token.obtained + seconds(12 * 3600 + 300);
        if token.obtained < token.expiration && token.expiration <= longest {
            self.0.insert(key, (token.clone(), keep_until.min(token.expiration)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_folder_behaves_like_the_model(operations in prop::collection::vec(operations(), 1..60)) {
        let (around, cache) = disk();
        let keys: Vec<_> = (0..4).map(|n| CacheKey::of(&[&n.to_string()])).collect();
        let (mut model, mut now, mut tokens) = (Model::default(), now(), 0);
        for operation in operations {
            match operation {
                Operation::Store { key, life, keep } => {
                    tokens += 1;
                    let token = token(&tokens.to_string(), now, seconds(life));
                    let _ = cache.store(&keys[key], &token, now + seconds(keep), &label(), now);
                    model.store(key, &token, now + seconds(keep));
                }
                Operation::Load { key } => {
                    prop_assert_eq!(load(&cache, &keys[key], now), model.load(key, now));
                }
                Operation::Wait { seconds } => now += Duration::from_secs(seconds),
                Operation::Delete { key } => {
                    let _ = fs::remove_file(file_of(&around, &keys[key]));
                    model.0.remove(&key);
                }
                Operation::Damage { key, bytes } => {
                    damage(&file_of(&around, &keys[key]), &bytes);
                    model.0.remove(&key);
                }
                Operation::CutShort { key, left } => {
                    cut_short(&file_of(&around, &keys[key]), left);
                    model.0.remove(&key);
                }
            }
        }
    }
}

/// Overwrites an existing file in place.
fn damage(path: &Path, bytes: &[u8]) {
    if path.exists() {
        fs::write(path, bytes).unwrap();
    }
}

/// Truncates it to less than any token's file has.
fn cut_short(path: &Path, left: u64) {
    if let Ok(file) = fs::File::options().write(true).open(path) {
        file.set_len(left).unwrap();
    }
}

#[test]
fn a_refusal_is_remembered_where_tokens_are_kept() {
    let (around, cache) = disk();
    let (key, other) = (CacheKey::of(&["refused", "t"]), CacheKey::of(&["refused", "u"]));
    assert!(!cache.was_refused(&key, now()));
    cache.remember_refused(&key, now());
    let folder = Folder::open(around.path().join("cache")).unwrap();
    let another = TokenCache::at(CachePlace::Folder(folder));
    assert!(another.was_refused(&key, now()));
    assert!(!another.was_refused(&other, now()));
    assert_eq!(load(&another, &key, now()), None, "it is no token");
    for (place, remembers) in [(CachePlace::Process, true), (CachePlace::Nowhere, false)] {
        let cache = TokenCache::at(place);
        cache.remember_refused(&key, now());
        assert_eq!(cache.was_refused(&key, now()), remembers);
    }
}

#[cfg(unix)]
#[test]
fn a_refusal_that_the_folder_does_not_take_is_remembered_here() {
    let (around, cache) = disk();
    fs::remove_dir_all(around.path().join("cache")).unwrap();
    let key = CacheKey::of(&["refused", "t"]);
    cache.remember_refused(&key, now());
    assert!(cache.was_refused(&key, now()));
}

const LIMIT: Duration = Duration::from_mins(10);

fn caches(folder: &TempDir) -> [TokenCache; 2] {
    let path = folder.path().join("cache");
    [(); 2].map(|()| TokenCache::at(CachePlace::Folder(Folder::open(path.clone()).unwrap())))
}

#[test]
fn whoever_asked_in_vain_is_known_to_every_process_for_a_while() {
    let folder = TempDir::new().unwrap();
    let ([one, other], key) = (caches(&folder), CacheKey::of(&["corp"]));
    assert_eq!(other.asked_ago(&key, now(), LIMIT), None);
    one.note_asked(&key, now());
    let minute = Duration::from_mins(1);
    assert_eq!(other.asked_ago(&key, now() + minute, LIMIT), Some(minute));
    assert_eq!(other.asked_ago(&key, now() + LIMIT, LIMIT), None);
    assert_eq!(other.asked_ago(&key, now() - minute, LIMIT), None, "a clock set back");
    assert_eq!(other.asked_ago(&CacheKey::of(&["other"]), now(), LIMIT), None);
    other.forget_asked(&key);
    assert_eq!(other.asked_ago(&key, now(), LIMIT), None);
}

#[tokio::test]
async fn without_a_folder_the_tasks_of_this_process_wait_for_each_other() {
    let (cache, key) = (TokenCache::at(CachePlace::Process), CacheKey::of(&["corp"]));
    let first = cache.lock_sign_in(&key).await;
    let mut second = Box::pin(cache.lock_sign_in(&key));
    tokio::time::timeout(Duration::from_millis(50), &mut second).await.unwrap_err();
    drop(first);
    let _second = second.await;
    cache.note_asked(&key, now());
    assert_eq!(cache.asked_ago(&key, now(), LIMIT), Some(Duration::ZERO));
}

#[tokio::test]
async fn the_lock_of_a_sign_in_is_not_the_one_of_a_token() {
    let folder = TempDir::new().unwrap();
    let ([cache, _], key) = (caches(&folder), CacheKey::of(&["corp"]));
    let _sign_in = cache.lock_sign_in(&key).await;
    assert!(cache.lock(&key).await.is_held());
}
