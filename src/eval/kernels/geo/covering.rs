//! The S2 cells that cover a shape, all of one level.

use std::collections::{BTreeSet, HashSet};

use datafusion::arrow::array::ArrayRef;
use datafusion::common::{Result, not_impl_err};
use s2::cell::Cell as S2Cell;
use s2::cellid::CellID;
use s2::edge_crossings::{Crossing, crossing_sign};
use s2::point::Point;

use super::by_row;
use super::measure::{contain, line_edges, polygon_edges};
use super::ring::Edge;
use super::shapes::{number_or, with_lines, with_polygons};
use crate::eval::Cell;
use crate::eval::kernels::{Env, Kernel, RowKernel};
use crate::ir::Json;
use crate::types::Type;

pub(in crate::eval::kernels) const KERNELS: &[Kernel] = &[
    Kernel::array("geo_line_to_s2cells", |env, args, types| without_buffer(env, args, types, line_to_s2cells)),
    Kernel::array("geo_polygon_to_s2cells", |env, args, types| without_buffer(env, args, types, polygon_to_s2cells)),
];

/// A third argument is the radius of a buffer around the shape, and buffers are not computed here.
fn without_buffer(env: Env, args: &[ArrayRef], types: &[Type], function: RowKernel) -> Result<ArrayRef> {
    if args.len() > 2 {
        return not_impl_err!("cells that cover the surroundings of a shape are not computed here");
    }
    by_row(env, args, types, function)
}

/// The most cells that a covering may have.
const MOST: usize = 65_536;

fn level(args: &[Cell<'_>]) -> Option<u64> {
    number_or(args, 1, 11).and_then(|level| u64::try_from(level).ok()).filter(|level| *level <= 30)
}

fn line_to_s2cells<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some(level) = level(args) else { return Cell::Null };
    let cells = with_lines(args, 0, |lines| {
        let edges: Vec<Edge> = line_edges(lines).collect();
        let starts: Vec<Point> = lines.iter().filter_map(|line| line.first().copied()).collect();
        covering(level, &starts, |cell| touches(cell, &edges))
    });
    cells.map(tokens).into()
}

fn polygon_to_s2cells<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some(level) = level(args) else { return Cell::Null };
    let cells = with_polygons(args, 0, |polygons| {
        let edges: Vec<Edge> = polygon_edges(polygons).collect();
        let first = |polygon: &super::shapes::Polygon| polygon.first()?.points().first().copied();
        let starts: Vec<Point> = polygons.iter().filter_map(first).collect();
        covering(level, &starts, |cell| contain(polygons, &cell.center()) || touches(cell, &edges))
    });
    cells.map(tokens).into()
}

fn tokens(cells: BTreeSet<u64>) -> Json {
    Json::Array(cells.into_iter().map(|cell| Json::String(CellID(cell).to_token().into())).collect())
}

/// Whether one of the edges lies in a cell, at least in part.
fn touches(cell: &S2Cell, edges: &[Edge]) -> bool {
    let [a, b, c, d] = cell.vertices();
    let sides = [(a, b), (b, c), (c, d), (d, a)];
    edges.iter().any(|edge| {
        cell.contains_point(&edge.0)
            || sides.iter().any(|side| crossing_sign(&edge.0, &edge.1, &side.0, &side.1) == Crossing::Cross)
    })
}

/// The cells that meet a shape, found from neighbour to neighbour, since each of its parts hangs together; nothing where
/// there are too many.
fn covering(level: u64, starts: &[Point], meets: impl Fn(&S2Cell) -> bool) -> Option<BTreeSet<u64>> {
    let mut cells = BTreeSet::new();
    let mut seen: HashSet<u64> = HashSet::new();
    let mut waiting: Vec<CellID> = starts.iter().map(|start| CellID::from(start).parent(level)).collect();
    while let Some(cell) = waiting.pop() {
        if !seen.insert(cell.0) || !meets(&S2Cell::from(cell)) {
            continue;
        }
        cells.insert(cell.0);
        if cells.len() > MOST {
            return None;
        }
        waiting.extend(cell.all_neighbors(level));
    }
    Some(cells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::dynamic::parse;
    use crate::eval::kernels::find;

    fn covering_of(name: &str, shape: &str, level: i64) -> Option<Vec<Json>> {
        let args = [Cell::dynamic(&parse(shape).unwrap()), Cell::Long(level)];
        find(name).unwrap().call(Env { now: 0, ty: Type::Dynamic }, &args).to_array()
    }

    #[test]
    fn polygons_are_covered() {
        let triangle = r#"{"type":"Polygon","coordinates":[[[0,0],[0,50],[100,50],[0,0]]]}"#;
        assert_eq!(covering_of("geo_polygon_to_s2cells", triangle, 5).unwrap().len(), 286);
        assert_eq!(covering_of("geo_polygon_to_s2cells", triangle, 30), None);
        assert_eq!(covering_of("geo_polygon_to_s2cells", triangle, 31), None);
        let small = r#"{"type":"Polygon","coordinates":[[[-74.0,40.75],[-73.99,40.75],[-73.99,40.76],[-74.0,40.75]]]}"#;
        assert_eq!(covering_of("geo_polygon_to_s2cells", small, 8).unwrap().len(), 1);
    }

    #[test]
    fn lines_are_covered() {
        let line = r#"{"type":"LineString","coordinates":[[-74.0,40.75],[-73.9,40.75]]}"#;
        let cells = covering_of("geo_line_to_s2cells", line, 12).unwrap();
        assert!((4..12).contains(&cells.len()), "{cells:?}");
    }
}
