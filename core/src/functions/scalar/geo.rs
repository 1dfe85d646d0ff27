//! Functions of places on Earth. Longitude comes before latitude, in degrees; lengths are in metres.

use crate::functions::rows::rows;

rows! { Scalar;
    /// Reads Well-Known Text as GeoJSON.
    geo_from_wkt: [foldable]
        (wkt: StringOrArray) -> Bag;
    /// Gives the angle, clockwise and in radians, between two lines that meet in the second point.
    geo_angle: [foldable]
        (p1_longitude: Number, p1_latitude: Number, p2_longitude: Number, p2_latitude: Number,
            p3_longitude: Number, p3_latitude: Number) -> Real
        => "print x = round(geo_angle(0, 10, 0, 5, 3, -10), 4)" gives "2.9449";
    /// Gives the direction, clockwise from north and in radians, from one point to another.
    geo_azimuth: [foldable]
        (p1_longitude: Number, p1_latitude: Number, p2_longitude: Number, p2_latitude: Number) -> Real
        => "print x = round(degrees(geo_azimuth(0, 0, 1, 0)), 2)" gives "90";
    /// Gives the point of a line that is closest to a point.
    geo_closest_point_on_line: [foldable]
        (longitude: Number, latitude: Number, line_string: Bag) -> Bag;
    /// Gives the point of the edge of a polygon that is closest to a point.
    geo_closest_point_on_polygon: [foldable]
        (longitude: Number, latitude: Number, polygon: Bag) -> Bag;
    /// Gives the shortest distance between two points, in metres.
    geo_distance_2points: [foldable]
        (p1_longitude: Number, p1_latitude: Number, p2_longitude: Number, p2_latitude: Number,
            use_spheroid: NumberOrBool?) -> Real
        => "print x = toint(geo_distance_2points(0, 0, 0, 0))" gives "0";
    /// Gives the shortest distance between a point and a line, in metres.
    geo_distance_point_to_line: [foldable]
        (longitude: Number, latitude: Number, line_string: Bag) -> Real;
    /// Gives the shortest distance between a point and a polygon, in metres.
    geo_distance_point_to_polygon: [foldable]
        (longitude: Number, latitude: Number, polygon: Bag) -> Real;
    /// Tells whether a point lies within so many metres of another.
    geo_point_in_circle: [foldable]
        (p_longitude: Number, p_latitude: Number, pc_longitude: Number, pc_latitude: Number, c_radius: Number) -> Bool
        => "print x = geo_point_in_circle(0, 0, 0, 0, 10)" gives "true";
    /// Tells whether a point lies in a polygon.
    geo_point_in_polygon: [foldable]
        (longitude: Number, latitude: Number, polygon: Bag) -> Bool
        => r#"print x = geo_point_in_polygon(1, 1, dynamic({"type":"Polygon","coordinates":[[[0,0],[2,0],[2,2],[0,2],[0,0]]]}))"# gives "true";
    /// Tells whether two lines meet.
    geo_intersects_2lines: [foldable]
        (line_string1: Bag, line_string2: Bag) -> Bool;
    /// Tells whether a line and a polygon meet.
    geo_intersects_line_with_polygon: [foldable]
        (line_string: Bag, polygon: Bag) -> Bool;
    /// Tells whether two polygons meet.
    geo_intersects_2polygons: [foldable]
        (polygon1: Bag, polygon2: Bag) -> Bool;
    /// Gives what two lines have in common.
    geo_intersection_2lines: [foldable]
        (line_string1: Bag, line_string2: Bag) -> Bag;
    /// Gives what a line and a polygon have in common.
    geo_intersection_line_with_polygon: [foldable]
        (line_string: Bag, polygon: Bag) -> Bag;
    /// Gives what two polygons have in common.
    geo_intersection_2polygons: [foldable]
        (polygon1: Bag, polygon2: Bag) -> Bag;
    /// Puts the polygons of an array together.
    geo_union_polygons_array: [foldable]
        (polygons: Array) -> Bag;
    /// Simplifies the polygons of an array, keeping shared edges shared, to within a tolerance in metres.
    geo_simplify_polygons_array: [foldable]
        (polygons: Array, tolerance: Number?) -> Bag;
    /// Puts the lines of an array together.
    geo_union_lines_array: [foldable]
        (line_strings: Array) -> Bag;
    /// Lists the H3 cells that cover a polygon.
    geo_polygon_to_h3cells: [foldable]
        (polygon: Bag, resolution: Number?, radius: Number?) -> Array[String];
    /// Lists the S2 cells that cover a polygon.
    geo_polygon_to_s2cells: [foldable]
        (polygon: Bag, level: Number?, radius: Number?) -> Array[String];
    /// Gives the level of S2 cells fit to cover a polygon; internal.
    __geo_polygon_s2cell_covering_level: [foldable, hidden]
        (polygon: Bag) -> Int;
    /// Adds points to the edges of a polygon so that none is longer than a tolerance in metres.
    geo_polygon_densify: [foldable]
        (polygon: Bag, tolerance: Number?, preserve_crossing: NumberOrBool?) -> Bag;
    /// Gives the area of a polygon in square metres.
    geo_polygon_area: [foldable]
        (polygon: Bag) -> Real;
    /// Gives the polygon of all points within so many metres of a polygon.
    geo_polygon_buffer: [foldable]
        (polygon: Bag, radius: Number, tolerance: Number?) -> Bag;
    /// Gives the centre of mass of a polygon.
    geo_polygon_centroid: [foldable]
        (polygon: Bag) -> Bag;
    /// Says what is wrong with a polygon; internal.
    __geo_polygon_validate: [foldable, hidden]
        (polygon: Bag) -> String;
    /// Gives the length of the edges of a polygon in metres.
    geo_polygon_perimeter: [foldable]
        (polygon: Bag) -> Real;
    /// Takes points out of a polygon as long as it stays within a tolerance in metres.
    geo_polygon_simplify: [foldable]
        (polygon: Bag, tolerance: Number?) -> Bag;
    /// Gives the level of S2 cells fit to cover a line; internal.
    __geo_line_s2cell_covering_level: [foldable, hidden]
        (line_string: Bag) -> Int;
    /// Gives the length of a line in metres.
    geo_line_length: [foldable]
        (line_string: Bag) -> Real
        => r#"print x = round(geo_line_length(dynamic({"type":"LineString","coordinates":[[0,0],[0,1]]})) / 1000)"# gives "111";
    /// Gives the polygon of all points within so many metres of a line.
    geo_line_buffer: [foldable]
        (line_string: Bag, radius: Number, tolerance: Number?) -> Bag;
    /// Gives the centre of mass of a line.
    geo_line_centroid: [foldable]
        (line_string: Bag) -> Bag;
    /// Adds points to a line so that no part is longer than a tolerance in metres.
    geo_line_densify: [foldable]
        (line_string: Bag, tolerance: Number?, preserve_crossing: NumberOrBool?) -> Bag;
    /// Takes points out of a line as long as it stays within a tolerance in metres.
    geo_line_simplify: [foldable]
        (line_string: Bag, tolerance: Number?) -> Bag;
    /// Gives how far along a line, from 0 to 1, it comes closest to a point.
    geo_line_locate_point: [foldable]
        (line_string: Bag, longitude: Number, latitude: Number, use_spheroid: NumberOrBool?) -> Real;
    /// Gives the point that lies a fraction of the way along a line.
    geo_line_interpolate_point: [foldable]
        (line_string: Bag, fraction: Number) -> Bag;
    /// Says what is wrong with a line; internal.
    __geo_line_validate: [foldable, hidden]
        (line_string: Bag) -> String;
    /// Lists the S2 cells that cover a line.
    geo_line_to_s2cells: [foldable]
        (line_string: Bag, level: Number?, radius: Number?) -> Array[String];
    /// Gives the level of S2 cells whose edge is about so many metres; internal.
    __geo_length_to_s2cell_level: [foldable, hidden]
        (length: Number) -> Int;
    /// Gives the polygon of all points within so many metres of a point.
    geo_point_buffer: [foldable]
        (longitude: Number, latitude: Number, radius: Number, tolerance: Number?) -> Bag;
    /// Gives what is known of the place of an IP address, as a bag: country, state, city, latitude, longitude.
    geo_info_from_ip_address: [foldable, volatile]
        (ip: String) -> Dynamic;
}
