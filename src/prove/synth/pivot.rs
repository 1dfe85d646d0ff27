//! Conditions on which all hangs: events for which one atom of a condition, or one side of a window, decides alone.
//!
//! An atom decides if whatever stands beside it does not: the other operands of each `and` around it hold, those of
//! each `or` fail. With the atom true, and with it false, such events show whether a translation minds it.

use super::model::{Check, Row};
use super::solver::{Choice, Outcome, Solver, Way};
use super::want::Want;
use crate::functions::{Accepts, AggregateId};
use crate::ir::{Bound, CompareOp, Expr, ExprKind, JoinKind, Op, Plan, Query, SharedId, SourceKind, Value, Window};
use crate::literal::TICKS_PER_SECOND;
use crate::source::Span;
use crate::types::Type;

/// How deep plans may nest.
const DEEPEST: usize = 12;

/// What decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decides {
    /// An atom of a condition, which is to be so.
    Atom(bool),
    /// The beginning of a window: the instant is to lie before it.
    Before,
    /// The end of one: it is to lie behind it.
    Behind,
}

/// What is to decide, and how it comes to be looked at.
#[derive(Clone, Debug)]
pub(super) struct Pivot {
    /// The atom, or the window, by its place in memory: what a variable stands for may be read in several places, with
    /// the same words.
    pub(super) place: usize,
    /// The words.
    pub(super) span: Span,
    pub(super) decides: Decides,
    /// What has to be chosen for it to be met at all.
    pub(super) ways: Vec<(Choice, usize)>,
    /// Whether a record for which it fails is missing from the result, by all that is known.
    pub(super) plain: bool,
    /// Whether it decides for the last record of a group alone, for all others being as ever.
    pub(super) last: bool,
}

/// Gathers what may decide.
struct Gather<'q> {
    query: &'q Query,
    found: Vec<Pivot>,
}

/// All that decides in a query, each with every way it is come by.
pub(super) fn pivots(query: &Query) -> Vec<Pivot> {
    let mut gather = Gather { query, found: Vec::new() };
    gather.plan(&query.plan, &[], true, 0);
    let mut found: Vec<Pivot> = Vec::new();
    for pivot in gather.found {
        let same =
            |known: &Pivot| (known.place, known.decides, &known.ways) == (pivot.place, pivot.decides, &pivot.ways);
        if !found.iter().any(same) {
            found.push(pivot);
        }
    }
    found
}

impl<'q> Gather<'q> {
    fn plan(&mut self, plan: &'q Plan, ways: &[(Choice, usize)], plain: bool, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let first = self.found.len();
        match &plan.source.kind {
            SourceKind::Union(union) => {
                for (at, input) in union.inputs.iter().enumerate() {
                    let ways = with(ways, ((Way::Input, plan.source.span), at));
                    self.plan(input, &ways, plain, depth + 1);
                }
            }
            SourceKind::Shared(SharedId(id), _) => {
                if let Some(shared) = self.query.shared.get(*id as usize) {
                    self.plan(&shared.plan, ways, plain, depth + 1);
                }
            }
            _ => {}
        }
        for step in &plan.steps {
            match &step.op {
                Op::Filter(condition) => self.condition(condition, ways, plain, true, depth),
                Op::Extend(items) | Op::Project(items, _) => {
                    for item in items {
                        self.cases(&item.expr, ways, depth);
                    }
                }
                Op::Summarize { aggregates, .. } => {
                    for call in aggregates {
                        for (at, argument) in call.arguments.iter().enumerate() {
                            if is_condition(call.function, at, argument) {
                                self.condition(argument, ways, false, false, depth);
                            }
                        }
                    }
                }
                Op::Window(window) => {
                    let sides = [(window.bounds.from, Decides::Before), (window.bounds.to, Decides::Behind)];
                    for (_, decides) in sides.into_iter().filter(|(bound, _)| bound.is_some()) {
                        self.add(std::ptr::from_ref(window).addr(), step.span, decides, ways, plain);
                    }
                }
                Op::Join(join) if join.kind == JoinKind::RightAnti => {
                    // Here the left side is what is looked up: what decides there decides for partners.
                    for pivot in &mut self.found[first..] {
                        pivot.ways.push(((Way::Partner, step.span), 1));
                        pivot.plain = false;
                    }
                    self.plan(&join.right, &with(ways, ((Way::Partner, step.span), 0)), plain, depth + 1);
                }
                Op::Join(join) => {
                    let anti = join.kind == JoinKind::LeftAnti;
                    let way = ((Way::Partner, step.span), usize::from(anti));
                    self.plan(&join.right, &with(ways, way), false, depth + 1);
                }
                other => other.plans(&mut |inner| self.plan(inner, ways, false, depth + 1)),
            }
        }
    }

    /// The conditions of the arms of each `case`.
    fn cases(&mut self, expr: &'q Expr, ways: &[(Choice, usize)], depth: usize) {
        if let ExprKind::Case(case) = &expr.kind {
            for (at, (condition, _)) in case.arms.iter().enumerate() {
                self.condition(condition, &with(ways, ((Way::Case, expr.span), at)), false, true, depth);
            }
        }
        expr.operands(&mut |operand| self.cases(operand, ways, depth));
    }

    /// The atoms of a condition; `bare` where it merely has to hold.
    fn condition(&mut self, expr: &'q Expr, ways: &[(Choice, usize)], plain: bool, bare: bool, depth: usize) {
        match &expr.kind {
            ExprKind::And(operands) => {
                for operand in operands {
                    self.condition(operand, ways, plain, bare, depth);
                }
            }
            ExprKind::Or(operands) => {
                for operand in operands {
                    self.condition(operand, ways, plain, false, depth);
                }
            }
            ExprKind::Not(operand) => self.condition(operand, ways, plain, false, depth),
            ExprKind::Literal(_) => {}
            _ => {
                let place = std::ptr::from_ref(expr).addr();
                self.add(place, expr.span, Decides::Atom(false), ways, plain && bare);
                if !bare {
                    self.add(place, expr.span, Decides::Atom(true), ways, false);
                }
                // What a condition looks up in a list need not be there: where it must not be, a partner has to be made
                // for anything to decide about it.
                let ways = with(ways, ((Way::Partner, expr.span), 1));
                expr.plans(&mut |plan| self.plan(plan, &ways, false, depth + 1));
            }
        }
    }

    fn add(&mut self, place: usize, span: Span, decides: Decides, ways: &[(Choice, usize)], plain: bool) {
        self.found.push(Pivot { place, span, decides, ways: ways.to_vec(), plain, last: false });
    }
}

fn with(ways: &[(Choice, usize)], way: (Choice, usize)) -> Vec<(Choice, usize)> {
    ways.iter().copied().chain([way]).collect()
}

impl<'q> Solver<'q> {
    /// What is to decide here.
    fn pivot_here(&self) -> Option<&Pivot> {
        self.pivot.as_ref().filter(|pivot| !pivot.last || self.is_last)
    }

    /// The value that a condition has by what is to decide; nothing where that is not part of it.
    pub(super) fn pivoted(&self, expr: &Expr) -> Option<bool> {
        let Pivot { place, decides: Decides::Atom(holds), .. } = self.pivot_here()? else { return None };
        let value = value_of(expr, *place, *holds);
        self.decided.set(self.decided.get() || value.is_some());
        value
    }

    /// Makes the operands of a chain so that one of them decides: that one is left to itself.
    pub(super) fn balance(&mut self, operands: &'q [Expr], row: &Row<'q>, neutral: bool) -> Outcome {
        let (mine, others): (Vec<&'q Expr>, Vec<&'q Expr>) =
            operands.iter().partition(|operand| self.pivoted(operand).is_some());
        for operand in mine {
            self.goal(operand, row, neutral)?;
        }
        others.into_iter().try_for_each(|operand| self.goal(operand, row, neutral))
    }

    /// Asks that an instant lie outside of a window, if that is what is to decide; whether it is.
    pub(super) fn pivot_window(&mut self, window: &'q Window, row: &Row<'q>, span: Span) -> Outcome<bool> {
        let Some(pivot) = self.pivot_here().filter(|pivot| pivot.place == std::ptr::from_ref(window).addr()) else {
            return Ok(false);
        };
        let (bound, op, away) = match pivot.decides {
            Decides::Before => (window.bounds.from, CompareOp::Less, -TICKS_PER_SECOND),
            Decides::Behind => (window.bounds.to, CompareOp::Greater, TICKS_PER_SECOND),
            Decides::Atom(_) => return Ok(false),
        };
        let (Some((bound, _)), Some(found)) = (bound, self.locate_column(window.column, row, false)) else {
            return Ok(false);
        };
        let ticks = match bound {
            Bound::Instant(ticks) => ticks,
            Bound::FromNow(ticks) => self.now.saturating_add(ticks),
        };
        self.decided.set(true);
        // A little further off, so that it does not depend on how fine a system's instants are.
        let want = Want::Order(op, Value::DateTime(ticks.saturating_add(away)));
        for node in found {
            self.state.checks.push_back_mut(Check::Want(node, want.clone(), span));
            self.want(node, want.clone(), span)?;
        }
        Ok(true)
    }
}

/// The value of a condition in which an atom decides.
fn value_of(expr: &Expr, place: usize, holds: bool) -> Option<bool> {
    match &expr.kind {
        ExprKind::And(operands) | ExprKind::Or(operands) => {
            operands.iter().find_map(|operand| value_of(operand, place, holds))
        }
        ExprKind::Not(operand) => value_of(operand, place, holds).map(|value| !value),
        _ => (std::ptr::from_ref(expr).addr() == place).then_some(holds),
    }
}

/// Whether an argument of an aggregate decides about records, and is no value that is merely carried: a column that
/// `arg_max(…, *)` or `make_set` passes on keeps no event out and lets none in.
pub(in crate::prove) fn is_condition(function: AggregateId, at: usize, argument: &Expr) -> bool {
    let asked = || {
        let parameters = function.row().overloads.iter().filter_map(|overload| overload.parameters.get(at));
        parameters.map(|parameter| parameter.accepts).any(|accepts| accepts == Accepts::Only(&[Type::Bool]))
    };
    argument.ty.ty == Type::Bool && (argument.as_column().is_none() || asked())
}
