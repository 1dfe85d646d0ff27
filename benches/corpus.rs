//! The queries that benches run over.

use std::path::Path;

use kqlc::cli::input::{Kind, Text};
use kqlc::cli::queries::Content;
use kqlc::source::SourceFile;

/// Every query of the corpus that parses, as text.
pub(crate) fn queries() -> Vec<String> {
    let corpus = std::env::var("KQLC_CORPUS").expect("KQLC_CORPUS names the corpus");
    let dev = Path::new(&corpus).join("dev");
    let index = std::fs::read_to_string(dev.join("index.jsonl")).expect("the corpus has an index");
    let mut queries = Vec::new();
    for line in index.lines() {
        let entry: serde_json::Value = serde_json::from_str(line).expect("the index is JSON");
        let path = dev.join(entry["file"].as_str().expect("an entry names its file"));
        let file = SourceFile::read(&path).expect("the file is there");
        let kind = Kind::of_ending(&path).unwrap_or(Kind::Query);
        let content = Content::of(&Text { file, kind, path: Some(path.clone()) });
        queries.extend(content.queries.into_iter().filter(|query| query.parsed.is_ok()).map(|query| query.text));
    }
    queries
}
