//! What several lints of the file need.

use crate::diagnostic::{Diagnostic, Edit, Severity};
use crate::lint::context::RuleContext;
use crate::rule::{Duration, Field};
use crate::source::Span;

/// Ticks of 100 ns.
pub(super) const MINUTE: i64 = 600_000_000;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// A duration as rule YAML writes it, `None` where it has no such form.
pub(super) fn short(ticks: i64) -> Option<String> {
    let units = [(DAY, 'd'), (HOUR, 'h'), (MINUTE, 'm')];
    let (unit, letter) = units.into_iter().find(|(unit, _)| ticks > 0 && ticks % unit == 0)?;
    Some(format!("{}{letter}", ticks / unit))
}

/// A duration as ARM writes it, `None` where it is no whole number of minutes.
pub(super) fn iso(ticks: i64) -> Option<String> {
    let text = short(ticks)?;
    let time = if text.ends_with('d') { "" } else { "T" };
    Some(format!("P{time}{}", text.to_uppercase()))
}

/// Another value in the place of a scalar that stands on one line, its quotes kept. The value needs no escapes.
pub(super) fn replace(source: &str, span: Span, value: &str) -> Edit {
    let words = span.of(source);
    let quoted = words.len() >= 2 && ["\"", "'"].iter().any(|quote| words.starts_with(quote) && words.ends_with(quote));
    let inner = if quoted { Span::new(span.start as usize + 1, span.end as usize - 1) } else { span };
    Edit::replace(inner, value)
}

/// A line with another key, put behind the first key of a rule in YAML. `None` where the rule is written otherwise.
pub(super) fn add_key(context: &RuleContext<'_>, line: &str) -> Option<Edit> {
    let source = context.source();
    let second = context.rule.node.as_mapping()?.get(1)?;
    let at = second.key.span.start as usize;
    let line_start = source[..at].rfind('\n').map_or(0, |before| before + 1);
    let indent = &source[line_start..at];
    let yaml =
        context.is_flat() && crate::rule::kind_of(context.subject.file.name()) != Some(crate::rule::FileKind::Json);
    if !yaml || !indent.bytes().all(|byte| byte == b' ') {
        return None;
    }
    let line_break = if source[..at].ends_with("\r\n") { "\r\n" } else { "\n" };
    Some(Edit::insert(line_start, format!("{indent}{line}{line_break}")))
}

/// Takes the item of a list out, with its line, where it has lines of its own.
pub(super) fn remove_item(source: &str, span: Span) -> Option<Edit> {
    let (start, end) = (span.start as usize, span.end as usize);
    let line_start = source[..start].rfind('\n').map_or(0, |before| before + 1);
    let line_end = source[end..].find('\n').map_or(source.len(), |at| end + at + 1);
    let alone = source[line_start..start].trim() == "-" && source[end..line_end].trim().is_empty();
    alone.then(|| Edit::delete(Span::new(line_start, line_end)))
}

/// The value, unless ARM works it out only when the template is deployed.
pub(super) fn settled<'a>(context: &RuleContext<'a>, field: Option<&'a Field<String>>) -> Option<&'a Field<String>> {
    field.filter(|field| context.is_flat() || !(field.value.starts_with('[') && field.value.ends_with(']')))
}

/// The finding, which is a warning where the service does not read the field, as in hunting queries.
pub(super) fn graded(context: &RuleContext<'_>, mut diagnostic: Diagnostic) -> Diagnostic {
    if !context.intent.is_analytic() {
        diagnostic.severity = diagnostic.severity.min(Severity::Warning);
    }
    diagnostic
}

/// How a duration is told in messages.
pub(super) fn told(duration: &Duration) -> String {
    match short(duration.ticks) {
        Some(short) if short != duration.text => format!("`{}` ({short})", duration.text),
        _ => format!("`{}`", duration.text),
    }
}

/// Whether a text can name a column: letters, digits and `_`, not beginning with a digit.
pub(super) fn is_column_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The finding of a scheduled rule that lacks a key which it must have.
pub(super) fn missing_of_schedule(
    lint: &'static crate::lint::Lint,
    context: &RuleContext<'_>,
    key: &str,
    there: bool,
    help: &str,
) -> Option<Diagnostic> {
    // A value of a wrong type is told by its type.
    if there || !context.intent.is_scheduled() || has_key(context, key) {
        return None;
    }
    let diagnostic =
        lint.at(context.head(), format!("the rule has no `{key}`")).label(format!("add `{key}`")).help(help);
    Some(if context.intent.is_analytic() { diagnostic } else { likely(diagnostic) })
}

/// A finding about a rule that is an analytic one by likelihood alone.
pub(super) fn likely(mut diagnostic: Diagnostic) -> Diagnostic {
    diagnostic.severity = Severity::Warning;
    diagnostic.note(
        "it maps entities, as rules that raise alerts do, but names no `kind`; for a hunting query write `kind: HuntingQuery`",
    )
}

/// Whether the rule has a key with a value, be it a wrong one.
pub(super) fn has_key(context: &RuleContext<'_>, key: &str) -> bool {
    let given = |entry: Option<&crate::rule::Entry>| entry.is_some_and(|entry| !entry.value.is_null());
    let node = &context.rule.node;
    given(node.get(key)) || node.get("properties").is_some_and(|properties| given(properties.value.get(key)))
}
