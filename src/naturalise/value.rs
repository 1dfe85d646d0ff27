//! Values: columns under their new names and types, and what other languages compute, by KQL's functions.

use super::template::filled;
use super::{Refused, State, refuse};
use crate::functions;
use crate::ir::{Arithmetic, ArithmeticOp, ArithmeticStep, Case, Expr, ExprKind, Value};
use crate::literal::{TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND};
use crate::source::Span;
use crate::target::LossKind;
use crate::types::Type;

impl State<'_> {
    /// A value in KQL's terms.
    pub(super) fn value(&mut self, e: &Expr) -> Result<Expr, Refused> {
        let mut out = e.clone();
        match &mut out.kind {
            ExprKind::Literal(_) => {}
            ExprKind::Column(id) => {
                if let Some(ty) = self.types.get(id) {
                    out.ty = (*ty).into();
                }
            }
            ExprKind::Parameter(name) => {
                let message = format!("the values that `{name}` stands for have to be written out");
                return Err(refuse(LossKind::UnsupportedExpression, e.span, message));
            }
            ExprKind::Foreign(function, arguments) => {
                let id = function.to_string();
                let arguments = arguments.iter().map(|a| self.value(a)).collect::<Result<Vec<_>, _>>()?;
                return self.foreign(&id, arguments, e.span);
            }
            ExprKind::Loose(_) => return self.test(e, false),
            ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Not(_)
            | ExprKind::Match(_)
            | ExprKind::Regex(_)
            | ExprKind::Member(_)
            | ExprKind::Compare(_)
            | ExprKind::AnyColumn(_) => return self.test(e, false),
            ExprKind::Case(node) => {
                let mut arms = Vec::with_capacity(node.arms.len());
                for (condition, value) in &node.arms {
                    // An arm whose condition is null is not taken.
                    arms.push((self.test(condition, true)?, self.value(value)?));
                }
                let otherwise = self.value(&node.otherwise)?;
                out.kind = ExprKind::Case(Box::new(Case { arms, otherwise }));
            }
            ExprKind::Call(function, arguments) => {
                let texts = function.name().starts_with("ipv");
                for argument in arguments {
                    *argument = if texts { self.text(argument)? } else { self.value(argument)? };
                }
            }
            _ => {
                let mut failed = None;
                out.operands_mut(&mut |operand| match self.value(operand) {
                    Ok(said) => *operand = said,
                    Err(loss) => failed = Some(loss),
                });
                if let Some(loss) = failed {
                    return Err(loss);
                }
            }
        }
        Ok(out)
    }

    /// What another language computes, by the row of its function.
    fn foreign(&mut self, id: &str, arguments: Vec<Expr>, span: Span) -> Result<Expr, Refused> {
        let written = |at: usize| arguments.get(at).and_then(Expr::as_literal).and_then(Value::as_str);
        // A number of seconds since 1970 is an instant in KQL.
        let instant = arguments.first().is_some_and(|a| a.ty.ty == Type::DateTime);
        if let ("spl:bin_time", true, Some(width)) = (id, instant, written(1)) {
            let Some(ticks) = width_of(width) else {
                let message = format!("bins of `{width}` go by the calendar of whoever searches");
                return Err(refuse(LossKind::UnsupportedFunction, span, message));
            };
            let width = Expr::literal(Value::TimeSpan(ticks), span);
            let first = arguments.into_iter().next().into_iter();
            return Ok(call("bin", first.chain([width]).collect(), Type::DateTime, span));
        }
        if let ("spl:convert_ctime" | "spl:strftime", true, Some(format)) = (id, instant, written(1)) {
            let Some(format) = format_of(format) else {
                let message = format!("KQL writes no time in the format `{format}`");
                return Err(refuse(LossKind::UnsupportedFunction, span, message));
            };
            let format = string(format, span);
            let first = arguments.into_iter().next().into_iter();
            return Ok(call("format_datetime", first.chain([format]).collect(), Type::String, span));
        }
        // What values look like decides the order there, and the type of the column here.
        if let ("spl:order_auto", [value]) = (id, arguments.as_slice()) {
            if value.ty.ty == Type::String {
                self.differs(LossKind::Order, span, "texts that look like numbers are sorted as texts");
            }
            return Ok(value.clone());
        }
        if let Some(op) = OPERATORS.iter().find_map(|(name, op)| (*name == id).then_some(*op)) {
            return arithmetic(op, arguments, span);
        }
        if let ("esql:date_trunc", Some(Value::TimeSpan(width))) = (id, arguments.first().and_then(Expr::as_literal)) {
            // Other bins begin elsewhere: KQL counts them from the year 1, Elasticsearch from 1970.
            if *width <= 0 || TICKS_PER_DAY % width != 0 {
                return Err(refuse(
                    LossKind::UnsupportedFunction,
                    span,
                    "bins that do not divide a day begin elsewhere",
                ));
            }
            return Ok(call("bin", arguments.into_iter().rev().collect(), Type::DateTime, span));
        }
        if let ("esql:to_string", [value]) = (id, arguments.as_slice()) {
            // Only what both write alike.
            return match value.ty.ty {
                Type::String => Ok(value.clone()),
                Type::Int | Type::Long | Type::Bool => Ok(call("tostring", arguments, Type::String, span)),
                ty => {
                    let message = format!("a {} is written otherwise in KQL", ty.name());
                    Err(refuse(LossKind::UnsupportedFunction, span, message))
                }
            };
        }
        let unsupported = || refuse(LossKind::UnsupportedFunction, span, format!("`{id}` has no counterpart in KQL"));
        let case = self.kql.functions.function(id, arguments.len()).ok_or_else(unsupported)?;
        if let Some(loss) = &case.loss {
            self.differs(loss.kind, span, &loss.message);
        }
        filled(&case.emit, &arguments, span).ok_or_else(unsupported)
    }

    /// A value as text.
    pub(super) fn text(&mut self, e: &Expr) -> Result<Expr, Refused> {
        let value = self.value(e)?;
        if value.ty.ty == Type::String {
            return Ok(value);
        }
        let span = value.span;
        Ok(call("tostring", vec![value], Type::String, span))
    }
}

/// Arithmetic of ES|QL. A sum that is too large wraps in KQL.
const OPERATORS: &[(&str, ArithmeticOp)] = &[
    ("esql:add", ArithmeticOp::Add),
    ("esql:subtract", ArithmeticOp::Subtract),
    ("esql:multiply", ArithmeticOp::Multiply),
    ("esql:divide", ArithmeticOp::Divide),
];

/// Operands with an operator between them, from left to right.
fn arithmetic(op: ArithmeticOp, arguments: Vec<Expr>, span: Span) -> Result<Expr, Refused> {
    let mut operands = arguments.into_iter();
    let Some(first) = operands.next() else {
        return Err(refuse(LossKind::UnsupportedExpression, span, "nothing is computed of nothing"));
    };
    let mut ty = first.ty;
    let mut rest = Vec::new();
    for operand in operands {
        let given = match (ty.ty, op, operand.ty.ty) {
            (a, _, b) if a.is_numeric() && b.is_numeric() => {
                let whole = |ty| matches!(ty, Type::Int | Type::Long);
                Some(if whole(a) && whole(b) { Type::Long } else { Type::Real })
            }
            (Type::DateTime, ArithmeticOp::Add | ArithmeticOp::Subtract, Type::TimeSpan) => Some(Type::DateTime),
            (Type::TimeSpan, ArithmeticOp::Add | ArithmeticOp::Subtract, Type::TimeSpan) => Some(Type::TimeSpan),
            _ => None,
        };
        let Some(given) = given else {
            let message = format!(
                "what `{}` gives of a {} and a {} is not what KQL gives",
                op.sign(),
                ty.ty.name(),
                operand.ty.ty.name()
            );
            return Err(refuse(LossKind::UnsupportedExpression, span, message));
        };
        ty = given.into();
        rest.push(ArithmeticStep { op, operand, ty });
    }
    Ok(Expr { ty, ..Expr::new(ExprKind::Arithmetic(Box::new(Arithmetic { first, rest })), ty.ty, span) })
}

/// A width such as `5m` in ticks, if it is the same everywhere.
fn width_of(width: &str) -> Option<i64> {
    let digits = width.find(|c: char| !c.is_ascii_digit()).unwrap_or(width.len());
    let (count, unit) = width.split_at(digits);
    let count: i64 = if count.is_empty() { 1 } else { count.parse().ok()? };
    let per = match unit {
        "" | "s" | "sec" | "secs" | "second" | "seconds" => TICKS_PER_SECOND,
        "m" | "min" | "mins" | "minute" | "minutes" => TICKS_PER_MINUTE,
        "h" | "hr" | "hrs" | "hour" | "hours" => TICKS_PER_HOUR,
        _ => return None,
    };
    count.checked_mul(per)
}

/// The codes of a format of times, and what KQL writes for them.
const CODES: &[(char, &str)] =
    &[('Y', "yyyy"), ('m', "MM"), ('d', "dd"), ('H', "HH"), ('M', "mm"), ('S', "ss"), ('y', "yy"), ('I', "hh")];

/// A format of `%` codes as one of `format_datetime`.
fn format_of(format: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => {
                let code = chars.next()?;
                match code {
                    'F' => out.push_str("yyyy-MM-dd"),
                    'T' => out.push_str("HH:mm:ss"),
                    _ => out.push_str(CODES.iter().find(|(known, _)| *known == code)?.1),
                }
            }
            // Of letters, KQL takes none but `T` as it stands.
            'T' | '-' | ':' | '/' | ' ' | '.' => out.push(c),
            _ => return None,
        }
    }
    Some(out)
}

/// A call of one of KQL's functions.
pub(super) fn call(name: &str, arguments: Vec<Expr>, ty: Type, span: Span) -> Expr {
    let kind = match functions::scalar(name) {
        Some(id) => ExprKind::Call(id, arguments),
        None => ExprKind::Unknown(name.into(), arguments),
    };
    Expr::new(kind, ty, span)
}

/// A text.
pub(super) fn string(text: impl AsRef<str>, span: Span) -> Expr {
    Expr::literal(Value::string(text.as_ref()), span)
}
