//! The engine: runs a bound query over a catalog of tables.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use tokio::runtime::{Handle, Runtime};

use super::catalog::Catalog;
use super::error::EvalError;
use super::interrupt::Interrupt;
use super::lower::Lowering;
use super::output::Stream;
use super::support;
use crate::ir::pass::share;
use crate::ir::{Name, Query};
use crate::source::Span;
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
    /// After how many records an answer may end: what is not needed for those is not read.
    pub limit: Option<usize>,
    /// Whether the answer tells how it was come by.
    pub explain: bool,
    /// Which of the records with one key `innerunique` takes, counted from 0; the last where there are fewer. KQL leaves it
    /// open.
    pub of_key: usize,
}

impl Options {
    /// The usual way, at an instant in ticks.
    pub const fn at(now: i64) -> Self {
        Self { now, threads: None, memory_limit: None, partitions: PARTITIONS, limit: None, explain: false, of_key: 0 }
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

/// Runs queries; keeps the threads between them, and what plans are made with. A copy shares them.
#[derive(Clone)]
pub struct Engine {
    threads: Arc<Threads>,
    context: SessionContext,
    options: Options,
    interrupt: Interrupt,
}

/// How long work that is given up may take to end.
const GRACE: Duration = Duration::from_secs(1);

/// The threads that work.
struct Threads {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Drop for Threads {
    /// A part of a plan may work for long without a look at whether anybody still waits for it: nobody waits for its end.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(GRACE);
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("options", &self.options).finish_non_exhaustive()
    }
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
        let threads = Threads { handle: runtime.handle().clone(), runtime: Some(runtime) };
        Ok(Self { threads: Arc::new(threads), context: context(options)?, options, interrupt: Interrupt::default() })
    }

    /// The same engine at another instant, in ticks.
    #[must_use]
    pub fn at(&self, now: i64) -> Self {
        Self { options: Options { now, ..self.options }, ..self.clone() }
    }

    /// The same engine, which takes another record that `innerunique` may take ([`Options::of_key`]).
    #[must_use]
    pub fn taking(&self, of_key: usize) -> Self {
        Self { options: Options { of_key, ..self.options }, ..self.clone() }
    }

    /// Ends runs in an orderly way when the process is told to stop (Ctrl-C); told again, it ends at once.
    #[must_use]
    pub fn interruptible(self) -> Self {
        self.threads.handle.spawn(self.interrupt.clone().listen());
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
        let query = &*share(query);
        self.lowering(query, catalog).run(query)
    }

    /// Runs a query and writes its records as they come, so that an answer of any size takes little memory, as far as the
    /// query's order lets them come so. Gives the plans that were run; what could not be written, the stream tells.
    ///
    /// # Errors
    /// See [`EvalError`]; records may have been written by then.
    pub fn stream(
        &self,
        query: &Query,
        catalog: &dyn Catalog,
        into: &mut Stream<'_>,
    ) -> Result<Vec<String>, EvalError> {
        support::check(query)?;
        let query = &*share(query);
        self.lowering(query, catalog).stream(query, into)
    }

    /// The words of a query whose answer follows a reading of our own, since Kusto documents in part how it comes to its: each
    /// with what is told about it.
    pub fn own_readings(query: &Query) -> Vec<(Span, String)> {
        support::own_readings(query)
    }

    fn lowering<'a>(&'a self, query: &Query, catalog: &'a dyn Catalog) -> Lowering<'a> {
        Lowering::new(query, self.context.clone(), &self.threads.handle, catalog, self.options, self.interrupt.clone())
    }
}

/// What plans are made with.
fn context(options: Options) -> Result<SessionContext, EvalError> {
    let mut config = SessionConfig::new()
        .with_target_partitions(options.partitions.max(1))
        // Sources are cut into parts already; dealing batches out in turn would lose their order.
        .with_round_robin_repartition(false)
        .with_prefer_existing_sort(true);
    config.options_mut().optimizer.enable_distinct_aggregation_soft_limit = false;
    // Where nearly every record is a group of its own, that shows early.
    config.options_mut().execution.skip_partial_aggregation_probe_rows_threshold = PROBE_ROWS;
    // A test of truth (`IS NOT TRUE`) is never null in a logical plan and may be in a physical one, so that the two
    // schemas of an aggregate's input differ where one is computed ahead; the looser of them is the one that runs.
    config.options_mut().execution.skip_physical_aggregate_schema_check = true;
    let mut runtime = RuntimeEnvBuilder::new();
    if let Some(limit) = options.memory_limit {
        runtime = runtime.with_memory_pool(Arc::new(FairSpillPool::new(limit)));
    }
    let context = SessionContext::new_with_config_rt(config, runtime.build_arc()?);
    for rule in UNUSED_RULES {
        context.remove_optimizer_rule(rule);
    }
    Ok(context)
}

/// After how many records of a part it is decided whether grouping them ahead of the others pays.
const PROBE_ROWS: usize = 16_384;

/// Rules of the optimiser that are left out.
const UNUSED_RULES: &[&str] = &[
    // Puts expressions in the place of columns down to the next join, however large they get, only to look at them.
    "eliminate_outer_join",
    // Move the fields of structs towards the scans. No table of events has structs; those are what aggregates of several
    // columns give, and where two aggregates are equal, the second rule makes two columns of one name.
    "extract_leaf_expressions",
    "push_down_leaf_projections",
    // Are about what no plan here has: sub-queries within expressions, comparisons with `ANY` and `ALL`, aggregates of
    // distinct values, joins whose conditions stand in a filter.
    "rewrite_set_comparison",
    "decorrelate_predicate_subquery",
    "scalar_subquery_to_join",
    "decorrelate_lateral_join",
    "extract_equijoin_predicate",
    "eliminate_cross_join",
    "single_distinct_aggregation_to_group_by",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bind::bind;
    use crate::eval::arrays::Cells;
    use crate::eval::catalog::NoTables;
    use crate::schema::{Dialect, Schemas};

    /// What a query gives when work is cut into so many parts, a line a record.
    fn answer(text: &str, partitions: usize) -> Vec<String> {
        answer_of(text, &Engine::new(Options { partitions, ..Options::at(0) }).unwrap())
    }

    fn answer_of(text: &str, engine: &Engine) -> Vec<String> {
        let tree = crate::syntax::parse(text).query.unwrap();
        let query = bind(&tree, &Schemas::builtin(Dialect::Sentinel)).query.unwrap();
        let answer = engine.run(&query, &NoTables).unwrap();
        let mut rows = Vec::new();
        for batch in &answer.batches {
            let columns = answer.columns.iter().zip(batch.columns());
            let columns: Vec<Cells<'_>> =
                columns.map(|((_, ty), array)| Cells::new(array.as_ref(), *ty).unwrap()).collect();
            for row in 0..batch.num_rows() {
                rows.push(
                    columns.iter().map(|cells| cells.get(row).to_text().into_owned()).collect::<Vec<_>>().join("|"),
                );
            }
        }
        rows
    }

    /// KQL leaves open which record of a key `innerunique` takes, so any may be asked for.
    #[test]
    fn a_unique_join_takes_any_record_of_a_key() {
        let query = r#"datatable(k:string, n:long)["a", 1, "b", 2, "a", 3, "a", 4]
            | join (datatable(k:string)["a", "b"]) on k | project k, n"#;
        for partitions in [1, 8] {
            let engine = Engine::new(Options { partitions, ..Options::at(0) }).unwrap();
            for (at, of_a) in [(0, "a|1"), (1, "a|3"), (2, "a|4"), (usize::MAX, "a|4")] {
                let mut records = answer_of(query, &engine.taking(at));
                records.sort_unstable();
                assert_eq!(records, [of_a, "b|2"]);
            }
        }
    }

    /// A key that was one of a group before a join orders nothing by itself after it.
    #[test]
    fn keys_of_groups_do_not_determine_what_they_are_joined_with() {
        let query = r#"let a = datatable(k:string)["b", "a"];
            let b = datatable(k:string, day:long)["b", 2, "b", 1, "a", 2, "b", 1];
            a | summarize arg_max(k, *) by k | join kind=inner b on k | summarize count() by k, day"#;
        for partitions in [1, 8] {
            assert_eq!(answer(query, partitions), ["a|2|1", "b|1|2", "b|2|1"], "{partitions} partitions");
        }
    }

    /// Parts of an order that are the same for all records get lost by nobody.
    #[test]
    fn constants_in_an_order_survive_joins() {
        let query = r#"let a = datatable(k:long, c:string)[2, "x", 1, "x", 2, "y"] | where c == "x";
            let b = datatable(k:long, v:long)[1, 10, 2, 20, 2, 21];
            union a | join kind=inner (union b) on k | join kind=inner (b | summarize max(v) by k) on k
            | sort by c asc, v desc | project k, c, v"#;
        for partitions in [1, 8] {
            assert_eq!(answer(query, partitions), ["2|x|21", "2|x|20", "1|x|10"], "{partitions} partitions");
        }
    }

    /// An expression that mentions the one before twice, forty times over.
    #[test]
    fn expressions_do_not_double_with_each_mention() {
        let steps = "| extend a = iff(s has 'x', array_concat(a, dynamic([1])), a)\n".repeat(40);
        let query =
            format!("print s = 'x y', a = dynamic([])\n{steps}| where array_length(a) > 0 | project array_length(a)");
        assert_eq!(answer(&query, 8), ["40"]);
    }

    #[test]
    fn parts_of_parts_are_worked_on_by_themselves() {
        let query = "datatable(k: string, v: dynamic)['a', dynamic([[1, 2], [3]]), 'b', dynamic([[4], []]), 'a', dynamic([[5]])]
            | mv-apply x = v on (mv-apply with_itemindex=i y = x to typeof(long) on (summarize s = sum(y), m = max(i))
              | summarize t = sum(s), m = max(m), c = count())";
        for partitions in [1, 8] {
            let rows: Vec<String> = answer(query, partitions).iter().map(|row| row.replace('"', "")).collect();
            assert_eq!(rows, ["a|[[1,2],[3]]|6|1|2", "b|[[4],[]]|4|0|2", "a|[[5]]|5|0|1"], "{partitions} partitions");
        }
    }

    #[test]
    fn tests_put_together_find_what_each_finds() {
        let rows = "datatable(s: string, t: string)['power shell', 'x', 'POWERSHELL.exe', '', '', 'x y', 'shell', 'zz', 'a.b', 'pow']";
        let tests = [
            "s has 'shell'",
            "s startswith 'pow'",
            "t contains 'z'",
            "s has_any ('b', 'q')",
            "s == ''",
            "s endswith '.EXE'",
        ];
        for count in 1..=tests.len() {
            let tests = &tests[..count];
            let together = answer(&format!("{rows} | where {}", tests.join(" or ")), 1);
            let names: Vec<String> = (0..count).map(|at| format!("b{at}")).collect();
            let each: Vec<String> = names.iter().zip(tests).map(|(name, test)| format!("{name} = {test}")).collect();
            let apart = format!("{rows} | extend {} | where {} | project s, t", each.join(", "), names.join(" or "));
            assert_eq!(together, answer(&apart, 1), "{tests:?}");
        }
    }

    /// Equal they may be, as texts; which comes first is not known.
    #[test]
    fn a_text_stands_in_no_order_with_a_number() {
        for (query, runs) in [
            ("datatable(s: string)['1'] | where s < 1", false),
            ("datatable(t: datetime)[] | where 'x' >= t", false),
            ("datatable(s: string, n: long)[] | where s == 1 and s < '1' and n < 1.0", true),
        ] {
            let tree = crate::syntax::parse(query).query.unwrap();
            let bound = bind(&tree, &Schemas::builtin(Dialect::Sentinel)).query.unwrap();
            assert_eq!(support::check(&bound).is_ok(), runs, "{query}");
        }
    }

    #[test]
    fn volatile_functions_give_each_record_a_value_of_its_own() {
        let query = "range i from 1 to 50 step 1 | extend g = new_guid(), r = rand() | summarize dcount(g), dcount(r)";
        assert_eq!(answer(query, 8), ["50|50"]);
    }
}
