//! Whether git keeps a file's history.
#![expect(clippy::disallowed_methods, reason = "git itself is asked, and waited for with a limit")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Git answers in milliseconds; a repository on a dead network share never does.
const LIMIT: Duration = Duration::from_secs(5);

/// They make git look elsewhere.
const OTHER_REPOSITORY: [&str; 4] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"];

const POLL: Duration = Duration::from_millis(5);

/// Whether the file is in git's index or history; none where it is in a repository and git does not tell.
pub fn by_git(file: &Path) -> Option<bool> {
    // The link's target is what git would have.
    let file = file.canonicalize().ok()?;
    let folder = file.parent()?;
    if !folder.ancestors().any(|above| above.join(".git").exists()) {
        return Some(false);
    }
    let ask = |arguments: &[&str]| {
        let mut command = Command::new("git");
        for name in OTHER_REPOSITORY {
            command.env_remove(name);
        }
        // A repository's settings start no program here, and a name is a name.
        command.args(["-c", "core.fsmonitor=false", "--literal-pathspecs"]).args(arguments);
        command.arg("--").arg(file.file_name()?).current_dir(folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        exit_code(&mut command.spawn().ok()?)
    };
    match ask(&["ls-files", "--error-unmatch"])? {
        0 => Some(true),
        // A file that was taken out of the index is in the history all the same.
        1 => match ask(&["log", "--all", "--max-count=1", "--exit-code"])? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
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
