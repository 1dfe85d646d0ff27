//! The words of KQL, and where each may stand in the place of a name.
//!
//! Microsoft's lexer makes a keyword of every word in its table and lets some of them serve as identifiers, some
//! more where a name is *given* (`by = 1`). The table here says the same.

/// What a word may serve as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WordClass {
    /// No keyword, or one that may be any name.
    Free,
    /// A keyword that may be a name only where one is given.
    Given,
    /// A keyword that is never a name without brackets.
    Reserved,
}

/// What a word may serve as.
pub fn class(word: &str) -> WordClass {
    // Keywords begin with a small letter, an underscore or (`3Dchart`) a digit; most names do not.
    if word.as_bytes().first().is_none_or(u8::is_ascii_uppercase)
        && !matches!(word, "True" | "TRUE" | "False" | "FALSE")
    {
        return WordClass::Free;
    }
    if GIVEN.binary_search(&word).is_ok() {
        WordClass::Given
    } else if RESERVED.binary_search(&word).is_ok() {
        WordClass::Reserved
    } else {
        WordClass::Free
    }
}

/// Every keyword that is no name by itself, for suggestions.
pub fn reserved() -> impl Iterator<Item = &'static str> {
    GIVEN.iter().chain(RESERVED).copied()
}

/// Keywords that may be names where a name is given: before `=`, in a declaration. Sorted.
static GIVEN: &[&str] = &[
    "accumulate",
    "as",
    "by",
    "contains",
    "datatable",
    "earliest",
    "externaldata",
    "find",
    "has",
    "in",
    "invoke",
    "latest",
    "materialize",
    "mdm",
    "of",
    "print",
    "sample",
    "search",
    "set",
    "sql",
    "title",
    "to",
    "toscalar",
    "totable",
    "verbose",
    "viewers",
    "where",
];

/// Keywords that are never names without brackets, and the words for truth. Sorted.
static RESERVED: &[&str] = &[
    "3Dchart",
    "FALSE",
    "False",
    "TRUE",
    "True",
    "__contextual_datatable",
    "__crossCluster",
    "__crossDB",
    "__executeAndCache",
    "__id",
    "__isFuzzy",
    "__noWithSource",
    "__packedColumn",
    "__projectAway",
    "__sourceColumnIndex",
    "and",
    "anomalychart",
    "areachart",
    "asc",
    "bagexpansion",
    "barchart",
    "between",
    "bin_legacy",
    "boolean",
    "byte",
    "cachingpolicy",
    "callout",
    "cancel",
    "card",
    "char",
    "columnchart",
    "contains_cs",
    "containscs",
    "cycles",
    "dataexport",
    "datascope",
    "date",
    "datetime",
    "decimal",
    "decodeblocks",
    "desc",
    "double",
    "dynamic",
    "encodingpolicy",
    "endswith",
    "endswith_cs",
    "expandoutput",
    "extent_tags_retention",
    "external_data",
    "false",
    "first",
    "flags",
    "float",
    "force_remote",
    "harddelete",
    "hardretention",
    "has_all",
    "has_any",
    "has_cs",
    "hasprefix",
    "hasprefix_cs",
    "hassuffix",
    "hassuffix_cs",
    "hotcache",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "isfuzzy",
    "journal",
    "kind",
    "ladderchart",
    "last",
    "like",
    "likecs",
    "linechart",
    "long",
    "missing",
    "nooptimization",
    "notcontains",
    "notcontainscs",
    "notlike",
    "notlikecs",
    "or",
    "others",
    "pathformat",
    "piechart",
    "pivotchart",
    "project",
    "queries",
    "query_results",
    "real",
    "relaxed",
    "restricted_view_access",
    "row_level_security",
    "rowstore",
    "rowstore_references",
    "rowstore_sealinfo",
    "rowstorepolicy",
    "rowstores",
    "scatterchart",
    "seal",
    "seals",
    "shards",
    "simple",
    "softdelete",
    "softretention",
    "stackedareachart",
    "startswith",
    "startswith_cs",
    "statistics",
    "storedqueryresultcontainers",
    "string",
    "tablepurge",
    "time",
    "timechart",
    "timeline",
    "timepivot",
    "timespan",
    "treemap",
    "true",
    "uint",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "ulong",
    "union",
    "uniqueid",
    "unrestrictedviewers",
    "views",
    "with_itemindex",
    "with_match_id",
    "with_source",
    "with_step_name",
    "withsource",
    "writeaheadlog",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_apart() {
        assert!(GIVEN.is_sorted() && RESERVED.is_sorted());
        assert!(GIVEN.iter().all(|word| RESERVED.binary_search(word).is_err()));
    }

    #[test]
    fn words_are_what_the_official_lexer_makes_of_them() {
        for (word, expected) in [
            ("Timestamp", WordClass::Free),
            ("count", WordClass::Free),
            ("by", WordClass::Given),
            ("where", WordClass::Given),
            ("and", WordClass::Reserved),
            ("string", WordClass::Reserved),
            ("true", WordClass::Reserved),
            ("guid", WordClass::Free),
        ] {
            assert_eq!(class(word), expected, "{word}");
        }
    }
}
