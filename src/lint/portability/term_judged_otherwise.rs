//! P002.

use crate::lint::declare::lint;
use crate::target::LossKind;

lint! {
    /// ## What it does
    /// Looks for searches of whole words that a language of `targets` cuts out of the text otherwise.
    ///
    /// ## Why it is bad
    /// A part of a word may be found, or a whole one missed.
    ///
    /// ## Example
    /// ```kql targets=splunk
    /// OfficeActivity
    /// | search "project-x"
    /// ```
    ///
    /// ## Use instead
    /// ```kql targets=splunk
    /// OfficeActivity
    /// | where UserId has "admin"
    /// ```
    "P002" "term-judged-otherwise" Warning, fix: None, since: "0.1.0",
    summary: "A target sees words begin and end elsewhere.",
    check: Losses(LossKind::Term)
}
