//! Whatever a real query asks for is run or refused by name, and gives the same at any number of partitions.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use kqlc::bind::{Learned, bind_learned};
use kqlc::eval::arrays::{Cells, field, from_cells};
use kqlc::eval::catalog::{Catalog, ORDINAL};
use kqlc::eval::{Answer, Cell, Engine, EvalError, Options};
use kqlc::ir::{External, Json, Plan, Query, SourceKind, Value};
use kqlc::schema::{Dialect, Schemas};
use kqlc::source::SourceFile;
use kqlc::syntax::{ast, split_queries};
use kqlc::types::Type;

use crate::{corpus, index};

/// Records of a table.
const ROWS: usize = 40;
/// 2024-05-15 12:00, in ticks.
const NOW: i64 = 638_513_712_000_000_000;

/// Numbers that look drawn by lot and are the same each time.
struct Lots(u64);

impl Lots {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).expect("below a usize")
    }
}

/// A value for a column: often one that the query names, so that its conditions hold now and then.
fn cell(ty: Type, lots: &mut Lots, words: &[String]) -> Cell<'static> {
    if ty != Type::String && lots.below(8) == 0 {
        return Cell::Null;
    }
    let word = |lots: &mut Lots| match lots.below(6) {
        0 => String::new(),
        1 => "Ünïcode \"quoted\" \\ 10.0.0.1".to_owned(),
        _ if words.is_empty() => "x".to_owned(),
        _ => words[lots.below(words.len())].clone(),
    };
    match ty {
        Type::Bool => Cell::Bool(lots.below(2) == 0),
        Type::Int => Cell::Int([0, 1, 4625, -1, i32::MAX][lots.below(5)]),
        Type::Long => Cell::Long([0, 1, 443, 1_000_000, i64::MAX][lots.below(5)]),
        Type::Real => Cell::Real([0.0, 1.5, f64::NAN, -1e300, f64::INFINITY][lots.below(5)]),
        Type::Decimal => (&Value::Decimal(kqlc::literal::Decimal::new(15, 1))).into(),
        Type::DateTime => Cell::DateTime(NOW - [0, 600_000_000, 36_000_000_000, 864_000_000_000, NOW][lots.below(5)]),
        Type::TimeSpan => Cell::TimeSpan([0, 10_000_000, -1, i64::MAX][lots.below(4)]),
        Type::Guid => Cell::Guid([0, 1, u128::MAX][lots.below(3)]),
        Type::String => Cell::string(word(lots)),
        Type::Dynamic | Type::Unknown => Cell::dynamic(&match lots.below(5) {
            0 => Json::Array(vec![Json::String(word(lots).as_str().into()), Json::Long(3), Json::Null]),
            1 => {
                Json::Bag(vec![("Name".into(), Json::String(word(lots).as_str().into())), ("a".into(), Json::Long(1))])
            }
            2 => Json::Long(7),
            3 => Json::Array(vec![]),
            _ => Json::String(word(lots).as_str().into()),
        }),
    }
}

/// Tables of random records, with the columns a query asks for.
#[derive(Default)]
struct Noise {
    tables: HashMap<String, Vec<(String, Type)>>,
    words: Vec<String>,
}

impl Noise {
    fn for_query(query: &Query, text: &str) -> Self {
        let words =
            text.split(['"', '\'']).skip(1).step_by(2).filter(|word| word.len() < 200).map(str::to_owned).collect();
        let mut noise = Self { words, ..Self::default() };
        for shared in &query.shared {
            noise.collect(&mut shared.plan.clone());
        }
        noise.collect(&mut query.plan.clone());
        noise
    }

    fn collect(&mut self, plan: &mut Plan) {
        plan.fold_plans(&mut |plan| {
            let name = match &plan.source.kind {
                SourceKind::Table { name, .. } | SourceKind::Tables(name) => name.to_string(),
                SourceKind::Call(call) => call.name.to_string(),
                _ => return,
            };
            // One table that fits will do for a pattern.
            let columns = self.tables.entry(name.replace('*', "X")).or_default();
            for column in plan.source.schema.iter() {
                if columns.iter().all(|(name, _)| **name != *column.name) {
                    columns.push((column.name.to_string(), column.ty.ty));
                }
            }
        });
    }

    fn provider(&self, name: &str, columns: &[(String, Type)]) -> Arc<dyn TableProvider> {
        let mut lots = Lots(
            name.bytes().fold(88_172_645_463_325_252_u64, |seed, byte| seed.wrapping_mul(31) ^ u64::from(byte)) | 1,
        );
        let mut fields = Vec::new();
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for (name, ty) in columns {
            let ty = if *ty == Type::Unknown { Type::String } else { *ty };
            fields.push(field(name, ty));
            let cells: Vec<Cell<'static>> = (0..ROWS).map(|_| cell(ty, &mut lots, &self.words)).collect();
            arrays.push(from_cells(ty, cells).expect("cells of the type"));
        }
        fields.push(Field::new(ORDINAL, DataType::Int64, false));
        arrays.push(Arc::new(Int64Array::from_iter_values((0i64..).take(ROWS))));
        let schema = Arc::new(Schema::new(fields));
        let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).expect("a batch");
        let partitions = (0..ROWS).step_by(10).map(|start| vec![batch.slice(start, 10)]).collect();
        Arc::new(MemTable::try_new(schema, partitions).expect("a table"))
    }
}

impl Catalog for Noise {
    fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, EvalError> {
        Ok(self.tables.get(name).map(|columns| self.provider(name, columns)))
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.tables.keys().cloned().collect();
        names.sort();
        names
    }

    fn watchlist(&self, alias: &str) -> Result<Option<Arc<dyn TableProvider>>, EvalError> {
        let columns = self.tables.get("_GetWatchlist").cloned().unwrap_or_default();
        Ok(Some(self.provider(alias, &columns)))
    }

    fn external(
        &self,
        address: &str,
        columns: &[(&str, Type)],
        _: &External,
    ) -> Result<Option<Arc<dyn TableProvider>>, EvalError> {
        let columns: Vec<(String, Type)> = columns.iter().map(|(name, ty)| ((*name).to_owned(), *ty)).collect();
        Ok(Some(self.provider(address, &columns)))
    }
}

/// Binds and runs a query; again while plugins tell their columns.
fn run(engine: &Engine, tree: &ast::Query, text: &str, schemas: &Schemas) -> Result<Answer, EvalError> {
    let mut learned = Learned::new();
    for _ in 0..20 {
        let bound = bind_learned(tree, schemas, &learned);
        let Some(query) = bound.query.as_ref() else { return Err(EvalError::Source("no query".to_owned())) };
        match engine.run(query, &Noise::for_query(query, text)) {
            Err(EvalError::Columns { span, columns }) => {
                learned.insert(span, columns.into_iter().map(|(name, ty)| (name.into(), ty)).collect());
            }
            result => return result,
        }
    }
    Err(EvalError::Source("the columns of a plugin never settle".to_owned()))
}

/// The answer as text.
fn shown(answer: &Answer) -> Vec<String> {
    let mut rows = Vec::new();
    for batch in &answer.batches {
        let columns: Vec<Cells<'_>> = answer
            .columns
            .iter()
            .enumerate()
            .map(|(index, (_, ty))| Cells::new(batch.column(index).as_ref(), *ty).expect("an array of the type"))
            .collect();
        for row in 0..batch.num_rows() {
            rows.push(
                columns.iter().map(|cells| format!("{:?}", cells.get(row).to_text())).collect::<Vec<_>>().join("|"),
            );
        }
    }
    rows
}

/// Nothing fails inside the engine, and answers do not depend on how work is cut.
#[test]
#[ignore = "needs KQLC_CORPUS"]
fn queries_run_or_are_refused_by_name() {
    let folder = corpus().join("dev");
    let schemas = Schemas::builtin(Dialect::Sentinel);
    let one = Engine::new(Options { partitions: 1, threads: Some(1), ..Options::at(NOW) }).expect("an engine");
    let many = Engine::new(Options { partitions: 8, threads: Some(2), ..Options::at(NOW) }).expect("an engine");
    let only = std::env::var("KQLC_ONLY").unwrap_or_default();
    let (mut ran, mut refused, mut rows) = (0, 0, 0);
    let mut reasons = BTreeMap::<String, usize>::new();
    let mut faults = Vec::new();
    for entry in index(&folder.join("index.jsonl")) {
        let name = entry["file"].as_str().expect("a file name");
        if !name.contains(&only) {
            continue;
        }
        let text = match entry["query"].as_str() {
            Some(query) => query.to_owned(),
            None => SourceFile::read(&folder.join(name)).expect("a readable file").text().to_owned(),
        };
        for (_, parsed) in split_queries(&text) {
            let Some(tree) = parsed.query.as_ref().filter(|_| parsed.is_ok()) else { continue };
            let bound = bind_learned(tree, &schemas, &Learned::new());
            if bound.has_errors() || bound.query.is_none() {
                continue;
            }
            if !only.is_empty() {
                println!("{name}");
            }
            match (run(&one, tree, &text, &schemas), run(&many, tree, &text, &schemas)) {
                (Ok(first), Ok(second)) => {
                    ran += 1;
                    rows += usize::from(!first.is_empty());
                    let (first, second) = (shown(&first), shown(&second));
                    if first != second {
                        if !only.is_empty() {
                            println!("{first:#?}\n{second:#?}");
                        }
                        let at = first.iter().zip(&second).position(|(a, b)| a != b);
                        faults.push(format!(
                            "{name}: {} and {} rows, first apart at {at:?}",
                            first.len(),
                            second.len()
                        ));
                    }
                }
                (Err(EvalError::Unsupported { what, .. } | EvalError::Value { what, .. }), Err(_)) => {
                    refused += 1;
                    *reasons.entry(what).or_default() += 1;
                }
                (Err(error), _) | (_, Err(error)) => faults.push(format!("{name}: {error}")),
            }
        }
    }
    let mut reasons: Vec<(String, usize)> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    println!("{ran} run, {rows} of them with rows; {refused} refused");
    for (reason, count) in &reasons {
        println!("  {count} {reason}");
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
