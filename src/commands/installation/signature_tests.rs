//! The samples: a library of one function, built by mingw and signed by osslsigncode; and built by LLVM's
//! linker for macOS with its ad-hoc signature, which was taken off as `codesign` does it.

use proptest::prelude::*;

use super::*;

const DLL: &[u8] = include_bytes!("../../../protocol-tests/signatures/unsigned.dll");
const SIGNED_DLL: &[u8] = include_bytes!("../../../protocol-tests/signatures/signed.dll");
const DYLIB: &[u8] = include_bytes!("../../../protocol-tests/signatures/unsigned.dylib");
const AD_HOC_DYLIB: &[u8] = include_bytes!("../../../protocol-tests/signatures/ad-hoc.dylib");

/// The file with a certificate in its ad-hoc signature, as `codesign` writes one.
fn certified(ad_hoc: &[u8]) -> Vec<u8> {
    let certificate = [&0xfade_0b01_u32.to_be_bytes()[..], &12_u32.to_be_bytes(), b"CMS!"].concat();
    let list = ad_hoc.windows(4).rposition(|four| four == 0xfade_0cc0_u32.to_be_bytes()).unwrap();
    let length = big_u32_at(ad_hoc, list + 4).unwrap();
    let mut signed = ad_hoc[..list + length as usize].to_vec();
    // The one entry of the list becomes that of the certificate, behind the other blob.
    signed[list + 12..list + 16].copy_from_slice(&0x1_0000_u32.to_be_bytes());
    signed[list + 16..list + 20].copy_from_slice(&length.to_be_bytes());
    signed[list + 4..list + 8].copy_from_slice(&(length + 12).to_be_bytes());
    signed.extend(certificate);
    let command = Commands::read(&signed[..end_of_commands(&signed)], u32_at(&signed, 16).unwrap());
    let command = command.unwrap().signature.unwrap();
    let size = u32::try_from(signed.len() - list).unwrap();
    signed[command + 12..command + 16].copy_from_slice(&size.to_le_bytes());
    signed
}

fn end_of_commands(mach: &[u8]) -> usize {
    HEADER + u32_at(mach, 20).unwrap() as usize
}

/// A universal file of these, each on a page of its own.
fn universal(parts: &[&[u8]]) -> Vec<u8> {
    let mut file =
        [0xcafe_babe, u32::try_from(parts.len()).unwrap()].map(u32::to_be_bytes).concat();
    let mut start = 0;
    for part in parts {
        start += 0x4000;
        let size = u32::try_from(part.len()).unwrap();
        file.extend([0x0100_0007, 3, start, size, 14].map(u32::to_be_bytes).concat());
    }
    for (index, part) in parts.iter().enumerate() {
        file.resize((index + 1) * 0x4000, 0);
        file.extend(*part);
    }
    file
}

#[test]
fn a_signed_file_is_the_unsigned_one_and_a_signature() {
    let certified = certified(AD_HOC_DYLIB);
    let forms: [(&[u8], Signature); 3] = [
        (DYLIB, Signature::None),
        (AD_HOC_DYLIB, Signature::AdHoc),
        (&certified, Signature::Certified),
    ];
    let universals = forms.map(|(form, signature)| (universal(&[form, form]), signature));
    let universals: Vec<_> = universals.iter().map(|(form, kind)| (&**form, *kind)).collect();
    let dlls = [(DLL, Signature::None), (SIGNED_DLL, Signature::Certified)];
    for forms in [&dlls[..], &forms, &universals] {
        for (form, signature) in forms {
            let parts = Parts::of(form);
            assert_eq!(parts.signature, *signature);
            assert!(parts.content == Parts::of(forms[0].0).content, "{signature:?}");
            assert!(parts.is_signable());
        }
    }
}

#[test]
fn a_universal_file_is_signed_as_its_weakest_part_is() {
    let mixed = universal(&[AD_HOC_DYLIB, DYLIB]);
    assert_eq!(Parts::of(&mixed).signature, Signature::None);
    let certified = certified(AD_HOC_DYLIB);
    let mixed = universal(&[&certified, AD_HOC_DYLIB]);
    assert_eq!(Parts::of(&mixed).signature, Signature::AdHoc);
}

#[test]
fn a_signature_is_kept_unless_ours_is_better() {
    let certified = &*certified(AD_HOC_DYLIB);
    let mut changed = SIGNED_DLL.to_vec();
    changed[0x400] ^= 1;
    let mut resigned = SIGNED_DLL.to_vec();
    *resigned.last_mut().unwrap() ^= 1;
    for (index, (found, ours, is_good)) in [
        (DLL, DLL, true),
        (SIGNED_DLL, DLL, true),
        (DLL, SIGNED_DLL, false),
        (&resigned, SIGNED_DLL, true),
        (&changed, DLL, false),
        (&changed, SIGNED_DLL, false),
        (AD_HOC_DYLIB, DYLIB, true),
        (DYLIB, AD_HOC_DYLIB, false),
        (AD_HOC_DYLIB, certified, false),
        (certified, AD_HOC_DYLIB, true),
        (b"#!/bin/sh", b"#!/bin/sh", true),
        (b"#!/bin/sh", b"", false),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(is_as_good(found, ours), is_good, "{index}");
    }
}

#[test]
fn nothing_is_hidden_in_a_signature_or_beside_it() {
    let behind = |file: &[u8]| [file, b"more"].concat();
    let entry = 0x80 + 24 + 112 + 4 * 8;
    let table = u32_at(SIGNED_DLL, entry).unwrap() as usize;
    let with = |at: usize, bytes: &[u8]| {
        let mut file = SIGNED_DLL.to_vec();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    };
    let mut after_first = universal(&[AD_HOC_DYLIB, AD_HOC_DYLIB]);
    after_first[0x7fff] = 1;
    for file in [
        behind(SIGNED_DLL),
        behind(AD_HOC_DYLIB),
        behind(&universal(&[AD_HOC_DYLIB])),
        with(table, &[4, 0, 0, 0]),
        with(table + 4, &[9, 9]),
        with(table + 6, &[3, 0]),
        with(entry, &[0, 0, 0, 0]),
        with(entry + 4, &[0, 0, 0, 0]),
        after_first,
    ] {
        let parts = Parts::of(&file);
        assert!(!parts.is_signable() && parts.signature == Signature::None);
        assert!(parts.content == file);
    }
}

#[test]
fn every_beginning_of_a_file_is_read() {
    let universal = universal(&[AD_HOC_DYLIB]);
    for file in [SIGNED_DLL, AD_HOC_DYLIB, &universal] {
        for length in (0..file.len()).filter(|length| *length < 1024 || length % 97 == 0) {
            assert_ne!(Parts::of(&file[..length]).signature, Signature::Certified, "{length}");
        }
    }
}

proptest! {
    #[test]
    fn any_numbers_in_a_header_are_read(at in 0_usize..1024, bytes: [u8; 4], which in 0_usize..4) {
        let universal = universal(&[AD_HOC_DYLIB, DYLIB]);
        let mut file = [SIGNED_DLL, AD_HOC_DYLIB, DYLIB, &universal][which].to_vec();
        // Behind the headers, the certificates and the list of blobs.
        let at = if at < 512 { at } else { file.len() - at };
        file[at..at + 4].copy_from_slice(&bytes);
        let parts = Parts::of(&file);
        prop_assert!(parts.is_signable() || parts.content == file);
    }
}
