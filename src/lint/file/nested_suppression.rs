//! F112.

use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for `suppressionSettings`.
    ///
    /// ## Why it is bad
    /// `suppressionEnabled` and `suppressionDuration` stand beside the other keys of a rule. In a mapping of their own nothing
    /// reads them.
    ///
    /// ## Example
    /// ```yaml
    /// suppressionSettings:
    ///   suppressionEnabled: false
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// suppressionEnabled: false
    /// ```
    "F112" "nested-suppression" Warning, fix: None, since: "0.1.0",
    summary: "Suppression is set in a mapping of its own, which is an old form.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    for unknown in context.rule.unknown.iter().filter(|unknown| unknown.name == "suppressionSettings") {
        found.push(
            LINT.at(unknown.key, "nothing reads `suppressionSettings`")
                .label("an old form")
                .help("write `suppressionEnabled` and `suppressionDuration` beside the other keys of the rule"),
        );
    }
}
