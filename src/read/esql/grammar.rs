//! The parser that `grammar/esql.pest` makes.

/// Parses ES|QL by the rules of `grammar/esql.pest`.
pub(super) struct Grammar;

include!("../../../grammar/esql.rs");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_does_as_pest_does() {
        let grammar = include_str!("../../../grammar/esql.pest");
        let texts = [
            "FROM logs-*, x METADATA _id | WHERE a == \"b\" AND c IN (1, 2.5) /* é */ | STATS n = COUNT(*) BY BUCKET(t, 1 hour), `a b`",
            "ROW a = [1, 2], b = \"\"\"x\"y\"\"\" | EVAL c = TO_STRING(a)::keyword, d = -b * (2 + ?p) | SORT c DESC NULLS LAST // why\n | LIMIT 5",
            "FROM a | DISSECT m \"%{x} %{y}\" | RENAME x AS z | KEEP z*, y | MV_EXPAND z | ENRICH p ON z WITH q = w",
        ];
        crate::judge::does_as_pest::<Grammar, Rule>(grammar, Rule::pipeline, &texts);
    }
}
