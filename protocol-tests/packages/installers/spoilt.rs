//! What may be wrong with a release.

use std::fs;

use super::release::{
    NAME, Release, SMALL, STUB, add_to_zip, archive_name, ending, packed, sums, system, unpacked,
    zipped,
};
use crate::support::fake_codeartifact::http::{Ending, Reply};

/// What is wrong with a release, and what has to be said.
#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    /// Changes the release, and the archive in it.
    pub spoil: fn(&Release),
    pub code: i32,
    /// Some part of the line.
    pub says: &'static str,
    /// How often the file in question is requested: what may pass is tried three times.
    pub attempts: usize,
}

pub const CASES: [Case; 27] = [
    case("no_checksums", no_list, 4, "HTTP 404", 1),
    case("empty_checksums", |it| list(it, ""), 5, "does not name", 1),
    case("checksums_twice", |it| list(it, &sums(&SMALL).repeat(2)), 5, "twice", 1),
    case("checksums_of_another", |it| list(it, &other_sums()), 5, "does not name", 1),
    case("checksums_of_a_longer_name", |it| list(it, &longer_sums()), 5, "does not name", 1),
    case("a_page_as_checksums", |it| list(it, "<html>Sign in</html>\n"), 5, "not a list", 1),
    case("short_checksums", |it| list(it, &sums(&SMALL)[1..]), 5, "not a list", 1),
    case("checksums_of_capital_letters", |it| list(it, &capitals()), 5, "not a list", 1),
    case("checksums_with_one_blank", |it| list(it, &one_blank()), 5, "not a list", 1),
    case("checksums_with_a_note", |it| list(it, &(sums(&SMALL) + "note\n")), 5, "not a list", 1),
    case("huge_checksums", |it| list(it, &sums(&SMALL).repeat(2_000)), 4, "larger", 1),
    case("endless_checksums", |it| endless(it, SUMS), 4, "larger", 1),
    case("no_archive", |it| served(it, || Reply::status(404)), 4, "HTTP 404", 1),
    case("forbidden_archive", |it| served(it, || Reply::status(403)), 4, "HTTP 403", 1),
    case("failing_server", |it| served(it, || Reply::status(500)), 4, "HTTP 500", 3),
    case("busy_server", |it| served(it, || Reply::status(503)), 4, "HTTP 503", 3),
    case("cut_archive", |it| served(it, || ending(Ending::Truncated, b"half")), 4, "", 3),
    case("closed_connection", |it| served(it, || Reply::ending(Ending::Closed)), 4, "", 3),
    case("short_archive", |it| archive(it, &SMALL[..SMALL.len() / 2]), 5, "not the file", 1),
    case("empty_archive", |it| archive(it, b""), 5, "not the file", 1),
    case("another_archive", |it| archive(it, b"of a stranger"), 5, "not the file", 1),
    case("endless_archive", |it| endless(it, ""), 4, "larger", 1),
    case("http_redirect", |it| redirected(it, "http://releases.example.com/x"), 4, "not https", 1),
    case("file_redirect", |it| redirected(it, "file:///etc/passwd"), 4, "not https", 1),
    case("damaged_archive", |it| signed(it, damaged()), 5, "could not be unpacked", 1),
    case("files_outside", |it| signed(it, outside()), 5, "files outside", 1),
    case("a_link_as_the_program", |it| signed(it, link()), 5, "has no program", 1),
];

pub const SUMS: &str = "SHA256SUMS";

const fn case(
    name: &'static str,
    spoil: fn(&Release),
    code: i32,
    says: &'static str,
    attempts: usize,
) -> Case {
    Case { name, spoil, code, says, attempts }
}

fn list(release: &Release, text: &str) {
    release.has(SUMS, text.as_bytes().to_vec());
}

fn no_list(release: &Release) {
    release.serve(SUMS, || Reply::status(404));
}

fn other_sums() -> String {
    sums(&SMALL).replace(&system(), "plan9-x64")
}

fn longer_sums() -> String {
    sums(&SMALL).replace('\n', ".sig\n")
}

fn capitals() -> String {
    let line = sums(&SMALL);
    let (digest, name) = line.split_at(64);
    format!("{}{name}", digest.to_uppercase())
}

fn one_blank() -> String {
    sums(&SMALL).replace("  ", " ")
}

pub fn served(release: &Release, reply: impl Fn() -> Reply + Send + Sync + 'static) {
    release.serve(&archive_name(&system()), reply);
}

fn archive(release: &Release, content: &[u8]) {
    release.has(&archive_name(&system()), content.to_vec());
}

/// An archive of which the list of checksums says that it is right.
pub fn signed(release: &Release, content: Vec<u8>) {
    list(release, &sums(&content));
    release.has(&archive_name(&system()), content);
}

fn endless(release: &Release, name: &str) {
    let name = if name.is_empty() { archive_name(&system()) } else { name.to_owned() };
    let text = sums(&SMALL).repeat(1_000);
    release.serve(&name, move || ending(Ending::Endless, text.as_bytes()));
}

fn redirected(release: &Release, to: &'static str) {
    served(release, move || Reply::status(302).with_header("location", to));
}

fn damaged() -> Vec<u8> {
    SMALL[..SMALL.len() / 2].to_vec()
}

/// A file with `..` in its name.
fn outside() -> Vec<u8> {
    let stem = format!("{NAME}-{}", system());
    if cfg!(windows) {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        add_to_zip(&mut archive, &format!("{stem}/{NAME}.exe"), STUB.as_bytes());
        add_to_zip(&mut archive, &format!("{stem}/../../escaped"), b"");
        return archive.finish().expect("an archive").into_inner();
    }
    let folder = tempfile::tempdir().expect("a folder");
    unpacked(&folder.path().join(&stem), STUB.as_bytes());
    fs::write(folder.path().join("escaped"), "").expect("a file");
    // The archive must not be in what is packed.
    let beside = folder.path().join("beside");
    fs::create_dir(&beside).expect("a folder");
    packed(&beside, &["-P", "-C", "..", &stem, &format!("{stem}/../escaped")])
}

/// A link to a program of the system; on Windows, where a zip has none, an archive without a program.
fn link() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let stem = format!("{NAME}-{}", system());
    fs::create_dir(folder.path().join(&stem)).expect("a folder");
    #[cfg(unix)]
    std::os::unix::fs::symlink("/bin/sh", folder.path().join(&stem).join(NAME)).expect("a link");
    #[cfg(windows)]
    fs::write(folder.path().join(&stem).join("another.exe"), "").expect("a file");
    if cfg!(windows) { zipped(folder.path()) } else { packed(folder.path(), &[&stem]) }
}
