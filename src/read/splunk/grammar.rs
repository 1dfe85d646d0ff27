//! The parser that `grammar/spl.pest` makes.

/// Parses SPL by the rules of `grammar/spl.pest`.
pub(super) struct Grammar;

include!("../../../grammar/spl.rs");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_does_as_pest_does() {
        let grammar = include_str!("../../../grammar/spl.pest");
        let texts = [
            "search index=main sourcetype=\"a b\" (user!=root OR NOT host IN (a, \"b*\")) | eval x=if(isnull(y), \"é\", y+1) | stats count AS n dc(x) by host, user",
            "| tstats count from datamodel=Endpoint.Processes where Processes.user=a* by _time span=1h | `drop_dm(Processes)` | where n > 5",
            "index=a [search index=b | fields x] | rex field=m \"(?<a>\\d+)\" | join type=left a [| inputlookup l.csv] | sort - n, +m | head 5",
        ];
        crate::judge::does_as_pest::<Grammar, Rule>(grammar, Rule::pipeline, &texts);
    }
}
