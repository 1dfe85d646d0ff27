//! P008.

use crate::lint::declare::lint;
use crate::target::LossKind;

lint! {
    /// ## What it does
    /// Looks for lists and first or last records whose order a language of `targets` does not keep.
    ///
    /// ## Why it is bad
    /// Another record comes first there, and what is read from it is another value.
    ///
    /// ## Example
    /// ```kql targets=esql
    /// SigninLogs
    /// | summarize Places = make_list(Location) by UserPrincipalName
    /// | where tostring(Places[0]) == "DE"
    /// ```
    ///
    /// ## Use instead
    /// ```kql targets=esql
    /// SigninLogs
    /// | where Location == "DE"
    /// ```
    "P008" "order-that-is-lost" Warning, fix: None, since: "0.1.0",
    summary: "A target has its records in another order, where the order counts.",
    check: Losses(LossKind::Order)
}
