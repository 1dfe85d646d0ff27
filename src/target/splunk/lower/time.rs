//! Times: bins, differences, formats, and how spans are written.

use super::rewrite::{literal_text, written_out};
use super::value::seconds;
use super::{Flow, Lower, Repr, Result, Val, refuse};
use crate::ir::{Expr, Value};
use crate::literal::{TICKS_PER_DAY, TICKS_PER_SECOND};
use crate::source::Span;
use crate::target::LossKind;
use crate::target::splunk::tree::{Eval, Operator};
use crate::types::Type;

/// Seconds from year 1 to 1970: KQL counts bins from there.
const FROM_YEAR_ONE: &str = "62135596800";

/// Units of a length that never changes, in seconds, with where their first begins after 1970.
const UNITS: &[(&str, i64, i64)] = &[
    ("second", 1, 0),
    ("minute", 60, 0),
    ("hour", 3600, 0),
    ("day", 86_400, 0),
    // Weeks begin on Sunday; 1970 began on a Thursday.
    ("week", 604_800, 345_600),
];

/// What the tokens of `format_datetime` are in `strftime`.
const TOKENS: &[(&str, &str)] = &[
    ("yyyy", "%Y"),
    ("yy", "%y"),
    ("MM", "%m"),
    ("dd", "%d"),
    ("HH", "%H"),
    ("hh", "%I"),
    ("mm", "%M"),
    ("ss", "%S"),
    ("fffffff", "%7N"),
    ("ffffff", "%6N"),
    ("fff", "%3N"),
    ("tt", "%p"),
];

impl Lower<'_> {
    /// The function `range`, by <https://learn.microsoft.com/kusto/query/range-function>: `mvrange` leaves its end out, KQL
    /// does not. An instant in an array is its text.
    pub(super) fn even_steps(&mut self, flow: &mut Flow, arguments: &[Expr], expr: &Expr) -> Result<Val> {
        let [first, last, step @ ..] = arguments else { return written_out(expr) };
        let (from, to) = (self.number(flow, first)?, self.number(flow, last)?);
        let step = match step.first() {
            Some(step) => self.number(flow, step)?,
            None if matches!(first.ty.ty, Type::DateTime | Type::TimeSpan) => Eval::integer(3600),
            None => Eval::integer(1),
        };
        let half = Eval::operation(step.clone(), Operator::Divide, Eval::integer(2));
        let values = Eval::call("mvrange", [from, Eval::operation(to, Operator::Add, half), step]);
        if first.ty.ty != Type::DateTime {
            return Ok(Val::new(values, Repr::Multi));
        }
        let field = self.in_field(flow, values, "instants");
        let text = self.to_text(Val::new(Eval::field(&field), Repr::Time), expr.span)?;
        Ok(Val::new(Eval::call("mvmap", [Eval::Field(field), text]), Repr::Multi))
    }

    pub(super) fn bin(&mut self, flow: &mut Flow, arguments: &[Expr], expr: &Expr) -> Result<Val> {
        let [value, size] = arguments else {
            let val = self.value(flow, &arguments[0])?;
            let repr = super::call::represented(expr.ty.ty);
            return Ok(Val::new(Eval::call("floor", [self.to_number(val, expr.span)?]), repr));
        };
        let val = self.value(flow, value)?;
        let is_time = value.ty.ty == Type::DateTime || val.repr == Repr::Time;
        let whole = value.ty.ty.is_integer() && size.ty.ty.is_integer();
        let number = if is_time { self.to_time(val, value.span)? } else { self.to_number(val, value.span)? };
        let width = self.number(flow, size)?;
        let aligned = match size.as_literal() {
            Some(Value::TimeSpan(ticks)) if *ticks > 0 => TICKS_PER_DAY % ticks == 0,
            Some(Value::TimeSpan(_)) => {
                return refuse(LossKind::UnsupportedFunction, size.span, "the size of a bin has to be positive");
            }
            Some(v) if v.as_integer().is_some_and(|n| n <= 0) => {
                return refuse(LossKind::UnsupportedFunction, size.span, "the size of a bin has to be positive");
            }
            _ => !is_time,
        };
        let repr = if is_time { Repr::Time } else { super::call::represented(expr.ty.ty) };
        if whole && size.as_literal().and_then(Value::as_integer) == Some(1) {
            return Ok(Val::new(number, repr));
        }
        let floor = |number: Eval| {
            let bins = Eval::call("floor", [Eval::operation(number, Operator::Divide, width.clone())]);
            Eval::operation(bins, Operator::Multiply, width.clone())
        };
        let bin = if aligned {
            floor(number)
        } else {
            let offset = || Eval::Number(FROM_YEAR_ONE.to_owned());
            Eval::operation(floor(Eval::operation(number, Operator::Add, offset())), Operator::Subtract, offset())
        };
        Ok(Val::new(bin, repr))
    }

    pub(super) fn datetime_diff(&mut self, flow: &mut Flow, arguments: &[Expr], span: Span) -> Result<Val> {
        let [part, later, earlier] = arguments else {
            return refuse(LossKind::UnsupportedFunction, span, "three arguments are due");
        };
        let Some(part_name) = literal_text(part).map(str::to_lowercase) else { return written_out(part) };
        let mut count = |lower: &mut Self, expr: &Expr| -> Result<Eval> {
            let val = lower.value(flow, expr)?;
            let time = lower.to_time(val, expr.span)?;
            if let Some((_, length, offset)) = UNITS.iter().find(|(name, ..)| *name == part_name) {
                let shifted =
                    if *offset == 0 { time } else { Eval::operation(time, Operator::Add, Eval::integer(*offset)) };
                let units = if *length == 1 {
                    shifted
                } else {
                    Eval::operation(shifted, Operator::Divide, Eval::integer(*length))
                };
                return Ok(Eval::call("floor", [units]));
            }
            let field = |code: &str| Eval::call("tonumber", [Eval::call("strftime", [time.clone(), Eval::text(code)])]);
            match part_name.as_str() {
                "year" => Ok(field("%Y")),
                "month" => Ok(Eval::operation(
                    Eval::operation(field("%Y"), Operator::Multiply, Eval::integer(12)),
                    Operator::Add,
                    field("%m"),
                )),
                "millisecond" => {
                    Ok(Eval::call("floor", [Eval::operation(time, Operator::Multiply, Eval::integer(1000))]))
                }
                _ => refuse(
                    LossKind::UnsupportedFunction,
                    part.span,
                    format!("a difference in {part_name}s cannot be said; count seconds and divide"),
                ),
            }
        };
        let (later, earlier) = (count(self, later)?, count(self, earlier)?);
        Ok(Val::new(Eval::operation(later, Operator::Subtract, earlier), Repr::Number))
    }

    pub(super) fn datetime_add(&mut self, flow: &mut Flow, arguments: &[Expr], span: Span) -> Result<Val> {
        let [part, amount, time] = arguments else {
            return refuse(LossKind::UnsupportedFunction, span, "three arguments are due");
        };
        let Some(part_name) = literal_text(part).map(str::to_lowercase) else { return written_out(part) };
        let Some((_, length, _)) = UNITS.iter().find(|(name, ..)| *name == part_name) else {
            return refuse(LossKind::UnsupportedFunction, part.span, "months and years differ in length; add days");
        };
        let amount = self.number(flow, amount)?;
        let val = self.value(flow, time)?;
        let time = self.to_time(val, span)?;
        let moved = Eval::operation(amount, Operator::Multiply, Eval::integer(*length));
        Ok(Val::new(Eval::operation(time, Operator::Add, moved), Repr::Time))
    }
}

/// The format of `strftime` for one of `format_datetime`; nothing where a token has no counterpart.
pub(super) fn strftime(format: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        if c.is_ascii_alphabetic() {
            let end = rest.find(|other| other != c).unwrap_or(rest.len());
            let (_, code) = TOKENS.iter().find(|(token, _)| *token == &rest[..end])?;
            out.push_str(code);
            rest = &rest[end..];
        } else {
            if c == '%' {
                out.push('%');
            }
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    Some(out)
}

/// A time span as a relative time modifier: the largest unit that leaves no rest.
pub(super) fn relative(ticks: i64) -> String {
    if ticks == 0 {
        return "now".to_owned();
    }
    let (sign, ticks) = if ticks < 0 { ('-', ticks.unsigned_abs()) } else { ('+', ticks.unsigned_abs()) };
    let seconds = ticks.div_ceil(TICKS_PER_SECOND as u64);
    // A day is a calendar day to a modifier, and may have 23 hours.
    for (unit, length) in [("h", 3600), ("m", 60)] {
        if seconds % length == 0 {
            return format!("{sign}{}{unit}", seconds / length);
        }
    }
    format!("{sign}{seconds}s")
}

/// The seconds of an amount of ticks as a number of the tree.
pub(super) fn ticks(amount: i64) -> Eval {
    seconds(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_have_counterparts_or_not() {
        assert_eq!(strftime("yyyy-MM-dd HH:mm:ss.fff").as_deref(), Some("%Y-%m-%d %H:%M:%S.%3N"));
        assert_eq!(strftime("d/M/yy"), None);
    }

    #[test]
    fn days_are_written_in_hours() {
        assert_eq!(relative(-TICKS_PER_DAY), "-24h");
        assert_eq!(relative(-90 * TICKS_PER_SECOND), "-90s");
        assert_eq!(relative(-600 * TICKS_PER_SECOND), "-10m");
        assert_eq!(relative(0), "now");
    }
}
