//! The parser that `core/grammar/kql.pest` makes.

/// Parses KQL by the rules of `core/grammar/kql.pest`.
pub(super) struct Grammar;

include!("../../grammar/kql.rs");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_does_as_pest_does() {
        let grammar = include_str!("../../grammar/kql.pest");
        let texts = [
            "T",
            "let a = 5m; // why\nlet f = (x: long, y: string = 'é') { x + 1 };\nSigninLogs | where TimeGenerated > ago(1d) and not(A has_any ('b', @'c\\d'))",
            "T | summarize Count = count(), make_set(x, 10) by bin(TimeGenerated, 1h), ['a b'] | where Count >= 3 and n between (1 .. 2.5e3)",
            "T | join kind=inner hint.strategy=shuffle (U | project-away a*, b) on $left.a == $right.b | extend d = dynamic({'k': [1, null, true]}).k[0]",
            "datatable (a: string, b: datetime) ['x', datetime(2024-01-01)] | mv-expand a to typeof(string) limit 5 | order by a desc nulls last",
            "union isfuzzy=true withsource=S (A | take 1), B* | parse kind=relaxed m with * 'x=' y: long '\\u00e9' * | evaluate bag_unpack(z)",
            "T | where a =~ \"q\" or b !in~ ('c') or c matches regex h'x' | render timechart with (title='t')",
        ];
        crate::peg::judge::does_as_pest::<Grammar, Rule>(grammar, Rule::query, &texts);
    }
}
