//! What the terminal can show.

use crate::base::environment::Environment;

/// Terminals show colours without being switched to it.
pub(super) fn enable_colours() -> bool {
    true
}

/// Whether the locale uses UTF-8.
pub(super) fn is_utf8(environment: &Environment) -> bool {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"];
    let locale = names.into_iter().find_map(|name| environment.get(name)).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}
