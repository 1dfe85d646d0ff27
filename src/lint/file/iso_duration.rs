//! F048.

use super::shared::{replace, short};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::rule::DurationForm;

lint! {
    /// ## What it does
    /// Looks for `queryFrequency` and `queryPeriod` in the form `PT1H` in rule YAML.
    ///
    /// ## Why it is bad
    /// The public repository's reader takes `1h` and `01:00:00` and nothing else. ARM templates and exported rules have the ISO
    /// form, and it stays behind when a rule is carried over.
    ///
    /// ## Example
    /// ```yaml
    /// queryFrequency: P1D
    /// queryPeriod: P14D
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// queryFrequency: 1d
    /// queryPeriod: 14d
    /// ```
    ///
    /// ## Fix safety
    /// Both spellings mean the same time.
    "F048" "iso-duration" Warning, fix: Sometimes, since: "0.1.0",
    summary: "The duration is in ISO 8601, which is ARM's spelling and not that of rule YAML.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let rule = context.rule;
    if !context.is_flat() || !context.intent.is_analytic() {
        return;
    }
    for (key, field) in [("queryFrequency", &rule.query_frequency), ("queryPeriod", &rule.query_period)] {
        let Some(field) = field.as_ref().filter(|field| field.value.form == DurationForm::Iso) else { continue };
        let diagnostic = LINT
            .at(field.span, format!("`{key}` is `{}`, in ARM's spelling", field.value.text))
            .note("rule YAML has a whole number and `m`, `h` or `d`");
        found.push(match short(field.value.ticks) {
            Some(text) => diagnostic.fix(
                format!("write `{text}`"),
                Applicability::Safe,
                vec![replace(context.source(), field.span, &text)],
            ),
            None => diagnostic,
        });
    }
}
