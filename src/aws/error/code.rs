//! The code of each failure.

use super::AwsError;
use crate::code::{Code, Coded};

impl Coded for AwsError {
    fn code(&self) -> Code {
        match self {
            Self::NoCredentials { .. } => Code::NoCredentials,
            Self::NoInstanceRole { .. } => Code::NoInstanceRole,
            Self::NoSuchProfile { .. }
            | Self::UnknownProfile { .. }
            | Self::NoSuchProfiles { .. } => Code::ProfileNotFound,
            Self::BrokenProfile { .. } => Code::InvalidProfile,
            Self::Files { .. } => Code::UnreadableAwsFiles,
            Self::HalfKey { .. } => Code::IncompleteKey,
            Self::NotUnicode { .. } => Code::InvalidAwsVariable,
            Self::NoRoleArn => Code::WebIdentityWithoutRole,
            Self::NeedsMfa { .. } => Code::MfaRequired,
            Self::SsoExpired { .. } => Code::SignInExpired,
            Self::SsoDeclined { .. } => Code::SignInNotCompleted,
            Self::SsoSignInFailed { .. } => Code::SignInFailed,
            Self::SsoNotKept { .. } | Self::SignInStays { .. } => Code::SignInNotSaved,
            Self::SsoRoleRefused { .. } => Code::SessionRoleRefused,
            Self::NotBySso { .. } => Code::NotIdentityCenter,
            Self::NoSuchSession { .. } => Code::SessionNotFound,
            Self::LoginExpired { .. } => Code::LoginExpired,
            Self::SourceFailed { .. } => Code::SourceFailed,
            Self::SourceHung { .. } => Code::SourceHung,
            Self::KeysRefused { reason, .. } => reason.code(),
            Self::Unsendable { .. } => Code::UnsendableCredentials,
            Self::OtherPartition { .. } => Code::OtherPartition,
            Self::ClockWrong { .. } => Code::ClockWrong,
            Self::NoRegion { .. } => Code::InvalidRegion,
            other => other.code_of_request(),
        }
    }

    fn fix(&self) -> Option<String> {
        self.help().1.sentence()
    }
}

impl AwsError {
    /// The codes of network failures and of AWS's responses.
    fn code_of_request(&self) -> Code {
        match self {
            Self::NameNotResolved { .. } => Code::NameNotResolved,
            Self::NotConnected { .. } => Code::NotConnected,
            Self::BrokenOff { .. } => Code::ConnectionBroken,
            Self::TimedOut { .. } => Code::TimedOut,
            Self::Tls { .. } | Self::SourceTls { .. } => Code::NotTrusted,
            Self::NotTls { .. } | Self::OldTls { .. } => Code::NoUsableTls,
            Self::CaBundle { .. } => Code::InvalidCaBundle,
            Self::Trust { .. } => Code::NoTrustStore,
            Self::NotAsExpected { .. } => Code::ServiceUnexpected,
            Self::Redirected { .. } => Code::Redirected,
            Self::Proxy { .. } => Code::ProxyNotConnected,
            Self::ProxyPassword { .. } => Code::ProxyPassword,
            Self::ProxySignIn { .. } => Code::ProxySignIn,
            Self::ProxyNotTls { .. } => Code::ProxyNotTls,
            Self::ProxySilent { .. } => Code::ProxySilent,
            Self::ProxyUrl { .. } | Self::ProxyScheme { .. } => Code::InvalidProxy,
            Self::ProxyCredentials { .. } | Self::ProxyEscape { .. } => Code::InvalidProxyPassword,
            Self::PlainHttp { .. } => Code::PlainHttp,
            Self::EndpointUrl { .. } => Code::InvalidEndpoint,
            Self::EndpointConflict { .. } => Code::EndpointConflict,
            Self::MayNotGetToken { .. } => Code::TokenDenied,
            Self::MayNotGetBearerToken { .. } => Code::BearerTokenDenied,
            Self::DomainNotFound(_) => Code::DomainNotFound,
            Self::Throttled { .. } => Code::Throttled,
            Self::Invalid { .. } => Code::InvalidRequest,
            Self::Refused { .. } => Code::AwsRefused,
            Self::Scarce { .. } => Code::SystemLimit,
            _ => Code::UnexpectedResponse,
        }
    }
}
