//! Whole restores with the real `dotnet`, in turns.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::page::{Bar, Page, Section, precise};
use crate::starts::{HEAD_START, LATENCIES, SHORT_LIFE, after, exec_works, without_head_start};
use crate::support::dotnet::Dotnet;
use crate::support::fake_codeartifact::Access;
use crate::support::sandbox_home::{PLUGIN_NAME, SandboxHome};
use crate::support::stage::Stage;
use crate::support::stage::restore::PACKAGE;
use crate::{Bench, median, milliseconds};

/// The null plugin's.
const PASSWORD: &str = "constant";

/// How credentials come to NuGet.
struct Way {
    name: String,
    stage: Stage,
    by_exec: bool,
    times: Vec<f64>,
}

impl Way {
    fn new(name: impl Into<String>, stage: Stage) -> Self {
        let stage = stage.with_package();
        stage.home.write_project("app", &[(PACKAGE, "1.0.0")]);
        Self { name: name.into(), stage, by_exec: false, times: vec![] }
    }

    /// One restore of a project whose package is nowhere on this machine.
    fn restore(&self, bench: &Bench, dotnet: &Dotnet) -> f64 {
        self.stage.forget_packages();
        let (home, words) = (&self.stage.home, ["restore", "app", "--tl:off"]);
        let run = if self.by_exec {
            dotnet.run_by_exec(home, &bench.plugin, &words)
        } else {
            dotnet.run(home, &words)
        };
        run.assert_success();
        assert!(
            self.stage.has_package(PACKAGE, "1.0.0"),
            "{}: the package did not come",
            self.name
        );
        milliseconds(run.took)
    }
}

pub fn measure(bench: &Bench, page: &mut Page) {
    const TITLE: &str = "A whole restore";
    let Some(dotnet) = Dotnet::find() else {
        page.add(Section::new(TITLE, "Left out: there was no `dotnet` on PATH.", &[]));
        return;
    };
    let rounds = bench.times(5, 15);
    let mut ways = ways(bench);
    for way in &ways {
        way.restore(bench, &dotnet);
    }
    for _ in 0..rounds {
        // The tokens of the cold ones are over then.
        thread::sleep(SHORT_LIFE + Duration::from_millis(100));
        for way in &mut ways {
            let took = way.restore(bench, &dotnet);
            way.times.push(took);
        }
    }
    let note = format!(
        "`dotnet restore` of a project with one package, which is nowhere on the machine: medians of \
         {rounds} restores each, in turns, after one that is not counted."
    );
    let columns = ["credentials", "ms", "over a password, ms", "ratio"];
    let mut section = Section::new(TITLE, note, &columns);
    let password = median(ways[0].times.iter().copied());
    for Way { name, times, .. } in ways {
        let took = median(times);
        let ratio = format!("{:.2}", took / password);
        section.row(&[&name, &precise(took), &precise(took - password), &ratio]);
        page.bars.push(Bar { name, milliseconds: took });
    }
    page.add(section);
}

/// The password in NuGet.Config is the first.
fn ways(bench: &Bench) -> Vec<Way> {
    let mut ways = vec![with_password(), with_null_plugin(bench)];
    ways.push(Way::new("plugin, token in the cache", with_plugin(bench)));
    for latency in LATENCIES {
        for with in [true, false] {
            let knows = bench.knows(HEAD_START);
            // Without latency there is nothing to be ahead of.
            if (with && !knows) || (!with && knows && latency == 0) {
                continue;
            }
            let stage = with_plugin(bench);
            stage.fake.token_api_will(after(latency));
            stage.fake.tokens_live(SHORT_LIFE);
            if !with && knows {
                without_head_start(&stage);
            }
            let word = if with { ", head start" } else { ", no head start" };
            ways.push(Way::new(format!("plugin, AWS answers after {latency} ms{word}"), stage));
        }
    }
    let stage = with_plugin(bench);
    if exec_works(bench, &stage) {
        ways.push(Way { by_exec: true, ..Way::new("`exec`, token in the cache", stage) });
    }
    ways
}

fn with_plugin(bench: &Bench) -> Stage {
    let stage = Stage::new().with_nuget_config();
    install(&stage.home, &bench.plugin);
    stage
}

fn install(home: &SandboxHome, plugin: &Path) {
    let output = home.command(plugin).arg("install").output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn with_password() -> Way {
    let way = Way::new("password in NuGet.Config", Stage::new());
    let Stage { fake, home, repository, source, .. } = &way.stage;
    fake.set_access(repository, Access::Password("aws", PASSWORD));
    home.write_nuget_config_with(
        &[("my-repo", source)],
        &format!(
            "<packageSourceCredentials><my-repo><add key=\"Username\" value=\"aws\" /><add \
             key=\"ClearTextPassword\" value=\"{PASSWORD}\" /></my-repo></packageSourceCredentials>"
        ),
    );
    way
}

/// In the place of ours, behind the same launcher.
fn with_null_plugin(bench: &Bench) -> Way {
    let stage = with_plugin(bench);
    stage.fake.set_access(&stage.repository, Access::Password("aws", PASSWORD));
    let file = stage.home.netcore().join(format!("{PLUGIN_NAME}{}", std::env::consts::EXE_SUFFIX));
    assert!(file.is_file(), "{} is where the plugin is installed", file.display());
    fs::remove_file(&file).and_then(|()| fs::copy(&bench.null, &file)).expect("its own folder");
    Way::new("null plugin", stage)
}
