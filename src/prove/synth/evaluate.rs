//! What expressions give over events that are settled: enough to know constants, and to tell whether what was asked for
//! has been had. Where it does not know, it says so.

use std::sync::Arc;

use super::functions;
use super::model::{Check, Group, Row, Term};
use super::parts::Over;
use super::solver::Solver;
use super::want::{compare, is_absent, ordered, plain, same, test_text, text};
use crate::ir::{
    ArithmeticOp, ColumnId, CompareOp, Expr, ExprKind, Json, NullRule, Quantifier, StringTest, Value, ValueSet,
};
use crate::types::Type;

impl<'q> Solver<'q> {
    /// The value of an expression, if all it depends on is known.
    pub(super) fn evaluate(&self, expr: &Expr, row: &Row<'q>) -> Option<Value> {
        self.evaluate_with(expr, row, &Over::new())
    }

    /// The value of an expression where some values are others than they are.
    pub(super) fn evaluate_with(&self, expr: &Expr, row: &Row<'q>, over: &Over) -> Option<Value> {
        let of = |expr: &Expr| self.evaluate_with(expr, row, over);
        match &expr.kind {
            ExprKind::Literal(value) => Some(value.clone()),
            ExprKind::Column(id) => self.column(*id, row, over),
            ExprKind::And(operands) => kleene(operands.iter().map(of), true),
            ExprKind::Or(operands) => kleene(operands.iter().map(of), false),
            ExprKind::Not(operand) => {
                let value = of(operand)?;
                Some(value.as_bool().map_or(Value::Null(Type::Bool), |value| Value::Bool(!value)))
            }
            ExprKind::Compare(node) => {
                let (left, right) = (of(&node.left)?, of(&node.right)?);
                let (absent_left, absent_right) = (plain(&left).is_null(), plain(&right).is_null());
                if absent_left || absent_right {
                    return Some(match (node.nulls, node.op) {
                        (NullRule::KqlEquality, CompareOp::Equal) if absent_left != absent_right => Value::Bool(false),
                        (NullRule::KqlEquality, CompareOp::NotEqual) if absent_left != absent_right => {
                            Value::Bool(true)
                        }
                        _ => Value::Null(Type::Bool),
                    });
                }
                match node.op {
                    CompareOp::Equal => Some(Value::Bool(same(&left, &right, false))),
                    CompareOp::NotEqual => Some(Value::Bool(!same(&left, &right, false))),
                    op => compare(&left, &right).map(|order| Value::Bool(ordered(op, order))),
                }
            }
            ExprKind::Match(node) => {
                let (subject, needle) = (of(&node.subject)?, of(&node.needle)?);
                let fold = node.rules.case != crate::ir::CaseRule::Sensitive;
                let found = !plain(&subject).is_null() && test_text(node.test, fold, &text(&subject), &text(&needle));
                Some(Value::Bool(found != node.negated))
            }
            ExprKind::Regex(node) => {
                let (subject, pattern) = (of(&node.subject)?, of(&node.pattern)?);
                let fold = if node.case == crate::ir::CaseRule::Sensitive { "" } else { "(?i)" };
                let regex = super::pattern::compiled(&format!("{fold}{}", pattern.as_str()?))?;
                Some(Value::Bool(regex.is_match(&text(&subject)) != node.negated))
            }
            ExprKind::Member(node) => {
                let subject = of(&node.subject)?;
                let fold = node.rules.case != crate::ir::CaseRule::Sensitive;
                let one = |with: &Value| match node.test {
                    StringTest::Equals => same(&subject, with, fold),
                    test => test_text(test, fold, &text(&subject), &text(with)),
                };
                let values = match &node.set {
                    ValueSet::List(list) => {
                        let mut values = Vec::new();
                        for item in list {
                            let value = of(item)?;
                            match super::locate::elements(&value) {
                                Some(elements) => values.extend(elements),
                                None => values.push(value),
                            }
                        }
                        values
                    }
                    ValueSet::Plan(plan) => {
                        let values = self.given(plan, over)?;
                        if values.is_empty() && node.negated {
                            return None;
                        }
                        let elements = |value: Value| super::locate::elements(&value).unwrap_or_else(|| vec![value]);
                        values.into_iter().flat_map(elements).collect()
                    }
                };
                let found = match node.quantifier {
                    Quantifier::Any => values.iter().any(one),
                    Quantifier::All => values.iter().all(one),
                };
                Some(Value::Bool(found != node.negated))
            }
            ExprKind::Between(node) => {
                let (subject, low, high) = (of(&node.subject)?, of(&node.low)?, of(&node.high)?);
                if plain(&subject).is_null() {
                    return Some(Value::Null(Type::Bool));
                }
                let inside = compare(&subject, &low)?.is_ge() && compare(&subject, &high)?.is_le();
                Some(Value::Bool(inside != node.negated))
            }
            ExprKind::AnyColumn(node) => {
                let needle = text(&of(&node.needle)?);
                let fold = node.rules.case != crate::ir::CaseRule::Sensitive;
                let mut known = true;
                for id in &node.columns {
                    match self.column(*id, row, over) {
                        Some(value) if test_text(node.test, fold, &text(&value), &needle) != node.negated => {
                            return Some(Value::Bool(true));
                        }
                        Some(_) => {}
                        None => known = false,
                    }
                }
                known.then_some(Value::Bool(false))
            }
            ExprKind::Arithmetic(node) => {
                let mut value = of(&node.first)?;
                for step in &node.rest {
                    value = arithmetic(step.op, &value, &of(&step.operand)?, step.ty.ty)?;
                }
                Some(value)
            }
            ExprKind::Negate(operand) => arithmetic(ArithmeticOp::Subtract, &Value::Long(0), &of(operand)?, expr.ty.ty),
            ExprKind::Call(function, arguments) => match (function.name(), arguments.as_slice()) {
                ("now", []) => Some(Value::DateTime(self.now)),
                ("ago", [span]) => match of(span)? {
                    Value::TimeSpan(ticks) => Some(Value::DateTime(self.now.checked_sub(ticks)?)),
                    _ => None,
                },
                ("now", [span]) => match of(span)? {
                    Value::TimeSpan(ticks) => Some(Value::DateTime(self.now.checked_add(ticks)?)),
                    _ => None,
                },
                ("ingestion_time", []) => {
                    let instance = row.event()?;
                    let node = *self.state.instances.get(instance)?.fields.get("$IngestionTime")?;
                    self.assembled_with(node, over)
                }
                ("coalesce", arguments) => {
                    let mut last = Value::Null(expr.ty.ty);
                    for argument in arguments {
                        last = of(argument)?;
                        if !is_absent(&last) {
                            break;
                        }
                    }
                    Some(last)
                }
                (name, arguments) => {
                    let values = arguments.iter().map(of).collect::<Option<Vec<Value>>>()?;
                    functions::call(name, &values, expr.ty.ty)
                }
            },
            ExprKind::Cast(cast) => functions::cast(&of(&cast.operand)?, expr.ty.ty),
            ExprKind::Access(access) => {
                let mut value = of(&access.base)?;
                for step in &access.path {
                    let part = match of(step)? {
                        Value::String(name) => super::model::Part::Slot(name),
                        other => super::model::Part::At(i64::try_from(super::want::whole(&other)?).ok()?),
                    };
                    value = functions::access(&value, &part).unwrap_or(Value::Null(Type::Dynamic));
                }
                Some(value)
            }
            ExprKind::Case(case) => {
                for (condition, value) in &case.arms {
                    if of(condition)?.as_bool() == Some(true) {
                        return of(value);
                    }
                }
                of(&case.otherwise)
            }
            ExprKind::ToScalar(plan) => {
                let values = self.given(plan, over)?;
                values.into_iter().next()
            }
            ExprKind::Row(..)
            | ExprKind::Parameter(_)
            | ExprKind::Unknown(..)
            | ExprKind::Foreign(..)
            | ExprKind::Loose(_)
            | ExprKind::Item(..) => None,
        }
    }

    /// The first column of the records that a sub-query was made to give.
    fn given(&self, plan: &Arc<crate::ir::Plan>, over: &Over) -> Option<Vec<Value>> {
        let column = plan.schema().at(0)?.id;
        let place = Arc::as_ptr(plan) as usize;
        if let Some(values) = super::plan::written(plan) {
            return Some(values);
        }
        let rows = self.state.inner.iter().filter(|(at, _)| *at == place);
        rows.map(|(_, row)| self.column(column, row, over)).collect()
    }

    /// The value of a column.
    pub(super) fn column(&self, id: ColumnId, row: &Row<'q>, over: &Over) -> Option<Value> {
        match self.term(id, row)? {
            Term::Leaf(instance, name) => {
                let node = *self.state.instances[instance].fields.get(&name)?;
                self.assembled_with(node, over)
            }
            Term::Expr(expr, row) => self.evaluate_with(expr, &row, over),
            Term::Column(id, row) => self.column(id, &row, over),
            // What a bin holds is more than one record tells.
            Term::Element(expr, row, _) if self.is_series(expr, &row) => None,
            Term::Element(expr, row, at) => {
                let value = self.evaluate_with(expr, &row, over)?;
                let part = super::model::Part::At(i64::try_from(at).ok()?);
                Some(functions::access(&value, &part).unwrap_or(Value::Null(Type::Dynamic)))
            }
            Term::Slot(expr, row, name) => {
                let value = self.evaluate_with(expr, &row, over)?;
                let part = super::model::Part::Slot(name);
                Some(functions::access(&value, &part).unwrap_or(Value::Null(Type::Dynamic)))
            }
            Term::Parsed(parse, row, position) => {
                let subject = self.evaluate_with(&parse.subject, &row, over)?;
                functions::parsed(parse, position, &text(&subject))
            }
            Term::Aggregate(group, call, output) => {
                let group = std::rc::Rc::clone(&self.state.groups[group]);
                self.aggregate(&group, call, output, over)
            }
            Term::Value(value) => Some(value),
            Term::Opaque => None,
        }
    }

    fn aggregate(&self, group: &Group<'q>, call: usize, output: usize, over: &Over) -> Option<Value> {
        let call = group.aggregates.get(call)?;
        let name = call.function.name();
        // A group that may grow has no count yet.
        if !self.settled && !group.closed && !super::locate::CHOOSING.contains(&name) {
            return None;
        }
        let argument = call.arguments.get(output).or_else(|| call.arguments.first());
        let each = |expr: &Expr| -> Option<Vec<Value>> {
            group.members.iter().map(|member| self.evaluate_with(expr, member, over)).collect()
        };
        let conditional = name.ends_with("if") && name != "countif" && name != "dcountif";
        let mut values = match argument {
            Some(argument) => each(argument)?,
            None => Vec::new(),
        };
        if conditional || name == "dcountif" {
            let passes = each(call.arguments.get(1)?)?;
            values = values
                .into_iter()
                .zip(passes)
                .filter(|(_, pass)| pass.as_bool() == Some(true))
                .map(|(v, _)| v)
                .collect();
        }
        functions::aggregate(name, &values, group.members.len())
    }

    /// Whether a check holds; none where that is not known.
    pub(super) fn passes(&self, check: &Check<'q>, over: &Over) -> Option<bool> {
        match check {
            Check::Holds(expr, row, holds) => {
                let value = self.evaluate_with(expr, row, over)?;
                Some((value.as_bool() == Some(true)) == *holds)
            }
            Check::Want(node, want, _) => Some(want.holds(&self.assembled_with(*node, over)?)),
            Check::Same(left, left_row, right, right_row, _) => {
                let (left, right) = (self.column(*left, left_row, over)?, self.column(*right, right_row, over)?);
                Some(!plain(&left).is_null() && same(&left, &right, false))
            }
        }
    }
}

fn kleene(values: impl Iterator<Item = Option<Value>>, neutral: bool) -> Option<Value> {
    let (mut null, mut unknown) = (false, false);
    for value in values {
        match value.map(|value| value.as_bool()) {
            Some(Some(value)) if value != neutral => return Some(Value::Bool(!neutral)),
            Some(Some(_)) => {}
            Some(None) => null = true,
            None => unknown = true,
        }
    }
    if unknown {
        return None;
    }
    Some(if null { Value::Null(Type::Bool) } else { Value::Bool(neutral) })
}

/// Arithmetic on two values.
pub(super) fn arithmetic(op: ArithmeticOp, left: &Value, right: &Value, ty: Type) -> Option<Value> {
    let (left, right) = (plain(left), plain(right));
    if left.is_null() || right.is_null() {
        return Some(Value::Null(ty));
    }
    if let (Some(a), Some(b)) = (super::want::whole(&left), super::want::whole(&right)) {
        let both_times = |value: &Value| matches!(value, Value::TimeSpan(_) | Value::DateTime(_));
        if op == ArithmeticOp::Divide && both_times(&left) && both_times(&right) {
            #[expect(clippy::cast_precision_loss, reason = "a quotient is a real")]
            return Some(if b == 0 { Value::Null(Type::Real) } else { Value::Real(a as f64 / b as f64) });
        }
        let result = match op {
            ArithmeticOp::Add => a.checked_add(b)?,
            ArithmeticOp::Subtract => a.checked_sub(b)?,
            ArithmeticOp::Multiply => a.checked_mul(b)?,
            ArithmeticOp::Divide if b == 0 => return Some(Value::Null(ty)),
            ArithmeticOp::Divide => a / b,
            ArithmeticOp::Modulo if b == 0 => return Some(Value::Null(ty)),
            ArithmeticOp::Modulo => a.rem_euclid(b),
        };
        let result = i64::try_from(result).ok()?;
        return Some(match (&left, &right) {
            (Value::DateTime(_), Value::DateTime(_)) => Value::TimeSpan(result),
            (Value::DateTime(_), _) | (_, Value::DateTime(_)) => Value::DateTime(result),
            (Value::TimeSpan(_), _) | (_, Value::TimeSpan(_)) => Value::TimeSpan(result),
            _ => Value::Long(result),
        });
    }
    let (a, b) = (super::want::number(&left)?, super::want::number(&right)?);
    let result = match op {
        ArithmeticOp::Add => a + b,
        ArithmeticOp::Subtract => a - b,
        ArithmeticOp::Multiply => a * b,
        ArithmeticOp::Divide => a / b,
        ArithmeticOp::Modulo => a.rem_euclid(b),
    };
    #[expect(clippy::cast_possible_truncation, reason = "spans of rules are small")]
    Some(if ty == Type::TimeSpan { Value::TimeSpan(result as i64) } else { Value::Real(result) })
}

/// An array of values.
pub(super) fn array(values: impl IntoIterator<Item = Value>) -> Value {
    Value::Dynamic(Arc::new(Json::Array(values.into_iter().map(|value| super::want::as_json(&value)).collect())))
}
