//! Thousands of requests in one conversation, and thousands of conversations: nothing grows.

use std::fs;
use std::path::Path;

use super::chance::Chance;
use super::{long, report, rounds};
use crate::support::fake_codeartifact::Repository;
use crate::support::fake_nuget::FakeNuget;
use crate::support::stage::conversation::token_of_a_process;
use crate::support::stage::{FOREIGN, Stage};

/// What a process may have more than after its first hundred requests.
const MORE_KIB: u64 = 4096;

/// What a process holds now.
#[derive(Debug)]
struct Size {
    resident_kib: u64,
    threads: u64,
    descriptors: usize,
}

impl Size {
    fn of(process: u32) -> Self {
        let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
        let number = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a field");
            line.split_whitespace().next().and_then(|it| it.parse().ok()).expect("a number")
        };
        Self {
            resident_kib: number("VmRSS:"),
            threads: number("Threads:"),
            descriptors: files_in(Path::new(&format!("/proc/{process}/fd"))),
        }
    }

    fn assert_like(&self, first: &Self, asked: usize) {
        let text = format!("after {asked} requests {self:?}, first {first:?}");
        assert!(self.resident_kib <= first.resident_kib + MORE_KIB, "{text}");
        // The runtime lends out a few threads, and takes them back when they are idle.
        assert!(self.threads <= first.threads + 8, "{text}");
        assert!(self.descriptors <= first.descriptors + 1, "{text}");
    }
}

fn files_in(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}

pub fn a_long_conversation_stays_small() {
    let Stage { fake, home, .. } = Stage::new();
    let sources: Vec<_> =
        (0..5).map(|number| fake.source(&Repository::new(&format!("repo-{number}")))).collect();
    let mut nuget = FakeNuget::start(&home);
    let process = nuget.process_id();
    let mut asked = 0;
    let hundred = |nuget: &mut FakeNuget, chance: &mut Chance| {
        for _ in 0..100 {
            match chance.below(8) {
                0 => drop(nuget.ask(FOREIGN, false, true).assert_refusal("Error")),
                1 => {
                    let ask = nuget.begin_ask(&sources[0], false, true);
                    nuget.answer_to(&ask, super::LIMIT).assert_success();
                }
                _ => {
                    let source = &sources[chance.below(sources.len())];
                    nuget.ask(source, false, true).assert_success().assert_no_logs();
                }
            }
        }
    };
    hundred(&mut nuget, &mut Chance::new(0));
    let first = Size::of(process);
    let round = |chance: &mut Chance, _| {
        hundred(&mut nuget, chance);
        asked += 100;
        Size::of(process).assert_like(&first, asked);
    };
    rounds("soak-one", 8, round);
    let last = Size::of(process);
    report("soak-one", &format!("{asked} requests, {first:?}, then {last:?}"));
    assert_eq!(fake.token_calls().len(), 1);
    nuget.finish();
}

pub fn conversations_leave_nothing_behind() {
    let Stage { fake, home, source, .. } = Stage::new();
    let token = token_of_a_process(&home, &source);
    let places =
        || [home.cache_dir(), home.root().join("tmp"), home.home()].map(|it| files_in(&it));
    let (first, mut conversations) = (places(), 1);
    let round = |chance: &mut Chance, _| {
        let mut nuget = FakeNuget::start(&home);
        if chance.below(4) == 0 {
            nuget.begin_ask(&source, false, true);
            // NuGet goes away without a word.
            drop(nuget);
        } else {
            assert_eq!(nuget.ask(&source, false, true).assert_success().password(), token);
            nuget.finish();
        }
        conversations += 1;
        assert_eq!(places(), first, "after {conversations} conversations");
    };
    rounds("soak-many", if long().is_some() { 0 } else { 20 }, round);
    report("soak-many", &format!("{conversations} conversations, {first:?} files"));
    assert_eq!(fake.token_calls().len(), 1);
}
