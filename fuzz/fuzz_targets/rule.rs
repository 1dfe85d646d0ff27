//! Any bytes are read as a rule or explained, and offsets of its query lie in the file.
#![no_main]

use kqlc::rule;
use kqlc::source::SourceFile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for name in ["rule.yaml", "rule.json"] {
        let file = SourceFile::from_bytes(name, bytes.to_vec());
        let document = rule::read(&file);
        for query in document.rules.iter().filter_map(|rule| rule.query.as_ref()) {
            for offset in 0..=query.text.len() {
                assert!(query.map.offset(offset) <= file.text().len(), "an offset lies outside the file");
            }
        }
        for diagnostic in &document.diagnostics {
            let _ = file.location(diagnostic.span.start as usize);
        }
    }
});
