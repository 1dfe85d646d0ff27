//! F084.

use super::unbalanced_placeholder::formats;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for empty texts in `alertDetailsOverride`.
    ///
    /// ## Why it is bad
    /// An empty format is refused by the service; an empty column name does nothing and makes readers look for its purpose.
    ///
    /// ## Example
    /// ```yaml
    /// alertDetailsOverride:
    ///   alertDisplayNameFormat: "Sign-in of {{User}}"
    ///   alertTacticsColumnName: ""
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// alertDetailsOverride:
    ///   alertDisplayNameFormat: "Sign-in of {{User}}"
    /// ```
    "F084" "empty-override" Warning, fix: None, since: "0.1.0",
    summary: "A setting of the alert is an empty text.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(override_) = &context.rule.alert_details_override else { return };
    let columns = [
        ("alertTacticsColumnName", &override_.value.tactics_column_name),
        ("alertSeverityColumnName", &override_.value.severity_column_name),
    ];
    let columns = columns.into_iter().filter_map(|(key, field)| Some((key, field.as_ref()?, Severity::Warning)));
    let texts = formats(context).into_iter().map(|(key, field)| (key, field, Severity::Error));
    for (key, field, severity) in texts.chain(columns) {
        if field.value.trim().is_empty() {
            let mut diagnostic = LINT.at(field.span, format!("`{key}` is empty")).label("take the key out");
            diagnostic.severity = severity;
            found.push(diagnostic);
        }
    }
}
