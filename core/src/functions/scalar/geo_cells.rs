//! Geohashes, S2 cells and H3 cells.

use crate::functions::rows::rows;

rows! { Scalar;
    /// Gives the geohash of a point, so many characters long.
    geo_point_to_geohash: [foldable]
        (longitude: Number, latitude: Number, accuracy: Number?) -> String
        => "print x = geo_point_to_geohash(-80.195829, 25.802215, 8)" gives "dhwfz15h";
    /// Gives the centre of a geohash.
    geo_geohash_to_central_point: [foldable]
        (geohash: String) -> Bag
        => "print x = geo_geohash_to_central_point('s')" gives r#"{"type":"Point","coordinates":[22.5,22.5]}"#;
    /// Gives the outline of a geohash.
    geo_geohash_to_polygon: [foldable]
        (geohash: String) -> Bag;
    /// Lists the geohashes around one.
    geo_geohash_neighbors: [foldable]
        (geohash: String) -> Array[String];
    /// Gives the S2 cell of a point, at a level.
    geo_point_to_s2cell: [foldable]
        (longitude: Number, latitude: Number, level: Number?) -> String
        => "print x = geo_point_to_s2cell(-80.195829, 25.802215, 8)" gives "88d9b";
    /// Gives the centre of an S2 cell.
    geo_s2cell_to_central_point: [foldable]
        (s2cell: String) -> Bag;
    /// Gives the outline of an S2 cell.
    geo_s2cell_to_polygon: [foldable]
        (s2cell: String) -> Bag;
    /// Lists the S2 cells around one.
    geo_s2cell_neighbors: [foldable]
        (s2cell: String) -> Array[String];
    /// Gives the H3 cell of a point, at a resolution.
    geo_point_to_h3cell: [foldable]
        (longitude: Number, latitude: Number, resolution: Number?) -> String
        => "print x = geo_h3cell_level(geo_point_to_h3cell(1, 1, 10))" gives "10";
    /// Gives the centre of an H3 cell.
    geo_h3cell_to_central_point: [foldable]
        (h3cell: String) -> Bag;
    /// Gives the outline of an H3 cell.
    geo_h3cell_to_polygon: [foldable]
        (h3cell: String) -> Bag;
    /// Lists the H3 cells around one.
    geo_h3cell_neighbors: [foldable]
        (h3cell: String) -> Array[String];
    /// Lists the H3 cells within one, at a finer resolution.
    geo_h3cell_children: [foldable]
        (h3cell: String, resolution: Number?) -> Array[String];
    /// Gives the H3 cell around one, at a coarser resolution.
    geo_h3cell_parent: [foldable]
        (h3cell: String, resolution: Number?) -> String;
    /// Lists the H3 cells around one, ring by ring up to a distance.
    geo_h3cell_rings: [foldable]
        (h3cell: String, distance: Number) -> Array;
    /// Gives the resolution of an H3 cell.
    geo_h3cell_level: [foldable]
        (h3cell: String) -> Int
        => "print x = geo_h3cell_level('862a1072fffffff')" gives "6";
}
