//! P012.

use crate::lint::declare::lint;
use crate::target::LossKind;

lint! {
    /// ## What it does
    /// Looks for operators that a language of `targets` cannot say.
    ///
    /// ## Why it is bad
    /// The rule is refused: there is no translation of it.
    ///
    /// ## Example
    /// ```kql targets=splunk
    /// SigninLogs
    /// | evaluate pivot(ResultType)
    /// ```
    ///
    /// ## Use instead
    /// ```kql targets=splunk
    /// SigninLogs
    /// | summarize Count = count() by ResultType
    /// ```
    "P012" "operator-without-a-counterpart" Warning, fix: None, since: "0.1.0",
    summary: "A target cannot say an operator.",
    check: Losses(LossKind::UnsupportedOperator)
}
