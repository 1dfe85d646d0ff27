//! Distances, directions, lengths and places along lines.

use std::f64::consts::TAU;

use datafusion::arrow::array::ArrayRef;
use datafusion::common::{Result, not_impl_err};
use geographiclib_rs::{Geodesic, InverseGeodesic as _};
use s2::edgeutil::{distance_from_segment, interpolate_at_distance};
use s2::point::Point;
use s2::s1::{Angle, Rad};

use super::by_row;
use super::ring::Edge;
use super::shapes::{
    self, Line, Place, Polygon, RADIUS, angle, degrees, number_or, on_sphere, place, with_lines, with_polygons,
};
use crate::eval::Cell;
use crate::eval::arrays::Cells;
use crate::eval::kernels::arguments::real;
use crate::eval::kernels::{Env, Kernel};
use crate::types::Type;

pub(in crate::eval::kernels) const KERNELS: &[Kernel] = &[
    Kernel::strict("geo_angle", geo_angle),
    Kernel::strict("geo_azimuth", |_, args| azimuth_of(place(args, 0), place(args, 2)).into()),
    Kernel::strict("geo_distance_2points", distance_2points),
    Kernel::strict("geo_distance_point_to_line", |_, args| {
        let point = place(args, 0).map(on_sphere);
        point.and_then(|point| with_lines(args, 2, |lines| nearest(&point, line_edges(lines)))).map(in_metres).into()
    }),
    Kernel::strict("geo_distance_point_to_polygon", distance_to_polygon),
    Kernel::strict("geo_point_in_circle", point_in_circle),
    Kernel::strict("geo_point_in_polygon", |_, args| {
        let point = place(args, 0).map(on_sphere);
        point.and_then(|point| with_polygons(args, 2, |polygons| Some(contain(polygons, &point)))).into()
    }),
    Kernel::strict("geo_closest_point_on_line", |_, args| {
        let point = place(args, 0).map(on_sphere);
        let closest = point.and_then(|point| with_lines(args, 2, |lines| closest(&point, line_edges(lines))));
        closest.map(|point| shapes::point(degrees(point))).into()
    }),
    Kernel::strict("geo_closest_point_on_polygon", closest_on_polygon),
    Kernel::strict("geo_line_length", |_, args| with_lines(args, 0, |lines| Some(length(lines))).into()),
    Kernel::strict("geo_line_centroid", |_, args| {
        with_lines(args, 0, centre).map(|point| shapes::point(degrees(point))).into()
    }),
    Kernel::strict("geo_line_interpolate_point", interpolate_point),
    Kernel::array("geo_line_locate_point", locate_point_on_sphere),
];

fn in_metres(angle: f64) -> f64 {
    angle * RADIUS
}

/// The direction from one place to another in radians, clockwise from north; nothing where they are the same or opposite.
fn azimuth_of(from: Option<Place>, to: Option<Place>) -> Option<f64> {
    let (from, to) = (from?, to?);
    let apart = angle(&on_sphere(from), &on_sphere(to));
    if !(1e-15..std::f64::consts::PI - 1e-15).contains(&apart) {
        return None;
    }
    let turn = (to.0 - from.0).to_radians();
    let (south, north) = (from.1.to_radians(), to.1.to_radians());
    let east = turn.sin() * north.cos();
    let ahead = south.cos() * north.sin() - south.sin() * north.cos() * turn.cos();
    Some(east.atan2(ahead).rem_euclid(TAU))
}

fn geo_angle<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let corner = place(args, 2);
    let directions = azimuth_of(corner, place(args, 0)).zip(azimuth_of(corner, place(args, 4)));
    directions.map(|(from, to)| (to - from).rem_euclid(TAU)).into()
}

/// Whether an argument asks for the spheroid of WGS 84 in place of the sphere.
fn on_spheroid(args: &[Cell<'_>], at: usize) -> bool {
    args.get(at).is_some_and(|cell| cell.as_bool().unwrap_or_else(|| number_or(args, at, 0) != Some(0)))
}

fn distance_2points<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some((from, to)) = place(args, 0).zip(place(args, 2)) else { return Cell::Null };
    Cell::Real(if on_spheroid(args, 4) {
        Geodesic::wgs84().inverse(from.1, from.0, to.1, to.0)
    } else {
        in_metres(angle(&on_sphere(from), &on_sphere(to)))
    })
}

fn point_in_circle<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let radius = real(args, 4).filter(|radius| *radius >= 0.0);
    let parts = place(args, 0).zip(place(args, 2)).zip(radius);
    parts.map(|((point, centre), radius)| in_metres(angle(&on_sphere(point), &on_sphere(centre))) <= radius).into()
}

/// Whether a point lies in one of the polygons, and in none of its holes.
pub(super) fn contain(polygons: &[Polygon], point: &Point) -> bool {
    polygons.iter().any(|polygon| polygon.iter().fold(false, |inside, ring| inside ^ ring.contains(point)))
}

/// The edges of lines.
pub(super) fn line_edges(lines: &[Line]) -> impl Iterator<Item = Edge> + '_ {
    lines.iter().flat_map(|line| line.iter().copied().zip(line.iter().copied().skip(1)))
}

/// The edges of polygons, with their inside on the left of outer rings and on the right of holes.
pub(super) fn polygon_edges(polygons: &[Polygon]) -> impl Iterator<Item = Edge> + '_ {
    polygons.iter().flatten().flat_map(super::ring::Ring::edges)
}

fn nearest(point: &Point, edges: impl Iterator<Item = Edge>) -> Option<f64> {
    edges.map(|(a, b)| distance_from_segment(point, &a, &b).rad()).min_by(f64::total_cmp)
}

fn distance_to_polygon<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some(point) = place(args, 0).map(on_sphere) else { return Cell::Null };
    let distance = with_polygons(args, 2, |polygons| {
        if contain(polygons, &point) { Some(0.0) } else { nearest(&point, polygon_edges(polygons)) }
    });
    distance.map(in_metres).into()
}

/// The point of an edge that is closest to a point.
fn project(point: &Point, (a, b): Edge) -> Point {
    let normal = a.cross(&b).normalize();
    let on_circle = Point(point.0 - normal.0 * point.0.dot(&normal.0));
    // Between the planes through the ends of the edge that are at right angles to it.
    let between = normal.0.cross(&a.0).dot(&on_circle.0) > 0.0 && b.0.cross(&normal.0).dot(&on_circle.0) > 0.0;
    if between {
        on_circle.normalize()
    } else if angle(point, &a) <= angle(point, &b) {
        a
    } else {
        b
    }
}

fn closest(point: &Point, edges: impl Iterator<Item = Edge>) -> Option<Point> {
    edges.map(|edge| project(point, edge)).min_by(|a, b| angle(point, a).total_cmp(&angle(point, b)))
}

fn closest_on_polygon<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some(place) = place(args, 0) else { return Cell::Null };
    let point = on_sphere(place);
    let closest = with_polygons(args, 2, |polygons| {
        if contain(polygons, &point) { Some(place) } else { closest(&point, polygon_edges(polygons)).map(degrees) }
    });
    closest.map(shapes::point).into()
}

/// The edges of lines, each once, whichever way it is taken: what several lines are together.
fn distinct_edges(lines: &[Line]) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    for edge in line_edges(lines) {
        // One line has its edges as they are; only others can repeat them.
        if lines.len() == 1 || !(edges.contains(&edge) || edges.contains(&(edge.1, edge.0))) {
            edges.push(edge);
        }
    }
    edges
}

fn length(lines: &[Line]) -> f64 {
    in_metres(distinct_edges(lines).iter().map(|(a, b)| angle(a, b)).sum())
}

/// The centre of mass of lines: the integral of their points, pulled back onto the sphere. That of an edge points at its
/// middle and is twice the tangent of half its length long, times half the length of the sum of its ends.
fn centre(lines: &[Line]) -> Option<Point> {
    let sum = distinct_edges(lines).into_iter().fold(Point::default().0 * 0.0, |sum, (a, b)| {
        let (across, along) = (a.0 - b.0, a.0 + b.0);
        sum + along * (across.norm2() / along.norm2()).sqrt()
    });
    (sum.norm() > 0.0).then(|| Point(sum.normalize()))
}

/// A line that is the only one.
fn single(lines: &[Line]) -> Option<&Line> {
    match lines {
        [line] => Some(line),
        _ => None,
    }
}

fn interpolate_point<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some(fraction) = real(args, 1).filter(|fraction| (0.0..=1.0).contains(fraction)) else { return Cell::Null };
    let point = with_lines(args, 0, |lines| {
        let line = single(lines)?;
        let edges: Vec<(Edge, f64)> = line_edges(lines).map(|(a, b)| ((a, b), angle(&a, &b))).collect();
        let mut left = fraction * edges.iter().map(|(_, length)| length).sum::<f64>();
        for ((a, b), length) in edges {
            if left < length {
                return Some(interpolate_at_distance(&Angle::from(Rad(left)), &a, &b));
            }
            left -= length;
        }
        line.last().copied()
    });
    point.map(|point| shapes::point(degrees(point))).into()
}

fn locate_point_on_sphere(env: Env, args: &[ArrayRef], types: &[Type]) -> Result<ArrayRef> {
    if let (Some(array), Some(ty)) = (args.get(3), types.get(3)) {
        let cells = Cells::new(array.as_ref(), *ty)?;
        if (0..cells.len()).any(|row| on_spheroid(&[cells.get(row)], 0)) {
            return not_impl_err!("geo_line_locate_point is computed on the sphere only");
        }
    }
    by_row(env, args, types, locate_point)
}

/// How far along a line, from 0 to 1, it comes closest to a point.
fn locate_point<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some(point) = place(args, 1).map(on_sphere) else { return Cell::Null };
    let fraction = with_lines(args, 0, |lines| {
        single(lines)?;
        let (mut passed, mut best) = (0.0, None::<(f64, f64)>);
        for edge in line_edges(lines) {
            let candidate = project(&point, edge);
            let distance = angle(&point, &candidate);
            if best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, passed + angle(&edge.0, &candidate)));
            }
            passed += angle(&edge.0, &edge.1);
        }
        best.filter(|_| passed > 0.0).map(|(_, at)| at / passed)
    });
    fraction.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::dynamic::parse;
    use crate::eval::kernels::find;

    const PARK: &str = r#"{"type":"Polygon","coordinates":[[[-73.9495,40.7969],[-73.95807266235352,40.80068603561921],[-73.98201942443848,40.76825672305777],[-73.97317886352539,40.76455136505513],[-73.9495,40.7969]]]}"#;
    const LINE: &str = r#"{"type":"LineString","coordinates":[[-73.95796,40.80042],[-73.97317,40.764486]]}"#;

    fn numbers(numbers: &[f64]) -> Vec<Cell<'static>> {
        numbers.iter().copied().map(Cell::Real).collect()
    }

    fn shape(text: &str) -> Cell<'static> {
        Cell::dynamic(&parse(text).unwrap())
    }

    fn call(name: &str, ty: Type, args: &[Cell<'_>]) -> Cell<'static> {
        find(name).unwrap().call(Env { now: 0, ty }, args).into_owned()
    }

    #[test]
    fn distances_and_directions_are_those_of_the_documentation() {
        for (name, args, result) in [
            ("geo_angle", numbers(&[0.0, 10.0, 0.0, 5.0, 3.0, -10.0]), 2.944_938_434_068_82),
            ("geo_azimuth", numbers(&[5.0, 10.0, 10.0, -40.0]), 3.054_599_397_964_49),
            (
                "geo_distance_2points",
                numbers(&[-122.407_628, 47.578_557, -118.275_287, 34.019_056]),
                1_546_754.351_973_81,
            ),
            (
                "geo_distance_point_to_polygon",
                [numbers(&[-73.9839, 40.7705]), vec![shape(PARK)]].concat(),
                259.940_756_070_596,
            ),
            ("geo_distance_point_to_polygon", [numbers(&[-73.96, 40.79]), vec![shape(PARK)]].concat(), 0.0),
            (
                "geo_line_locate_point",
                [vec![shape(LINE)], numbers(&[-73.965, 40.792])].concat(),
                0.255_601_351_003_075_5,
            ),
        ] {
            let value = call(name, Type::Real, &args).as_real().unwrap();
            assert!((value - result).abs() <= 1e-11 * result.abs(), "{name}: {value}");
        }
        let on_spheroid = [numbers(&[0.0, 0.0, 1.0, 0.0]), vec![Cell::Bool(true)]].concat();
        let value = call("geo_distance_2points", Type::Real, &on_spheroid).as_real().unwrap();
        assert!((value - 111_319.490_793).abs() < 1e-5, "{value}");
    }

    #[test]
    fn lines_have_a_length() {
        for (line, result) in [
            (
                r#"{"type":"LineString","coordinates":[[-73.95807266235352,40.800426144169315],[-73.94966125488281,40.79691751000055],[-73.97317886352539,40.764486356930334]]}"#,
                4_922.480_169_920_81,
            ),
            (
                r#"{"type":"MultiLineString","coordinates":[[[-73.95798683166502,40.800556090021466],[-73.98193359375,40.76819171855746]],[[-73.94940376281738,40.79691751000055],[-73.97317886352539,40.76435634049001]]]}"#,
                8_262.243_397_537_41,
            ),
        ] {
            let value = call("geo_line_length", Type::Real, &[shape(line)]).as_real().unwrap();
            assert!((value - result).abs() < 1e-7, "{value}");
        }
        let twice = r#"{"type":"MultiLineString","coordinates":[[[0,0],[0,1]],[[0,1],[0,0]]]}"#;
        let once = r#"{"type":"LineString","coordinates":[[0,0],[0,1]]}"#;
        let length = |text| call("geo_line_length", Type::Real, &[shape(text)]).as_real();
        assert_eq!(length(twice), length(once));
    }

    #[test]
    fn places_are_found_on_shapes() {
        for (name, args, longitude, latitude) in [
            (
                "geo_line_interpolate_point",
                [vec![shape(LINE)], numbers(&[0.25])].concat(),
                -73.961_764_043_218_28,
                40.791_436_687_257_23,
            ),
            ("geo_line_interpolate_point", [vec![shape(LINE)], numbers(&[1.0])].concat(), -73.97317, 40.764_486),
            ("geo_line_centroid", vec![shape(LINE)], -73.965_567_057_230_94, 40.782_453_249_627_42),
            (
                "geo_closest_point_on_polygon",
                [numbers(&[-73.9839, 40.7705]), vec![shape(PARK)]].concat(),
                -73.981_205_580_153_93,
                40.769_359_452_843_21,
            ),
            ("geo_closest_point_on_line", [numbers(&[-73.9, 40.9]), vec![shape(LINE)]].concat(), -73.95796, 40.80042),
        ] {
            let found = match call(name, Type::Dynamic, &args).to_json() {
                Some(crate::ir::Json::Bag(slots)) => slots,
                other => panic!("{name}: {other:?}"),
            };
            let crate::ir::Json::Array(numbers) = &found[1].1 else { panic!("{name}") };
            let [crate::ir::Json::Real(x), crate::ir::Json::Real(y)] = numbers.as_slice() else { panic!("{name}") };
            assert!((x - longitude).abs() < 1e-11 && (y - latitude).abs() < 1e-11, "{name}: {x} {y}");
        }
    }

    #[test]
    fn points_lie_inside_or_outside() {
        for (longitude, latitude, inside) in
            [(-122.143_564, 47.535_677, Some(true)), (-122.137_575, 47.630_683, Some(false)), (200.0, 1.0, None)]
        {
            let args = numbers(&[longitude, latitude, -122.100_896, 47.527_351, 3500.0]);
            assert_eq!(call("geo_point_in_circle", Type::Bool, &args).as_bool(), inside);
        }
        assert_eq!(call("geo_point_in_circle", Type::Bool, &numbers(&[1.0, 1.0, 1.0, 1.0, -1.0])).as_bool(), None);
        let holed =
            r#"{"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]],[[4,4],[4,6],[6,6],[6,4],[4,4]]]}"#;
        for (longitude, inside) in [(5.0, false), (2.0, true), (12.0, false)] {
            let args = [numbers(&[longitude, 5.0]), vec![shape(holed)]].concat();
            assert_eq!(call("geo_point_in_polygon", Type::Bool, &args).as_bool(), Some(inside), "{longitude}");
        }
    }

    #[test]
    fn what_is_no_shape_gives_null() {
        let bent = r#"{"type": "Polygon","coordinates": [[[0,0],[10,10],[10,10],[0,0]]]}"#;
        let short = r#"{"type":"LineString","coordinates":[[1,1]]}"#;
        for (name, args) in [
            ("geo_point_in_polygon", [numbers(&[1.0, 1.0]), vec![shape(bent)]].concat()),
            ("geo_point_in_polygon", [numbers(&[1.0, 1.0]), vec![shape(LINE)]].concat()),
            ("geo_distance_point_to_polygon", [numbers(&[500.0, 1.0]), vec![shape(PARK)]].concat()),
            ("geo_line_length", vec![shape(short)]),
            ("geo_line_length", vec![shape(PARK)]),
            ("geo_line_interpolate_point", [vec![shape(short)], numbers(&[0.5])].concat()),
            ("geo_line_interpolate_point", [vec![shape(LINE)], numbers(&[1.5])].concat()),
            ("geo_distance_2points", numbers(&[300.0, 1.0, 1.0, 1.0])),
            ("geo_azimuth", numbers(&[5.0, 10.0, 5.0, 10.0])),
            ("geo_angle", numbers(&[0.0, 10.0, 0.0, 10.0, 3.0, -10.0])),
        ] {
            assert!(call(name, Type::Dynamic, &args).is_null(), "{name}");
        }
    }
}
