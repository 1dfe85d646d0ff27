//! The functions of expressions: one row each.

use super::built_in;
use crate::ir::{ForeignId, ForeignKind};

/// What a function makes of fields with several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Each argument has one value.
    One,
    /// The first argument may have several, the others have one.
    ManyThenOne,
    /// The last argument may have several, the others have one.
    OneThenMany,
    /// Each value of the one argument is worked on by itself.
    Each,
    /// Every argument may have several.
    Many,
}

/// A function: its name, that of its row in the IR, and what arguments it takes.
pub(super) struct Function {
    pub(super) name: &'static str,
    row: &'static str,
    pub(super) takes: Takes,
}

impl Function {
    /// The row in the IR.
    pub(super) fn row(&self) -> ForeignId {
        built_in(ForeignKind::Scalar, self.row).unwrap_or_else(|| unreachable!("a test finds a row for each"))
    }
}

/// Declares functions by what they take; `name = row` where the row has another name.
macro_rules! functions {
    ($($takes:ident: $($name:literal $(= $row:literal)?)+;)+) => {
        pub(super) static FUNCTIONS: &[Function] = &[
            $($(Function { name: $name, row: functions!(@row $name $($row)?), takes: Takes::$takes },)+)+
        ];
    };
    (@row $name:literal $row:literal) => { $row };
    (@row $name:literal) => { $name };
}

functions! {
    Many: "coalesce" "greatest" "least" "mv_append" "mv_contains" "mv_difference" "mv_intersection" "mv_intersects"
        "mv_union" "mv_zip" "match" "match_phrase" "multi_match" "kql" "qstr" "term";
    ManyThenOne: "mv_avg" "mv_concat" "mv_count" "mv_dedupe" "mv_first" "mv_last" "mv_max" "mv_median"
        "mv_median_absolute_deviation" "mv_min" "mv_percentile" "mv_pseries_weighted_sum" "mv_slice" "mv_sort"
        "mv_sum";
    OneThenMany: "network_direction";
    Each: "to_boolean" "to_bool" = "to_boolean" "to_datetime" "to_dt" = "to_datetime" "to_date_nanos"
        "to_datenanos" = "to_date_nanos" "to_dateperiod" "to_timeduration" "to_degrees" "to_radians" "to_double"
        "to_dbl" = "to_double" "to_integer" "to_int" = "to_integer" "to_ip" "to_long" "to_string"
        "to_str" = "to_string" "to_unsigned_long" "to_ul" = "to_unsigned_long" "to_ulong" = "to_unsigned_long"
        "to_version" "to_ver" = "to_version" "to_lower" "to_upper";
    One: "clamp" "clamp_min" "clamp_max" "bit_length" "byte_length" "length" "cidr_match" "concat" "contains" "starts_with"
        "ends_with" "from_base64" "to_base64" "hash" "md5" "sha1" "sha256" "left" "right" "locate" "trim" "ltrim"
        "rtrim" "repeat" "replace" "reverse" "space" "split" "substring" "url_decode" "url_encode"
        "url_encode_component" "json_extract" "bucket" "bin" = "bucket" "date_diff" "date_extract" "date_format"
        "date_parse" "date_trunc" "day_name" "month_name" "ip_prefix" "abs" "acos" "asin" "atan" "atan2" "cbrt"
        "ceil" "copy_sign" "cos" "cosh" "e" "exp" "floor" "hypot" "log" "log10" "pi" "pow" "round" "round_to"
        "scalb" "signum" "sin" "sinh" "sqrt" "tan" "tanh" "tau";
}

/// Types behind `::`, with the conversions they stand for.
pub(super) static CASTS: &[(&str, &str)] = &[
    ("bool", "to_boolean"),
    ("boolean", "to_boolean"),
    ("date", "to_datetime"),
    ("date_nanos", "to_date_nanos"),
    ("date_period", "to_dateperiod"),
    ("datetime", "to_datetime"),
    ("double", "to_double"),
    ("int", "to_integer"),
    ("integer", "to_integer"),
    ("ip", "to_ip"),
    ("keyword", "to_string"),
    ("long", "to_long"),
    ("string", "to_string"),
    ("text", "to_string"),
    ("time_duration", "to_timeduration"),
    ("unsigned_long", "to_unsigned_long"),
    ("version", "to_version"),
];

/// Functions of ES|QL that are refused: how they begin or end, and why.
static REFUSED: &[(&str, &str, &str)] = &[
    ("st_", "", "places and shapes have no counterpart here"),
    ("to_geo", "", "places and shapes have no counterpart here"),
    ("to_cartesian", "", "places and shapes have no counterpart here"),
    ("", "_over_time", "time series are not read"),
    ("", "rate", "time series are not read"),
    ("delta", "", "time series are not read"),
    ("increase", "", "time series are not read"),
    ("tbucket", "", "its bins depend on the time range that is set outside of the query"),
    ("trange", "", "it stands for the time range of a request"),
    ("tstart", "", "it stands for the time range of a request"),
    ("tend", "", "it stands for the time range of a request"),
    ("categorize", "", "how it groups similar texts is not documented"),
    ("score", "", "how well a record fits depends on all records of its index"),
    ("decay", "", "it is for ranking, not for finding"),
    ("knn", "", "what a vector is near to depends on an index"),
    ("v_", "", "vectors have no counterpart here"),
    ("to_dense_vector", "", "vectors have no counterpart here"),
    ("to_aggregate_metric_double", "", "time series are not read"),
    ("text_embedding", "", "what a model says is not in the query"),
    ("embedding", "", "what a model says is not in the query"),
    ("chunk", "", "it is for ranking, not for finding"),
    ("top_snippets", "", "it is for ranking, not for finding"),
    ("to_date_range", "", "ranges have no counterpart here"),
    ("range_", "", "ranges have no counterpart here"),
    ("histogram_", "", "histograms have no counterpart here"),
];

/// The function of a name, which may be in any case.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name.eq_ignore_ascii_case(name))
}

/// Why a function of ES|QL is refused; `None` for one that is no function, or that is read.
pub(super) fn refusal(name: &str) -> Option<&'static str> {
    let fits = |start: &str, end: &str| match (start.ends_with('_'), start.is_empty(), end.is_empty()) {
        (true, ..) => name.starts_with(start),
        (_, false, _) => name == start || start.starts_with("to_") && name.starts_with(start),
        (.., false) => name.ends_with(end),
        _ => false,
    };
    REFUSED.iter().find(|(start, end, _)| fits(start, end)).map(|(.., why)| *why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_has_a_row_and_every_row_a_function() {
        let mut seen = std::collections::HashSet::new();
        for function in FUNCTIONS {
            assert!(seen.insert(function.name), "{} twice", function.name);
            assert!(refusal(function.name).is_none(), "{} is refused", function.name);
            function.row();
        }
        let operators =
            ["single", "add", "subtract", "multiply", "divide", "modulo", "add_period", "date_trunc_period"];
        for id in ForeignId::all().filter(|id| id.row().origin == crate::ir::foreign::Origin::Esql) {
            let name = id.row().name;
            let read = FUNCTIONS.iter().any(|function| function.row == name) || operators.contains(&name);
            assert!(read || id.row().kind != ForeignKind::Scalar, "nothing gives {name}");
        }
        for (_, row) in CASTS {
            assert!(built_in(ForeignKind::Scalar, row).is_some(), "{row}");
        }
    }

    #[test]
    fn what_is_refused_is_told_from_what_is_not_known() {
        assert!(refusal("st_distance").is_some() && refusal("avg_over_time").is_some());
        assert!(refusal("categorize").is_some() && refusal("frobnicate").is_none());
        assert!(find("TO_STRING").is_some() && find("single").is_none());
    }
}
