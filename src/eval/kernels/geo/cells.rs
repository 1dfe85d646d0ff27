//! Geohashes, S2 cells and H3 cells.

use h3o::{CellIndex, LatLng as H3Point, Resolution};
use s2::cell::Cell as S2Cell;
use s2::cellid::CellID;
use s2::latlng::LatLng;
use s2::point::Point;

use super::geohash::{self, Geohash};
use super::shapes::{self, number_or, place};
use crate::eval::Cell;
use crate::eval::kernels::arguments::{EMPTY, text};
use crate::eval::kernels::{Env, Kernel};
use crate::ir::Json;

pub(in crate::eval::kernels) const KERNELS: &[Kernel] = &[
    Kernel::strict("geo_point_to_geohash", point_to_geohash),
    Kernel::row("geo_geohash_to_central_point", geohash_to_central_point),
    Kernel::row("geo_geohash_to_polygon", geohash_to_polygon),
    Kernel::row("geo_geohash_neighbors", geohash_neighbors),
    Kernel::strict("geo_point_to_s2cell", point_to_s2cell),
    Kernel::row("geo_s2cell_to_central_point", |_, args| s2cell(args).map(|cell| point(Point::from(cell))).into()),
    Kernel::row("geo_s2cell_to_polygon", s2cell_to_polygon),
    Kernel::row("geo_s2cell_neighbors", s2cell_neighbors),
    Kernel::strict("geo_point_to_h3cell", point_to_h3cell),
    Kernel::row("geo_h3cell_to_central_point", |_, args| h3cell(args).map(|cell| h3_point(cell.into())).into()),
    Kernel::row("geo_h3cell_to_polygon", h3cell_to_polygon),
    Kernel::row("geo_h3cell_neighbors", h3cell_neighbors),
    Kernel::strict("geo_h3cell_children", h3cell_children),
    Kernel::strict("geo_h3cell_parent", h3cell_parent),
    Kernel::strict("geo_h3cell_rings", h3cell_rings),
    Kernel::row("geo_h3cell_level", |_, args| {
        h3cell(args).map_or(Cell::Null, |cell| Cell::Int(u8::from(cell.resolution()).into()))
    }),
];

fn strings<T: ToString>(items: impl IntoIterator<Item = T>) -> Json {
    Json::Array(items.into_iter().map(|item| Json::String(item.to_string().into())).collect())
}

fn point(point: Point) -> Json {
    shapes::point(shapes::degrees(point))
}

fn point_to_geohash<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let length = number_or(args, 2, 5).and_then(|length| usize::try_from(length).ok());
    let length = length.filter(|length| (1..=geohash::MAX_LENGTH).contains(length));
    let geohash = place(args, 0).zip(length).map(|(place, length)| Geohash::of(place.0, place.1, length));
    geohash.map_or(EMPTY, |geohash| geohash.text().into())
}

fn geohash_to_central_point<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let bounds = Geohash::parse(&text(args, 0)).map(Geohash::bounds);
    let centre = bounds.map(|b| (f64::midpoint(b.west, b.east), f64::midpoint(b.south, b.north)));
    centre.map(shapes::point).into()
}

fn geohash_to_polygon<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let bounds = Geohash::parse(&text(args, 0)).map(Geohash::bounds);
    let ring = bounds.map(|b| vec![(b.west, b.south), (b.east, b.south), (b.east, b.north), (b.west, b.north)]);
    ring.map(|ring| shapes::polygon([ring])).into()
}

fn geohash_neighbors<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    Geohash::parse(&text(args, 0)).map(|geohash| strings(geohash.neighbours().map(Geohash::text))).into()
}

/// The S2 cell of a token: up to 16 hexadecimal digits, with zeros left out at the end.
fn s2cell(args: &[Cell<'_>]) -> Option<CellID> {
    let token = text(args, 0);
    let is_token = (1..=16).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    let cell = if is_token { CellID::from_token(&token) } else { return None };
    cell.is_valid().then_some(cell)
}

fn point_to_s2cell<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let level = number_or(args, 2, 11).and_then(|level| u64::try_from(level).ok()).filter(|level| *level <= 30);
    let cell = place(args, 0).zip(level);
    let cell = cell.map(|(place, level)| CellID::from(LatLng::from_degrees(place.1, place.0)).parent(level));
    cell.map_or(EMPTY, |cell| cell.to_token().into())
}

fn s2cell_to_polygon<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let corners = s2cell(args).map(|cell| S2Cell::from(cell).vertices());
    corners.map(|corners| shapes::polygon([corners.map(shapes::degrees).to_vec()])).into()
}

/// The cells around one, in the order of the documentation's example, which starts at the corner that S2 names last.
fn s2cell_neighbors<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    const ORDER: [usize; 8] = [7, 0, 1, 2, 3, 5, 4, 6];
    let Some(cell) = s2cell(args) else { return Cell::Null };
    let all = cell.all_neighbors(cell.level());
    let mut neighbours: Vec<CellID> = Vec::with_capacity(8);
    for neighbour in ORDER.into_iter().filter_map(|at| all.get(at)) {
        // At a corner of the cube, one neighbour is met twice.
        if !neighbours.contains(neighbour) {
            neighbours.push(*neighbour);
        }
    }
    Cell::dynamic(&strings(neighbours))
}

fn h3cell(args: &[Cell<'_>]) -> Option<CellIndex> {
    text(args, 0).parse().ok()
}

fn h3_point(point: H3Point) -> Json {
    shapes::point((point.lng(), point.lat()))
}

fn point_to_h3cell<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let resolution = number_or(args, 2, 6).and_then(resolution);
    let point = place(args, 0).and_then(|(longitude, latitude)| H3Point::new(latitude, longitude).ok());
    point.zip(resolution).map_or(EMPTY, |(point, resolution)| point.to_cell(resolution).to_string().into())
}

fn resolution(number: i64) -> Option<Resolution> {
    u8::try_from(number).ok().and_then(|number| Resolution::try_from(number).ok())
}

fn h3cell_to_polygon<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let corners = h3cell(args).map(CellIndex::boundary);
    let ring = corners.map(|corners| corners.iter().map(|corner| (corner.lng(), corner.lat())).collect::<Vec<_>>());
    ring.map(|ring| shapes::polygon([ring])).into()
}

/// The cells within a distance, ring by ring; each ring in the order in which H3 walks along it.
fn rings(cell: CellIndex, distance: u32) -> Vec<Vec<CellIndex>> {
    let mut rings = vec![Vec::new(); distance as usize + 1];
    for (cell, distance) in cell.grid_disk_distances::<Vec<_>>(distance) {
        if let Some(ring) = rings.get_mut(distance as usize) {
            ring.push(cell);
        }
    }
    rings
}

fn h3cell_neighbors<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    h3cell(args).map(|cell| strings(rings(cell, 1).into_iter().skip(1).flatten())).into()
}

fn h3cell_rings<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let distance = number_or(args, 1, 0).and_then(|distance| u32::try_from(distance).ok());
    let cell = h3cell(args).zip(distance.filter(|distance| *distance <= 142));
    cell.map(|(cell, distance)| Json::Array(rings(cell, distance).into_iter().map(strings).collect())).into()
}

/// The cells of a finer resolution within a cell, no more than five steps finer.
fn h3cell_children<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some(cell) = h3cell(args) else { return Cell::Null };
    let from = i64::from(u8::from(cell.resolution()));
    let to = number_or(args, 1, from + 1).filter(|to| (from..=from + 5).contains(to));
    to.and_then(resolution).map(|to| strings(cell.children(to))).into()
}

fn h3cell_parent<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some(cell) = h3cell(args) else { return EMPTY };
    let to = number_or(args, 1, i64::from(u8::from(cell.resolution())) - 1);
    to.and_then(resolution).and_then(|to| cell.parent(to)).map_or(EMPTY, |parent| parent.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::kernels::find;
    use crate::types::Type;

    fn call(name: &str, ty: Type, args: &[Cell<'_>]) -> String {
        find(name).unwrap().call(Env { now: 0, ty }, args).to_text().into_owned()
    }

    fn of_point(name: &str, longitude: f64, latitude: f64, level: i64) -> String {
        call(name, Type::String, &[Cell::Real(longitude), Cell::Real(latitude), Cell::Long(level)])
    }

    fn list(name: &str, cell: &'static str) -> String {
        call(name, Type::Dynamic, &[Cell::string(cell)])
    }

    #[test]
    fn points_are_in_cells() {
        for (name, longitude, latitude, level, cell) in [
            ("geo_point_to_geohash", 139.806_115, 35.554_128, 12, "xn76m27ty9g4"),
            ("geo_point_to_geohash", 200.0, 1.0, 8, ""),
            ("geo_point_to_geohash", 1.0, 1.0, 19, ""),
            ("geo_point_to_s2cell", -80.195_829, 25.802_215, 8, "88d9b"),
            ("geo_point_to_s2cell", 10.1234, 53.0, 8, "47b1d"),
            ("geo_point_to_s2cell", 300.0, 1.0, 8, ""),
            ("geo_point_to_s2cell", 1.0, 1.0, 35, ""),
            ("geo_point_to_h3cell", -74.016_008, 40.704_167, 6, "862a1072fffffff"),
            ("geo_point_to_h3cell", 1.0, 1.0, 16, ""),
            ("geo_point_to_h3cell", f64::NAN, 1.0, 6, ""),
        ] {
            assert_eq!(of_point(name, longitude, latitude, level), cell, "{name} {longitude}");
        }
        assert_eq!(call("geo_point_to_s2cell", Type::String, &[Cell::Long(1), Cell::Long(1), Cell::Null]), "");
    }

    #[test]
    fn cells_have_neighbours_as_documented() {
        for (name, cell, neighbours) in [
            (
                "geo_s2cell_neighbors",
                "89c259",
                r#"["89c25d","89c2f9","89c251","89c257","89c25f","89c25b","89c2f7","89c2f5"]"#,
            ),
            (
                "geo_h3cell_neighbors",
                "862a1072fffffff",
                r#"["862a10727ffffff","862a10707ffffff","862a1070fffffff","862a10777ffffff","862a100dfffffff","862a100d7ffffff"]"#,
            ),
            ("geo_geohash_neighbors", "a", ""),
            ("geo_s2cell_neighbors", "a", ""),
            ("geo_s2cell_neighbors", "89c259ffffffffffff", ""),
            ("geo_h3cell_neighbors", "abc", ""),
        ] {
            assert_eq!(list(name, cell), neighbours, "{name}");
        }
    }

    #[test]
    fn h3_cells_have_families() {
        assert_eq!(
            list("geo_h3cell_children", "862a1072fffffff"),
            r#"["872a10728ffffff","872a10729ffffff","872a1072affffff","872a1072bffffff","872a1072cffffff","872a1072dffffff","872a1072effffff"]"#
        );
        let parent = |args: &[Cell<'_>]| call("geo_h3cell_parent", Type::String, args);
        assert_eq!(parent(&[Cell::string("862a1072fffffff")]), "852a1073fffffff");
        assert_eq!(parent(&[Cell::string("862a1072fffffff"), Cell::Long(1)]), "812a3ffffffffff");
        assert_eq!(parent(&[Cell::string("862a1072fffffff"), Cell::Long(15)]), "");
        assert_eq!(parent(&[Cell::string("123")]), "");
        assert_eq!(call("geo_h3cell_level", Type::Int, &[Cell::string("862a1072fffffff")]), "6");
        assert_eq!(call("geo_h3cell_level", Type::Int, &[Cell::string("abc")]), "");
        let far = [Cell::string(of_point("geo_point_to_h3cell", 1.0, 1.0, 9)), Cell::Long(15)];
        assert_eq!(call("geo_h3cell_children", Type::Dynamic, &far), "");
    }

    #[test]
    fn h3_cells_have_rings() {
        let rings = |distance| {
            call("geo_h3cell_rings", Type::Dynamic, &[Cell::string("861f8894fffffff"), Cell::Long(distance)])
        };
        assert_eq!(
            rings(1),
            r#"[["861f8894fffffff"],["861f88947ffffff","861f8895fffffff","861f88867ffffff","861f8d497ffffff","861f8d4b7ffffff","861f8896fffffff"]]"#
        );
        assert!(rings(2).contains(r#"["861f88967ffffff","861f88977ffffff","861f88957ffffff","861f8882fffffff""#));
        assert_eq!(rings(150), "");
    }

    #[test]
    fn cells_have_centres_and_outlines() {
        for (name, cell, start) in [
            (
                "geo_geohash_to_central_point",
                "sunny",
                r#"{"type":"Point","coordinates":[42.47314453125,23.70849609375]}"#,
            ),
            ("geo_s2cell_to_central_point", "1234567", r#"{"type":"Point","coordinates":[9.8683073185040"#),
            ("geo_h3cell_to_central_point", "862a1072fffffff", r#"{"type":"Point","coordinates":[-74.0160084797924"#),
            (
                "geo_geohash_to_polygon",
                "dr5ru",
                r#"{"type":"Polygon","coordinates":[[[-74.00390625,40.7373046875],[-73.9599609375,40.7373046875]"#,
            ),
            ("geo_s2cell_to_polygon", "89c259", r#"{"type":"Polygon","coordinates":[[[-74.030012249838"#),
            ("geo_h3cell_to_polygon", "862a1072fffffff", r#"{"type":"Polygon","coordinates":[[[-74.00227446461"#),
        ] {
            assert!(list(name, cell).starts_with(start), "{name}: {}", list(name, cell));
            assert_eq!(list(name, "!"), "", "{name}");
        }
    }
}
