//! P016.

use crate::lint::declare::lint;
use crate::target::LossKind;

lint! {
    /// ## What it does
    /// Looks for sources of records other than tables of events: `print`, `range`, functions of the workspace.
    ///
    /// ## Why it is bad
    /// The rule is refused: there is no translation of it.
    ///
    /// ## Example
    /// ```kql targets=eql
    /// print Now = now()
    /// ```
    ///
    /// ## Use instead
    /// ```kql targets=eql
    /// SigninLogs
    /// | where ResultType == "50126"
    /// ```
    "P016" "source-without-a-counterpart" Warning, fix: None, since: "0.1.0",
    summary: "Where the records come from has no counterpart in a target.",
    check: Losses(LossKind::UnsupportedSource)
}
