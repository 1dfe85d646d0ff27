//! Values: from expressions of the IR to expressions of `eval`, and from one representation to another.

use super::represent::json_text;
use super::text::or_empty;
use super::{Flow, Lower, Repr, Result, Slot, Val, object_text, refuse};
use crate::functions::Shape;
use crate::ir::{Access, Arithmetic, ArithmeticOp, ColumnId, CompareOp, Expr, ExprKind, Json, Value};
use crate::literal::{TICKS_PER_DAY, TICKS_PER_SECOND, format_guid};
use crate::source::Span;
use crate::target::ledger::Accounts as _;
use crate::target::splunk::tree::{Command, Eval, Operator};
use crate::target::{Loss, LossKind};
use crate::types::Type;

/// Ticks from year 1 to 1970.
const EPOCH: i64 = 719_162 * TICKS_PER_DAY;

/// A number of ticks as seconds.
pub(super) fn seconds(ticks: i64) -> Eval {
    let negative = ticks < 0;
    let ticks = ticks.unsigned_abs();
    let (whole, rest) = (ticks / TICKS_PER_SECOND as u64, ticks % TICKS_PER_SECOND as u64);
    let text =
        if rest == 0 { whole.to_string() } else { format!("{whole}.{rest:07}").trim_end_matches('0').to_owned() };
    let number = Eval::Number(text);
    if negative { Eval::Negate(Box::new(number)) } else { number }
}

/// An instant as seconds since 1970.
pub(super) fn epoch(ticks: i64) -> Eval {
    seconds(ticks - EPOCH)
}

fn real(value: f64) -> Option<Eval> {
    value.is_finite().then(|| {
        let text = format!("{}", value.abs());
        let number = Eval::Number(text);
        if value.is_sign_negative() && value != 0.0 { Eval::Negate(Box::new(number)) } else { number }
    })
}

impl Lower<'_> {
    /// The value of an expression, in whatever representation it has.
    pub(super) fn value(&mut self, flow: &mut Flow, expr: &Expr) -> Result<Val> {
        super::deep(|| self.value_inner(flow, expr))
    }

    fn value_inner(&mut self, flow: &mut Flow, expr: &Expr) -> Result<Val> {
        match &expr.kind {
            ExprKind::Literal(value) => Self::literal(value, expr.span),
            ExprKind::Column(id) => Ok(self.column(flow, *id, expr.span)),
            ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Not(_)
            | ExprKind::Compare(_)
            | ExprKind::Match(_)
            | ExprKind::Regex(_)
            | ExprKind::Member(_)
            | ExprKind::Between(_)
            | ExprKind::AnyColumn(_) => self.truth_value(flow, expr),
            ExprKind::Arithmetic(node) => self.arithmetic(flow, node),
            ExprKind::Negate(operand) => {
                let val = self.value(flow, operand)?;
                let repr = if val.repr == Repr::Span { Repr::Span } else { Repr::Number };
                Ok(Val::new(Eval::Negate(Box::new(self.to_number(val, operand.span)?)), repr))
            }
            ExprKind::Call(function, arguments) => self.call(flow, *function, arguments, expr),
            ExprKind::Unknown(name, _) => refuse(
                LossKind::UnsupportedFunction,
                expr.span,
                format!("nothing here knows the function `{name}`; declare it with `let` in the query"),
            ),
            ExprKind::Foreign(function, _) => refuse(
                LossKind::UnsupportedFunction,
                expr.span,
                format!("the function `{function}` of another language is read, not written"),
            ),
            ExprKind::Loose(_) => refuse(
                LossKind::UnsupportedExpression,
                expr.span,
                "a comparison of values without types is read, not written",
            ),
            ExprKind::Cast(node) => self.cast(flow, node, expr),
            ExprKind::Access(node) => self.access(flow, node, expr.span),
            ExprKind::Item(base, 0) if matches!(&base.kind, ExprKind::Call(_, arguments) if arguments.len() == 1) => {
                let Expr { kind: ExprKind::Call(function, arguments), .. } = &**base else {
                    return refuse(LossKind::UnsupportedFunction, expr.span, "this value has no parts");
                };
                self.call(flow, *function, arguments, base)
            }
            ExprKind::Item(..) => refuse(
                LossKind::UnsupportedFunction,
                expr.span,
                "a function that gives several columns has no counterpart in SPL",
            ),
            ExprKind::Case(node) => {
                if expr.ty.ty == Type::Bool {
                    return self.truth_value(flow, expr);
                }
                let mut values = Vec::with_capacity(node.arms.len() + 1);
                for (_, value) in &node.arms {
                    values.push((self.value(flow, value)?, value.span));
                }
                values.push((self.value(flow, &node.otherwise)?, node.otherwise.span));
                let repr = self.common(&values, expr.ty.ty);
                let mut results = Vec::with_capacity(values.len());
                for (value, span) in values {
                    results.push(self.to_repr(value, &repr, span)?);
                }
                let otherwise = results.pop().unwrap_or_else(|| Eval::call("null", []));
                let mut conditions = Vec::with_capacity(node.arms.len());
                for (condition, _) in &node.arms {
                    conditions.push(self.condition(flow, condition, true)?);
                }
                if let ([condition], [value]) = (conditions.as_slice(), results.as_slice()) {
                    let arguments = [condition.clone(), value.clone(), otherwise];
                    return Ok(Val::new(Eval::call("if", arguments), repr));
                }
                let mut arguments: Vec<Eval> =
                    conditions.into_iter().zip(results).flat_map(|(condition, value)| [condition, value]).collect();
                arguments.extend([Eval::call("true", []), otherwise]);
                Ok(Val::new(Eval::call("case", arguments), repr))
            }
            ExprKind::Row(columns, open) => {
                if *open {
                    return refuse(
                        LossKind::UnsupportedExpression,
                        expr.span,
                        "all columns of a table that may have more than are known cannot be packed",
                    );
                }
                let mut arguments = Vec::with_capacity(columns.len() * 2);
                for (name, id) in columns {
                    arguments.push(Eval::text(name.as_ref()));
                    let val = self.column(flow, *id, expr.span);
                    // An instant stands in JSON as its text.
                    arguments.push(match val.repr {
                        Repr::Time => self.to_text(val, expr.span)?,
                        _ => self.whole_value(&val),
                    });
                }
                Ok(Val::new(Eval::call("json_object", arguments), Repr::Json))
            }
            ExprKind::ToScalar(plan) => self.to_scalar(flow, plan, expr),
            ExprKind::Parameter(name) => refuse(
                LossKind::UnsupportedExpression,
                expr.span,
                format!("`{name}` is given a value only when the query is run; give it one with `let`"),
            ),
        }
    }

    /// What a literal is in `eval`.
    fn literal(value: &Value, span: Span) -> Result<Val> {
        Ok(match value {
            Value::Null(_) => Val::new(Eval::call("null", []), Repr::Any),
            Value::Bool(value) => Val::new(Eval::text(if *value { "true" } else { "false" }), Repr::Bool),
            Value::Int(value) => Val::new(Eval::integer((*value).into()), Repr::Number),
            Value::Long(value) => Val::new(Eval::integer(*value), Repr::Number),
            Value::Real(value) => match real(*value) {
                Some(number) => Val::new(number, Repr::Number),
                None => return refuse(LossKind::UnsupportedExpression, span, "SPL has neither NaN nor infinity"),
            },
            Value::Decimal(value) => match real(value.to_f64()) {
                Some(number) => Val::new(number, Repr::Number),
                None => return refuse(LossKind::UnsupportedExpression, span, "the number is too large for SPL"),
            },
            Value::DateTime(ticks) => Val::new(epoch(*ticks), Repr::Time),
            Value::TimeSpan(ticks) => Val::new(seconds(*ticks), Repr::Span),
            Value::String(text) => Val::new(Eval::text(text.as_ref()), Repr::Text),
            Value::Guid(value) => Val::new(Eval::text(format_guid(*value)), Repr::Text),
            Value::Dynamic(json) => match json.as_ref() {
                Json::Array(_) | Json::Bag(_) => Val::new(Eval::text(json_text(json)), Repr::Json),
                scalar => return Self::literal(&scalar.to_value(), span),
            },
        })
    }

    /// The value of a column. One that a column of an open schema was assumed to be is taken by its name.
    pub(super) fn column(&mut self, flow: &mut Flow, id: ColumnId, span: Span) -> Val {
        self.note(flow, id, span);
        if let Some(slot) = flow.slots.get(&id) {
            let val = slot.val.clone();
            return if slot.nullable_field().is_some() { self.without_null(flow, id, val) } else { val };
        }
        let slot = self.assumed_slot(flow, id);
        let val = slot.val.clone();
        flow.slots.insert(id, slot);
        val
    }

    /// Tells what there is to tell of a column that is used.
    pub(super) fn note(&mut self, flow: &Flow, id: ColumnId, span: Span) {
        if let Some((kind, message)) = flow.slots.get(&id).and_then(|slot| slot.note.clone()) {
            // Whatever is read through a wrong name may change anything.
            self.ledger.losses.push(Loss::approximate(kind, span, message.as_ref()));
        }
    }

    /// A column that is read through the text which stands for null: computed once, under its own name if that is free.
    fn without_null(&self, flow: &mut Flow, id: ColumnId, val: Val) -> Val {
        let name = super::clean(&self.query.columns[id].name);
        if name.starts_with('_') || flow.slots.values().any(|slot| slot.val.expr.reads(&name)) {
            return val;
        }
        flow.push(Command::Eval(vec![(name.clone(), val.expr)]));
        let val = Val::new(Eval::Field(name), val.repr);
        if let Some(slot) = flow.slots.get_mut(&id) {
            slot.val = val.clone();
            slot.of_event = false;
        }
        val
    }

    /// A value that is read as an object or an array: a column that no source has told of is one inside the event's text then,
    /// which has no field of its own.
    pub(super) fn as_found(flow: &mut Flow, expr: &Expr, val: Val) -> Val {
        Self::taken_for(flow, expr, val, |name| Val::new(Eval::field("_raw"), Repr::Object(name)))
    }

    /// The values of an array.
    pub(super) fn array(&mut self, flow: &mut Flow, expr: &Expr) -> Result<Eval> {
        let val = self.value(flow, expr)?;
        self.to_multi(Self::as_found(flow, expr, val), expr.span)
    }

    /// A value that is compared with an instant: a column that no source has told of holds the text of one.
    pub(super) fn as_instant(flow: &mut Flow, expr: &Expr, val: Val) -> Val {
        Self::taken_for(flow, expr, val, |name| Val::new(Eval::Field(name), Repr::TimeText))
    }

    /// A column that no source has told of, by what its use says of its field; from there on it is that. Any other value
    /// stays as it is.
    fn taken_for(flow: &mut Flow, expr: &Expr, val: Val, meaning: impl FnOnce(String) -> Val) -> Val {
        let slot = expr.as_column().and_then(|id| flow.slots.get_mut(&id)).filter(|slot| slot.of_event);
        match (slot, val) {
            (Some(slot), Val { expr: Eval::Field(name), repr: Repr::Any }) => {
                slot.val = meaning(name);
                slot.val.clone()
            }
            (_, val) => val,
        }
    }

    /// The name of the field that a column is taken to have which no source has told of, and no use so far.
    pub(super) fn untold(flow: &Flow, expr: &Expr, val: &Val) -> Option<String> {
        let slot = expr.as_column().and_then(|id| flow.slots.get(&id))?;
        match val {
            Val { expr: Eval::Field(name), repr: Repr::Any } if slot.of_event => Some(name.clone()),
            _ => None,
        }
    }

    /// The slot of a column that no source has told of.
    fn assumed_slot(&mut self, flow: &Flow, id: ColumnId) -> Slot {
        let info = &self.query.columns[id];
        let (name, span) = (info.name.clone(), info.span);
        if let Some((bag, prefix)) = &flow.unpacked
            && let Some(slot) = name.strip_prefix(prefix.as_str()).filter(|slot| !slot.contains(['.', '{', '}']))
        {
            return Slot::new(Val::new(object_text(Eval::field(bag), slot), Repr::Json));
        }
        if flow.parted.contains(&name) {
            let message = format!(
                "no column is called `{name}`: the tables of the union have it with several types, so that each type's column \
                 has a name of its own; name the type too, as in `{name}_string`"
            );
            self.ledger.losses.push(Loss::refusal(LossKind::UnresolvedName, span, message));
        }
        self.lose(
            LossKind::UnresolvedName,
            span,
            format!("nothing here knows a column `{name}`; the field is taken to have that name"),
        );
        let val = if self.is_time_name(&name) {
            Val::new(Eval::field("_time"), Repr::Time)
        } else if !flow.closed && self.objects.contains(&id) {
            // What has parts is no field of its own, also where all of it is meant.
            Val::new(Eval::field("_raw"), Repr::Object(super::clean(&name)))
        } else {
            Val::new(Eval::Field(super::clean(&name)), Repr::Any)
        };
        Slot { of_event: !flow.closed, ..Slot::new(val) }
    }

    /// A comparison as a value: `true`, `false` or null.
    fn truth_value(&mut self, flow: &mut Flow, expr: &Expr) -> Result<Val> {
        let holds = self.condition(flow, expr, true)?;
        let (yes, no) = (Eval::text("true"), Eval::text("false"));
        let value = if self.is_total(flow, expr) {
            Eval::call("if", [holds, yes, no])
        } else {
            let fails = self.condition(flow, expr, false)?;
            Eval::call("case", [holds, yes, fails, no])
        };
        Ok(Val::new(value, Repr::Bool))
    }

    fn arithmetic(&mut self, flow: &mut Flow, node: &Arithmetic) -> Result<Val> {
        let first = self.value(flow, &node.first)?;
        let mut whole = node.first.ty.ty.is_integer();
        let mut repr = first.repr.clone();
        let mut left = self.to_number(first, node.first.span)?;
        for step in &node.rest {
            let right = self.value(flow, &step.operand)?;
            let right = self.to_number(right, step.operand.span)?;
            let integers = whole && step.operand.ty.ty.is_integer();
            left = match step.op {
                ArithmeticOp::Add => Eval::operation(left, Operator::Add, right),
                ArithmeticOp::Subtract => Eval::operation(left, Operator::Subtract, right),
                ArithmeticOp::Multiply => Eval::operation(left, Operator::Multiply, right),
                ArithmeticOp::Divide if integers => truncated(Eval::operation(left, Operator::Divide, right)),
                ArithmeticOp::Divide => {
                    let by_zero = match step.operand.as_literal() {
                        Some(Value::TimeSpan(ticks)) => *ticks == 0,
                        Some(value) => value.as_integer() == Some(0),
                        None => true,
                    };
                    if by_zero {
                        let message = "a division by zero gives nothing, where KQL gives infinity";
                        self.lose(LossKind::Null, step.operand.span, message);
                    }
                    Eval::operation(left, Operator::Divide, right)
                }
                ArithmeticOp::Modulo if repr == Repr::Time => Eval::operation(left, Operator::Modulo, right),
                // KQL's is never negative.
                ArithmeticOp::Modulo => {
                    let rest = Eval::operation(left, Operator::Modulo, right.clone());
                    Eval::operation(
                        Eval::operation(rest, Operator::Add, Eval::call("abs", [right.clone()])),
                        Operator::Modulo,
                        right,
                    )
                }
            };
            whole = step.ty.ty.is_integer();
            repr = match step.ty.ty {
                Type::DateTime => Repr::Time,
                Type::TimeSpan => Repr::Span,
                _ => Repr::Number,
            };
        }
        Ok(Val::new(left, repr))
    }

    fn access(&mut self, flow: &mut Flow, node: &Access, span: Span) -> Result<Val> {
        if let Some(val) = self.special_access(flow, node, span)? {
            return Ok(val);
        }
        let base = self.value(flow, &node.base)?;
        let base = Self::as_found(flow, &node.base, base);
        let by_place = node.path.first().is_some_and(|key| key.ty.ty.is_integer());
        if by_place && node.base.as_column().is_some_and(|id| self.sets.contains(&id)) {
            self.lose(
                LossKind::Order,
                span,
                "which element of a set stands where is open in KQL; `values` puts them in the order of their texts",
            );
        }
        let mut path = String::new();
        let mut exact_keys: Vec<(Eval, String)> = Vec::new();
        for (at, key) in node.path.iter().enumerate() {
            match key.as_literal() {
                Some(Value::String(name)) if !name.contains(['.', '{', '}']) && !name.is_empty() => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                Some(Value::String(name)) => exact_keys.push((Eval::text(name.as_ref()), std::mem::take(&mut path))),
                Some(value) if value.as_integer().is_some_and(|n| n >= 0) => {
                    path.extend(["{", &value.as_integer().unwrap_or_default().to_string(), "}"]);
                }
                Some(value) if value.as_integer().is_some() && node.path.len() == 1 => {
                    let multi = self.to_multi(base, node.base.span)?;
                    let index = Eval::integer(value.as_integer().unwrap_or_default());
                    return Ok(Val::new(Eval::call("mvindex", [multi, index]), Repr::Json));
                }
                _ => {
                    let index = key;
                    if at == 0 && node.path.len() == 1 && index.ty.ty.is_integer() {
                        let multi = self.to_multi(base, node.base.span)?;
                        let index = self.number(flow, index)?;
                        return Ok(Val::new(Eval::call("mvindex", [multi, index]), Repr::Json));
                    }
                    if index.ty.ty == Type::String {
                        let name = self.text(flow, index)?;
                        exact_keys.push((name, std::mem::take(&mut path)));
                        continue;
                    }
                    return refuse(
                        LossKind::UnsupportedExpression,
                        key.span,
                        "the position inside an array has to be written out where there are several steps",
                    );
                }
            }
        }
        // One path into the event tells a text from what it holds.
        let is_loose = |slot: &Slot| slot.loose && slot.val.repr == Repr::Json && !is_of_event(&slot.val.expr);
        let of_text = match base.repr {
            Repr::Multi => node.path.len() > 1 && self.may_hold_texts(flow, &node.base),
            _ => node.base.as_column().and_then(|id| flow.slots.get(&id)).is_some_and(is_loose),
        };
        if of_text {
            self.tell_parts(span);
        }
        if base.repr == Repr::Multi {
            let Some(index) = node.path.first().and_then(Expr::as_literal).and_then(Value::as_integer) else {
                return refuse(LossKind::UnsupportedExpression, span, "an array has no slots by name");
            };
            let element = Eval::call("mvindex", [base.expr, Eval::integer(index)]);
            if node.path.len() == 1 {
                let repr = match node.base.ty.shape {
                    Shape::Array(Type::String) => Repr::Text,
                    _ => Repr::Json,
                };
                return Ok(Val::new(element, repr));
            }
            let rest = path.split_once('}').map_or("", |(_, rest)| rest).trim_start_matches('.').to_owned();
            return Ok(Val::new(object_text(element, &rest), Repr::Json));
        }
        if exact_keys.is_empty() {
            return Ok(if let Repr::Object(prefix) = base.repr {
                let separator = if path.starts_with('{') || prefix.is_empty() { "" } else { "." };
                Val::new(base.expr, Repr::Object(format!("{prefix}{separator}{path}")))
            } else {
                let is_text = base.repr == Repr::Text;
                let json = self.to_json(base, node.base.span)?;
                Val::new(if is_text { object_text(json, &path) } else { extended(json, &path) }, Repr::Json)
            });
        }
        // Names that hold a dot need a function of their own.
        let mut is_text = base.repr == Repr::Text;
        let mut json = self.to_json(base, node.base.span)?;
        for (name, before) in exact_keys {
            if !before.is_empty() {
                json = if is_text { object_text(json, &before) } else { extended(json, &before) };
            }
            is_text = false;
            json = Eval::call("json_extract_exact", [json, name]);
        }
        if !path.is_empty() {
            json = object_text(json, path.trim_start_matches('.'));
        }
        Ok(Val::new(json, Repr::Json))
    }
}

/// True where a text is this.
pub(super) fn is_text(text: Eval, wanted: &str) -> Eval {
    Eval::compare(CompareOp::Equal, text, Eval::text(wanted))
}

/// A quotient cut towards zero.
pub(super) fn truncated(value: Eval) -> Eval {
    let negative = Eval::compare(CompareOp::Less, value.clone(), Eval::integer(0));
    Eval::call("if", [negative, Eval::call("ceiling", [value.clone()]), Eval::call("floor", [value])])
}

/// Whether a value stands at a path of the event.
fn is_of_event(value: &Eval) -> bool {
    matches!(value, Eval::Call(name, arguments) if name == "json_extract" && arguments.first() == Some(&Eval::field("_raw")))
}

/// The value at a path; one call does for a path inside a path.
fn extended(json: Eval, path: &str) -> Eval {
    match json {
        Eval::Call(name, mut arguments) if name == "json_extract" && arguments.len() == 2 => {
            if let Some(Eval::Text(before)) = arguments.get_mut(1) {
                if !path.starts_with('{') && !before.is_empty() {
                    before.push('.');
                }
                before.push_str(path);
            }
            Eval::Call(name, arguments)
        }
        json => object_text(json, path),
    }
}

/// A text that is null where the field is missing but must not be so inside a longer one.
pub(super) fn joined_text(text: Eval, filled: bool) -> Eval {
    if filled { text } else { or_empty(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_become_seconds() {
        assert_eq!(seconds(TICKS_PER_DAY), Eval::Number("86400".into()));
        assert_eq!(seconds(1), Eval::Number("0.0000001".into()));
        assert_eq!(seconds(-TICKS_PER_SECOND), Eval::integer(-1));
        let instant = crate::literal::parse_datetime("2024-01-31T10:00:00Z").unwrap();
        assert_eq!(epoch(instant), Eval::Number("1706695200".into()));
    }

    #[test]
    fn a_path_inside_a_path_is_one_path() {
        let inner = object_text(Eval::field("f"), "a");
        assert_eq!(extended(extended(inner, "{0}"), "b"), object_text(Eval::field("f"), "a{0}.b"));
    }
}
