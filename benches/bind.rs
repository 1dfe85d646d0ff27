//! How fast queries are understood: `KQLC_CORPUS=… cargo bench --bench bind`.
//!
//! The corpus is a folder with `dev/index.jsonl` and the files it names.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kqlc::bind::bind;
use kqlc::ir::pass;
use kqlc::schema::{Dialect, Schemas};
use kqlc::syntax::parse;

#[path = "corpus.rs"]
mod corpus;

fn understand(criterion: &mut Criterion) {
    let queries = corpus::queries();
    let bytes: usize = queries.iter().map(String::len).sum();
    let schemas = Schemas::builtin(Dialect::Sentinel);
    let mut group = criterion.benchmark_group("bind");
    group.throughput(Throughput::Bytes(bytes as u64)).sample_size(10).measurement_time(Duration::from_secs(10));
    group.bench_function("parse and bind the corpus", |bencher| {
        bencher.iter(|| {
            for text in &queries {
                let tree = parse(text).query;
                black_box(tree.map(|tree| bind(&tree, &schemas)));
            }
        });
    });
    group.bench_function("parse, bind and simplify the corpus", |bencher| {
        bencher.iter(|| {
            for text in &queries {
                let bound = parse(text).query.map(|tree| bind(&tree, &schemas));
                if let Some(mut query) = bound.and_then(|bound| bound.query) {
                    pass::simplify(&mut query);
                    black_box(query);
                }
            }
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("long");
    for terms in [500, 2_000] {
        let text = format!("SecurityEvent\n| where {}", vec!["Account has \"word\""; terms].join(" or "));
        let tree = parse(&text).query.expect("a query");
        group.bench_function(format!("{terms} terms"), |bencher| bencher.iter(|| black_box(bind(&tree, &schemas))));
    }
    for lines in [1_250, 5_000] {
        let text = format!("SecurityEvent{}", "\n| extend Account = tolower(Account)".repeat(lines));
        let tree = parse(&text).query.expect("a query");
        group.bench_function(format!("{lines} lines"), |bencher| bencher.iter(|| black_box(bind(&tree, &schemas))));
    }
    group.finish();
}

criterion_group!(benches, understand);
criterion_main!(benches);
