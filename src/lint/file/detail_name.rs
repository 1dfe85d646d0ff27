//! F081.

use super::shared::{graded, is_column_name};
use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for keys of `customDetails` that are longer than 20 characters, or that are not a letter followed by letters,
    /// digits and `_`.
    ///
    /// ## Why it is bad
    /// The service refuses the rule.
    ///
    /// ## Example
    /// ```yaml
    /// customDetails:
    ///   Number of failed sign-ins: Failures
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// customDetails:
    ///   FailedSignIns: Failures
    /// ```
    "F081" "malformed-detail-name" Error, fix: None, since: "0.1.0",
    summary: "A custom detail cannot have this name.",
    check: Rule(check)
}

/// In characters.
const MOST: usize = 20;

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(details) = &context.rule.custom_details else { return };
    for detail in &details.value {
        let name = context.words(detail.key).trim_matches(['"', '\'']);
        let characters = name.chars().count();
        let diagnostic = LINT.at(detail.key, format!("a custom detail cannot be called `{name}`"));
        let diagnostic = if characters > MOST {
            diagnostic.label(format!("{characters} characters where {MOST} are allowed"))
        } else if !is_column_name(name) || name.starts_with('_') {
            diagnostic.label("a letter, then letters, digits and `_`")
        } else {
            continue;
        };
        found.push(graded(context, diagnostic));
    }
}
