//! P013.

use crate::lint::declare::lint;
use crate::target::LossKind;

lint! {
    /// ## What it does
    /// Looks for scalar functions that a language of `targets` cannot say.
    ///
    /// ## Why it is bad
    /// The rule is refused: there is no translation of it.
    ///
    /// ## Example
    /// ```kql targets=splunk
    /// SigninLogs
    /// | where parse_user_agent(UserAgent, "browser").Browser.Family == "IE"
    /// ```
    ///
    /// ## Use instead
    /// ```kql targets=splunk
    /// SigninLogs
    /// | where UserAgent contains "MSIE"
    /// ```
    "P013" "function-without-a-counterpart" Warning, fix: None, since: "0.1.0",
    summary: "A target cannot say a function.",
    check: Losses(LossKind::UnsupportedFunction)
}
