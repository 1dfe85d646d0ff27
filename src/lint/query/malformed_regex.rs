//! Q005.

use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::lint::visit::{Part, walk};
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, LiteralKind, StringTest};

lint! {
    /// ## What it does
    /// Looks behind `matches regex` and in the first argument of `extract`, `extract_all` and `replace_regex` for expressions that
    /// are not well-formed, or that use what Kusto's dialect does not have: look-around and back-references.
    ///
    /// ## Why it is bad
    /// The query fails when it runs, or when the rule is saved.
    ///
    /// ## Example
    /// ```kql
    /// SecurityEvent
    /// | where CommandLine matches regex "(net|sc"
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SecurityEvent
    /// | where CommandLine matches regex "(net|sc)"
    /// ```
    "Q005" "malformed-regex" Error, fix: None, since: "0.1.0",
    summary: "The regular expression cannot be read.",
    check: Query(check)
}

/// Functions with a regular expression, and which of their arguments it is.
const FUNCTIONS: &[(&str, usize)] = &[("extract", 0), ("extract_all", 0), ("replace_regex", 1)];

/// Every regular expression of a query that is a literal.
pub(super) fn patterns<'a>(context: &QueryContext<'a>, visit: &mut dyn FnMut(&'a Expr, &'a str)) {
    walk(context.query, &mut |part| {
        let Part::Expr(expr) = part else { return };
        let pattern = match &expr.kind {
            ExprKind::Binary(binary) => match binary.op {
                BinaryOp::String(op) if op.test == StringTest::MatchesRegex => Some(&binary.right),
                _ => None,
            },
            ExprKind::Call(call) => {
                let argument = FUNCTIONS.iter().find(|(name, _)| *name == &*call.name.text).map(|&(_, at)| at);
                argument.and_then(|at| call.arguments.get(at)).map(|argument| &argument.expr)
            }
            _ => None,
        };
        if let Some(pattern) = pattern
            && let ExprKind::Literal(literal) = &pattern.kind
            && let LiteralKind::String(text) = &literal.kind
        {
            visit(pattern, &text.value);
        }
    });
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    patterns(context, &mut |expr, pattern| {
        let Err(regex::Error::Syntax(message)) = regex::Regex::new(pattern) else { return };
        // The last line says what is wrong, those before show where.
        let reason = message.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        // Some dialects take a brace that begins no repetition for itself; whether Kusto does depends on its version.
        if reason.contains("repetition") {
            return;
        }
        found.push(LINT.at(expr.span, "the regular expression cannot be read").label(reason));
    });
}
