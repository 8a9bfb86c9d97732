#![no_main]

use codeartifact_fuzz::endpoint::check;
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|bytes: &[u8]| {
    check::check(bytes);
    let Ok(text) = str::from_utf8(bytes) else { return };
    for origin in check::origins(text) {
        // A client may read a URL as browsers do. It must not arrive at another host.
        let theirs = Url::parse(text).expect("a URL that gets a token is one to others");
        assert_eq!(Url::parse(&origin).expect("an origin").origin(), theirs.origin(), "{text:?}");
    }
});
