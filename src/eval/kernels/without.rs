//! The functions of the catalogue that are not computed here, and why.

/// Name and reason, sorted by name. The reason follows "`name` is not run here: ".
const WITHOUT_KERNEL: &[(&str, &str)] = &[
    ("__hash_crc32", INTERNAL),
    ("__hash_djb2", INTERNAL),
    ("__hash_many_crc32", INTERNAL),
    ("__hash_xxh64", INTERNAL),
    ("__lz4_compress_dynamic_array_to_base64_string", INTERNAL),
    ("bin_auto", "the size of its bins comes from options of the query, which are not read; `bin` states its own"),
    ("hash_combine", "Kusto does not say how it combines hashes"),
    ("hash_many", "Kusto does not say how it combines hashes"),
    ("iscolumnexists", "it is not documented; `column_ifexists` is run"),
    ("parse_user_agent", "it needs a database of browsers, systems and devices, which is not built in"),
];

const INTERNAL: &str = "it is internal to Kusto and not documented";

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
