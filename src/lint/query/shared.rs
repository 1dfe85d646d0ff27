//! What several lints of the query need.

use crate::ir::{self, CompareOp, Origin, Query, Value};
use crate::lint::context::QueryContext;
use crate::lint::nodes::bare;
use crate::source::Span;
use crate::syntax::ast::{self, Expr, ExprKind, LiteralKind, Operator, OperatorKind, StatementKind};

/// The decoded value of a string literal.
pub(super) fn string(expr: &Expr) -> Option<&str> {
    match &bare(expr).kind {
        ExprKind::Literal(ast::Literal { kind: LiteralKind::String(string), .. }) => Some(&string.value),
        _ => None,
    }
}

/// A call of a function that takes one argument, by its name.
pub(super) fn call_of_one<'a>(expr: &'a Expr, names: &[&str]) -> Option<(&'a str, &'a Expr)> {
    match &bare(expr).kind {
        ExprKind::Call(call) if names.contains(&&*call.name.text) => match call.arguments.as_slice() {
            [argument] => Some((&call.name.text, &argument.expr)),
            _ => None,
        },
        _ => None,
    }
}

/// A text as a string literal of KQL.
pub(super) fn quoted(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => literal.extend(['\\', c]),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

/// The operators that the result of the whole query flows through, in order.
pub(super) fn main_stages<'a>(context: &QueryContext<'a>) -> &'a [Operator] {
    let last = context.query.statements.iter().rev().find_map(|statement| match &statement.kind {
        StatementKind::Expr(expr) => Some(bare(expr)),
        _ => None,
    });
    match last.map(|expr| &expr.kind) {
        Some(ExprKind::Pipe(pipe)) => &pipe.stages,
        _ => &[],
    }
}

/// Functions that look at the records before or behind, and so need an order.
const WINDOW: &[&str] =
    &["prev", "next", "row_number", "row_cumsum", "row_rank", "row_rank_dense", "row_rank_min", "row_window_session"];

/// Whether a stretch of the query holds a call of one of these.
pub(super) fn calls(context: &QueryContext<'_>, within: Span, wanted: impl Fn(&str) -> bool) -> bool {
    context
        .nodes
        .calls
        .iter()
        .any(|(call, span)| within.start <= span.start && span.end <= within.end && wanted(&call.name.text))
}

/// Whether an operator hands on records in the order it got them, and does not need that order itself.
pub(super) fn passes_order(context: &QueryContext<'_>, operator: &Operator) -> bool {
    let passes = matches!(
        operator.kind,
        OperatorKind::Where(_)
            | OperatorKind::Extend(_)
            | OperatorKind::Project(_)
            | OperatorKind::ProjectAway(_)
            | OperatorKind::ProjectKeep(_)
            | OperatorKind::ProjectRename(_)
            | OperatorKind::ProjectReorder(_)
            | OperatorKind::Parse(_)
            | OperatorKind::ParseWhere(_)
    );
    passes && !calls(context, operator.span, |name| WINDOW.contains(&name))
}

/// Where the regular expressions of a query stand.
pub(super) fn patterns<'a>(context: &QueryContext<'a>) -> Vec<&'a Expr> {
    const PLACES: &[(&str, usize)] = &[
        ("extract", 0),
        ("extract_all", 0),
        ("extractall", 0),
        ("replace_regex", 1),
        ("replace", 0),
        ("trim", 0),
        ("trim_start", 0),
        ("trim_end", 0),
        ("indexof_regex", 1),
    ];
    let mut patterns = Vec::new();
    for expr in &context.nodes.exprs {
        if let ExprKind::Binary(node) = &expr.kind
            && matches!(node.op, ast::BinaryOp::String(ast::StringOp { test: ast::StringTest::MatchesRegex, .. }))
        {
            patterns.push(&node.right);
        }
    }
    for (call, _) in &context.nodes.calls {
        if let Some((_, at)) = PLACES.iter().find(|(name, _)| *name == &*call.name.text)
            && let Some(argument) = call.arguments.get(*at)
        {
            patterns.push(&argument.expr);
        }
    }
    patterns
}

/// The tests that keep the records since so long before the run, written as `TimeGenerated > ago(…)`: the words of each,
/// and how far back it looks. A test is there as often as it is reached.
pub(super) fn windows(query: &Query) -> Vec<(Span, i64)> {
    let mut windows = Vec::new();
    let mut test = |subject: &ir::Expr, bound: &ir::Expr, whole: &ir::Expr| {
        if let Some(back) = ago(bound).filter(|_| is_time(query, subject)) {
            windows.push((whole.span, back));
        }
    };
    for plan in query.plans() {
        plan.walk(&mut |expr| match &expr.kind {
            ir::ExprKind::Compare(node) => match node.op {
                CompareOp::Greater | CompareOp::GreaterOrEqual => test(&node.left, &node.right, expr),
                CompareOp::Less | CompareOp::LessOrEqual => test(&node.right, &node.left, expr),
                CompareOp::Equal | CompareOp::NotEqual => {}
            },
            ir::ExprKind::Between(node) if !node.negated => test(&node.subject, &node.low, expr),
            _ => {}
        });
    }
    windows
}

/// How far before the run an instant lies, if it is written as `ago(…)`.
fn ago(expr: &ir::Expr) -> Option<i64> {
    match &expr.kind {
        ir::ExprKind::Call(function, arguments) if function.name() == "ago" => match arguments.as_slice() {
            [ir::Expr { kind: ir::ExprKind::Literal(Value::TimeSpan(ticks)), .. }] => Some(*ticks),
            _ => None,
        },
        _ => None,
    }
}

/// Whether it is the column by which the service limits a table.
fn is_time(query: &Query, expr: &ir::Expr) -> bool {
    expr.as_column().is_some_and(|id| {
        let info = &query.columns[id];
        matches!(info.origin, Origin::Table(_)) && &*info.name == "TimeGenerated"
    })
}
