//! The functions of eval expressions: one row each.

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The built-in of SPL that has the same name.
    Own,
    /// `if(c, a, b)`: a null condition counts as false.
    If,
    /// `case(c, v, …)`: the value of the first condition that holds, else null.
    Case,
    /// The first value that is not null.
    Coalesce,
    /// Whether the value is null.
    IsNull,
    /// Whether the value is not null.
    IsNotNull,
    /// `in(v, a, …)`: whether the value is one of the others.
    In,
    /// `like(v, "a%")`: whether the whole text fits a pattern.
    Like,
    /// `match(v, "re")`: whether a regular expression matches anywhere.
    Match,
    /// `searchmatch("f=v")`: whether the record passes a search expression.
    SearchMatch,
    /// A constant.
    True,
    /// A constant.
    False,
    /// A constant.
    Null,
    /// `mvfilter(condition)` and `mvmap(field, expression)`: over each value of one field.
    EachValue,
}

/// A function: its name, how many arguments it takes (for [`Meaning::Own`] the row of the IR says so), its meaning.
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) arity: Option<(usize, usize)>,
    pub(super) meaning: Meaning,
}

const fn own(name: &'static str) -> Function {
    Function { name, arity: None, meaning: Meaning::Own }
}

const fn special(name: &'static str, least: usize, most: usize, meaning: Meaning) -> Function {
    Function { name, arity: Some((least, most)), meaning }
}

pub(super) static FUNCTIONS: &[Function] = &[
    special("if", 3, 3, Meaning::If),
    special("case", 2, usize::MAX, Meaning::Case),
    special("coalesce", 1, usize::MAX, Meaning::Coalesce),
    special("isnull", 1, 1, Meaning::IsNull),
    special("isnotnull", 1, 1, Meaning::IsNotNull),
    special("in", 2, usize::MAX, Meaning::In),
    special("like", 2, 2, Meaning::Like),
    special("match", 2, 2, Meaning::Match),
    special("searchmatch", 1, 1, Meaning::SearchMatch),
    special("true", 0, 0, Meaning::True),
    special("false", 0, 0, Meaning::False),
    special("null", 0, 0, Meaning::Null),
    special("mvfilter", 1, 1, Meaning::EachValue),
    special("mvmap", 2, 2, Meaning::EachValue),
    own("cidrmatch"),
    own("nullif"),
    own("validate"),
    own("tonumber"),
    own("tostring"),
    own("printf"),
    own("ipmask"),
    own("md5"),
    own("sha1"),
    own("sha256"),
    own("sha512"),
    own("now"),
    own("time"),
    own("relative_time"),
    own("strftime"),
    own("strptime"),
    own("isnum"),
    own("isint"),
    own("isstr"),
    own("isbool"),
    own("typeof"),
    own("abs"),
    own("ceiling"),
    own("exact"),
    own("exp"),
    own("floor"),
    own("ln"),
    own("log"),
    own("pi"),
    own("pow"),
    own("round"),
    own("sigfig"),
    own("sqrt"),
    own("random"),
    own("max"),
    own("min"),
    own("sum"),
    own("avg"),
    own("len"),
    own("lower"),
    own("upper"),
    own("trim"),
    own("ltrim"),
    own("rtrim"),
    own("replace"),
    own("substr"),
    own("urldecode"),
    own("spath"),
    own("commands"),
    own("mvappend"),
    own("mvcount"),
    own("mvdedup"),
    own("mvfind"),
    own("mvindex"),
    own("mvjoin"),
    own("mvrange"),
    own("mvsort"),
    own("mvzip"),
    own("mv_to_json_array"),
    own("split"),
    own("json_object"),
    own("json_array"),
    own("json_extract"),
    own("json_extract_exact"),
    own("json_keys"),
    own("json_set"),
    own("json_append"),
    own("json_delete"),
    own("json_valid"),
    own("json_array_to_mv"),
];

/// The function of a name, which may be in any case.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::ForeignKind;

    #[test]
    fn every_function_has_a_row_in_the_ir() {
        for function in FUNCTIONS.iter().filter(|function| function.meaning == Meaning::Own) {
            assert!(super::super::built_in(ForeignKind::Scalar, function.name).is_some(), "{}", function.name);
        }
        assert!(find("CASE").is_some() && find("rex").is_none());
    }
}
