//! F011.

use super::shared::graded;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for descriptions of more than 5,000 characters.
    ///
    /// ## Why it is bad
    /// The service refuses them.
    ///
    /// ## Example
    /// ```yaml repeat=5001
    /// description: x
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// description: Identifies sign-ins from countries that a user has not been seen in for a month.
    /// ```
    "F011" "long-description" Error, fix: None, since: "0.1.0",
    summary: "The description is longer than the service takes.",
    check: Rule(check)
}

/// In characters.
const MOST: usize = 5000;

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(text) = &context.rule.description else { return };
    let characters = text.value.chars().count();
    if characters > MOST {
        found.push(graded(
            context,
            LINT.at(text.key, format!("the description has {characters} characters where {MOST} are allowed"))
                .help("leave the details to a page and link to it"),
        ));
    }
}
