//! P006.

use crate::lint::declare::lint;
use crate::target::LossKind;

lint! {
    /// ## What it does
    /// Looks for tests whose answer for a missing or empty value differs in a language of `targets`.
    ///
    /// ## Why it is bad
    /// Events without the value are found on one side alone.
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
    "P006" "missing-value-treated-otherwise" Warning, fix: None, since: "0.1.0",
    summary: "A target treats missing values otherwise.",
    check: Losses(LossKind::Null)
}
