//! F049.

use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::rule::DurationForm;

lint! {
    /// ## What it does
    /// Looks for durations without a unit.
    ///
    /// ## Why it is bad
    /// The reader of rule files takes a bare number for days, so that `5`, meant as minutes, becomes five days.
    ///
    /// ## Example
    /// ```yaml
    /// queryFrequency: 1
    /// queryPeriod: 1d
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// queryFrequency: 1d
    /// queryPeriod: 1d
    /// ```
    "F049" "bare-number-duration" Error, fix: None, since: "0.1.0",
    summary: "A number alone counts days.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let rule = context.rule;
    let incident = rule.incident_configuration.as_ref().and_then(|incident| incident.value.grouping.as_ref());
    let lookback = incident.and_then(|grouping| grouping.value.lookback_duration.as_ref());
    let durations =
        [rule.query_frequency.as_ref(), rule.query_period.as_ref(), rule.suppression_duration.as_ref(), lookback];
    for field in durations.into_iter().flatten() {
        if field.value.form == DurationForm::TimeSpan && !field.value.text.contains(':') {
            found.push(
                LINT.at(field.span, format!("`{}` has no unit and counts days", field.value.text))
                    .label("minutes, hours or days?")
                    .help(format!("write `{0}d` if days are meant, `{0}m` for minutes", field.value.text.trim())),
            );
        }
    }
}
