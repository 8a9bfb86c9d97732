//! A release: its archives, and a server that has them where GitHub would have them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex};

use sha2::{Digest, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::support::fake_codeartifact::http::{Ending, Reply, Server};
use crate::support::pages::repository;
use crate::support::sandbox_home::SandboxHome;
use crate::support::secret_scan::files_below;

pub const NAME: &str = "nuget-plugin-codeartifact";
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the installers are told of: the program writes down how it was started, and its version is the
/// one of the release.
pub const STUB: &str = concat!(
    "#!/bin/sh\n\
     echo \"$*\" >> \"$HOME/started\"\n\
     [ \"$1\" != --version ] || echo 'nuget-plugin-codeartifact ",
    env!("CARGO_PKG_VERSION"),
    " (stub)'\n"
);

/// An archive with the program that Cargo has just built.
pub static REAL: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("program");
    fs::copy(SandboxHome::plugin(), &program).expect("a copy");
    // Nearly half of it is for debuggers.
    let _ = Command::new("strip").arg(&program).status();
    archive(&system(), &fs::read(program).expect("the copy"))
});

/// An archive with [`STUB`].
pub static SMALL: LazyLock<Vec<u8>> = LazyLock::new(|| archive(&system(), STUB.as_bytes()));

/// The runtime identifier of .NET for this machine.
pub fn system() -> String {
    let system = match std::env::consts::OS {
        "macos" => "osx",
        "windows" => "win",
        other => other,
    };
    let processor = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    format!("{system}-{processor}")
}

/// The name of the archive for a system.
pub fn archive_name(system: &str) -> String {
    let suffix = if system.starts_with("win-") { "zip" } else { "tar.gz" };
    format!("{NAME}-{system}.{suffix}")
}

/// An archive as a release has it.
pub fn archive(system: &str, program: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let stem = format!("{NAME}-{system}");
    unpacked(&folder.path().join(&stem), program);
    if system.starts_with("win-") {
        return zipped(folder.path());
    }
    packed(folder.path(), &[&stem])
}

/// A zip of all files of a folder.
pub fn zipped(folder: &Path) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files_below(folder) {
        let name = file.strip_prefix(folder).expect("below it").to_string_lossy().into_owned();
        add_to_zip(&mut archive, &name.replace('\\', "/"), &fs::read(file).expect("a file"));
    }
    archive.finish().expect("an archive").into_inner()
}

pub fn add_to_zip(archive: &mut ZipWriter<Cursor<Vec<u8>>>, name: &str, content: &[u8]) {
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    archive.start_file(name, options).expect("a new file");
    archive.write_all(content).expect("it is in memory");
}

/// The folder that is in an archive.
pub fn unpacked(folder: &Path, program: &[u8]) {
    fs::create_dir_all(folder).expect("a folder");
    let name = format!("{NAME}{}", std::env::consts::EXE_SUFFIX);
    write_program(&folder.join(name), program);
    for script in ["install.sh", "install.ps1"] {
        fs::copy(script_file(script), folder.join(script)).expect("a copy");
    }
    fs::write(folder.join("LICENSE"), "").expect("a file");
}

pub fn write_program(file: &Path, content: &[u8]) {
    fs::write(file, content).expect("a file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("its mode");
    }
}

/// What `tar` makes of these in a folder.
pub fn packed(folder: &Path, words: &[&str]) -> Vec<u8> {
    let name = "packed.tar.gz";
    let mut tar = Command::new("tar");
    // gzip warns of the variable.
    tar.current_dir(folder).env("GZIP", "-1").env("COPYFILE_DISABLE", "1").stderr(Stdio::null());
    let status = tar.args(["-czf", name]).args(words).status().expect("tar");
    assert!(status.success(), "tar {words:?}");
    fs::read(folder.join(name)).expect("the archive")
}

/// An installer in the tree.
pub fn script_file(name: &str) -> std::path::PathBuf {
    repository("install").join(name)
}

pub fn sha256(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

/// The line of `sha256sum` for the archive of this machine.
pub fn sums(archive: &[u8]) -> String {
    format!("{}  {}\n", sha256(archive), archive_name(&system()))
}

/// How one file of the release is served.
pub type Serve = Box<dyn Fn() -> Reply + Send + Sync>;

/// The server. Addresses of `latest` lead to those of the version by a redirect, as GitHub's do.
pub struct Release {
    pub server: Server,
    served: Arc<Mutex<BTreeMap<String, Serve>>>,
}

impl Release {
    /// Has this archive for this machine, its checksum, and the installers.
    pub fn of(archive: &'static [u8]) -> Self {
        let files: Arc<Mutex<BTreeMap<String, Serve>>> = Arc::default();
        let known = Arc::clone(&files);
        let server = Server::start(move |seen| {
            let (base, path) = seen.path.split_once("/releases").unwrap_or(("", &seen.path));
            if let Some(serve) = known.lock().expect("no panic").get(path) {
                return serve();
            }
            let Some(name) = path.strip_prefix("/latest/download/") else {
                return Reply::bytes(404, "text/html", "<html>Not Found</html>");
            };
            let place = format!("{base}/releases/download/v{VERSION}/{name}");
            // A client of the proxy has another name for this server.
            Reply::status(302).with_header("location", format!("{}{place}", origin(seen)))
        });
        let release = Self { server, served: files };
        release.has("SHA256SUMS", sums(archive).into_bytes());
        release.has(&archive_name(&system()), archive.to_vec());
        for script in ["install.sh", "install.ps1"] {
            release.has(script, fs::read(script_file(script)).expect("a script"));
        }
        release
    }

    /// Serves a file of the version with this content.
    pub fn has(&self, name: &str, content: Vec<u8>) -> &Self {
        self.serve(name, move || Reply::bytes(200, "application/octet-stream", content.clone()))
    }

    /// Serves a file of the version in this way.
    pub fn serve(&self, name: &str, reply: impl Fn() -> Reply + Send + Sync + 'static) -> &Self {
        self.serve_path(&format!("/download/v{VERSION}/{name}"), reply)
    }

    pub fn serve_path(
        &self,
        path: &str,
        reply: impl Fn() -> Reply + Send + Sync + 'static,
    ) -> &Self {
        self.served.lock().expect("no panic").insert(path.to_owned(), Box::new(reply));
        self
    }

    pub fn forget(&self, path: &str) {
        self.served.lock().expect("no panic").remove(path);
    }

    /// For `CODEARTIFACT_NUGET_RELEASES`.
    pub fn url(&self) -> String {
        format!("http://{}/releases", self.server.host())
    }

    /// The names of the files that were asked for, without repetitions, and without redirects.
    pub fn asked(&self) -> Vec<String> {
        let requests = self.server.requests();
        let names = requests
            .iter()
            .filter(|line| !line.ends_with(" 302"))
            .filter_map(|line| line.split(' ').nth(1)?.rsplit('/').next().map(str::to_owned));
        let mut names: Vec<_> = names.collect();
        names.dedup();
        names
    }
}

fn origin(seen: &crate::support::fake_codeartifact::http::Seen) -> String {
    let host = seen.header("host");
    let scheme = if host.starts_with("127.0.0.1") { "http" } else { "https" };
    format!("{scheme}://{host}")
}

/// Says that all is well, and then ends in this way.
pub fn ending(ending: Ending, body: &[u8]) -> Reply {
    Reply { ending, ..Reply::bytes(200, "application/octet-stream", body) }
}
