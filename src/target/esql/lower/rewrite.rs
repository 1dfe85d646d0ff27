//! Functions whose form depends on the values of their arguments, or that need a stage of their own.

use super::list::{List, list};
use super::plan::word;
use super::value::{moved, span_of};
use super::{Flow, Lower, Result, refuse};
use crate::functions::FunctionId;
use crate::ir::{CompareOp, Expr as Ir, Value};
use crate::literal::TICKS_PER_DAY;
use crate::target::LossKind;
use crate::target::elastic::network::block;
use crate::target::esql::rows::Rewrite;
use crate::target::esql::tree::{Command, Expr, Operator};
use crate::target::ledger::Accounts as _;
use crate::types::Type;

/// Units of KQL's date functions with the names that `DATE_DIFF` and `DATE_EXTRACT` know, and the ticks of those of fixed length.
const UNITS: &[(&str, &str, &str)] = &[
    ("year", "year", "year"),
    ("month", "month", "month_of_year"),
    ("day", "day", "day_of_month"),
    ("hour", "hour", "hour_of_day"),
    ("minute", "minute", "minute_of_hour"),
    ("second", "second", "second_of_minute"),
];

impl Lower<'_> {
    pub(super) fn rewrite(
        &mut self,
        flow: &mut Flow,
        rewrite: Rewrite,
        function: FunctionId,
        arguments: &[Ir],
        expr: &Ir,
    ) -> Result<Expr> {
        let span = expr.span;
        let unsupported = |message: String| refuse(LossKind::UnsupportedFunction, span, message);
        if rewrite == Rewrite::IngestionTime {
            self.lose(
                LossKind::UnmappedField,
                span,
                "the time of ingestion is taken to be in `event.ingested`, which the pipeline has to set",
            );
            return Ok(Expr::field("event.ingested"));
        }
        let Some(first) = arguments.first() else {
            return unsupported(format!("`{}` without arguments", function.name()));
        };
        let literal = |at: usize| arguments.get(at).and_then(Ir::as_literal);
        match rewrite {
            Rewrite::Pass | Rewrite::IngestionTime => self.value(flow, first),
            Rewrite::Unsupported => unsupported(format!("`{}` has no counterpart in ES|QL", function.name())),
            Rewrite::Concat | Rewrite::ConcatDelimited => {
                let (delimiter, items) =
                    if rewrite == Rewrite::Concat { (None, arguments) } else { (Some(first), &arguments[1..]) };
                let delimiter = delimiter.map(|d| self.text(flow, d)).transpose()?;
                let mut parts = Vec::new();
                for item in items {
                    if let (Some(delimiter), false) = (&delimiter, parts.is_empty()) {
                        parts.push(delimiter.clone());
                    }
                    let text = self.text(flow, item)?;
                    parts.push(if Self::is_filled(flow, item) || matches!(text, Expr::Text(_)) {
                        text
                    } else {
                        Expr::call("COALESCE", [text, Expr::text("")])
                    });
                }
                Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::Call("CONCAT".into(), parts) })
            }
            Rewrite::Substring => {
                let Some(start) = literal(1).and_then(Value::as_integer).filter(|n| *n >= 0) else {
                    return unsupported(
                        "the start of the part has to be written out, counted from the start of the text".into(),
                    );
                };
                let text = self.text(flow, first)?;
                let mut parts = vec![text, Expr::integer(start + 1)];
                if let Some(length) = arguments.get(2) {
                    parts.push(self.value(flow, length)?);
                }
                Ok(Expr::Call("SUBSTRING".into(), parts))
            }
            Rewrite::ReplaceString => {
                let Some(needle) = literal(1).and_then(Value::as_str) else {
                    return unsupported("what is replaced has to be written out".into());
                };
                let (text, with) = (self.text(flow, first)?, self.text(flow, &arguments[2])?);
                let with = match with {
                    Expr::Text(with) => Expr::Text(with.replace('\\', "\\\\").replace('$', "\\$")),
                    with => with,
                };
                Ok(Expr::call("REPLACE", [text, Expr::Text(regex::escape(needle)), with]))
            }
            Rewrite::ReplaceRegex => {
                // The old `replace` has the text last.
                let (text, pattern, with) = if function.name() == "replace" { (2, 0, 1) } else { (0, 1, 2) };
                let (Some(regex), Some(with), Some(text)) = (
                    literal(pattern).and_then(Value::as_str),
                    literal(with).and_then(Value::as_str),
                    arguments.get(text),
                ) else {
                    return unsupported("the pattern and its replacement have to be written out".into());
                };
                let with = with.replace('$', "\\$").replace('\\', "$").replace("$$", "\\$");
                let text = self.text(flow, text)?;
                let pattern = self.java(regex, arguments[pattern].span);
                Ok(Expr::call("REPLACE", [text, Expr::Text(pattern), Expr::Text(with)]))
            }
            Rewrite::Extract => {
                let (Some(pattern), Some(group)) =
                    (literal(0).and_then(Value::as_str), literal(1).and_then(Value::as_integer))
                else {
                    return unsupported("the pattern and the number of the group have to be written out".into());
                };
                let name = self.helper("extracted");
                let Some(named) = super::pattern::grok(pattern, group, &word(&name)) else {
                    return unsupported(
                        "the pattern has no such group, is broken, or has what `GROK` reads otherwise".into(),
                    );
                };
                let text = self.text(flow, &arguments[2])?;
                let subject = self.in_column(flow, text, "subject");
                flow.push(Command::Grok(subject, named));
                let column = Expr::Field(word(&name));
                Ok(match expr.ty.ty {
                    Type::Int | Type::Long => Expr::call("TO_LONG", [column]),
                    Type::Real | Type::Decimal => Expr::call("TO_DOUBLE", [column]),
                    Type::DateTime => Expr::call("TO_DATETIME", [column]),
                    _ => column,
                })
            }
            Rewrite::Split => {
                let delimiter = literal(1).and_then(Value::as_str).filter(|d| d.chars().count() == 1);
                let Some(delimiter) = delimiter else {
                    return unsupported("SPLIT parts a text at a single character that is written out".into());
                };
                let text = self.text(flow, first)?;
                let parts = Expr::call("SPLIT", [text, Expr::text(delimiter)]);
                match arguments.get(2) {
                    None => Ok(parts),
                    Some(index) => match index.as_literal().and_then(Value::as_integer) {
                        Some(at) => Ok(Expr::call("MV_SLICE", [parts, Expr::integer(at), Expr::integer(at)])),
                        None => unsupported("the position of the part has to be written out".into()),
                    },
                }
            }
            Rewrite::Trim => {
                let Some(pattern) = literal(0).and_then(Value::as_str) else {
                    return unsupported("what is trimmed off has to be written out".into());
                };
                let text = self.text(flow, &arguments[1])?;
                let (start, end) = (format!("^({pattern})"), format!("({pattern})$"));
                let pattern = match function.name() {
                    "trim_start" => start,
                    "trim_end" => end,
                    _ => format!("{start}|{end}"),
                };
                let pattern = self.java(&pattern, arguments[0].span);
                Ok(Expr::call("REPLACE", [text, Expr::Text(pattern), Expr::text("")]))
            }
            Rewrite::Coalesce => {
                let as_text = expr.ty.ty == Type::String;
                let mut items = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    items.push(if as_text { self.text(flow, argument)? } else { self.value(flow, argument)? });
                }
                Ok(Expr::Call("COALESCE".into(), items))
            }
            Rewrite::Bin => self.bin(flow, arguments, expr),
            Rewrite::Ago => match literal(0) {
                Some(Value::TimeSpan(ticks)) => Ok(moved(Expr::call("NOW", []), -ticks)),
                _ if first.ty.ty == Type::TimeSpan => {
                    let now = Expr::call("TO_LONG", [Expr::call("NOW", [])]);
                    let millis = self.value(flow, first)?;
                    Ok(Expr::call("TO_DATETIME", [Expr::binary(Operator::Subtract, now, millis)]))
                }
                _ => unsupported("the time span has to be written out".into()),
            },
            Rewrite::DatetimePart => {
                let unit = literal(0).and_then(Value::as_str).map(str::to_lowercase).unwrap_or_default();
                let Some((_, _, part)) = UNITS.iter().find(|(kql, ..)| *kql == unit) else {
                    return unsupported(format!("the part `{unit}` of an instant cannot be taken"));
                };
                let time = self.time(flow, &arguments[1])?;
                Ok(Expr::call("DATE_EXTRACT", [Expr::text(*part), time]))
            }
            Rewrite::DatetimeDiff => {
                let unit = literal(0).and_then(Value::as_str).map(str::to_lowercase).unwrap_or_default();
                let Some((_, name, _)) = UNITS.iter().find(|(kql, ..)| *kql == unit) else {
                    return unsupported(format!("a difference in the unit `{unit}` cannot be said"));
                };
                // KQL counts boundaries crossed, ES|QL whole units: cut to the unit first, they agree.
                let (later, earlier) = (self.time(flow, &arguments[1])?, self.time(flow, &arguments[2])?);
                let cut = |time: Expr| Expr::call("DATE_TRUNC", [Expr::Span(1, name), time]);
                Ok(Expr::call("DATE_DIFF", [Expr::text(*name), cut(earlier), cut(later)]))
            }
            Rewrite::DatetimeAdd => {
                let unit = literal(0).and_then(Value::as_str).map(str::to_lowercase).unwrap_or_default();
                let amount = literal(1).and_then(Value::as_integer);
                let (Some((_, name, _)), Some(amount)) = (UNITS.iter().find(|(kql, ..)| *kql == unit), amount) else {
                    return unsupported("the unit and the amount have to be written out".into());
                };
                let time = self.time(flow, &arguments[2])?;
                let op = if amount < 0 { Operator::Subtract } else { Operator::Add };
                Ok(Expr::binary(op, time, Expr::Span(amount.saturating_abs(), name)))
            }
            Rewrite::FormatDatetime => {
                let Some(format) = literal(1).and_then(Value::as_str).and_then(java_format) else {
                    return unsupported("this format of an instant cannot be said".into());
                };
                let time = self.time(flow, first)?;
                Ok(Expr::call("DATE_FORMAT", [Expr::Text(format), time]))
            }
            Rewrite::InAnyRange => {
                let ranges = arguments[1..].iter().map(|argument| {
                    let value = argument.as_literal()?;
                    match value.elements() {
                        Some(elements) => {
                            elements.iter().map(|e| e.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
                        }
                        None => value.as_str().map(|text| vec![text.to_owned()]),
                    }
                });
                let Some(ranges) = ranges.collect::<Option<Vec<_>>>() else {
                    return unsupported("the ranges have to be written out".into());
                };
                let mut items = vec![Expr::call("TO_IP", [self.text(flow, first)?])];
                items.extend(ranges.into_iter().flatten().map(|range| Expr::Text(block(range))));
                Ok(Expr::Call("CIDR_MATCH".into(), items))
            }
            Rewrite::Column => {
                let name = first.as_literal().and_then(Value::as_str).filter(|name| !name.is_empty());
                let (Some(name), Some(default)) = (name, arguments.get(1)) else { return self.value(flow, first) };
                let default = self.value(flow, default)?;
                if flow.closed {
                    return Ok(default);
                }
                self.lose(LossKind::UnresolvedName, span, format!("the column `{name}` is taken to be there"));
                let field = Expr::field(if self.tables.is_time(name) { "@timestamp" } else { name });
                let is_nothing = default == Expr::Null || default == Expr::text("");
                Ok(if is_nothing { field } else { Expr::call("COALESCE", [field, default]) })
            }
            Rewrite::Append => {
                let mut all = self.listed(flow, first)?;
                for argument in &arguments[1..] {
                    let other = self.listed(flow, argument)?;
                    all = Expr::call("MV_APPEND", [all, other]);
                }
                if !list(expr).is_some_and(List::is_never_missing) {
                    let message = "an array that is missing or empty leaves nothing of the whole, and a value that is no array is taken for one of itself";
                    self.lose(LossKind::Null, span, message);
                }
                Ok(if function.name() == "set_union" { Expr::call("MV_DEDUPE", [all]) } else { all })
            }
            Rewrite::PackArray => {
                let mut values = arguments.iter().map(|a| self.text(flow, a));
                let Some(start) = values.next() else { return Ok(Expr::Null) };
                let mut all = start?;
                for value in values {
                    all = Expr::call("MV_APPEND", [all, value?]);
                }
                self.lose(LossKind::Null, span, "elements that are missing are left out of the array");
                Ok(all)
            }
        }
    }

    /// Multiples of a size.
    fn bin(&mut self, flow: &mut Flow, arguments: &[Ir], expr: &Ir) -> Result<Expr> {
        let [subject, size] = arguments else {
            return refuse(LossKind::UnsupportedFunction, expr.span, "`bin` needs a size");
        };
        // What is cut to multiples of a time span is an instant, if not a time span.
        let spanned = matches!(size.as_literal(), Some(Value::TimeSpan(_)));
        let is_time =
            subject.ty.ty == Type::DateTime || spanned && matches!(subject.ty.ty, Type::Unknown | Type::Dynamic);
        match size.as_literal() {
            Some(Value::TimeSpan(ticks)) if is_time && *ticks > 0 => {
                if subject.ty.ty != Type::DateTime {
                    let message = "what is cut to multiples of a time span is taken for an instant";
                    self.lose(LossKind::UnresolvedName, subject.span, message);
                }
                let time = self.time(flow, subject)?;
                // Multiples from year 1 on agree with DATE_TRUNC for what divides a day, for a day, and for weeks.
                if TICKS_PER_DAY % ticks == 0 || *ticks == 7 * TICKS_PER_DAY {
                    return Ok(Expr::call("DATE_TRUNC", [span_of(*ticks), time]));
                }
                let millis = ticks / super::value::TICKS_PER_MILLI;
                let offset = Expr::integer(62_135_596_800_000);
                let shifted = Expr::binary(Operator::Add, Expr::call("TO_LONG", [time]), offset.clone());
                let whole = Expr::binary(
                    Operator::Multiply,
                    Expr::binary(Operator::Divide, shifted, Expr::integer(millis)),
                    Expr::integer(millis),
                );
                Ok(Expr::call("TO_DATETIME", [Expr::binary(Operator::Subtract, whole, offset)]))
            }
            Some(value) if !is_time && value.as_integer().is_some_and(|n| n > 0) => {
                let size = Expr::integer(value.as_integer().unwrap_or(1));
                let subject = self.number(flow, subject)?;
                let floor = Expr::call(
                    "FLOOR",
                    [Expr::binary(Operator::Divide, Expr::call("TO_DOUBLE", [subject]), size.clone())],
                );
                Ok(Expr::binary(Operator::Multiply, floor, size))
            }
            _ => refuse(LossKind::UnsupportedFunction, expr.span, "the size of a bin has to be written out"),
        }
    }
}

/// A format of KQL's in Java's letters.
fn java_format(format: &str) -> Option<String> {
    let mut out = String::new();
    for c in format.chars() {
        match c {
            'y' | 'M' | 'd' | 'H' | 'h' | 'm' | 's' => out.push(c),
            'f' | 'F' => out.push('S'),
            't' => {
                if !out.ends_with('a') {
                    out.push('a');
                }
            }
            'T' => out.push_str("'T'"),
            'Z' => out.push_str("'Z'"),
            c if c.is_ascii_alphabetic() => return None,
            c => out.push(c),
        }
    }
    Some(out)
}

/// A comparison that is never null, for what a join leaves.
pub(super) fn at_least_one(name: &str) -> Expr {
    Expr::compare(CompareOp::Greater, Expr::field(name), Expr::integer(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_written_in_the_letters_of_java() {
        assert_eq!(java_format("yyyy-MM-ddTHH:mm:ss.fff").as_deref(), Some("yyyy-MM-dd'T'HH:mm:ss.SSS"));
        assert_eq!(java_format("q"), None);
    }
}
