//! Command lines for the system's usual shell: a POSIX one, or PowerShell.

use std::path::Path;

/// Quotes the text as one word: for a POSIX shell, or on Windows for both PowerShell and cmd if
/// possible, otherwise for PowerShell.
pub fn quoted(text: &str) -> String {
    if cfg!(windows) { for_windows(text) } else { for_posix(text) }
}

/// The text in single quotes, as a PowerShell string without substitution. PowerShell takes four
/// typographic characters for a single quote too, and two of any of them for one in the text.
pub fn powershell_string(text: &str) -> String {
    let mut string = String::from("'");
    for character in text.chars() {
        if matches!(character, '\'' | '\u{2018}'..='\u{201b}') {
            string.push(character);
        }
        string.push(character);
    }
    string.push('\'');
    string
}

/// Removes the variable from this shell.
pub fn unset(variable: &str) -> String {
    if cfg!(windows) {
        format!("Remove-Item {}", quoted(&format!("Env:{variable}")))
    } else if variable.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        format!("unset {variable}")
    } else {
        // A shell can unset a variable only if its name is valid there.
        format!("exec env -u {} \"${{SHELL:-/bin/sh}}\"", quoted(variable))
    }
}

/// Removes variables with plain names from this shell, whether they are set or not.
pub fn unset_all(variables: &[&str]) -> String {
    if cfg!(windows) {
        let names: Vec<String> = variables.iter().map(|name| format!("Env:{name}")).collect();
        format!("Remove-Item {} -ErrorAction Ignore", names.join(", "))
    } else {
        format!("unset {}", variables.join(" "))
    }
}

/// Sets the variable for this shell and the programs that it starts.
pub fn set(variable: &str, value: &str) -> String {
    if cfg!(windows) {
        format!("$env:{variable} = {}", powershell_string(value))
    } else {
        format!("export {variable}={}", quoted(value))
    }
}

/// Sets the variables with the AWS credentials of this profile for this shell.
pub fn export_credentials(profile: &str) -> String {
    let profile = quoted(profile);
    if cfg!(windows) {
        format!(
            "aws configure export-credentials --profile {profile} --format powershell | Out-String | \
             Invoke-Expression"
        )
    } else {
        format!("eval \"$(aws configure export-credentials --profile {profile} --format env)\"")
    }
}

/// Sets the system's clock by the network.
pub fn set_clock() -> &'static str {
    if cfg!(windows) {
        "w32tm /resync"
    } else if cfg!(target_os = "macos") {
        "sudo sntp -sS time.apple.com"
    } else {
        "sudo timedatectl set-ntp true"
    }
}

pub fn remove_file(path: &Path) -> String {
    let command = if cfg!(windows) { "Remove-Item" } else { "rm" };
    format!("{command} {}", quoted(&path.to_string_lossy()))
}

fn for_posix(text: &str) -> String {
    if is_plain(text, "/._-:+=@") {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn for_windows(text: &str) -> String {
    // Both shells take a text in double quotes as it is, without these. PowerShell takes three
    // typographic characters for a double quote too.
    const SUBSTITUTED: [char; 8] = ['$', '`', '"', '%', '!', '\u{201c}', '\u{201d}', '\u{201e}'];
    if is_plain(text, r"\/._-:+=") {
        text.to_owned()
    } else if text.contains(SUBSTITUTED) {
        powershell_string(text)
    } else {
        format!("\"{text}\"")
    }
}

fn is_plain(text: &str, others: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || others.contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_posix_shell_gets_one_word() {
        for (text, word) in [
            ("a/b:c@d", "a/b:c@d"),
            ("", "''"),
            ("it's", r"'it'\''s'"),
            ("$(x) \u{2019}", "'$(x) \u{2019}'"),
        ] {
            assert_eq!(for_posix(text), word);
        }
    }

    #[test]
    fn the_shells_of_windows_get_one_word_whatever_quotes_it_has() {
        for (text, word) in [
            (r"C:\a", r"C:\a"),
            ("a b", "\"a b\""),
            ("it's", "\"it's\""),
            ("a\u{2019}b c", "\"a\u{2019}b c\""),
            ("@a", "\"@a\""),
            ("$x", "'$x'"),
            (
                "\u{201c}a\u{2019}; calc; \u{2018}",
                "'\u{201c}a\u{2019}\u{2019}; calc; \u{2018}\u{2018}'",
            ),
            ("\u{201e}a\u{201a}'", "'\u{201e}a\u{201a}\u{201a}'''"),
        ] {
            assert_eq!(for_windows(text), word);
        }
    }
}
