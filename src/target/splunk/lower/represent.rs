//! Conversions: KQL's casts, and one representation of a value into another.

use super::text::{lowered, matches};
use super::value::{is_text, truncated};
use super::{Flow, Lower, Repr, Result, Val, object_text, refuse};
use crate::functions::Shape;
use crate::ir::{Cast, CastKind, CompareOp, Expr, Json};
use crate::literal::format_guid;
use crate::source::Span;
use crate::target::LossKind;
use crate::target::ledger::Accounts as _;
use crate::target::splunk::tree::{Eval, Operator};
use crate::types::Type;

/// How times begin that `todatetime` reads as they are written, in tokens of `strftime`.
const READ_BACK: &[&str] = &["%Y-%m-%d", "%m/%d/%Y"];

/// A text that holds a null of JSON or a text in its quotes, which is not the text of what it holds.
const SCALAR: &str = r#"^\s*(?:null|"(?:[^"\\]|\\.)*")\s*\z"#;
/// Texts that `tobool` takes for true: the word, and whole numbers but 0.
const TRUE: &str = r"(?i)^\s*(?:true|[+-]?0*[1-9]\d*)\s*\z";
/// Texts that it takes for false.
const FALSE: &str = r"(?i)^\s*(?:false|[+-]?0+)\s*\z";
/// How a text begins that `toguid` reads, hyphens and all; what follows counts for nothing.
const GUID: &str = "^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}";

impl Lower<'_> {
    pub(super) fn cast(&mut self, flow: &mut Flow, node: &Cast, expr: &Expr) -> Result<Val> {
        let span = expr.span;
        let val = self.value(flow, &node.operand)?;
        if node.kind == CastKind::Widen {
            return Ok(val);
        }
        let from = node.operand.ty.ty;
        let as_text = expr.ty.ty == Type::String || expr.ty.ty != Type::Dynamic && Self::is_held(flow, &node.operand);
        let val = if as_text { Val::new(self.text_of(flow, &node.operand, val)?, Repr::Text) } else { val };
        match expr.ty.ty {
            Type::String => Ok(val),
            Type::Int | Type::Long => {
                let number = match (&val.repr, from) {
                    // A tick is a tenth of a microsecond.
                    (Repr::Span, _) => {
                        let ticks = Eval::integer(crate::literal::TICKS_PER_SECOND);
                        Eval::operation(val.expr, Operator::Multiply, ticks)
                    }
                    (Repr::Time, _) => {
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
                            Eval::compare(CompareOp::Equal, val.expr.clone(), Eval::integer(0)),
                            Eval::text("false"),
                            Eval::call("isnotnull", [val.expr]),
                            Eval::text("true"),
                        ],
                    ),
                    Repr::Bool,
                )),
                _ => {
                    let text = if Self::is_held(flow, &node.operand) { val.expr } else { self.truth_text(val, span)? };
                    let arms = [true, false].map(|truth| {
                        let word = Eval::text(if truth { "true" } else { "false" });
                        [written_as(text.clone(), truth), word]
                    });
                    Ok(Val::new(Eval::call("case", arms.into_iter().flatten()), Repr::Bool))
                }
            },
            Type::DateTime => match val.repr {
                Repr::Time | Repr::Number => Ok(Val::new(val.expr, Repr::Time)),
                Repr::TimeText => Ok(Val::new(self.to_time(val, span)?, Repr::Time)),
                _ => {
                    let text = self.to_text(val, span)?;
                    // What was just written in a form that KQL reads is read in that form.
                    if let Eval::Call(name, arguments) = &text
                        && name == "strftime"
                        && let [_, Eval::Text(format)] = arguments.as_slice()
                        && READ_BACK.iter().any(|form| format.starts_with(form))
                    {
                        let format = Eval::Text(format.clone());
                        return Ok(Val::new(Eval::call("strptime", [text, format]), Repr::Time));
                    }
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
            Type::Guid if from == Type::Guid => Ok(val),
            Type::Guid => {
                self.lose(
                    LossKind::Null,
                    span,
                    "a GUID that is written without hyphens, in braces or behind blanks becomes null, where KQL reads it",
                );
                let text = self.to_text(val, span)?;
                let guid = Eval::call("substr", [text.clone(), Eval::integer(1), Eval::integer(36)]);
                let read = Eval::call("if", [matches(text, GUID.to_owned()), lowered(&guid), Eval::call("null", [])]);
                Ok(Val::new(read, Repr::Text))
            }
            Type::Dynamic => Ok(val),
            ty => {
                refuse(LossKind::UnsupportedExpression, span, format!("a conversion to {ty} has no counterpart in SPL"))
            }
        }
    }

    /// The representation that several values of one type can share.
    pub(super) fn common(&self, values: &[(Val, Span)], ty: Type) -> Repr {
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

    pub(super) fn to_repr(&mut self, val: Val, repr: &Repr, span: Span) -> Result<Eval> {
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
        self.text_of(flow, expr, val)
    }

    /// The text of an expression that has this value.
    pub(super) fn text_of(&mut self, flow: &mut Flow, expr: &Expr, val: Val) -> Result<Eval> {
        // The text of an array is the array's.
        let is_held = Self::is_held(flow, expr) && !self.is_array(flow, expr);
        if is_held && matches!(val.repr, Repr::Json | Repr::Text) {
            let json = Eval::Field(self.in_field(flow, val.expr, "json"));
            let array = Eval::operation(Eval::text("["), Operator::Concat, json.clone());
            let array = Eval::operation(array, Operator::Concat, Eval::text("]"));
            let value = object_text(array, "{0}");
            return Ok(Eval::call("if", [matches(json.clone(), SCALAR.to_owned()), value, json]));
        }
        if val.repr == Repr::Multi { Ok(self.array_text(flow, expr, val.expr)) } else { self.to_text(val, expr.span) }
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
            // No value at all is an array without elements.
            Repr::Multi => Eval::call("coalesce", [Eval::call("mv_to_json_array", [val.expr]), Eval::text("[]")]),
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

/// Where `tobool` takes a text for true, or for false.
pub(super) fn written_as(text: Eval, truth: bool) -> Eval {
    matches(text, if truth { TRUE } else { FALSE }.to_owned())
}

/// Whether all elements are known to stand in JSON without quotes.
pub(super) fn is_array_of_bare(expr: &Expr) -> bool {
    matches!(expr.ty.shape, Shape::Array(ty) if ty.is_numeric() || ty == Type::Bool)
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
pub(in crate::target) fn json_text(json: &Json) -> String {
    to_serde(json).to_string()
}

/// A dynamic as a value of JSON.
pub(in crate::target) fn to_serde(json: &Json) -> serde_json::Value {
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
