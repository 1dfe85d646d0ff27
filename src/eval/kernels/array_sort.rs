//! Sorting arrays.

use std::cmp::Ordering;

use super::Kernel;
use crate::eval::cell::Cell;
use crate::ir::Json;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel::row("array_sort_asc", |_, args| sort(args, false)),
    Kernel::row("array_sort_desc", |_, args| sort(args, true)),
];

/// The groups that elements of different types are sorted in: numbers and times, strings, guids, all else. Of the last,
/// which Kusto does not part further, booleans come first.
const fn group(value: &Json) -> u8 {
    match value {
        Json::Long(_) | Json::Real(_) | Json::DateTime(_) | Json::TimeSpan(_) => 0,
        Json::String(_) => 1,
        Json::Guid(_) => 2,
        Json::Bool(_) => 3,
        _ => 4,
    }
}

/// The order of two values of one group; arrays and bags have none and stay where they are. Times are their ticks.
fn compare(left: &Json, right: &Json) -> Ordering {
    match (left, right) {
        (Json::String(a), Json::String(b)) => a.cmp(b),
        (Json::Guid(a), Json::Guid(b)) => a.cmp(b),
        (Json::Bool(a), Json::Bool(b)) => a.cmp(b),
        _ => match (number(left), number(right)) {
            (Cell::Null, Cell::Null) => Ordering::Equal,
            (a, b) => super::compare::compare(&a, &b).unwrap_or_else(|| nan_first(&a, &b)),
        },
    }
}

fn number(value: &Json) -> Cell<'static> {
    match value {
        Json::Long(value) | Json::DateTime(value) | Json::TimeSpan(value) => Cell::Long(*value),
        Json::Real(value) => Cell::Real(*value),
        _ => Cell::Null,
    }
}

/// NaN comes before every number.
fn nan_first(left: &Cell<'_>, right: &Cell<'_>) -> Ordering {
    let is_number = |cell: &Cell<'_>| !matches!(cell, Cell::Real(value) if value.is_nan());
    is_number(left).cmp(&is_number(right))
}

/// Sorts the first array and the others along with it, and gives them all as one array. The groups of types come in the
/// same order whichever way is sorted. An array of another length than the first gives null.
fn sort(args: &[Cell<'_>], descending: bool) -> Cell<'static> {
    let (arrays, nulls_last) = match args.split_last() {
        Some((Cell::Bool(nulls_last), arrays)) => (arrays, *nulls_last),
        _ => (args, true),
    };
    let arrays: Vec<Option<Vec<Json>>> = arrays.iter().map(Cell::to_array).collect();
    let Some(Some(first)) = arrays.first() else { return Cell::Null };
    let mut order: Vec<(&Json, usize)> = first.iter().zip(0..).collect();
    order.sort_by(|(left, _), (right, _)| match (left, right) {
        (Json::Null, Json::Null) => Ordering::Equal,
        (Json::Null, _) if nulls_last => Ordering::Greater,
        (Json::Null, _) => Ordering::Less,
        (_, Json::Null) if nulls_last => Ordering::Less,
        (_, Json::Null) => Ordering::Greater,
        _ => group(left).cmp(&group(right)).then_with(|| {
            let order = compare(left, right);
            if descending { order.reverse() } else { order }
        }),
    });
    let sorted = |items: &Option<Vec<Json>>| match items {
        Some(items) if items.len() == order.len() => {
            Json::Array(order.iter().filter_map(|(_, at)| items.get(*at).cloned()).collect())
        }
        _ => Json::Null,
    };
    Some(Json::Array(arrays.iter().map(sorted).collect())).into()
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn arrays_are_sorted_along_with_the_first() {
        check(&[
            ("array_sort_asc", r#"[[1,3,4,5,2],["a","b","c","d","e"]]"#, r#"[[1,2,3,4,5],["a","e","b","c","d"]]"#),
            ("array_sort_desc", r#"[[1,3,4,5,2],["a","b","c","d","e"]]"#, r#"[[5,4,3,2,1],["d","c","b","e","a"]]"#),
            ("array_sort_asc", "[[2,1],[1,2,3]]", "[[1,2],null]"),
            ("array_sort_asc", "[null]", "null"),
            ("array_sort_asc", r#"[[null,"blue","yellow","green",null]]"#, r#"[["blue","green","yellow",null,null]]"#),
            (
                "array_sort_asc",
                r#"[[null,"blue","yellow","green",null],false]"#,
                r#"[[null,null,"blue","green","yellow"]]"#,
            ),
            (
                "array_sort_desc",
                r#"[[null,"blue","yellow","green",null],false]"#,
                r#"[[null,null,"yellow","green","blue"]]"#,
            ),
            ("array_sort_asc", r#"[[{"a":1},"b",2.5,true,1,"a",false]]"#, r#"[[1,2.5,"a","b",false,true,{"a":1}]]"#),
            ("array_sort_desc", r#"[["a",1,"b",2]]"#, r#"[[2,1,"b","a"]]"#),
        ]);
    }
}
