//! The examples of the catalogue are queries: they parse.

use kqlc::functions::{AggregateId, FunctionId, PluginId, aggregates, plugins, scalars};
use kqlc::syntax::parse;

#[test]
fn examples_parse() {
    let rows = scalars().map(FunctionId::row).chain(aggregates().map(AggregateId::row));
    let mut parsed = 0;
    for example in rows.chain(plugins().map(PluginId::row)).flat_map(|row| row.examples) {
        let diagnostics = parse(example.query).diagnostics;
        assert!(diagnostics.is_empty(), "{}: {diagnostics:?}", example.query);
        parsed += 1;
    }
    assert!(parsed >= 290, "{parsed}");
}
