//! The seeds of the fuzz targets, which the tests run through the same checks.

use std::path::Path;

/// Calls the check with every seed of a target. What a run of the fuzzer has added is left out: it has
/// no extension.
pub fn replay(target: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("protocol-tests/fuzz/corpus");
    let mut seeds: Vec<_> = std::fs::read_dir(folder.join(target))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some())
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "{target} has no seeds");
    for seed in seeds {
        // A failure is captured with the name of its seed.
        println!("{}", seed.display());
        check(&std::fs::read(&seed).unwrap());
    }
}
