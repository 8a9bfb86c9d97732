//! Whether the plugin's own configuration can be used.

use super::context::Context;
use super::finding::Finding;
use crate::provider::ProviderError;

/// A broken one fails every ask, and lists no hosts of the user's own.
pub fn check(context: &Context<'_>) -> Vec<Finding> {
    let broken = context.provider.broken_settings().into_iter();
    let finding = |error: ProviderError| {
        Finding::failure("settings", error.to_string())
            .with_fix("nuget-plugin-codeartifact configure path")
    };
    broken.map(finding).collect()
}
