//! Limits that a machine sets: the size of files, open files, threads. What cannot be done is named.

use crate::support::stage::{SOURCE, Stage};
use crate::support::trials::{Need, Trial, named, trial};

pub fn trials() -> Vec<Trial> {
    let mut trials = named![
        a_limit_of_file_sizes_costs_no_token,
        a_limit_of_file_sizes_ends_no_conversation,
        few_open_files_are_named,
        no_open_files_end_no_conversation_in_silence,
    ];
    trials.push(trial("few_threads_are_named", few_threads_are_named).needing(Need::OtherUser));
    trials
}

/// Nothing can be written: neither the log nor the cache.
fn a_limit_of_file_sizes_costs_no_token() {
    let stage = Stage::new().with_log();
    let run = stage.sh(&format!("ulimit -f 0; \"$PLUGIN\" token {SOURCE} | cat"));
    assert_eq!(run.assert_success().stdout, format!("{}\n", stage.issued()));
}

fn a_limit_of_file_sizes_ends_no_conversation() {
    let stage = Stage::new().with_log();
    let run = stage.sh(&conversation("ulimit -f 0"));
    run.assert_success().assert_says(&stage.issued()).assert_says("\"Success\"");
}

/// Too few for a connection, and enough for the conversation.
fn few_open_files_are_named() {
    let mut named = 0;
    for limit in 8..=16 {
        let stage = Stage::new();
        let run = stage.sh(&conversation(&format!("ulimit -n {limit}")));
        let output = run.output().to_ascii_lowercase();
        assert!(!output.contains("panic") && !output.contains("defect"), "{limit}: {run}");
        let is_served = stage
            .fake
            .issued_tokens()
            .iter()
            .any(|token| output.contains(&token.to_ascii_lowercase()));
        // glibc's words, and musl's.
        let is_named = output.contains("too many open files")
            || output.contains("no file descriptors available");
        assert!(is_served || is_named, "{limit}: {run}");
        named += usize::from(is_named);
    }
    assert!(named > 0, "no limit was reached");
}

fn no_open_files_end_no_conversation_in_silence() {
    let stage = Stage::new();
    for limit in [4, 6] {
        let run =
            stage.sh(&format!("exec </dev/null; ulimit -n {limit}; exec \"$PLUGIN\" -Plugin"));
        run.assert_failure().assert_says("cannot talk to NuGet: too many open files");
    }
}

/// Root has no limit of processes.
fn few_threads_are_named() {
    let stage = Stage::new();
    let copy = "chmod -R a+rwX . && cp \"$PLUGIN\" ./plugin && chmod a+rx plugin && \
        setpriv --reuid 54321 --regid 54321 --clear-groups \
        prlimit --nproc=1 ./plugin -Plugin </dev/null";
    let run = stage.sh(&format!(
        "d=$(mktemp -d) && chmod a+rwx $d && cd $d && {copy}; code=$?; rm -r $d; exit $code"
    ));
    run.assert_failure().assert_says("no more threads can be started");
    run.assert_silent_on("panic");
}

/// A whole conversation, from a shell with this limit. The input stays open until the answer has had its
/// time.
fn conversation(limit: &str) -> String {
    let ask = format!(
        r#"{{"RequestId":"1","Type":"Request","Method":"GetAuthenticationCredentials","Payload":{{"Uri":"{SOURCE}","IsRetry":false,"IsNonInteractive":true,"CanShowDialog":false}}}}"#
    );
    let levels = r#"{"RequestId":"0","Type":"Request","Method":"SetLogLevel","Payload":{"LogLevel":"Warning"}}"#;
    format!(
        "{limit}; {{ echo '{levels}'; echo '{ask}'; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 0.1; done; }} \
         | \"$PLUGIN\" -Plugin | cat"
    )
}
