//! Clients on Windows that start only plugins with a trusted signature: those with NuGet 6.12 and older,
//! which are .NET SDK 8 and older, 9.0.1xx, and Visual Studio 17.12 and older.
//!
//! They are found by their files; nothing is started.
#![expect(clippy::disallowed_methods, reason = "the clients of this machine are on disk")]

use std::path::{Path, PathBuf};

use super::signature::{Parts, Signature};
use crate::base::environment::Environment;
use crate::base::executable_format::u32_at;
use crate::base::files;
use crate::base::version::numbers;

/// The first NuGet that starts any plugin, and the first SDK with it.
const FIRST_NUGET: [u64; 2] = [6, 13];
const FIRST_SDK: [u64; 3] = [9, 0, 200];

/// Larger than any client's file and any plugin.
const LARGEST_FILE: u64 = 256 << 20;

/// What such a client finds out about a plugin's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    Trusted,
    Unsigned,
    /// The system's reason, for people.
    Untrusted(String),
}

impl Trust {
    /// None if there is no such file.
    pub fn of(file: &Path) -> Option<Self> {
        let content = files::read_regular(file, LARGEST_FILE).ok()?;
        if Parts::of(&content).signature == Signature::None {
            return Some(Self::Unsigned);
        }
        #[cfg(windows)]
        let answer = crate::base::signature_trust::verify(file);
        #[cfg(not(windows))]
        let answer = 0;
        Some(Self::of_answer(answer))
    }

    /// From the answer of `WinVerifyTrust`.
    fn of_answer(answer: u32) -> Self {
        const NO_SIGNATURE: u32 = 0x800b_0100;
        let reason = match answer {
            0 => return Self::Trusted,
            NO_SIGNATURE => return Self::Unsigned,
            0x8009_6010 => "the file was changed after it was signed",
            0x800b_0101 => "the certificate has expired",
            0x800b_0109 | 0x800b_010a => "the certificate's authority is not trusted here",
            0x800b_010c => "the certificate was revoked",
            0x800b_0111 => "the signer is not trusted here",
            _ => "the system refuses it",
        };
        Self::Untrusted(format!("{reason}, 0x{answer:08x}"))
    }
}

/// That a client refuses a plugin's file, and what to do. None if it does not.
pub fn refusal(client: &str, file: &Path, trust: &Trust) -> Option<(String, &'static str)> {
    let file = file.display();
    Some(match trust {
        Trust::Trusted => return None,
        Trust::Unsigned => (
            format!("{client} starts only plugins with a trusted signature, and `{file}` has none"),
            "Install a signed release of the plugin, sign that file, or use SDK 9.0.200 or Visual \
             Studio 17.13 or newer.",
        ),
        Trust::Untrusted(reason) => (
            format!(
                "{client} starts only plugins with a trusted signature, and Windows does not trust \
                 that of `{file}` ({reason})"
            ),
            "Trust the signer's certificate on this machine, or use SDK 9.0.200 or Visual Studio \
             17.13 or newer.",
        ),
    })
}

/// Whether a NuGet of this version checks signatures.
pub fn is_of_nuget(version: &str) -> bool {
    *numbers(version) < FIRST_NUGET[..]
}

/// Whether the NuGet of an SDK of this version does.
pub fn is_of_sdk(version: &str) -> bool {
    *numbers(version) < FIRST_SDK[..]
}

/// The clients of a kind here that check signatures, for people: `SDK 8.0.404`.
pub fn of_dotnet(host: &Path) -> Vec<String> {
    let folder = host.parent().unwrap_or(host).join("sdk");
    let names = names_in(&folder).into_iter().filter(|name| {
        let is_version = name.starts_with(|first: char| first.is_ascii_digit());
        is_version && is_of_sdk(name) && folder.join(name).join("dotnet.dll").is_file()
    });
    names.map(|version| format!("SDK {version}")).collect()
}

/// Those that run on .NET Framework: the nuget.exe on PATH, and each Visual Studio.
pub fn of_framework(environment: &Environment) -> Vec<String> {
    let nuget = environment.program("nuget");
    let nuget = nuget.map(|file| ("nuget.exe".to_owned(), file));
    let clients = nuget.into_iter().chain(visual_studios(environment));
    let old = clients.filter_map(|(name, file)| {
        let version = file_version(&files::read_regular(&file, LARGEST_FILE).ok()?)?;
        is_of_nuget(&version).then(|| format!("{name} (NuGet {version})"))
    });
    old.collect()
}

/// The name of each Visual Studio, and a file of its NuGet.
fn visual_studios(environment: &Environment) -> Vec<(String, PathBuf)> {
    const NUGET: &str = "Common7/IDE/CommonExtensions/Microsoft/NuGet/NuGet.Protocol.dll";
    let mut found = Vec::new();
    for root in ["ProgramFiles", "ProgramFiles(x86)"] {
        let Some(root) = environment.path(root).filter(|root| root.is_absolute()) else { continue };
        let root = root.join("Microsoft Visual Studio");
        for year in names_in(&root) {
            for edition in names_in(&root.join(&year)) {
                let file = root.join(&year).join(&edition).join(NUGET);
                found.push((format!("Visual Studio {edition} {year}"), file));
            }
        }
    }
    found.retain(|(_, file)| file.is_file());
    found
}

/// The names in a folder, sorted; empty if it cannot be read.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// The version in a Windows program or library, in the resource for it: a fixed mark, the version of
/// the structure, and the version of the file.
fn file_version(bytes: &[u8]) -> Option<String> {
    const MARK: [u8; 8] = [0xbd, 0x04, 0xef, 0xfe, 0, 0, 1, 0];
    let at = bytes.windows(MARK.len()).position(|part| part == MARK)?;
    let (high, low) = (u32_at(bytes, at + 8)?, u32_at(bytes, at + 12)?);
    Some(format!("{}.{}.{}", high >> 16, high & 0xffff, low >> 16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_before_nuget_6_13_check_signatures() {
        let nuget = ["4.9.3", "6.12.4.1", "6.13.0", "7.9.0"].map(is_of_nuget);
        assert_eq!(nuget, [true, true, false, false]);
        let sdk = ["2.2.104", "8.0.404", "9.0.102", "9.0.200", "10.0.100-rc.1"].map(is_of_sdk);
        assert_eq!(sdk, [true, true, true, false, false]);
    }

    #[test]
    fn the_sdks_beside_a_host_are_named_by_their_folders() {
        let root = tempfile::tempdir().unwrap();
        for name in ["8.0.404", "10.0.401", "9.0.100", "NuGetFallbackFolder", "2.1.0 empty"] {
            let folder = root.path().join("sdk").join(name);
            std::fs::create_dir_all(&folder).unwrap();
            if !name.ends_with("empty") {
                std::fs::write(folder.join("dotnet.dll"), "").unwrap();
            }
        }
        assert_eq!(of_dotnet(&root.path().join("dotnet.exe")), ["SDK 8.0.404", "SDK 9.0.100"]);
        assert_eq!(of_dotnet(&root.path().join("none/dotnet.exe")), [""; 0]);
    }

    #[test]
    fn each_visual_studio_has_a_nuget_of_its_own() {
        let root = tempfile::tempdir().unwrap();
        for (edition, version) in [("2022/Professional", [6, 8]), ("2026/BuildTools", [7, 0])] {
            let folder = root.path().join("Microsoft Visual Studio").join(edition);
            let folder = folder.join("Common7/IDE/CommonExtensions/Microsoft/NuGet");
            std::fs::create_dir_all(&folder).unwrap();
            let mut file = b"MZ\xbd\x04\xef\xfe\0\0\x01\0".to_vec();
            file.extend([version[1], 0, version[0], 0, 9, 0, 1, 0]);
            std::fs::write(folder.join("NuGet.Protocol.dll"), file).unwrap();
        }
        let root = root.path().to_str().unwrap();
        let environment = Environment::from_pairs([("ProgramFiles", root)]);
        assert_eq!(of_framework(&environment), ["Visual Studio Professional 2022 (NuGet 6.8.1)"]);
    }

    #[test]
    fn a_file_is_refused_for_its_signature() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.dll");
        assert_eq!(Trust::of(&file), None);
        std::fs::write(&file, include_bytes!("../../../protocol-tests/signatures/unsigned.dll"))
            .unwrap();
        assert_eq!(Trust::of(&file), Some(Trust::Unsigned));
        std::fs::write(&file, include_bytes!("../../../protocol-tests/signatures/signed.dll"))
            .unwrap();
        assert_ne!(Trust::of(&file), Some(Trust::Unsigned));

        let refused = |answer| {
            let trust = Trust::of_answer(answer);
            refusal("SDK 8.0.404", Path::new("p.dll"), &trust).map(|(what, _)| what)
        };
        assert_eq!(refused(0), None);
        assert_eq!(
            refused(0x800b_0100).unwrap(),
            "SDK 8.0.404 starts only plugins with a trusted signature, and `p.dll` has none"
        );
        assert_eq!(
            refused(0x800b_0109).unwrap(),
            "SDK 8.0.404 starts only plugins with a trusted signature, and Windows does not trust \
             that of `p.dll` (the certificate's authority is not trusted here, 0x800b0109)"
        );
    }
}
