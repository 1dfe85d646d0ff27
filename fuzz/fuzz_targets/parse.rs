//! Any text is parsed or explained; what parses is formatted without change of its tree.
#![no_main]

use kqlc::format;
use kqlc::syntax::{parse, split_queries};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let parsed = parse(text);
    for diagnostic in &parsed.diagnostics {
        assert!(text.get(diagnostic.span.range()).is_some(), "a span lies outside the text");
    }
    for (span, _) in split_queries(text) {
        assert!(text.get(span.range()).is_some(), "a query lies outside the text");
    }
    if let Some(query) = parsed.query.as_ref().filter(|_| parsed.is_ok()) {
        let printed = format::format_query(query, text).expect("what is formatted means the same");
        assert!(parse(&printed).is_ok(), "what is formatted parses");
    }
});
