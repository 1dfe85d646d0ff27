//! What lines and polygons have in common, and what several polygons are together.
//!
//! Edges are cut where they meet those of the other shape. Each piece then lies inside the other shape, outside it, or
//! along its edge, and its middle tells which.

use s2::edge_crossings::{Crossing, crossing_sign, get_intersection};
use s2::edgeutil::distance_from_segment;
use s2::point::{Point, true_centroid};

use super::measure::{contain, line_edges};
use super::ring::{Edge, signed_area};
use super::shapes::{self, Line, Place, Polygon, RADIUS, angle, degrees, with_lines, with_polygons};
use crate::eval::Cell;
use crate::eval::kernels::{Env, Kernel};
use crate::ir::Json;

pub(in crate::eval::kernels) const KERNELS: &[Kernel] = &[
    Kernel::row("geo_intersects_2lines", intersects_2lines),
    Kernel::row("geo_intersects_line_with_polygon", intersects_line_with_polygon),
    Kernel::row("geo_intersects_2polygons", intersects_2polygons),
    Kernel::row("geo_intersection_2lines", intersection_2lines),
    Kernel::row("geo_intersection_line_with_polygon", intersection_line_with_polygon),
    Kernel::row("geo_polygon_area", |_, args| with_polygons(args, 0, |polygons| Some(area(polygons))).into()),
    Kernel::row("geo_polygon_perimeter", |_, args| with_polygons(args, 0, |polygons| Some(perimeter(polygons))).into()),
    Kernel::row("geo_polygon_centroid", |_, args| {
        with_polygons(args, 0, centroid).map(|point| shapes::point(degrees(point))).into()
    }),
];

/// How far apart, in radians, points may lie that stand for the same place: less than a micrometre, and more than
/// rounding moves a point.
const SAME: f64 = 1e-14;

fn same(a: &Point, b: &Point) -> bool {
    a == b || angle(a, b) < SAME
}

fn middle((a, b): &Edge) -> Point {
    Point((a.0 + b.0).normalize())
}

/// An edge, cut where it meets other edges.
fn cut(edge: &Edge, others: &[Edge]) -> Vec<Edge> {
    let (a, b) = edge;
    let mut stops: Vec<Point> = Vec::new();
    for (c, d) in others {
        if crossing_sign(a, b, c, d) == Crossing::Cross {
            stops.push(get_intersection(a, b, c, d));
        }
        let on_edge = |point: &Point| distance_from_segment(point, a, b).rad() < SAME;
        stops.extend([*c, *d].into_iter().filter(on_edge));
    }
    stops.retain(|stop| !same(stop, a) && !same(stop, b));
    stops.sort_by(|one, other| angle(a, one).total_cmp(&angle(a, other)));
    stops.dedup_by(|one, other| same(one, other));
    let starts = std::iter::once(*a).chain(stops.iter().copied());
    starts.zip(stops.iter().copied().chain([*b])).collect()
}

fn cut_all(edges: &[Edge], others: &[Edge]) -> Vec<Edge> {
    edges.iter().flat_map(|edge| cut(edge, others)).collect()
}

/// The edges of a polygon, with its inside on their left.
fn oriented(polygon: &Polygon) -> Vec<Edge> {
    let rings = polygon.iter().enumerate();
    rings.flat_map(|(at, ring)| ring.edges().map(move |(a, b)| if at == 0 { (a, b) } else { (b, a) })).collect()
}

/// The edges around several polygons together, with their inside on the left, in no order.
fn outline(polygons: &[Polygon]) -> Vec<Edge> {
    let edges: Vec<Vec<Edge>> = polygons.iter().map(oriented).collect();
    if edges.len() == 1 {
        return edges.concat();
    }
    let others = |at: usize| edges.iter().enumerate().filter(move |(other, _)| *other != at);
    let pieces: Vec<Vec<Edge>> = (0..edges.len())
        .map(|at| cut_all(&edges[at], &others(at).flat_map(|(_, edges)| edges.iter().copied()).collect::<Vec<_>>()))
        .collect();
    let mut outline = Vec::new();
    for (at, own) in pieces.iter().enumerate() {
        outline.extend(own.iter().copied().filter(|piece| {
            pieces.iter().zip(polygons).enumerate().filter(|(other, _)| *other != at).all(
                |(other, (edges, polygon))| {
                    // Of a piece that several have, the first has it; one that two have in opposite directions lies inside.
                    match shared(piece, edges) {
                        Some(same_way) => same_way && at < other,
                        None => !contain(std::slice::from_ref(polygon), &middle(piece)),
                    }
                },
            )
        }));
    }
    outline
}

/// Whether a piece is one of some edges: true where it runs the same way, false where it runs the other way.
fn shared(piece: &Edge, edges: &[Edge]) -> Option<bool> {
    edges.iter().find_map(|edge| {
        if same(&piece.0, &edge.0) && same(&piece.1, &edge.1) {
            Some(true)
        } else if same(&piece.0, &edge.1) && same(&piece.1, &edge.0) {
            Some(false)
        } else {
            None
        }
    })
}

fn area(polygons: &[Polygon]) -> f64 {
    let edges = outline(polygons);
    let Some((first, _)) = edges.first() else { return 0.0 };
    let turned: f64 = edges.iter().map(|(a, b)| signed_area(first, a, b)).sum();
    turned.rem_euclid(4.0 * std::f64::consts::PI) * RADIUS * RADIUS
}

fn perimeter(polygons: &[Polygon]) -> f64 {
    outline(polygons).iter().map(|(a, b)| angle(a, b)).sum::<f64>() * RADIUS
}

/// The centre of mass, pulled back onto the sphere.
fn centroid(polygons: &[Polygon]) -> Option<Point> {
    let edges = outline(polygons);
    let (first, _) = edges.first()?;
    let triangles = edges.iter().filter(|(a, b)| a != first && b != first);
    let sum = triangles.map(|(a, b)| true_centroid(first, a, b).0).reduce(|sum, term| sum + term)?;
    (sum.norm() > 0.0).then(|| Point(sum.normalize()))
}

fn intersects_2lines<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let meet = with_lines(args, 0, |left| {
        with_lines(args, 1, |right| {
            let others: Vec<Edge> = line_edges(right).collect();
            let meets = |(a, b): Edge| others.iter().any(|(c, d)| crossing_sign(&a, &b, c, d) != Crossing::DoNotCross);
            Some(line_edges(left).any(meets))
        })
    });
    meet.into()
}

fn all_edges(polygons: &[Polygon]) -> Vec<Edge> {
    polygons.iter().flat_map(oriented).collect()
}

/// Whether some of the edges lie in polygons, at least in part; along their own edges is not inside.
fn enter(edges: &[Edge], polygons: &[Polygon]) -> bool {
    let others = all_edges(polygons);
    let pieces = cut_all(&others, edges);
    let inside = |piece: &Edge| contain(polygons, &middle(piece)) && shared(piece, &pieces).is_none();
    cut_all(edges, &others).iter().any(inside)
}

fn intersects_line_with_polygon<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let meet = with_lines(args, 0, |lines| {
        with_polygons(args, 1, |polygons| Some(enter(&line_edges(lines).collect::<Vec<_>>(), polygons)))
    });
    meet.into()
}

fn intersects_2polygons<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let meet = with_polygons(args, 0, |left| {
        with_polygons(args, 1, |right| {
            let (left_edges, right_edges) = (all_edges(left), all_edges(right));
            let right_pieces = cut_all(&right_edges, &left_edges);
            let along = |piece: &Edge| shared(piece, &right_pieces) == Some(true);
            Some(
                enter(&left_edges, right)
                    || enter(&right_edges, left)
                    || cut_all(&left_edges, &right_edges).iter().any(along),
            )
        })
    });
    meet.into()
}

/// Pieces in the order of a line as lines. A cut that leaves both sides in is no corner.
fn joined(pieces: &[(Edge, bool)], corners: &[Point]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for ((a, b), _) in pieces.iter().filter(|(_, inside)| *inside) {
        match lines.last_mut() {
            Some(line) if line.last() == Some(a) => {
                if !corners.contains(a) {
                    line.pop();
                }
                line.push(*b);
            }
            _ => lines.push(vec![*a, *b]),
        }
    }
    lines
}

fn places(points: &[Point]) -> Vec<Place> {
    points.iter().copied().map(degrees).collect()
}

fn intersection_line_with_polygon<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let common = with_lines(args, 0, |lines| {
        with_polygons(args, 1, |polygons| {
            let edges = all_edges(polygons);
            let parts = lines.iter().flat_map(|line| {
                let own: Vec<Edge> = line_edges(std::slice::from_ref(line)).collect();
                let pieces: Vec<(Edge, bool)> = cut_all(&own, &edges)
                    .into_iter()
                    .map(|piece| (piece, contain(polygons, &middle(&piece))))
                    .collect();
                joined(&pieces, line)
            });
            Some(shapes::lines(&parts.map(|part| places(&part)).collect::<Vec<_>>()))
        })
    });
    common.into()
}

/// What two lines have in common: the stretches along which both run, and the points at which they meet elsewhere.
fn intersection_2lines<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let common = with_lines(args, 0, |left| {
        with_lines(args, 1, |right| {
            let (left_edges, right_edges): (Vec<Edge>, Vec<Edge>) =
                (line_edges(left).collect(), line_edges(right).collect());
            let right_pieces = cut_all(&right_edges, &left_edges);
            let mut stretches: Vec<Line> = Vec::new();
            let mut meetings: Vec<Point> = Vec::new();
            for line in left {
                let own: Vec<Edge> = line_edges(std::slice::from_ref(line)).collect();
                let pieces: Vec<(Edge, bool)> = cut_all(&own, &right_edges)
                    .into_iter()
                    .map(|piece| (piece, shared(&piece, &right_pieces).is_some()))
                    .collect();
                stretches.extend(joined(&pieces, line));
                let ends = pieces.iter().flat_map(|((a, b), _)| [*a, *b]);
                meetings.extend(ends.filter(|end| right_pieces.iter().any(|(c, d)| same(end, c) || same(end, d))));
            }
            let alone = |point: &Point| {
                let along = |(a, b): Edge| distance_from_segment(point, &a, &b).rad() < SAME;
                !line_edges(&stretches).any(along)
            };
            let mut points: Vec<Point> = Vec::new();
            for point in meetings.into_iter().filter(alone) {
                if !points.iter().any(|known| same(known, &point)) {
                    points.push(point);
                }
            }
            let lines: Vec<Vec<Place>> = stretches.iter().map(|line| places(line)).collect();
            Some(match (points.as_slice(), lines.as_slice()) {
                (points, []) => shapes::points(&places(points)),
                ([], lines) => shapes::lines(lines),
                (points, lines) => shapes::collection(vec![shapes::points(&places(points)), shapes::lines(lines)]),
            })
        })
    });
    common.map_or(Cell::Null, |common: Json| Cell::dynamic(&common))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::dynamic::parse;
    use crate::eval::kernels::find;
    use crate::types::Type;

    const PARK: &str = "[[[-73.9495,40.7969],[-73.95807266235352,40.80068603561921],[-73.98201942443848,40.76825672305777],[-73.97317886352539,40.76455136505513],[-73.9495,40.7969]]]";
    const ACROSS: &str = "[[[-73.94262313842773,40.775991804565585],[-73.98107528686523,40.791849155467695],[-73.99600982666016,40.77092185281977],[-73.96150588989258,40.75609977566361],[-73.94262313842773,40.775991804565585]]]";

    fn polygon(coordinates: &str) -> Cell<'static> {
        Cell::dynamic(&parse(&format!(r#"{{"type":"Polygon","coordinates":{coordinates}}}"#)).unwrap())
    }

    fn polygons(coordinates: &[&str]) -> Cell<'static> {
        let coordinates = coordinates.join(",");
        Cell::dynamic(&parse(&format!(r#"{{"type":"MultiPolygon","coordinates":[{coordinates}]}}"#)).unwrap())
    }

    fn line(coordinates: &str) -> Cell<'static> {
        Cell::dynamic(&parse(&format!(r#"{{"type":"LineString","coordinates":{coordinates}}}"#)).unwrap())
    }

    fn call(name: &str, ty: Type, args: &[Cell<'_>]) -> Cell<'static> {
        find(name).unwrap().call(Env { now: 0, ty }, args).into_owned()
    }

    #[test]
    fn polygons_are_measured_together() {
        for (name, shape, result) in [
            ("geo_polygon_area", polygon(PARK), 3_475_207.283_466_06),
            ("geo_polygon_area", polygons(&[PARK, ACROSS]), 10_889_971.534_348_7),
            ("geo_polygon_perimeter", polygon(PARK), 9_930.301_496_049_38),
            ("geo_polygon_perimeter", polygons(&[PARK, ACROSS]), 15_943.538_457_874_5),
            ("geo_polygon_area", polygons(&[PARK, PARK]), 3_475_207.283_466_06),
            ("geo_polygon_perimeter", polygons(&[PARK, PARK]), 9_930.301_496_049_38),
        ] {
            let value = call(name, Type::Real, &[shape]).as_real().unwrap();
            assert!((value / result - 1.0).abs() < 2e-11, "{name}: {value}");
        }
    }

    #[test]
    fn neighbours_have_no_edge_between_them() {
        let (west, east) = ("[[[0,0],[1,0],[1,1],[0,1],[0,0]]]", "[[[1,0],[2,0],[2,1],[1,1],[1,0]]]");
        let perimeter = |shape| call("geo_polygon_perimeter", Type::Real, &[shape]).as_real().unwrap();
        let between = 2.0 * 1f64.to_radians() * RADIUS;
        let expected = perimeter(polygon(west)) + perimeter(polygon(east)) - between;
        assert!((perimeter(polygons(&[west, east])) - expected).abs() < 1e-3);
        let holed = "[[[0,0],[9,0],[9,9],[0,9],[0,0]],[[3,3],[3,6],[6,6],[6,3],[3,3]]]";
        let area = |shape| call("geo_polygon_area", Type::Real, &[shape]).as_real().unwrap();
        let whole =
            area(polygon("[[[0,0],[9,0],[9,9],[0,9],[0,0]]]")) - area(polygon("[[[3,3],[3,6],[6,6],[6,3],[3,3]]]"));
        assert!((area(polygon(holed)) / whole - 1.0).abs() < 1e-9);
    }

    #[test]
    fn polygons_have_a_centre() {
        for (shape, start) in [
            (polygon(PARK), r#"{"type":"Point","coordinates":[-73.96573568990"#),
            (polygons(&[PARK, ACROSS]), r#"{"type":"Point","coordinates":[-73.9685695878"#),
        ] {
            let text = call("geo_polygon_centroid", Type::Dynamic, &[shape]).to_text().into_owned();
            assert!(text.starts_with(start), "{text}");
        }
    }

    #[test]
    fn shapes_meet_or_do_not() {
        let square = || polygon("[[[0,0],[10,0],[10,10],[0,10],[0,0]]]");
        for (name, left, right, meet) in [
            ("geo_intersects_2lines", line("[[0,0],[2,2]]"), line("[[0,2],[2,0]]"), Some(true)),
            ("geo_intersects_2lines", line("[[0,0],[2,2]]"), line("[[2,2],[3,3]]"), Some(true)),
            ("geo_intersects_2lines", line("[[1,1],[2,2]]"), line("[[3,3],[4,4]]"), Some(false)),
            ("geo_intersects_2lines", line("[[1,1],[2,2]]"), line("[[3,3]]"), None),
            ("geo_intersects_line_with_polygon", line("[[-5,5],[15,5]]"), square(), Some(true)),
            ("geo_intersects_line_with_polygon", line("[[4,4],[5,5]]"), square(), Some(true)),
            ("geo_intersects_line_with_polygon", line("[[14,4],[15,5]]"), square(), Some(false)),
            ("geo_intersects_2polygons", square(), polygon("[[[5,5],[15,5],[15,15],[5,5]]]"), Some(true)),
            ("geo_intersects_2polygons", square(), polygon("[[[4,4],[5,4],[5,5],[4,4]]]"), Some(true)),
            ("geo_intersects_2polygons", square(), square(), Some(true)),
            ("geo_intersects_2polygons", square(), polygon("[[[10,0],[20,0],[20,10],[10,10],[10,0]]]"), Some(false)),
        ] {
            assert_eq!(call(name, Type::Bool, &[left, right]).as_bool(), meet, "{name}");
        }
    }

    #[test]
    fn what_is_common_is_a_shape() {
        for (name, left, right, start) in [
            (
                "geo_intersection_line_with_polygon",
                line("[[-73.985195,40.788275],[-73.974552,40.779761]]"),
                polygon(
                    "[[[-73.9712905883789,40.78580561168767],[-73.98004531860352,40.775276834803655],[-73.97000312805176,40.77852663535664],[-73.9712905883789,40.78580561168767]]]",
                ),
                r#"{"type":"LineString","coordinates":[[-73.9756119565781"#,
            ),
            (
                "geo_intersection_line_with_polygon",
                line("[[-110.522,39.198],[-91.428,40.880]]"),
                polygon(
                    "[[[-90.263,36.738],[-102.041,45.274],[-109.335,36.527],[-90.263,36.738]],[[-100.393,41.705],[-103.139,38.925],[-97.558,39.113],[-100.393,41.705]]]",
                ),
                r#"{"type":"MultiLineString","coordinates":[[[-106.8935365588"#,
            ),
            (
                "geo_intersection_line_with_polygon",
                line("[[1,1],[2,2]]"),
                polygon("[[[10,0],[20,0],[20,10],[10,0]]]"),
                r#"{"type":"GeometryCollection","geometries":[]}"#,
            ),
            (
                "geo_intersection_2lines",
                line("[[-73.978929,40.785155],[-73.980903,40.782621]]"),
                line("[[-73.985195,40.788275],[-73.974552,40.779761]]"),
                r#"{"type":"Point","coordinates":[-73.97983711667"#,
            ),
            (
                "geo_intersection_2lines",
                line("[[-73.978929,40.785155],[-73.980903,40.782621]]"),
                line("[[-73.978929,40.785155],[-73.980903,40.782621]]"),
                r#"{"type":"LineString","coordinates":[[-73.978929"#,
            ),
            (
                "geo_intersection_2lines",
                line("[[1,1],[2,2]]"),
                line("[[3,3],[4,4]]"),
                r#"{"type":"GeometryCollection","geometries":[]}"#,
            ),
        ] {
            let text = call(name, Type::Dynamic, &[left, right]).to_text().into_owned();
            assert!(text.starts_with(start), "{text}");
        }
        assert!(call("geo_intersection_2lines", Type::Dynamic, &[line("[[1,1],[2,2]]"), line("[[3,3]]")]).is_null());
    }
}
