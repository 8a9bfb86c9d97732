//! Whether git keeps a file's history.
#![expect(clippy::disallowed_methods, reason = "git itself is asked, and waited for with a limit")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Git answers in milliseconds; a repository on a dead network share never does.
const LIMIT: Duration = Duration::from_secs(5);

const POLL: Duration = Duration::from_millis(5);

/// Whether the file is in git's index; none where it is in a repository and git does not tell.
pub fn by_git(file: &Path) -> Option<bool> {
    // The link's target is what git would have.
    let file = file.canonicalize().ok()?;
    let folder = file.parent()?;
    if !folder.ancestors().any(|above| above.join(".git").exists()) {
        return Some(false);
    }
    let mut command = Command::new("git");
    // A repository's settings start no program here.
    command.args(["-c", "core.fsmonitor=false", "ls-files", "--error-unmatch", "--"]);
    command.arg(file.file_name()?).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match exit_code(&mut command.spawn().ok()?) {
        Some(0) => Some(true),
        Some(1) => Some(false),
        _ => None,
    }
}

/// None where it was ended at the limit.
fn exit_code(child: &mut Child) -> Option<i32> {
    let deadline = Instant::now() + LIMIT;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().ok()? {
            return status.code();
        }
        thread::sleep(POLL);
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}
