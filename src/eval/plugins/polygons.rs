//! `geo_polygon_lookup`.

use super::{Argument, Call, Fault, Given, Outcome, Table};
use crate::eval::cell::Cell;
use crate::eval::kernels::{self, Env, Kernel};
use crate::types::Type;

/// The options, in the order in which they go by their place.
const OPTIONS: [&str; 4] = ["radius", "return_unmatched", "lookup_area_radius", "return_lookup_key"];
/// How many arguments come before them.
const REQUIRED: usize = 4;

/// `geo_polygon_lookup(table, polygon, longitude, latitude[, option…])`: a pair of a record and each record of the lookup
/// table whose polygon holds its point, as `geo_point_in_polygon` finds it, in the order of both tables. The columns of
/// the lookup table follow, the polygon only where `return_lookup_key` is true. A record without a partner stays only
/// where `return_unmatched` is true.
pub(super) fn geo_polygon_lookup(call: &Call) -> Outcome {
    let table = call.table(0)?;
    let polygons = call.column(1)?;
    let (longitudes, latitudes) = (call.cells(2)?, call.cells(3)?);
    let (mut unmatched, mut with_key) = (false, false);
    for (index, argument) in call.arguments.iter().enumerate().skip(REQUIRED) {
        let value = flag(index, argument)?;
        match option(index, argument) {
            Some("return_unmatched") => unmatched = value?,
            Some("return_lookup_key") => with_key = value?,
            _ => return Err(Fault::of(index, "polygons at a distance are not looked up here")),
        }
    }
    let kernel = kernels::find("geo_point_in_polygon")
        .ok_or_else(|| Fault::new("nothing here knows whether a polygon holds a point"))?;
    let shapes = polygons.cells()?;
    let shapes: Vec<Cell<'_>> = (0..shapes.len()).map(|row| shapes.get(row)).collect();
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for (row, (longitude, latitude)) in longitudes.iter().zip(&latitudes).enumerate() {
        let before = left.len();
        for (other, shape) in shapes.iter().enumerate() {
            if holds(kernel, shape, longitude, latitude)? {
                left.push(row);
                right.push(Some(other));
            }
        }
        if unmatched && left.len() == before {
            left.push(row);
            right.push(None);
        }
    }
    let mut given = call.input.take(&left)?;
    for column in table.columns.iter().filter(|column| with_key || column.name != polygons.name) {
        given.columns.push(column.rows(&right)?);
    }
    Ok(Table { rows: left.len(), ..given })
}

fn option(index: usize, argument: &Argument) -> Option<&str> {
    argument.name.as_deref().or_else(|| OPTIONS.get(index - REQUIRED).copied())
}

/// The truth value of an option; a fault where it is none, told only if one is asked for.
fn flag(index: usize, argument: &Argument) -> Result<Result<bool, Fault>, Fault> {
    match &argument.given {
        Given::Value(value) => Ok(value.as_bool().ok_or_else(|| Fault::of(index, "`true` or `false` is needed here"))),
        _ => Err(Fault::of(index, "a constant is needed here")),
    }
}

fn holds(kernel: Kernel, shape: &Cell<'_>, longitude: &Cell<'_>, latitude: &Cell<'_>) -> Result<bool, Fault> {
    let arguments = [longitude.clone(), latitude.clone(), shape.clone()];
    Ok(kernel.try_call(Env { now: 0, ty: Type::Bool }, &arguments)?.as_bool() == Some(true))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, shown, table};
    use super::*;

    fn points() -> Call {
        let square = r#"{"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]]]}"#;
        let polygons =
            table(&[("shape", Type::Dynamic), ("zone", Type::String)], &[&[square, "square"], &["", "none"]]);
        let rows: &[&[&str]] = &[&["5", "5"], &["20", "5"], &["", "5"]];
        let input = table(&[("x", Type::Real), ("y", Type::Real)], rows);
        call(input).table_given(polygons.clone()).of_table(&polygons, "shape").of("x").of("y")
    }

    #[test]
    fn points_find_the_polygons_that_hold_them() {
        let (names, rows) = shown(geo_polygon_lookup(&points()));
        assert_eq!((names.join(" ").as_str(), rows), ("x y zone", vec!["5 5 square".to_owned()]));
        let all = points().named("return_unmatched", Cell::Bool(true));
        assert_eq!(shown(geo_polygon_lookup(&all)).1, ["5 5 square", "20 5 ", "null 5 "]);
        let keys = points().named("return_lookup_key", Cell::Bool(true));
        assert_eq!(shown(geo_polygon_lookup(&keys)).0, ["x", "y", "shape", "zone"]);
    }

    #[test]
    fn distances_are_refused() {
        assert!(geo_polygon_lookup(&points().given(Cell::Real(7000.0))).is_err());
        assert!(geo_polygon_lookup(&points().named("radius", Cell::Real(7000.0))).is_err());
    }
}
