//! F014.

use super::shared::{replace, settled};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::schema::nearest;

lint! {
    /// ## What it does
    /// Looks for a `severity` other than `High`, `Medium`, `Low` and `Informational`.
    ///
    /// ## Why it is bad
    /// The service refuses the rule.
    ///
    /// ## Example
    /// ```yaml
    /// severity: Critical
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// severity: High
    /// ```
    ///
    /// ## Fix safety
    /// Unsafe: the nearest known word is a guess.
    "F014" "unknown-severity" Error, fix: Sometimes, since: "0.1.0",
    summary: "The severity is none that the service knows.",
    check: Rule(check)
}

pub(in crate::lint) const SEVERITIES: &[&str] = &["High", "Medium", "Low", "Informational"];

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(severity) = settled(context, context.rule.severity.as_ref()).filter(|_| context.intent.is_analytic())
    else {
        return;
    };
    if SEVERITIES.iter().any(|known| known.eq_ignore_ascii_case(&severity.value)) {
        return;
    }
    let diagnostic = LINT
        .at(severity.span, format!("there is no severity `{}`", severity.value))
        .label("`High`, `Medium`, `Low` or `Informational` is due");
    let near = match severity.value.to_ascii_lowercase().as_str() {
        "critical" => Some("High"),
        "info" | "information" => Some("Informational"),
        _ => nearest(&severity.value, SEVERITIES.iter().copied()),
    };
    found.push(match near {
        Some(near) => diagnostic.fix(
            format!("write `{near}`"),
            Applicability::Unsafe,
            vec![replace(context.source(), severity.span, near)],
        ),
        None => diagnostic,
    });
}
