//! P015.

use crate::lint::declare::lint;
use crate::target::LossKind;

lint! {
    /// ## What it does
    /// Looks for expressions that a language of `targets` cannot say.
    ///
    /// ## Why it is bad
    /// The rule is refused: there is no translation of it.
    ///
    /// ## Example
    /// ```kql targets=sigma
    /// let Known = SigninLogs
    ///     | where TimeGenerated < ago(1d)
    ///     | distinct UserAgent;
    /// SigninLogs
    /// | where UserAgent !in (Known)
    /// ```
    ///
    /// ## Use instead
    /// ```kql targets=sigma
    /// SigninLogs
    /// | where UserAgent !in ("curl/8.0", "Wget/1.21")
    /// ```
    "P015" "expression-without-a-counterpart" Warning, fix: None, since: "0.1.0",
    summary: "A target cannot say an expression.",
    check: Losses(LossKind::UnsupportedExpression)
}
