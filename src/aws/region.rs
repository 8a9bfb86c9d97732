//! Names of regions, wherever they come from.

use super::error::AwsError;
use crate::base::text::excerpt;

/// Fails if the name cannot be a region's name. A name becomes a part of hosts. `origin` says where it is
/// from, for people.
pub(super) fn check(name: &str, origin: impl FnOnce() -> String) -> Result<(), AwsError> {
    let is_of_label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_label = (1..=63).contains(&name.len())
        && name.bytes().all(is_of_label)
        && !name.starts_with('-')
        && !name.ends_with('-');
    if is_label {
        return Ok(());
    }
    Err(AwsError::NoRegion { value: excerpt(name), origin: origin() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_can_be_no_regions_is_said_with_its_origin() {
        for name in ["eu-west-1", "us-gov-east-1", "local"] {
            check(name, || unreachable!()).unwrap();
        }
        for name in ["", "us-east-1 ", "\"us-east-1\"", "us east", "eu-west-1/x", "-a", "us\r"] {
            let line = check(name, || "AWS_REGION".to_owned()).unwrap_err().to_string();
            assert!(line.contains("Invalid AWS region"), "{line}");
        }
    }
}
