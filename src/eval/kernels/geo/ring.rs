//! Closed rings on the sphere and what they enclose.

use std::f64::consts::PI;

use s2::edge_crossings::EdgeCrosser;
use s2::edge_crossings::{Crossing, angle_contains_vertex, crossing_sign};
use s2::point::{ORIGIN, Point, point_area};
use s2::predicates::{Direction, robust_sign};

/// An edge of a ring or a line.
pub(super) type Edge = (Point, Point);

/// A ring without crossings. It encloses the smaller of the two regions it divides the sphere into, which lies to the
/// left of its edges.
#[derive(Debug)]
pub(super) struct Ring {
    points: Vec<Point>,
    /// Whether the fixed point from which crossings are counted lies inside.
    holds_origin: bool,
}

impl Ring {
    /// A ring through points, the last of which is joined with the first. Nothing where there are fewer than three, two
    /// are the same, or edges cross.
    pub(super) fn new(mut points: Vec<Point>) -> Option<Self> {
        if points.len() < 3 || has_twins(&points) || crosses_itself(&points) {
            return None;
        }
        // Twice around the sphere is 4π; a ring that runs clockwise has the area of what is outside it.
        if turned_area(&points).rem_euclid(4.0 * PI) > 2.0 * PI {
            points.reverse();
        }
        let mut ring = Self { points, holds_origin: false };
        let (Some(last), Some(first), Some(next)) = (ring.points.last(), ring.points.first(), ring.points.get(1))
        else {
            return None;
        };
        let holds_first = angle_contains_vertex(last, first, next);
        ring.holds_origin = holds_first != ring.contains(&ring.points.first().copied()?);
        Some(ring)
    }

    /// Its corners.
    pub(super) fn points(&self) -> &[Point] {
        &self.points
    }

    /// Its edges, with its inside on their left.
    pub(super) fn edges(&self) -> impl Iterator<Item = Edge> + '_ {
        edges(&self.points)
    }

    /// Whether a point lies inside. Of rings that share edges and cover the sphere together, exactly one contains it.
    pub(super) fn contains(&self, point: &Point) -> bool {
        let Some(last) = self.points.last() else { return false };
        let mut crosser = EdgeCrosser::new_with_c(&ORIGIN, point, last);
        self.points
            .iter()
            .fold(self.holds_origin, |inside, point| inside ^ crosser.chain_edge_or_vertex_crossing(point))
    }
}

fn edges(points: &[Point]) -> impl Iterator<Item = Edge> + '_ {
    points.iter().copied().zip(points.iter().copied().cycle().skip(1))
}

/// The area of triangles from the first point to each edge, counted as negative where they run clockwise.
fn turned_area(points: &[Point]) -> f64 {
    let Some(first) = points.first() else { return 0.0 };
    edges(points).map(|(a, b)| signed_area(first, &a, &b)).sum()
}

/// The area of a triangle, negative where its corners run clockwise.
pub(super) fn signed_area(a: &Point, b: &Point, c: &Point) -> f64 {
    if a == b || b == c || c == a {
        return 0.0;
    }
    match robust_sign(a, b, c) {
        Direction::CounterClockwise => point_area(a, b, c),
        Direction::Clockwise => -point_area(a, b, c),
        Direction::Indeterminate => 0.0,
    }
}

fn has_twins(points: &[Point]) -> bool {
    let mut sorted: Vec<[u64; 3]> =
        points.iter().map(|point| [point.0.x.to_bits(), point.0.y.to_bits(), point.0.z.to_bits()]).collect();
    sorted.sort_unstable();
    sorted.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
}

/// Whether two edges cross, each compared with those only that it can reach from south to north.
fn crosses_itself(points: &[Point]) -> bool {
    struct Reach {
        from: f64,
        to: f64,
        edge: Edge,
    }
    let mut reaches: Vec<Reach> = edges(points)
        .map(|edge| {
            let (a, b) = (edge.0.0.z, edge.1.0.z);
            // An arc leaves its chord by no more than this: 1 - cos(x/2) is below x²/8, and x below π/2 times the chord.
            let sag = (edge.0.0 - edge.1.0).norm2() * (PI * PI / 32.0) + 1e-15;
            Reach { from: a.min(b) - sag, to: a.max(b) + sag, edge }
        })
        .collect();
    reaches.sort_unstable_by(|a, b| a.from.total_cmp(&b.from));
    reaches.iter().enumerate().any(|(at, one)| {
        let others = reaches.iter().skip(at + 1).take_while(|other| other.from <= one.to);
        others
            .into_iter()
            .any(|other| crossing_sign(&one.edge.0, &one.edge.1, &other.edge.0, &other.edge.1) == Crossing::Cross)
    })
}

#[cfg(test)]
mod tests {
    use super::super::shapes::on_sphere;
    use super::*;

    fn ring(places: &[(f64, f64)]) -> Option<Ring> {
        Ring::new(places.iter().copied().map(on_sphere).collect())
    }

    #[test]
    fn either_direction_encloses_the_smaller_region() {
        let square = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)];
        let mut reversed = square;
        reversed.reverse();
        for places in [square, reversed] {
            let ring = ring(&places).unwrap();
            assert!(ring.contains(&on_sphere((5.0, 5.0))));
            assert!(!ring.contains(&on_sphere((15.0, 5.0))));
            assert!(!ring.contains(&on_sphere((-175.0, -5.0))));
            assert!(
                (turned_area(&ring.points).rem_euclid(4.0 * PI) - 0.030_2).abs() < 1e-3,
                "{}",
                turned_area(&ring.points).rem_euclid(4.0 * PI)
            );
        }
    }

    #[test]
    fn rings_around_poles_and_the_antimeridian_hold_what_they_should() {
        let polar = ring(&[(0.0, 80.0), (90.0, 80.0), (180.0, 80.0), (-90.0, 80.0)]).unwrap();
        assert!(polar.contains(&on_sphere((45.0, 89.0))) && !polar.contains(&on_sphere((0.0, -89.0))));
        let across = ring(&[(170.0, -10.0), (-170.0, -10.0), (-170.0, 10.0), (170.0, 10.0)]).unwrap();
        assert!(across.contains(&on_sphere((179.0, 0.0))) && !across.contains(&on_sphere((0.0, 0.0))));
    }

    #[test]
    fn rings_that_cross_themselves_are_none() {
        assert!(ring(&[(0.0, 0.0), (10.0, 10.0), (10.0, 0.0), (0.0, 10.0)]).is_none());
        assert!(ring(&[(0.0, 0.0), (10.0, 10.0), (10.0, 10.0)]).is_none());
        assert!(ring(&[(0.0, 0.0), (10.0, 10.0)]).is_none());
        assert!(ring(&[(0.0, 0.0), (10.0, 0.0), (20.0, 5.0), (10.0, 10.0), (12.0, 5.0)]).is_some());
    }

    #[test]
    fn of_rings_side_by_side_one_holds_what_they_share() {
        let left = ring(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]).unwrap();
        let right = ring(&[(10.0, 0.0), (20.0, 0.0), (20.0, 10.0), (10.0, 10.0)]).unwrap();
        for place in [(10.0, 3.0), (10.0, 7.5), (4.0, 4.0), (16.0, 4.0)] {
            let point = on_sphere(place);
            assert!(left.contains(&point) != right.contains(&point), "{place:?}");
        }
    }
}
