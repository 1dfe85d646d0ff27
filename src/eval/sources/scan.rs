//! A table of files as the engine reads it: in partitions, each a stream of batches.
//!
//! Files are cut into pieces: lines by the byte, Parquet by its row groups, what has to be read from its start not at all.
//! A partition takes the next piece whenever it is done with one, so that all end together, though the processor of one may
//! have other work, too. Each partition is in the order of the files, and a merge of all has to wait for none. How files are
//! cut depends on the files alone.

use std::fmt;
use std::io::{Seek as _, SeekFrom};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{EquivalenceProperties, LexOrdering, Partitioning, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions};

use super::condition::{Condition, Passed};
use super::fault::{Faults, OnError};
use super::files::{EventFile, Layout, unreadable};
use super::format::Compression;
use super::parquet;
use super::records::Faulty;
use super::text;
use crate::eval::arrays::field;
use crate::eval::catalog::ORDINAL;
use crate::eval::error::EvalError;
use crate::types::Type;

/// How many bytes of lines are read by one partition before the next takes over.
const PIECE: u64 = 8 << 20;

/// A table of files.
#[derive(Debug)]
pub(super) struct EventTable {
    pub(super) name: String,
    pub(super) columns: Vec<(String, Type)>,
    pub(super) files: Arc<[EventFile]>,
    /// The number of the first file among all of the run.
    pub(super) first_file: u32,
    pub(super) faults: Arc<Faults>,
    pub(super) on_error: OnError,
    pub(super) schema: SchemaRef,
}

/// What a scan gives in a place of its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// A column of the table.
    Column {
        /// Its name.
        name: String,
        /// Its type.
        ty: Type,
    },
    /// The ordinal.
    Ordinal,
}

/// What every piece of a scan has in common.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) outputs: Vec<Output>,
    pub(super) schema: SchemaRef,
    pub(super) files: Arc<[EventFile]>,
    pub(super) first_file: u32,
    pub(super) faults: Arc<Faults>,
    pub(super) on_error: OnError,
    /// What records have to fulfil, of those files that can be asked for it.
    pub(super) conditions: Vec<Condition>,
    pub(super) passed: Passed,
}

/// What is read in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// The number of the file in the table.
    pub(super) file: u32,
    /// The part of the file.
    pub(super) extent: Extent,
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    Whole,
    /// The lines that begin in a range of bytes.
    Lines(u64, u64),
    /// A row group of Parquet, whose first record has this number.
    RowGroup(usize, u64),
}

/// Batches, read as they are asked for.
pub(super) type Batches = Box<dyn Iterator<Item = Result<RecordBatch>> + Send>;

impl EventTable {
    /// The schema of the provider: the columns, and the ordinal behind them.
    pub(super) fn schema_of(columns: &[(String, Type)]) -> SchemaRef {
        let mut fields: Vec<Field> = columns.iter().map(|(name, ty)| field(name, *ty)).collect();
        fields.push(Field::new(ORDINAL, DataType::Int64, false));
        Arc::new(Schema::new(fields))
    }

    fn output(&self, at: usize) -> Output {
        match self.columns.get(at) {
            Some((name, ty)) => Output::Column { name: name.clone(), ty: *ty },
            None => Output::Ordinal,
        }
    }

    /// The pieces of all files, in order. Row groups that the filters rule out are none of them.
    fn pieces(&self, filters: &[Expr]) -> Result<Vec<Piece>> {
        let mut pieces = Vec::new();
        for (file, number) in self.files.iter().zip(0u32..) {
            let mut add = |extent| pieces.push(Piece { file: number, extent });
            match (file.layout, file.compression) {
                (Layout::Parquet, _) => {
                    let groups = parquet::row_groups(file, filters).map_err(|error| failed(file, &error))?;
                    for (group, first) in groups {
                        add(Extent::RowGroup(group, first));
                    }
                }
                (Layout::Lines, Compression::None) => {
                    let mut start = 0;
                    while start < file.bytes {
                        add(Extent::Lines(start, start + PIECE));
                        start += PIECE;
                    }
                }
                _ => add(Extent::Whole),
            }
        }
        Ok(pieces)
    }

    fn plan(&self, session: &dyn Session, projection: Option<&Vec<usize>>, filters: &[Expr]) -> Result<EventScan> {
        let partitions = session.config().target_partitions();
        let places: Vec<usize> = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let schema = Arc::new(self.schema.project(&places)?);
        let outputs: Vec<Output> = places.into_iter().map(|at| self.output(at)).collect();
        let pieces: Arc<[Piece]> = self.pieces(filters)?.into();
        let turns = partitions.min(pieces.len()).max(1);
        let ordinal = outputs.iter().position(|output| *output == Output::Ordinal);
        let ordering = ordinal.and_then(|at| {
            let options = SortOptions { descending: false, nulls_first: true };
            LexOrdering::new([PhysicalSortExpr::new(Arc::new(Column::new(ORDINAL, at)), options)])
        });
        let properties = PlanProperties::new(
            EquivalenceProperties::new_with_orderings(Arc::clone(&schema), ordering),
            Partitioning::UnknownPartitioning(turns),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let scan = Scan {
            outputs,
            schema,
            files: Arc::clone(&self.files),
            first_file: self.first_file,
            faults: Arc::clone(&self.faults),
            on_error: self.on_error,
            conditions: Condition::all(filters, &self.columns, &self.schema, session)?,
            passed: Passed::default(),
        };
        Ok(EventScan {
            table: self.name.clone(),
            scan: Arc::new(scan),
            pieces,
            turns,
            rounds: Rounds::default(),
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
        })
    }
}

/// The error for a file that cannot be read.
pub(super) fn failed(file: &EventFile, error: &std::io::Error) -> DataFusionError {
    DataFusionError::External(Box::new(EvalError::Source(unreadable(&file.path, error))))
}

type Planned<'f> = Pin<Box<dyn Future<Output = Result<Arc<dyn ExecutionPlan>>> + Send + 'f>>;

impl TableProvider for EventTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn scan<'s, 'e, 'p, 'i, 'f>(
        &'s self,
        session: &'e dyn Session,
        projection: Option<&'p Vec<usize>>,
        filters: &'i [Expr],
        _: Option<usize>,
    ) -> Planned<'f>
    where
        's: 'f,
        'e: 'f,
        'p: 'f,
        'i: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let plan = self.plan(session, projection, filters)?;
            Ok(Arc::new(plan) as Arc<dyn ExecutionPlan>)
        })
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let support = if self.files.iter().all(|file| file.layout == Layout::Parquet) {
            TableProviderFilterPushDown::Exact
        } else if self.files.iter().any(|file| matches!(file.layout, Layout::Parquet | Layout::Lines)) {
            // A line whose values are wrong comes whatever is asked for.
            TableProviderFilterPushDown::Inexact
        } else {
            TableProviderFilterPushDown::Unsupported
        };
        let of = |filter: &&Expr| {
            if Condition::can_be(filter) { support.clone() } else { TableProviderFilterPushDown::Unsupported }
        };
        Ok(filters.iter().map(of).collect())
    }
}

/// The reading of a table.
#[derive(Debug)]
struct EventScan {
    table: String,
    scan: Arc<Scan>,
    pieces: Arc<[Piece]>,
    /// How many partitions take the pieces.
    turns: usize,
    rounds: Rounds,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

/// Hands out the numbers of pieces, for each time that a scan is executed.
///
/// A plan may be executed more than once, each time in all of its partitions: how often a partition was before tells which
/// time it is.
#[derive(Debug, Default)]
struct Rounds(Mutex<(Vec<Arc<AtomicUsize>>, Vec<usize>)>);

impl Rounds {
    /// The numbers of the pieces that a partition takes, when it is executed once more: always the least that none has taken.
    fn join(&self, partition: usize) -> impl Iterator<Item = usize> + Send + use<> {
        // A thread that panicked while it held the lock has left whole entries.
        let mut rounds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, executed) = &mut *rounds;
        executed.resize(executed.len().max(partition + 1), 0);
        let round = executed.get_mut(partition).map(|times| std::mem::replace(times, *times + 1)).unwrap_or_default();
        next.resize_with(next.len().max(round + 1), Arc::default);
        let next = next.get(round).map(Arc::clone).unwrap_or_default();
        std::iter::repeat_with(move || next.fetch_add(1, Ordering::Relaxed))
    }
}

impl DisplayAs for EventScan {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: Vec<&str> = self.scan.outputs.iter().filter_map(Output::name).collect();
        write!(
            f,
            "EventScan: table={}, columns=[{}], files={}",
            self.table,
            columns.join(", "),
            self.scan.files.len()
        )?;
        write!(f, ", pieces={}, partitions={}", self.pieces.len(), self.turns)?;
        self.scan.conditions.iter().try_for_each(|condition| write!(f, ", condition={condition}"))
    }
}

impl ExecutionPlan for EventScan {
    fn name(&self) -> &'static str {
        "EventScan"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("a scan has no children") }
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("a scan has no children") }
    }

    fn execute(&self, partition: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if partition >= self.turns {
            return internal_err!("a scan of {} parts has no part {partition}", self.turns);
        }
        let (scan, pieces, count) = (Arc::clone(&self.scan), Arc::clone(&self.pieces), self.pieces.len());
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let numbers = self.rounds.join(partition).take_while(move |number| *number < count);
        let mut batches = numbers.flat_map(move |number| {
            let (scan, pieces) = (Arc::clone(&scan), Arc::clone(&pieces));
            let read = pieces.get(number).map(|piece| opened(&scan, piece)).into_iter().flatten();
            read.inspect(move |batch| {
                if batch.as_ref().is_err_and(is_faulty) {
                    look_before(&scan, pieces.get(..number).unwrap_or_default());
                }
            })
        });
        let timed = std::iter::from_fn(move || {
            let _timer = metrics.elapsed_compute().timer();
            let batch = batches.next()?;
            if let Ok(batch) = &batch {
                metrics.output_rows().add(batch.num_rows());
            }
            Some(batch)
        });
        let stream = futures::stream::iter(timed);
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.scan.schema), stream)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// Whether an error says that a record cannot be read.
fn is_faulty(error: &DataFusionError) -> bool {
    matches!(error, DataFusionError::External(inner) if inner.is::<Faulty>())
}

/// Reads what stands before a fault, up to one that comes first: which fault ends a run is not to depend on which part
/// was the fastest.
fn look_before(scan: &Arc<Scan>, pieces: &[Piece]) {
    for piece in pieces {
        if opened(scan, piece).any(|batch| batch.is_err()) {
            return;
        }
    }
}

/// The batches of a piece; one error where it cannot be opened.
fn opened(scan: &Arc<Scan>, piece: &Piece) -> Batches {
    open(scan, piece).unwrap_or_else(|error| Box::new(std::iter::once(Err(error))))
}

fn open(scan: &Arc<Scan>, piece: &Piece) -> Result<Batches> {
    let Some(file) = scan.files.get(piece.file as usize) else { return internal_err!("a piece of no file") };
    let told = |error: std::io::Error| failed(file, &error);
    match piece.extent {
        Extent::RowGroup(group, first) => parquet::batches(scan, piece.file, file, group, first),
        Extent::Whole => text::batches(scan, piece.file, file, file.open_counted().map_err(told)?, 0, u64::MAX),
        Extent::Lines(start, end) => {
            let mut input = file.open_stored().map_err(told)?;
            input.seek(SeekFrom::Start(start.saturating_sub(1))).map_err(told)?;
            text::batches(scan, piece.file, file, Box::new(input), start, end)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_taken_once_each_time() {
        let rounds = Rounds::default();
        let mut first = [rounds.join(1), rounds.join(0)].map(|numbers| numbers.take_while(|number| *number < 9));
        // What begins a second time before all have begun the first is another time.
        let again: Vec<usize> = rounds.join(1).take(9).collect();
        let mut taken = [Vec::new(), Vec::new()];
        for partition in [0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 0] {
            taken[partition].extend(first[partition].next());
        }
        assert!(taken.iter().all(|numbers| numbers.is_sorted()));
        let mut all = taken.concat();
        all.sort_unstable();
        assert_eq!(all, (0..9).collect::<Vec<_>>());
        assert_eq!(again, all);
    }
}
