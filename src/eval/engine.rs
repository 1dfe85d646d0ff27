//! The engine: runs a bound query over a catalog of tables.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use tokio::runtime::Runtime;

use super::catalog::Catalog;
use super::error::EvalError;
use super::interrupt::Interrupt;
use super::lower::Lowering;
use super::support;
use crate::ir::{Name, Query};
use crate::types::Type;

/// Into how many parts work is cut. Fixed, so that nothing depends on the number of threads.
const PARTITIONS: usize = 8;

/// How a query is run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The instant of the query, in ticks.
    pub now: i64,
    /// How many threads work; all there are without it.
    pub threads: Option<usize>,
    /// How many bytes sorting, grouping and joining may hold before they spill to disk.
    pub memory_limit: Option<usize>,
    /// Into how many parts work is cut.
    pub partitions: usize,
    /// Whether the answer tells how it was come by.
    pub explain: bool,
}

impl Options {
    /// The usual way, at an instant in ticks.
    pub const fn at(now: i64) -> Self {
        Self { now, threads: None, memory_limit: None, partitions: PARTITIONS, explain: false }
    }
}

/// What a query gives.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The columns, with their types.
    pub columns: Vec<(Name, Type)>,
    /// The records, in order, as arrays of the types of [`super::arrays`].
    pub batches: Vec<RecordBatch>,
    /// The plans that were run, in order, with records and times, where [`Options::explain`] asks for them.
    pub plans: Vec<String>,
}

impl Answer {
    /// How many records there are.
    pub fn len(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Runs queries; keeps the threads between them. A copy shares them.
#[derive(Clone, Debug)]
pub struct Engine {
    runtime: Arc<Runtime>,
    options: Options,
    interrupt: Interrupt,
}

impl Engine {
    /// An engine.
    ///
    /// # Errors
    /// Where threads cannot be had.
    pub fn new(options: Options) -> Result<Self, EvalError> {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        if let Some(threads) = options.threads {
            builder.worker_threads(threads.max(1));
        }
        // Nested expressions of long rules need more than the usual two megabytes.
        let runtime = builder
            .thread_stack_size(16 * 1024 * 1024)
            .enable_all()
            .build()
            .map_err(|error| EvalError::Source(format!("no threads to work with: {error}")))?;
        Ok(Self { runtime: Arc::new(runtime), options, interrupt: Interrupt::default() })
    }

    /// The same engine at another instant, in ticks.
    #[must_use]
    pub fn at(&self, now: i64) -> Self {
        Self { options: Options { now, ..self.options }, ..self.clone() }
    }

    /// Ends runs in an orderly way when the process is told to stop (Ctrl-C); told again, it ends at once.
    #[must_use]
    pub fn interruptible(self) -> Self {
        self.runtime.spawn(self.interrupt.clone().listen());
        self
    }

    /// What tells that the process was told to stop.
    pub fn interrupt(&self) -> Interrupt {
        self.interrupt.clone()
    }

    /// Runs a query. What cannot be run is refused before any data is read.
    ///
    /// # Errors
    /// See [`EvalError`].
    pub fn run(&self, query: &Query, catalog: &dyn Catalog) -> Result<Answer, EvalError> {
        support::check(query)?;
        Lowering::new(query, self.session()?, &self.runtime, catalog, self.options, self.interrupt.clone()).run(query)
    }

    fn session(&self) -> Result<SessionContext, EvalError> {
        let mut config = SessionConfig::new()
            .with_target_partitions(self.options.partitions.max(1))
            // Sources are cut into parts already; dealing batches out in turn would lose their order.
            .with_round_robin_repartition(false)
            .with_prefer_existing_sort(true);
        config.options_mut().optimizer.enable_distinct_aggregation_soft_limit = false;
        let mut runtime = RuntimeEnvBuilder::new();
        if let Some(limit) = self.options.memory_limit {
            runtime = runtime.with_memory_pool(Arc::new(FairSpillPool::new(limit)));
        }
        Ok(SessionContext::new_with_config_rt(config, runtime.build_arc()?))
    }
}
