//! F064.

use crate::diagnostic::{Applicability, Diagnostic, Edit};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::rule::ScalarStyle;
use crate::source::Span;
use crate::syntax::token::{Kind, tokens};

lint! {
    /// ## What it does
    /// Looks for queries in a `>` block. Where a comment swallows code because of it, that is told as an error of its own
    /// (`K0009`).
    ///
    /// ## Why it is bad
    /// A folded block turns line breaks into blanks. The query still runs, but the first `//` that anyone adds hides the rest of
    /// it, and the portal shows one endless line.
    ///
    /// ## Example
    /// ```yaml
    /// query: >
    ///   SigninLogs
    ///   | where ResultType == "50126"
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// query: |
    ///   SigninLogs
    ///   | where ResultType == "50126"
    /// ```
    ///
    /// ## Fix safety
    /// KQL takes a line break for a blank everywhere but inside a string, and there the fix is withheld.
    "F064" "folded-query" Warning, fix: Sometimes, since: "0.1.0",
    summary: "The query is folded, so its lines run together.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(query), Some(view)) = (&context.rule.query, context.query) else { return };
    if query.style != ScalarStyle::Folded || query.folds.is_empty() || view.folded || query.alias.is_some() {
        return;
    }
    let at = query.span.start as usize;
    let sign = Span::new(at, at + 1);
    let diagnostic = LINT.at(sign, "the query's lines are folded into one").label("line breaks become blanks");
    found.push(if holds_a_fold(&query.text, &query.folds) {
        diagnostic.note("a string runs over several lines, and would keep the line breaks in place of the blanks")
    } else {
        diagnostic.fix(
            "keep the query's lines: `|` in place of `>`",
            Applicability::Safe,
            vec![Edit::replace(sign, "|")],
        )
    });
}

/// Whether a string holds a blank that stands for a line break.
fn holds_a_fold(query: &str, folds: &[usize]) -> bool {
    let strings = tokens(query).into_iter().filter(|token| token.kind == Kind::Text);
    strings.map(|token| token.span.range()).any(|string| folds.iter().any(|fold| string.contains(fold)))
}
