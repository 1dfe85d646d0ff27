//! P001.

use crate::lint::declare::lint;
use crate::target::LossKind;

lint! {
    /// ## What it does
    /// Looks for comparisons in which a language of `targets` cannot treat upper and lower case as KQL does.
    ///
    /// ## Why it is bad
    /// A value in another case is found on one side alone: events are missed, or found that the rule does not mean.
    ///
    /// ## Example
    /// ```kql targets=sigma more
    /// SigninLogs
    /// | where HomeTenantId == ResourceTenantId
    /// ```
    ///
    /// ## Use instead
    /// ```kql targets=sigma
    /// SigninLogs
    /// | where UserPrincipalName == "breakglass@contoso.com"
    /// ```
    "P001" "case-judged-otherwise" Warning, fix: None, since: "0.1.0",
    summary: "A target tells upper and lower case apart otherwise than KQL.",
    check: Losses(LossKind::Case)
}
