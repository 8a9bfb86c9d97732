//! What NuGet takes an element for, and the attributes that it may have. Pure.

use roxmltree::Node;

/// What NuGet makes of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Section,
    /// Saved credentials: the element has its source's name.
    Credentials,
    /// `packageSource` with its patterns.
    Mapping,
    /// `package` in it.
    Pattern,
    Add,
    Clear,
    Author,
    Repository,
    Certificate,
    Owners,
    FileCert,
    StoreCert,
    Unknown,
}

impl Kind {
    /// By the names of the element and its parent, without regard to case and namespace.
    pub fn of(element: Node<'_, '_>) -> Self {
        let parent = element.parent().map(|parent| parent.tag_name().name().to_ascii_lowercase());
        let name = element.tag_name().name().to_ascii_lowercase();
        match (parent.as_deref().unwrap_or_default(), &*name) {
            ("configuration", _) => Self::Section,
            ("packagesourcecredentials", _) => Self::Credentials,
            ("packagesourcemapping", "packagesource") => Self::Mapping,
            ("packagesource", "package") => Self::Pattern,
            (_, "add") => Self::Add,
            (_, "clear") => Self::Clear,
            (_, "author") => Self::Author,
            (_, "repository") => Self::Repository,
            (_, "certificate") => Self::Certificate,
            (_, "owners") => Self::Owners,
            (_, "filecert") => Self::FileCert,
            (_, "storecert") => Self::StoreCert,
            _ => Self::Unknown,
        }
    }

    /// Whether NuGet refuses elements in it.
    pub fn has_no_children(self) -> bool {
        matches!(
            self,
            Self::Pattern
                | Self::Add
                | Self::Clear
                | Self::Certificate
                | Self::FileCert
                | Self::StoreCert
        )
    }

    /// Whether NuGet copies such a child with it when it uses the section.
    pub fn copies(self, child: Self) -> bool {
        match self {
            Self::Mapping => child == Self::Pattern,
            Self::Author | Self::Repository => child == Self::Certificate,
            Self::Unknown => true,
            _ => false,
        }
    }

    /// The attributes that it must have, in this case and without a namespace.
    pub fn required(self) -> &'static [&'static str] {
        match self {
            Self::Add => &["key", "value"],
            Self::Mapping => &["key"],
            Self::Pattern => &["pattern"],
            Self::Author => &["name"],
            Self::Repository => &["name", "serviceIndex"],
            Self::Certificate => &["fingerprint", "hashAlgorithm", "allowUntrustedRoot"],
            Self::FileCert => &["packageSource", "path"],
            Self::StoreCert => &["packageSource", "findValue"],
            _ => &[],
        }
    }

    /// The only attributes that it may have; none if it may have any.
    pub fn allowed(self) -> Option<&'static [&'static str]> {
        match self {
            Self::FileCert => Some(&["packageSource", "path", "password", "clearTextPassword"]),
            Self::StoreCert => {
                Some(&["packageSource", "storeLocation", "storeName", "findBy", "findValue"])
            }
            _ => None,
        }
    }

    /// The attributes that have one of a few values, without regard to case and blanks around.
    pub fn allowed_values(self) -> &'static [(&'static str, &'static [&'static str])] {
        match self {
            Self::StoreCert => &[
                ("storeLocation", &["CurrentUser", "LocalMachine"]),
                (
                    "storeName",
                    &[
                        "AddressBook",
                        "AuthRoot",
                        "CertificateAuthority",
                        "Disallowed",
                        "My",
                        "Root",
                        "TrustedPeople",
                        "TrustedPublisher",
                    ],
                ),
                (
                    "findBy",
                    &[
                        "Thumbprint",
                        "SubjectName",
                        "SubjectDistinguishedName",
                        "IssuerName",
                        "IssuerDistinguishedName",
                        "SerialNumber",
                        "TimeValid",
                        "TimeNotYetValid",
                        "TimeExpired",
                        "TemplateName",
                        "ApplicationPolicy",
                        "CertificatePolicy",
                        "Extension",
                        "KeyUsage",
                        "SubjectKeyIdentifier",
                    ],
                ),
            ],
            _ => &[],
        }
    }

    /// The attributes that must have more than blanks.
    pub fn not_blank(self) -> &'static [&'static str] {
        match self {
            Self::Add => &["key"],
            Self::FileCert => &["path"],
            Self::StoreCert => &["findValue"],
            _ => &[],
        }
    }

    /// The attributes that must not be empty when NuGet uses the element. Blanks do.
    pub fn not_empty(self) -> &'static [&'static str] {
        match self {
            Self::Mapping => &["key"],
            Self::Author => &["name"],
            Self::Repository => &["name", "serviceIndex"],
            Self::Certificate => &["fingerprint"],
            Self::FileCert | Self::StoreCert => &["packageSource"],
            _ => &[],
        }
    }
}
