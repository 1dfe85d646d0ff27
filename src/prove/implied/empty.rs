//! Texts that cannot be empty, by cases: of some columns one is not empty, and what is computed of them takes that one.

use super::{DEEPEST, Known, Variable};
use crate::ir::{CompareOp, Expr, ExprKind, Quantifier, StringTest, Value, ValueSet};
use crate::types::Type;

/// Of how many columns each may be empty or not.
const MOST: usize = 10;

impl<'q> Known<'q> {
    /// Whether a text that a condition wants not to be empty is none in any case that the others leave.
    pub(super) fn is_never_empty(&self, expr: &'_ Expr, own: u32) -> bool {
        let wanted = match &expr.kind {
            ExprKind::Call(function, arguments) if matches!(function.name(), "isnotempty" | "notempty") => {
                arguments.first()
            }
            _ => None,
        };
        let Some(wanted) = wanted.filter(|wanted| wanted.ty.ty == Type::String) else { return false };
        let mut columns = Vec::new();
        self.columns_of(wanted, own, 0, &mut columns);
        // What the same columns are asked for, and others together with them.
        loop {
            let before = columns.len();
            for (instance, condition) in &self.conditions {
                let mut others = Vec::new();
                if asks_emptiness(condition) {
                    self.columns_of(condition, *instance, 0, &mut others);
                }
                if others.iter().any(|other| columns.contains(other)) {
                    columns.extend(others.into_iter().filter(|other| !columns.contains(other)).collect::<Vec<_>>());
                }
            }
            if columns.len() == before {
                break;
            }
        }
        if columns.len() > MOST {
            return false;
        }
        (0..1_u32 << columns.len()).all(|case| {
            let is_empty = |of: Variable| columns.iter().position(|column| *column == of).map(|at| case >> at & 1 == 1);
            let cases = Cases { known: self, is_empty: &is_empty };
            let ruled_out = |(instance, condition): &(u32, &Expr)| cases.holds(condition, *instance, 0) == Some(false);
            cases.is_empty(wanted, own, 0) == Some(false) || self.conditions.iter().any(ruled_out)
        })
    }

    /// One column for all that hold the same.
    fn representative(&self, of: Variable) -> Variable {
        self.class(of).into_iter().min().unwrap_or(of)
    }

    /// The columns of texts that an expression is made of, in the end.
    fn columns_of(&self, expr: &Expr, instance: u32, depth: usize, found: &mut Vec<Variable>) {
        expr.walk(&mut |expr| {
            let ExprKind::Column(id) = expr.kind else { return };
            match self.definition((instance, id)).filter(|_| depth < DEEPEST) {
                Some((instance, computed)) => self.columns_of(computed, instance, depth + 1, found),
                None => {
                    let column = self.representative((instance, id));
                    if expr.ty.ty == Type::String && !found.contains(&column) {
                        found.push(column);
                    }
                }
            }
        });
    }
}

/// Whether a condition only asks which texts are empty.
fn asks_emptiness(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::And(operands) | ExprKind::Or(operands) => operands.iter().all(asks_emptiness),
        ExprKind::Not(operand) => asks_emptiness(operand),
        ExprKind::Call(function, _) => matches!(function.name(), "isempty" | "isnotempty" | "notempty"),
        _ => false,
    }
}

/// A case: which columns are empty.
struct Cases<'a, 'q> {
    known: &'a Known<'q>,
    is_empty: &'a dyn Fn(Variable) -> Option<bool>,
}

impl Cases<'_, '_> {
    /// Whether a text is empty, if that is known.
    fn is_empty(&self, expr: &Expr, instance: u32, depth: usize) -> Option<bool> {
        if depth > DEEPEST {
            return None;
        }
        match &expr.kind {
            ExprKind::Literal(value) => value.as_str().map(str::is_empty),
            ExprKind::Column(id) => match self.known.definition((instance, *id)) {
                Some((instance, computed)) => self.is_empty(computed, instance, depth + 1),
                None => (self.is_empty)(self.known.representative((instance, *id))),
            },
            ExprKind::Case(case) => {
                for (condition, value) in &case.arms {
                    if self.holds(condition, instance, depth + 1)? {
                        return self.is_empty(value, instance, depth + 1);
                    }
                }
                self.is_empty(&case.otherwise, instance, depth + 1)
            }
            ExprKind::Call(function, arguments) => match (function.name(), arguments.as_slice()) {
                ("tolower" | "toupper" | "tostring", [inner]) if inner.ty.ty == Type::String => {
                    self.is_empty(inner, instance, depth + 1)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a condition holds, if that is known; false stands for null as well.
    fn holds(&self, expr: &Expr, instance: u32, depth: usize) -> Option<bool> {
        if depth > DEEPEST {
            return None;
        }
        let of = |expr: &Expr| self.holds(expr, instance, depth + 1);
        let is_empty = |expr: &Expr| {
            if expr.ty.ty == Type::String { self.is_empty(expr, instance, depth + 1) } else { None }
        };
        match &expr.kind {
            ExprKind::Literal(value) => value.as_bool(),
            ExprKind::And(operands) => chain(operands.iter().map(of), false),
            ExprKind::Or(operands) => chain(operands.iter().map(of), true),
            // Only of emptiness it is certain that it is not null.
            ExprKind::Not(operand) if asks_emptiness(operand) => of(operand).map(|holds| !holds),
            ExprKind::Call(function, arguments) => match (function.name(), arguments.as_slice()) {
                ("isempty", [one]) => is_empty(one),
                ("isnotempty" | "notempty", [one]) => is_empty(one).map(|empty| !empty),
                ("not", [one]) if asks_emptiness(one) => of(one).map(|holds| !holds),
                _ => None,
            },
            // The empty text is not one that has something in it.
            ExprKind::Compare(node) if node.op == CompareOp::Equal => {
                let there = node.right.as_literal().and_then(Value::as_str).is_some_and(|text| !text.is_empty());
                (there && is_empty(&node.left)?).then_some(false)
            }
            ExprKind::Match(node) if !node.negated && !matches!(node.test, StringTest::Wildcard | StringTest::Glob) => {
                let there = node.needle.as_literal().and_then(Value::as_str).is_some_and(|text| !text.is_empty());
                (there && is_empty(&node.subject)?).then_some(false)
            }
            ExprKind::Member(node) if !node.negated && node.quantifier == Quantifier::Any => {
                let ValueSet::List(list) = &node.set else { return None };
                let there = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
                let all = list.iter().all(|item| {
                    item.as_literal().is_some_and(|value| match value.elements() {
                        Some(elements) => elements.iter().all(there),
                        None => there(value),
                    })
                });
                (all && is_empty(&node.subject)?).then_some(false)
            }
            _ => None,
        }
    }
}

/// Conditions of which one that is `decisive` decides.
fn chain(values: impl Iterator<Item = Option<bool>>, decisive: bool) -> Option<bool> {
    let mut all = true;
    for value in values {
        match value {
            Some(value) if value == decisive => return Some(decisive),
            Some(_) => {}
            None => all = false,
        }
    }
    all.then_some(!decisive)
}
