//! The certificates that connections to AWS trust: the system's, or those of a bundle, read as the AWS
//! CLI reads it. Both are checked here, because the SDK panics if a store is empty or broken.

use std::error::Error;
use std::path::Path;
use std::sync::LazyLock;

use aws_smithy_http_client::tls::TrustStore;
use aws_smithy_types::base64;
use rustls_native_certs::CertificateResult;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::error::AwsError;
use super::route::CaBundle;
use crate::base::files::read_regular;
use crate::base::system::scarcity;

/// A larger file is not a bundle: the systems' own have less than 1 MiB.
const LARGEST_BUNDLE: u64 = 16 << 20;

/// Other names that OpenSSL knows for a certificate. Behind a trusted one are OpenSSL's own notes.
const OTHER_LABELS: [&str; 2] = ["TRUSTED CERTIFICATE", "X509 CERTIFICATE"];

/// The certificates of the bundle, which replace the system's.
pub(super) fn trust_store(bundle: Option<&CaBundle>) -> Result<TrustStore, AwsError> {
    let Some(CaBundle { path, setting }) = bundle else {
        return match &*SYSTEM_CERTIFICATES {
            Ok(pem) if pem.is_empty() => {
                let detail = "the system has no trusted certificates".to_owned();
                Err(AwsError::Trust { detail })
            }
            Ok(pem) => Ok(store_of(pem)),
            Err(what) => Err(AwsError::Scarce { what }),
        };
    };
    let pem = usable_certificates(path).map_err(|why| {
        let (setting, path) = (setting.clone(), path.clone());
        AwsError::CaBundle { setting, path, why }
    })?;
    Ok(store_of(&pem))
}

fn store_of(pem: &str) -> TrustStore {
    TrustStore::empty().with_pem_certificate(pem.as_bytes())
}

/// The system's certificates that can be used, as PEM. Handed to the SDK like a bundle: left to itself,
/// it would read some hundred files a second time.
static SYSTEM_CERTIFICATES: LazyLock<Result<String, &'static str>> = LazyLock::new(|| {
    let CertificateResult { certs, errors, .. } = rustls_native_certs::load_native_certs();
    let scarce = errors.iter().find_map(|error| scarcity(error.source()?.downcast_ref()?));
    match scarce {
        Some(what) if certs.is_empty() => Err(what),
        _ => Ok(usable(certs)),
    }
});

/// Those that can be used, as PEM. A store of hundreds often has some that OpenSSL takes, and that
/// this TLS does not: a wrong serial number, for one.
fn usable(certificates: Vec<CertificateDer<'_>>) -> String {
    let mut roots = rustls::RootCertStore::empty();
    let mut pem = String::new();
    for certificate in certificates {
        let text = base64::encode(&certificate);
        if roots.add(certificate).is_ok() {
            pem.push_str("-----BEGIN CERTIFICATE-----\n");
            pem.push_str(&text);
            pem.push_str("\n-----END CERTIFICATE-----\n");
        }
    }
    pem
}

fn usable_certificates(path: &Path) -> Result<String, String> {
    let bytes = read_regular(path, LARGEST_BUNDLE).map_err(|error| error.to_string())?;
    let pem = usable(certificates(&bytes)?);
    if pem.is_empty() { Err("it contains no usable certificate".to_owned()) } else { Ok(pem) }
}

/// The certificates of a bundle. One that is cut off or overwritten makes all unusable, as for the
/// AWS CLI: the file is not what it was.
fn certificates(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut certificates = Vec::new();
    let pem = plain_pem(bytes);
    for read in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let number = certificates.len() + 1;
        let broken = || format!("certificate {number} in it is broken");
        let certificate = read.map_err(|_| broken())?;
        let whole = first_element(&certificate).ok_or_else(broken)?;
        certificates.push(CertificateDer::from(whole.to_vec()));
    }
    // The parser ignores a certificate without an end.
    let begun = pem.lines().filter(|line| *line == "-----BEGIN CERTIFICATE-----").count();
    if begun > certificates.len() {
        return Err("a certificate in it is cut off".to_owned());
    }
    if certificates.is_empty() {
        return Err(no_certificate(bytes).to_owned());
    }
    Ok(certificates)
}

/// Why there is none.
fn no_certificate(bytes: &[u8]) -> &'static str {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        "it is UTF-16, not UTF-8"
    } else if first_element(bytes).is_some_and(|element| element.len() == bytes.len()) {
        "it is a DER file, not PEM (convert it with `openssl x509 -inform der -outform pem`)"
    } else {
        "it contains no certificate"
    }
}

/// The text in the one form that the parser takes: no byte order mark, no blanks around lines, one
/// name for a certificate.
fn plain_pem(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut plain = String::with_capacity(text.len());
    for line in text.split(['\n', '\r']).map(str::trim) {
        let label = OTHER_LABELS.iter().find(|label| line.contains(**label));
        match label.filter(|_| line.starts_with("-----")) {
            Some(label) => plain.push_str(&line.replace(label, "CERTIFICATE")),
            None => plain.push_str(line),
        }
        plain.push('\n');
    }
    plain
}

/// The ASN.1 sequence that the bytes begin with.
fn first_element(bytes: &[u8]) -> Option<&[u8]> {
    const SEQUENCE: u8 = 0x30;
    let (&tag, rest) = bytes.split_first()?;
    let (&length, rest) = rest.split_first()?;
    // Either the length itself, or how many bytes it has.
    let (header, length) = match length {
        0..=0x7f => (2, usize::from(length)),
        0x81..=0x84 => {
            let count = usize::from(length & 0x7f);
            let digits = rest.get(..count)?.iter();
            (2 + count, digits.fold(0, |length, digit| length << 8 | usize::from(*digit)))
        }
        _ => return None,
    };
    bytes.get(..header.checked_add(length)?).filter(|_| tag == SEQUENCE)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    /// Its own PEM text, and DER.
    fn certificate() -> (String, Vec<u8>) {
        let key = KeyPair::generate().unwrap();
        let made = CertificateParams::new([]).unwrap().self_signed(&key).unwrap();
        (made.pem(), made.der().to_vec())
    }

    fn count(text: &[u8]) -> Result<usize, String> {
        certificates(text).map(|found| found.len())
    }

    #[test]
    fn a_bundle_is_read_whatever_stands_around_its_certificates() {
        let (pem, der) = certificate();
        let key = KeyPair::generate().unwrap().serialize_pem();
        for text in [
            format!("\u{feff}{pem}"),
            pem.replace('\n', "\r\n"),
            pem.replace('\n', "\r"),
            pem.replace('\n', " \t\n"),
            pem.replace('\n', "\n  "),
            pem.replace("CERTIFICATE", "X509 CERTIFICATE"),
            format!("# Größe\nAuthority\n=========\n{pem}text behind"),
            format!("{key}{pem}"),
        ] {
            let found = certificates(text.as_bytes()).unwrap();
            assert_eq!(found, [CertificateDer::from(der.clone())], "{text}");
        }
        assert_eq!(count(format!("{pem}{pem}").as_bytes()), Ok(2));
    }

    #[test]
    fn notes_behind_a_trusted_certificate_are_left_out() {
        let (_, der) = certificate();
        let notes = [&der[..], &[0x30, 0x0a, 1, 2, 3]].concat();
        let text = format!(
            "-----BEGIN TRUSTED CERTIFICATE-----\n{}\n-----END TRUSTED CERTIFICATE-----\n",
            base64::encode(notes)
        );
        assert_eq!(certificates(text.as_bytes()).unwrap(), [CertificateDer::from(der)]);
    }

    #[test]
    fn a_broken_certificate_among_good_ones_is_named() {
        let (pem, _) = certificate();
        for broken in [
            "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n",
        ] {
            let first = count(format!("{broken}{pem}").as_bytes());
            assert_eq!(first, Err("certificate 1 in it is broken".to_owned()), "{broken}");
            let last = count(format!("{pem}{broken}").as_bytes());
            assert_eq!(last, Err("certificate 2 in it is broken".to_owned()), "{broken}");
        }
        let cut = pem.split_inclusive('\n').take(4).collect::<String>();
        let first = count(format!("{cut}{pem}").as_bytes());
        assert_eq!(first, Err("a certificate in it is cut off".to_owned()));
        assert_eq!(
            count(format!("{pem}{cut}").as_bytes()),
            Err("certificate 2 in it is broken".to_owned())
        );
    }

    #[test]
    fn what_is_no_pem_file_is_called_what_it_is() {
        let (pem, der) = certificate();
        let wide: Vec<u8> = "\u{feff}"
            .chars()
            .chain(pem.chars())
            .collect::<String>()
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(count(&wide), Err("it is UTF-16, not UTF-8".to_owned()));
        assert!(count(&der).unwrap_err().starts_with("it is a DER file"));
        for text in [&b""[..], b"text", b"\x30\x82\xff\xff", b"\x30\x80", b"\x30"] {
            assert_eq!(count(text), Err("it contains no certificate".to_owned()));
        }
    }

    #[test]
    fn an_authority_that_this_tls_does_not_take_is_left_out() {
        let (_, der) = certificate();
        let odd = CertificateDer::from(vec![0x30, 0x03, 0x02, 0x01, 0x01]);
        let good = CertificateDer::from(der);
        assert_eq!(usable(vec![odd.clone(), good.clone()]), usable(vec![good]));
        assert_eq!(usable(vec![odd]), "");
    }

    #[test]
    fn a_bundle_that_is_missing_empty_or_no_file_is_named() {
        let empty = tempfile::NamedTempFile::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        for path in [Path::new("/nonexistent/ca.pem"), empty.path(), folder.path()] {
            let bundle = CaBundle { path: path.into(), setting: "AWS_CA_BUNDLE".into() };
            let error = trust_store(Some(&bundle)).unwrap_err().to_string();
            let is_named =
                error.contains("AWS_CA_BUNDLE") && error.contains(path.to_str().unwrap());
            assert!(is_named, "{error}");
        }
    }
}
