//! P005.

use crate::lint::declare::lint;
use crate::target::LossKind;

lint! {
    /// ## What it does
    /// Looks for aggregates such as `dcount` and `percentile` that a language of `targets` computes by another method.
    ///
    /// ## Why it is bad
    /// Near a threshold one side fires and the other does not.
    ///
    /// ## Example
    /// ```kql targets=sigma more
    /// SigninLogs
    /// | where TimeGenerated > ago(1h)
    /// | summarize Users = dcount(UserPrincipalName) by IPAddress
    /// | where Users > 10
    /// ```
    ///
    /// ## Use instead
    /// ```kql targets=sigma
    /// SigninLogs
    /// | where TimeGenerated > ago(1h)
    /// | where UserPrincipalName == "breakglass@contoso.com"
    /// ```
    "P005" "estimate-by-another-method" Warning, fix: None, since: "0.1.0",
    summary: "A target estimates a number by another method, or counts where KQL estimates.",
    check: Losses(LossKind::Sketch)
}
