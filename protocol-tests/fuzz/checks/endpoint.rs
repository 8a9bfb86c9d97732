//! Which URLs get a token, decided a second time: by regular expressions, written from the user guide's
//! forms of hosts and from nothing of the parser. The two must agree on every text.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a check fails by a panic")]

use std::sync::LazyLock;

use regex_lite::{Captures, Regex};

use super::{EndpointError, HostKind, HostMapping, RepositoryEndpoint};

/// What a URL names, as both readings give it.
#[derive(Debug, PartialEq, Eq)]
pub struct Names {
    pub domain: String,
    pub owner: String,
    region: String,
    repository: String,
    kind: HostKind,
}

/// Why a URL gets no token.
#[derive(Debug, PartialEq, Eq)]
pub enum No {
    Foreign,
    Path,
}

pub fn check(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    for mappings in [&[][..], &listed()] {
        let ours = RepositoryEndpoint::parse(text, mappings);
        let second = read(text, !mappings.is_empty());
        assert_eq!(ours.as_ref().map(names).map_err(no), second, "{text:?}");
        if let Ok(endpoint) = ours {
            let origin = &endpoint.origin;
            assert_eq!(origin.to_lowercase(), *origin);
            let again = format!("{origin}/nuget/d/d1-111122223333/r1/v3/index.json");
            let kept = read(&again, !mappings.is_empty());
            assert_ne!(kept, Err(No::Foreign), "{text:?} has another host than its origin");
        }
    }
}

/// The origins that a token of this URL would be sent to.
#[cfg(fuzzing)]
pub fn origins(text: &str) -> Vec<String> {
    let mappings = listed();
    let lists = [&[][..], &mappings].into_iter();
    lists
        .filter_map(|list| RepositoryEndpoint::parse(text, list).ok())
        .map(|it| it.origin)
        .collect()
}

/// The hosts of a user's own that are tried, in words that [`OWN`] repeats.
fn listed() -> [HostMapping; 4] {
    let domain = Some(("d1".to_owned(), "111122223333".to_owned()));
    let of = |host: &str, port, domain| HostMapping {
        host: host.to_owned(),
        port,
        domain,
        region: "eu-west-1".to_owned(),
    };
    [
        of("packages.example", None, domain.clone()),
        of("packages.example", Some(8443), None),
        of("localhost", Some(8080), domain),
        of("[::1]", None, None),
    ]
}

fn names(endpoint: &RepositoryEndpoint) -> Names {
    Names {
        domain: endpoint.domain.name.clone(),
        owner: endpoint.domain.owner.clone(),
        region: endpoint.domain.region.clone(),
        repository: endpoint.repository.clone(),
        kind: endpoint.host,
    }
}

fn no(error: &EndpointError) -> No {
    match error {
        EndpointError::Foreign(_) => No::Foreign,
        EndpointError::Path { .. } => No::Path,
    }
}

const DOMAIN: &str = "([a-z][a-z0-9-]{0,48}[a-z0-9])-([0-9]{12})";
const REPOSITORY: &str = "([A-Za-z0-9][A-Za-z0-9._-]{1,99})";

/// The regions of each partition, and the suffixes of its hosts: for IPv4, and dual-stack.
const PARTITIONS: [(&str, &str, Option<&str>); 7] = [
    ("cn(?:-[a-z]+)+-[0-9]{1,2}", "amazonaws.com.cn", Some("on.amazonwebservices.com.cn")),
    ("us-iso(?:-[a-z]+)+-[0-9]{1,2}", "c2s.ic.gov", None),
    ("us-isob(?:-[a-z]+)+-[0-9]{1,2}", "sc2s.sgov.gov", None),
    ("eu-isoe(?:-[a-z]+)+-[0-9]{1,2}", "cloud.adc-e.uk", None),
    ("us-isof(?:-[a-z]+)+-[0-9]{1,2}", "csp.hci.ic.gov", None),
    ("eusc(?:-[a-z]+)+-[0-9]{1,2}", "amazonaws.eu", None),
    ("[a-z]{2,4}(?:-[a-z]+)+-[0-9]{1,2}", "amazonaws.com", Some("on.aws")),
];

/// The places of a URL that one of the forms matches.
struct Form {
    url: Regex,
    of_vpc: bool,
    partition: usize,
}

/// The forms of AWS's hosts, up to the path. A port can only be that of https.
static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    let mut forms = Vec::new();
    for (partition, (region, suffix, dual_stack)) in PARTITIONS.into_iter().enumerate() {
        let mut add = |host: String, of_vpc| {
            let url = format!(r"^(?i:https://{host}(?::0*443)?)(?<rest>(?:[/?#](?s:.*))?)$");
            forms.push(Form { url: Regex::new(&url).unwrap(), of_vpc, partition });
        };
        let suffix = regex_lite::escape(suffix);
        add(format!(r"{DOMAIN}\.d\.codeartifact\.(?<region>{region})\.{suffix}"), false);
        let endpoint = "vpce-[a-z0-9-]*[a-z0-9]";
        add(format!(r"{endpoint}\.d\.codeartifact\.(?<region>{region})\.vpce\.{suffix}"), true);
        if let Some(suffix) = dual_stack.map(regex_lite::escape) {
            add(format!(r"{DOMAIN}\.codeartifact\.(?<region>{region})\.{suffix}"), false);
        }
    }
    forms
});

/// The hosts of [`listed`], up to the path, and whether the path names the domain. Without https it is
/// this machine's.
static OWN: LazyLock<[(Regex, bool); 4]> = LazyLock::new(|| {
    [
        (r"(?i:https://packages\.example(?::0*443)?)", false),
        (r"(?i:https://packages\.example:0*8443)", true),
        (r"(?i:https?://localhost:0*8080)", false),
        (r"(?i:https://\[::1\](?::0*443)?|http://\[::1\](?::0*80)?)", true),
    ]
    .map(|(origin, names_domain)| {
        let url = format!(r"^(?:{origin})(?<rest>(?:[/?#](?s:.*))?)$");
        (Regex::new(&url).unwrap(), names_domain)
    })
});

/// The paths, without and with the domain; below any folder for a user's own host.
static PATHS: LazyLock<[[Regex; 2]; 2]> = LazyLock::new(|| {
    ["", "(?:/[^/]*)*?"].map(|folders| {
        ["", &*format!("d/{DOMAIN}/")].map(|domain| {
            let end = "(?:/(?s:.*))?";
            Regex::new(&format!("^{folders}/nuget/{domain}{REPOSITORY}/v3{end}$")).unwrap()
        })
    })
});

/// The second reading; `with_own` says whether [`listed`] counts.
pub fn read(text: &str, with_own: bool) -> Result<Names, No> {
    for Form { url, of_vpc, partition } in &*FORMS {
        let Some(found) = url.captures(text) else { continue };
        let region = found["region"].to_lowercase();
        // The last partition has the regions that no other has.
        if *partition == PARTITIONS.len() - 1 && is_of_another(&region) {
            continue;
        }
        let of_host = (!of_vpc).then(|| (found[1].to_lowercase(), found[2].to_owned()));
        return with_path(&found, of_host, false, |domain, owner, repository| Names {
            domain,
            owner,
            region,
            repository,
            kind: HostKind::Aws,
        });
    }
    let own = OWN.iter().filter(|_| with_own);
    for (url, names_domain) in own {
        let Some(found) = url.captures(text) else { continue };
        let of_host = (!names_domain).then(|| ("d1".to_owned(), "111122223333".to_owned()));
        return with_path(&found, of_host, true, |domain, owner, repository| Names {
            domain,
            owner,
            region: "eu-west-1".to_owned(),
            repository,
            kind: HostKind::Listed,
        });
    }
    Err(No::Foreign)
}

/// Whether one of their prefixes is followed by a word and a number.
fn is_of_another(region: &str) -> bool {
    ["cn-", "us-iso-", "us-isob-", "eu-isoe-", "us-isof-", "eusc-"]
        .iter()
        .any(|prefix| region.strip_prefix(prefix).is_some_and(|rest| rest.contains('-')))
}

fn with_path(
    found: &Captures<'_>,
    of_host: Option<(String, String)>,
    below_folders: bool,
    names: impl FnOnce(String, String, String) -> Names,
) -> Result<Names, No> {
    let path = found["rest"].split(['?', '#']).next().unwrap_or_default();
    let path = PATHS[usize::from(below_folders)][usize::from(of_host.is_none())].captures(path);
    let path = path.ok_or(No::Path)?;
    Ok(match of_host {
        Some((domain, owner)) => names(domain, owner, path[1].to_owned()),
        None => names(path[1].to_owned(), path[2].to_owned(), path[3].to_owned()),
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_seed_is_read_alike() {
        crate::corpus::replay("endpoint", super::check);
    }
}
