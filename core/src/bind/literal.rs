//! Literals: from text to values.

use std::sync::Arc;

use super::Binder;
use crate::diagnostic::{Diagnostic, code};
use crate::functions::{self, Shape, ValueType};
use crate::ir::{Expr, ExprKind, Json, Value};
use crate::literal::{Decimal, parse_datetime, parse_guid, parse_timespan, parse_timespan_literal};
use crate::source::Span;
use crate::syntax::ast::{self, JsonKind, LiteralKind};
use crate::types::Type;

impl Binder<'_> {
    /// The value of a literal; an error, and a null, where it cannot be read as its type.
    pub(super) fn literal(&mut self, literal: &ast::Literal) -> Expr {
        if literal.kind == LiteralKind::DateTime
            && inside(&literal.raw).is_some_and(|text| text.trim().is_empty())
            && let Some(now) = functions::scalar("now")
        {
            return Expr::new(ExprKind::Call(now, Vec::new()), Type::DateTime, literal.span);
        }
        let ty = literal_type(&literal.kind);
        let value = read(literal).unwrap_or_else(|| {
            self.report(
                Diagnostic::new(&code::BAD_LITERAL, literal.span, format!("`{}` is no {ty}", literal.raw))
                    .label(format!("not a {ty}")),
            );
            Value::Null(ty)
        });
        let mut expr = Expr::literal(value, literal.span);
        expr.ty = ty.into();
        expr
    }

    /// The value of `dynamic(…)`.
    pub(super) fn dynamic(&mut self, json: &ast::Json, span: Span) -> Expr {
        let (value, shape) = match self.json(json) {
            Json::Null => (Value::Null(Type::Dynamic), Shape::Any),
            value => {
                let shape = shape_of(&value);
                (Value::Dynamic(Arc::new(value)), shape)
            }
        };
        Expr { kind: ExprKind::Literal(value), ty: ValueType::dynamic(shape), span }
    }

    fn json(&mut self, json: &ast::Json) -> Json {
        match &json.kind {
            JsonKind::Literal(literal) if literal.kind == LiteralKind::Null => Json::Null,
            JsonKind::Literal(literal) => {
                let expr = self.literal(literal);
                self.json_value(expr.as_literal(), literal.span)
            }
            JsonKind::Negative(literal) => {
                let expr = self.literal(literal);
                match self.json_value(expr.as_literal(), literal.span) {
                    Json::Long(value) => Json::Long(value.wrapping_neg()),
                    Json::Real(value) => Json::Real(-value),
                    Json::TimeSpan(value) => Json::TimeSpan(value.wrapping_neg()),
                    other => other,
                }
            }
            JsonKind::Array(items) => Json::Array(items.iter().map(|item| self.json(item)).collect()),
            JsonKind::Object(pairs) => Json::Bag(
                pairs
                    .iter()
                    .map(|pair| {
                        let key = match &pair.key.kind {
                            LiteralKind::String(text) => text.value.as_ref().into(),
                            _ => pair.key.raw.as_ref().into(),
                        };
                        (key, self.json(&pair.value))
                    })
                    .collect(),
            ),
            JsonKind::Dynamic(inner) => self.json(inner),
            JsonKind::Parameter(_) => Json::Null,
        }
    }

    fn json_value(&mut self, value: Option<&Value>, span: Span) -> Json {
        match value {
            Some(Value::Bool(value)) => Json::Bool(*value),
            Some(Value::Int(value)) => Json::Long((*value).into()),
            Some(Value::Long(value)) => Json::Long(*value),
            Some(Value::Real(value)) => Json::Real(*value),
            Some(Value::DateTime(value)) => Json::DateTime(*value),
            Some(Value::TimeSpan(value)) => Json::TimeSpan(*value),
            Some(Value::String(value)) => Json::String(value.clone()),
            Some(Value::Guid(value)) => Json::Guid(*value),
            Some(Value::Decimal(value)) => {
                self.report(
                    Diagnostic::new(&code::DECIMAL_IN_DYNAMIC, span, "a dynamic cannot hold a decimal")
                        .help("write the number without `decimal(…)`"),
                );
                Json::Real(value.to_f64())
            }
            Some(Value::Dynamic(json)) => json.as_ref().clone(),
            Some(Value::Null(_)) | None => Json::Null,
        }
    }
}

/// What is known of the shape of a dynamic value.
fn shape_of(json: &Json) -> Shape {
    match json {
        Json::Array(items) => {
            let mut types = items.iter().map(|item| item.to_value().ty());
            let first = types.next().unwrap_or(Type::Dynamic);
            Shape::Array(if types.all(|ty| ty == first) { first } else { Type::Dynamic })
        }
        Json::Bag(_) => Shape::Bag,
        Json::Null => Shape::Any,
        scalar => Shape::Scalar(scalar.to_value().ty()),
    }
}

/// The type of a kind of literal.
const fn literal_type(kind: &LiteralKind) -> Type {
    match kind {
        LiteralKind::Bool => Type::Bool,
        LiteralKind::Int => Type::Int,
        LiteralKind::Long => Type::Long,
        LiteralKind::Real => Type::Real,
        LiteralKind::Decimal => Type::Decimal,
        LiteralKind::DateTime => Type::DateTime,
        LiteralKind::TimeSpan => Type::TimeSpan,
        LiteralKind::Guid | LiteralKind::RawGuid => Type::Guid,
        LiteralKind::String(_) => Type::String,
        LiteralKind::Null => Type::Dynamic,
    }
}

/// What stands between the parentheses of `type(…)`.
fn inside(raw: &str) -> Option<&str> {
    let open = raw.find('(')?;
    raw.get(open + 1..raw.rfind(')')?)
}

/// The value of a literal; nothing where the text does not fit.
fn read(literal: &ast::Literal) -> Option<Value> {
    let ty = literal_type(&literal.kind);
    if let LiteralKind::String(text) = &literal.kind {
        return Some(Value::string(text.value.as_ref()));
    }
    let written = inside(&literal.raw);
    let text = written.unwrap_or(&literal.raw).trim();
    let text = ['"', '\''].iter().find_map(|q| text.strip_prefix(*q)?.strip_suffix(*q)).unwrap_or(text);
    if text == "null" {
        return Some(Value::Null(ty));
    }
    match ty {
        Type::Bool => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Some(Value::Bool(true)),
            "false" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        Type::Int => Some(i32::try_from(integer(text)?).ok().map_or(Value::Null(ty), Value::Int)),
        Type::Long => Some(integer(text).map(|n| i64::try_from(n).map_or(Value::Null(ty), Value::Long))?),
        Type::Real => real(text).map(Value::Real),
        Type::Decimal => text.parse::<Decimal>().ok().map(Value::Decimal),
        Type::DateTime => parse_datetime(text).map(Value::DateTime),
        Type::TimeSpan if written.is_some() => parse_timespan(text).map(Value::TimeSpan),
        Type::TimeSpan => parse_timespan_literal(text).map(Value::TimeSpan),
        Type::Guid => parse_guid(text).map(Value::Guid),
        Type::Dynamic | Type::String | Type::Unknown => Some(Value::Null(Type::Dynamic)),
    }
}

/// A whole number in decimal or hexadecimal digits.
fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest.trim_start()));
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    let value = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        // Sixteen hexadecimal digits are the bits of a long.
        Some(hex) => i128::from(u64::from_str_radix(hex, 16).ok()?.cast_signed()),
        None => digits.parse().ok()?,
    };
    Some(if negative { -value } else { value })
}

fn real(text: &str) -> Option<f64> {
    match text.to_ascii_lowercase().as_str() {
        "nan" => Some(f64::NAN),
        "inf" | "+inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        _ if text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_two_bases_and_a_sign() {
        assert_eq!(integer("0xFF"), Some(255));
        assert_eq!(integer("-2"), Some(-2));
        assert_eq!(integer("0xFFFFFFFFFFFFFFFF"), Some(-1));
        assert_eq!(integer("1x"), None);
    }

    #[test]
    fn reals_have_names_for_what_has_no_digits() {
        assert_eq!(real("1e3"), Some(1000.0));
        assert_eq!(real("-inf"), Some(f64::NEG_INFINITY));
        assert!(real("NaN").is_some_and(f64::is_nan));
        assert_eq!(real("infinity"), None);
    }
}
