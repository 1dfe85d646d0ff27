//! Arrays: taken apart, put together, turned and shifted.
//!
//! Where an argument that should be an array is none, the result is null. Kusto documents that for most of these
//! functions only; it is its rule for functions at large.

#![expect(
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    reason = "positions and counts of elements are far below 2^52"
)]

use std::ops::Range;

use super::arguments::{array, integer, integer_or, json, unwrapped};
use super::sets::{element, same};
use super::{Env, Kernel};
use crate::eval::cell::Cell;
use crate::eval::dynamic::{Shown, View};
use crate::ir::Json;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel::strict("array_concat", array_concat),
    Kernel::row("array_iff", array_iff),
    Kernel::row("array_iif", array_iff),
    Kernel::row("array_index_of", array_index_of),
    Kernel::strict("array_length", array_length),
    Kernel::strict("array_reverse", array_reverse),
    Kernel::strict("array_rotate_left", |_, args| rotate(args, 1)),
    Kernel::strict("array_rotate_right", |_, args| rotate(args, -1)),
    Kernel::row("array_shift_left", |_, args| shift(args, 1)),
    Kernel::row("array_shift_right", |_, args| shift(args, -1)),
    Kernel::strict("array_slice", array_slice),
    Kernel::strict("array_split", array_split),
    Kernel::strict("arraylength", array_length),
    Kernel::row("pack_array", pack_array),
    Kernel::strict("range", range),
    Kernel::row("repeat", repeat),
    Kernel::strict("zip", zip),
];

/// The most elements that `range` makes, by its documentation. `repeat` is kept to it too, where the documentation names
/// no limit.
const MOST_ELEMENTS: usize = 1 << 20;

fn from_array(items: Option<Vec<Json>>) -> Cell<'static> {
    items.map(Json::Array).into()
}

fn array_length<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some(Cell::Dynamic(bytes)) = args.first() else { return Cell::Null };
    match View::new(bytes).shown() {
        Shown::Array(items) => Cell::Long(items.len() as i64),
        _ => Cell::Null,
    }
}

fn array_concat<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    from_array((0..args.len()).map(|at| array(args, at)).collect::<Option<Vec<_>>>().map(|all| all.concat()))
}

/// A condition of `array_iff`: numbers hold where they are not zero; anything else is no condition.
fn holds(condition: &Json) -> Option<bool> {
    match condition {
        Json::Bool(value) => Some(*value),
        Json::Long(value) => Some(*value != 0),
        Json::Real(value) => Some(*value != 0.0),
        _ => None,
    }
}

fn array_iff<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let (Some(conditions), [_, when_true, when_false]) = (array(args, 0), args) else { return Cell::Null };
    let side = |cell: &Cell<'_>| match json(cell) {
        Json::Array(items) => (Some(items), Json::Null),
        value => (None, value),
    };
    let (when_true, when_false) = (side(when_true), side(when_false));
    let chosen = conditions.iter().enumerate().map(|(at, condition)| {
        let (items, value) = match holds(condition) {
            Some(true) => &when_true,
            Some(false) => &when_false,
            None => return Json::Null,
        };
        items.as_ref().map_or_else(|| value.clone(), |items| items.get(at).cloned().unwrap_or(Json::Null))
    });
    from_array(Some(chosen.collect()))
}

/// The position of a value, from `start` on among at most `length` elements (-1: all), the so-and-so-many-th one. Null
/// where `length` is below -1 or the occurrence below 0.
fn array_index_of<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let (Some(items), Some(value)) = (array(args, 0), args.get(1)) else { return Cell::Null };
    let (Some(start), Some(length), Some(occurrence)) =
        (integer_or(args, 2, 0), integer_or(args, 3, -1), integer_or(args, 4, 1))
    else {
        return Cell::Null;
    };
    if length < -1 || occurrence < 0 {
        return Cell::Null;
    }
    let start = from_end(start, items.len());
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let value = element(value);
    let found = items.iter().enumerate().skip(start).take(length).filter(|(_, item)| same(item, &value));
    let nth = usize::try_from(occurrence).ok().and_then(|occurrence| occurrence.checked_sub(1));
    let at = nth.and_then(|nth| found.map(|(at, _)| at).nth(nth));
    Cell::Long(at.map_or(-1, |at| at as i64))
}

/// A position, counted from the end where it is negative, within `0..=length`.
fn from_end(position: i64, length: usize) -> usize {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let position = if position < 0 { position.saturating_add(length) } else { position };
    usize::try_from(position.clamp(0, length)).unwrap_or_default()
}

fn array_slice<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let (Some(mut items), Some(start), Some(end)) = (array(args, 0), integer(args, 1), integer(args, 2)) else {
        return Cell::Null;
    };
    // The end is included: before the first element there is none.
    let length = items.len() as i64;
    let end = if end < 0 { end.saturating_add(length) } else { end };
    let end = usize::try_from(end.saturating_add(1).clamp(0, length)).unwrap_or_default();
    let start = from_end(start, items.len()).min(end);
    from_array(Some(items.drain(start..end).collect()))
}

fn array_split<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some(items) = array(args, 0) else { return Cell::Null };
    let places = match array(args, 1) {
        Some(places) => places.iter().map(|place| integer(&[Cell::dynamic(place)], 0)).collect(),
        None => integer(args, 1).map(|place| vec![place]),
    };
    let Some(places) = places else { return Cell::Null };
    let mut start = 0;
    let mut parts = Vec::with_capacity(places.len() + 1);
    for end in places.into_iter().map(|place| from_end(place, items.len())).chain([items.len()]) {
        parts.push(Json::Array(items.get(Range { start, end }).unwrap_or_default().to_vec()));
        start = end;
    }
    from_array(Some(parts))
}

fn array_reverse<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    from_array(array(args, 0).map(|mut items| {
        items.reverse();
        items
    }))
}

/// Turns to the left where `direction` is 1, to the right where it is -1.
fn rotate(args: &[Cell<'_>], direction: i64) -> Cell<'static> {
    let (Some(mut items), Some(count)) = (array(args, 0), integer(args, 1)) else { return Cell::Null };
    if let Ok(length) = i64::try_from(items.len())
        && length > 0
    {
        let places = count.rem_euclid(length) * direction;
        items.rotate_left(usize::try_from(places.rem_euclid(length)).unwrap_or_default());
    }
    from_array(Some(items))
}

/// Shifts to the left where `direction` is 1, to the right where it is -1.
fn shift(args: &[Cell<'_>], direction: i64) -> Cell<'static> {
    let (Some(mut items), Some(count)) = (array(args, 0), integer(args, 1)) else { return Cell::Null };
    let fill = args.get(2).map_or(Json::Null, json);
    let places = count.saturating_mul(direction);
    let distance = usize::try_from(places.unsigned_abs()).unwrap_or(usize::MAX).min(items.len());
    if places >= 0 {
        items.rotate_left(distance);
        let kept = items.len() - distance;
        items.iter_mut().skip(kept).for_each(|item| *item = fill.clone());
    } else {
        items.rotate_right(distance);
        items.iter_mut().take(distance).for_each(|item| *item = fill.clone());
    }
    from_array(Some(items))
}

fn pack_array<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    from_array(Some(args.iter().map(json).collect()))
}

fn repeat<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let (Some(value), Some(count)) = (args.first(), integer(args, 1)) else { return Cell::Null };
    let count = usize::try_from(count).ok().map(|count| count.min(MOST_ELEMENTS));
    from_array(count.map(|count| vec![json(value); count]))
}

fn zip<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some(arrays) = (0..args.len()).map(|at| array(args, at)).collect::<Option<Vec<_>>>() else { return Cell::Null };
    let longest = arrays.iter().map(Vec::len).max().unwrap_or_default();
    let row =
        |at: usize| Json::Array(arrays.iter().map(|items| items.get(at).cloned().unwrap_or(Json::Null)).collect());
    from_array(Some((0..longest).map(row).collect()))
}

/// The values from one to another at equal steps. Going down needs a negative step; with one of zero the result is null,
/// which Kusto does not document.
fn range<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let (Some(start), Some(stop)) = (args.first().map(unwrapped), args.get(1).map(unwrapped)) else {
        return Cell::Null;
    };
    let default = if matches!(start, Cell::DateTime(_) | Cell::TimeSpan(_)) {
        Cell::TimeSpan(crate::literal::TICKS_PER_HOUR)
    } else {
        Cell::Long(1)
    };
    let step = args.get(2).map_or(default, unwrapped);
    let items = match (&start, &stop, &step) {
        (Cell::DateTime(start), Cell::DateTime(stop), Cell::TimeSpan(step)) => {
            whole_steps(*start, *stop, *step, Json::DateTime)
        }
        (Cell::TimeSpan(start), Cell::TimeSpan(stop), Cell::TimeSpan(step)) => {
            whole_steps(*start, *stop, *step, Json::TimeSpan)
        }
        (Cell::Int(_) | Cell::Long(_), Cell::Int(_) | Cell::Long(_), Cell::Int(_) | Cell::Long(_)) => {
            let numbers = start.as_long().zip(stop.as_long()).zip(step.as_long());
            numbers.and_then(|((start, stop), step)| whole_steps(start, stop, step, Json::Long))
        }
        _ => {
            let numbers = start.as_real().zip(stop.as_real()).zip(step.as_real());
            numbers.and_then(|((start, stop), step)| real_steps(start, stop, step))
        }
    };
    from_array(items)
}

fn whole_steps(start: i64, stop: i64, step: i64, make: fn(i64) -> Json) -> Option<Vec<Json>> {
    let values = std::iter::successors(Some(start), |value| value.checked_add(step));
    let within = |value: &i64| if step > 0 { *value <= stop } else { *value >= stop };
    (step != 0).then(|| values.take_while(within).take(MOST_ELEMENTS).map(make).collect())
}

fn real_steps(start: f64, stop: f64, step: f64) -> Option<Vec<Json>> {
    if step == 0.0 || !(start.is_finite() && step.is_finite()) || stop.is_nan() {
        return None;
    }
    // Multiplied, not added up: the error of a sum would grow with each step.
    let values = (0..MOST_ELEMENTS).map(|at| at as f64 * step + start);
    let within = |value: &f64| if step > 0.0 { *value <= stop } else { *value >= stop };
    Some(values.take_while(within).map(Json::Real).collect())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, check, shown};
    use super::*;
    use crate::literal::{TICKS_PER_DAY, TICKS_PER_HOUR};
    use crate::types::Type;

    #[test]
    fn arrays_are_put_together_and_taken_apart() {
        check(&[
            ("array_length", r#"[[1,2,3,"four"]]"#, "4"),
            ("array_length", r#"[{"a":1}]"#, "null"),
            ("array_length", "[null]", "null"),
            ("array_concat", "[[1],[2,3],[]]", "[1,2,3]"),
            ("array_concat", "[[1],null]", "null"),
            ("array_reverse", r#"[["this","is","an","example"]]"#, r#"["example","an","is","this"]"#),
            ("array_slice", "[[1,2,3],1,2]", "[2,3]"),
            ("array_slice", "[[1,2,3,4,5],2,-1]", "[3,4,5]"),
            ("array_slice", "[[1,2,3,4,5],-3,-2]", "[3,4]"),
            ("array_slice", "[[1,2,3],-9,9]", "[1,2,3]"),
            ("array_slice", "[[1,2,3],2,1]", "[]"),
            ("array_slice", "[[1,2,3],0,-4]", "[]"),
            ("array_split", "[[1,2,3,4,5],2]", "[[1,2],[3,4,5]]"),
            ("array_split", "[[1,2,3,4,5],[1,3]]", "[[1],[2,3],[4,5]]"),
            ("array_split", "[[1,2,3,4,5],[-2]]", "[[1,2,3],[4,5]]"),
            ("array_split", "[[1,2],9]", "[[1,2],[]]"),
            ("pack_array", r#"[1,"a",null,[2]]"#, r#"[1,"a",null,[2]]"#),
            ("zip", "[[1,3,5],[2,4,6]]", "[[1,2],[3,4],[5,6]]"),
            ("zip", r#"[["A",1,1.5],[{},"B"]]"#, r#"[["A",{}],[1,"B"],[1.5,null]]"#),
        ]);
    }

    #[test]
    fn arrays_turn_and_shift() {
        check(&[
            ("array_rotate_left", "[[1,2,3,4,5],2]", "[3,4,5,1,2]"),
            ("array_rotate_left", "[[1,2,3,4,5],-2]", "[4,5,1,2,3]"),
            ("array_rotate_right", "[[1,2,3,4,5],2]", "[4,5,1,2,3]"),
            ("array_rotate_right", "[[1,2,3,4,5],-2]", "[3,4,5,1,2]"),
            ("array_rotate_right", "[[],3]", "[]"),
            ("array_rotate_left", "[[1,2,3],-9223372036854775808]", "[2,3,1]"),
            ("array_shift_left", "[[1,2,3,4,5],2]", "[3,4,5,null,null]"),
            ("array_shift_left", "[[1,2,3,4,5],-2,-1]", "[-1,-1,1,2,3]"),
            ("array_shift_right", "[[1,2,3,4,5],2]", "[null,null,1,2,3]"),
            ("array_shift_right", "[[1,2,3,4,5],2,-1]", "[-1,-1,1,2,3]"),
            ("array_shift_right", "[[1,2,3,4,5],-2,-1]", "[3,4,5,-1,-1]"),
            ("array_shift_right", "[[1,2],-9223372036854775808,0]", "[0,0]"),
        ]);
    }

    #[test]
    fn a_condition_chooses_each_element() {
        check(&[
            ("array_iff", "[[true,false,true],[1,2,3],[4,5,6]]", "[1,5,3]"),
            ("array_iff", r#"[[1,0,50],"yes","no"]"#, r#"["yes","no","yes"]"#),
            ("array_iff", r#"[["some",null],1,0]"#, "[null,null]"),
            ("array_iif", "[[true,true,true],[1,2],[3,4]]", "[1,2,null]"),
            ("array_iif", "[true,1,2]", "null"),
        ]);
    }

    #[test]
    fn a_position_is_found() {
        let words = r#"["this","is","an","example","an","example"]"#;
        for (rest, expected) in [
            (r#""an""#, "2"),
            (r#""example",1,3"#, "3"),
            (r#""example",1,2"#, "-1"),
            (r#""is",2,4"#, "-1"),
            (r#""example",2,-1"#, "3"),
            (r#""an",1,-1,2"#, "4"),
            (r#""an",1,-1,3"#, "-1"),
            (r#""an",-3"#, "4"),
            (r#""is",-4"#, "-1"),
            (r#""is",0,-2"#, "null"),
            (r#""is",0,-1,-1"#, "null"),
            (r#""IS""#, "-1"),
        ] {
            check(&[("array_index_of", &format!("[{words},{rest}]"), expected)]);
        }
        check(&[("array_index_of", "[[1,2.5,3.0],3]", "2")]);
    }

    #[test]
    fn ranges_include_their_ends() {
        check(&[
            ("range", "[1,8,3]", "[1,4,7]"),
            ("range", "[1,3]", "[1,2,3]"),
            ("range", "[3,1]", "[]"),
            ("range", "[3,1,-1]", "[3,2,1]"),
            ("range", "[1,2,0]", "null"),
            ("range", "[1,2,0.5]", "[1.0,1.5,2.0]"),
            ("range", "[9223372036854775806,9223372036854775807]", "[9223372036854775806,9223372036854775807]"),
            ("repeat", "[1,3]", "[1,1,1]"),
            ("repeat", "[1,0]", "[]"),
            ("repeat", "[1,-1]", "null"),
        ]);
        let hours = [Cell::TimeSpan(TICKS_PER_HOUR), Cell::TimeSpan(3 * TICKS_PER_HOUR)];
        assert_eq!(shown(&call("range", Type::Dynamic, &hours)), r#"["01:00:00","02:00:00","03:00:00"]"#);
        let days = [Cell::DateTime(0), Cell::DateTime(TICKS_PER_DAY), Cell::TimeSpan(TICKS_PER_DAY)];
        let days = call("range", Type::Dynamic, &days);
        assert_eq!(days.to_array(), Some(vec![Json::DateTime(0), Json::DateTime(TICKS_PER_DAY)]));
        let many = call("range", Type::Dynamic, &[Cell::Long(1), Cell::Long(1_000_000_000)]);
        assert_eq!(many.to_array().map(|items| items.len()), Some(1_048_576));
    }
}
