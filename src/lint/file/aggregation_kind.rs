//! F088.

use super::shared::{graded, replace, settled};
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::lint::known::same_letters;
use crate::schema::nearest;

lint! {
    /// ## What it does
    /// Looks for an `aggregationKind` other than `SingleAlert` and `AlertPerResult`.
    ///
    /// ## Why it is bad
    /// The service refuses the rule.
    ///
    /// ## Example
    /// ```yaml
    /// eventGroupingSettings:
    ///   aggregationKind: alertPerResult
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// eventGroupingSettings:
    ///   aggregationKind: AlertPerResult
    /// ```
    ///
    /// ## Fix safety
    /// Safe where only the case is wrong; another name that is near is a guess.
    "F088" "unknown-aggregation" Error, fix: Sometimes, since: "0.1.0",
    summary: "Events cannot be grouped in this way.",
    check: Rule(check)
}

pub(in crate::lint) const KINDS: &[&str] = &["SingleAlert", "AlertPerResult"];

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(settings) = &context.rule.event_grouping_settings else { return };
    let Some(kind) = settled(context, settings.value.aggregation_kind.as_ref()) else { return };
    if KINDS.contains(&kind.value.as_str()) {
        return;
    }
    let diagnostic = graded(
        context,
        LINT.at(kind.span, format!("events cannot be grouped by `{}`", kind.value))
            .label("`SingleAlert` or `AlertPerResult` is due"),
    );
    let (known, applicability) = match same_letters(&kind.value, KINDS.iter().copied()) {
        Some(known) => (Some(known), Applicability::Safe),
        None => (nearest(&kind.value, KINDS.iter().copied()), Applicability::Unsafe),
    };
    found.push(match known {
        Some(known) => {
            diagnostic.fix(format!("write `{known}`"), applicability, vec![replace(context.source(), kind.span, known)])
        }
        None => diagnostic,
    });
}
