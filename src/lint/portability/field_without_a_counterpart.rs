//! P009.

use crate::lint::declare::lint;
use crate::target::LossKind;

lint! {
    /// ## What it does
    /// Looks for tables and columns for which no name in the convention of a language of `targets` is known for
    /// certain.
    ///
    /// ## Why it is bad
    /// The rule is written with a name that the data may not have, and then finds nothing.
    ///
    /// ## Example
    /// ```kql targets=sigma
    /// EmailAttachmentInfo
    /// | where FileName endswith ".jnlp"
    /// ```
    ///
    /// ## Use instead
    /// ```kql targets=sigma
    /// DeviceProcessEvents
    /// | where FileName endswith ".jnlp"
    /// ```
    "P009" "field-without-a-counterpart" Warning, fix: None, since: "0.1.0",
    summary: "The name of a table or column in a target is not known, or a guess.",
    check: Losses(LossKind::UnmappedField)
}
