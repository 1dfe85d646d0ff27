//! F001.

use crate::diagnostic::Diagnostic;
use crate::lint::context::{Intent, RuleContext};
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for rules and hunting queries without an `id`.
    ///
    /// ## Why it is bad
    /// The `id` is how a rule is known wherever it is deployed. Without one, an update of the rule arrives as a second
    /// rule, and the public repository's checks refuse the file.
    ///
    /// ## Example
    /// ```yaml without=id
    /// name: Sign-in from a new country
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// id: 7f0c1a52-9a3e-4c5b-8d21-6b1f0e9c4d33
    /// name: Sign-in from a new country
    /// ```
    "F001" "missing-id" Error, fix: None, since: "0.1.0",
    summary: "The rule has no `id`.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    if context.rule.id.is_none() && context.is_flat() && context.intent != Intent::Other {
        found.push(
            LINT.at(context.head(), "the rule has no `id`")
                .label("add an `id` to this rule")
                .help("write a fresh GUID, such as `uuidgen` prints, and never change it again"),
        );
    }
}
