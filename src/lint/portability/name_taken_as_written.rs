//! P010.

use crate::lint::declare::lint;
use crate::target::LossKind;

lint! {
    /// ## What it does
    /// Looks for tables, columns and functions of the workspace that end up in a language of `targets` under the same
    /// name.
    ///
    /// ## Why it is bad
    /// The other system has to have the same table, field or macro, or the rule finds nothing.
    ///
    /// ## Example
    /// ```kql targets=splunk more
    /// OurLogs_CL
    /// | where State_s == "failed"
    /// ```
    ///
    /// ## Use instead
    /// ```kql targets=splunk
    /// SigninLogs
    /// | where ResultType == "50126"
    /// ```
    "P010" "name-taken-as-written" Warning, fix: None, since: "0.1.0",
    summary: "A name that nothing knows is carried over as it stands.",
    check: Losses(LossKind::UnresolvedName)
}
