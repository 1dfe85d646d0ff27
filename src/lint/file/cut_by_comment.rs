//! F130.

use crate::diagnostic::{Applicability, Diagnostic, Edit};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::rule::Field;
use crate::source::Span;

lint! {
    /// ## What it does
    /// Looks for a `name`, a `description` or a text of the alert without quotes that is followed by a blank, a `#` and at once a
    /// letter or digit.
    ///
    /// ## Why it is bad
    /// For YAML, ` #` begins a comment, so that the rest of the sentence is not part of the text.
    ///
    /// ## Example
    /// ```yaml
    /// name: Rule #1 of the pack
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// name: "Rule #1 of the pack"
    /// ```
    ///
    /// ## Fix safety
    /// Unsafe: the text changes, and it may be a comment that only lacks its blank.
    "F130" "cut-by-comment" Warning, fix: Always, since: "0.1.0",
    summary: "A `#` in the text begins a comment and cuts the text off.",
    check: Rule(check)
}

/// The texts of a rule that are sentences.
pub(super) fn sentences<'a>(context: &RuleContext<'a>) -> impl Iterator<Item = &'a Field<String>> {
    let rule = context.rule;
    let override_ = rule.alert_details_override.as_ref().map(|field| &field.value);
    [
        rule.name.as_ref(),
        rule.description.as_ref(),
        override_.and_then(|field| field.display_name_format.as_ref()),
        override_.and_then(|field| field.description_format.as_ref()),
    ]
    .into_iter()
    .flatten()
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let source = context.source();
    for field in sentences(context) {
        let words = context.words(field.span);
        if words.starts_with(['"', '\'', '|', '>', '[', '{']) || words.contains('\n') {
            continue;
        }
        let end = field.span.end as usize;
        let rest = source[end..].split(['\n', '\r']).next().unwrap_or("").trim_end();
        let Some(comment) = rest.trim_start().strip_prefix('#') else { continue };
        if !comment.starts_with(|c: char| c.is_alphanumeric()) {
            continue;
        }
        let whole = format!("\"{words}{rest}\"").replace('\\', "\\\\");
        let hash = end + rest.len() - rest.trim_start().len();
        found.push(
            LINT.at(Span::new(hash, end + rest.len()), "this is a comment, and no part of the text")
                .label("cut off")
                .fix(
                    "put the text in quotes",
                    Applicability::Unsafe,
                    vec![Edit::replace(Span::new(field.span.start as usize, end + rest.len()), whole)],
                ),
        );
    }
}
