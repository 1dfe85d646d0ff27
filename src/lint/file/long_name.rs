//! F008.

use super::shared::graded;
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for names of more than 256 characters.
    ///
    /// ## Why it is bad
    /// The service refuses them.
    ///
    /// ## Example
    /// ```yaml
    /// name: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// name: Sign-in from a new country
    /// ```
    "F008" "long-name" Error, fix: None, since: "0.1.0",
    summary: "The name is longer than the service takes.",
    check: Rule(check)
}

/// In characters.
const MOST: usize = 256;

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(name) = &context.rule.name else { return };
    let characters = name.value.chars().count();
    if characters > MOST {
        found.push(graded(
            context,
            LINT.at(name.span, format!("the name has {characters} characters where {MOST} are allowed"))
                .help("say in the description what the name has no room for"),
        ));
    }
}
