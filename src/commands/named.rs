//! The domain that command-line options name.

use thiserror::Error;

use crate::base::text::printable;
use crate::code::{Code, Coded};
use crate::endpoint::{Domain, is_domain, is_owner, is_region};

/// An option has an unexpected value.
#[derive(Debug, Error)]
#[error("Invalid value `{value}` for {option}: expected {expected}")]
pub struct OptionError {
    pub option: &'static str,
    pub value: String,
    pub expected: &'static str,
}

impl Coded for OptionError {
    fn code(&self) -> Code {
        Code::InvalidOption
    }
}

/// The domain from `--domain`, `--domain-owner` and `--region`, in this order.
pub fn domain(options: [Option<&str>; 3]) -> Result<Domain, OptionError> {
    let [name, owner, region] = options;
    Ok(Domain {
        name: checked("--domain", name, is_domain, "2 to 50 of a-z, 0-9 and `-`")?,
        owner: checked("--domain-owner", owner, is_owner, "twelve digits")?,
        region: checked("--region", region, is_region, "an AWS region, such as `us-east-1`")?,
    })
}

/// The option's value. A missing option is an error, as is an empty one.
pub fn checked(
    option: &'static str,
    value: Option<&str>,
    check: fn(&str) -> bool,
    expected: &'static str,
) -> Result<String, OptionError> {
    let value = value.unwrap_or_default().to_owned();
    if check(&value) {
        Ok(value)
    } else {
        Err(OptionError { option, value: printable(&value), expected })
    }
}
