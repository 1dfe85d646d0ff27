//! Places, lines and polygons: read from arguments and `GeoJSON`, written as `GeoJSON`.
//!
//! The shapes lie on a sphere, and their edges are parts of great circles: each the shorter of the two that join its
//! ends. A shape that breaks a rule of Kusto's documentation is no shape.

use std::cell::RefCell;
use std::f64::consts::PI;
use std::rc::Rc;

use s2::latlng::LatLng;
use s2::point::Point;

use super::ring::Ring;
use crate::eval::Cell;
use crate::eval::dynamic::{Shown, View};
use crate::eval::kernels::arguments::real;
use crate::ir::Json;

/// The radius of the sphere, in metres: Earth's mean radius as S2 has it.
pub(super) const RADIUS: f64 = 6_371_010.0;

/// A place: longitude and latitude in degrees.
pub(super) type Place = (f64, f64);

/// The place of two arguments, longitude first; nothing outside the bounds of both.
pub(super) fn place(args: &[Cell<'_>], at: usize) -> Option<Place> {
    valid((real(args, at)?, real(args, at + 1)?))
}

fn valid(place: Place) -> Option<Place> {
    ((-180.0..=180.0).contains(&place.0) && (-90.0..=90.0).contains(&place.1)).then_some(place)
}

/// The point of the unit sphere at a place.
pub(super) fn on_sphere(place: Place) -> Point {
    Point::from(LatLng::from_degrees(place.1, place.0))
}

/// The place of a point of the sphere.
pub(super) fn degrees(point: Point) -> Place {
    (point.longitude().deg(), point.latitude().deg())
}

/// The angle between two points, in radians.
pub(super) fn angle(a: &Point, b: &Point) -> f64 {
    a.0.angle(&b.0).rad()
}

/// A whole number, without its fraction, or what is meant where the argument is left out.
pub(super) fn number_or(args: &[Cell<'_>], at: usize, default: i64) -> Option<i64> {
    match args.get(at) {
        None => Some(default),
        Some(cell) => cell.as_long().or_else(|| real(args, at).filter(|number| number.is_finite()).map(|n| n as i64)),
    }
}

/// A shape of a kind in `GeoJSON`.
pub(super) fn geometry(kind: &str, coordinates: Json) -> Json {
    Json::Bag(vec![("type".into(), Json::String(kind.into())), ("coordinates".into(), coordinates)])
}

fn position(place: Place) -> Json {
    Json::Array(vec![Json::Real(place.0), Json::Real(place.1)])
}

/// Places in `GeoJSON`.
pub(super) fn positions(places: &[Place]) -> Json {
    Json::Array(places.iter().copied().map(position).collect())
}

/// A point in `GeoJSON`.
pub(super) fn point(place: Place) -> Json {
    geometry("Point", position(place))
}

/// A polygon of rings in `GeoJSON`; their first place is repeated at their end.
pub(super) fn polygon(rings: impl IntoIterator<Item = Vec<Place>>) -> Json {
    let closed = rings.into_iter().map(|mut ring| {
        ring.extend(ring.first().copied());
        positions(&ring)
    });
    geometry("Polygon", Json::Array(closed.collect()))
}

/// Points in `GeoJSON`: a point, several, or an empty collection.
pub(super) fn points(places: &[Place]) -> Json {
    match places {
        [] => nothing(),
        [place] => point(*place),
        _ => geometry("MultiPoint", positions(places)),
    }
}

/// Lines in `GeoJSON`: a line, several, or an empty collection.
pub(super) fn lines(lines: &[Vec<Place>]) -> Json {
    match lines {
        [] => nothing(),
        [line] => geometry("LineString", positions(line)),
        _ => geometry("MultiLineString", Json::Array(lines.iter().map(|line| positions(line)).collect())),
    }
}

/// What `GeoJSON` has for nothing.
fn nothing() -> Json {
    collection(Vec::new())
}

/// A collection of geometries in `GeoJSON`.
pub(super) fn collection(geometries: Vec<Json>) -> Json {
    Json::Bag(vec![
        ("type".into(), Json::String("GeometryCollection".into())),
        ("geometries".into(), Json::Array(geometries)),
    ])
}

/// A line: at least two points.
pub(super) type Line = Vec<Point>;

/// A polygon: the outer ring, then those of its holes.
pub(super) type Polygon = Vec<Ring>;

/// A shape of `GeoJSON`.
#[derive(Debug)]
pub(super) enum Shape {
    /// A line, or several.
    Lines(Vec<Line>),
    /// A polygon, or several.
    Polygons(Vec<Polygon>),
}

impl Shape {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let view = View::new(bytes);
        let Shown::String(kind) = view.slot("type")?.shown() else { return None };
        let coordinates = view.slot("coordinates")?;
        Some(match kind {
            "LineString" => Self::Lines(vec![line(coordinates)?]),
            "MultiLineString" => Self::Lines(each(coordinates, line)?),
            "Polygon" => Self::Polygons(vec![each(coordinates, ring)?]),
            "MultiPolygon" => Self::Polygons(each(coordinates, polygon_rings)?),
            _ => return None,
        })
    }
}

/// The elements of an array that is not empty.
fn each<T>(view: View<'_>, read: impl Fn(View<'_>) -> Option<T>) -> Option<Vec<T>> {
    let Shown::Array(items) = view.shown() else { return None };
    let items: Vec<T> = items.map(read).collect::<Option<_>>()?;
    (!items.is_empty()).then_some(items)
}

/// The place of an array of two numbers; an altitude behind them does not matter.
pub(super) fn coordinates(view: View<'_>) -> Option<Place> {
    let numbers = each(view, |number| match number.shown() {
        #[expect(clippy::cast_precision_loss, reason = "whole degrees are few")]
        Shown::Long(number) => Some(number as f64),
        Shown::Real(number) => Some(number),
        _ => None,
    })?;
    match numbers.as_slice() {
        [longitude, latitude] | [longitude, latitude, _] => valid((*longitude, *latitude)),
        _ => None,
    }
}

fn path(view: View<'_>) -> Option<Vec<Point>> {
    let points = each(view, |item| coordinates(item).map(on_sphere))?;
    // Which way an edge between opposite points takes is open.
    points.windows(2).all(|edge| matches!(edge, [a, b] if angle(a, b) < PI - 1e-14)).then_some(points)
}

fn line(view: View<'_>) -> Option<Line> {
    path(view).filter(|points| points.len() >= 2)
}

fn ring(view: View<'_>) -> Option<Ring> {
    let mut points = path(view)?;
    let closed = points.len() >= 4 && points.first() == points.last();
    points.pop();
    if closed { Ring::new(points) } else { None }
}

/// The rings of one polygon among several. An example of the documentation has each in an array of its own.
fn polygon_rings(view: View<'_>) -> Option<Polygon> {
    each(view, ring).or_else(|| {
        let Shown::Array(mut items) = view.shown() else { return None };
        let only = items.next().filter(|_| items.len() == 0)?;
        each(only, ring)
    })
}

/// Shapes that were read, by their encoding; none where it holds no shape.
type Known = Vec<(Vec<u8>, Option<Rc<Shape>>)>;

thread_local! {
    /// The shapes read last. Shapes are mostly constants of the query.
    static KNOWN: RefCell<Known> = const { RefCell::new(Vec::new()) };
}

/// The shape of an argument.
fn shape(args: &[Cell<'_>], at: usize) -> Option<Rc<Shape>> {
    const KEPT: usize = 4;
    let Some(Cell::Dynamic(bytes)) = args.get(at) else { return None };
    KNOWN.with_borrow_mut(|known| {
        if let Some((_, shape)) = known.iter().find(|(key, _)| key == bytes.as_ref()) {
            return shape.clone();
        }
        let shape = Shape::parse(bytes).map(Rc::new);
        if known.len() >= KEPT {
            known.remove(0);
        }
        known.push((bytes.to_vec(), shape.clone()));
        shape
    })
}

/// What a function makes of the lines of an argument.
pub(super) fn with_lines<T>(args: &[Cell<'_>], at: usize, function: impl FnOnce(&[Line]) -> Option<T>) -> Option<T> {
    match shape(args, at)?.as_ref() {
        Shape::Lines(lines) => function(lines),
        Shape::Polygons(_) => None,
    }
}

/// What a function makes of the polygons of an argument.
pub(super) fn with_polygons<T>(
    args: &[Cell<'_>],
    at: usize,
    function: impl FnOnce(&[Polygon]) -> Option<T>,
) -> Option<T> {
    match shape(args, at)?.as_ref() {
        Shape::Polygons(polygons) => function(polygons),
        Shape::Lines(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::dynamic::{encode, parse};

    fn shape_of(text: &str) -> Option<Shape> {
        Shape::parse(&encode(&parse(text).unwrap()))
    }

    #[test]
    fn shapes_are_read() {
        for text in [
            r#"{"type":"LineString","coordinates":[[1,2],[3.5,4]]}"#,
            r#"{"type":"MultiLineString","coordinates":[[[1,1],[2,2]],[[3,3],[4,4]]]}"#,
            r#"{"type":"Polygon","coordinates":[[[0,0],[10,10],[10,1],[0,0]]]}"#,
            r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[10,10],[10,1],[0,0]]]]}"#,
            r#"{"type":"MultiPolygon","coordinates":[[[[[0,0],[10,10],[10,1],[0,0]]]]]}"#,
        ] {
            assert!(shape_of(text).is_some(), "{text}");
        }
        for text in [
            r#"{"type":"LineString"}"#,
            r#"{"type":"LineString","coordinates":[[1,1]]}"#,
            r#"{"type":"LineString","coordinates":[[0,0],[180,0]]}"#,
            r#"{"type":"LineString","coordinates":[[0,0],[200,0]]}"#,
            r#"{"type":"Polygon","coordinates":[]}"#,
            r#"{"type":"Polygon","coordinates":[[[0,0],[10,10],[0,0]]]}"#,
            r#"{"type":"Polygon","coordinates":[[[0,0],[10,10],[10,1],[1,1]]]}"#,
            r#"{"type":"Polygon","coordinates":[[[0,0],[10,10],[10,10],[0,0]]]}"#,
            r#"{"type":"Point","coordinates":[1,1]}"#,
            "7",
        ] {
            assert!(shape_of(text).is_none(), "{text}");
        }
    }

    #[test]
    fn shapes_are_written() {
        let text = |json: &Json| Cell::dynamic(json).to_text().into_owned();
        assert_eq!(text(&points(&[])), r#"{"type":"GeometryCollection","geometries":[]}"#);
        assert_eq!(text(&points(&[(1.0, 2.5)])), r#"{"type":"Point","coordinates":[1.0,2.5]}"#);
        assert_eq!(
            text(&polygon([vec![(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)]])),
            r#"{"type":"Polygon","coordinates":[[[0.0,0.0],[1.0,0.0],[1.0,1.0],[0.0,0.0]]]}"#
        );
    }
}
