//! `PUT` of a package as `multipart/form-data`.

use std::io::{Cursor, Read};

use serde_json::json;

use super::Package;
use super::http::{Reply, Seen};
use super::repository::Content;

/// Takes the package in: 201, 409 where that version is there already, 400 where it is none.
pub fn accept(content: &mut Content, seen: &Seen) -> Reply {
    let part = boundary(seen.header("content-type"))
        .and_then(|boundary| first_part(&seen.body, &boundary));
    let Some((id, version)) = part.and_then(identify) else {
        return Reply::json(400, &json!({"message": "not a package"}));
    };
    if content.versions_of(&id).iter().any(|known| known.version == version) {
        return Reply::json(409, &json!({"message": "this version exists"}));
    }
    content.pushed.push(format!("{id} {version}"));
    content.add(&Package::pushed(&id, &version, part.unwrap_or_default()));
    Reply::status(201)
}

fn boundary(content_type: &str) -> Option<String> {
    let (_, boundary) = content_type.split_once("boundary=")?;
    Some(format!("--{}", boundary.trim_matches('"')))
}

/// The content of the first part, without its headers.
fn first_part<'a>(body: &'a [u8], boundary: &str) -> Option<&'a [u8]> {
    let start = find(body, b"\r\n\r\n")? + 4;
    let part = &body[start..];
    Some(&part[..find(part, format!("\r\n{boundary}").as_bytes())?])
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Id and version, out of the package's nuspec. One that is compressed is not read: its name is the
/// id's, and its checksum tells versions apart.
fn identify(nupkg: &[u8]) -> Option<(String, String)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(nupkg)).ok()?;
    let names: Vec<_> = archive.file_names().filter_map(Result::ok).collect();
    let name = names.iter().find(|name| name.ends_with(".nuspec"))?.clone().into_owned();
    let index = archive.index_for_name(&name)?;
    let raw = archive.by_index_raw(index).ok()?;
    if raw.compression() != zip::CompressionMethod::Stored {
        return Some((name.strip_suffix(".nuspec")?.to_owned(), raw.crc32().to_string()));
    }
    drop(raw);
    let mut nuspec = String::new();
    archive.by_index(index).ok()?.read_to_string(&mut nuspec).ok()?;
    Some((element(&nuspec, "id")?, element(&nuspec, "version")?))
}

fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0.to_owned())
}
