//! F052.

use crate::diagnostic::{Applicability, Diagnostic, Edit};
use crate::lint::Intent;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::source::Span;

lint! {
    /// ## What it does
    /// Looks for `queryFrequency`, `queryPeriod`, `triggerOperator` and `triggerThreshold` in rules of kind `NRT`.
    ///
    /// ## Why it is bad
    /// Such a rule runs every minute over what has come in, and every row raises an alert. What the keys say is ignored, so the
    /// rule does not do what it seems to say.
    ///
    /// ## Example
    /// ```yaml nrt
    /// queryFrequency: 1h
    /// ```
    ///
    /// ## Use instead
    /// ```yaml nrt
    /// severity: High
    /// ```
    ///
    /// ## Fix safety
    /// Unsafe: the rule runs as before, but what its author had in mind is lost. Perhaps it was to be a scheduled rule.
    "F052" "schedule-of-nrt" Warning, fix: Sometimes, since: "0.1.0",
    summary: "A near-real-time rule has no schedule and no threshold of its own.",
    check: Rule(check)
}

const KEYS: &[&str] = &["queryFrequency", "queryPeriod", "triggerOperator", "triggerThreshold"];

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    if context.intent != Intent::Nrt {
        return;
    }
    let source = context.source();
    for entry in context.rule.node.as_mapping().unwrap_or_default() {
        let Some(key) = entry.name().filter(|name| KEYS.contains(name)) else { continue };
        let diagnostic =
            LINT.at(entry.key.span, format!("`{key}` says nothing in a near-real-time rule")).label("ignored");
        let (start, end) = (entry.key.span.start as usize, entry.value.span.end as usize);
        let line_start = source[..start].rfind('\n').map_or(0, |before| before + 1);
        let line_end = source[end..].find('\n').map_or(source.len(), |at| end + at + 1);
        let alone = source[line_start..start].trim().is_empty() && source[end..line_end].trim().is_empty();
        let one_line = !source[start..end].contains('\n');
        found.push(if alone && one_line && context.is_flat() {
            let edits = vec![Edit::delete(Span::new(line_start, line_end))];
            diagnostic.fix("take it out", Applicability::Unsafe, edits)
        } else {
            diagnostic
        });
    }
}
