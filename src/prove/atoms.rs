//! What decides what a rule finds: its atomic predicates, its windows and the sides of its joins.
//!
//! A comparison of two sides says little of a predicate that no event was ever at the border of. So each is put out of
//! action, by standing for true and by standing for false, and both have to give another answer for some events.

use std::sync::Arc;

use super::synth::is_condition;
use crate::ir::{Expr, ExprKind, Op, Plan, Query, Value, ValueSet, Window};
use crate::source::Span;

/// A query in which one thing that decides does not.
#[derive(Clone, Debug)]
pub(super) struct Variant {
    /// The words of what was put out of action.
    pub(super) span: Span,
    /// What that means for the answer.
    pub(super) what: What,
    /// Whether the answer is certain to be empty.
    pub(super) empties: bool,
    /// What is not there any more.
    pub(super) removed: Option<Removed>,
    /// The query.
    pub(super) query: Query,
}

/// What a variant is without: `true` stands in its place, with its words.
#[derive(Clone, Debug)]
pub(super) enum Removed {
    /// A predicate.
    Predicate(Expr),
    /// A window.
    Window(Window),
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A predicate that always holds.
    Holds,
    /// A predicate that never holds.
    Fails,
    /// A window without bounds.
    Unbounded,
    /// A join with nothing on its right.
    WithoutRight,
}

impl What {
    /// What has not been seen, where the answer was the same.
    pub(super) const fn unseen(self) -> &'static str {
        match self {
            Self::Holds => "was never what kept an event out",
            Self::Fails => "was never what let an event in",
            Self::Unbounded => "never left an event out",
            Self::WithoutRight => "never mattered",
        }
    }
}

/// One place in a query where something decides.
enum Site<'q> {
    Predicate(&'q mut Expr),
    Step(&'q mut Op, Span),
}

/// Hands each site to `f`: itself, and whether nothing is found where it does not hold.
fn each_site(query: &mut Query, f: &mut dyn FnMut(Site<'_>, bool)) {
    for shared in &mut query.shared {
        shared.plan.fold_plans(&mut |plan| sites(plan, false, f));
    }
    // The plans inside first, as everywhere; the outermost one alone gives the answer.
    let mut inner = |plan: &mut Plan| sites(plan, false, f);
    let plan = &mut query.plan;
    plan.source.kind.plans_mut(&mut |plan| plan.fold_plans(&mut inner));
    for step in &mut plan.steps {
        step.op.plans_mut(&mut |plan| plan.fold_plans(&mut inner));
        step.op.expressions_mut(&mut |expr| in_expressions(expr, &mut inner));
    }
    sites(plan, true, f);
}

fn in_expressions(expr: &mut Expr, f: &mut dyn FnMut(&mut Plan)) {
    expr.operands_mut(&mut |operand| in_expressions(operand, f));
    match &mut expr.kind {
        ExprKind::ToScalar(plan) => Arc::make_mut(plan).fold_plans(f),
        ExprKind::Member(node) => {
            if let ValueSet::Plan(plan) = &mut node.set {
                Arc::make_mut(plan).fold_plans(f);
            }
        }
        _ => {}
    }
}

fn sites(plan: &mut Plan, outermost: bool, f: &mut dyn FnMut(Site<'_>, bool)) {
    let whole = |op: &Op| match op {
        Op::Summarize { keys, .. } => keys.is_empty(),
        Op::MakeSeries(_) | Op::Join(_) | Op::GetSchema | Op::Evaluate(_) => true,
        _ => false,
    };
    let last_whole = plan.steps.iter().rposition(|step| whole(&step.op));
    for (at, step) in plan.steps.iter_mut().enumerate() {
        let empties = outermost && last_whole.is_none_or(|last| at > last);
        match &mut step.op {
            Op::Filter(condition) => predicates(condition, empties, f),
            Op::Summarize { aggregates, .. } => {
                for call in aggregates {
                    let function = call.function;
                    for (at, argument) in call.arguments.iter_mut().enumerate() {
                        if is_condition(function, at, argument) {
                            predicates(argument, false, f);
                        }
                    }
                }
            }
            op @ (Op::Window(_) | Op::Join(_)) => f(Site::Step(op, step.span), false),
            _ => {}
        }
    }
}

/// The atomic predicates of a condition.
fn predicates(expr: &mut Expr, empties: bool, f: &mut dyn FnMut(Site<'_>, bool)) {
    match &mut expr.kind {
        ExprKind::And(operands) => operands.iter_mut().for_each(|operand| predicates(operand, empties, f)),
        ExprKind::Or(operands) => operands.iter_mut().for_each(|operand| predicates(operand, false, f)),
        ExprKind::Not(operand) => predicates(operand, false, f),
        ExprKind::Literal(_) => {}
        _ => f(Site::Predicate(expr), empties),
    }
}

/// Makes a variant a query like any other: what it is without is not to be found in it any more.
pub(super) fn settled(variant: Variant) -> Query {
    let Variant { mut query, span, .. } = variant;
    let mut forget = |plan: &mut Plan| {
        let mut forget = |expr: &mut Expr| {
            if expr.span == span && matches!(expr.kind, ExprKind::Literal(_)) {
                expr.span = Span::default();
            }
        };
        for step in &mut plan.steps {
            match &mut step.op {
                Op::Filter(condition) => operands(condition, &mut forget),
                Op::Summarize { aggregates, .. } => {
                    for argument in aggregates.iter_mut().flat_map(|call| &mut call.arguments) {
                        operands(argument, &mut forget);
                    }
                }
                _ => {}
            }
        }
    };
    for shared in &mut query.shared {
        shared.plan.fold_plans(&mut forget);
    }
    query.plan.fold_plans(&mut forget);
    query
}

/// What a condition is put together of by `and` and `or`.
fn operands(expr: &mut Expr, f: &mut dyn FnMut(&mut Expr)) {
    match &mut expr.kind {
        ExprKind::And(all) | ExprKind::Or(all) => all.iter_mut().for_each(|operand| operands(operand, f)),
        _ => f(expr),
    }
}

/// Every variant of a query.
pub(super) fn variants(query: &Query) -> Vec<Variant> {
    let mut kinds: Vec<(Span, Vec<What>, bool)> = Vec::new();
    let mut copy = query.clone();
    each_site(&mut copy, &mut |site, empties| {
        kinds.push(match site {
            Site::Predicate(expr) => (expr.span, vec![What::Holds, What::Fails], empties),
            Site::Step(Op::Join(join), _) => (join.right.source.span, vec![What::WithoutRight], false),
            Site::Step(_, span) => (span, vec![What::Unbounded], false),
        });
    });
    let mut found = Vec::new();
    for (at, (span, whats, empties)) in kinds.iter().enumerate() {
        for what in whats {
            let mut query = query.clone();
            let mut count = 0;
            let mut removed = None;
            each_site(&mut query, &mut |site, _| {
                if count == at {
                    removed = put_out(site, *what);
                }
                count += 1;
            });
            let empties = *empties && *what == What::Fails;
            found.push(Variant { span: *span, what: *what, empties, removed, query });
        }
    }
    found
}

/// Puts something out of action; gives it back where nothing else took its place.
fn put_out(site: Site<'_>, what: What) -> Option<Removed> {
    let truth = |value: bool, span: Span| Expr::literal(Value::Bool(value), span);
    match site {
        Site::Predicate(expr) => {
            let span = expr.span;
            let removed = std::mem::replace(expr, truth(what == What::Holds, span));
            (what == What::Holds).then_some(Removed::Predicate(removed))
        }
        Site::Step(Op::Join(join), _) => {
            let span = join.right.source.span;
            join.right.push_same(Op::Filter(truth(false, span)), span);
            None
        }
        Site::Step(op, span) => match std::mem::replace(op, Op::Filter(truth(true, span))) {
            Op::Window(window) => Some(Removed::Window(window)),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bind::bind;
    use crate::schema::{Dialect, Schemas};

    fn whats(text: &str) -> Vec<(String, What, bool)> {
        let tree = crate::syntax::parse(text).query.unwrap();
        let mut query = bind(&tree, &Schemas::builtin(Dialect::Sentinel)).query.unwrap();
        crate::ir::pass::simplify(&mut query);
        variants(&query).into_iter().map(|v| (v.span.of(text).to_owned(), v.what, v.empties)).collect()
    }

    #[test]
    fn every_predicate_is_put_out_both_ways() {
        let found = whats("SecurityEvent | where EventID == 1 and (Level == \"2\" or not(Computer has \"x\"))");
        let words: Vec<_> = found.iter().map(|(words, what, empties)| (words.as_str(), *what, *empties)).collect();
        assert_eq!(words.len(), 6);
        assert_eq!(words[..2], [("EventID == 1", What::Holds, false), ("EventID == 1", What::Fails, true)]);
        assert!(words[2..].iter().all(|(.., empties)| !empties));
    }

    #[test]
    fn windows_joins_and_thresholds_count() {
        let text = "SecurityEvent | where TimeGenerated > ago(1h) | join kind=inner (SigninLogs | where Identity == \"a\") \
            on $left.Account == $right.Identity | summarize n = countif(EventID == 1) by Computer | where n > 3";
        let found = whats(text);
        for what in [What::Unbounded, What::WithoutRight, What::Holds, What::Fails] {
            assert!(found.iter().any(|(_, found, _)| *found == what), "{what:?}");
        }
        assert!(found.iter().any(|(words, _, empties)| words == "n > 3" && *empties));
    }
}
