//! What NuGet refuses in a NuGet.Config that is XML. Pure.
//!
//! The rules are those of NuGet.Client's `SettingFactory` and of the items that it makes, and were
//! tested with the real `dotnet`. NuGet applies them to every element, also of sections that it does
//! not use, by the names of an element and its parent in any case and namespace. Most count when it
//! reads a file ([`Findings::problems`]). Some count when it uses a section, for which it copies every
//! entry that no nearer file replaces or clears ([`LateEntry`]).
//!
//! Nothing of a value is quoted, since it may be a password.

use std::collections::HashSet;

use roxmltree::Node;

use super::attributes::{Attribute, attributes, value};
use super::kinds::Kind;
use super::markup::{self, Piece};
use super::positions::Positions;
use super::section::{Item, Section};
use super::source_names::decode_name;
use super::xml::is_named;
use crate::base::text::excerpt;

/// Deeper elements are refused without a look at them. NuGet itself ends when its stack does.
const DEEPEST: usize = 500;

/// The longest pattern of a package source mapping, which is that of a package's name.
const LONGEST_PATTERN: usize = 100;

/// The sections that every restore uses.
pub const USED: [&str; 9] = [
    "auditSources",
    "clientCertificates",
    "config",
    "disabledPackageSources",
    "fallbackPackageFolders",
    "packageSourceCredentials",
    "packageSourceMapping",
    "packageSources",
    "trustedSigners",
];

/// Something for which NuGet refuses the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub line: u32,
    pub column: u32,
    pub what: String,
    pub fix: &'static str,
}

/// What there is to say about a file.
#[derive(Debug, Default)]
pub struct Findings {
    /// Why NuGet refuses the file as soon as it reads it.
    pub problems: Vec<Problem>,
    /// The entries of the sections that a restore uses, by the section's name.
    pub late: Vec<(&'static str, Section<LateEntry>)>,
}

/// An entry that may make NuGet fail when it uses the section.
#[derive(Debug, Clone)]
pub struct LateEntry {
    /// Entries of two files with the same one are one entry, and the nearer one counts.
    pub identity: String,
    /// A value that no other entry of the section may have, and what is wrong if one has.
    pub unique: Option<(String, Problem)>,
    pub needs: Vec<Need>,
}

/// A value that must not be empty.
#[derive(Debug, Clone)]
pub struct Need {
    /// If the value is nothing but variables, their names. It is empty if all of them are.
    pub variables: Vec<String>,
    pub problem: Problem,
}

/// Applies the rules to a file's root element.
pub fn check(root: Node<'_, '_>, positions: &Positions<'_>) -> Findings {
    let mut rules = Rules { positions, findings: Findings::default() };
    rules.attributes(root, Kind::Section);
    let mut names = HashSet::new();
    let mut seen = HashSet::new();
    for section in root.children().filter(Node::is_element) {
        let name = section.tag_name().name();
        let entries = rules.section(section, 1);
        if !seen.insert(identity_in_parent(section)) {
            continue;
        }
        if !names.insert(name) {
            let what = format!("the section `{}` is there twice", excerpt(name));
            rules.refuse(section, what, "put everything into the first one");
        }
        if let Some(used) = USED.into_iter().find(|used| *used == name) {
            rules.findings.late.push((used, entries));
        }
    }
    rules.findings
}

/// Of two children with the same one, NuGet takes the first.
pub fn identity_in_parent(element: Node<'_, '_>) -> String {
    let kind = Kind::of(element);
    let name = element.tag_name().name();
    let name = if kind == Kind::Credentials { decode_name(name) } else { name.to_owned() };
    let values: String = attributes(element).iter().map(|attribute| attribute.value).collect();
    format!("{name}{values}").to_lowercase()
}

struct Rules<'a> {
    positions: &'a Positions<'a>,
    findings: Findings,
}

impl Rules<'_> {
    fn problem(&self, element: Node<'_, '_>, what: String, fix: &'static str) -> Problem {
        let (line, column) = self.positions.at(element.range().start);
        Problem { line, column, what, fix }
    }

    fn refuse(&mut self, element: Node<'_, '_>, what: String, fix: &'static str) {
        let problem = self.problem(element, what, fix);
        self.findings.problems.push(problem);
    }

    /// Checks a section. Returns the entries that NuGet keeps of it.
    fn section(&mut self, section: Node<'_, '_>, depth: usize) -> Section<LateEntry> {
        self.attributes(section, Kind::Section);
        let is_mapping = is_named(section, "packageSourceMapping");
        let is_fallback = section.tag_name().name() == "fallbackPackageFolders";
        let mut seen = HashSet::new();
        let mut items = Vec::new();
        for child in section.children().filter(Node::is_element) {
            let mut entry = self.item(child, depth + 1);
            if !seen.insert(identity_in_parent(child)) {
                if is_mapping {
                    let what = "`packageSourceMapping` has two equal entries (NuGet ignores case)";
                    self.refuse(child, what.to_owned(), "put their patterns into one");
                }
                continue;
            }
            match Kind::of(child) {
                Kind::Clear => {
                    items.clear();
                    items.push(Item::Clear);
                }
                // NuGet does not take a section as an entry.
                Kind::Section => {}
                Kind::Add if is_fallback => {
                    let what = "a fallback folder is empty";
                    entry.needs.extend(self.need(child, value(child, "value"), what));
                    items.push(Item::Entry(entry));
                }
                _ => items.push(Item::Entry(entry)),
            }
        }
        Section { is_there: true, items }
    }

    /// Checks an element in a section, and everything in it.
    fn item(&mut self, element: Node<'_, '_>, depth: usize) -> LateEntry {
        let kind = Kind::of(element);
        let mut entry = LateEntry {
            identity: identity(element, kind),
            unique: self.unique(element, kind),
            needs: Vec::new(),
        };
        if depth > DEEPEST {
            self.refuse(element, "elements are nested too deeply".to_owned(), "remove some");
            return entry;
        }
        if kind == Kind::Section {
            let section = self.section(element, depth);
            entry.needs = section.items.into_iter().flat_map(needs_of_item).collect();
            return entry;
        }
        self.attributes(element, kind);
        let children: Vec<_> = element.children().filter(Node::is_element).collect();
        if kind.has_no_children() {
            if let Some(child) = children.first() {
                let what = format!("`{}` has an element in it", shown(element));
                self.refuse(*child, what, "move it out, or remove it");
            }
        } else {
            for child in &children {
                let of_child = self.item(*child, depth + 1);
                let is_copied = kind.copies(Kind::of(*child));
                entry.needs.extend(of_child.needs.into_iter().filter(|_| is_copied));
            }
        }
        self.own_needs(element, kind, &mut entry.needs);
        self.content(element, kind, &children);
        entry
    }

    /// The rules for attributes.
    fn attributes(&mut self, element: Node<'_, '_>, kind: Kind) {
        let attributes = attributes(element);
        let mut names = HashSet::new();
        for Attribute { local_name, .. } in &attributes {
            let name = excerpt(local_name);
            if !names.insert(local_name.to_lowercase()) {
                let what = format!("`{}` has the attribute `{name}` twice", shown(element));
                self.refuse(element, what, "keep one; NuGet ignores its case and its prefix");
            }
            if kind.allowed().is_some_and(|allowed| !allowed.contains(local_name)) {
                let what = format!("`{}` must not have `{name}`", shown(element));
                self.refuse(element, what, "remove it, or correct its case");
            }
        }
        for required in kind.required() {
            if value(element, required).is_none() {
                let what = format!("`{}` lacks `{required}`", shown(element));
                self.refuse(element, what, "add it in this case, or remove the element");
            }
        }
        for (name, allowed) in kind.allowed_values() {
            let value = value(element, name).map(str::trim);
            if value.is_some_and(|value| !allowed.iter().any(|it| it.eq_ignore_ascii_case(value))) {
                let allowed = allowed.join(", ");
                let what = format!("`{name}` of `{}` is none of {allowed}", shown(element));
                self.refuse(element, what, "correct it");
            }
        }
        for name in kind.not_blank() {
            if value(element, name).is_some_and(|value| value.trim().is_empty()) {
                let what = format!("`{name}` of `{}` is empty", shown(element));
                self.refuse(element, what, "give it a value, or remove the element");
            }
        }
    }

    /// The rules for what is in an element, and between its attributes.
    fn content(&mut self, element: Node<'_, '_>, kind: Kind, children: &[Node<'_, '_>]) {
        let count = |wanted| children.iter().filter(|child| Kind::of(**child) == wanted).count();
        let is_set = |name| value(element, name).is_some_and(|it| !it.trim().is_empty());
        let (what, fix) = match kind {
            Kind::Mapping if count(Kind::Pattern) == 0 => {
                let name = excerpt(value(element, "key").unwrap_or_default());
                (format!("the mapping of `{name}` has no `package`"), "add one with a `pattern`")
            }
            Kind::Author | Kind::Repository if count(Kind::Certificate) == 0 => {
                (format!("`{}` has no `certificate`", shown(element)), "add one")
            }
            Kind::Repository if count(Kind::Owners) > 1 => {
                ("`repository` has two `owners`".to_owned(), "put all names into one")
            }
            Kind::Certificate
                if value(element, "hashAlgorithm").is_some_and(|it| !is_hash_algorithm(it)) =>
            {
                let what = "`hashAlgorithm` of `certificate` is none that NuGet knows";
                (what.to_owned(), "make it SHA256, SHA384 or SHA512")
            }
            Kind::Owners if !has_one_text(element, children) => {
                let what = "`owners` has more or less than one text in it";
                (what.to_owned(), "write the names with semicolons between, and nothing else")
            }
            Kind::FileCert if is_set("password") && is_set("clearTextPassword") => {
                let what = "`fileCert` has both `password` and `clearTextPassword`";
                (what.to_owned(), "remove one")
            }
            Kind::Credentials => return self.credentials(element, children),
            _ => return,
        };
        self.refuse(element, what, fix);
    }

    /// Saved credentials have one user name and one password. In their section, NuGet treats a
    /// `clear` as credentials as well.
    fn credentials(&mut self, element: Node<'_, '_>, children: &[Node<'_, '_>]) {
        let name = excerpt(&decode_name(element.tag_name().name()));
        for (keys, is_needed) in [
            (&["Username"][..], true),
            (&["ClearTextPassword", "Password"], true),
            (&["ValidAuthenticationTypes"], false),
        ] {
            let found: Vec<_> = children.iter().filter(|child| has_key(**child, keys)).collect();
            if let Some(second) = found.get(1) {
                let keys = keys.join("` or `");
                let what = format!("the credentials of `{name}` have `{keys}` twice");
                self.refuse(**second, what, "keep one");
            } else if found.is_empty() && is_needed {
                let what = format!("the credentials of `{name}` have no `{}`", keys[0]);
                self.refuse(element, what, "add it, or remove the element");
            }
        }
    }

    /// What must not be empty when NuGet uses the entry.
    fn own_needs(&self, element: Node<'_, '_>, kind: Kind, needs: &mut Vec<Need>) {
        for name in kind.not_empty() {
            let what = format!("`{name}` of `{}` is empty", shown(element));
            needs.extend(self.literal(element, value(element, name) == Some(""), &what));
        }
        match kind {
            Kind::Credentials => {
                let children = || element.children().filter(Node::is_element);
                let user_name = children().find(|child| has_key(*child, &["Username"]));
                let keys = &["ClearTextPassword", "Password"];
                let password = children().find(|child| has_key(*child, keys));
                for (add, what) in [(user_name, "the user name"), (password, "the password")] {
                    let Some(add) = add else { continue };
                    let what = format!("{what} of saved credentials is empty");
                    needs.extend(self.need(add, value(add, "value"), &what));
                }
            }
            Kind::Pattern => {
                let pattern = value(element, "pattern").unwrap_or_default();
                let length = pattern.encode_utf16().count();
                let is_odd = pattern.trim().is_empty() || length > LONGEST_PATTERN;
                let what = "`pattern` of `package` is empty or longer than 100 characters";
                needs.extend(self.literal(element, is_odd, what));
            }
            Kind::FileCert if !cfg!(windows) => {
                let is_encrypted = value(element, "password").is_some()
                    && value(element, "clearTextPassword").is_none();
                let what = "`fileCert` has a `password`, which only Windows can decrypt, and no \
                            `clearTextPassword`";
                needs.extend(self.literal(element, is_encrypted, what));
            }
            _ => {}
        }
    }

    /// A need that is not met, whatever the variables are.
    fn literal(&self, element: Node<'_, '_>, is_missing: bool, what: &str) -> Option<Need> {
        is_missing.then(|| self.need(element, Some(""), what)).flatten()
    }

    /// The need of a value in which NuGet expands variables; none if it cannot become empty.
    fn need(&self, element: Node<'_, '_>, value: Option<&str>, what: &str) -> Option<Need> {
        let variables = only_variables(value?)?;
        let fix = "give it a value, or remove the element";
        Some(Need { variables, problem: self.problem(element, what.to_owned(), fix) })
    }

    fn unique(&self, element: Node<'_, '_>, kind: Kind) -> Option<(String, Problem)> {
        let (value, what) = match kind {
            Kind::FileCert | Kind::StoreCert => (
                value(element, "packageSource")?.to_lowercase(),
                "a source has two client certificates (NuGet ignores case)",
            ),
            Kind::Mapping => (value(element, "key")?.to_owned(), "a source has two mappings"),
            _ => return None,
        };
        Some((value, self.problem(element, what.to_owned(), "keep one")))
    }
}

/// Whether this is an `add` with one of these keys.
fn has_key(element: Node<'_, '_>, keys: &[&str]) -> bool {
    let key = value(element, "key").unwrap_or_default();
    Kind::of(element) == Kind::Add && keys.iter().any(|it| it.eq_ignore_ascii_case(key))
}

fn needs_of_item(item: Item<LateEntry>) -> Vec<Need> {
    match item {
        Item::Clear => Vec::new(),
        Item::Entry(entry) => entry.needs,
    }
}

/// What tells an entry of a section apart, as NuGet compares entries of two files.
fn identity(element: Node<'_, '_>, kind: Kind) -> String {
    let name = element.tag_name().name();
    let of = |attribute: &str| value(element, attribute).unwrap_or_default().to_owned();
    let value = match kind {
        Kind::Credentials => decode_name(name),
        Kind::Add => of("key"),
        Kind::Mapping => of("key").to_lowercase(),
        Kind::Pattern => of("pattern").to_lowercase(),
        Kind::Author => of("name"),
        Kind::Repository => of("serviceIndex"),
        Kind::Certificate => of("fingerprint"),
        Kind::FileCert | Kind::StoreCert => of("packageSource"),
        Kind::Clear | Kind::Owners | Kind::Section | Kind::Unknown => name.to_owned(),
    };
    format!("{kind:?} {value}")
}

/// Whether all texts of the element, apart from blank ones, are equal, and nothing else is in it. For
/// .NET, a comment ends a text, a CDATA section is one of its own, and an instruction is nothing.
/// References are what they stand for: `&#32;` is blank.
fn has_one_text(element: Node<'_, '_>, children: &[Node<'_, '_>]) -> bool {
    let text = element.document().input_text();
    let mut texts = vec![String::new()];
    for (piece, range) in markup::pieces(text, element.range()) {
        match piece {
            Piece::Text => {
                if let Some(last) = texts.last_mut() {
                    last.push_str(&resolved(&text[range]));
                }
            }
            Piece::CData => {
                texts.extend([resolved(&text[range]), String::new()]);
            }
            Piece::Tag | Piece::Comment => texts.push(String::new()),
            Piece::Instruction => {}
        }
    }
    let texts: HashSet<_> = texts.iter().map(|it| it.trim()).filter(|it| !it.is_empty()).collect();
    children.is_empty() && texts.len() == 1
}

/// A text or a CDATA section of a file that was parsed, as the parser reads it.
fn resolved(piece: &str) -> String {
    let element = format!("<text>{piece}</text>");
    let xml = roxmltree::Document::parse(&element);
    xml.ok().and_then(|xml| xml.root_element().text().map(str::to_owned)).unwrap_or_default()
}

/// Whether .NET reads this as a value of NuGet's enum: names with commas between, in any case, or any
/// number but that of `Unknown`.
fn is_hash_algorithm(value: &str) -> bool {
    let value = value.trim();
    if value.starts_with(|it: char| it.is_ascii_digit() || matches!(it, '+' | '-')) {
        return value.parse::<i32>().is_ok_and(|number| number != 0);
    }
    let names = ["SHA1", "SHA256", "SHA384", "SHA512"];
    let is_one = |part: &str| names.iter().any(|name| name.eq_ignore_ascii_case(part.trim()));
    let is_unknown = |part: &str| part.trim().eq_ignore_ascii_case("Unknown");
    value.split(',').all(|part| is_one(part) || is_unknown(part)) && value.split(',').any(is_one)
}

/// The names of the variables that a value consists of; none if anything else is in it.
fn only_variables(value: &str) -> Option<Vec<String>> {
    let (mut names, mut rest) = (Vec::new(), value);
    while !rest.is_empty() {
        let (name, behind) = rest.strip_prefix('%')?.split_once('%')?;
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        names.push(Some(name).filter(|name| is_name && !name.is_empty())?.to_owned());
        rest = behind;
    }
    Some(names)
}

fn shown(element: Node<'_, '_>) -> String {
    excerpt(element.tag_name().name())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(inner: &str) -> Findings {
        let text = format!("<configuration>\n{inner}</configuration>");
        let xml = roxmltree::Document::parse(&text).unwrap();
        check(xml.root_element(), &Positions::of(&text))
    }

    const CERTIFICATE: &str =
        "<certificate fingerprint='AB' hashAlgorithm='sha256' allowUntrustedRoot='no'/>";

    #[test]
    fn what_nuget_refuses_has_its_place() {
        for (inner, column, what) in [
            ("<config><add key='k'/></config>", 9, "`add` lacks `value`"),
            ("<x><y><ADD value=''/></y></x>", 7, "`ADD` lacks `key`"),
            ("<config><add key=' ' value='v'/></config>", 9, "`key` of `add` is empty"),
            ("<x><add Key='a' key='b' value='v'/></x>", 4, "`add` has the attribute `key` twice"),
            ("<x><clear><y/></clear></x>", 11, "`clear` has an element in it"),
            ("<a/><a b=''/><a c='x'/>", 14, "the section `a` is there twice"),
            ("<t><author name='a'/></t>", 4, "`author` has no `certificate`"),
            ("<t><owners> </owners></t>", 4, "`owners` has more or less than one text in it"),
            ("<t><owners>&#32;</owners></t>", 4, "`owners` has more or less than one text in it"),
            (
                "<t><storeCert packageSource='a' findValue='b' storeName='c'/></t>",
                4,
                "`storeName` of",
            ),
            (
                "<t><fileCert packageSource='a' path='b' x=''/></t>",
                4,
                "`fileCert` must not have `x`",
            ),
            (
                "<packageSourceMapping><packageSource key='A'><package pattern='*'/></packageSource>\
                 <packageSource key='a'><package pattern='*'/></packageSource></packageSourceMapping>",
                84,
                "`packageSourceMapping` has two equal entries (NuGet ignores case)",
            ),
        ] {
            let problems = found(inner).problems;
            let [problem] = problems.as_slice() else { panic!("{inner}: {problems:?}") };
            assert!(problem.what.starts_with(what), "{problem:?}");
            assert_eq!((problem.line, problem.column), (2, column), "{inner}");
        }
    }

    #[test]
    fn what_nuget_accepts_is_no_problem() {
        let signer = format!("<author name='x'>text{CERTIFICATE}</author>");
        for inner in [
            "<config><clear x='1'/><add key='k' value='' Value2=''/>text</config>",
            "<add key='a'/><author/><clear><x/></clear>",
            "<a/><A b=''/><a/>",
            "<t><repository/></t>".replace("repository", "unknown").as_str(),
            &format!("<trustedSigners>{signer}</trustedSigners>"),
            "<t><storeCert packageSource='a' findValue='b' storeName=' my '/></t>",
            "<t><owners>&#32;a\r\nb&amp;<!-- -->a\nb&#38;<![CDATA[a\r\nb&]]></owners></t>",
            "<packageSourceCredentials><a><add key='USERNAME' value='u'/><add key='password' \
             value='p'/><clear/><x/></a></packageSourceCredentials>",
        ] {
            assert_eq!(found(inner).problems, [], "{inner}");
        }
    }

    #[test]
    fn no_value_is_quoted() {
        let credentials = "<packageSourceCredentials><a><add key='Username' value='hunter2'/><add \
                           key='Username' value='hunter2'/><add key='Password' hunter2=''/></a>\
                           </packageSourceCredentials>";
        let problems = found(credentials).problems;
        assert_eq!(problems.len(), 2);
        assert!(!format!("{problems:?}").contains("hunter2"));
    }

    #[test]
    fn hash_algorithms_are_names_or_numbers() {
        for value in ["SHA256", " sha512 ", "1", "+2", "99", "SHA1,unknown"] {
            assert!(is_hash_algorithm(value), "{value}");
        }
        for value in ["", "MD5", "SHA-256", "0", "unknown", "1x", "SHA256,"] {
            assert!(!is_hash_algorithm(value), "{value}");
        }
    }

    #[test]
    fn a_deep_element_ends_the_search() {
        let (open, close) = ("<a>".repeat(3000), "</a>".repeat(3000));
        let problems = found(&format!("{open}{close}")).problems;
        assert_eq!(problems[0].what, "elements are nested too deeply");
    }
}
