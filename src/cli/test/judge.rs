//! Whether a rule answered as a test expects, and where it did not.

use serde_json::{Map, Value};

use super::file::Expect;
use crate::eval::Answer;
use crate::eval::output::json_rows;
use crate::literal::parse_datetime;
use crate::rule::{Rule, RuleKind, TriggerOperator};
use crate::types::Type;

/// How far a real may be from the expected one, as a part of it: the last digits depend on the order of a sum.
const TOLERANCE: f64 = 1e-9;
/// How many records of a difference are told.
const SHOWN: usize = 20;

/// When a rule raises an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trigger {
    operator: TriggerOperator,
    threshold: i64,
}

impl Trigger {
    /// That of a rule; any record raises an alert where it states none, as in NRT rules and plain queries.
    pub(super) fn of(rule: Option<&Rule>) -> Result<Self, String> {
        let any = Self { operator: TriggerOperator::GreaterThan, threshold: 0 };
        let Some(rule) = rule.filter(|rule| rule.rule_kind == RuleKind::Scheduled) else { return Ok(any) };
        let operator = match &rule.trigger_operator {
            Some(field) => TriggerOperator::parse(&field.value)
                .ok_or_else(|| format!("`{}` is no trigger operator", field.value))?,
            None => any.operator,
        };
        Ok(Self { operator, threshold: rule.trigger_threshold.as_ref().map_or(any.threshold, |field| field.value) })
    }

    fn fires(self, rows: usize) -> bool {
        self.operator.fires(i64::try_from(rows).unwrap_or(i64::MAX), self.threshold)
    }
}

/// What differs, a paragraph each; nothing where all is as expected.
pub(super) fn differences(expect: &Expect, trigger: Trigger, answer: &Answer) -> Result<Vec<String>, String> {
    let rows = answer.len();
    let mut found = Vec::new();
    let records = |count: usize| if count == 1 { "1 record".to_owned() } else { format!("{count} records") };
    if let Some(alert) = expect.alert
        && alert != trigger.fires(rows)
    {
        let (wanted, got) = if alert { ("an alert", "none was raised") } else { ("no alert", "one was raised") };
        let Trigger { operator, threshold } = trigger;
        found.push(format!(
            "{wanted} was expected and {got}: {} {} {threshold}",
            records(rows),
            if trigger.fires(rows) { phrase(operator).0 } else { phrase(operator).1 }
        ));
    }
    if let Some(count) = expect.count
        && count != rows
    {
        found.push(format!("{} expected, {} found", records(count), rows));
    }
    if let Some(expected) = &expect.rows {
        found.extend(unlike(expected, expect.ordered, answer)?);
    }
    Ok(found)
}

/// What a number of records is, where the trigger fires and where it does not.
fn phrase(operator: TriggerOperator) -> (&'static str, &'static str) {
    match operator {
        TriggerOperator::GreaterThan => ("is more than", "is not more than"),
        TriggerOperator::LessThan => ("is less than", "is not less than"),
        TriggerOperator::Equal => ("is", "is not"),
        TriggerOperator::NotEqual => ("is not", "is"),
    }
}

/// How the records differ from those expected.
fn unlike(expected: &[Map<String, Value>], ordered: bool, answer: &Answer) -> Result<Option<String>, String> {
    for name in expected.iter().flat_map(Map::keys) {
        if !answer.columns.iter().any(|(known, _)| **known == **name) {
            let names: Vec<&str> = answer.columns.iter().map(|(name, _)| &**name).collect();
            return Ok(Some(format!("the answer has no column `{name}`; it has {}", names.join(", "))));
        }
    }
    let actual = json_rows(answer).map_err(|error| error.to_string())?;
    let same = |expected: &Map<String, Value>, actual: &[Value]| {
        answer
            .columns
            .iter()
            .zip(actual)
            .all(|((name, ty), value)| expected.get(&**name).is_none_or(|expected| is_value(expected, value, *ty)))
    };
    let (mut missing, mut more) = (Vec::new(), Vec::new());
    if ordered {
        for at in 0..expected.len().max(actual.len()) {
            match (expected.get(at), actual.get(at)) {
                (Some(expected), Some(actual)) if same(expected, actual) => {}
                (expected, actual) => {
                    missing.extend(expected);
                    more.extend(actual);
                }
            }
        }
    } else {
        let pairs = matched(expected.len(), actual.len(), |e, a| same(&expected[e], &actual[a]));
        missing.extend(expected.iter().enumerate().filter(|(at, _)| !pairs.contains(&Some(*at))).map(|(_, row)| row));
        more.extend(actual.iter().zip(&pairs).filter(|(_, pair)| pair.is_none()).map(|(row, _)| row));
    }
    if missing.is_empty() && more.is_empty() {
        return Ok(None);
    }
    // Only what the test names is told, in the order of the answer.
    let named = |name: &str| expected.is_empty() || expected.iter().any(|row| row.contains_key(name));
    let mut text = String::from("the records differ (- expected, + found):");
    let mut tell = |sign: &str, rows: Vec<String>| {
        for row in rows.iter().take(SHOWN) {
            text.extend(["\n  ", sign, " ", row.as_str()]);
        }
        if rows.len() > SHOWN {
            text.extend(["\n  ", sign, " and ", &(rows.len() - SHOWN).to_string(), " more"]);
        }
    };
    tell("-", missing.iter().map(|row| Value::Object((*row).clone()).to_string()).collect());
    let shown = |row: &&Vec<Value>| {
        let columns = answer.columns.iter().zip(row.iter()).filter(|((name, _), _)| named(name));
        Value::Object(columns.map(|((name, _), value)| (name.to_string(), value.clone())).collect()).to_string()
    };
    tell("+", more.iter().map(shown).collect());
    Ok(Some(text))
}

/// A greatest matching of the expected records with the found ones: for each found one, which it is. A record may be as
/// several tests of it expect, so that taking the first that fits would not do.
fn matched(expected: usize, actual: usize, same: impl Fn(usize, usize) -> bool) -> Vec<Option<usize>> {
    fn place(at: usize, pairs: &mut [Option<usize>], seen: &mut [bool], same: &impl Fn(usize, usize) -> bool) -> bool {
        for candidate in 0..pairs.len() {
            if seen[candidate] || !same(at, candidate) {
                continue;
            }
            seen[candidate] = true;
            let free = match pairs[candidate] {
                None => true,
                Some(other) => stacker::maybe_grow(64 << 10, 1 << 20, || place(other, pairs, seen, same)),
            };
            if free {
                pairs[candidate] = Some(at);
                return true;
            }
        }
        false
    }
    let mut pairs = vec![None; actual];
    for at in 0..expected {
        place(at, &mut pairs, &mut vec![false; actual], &same);
    }
    pairs
}

/// Whether a value, as the JSON output writes it, is the expected one.
fn is_value(expected: &Value, actual: &Value, ty: Type) -> bool {
    match (expected, actual) {
        (Value::String(expected), Value::String(actual)) if ty == Type::DateTime => {
            parse_datetime(expected).is_some_and(|expected| parse_datetime(actual) == Some(expected))
        }
        (Value::String(expected), Value::String(actual)) if ty == Type::TimeSpan => {
            let ticks = crate::literal::parse_timespan;
            ticks(expected).is_some_and(|expected| ticks(actual) == Some(expected))
        }
        (Value::String(expected), Value::String(actual)) if ty == Type::Guid => expected.eq_ignore_ascii_case(actual),
        (Value::Number(expected), Value::String(actual)) if ty == Type::Decimal => expected.to_string() == *actual,
        (Value::Number(expected), Value::Number(actual)) => is_number(expected, actual),
        (Value::Array(expected), Value::Array(actual)) => {
            let mut items = expected.iter().zip(actual);
            expected.len() == actual.len() && items.all(|(expected, actual)| is_value(expected, actual, Type::Dynamic))
        }
        (Value::Object(expected), Value::Object(actual)) => {
            expected.len() == actual.len()
                && expected.iter().all(|(name, expected)| {
                    actual.get(name).is_some_and(|actual| is_value(expected, actual, Type::Dynamic))
                })
        }
        (expected, actual) => expected == actual,
    }
}

fn is_number(expected: &serde_json::Number, actual: &serde_json::Number) -> bool {
    match (expected.as_i64(), actual.as_i64()) {
        (Some(expected), Some(actual)) => expected == actual,
        _ => match (expected.as_f64(), actual.as_f64()) {
            (Some(expected), Some(actual)) => (expected - actual).abs() <= TOLERANCE * expected.abs(),
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_by_their_type() {
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        for (expected, actual, ty, same) in [
            (r#""2024-01-31 10:00""#, r#""2024-01-31T10:00:00.0000000Z""#, Type::DateTime, true),
            (r#""2024-01-31""#, r#""2024-01-31T10:00:00.0000000Z""#, Type::DateTime, false),
            (r#""1h""#, r#""01:00:00""#, Type::TimeSpan, true),
            ("0.3", "0.30000000000000004", Type::Real, true),
            ("0.3", "0.3001", Type::Real, false),
            ("1", "1.0", Type::Real, true),
            ("9007199254740993", "9007199254740992", Type::Long, false),
            ("1.5", r#""1.5""#, Type::Decimal, true),
            (r#"["a",1]"#, r#"["a",1]"#, Type::Dynamic, true),
            (r#"["a",1]"#, r#"[1,"a"]"#, Type::Dynamic, false),
            (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, Type::Dynamic, true),
            (r#"{"a":1}"#, r#"{"b":2,"a":1}"#, Type::Dynamic, false),
            ("null", r#""""#, Type::String, false),
            (r#""ab""#, r#""AB""#, Type::String, false),
        ] {
            assert_eq!(is_value(&value(expected), &value(actual), ty), same, "{expected} {actual}");
        }
    }

    #[test]
    fn a_loose_expectation_does_not_take_the_record_of_a_strict_one() {
        // The first expects anything, the second only the first record.
        let pairs = matched(2, 2, |expected, actual| expected == 0 || actual == 0);
        assert_eq!(pairs, [Some(1), Some(0)]);
        assert_eq!(matched(1, 2, |_, actual| actual == 1), [None, Some(0)]);
    }

    #[test]
    fn a_trigger_compares_the_number_of_records() {
        let trigger = Trigger { operator: TriggerOperator::LessThan, threshold: 2 };
        assert_eq!([0, 1, 2].map(|rows| trigger.fires(rows)), [true, true, false]);
        assert_eq!(Trigger::of(None), Ok(Trigger { operator: TriggerOperator::GreaterThan, threshold: 0 }));
    }
}
