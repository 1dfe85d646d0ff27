//! P004.

use crate::lint::declare::lint;
use crate::target::LossKind;

lint! {
    /// ## What it does
    /// Looks for windows of time that a language of `targets` does not have: those that tumble where only sliding ones
    /// exist, or those that end before now.
    ///
    /// ## Why it is bad
    /// Counts are taken over other events, so that a threshold is reached earlier, later or never.
    ///
    /// ## Example
    /// ```kql targets=sigma
    /// SigninLogs
    /// | where TimeGenerated between (ago(14d) .. ago(7d))
    /// | where ResultType == "50126"
    /// ```
    ///
    /// ## Use instead
    /// ```kql targets=sigma
    /// SigninLogs
    /// | where TimeGenerated > ago(7d)
    /// | where ResultType == "50126"
    /// ```
    "P004" "window-of-another-kind" Warning, fix: None, since: "0.1.0",
    summary: "A target brings events together over another stretch of time.",
    check: Losses(LossKind::WindowKind)
}
