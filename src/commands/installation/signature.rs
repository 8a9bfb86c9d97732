//! Signatures in programs and libraries: Authenticode in PE files, code signatures in Mach-O files.
//!
//! A company signs what is installed, and a release is signed after it was built. Two files are the same
//! plugin if they differ only in what signing changes. Any bytes are accepted: a file that is not built
//! as the formats demand has no signature, so nothing can hide in one.

use std::borrow::Cow;
use std::ops::Range;

use crate::base::executable_format::{big_u32_at, pe_header, slices, u16_at, u32_at};

/// The kinds, from the weakest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signature {
    None,
    /// On macOS: digests that nobody vouches for. Each linker for arm64 makes one.
    AdHoc,
    /// Somebody's, whether it is trusted or not.
    Certified,
}

/// A file taken apart.
#[derive(Debug)]
pub struct Parts<'a> {
    /// What every signed and unsigned form of the file has in common. It is for comparison only.
    pub content: Cow<'a, [u8]>,
    pub signature: Signature,
}

impl<'a> Parts<'a> {
    pub fn of(bytes: &'a [u8]) -> Self {
        let found = match bytes {
            [b'M', b'Z', ..] => of_pe(bytes),
            [0xcf, 0xfa, 0xed, 0xfe, ..] => of_mach(bytes),
            _ => of_universal(bytes),
        };
        let whole = Self { content: bytes.into(), signature: Signature::None };
        found.map_or(whole, |(content, signature)| Self { content: content.into(), signature })
    }

    /// Whether the file has a format whose files can be signed.
    pub fn is_signable(&self) -> bool {
        matches!(self.content, Cow::Owned(_))
    }
}

/// Whether an installed file is as good as ours: the same apart from its signature, which ours does
/// not improve.
pub fn is_as_good(found: &[u8], ours: &[u8]) -> bool {
    if found == ours {
        return true;
    }
    let (found, ours) = (Parts::of(found), Parts::of(ours));
    let is_signed = found.signature > Signature::None && found.signature >= ours.signature;
    is_signed && found.content == ours.content
}

/// The longest form of a file of this length: a digest for each page, twice, and certificates.
pub fn longest_signed(length: u64) -> u64 {
    length + length / 32 + (1 << 20)
}

/// Signing sets the checksum and the entry of the certificates, and appends these.
fn of_pe(bytes: &[u8]) -> Option<(Vec<u8>, Signature)> {
    const CERTIFICATES: usize = 4;
    const ALIGNMENT: usize = 8;
    let optional = pe_header(bytes)? + 24;
    let size = usize::from(u16_at(bytes, optional - 4)?);
    let directories = optional
        + match u16_at(bytes, optional)? {
            0x10b => 96,
            0x20b => 112,
            _ => return None,
        };
    let count = usize::try_from(u32_at(bytes, directories - 4)?).ok()?;
    let entry = directories + CERTIFICATES * 8;
    if count <= CERTIFICATES || entry + 8 > optional + size {
        return None;
    }
    let start = usize::try_from(u32_at(bytes, entry)?).ok()?;
    let length = usize::try_from(u32_at(bytes, entry + 4)?).ok()?;
    let (end, signature) = if (start, length) == (0, 0) {
        (bytes.len(), Signature::None)
    } else {
        let is_last = start.checked_add(length) == Some(bytes.len());
        let is_apart = start >= entry + 8 && start % ALIGNMENT == 0;
        if !is_last || !is_apart || !are_certificates(&bytes[start..]) {
            return None;
        }
        (start, Signature::Certified)
    };
    let mut content = bytes.get(..end)?.to_vec();
    content.get_mut(optional + 64..optional + 68)?.fill(0);
    content.get_mut(entry..entry + 8)?.fill(0);
    pad(&mut content, ALIGNMENT);
    Some((content, signature))
}

/// Whether these are certificates of Authenticode and nothing else: each has a length, a revision and
/// a kind, and begins at a multiple of 8.
fn are_certificates(mut table: &[u8]) -> bool {
    const HEADER: usize = 8;
    const REVISIONS: [u16; 2] = [0x100, 0x200];
    const SIGNED_DATA: u16 = 2;
    while !table.is_empty() {
        let length = u32_at(table, 0).and_then(|length| usize::try_from(length).ok());
        let Some(length) = length.filter(|length| (HEADER + 1..=table.len()).contains(length))
        else {
            return false;
        };
        let is_known = u16_at(table, 4).is_some_and(|revision| REVISIONS.contains(&revision));
        if !is_known || u16_at(table, 6) != Some(SIGNED_DATA) {
            return false;
        }
        let next = length.next_multiple_of(8).min(table.len());
        if table[length..next].iter().any(|byte| *byte != 0) {
            return false;
        }
        table = &table[next..];
    }
    true
}

/// What a Mach-O file's load commands say about its signature.
#[derive(Debug, Default)]
struct Commands {
    /// The place of the signature's own command.
    signature: Option<usize>,
    /// The place of the segment that the signature is in.
    last_segment: Option<usize>,
    /// The place of the command of the symbol table.
    symbols: Option<usize>,
}

const HEADER: usize = 32;

/// Signing adds a command and the data that it names, at the end of the file and of its last segment.
/// Before it, the table of strings is padded.
fn of_mach(bytes: &[u8]) -> Option<(Vec<u8>, Signature)> {
    const COMMAND: usize = 16;
    const ALIGNMENT: usize = 16;
    let count = u32_at(bytes, 16)?;
    let size = u32_at(bytes, 20)?;
    let end_of_commands = HEADER.checked_add(usize::try_from(size).ok()?)?;
    let commands = Commands::read(bytes.get(..end_of_commands)?, count)?;
    let mut content = bytes.to_vec();
    let mut signature = Signature::None;
    if let Some(command) = commands.signature {
        let start = usize::try_from(u32_at(bytes, command + 8)?).ok()?;
        let length = usize::try_from(u32_at(bytes, command + 12)?).ok()?;
        if start < end_of_commands || start.checked_add(length)? != bytes.len() {
            return None;
        }
        signature = kind_of(bytes.get(start..)?)?;
        content.truncate(start);
    }
    pad(&mut content, ALIGNMENT);
    if let Some(segment) = commands.last_segment {
        // Its sizes in memory and in the file.
        content[segment + 32..segment + 40].fill(0);
        content[segment + 48..segment + 56].fill(0);
    }
    if let Some(symbols) = commands.symbols {
        let strings = u32_at(bytes, symbols + 16)?.checked_add(u32_at(bytes, symbols + 20)?)?;
        let after = usize::try_from(strings).ok()?.next_multiple_of(ALIGNMENT);
        if after == content.len() {
            // The table reaches to the padded end.
            content[symbols + 20..symbols + 24].fill(0);
        }
    }
    if let Some(command) = commands.signature {
        content.copy_within(command + COMMAND..end_of_commands, command);
        content[end_of_commands - COMMAND..end_of_commands].fill(0);
        content[16..20].copy_from_slice(&(count - 1).to_le_bytes());
        content[20..24].copy_from_slice(&size.checked_sub(16)?.to_le_bytes());
    }
    Some((content, signature))
}

impl Commands {
    /// None if the commands are not built as the format demands.
    fn read(bytes: &[u8], count: u32) -> Option<Self> {
        const SYMBOLS: u32 = 0x02;
        const SEGMENT: u32 = 0x19;
        const CODE_SIGNATURE: u32 = 0x1d;
        const LAST_SEGMENT: &[u8] = b"__LINKEDIT\0\0\0\0\0\0";
        let mut commands = Self::default();
        let mut at = HEADER;
        for _ in 0..count {
            let length = usize::try_from(u32_at(bytes, at + 4)?).ok()?;
            let command = bytes.get(at..at.checked_add(length)?)?;
            let place = match (u32_at(bytes, at)?, length) {
                (CODE_SIGNATURE, 16) => &mut commands.signature,
                (SYMBOLS, 24) => &mut commands.symbols,
                (SEGMENT, 72..) if command.get(8..24) == Some(LAST_SEGMENT) => {
                    &mut commands.last_segment
                }
                (CODE_SIGNATURE | SYMBOLS, _) | (_, 0..8) => return None,
                _ => &mut None,
            };
            if place.replace(at).is_some() {
                return None;
            }
            at += length;
        }
        (at == bytes.len()).then_some(commands)
    }
}

/// The kind of a code signature: a list of blobs, one of which has the certificates.
fn kind_of(data: &[u8]) -> Option<Signature> {
    const LIST: u32 = 0xfade_0cc0;
    const CERTIFICATES_SLOT: u32 = 0x1_0000;
    const CERTIFICATES: u32 = 0xfade_0b01;
    let length = usize::try_from(big_u32_at(data, 4)?).ok()?;
    let list = data.get(..length).filter(|list| big_u32_at(list, 0) == Some(LIST))?;
    let count = usize::try_from(big_u32_at(list, 8)?).ok()?;
    let index = list.get(12..)?.get(..count.checked_mul(8)?)?;
    let is_certified = index.chunks_exact(8).any(|entry| {
        let blob = big_u32_at(entry, 4).and_then(|at| list.get(usize::try_from(at).ok()?..));
        let blob = blob.unwrap_or_default();
        // An ad-hoc signature may have an empty one.
        big_u32_at(entry, 0) == Some(CERTIFICATES_SLOT)
            && big_u32_at(blob, 0) == Some(CERTIFICATES)
            && big_u32_at(blob, 4).is_some_and(|length| length > 8)
    });
    Some(if is_certified { Signature::Certified } else { Signature::AdHoc })
}

/// Each part of a universal file is signed by itself, and moves as the one before it grows.
fn of_universal(bytes: &[u8]) -> Option<(Vec<u8>, Signature)> {
    let mut content = b"universal".to_vec();
    let mut weakest = Signature::Certified;
    let mut end = None;
    for slice in slices(bytes)? {
        let Range { start, end: next } = slice.range;
        let between = end.map_or(Some(&[][..]), |end| bytes.get(end..start))?;
        if between.iter().any(|byte| *byte != 0) {
            return None;
        }
        let (part, signature) = of_mach(bytes.get(start..next)?)?;
        content.extend(slice.processor.to_be_bytes());
        content.extend((part.len() as u64).to_be_bytes());
        content.extend(part);
        weakest = weakest.min(signature);
        end = Some(next);
    }
    (end == Some(bytes.len())).then_some((content, weakest))
}

/// Appends zeros up to a multiple of `alignment`, as signing does before it appends.
fn pad(content: &mut Vec<u8>, alignment: usize) {
    content.resize(content.len().next_multiple_of(alignment), 0);
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;
