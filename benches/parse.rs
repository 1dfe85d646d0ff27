//! How fast KQL is parsed: `KQLC_CORPUS=… cargo bench --bench parse`.
//!
//! The corpus is a folder with `dev/index.jsonl` and the files it names.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kqlc::syntax;

#[path = "corpus.rs"]
mod corpus;

fn parse(criterion: &mut Criterion) {
    let queries = corpus::queries();
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
