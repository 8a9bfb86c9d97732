//! A drive that never answers, as one of a network that is gone: a file system whose server nobody plays.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Whatever touches it waits, until this is dropped.
#[derive(Debug)]
pub struct HungDrive {
    place: PathBuf,
    server: Child,
}

impl HungDrive {
    /// Mounts it at a new folder. Needs [`super::trials::Need::HungDrive`].
    pub fn at(place: PathBuf) -> Self {
        const MOUNT: &str = "exec 3<>/dev/fuse && mount -i -t fuse \
            -o fd=3,rootmode=40000,user_id=0,group_id=0 nobodys \"$1\" && echo ready && exec sleep 600";
        std::fs::create_dir(&place).expect("a new folder");
        let mut server = Command::new("sh")
            .args(["-c", MOUNT, "sh"])
            .arg(&place)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut line = String::new();
        let output = server.stdout.take().expect("piped");
        BufReader::new(output).read_line(&mut line).expect("a pipe");
        assert_eq!(line, "ready\n", "the drive was not mounted");
        Self { place, server }
    }

    /// A file there, as far as anybody can tell.
    pub fn file(&self, name: &str) -> String {
        self.place.join(name).to_string_lossy().into_owned()
    }

    pub fn place(&self) -> &Path {
        &self.place
    }
}

/// Those who wait get an error.
impl Drop for HungDrive {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = Command::new("umount").arg("-l").arg(&self.place).status();
    }
}
