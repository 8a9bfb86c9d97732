//! What a Windows program tells a person, in the words that it has elsewhere: commands of PowerShell as
//! those of `sh`, the shell itself, and the
//! system's reasons. So a test says each message once for all systems.

use std::io;

/// Reasons that have other numbers and texts on Windows: there, and elsewhere.
const REASONS: [(i32, &str); 5] = [
    (2, "No such file or directory (os error 2)"),
    (3, "No such file or directory (os error 2)"),
    (5, "Permission denied (os error 13)"),
    (10_054, "Connection reset by peer (os error 104)"),
    (10_061, "Connection refused (os error 111)"),
];

/// The text with its commands and reasons as they are elsewhere.
pub fn as_sh(text: &str) -> String {
    let mut text =
        text.replace("exit code: ", "exit status: ").replace("exit code ", "exit status ");
    text = text.replace("`cmd.exe`", "`sh`");
    for (number, reason) in REASONS {
        text = text.replace(&io::Error::from_raw_os_error(number).to_string(), reason);
    }
    let lines = text.split('\n').map(|line| exports(&removals(line)));
    lines.collect::<Vec<_>>().join("\n")
}

/// `Remove-Item Env:A, Env:B -ErrorAction Ignore` as `unset A B`, and `Remove-Item FILE` as `rm FILE`.
fn removals(line: &str) -> String {
    const REMOVE: &str = "Remove-Item ";
    let Some((before, removed)) = line.split_once(REMOVE) else { return line.to_owned() };
    if !removed.starts_with("Env:") {
        return format!("{before}rm {}", removals(removed));
    }
    let removed = removed.replace(" -ErrorAction Ignore", "").replace(", Env:", " ");
    format!("{before}unset {}", removals(&removed["Env:".len()..]))
}

/// `$env:NAME = 'VALUE'` as `export NAME=VALUE`, and the credentials of a profile.
fn exports(line: &str) -> String {
    const EXPORT: &str = "aws configure export-credentials --profile ";
    const POWERSHELL: &str = " --format powershell | Out-String | Invoke-Expression";
    if let Some((before, exported)) = line.split_once(EXPORT)
        && let Some((profile, after)) = exported.split_once(POWERSHELL)
    {
        return format!("{before}eval \"$({EXPORT}{profile} --format env)\"{after}");
    }
    let Some((before, set)) = line.split_once("$env:") else { return line.to_owned() };
    let Some((name, value)) = set.split_once(" = '") else { return line.to_owned() };
    let (value, after) = value.split_once('\'').unwrap_or((value, ""));
    format!("{before}export {name}={value}{}", exports(after))
}

/// A sentence of each kind.
pub fn commands_of_powershell_are_read_as_those_of_sh() {
    for (powershell, sh) in [
        ("a: Remove-Item Env:A, Env:B -ErrorAction Ignore", "a: unset A B"),
        ("a: Remove-Item Env:A", "a: unset A"),
        ("Remove-Item <root>/b", "rm <root>/b"),
        ("Set it: $env:P = 'http://p:1'.", "Set it: export P=http://p:1."),
        (
            "aws configure export-credentials --profile d --format powershell | Out-String | Invoke-Expression",
            "eval \"$(aws configure export-credentials --profile d --format env)\"",
        ),
        ("`cmd.exe` ended with exit code 3", "`sh` ended with exit status 3"),
    ] {
        assert_eq!(as_sh(powershell), sh);
    }
}
