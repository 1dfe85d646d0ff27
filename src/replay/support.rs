//! What of a plan is not run, found before the first record is looked at.

use super::expr::unknown;
use super::{Refusal, Run, aggregate, commands, functions};
use crate::ir::{Expr, ExprKind, ForeignKind, Op, Plan, Query, RegexDialect, SourceKind, Step, StringTest, TermRule};
use crate::source::Span;

/// How many events a sequence or sample may ask for: what it takes to choose those of a sample grows fast.
const MOST_STAGES: usize = 8;

/// Refuses by name what is not run.
pub(super) fn check(query: &Query) -> Run<()> {
    for shared in &query.shared {
        plan(&shared.plan)?;
    }
    plan(&query.plan)
}

fn plan(checked: &Plan) -> Run<()> {
    let mut found = Ok(());
    source(&checked.source.kind, checked.source.span)?;
    checked.source.kind.expressions(&mut |expr| keep(&mut found, || expression(expr)));
    checked.source.kind.plans(&mut |inner| keep(&mut found, || plan(inner)));
    for step in &checked.steps {
        keep(&mut found, || operation(step));
        step.op.expressions(&mut |expr| keep(&mut found, || expression(expr)));
        step.op.plans(&mut |inner| keep(&mut found, || plan(inner)));
    }
    found
}

/// Goes on only while nothing was found.
fn keep(found: &mut Run<()>, check: impl FnOnce() -> Run<()>) {
    if found.is_ok() {
        *found = check();
    }
}

fn source(kind: &SourceKind, span: Span) -> Run<()> {
    let what = match kind {
        SourceKind::Range { .. } => "`range` is not replayed".to_owned(),
        SourceKind::External(_) => "data from an address is not at hand".to_owned(),
        SourceKind::Call(call) => format!("the body of `{}` is not at hand", call.name),
        SourceKind::Evaluate(call) => format!("the plugin `{}` is not replayed", call.name),
        SourceKind::Foreign(step) => return commands::refusal(step, span).map_or(Ok(()), Err),
        SourceKind::Table { .. }
        | SourceKind::Tables(_)
        | SourceKind::LogSource(_)
        | SourceKind::Unit
        | SourceKind::Input
        | SourceKind::Shared(..)
        | SourceKind::Rows(_)
        | SourceKind::Union(_) => return Ok(()),
        SourceKind::Correlated(node) => {
            return match node.all_stages().count() {
                0..=MOST_STAGES => Ok(()),
                _ => Err(Refusal::new(span, format!("more than {MOST_STAGES} events in a sequence are not replayed"))),
            };
        }
    };
    Err(Refusal::new(span, what))
}

fn operation(step: &Step) -> Run<()> {
    match &step.op {
        Op::Summarize { aggregates, .. } => match aggregates.iter().find_map(aggregate::refusal) {
            Some(refusal) => Err(refusal),
            None => Ok(()),
        },
        Op::Statistics(node) => {
            for call in &node.aggregates {
                let row = call.function.row();
                if row.kind != ForeignKind::Aggregate || functions::statistic(row.name).is_none() {
                    let what = match functions::reason(call.function) {
                        Some(why) => format!("`{}` is not replayed: {why}", row.name),
                        None => format!("the statistic `{}` is not replayed", row.name),
                    };
                    return Err(Refusal::new(call.span, what));
                }
            }
            Ok(())
        }
        Op::Foreign(foreign) => commands::refusal(foreign, step.span).map_or(Ok(()), Err),
        Op::Filter(_)
        | Op::Window(_)
        | Op::Extend(_)
        | Op::Project(..)
        | Op::Distinct
        | Op::Sort(_)
        | Op::Serialize
        | Op::Take(_)
        | Op::Join(_)
        | Op::MvExpand(_)
        | Op::Scan(_)
        | Op::Partition(_)
        | Op::Render { .. } => Ok(()),
        op => Err(Refusal::new(step.span, format!("{} is not replayed", super::plan::name(op)))),
    }
}

/// An expression with all inside of it, plans included.
fn expression(checked: &Expr) -> Run<()> {
    let mut found = node(checked);
    checked.operands(&mut |operand| keep(&mut found, || expression(operand)));
    checked.plan(&mut |inner| keep(&mut found, || plan(inner)));
    found
}

fn node(expr: &Expr) -> Run<()> {
    let refuse = |what: String| Err(Refusal::new(expr.span, what));
    match &expr.kind {
        ExprKind::Parameter(name) => refuse(format!("`{name}` has no value here")),
        ExprKind::Unknown(name, _) => refuse(format!("the function `{name}` is not known")),
        ExprKind::Item(..) => refuse("functions of several values are not replayed".to_owned()),
        ExprKind::Call(id, _) if functions::core(*id).is_none() => Err(unknown(expr)),
        ExprKind::Foreign(id, arguments) => {
            let (least, most) = id.row().arity;
            if !(least..=most).contains(&arguments.len()) {
                return refuse(format!("`{}` is not given what it takes", id.row().name));
            }
            let lazy = matches!(id.row().name, "mvfilter" | "mvmap") && arguments.len() == 2;
            if lazy || functions::foreign(*id).is_some() { Ok(()) } else { Err(unknown(expr)) }
        }
        ExprKind::Match(node) => terms(node.test, node.rules.terms, expr.span),
        ExprKind::Member(node) => terms(node.test, node.rules.terms, expr.span),
        ExprKind::AnyColumn(node) => terms(node.test, node.rules.terms, expr.span),
        ExprKind::Regex(node) => match node.pattern.as_literal().and_then(crate::ir::Value::as_str) {
            Some(pattern) => super::regex::refusal(node.dialect, pattern).map_or(Ok(()), |why| {
                let dialect = match node.dialect {
                    RegexDialect::Kusto => "Kusto's",
                    RegexDialect::Pcre => "PCRE's",
                    RegexDialect::Lucene => "Lucene's",
                };
                refuse(format!("this regular expression of {dialect} dialect is not replayed: {why}"))
            }),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Where Elasticsearch's analyser ends a term depends on tables of Unicode that are not at hand.
fn terms(test: StringTest, rule: TermRule, span: Span) -> Run<()> {
    let by_terms = matches!(test, StringTest::HasTerm | StringTest::HasPrefix | StringTest::HasSuffix);
    if by_terms && rule == TermRule::UnicodeWords {
        return Err(Refusal::new(span, "searches for words of Elasticsearch's analyser are not replayed"));
    }
    Ok(())
}
