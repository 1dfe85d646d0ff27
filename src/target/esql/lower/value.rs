//! Values: from expressions of the IR to expressions of ES|QL.

use super::call::{json_text, text_of_list};
use super::list::{List, json_of_text, list};
use super::nonzero::never_zero;
use super::read::ordered_dynamic;
use super::{Flow, Lower, Result, Slot, refuse};
use crate::ir::{Access, Arithmetic, ArithmeticOp, ArithmeticStep, ColumnId, Expr as Ir, ExprKind, Json, Value};
use crate::literal::{TICKS_PER_DAY, TICKS_PER_SECOND, format_datetime, format_guid};
use crate::source::Span;
use crate::target::elastic::tables::StoredType;
use crate::target::esql::tree::{Expr, Operator};
use crate::target::ledger::Accounts as _;
use crate::target::{Loss, LossKind};
use crate::types::Type;

/// Ticks in a millisecond.
pub(super) const TICKS_PER_MILLI: i64 = TICKS_PER_SECOND / 1000;

/// The units a span of time is written in, the longest first.
const UNITS: &[(&str, i64)] = &[
    ("day", TICKS_PER_DAY),
    ("hour", TICKS_PER_SECOND * 3600),
    ("minute", TICKS_PER_SECOND * 60),
    ("second", TICKS_PER_SECOND),
    ("millisecond", TICKS_PER_MILLI),
];

/// A span of time; never negative.
pub(super) fn span_of(ticks: i64) -> Expr {
    let (unit, size) =
        UNITS.iter().find(|(_, size)| ticks % size == 0).copied().unwrap_or(("millisecond", TICKS_PER_MILLI));
    Expr::Span(ticks / size, unit)
}

/// The time of the run, moved.
pub(super) fn now_plus(ticks: i64) -> Expr {
    moved(Expr::call("NOW", []), ticks)
}

/// An instant, moved.
pub(super) fn moved(time: Expr, ticks: i64) -> Expr {
    match ticks {
        0 => time,
        ticks if ticks < 0 => Expr::binary(Operator::Subtract, time, span_of(ticks.saturating_neg())),
        ticks => Expr::binary(Operator::Add, time, span_of(ticks)),
    }
}

/// An instant that is written out.
pub(super) fn instant(ticks: i64) -> Expr {
    // Milliseconds are all there is.
    let text = format_datetime(ticks - ticks.rem_euclid(TICKS_PER_MILLI));
    let text = text.trim_end_matches('Z');
    let short = match text.split_once('.') {
        Some((whole, fraction)) if fraction.trim_end_matches('0').is_empty() => whole.to_owned(),
        Some((whole, fraction)) => format!("{whole}.{}", &fraction[..fraction.len().min(3)]),
        None => text.to_owned(),
    };
    Expr::call("TO_DATETIME", [Expr::Text(format!("{short}Z"))])
}

fn real(value: f64) -> Option<Expr> {
    value.is_finite().then(|| {
        let number = Expr::Number(format!("{:?}", value.abs()));
        if value.is_sign_negative() && value != 0.0 { Expr::Negate(Box::new(number)) } else { number }
    })
}

/// What is to be told of a column that holds JSON as text.
pub(super) fn object_note(name: &str) -> String {
    format!("`{name}` is JSON as text in Sentinel; here it is taken to be stored as an object with its parts as fields")
}

/// What is told of the text of a time.
const TIME_TEXT: &str = "the text of an instant or time span is written in another form than KQL's";

/// What a GUID looks like.
pub(super) const GUID: &str = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}";

/// Why a part of a value is not to be had.
const NO_PARTS: &str = "a part of a value that is computed cannot be taken; only objects of the events have parts";

/// `TO_LOWER(x)`, once.
pub(super) fn lowered(value: Expr) -> Expr {
    match value {
        Expr::Text(text) => Expr::Text(text.to_lowercase()),
        Expr::Call(name, arguments) if name == "TO_LOWER" => Expr::Call(name, arguments),
        value => Expr::call("TO_LOWER", [value]),
    }
}

/// Whether time spans are added to, or taken from, what has no known type.
fn is_moved(node: &Arithmetic) -> bool {
    let moves = |step: &ArithmeticStep| {
        matches!(step.op, ArithmeticOp::Add | ArithmeticOp::Subtract) && step.operand.ty.ty == Type::TimeSpan
    };
    matches!(node.first.ty.ty, Type::Unknown | Type::Dynamic) && node.rest.iter().all(moves)
}

impl Lower<'_> {
    /// The value of an expression.
    pub(super) fn value(&mut self, flow: &mut Flow, expr: &Ir) -> Result<Expr> {
        match &expr.kind {
            ExprKind::Literal(value) => Self::literal(value, expr.span),
            ExprKind::Column(id) => {
                self.no_element(flow, expr)?;
                let value = self.column(flow, *id, expr.span);
                let is_text = flow.slots.get(id).and_then(|slot| slot.stored) == Some(StoredType::Keyword);
                Ok(if is_text && expr.ty.ty == Type::Bool { Expr::call("TO_BOOLEAN", [value]) } else { value })
            }
            ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Not(_)
            | ExprKind::Compare(_)
            | ExprKind::Match(_)
            | ExprKind::Regex(_)
            | ExprKind::Member(_)
            | ExprKind::Between(_)
            | ExprKind::AnyColumn(_) => self.truth_value(flow, expr),
            ExprKind::Arithmetic(node) => self.arithmetic(flow, node, expr.span),
            ExprKind::Negate(operand) => Ok(Expr::Negate(Box::new(self.number(flow, operand)?))),
            ExprKind::Call(function, arguments) => self.call(flow, *function, arguments, expr),
            ExprKind::Unknown(name, _) => refuse(
                LossKind::UnsupportedFunction,
                expr.span,
                format!("nothing here knows the function `{name}`; declare it with `let` in the query"),
            ),
            ExprKind::Cast(node) => self.cast(flow, node, expr),
            ExprKind::Access(node) => match self.tables.no_value(&node.path) {
                Some(why) => refuse(LossKind::UnsupportedExpression, expr.span, why),
                None => match Self::part_of_element(flow, node, expr.span) {
                    Some(part) => part,
                    None => self.access(flow, node, expr.span),
                },
            },
            ExprKind::Item(..) => refuse(
                LossKind::UnsupportedFunction,
                expr.span,
                "a function that gives several columns has no counterpart in ES|QL",
            ),
            ExprKind::Case(node) => {
                if expr.ty.ty == Type::Bool {
                    let constant = |e: &Ir| matches!(e.as_literal(), Some(Value::Bool(_) | Value::Null(_)));
                    if !node.arms.iter().all(|(_, v)| constant(v)) || !constant(&node.otherwise) {
                        return self.truth_value(flow, expr);
                    }
                }
                let as_text = expr.ty.ty == Type::String;
                let mut arguments = Vec::with_capacity(node.arms.len() * 2 + 1);
                for (condition, value) in &node.arms {
                    arguments.push(self.condition(flow, condition, true)?);
                    arguments.push(if as_text { self.text(flow, value)? } else { self.value(flow, value)? });
                }
                let otherwise =
                    if as_text { self.text(flow, &node.otherwise)? } else { self.value(flow, &node.otherwise)? };
                arguments.push(otherwise);
                Ok(Expr::call("CASE", arguments))
            }
            ExprKind::Foreign(..) | ExprKind::Loose(_) => {
                refuse(LossKind::UnsupportedExpression, expr.span, "a value of another language is read, not written")
            }
            ExprKind::Row(..) => {
                refuse(LossKind::UnsupportedExpression, expr.span, "all columns of a record cannot be packed into one")
            }
            ExprKind::ToScalar(plan) => self.scalar_of_table(flow, plan, expr.span),
            ExprKind::Parameter(name) => refuse(
                LossKind::UnsupportedExpression,
                expr.span,
                format!("`{name}` is given a value only when the query is run; give it one with `let`"),
            ),
        }
    }

    /// What a literal is in ES|QL.
    pub(super) fn literal(value: &Value, span: Span) -> Result<Expr> {
        let number = |value: f64| match real(value) {
            Some(number) => Ok(number),
            None => refuse(LossKind::UnsupportedExpression, span, "ES|QL has neither NaN nor infinity"),
        };
        Ok(match value {
            Value::Null(_) => Expr::Null,
            Value::Bool(value) => Expr::Bool(*value),
            Value::Int(value) => Expr::integer((*value).into()),
            Value::Long(value) => Expr::integer(*value),
            Value::Real(value) => number(*value)?,
            Value::Decimal(value) => number(value.to_f64())?,
            Value::DateTime(ticks) => instant(*ticks),
            Value::TimeSpan(ticks) => Expr::integer(ticks / TICKS_PER_MILLI),
            Value::String(text) => Expr::text(text.as_ref()),
            Value::Guid(value) => Expr::text(format_guid(*value)),
            Value::Dynamic(json) => match json.as_ref() {
                Json::Array(items) if items.len() == 1 => return Self::literal(&items[0].to_value(), span),
                Json::Array(items) if items.is_empty() => Expr::Null,
                Json::Array(items) if items.iter().all(|item| matches!(item, Json::String(_) | Json::Null)) => {
                    let texts = items.iter().filter_map(|item| item.to_value().as_str().map(Expr::text));
                    Expr::List(texts.collect())
                }
                Json::Array(_) | Json::Bag(_) => {
                    return refuse(
                        LossKind::UnsupportedExpression,
                        span,
                        "an array or bag that is written out has no counterpart; make it a lookup index",
                    );
                }
                scalar => return Self::literal(&scalar.to_value(), span),
            },
        })
    }

    /// The value of a column. One that a column of an open schema was assumed to be is taken by its name.
    pub(super) fn column(&mut self, flow: &mut Flow, id: ColumnId, span: Span) -> Expr {
        if let Some(slot) = flow.slots.get(&id) {
            if let Some((kind, message)) = &slot.note {
                // Whatever is read through a wrong name may change anything.
                self.ledger.losses.push(Loss::approximate(*kind, span, message.as_ref()));
            }
            return slot.expr.clone();
        }
        let info = &self.query.columns[id];
        let (name, at) = (info.name.clone(), info.span);
        let table = self.unlisted.get(&id).and_then(Option::as_ref).filter(|_| !flow.closed);
        if let Some(place) = self.tables.unlisted_place(info, table, self.options.fields) {
            flow.slots.insert(id, Slot::of_place(place));
            return self.column(flow, id, span);
        }
        self.lose(
            LossKind::UnresolvedName,
            at,
            format!("nothing here knows a column `{name}`; the field is taken to have that name"),
        );
        let field = if self.tables.is_time(&name) { "@timestamp" } else { name.as_ref() };
        let slot = Slot { of_event: !flow.closed, ..Slot::new(Expr::field(field)) };
        flow.slots.insert(id, slot);
        Expr::field(field)
    }

    /// The slot of the column that an expression is.
    pub(super) fn slot<'f>(flow: &'f Flow, expr: &Ir) -> Option<&'f Slot> {
        match &expr.kind {
            ExprKind::Column(id) => flow.slots.get(id),
            // Case does not matter to how a value is stored.
            ExprKind::Call(function, arguments) if matches!(function.name(), "tolower" | "toupper") => {
                Self::slot(flow, arguments.first()?)
            }
            ExprKind::Cast(node) => Self::slot(flow, &node.operand),
            _ => None,
        }
    }

    /// Whether an expression is known to be neither null nor empty.
    pub(super) fn is_filled(flow: &Flow, expr: &Ir) -> bool {
        match &expr.kind {
            ExprKind::Literal(Value::String(text)) => !text.is_empty(),
            ExprKind::Literal(value) => !value.is_null(),
            ExprKind::Column(id) => flow.slots.get(id).is_some_and(|slot| slot.filled),
            ExprKind::Call(function, arguments) => match function.name() {
                "bin" | "floor" | "startofday" | "tolower" | "toupper" => {
                    arguments.first().is_some_and(|a| Self::is_filled(flow, a))
                }
                "now" | "ago" | "strlen" | "array_length" => true,
                "split" | "array_concat" | "set_union" => list(expr).is_some_and(List::is_never_missing),
                "strcat" => arguments.iter().any(|a| Self::is_filled(flow, a)),
                _ => false,
            },
            ExprKind::Case(node) => {
                node.arms.iter().all(|(_, v)| Self::is_filled(flow, v)) && Self::is_filled(flow, &node.otherwise)
            }
            _ => false,
        }
    }

    /// The value as text.
    pub(super) fn text(&mut self, flow: &mut Flow, expr: &Ir) -> Result<Expr> {
        match expr.as_literal() {
            Some(Value::Int(value)) => return Ok(Expr::Text(value.to_string())),
            Some(Value::Long(value)) => return Ok(Expr::Text(value.to_string())),
            Some(Value::Bool(value)) => return Ok(Expr::text(if *value { "True" } else { "False" })),
            Some(Value::Null(_)) => return Ok(Expr::Null),
            Some(Value::Dynamic(json)) if !matches!(json.as_ref(), Json::Array(_) | Json::Bag(_)) => {
                return self.text(flow, &Ir::literal(json.to_value(), expr.span));
            }
            Some(Value::Dynamic(json)) => return Ok(Expr::Text(json_text(json))),
            _ => {}
        }
        let stored = Self::slot(flow, expr).and_then(|slot| slot.stored);
        let value = self.value(flow, expr)?;
        Ok(match (expr.ty.ty, stored) {
            (ty, Some(StoredType::Keyword)) if ty != Type::Bool => value,
            (_, Some(StoredType::Ip | StoredType::Long)) => Expr::call("TO_STRING", [value]),
            (Type::String | Type::Guid, _) => value,
            // `TO_STRING` writes `true`, where KQL writes `True`.
            (Type::Bool, _) => {
                let fails = Expr::Not(Box::new(value.clone()));
                Expr::call("CASE", [value, Expr::text("True"), fails, Expr::text("False")])
            }
            (Type::DateTime | Type::TimeSpan, _) => {
                self.lose(LossKind::Null, expr.span, TIME_TEXT);
                Expr::call("TO_STRING", [value])
            }
            (Type::Dynamic | Type::Unknown, _) => {
                self.whole_dynamic(flow, expr)?;
                let listed = Self::slot(flow, expr).and_then(|slot| slot.elements).map(|elements| elements.ty);
                let made = Self::list_of(flow, expr);
                // A list that is made is never null; of what is stored null is the likelier, whose text is empty.
                let missing = if listed.is_some() { "[]" } else { made.map_or("", |list| list.missing) };
                let made = listed.or_else(|| made.map(|list| list.ty));
                if let Some(text) = json_of_text(expr).filter(|_| made.is_none()) {
                    return self.json_in_text(flow, text, expr.span);
                }
                match made.or_else(|| self.text_array(flow, expr)) {
                    Some(ty) => {
                        let told = match ty {
                            Type::String => Some(
                                "quotes and backslashes within elements are not escaped, as they are in KQL's text of a list",
                            ),
                            Type::Dynamic | Type::Unknown => Some("what the list holds is taken for texts"),
                            Type::DateTime | Type::TimeSpan => Some(TIME_TEXT),
                            _ => None,
                        };
                        if let Some(message) = told {
                            self.lose(LossKind::Null, expr.span, message);
                        }
                        text_of_list(value, ty, missing)
                    }
                    None => Expr::call("TO_STRING", [value]),
                }
            }
            _ => Expr::call("TO_STRING", [value]),
        })
    }

    /// The text of a whole dynamic column is not there.
    fn whole_dynamic(&mut self, flow: &Flow, expr: &Ir) -> Result<()> {
        let ExprKind::Column(id) = &expr.kind else { return Ok(()) };
        if self.text_array(flow, expr).is_some() {
            return Ok(());
        }
        let is_object = match self.query.columns[*id].ty.ty {
            Type::Dynamic => self.is_object(flow, *id),
            // What has parts is one.
            _ => flow.slots.get(id).is_some_and(|slot| slot.of_event) && self.opened(*id),
        };
        if is_object {
            let name = &self.query.columns[*id].name;
            return refuse(
                LossKind::UnsupportedExpression,
                expr.span,
                format!(
                    "`{name}` is an object in Elasticsearch, which has no text to be searched; name the part that is meant, as `{name}.part`"
                ),
            );
        }
        Ok(())
    }

    /// The value as a number.
    pub(super) fn number(&mut self, flow: &mut Flow, expr: &Ir) -> Result<Expr> {
        let value = self.value(flow, expr)?;
        let stored = Self::slot(flow, expr).and_then(|slot| slot.stored);
        Ok(match expr.ty.ty {
            _ if stored == Some(StoredType::Keyword) => Expr::call("TO_LONG", [value]),
            Type::String | Type::Dynamic | Type::Unknown
                if stored != Some(StoredType::Long) && !matches!(expr.kind, ExprKind::Literal(_)) =>
            {
                Expr::call("TO_DOUBLE", [value])
            }
            _ => value,
        })
    }

    /// The value as an instant.
    pub(super) fn time(&mut self, flow: &mut Flow, expr: &Ir) -> Result<Expr> {
        let value = self.value(flow, expr)?;
        Ok(if Self::is_time(expr) { value } else { Expr::call("TO_DATETIME", [value]) })
    }

    /// Whether an expression is an instant, or is taken for one.
    pub(super) fn is_time(expr: &Ir) -> bool {
        expr.ty.ty == Type::DateTime || matches!(&expr.kind, ExprKind::Arithmetic(node) if is_moved(node))
    }

    /// A comparison as a value: true, false or null.
    fn truth_value(&mut self, flow: &mut Flow, expr: &Ir) -> Result<Expr> {
        let holds = self.condition(flow, expr, true)?;
        let fails = match ordered_dynamic(expr) {
            // What is there and no number is not greater or less than one.
            Some(operand) => self.value(flow, operand)?.is_not_null(),
            None => self.condition(flow, expr, false)?,
        };
        Ok(Expr::call("CASE", [holds, Expr::Bool(true), fails, Expr::Bool(false)]))
    }

    fn arithmetic(&mut self, flow: &mut Flow, node: &Arithmetic, span: Span) -> Result<Expr> {
        let mut ty = if is_moved(node) { Type::DateTime } else { node.first.ty.ty };
        let mut left = match ty {
            Type::DateTime => self.time(flow, &node.first)?,
            Type::TimeSpan => self.value(flow, &node.first)?,
            _ => self.number(flow, &node.first)?,
        };
        if ty != node.first.ty.ty {
            let message = "what a time span is added to or taken from is taken for an instant";
            self.lose(LossKind::UnresolvedName, node.first.span, message);
        }
        let mut constant = node.first.as_literal().cloned();
        for step in &node.rest {
            let operand = &step.operand;
            let other = operand.ty.ty;
            left = match (ty, step.op, other) {
                (Type::DateTime, ArithmeticOp::Add | ArithmeticOp::Subtract, Type::TimeSpan) => {
                    let sign = if step.op == ArithmeticOp::Add { 1 } else { -1 };
                    if let Some(Value::TimeSpan(ticks)) = operand.as_literal() {
                        moved(left, sign * ticks)
                    } else {
                        let millis = self.value(flow, operand)?;
                        let op = if sign == 1 { Operator::Add } else { Operator::Subtract };
                        Expr::call("TO_DATETIME", [Expr::binary(op, Expr::call("TO_LONG", [left]), millis)])
                    }
                }
                (Type::TimeSpan, ArithmeticOp::Add, Type::DateTime) => {
                    let time = self.value(flow, operand)?;
                    match constant {
                        Some(Value::TimeSpan(ticks)) => moved(time, ticks),
                        _ => Expr::call(
                            "TO_DATETIME",
                            [Expr::binary(Operator::Add, Expr::call("TO_LONG", [time]), left)],
                        ),
                    }
                }
                (Type::DateTime, ArithmeticOp::Subtract, Type::DateTime) => {
                    let right = self.value(flow, operand)?;
                    Expr::binary(Operator::Subtract, Expr::call("TO_LONG", [left]), Expr::call("TO_LONG", [right]))
                }
                (Type::TimeSpan, ArithmeticOp::Divide, Type::TimeSpan) => {
                    let right = self.value(flow, operand)?;
                    Expr::binary(Operator::Divide, Expr::call("TO_DOUBLE", [left]), right)
                }
                (Type::DateTime, ..) | (_, _, Type::DateTime) => {
                    return refuse(
                        LossKind::UnsupportedExpression,
                        span,
                        "this arithmetic with instants cannot be said",
                    );
                }
                (_, op, _) => {
                    let right =
                        if other == Type::TimeSpan { self.value(flow, operand)? } else { self.number(flow, operand)? };
                    match op {
                        ArithmeticOp::Add => Expr::binary(Operator::Add, left, right),
                        ArithmeticOp::Subtract => Expr::binary(Operator::Subtract, left, right),
                        ArithmeticOp::Multiply => Expr::binary(Operator::Multiply, left, right),
                        ArithmeticOp::Divide => {
                            if step.ty.ty == Type::Real && !never_zero(self.query, operand) {
                                let message = "a division by zero gives nothing, where KQL gives infinity";
                                self.lose(LossKind::Null, operand.span, message);
                            }
                            Expr::binary(Operator::Divide, left, right)
                        }
                        // KQL's is never negative.
                        ArithmeticOp::Modulo => {
                            let rest = Expr::binary(Operator::Modulo, left, right.clone());
                            let raised = Expr::binary(Operator::Add, rest, Expr::call("ABS", [right.clone()]));
                            Expr::binary(Operator::Modulo, raised, right)
                        }
                    }
                }
            };
            ty = if is_moved(node) { Type::DateTime } else { step.ty.ty };
            constant = None;
        }
        Ok(left)
    }

    /// A value of several, by its position.
    fn element(&mut self, flow: &mut Flow, base: &Ir, list: Expr, path: &[Ir], span: Span) -> Result<Expr> {
        let [position] = path else {
            return refuse(LossKind::UnsupportedExpression, span, NO_PARTS);
        };
        let at = match position.as_literal() {
            Some(value) => value.as_integer().map(Expr::integer),
            None if matches!(position.ty.ty, Type::Int | Type::Long) => {
                Some(Expr::call("TO_INTEGER", [self.value(flow, position)?]))
            }
            None => None,
        };
        let Some(at) = at else {
            return refuse(LossKind::UnsupportedExpression, span, NO_PARTS);
        };
        if !Self::is_list(flow, base) {
            self.lose(LossKind::Order, span, "the values of a field with several have an order of their own");
        }
        Ok(Expr::call("MV_SLICE", [list, at.clone(), at]))
    }

    /// Whether a value is several in their own order.
    pub(super) fn is_list(flow: &Flow, expr: &Ir) -> bool {
        match &expr.kind {
            ExprKind::Column(id) => flow.slots.get(id).is_some_and(|slot| slot.listed),
            ExprKind::Call(function, arguments) => match function.name() {
                "split" => arguments.len() == 2,
                "parse_json" | "todynamic" | "parsejson" => arguments.first().is_some_and(|a| Self::is_list(flow, a)),
                _ => false,
            },
            _ => false,
        }
    }

    /// A part of a dynamic: the field below the object's name.
    fn access(&mut self, flow: &mut Flow, node: &Access, span: Span) -> Result<Expr> {
        let mut base = &node.base;
        let mut text_of = None;
        loop {
            match &base.kind {
                ExprKind::Call(function, arguments)
                    if matches!(function.name(), "parse_json" | "todynamic" | "parsejson") =>
                {
                    match arguments.first() {
                        Some(inner) => base = inner,
                        None => break,
                    }
                }
                ExprKind::Cast(cast) if matches!(base.ty.ty, Type::String | Type::Dynamic) => base = &cast.operand,
                _ => break,
            }
        }
        if base.ty.ty == Type::String {
            text_of = base.as_column();
            if text_of.is_none_or(|id| !flow.slots.get(&id).is_some_and(|slot| slot.of_event)) {
                return refuse(
                    LossKind::UnsupportedExpression,
                    span,
                    "ES|QL reads no JSON out of a text that is computed; use `extract`",
                );
            }
        }
        let value = match &base.kind {
            // What has no value itself has parts all the same.
            ExprKind::Access(inner) => self.access(flow, inner, base.span)?,
            _ => self.value(flow, base)?,
        };
        let own = match &base.kind {
            ExprKind::Column(id) => flow.slots.get(id).is_some_and(|slot| slot.of_event),
            _ => matches!(base.kind, ExprKind::Access(_)),
        };
        let mut path = match value {
            Expr::Field(path) if own => path,
            value => return self.element(flow, base, value, &node.path, span),
        };
        let mut told = None;
        for part in &node.path {
            let step = match part.as_literal() {
                Some(Value::String(name)) if !name.is_empty() => name.to_string(),
                Some(value) if value.as_integer().is_some_and(|n| n >= 0) => {
                    value.as_integer().unwrap_or_default().to_string()
                }
                _ => {
                    return refuse(
                        LossKind::UnsupportedExpression,
                        part.span,
                        "the way into an object has to be written out, counted from its start",
                    );
                }
            };
            let part = self.tables.part(&path, &step);
            path = part.field;
            told = told.or(part.note);
        }
        if let Some(message) = told {
            self.ledger.losses.push(Loss::approximate(LossKind::UnmappedField, span, message));
        }
        if let Some(id) = text_of {
            let message = object_note(&self.query.columns[id].name);
            self.ledger.losses.push(Loss::approximate(LossKind::UnmappedField, span, message));
        }
        Ok(Expr::Field(path))
    }
}
