//! F108.

use super::shared::{iso, replace};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::rule::DurationForm;

lint! {
    /// ## What it does
    /// Looks for a `lookbackDuration` or `suppressionDuration` in the form `5h`.
    ///
    /// ## Why it is bad
    /// The service takes these two in ISO 8601 alone; the public repository's reader of `5h` is for the schedule.
    ///
    /// ## Example
    /// ```yaml
    /// suppressionEnabled: true
    /// suppressionDuration: 5h
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// suppressionEnabled: true
    /// suppressionDuration: PT5H
    /// ```
    ///
    /// ## Fix safety
    /// Both spellings mean the same time.
    "F108" "short-incident-duration" Warning, fix: Sometimes, since: "0.1.0",
    summary: "Durations of incidents and suppression are in ISO 8601, unlike those of the schedule.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let rule = context.rule;
    let incident = rule.incident_configuration.as_ref();
    let grouping = incident.and_then(|incident| incident.value.grouping.as_ref());
    let lookback = grouping.and_then(|grouping| grouping.value.lookback_duration.as_ref());
    for field in [rule.suppression_duration.as_ref(), lookback].into_iter().flatten() {
        if field.value.form != DurationForm::Short {
            continue;
        }
        let diagnostic = LINT
            .at(field.span, format!("`{}` is in the spelling of the schedule", field.value.text))
            .label("ISO 8601 is due");
        found.push(match iso(field.value.ticks) {
            Some(text) => diagnostic.fix(
                format!("write `{text}`"),
                Applicability::Safe,
                vec![replace(context.source(), field.span, &text)],
            ),
            None => diagnostic,
        });
    }
}
