//! What the terminal shows.

use crate::base::environment::Environment;

/// Terminals show colours without being asked.
pub(super) fn enable_colours() -> bool {
    true
}

/// Whether the locale is one of UTF-8.
pub(super) fn is_utf8(environment: &Environment) -> bool {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"];
    let locale = names.into_iter().find_map(|name| environment.get(name)).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}
