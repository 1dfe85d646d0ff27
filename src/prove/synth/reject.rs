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

/// The conditions that an event meets on a way through a plan, and what has become of it.
type Path<'q> = (Vec<(Gate<'q>, Row<'q>)>, Row<'q>);

impl<'q> Solver<'q> {
    /// Keeps events made so far out of the records of a plan, as far as one of the plan's conditions can be made to
    /// fail for them.
    pub(super) fn reject(&mut self, plan: &'q Plan, from: usize) {
        // What decides there decides for partners, and none is made here.
        let pivot = self.pivot.take();
        for instance in from..self.state.instances.len() {
            if self.state.instances[instance].tags.contains(&Tag::Unwanted) {
                continue;
            }
            for (gates, _) in self.gates(plan, instance, 0) {
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
        }
        self.pivot = pivot;
    }

    /// The conditions that an event meets on its way through a plan, for each way that it may take, with what has
    /// become of it.
    fn gates(&self, plan: &'q Plan, instance: usize, depth: usize) -> Vec<Path<'q>> {
        if depth > 8 {
            return Vec::new();
        }
        let mut ways = match &plan.source.kind {
            SourceKind::Table { name, .. } if self.state.instances[instance].place == Place::Table(name.clone()) => {
                vec![(Vec::new(), Rc::new(Fields { leaf: Some((instance, &plan.source.schema)), ..Fields::default() }))]
            }
            SourceKind::Union(union) => {
                let mut ways = Vec::new();
                for (at, input) in union.inputs.iter().enumerate() {
                    for (gates, made) in self.gates(input, instance, depth + 1) {
                        let terms = union.columns.iter().filter_map(|column| {
                            Some((column.id, Term::Column(column.from.get(at).copied().flatten()?, made.clone())))
                        });
                        let terms = terms.collect();
                        ways.push((gates, Rc::new(Fields { terms, leaf: None, parents: vec![made] })));
                    }
                }
                ways
            }
            SourceKind::Shared(SharedId(id), twins) => {
                let Some(shared) = self.query.shared.get(*id as usize) else { return Vec::new() };
                let inner = self.gates(&shared.plan, instance, depth + 1);
                let renamed = inner.into_iter().map(|(gates, made)| {
                    let terms = twins.iter().map(|(a, b)| {
                        let (twin, of) = if plan.source.schema.contains(*a) { (*a, *b) } else { (*b, *a) };
                        (twin, Term::Column(of, made.clone()))
                    });
                    let terms = terms.collect();
                    (gates, Rc::new(Fields { terms, leaf: None, parents: vec![made] }))
                });
                renamed.collect()
            }
            _ => Vec::new(),
        };
        for (gates, row) in &mut ways {
            for step in &plan.steps {
                match &step.op {
                    Op::Window(window) => gates.insert(0, (Gate::Within(window, step.span), row.clone())),
                    Op::Filter(condition) => gates.push((Gate::Condition(condition), row.clone())),
                    Op::Extend(items) | Op::Project(items, _) => {
                        let terms = items.iter().map(|item| (item.id, Term::Expr(&item.expr, row.clone()))).collect();
                        *row = Rc::new(Fields { terms, leaf: None, parents: vec![row.clone()] });
                    }
                    Op::Sort(_) | Op::Serialize | Op::Distinct => {}
                    _ => break,
                }
            }
        }
        ways
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
