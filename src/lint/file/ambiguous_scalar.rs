//! F131.

use super::cut_by_comment::sentences;
use crate::diagnostic::{Applicability, Diagnostic, Edit};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;

lint! {
    /// ## What it does
    /// Looks for texts without quotes, such as a `name`, that YAML 1.1 reads as something else: `no`, `on`, `12`, `2024-01-31`.
    ///
    /// ## Why it is bad
    /// Readers differ: some give the text, some a boolean, a number or a point in time, and then fail or show another text.
    ///
    /// ## Example
    /// ```yaml
    /// name: 2024-01-31
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// name: "2024-01-31"
    /// ```
    ///
    /// ## Fix safety
    /// In quotes it is the text that it was meant to be.
    "F131" "ambiguous-scalar" Warning, fix: Always, since: "0.1.0",
    summary: "Readers of YAML take this text for a boolean, a number or a date.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    if !context.is_flat() {
        return;
    }
    let rule = context.rule;
    let mappings = rule.entity_mappings.iter().flat_map(|mappings| &mappings.value);
    let columns = mappings
        .flat_map(|mapping| &mapping.field_mappings)
        .flat_map(|fields| &fields.value)
        .filter_map(|field| field.column_name.as_ref());
    let details = rule.custom_details.iter().flat_map(|details| &details.value);
    for field in sentences(context).chain(columns).chain(details) {
        // Quotes are part of the span, so what is the value to the letter stands without them.
        if context.words(field.span) != field.value {
            continue;
        }
        let Some(kind) = taken_for(&field.value) else { continue };
        found.push(
            LINT.at(field.span, format!("`{}` is {kind} for many readers of YAML", field.value))
                .label("a text is due")
                .fix(
                    "put it in quotes",
                    Applicability::Safe,
                    vec![Edit::replace(field.span, format!("\"{}\"", field.value))],
                ),
        );
    }
}

/// What YAML 1.1 takes a plain scalar for, other than a text.
fn taken_for(text: &str) -> Option<&'static str> {
    const BOOLEANS: &[&str] = &["yes", "no", "on", "off", "true", "false"];
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if BOOLEANS.contains(&text.to_ascii_lowercase().as_str()) {
        Some("a boolean")
    } else if text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'))
        && text.parse::<f64>().is_ok()
    {
        Some("a number")
    } else if text.len() == 10 && text.split('-').map(str::len).eq([4, 2, 2]) && text.split('-').all(digits) {
        Some("a date")
    } else {
        None
    }
}
