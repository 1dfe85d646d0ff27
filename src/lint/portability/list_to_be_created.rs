//! P011.

use crate::lint::declare::lint;
use crate::target::LossKind;

lint! {
    /// ## What it does
    /// Looks for comparisons with external lists and watchlists, which become lookups in a language of `targets`.
    ///
    /// ## Why it is bad
    /// Until somebody creates the list and keeps it up to date the rule finds nothing.
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
    "P011" "list-to-be-created" Warning, fix: None, since: "0.1.0",
    summary: "A list of reference data has to be created in a target.",
    check: Losses(LossKind::Lookup)
}
