//! The functions of the catalogue that are not computed here, and why.

/// Name and reason, sorted by name. The reason follows "`name` is not run here: ".
const WITHOUT_KERNEL: &[(&str, &str)] = &[
    ("__cast", INTERNAL),
    ("__geo_length_to_s2cell_level", INTERNAL),
    ("__geo_line_s2cell_covering_level", INTERNAL),
    ("__geo_line_validate", INTERNAL),
    ("__geo_polygon_s2cell_covering_level", INTERNAL),
    ("__geo_polygon_validate", INTERNAL),
    ("__hash_crc32", INTERNAL),
    ("__hash_djb2", INTERNAL),
    ("__hash_many_crc32", INTERNAL),
    ("__hash_xxh64", INTERNAL),
    ("__hll_normalize", INTERNAL),
    ("__invoke", INTERNAL),
    ("__ipv6_lookup_ranges", INTERNAL),
    ("__lz4_compress_dynamic_array_to_base64_string", INTERNAL),
    ("all", GRAPH),
    ("any", GRAPH),
    (
        "bin_auto",
        "the query has to state the size of its bins, with `set query_bin_auto_size`, and they have to be of time",
    ),
    ("cluster", PLACE),
    ("column_names_of", "it is not documented"),
    ("current_cluster_endpoint", SERVICE),
    ("current_cursor", STORAGE),
    ("current_database", SERVICE),
    ("current_node_id", INTERNAL),
    ("current_principal", SERVICE),
    ("current_principal_details", SERVICE),
    ("current_principal_is_member_of", SERVICE),
    ("cursor_after", STORAGE),
    ("cursor_before_or_at", STORAGE),
    ("cursor_current", STORAGE),
    ("database", PLACE),
    ("entity_group", PLACE),
    ("extent_id", STORAGE),
    ("extent_tags", STORAGE),
    ("extentid", STORAGE),
    ("external_table", PLACE),
    ("geo_info_from_ip_address", "it needs a database of addresses and places, which is not built in"),
    ("geo_intersection_2polygons", CORNERS),
    ("geo_line_buffer", CORNERS),
    ("geo_line_simplify", CORNERS),
    ("geo_point_buffer", CORNERS),
    ("geo_polygon_buffer", CORNERS),
    ("geo_polygon_simplify", CORNERS),
    ("geo_polygon_to_h3cells", "which cells at the edge count as covering is not documented"),
    ("geo_simplify_polygons_array", CORNERS),
    ("geo_union_lines_array", CORNERS),
    ("geo_union_polygons_array", CORNERS),
    ("graph", PLACE),
    ("hash_combine", "Kusto does not say how it combines hashes"),
    ("hash_many", "Kusto does not say how it combines hashes"),
    ("hll_isvalid", INTERNAL),
    ("ingestion_time", STORAGE),
    ("inner_nodes", GRAPH),
    ("iscolumnexists", "it is not documented; `column_ifexists` is run"),
    ("labels", GRAPH),
    ("map", GRAPH),
    ("materialized_view", PLACE),
    ("node_degree_in", GRAPH),
    ("node_degree_out", GRAPH),
    ("node_id", GRAPH),
    ("parse_user_agent", "it needs a database of browsers, systems and devices, which is not built in"),
    ("row_id", STORAGE),
    ("rowstore_ordinal_range", INTERNAL),
    ("stored_query_result", PLACE),
    ("table", PLACE),
    ("tdigest_isvalid", INTERNAL),
];

const INTERNAL: &str = "it is internal to Kusto and not documented";
const GRAPH: &str = "graphs are not run here";
const PLACE: &str = "it stands for a place where Kusto keeps data, and only a table can be read from one";
const SERVICE: &str = "only the service that runs a query knows";
const STORAGE: &str = "nothing is known here of how and when records were stored";
const CORNERS: &str = "where it puts the corners of its result is not documented";

/// Why a function has no kernel; nothing for one that has, or is not known.
pub fn reason_for_none(name: &str) -> Option<&'static str> {
    let at = WITHOUT_KERNEL.binary_search_by_key(&name, |(name, _)| name).ok()?;
    WITHOUT_KERNEL.get(at).map(|(_, reason)| *reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions;

    #[test]
    fn the_table_is_sorted_and_of_known_functions_without_kernel() {
        assert!(WITHOUT_KERNEL.is_sorted_by_key(|(name, _)| name));
        for (name, reason) in WITHOUT_KERNEL {
            assert!(functions::scalar(name).is_some(), "{name} is not in the catalogue");
            assert!(super::super::find(name).is_none(), "{name} has a kernel");
            assert_eq!(reason_for_none(name), Some(*reason));
        }
        assert_eq!(reason_for_none("strcat"), None);
    }
}
