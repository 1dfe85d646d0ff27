//! How fast queries become detections of other systems: `KQLC_CORPUS=… cargo bench --bench convert`.
//!
//! One process, one thread: what it takes to give every query of the corpus to every target.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use kqlc::bind::bind;
use kqlc::ir::{Query, pass};
use kqlc::schema::{Dialect, Schemas};
use kqlc::syntax::parse;
use kqlc::target::{Options, RuleInfo, Target, registry};

#[path = "corpus.rs"]
mod corpus;

fn understood(text: &str, schemas: &Schemas) -> Option<Query> {
    let tree = parse(text).query?;
    let mut query = bind(&tree, schemas).query?;
    pass::simplify(&mut query);
    Some(query)
}

fn convert(criterion: &mut Criterion) {
    let texts = corpus::queries();
    let schemas = Schemas::builtin(Dialect::Sentinel);
    let targets: Vec<&dyn Target> = registry::names().filter_map(registry::find).collect();
    let options = Options::default();
    let converted = |query: &Query, target: &dyn Target| {
        black_box(target.convert(query, &RuleInfo::default(), &options).expect("the data of the target is sound"));
    };
    let mut group = criterion.benchmark_group("convert");
    group.sample_size(10).measurement_time(Duration::from_secs(20));
    group.bench_function("the corpus from text to every target", |bencher| {
        bencher.iter(|| {
            for text in &texts {
                if let Some(query) = understood(text, &schemas) {
                    for target in &targets {
                        converted(&query, *target);
                    }
                }
            }
        });
    });
    let queries: Vec<Query> = texts.iter().filter_map(|text| understood(text, &schemas)).collect();
    for target in &targets {
        group.bench_function(format!("the corpus from its plans to {}", target.name()), |bencher| {
            bencher.iter(|| queries.iter().for_each(|query| converted(query, *target)));
        });
    }
    group.finish();
}

criterion_group!(benches, convert);
criterion_main!(benches);
