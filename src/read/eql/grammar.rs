//! The parser that `grammar/eql.pest` makes.

/// Parses EQL by the rules of `grammar/eql.pest`.
pub(super) struct Grammar;

include!("../../../grammar/eql.rs");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_does_as_pest_does() {
        let grammar = include_str!("../../../grammar/eql.pest");
        let texts = [
            "process where process.name : (\"cmd.exe\", \"p*\") and not user.id in~ (\"a\", 1.5) // why",
            "sequence by host.id with maxspan=5m [any where true] by a, b [file where ?x == null] with runs=3 until [process where `a b` < -1] | head 5",
            "sample by a [network where cidrMatch(ip, \"10.0.0.0/8\")] [any where stringContains~(a[0], \"\"\"x\"\"\")]",
            "any /* é */ where (a + 2) * 3 >= 4 and b like~ \"x?\" | tail 3",
        ];
        crate::judge::does_as_pest::<Grammar, Rule>(grammar, Rule::query, &texts);
    }
}
