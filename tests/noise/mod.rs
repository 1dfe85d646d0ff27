//! Tables of random records, and queries run over them with the work cut in one part and in several.

// Not every test uses all of it.
#![allow(dead_code)]

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::TableProvider;
use datafusion::common::DataFusionError;
use datafusion::datasource::MemTable;
use kqlc::bind::{Learned, bind_learned};
use kqlc::eval::arrays::{Cells, field, from_cells};
use kqlc::eval::catalog::{Catalog, ORDINAL};
use kqlc::eval::{Answer, Cell, Engine, EvalError, Options};
use kqlc::ir::{External, Json, Plan, Query, SourceKind, Value};
use kqlc::literal::{Decimal, MAX_DATETIME};
use kqlc::schema::Schemas;
use kqlc::source::Span;
use kqlc::syntax::ast;
use kqlc::types::Type;

/// Records of a table.
const ROWS: usize = 40;
/// 2024-05-15 12:00, in ticks.
pub(crate) const NOW: i64 = 638_513_712_000_000_000;

/// Numbers that look drawn by lot and are the same each time.
pub(crate) struct Lots(u64);

impl Lots {
    /// A source of numbers; the same for the same seed.
    pub(crate) fn new(seed: u64) -> Self {
        // Near seeds are not to have near numbers, and none may be zero.
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below another, which is not zero.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).expect("below a usize")
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
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
        Type::Int => Cell::Int(lots.pick(&[0, 1, 4625, -1, i32::MAX, i32::MIN])),
        Type::Long => Cell::Long(lots.pick(&[0, 1, 443, 1_000_000, i64::MAX, i64::MIN])),
        Type::Real => Cell::Real(lots.pick(&[0.0, 1.5, f64::NAN, -1e300, f64::INFINITY, f64::MIN_POSITIVE, -0.0])),
        Type::Decimal => {
            let (mantissa, scale) =
                lots.pick(&[(15, 1), (0, 0), (-1, 28), (10_i128.pow(33), 0), (-10_i128.pow(33), 2)]);
            (&Value::Decimal(Decimal::new(mantissa, scale))).into()
        }
        Type::DateTime => Cell::DateTime(match lots.below(6) {
            0 => 0,
            1 => MAX_DATETIME,
            _ => NOW - lots.pick(&[0, 600_000_000, 36_000_000_000, 864_000_000_000]),
        }),
        Type::TimeSpan => Cell::TimeSpan(lots.pick(&[0, 10_000_000, -1, 864_000_000_000, i64::MAX, i64::MIN])),
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
    seed: u64,
    tables: HashMap<String, Vec<(String, Type)>>,
    words: Vec<String>,
}

impl Noise {
    fn for_query(query: &Query, text: &str, seed: u64) -> Self {
        let words =
            text.split(['"', '\'']).skip(1).step_by(2).filter(|word| word.len() < 200).map(str::to_owned).collect();
        let mut noise = Self { seed, words, ..Self::default() };
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
        let mut lots = Lots::new(name.bytes().fold(self.seed, |seed, byte| seed.wrapping_mul(31) ^ u64::from(byte)));
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
fn run(engine: &Engine, tree: &ast::Query, text: &str, schemas: &Schemas, seed: u64) -> Result<Answer, EvalError> {
    let mut learned = Learned::new();
    for _ in 0..20 {
        let bound = bind_learned(tree, schemas, &learned);
        let Some(query) = bound.query.as_ref() else { return Err(EvalError::Source("no query".to_owned())) };
        // A later operator may name a column that the plugin, as it turned out, does not give.
        if !learned.is_empty() && bound.has_errors() {
            return Err(EvalError::unsupported(
                "the columns of a plugin leave the query without a meaning",
                Span::at(0),
            ));
        }
        match engine.run(query, &Noise::for_query(query, text, seed)) {
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

/// What became of a query.
pub(crate) enum Outcome {
    /// The same rows, however it was run.
    Same(Vec<String>),
    /// A refusal that names its reason.
    Refused(String),
    /// What must not be: different answers, or a failure inside the engine.
    Fault(String),
}

/// Two engines: one does all in one go, the other cuts the work and shares it out.
pub(crate) struct Pair {
    one: Engine,
    many: Engine,
}

impl Pair {
    pub(crate) fn new() -> Self {
        let engine = |partitions, threads| {
            Engine::new(Options { partitions, threads: Some(threads), ..Options::at(NOW) }).expect("an engine")
        };
        Self { one: engine(1, 1), many: engine(8, 2) }
    }

    /// Runs a query in both ways over tables of random records; the same ones for the same seed.
    pub(crate) fn run(&self, tree: &ast::Query, text: &str, schemas: &Schemas, seed: u64) -> Outcome {
        match (run(&self.one, tree, text, schemas, seed), run(&self.many, tree, text, schemas, seed)) {
            (Ok(first), Ok(second)) => {
                let (first, second) = (shown(&first), shown(&second));
                if first == second {
                    return Outcome::Same(first);
                }
                let at = first.iter().zip(&second).take_while(|(a, b)| a == b).count();
                let (a, b) = (first.get(at), second.get(at));
                Outcome::Fault(format!("{} and {} rows, first apart at {at}: {a:?} {b:?}", first.len(), second.len()))
            }
            (Err(error), other) => match (refusal(&error), other.as_ref().err().and_then(refusal)) {
                (Some(reason), Some(_)) => Outcome::Refused(reason),
                (_, None) if other.is_ok() => Outcome::Fault(format!("refused in one part only: {error}")),
                _ => Outcome::Fault(error.to_string()),
            },
            (Ok(_), Err(error)) => Outcome::Fault(format!("refused in several parts only: {error}")),
        }
    }
}

/// The reason of a refusal; none where something failed.
fn refusal(error: &EvalError) -> Option<String> {
    match error {
        EvalError::Unsupported { what, .. } | EvalError::Value { what, .. } => Some(what.clone()),
        EvalError::Engine(error) => match error.find_root() {
            DataFusionError::External(inner) => inner.downcast_ref().and_then(refusal),
            _ => None,
        },
        _ => None,
    }
}
