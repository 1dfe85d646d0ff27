//! Well-Known Text as `GeoJSON`.

use wkt::Wkt;
use wkt::types::{Coord, LineString, Polygon};

use super::shapes::{self, Place};
use crate::eval::Cell;
use crate::eval::kernels::{Env, Kernel};
use crate::ir::Json;

pub(in crate::eval::kernels) const KERNELS: &[Kernel] = &[Kernel::row("geo_from_wkt", from_wkt)];

fn from_wkt<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    match args {
        [Cell::String(text)] => read(text).into(),
        [cell @ Cell::Dynamic(_)] => match cell.to_array() {
            // What is no text of a shape among several is null in its place.
            Some(items) => Cell::dynamic(&shapes::collection(items.iter().map(read_item).collect())),
            None => read(&cell.to_text()).into(),
        },
        _ => Cell::Null,
    }
}

fn read_item(item: &Json) -> Json {
    match item {
        Json::String(text) => read(text).unwrap_or(Json::Null),
        _ => Json::Null,
    }
}

fn read(text: &str) -> Option<Json> {
    geometry(&text.parse::<Wkt<f64>>().ok()?)
}

/// A shape; nothing where it, or a part of it, is empty.
fn geometry(shape: &Wkt<f64>) -> Option<Json> {
    Some(match shape {
        Wkt::Point(point) => shapes::point(place(point.coord()?)),
        Wkt::LineString(line) => shapes::geometry("LineString", positions(line)?),
        Wkt::Polygon(polygon) => shapes::geometry("Polygon", rings(polygon)?),
        Wkt::MultiPoint(points) => {
            let places: Option<Vec<Place>> = points.points().iter().map(|point| point.coord().map(place)).collect();
            shapes::geometry("MultiPoint", shapes::positions(&filled(places?)?))
        }
        Wkt::MultiLineString(lines) => shapes::geometry("MultiLineString", each(lines.line_strings(), positions)?),
        Wkt::MultiPolygon(polygons) => shapes::geometry("MultiPolygon", each(polygons.polygons(), rings)?),
        Wkt::GeometryCollection(parts) => {
            shapes::collection(parts.geometries().iter().map(geometry).collect::<Option<_>>()?)
        }
    })
}

fn place(coordinate: &Coord<f64>) -> Place {
    (coordinate.x, coordinate.y)
}

fn filled<T>(items: Vec<T>) -> Option<Vec<T>> {
    (!items.is_empty()).then_some(items)
}

fn each<T>(items: &[T], read: impl Fn(&T) -> Option<Json>) -> Option<Json> {
    Some(Json::Array(filled(items.iter().map(read).collect::<Option<_>>()?)?))
}

fn positions(line: &LineString<f64>) -> Option<Json> {
    Some(shapes::positions(&filled(line.coords().iter().map(place).collect())?))
}

fn rings(polygon: &Polygon<f64>) -> Option<Json> {
    each(polygon.rings(), positions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::kernels::find;
    use crate::types::Type;

    #[test]
    fn shapes_are_those_of_the_documentation() {
        for (text, json) in [
            ("POINT (1 2)", r#"{"type":"Point","coordinates":[1,2]}"#),
            ("LINESTRING (1 2, 3 4)", r#"{"type":"LineString","coordinates":[[1,2],[3,4]]}"#),
            ("POLYGON ((0 0, 2 0, 2 2, 0 0))", r#"{"type":"Polygon","coordinates":[[[0,0],[2,0],[2,2],[0,0]]]}"#),
            ("MULTIPOINT (1 1, 2 2)", r#"{"type":"MultiPoint","coordinates":[[1,1],[2,2]]}"#),
            (
                "MULTILINESTRING ((1 1, 2 2), (4 4, 5 5))",
                r#"{"type":"MultiLineString","coordinates":[[[1,1],[2,2]],[[4,4],[5,5]]]}"#,
            ),
            (
                "MULTIPOLYGON (((0 0, 2 0, 2 2, 0 0)),((10 10, 12 10, 12 12, 10 10)))",
                r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[2,0],[2,2],[0,0]]],[[[10,10],[12,10],[12,12],[10,10]]]]}"#,
            ),
            (
                "GEOMETRYCOLLECTION (POINT (1 1),LINESTRING (2 2, 3 3))",
                r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,1]},{"type":"LineString","coordinates":[[2,2],[3,3]]}]}"#,
            ),
            ("LINESTRING", ""),
            ("LINESTRING EMPTY", ""),
            ("", ""),
        ] {
            let env = Env { now: 0, ty: Type::Dynamic };
            let written = find("geo_from_wkt").unwrap().call(env, &[Cell::string(text)]).to_text().replace(".0", "");
            assert_eq!(written, json, "{text}");
        }
    }
}
