//! Values that just pass, or just fail, what is wanted.

use std::sync::Arc;

use super::Probe;
use super::functions::cast;
use super::want::{Want, number, text, whole};
use crate::ir::{Json, StringTest, Value};
use crate::types::Type;

/// How many items of a list are tried.
const ITEMS: usize = 50;

/// A way to change a value: what it probes, what it is called, what it makes of the value.
pub(super) struct Variant {
    pub(super) probe: Probe,
    pub(super) name: String,
    change: Change,
}

enum Change {
    /// This value.
    To(Value),
    /// This text in the place of the needle in the value.
    Needle(Arc<str>, String),
    /// This text in the place of the first of the needles that the value holds; instead of all of it, where it holds none.
    Item(Arc<[Arc<str>]>, String),
    /// Text before and behind.
    Around(&'static str, String),
    /// The letters in the other case.
    Case,
}

impl Variant {
    /// The value that it makes of another; none where there is nothing to change.
    pub(super) fn of(&self, value: &Value) -> Option<Value> {
        let changed = match &self.change {
            Change::To(other) => other.clone(),
            Change::Needle(needle, with) => {
                let (whole, lower) = (text(value), needle.to_ascii_lowercase());
                let at = whole.to_ascii_lowercase().rfind(&lower).filter(|_| !needle.is_empty())?;
                let behind = whole.get(at + needle.len()..)?;
                Value::string(format!("{}{with}{behind}", whole.get(..at)?))
            }
            Change::Item(needles, with) => {
                let (whole, lower) = (text(value), text(value).to_ascii_lowercase());
                let held = needles.iter().filter(|needle| !needle.is_empty());
                let mut held =
                    held.filter_map(|needle| Some((lower.rfind(&needle.to_ascii_lowercase())?, needle.len())));
                let parts = held.next().and_then(|(at, length)| Some((whole.get(..at)?, whole.get(at + length..)?)));
                let (before, behind) = parts.unwrap_or_default();
                Value::string(format!("{before}{with}{behind}"))
            }
            Change::Around(before, behind) => Value::string(format!("{before}{}{behind}", text(value))),
            Change::Case => Value::string(swapped(&text(value))),
        };
        // What is an array or a bag stays one with other letters in it.
        let changed = match (value, changed) {
            (Value::Dynamic(json), text) if holds_values(json) => match cast(&text, Type::Dynamic) {
                Some(Value::Dynamic(other)) if holds_values(&other) => Value::Dynamic(other),
                _ => text,
            },
            (_, changed) => changed,
        };
        (changed != *value).then_some(changed)
    }
}

/// Whether it is an array or a bag.
const fn holds_values(json: &Json) -> bool {
    matches!(json, Json::Array(_) | Json::Bag(_))
}

/// Whether it is a number or a truth value.
const fn is_plain(value: &Value) -> bool {
    matches!(value, Value::Bool(_) | Value::Int(_) | Value::Long(_) | Value::Real(_))
}

/// The letters in the other case.
pub(super) fn swapped(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect()
}

/// A needle with its first letter or digit made another.
fn broken(needle: &str) -> String {
    let mut done = false;
    needle
        .chars()
        .map(|c| {
            if done || !c.is_alphanumeric() {
                return c;
            }
            done = true;
            if c == 'q' { 'k' } else { 'q' }
        })
        .collect()
}

/// The variants for something wanted of a value of a type.
pub(super) fn variants(want: &Want, ty: Type) -> Vec<Variant> {
    let mut found = Vec::new();
    let mut add = |probe, name: &str, change| found.push(Variant { probe, name: name.to_owned(), change });
    // A column that nobody has listed has the type of what it is compared with.
    let compared = match want {
        Want::Among { values, .. } => values.first().map(Value::ty),
        Want::Order(_, value) => Some(value.ty()),
        _ => None,
    };
    let ty = compared.filter(|_| ty == Type::Unknown).unwrap_or(ty);
    let is_text = matches!(ty, Type::String | Type::Dynamic | Type::Unknown);
    match want {
        Want::Text { test, needle, negated, .. } => {
            of_needle(*test, needle, *negated, &mut add);
            add(Probe::Null, "empty", Change::To(Value::string("")));
        }
        Want::Any { test, needles, negated, .. } => {
            if let Some(first) = needles.first() {
                of_needle(*test, first, *negated, &mut add);
            }
            // What one of them spoils has all that is asked for otherwise.
            for needle in needles.iter().take(ITEMS).skip(1).filter(|_| *negated) {
                add(Probe::Item, &format!("with {needle}"), Change::Around("", format!(" {needle}")));
            }
            for needle in needles.iter().take(ITEMS) {
                let item = match test {
                    StringTest::StartsWith => format!("{needle}x"),
                    StringTest::EndsWith => format!("x{needle}"),
                    _ => format!("a {needle} b"),
                };
                add(Probe::Item, &format!("item {needle}"), Change::Item(needles.clone(), item));
                let almost = format!("a {} b", broken(needle));
                add(Probe::Plain, &format!("almost {needle}"), Change::Item(needles.clone(), almost));
                if matches!(test, StringTest::HasTerm) {
                    let inside = format!("x{needle}x");
                    add(Probe::Term, &format!("{needle} inside a word"), Change::Item(needles.clone(), inside));
                }
            }
            add(Probe::Null, "empty", Change::To(Value::string("")));
        }
        Want::Among { values, negated, .. } => {
            for value in values.iter().take(ITEMS) {
                add(Probe::Item, &format!("item {}", text(value)), Change::To(value.clone()));
                if let (true, Value::String(text)) = (*negated, value) {
                    let other = Change::To(Value::string(swapped(text)));
                    add(Probe::Case, &format!("item {text} in another case"), other);
                }
            }
            if is_text {
                add(Probe::Case, "another case", Change::Case);
                add(Probe::Plain, "a letter more behind", Change::Around("", "x".to_owned()));
                add(Probe::Plain, "a letter more before", Change::Around("x", String::new()));
                add(Probe::Plain, "a space behind", Change::Around("", " ".to_owned()));
                add(Probe::Null, "empty", Change::To(Value::string("")));
                // KQL finds no number and no truth value in a text.
                for value in values.iter().take(3).filter(|value| ty == Type::Dynamic && is_plain(value)) {
                    add(Probe::Null, "its text", Change::To(Value::string(text(value))));
                }
            } else {
                for value in values.iter().take(3) {
                    for (probe, other) in near(value) {
                        add(probe, "next to it", Change::To(other));
                    }
                }
                add(Probe::Null, "null", Change::To(super::candidates::absent(ty)));
            }
        }
        Want::Order(_, value) => {
            for (probe, other) in std::iter::once((Probe::Number, value.clone())).chain(near(value)) {
                add(probe, &format!("at {}", text(&other)), Change::To(other));
            }
            add(Probe::Null, "null", Change::To(super::candidates::absent(ty)));
        }
        Want::Regex { pattern, .. } => {
            for variant in 0..4 {
                let captures = std::collections::BTreeMap::new();
                let wishes = super::pattern::Wishes { variant, fill: "", captures: &captures };
                if let Some(text) = super::pattern::sample(pattern, wishes) {
                    add(Probe::Regex, "another text", Change::To(Value::string(text.clone())));
                    add(Probe::Regex, "another line", Change::To(Value::string(format!("x\n{text}\ny"))));
                    let mut short = text;
                    short.pop();
                    add(Probe::Regex, "a letter less", Change::To(Value::string(short)));
                }
            }
            add(Probe::Case, "another case", Change::Case);
            add(Probe::Null, "empty", Change::To(Value::string("")));
        }
        Want::Absent(_) => {
            if is_text {
                add(Probe::Null, "empty", Change::To(Value::string("")));
                add(Probe::Null, "a space", Change::To(Value::string(" ")));
                add(Probe::Null, "not empty", Change::To(Value::string("x1")));
            } else {
                add(Probe::Null, "null", Change::To(super::candidates::absent(ty)));
            }
        }
        Want::Length(_, count) => {
            for length in [count - 1, *count, count + 1] {
                let length = usize::try_from(length.clamp(0, 20_000)).unwrap_or(0);
                add(Probe::Number, &format!("of {length} characters"), Change::To(Value::string("a".repeat(length))));
            }
        }
        Want::Items(..) | Want::Case(_) => {}
        Want::Ranges { ranges, .. } => {
            for (low, high) in ranges.iter().take(8) {
                for (probe, address) in [
                    (Probe::Number, *low),
                    (Probe::Number, *high),
                    (Probe::Number, low.saturating_sub(1)),
                    (Probe::Number, high.saturating_add(1)),
                ] {
                    let address = std::net::Ipv4Addr::from(address).to_string();
                    add(probe, &format!("address {address}"), Change::To(Value::string(address)));
                }
            }
            add(Probe::Null, "empty", Change::To(Value::string("")));
            add(Probe::Plain, "no address", Change::To(Value::string("none")));
        }
    }
    found
}

fn of_needle(test: StringTest, needle: &Arc<str>, negated: bool, add: &mut impl FnMut(Probe, &str, Change)) {
    if negated {
        add(Probe::Plain, "with it", Change::Around("", format!(" {needle}")));
        add(Probe::Plain, "it alone", Change::To(Value::string(needle.clone())));
        add(Probe::Case, "with it in another case", Change::Around("", format!(" {}", swapped(needle))));
        add(Probe::Term, "with it inside a word", Change::Around("", format!(" x{needle}x")));
        return;
    }
    let needle = needle.clone();
    add(Probe::Case, "another case", Change::Needle(needle.clone(), swapped(&needle)));
    add(Probe::Plain, "another letter", Change::Needle(needle.clone(), broken(&needle)));
    add(Probe::Term, "a letter more before", Change::Needle(needle.clone(), format!("x{needle}")));
    add(Probe::Term, "a letter more behind", Change::Needle(needle.clone(), format!("{needle}x")));
    add(Probe::Term, "an underscore behind", Change::Needle(needle.clone(), format!("{needle}_")));
    add(Probe::Plain, "it alone", Change::To(Value::string(needle)));
    if matches!(test, StringTest::StartsWith | StringTest::EndsWith | StringTest::Equals) {
        add(Probe::Plain, "more before", Change::Around("x", String::new()));
        add(Probe::Plain, "more behind", Change::Around("", "x".to_owned()));
    }
}

/// The values next to another.
fn near(value: &Value) -> Vec<(Probe, Value)> {
    match value {
        Value::DateTime(ticks) => [ticks - 1, ticks + 1].map(|ticks| (Probe::Window, Value::DateTime(ticks))).into(),
        Value::TimeSpan(ticks) => [ticks - 1, ticks + 1].map(|ticks| (Probe::Number, Value::TimeSpan(ticks))).into(),
        Value::Real(_) | Value::Decimal(_) => number(value)
            .into_iter()
            .flat_map(|value| [value - 0.25, value + 0.25])
            .map(|value| (Probe::Number, Value::Real(value)))
            .collect(),
        Value::Bool(value) => vec![(Probe::Plain, Value::Bool(!value))],
        other => whole(other)
            .into_iter()
            .flat_map(|value| [value - 1, value + 1])
            .filter_map(|value| i64::try_from(value).ok())
            .map(|value| (Probe::Number, Value::Long(value)))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_broken_by_a_letter() {
        let want = Want::Text { test: StringTest::HasTerm, fold: true, needle: "powershell".into(), negated: false };
        let made: Vec<String> = variants(&want, Type::String)
            .iter()
            .filter_map(|variant| variant.of(&Value::string("run powershell.exe now")))
            .map(|value| text(&value))
            .collect();
        for expected in ["run xpowershell.exe now", "run POWERSHELL.exe now", "run qowershell.exe now", ""] {
            assert!(made.iter().any(|text| text == expected), "{expected}: {made:?}");
        }
    }

    #[test]
    fn an_item_takes_the_place_of_another() {
        let needles: Arc<[Arc<str>]> = ["catalog", "systemstatebackup"].map(Arc::from).into();
        let made = |negated| -> Vec<String> {
            let want = Want::Any { test: StringTest::HasTerm, fold: true, needles: needles.clone(), negated };
            let variants = variants(&want, Type::String);
            let values = variants.iter().filter_map(|variant| variant.of(&Value::string("delete catalog now")));
            values.map(|value| text(&value)).collect()
        };
        assert!(made(false).iter().any(|text| text == "delete a systemstatebackup b now"), "{:?}", made(false));
        assert!(made(true).iter().any(|text| text == "delete catalog now systemstatebackup"), "{:?}", made(true));
    }

    #[test]
    fn a_bound_has_two_sides() {
        let want = Want::Order(crate::ir::CompareOp::Greater, Value::Long(5));
        let made: Vec<Value> =
            variants(&want, Type::Long).iter().filter_map(|variant| variant.of(&Value::Long(9))).collect();
        for expected in [4, 5, 6] {
            assert!(made.contains(&Value::Long(expected)), "{made:?}");
        }
    }
}
