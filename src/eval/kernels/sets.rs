//! Arrays as sets of distinct values, in the order in which each value is first seen.

use std::collections::{HashMap, HashSet};

use super::arguments::{array, json};
use super::{Env, Kernel};
use crate::eval::cell::Cell;
use crate::eval::dynamic::{self, Shown, View};
use crate::ir::Json;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel::strict("jaccard_index", jaccard_index),
    Kernel::strict("set_difference", set_difference),
    Kernel::strict("set_equals", set_equals),
    Kernel::row("set_has_element", set_has_element),
    Kernel::strict("set_intersect", set_intersect),
    Kernel::strict("set_union", set_union),
];

/// What is the same for values that count as one: numbers by what they stand for, bags whatever the order of their
/// slots.
fn identity(value: &Json) -> Vec<u8> {
    fn canonical(value: &Json) -> Json {
        match value {
            Json::Real(real) => whole(*real).map_or(Json::Real(*real), Json::Long),
            Json::Array(items) => Json::Array(items.iter().map(canonical).collect()),
            Json::Bag(slots) => {
                let mut slots: Vec<_> = slots.iter().map(|(name, value)| (name.clone(), canonical(value))).collect();
                slots.sort_by(|(a, _), (b, _)| a.cmp(b));
                Json::Bag(slots)
            }
            other => other.clone(),
        }
    }
    dynamic::encode(&canonical(value))
}

/// The whole number that a real stands for.
fn whole(value: f64) -> Option<i64> {
    let within = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value);
    (within && value.fract() == 0.0).then_some(value as i64)
}

/// Whether two values count as one.
pub(super) fn same(left: &Json, right: &Json) -> bool {
    left == right || identity(left) == identity(right)
}

/// A value to be looked for among the elements of an array. No element is a `decimal`; one of equal value is a number.
pub(super) fn element(cell: &Cell<'_>) -> Json {
    match cell {
        Cell::Decimal(value) => Json::Real(value.to_f64()),
        other => json(other),
    }
}

/// The sets that all arguments are; nothing where one is no array.
fn sets(args: &[Cell<'_>]) -> Option<Vec<Vec<Json>>> {
    (0..args.len()).map(|at| array(args, at)).collect()
}

fn distinct(values: impl IntoIterator<Item = Json>) -> Vec<Json> {
    let mut seen = HashSet::new();
    values.into_iter().filter(|value| seen.insert(identity(value))).collect()
}

fn identities(values: &[Json]) -> HashSet<Vec<u8>> {
    values.iter().map(identity).collect()
}

fn set_union<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    sets(args).map(|sets| Json::Array(distinct(sets.into_iter().flatten()))).into()
}

fn set_intersect<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    kept(args, |others, value| others.iter().all(|other| other.contains(value)))
}

fn set_difference<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    kept(args, |others, value| !others.iter().any(|other| other.contains(value)))
}

/// The distinct elements of the first set that are kept in view of the others.
fn kept(args: &[Cell<'_>], keep: impl Fn(&[HashSet<Vec<u8>>], &Vec<u8>) -> bool) -> Cell<'static> {
    let Some(sets) = sets(args) else { return Cell::Null };
    let mut sets = sets.into_iter();
    let Some(first) = sets.next() else { return Cell::Null };
    let others: Vec<HashSet<Vec<u8>>> = sets.map(|set| identities(&set)).collect();
    let kept = distinct(first).into_iter().filter(|value| keep(&others, &identity(value)));
    Some(Json::Array(kept.collect())).into()
}

fn set_equals<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let (Some(left), Some(right)) = (array(args, 0), array(args, 1)) else { return Cell::Null };
    Cell::Bool(identities(&left) == identities(&right))
}

fn set_has_element<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let [Cell::Dynamic(bytes), value] = args else { return Cell::Null };
    let Shown::Array(mut items) = View::new(bytes).shown() else { return Cell::Null };
    let value = element(value);
    Cell::Bool(items.any(|item| match (item.shown(), &value) {
        (Shown::String(item), Json::String(value)) => *item == **value,
        (Shown::Long(item), Json::Long(value)) => item == *value,
        _ => same(&item.to_json(), &value),
    }))
}

/// Elements in both over elements in either; NaN for two empty sets.
#[expect(clippy::cast_precision_loss, reason = "counts of elements are far below 2^52")]
fn jaccard_index<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let (Some(left), Some(right)) = (array(args, 0), array(args, 1)) else { return Cell::Null };
    let mut sides: HashMap<Vec<u8>, u8> = HashMap::new();
    for (side, values) in [(1, left), (2, right)] {
        for value in &values {
            *sides.entry(identity(value)).or_default() |= side;
        }
    }
    let both = sides.values().filter(|sides| **sides == 3).count();
    Cell::Real(both as f64 / sides.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, check, shown};
    use super::*;
    use crate::types::Type;

    #[test]
    fn sets_hold_each_value_once() {
        check(&[
            ("set_union", "[[1,2,1,4],[1,2],[8]]", "[1,2,4,8]"),
            ("set_union", r#"[["A4","A2","A7","A2"],["A4"]]"#, r#"["A4","A2","A7"]"#),
            ("set_union", "[[1],null]", "null"),
            ("set_union", r#"[[{"a":1,"b":2}],[{"b":2,"a":1.0}]]"#, r#"[{"a":1,"b":2}]"#),
            ("set_intersect", "[[1,2,1,4],[1,2],[8,1]]", "[1]"),
            ("set_intersect", "[[1,2,3],[4,5]]", "[]"),
            ("set_difference", "[[1,2,1,4],[1,2],[1,2,8]]", "[4]"),
            ("set_difference", "[[1,2,3],[1,2,3]]", "[]"),
            ("set_difference", r#"[["a","A"],["a"]]"#, r#"["A"]"#),
            ("set_equals", "[[1,2,2],[2,1]]", "True"),
            ("set_equals", "[[1],[1,2]]", "False"),
            ("set_has_element", r#"[["this","is"],"is"]"#, "True"),
            ("set_has_element", r#"[["this"],"THIS"]"#, "False"),
            ("set_has_element", "[[1],1.0]", "True"),
            ("set_has_element", r#"[[1],"1"]"#, "False"),
            ("set_has_element", "[5,5]", "null"),
            ("jaccard_index", "[[1,2,3],[1,2,3,4,4]]", "0.75"),
        ]);
        let decimal = Cell::Decimal("2.5".parse().unwrap());
        let set = Cell::dynamic(&Json::Array(vec![Json::Real(2.5)]));
        assert_eq!(shown(&call("set_has_element", Type::Bool, &[set, decimal])), "True");
    }
}
