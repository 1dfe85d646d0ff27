//! Missing elements of series filled in.
//!
//! An element is missing where it is null; or, where a placeholder is given, where it is that number, and then nulls stay.

use super::super::Kernel;
use super::{Number, scalar};
use crate::eval::cell::Cell;
use crate::eval::dynamic::{self, View};
use crate::ir::Json;

pub(in super::super) const KERNELS: &[Kernel] = &[
    Kernel::row("series_fill_backward", |_, args| carried(args, true)),
    Kernel::row("series_fill_const", |_, args| constant(args)),
    Kernel::row("series_fill_forward", |_, args| carried(args, false)),
    Kernel::row("series_fill_linear", |_, args| linear(args)),
];

/// The elements, and which of them are missing by the placeholder at a position of the arguments.
fn elements(args: &[Cell<'_>], placeholder: usize) -> Option<(Vec<Json>, Vec<bool>)> {
    let items = args.first()?.to_array()?;
    let placeholder = args.get(placeholder).and_then(scalar).map(Number::real);
    let missing = |item: &Json| match (item, placeholder) {
        (Json::Null, None) => true,
        (Json::Long(_) | Json::Real(_), Some(placeholder)) => real(item) == Some(placeholder),
        _ => false,
    };
    let missing = items.iter().map(missing).collect();
    Some((items, missing))
}

fn real(item: &Json) -> Option<f64> {
    super::number(View::new(&dynamic::encode(item))).map(Number::real)
}

/// The next or the last element that is there; where there is none, elements stay missing.
fn carried(args: &[Cell<'_>], backward: bool) -> Cell<'static> {
    let Some((mut items, missing)) = elements(args, 1) else { return Cell::Null };
    let mut last: Option<Json> = None;
    let mut visit = |item: &mut Json, missing: bool| {
        if !missing {
            last = Some(item.clone());
        } else if let Some(last) = &last {
            *item = last.clone();
        }
    };
    if backward {
        items.iter_mut().zip(missing).rev().for_each(|(item, missing)| visit(item, missing));
    } else {
        items.iter_mut().zip(missing).for_each(|(item, missing)| visit(item, missing));
    }
    Some(Json::Array(items)).into()
}

fn constant(args: &[Cell<'_>]) -> Cell<'static> {
    let Some((mut items, missing)) = elements(args, 2) else { return Cell::Null };
    let fill = args.get(1).map_or(Json::Long(0), super::super::arguments::json);
    for (item, missing) in items.iter_mut().zip(missing) {
        if missing {
            *item = fill.clone();
        }
    }
    Some(Json::Array(items)).into()
}

/// Values on the line between the neighbours that are there; at the edges the nearest, unless that is not wanted. Where
/// all is missing, the constant, 0 if none is given. Among whole numbers the fraction is cut off, as the documentation's
/// example has it.
fn linear(args: &[Cell<'_>]) -> Cell<'static> {
    let Some((mut items, missing)) = elements(args, 1) else { return Cell::Null };
    let edges = args.get(2).and_then(Cell::as_bool).unwrap_or(true);
    let there: Vec<(usize, f64)> = items
        .iter()
        .zip(&missing)
        .enumerate()
        .filter(|(_, (_, missing))| !**missing)
        .filter_map(|(at, (item, _))| Some((at, real(item)?)))
        .collect();
    let (Some(first), Some(last)) = (there.first().copied(), there.last().copied()) else {
        if !items.is_empty() && missing.iter().all(|missing| *missing) {
            let fill = args.get(3).map_or(Json::Real(0.0), super::super::arguments::json);
            items.fill(fill);
        }
        return Some(Json::Array(items)).into();
    };
    let whole = there.iter().all(|(at, _)| matches!(items.get(*at), Some(Json::Long(_))));
    let number = |value: f64| if whole { Json::Long(value as i64) } else { Json::Real(value) };
    let mut next = 0;
    for (at, (item, missing)) in items.iter_mut().zip(missing).enumerate() {
        while there.get(next).is_some_and(|(place, _)| *place < at) {
            next += 1;
        }
        if !missing {
            continue;
        }
        let before = next.checked_sub(1).and_then(|place| there.get(place));
        match (before, there.get(next)) {
            (Some((from, low)), Some((to, high))) => {
                let share = (at - from) as f64 / (to - from) as f64;
                *item = number(low + (high - low) * share);
            }
            (None, Some(_)) if edges => *item = number(first.1),
            (Some(_), None) if edges => *item = number(last.1),
            _ => {}
        }
    }
    Some(Json::Array(items)).into()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{check, check_nearly};

    #[test]
    fn missing_elements_take_a_neighbour_or_a_constant() {
        check(&[
            (
                "series_fill_const",
                "[[111,null,36,41,23,null,16,61,33,null,null],-1]",
                "[111,-1,36,41,23,-1,16,61,33,-1,-1]",
            ),
            ("series_fill_const", "[[111,null],0.0]", "[111,0.0]"),
            ("series_fill_const", "[[1,0,null],7,0]", "[1,7,null]"),
            (
                "series_fill_forward",
                "[[null,null,36,41,null,null,16,61,33,null,null]]",
                "[null,null,36,41,41,41,16,61,33,33,33]",
            ),
            (
                "series_fill_backward",
                "[[111,null,36,41,null,null,16,61,33,null,null]]",
                "[111,36,36,41,16,16,16,61,33,null,null]",
            ),
            ("series_fill_forward", "[[1,-1,3],-1]", "[1,1,3]"),
            ("series_fill_forward", "[[1,null],null]", "[1,1]"),
            ("series_fill_forward", "[5]", "null"),
        ]);
    }

    #[test]
    fn missing_elements_lie_on_a_line() {
        let reals = "[null,111.0,null,36.0,41.0,null,null,16.0,61.0,33.0,null,null]";
        let longs = "[null,111,null,36,41,null,null,16,61,33,null,null]";
        let filled = "[111.0,111.0,73.5,36.0,41.0,32.6666,24.3333,16.0,61.0,33.0,33.0,33.0]";
        check_nearly(&[
            ("series_fill_linear", &format!("[{reals}]"), filled),
            ("series_fill_linear", &format!("[{reals},null,true]"), filled),
            (
                "series_fill_linear",
                &format!("[{reals},null,false]"),
                "[null,111.0,73.5,36.0,41.0,32.6666,24.3333,16.0,61.0,33.0,null,null]",
            ),
        ]);
        check(&[
            ("series_fill_linear", &format!("[{longs}]"), "[111,111,73,36,41,32,24,16,61,33,33,33]"),
            ("series_fill_linear", &format!("[{longs},null,false]"), "[null,111,73,36,41,32,24,16,61,33,null,null]"),
            ("series_fill_linear", "[[null,null]]", "[0.0,0.0]"),
            ("series_fill_linear", "[[null,null],null,true,3.14159]", "[3.14159,3.14159]"),
            ("series_fill_linear", "[[null],null,true,null]", "[null]"),
            ("series_fill_linear", "[[]]", "[]"),
            ("series_fill_linear", "[[1,0,3],0]", "[1,2,3]"),
        ]);
    }
}
