//! How fast KQL is parsed: `KQLC_CORPUS=… cargo bench --bench parse`.
//!
//! The corpus is a folder with `dev/index.jsonl` and the files it names.

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kqlc::cli::input::{Kind, Text};
use kqlc::cli::queries::Content;
use kqlc::source::SourceFile;
use kqlc::syntax;

/// Every query of the corpus that parses, as text.
fn queries() -> Vec<String> {
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

fn parse(criterion: &mut Criterion) {
    let queries = queries();
    let bytes: usize = queries.iter().map(String::len).sum();
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Bytes(bytes as u64)).sample_size(20).measurement_time(Duration::from_secs(8));
    group.bench_function("corpus", |bencher| {
        bencher.iter(|| {
            for query in &queries {
                black_box(syntax::parse(black_box(query)));
            }
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("nesting");
    for (name, open, close) in [("parentheses", "(", ")"), ("brackets", "a[", "]"), ("calls", "iff(", ", 1, 2)")] {
        let text = format!("print {}1{}", open.repeat(200), close.repeat(200));
        group.bench_function(name, |bencher| bencher.iter(|| black_box(syntax::parse(black_box(&text)))));
    }
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);
