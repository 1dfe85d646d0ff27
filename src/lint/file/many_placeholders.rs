//! F083.

use super::shared::graded;
use super::unbalanced_placeholder::{formats, placeholders};
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for more than three `{{Column}}` in `alertDisplayNameFormat` or in `alertDescriptionFormat`.
    ///
    /// ## Why it is bad
    /// The service refuses the rule. What does not fit can be a custom detail.
    ///
    /// ## Example
    /// ```yaml
    /// alertDetailsOverride:
    ///   alertDisplayNameFormat: "{{User}} from {{Country}} at {{Address}} with {{Client}}"
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// alertDetailsOverride:
    ///   alertDisplayNameFormat: "{{User}} from {{Country}} at {{Address}}"
    /// customDetails:
    ///   Client: Client
    /// ```
    "F083" "too-many-placeholders" Error, fix: None, since: "0.1.0",
    summary: "A text of the alert has more than three placeholders.",
    check: Rule(check)
}

const MOST: usize = 3;

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    for (key, field) in formats(context) {
        let count = placeholders(&field.value).count();
        if count > MOST {
            found.push(graded(
                context,
                LINT.at(field.span, format!("`{key}` has {count} placeholders where {MOST} are allowed"))
                    .help("keep the three that tell alerts apart, and make the others custom details"),
            ));
        }
    }
}
