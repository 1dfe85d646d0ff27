//! P003.

use crate::lint::declare::lint;
use crate::target::LossKind;

lint! {
    /// ## What it does
    /// Looks for regular expressions that mean something else, or nothing certain, to the engine of a language of
    /// `targets`.
    ///
    /// ## Why it is bad
    /// The expression matches other values there, and nobody is told at run time.
    ///
    /// ## Example
    /// ```kql targets=sigma
    /// DeviceProcessEvents
    /// | where ProcessCommandLine matches regex @"(?i)update\.\d+"
    /// ```
    ///
    /// ## Use instead
    /// ```kql targets=sigma
    /// DeviceProcessEvents
    /// | where ProcessCommandLine contains "update."
    /// ```
    "P003" "regex-of-another-dialect" Warning, fix: None, since: "0.1.0",
    summary: "A target reads something in a regular expression in its own way.",
    check: Losses(LossKind::RegexDialect)
}
