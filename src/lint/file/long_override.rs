//! F085.

use super::shared::graded;
use super::unbalanced_placeholder::formats;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for an `alertDisplayNameFormat` of more than 256 characters and an `alertDescriptionFormat` of more than 5,000.
    ///
    /// ## Why it is bad
    /// The service refuses the rule.
    ///
    /// ## Example
    /// ```yaml repeat=257
    /// alertDetailsOverride:
    ///   alertDisplayNameFormat: x
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// alertDetailsOverride:
    ///   alertDisplayNameFormat: Sign-in of {{User}}
    /// ```
    "F085" "long-override" Error, fix: None, since: "0.1.0",
    summary: "A text of the alert is longer than the service takes.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    for (key, field) in formats(context) {
        let most = if key == "alertDisplayNameFormat" { 256 } else { 5000 };
        let characters = field.value.chars().count();
        if characters > most {
            found.push(graded(
                context,
                LINT.at(field.key, format!("`{key}` has {characters} characters where {most} are allowed")),
            ));
        }
    }
}
