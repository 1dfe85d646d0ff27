//! P007.

use crate::lint::declare::lint;
use crate::target::LossKind;

lint! {
    /// ## What it does
    /// Looks for joins and lists in which a language of `targets` keeps no more than a number of rows.
    ///
    /// ## Why it is bad
    /// What lies beyond the limit is dropped in silence, so that the rule finds less the more there is to find.
    ///
    /// ## Example
    /// ```kql targets=splunk more
    /// let Bad = externaldata(Address: string)[@"https://example.com/bad.txt"] with (format="txt");
    /// SigninLogs
    /// | where IPAddress in (Bad)
    /// ```
    ///
    /// ## Use instead
    /// ```kql targets=splunk
    /// SigninLogs
    /// | where IPAddress in ("192.0.2.1", "192.0.2.2")
    /// ```
    "P007" "rows-beyond-a-limit" Warning, fix: None, since: "0.1.0",
    summary: "A target stops at a number of rows.",
    check: Losses(LossKind::RowCap)
}
