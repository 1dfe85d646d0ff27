//! What kernels ask of their arguments.

use std::borrow::Cow;
use std::ops::Range;

use super::cast::{cast, held};
use crate::eval::cell::Cell;
use crate::eval::dynamic::View;
use crate::ir::Json;
use crate::types::Type;

/// The text of an argument, whatever its type; `""` where it is left out.
pub(super) fn text<'c>(args: &'c [Cell<'_>], at: usize) -> Cow<'c, str> {
    args.get(at).map_or(Cow::Borrowed(""), Cell::to_text)
}

/// An argument as a whole number; nothing where it is null, left out or no number.
pub(super) fn integer(args: &[Cell<'_>], at: usize) -> Option<i64> {
    match args.get(at)? {
        cell @ Cell::Dynamic(_) => cast(cell, Type::Long).as_long(),
        cell => cell.as_long(),
    }
}

/// An argument as a whole number, or what is meant where it is left out; nothing where it is null or no number.
pub(super) fn integer_or(args: &[Cell<'_>], at: usize, default: i64) -> Option<i64> {
    if at < args.len() { integer(args, at) } else { Some(default) }
}

/// An argument as a real; nothing where it is null, left out or no number.
pub(super) fn real(args: &[Cell<'_>], at: usize) -> Option<f64> {
    match args.get(at)? {
        cell @ Cell::Dynamic(_) => cast(cell, Type::Real).as_real(),
        cell => cell.as_real(),
    }
}

/// The elements of an argument that is an array.
pub(super) fn array(args: &[Cell<'_>], at: usize) -> Option<Vec<Json>> {
    args.get(at)?.to_array()
}

/// The slots of an argument that is a bag.
pub(super) fn bag(args: &[Cell<'_>], at: usize) -> Option<Vec<(std::sync::Arc<str>, Json)>> {
    match args.get(at)?.to_json()? {
        Json::Bag(slots) => Some(slots),
        _ => None,
    }
}

/// An argument as a dynamic holds it. No dynamic holds a `decimal`, which becomes its text.
pub(super) fn json(cell: &Cell<'_>) -> Json {
    match cell {
        Cell::Null => Json::Null,
        Cell::Decimal(value) => Json::String(value.to_string().into()),
        other => other.to_json().unwrap_or(Json::Null),
    }
}

/// A scalar in a dynamic as a cell of its own type, any other cell as it is.
pub(super) fn unwrapped<'c>(cell: &'c Cell<'_>) -> Cell<'c> {
    match cell {
        Cell::Dynamic(bytes) => held(View::new(bytes)),
        other => super::cast::borrowed(other),
    }
}

/// A part of a string, without a copy where the string is borrowed.
pub(super) fn part<'a>(cell: &Cell<'a>, range: Range<usize>) -> Cell<'a> {
    match cell {
        Cell::String(Cow::Borrowed(text)) => Cell::String(Cow::Borrowed(text.get(range).unwrap_or_default())),
        other => Cell::from(other.to_text().get(range).unwrap_or_default().to_owned()),
    }
}

/// The empty string: what a kernel gives that has no text to give.
pub(super) const EMPTY: Cell<'static> = Cell::String(Cow::Borrowed(""));
