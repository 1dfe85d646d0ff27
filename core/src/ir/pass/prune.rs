//! Pruning: columns that nothing reads are not computed, joined or read from a table.

use std::collections::HashSet;

use crate::ir::{ColumnId, Op, Plan, Query, Schema, SourceKind};

/// Prunes a query. Its result keeps all columns; so do shared plans, which several places read.
pub fn prune(query: &mut Query) {
    for plan in query.shared.iter_mut().map(|shared| &mut shared.plan).chain([&mut query.plan]) {
        prune_all(plan);
    }
}

/// Prunes a plan of whose result every column is wanted.
fn prune_all(plan: &mut Plan) {
    let wanted = ids(plan.schema());
    prune_to(plan, wanted);
}

fn ids(schema: &Schema) -> HashSet<ColumnId> {
    schema.iter().map(|c| c.id).collect()
}

fn prune_to(plan: &mut Plan, mut wanted: HashSet<ColumnId>) {
    for at in (0..plan.steps.len()).rev() {
        let input = plan.input_schema(at).clone();
        let step = &mut plan.steps[at];
        wanted = before(&mut step.op, wanted, &input, &mut step.schema);
        step.op.expressions_mut(&mut |expr| inner_plans(expr));
    }
    plan.source.kind.expressions_mut(&mut |expr| inner_plans(expr));
    match &mut plan.source.kind {
        SourceKind::Union(union) => {
            union.columns.retain(|column| wanted.contains(&column.id));
            for (index, input) in union.inputs.iter_mut().enumerate() {
                let used =
                    union.columns.iter().filter_map(|column| column.from.get(index).copied().flatten()).collect();
                prune_to(input, used);
            }
            wanted.extend(union.source.iter().map(|(id, _)| *id));
            restrict(&mut plan.source.schema, &wanted);
        }
        SourceKind::Table { .. } | SourceKind::LogSource(_) => restrict(&mut plan.source.schema, &wanted),
        SourceKind::Shared(_, pairs) => {
            pairs.retain(|(twin, _)| wanted.contains(twin));
            restrict(&mut plan.source.schema, &wanted);
        }
        other => other.plans_mut(&mut prune_all),
    }
}

/// Prunes the plans inside an expression: all of them want nothing but their first column, and the filters in between.
fn inner_plans(expr: &mut crate::ir::Expr) {
    expr.operands_mut(&mut |operand| inner_plans(operand));
    expr.plan_mut(&mut prune_all);
}

/// Keeps the columns of a schema that are wanted.
fn restrict(schema: &mut Schema, wanted: &HashSet<ColumnId>) {
    if schema.iter().all(|c| wanted.contains(&c.id)) {
        return;
    }
    let kept: Vec<_> = schema.iter().filter(|c| wanted.contains(&c.id)).cloned().collect();
    *schema = Schema::new(kept, schema.open);
}

/// What a step wants of its input when so much is wanted of its result; drops from it what is not.
fn before(op: &mut Op, wanted: HashSet<ColumnId>, input: &Schema, schema: &mut Schema) -> HashSet<ColumnId> {
    let mut needs = wanted;
    match op {
        Op::Extend(items) => {
            items.retain(|item| needs.contains(&item.id));
            restrict(schema, &needs);
            for item in items.iter() {
                needs.remove(&item.id);
            }
        }
        Op::Project(items, _) => {
            items.retain(|item| needs.contains(&item.id));
            restrict(schema, &needs);
            needs.clear();
        }
        Op::Summarize { keys, aggregates } => {
            aggregates.retain(|call| call.outputs.iter().any(|id| needs.contains(id)));
            needs.extend(keys.iter().map(|key| key.id));
            needs.extend(aggregates.iter().flat_map(|call| call.outputs.iter().copied()));
            restrict(schema, &needs);
            needs.clear();
        }
        Op::Filter(_)
        | Op::Window(_)
        | Op::Sort(_)
        | Op::Serialize
        | Op::Take(_)
        | Op::Sample(_)
        | Op::Render { .. } => {
            let mut all = needs.clone();
            op.expressions(&mut |expr| {
                expr.for_each_column(&mut |id| {
                    all.insert(id);
                });
            });
            op.columns(&mut |id| {
                all.insert(*id);
            });
            restrict(schema, &all);
            return all;
        }
        Op::Join(join) => {
            restrict(schema, &needs);
            needs.extend(join.keys.iter().flat_map(|(left, right)| [*left, *right]));
            let right = ids(join.right.schema()).intersection(&needs).copied().collect();
            prune_to(&mut join.right, right);
            return needs;
        }
        // Whatever else looks at its input in ways of its own: all of it is wanted.
        _ => {
            op.plans_mut(&mut prune_all);
            return ids(input);
        }
    }
    op.expressions(&mut |expr| {
        expr.for_each_column(&mut |id| {
            needs.insert(id);
        });
    });
    needs
}
