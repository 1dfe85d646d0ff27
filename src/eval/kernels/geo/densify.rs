//! More points on the edges of shapes whose edges are straight lines of longitude and latitude, so that the great circles
//! between the points stay close to those lines.
//!
//! Where to add a point is decided as S2's edge tessellator does: an edge is halved as long as the error, measured at two
//! places where it is close to its largest, exceeds a tolerance that leaves room for what lies between.

use datafusion::arrow::array::ArrayRef;
use datafusion::common::{Result, not_impl_err};
use s2::edgeutil::interpolate;
use s2::point::Point;

use super::by_row;
use super::shapes::{self, Place, RADIUS, angle, on_sphere, with_lines, with_polygons};
use crate::eval::Cell;
use crate::eval::dynamic::{Shown, View};
use crate::eval::kernels::arguments::real;
use crate::eval::kernels::{Env, Kernel, RowKernel};
use crate::ir::Json;
use crate::types::Type;

pub(in crate::eval::kernels) const KERNELS: &[Kernel] = &[
    Kernel::array("geo_line_densify", |env, args, types| {
        over_the_shorter_way(env, args, types, |_, args| densify(args, with_lines(args, 0, |_| Some(())).is_some()))
    }),
    Kernel::array("geo_polygon_densify", |env, args, types| {
        over_the_shorter_way(env, args, types, |_, args| densify(args, with_polygons(args, 0, |_| Some(())).is_some()))
    }),
];

/// A third argument says what becomes of edges over the antimeridian, in a way the documentation does not show.
fn over_the_shorter_way(env: Env, args: &[ArrayRef], types: &[Type], function: RowKernel) -> Result<ArrayRef> {
    if args.len() > 2 {
        return not_impl_err!("`preserve_crossing` is not known here");
    }
    by_row(env, args, types, function)
}

/// Where along an edge its error is measured.
const MEASURED: f64 = 0.312_156_910_822_482_3;
/// How much of the tolerance the measured error may take.
const ALLOWED: f64 = 0.838_299_925_698_885_1;

fn densify<'a>(args: &[Cell<'a>], is_valid: bool) -> Cell<'a> {
    let tolerance = if args.len() > 1 { real(args, 1) } else { Some(10.0) };
    let tolerance = tolerance.filter(|tolerance| (0.1..=10_000.0).contains(tolerance));
    match (args.first(), tolerance) {
        (Some(Cell::Dynamic(bytes)), Some(tolerance)) if is_valid => {
            let view = View::new(bytes);
            let kind = view.slot("type").and_then(|kind| match kind.shown() {
                Shown::String(kind) => Some(kind),
                _ => None,
            });
            let coordinates = view.slot("coordinates").and_then(|parts| dense(parts, ALLOWED * tolerance / RADIUS));
            kind.zip(coordinates).map(|(kind, coordinates)| shapes::geometry(kind, coordinates)).into()
        }
        _ => Cell::Null,
    }
}

/// The paths of nested arrays, each with its points.
fn dense(view: View<'_>, tolerance: f64) -> Option<Json> {
    let Shown::Array(items) = view.shown() else { return None };
    if let Some(path) = items.map(shapes::coordinates).collect::<Option<Vec<Place>>>() {
        return Some(shapes::positions(&path_with_points(&path, tolerance)));
    }
    Some(Json::Array(items.map(|item| dense(item, tolerance)).collect::<Option<_>>()?))
}

fn path_with_points(path: &[Place], tolerance: f64) -> Vec<Place> {
    let mut points: Vec<Place> = path.first().copied().into_iter().collect();
    for edge in path.windows(2) {
        let [from, to] = edge else { continue };
        add_points(*from, *to, tolerance, &mut points);
        points.push(*to);
    }
    points
}

/// Adds the points between two places, which the shorter way joins: over the antimeridian where that is shorter.
fn add_points(from: Place, to: Place, tolerance: f64, points: &mut Vec<Place>) {
    let east = (to.0 - from.0 + 180.0).rem_euclid(360.0) - 180.0;
    let to = if (to.0 - from.0).abs() > 180.0 { (from.0 + east, to.1) } else { to };
    let mut waiting = vec![(from, to, 0)];
    while let Some((from, to, depth)) = waiting.pop() {
        // A tolerance of a decimetre is met after some twenty halvings of half a circle.
        if depth >= 40 || error(from, to) <= tolerance {
            if points.last() != Some(&wrapped(from)) {
                points.push(wrapped(from));
            }
            continue;
        }
        let middle = between(from, to, 0.5);
        waiting.push((middle, to, depth + 1));
        waiting.push((from, middle, depth + 1));
    }
}

fn between(from: Place, to: Place, part: f64) -> Place {
    (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part)
}

fn wrapped(place: Place) -> Place {
    let longitude = if place.0.abs() > 180.0 { (place.0 + 180.0).rem_euclid(360.0) - 180.0 } else { place.0 };
    (longitude, place.1)
}

/// How far the great circle lies from the straight line, in radians, where that is measured.
fn error(from: Place, to: Place) -> f64 {
    let (a, b): (Point, Point) = (on_sphere(from), on_sphere(to));
    if a.0.dot(&b.0) < -1e-14 {
        return f64::INFINITY;
    }
    let at = |part| angle(&interpolate(part, &a, &b), &on_sphere(between(from, to, part)));
    at(MEASURED).max(at(1.0 - MEASURED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::dynamic::parse;
    use crate::eval::kernels::find;

    fn call(name: &str, shape: &str, tolerance: Option<f64>) -> String {
        let args: Vec<Cell<'_>> =
            std::iter::once(Cell::dynamic(&parse(shape).unwrap())).chain(tolerance.map(Cell::Real)).collect();
        find(name)
            .unwrap()
            .call(Env { now: 0, ty: Type::Dynamic }, &args)
            .to_text()
            .replace(".0,", ",")
            .replace(".0]", "]")
    }

    #[test]
    fn points_are_added_as_documented() {
        let square = r#"{"type":"Polygon","coordinates":[[[10,10],[11,10],[11,11],[10,11],[10,10]]]}"#;
        assert_eq!(
            call("geo_polygon_densify", square, None),
            r#"{"type":"Polygon","coordinates":[[[10,10],[10.25,10],[10.5,10],[10.75,10],[11,10],[11,11],[10.75,11],[10.5,11],[10.25,11],[10,11],[10,10]]]}"#
        );
        let park = r#"{"type":"LineString","coordinates":[[-73.958244,40.800719],[-73.949146,40.79695]]}"#;
        assert_eq!(call("geo_line_densify", park, None), park);
        let across = r#"{"type":"LineString","coordinates":[[179,50],[-179,50]]}"#;
        let dense = call("geo_line_densify", across, Some(100.0));
        assert!(dense.contains("[180,50]") || dense.contains("[-180,50]"), "{dense}");
    }

    #[test]
    fn bad_arguments_give_null() {
        let square = r#"{"type":"Polygon","coordinates":[[[10,10],[11,10],[11,11],[10,11],[10,10]]]}"#;
        assert_eq!(call("geo_polygon_densify", square, Some(0.0)), "");
        assert_eq!(call("geo_line_densify", square, None), "");
        let outside = r#"{"type":"Polygon","coordinates":[[[10,900],[11,10],[11,11],[10,11],[10,10]]]}"#;
        assert_eq!(call("geo_polygon_densify", outside, None), "");
    }
}
