//! Series: arrays of numbers, one for each step of time.

#![expect(
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "positions and counts of elements are far below 2^52, and what is rounded to one is not negative"
)]

pub(super) mod arithmetic;
pub(super) mod decompose;
pub(super) mod fill;
pub(super) mod filter;
pub(super) mod fit_line;
pub(super) mod fit_poly;
pub(super) mod fourier;
pub(super) mod outliers;
pub(super) mod periods;
pub(super) mod statistics;

use crate::eval::cell::Cell;
use crate::eval::dynamic::{Shown, View};
use crate::ir::Json;

/// An element of a series that is a number. Instants and spans of time count by their ticks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Long(i64),
    Real(f64),
}

impl Number {
    /// The number as a `real`.
    pub(super) const fn real(self) -> f64 {
        match self {
            Self::Long(value) => value as f64,
            Self::Real(value) => value,
        }
    }
}

fn number(view: View<'_>) -> Option<Number> {
    Some(match view.shown() {
        Shown::Long(value) | Shown::DateTime(value) | Shown::TimeSpan(value) => Number::Long(value),
        Shown::Real(value) => Number::Real(value),
        _ => return None,
    })
}

/// A number that is an argument by itself.
pub(super) fn scalar(cell: &Cell<'_>) -> Option<Number> {
    match cell {
        Cell::Int(_) | Cell::Long(_) | Cell::DateTime(_) | Cell::TimeSpan(_) => cell.as_long().map(Number::Long),
        Cell::Real(_) | Cell::Decimal(_) => cell.as_real().map(Number::Real),
        Cell::Dynamic(bytes) => number(View::new(bytes)),
        _ => None,
    }
}

/// The elements of a series; `None` stands for what is no number.
pub(super) fn numbers(cell: &Cell<'_>) -> Option<Vec<Option<Number>>> {
    let Cell::Dynamic(bytes) = cell else { return None };
    match View::new(bytes).shown() {
        Shown::Array(items) => Some(items.map(number).collect()),
        _ => None,
    }
}

/// The elements of a series of numbers alone, as reals; nothing where one is no number.
pub(super) fn reals(cell: &Cell<'_>) -> Option<Vec<f64>> {
    numbers(cell)?.into_iter().map(|number| number.map(Number::real)).collect()
}

/// Reals as an array.
pub(super) fn array(values: impl IntoIterator<Item = f64>) -> Json {
    Json::Array(values.into_iter().map(Json::Real).collect())
}

/// What a function of several columns gives: the lowering takes the values apart by position.
pub(super) fn columns(values: Vec<Json>) -> Cell<'static> {
    Cell::dynamic(&Json::Array(values))
}

/// A bag of values under their names.
pub(super) fn named(names: &[&str], values: Vec<Json>) -> Cell<'static> {
    Cell::dynamic(&Json::Bag(names.iter().map(|name| (*name).into()).zip(values).collect()))
}
