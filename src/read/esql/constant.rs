//! Constants: numbers, strings, lists, stretches of time; and names, which are as constant.

use std::sync::Arc;

use pest::iterators::Pair;

use super::build::own;
use super::grammar::Rule;
use super::text::{plain_part, unquote};
use super::{Lowered, Reader, Text, scalar};
use crate::diagnostic::code;
use crate::ir::{Expr, ExprKind, Json, Value};
use crate::literal::{TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MILLISECOND, TICKS_PER_MINUTE, TICKS_PER_SECOND};
use crate::types::Type;

/// How many of which unit a stretch of time is: ticks, or months by the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stretch {
    Ticks(i64),
    Calendar(i64, &'static str),
}

/// Units of time: the first letters that tell it from all others, and what it is.
const UNITS: &[(&[&str], Result<i64, &str>)] = &[
    (&["ms", "millisecond", "milliseconds"], Ok(TICKS_PER_MILLISECOND)),
    (&["s", "sec", "second", "seconds"], Ok(TICKS_PER_SECOND)),
    (&["m", "min", "minute", "minutes"], Ok(TICKS_PER_MINUTE)),
    (&["h", "hour", "hours"], Ok(TICKS_PER_HOUR)),
    (&["d", "day", "days"], Ok(TICKS_PER_DAY)),
    (&["w", "week", "weeks"], Ok(7 * TICKS_PER_DAY)),
    (&["mo", "month", "months"], Err("month")),
    (&["q", "quarter", "quarters"], Err("quarter")),
    (&["y", "yr", "year", "years"], Err("year")),
];

/// The stretch of time that a number and a unit name. `None` where it is none, or too long.
pub(super) fn stretch(count: &str, unit: &str) -> Option<Stretch> {
    let unit = unit.to_ascii_lowercase();
    let (_, what) = UNITS.iter().find(|(names, _)| names.contains(&unit.as_str()))?;
    let count: i64 = count.parse().ok()?;
    match what {
        Ok(ticks) => count.checked_mul(*ticks).map(Stretch::Ticks),
        Err(unit) => Some(Stretch::Calendar(count, unit)),
    }
}

impl Reader<'_> {
    /// A constant.
    pub(super) fn value(&mut self, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<Value> {
        let text = body.of(&pair);
        match pair.as_rule() {
            Rule::null => Ok(Value::Null(Type::Dynamic)),
            Rule::truth => Ok(Value::Bool(text.text.eq_ignore_ascii_case("true"))),
            Rule::string => Ok(Value::string(self.string(body, &pair)?)),
            Rule::number => self.number(text),
            Rule::list => {
                let mut items = Vec::new();
                for item in pair.into_inner() {
                    items.push(self.value(body, item)?);
                }
                // One value in brackets is one value.
                if items.len() == 1 {
                    return Ok(items.remove(0));
                }
                let items: Option<Vec<Json>> = items.iter().map(json).collect();
                let Some(items) = items else {
                    return Err(self.wrong(&code::READ_SYNTAX, text, "a list has numbers, strings or truth values"));
                };
                Ok(Value::Dynamic(Arc::new(Json::Array(items))))
            }
            Rule::constant => {
                let mut negative = false;
                for part in pair.into_inner() {
                    match part.as_rule() {
                        Rule::sign => negative = part.as_str() == "-",
                        Rule::span => {
                            return Ok(self
                                .stretch(body, part)?
                                .as_literal()
                                .cloned()
                                .unwrap_or(Value::Null(Type::TimeSpan)));
                        }
                        Rule::parameter => {
                            let message = "a value that is given when the query is run cannot stand here";
                            return Err(self.no_meaning(body.of(&part), message));
                        }
                        _ if negative && part.as_str().trim_end() == "9223372036854775808" => {
                            return Ok(Value::Long(i64::MIN));
                        }
                        _ => {
                            return Ok(match self.value(body, part)? {
                                Value::Long(value) if negative => Value::Long(-value),
                                Value::Real(value) if negative => Value::Real(-value),
                                value => value,
                            });
                        }
                    }
                }
                Err(self.missing(text))
            }
            rule => unreachable!("no constant: {rule:?}"),
        }
    }

    fn number(&self, text: Text<'_>) -> Lowered<Value> {
        let digits = text.text;
        if let Ok(value) = digits.parse::<i64>() {
            return Ok(Value::Long(value));
        }
        if digits.parse::<u64>().is_ok() {
            return Err(self.no_meaning(text, "numbers of 64 bits without a sign have no counterpart here"));
        }
        match digits.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Value::Real(value)),
            _ => Err(self.wrong(&code::ESQL_BAD_LITERAL, text, "this number is too great")),
        }
    }

    /// The text of a string.
    pub(super) fn string(&self, body: Text<'_>, pair: &Pair<'_, Rule>) -> Lowered<String> {
        let text = body.of(pair);
        unquote(text.text).map_err(|at| {
            let end = at + 1 + text.text[at + 1..].chars().next().map_or(0, char::len_utf8);
            let place = text.slice(at, end);
            let message = format!("strings have no escape `{}`", place.text);
            let found = self.wrong(&code::ESQL_BAD_LITERAL, place, message);
            Box::new(found.help("write `\\\\` for a backslash, or put the string in `\"\"\"`"))
        })
    }

    /// A stretch of time.
    pub(super) fn stretch(&self, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<Expr> {
        let text = body.of(&pair);
        let span = self.span(text);
        let mut inner = pair.into_inner();
        let (count, unit) = (inner.next(), inner.next());
        let found = count.zip(unit).and_then(|(count, unit)| stretch(count.as_str(), unit.as_str()));
        match found {
            Some(Stretch::Ticks(ticks)) => Ok(Expr::literal(Value::TimeSpan(ticks), span)),
            Some(Stretch::Calendar(count, unit)) => {
                let words = Expr::literal(Value::string(format!("{count} {unit}")), span);
                Ok(own(scalar("to_dateperiod"), vec![words], span))
            }
            None => Err(self.wrong(&code::ESQL_BAD_LITERAL, text, "this stretch of time is too long")),
        }
    }

    /// A value that is given when the query is run.
    pub(super) fn parameter(&self, text: Text<'_>) -> Expr {
        let name = text.text.trim_start_matches('?');
        Expr::new(ExprKind::Parameter(super::name(name)), Type::Unknown, self.span(text))
    }

    /// The name that a pair states.
    pub(super) fn name(&self, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<String> {
        let mut parts = Vec::new();
        for part in pair.into_inner() {
            let text = body.of(&part);
            if text.text.starts_with("??") {
                let message = "a name that is given when the query is run cannot be read before";
                return Err(self.no_meaning(text, message));
            }
            parts.push(plain_part(text.text));
        }
        Ok(parts.join("."))
    }
}

fn json(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Bool(value) => Json::Bool(*value),
        Value::Long(value) => Json::Long(*value),
        Value::Real(value) => Json::Real(*value),
        Value::String(text) => Json::String(text.clone()),
        _ => return None,
    })
}
