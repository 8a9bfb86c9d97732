//! For which processor a program or library is built, by its header. Pure.

use std::fmt;

/// As much of a file as says it.
pub const HEADER: u64 = 1024;

/// The system's format and its number for the processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    Elf(u16),
    Pe(u16),
    MachO(u32),
}

impl Architecture {
    /// None where it is no program of one processor.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x7f, b'E', b'L', b'F', _, order, ..] => {
                let machine = [*bytes.get(18)?, *bytes.get(19)?];
                let is_big = *order == 2;
                Some(Self::Elf(if is_big {
                    u16::from_be_bytes(machine)
                } else {
                    u16::from_le_bytes(machine)
                }))
            }
            [b'M', b'Z', ..] => pe(bytes),
            [0xcf, 0xfa, 0xed, 0xfe, a, b, c, d, ..] => {
                Some(Self::MachO(u32::from_le_bytes([*a, *b, *c, *d])))
            }
            _ => None,
        }
    }
}

fn pe(bytes: &[u8]) -> Option<Architecture> {
    let offset: [u8; 4] = bytes.get(0x3c..0x40)?.try_into().ok()?;
    let header = usize::try_from(u32::from_le_bytes(offset)).ok()?;
    match bytes.get(header..header.checked_add(6)?)? {
        [b'P', b'E', 0, 0, low, high] => Some(Architecture::Pe(u16::from_le_bytes([*low, *high]))),
        _ => None,
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let system = match self {
            Self::Elf(_) => "Linux",
            Self::Pe(_) => "Windows",
            Self::MachO(_) => "macOS",
        };
        match self {
            Self::Elf(62) | Self::Pe(0x8664) | Self::MachO(0x0100_0007) => {
                write!(formatter, "{system} on x64")
            }
            Self::Elf(183) | Self::Pe(0xaa64) | Self::MachO(0x0100_000c) => {
                write!(formatter, "{system} on arm64")
            }
            Self::Elf(number) | Self::Pe(number) => {
                write!(formatter, "{system} on processor {number}")
            }
            Self::MachO(number) => write!(formatter, "{system} on processor {number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_told_apart() {
        let mut elf = vec![0x7f, b'E', b'L', b'F', 2, 1];
        elf.resize(18, 0);
        elf.extend([183, 0]);
        assert_eq!(Architecture::of(&elf).unwrap().to_string(), "Linux on arm64");
        let mut pe = vec![b'M', b'Z'];
        pe.resize(0x3c, 0);
        pe.extend([0x40, 0, 0, 0]);
        pe.extend(b"PE\0\0");
        pe.extend([0x64, 0x86]);
        assert_eq!(Architecture::of(&pe).unwrap().to_string(), "Windows on x64");
        let mach = [0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1];
        assert_eq!(Architecture::of(&mach).unwrap().to_string(), "macOS on arm64");
        for no_program in [&b"#!/bin/sh\n"[..], b"", b"MZ", b"\x7fELF"] {
            assert_eq!(Architecture::of(no_program), None);
        }
    }
}
