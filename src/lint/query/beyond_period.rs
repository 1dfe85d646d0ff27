//! Q004.

use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::lint::visit::{Part, walk};
use crate::syntax::ast::{Expr, ExprKind, LetValue, LiteralKind, StatementKind};
use std::collections::HashMap;

lint! {
    /// ## What it does
    /// Looks for comparisons of `TimeGenerated` with `ago(…)` in scheduled rules, where the time is longer than the rule's
    /// `queryPeriod`. The time may be given by a `let`.
    ///
    /// ## Why it is bad
    /// A run sees only rows of its `queryPeriod`, whatever the query asks for. The older ones are absent without a word, so that
    /// a baseline of two weeks is made of one hour.
    ///
    /// ## Example
    /// ```yaml
    /// queryFrequency: 1h
    /// queryPeriod: 1h
    /// query: |
    ///   let window = 14d;
    ///   SigninLogs
    ///   | where TimeGenerated > ago(window)
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// queryFrequency: 1h
    /// queryPeriod: 14d
    /// query: |
    ///   let window = 14d;
    ///   SigninLogs
    ///   | where TimeGenerated > ago(window)
    /// ```
    "Q004" "window-beyond-period" Warning, fix: None, since: "0.1.0",
    summary: "The query looks back further than the rule does.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(rule) = context.rule.filter(|_| context.intent.is_some_and(crate::lint::Intent::is_analytic)) else {
        return;
    };
    let Some(period) = &rule.query_period else { return };
    let mut spans: HashMap<&str, i64> = HashMap::new();
    for statement in &context.query.statements {
        if let StatementKind::Let(binding) = &statement.kind
            && let LetValue::Expr(expr) = &binding.value
            && let Some(ticks) = time_span(expr, &spans)
        {
            spans.insert(&binding.name.text, ticks);
        }
    }
    walk(context.query, &mut |part| {
        let Part::Expr(expr) = part else { return };
        let bounds = match &expr.kind {
            ExprKind::Binary(binary) if is_time(&binary.left) => vec![&binary.right],
            ExprKind::Binary(binary) if is_time(&binary.right) => vec![&binary.left],
            ExprKind::Between(between) if is_time(&between.left) => vec![&between.low, &between.high],
            _ => return,
        };
        for bound in bounds {
            let ExprKind::Call(call) = &bound.kind else { continue };
            let [argument] = call.arguments.as_slice() else { continue };
            if &*call.name.text != "ago" {
                continue;
            }
            let Some(ticks) = time_span(&argument.expr, &spans).filter(|&ticks| ticks > period.value.ticks) else {
                continue;
            };
            let words = context.words(bound.span);
            let days = ticks / 864_000_000_000;
            let told = if days > 0 { format!(" ({days}d)") } else { String::new() };
            found.push(
                LINT.at(
                    bound.span,
                    format!("`{words}`{told} is further back than the rule looks: `{}`", period.value.text),
                )
                .label("rows as old as this are never seen")
                .help("lengthen `queryPeriod`, or shorten the window"),
            );
        }
    });
}

fn is_time(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Name(name) if &*name.text == "TimeGenerated")
}

/// Ticks of a time span that is a literal, or a name that a `let` gives one.
fn time_span(expr: &Expr, known: &HashMap<&str, i64>) -> Option<i64> {
    match &expr.kind {
        ExprKind::Literal(literal) if literal.kind == LiteralKind::TimeSpan => ticks(&literal.raw),
        ExprKind::Name(name) => known.get(&*name.text).copied(),
        ExprKind::Paren(inner) => time_span(inner, known),
        _ => None,
    }
}

/// Ticks of a literal of the form `14d`; other forms are rare and not read.
fn ticks(raw: &str) -> Option<i64> {
    let digits = raw.find(|c: char| !c.is_ascii_digit())?;
    let number: i64 = raw[..digits].parse().ok()?;
    let unit = match &raw[digits..] {
        "d" | "day" | "days" => 864_000_000_000,
        "h" | "hr" | "hrs" | "hour" | "hours" => 36_000_000_000,
        "m" | "min" | "minute" | "minutes" => 600_000_000,
        "s" | "sec" | "second" | "seconds" => 10_000_000,
        _ => return None,
    };
    number.checked_mul(unit)
}
