//! Whether both sides found the same.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value};

use super::rule_side::{Answered, Found};
use super::translation::Row;
use crate::ir::Name;
use crate::literal::{TICKS_PER_SECOND, parse_datetime, parse_timespan};
use crate::replay::Cell;
use crate::target::store::of_json;
use crate::target::{Conversion, Fidelity, LossKind};
use crate::types::Type;

/// How far a number may be from the other, as a part of it: sums are made in another order.
const TOLERANCE: f64 = 1e-9;
/// How far two instants may be apart: the coarsest target keeps milliseconds.
const INSTANT: i64 = TICKS_PER_SECOND / 1000;

/// What a translation gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Rows with the rule's columns.
    Rows,
    /// Whole events, each by itself.
    Events,
    /// Groups of events: sequences and correlations.
    Groups,
}

/// How both sides are held against each other.
#[derive(Clone, Debug)]
pub(super) struct Measure<'a> {
    pub(super) shape: Shape,
    pub(super) conversion: &'a Conversion,
    /// What a span of time is counted in where it is a number, in ticks.
    pub(super) span_unit: i64,
    /// The columns that the translation says something of.
    pub(super) told: HashSet<Name>,
}

impl Measure<'_> {
    /// Whether the translation found what the rule found. `bare` is what the rule finds without its outer joins, where
    /// it has any: they add to events that are found anyway, and whole events show nothing of it.
    pub(super) fn agree(&self, left: &Answered, bare: Option<&Answered>, right: &[Row]) -> bool {
        match self.shape {
            Shape::Rows => {
                self.same_rows(left, right)
                    || self.conversion.fidelity != Fidelity::Exact
                        && (left.traced && same_groups(&left.rows, right) && self.shows_what_it_says(left, right)
                            || self.same_but_for_told(left, right))
            }
            Shape::Events => same_events(left, bare.unwrap_or(left), right),
            Shape::Groups => same_groups(&left.rows, right) || Self::same_alerts(left, right),
        }
    }

    /// Whether each group that was found is part of one of the rule's, and each of the rule's was found in part: what a
    /// sequence, which ends with the event that completes it, can give.
    fn same_alerts(left: &Answered, right: &[Row]) -> bool {
        let part = |row: &Row| left.rows.iter().any(|found| is_part(&row.events, &found.events));
        let found = |found: &Found| {
            found.events.is_empty() || right.iter().any(|row| row.events.iter().any(|id| found.events.contains(id)))
        };
        right.iter().all(part) && left.rows.iter().all(found)
    }

    /// The same rows, names and the limits of representation apart.
    fn same_rows(&self, left: &Answered, right: &[Row]) -> bool {
        if left.rows.len() != right.len() {
            return false;
        }
        let same = |found: &Found, row: &Row| self.other_columns(left, found, row).next().is_none();
        let mut free: Vec<&Row> = right.iter().collect();
        for found in &left.rows {
            // Rows of the same events are the likeliest to be the same.
            let near = free.iter().position(|row| row.events == found.events && same(found, row));
            let Some(at) = near.or_else(|| free.iter().position(|row| same(found, row))) else { return false };
            free.swap_remove(at);
        }
        true
    }

    /// The columns of a record that have another value in a row of the translation.
    fn other_columns<'r>(
        &'r self,
        left: &'r Answered,
        found: &'r Found,
        row: &'r Row,
    ) -> impl Iterator<Item = &'r str> + use<'r> {
        let event = OnceCell::new();
        left.columns.iter().zip(&found.values).filter_map(move |((name, ty), value)| {
            let is_same = match self.conversion.outside.field(name) {
                Some(field) => {
                    let cell = get(row, field, &event);
                    self.is_value(value, *ty, &cell)
                        || is_nothing(value) && matches!(*cell, Cell::Bag(_)) && self.holds_others(field)
                }
                // A column that is null in every row has no field there.
                None => is_nothing(value),
            };
            (!is_same).then_some(&**name)
        })
    }

    /// Whether other columns are parts of a field, which is there for their sake too.
    fn holds_others(&self, field: &str) -> bool {
        let is_part = |other: &str| other.strip_prefix(field).is_some_and(|rest| rest.starts_with('.'));
        self.conversion.outside.columns.iter().any(|(_, other)| is_part(other))
    }

    /// The columns in which rows of the same events differ, where that is all that both sides differ in.
    pub(super) fn unlike(&self, left: &Answered, right: &[Row]) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        if self.shape == Shape::Rows {
            for one in &left.rows {
                let alone = left.rows.len() == 1 && right.len() == 1;
                let mut rows = right.iter().filter(|row| alone || row.events == one.events);
                if let (Some(row), None) = (rows.next(), rows.next()) {
                    found.extend(self.other_columns(left, one, row).map(str::to_owned));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn is_value(&self, value: &Value, ty: Type, cell: &Cell) -> bool {
        let folded = self.shows(LossKind::Case);
        if is_nothing(value) {
            return match cell {
                Cell::Null => true,
                // What holds nothing may be written as JSON, with null for an empty text.
                Cell::Text(text) => {
                    text.is_empty() || &**text == "null" || json_of(text).is_some_and(|held| is_nothing(&held))
                }
                cell @ (Cell::List(_) | Cell::Bag(_)) => {
                    let mut text = String::new();
                    cell.write_json(&mut text);
                    serde_json::from_str(&text).is_ok_and(|held| is_nothing(&held))
                }
                _ => false,
            };
        }
        match (ty, value) {
            (Type::DateTime, Value::String(text)) => {
                parse_datetime(text).zip(cell.as_time()).is_some_and(|(a, b)| a.abs_diff(b) < INSTANT.unsigned_abs())
            }
            (Type::TimeSpan, Value::String(text)) => {
                let ticks = match cell {
                    Cell::Text(text) => parse_timespan(text),
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_precision_loss,
                        reason = "seconds, or parts of one, of a span of time"
                    )]
                    other => other.as_number().map(|units| (units * self.span_unit as f64).round() as i64),
                };
                parse_timespan(text).zip(ticks).is_some_and(|(a, b)| a.abs_diff(b) < INSTANT.unsigned_abs())
            }
            (Type::Dynamic | Type::Unknown, value) => same_json(value, cell, folded),
            (_, Value::Bool(truth)) => match cell {
                Cell::Bool(other) => truth == other,
                other => other.written().is_some_and(|text| {
                    text.eq_ignore_ascii_case(&truth.to_string()) || *text == *if *truth { "1" } else { "0" }
                }),
            },
            (_, Value::Number(number)) => number.as_f64().zip(cell.as_number()).is_some_and(|(a, b)| same_number(a, b)),
            (_, Value::String(text)) => same_text(text, cell, folded),
            _ => false,
        }
    }

    /// Whether rows of the same events are the same but for what the translation says that it shows otherwise; where
    /// several are of the same events, which is which is not known.
    fn shows_what_it_says(&self, left: &Answered, right: &[Row]) -> bool {
        left.rows.iter().all(|found| {
            let mut rows = right.iter().filter(|row| row.events == found.events);
            let (Some(row), None) = (rows.next(), rows.next()) else { return true };
            self.other_columns(left, found, row).all(|name| self.told.contains(name))
        })
    }

    /// Whether the rows are the same but for what the translation says that it shows otherwise, where it knows less of the
    /// events that they are made of: values that it carries from one record to another bring no event with them.
    fn same_but_for_told(&self, left: &Answered, right: &[Row]) -> bool {
        let written = || left.rows.iter().all(|found| found.events.is_empty());
        if left.rows.len() != right.len() || !left.traced && !written() {
            return false;
        }
        let mut free: Vec<&Row> = right.iter().collect();
        for found in &left.rows {
            // Rows that are written out in the query are made of no event on either side.
            let part =
                |row: &Row| row.events.is_empty() == found.events.is_empty() && is_part(&row.events, &found.events);
            let same = |row: &Row| self.other_columns(left, found, row).next().is_none();
            let told = |row: &Row| self.other_columns(left, found, row).all(|name| self.told.contains(name));
            let first = free.iter().position(|row| part(row) && same(row));
            let Some(at) = first.or_else(|| free.iter().position(|row| part(row) && told(row))) else { return false };
            free.swap_remove(at);
        }
        true
    }

    /// Whether a loss of this kind is about what is shown.
    fn shows(&self, kind: LossKind) -> bool {
        self.conversion.losses.iter().any(|loss| loss.kind == kind && loss.fidelity == Fidelity::Events)
    }
}

/// The value of a field. An array or object of an event is no field in Splunk but a part of the event's text, which is
/// parsed once for all that is asked of a row; an object is none in Elastic, where its parts are fields.
fn get<'r>(row: &'r Row, field: &str, event: &OnceCell<Value>) -> Cow<'r, Cell> {
    let named = |wanted: &str| row.fields.iter().find(|(name, _)| **name == *wanted).map(|(_, cell)| cell);
    if let Some(cell) = named(field) {
        let object = if cell.is_null() { parts(row, field) } else { None };
        return object.map_or(Cow::Borrowed(cell), |object| Cow::Owned(super::stored::cell(&of_json(&object))));
    }
    let event = event.get_or_init(|| match named("_raw") {
        Some(Cell::Text(text)) => serde_json::from_str(text).unwrap_or_default(),
        _ => Value::Null,
    });
    let part = field.split('.').try_fold(event, |value, slot| value.get(slot));
    let part = part.cloned().or_else(|| parts(row, field));
    Cow::Owned(part.map_or(Cell::Null, |part| super::stored::cell(&of_json(&part))))
}

/// An object, of the fields that are its parts; nothing where there are none.
fn parts(row: &Row, field: &str) -> Option<Value> {
    let mut object = None;
    for (name, cell) in row.fields.iter().filter(|(_, cell)| !cell.is_null()) {
        let Some(path) = name.strip_prefix(field).and_then(|rest| rest.strip_prefix('.')) else { continue };
        let mut slot = object.get_or_insert_with(|| Value::Object(Map::new()));
        for part in path.split('.') {
            let Value::Object(slots) = slot else { return None };
            slot = slots.entry(part).or_insert_with(|| Value::Object(Map::new()));
        }
        let mut text = String::new();
        cell.write_json(&mut text);
        *slot = serde_json::from_str(&text).ok()?;
    }
    object
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty() || text == "NaN",
        Value::Array(items) => items.iter().all(is_nothing),
        Value::Object(slots) => slots.values().all(is_nothing),
        _ => false,
    }
}

fn same_number(a: f64, b: f64) -> bool {
    (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()).max(1.0)
}

fn same_text(text: &str, cell: &Cell, folded: bool) -> bool {
    let other = match cell {
        // A field of several values that are all the same.
        Cell::List(items) if items.len() == 1 => items[0].written(),
        other => other.written(),
    };
    other.is_some_and(|other| {
        *other == *text
            || folded && other.to_lowercase() == text.to_lowercase()
            || folded && dashed(&other) == dashed(text)
            || json_of(text).is_some_and(|json| json_of(&other).is_some_and(|other| loosely(&json) == loosely(&other)))
    })
}

fn dashed(text: &str) -> String {
    text.to_lowercase().replace(' ', "-")
}

/// The array or object that a text is the JSON of.
fn json_of(text: &str) -> Option<Value> {
    if !text.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// A value of JSON so written that the order of elements and the types of scalars do not count.
fn loosely(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => match json_of(text) {
            Some(inner) => loosely(&inner),
            // A number alone is a year to whoever looks for an instant.
            None if text.bytes().all(|byte| byte.is_ascii_digit()) => text.clone(),
            None => parse_datetime(text).map_or_else(|| text.clone(), |ticks| format!("@{}", ticks / INSTANT)),
        },
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string()),
        Value::Bool(value) => value.to_string(),
        Value::Array(items) => {
            let mut items: Vec<String> = items.iter().map(loosely).filter(|item| !item.is_empty()).collect();
            items.sort_unstable();
            if let [one] = items.as_slice() {
                return one.clone();
            }
            items.join("\u{1}")
        }
        Value::Object(slots) => {
            let mut slots: Vec<String> = slots
                .iter()
                .map(|(name, value)| (name, loosely(value)))
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| format!("{name}\u{2}{value}"))
                .collect();
            slots.sort_unstable();
            format!("{{{}}}", slots.join("\u{1}"))
        }
    }
}

fn same_json(value: &Value, cell: &Cell, folded: bool) -> bool {
    let mut text = String::new();
    cell.write_json(&mut text);
    let other: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    let (a, b) = (loosely(value), loosely(&other));
    a == b || folded && dashed(&a) == dashed(&b) || {
        let time = |value: &Value| value.as_str().and_then(parse_datetime);
        time(value).zip(cell.as_time()).is_some_and(|(a, b)| a.abs_diff(b) < INSTANT.unsigned_abs())
    }
}

fn is_part(inner: &[u32], outer: &[u32]) -> bool {
    inner.iter().all(|id| outer.contains(id))
}

/// Whether the same sets of events were found, each as often.
fn same_groups(left: &[Found], right: &[Row]) -> bool {
    let mut left: Vec<&[u32]> = left.iter().map(|found| found.events.as_slice()).collect();
    let mut right: Vec<&[u32]> = right.iter().map(|row| row.events.as_slice()).collect();
    left.sort_unstable();
    right.sort_unstable();
    left == right
}

/// Whether the events found are those that the rule's records are made of, in whatever groups; a record of no event, such
/// as a count of nothing, has none to be found. What an outer join adds is left out on both sides, if that is all it does.
fn same_events(left: &Answered, bare: &Answered, right: &[Row]) -> bool {
    let of = |answer: &Answered| -> BTreeSet<u32> {
        answer.rows.iter().flat_map(|found| found.events.iter().copied()).collect()
    };
    let (all, own) = (of(left), of(bare));
    let found: BTreeSet<u32> = right.iter().flat_map(|row| row.events.iter().copied()).collect();
    let has_own = |found: &Found| found.events.is_empty() || found.events.iter().any(|id| own.contains(id));
    found == own && own.is_subset(&all) && left.rows.iter().all(has_own)
}

/// The events that one side found and the other did not.
pub(super) fn apart(left: &Answered, right: &[Row]) -> (Vec<u32>, Vec<u32>) {
    let mine: BTreeSet<u32> = left.rows.iter().flat_map(|found| found.events.iter().copied()).collect();
    let theirs: BTreeSet<u32> = right.iter().flat_map(|row| row.events.iter().copied()).collect();
    (mine.difference(&theirs).copied().collect(), theirs.difference(&mine).copied().collect())
}

/// What a row of a translation holds, as JSON.
pub(super) fn shown(row: &Row) -> Value {
    let mut text = String::from("{");
    for (at, (name, cell)) in row.fields.iter().filter(|(_, cell)| !cell.is_null()).enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(&Value::from(&**name).to_string());
        text.push(':');
        cell.write_json(&mut text);
    }
    text.push('}');
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::{Losses, Outside};

    fn conversion(fidelity: Fidelity) -> Conversion {
        let columns = vec![("A".to_owned(), "a".to_owned()), ("N".to_owned(), "n".to_owned())];
        let outside = Outside { columns, ..Outside::default() };
        Conversion { fidelity, ..Conversion::new(String::new(), Losses::default()).with(outside) }
    }

    fn measure<'a>(shape: Shape, conversion: &'a Conversion, told: &[&str]) -> Measure<'a> {
        let told = told.iter().map(|name| Name::from(*name)).collect();
        Measure { shape, conversion, span_unit: TICKS_PER_SECOND, told }
    }

    fn left(rows: &[(&str, i64, &[u32])]) -> Answered {
        let rows = rows
            .iter()
            .map(|(a, n, events)| Found { values: vec![Value::from(*a), Value::from(*n)], events: events.to_vec() })
            .collect();
        Answered { columns: vec![("A".into(), Type::String), ("N".into(), Type::Long)], rows, traced: true }
    }

    fn right(rows: &[(&str, &str, &[u32])]) -> Vec<Row> {
        let row = |(a, n, events): &(&str, &str, &[u32])| Row {
            fields: vec![("a".into(), Cell::text(*a)), ("n".into(), Cell::text(*n))],
            events: events.to_vec(),
        };
        rows.iter().map(row).collect()
    }

    #[test]
    fn an_array_of_an_event_is_in_its_text() {
        let field = |name: &str, text: &str| (name.into(), Cell::text(text));
        let raw = r#"{"p":{"list":["x",{"y":1}]}}"#;
        let row = Row { fields: vec![field("_raw", raw), field("p.list{}", "x")], events: vec![1] };
        let event = OnceCell::new();
        for (array, is_same) in [(serde_json::json!(["x", {"y": 1}]), true), (serde_json::json!(["x"]), false)] {
            assert_eq!(same_json(&array, &get(&row, "p.list", &event), false), is_same);
        }
        assert_eq!(*get(&row, "p.other", &event), Cell::Null);
        assert_eq!(*get(&Row { fields: Vec::new(), events: Vec::new() }, "p.list", &OnceCell::new()), Cell::Null);
    }

    #[test]
    fn an_object_is_made_of_its_parts() {
        let field = |name: &str, text: &str| (name.into(), Cell::text(text));
        let row = Row { fields: vec![field("p.a.b", "x"), field("p.a.c", "y"), field("pq.a", "z")], events: vec![1] };
        for (object, is_same) in [
            (serde_json::json!({"a": {"b": "x", "c": "y"}}), true),
            (serde_json::json!({"a": {"b": "x"}}), false),
            (serde_json::json!({"a": {"b": "x", "c": "z"}}), false),
        ] {
            assert_eq!(same_json(&object, &get(&row, "p", &OnceCell::new()), false), is_same, "{object}");
        }
        assert_eq!(*get(&row, "q", &OnceCell::new()), Cell::Null);
    }

    #[test]
    fn carried_values_bring_no_events() {
        let conversion = conversion(Fidelity::Events);
        let rule = left(&[("x", 1, &[1, 2]), ("y", 1, &[3, 4])]);
        let shown = |told: &[&str], rows: &[(&str, &str, &[u32])]| {
            measure(Shape::Rows, &conversion, told).agree(&rule, None, &right(rows))
        };
        assert!(shown(&["N"], &[("x", "", &[1]), ("y", "", &[3])]));
        assert!(!shown(&[], &[("x", "", &[1]), ("y", "", &[3])]), "of the number nothing is said");
        assert!(!shown(&["N"], &[("y", "", &[1]), ("x", "", &[3])]), "the other's value");
        assert!(!shown(&["N"], &[("x", "", &[1]), ("y", "", &[5])]), "an event that is none of the rule's");
        assert!(!shown(&["N"], &[("x", "", &[1])]), "one is missing");
        // Rows that are written out in a query are made of no event.
        let mut written = left(&[("x", 1, &[]), ("y", 1, &[])]);
        written.traced = false;
        let shown = |rows: &[(&str, &str, &[u32])]| {
            measure(Shape::Rows, &conversion, &["N"]).agree(&written, None, &right(rows))
        };
        assert!(shown(&[("x", "", &[]), ("y", "", &[])]));
        assert!(!shown(&[("x", "", &[]), ("z", "", &[])]) && !shown(&[("x", "", &[1]), ("y", "", &[2])]));
    }

    #[test]
    fn exact_is_the_same_rows_in_any_order() {
        let conversion = conversion(Fidelity::Exact);
        let measure = measure(Shape::Rows, &conversion, &[]);
        let rule = left(&[("x", 1, &[1]), ("y", 2, &[2])]);
        assert!(measure.agree(&rule, None, &right(&[("y", "2", &[2]), ("x", "1", &[1])])));
        let others: [&[(&str, &str, &[u32])]; 4] = [
            &[("y", "2", &[2])],
            &[("y", "2", &[2]), ("X", "1", &[1])],
            &[("y", "2", &[2]), ("x", "3", &[1])],
            &[("y", "2", &[2]), ("y", "2", &[2])],
        ];
        for other in others {
            assert!(!measure.agree(&rule, None, &right(other)), "{other:?}");
        }
    }

    #[test]
    fn events_are_the_same_groups_whatever_is_shown() {
        let conversion = conversion(Fidelity::Events);
        let rows = measure(Shape::Rows, &conversion, &["A", "N"]);
        let events = measure(Shape::Events, &conversion, &[]);
        let rule = left(&[("x", 1, &[1, 2]), ("y", 2, &[3])]);
        let other = right(&[("", "", &[1, 2]), ("", "", &[3])]);
        assert!(rows.agree(&rule, None, &other) && events.agree(&rule, None, &other));
        let of_one = measure(Shape::Rows, &conversion, &["A"]);
        assert!(!of_one.agree(&rule, None, &other), "of the number nothing is said");
        assert!(of_one.agree(&rule, None, &right(&[("z", "1", &[1, 2]), ("z", "2", &[3])])));
        let regrouped = right(&[("", "", &[1]), ("", "", &[2, 3])]);
        assert!(!rows.agree(&rule, None, &regrouped));
        let one_by_one = right(&[("", "", &[1]), ("", "", &[2]), ("", "", &[3])]);
        assert!(events.agree(&rule, None, &one_by_one), "whole events are found one by one");
        assert!(!events.agree(&rule, None, &right(&[("", "", &[1]), ("", "", &[3])])), "one is missing");
        assert!(!events.agree(&rule, None, &right(&[("", "", &[1, 2]), ("", "", &[3, 4])])), "one too many");
    }

    #[test]
    fn what_an_outer_join_adds_is_not_looked_for_in_whole_events() {
        let conversion = conversion(Fidelity::Events);
        let events = measure(Shape::Events, &conversion, &[]);
        let (rule, bare) = (left(&[("x", 1, &[1, 8]), ("y", 2, &[2])]), left(&[("x", 1, &[1]), ("y", 2, &[2])]));
        assert!(events.agree(&rule, Some(&bare), &right(&[("", "", &[1]), ("", "", &[2])])));
        assert!(!events.agree(&rule, Some(&bare), &right(&[("", "", &[1])])));
        let decides = left(&[("x", 1, &[1, 8])]);
        assert!(
            !events.agree(&decides, Some(&bare), &right(&[("", "", &[1]), ("", "", &[2])])),
            "a join that decides is more than what it adds"
        );
    }

    #[test]
    fn sequences_give_a_part_of_each_group_and_nothing_else() {
        let conversion = conversion(Fidelity::Approximate);
        let measure = measure(Shape::Groups, &conversion, &[]);
        let rule = left(&[("x", 3, &[1, 2, 3]), ("y", 2, &[4, 5])]);
        assert!(measure.agree(&rule, None, &right(&[("", "", &[1, 2]), ("", "", &[4, 5])])));
        assert!(!measure.agree(&rule, None, &right(&[("", "", &[1, 2])])), "a group is missing");
        assert!(!measure.agree(&rule, None, &right(&[("", "", &[1, 2]), ("", "", &[4, 5, 6])])), "an event too many");
    }

    #[test]
    fn values_are_the_same_whatever_they_are_stored_as() {
        let conversion = conversion(Fidelity::Exact);
        let measure = measure(Shape::Rows, &conversion, &[]);
        for (value, ty, cell, same) in [
            (Value::from("2024-01-01T00:00:00.0000000Z"), Type::DateTime, Cell::Real(1_704_067_200.0), true),
            (Value::from("2024-01-01T00:00:00.0000000Z"), Type::DateTime, Cell::Real(1_704_067_201.0), false),
            (Value::from("00:01:00"), Type::TimeSpan, Cell::Long(60), true),
            (Value::from(true), Type::Bool, Cell::text("true"), true),
            (Value::from(true), Type::Bool, Cell::text("false"), false),
            (Value::from(""), Type::String, Cell::Null, true),
            (serde_json::json!({"a": ""}), Type::Dynamic, Cell::Null, true),
            (serde_json::json!({"a": [""]}), Type::Dynamic, Cell::List(vec![Cell::text("")]), true),
            (serde_json::json!([""]), Type::Dynamic, Cell::text("[\"\"]"), true),
            (serde_json::json!([""]), Type::Dynamic, Cell::text("[\"x\"]"), false),
            (serde_json::json!({"a": 0}), Type::Dynamic, Cell::Null, false),
            (serde_json::json!({"a": ""}), Type::Dynamic, Cell::text(r#"{"a":null}"#), true),
            (serde_json::json!({"a": ""}), Type::Dynamic, Cell::text(r#"{"a":"x"}"#), false),
            (serde_json::json!([""]), Type::Dynamic, Cell::text("[0]"), false),
            (Value::from("a"), Type::String, Cell::Null, false),
            (serde_json::json!(["b", "a"]), Type::Dynamic, Cell::List(vec![Cell::text("a"), Cell::text("b")]), true),
            (serde_json::json!(["b"]), Type::Dynamic, Cell::text("b"), true),
            (serde_json::json!(["b"]), Type::Dynamic, Cell::text("c"), false),
            (serde_json::json!([1433]), Type::Dynamic, Cell::text("1433"), true),
            (serde_json::json!({"a": 1}), Type::Dynamic, Cell::text("{\"a\":1}"), true),
        ] {
            assert_eq!(measure.is_value(&value, ty, &cell), same, "{value} {cell:?}");
        }
    }
}
