//! IAM Identity Center is down, or a proxy's page comes in its place: never "signed out", and no sign-in
//! is started in vain.

use crate::support::fake_nuget::FakeNuget;
use crate::support::stage::Stage;
use crate::support::stage::conversation::HEAD;
use crate::support::trials::{Trial, trial};

/// Status, page, and what the message says of them.
const OUTAGES: [(u16, &str, &str); 5] = [
    (503, "", "HTTP 503"),
    (502, "<html>a proxy's page</html>", "HTTP 502"),
    (403, "<html>a proxy's page</html>", "HTTP 403"),
    (200, "<html>a proxy's page</html>", "HTTP 200, without credentials"),
    (200, "{}", "HTTP 200, without"),
];

pub fn trials() -> Vec<Trial> {
    vec![
        trial("an_outage_of_the_portal_is_called_that", || outages("2099-01-01T00:00:00Z")),
        trial("an_outage_of_the_sign_in_service_is_called_that", || {
            outages("2020-01-01T00:00:00Z");
        }),
        trial("an_access_token_with_a_line_break_is_named", unsendable),
    ]
}

/// The user may be asked, and is not.
fn outages(signed_in_until: &str) {
    for (status, page, said) in OUTAGES {
        let mut stage = Stage::signing_in();
        stage.may_ask("device").signed_in_until(signed_in_until);
        let before = stage.token();
        stage.sso().answers_with(status, page);
        let mut nuget = FakeNuget::start(&stage.home);
        let answer = nuget.ask(&stage.source, false, false);
        let line = answer.assert_refusal("NotFound").the_warning().to_owned();
        assert!(line.starts_with(&format!("{HEAD}[CNP311] Unexpected response from `")), "{line}");
        assert!(line.contains(&format!("(IAM Identity Center, {said}")), "{line}");
        stage.finish(nuget);
        assert_eq!(stage.token(), before);
        let calls = stage.sso().calls();
        assert!(!calls.is_empty() && calls.iter().all(|call| call == "outage"), "{calls:?}");
    }
}

fn unsendable() {
    let stage = Stage::signing_in();
    stage.signed_in_until("2099-01-01T00:00:00Z");
    stage.change_token(|token| {
        token.insert("accessToken".into(), "FAKESSO\nx".into());
    });
    let name = stage.token_file().file_name().map(|name| name.to_string_lossy().into_owned());
    let path = format!("<root>/home/.aws/sso/cache/{}", name.expect("a file has a name"));
    stage.assert_refused(&format!(
        "[CNP225] `accessToken` in `{path}` contains a line break and cannot be sent to AWS. Correct it."
    ));
    assert_eq!(stage.sso().calls(), [] as [String; 0]);
}
