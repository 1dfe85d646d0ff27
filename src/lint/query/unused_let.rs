//! Q001.

use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::lint::visit::{Part, walk};
use crate::syntax::ast::{ExprKind, Name, PathMember};
use std::collections::HashSet;

lint! {
    /// ## What it does
    /// Looks for names that a `let` gives and that stand nowhere else in the query.
    ///
    /// ## Why it is bad
    /// It is often a threshold or a window that was meant to be used: the query then runs with another one, or with none.
    ///
    /// ## Example
    /// ```kql
    /// let lookback = 7d;
    /// SigninLogs
    /// | where TimeGenerated > ago(1d)
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// let lookback = 7d;
    /// SigninLogs
    /// | where TimeGenerated > ago(lookback)
    /// ```
    "Q001" "unused-let" Warning, fix: None, since: "0.1.0",
    summary: "A `let` gives a name that nothing uses.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    let mut given: Vec<&Name> = Vec::new();
    let mut used: HashSet<&str> = HashSet::new();
    walk(context.query, &mut |part| match part {
        Part::Let(binding) => given.push(&binding.name),
        Part::Expr(expr) => match &expr.kind {
            ExprKind::Name(name) => {
                used.insert(&name.text);
            }
            ExprKind::Call(call) => {
                used.insert(&call.name.text);
            }
            ExprKind::Path(path) => match &path.member {
                PathMember::Name(name) => {
                    used.insert(&name.text);
                }
                PathMember::Call(call) => {
                    used.insert(&call.name.text);
                }
                PathMember::At(_) | PathMember::Bracketed(_) => {}
            },
            _ => {}
        },
        Part::Operator { .. } | Part::Statement(_) => {}
    });
    // Names are also words of options, of patterns and of wildcards, which are no expressions.
    for name in given.into_iter().filter(|name| !used.contains(&*name.text)) {
        let elsewhere = elsewhere(context, name);
        if !elsewhere {
            found.push(
                LINT.at(name.span, format!("nothing uses `{}`", name.text))
                    .label("given and not used")
                    .help("use it, or take the `let` out"),
            );
        }
    }
}

/// Whether the name stands, as a word, anywhere but in its `let` and in comments.
fn elsewhere(context: &QueryContext<'_>, name: &Name) -> bool {
    let text = context.view.text;
    let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    memchr::memmem::find_iter(text.as_bytes(), name.text.as_bytes()).any(|at| {
        let end = at + name.text.len();
        let whole = !word(text[..at].chars().next_back()) && !word(text[end..].chars().next());
        let own = name.span.range().contains(&at);
        let comment = context.query.comments.iter().any(|comment| comment.contains(at));
        whole && !own && !comment
    })
}
