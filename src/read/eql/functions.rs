//! The functions of EQL: one row each.

use crate::ir::StringTest;

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The built-in of EQL that has the same name.
    Own,
    /// A comparison of texts where a field is tested for a value; else the built-in.
    Test(StringTest),
    /// `wildcard(f, "a*", …)`: `like` in the form of a function, as in versions before 7.11.
    Wildcard,
    /// `cidrMatch`: the built-in, of subnets that are written out.
    Subnets,
}

/// A function: its name, whether it has a form for letters of either case, its meaning.
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) tilde: bool,
    pub(super) meaning: Meaning,
}

const fn row(name: &'static str, tilde: bool, meaning: Meaning) -> Function {
    Function { name, tilde, meaning }
}

pub(super) static FUNCTIONS: &[Function] = &[
    row("add", false, Meaning::Own),
    row("between", true, Meaning::Own),
    row("cidrMatch", false, Meaning::Subnets),
    row("concat", false, Meaning::Own),
    row("divide", false, Meaning::Own),
    row("endsWith", true, Meaning::Test(StringTest::EndsWith)),
    row("indexOf", true, Meaning::Own),
    row("length", false, Meaning::Own),
    row("modulo", false, Meaning::Own),
    row("multiply", false, Meaning::Own),
    row("number", false, Meaning::Own),
    row("startsWith", true, Meaning::Test(StringTest::StartsWith)),
    row("string", false, Meaning::Own),
    row("stringContains", true, Meaning::Test(StringTest::Contains)),
    row("substring", false, Meaning::Own),
    row("subtract", false, Meaning::Own),
    row("wildcard", true, Meaning::Wildcard),
];

/// Functions of EQL as Endgame had it, which Elasticsearch has not.
pub(super) static ELSEWHERE: &[&str] = &["arrayContains", "arrayCount", "arraySearch", "match", "matchLite", "safe"];

/// The function of a name, which may be in any case.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::foreign::Origin;
    use crate::ir::{ForeignId, ForeignKind};

    #[test]
    fn every_function_has_its_rows_in_the_ir() {
        let is_row = |name: &str| ForeignId::find(Origin::Eql, ForeignKind::Scalar, name).is_some();
        for function in FUNCTIONS.iter().filter(|function| function.meaning != Meaning::Wildcard) {
            assert!(is_row(function.name), "{}", function.name);
            assert_eq!(is_row(&format!("{}~", function.name)), function.tilde, "{}~", function.name);
        }
        assert!(find("CIDRMATCH").is_some() && find("match").is_none());
        assert!(ELSEWHERE.iter().all(|name| find(name).is_none()));
    }
}
