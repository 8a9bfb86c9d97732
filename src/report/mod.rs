//! A command's report: one serialisable value, printed as JSON for scripts or as text for people.

mod json;
mod output;
mod rows;

pub use output::{Output, ReportedError};
pub use rows::Rows;
