//! Values of the configuration file, each checked where it stands.

use std::fmt;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::base::secret::Secret;
use crate::base::url::UrlParts;
use crate::endpoint::{
    is_domain, is_endpoint_url, is_http_url, is_owner, is_region, is_repository_byte,
};

/// A string type that takes only what a check lets through.
macro_rules! checked_text {
    ($name:ident, $check:path, $message:literal) => {
        pub(super) struct $name(pub(super) String);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(CheckedVisitor(PhantomData))
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                if $check(&text) { Ok(Self(text)) } else { Err($message) }
            }
        }

        impl From<$name> for String {
            fn from(checked: $name) -> Self {
                checked.0
            }
        }
    };
}

/// Checks a text while it is visited, so that the parser knows where it stands in a list too.
struct CheckedVisitor<T>(PhantomData<T>);

impl<T: TryFrom<String, Error = &'static str>> Visitor<'_> for CheckedVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::try_from(text.to_owned()).map_err(E::custom)
    }
}

checked_text!(
    DomainName,
    is_domain,
    "`domain` is a CodeArtifact domain: 2 to 50 of a-z, 0-9 and `-`"
);
checked_text!(Owner, is_owner, "an owner is the domain's account: twelve digits, in quotes");
checked_text!(Region, is_region, "`region` is an AWS region, as in `us-east-1`");
checked_text!(
    DomainPattern,
    is_domain_pattern,
    "`domain` is a pattern of a-z, 0-9, `-`, `*` and `?`"
);
checked_text!(
    OwnerPattern,
    is_owner_pattern,
    "`owner` is twelve digits, or a pattern of digits, `*` and `?`, in quotes"
);
checked_text!(
    RegionPattern,
    is_region_pattern,
    "`region` is a region, or a pattern of a-z, 0-9, `-`, `*` and `?`"
);
checked_text!(
    RepositoryPattern,
    is_repository_pattern,
    "`repository` is a pattern of A-Z, a-z, 0-9, `.`, `_`, `-`, `*` and `?`"
);
checked_text!(
    HostPattern,
    is_host_pattern,
    "a host is a pattern in lower case, without scheme, port and path"
);
checked_text!(ProfileName, is_profile, "a profile is a name of the AWS files");
checked_text!(
    RoleArn,
    is_role_arn,
    "a role is an ARN as in `arn:aws:iam::111122223333:role/reader`"
);
checked_text!(
    ExternalId,
    is_external_id,
    "`external_id` is 2 to 1224 of A-Z, a-z, 0-9 and `_+=,.@:/-`"
);
checked_text!(
    SessionName,
    is_session_name,
    "`session_name` is 2 to 64 of A-Z, a-z, 0-9 and `_+=,.@-`"
);
checked_text!(
    EndpointUrl,
    is_endpoint_url,
    "an endpoint is an https URL without user, query and fragment; http is for this machine only"
);

/// A proxy's URL, which may hold a password.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct ProxyUrl(pub(super) Secret);

impl TryFrom<String> for ProxyUrl {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if is_proxy_url(&text) {
            Ok(Self(Secret::new(text)))
        } else {
            Err(
                "`proxy` is a URL as in `http://proxy.example:3128`, with `user:password@` if need be",
            )
        }
    }
}

/// A path that no working directory takes part in.
#[derive(Deserialize)]
#[serde(try_from = "PathBuf")]
pub(super) struct AbsolutePath(pub(super) PathBuf);

impl TryFrom<PathBuf> for AbsolutePath {
    type Error = &'static str;

    fn try_from(path: PathBuf) -> Result<Self, Self::Error> {
        if Path::is_absolute(&path) { Ok(Self(path)) } else { Err("the path must be absolute") }
    }
}

/// One value, or a list of at least one.
pub(super) struct OneOrMore<T>(pub(super) Vec<T>);

impl<T: Into<String>> OneOrMore<T> {
    /// The texts; none where the key is left out.
    pub(super) fn texts(list: Option<Self>) -> Vec<String> {
        list.map_or_else(Vec::new, |list| list.0.into_iter().map(Into::into).collect())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMore<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMoreVisitor(PhantomData))
    }
}

struct OneOrMoreVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrMoreVisitor<T> {
    type Value = OneOrMore<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("one value in quotes, or a list of them")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        T::deserialize(StrDeserializer::new(text)).map(|value| OneOrMore(vec![value]))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|value| OneOrMore(vec![value]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        if values.is_empty() {
            return Err(A::Error::custom("the list is empty: leave the key out instead"));
        }
        Ok(OneOrMore(values))
    }
}

fn is_pattern(text: &str, is_byte: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(|b| matches!(b, b'*' | b'?') || is_byte(b))
}

fn is_domain_pattern(text: &str) -> bool {
    is_pattern(text, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_owner_pattern(text: &str) -> bool {
    let has_wildcard = text.contains(['*', '?']);
    is_owner(text) || has_wildcard && is_pattern(text, |b| b.is_ascii_digit())
}

fn is_region_pattern(text: &str) -> bool {
    let has_wildcard = text.contains(['*', '?']);
    is_region(text) || has_wildcard && is_domain_pattern(text)
}

fn is_repository_pattern(text: &str) -> bool {
    is_pattern(text, is_repository_byte)
}

fn is_host_pattern(text: &str) -> bool {
    let is_address = text.starts_with('[') && text.ends_with(']');
    is_pattern(text, |b| {
        b.is_ascii_lowercase()
            || b.is_ascii_digit()
            || matches!(b, b'.' | b'-')
            || is_address && matches!(b, b'[' | b']' | b':')
    })
}

/// Whether the AWS files can have a profile of this name.
pub(super) fn is_profile(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.contains(|c: char| c.is_control() || c == ']')
}

fn is_role_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts.as_slice() else { return false };
    let is_partition_byte = |b: u8| b.is_ascii_lowercase() || b == b'-';
    let is_name_byte = |b: u8| b == b'/' || is_session_byte(b);
    let Some(name) = resource.strip_prefix("role/") else { return false };
    partition.starts_with("aws")
        && partition.bytes().all(is_partition_byte)
        && is_owner(account)
        && !name.is_empty()
        && !name.ends_with('/')
        && name.bytes().all(is_name_byte)
}

fn is_session_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte)
}

fn is_session_name(text: &str) -> bool {
    (2..=64).contains(&text.len()) && text.bytes().all(is_session_byte)
}

fn is_external_id(text: &str) -> bool {
    let is_byte = |b: u8| is_session_byte(b) || matches!(b, b':' | b'/');
    (2..=1224).contains(&text.len()) && text.bytes().all(is_byte)
}

fn is_proxy_url(text: &str) -> bool {
    let url = UrlParts::strict(text);
    let is_user_byte = |b: u8| b.is_ascii_graphic() && b != b'@';
    let is_plain = url.user.unwrap_or_default().bytes().all(is_user_byte);
    is_plain && matches!(url.path, "" | "/") && url.tail.is_empty() && is_http_url(&url.origin())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_arns() {
        for arn in [
            "arn:aws:iam::111122223333:role/reader",
            "arn:aws-us-gov:iam::111122223333:role/a/b/reader+=,.@_-1",
        ] {
            assert!(is_role_arn(arn), "{arn}");
        }
        for text in [
            "",
            "reader",
            "arn:aws:iam::111122223333:user/reader",
            "arn:aws:iam::11112222333:role/reader",
            "arn:aws:sts::111122223333:role/reader",
            "arn:aws:iam:eu-west-1:111122223333:role/reader",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:role/reader ",
            "arn:other:iam::111122223333:role/reader",
        ] {
            assert!(!is_role_arn(text), "{text}");
        }
    }

    #[test]
    fn proxies_are_urls_of_a_host() {
        for url in ["http://p:3128", "https://p.example", "http://u:p%40w@p.example:1/"] {
            assert!(is_proxy_url(url), "{url}");
        }
        for text in ["p:3128", "socks5://p:1", "http://", "http://u@", "http://p/x", "http://u/x@p"]
        {
            assert!(!is_proxy_url(text), "{text}");
        }
    }

    #[test]
    fn patterns_hold_only_what_can_match() {
        assert!(is_domain_pattern("team-*") && !is_domain_pattern("Team-*"));
        assert!(is_owner_pattern("1111*") && !is_owner_pattern("1111") && !is_owner_pattern("a*"));
        assert!(is_region_pattern("eu-*") && !is_region_pattern("eu") && !is_region_pattern(""));
        assert!(is_repository_pattern("A.b_c-?") && !is_repository_pattern("a/b"));
        assert!(is_host_pattern("*.example.com") && is_host_pattern("[::1]"));
        assert!(!is_host_pattern("Example") && !is_host_pattern("h:80"));
    }

    #[test]
    fn names_are_as_sts_takes_them() {
        assert!(is_session_name("me@example.com") && !is_session_name("a b"));
        assert!(!is_session_name("a") && !is_session_name(&"a".repeat(65)));
        assert!(is_external_id("a:b/c") && !is_external_id("a"));
        assert!(is_profile("my profile") && !is_profile(" dev") && !is_profile("a]"));
    }
}
