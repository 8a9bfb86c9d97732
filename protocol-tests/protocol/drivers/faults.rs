//! Every fault of the API and of the disk: one answer, at most one line, and nothing else is written.

use std::time::{Duration, Instant};

use super::chance::Chance;
use super::{LIMIT, long, report, rounds};
use crate::support::fake_codeartifact::TokenBehaviour;
use crate::support::fake_nuget::FakeNuget;
use crate::support::stage::Stage;

/// Longer than a request may take as a whole.
const WHOLE_REQUEST: Duration = Duration::from_secs(75);

pub fn each_fault_is_one_answer_and_one_line() {
    let apis = apis();
    let mut slowest = Duration::ZERO;
    let round = |chance: &mut Chance, done: usize| {
        let behaviour = &apis[done % apis.len()];
        let asked = Instant::now();
        one_api(behaviour, chance);
        slowest = slowest.max(asked.elapsed());
    };
    rounds("faults", apis.len(), round);
    report("faults", &format!("{} kinds of the API, the slowest took {slowest:.1?}", apis.len()));
    #[cfg(unix)]
    disks();
}

/// Those that take a minute are for the long mode.
fn apis() -> Vec<TokenBehaviour> {
    let said = [
        "",
        "{}",
        "[]",
        "null",
        "<html>proxy</html>",
        "{\"authorizationToken\":1,\"expiration\":4102444800}",
        "{\"authorizationToken\":\"\",\"expiration\":4102444800}",
        "{\"authorizationToken\":\"a\\nb\",\"expiration\":4102444800}",
    ];
    let mut apis = vec![
        TokenBehaviour::Fail(403, "AccessDeniedException", "denied"),
        TokenBehaviour::Fail(404, "ResourceNotFoundException", "no domain"),
        TokenBehaviour::Fail(400, "ValidationException", "\u{1b}[31m\r\nred\u{0}"),
        TokenBehaviour::Fail(409, "", ""),
    ];
    apis.extend(said.map(|body| TokenBehaviour::Say(body.as_bytes().to_vec())));
    apis.push(TokenBehaviour::Say(vec![b'['; 100_000]));
    apis.push(TokenBehaviour::Say(vec![0xFF; 1_000]));
    if long().is_some() {
        apis.extend([
            TokenBehaviour::Fail(500, "InternalServerException", "internal"),
            TokenBehaviour::Fail(503, "ServiceUnavailable", ""),
            TokenBehaviour::Throttle(Duration::from_millis(500)),
            TokenBehaviour::Truncate,
            TokenBehaviour::Close,
            TokenBehaviour::Hang,
            TokenBehaviour::FailAfter(Duration::from_secs(8), 500, "Slow", "slow"),
        ]);
    }
    apis
}

fn one_api(behaviour: &TokenBehaviour, chance: &mut Chance) {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(behaviour.clone());
    let mut nuget = FakeNuget::start(&home);
    let number = 1 + chance.below(3);
    let asked = Instant::now();
    let asks: Vec<_> = (0..number).map(|_| nuget.begin_ask(&source, false, true)).collect();
    for ask in &asks {
        let answer = nuget.answer_to(ask, LIMIT);
        answer.assert_refusal("Error");
    }
    let took = asked.elapsed();
    assert!(took < WHOLE_REQUEST, "{behaviour:?} took {took:?}");
    let lines: Vec<_> = nuget.logs().iter().filter(|it| it.level != "Debug").collect();
    assert_eq!(lines.len(), 1, "{behaviour:?}: {lines:?}");
    let text = &lines[0].text;
    assert!(!text.contains(char::is_control), "{behaviour:?}: {text:?}");
    let calls = fake.token_calls().len();
    assert!((1..=6).contains(&calls), "{calls} calls for {behaviour:?}");
    assert_eq!(nuget.stderr(), "");
    nuget.finish();
    home.assert_no_secrets();
}

/// A cache that takes no token: the request still gets one, and the user reads nothing.
#[cfg(unix)]
fn disks() {
    use crate::support::sandbox_home::SandboxHome;
    use crate::support::trials::Need;

    let in_namespace = |mount: &str| {
        format!(
            "exec unshare -m sh -c 'd=\"$HOME/.cache/nuget-plugin-codeartifact\"; {mount}; exec \"$0\" -Plugin' "
        )
    };
    let mut disks = vec![("no folder", ": >\"$HOME/.cache\"; exec ".to_owned())];
    if Need::MountNamespace.is_there() {
        let full = "mkdir -p \"$d\"; chmod 700 \"$d\"; mount -t tmpfs -o size=4k,mode=700 t \"$d\"; \
                    head -c 4096 /dev/zero >\"$d/full\"";
        let read_only = "mkdir -p \"$d\"; chmod 700 \"$d\"; mount -t tmpfs -o ro,mode=700 t \"$d\"";
        disks.push(("full", in_namespace(full)));
        disks.push(("read-only", in_namespace(read_only)));
    }
    for (name, start) in &disks {
        let Stage { fake, home, source, .. } = Stage::new();
        let plugin = SandboxHome::plugin();
        let script = home.script("plugin", &format!("{start}'{}' -Plugin", plugin.display()));
        let mut nuget = FakeNuget::start_program(&home, &script);
        for _ in 0..2 {
            nuget.ask(&source, false, true).assert_success().assert_no_logs();
        }
        assert_eq!(fake.token_calls().len(), 1, "{name}");
        assert_eq!(nuget.stderr(), "", "{name}");
        nuget.finish();
    }
    report("faults", &format!("{} kinds of the disk", disks.len()));
}
