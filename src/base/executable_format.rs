//! Programs and libraries as their headers describe them: ELF, PE and Mach-O, which macOS also joins
//! into one universal file for several processors.
//!
//! Any bytes are accepted: what is not such a file has no architecture. `build.rs` uses this file too,
//! so it needs nothing but the standard library.

use std::fmt;
use std::ops::Range;

/// The system and processor that a program or library is built for: the processor's number is in
/// the header of the system's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    Elf(u16),
    Pe(u16),
    MachO(u32),
}

impl Architecture {
    /// That of a target, by Cargo's names of its system and processor. None for a processor that no
    /// release is for.
    #[allow(dead_code, reason = "build.rs checks a prebuilt launcher by it")]
    pub fn of_target(system: &str, processor: &str) -> Option<Self> {
        let (elf, pe, mach) = match processor {
            "x86_64" => (62, 0x8664, 0x0100_0007),
            "aarch64" => (183, 0xaa64, 0x0100_000c),
            _ => return None,
        };
        Some(match system {
            "windows" => Self::Pe(pe),
            "macos" => Self::MachO(mach),
            _ => Self::Elf(elf),
        })
    }

    /// Those of a file, by its first kilobyte at least: several if it is universal, none if it is not
    /// a program or library.
    pub fn all_of(bytes: &[u8]) -> Vec<Self> {
        if let Some(slices) = slices(bytes) {
            return slices.into_iter().map(|slice| Self::MachO(slice.processor)).collect();
        }
        Self::of(bytes).into_iter().collect()
    }

    /// None if it is not a program for one processor.
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x7f, b'E', b'L', b'F', ..] => Some(Self::Elf(elf_number(bytes, 18)?)),
            [b'M', b'Z', ..] => Some(Self::Pe(u16_at(bytes, pe_header(bytes)? + 4)?)),
            [0xcf, 0xfa, 0xed, 0xfe, ..] => Some(Self::MachO(u32_at(bytes, 4)?)),
            _ => None,
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (system, number) = match *self {
            Self::Elf(number) => ("Linux", number.into()),
            Self::Pe(number) => ("Windows", number.into()),
            Self::MachO(number) => ("macOS", number),
        };
        match self {
            Self::Elf(62) | Self::Pe(0x8664) | Self::MachO(0x0100_0007) => {
                write!(formatter, "{system} on x64")
            }
            Self::Elf(183) | Self::Pe(0xaa64) | Self::MachO(0x0100_000c) => {
                write!(formatter, "{system} on arm64")
            }
            _ => write!(formatter, "{system} on processor {number}"),
        }
    }
}

/// Whether a whole file is a library that a program loads. Each part of a universal file must be one.
#[allow(dead_code, reason = "build.rs checks a prebuilt launcher by it")]
pub fn is_library(bytes: &[u8]) -> bool {
    const ELF_SHARED: u16 = 3;
    const PE_LIBRARY: u16 = 0x2000;
    const MACH_LIBRARY: u32 = 6;
    if let Some(slices) = slices(bytes) {
        return slices.iter().all(|slice| bytes.get(slice.range.clone()).is_some_and(is_library));
    }
    match bytes {
        [0x7f, b'E', b'L', b'F', ..] => elf_number(bytes, 16) == Some(ELF_SHARED),
        [b'M', b'Z', ..] => pe_header(bytes)
            .and_then(|header| u16_at(bytes, header + 22))
            .is_some_and(|flags| flags & PE_LIBRARY != 0),
        [0xcf, 0xfa, 0xed, 0xfe, ..] => u32_at(bytes, 12) == Some(MACH_LIBRARY),
        _ => false,
    }
}

/// The part of a universal file for one processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    pub processor: u32,
    /// Its place in the file, which may have fewer bytes.
    pub range: Range<usize>,
}

/// The parts of a universal file, by its first kilobyte at least. None if it is another file.
pub fn slices(bytes: &[u8]) -> Option<Vec<Slice>> {
    // A Java class begins with the same number. Its version follows, which is 45 or more.
    const MOST: usize = 44;
    let is_wide = match bytes {
        [0xca, 0xfe, 0xba, 0xbe, ..] => false,
        [0xca, 0xfe, 0xba, 0xbf, ..] => true,
        _ => return None,
    };
    let count = big_u32_at(bytes, 4)? as usize;
    if count == 0 || count > MOST {
        return None;
    }
    let length = if is_wide { 32 } else { 20 };
    let slice = |index: usize| {
        let entry = bytes.get(8 + index * length..8 + (index + 1) * length)?;
        let (start, size) = if is_wide {
            (big_u64_at(entry, 8)?, big_u64_at(entry, 16)?)
        } else {
            (big_u32_at(entry, 8)?.into(), big_u32_at(entry, 12)?.into())
        };
        let start = usize::try_from(start).ok()?;
        let end = start.checked_add(usize::try_from(size).ok()?)?;
        Some(Slice { processor: big_u32_at(entry, 0)?, range: start..end })
    };
    (0..count).map(slice).collect()
}

/// Where the PE header is: its offset is at 0x3c.
pub fn pe_header(bytes: &[u8]) -> Option<usize> {
    let header = usize::try_from(u32_at(bytes, 0x3c)?).ok()?;
    bytes.get(header..)?.starts_with(b"PE\0\0").then_some(header)
}

/// A number of an ELF header, in the order of bytes that the header states.
fn elf_number(bytes: &[u8], at: usize) -> Option<u16> {
    const BIG_ENDIAN: u8 = 2;
    let number = array_at(bytes, at)?;
    let is_big_endian = *bytes.get(5)? == BIG_ENDIAN;
    Some(if is_big_endian { u16::from_be_bytes(number) } else { u16::from_le_bytes(number) })
}

pub fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    array_at(bytes, at).map(u16::from_le_bytes)
}

pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array_at(bytes, at).map(u32::from_le_bytes)
}

pub fn big_u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array_at(bytes, at).map(u32::from_be_bytes)
}

fn big_u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    array_at(bytes, at).map(u64::from_be_bytes)
}

fn array_at<const LENGTH: usize>(bytes: &[u8], at: usize) -> Option<[u8; LENGTH]> {
    bytes.get(at..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elf() -> Vec<u8> {
        let mut elf = vec![0x7f, b'E', b'L', b'F', 2, 1];
        elf.resize(16, 0);
        elf.extend([3, 0, 183, 0]);
        elf
    }

    fn pe() -> Vec<u8> {
        let mut pe = vec![b'M', b'Z'];
        pe.resize(0x3c, 0);
        pe.extend([0x40, 0, 0, 0]);
        pe.extend(b"PE\0\0");
        pe.extend([0x64, 0x86]);
        pe.resize(0x40 + 22, 0);
        pe.extend([0, 0x20]);
        pe
    }

    fn mach(processor: u8) -> Vec<u8> {
        vec![0xcf, 0xfa, 0xed, 0xfe, processor, 0, 0, 1, 0, 0, 0, 0, 6, 0, 0, 0]
    }

    /// Both processors in one file, with 32-bit or with 64-bit places.
    fn universal(is_wide: bool) -> Vec<u8> {
        let mut file = vec![0xca, 0xfe, 0xba, if is_wide { 0xbf } else { 0xbe }, 0, 0, 0, 2];
        for (processor, start) in [(7_u32, 128_u32), (12, 192)] {
            let numbers = if is_wide {
                vec![0x0100_0000 | processor, 3, 0, start, 0, 16, 6, 0]
            } else {
                vec![0x0100_0000 | processor, 3, start, 16, 6]
            };
            file.extend(numbers.into_iter().flat_map(u32::to_be_bytes));
        }
        for (start, processor) in [(128, 7), (192, 12)] {
            file.resize(start, 0);
            file.extend(mach(processor));
        }
        file
    }

    fn shown(bytes: &[u8]) -> Vec<String> {
        Architecture::all_of(bytes).iter().map(Architecture::to_string).collect()
    }

    #[test]
    fn headers_are_told_apart() {
        assert_eq!(shown(&elf()), ["Linux on arm64"]);
        assert_eq!(shown(&pe()), ["Windows on x64"]);
        assert_eq!(shown(&mach(12)), ["macOS on arm64"]);
        for is_wide in [false, true] {
            assert_eq!(shown(&universal(is_wide)), ["macOS on x64", "macOS on arm64"]);
        }
        let java_17 = [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61, 0, 29, 10, 0];
        for no_program in [&b"#!/bin/sh\n"[..], b"", b"MZ", b"\x7fELF", &java_17] {
            assert_eq!(shown(no_program), [""; 0]);
        }
    }

    #[test]
    fn a_library_is_told_from_a_program() {
        for file in [elf(), pe(), mach(7), universal(false), universal(true)] {
            assert!(is_library(&file));
            // Every beginning of the file is read without a panic.
            for length in 0..file.len() {
                is_library(&file[..length]);
                Architecture::all_of(&file[..length]);
            }
        }
        let mut program = universal(false);
        program[192 + 12] = 2;
        let (mut elf, mut pe) = (elf(), pe());
        (elf[16], pe[0x40 + 23]) = (2, 0);
        let cut = &universal(true)[..200];
        for file in [&program, &elf, &pe, cut] {
            assert!(!is_library(file));
        }
    }

    #[test]
    fn targets_are_named_as_cargo_names_them() {
        for (system, processor, shown) in [
            ("linux", "x86_64", Some("Linux on x64")),
            ("windows", "aarch64", Some("Windows on arm64")),
            ("macos", "aarch64", Some("macOS on arm64")),
            ("linux", "riscv64", None),
        ] {
            let target = Architecture::of_target(system, processor);
            assert_eq!(target.map(|it| it.to_string()).as_deref(), shown);
        }
    }
}
