//! AWS's partitions. This is the only place with their names.
//!
//! Source: the partitions of the AWS SDKs' endpoint rules (`partitions.json`); the suffixes of
//! repositories' hosts are from the CodeArtifact user guide.

/// The name of CodeArtifact in policies, in every partition.
pub const SERVICE_PRINCIPAL: &str = "codeartifact.amazonaws.com";

/// A group of regions whose accounts and hosts are separate from those of all others.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// Its name in an ARN.
    pub arn: &'static str,
    /// The prefix of the names of its regions.
    region_prefix: &'static str,
    /// The suffix of hosts for IPv4 only, and of those of VPC endpoints.
    pub suffix: &'static str,
    /// The suffix of dual-stack hosts (IPv4 and IPv6); none if no such hosts are known.
    dual_stack: Option<DualStack>,
}

/// The suffix of dual-stack hosts.
#[derive(Debug, PartialEq, Eq)]
struct DualStack {
    repositories: &'static str,
    apis: &'static str,
}

const AWS: Partition = Partition {
    arn: "aws",
    region_prefix: "",
    suffix: "amazonaws.com",
    dual_stack: Some(DualStack { repositories: "on.aws", apis: "api.aws" }),
};

/// Every partition. The last one gets all regions that belong to no other, including new ones.
static PARTITIONS: [Partition; 8] = [
    Partition {
        arn: "aws-cn",
        region_prefix: "cn-",
        suffix: "amazonaws.com.cn",
        dual_stack: Some(DualStack {
            repositories: "on.amazonwebservices.com.cn",
            apis: "api.amazonwebservices.com.cn",
        }),
    },
    Partition { arn: "aws-us-gov", region_prefix: "us-gov-", ..AWS },
    ipv4_only("aws-iso", "us-iso-", "c2s.ic.gov"),
    ipv4_only("aws-iso-b", "us-isob-", "sc2s.sgov.gov"),
    ipv4_only("aws-iso-e", "eu-isoe-", "cloud.adc-e.uk"),
    ipv4_only("aws-iso-f", "us-isof-", "csp.hci.ic.gov"),
    ipv4_only("aws-eusc", "eusc-", "amazonaws.eu"),
    AWS,
];

const fn ipv4_only(
    arn: &'static str,
    region_prefix: &'static str,
    suffix: &'static str,
) -> Partition {
    Partition { arn, region_prefix, suffix, dual_stack: None }
}

impl Partition {
    /// The partition of a region.
    pub fn of(region: &str) -> &'static Self {
        let [others @ .., aws] = &PARTITIONS;
        let is_of = |it: &&Self| {
            // A word and a number follow: AWS takes `us-iso-1` for a region of its first partition.
            region.strip_prefix(it.region_prefix).is_some_and(|rest| rest.contains('-'))
        };
        others.iter().find(is_of).unwrap_or(aws)
    }

    /// The partition of an ARN. None if it is no ARN, or one of an unknown partition.
    pub fn of_arn(arn: &str) -> Option<&'static Self> {
        let mut parts = arn.trim().split(':');
        let name = parts.next().filter(|prefix| *prefix == "arn").and(parts.next())?;
        PARTITIONS.iter().find(|partition| partition.arn == name)
    }

    /// The suffix of repositories' dual-stack hosts; none if no such hosts are known.
    pub fn dual_stack_suffix(&self) -> Option<&'static str> {
        self.dual_stack.as_ref().map(|dual_stack| dual_stack.repositories)
    }

    fn suffixes(&self) -> impl Iterator<Item = &'static str> {
        let dual_stack = self.dual_stack.iter().flat_map(|it| [it.repositories, it.apis]);
        dual_stack.chain([self.suffix])
    }
}

/// Whether only AWS can have a host with this suffix, in any partition.
pub fn is_aws_host(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let mut suffixes = PARTITIONS.iter().flat_map(Partition::suffixes);
    suffixes.any(|suffix| host.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.')))
}

/// Whether people would take the host for one of CodeArtifact. It need not be one: more labels may
/// follow AWS's own name, or it may end in another top-level domain.
pub fn resembles_codeartifact(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let mut suffixes = PARTITIONS.iter().flat_map(Partition::suffixes);
    host.contains(".codeartifact.")
        && (host.contains(".amazonaws.")
            || suffixes.any(|suffix| host.contains(&format!(".{suffix}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regions_partition_has_its_name_and_suffixes() {
        for (region, arn, suffix, dual_stack) in [
            ("eu-west-1", "aws", "amazonaws.com", Some("on.aws")),
            ("us-gov-west-1", "aws-us-gov", "amazonaws.com", Some("on.aws")),
            ("cn-north-1", "aws-cn", "amazonaws.com.cn", Some("on.amazonwebservices.com.cn")),
            ("us-iso-east-1", "aws-iso", "c2s.ic.gov", None),
            ("us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov", None),
            ("eu-isoe-west-1", "aws-iso-e", "cloud.adc-e.uk", None),
            ("us-isof-south-1", "aws-iso-f", "csp.hci.ic.gov", None),
            ("eusc-de-east-1", "aws-eusc", "amazonaws.eu", None),
            ("xx-new-1", "aws", "amazonaws.com", Some("on.aws")),
            ("us-iso-1", "aws", "amazonaws.com", Some("on.aws")),
        ] {
            let found = Partition::of(region);
            assert_eq!((found.arn, found.suffix), (arn, suffix), "{region}");
            assert_eq!(found.dual_stack_suffix(), dual_stack, "{region}");
        }
    }

    #[test]
    fn an_arn_names_its_partition() {
        for (arn, partition) in [
            ("arn:aws:iam::111122223333:role/r", Some("aws")),
            (" arn:aws-cn:iam::111122223333:role/r", Some("aws-cn")),
            ("arn:aws-us-gov:iam::1:role/r", Some("aws-us-gov")),
            ("arn:aws-new:iam::1:role/r", None),
            ("aws:iam::1:role/r", None),
            ("", None),
        ] {
            assert_eq!(Partition::of_arn(arn).map(|it| it.arn), partition, "{arn}");
        }
    }

    #[test]
    fn hosts_of_every_partition_are_told_from_others() {
        for host in [
            "codeartifact.eu-west-1.amazonaws.com",
            "CodeArtifact.eu-west-1.API.aws",
            "sts.cn-north-1.amazonaws.com.cn",
            "codeartifact.us-iso-east-1.c2s.ic.gov",
        ] {
            assert!(is_aws_host(host), "{host}");
        }
        for host in ["localhost", "amazonaws.com.evil.example", "evilamazonaws.com"] {
            assert!(!is_aws_host(host), "{host}");
        }
    }

    #[test]
    fn look_alikes_resemble_codeartifact() {
        for host in [
            "d-1.d.codeartifact.eu-west-1.amazonaws.com.",
            "d-1.d.codeartifact.eu-west-1.amazonaws.co",
            "d-1.codeartifact.eu-west-1.ON.aws",
            "d-1.d.codeartifact.us-iso-east-1.c2s.ic.gov",
        ] {
            assert!(resembles_codeartifact(host), "{host}");
        }
        for host in ["codeartifact.example.com", "sts.eu-west-1.amazonaws.com"] {
            assert!(!resembles_codeartifact(host), "{host}");
        }
    }
}
