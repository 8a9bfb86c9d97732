//! Version control: whether git has a file's history, and which folders are in a work tree.
#![expect(clippy::disallowed_methods, reason = "git is started, and waited for with a limit")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Time limit for git. It usually takes milliseconds, but never ends on a lost network share.
const LIMIT: Duration = Duration::from_secs(5);

const POLL: Duration = Duration::from_millis(5);

/// With these variables git would use another repository than the file's.
const OTHER_REPOSITORY: [&str; 4] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"];

/// The folders that mark a work tree of git, Mercurial, Jujutsu or Subversion.
const MARKS: [&str; 4] = [".git", ".hg", ".jj", ".svn"];

/// The entries of a git repository without a work tree.
const BARE: [&str; 3] = ["HEAD", "objects", "refs"];

/// The nearest work tree or bare repository that contains the folder.
pub fn work_tree_of(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|above| {
        MARKS.iter().any(|mark| above.join(mark).exists())
            || BARE.iter().all(|part| above.join(part).exists())
    })
}

/// Whether the file is in git's index or history; none if it is in a repository and git could not
/// determine it.
pub fn is_tracked_by_git(file: &Path) -> Option<bool> {
    // Git may track the link's target.
    let file = file.canonicalize().ok()?;
    if !file.ancestors().skip(1).any(|above| above.join(".git").exists()) {
        return Some(false);
    }
    match exit_code_of_git(&["ls-files", "--error-unmatch"], &file)? {
        0 => Some(true),
        // A file that was removed from the index is still in the history.
        1 => match exit_code_of_git(&["log", "--all", "--max-count=1", "--exit-code"], &file)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
        _ => None,
    }
}

/// None if git could not be started, or was ended at the time limit.
fn exit_code_of_git(arguments: &[&str], file: &Path) -> Option<i32> {
    let mut command = Command::new("git");
    for name in OTHER_REPOSITORY {
        command.env_remove(name);
    }
    // The repository's settings must not start a program, and the file's name must not be read as a
    // pattern.
    command.args(["-c", "core.fsmonitor=false", "--literal-pathspecs"]).args(arguments);
    command.arg("--").arg(file.file_name()?).current_dir(file.parent()?);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    wait_for(&mut command.spawn().ok()?)
}

fn wait_for(child: &mut Child) -> Option<i32> {
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
