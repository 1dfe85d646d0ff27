//! From what is asked to events: conditions that waited, then values for all that is left.

use super::model::{Check, Input, Row};
use super::parts::Over;
use super::solver::{Outcome, Solver, Stuck};
use super::want::Want;
use super::{Expectation, Invariants};
use crate::ir::{Expr, ExprKind, ValueSet};

impl<'q> Solver<'q> {
    /// Makes a record of the query; whether that could be done as asked.
    pub(super) fn solve(&mut self, invariants: &Invariants) -> Outcome {
        let plan = &self.query.plan;
        self.produce(plan, plan.steps.len(), &Input::None)?;
        if self.further {
            for group in 0..self.state.groups.len() {
                let known = &self.state.groups[group];
                let (least, span) = (known.members.len() + 1, known.plan.steps[known.at].span);
                self.gently(|solver| solver.enlarge(group, least, span, &[]));
            }
        }
        self.catch_up()?;
        self.obey(invariants);
        self.fix_all();
        self.repair();
        Ok(())
    }

    /// Conditions that waited for values.
    fn catch_up(&mut self) -> Outcome {
        let mut at = 0;
        while let Some(check) = self.state.later.get(at).cloned() {
            at += 1;
            let outcome = match &check {
                Check::Holds(expr, row, holds) => match self.belated(expr, row, *holds) {
                    Err(stuck @ Stuck::Unknown(..)) => {
                        self.hope(expr, row, *holds, stuck);
                        Ok(())
                    }
                    other => other,
                },
                Check::Same(left, left_row, right, right_row, span) => {
                    let over = Over::new();
                    let saved = self.state.clone();
                    let mut outcome = Err(Stuck::Unknown(
                        *span,
                        "the keys of a join are worked out in a way that is not steered".to_owned(),
                    ));
                    for turned in [false, true] {
                        let ((one, one_row), (other, other_row)) = if turned {
                            ((*right, right_row), (*left, left_row))
                        } else {
                            ((*left, left_row), (*right, right_row))
                        };
                        self.settle_column(one, one_row)?;
                        if let Some(value) = self.column(one, one_row, &over) {
                            outcome = self.ask_column(other, other_row, Want::is(value), *span);
                        }
                        if outcome.is_ok() {
                            break;
                        }
                        self.state = saved.clone();
                    }
                    outcome
                }
                Check::Want(..) => Ok(()),
            };
            self.tolerate(outcome)?;
        }
        Ok(())
    }

    pub(super) fn settle_column(&mut self, id: crate::ir::ColumnId, row: &Row<'q>) -> Outcome {
        if let Some(found) = self.locate_column(id, row, false) {
            for node in found {
                self.fix(node)?;
            }
            return Ok(());
        }
        match self.term(id, row) {
            Some(super::model::Term::Expr(expr, row)) => self.settle(expr, &row),
            Some(super::model::Term::Column(id, row)) => self.settle_column(id, &row),
            _ => Ok(()),
        }
    }

    fn belated(&mut self, expr: &'q Expr, row: &Row<'q>, holds: bool) -> Outcome {
        if let Some(value) = self.evaluate(expr, row) {
            return if (value.as_bool() == Some(true)) == holds { Ok(()) } else { Err(Stuck::Conflict(expr.span)) };
        }
        // The sides of a comparison: one is settled, then the other is asked.
        let ways: Vec<Vec<&'q Expr>> = match &expr.kind {
            ExprKind::Compare(node) => vec![vec![&node.right], vec![&node.left]],
            ExprKind::Match(node) => vec![vec![&node.needle], vec![&node.subject]],
            ExprKind::Regex(node) => vec![vec![&node.pattern]],
            ExprKind::Between(node) => vec![vec![&node.low, &node.high], vec![&node.subject]],
            ExprKind::Member(node) => match &node.set {
                ValueSet::List(list) => vec![list.iter().collect(), vec![&node.subject]],
                ValueSet::Plan(_) => vec![vec![&node.subject]],
            },
            ExprKind::Call(_, arguments) => {
                vec![arguments.iter().skip(1).collect(), arguments.iter().take(1).collect()]
            }
            _ => vec![vec![expr]],
        };
        let saved = self.state.clone();
        let waiting = self.state.later.len();
        let mut stuck = None;
        for way in ways {
            let mut outcome = Ok(());
            for side in way {
                outcome = outcome.and_then(|()| self.settle(side, row));
            }
            let outcome = outcome.and_then(|()| self.goal(expr, row, holds));
            if outcome.is_ok() && self.state.later.len() == waiting {
                return Ok(());
            }
            if let Err(error) = outcome {
                stuck.get_or_insert(error);
            }
            self.state = saved.clone();
        }
        Err(stuck.unwrap_or_else(|| {
            Stuck::Unknown(expr.span, "values that depend on one another are not steered".to_owned())
        }))
    }

    /// What the query is believed to do with the events, some values being others than they are.
    pub(super) fn expects(&self, over: &Over) -> Expectation {
        let mut known = self.state.unsolved.is_empty();
        for check in &self.state.checks {
            match self.passes(check, over) {
                Some(true) => {}
                Some(false) => return Expectation::Silent,
                None => known = false,
            }
        }
        if known { Expectation::Fires } else { Expectation::Unknown }
    }

    /// The conditions that the events do not meet, although they were made to.
    pub(super) fn broken(&self) -> Vec<crate::source::Span> {
        let over = Over::new();
        let broken = self.state.checks.iter().filter(|check| self.passes(check, &over) == Some(false));
        broken
            .map(|check| match check {
                Check::Holds(expr, ..) => expr.span,
                Check::Want(_, _, span) | Check::Same(.., span) => *span,
            })
            .collect()
    }
}
