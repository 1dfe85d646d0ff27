//! What could not be steered is hoped for, and then tried: values are changed one at a time until a condition is met.

use super::candidates::{absent, typed};
use super::model::{Check, NodeId, Row, Term};
use super::parts::Over;
use super::plausible;
use super::solver::{Solver, Stuck};
use super::want::text;
use crate::ir::{ColumnId, Expr, ExprKind, Value};
use crate::literal::{TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE};
use crate::types::Type;

/// How many values may be changed for a condition.
const VALUES: usize = 10;
/// The largest number of conditions and values for which changes are tried.
const LARGEST: usize = 4000;

impl<'q> Solver<'q> {
    /// Leaves a condition that is not steered to luck.
    pub(super) fn hope(&mut self, expr: &'q Expr, row: &Row<'q>, holds: bool, stuck: Stuck) {
        let (span, what) = stuck.told();
        self.state.hoped.push_back_mut((Check::Holds(expr, row.clone(), holds), span, what));
    }

    /// Looks what has become of the conditions, and tries to meet those that are not met.
    pub(super) fn repair(&mut self) {
        let small = self.state.checks.len() * self.state.instances.len() < LARGEST;
        let hoped: Vec<_> = self.state.hoped.iter().cloned().collect();
        for (check, span, what) in hoped {
            let met = self.passes(&check, &Over::new());
            if met != Some(true) && !(small && self.change(&check)) {
                self.note(Stuck::Unknown(span, what));
            }
        }
        if !small {
            return;
        }
        let checks: Vec<Check<'q>> = self.state.checks.iter().cloned().collect();
        for check in checks {
            if self.passes(&check, &Over::new()) == Some(false) {
                self.change(&check);
            }
        }
    }

    /// Changes one value so that a condition is met and no other is broken.
    fn change(&mut self, check: &Check<'q>) -> bool {
        let Check::Holds(expr, row, _) = check else { return false };
        let mut found = Vec::new();
        self.leaves(expr, row, &mut found);
        found.sort_unstable();
        found.dedup();
        let mut literals = Vec::new();
        self.literals(expr, row, &mut literals, 0);
        let met: Vec<Check<'q>> =
            self.state.checks.iter().filter(|check| self.passes(check, &Over::new()) == Some(true)).cloned().collect();
        // The same column of several events is changed in all of them, or in one.
        let mut columns: Vec<Vec<NodeId>> = Vec::new();
        for node in &found {
            let label = self.state.node(*node).label.clone();
            match columns.iter_mut().find(|nodes| self.state.node(nodes[0]).label == label) {
                Some(nodes) => nodes.push(*node),
                None => columns.push(vec![*node]),
            }
        }
        columns.retain(|nodes| nodes.len() > 1);
        let alone = found.iter().take(VALUES).map(|node| vec![*node]);
        for nodes in columns.into_iter().chain(alone) {
            let free = |node: &NodeId| {
                let known = self.state.node(*node);
                known.value.is_some() && known.parts.is_empty() && known.apart.is_empty()
            };
            if !nodes.iter().all(free) {
                continue;
            }
            for value in self.others(nodes[0], &literals) {
                let mut over = Over::new();
                for (at, node) in nodes.iter().enumerate() {
                    over.insert(*node, varied(&value, at));
                }
                let fits = over
                    .iter()
                    .all(|(node, value)| self.state.node(*node).wants.iter().all(|(want, _)| want.holds(value)));
                if fits
                    && self.passes(check, &over) == Some(true)
                    && met.iter().all(|check| self.passes(check, &over) == Some(true))
                {
                    for (node, value) in over {
                        self.state.change(node, |node| node.value = Some(value));
                    }
                    return true;
                }
            }
        }
        false
    }

    /// Other values that a value may have.
    fn others(&self, node: NodeId, literals: &[Value]) -> Vec<Value> {
        let known = self.state.node(node);
        let mut values: Vec<Value> = literals.iter().filter_map(|value| typed(value, known.ty)).collect();
        match known.ty {
            Type::DateTime => {
                let now = self.time(known.instance);
                let steps = [TICKS_PER_MINUTE, 7 * TICKS_PER_MINUTE, TICKS_PER_HOUR, TICKS_PER_DAY];
                for step in steps {
                    values.extend((1..26).map(|count| Value::DateTime(now - count * step)));
                }
            }
            Type::Bool => values.extend([Value::Bool(true), Value::Bool(false)]),
            Type::Int | Type::Long | Type::Real | Type::Decimal | Type::TimeSpan => {
                let near = literals.iter().filter_map(super::want::whole).filter_map(|value| i64::try_from(value).ok());
                let near: Vec<i64> = near.flat_map(|value| [value - 1, value + 1, value.saturating_mul(2)]).collect();
                let scale = (0..15).map(|power| 10_i64.pow(power));
                for number in near.into_iter().chain([0, -1, 2, 3, 5, 7]).chain(scale) {
                    values.extend(typed(&Value::Long(number), known.ty));
                }
            }
            _ => {
                let texts: Vec<String> = literals.iter().map(text).collect();
                values.extend(texts.iter().map(|text| Value::string(format!("{text}1"))));
                values.extend(texts.iter().map(|text| Value::string(format!("a {text} b"))));
                let number = self.number(known.instance);
                values.extend((1..6).map(|more| Value::string(plausible::text(&known.label, number + more * 17))));
                for text in
                    ["1", "10.1.2.3", "8.8.8.8", "a@b.example", "C:\\a\\b.exe", "aGVsbG8=", "https://a.example/b"]
                {
                    values.push(Value::string(text));
                }
                values.push(Value::string("a".repeat(300)));
                values.push(absent(known.ty));
            }
        }
        values
    }

    /// The unknown values that an expression depends on.
    fn leaves(&mut self, expr: &'q Expr, row: &Row<'q>, found: &mut Vec<NodeId>) {
        if found.len() > 400 {
            return;
        }
        if let ExprKind::Column(id) = expr.kind {
            self.leaves_of(id, row, found);
            return;
        }
        let mut operands = Vec::new();
        expr.operands(&mut |operand| operands.push(operand));
        for operand in operands {
            self.leaves(operand, row, found);
        }
    }

    fn leaves_of(&mut self, id: ColumnId, row: &Row<'q>, found: &mut Vec<NodeId>) {
        match self.term(id, row) {
            Some(Term::Leaf(instance, name)) => {
                if self.state.instances[instance].fields.contains_key(&name) {
                    found.push(self.state.leaf(instance, &name));
                }
            }
            Some(Term::Expr(expr, row) | Term::Element(expr, row, _) | Term::Slot(expr, row, _)) => {
                self.leaves(expr, &row, found);
            }
            Some(Term::Column(id, row)) => self.leaves_of(id, &row, found),
            Some(Term::Parsed(parse, row, _)) => self.leaves(&parse.subject, &row, found),
            Some(Term::Aggregate(group, call, _)) => {
                let group = std::rc::Rc::clone(&self.state.groups[group]);
                let calls: &'q [crate::ir::AggregateCall] = group.aggregates;
                for argument in calls.get(call).map(|call| call.arguments.as_slice()).unwrap_or_default() {
                    for member in group.members.iter().take(40) {
                        self.leaves(argument, member, found);
                    }
                }
            }
            Some(Term::Value(_) | Term::Opaque) | None => {}
        }
    }

    /// The values that are written out in an expression.
    fn literals(&self, expr: &'q Expr, row: &Row<'q>, found: &mut Vec<Value>, depth: usize) {
        if found.len() > 64 || depth > 12 {
            return;
        }
        match &expr.kind {
            ExprKind::Literal(value) => match super::locate::elements(value) {
                Some(items) => found.extend(items.into_iter().take(16)),
                None => found.push(value.clone()),
            },
            ExprKind::Column(id) => {
                if let Some(Term::Expr(expr, row)) = self.term(*id, row) {
                    self.literals(expr, &row, found, depth + 1);
                }
            }
            _ => expr.operands(&mut |operand| self.literals(operand, row, found, depth + 1)),
        }
    }
}

/// A number that differs a little from another.
fn varied(value: &Value, at: usize) -> Value {
    match value {
        Value::Long(value) => Value::Long(value + value / 20 * i64::try_from(at % 3).unwrap_or(0)),
        other => other.clone(),
    }
}
