//! Proxy variables, and where a program differs from the plugin on purpose.

use Program::{Botocore, Curl, Dotnet};

/// A program that the plugin is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    Curl,
    Botocore,
    Dotnet,
}

/// `{A}` and `{B}` in a value are the addresses of two proxies, and `{HOST}` is the host of the request.
#[derive(Debug, Clone)]
pub struct Case {
    pub variables: Vec<(&'static str, String)>,
    /// `http_proxy` and the like of the user's NuGet.Config.
    pub nuget_config: Vec<(&'static str, &'static str)>,
    /// Whether it is worth a process of `dotnet`, which takes a second or more.
    pub is_for_dotnet: bool,
    pub kept: Vec<(Program, &'static str)>,
}

const REFUSES: &str = "the program refuses the value, or misreads it";
const UNREAD: &str = "the AWS CLI does not read this variable, and curl and NuGet do";
const NUGETS: &str = "NuGet uses this proxy for https too, so that the plugin does, as the last";
const ITS_OWN_FIRST: &str = "NuGet goes by its own proxy first, and AWS by AWS's";
const LOWER_IS_EMPTY: &str = "an empty variable is none, as for curl and NuGet";
const NO_EMPTY: &str = "the AWS CLI sends no user name without a password, or no password alone";
const DISPUTED: &str = "programs read it in two ways, so that nothing is sent";
const EXCEPTS_MORE: &str = "a domain that the AWS CLI or curl excepts is called directly";
const NUGET_EXCEPTS_MORE: &str = "NuGet has other exceptions for a proxy of .NET's variables";

impl Case {
    fn of(variables: &[(&'static str, &str)]) -> Self {
        let variables = variables.iter().map(|(name, value)| (*name, (*value).to_owned()));
        Self {
            variables: variables.collect(),
            nuget_config: Vec::new(),
            is_for_dotnet: false,
            kept: Vec::new(),
        }
    }

    fn with_config(self, entries: &[(&'static str, &'static str)]) -> Self {
        Self { nuget_config: entries.to_vec(), ..self }
    }

    fn for_dotnet(self) -> Self {
        Self { is_for_dotnet: true, ..self }
    }

    fn kept(mut self, programs: &[Program], reason: &'static str) -> Self {
        self.kept.extend(programs.iter().map(|program| (*program, reason)));
        self
    }
}

pub fn all() -> Vec<Case> {
    [order(), values(), exceptions(), configs()].concat()
}

/// Which variable counts.
fn order() -> Vec<Case> {
    let (a, b) = ("http://{A}", "http://{B}");
    vec![
        Case::of(&[]),
        Case::of(&[("https_proxy", a), ("HTTPS_PROXY", b)]).for_dotnet(),
        Case::of(&[("HTTPS_PROXY", a)]),
        Case::of(&[("HTTPS_PROXY", a), ("all_proxy", b)]),
        Case::of(&[("https_proxy", a), ("all_proxy", b), ("ALL_PROXY", b)]),
        Case::of(&[("all_proxy", a)]).kept(&[Botocore], UNREAD),
        Case::of(&[("ALL_PROXY", a)]).kept(&[Botocore], UNREAD),
        Case::of(&[("all_proxy", a), ("ALL_PROXY", b)]).kept(&[Botocore], UNREAD).for_dotnet(),
        Case::of(&[("http_proxy", a)]).kept(&[Curl, Botocore], NUGETS).for_dotnet(),
        Case::of(&[("HTTP_PROXY", a)]).for_dotnet(),
        Case::of(&[("http_proxy", a), ("https_proxy", b)])
            .kept(&[Dotnet], ITS_OWN_FIRST)
            .for_dotnet(),
        Case::of(&[("http_proxy", a), ("HTTPS_PROXY", b)]),
        Case::of(&[("http_proxy", a), ("ALL_PROXY", b)]).kept(&[Botocore], UNREAD),
        Case::of(&[("https_proxy", ""), ("HTTPS_PROXY", b)]).kept(&[Botocore], LOWER_IS_EMPTY),
        Case::of(&[("https_proxy", ""), ("HTTPS_PROXY", "")]),
        Case::of(&[("http_proxy", "{A}")]).for_dotnet(),
    ]
}

/// User names and passwords, and what stands around them.
fn values() -> Vec<Case> {
    let of = |value: &str| Case::of(&[("https_proxy", value)]);
    vec![
        of("http://u:p@{A}"),
        of("http://u:p@ss@{A}").kept(&[Curl], REFUSES).for_dotnet(),
        of("http://u:pa#ss@{A}").kept(&[Curl, Botocore], REFUSES).for_dotnet(),
        of("http://u:pa/ss@{A}").kept(&[Curl, Botocore], REFUSES).for_dotnet(),
        of("http://u:pa?ss@{A}").kept(&[Curl, Botocore], REFUSES).for_dotnet(),
        of(r"http://u:pa\ss@{A}").kept(&[Botocore], REFUSES).for_dotnet(),
        of("http://u:pa:ss@{A}").for_dotnet(),
        of("http://u:p@s/s@{A}").kept(&[Curl, Botocore], REFUSES),
        of("http://u:12/34@{A}").kept(&[Curl, Botocore], REFUSES),
        of("http://u:p%40ss%2F%3a@{A}").for_dotnet(),
        of("http://u:p%25@{A}"),
        of("http://u:100%@{A}"),
        of("http://u:p%zz@{A}"),
        of("http://u:a+b@{A}"),
        of("http://u:p q@{A}").kept(&[Curl], REFUSES),
        of("http://u:p;&=!$*()'\",<>{}|^`~@{A}"),
        of("http://u:p\u{e4}@{A}").kept(&[Botocore], REFUSES),
        of("http://u:p%E4@{A}").kept(&[Curl, Dotnet], DISPUTED).for_dotnet(),
        of("http://u%3Ax:p@{A}"),
        of(r"http://DOMAIN\u:p@{A}").kept(&[Botocore], REFUSES),
        of("http://u@{A}").kept(&[Botocore], NO_EMPTY),
        of("http://u:@{A}").kept(&[Botocore], NO_EMPTY),
        of("http://:p@{A}").kept(&[Botocore], NO_EMPTY),
        of("u:p@{A}"),
        of("{A}"),
        of("//u:p@{A}").kept(&[Curl], REFUSES),
        of("HTTP://u:p@{A}").kept(&[Botocore], REFUSES),
        of("http://u:p@{A}/"),
        of(" http://u:p@{A} ").kept(&[Curl, Botocore, Dotnet], REFUSES).for_dotnet(),
        of("http://u:p@{A}\r\n").kept(&[Curl, Botocore], REFUSES).for_dotnet(),
        of("http://["),
        of("ftp://{A}"),
        Case::of(&[("http_proxy", "http://u:p%40ss@{A}")])
            .kept(&[Curl, Botocore, Dotnet], DISPUTED)
            .for_dotnet(),
    ]
}

/// The hosts that the proxy is not for.
fn exceptions() -> Vec<Case> {
    let proxy = ("https_proxy", "http://u:p@{A}");
    let of = |list: &str| Case::of(&[proxy, ("no_proxy", list)]);
    vec![
        of("{HOST}"),
        of("API.Example.INVALID").for_dotnet(),
        of(".example.invalid"),
        of("example.invalid").kept(&[Dotnet], NUGET_EXCEPTS_MORE).for_dotnet(),
        of("other.example, .example.invalid "),
        of("other.example .example.invalid").kept(&[Botocore], EXCEPTS_MORE),
        of("..example.invalid").kept(&[Curl], EXCEPTS_MORE),
        of("example.invalid.").kept(&[Botocore], EXCEPTS_MORE),
        of("*").kept(&[Dotnet], NUGET_EXCEPTS_MORE).for_dotnet(),
        of("other.example,*"),
        of("*.example.invalid"),
        of("xample.invalid"),
        of("api"),
        of("{HOST}:443"),
        of("{HOST}:8443"),
        of("https://{HOST}"),
        of("other.example;.example.invalid"),
        of("10.0.0.0/8"),
        of(","),
        Case::of(&[proxy, ("no_proxy", "x"), ("NO_PROXY", "*")]),
        Case::of(&[proxy, ("no_proxy", ""), ("NO_PROXY", "*")]).kept(&[Curl], LOWER_IS_EMPTY),
        Case::of(&[proxy, ("NO_PROXY", ".example.invalid")]),
        Case::of(&[("http_proxy", "http://u:p@{A}"), ("no_proxy", "xample")]).for_dotnet(),
        Case::of(&[("http_proxy", "http://u:p@{A}"), ("no_proxy", "q, api")])
            .kept(&[Curl, Botocore], NUGETS),
    ]
}

/// The proxy of the user's NuGet.Config.
fn configs() -> Vec<Case> {
    let of = |entries: &[(&'static str, &'static str)]| Case::of(&[]).with_config(entries);
    vec![
        of(&[("http_proxy", "http://{A}")]).for_dotnet(),
        of(&[("HTTP_PROXY", "{A}")]).for_dotnet(),
        of(&[("https_proxy", "http://{A}")]).for_dotnet(),
        of(&[("http_proxy", "http://{A}"), ("no_proxy", "x,api.*.invalid")]).for_dotnet(),
        of(&[("http_proxy", "http://{A}"), ("no_proxy", "other.example")]).for_dotnet(),
        Case::of(&[("https_proxy", "http://{B}")])
            .with_config(&[("http_proxy", "http://{A}")])
            .kept(&[Dotnet], ITS_OWN_FIRST)
            .for_dotnet(),
    ]
}
