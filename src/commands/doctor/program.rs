//! Programs that are asked for a line, with a limit of time and length.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::Command;

use crate::base::text::excerpt;

/// `dotnet` takes a tenth of a second, and some seconds when it runs for the first time.
const LIMIT: Duration = Duration::from_secs(20);

/// No honest answer is longer.
const LONGEST: u64 = 64 * 1024;

/// What the program prints, or why it does not in one line. It runs in `folder`, without input.
pub async fn ask(program: &Path, arguments: &[&str], folder: &Path) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).kill_on_drop(true);
    command.env("DOTNET_NOLOGO", "1").env("DOTNET_CLI_TELEMETRY_OPTOUT", "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let shown = program.display();
    match tokio::time::timeout(LIMIT, run(command)).await {
        Ok(Ok(printed)) => Ok(printed),
        Ok(Err(why)) => Err(format!("`{shown} {}` {why}", arguments.join(" "))),
        Err(_) => Err(format!("`{shown} {}` took over {} s", arguments.join(" "), LIMIT.as_secs())),
    }
}

async fn run(mut command: Command) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("cannot be started: {error}");
    let mut child = command.spawn().map_err(failed)?;
    let (mut printed, mut said) = (Vec::new(), Vec::new());
    let stdout = child.stdout.take().map(|stream| stream.take(LONGEST));
    let stderr = child.stderr.take().map(|stream| stream.take(LONGEST));
    if let (Some(mut stdout), Some(mut stderr)) = (stdout, stderr) {
        let both =
            async { tokio::join!(stdout.read_to_end(&mut printed), stderr.read_to_end(&mut said)) };
        let _ = both.await;
    }
    let status = child.wait().await.map_err(failed)?;
    if status.success() {
        return Ok(String::from_utf8_lossy(&printed).into_owned());
    }
    let words = String::from_utf8_lossy(&[said, printed].concat()).into_owned();
    Err(format!("ended with {status}: {}", excerpt(&words)))
}
