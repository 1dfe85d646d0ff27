//! Sets that a query compares with: written out, kept elsewhere, or taken out of another table.

use crate::ir::{
    Argument, Column, Compare, CompareOp, Computed, Expr, ExprKind, Membership, NullRule, Op, Plan, Rest, Schema,
    Shared, SourceKind, StringMatch, StringTest, Value, ValueSet,
};
use crate::types::Type;

/// What is asked of an element of a set that is computed.
pub(super) enum Asked<'a> {
    /// Whether the value is one of an array's.
    Array(&'a Expr),
    /// Whether two texts compare.
    Text(Box<StringMatch>, &'a Expr),
    /// Whether two other values are equal.
    Value(Box<Compare>),
}

/// The elements of a set that are written out, without nulls, and what is asked of each that is computed.
pub(super) fn elements<'a>(node: &Membership, items: &'a [Expr]) -> (Vec<Value>, Vec<Asked<'a>>) {
    let (mut values, mut asked) = (Vec::new(), Vec::new());
    for item in items {
        let Some(value) = item.as_literal() else {
            asked.push(computed(node, item));
            continue;
        };
        match value.elements() {
            Some(elements) => values.extend(elements.into_iter().filter(|e| !e.is_null())),
            None if value.is_null() => {}
            None => values.push(value.clone()),
        }
    }
    (values, asked)
}

fn computed<'a>(node: &Membership, item: &'a Expr) -> Asked<'a> {
    let (subject, needle) = (node.subject.clone(), item.clone());
    if item.ty.ty == Type::Dynamic {
        Asked::Array(item)
    } else if item.ty.ty == Type::String || node.test != StringTest::Equals {
        let one = StringMatch { test: node.test, rules: node.rules, negated: false, subject, needle };
        Asked::Text(Box::new(one), item)
    } else {
        let op = CompareOp::Equal;
        Asked::Value(Box::new(Compare { op, nulls: NullRule::KqlEquality, left: subject, right: needle }))
    }
}

/// The plan whose first column holds the values of a membership, where they come out of a table.
pub(super) fn table_of(node: &Membership) -> Option<Plan> {
    match &node.set {
        ValueSet::Plan(plan) => Some(plan.as_ref().clone()),
        ValueSet::List(items) => match items.as_slice() {
            [only] => match &only.kind {
                ExprKind::ToScalar(plan) => collected(plan),
                _ => None,
            },
            _ => None,
        },
    }
}

/// The rows that a table is written out in, as values of its first column, where nothing is done to them.
pub(super) fn written_out(plan: &Plan) -> Option<Vec<Value>> {
    let SourceKind::Rows(rows) = &plan.source.kind else { return None };
    if !plan.steps.iter().all(|step| matches!(step.op, Op::Project(..) | Op::Distinct)) {
        return None;
    }
    let column = plan.schema().at(0)?.id;
    let at = plan.source.schema.iter().position(|c| c.id == column)?;
    Some(rows.iter().filter_map(|row| row.get(at)).cloned().collect())
}

/// The plan whose first column is collected into the one value of `toscalar(… | summarize make_set(x))`.
fn collected(plan: &Plan) -> Option<Plan> {
    let mut plan = plan.clone();
    while matches!(plan.steps.last().map(|s| &s.op), Some(Op::Project(items, _)) if items.iter().all(Computed::is_passed_on))
    {
        plan.steps.pop();
    }
    let step = plan.steps.last_mut()?;
    let Op::Summarize { keys, aggregates } = &step.op else { return None };
    let [call] = aggregates.as_slice() else { return None };
    if !keys.is_empty() || !matches!(call.function.name(), "make_set" | "makeset" | "make_list" | "makelist") {
        return None;
    }
    let (value, id) = (call.arguments.first()?.clone(), *call.outputs.first()?);
    let ty = value.ty;
    if ty.ty == Type::Dynamic {
        return None;
    }
    let name = step.schema.iter().next().map(|c| c.name.clone())?;
    step.schema = Schema::new([Column { id, name, ty }], false);
    step.op = Op::Project(vec![Computed { id, expr: value }], Rest::Drop);
    Some(plan)
}

/// The name of the list that a plan reads, where it is data kept outside: the alias of a watchlist, or the last part of an
/// address. Plans that several places read are looked through where they are given.
pub(super) fn list_name(plan: &Plan, shared: &[Shared]) -> Option<String> {
    let shapes = |op: &Op| {
        matches!(
            op,
            Op::Filter(_)
                | Op::Extend(_)
                | Op::Project(..)
                | Op::Distinct
                | Op::Sort(_)
                | Op::Parse(_)
                | Op::MvExpand(_)
                | Op::Summarize { .. }
        )
    };
    if !plan.steps.iter().all(|step| shapes(&step.op)) {
        return None;
    }
    let text = |expr: &Expr| expr.as_literal().and_then(Value::as_str).map(str::to_owned);
    match &plan.source.kind {
        SourceKind::Call(call) if &*call.name == "_GetWatchlist" => match call.arguments.first() {
            Some((_, Argument::Scalar(alias))) => text(alias),
            _ => None,
        },
        SourceKind::External(external) => {
            let address = external.addresses.iter().find_map(text)?;
            let path = address.split(['?', '#']).next().unwrap_or(&address).trim_end_matches('/');
            Some(path.rsplit('/').next().unwrap_or(path).to_owned())
        }
        SourceKind::Shared(id, _) => list_name(&shared.get(id.0 as usize)?.plan, shared),
        _ => None,
    }
}

/// Whether an expression takes values from a table.
pub(super) fn reads_table(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |e| {
        found |= matches!(&e.kind, ExprKind::ToScalar(_))
            || matches!(&e.kind, ExprKind::Member(node) if matches!(node.set, ValueSet::Plan(_)));
    });
    found
}
