//! Events that must not be their own partners: what an anti join, or a negated sub-query, looks up in the same table.

use std::rc::Rc;

use super::model::{Fields, Place, Row, Tag, Term};
use super::solver::{Outcome, Solver, Stuck, Way};
use super::want::Want;
use crate::ir::{Bound, Bounds, CompareOp, Expr, Op, Plan, SharedId, SourceKind, Value, Window};
use crate::source::Span;

/// A condition that an event has to meet to be among a plan's records.
enum Gate<'q> {
    Condition(&'q Expr),
    Within(&'q Window, Span),
}

impl<'q> Solver<'q> {
    /// Keeps events made so far out of the records of a plan, as far as one of the plan's conditions can be made to
    /// fail for them.
    pub(super) fn reject(&mut self, plan: &'q Plan, from: usize) {
        match &plan.source.kind {
            SourceKind::Table { name, .. } => {
                for instance in from..self.state.instances.len() {
                    let known = &self.state.instances[instance];
                    if known.place == Place::Table(name.clone()) && !known.tags.contains(&Tag::Unwanted) {
                        self.keep_out(plan, instance);
                    }
                }
            }
            SourceKind::Union(union) => {
                for input in &union.inputs {
                    self.reject(input, from);
                }
            }
            SourceKind::Shared(SharedId(id), _) => {
                if let Some(shared) = self.query.shared.get(*id as usize) {
                    self.reject(&shared.plan, from);
                }
            }
            _ => {}
        }
    }

    fn keep_out(&mut self, plan: &'q Plan, instance: usize) {
        let mut row: Row<'q> = Rc::new(Fields { leaf: Some((instance, &plan.source.schema)), ..Fields::default() });
        let mut gates: Vec<(Gate<'q>, Row<'q>)> = Vec::new();
        for step in &plan.steps {
            match &step.op {
                Op::Window(window) => gates.insert(0, (Gate::Within(window, step.span), row.clone())),
                Op::Filter(condition) => gates.push((Gate::Condition(condition), row.clone())),
                Op::Extend(items) | Op::Project(items, _) => {
                    let terms = items.iter().map(|item| (item.id, Term::Expr(&item.expr, row.clone()))).collect();
                    row = Rc::new(Fields { terms, leaf: None, parents: vec![row] });
                }
                Op::Sort(_) | Op::Serialize | Op::Distinct => {}
                _ => break,
            }
        }
        let span = plan.source.span;
        self.gently(|solver| {
            solver.choose((Way::Inner, span), gates.len(), |solver, at| {
                let (gate, row) = &gates[at];
                match gate {
                    Gate::Condition(condition) => solver.goal(condition, row, false),
                    Gate::Within(window, span) => solver.outside(window, row, *span),
                }
            })
        });
    }

    /// Asks that an instant lie outside of a window.
    fn outside(&mut self, window: &'q Window, row: &Row<'q>, span: Span) -> Outcome {
        let Bounds { from, to } = window.bounds;
        let found = self.locate_column(window.column, row, false).ok_or(Stuck::Conflict(span))?;
        let ticks = |bound: Bound| match bound {
            Bound::Instant(ticks) => ticks,
            Bound::FromNow(ticks) => self.now.saturating_add(ticks),
        };
        let below = from.map(|(bound, closed)| {
            (if closed { CompareOp::Less } else { CompareOp::LessOrEqual }, Value::DateTime(ticks(bound)))
        });
        let above = to.map(|(bound, closed)| {
            (if closed { CompareOp::Greater } else { CompareOp::GreaterOrEqual }, Value::DateTime(ticks(bound)))
        });
        let sides: Vec<Want> = [above, below].into_iter().flatten().map(|(op, value)| Want::Order(op, value)).collect();
        self.choose((Way::Inner, span), sides.len(), |solver, at| {
            for node in &found {
                solver.want(*node, sides[at].clone(), span)?;
            }
            Ok(())
        })
    }
}
