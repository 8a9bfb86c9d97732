//! The codes of messages: one list, which `docs/messages.md` explains.
//!
//! A code is for a kind of failure, that is, for everything that a reader needs the same entry of the
//! page for. Its first digit is the area:
//!
//! - 1: settings, configuration files, policy
//! - 2: AWS credentials and sign-in
//! - 3: network, proxy, TLS, API endpoints
//! - 4: NuGet.Config: sources and saved passwords
//! - 5: responses of AWS or of the repository
//! - 6: installation, `dotnet`, plugins folders, PATH
//! - 7: the token cache
//! - 8: commands: arguments, output, files
//! - 9: defects of this program
//!
//! A code never changes its meaning and is never used again: scripts and search engines know it.

use std::error::Error;
use std::fmt;
use std::io;

use crate::base::panic::Panicked;
use crate::base::system;

/// The page that explains the codes, in the plugin's repository and in its releases.
pub const MESSAGES_PAGE: &str = "docs/messages.md";

/// The enum with its numbers and titles, from one list.
macro_rules! codes {
    ($($name:ident = $number:literal, $title:literal;)+) => {
        /// The code of a message.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum Code {
            $(#[doc = $title] $name = $number,)+
        }

        impl Code {
            /// Every code, in the order of the numbers.
            pub const ALL: &[Self] = &[$(Self::$name),+];
        }
    };
}

codes! {
    InvalidVariable = 101, "Invalid environment variable";
    InvalidConfiguration = 102, "Invalid configuration file";
    UnreadableConfiguration = 103, "Configuration file cannot be read";
    UntrustedMachineFile = 104, "Machine-wide configuration file is not trusted";
    AccountNotAllowed = 105, "AWS account not allowed by policy";
    UnknownKey = 106, "Unknown configuration key";
    InvalidValue = 107, "Invalid configuration value";
    NothingToChange = 108, "No such value, rule or host in the configuration file";
    HostExists = 109, "Host already in the configuration file";
    ConfigurationNotChanged = 110, "Configuration file cannot be changed";
    NoConfigurationFolder = 111, "No folder for the configuration file";
    EmptyRule = 112, "Empty rule";
    SecretOnCommandLine = 113, "Secret on the command line";
    NothingToImport = 114, "Nothing to import";
    InvalidAwsProviderFile = 115, "Configuration of AWS's provider cannot be used";
    HostNotAllowed = 116, "Own host gets no tokens";
    LogNotWritten = 117, "Log file cannot be written";

    NoCredentials = 201, "No AWS credentials found";
    NoInstanceRole = 202, "No credentials from the instance metadata";
    ProfileNotFound = 203, "Profile not found";
    InvalidProfile = 204, "Profile cannot be used";
    UnreadableAwsFiles = 205, "Shared config or credentials file cannot be used";
    IncompleteKey = 206, "Incomplete access key in the environment";
    InvalidAwsVariable = 207, "AWS variable cannot be used";
    WebIdentityWithoutRole = 208, "Web identity without a role";
    MfaRequired = 209, "MFA code required";
    SignInExpired = 210, "IAM Identity Center session has expired";
    SignInNotCompleted = 211, "Sign-in not completed";
    SignInFailed = 212, "Sign-in failed";
    SignInNotSaved = 213, "Sign-in cannot be saved or removed";
    SessionRoleRefused = 214, "IAM Identity Center refused the role";
    NotIdentityCenter = 215, "Profile does not use IAM Identity Center";
    SessionNotFound = 216, "SSO session not found";
    LoginExpired = 217, "Session of aws login has expired";
    SourceFailed = 220, "Credentials source failed";
    SourceHung = 221, "Credentials source did not respond";
    CredentialsExpired = 222, "AWS credentials have expired";
    CredentialsUnknown = 223, "AWS does not know the access key";
    CredentialsWrong = 224, "AWS rejected the signature";
    UnsendableCredentials = 225, "Credentials contain invalid characters";
    OtherPartition = 226, "Credentials of another AWS partition";
    ClockWrong = 227, "Clock is wrong";
    InvalidRegion = 228, "Invalid AWS region";
    ProvidedToken = 240, "Provided token cannot be used";

    NameNotResolved = 301, "Host name cannot be resolved";
    NotConnected = 302, "No connection";
    ConnectionBroken = 303, "Connection closed early";
    TimedOut = 304, "No response";
    NotTrusted = 305, "TLS certificate not trusted";
    NoUsableTls = 306, "No usable TLS";
    InvalidCaBundle = 307, "CA bundle cannot be used";
    NoTrustStore = 308, "No trusted certificates on this machine";
    TimeLimit = 309, "No token within the time limit";
    UnexpectedResponse = 310, "Unexpected response";
    ServiceUnexpected = 311, "Unexpected response of a sign-in or role service";
    Redirected = 312, "Redirected to another host";
    ProxyNotConnected = 320, "Proxy does not connect";
    ProxyPassword = 321, "Proxy rejects user name or password";
    ProxySignIn = 322, "Sign-in method of the proxy is not supported";
    ProxyNotTls = 323, "Proxy does not speak TLS";
    ProxySilent = 324, "Proxy did not respond";
    InvalidProxy = 325, "Invalid proxy setting";
    InvalidProxyPassword = 326, "User name or password of the proxy cannot be sent";
    PlainHttp = 330, "API endpoint without TLS";
    InvalidEndpoint = 331, "Invalid API endpoint";
    EndpointConflict = 332, "Conflicting API endpoint settings";

    SavedPassword = 401, "Saved password in NuGet.Config";
    UnreadableNuGetConfig = 402, "NuGet.Config cannot be read";
    InvalidNuGetConfig = 403, "Invalid NuGet.Config";
    NuGetConfigNotChanged = 404, "NuGet.Config cannot be changed";
    NuGetConfigEncoding = 405, "Encoding of NuGet.Config";
    NoNuGetConfig = 406, "No NuGet.Config";
    NotCodeArtifact = 407, "Not a CodeArtifact source";
    IncompleteUrl = 408, "Incomplete or wrong source URL";
    SourceNameTaken = 409, "Source name already in use";
    SourceNotFound = 411, "Source not found";
    NoCodeArtifactSource = 412, "No CodeArtifact source";
    AmbiguousSource = 413, "Source name cannot be used";
    SourcesUnusable = 414, "Sources cannot be used";
    NoBackup = 415, "No backup of NuGet.Config";
    PlainHttpSource = 419, "Source without TLS";
    SourceDisabled = 420, "Source is disabled";
    SourceNotMapped = 421, "Source without package source mapping";
    SharedHost = 422, "Two domains or identities on one host";
    SourcesOfProject = 423, "Sources in a project file";
    UnreadNuGetConfig = 424, "NuGet does not read this file";

    TokenDenied = 501, "Not allowed: codeartifact:GetAuthorizationToken";
    BearerTokenDenied = 502, "Not allowed: sts:GetServiceBearerToken";
    DomainNotFound = 503, "Domain not found";
    Throttled = 504, "Throttled by AWS";
    InvalidRequest = 505, "AWS rejected the request's parameters";
    AwsRefused = 506, "AWS refused the request";
    RepositoryRefused = 507, "Repository refused the token";
    EndpointDenied = 508, "Not allowed: codeartifact:GetRepositoryEndpoint";
    RepositoryNotFound = 509, "Repository not found";
    OtherRepository = 510, "AWS returned another repository's URL";
    ProvidedTokenRefused = 511, "Repository refused the provided token";

    NoHome = 601, "No home folder";
    InvalidPluginsFolder = 602, "Plugins folder cannot be used";
    NoLauncher = 603, "No launcher in this build";
    NotInstalled = 604, "Files cannot be installed or removed";
    ForeignLink = 605, "Link to another user's files";
    InvalidInstallation = 606, "Invalid list of installed files";
    PluginBroken = 607, "Installed plugin does not work";
    OtherOwner = 608, "Folder of another user";
    SystemLimit = 609, "Limit of the system reached";
    FilesStuck = 610, "Drive does not respond";
    NoDotnet = 611, "No .NET SDK found";
    NoSdk = 612, "The .NET SDK cannot be used here";
    PluginMissing = 614, "Plugin is not installed completely";
    OtherVersion = 615, "Other version of the plugin";
    PluginStartedTwice = 616, "Plugin is there twice";
    BrokenLink = 617, "Broken link on PATH";
    UnusableOnPath = 618, "NuGet ignores the plugin on PATH";
    PluginPathsVariable = 619, "Plugin paths in a variable";
    OtherPlugin = 620, "Another credential provider";
    PluginCacheEntry = 621, "Damaged entry in NuGet's plugin cache";
    NuGetVariable = 622, "Variable of NuGet or .NET";
    RunWithSudo = 623, "Run with sudo";
    WritableByOthers = 624, "Everybody can change what NuGet starts";
    UnsignedPlugin = 625, "NuGet refuses the plugin's signature";

    CacheNotWritable = 701, "Token cache cannot be written";
    CacheNotRemovable = 702, "Cached token cannot be deleted";
    ImplausibleToken = 703, "Implausible lifetime of a token";

    WrongUsage = 801, "Wrong usage";
    OutputFailed = 802, "Result cannot be written";
    InvalidOption = 803, "Invalid option value";
    NoWorkingFolder = 804, "Working folder is gone";
    FileNotWritten = 805, "File cannot be written";
    Unquotable = 806, "Token cannot be quoted";
    CommandNotFound = 807, "Command not found";
    CommandNotStarted = 808, "Command cannot be started";

    Defect = 901, "Defect of the plugin";
}

impl Code {
    /// The code with this number.
    pub fn of_number(number: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.number() == number)
    }

    pub fn number(self) -> u16 {
        self as u16
    }
}

/// `CNP` is for CodeArtifact NuGet plugin; NuGet's own codes begin with `NU`.
impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CNP{}", self.number())
    }
}

/// A failure that reaches a person. Its text says what failed and the cause.
pub trait Coded: Error {
    fn code(&self) -> Code;

    /// What fixes it, if the text does not end with that. It is a sentence; if a command fixes it,
    /// the sentence ends with the command, as it can be pasted.
    fn fix(&self) -> Option<String> {
        None
    }

    /// What failed, the cause and the fix.
    fn text(&self) -> String {
        match self.fix() {
            Some(fix) => format!("{self} {fix}"),
            None => self.to_string(),
        }
    }

    /// The whole message: the code and the text.
    fn message(&self) -> String {
        format!("[{}] {}", self.code(), self.text())
    }
}

/// Without more knowledge it is a result that cannot be written.
impl Coded for io::Error {
    fn code(&self) -> Code {
        if system::scarcity(self).is_some() { Code::SystemLimit } else { Code::OutputFailed }
    }
}

impl Coded for Panicked {
    fn code(&self) -> Code {
        Code::Defect
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_increase_and_lead_back_to_their_codes() {
        assert!(Code::ALL.is_sorted_by(|left, right| left.number() < right.number()));
        for &code in Code::ALL {
            assert_eq!(Code::of_number(code.number()), Some(code));
            assert!((101..=999).contains(&code.number()), "{code}");
        }
        assert_eq!(Code::of_number(200), None);
        assert_eq!(Code::NoCredentials.to_string(), "CNP201");
    }

    #[derive(Debug)]
    struct Fixable;
    impl fmt::Display for Fixable {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("It failed.")
        }
    }
    impl Error for Fixable {}
    impl Coded for Fixable {
        fn code(&self) -> Code {
            Code::NoHome
        }

        fn fix(&self) -> Option<String> {
            Some("Set it: export HOME=/home/u".to_owned())
        }
    }

    #[test]
    fn a_message_has_the_code_first_and_the_fix_last() {
        assert!(Panicked.message().starts_with("[CNP901] "));
        assert_eq!(Fixable.message(), "[CNP601] It failed. Set it: export HOME=/home/u");
    }
}
