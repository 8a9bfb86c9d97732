//! The story without `dotnet`: the plugin is started and asked as NuGet does.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::setting::Setting;
use crate::story::{Story, seconds};
use crate::support::fake_nuget::{FakeNuget, LIMIT};

pub fn play(setting: &Setting, story: &mut Story) -> Result<(), String> {
    story.step("The source, asked without credentials");
    let status = status_of(setting, None)?;
    story.require(status == 401, "401, so NuGet starts the plugin", "the source let us in")?;

    story.step("Ask the plugin for credentials  (cold: no token yet)");
    let password = ask(setting, story)?;
    require_calls(setting, story)?;

    story.step("The source, asked with them");
    let status = status_of(setting, Some(&password))?;
    story.require(status == 200, "200", &format!("the source said {status}"))?;

    story.step("Ask a new plugin process  (warm: the token is remembered)");
    let again = ask(setting, story)?;
    story.require(again == password, "the same token", "another token")?;
    require_calls(setting, story)
}

/// One conversation, as `dotnet restore` holds it.
fn ask(setting: &Setting, story: &Story) -> Result<String, String> {
    let started = Instant::now();
    let mut nuget = FakeNuget::start(&setting.home);
    let opened = started.elapsed();
    let asked = Instant::now();
    let answer = nuget.ask(&setting.source(), false, true);
    let answered = asked.elapsed();
    nuget.close_stdin();
    nuget.wait_exit(LIMIT);
    story.say(&format!("opening: {}, answer: {}", seconds(opened), seconds(answered)));
    let code = answer.response_code().to_owned();
    let told: Vec<_> = answer.logs.iter().map(|line| line.text.clone()).collect();
    story.require(
        code == "Success",
        "Success: user name aws, and a token as password",
        &format!("the plugin said {code}: {}", told.join("; ")),
    )?;
    Ok(answer.password().to_owned())
}

/// The status of the source's index.
fn status_of(setting: &Setting, password: Option<&str>) -> Result<u16, String> {
    let host = setting.fake.host();
    let path = setting.source().replace(&setting.fake.url(), "");
    let authorization = password.map_or(String::new(), |password| {
        let basic = aws_smithy_types::base64::encode(format!("aws:{password}"));
        format!("Authorization: Basic {basic}\r\n")
    });
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{authorization}Connection: close\r\n\r\n");
    let answer = exchange(&host, &request).map_err(|error| format!("no answer: {error}"))?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.ok_or_else(|| "the source does not speak HTTP".to_owned())
}

fn exchange(host: &str, request: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn require_calls(setting: &Setting, story: &Story) -> Result<(), String> {
    let calls = setting.fake.token_calls().len();
    let told = format!("calls of AWS's token API so far: {calls}");
    story.require(calls == 1, &told, &format!("{told}, where 1 suffices"))
}
