//! Which columns are still read behind each step of a plan, and which of them decide what is found.
//!
//! A column decides when a filter, a key, a join or the order before a `take` depends on it. What only columns shown at
//! the end depend on cannot change which events are found, so a loss there leaves a conversion at `events`.

use std::collections::HashSet;

use crate::ir::{Argument, ColumnId, Expr, ExprKind, Op, Plan, SourceKind, Union};

/// The columns that matter at one place of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Read later on, or given in the end.
    pub(super) live: HashSet<ColumnId>,
    /// Decide which records there are in the end.
    pub(super) deciding: HashSet<ColumnId>,
    /// Whether the order of the records decides.
    pub(super) ordered: bool,
}

impl Usage {
    /// Where the given columns are the result and nothing more happens to it.
    pub(super) fn of_result(columns: impl IntoIterator<Item = ColumnId>) -> Self {
        Self { live: columns.into_iter().collect(), ..Self::default() }
    }

    /// Where each of the given columns decides.
    pub(super) fn of_deciding(columns: impl IntoIterator<Item = ColumnId>) -> Self {
        let live: HashSet<ColumnId> = columns.into_iter().collect();
        Self { deciding: live.clone(), live, ordered: false }
    }

    /// The same seen through other ids; columns that the map does not know are gone.
    #[must_use]
    pub(super) fn mapped(&self, map: impl Fn(ColumnId) -> Option<ColumnId>) -> Self {
        let through = |set: &HashSet<ColumnId>| set.iter().filter_map(|id| map(*id)).collect();
        Self { live: through(&self.live), deciding: through(&self.deciding), ordered: self.ordered }
    }

    fn decide(&mut self, expr: &Expr) {
        expr.for_each_column(&mut |id| {
            self.live.insert(id);
            self.deciding.insert(id);
        });
    }

    /// What an expression reads matters as much as the column that holds its value.
    fn compute(&mut self, expr: &Expr, live: bool, deciding: bool) {
        expr.for_each_column(&mut |id| {
            if live {
                self.live.insert(id);
            }
            if deciding {
                self.deciding.insert(id);
            }
        });
    }
}

/// What matters behind the source of a plan and behind each of its steps.
#[derive(Clone, Debug)]
pub(super) struct PlanUsage {
    /// Behind the source.
    pub(super) source: Usage,
    /// Behind each step.
    pub(super) after: Vec<Usage>,
}

impl PlanUsage {
    /// Goes through a plan from its end, where `end` matters.
    pub(super) fn of(plan: &Plan, end: Usage) -> Self {
        let mut usage = end;
        let mut after = Vec::with_capacity(plan.steps.len());
        for (index, step) in plan.steps.iter().enumerate().rev() {
            let before = before(&step.op, usage.clone(), plan, index);
            after.push(usage);
            usage = before;
        }
        after.reverse();
        Self { source: usage, after }
    }
}

/// Whether an expression looks at the records before or behind.
fn looks_around(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |e| found |= matches!(&e.kind, ExprKind::Call(function, _) if function.row().window));
    found
}

/// What matters in front of an operation, given what matters behind it.
fn before(op: &Op, mut usage: Usage, plan: &Plan, index: usize) -> Usage {
    match op {
        Op::Filter(condition) => {
            usage.decide(condition);
            usage.ordered |= looks_around(condition);
        }
        Op::Window(window) => {
            usage.live.insert(window.column);
            usage.deciding.insert(window.column);
        }
        Op::Extend(items) | Op::Project(items, _) => {
            let behind = usage.clone();
            for item in items {
                usage.live.remove(&item.id);
                usage.deciding.remove(&item.id);
            }
            for item in items {
                let deciding = behind.deciding.contains(&item.id);
                usage.compute(&item.expr, behind.live.contains(&item.id), deciding);
                usage.ordered |= deciding && looks_around(&item.expr);
            }
        }
        Op::Summarize { keys, aggregates } => {
            let behind = std::mem::take(&mut usage);
            for key in keys {
                usage.decide(&key.expr);
            }
            for call in aggregates {
                let several = call.outputs.len() > 1;
                for (position, argument) in call.arguments.iter().enumerate() {
                    // Each of several outputs is the value of one argument; the first argument picks the record.
                    let outputs = match call.outputs.get(position) {
                        Some(output) if several && position > 0 => std::slice::from_ref(output),
                        _ => &call.outputs,
                    };
                    let live = outputs.iter().any(|id| behind.live.contains(id));
                    usage.compute(argument, live, outputs.iter().any(|id| behind.deciding.contains(id)));
                }
            }
        }
        Op::Distinct => {
            for column in plan.input_schema(index).iter() {
                usage.live.insert(column.id);
                usage.deciding.insert(column.id);
            }
        }
        Op::Sort(keys) => {
            let decides = std::mem::take(&mut usage.ordered);
            for key in keys {
                usage.compute(&key.expr, true, decides);
            }
        }
        Op::Serialize | Op::Take(_) => usage.ordered = true,
        Op::Join(join) => {
            // What the other side brings is not there before.
            for column in join.right.schema().iter() {
                usage.live.remove(&column.id);
                usage.deciding.remove(&column.id);
            }
            for (left, _) in &join.keys {
                usage.live.insert(*left);
                usage.deciding.insert(*left);
            }
        }
        Op::MvExpand(expand) => {
            for item in &expand.items {
                usage.live.remove(&item.id);
                usage.deciding.remove(&item.id);
            }
            for item in &expand.items {
                usage.decide(&item.expr);
            }
            if let Some(body) = &expand.body {
                all_of(body, &mut usage);
            }
        }
        Op::Parse(parse) => {
            let mut outputs = Vec::new();
            op.columns(&mut |id| outputs.push(*id));
            let live = outputs.iter().any(|id| usage.live.contains(id)) || parse.filter;
            let deciding = outputs.iter().any(|id| usage.deciding.contains(id)) || parse.filter;
            usage.compute(&parse.subject, live, deciding);
        }
        Op::Render { .. } | Op::Consume | Op::GetSchema => {}
        Op::Invoke(call) => {
            for (_, argument) in &call.arguments {
                if let Argument::Scalar(expr) = argument {
                    usage.decide(expr);
                }
            }
        }
        // What these read is not told apart: all of it decides.
        Op::Sample(_)
        | Op::SampleDistinct(..)
        | Op::MakeSeries(_)
        | Op::ParseKv(_)
        | Op::Scan(_)
        | Op::Partition(_)
        | Op::TopNested(_)
        | Op::TopHitters { .. }
        | Op::Reduce { .. }
        | Op::Evaluate(_)
        | Op::Fork(_)
        | Op::Statistics(_)
        | Op::Foreign(_)
        | Op::Opaque(_) => {
            op.expressions(&mut |expr| usage.decide(expr));
            op.columns(&mut |id| {
                usage.live.insert(*id);
                usage.deciding.insert(*id);
            });
            op.plans(&mut |inner| all_of(inner, &mut usage));
        }
    }
    usage
}

/// Every column that a plan mentions.
fn all_of(plan: &Plan, usage: &mut Usage) {
    plan.walk(&mut |expr| usage.decide(expr));
    for step in &plan.steps {
        step.op.columns(&mut |id| {
            usage.live.insert(*id);
            usage.deciding.insert(*id);
        });
    }
}

/// What matters behind an input of a union, given what matters behind the union.
pub(super) fn of_input(union: &Union, input: usize, usage: &Usage) -> Usage {
    let find = |wanted: ColumnId| union.columns.iter().find(|c| c.id == wanted).and_then(|c| c.from[input]);
    usage.mapped(find)
}

/// What matters behind a shared plan, given what matters of its twin.
pub(super) fn of_shared(kind: &SourceKind, usage: &Usage) -> Usage {
    match kind {
        SourceKind::Shared(_, pairs) => {
            usage.mapped(|wanted| pairs.iter().find(|(twin, _)| *twin == wanted).map(|(_, original)| *original))
        }
        _ => usage.clone(),
    }
}
