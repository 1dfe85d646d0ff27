//! P014.

use crate::lint::declare::lint;
use crate::target::LossKind;

lint! {
    /// ## What it does
    /// Looks for aggregates, and thresholds on them, that a language of `targets` cannot say.
    ///
    /// ## Why it is bad
    /// The rule is refused: there is no translation of it.
    ///
    /// ## Example
    /// ```kql targets=eql
    /// DeviceProcessEvents
    /// | where FileName =~ "net.exe"
    /// | summarize Commands = count() by DeviceId, bin(Timestamp, 1d)
    /// | where Commands > 200
    /// ```
    ///
    /// ## Use instead
    /// ```kql targets=eql
    /// DeviceProcessEvents
    /// | where FileName =~ "net.exe"
    /// ```
    "P014" "aggregate-without-a-counterpart" Warning, fix: None, since: "0.1.0",
    summary: "A target cannot say an aggregate.",
    check: Losses(LossKind::UnsupportedAggregate)
}
