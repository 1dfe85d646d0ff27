//! Sets of events that both sides are run over.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value;

use super::stored::Record;
use crate::ir::{Bound, ColumnId, ExprKind, Op, Plan, Query, SourceKind, ValueSet};
use crate::literal::parse_datetime;
use crate::schema::Schemas;
use crate::target::LossKind;
use crate::types::Type;

/// A set of events, with the instant at which the rule is run over them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenario {
    /// What it shows.
    pub name: String,
    /// The instant, in ticks.
    pub now: i64,
    /// The events of each table, in the order in which they came in.
    pub tables: BTreeMap<String, Vec<Record>>,
    /// The items of watchlists.
    pub watchlists: BTreeMap<String, Vec<Record>>,
    /// In which ways an approximate translation may part from the rule on it.
    pub covers: BTreeSet<LossKind>,
}

impl Scenario {
    /// How many events there are.
    pub fn len(&self) -> usize {
        self.tables.values().map(Vec::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The tables that a query reads, and the watchlists.
pub(super) fn read_by(query: &Query, names: &[String]) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut tables, mut lists) = (BTreeSet::new(), BTreeSet::new());
    each_plan(query, &mut |plan| match &plan.source.kind {
        SourceKind::Table { name, .. } => {
            tables.insert(name.to_string());
        }
        SourceKind::Tables(pattern) => {
            let fits = |name: &&String| {
                let mut parts = pattern.split('*');
                let head = parts.next().unwrap_or_default();
                name.starts_with(head) && parts.next_back().is_none_or(|tail| name.ends_with(tail))
            };
            tables.extend(names.iter().filter(fits).cloned());
        }
        SourceKind::Call(call) => {
            for (_, argument) in &call.arguments {
                if let crate::ir::Argument::Scalar(expr) = argument
                    && let Some(alias) = expr.as_literal().and_then(crate::ir::Value::as_str)
                {
                    lists.insert(alias.to_owned());
                }
            }
        }
        _ => {}
    });
    (tables, lists)
}

/// Hands every plan of a query to `f`, those in expressions included.
pub(super) fn each_plan(query: &Query, f: &mut dyn FnMut(&Plan)) {
    fn in_plan(plan: &Plan, f: &mut dyn FnMut(&Plan)) {
        f(plan);
        plan.source.kind.plans(&mut |inner| in_plan(inner, f));
        plan.source.kind.expressions(&mut |expr| in_expr(expr, f));
        for step in &plan.steps {
            step.op.plans(&mut |inner| in_plan(inner, f));
            step.op.expressions(&mut |expr| in_expr(expr, f));
        }
    }
    fn in_expr(expr: &crate::ir::Expr, f: &mut dyn FnMut(&Plan)) {
        expr.walk(&mut |expr| match &expr.kind {
            ExprKind::ToScalar(plan) => f(plan),
            ExprKind::Member(node) => {
                if let ValueSet::Plan(plan) = &node.set {
                    f(plan);
                }
            }
            _ => {}
        });
    }
    for shared in &query.shared {
        in_plan(&shared.plan, f);
    }
    in_plan(&query.plan, f);
}

/// The columns of its tables that a query names; without any, or where it takes them all, every one.
pub(super) fn columns_read(query: &Query) -> Option<HashSet<String>> {
    let mut ids: HashSet<ColumnId> = HashSet::new();
    let mut all = false;
    each_plan(query, &mut |plan| {
        for step in &plan.steps {
            step.op.columns(&mut |id| {
                ids.insert(*id);
            });
            step.op.expressions(&mut |expr| {
                expr.walk(&mut |expr| all |= matches!(expr.kind, ExprKind::Row(..) | ExprKind::AnyColumn(_)));
                expr.for_each_column(&mut |id| {
                    ids.insert(id);
                });
            });
        }
    });
    let narrowed = |plan: &Plan| {
        plan.steps.iter().any(|step| matches!(step.op, Op::Project(..) | Op::Summarize { .. } | Op::Distinct))
    };
    if all || !narrowed(&query.plan) {
        return None;
    }
    Some(ids.into_iter().map(|id| query.columns[id].name.to_string()).collect())
}

/// The bounds in time that a query puts on each of its tables by itself, where they are the same for all: from which
/// instant on (and whether it counts), up to which.
pub(super) fn window(query: &Query, now: i64) -> impl Fn(i64) -> bool {
    let mut all: Vec<Option<crate::ir::Bounds>> = Vec::new();
    each_plan(query, &mut |plan| {
        if matches!(plan.source.kind, SourceKind::Table { .. } | SourceKind::Tables(_)) {
            let bounds = plan.steps.iter().find_map(|step| match &step.op {
                Op::Window(window) => Some(window.bounds),
                _ => None,
            });
            all.push(bounds);
        }
    });
    let instant = move |bound: Bound| match bound {
        Bound::Instant(at) => at,
        Bound::FromNow(ticks) => now.saturating_add(ticks),
    };
    let from: Option<Vec<(i64, bool)>> =
        all.iter().map(|bounds| bounds.as_ref()?.from.map(|(bound, with)| (instant(bound), with))).collect();
    let to: Option<Vec<(i64, bool)>> =
        all.iter().map(|bounds| bounds.as_ref()?.to.map(|(bound, with)| (instant(bound), with))).collect();
    // What reaches back furthest is what has to be searched.
    let from = from.and_then(|all| all.into_iter().min_by_key(|(at, with)| (*at, !with)));
    let to = to.and_then(|all| all.into_iter().max());
    move |at| {
        from.is_none_or(|(from, with)| at > from || with && at == from)
            && to.is_none_or(|(to, with)| at < to || with && at == to)
    }
}

/// The instants at which the windows of a query begin and end.
pub(super) fn edges(query: &Query, now: i64) -> HashSet<i64> {
    let mut found = HashSet::new();
    each_plan(query, &mut |plan| {
        for step in &plan.steps {
            if let Op::Window(window) = &step.op {
                found.extend([window.bounds.from, window.bounds.to].into_iter().flatten().map(
                    |(bound, _)| match bound {
                        Bound::Instant(at) => at,
                        Bound::FromNow(ticks) => now.saturating_add(ticks),
                    },
                ));
            }
        }
    });
    found
}

/// The query without the last limit on the number of its records, if it ends with one.
pub(super) fn uncapped(query: &Query) -> Option<Query> {
    let last = query.plan.steps.iter().rposition(|step| {
        !matches!(step.op, Op::Project(..) | Op::Extend(_) | Op::Sort(_) | Op::Serialize | Op::Render { .. })
    })?;
    matches!(query.plan.steps[last].op, Op::Take(_)).then(|| {
        let mut query = query.clone();
        query.plan.steps.remove(last);
        query
    })
}

/// The texts that a query compares with.
pub(super) fn texts(query: &Query) -> Vec<String> {
    fn gather(value: &crate::ir::Value, into: &mut Vec<String>) {
        if let Some(text) = value.as_str() {
            into.push(text.to_owned());
        }
        for element in value.elements().into_iter().flatten() {
            gather(&element, into);
        }
    }
    let mut found = Vec::new();
    each_plan(query, &mut |plan| {
        for step in &plan.steps {
            step.op.expressions(&mut |expr| {
                expr.walk(&mut |expr| {
                    if let ExprKind::Literal(value) = &expr.kind {
                        gather(value, &mut found);
                    }
                });
            });
        }
    });
    found
}

/// An event as every system has it: it has a time, and one alone, and no instant is finer than so many ticks. `time` is
/// the column that says it, if the rule looks at one.
pub(super) fn settled(record: &Record, table: &str, schemas: &Schemas, grain: i64, time: &str) -> Option<Record> {
    let mut record = record.clone();
    let names = ["TimeGenerated", "Timestamp"];
    let known = |name: &&&str| record.get(**name).and_then(Value::as_str).and_then(parse_datetime).is_some();
    if let Some(from) = [&time, &names[0], &names[1]].into_iter().find(known) {
        let instant = record.get(*from).cloned().unwrap_or_default();
        for name in names {
            if let Some(other) = record.get_mut(name) {
                other.clone_from(&instant);
            }
        }
    } else {
        return None;
    }
    for column in schemas.table(table).iter().flat_map(|table| &table.columns) {
        if column.ty == Type::DateTime
            && let Some(Value::String(text)) = record.get_mut(&*column.name)
            && let Some(ticks) = parse_datetime(text)
            && ticks % grain != 0
        {
            *text = crate::literal::format_datetime(ticks.div_euclid(grain) * grain);
        }
    }
    Some(record)
}
