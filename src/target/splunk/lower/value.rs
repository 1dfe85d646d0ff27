//! Values: from expressions of the IR to expressions of `eval`, and from one representation to another.

use super::text::or_empty;
use super::{Flow, Lower, Repr, Result, Slot, Val, object_text, refuse};
use crate::functions::Shape;
use crate::ir::{Access, Arithmetic, ArithmeticOp, Cast, CastKind, ColumnId, Expr, ExprKind, Json, Value};
use crate::literal::{TICKS_PER_DAY, TICKS_PER_SECOND, format_guid};
use crate::source::Span;
use crate::target::splunk::tree::{Compare, Eval, Operator};
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
        match &expr.kind {
            ExprKind::Literal(value) => self.literal(value, expr.span),
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
            ExprKind::Cast(node) => self.cast(flow, node, expr),
            ExprKind::Access(node) => self.access(flow, node, expr.span),
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
                    arguments.push(self.whole_value(&val));
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
    fn literal(&mut self, value: &Value, span: Span) -> Result<Val> {
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
                scalar => return self.literal(&scalar.to_value(), span),
            },
        })
    }

    /// The value of a column. One that a column of an open schema was assumed to be is taken by its name.
    pub(super) fn column(&mut self, flow: &mut Flow, id: ColumnId, span: Span) -> Val {
        if let Some(slot) = flow.slots.get(&id) {
            if let Some((kind, message)) = &slot.note {
                // Whatever is read through a wrong name may change anything.
                self.losses.push(Loss::approximate(*kind, span, message.as_ref()));
            }
            return slot.val.clone();
        }
        let slot = self.assumed_slot(flow, id);
        let val = slot.val.clone();
        flow.slots.insert(id, slot);
        val
    }

    /// The slot of a column that no source has told of.
    fn assumed_slot(&mut self, flow: &Flow, id: ColumnId) -> Slot {
        let info = &self.query.columns[id];
        let (name, span) = (info.name.clone(), info.span);
        self.lose(
            LossKind::UnresolvedName,
            span,
            format!("nothing here knows a column `{name}`; the field is taken to have that name"),
        );
        let field = if self.is_time_name(&name) { "_time".to_owned() } else { super::clean(&name) };
        Slot { of_event: !flow.closed, ..Slot::new(Val::new(Eval::Field(field), Repr::Any)) }
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
                ArithmeticOp::Divide => Eval::operation(left, Operator::Divide, right),
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

    fn cast(&mut self, flow: &mut Flow, node: &Cast, expr: &Expr) -> Result<Val> {
        let span = expr.span;
        let val = self.value(flow, &node.operand)?;
        if node.kind == CastKind::Widen {
            return Ok(val);
        }
        let from = node.operand.ty.ty;
        match expr.ty.ty {
            Type::String => Ok(Val::new(self.to_text(val, span)?, Repr::Text)),
            Type::Int | Type::Long => {
                let number = match (&val.repr, from) {
                    (Repr::Time | Repr::Span, _) => {
                        return refuse(
                            LossKind::UnsupportedExpression,
                            span,
                            "the ticks of an instant have no use in SPL",
                        );
                    }
                    (Repr::Bool, _) => {
                        let truth = val.expr;
                        Eval::call(
                            "case",
                            [
                                is_text(truth.clone(), "true"),
                                Eval::integer(1),
                                is_text(truth, "false"),
                                Eval::integer(0),
                            ],
                        )
                    }
                    (Repr::Number, from) if from.is_integer() => val.expr,
                    (Repr::Number, _) => truncated(val.expr),
                    _ => {
                        let text = self.to_text(val, span)?;
                        let digits = Eval::call("match", [text.clone(), Eval::Regex(r"^\s*[+-]?\d+\s*$".into())]);
                        Eval::call("if", [digits, Eval::call("tonumber", [text]), Eval::call("null", [])])
                    }
                };
                Ok(Val::new(number, Repr::Number))
            }
            Type::Real | Type::Decimal => Ok(Val::new(self.to_number(val, span)?, Repr::Number)),
            Type::Bool => match val.repr {
                Repr::Bool => Ok(val),
                Repr::Number => Ok(Val::new(
                    Eval::call(
                        "case",
                        [
                            Eval::compare(Compare::Equal, val.expr.clone(), Eval::integer(0)),
                            Eval::text("false"),
                            Eval::call("isnotnull", [val.expr]),
                            Eval::text("true"),
                        ],
                    ),
                    Repr::Bool,
                )),
                _ => {
                    let text = super::text::lowered(&self.to_text(val, span)?);
                    Ok(Val::new(
                        Eval::call(
                            "case",
                            [
                                Eval::call("in", [text.clone(), Eval::text("true"), Eval::text("1")]),
                                Eval::text("true"),
                                Eval::call("in", [text, Eval::text("false"), Eval::text("0")]),
                                Eval::text("false"),
                            ],
                        ),
                        Repr::Bool,
                    ))
                }
            },
            Type::DateTime => match val.repr {
                Repr::Time | Repr::Number => Ok(Val::new(val.expr, Repr::Time)),
                Repr::TimeText => Ok(Val::new(self.to_time(val, span)?, Repr::Time)),
                _ => {
                    let text = self.to_text(val, span)?;
                    self.lose(
                        LossKind::Null,
                        span,
                        "a time that is written in another form than ISO 8601 becomes null, where KQL reads several forms",
                    );
                    let read = |format: &str| Eval::call("strptime", [text.clone(), Eval::text(format)]);
                    let own = self.data.target.time_format.clone();
                    let forms = [read(&own), read("%Y-%m-%dT%H:%M:%S%Z"), read("%Y-%m-%d %H:%M:%S"), read("%Y-%m-%d")];
                    Ok(Val::new(Eval::call("coalesce", forms), Repr::Time))
                }
            },
            Type::Guid => Ok(Val::new(super::text::lowered(&self.to_text(val, span)?), Repr::Text)),
            Type::Dynamic => Ok(val),
            ty => {
                refuse(LossKind::UnsupportedExpression, span, format!("a conversion to {ty} has no counterpart in SPL"))
            }
        }
    }

    fn access(&mut self, flow: &mut Flow, node: &Access, span: Span) -> Result<Val> {
        if let Some(val) = self.special_access(flow, node, span)? {
            return Ok(val);
        }
        let base = self.value(flow, &node.base)?;
        let mut path = String::new();
        let mut exact_keys = Vec::new();
        for (at, key) in node.path.iter().enumerate() {
            match key.as_literal() {
                Some(Value::String(name)) if !name.contains(['.', '{', '}']) && !name.is_empty() => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                Some(Value::String(name)) => exact_keys.push((at, name.clone(), std::mem::take(&mut path))),
                Some(value) if value.as_integer().is_some_and(|n| n >= 0) => {
                    path.push_str(&format!("{{{}}}", value.as_integer().unwrap_or_default()));
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
                    return refuse(
                        LossKind::UnsupportedExpression,
                        key.span,
                        "the name of a slot has to be written out, SPL cannot compute it",
                    );
                }
            }
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
            return Ok(match base.repr {
                Repr::Object(prefix) => {
                    let separator = if path.starts_with('{') || prefix.is_empty() { "" } else { "." };
                    Val::new(base.expr, Repr::Object(format!("{prefix}{separator}{path}")))
                }
                _ => {
                    let json = self.to_json(base, node.base.span)?;
                    Val::new(extended(json, &path), Repr::Json)
                }
            });
        }
        // Names that hold a dot need a function of their own.
        let mut json = self.to_json(base, node.base.span)?;
        for (_, name, before) in exact_keys {
            if !before.is_empty() {
                json = extended(json, &before);
            }
            json = Eval::call("json_extract_exact", [json, Eval::text(name.as_ref())]);
        }
        if !path.is_empty() {
            json = object_text(json, path.trim_start_matches('.'));
        }
        Ok(Val::new(json, Repr::Json))
    }

    /// The representation that several values of one type can share.
    fn common(&self, values: &[(Val, Span)], ty: Type) -> Repr {
        match ty {
            Type::String | Type::Guid => Repr::Text,
            Type::Int | Type::Long | Type::Real | Type::Decimal => Repr::Number,
            Type::DateTime => Repr::Time,
            Type::TimeSpan => Repr::Span,
            Type::Bool => Repr::Bool,
            Type::Dynamic if values.iter().all(|(v, _)| matches!(v.repr, Repr::Multi | Repr::Any)) => Repr::Multi,
            Type::Dynamic => Repr::Json,
            Type::Unknown => Repr::Any,
        }
    }

    fn to_repr(&mut self, val: Val, repr: &Repr, span: Span) -> Result<Eval> {
        match repr {
            Repr::Text => self.to_text(val, span),
            Repr::Number | Repr::Span => self.to_number(val, span),
            Repr::Time => self.to_time(val, span),
            Repr::Json => self.to_json(val, span),
            Repr::Multi => self.to_multi(val, span),
            _ => Ok(self.whole_value(&val)),
        }
    }

    /// The text of an expression.
    pub(super) fn text(&mut self, flow: &mut Flow, expr: &Expr) -> Result<Eval> {
        let val = self.value(flow, expr)?;
        self.to_text(val, expr.span)
    }

    /// The number of an expression.
    pub(super) fn number(&mut self, flow: &mut Flow, expr: &Expr) -> Result<Eval> {
        let val = self.value(flow, expr)?;
        self.to_number(val, expr.span)
    }

    /// `tostring`.
    pub(super) fn to_text(&mut self, val: Val, span: Span) -> Result<Eval> {
        Ok(match val.repr {
            Repr::Text | Repr::Json | Repr::Any | Repr::TimeText => val.expr,
            Repr::Number => match val.expr {
                Eval::Number(digits) => Eval::Text(digits),
                expr => Eval::call("tostring", [expr]),
            },
            Repr::Object(path) => object_text(val.expr, &path),
            Repr::Bool => match val.expr {
                Eval::Text(text) => Eval::Text(if text == "true" { "True" } else { "False" }.into()),
                expr => Eval::call(
                    "case",
                    [is_text(expr.clone(), "true"), Eval::text("True"), is_text(expr, "false"), Eval::text("False")],
                ),
            },
            Repr::Time => Eval::call("strftime", [val.expr, Eval::text("%Y-%m-%dT%H:%M:%S.%7NZ")]),
            Repr::Multi => Eval::call("mv_to_json_array", [val.expr]),
            Repr::Span => {
                return refuse(
                    LossKind::UnsupportedExpression,
                    span,
                    "SPL has no text for a time span; divide it by `1s` for a number",
                );
            }
        })
    }

    /// A number, an instant or a time span as a number.
    pub(super) fn to_number(&mut self, val: Val, span: Span) -> Result<Eval> {
        Ok(match val.repr {
            Repr::Number | Repr::Time | Repr::Span | Repr::Any => val.expr,
            Repr::Text | Repr::Json => match val.expr {
                Eval::Text(text) if text.parse::<f64>().is_ok_and(|n| n >= 0.0) => Eval::Number(text),
                expr => Eval::call("tonumber", [expr]),
            },
            Repr::Object(path) => Eval::call("tonumber", [object_text(val.expr, &path)]),
            Repr::TimeText => self.to_time(val, span)?,
            Repr::Bool => Eval::call(
                "case",
                [is_text(val.expr.clone(), "true"), Eval::integer(1), is_text(val.expr, "false"), Eval::integer(0)],
            ),
            Repr::Multi => return refuse(LossKind::UnsupportedExpression, span, "an array is no number"),
        })
    }

    /// An instant in seconds.
    pub(super) fn to_time(&mut self, val: Val, span: Span) -> Result<Eval> {
        Ok(match val.repr {
            Repr::Time | Repr::Any | Repr::Number => val.expr,
            Repr::Text | Repr::Json | Repr::TimeText => {
                Eval::call("strptime", [val.expr, Eval::text(&self.data.target.time_format)])
            }
            Repr::Object(path) => {
                Eval::call("strptime", [object_text(val.expr, &path), Eval::text(&self.data.target.time_format)])
            }
            _ => return refuse(LossKind::UnsupportedExpression, span, "this value is no instant"),
        })
    }

    /// JSON text.
    pub(super) fn to_json(&mut self, val: Val, span: Span) -> Result<Eval> {
        Ok(match val.repr {
            Repr::Multi => Eval::call("mv_to_json_array", [val.expr]),
            Repr::Object(path) => object_text(val.expr, &path),
            Repr::Text | Repr::Json | Repr::Any | Repr::Number => val.expr,
            Repr::Bool => val.expr,
            _ => self.to_text(val, span)?,
        })
    }

    /// The values of an array.
    pub(super) fn to_multi(&mut self, val: Val, span: Span) -> Result<Eval> {
        Ok(match val.repr {
            Repr::Multi => val.expr,
            Repr::Json => match val.expr {
                Eval::Text(text) => match literal_items(&text) {
                    Some(items) => Eval::call("mvappend", items.into_iter().map(Eval::Text)),
                    None => Eval::call("json_array_to_mv", [Eval::Text(text)]),
                },
                expr => Eval::call("json_array_to_mv", [expr]),
            },
            Repr::Text | Repr::Any => Eval::call("json_array_to_mv", [val.expr]),
            Repr::Object(path) => Eval::call("json_array_to_mv", [object_text(val.expr, &path)]),
            _ => return refuse(LossKind::UnsupportedExpression, span, "this value is no array"),
        })
    }

    /// The multivalue field that a subject is, if it is one.
    pub(super) fn multi_subject(&mut self, flow: &mut Flow, expr: &Expr) -> Result<Option<Eval>> {
        if expr.ty.ty != Type::Dynamic {
            return Ok(None);
        }
        let val = self.value(flow, expr)?;
        Ok((val.repr == Repr::Multi).then_some(val.expr))
    }
}

/// True where a text is this.
pub(super) fn is_text(text: Eval, wanted: &str) -> Eval {
    Eval::compare(Compare::Equal, text, Eval::text(wanted))
}

/// A quotient cut towards zero.
pub(super) fn truncated(value: Eval) -> Eval {
    let negative = Eval::compare(Compare::Less, value.clone(), Eval::integer(0));
    Eval::call("if", [negative, Eval::call("ceiling", [value.clone()]), Eval::call("floor", [value])])
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

/// The items of a literal array of strings or numbers.
fn literal_items(text: &str) -> Option<Vec<String>> {
    let parsed: Vec<serde_json::Value> = serde_json::from_str(text).ok()?;
    parsed
        .into_iter()
        .map(|item| match item {
            serde_json::Value::String(text) => Some(text),
            serde_json::Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
        .collect::<Option<Vec<_>>>()
        .filter(|items| !items.is_empty())
}

/// A dynamic as JSON text.
pub(super) fn json_text(json: &Json) -> String {
    to_serde(json).to_string()
}

fn to_serde(json: &Json) -> serde_json::Value {
    use serde_json::Value as S;
    match json {
        Json::Null => S::Null,
        Json::Bool(value) => S::Bool(*value),
        Json::Long(value) => S::from(*value),
        Json::Real(value) => S::from(*value),
        Json::Array(items) => S::Array(items.iter().map(to_serde).collect()),
        Json::Bag(slots) => S::Object(slots.iter().map(|(name, value)| (name.to_string(), to_serde(value))).collect()),
        Json::String(text) => S::String(text.to_string()),
        Json::DateTime(ticks) => S::String(crate::literal::format_datetime(*ticks)),
        Json::TimeSpan(ticks) => S::String(crate::literal::format_timespan(*ticks)),
        Json::Guid(value) => S::String(format_guid(*value)),
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
