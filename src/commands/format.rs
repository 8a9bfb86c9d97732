//! How commands say things to people.

pub use crate::base::shell::quoted;
pub use crate::base::time::in_words;
pub use crate::base::url::redacted as without_secrets;
