//! From the IR to DataFusion.
//!
//! A plan becomes a [`Relation`]: a plan of DataFusion and the order of its records. What DataFusion has no operator
//! for, and what decides columns or constants, runs while the rest is lowered: its input is collected, worked on, and
//! stands in the plan as a table from then on.

mod aggregate;
mod call;
mod constant;
mod expand;
mod expr;
mod hand;
mod join;
mod operator;
mod order;
mod pack;
mod pivot;
mod plugin;
mod relation;
mod repeated;
mod scan;
mod series;
mod sort_key;
mod source;
mod texts;
mod top;
mod udf;
mod window;

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch};
use datafusion::arrow::datatypes::{Field, Schema as ArrowSchema};
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::common::{DFSchema, DataFusionError};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::{
    Expr as DfExpr, ExprFunctionExt as _, ExprSchemable as _, LogicalPlan, LogicalPlanBuilder,
};
use datafusion::physical_plan::display::DisplayableExecutionPlan;
use datafusion::physical_plan::{ExecutionPlan, collect, execute_stream};
use datafusion::prelude::SessionContext;
use futures::TryStreamExt as _;
use tokio::runtime::Handle;

use self::relation::{OrderKey, Parts, Relation, field, reference};
use super::catalog::Catalog;
use super::engine::{Answer, Options};
use super::error::EvalError;
use super::interrupt::Interrupt;
use super::output::Stream;
use crate::functions::ValueType;
use crate::ir::{Columns, Computed, Expr, Name, Op, Origin, Plan, Query, Schema, Step};
use crate::source::Span;
use crate::types::Type;

/// Lowers a query, running what has to run first.
pub(super) struct Lowering<'a> {
    context: SessionContext,
    runtime: &'a Handle,
    catalog: &'a dyn Catalog,
    options: Options,
    interrupt: Interrupt,
    /// The plans that have run, where they are to be told.
    plans: RefCell<Vec<String>>,
    /// The columns of the query, and those made on the way.
    columns: Columns,
    /// The plans that several places read, once each has run.
    shared: Vec<(Relation, Schema)>,
    /// How many fields were made that are no columns.
    hidden: usize,
    /// How many nodes a field's expression has with those of the fields it mentions put in their places.
    weights: HashMap<String, usize>,
}

/// What is shown of a relation: a plan whose first fields are the columns, or one field where there are none.
struct Shown {
    plan: LogicalPlan,
    order: Vec<OrderKey>,
    columns: Vec<(Name, Type)>,
}

/// The records of a relation in one piece, in order.
pub(super) struct Collected {
    batch: RecordBatch,
    /// The rows at which parts begin; one, 0, where there are no parts.
    starts: Vec<usize>,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(
        query: &Query,
        context: SessionContext,
        runtime: &'a Handle,
        catalog: &'a dyn Catalog,
        options: Options,
        interrupt: Interrupt,
    ) -> Self {
        let plans = RefCell::default();
        Self {
            context,
            runtime,
            catalog,
            options,
            interrupt,
            plans,
            columns: query.columns.clone(),
            shared: Vec::new(),
            hidden: 0,
            weights: HashMap::new(),
        }
    }

    /// Runs a query to the end.
    pub(super) fn run(&mut self, query: &Query) -> Result<Answer, EvalError> {
        let relation = self.query(query)?;
        self.answer(relation, query.plan.schema())
    }

    fn query(&mut self, query: &Query) -> Result<Relation, EvalError> {
        for shared in &query.shared {
            let relation = self.plan(&shared.plan, None)?;
            let relation = self.materialized(relation)?;
            self.shared.push((relation, shared.plan.schema().clone()));
        }
        self.plan(&query.plan, None)
    }

    /// Runs a query and hands its records on as they come.
    pub(super) fn stream(&mut self, query: &Query, into: &mut Stream<'_>) -> Result<Vec<String>, EvalError> {
        let relation = self.query(query)?;
        let shown = self.shown(relation, query.plan.schema())?;
        if !into.begin(shown.columns.clone()) {
            return Ok(self.plans.take());
        }
        let numbered = match shown.order.as_slice() {
            [key] if !key.descending => {
                let (_, field) = shown.plan.schema().qualified_field_with_unqualified_name(&key.field)?;
                *field.data_type() == datafusion::arrow::datatypes::DataType::Int64
            }
            _ => false,
        };
        if numbered {
            let order: Vec<_> = shown.order.iter().map(OrderKey::sort).collect();
            self.each_batch(LogicalPlanBuilder::from(shown.plan).sort(order)?.build()?, into)?;
        } else {
            into.take(&self.ordered(shown.plan, &shown.order)?);
        }
        Ok(self.plans.take())
    }

    /// Runs the relation to the end and gives the columns of the schema.
    fn answer(&self, relation: Relation, schema: &Schema) -> Result<Answer, EvalError> {
        let Shown { plan, order, columns } = self.shown(relation, schema)?;
        let shown = columns.len().max(1);
        let whole = self.ordered(plan, &order)?;
        let batch = whole.project(&(0..shown).collect::<Vec<_>>()).map_err(DataFusionError::from)?;
        Ok(Answer { columns, batches: vec![batch], plans: self.plans.take() })
    }

    /// The relation with the columns of the schema in front.
    fn shown(&self, relation: Relation, schema: &Schema) -> Result<Shown, EvalError> {
        let mut fields = Vec::new();
        let mut columns = Vec::new();
        for column in schema.iter() {
            let value = self.column(&relation, column.id);
            fields.push(value.alias(format!("r{}", fields.len())));
            columns.push((column.name.clone(), column.ty.ty));
        }
        // A result without columns still has a number of records, which a field of its own keeps.
        if fields.is_empty() {
            fields.push(datafusion::prelude::lit(true).alias("r"));
        }
        let order = relation.whole_order();
        for key in &order {
            if fields.iter().all(|field| field.schema_name().to_string() != key.field) {
                fields.push(reference(&key.field));
            }
        }
        let mut plan = LogicalPlanBuilder::from(relation.plan).project(fields)?;
        if let Some(limit) = self.options.limit {
            if !order.is_empty() {
                plan = plan.sort_with_limit(order.iter().map(OrderKey::sort), Some(limit))?;
            }
            plan = plan.limit(0, Some(limit))?;
        }
        Ok(Shown { plan: plan.build()?, order, columns })
    }

    fn execute(&self, plan: LogicalPlan) -> Result<Vec<RecordBatch>, EvalError> {
        let context = self.context.clone();
        let work = async move {
            let frame = context.execute_logical_plan(plan).await?;
            let tasks = Arc::new(frame.task_ctx());
            let plan = frame.create_physical_plan().await?;
            let batches = collect(Arc::clone(&plan), tasks).await?;
            Ok((plan, batches))
        };
        let (plan, batches) = self.runtime.block_on(self.interrupt.or(work))?;
        self.explain(&plan);
        Ok(batches)
    }

    /// Runs a plan and hands on each batch, until there is no point in going on.
    fn each_batch(&self, plan: LogicalPlan, into: &mut Stream<'_>) -> Result<(), EvalError> {
        let context = self.context.clone();
        let start = async move {
            let frame = context.execute_logical_plan(plan).await?;
            let tasks = Arc::new(frame.task_ctx());
            let plan = frame.create_physical_plan().await?;
            Ok((Arc::clone(&plan), execute_stream(plan, tasks)?))
        };
        let (plan, mut batches) = self.runtime.block_on(self.interrupt.or(start))?;
        while let Some(batch) = self.runtime.block_on(self.interrupt.or(batches.try_next()))? {
            if !into.take(&batch) {
                break;
            }
        }
        self.explain(&plan);
        Ok(())
    }

    /// Keeps a plan that has run, where it is to be told.
    fn explain(&self, plan: &Arc<dyn ExecutionPlan>) {
        if self.options.explain {
            let shown = DisplayableExecutionPlan::with_metrics(plan.as_ref()).indent(false).to_string();
            self.plans.borrow_mut().push(shown);
        }
    }

    /// Lowers a plan; `input` is what [`crate::ir::SourceKind::Input`] stands for.
    fn plan(&mut self, plan: &Plan, input: Option<Relation>) -> Result<Relation, EvalError> {
        let mut relation = self.source(&plan.source, input)?;
        for (index, step) in plan.steps.iter().enumerate() {
            relation = self.step(relation, step, plan.input_schema(index))?;
        }
        Ok(relation)
    }

    fn step(&mut self, input: Relation, step: &Step, before: &Schema) -> Result<Relation, EvalError> {
        match &step.op {
            Op::Filter(condition) => self.filter(input, condition),
            Op::Window(window) => self.time_window(input, window),
            Op::Extend(computed) => self.extend(input, computed),
            Op::Project(computed, _) => self.project(input, computed),
            Op::Summarize { keys, aggregates } => self.summarize(input, keys, aggregates),
            Op::Distinct => self.distinct(input, &step.schema),
            Op::Sort(keys) => self.sort(input, keys),
            Op::Serialize | Op::Render { .. } => Ok(input),
            Op::Take(count) => self.take(input, count),
            Op::Sample(count) => self.sample(input, count),
            Op::SampleDistinct(count, id) => self.sample_distinct(input, count, *id, before),
            Op::Join(join) => self.join(input, join, before, &step.schema),
            Op::MvExpand(expand) => self.mv_expand(input, expand, &step.schema),
            Op::MakeSeries(series) => self.make_series(input, series, step.span),
            Op::Parse(parse) => self.parse(input, parse),
            Op::ParseKv(parse) => self.parse_kv(input, parse),
            Op::Scan(scan) => self.scan(input, scan, step),
            Op::Partition(partition) => self.partition(input, partition, step.span),
            Op::TopNested(levels) => self.top_nested(input, levels),
            Op::TopHitters { count, of, by, measure } => {
                self.top_hitters(input, count, of, by.as_ref(), *measure, step.span)
            }
            Op::Evaluate(evaluate) => self.evaluate(input, evaluate, before, step),
            Op::Reduce { by, options } => self.reduce(input, by, options, before, step),
            Op::GetSchema => self.get_schema(before, &step.schema),
            Op::Consume => self.consume(input),
            Op::Fork(branches) => self.fork(input, branches, step.span),
            other => Err(EvalError::unsupported(
                format!("`{}` is not run here", super::support::operator_name(other)),
                step.span,
            )),
        }
    }

    /// A field name that nothing else has.
    fn hide(&mut self) -> String {
        self.hidden += 1;
        format!("h{}", self.hidden)
    }

    /// A column of its own, for a value made on the way.
    fn new_column(&mut self, ty: impl Into<ValueType>, span: Span) -> crate::ir::ColumnId {
        let name: Name = format!("${}", self.columns.len()).into();
        self.columns.add(name, ty, Origin::Computed, span)
    }

    /// Projects to these expressions, each with the field it goes into, and what is carried along unseen.
    fn projected(&mut self, input: Relation, fields: Vec<(String, DfExpr)>) -> Result<Relation, EvalError> {
        let mut exprs: Vec<DfExpr> = Vec::with_capacity(fields.len());
        let mut names: std::collections::HashSet<String> = std::collections::HashSet::new();
        for (name, expr) in fields {
            if names.insert(name.clone()) {
                let passed_on = matches!(&expr, DfExpr::Column(column) if column.name == name);
                exprs.push(if passed_on { expr } else { self.bounded(&name, expr, input.plan.schema())?.alias(&name) });
            }
        }
        for name in input.carried() {
            if names.insert(name.to_owned()) {
                exprs.push(reference(name));
            }
        }
        let plan = LogicalPlanBuilder::from(input.plan).project(exprs)?.build()?;
        Ok(Relation { plan, ..input })
    }

    /// What goes into a field, such that putting it in the place of the field stays bearable. The optimiser does that
    /// with conditions on the field, and where each field mentions the one before twice, what it writes doubles with
    /// every one of them.
    fn bounded(&mut self, name: &str, expr: DfExpr, schema: &DFSchema) -> Result<DfExpr, EvalError> {
        let mut weight = 0usize;
        expr.apply(|node| {
            let own = match node {
                DfExpr::Column(column) => self.weights.get(&column.name).copied().unwrap_or(1),
                _ => 1,
            };
            weight = weight.saturating_add(own);
            Ok(TreeNodeRecursion::Continue)
        })?;
        if weight <= MAX_WEIGHT {
            self.weights.insert(name.to_owned(), weight);
            return Ok(expr);
        }
        self.weights.insert(name.to_owned(), 1);
        let (ty, nullable) = (expr.get_type(schema)?, expr.nullable(schema)?);
        Ok(udf::in_place(expr, ty, nullable))
    }

    /// Adds fields to those there are.
    fn with_fields(&mut self, input: Relation, fields: Vec<(String, DfExpr)>) -> Result<Relation, EvalError> {
        let mut all: Vec<(String, DfExpr)> = input
            .plan
            .schema()
            .fields()
            .iter()
            .filter(|there| fields.iter().all(|(name, _)| name != there.name()))
            .map(|there| (there.name().clone(), reference(there.name())))
            .collect();
        all.extend(fields);
        self.projected(input, all)
    }

    fn extend(&mut self, input: Relation, computed: &[Computed]) -> Result<Relation, EvalError> {
        let (input, computed) = self.with_windows(input, computed)?;
        let mut fields = Vec::new();
        for item in computed.iter().filter(|item| !item.is_passed_on()) {
            fields.push((field(item.id), self.expr(&input, &item.expr)?));
        }
        self.with_fields(input, fields)
    }

    fn project(&mut self, input: Relation, computed: &[Computed]) -> Result<Relation, EvalError> {
        let (input, computed) = self.with_windows(input, computed)?;
        let mut fields = Vec::new();
        for item in &computed {
            if item.is_passed_on() && !input.has(&field(item.id)) {
                continue;
            }
            fields.push((field(item.id), self.expr(&input, &item.expr)?));
        }
        self.projected(input, fields)
    }

    fn filter(&mut self, input: Relation, condition: &Expr) -> Result<Relation, EvalError> {
        let id = self.new_column(condition.ty, condition.span);
        let (input, computed) = self.with_windows(input, &[Computed { id, expr: condition.clone() }])?;
        let Some(computed) = computed.first() else { return Ok(input) };
        let condition = self.condition(&input, &computed.expr)?;
        let plan = LogicalPlanBuilder::from(input.plan).filter(condition)?.build()?;
        Ok(Relation { plan, ..input })
    }

    /// The relation with one field of numbers that records are in order by: what aggregates that depend on the order,
    /// and operators that number records, are given.
    fn ranked(&mut self, input: Relation) -> Result<(Relation, String), EvalError> {
        if input.parts.is_none()
            && let [key] = input.order.as_slice()
            && !key.descending
            && input.type_of(&reference(&key.field))? == datafusion::arrow::datatypes::DataType::Int64
        {
            let name = key.field.clone();
            return Ok((input, name));
        }
        let name = self.hide();
        // Without an order there is one record at most, or one for each part.
        if input.order.is_empty() {
            let order = vec![OrderKey::ascending(name.clone())];
            let numbered = self.with_fields(input, vec![(name.clone(), datafusion::prelude::lit(0i64))])?;
            return Ok((Relation { order, ..numbered }, name));
        }
        let mut window = datafusion::functions_window::expr_fn::row_number().order_by(input.sort());
        if let Some(parts) = &input.parts {
            window = window.partition_by(vec![reference(&parts.field)]);
        }
        let number = window.build()?.alias(format!("{name}u"));
        let mut fields: Vec<DfExpr> =
            input.plan.schema().fields().iter().map(|there| reference(there.name())).collect();
        fields.push(
            datafusion::prelude::cast(reference(&format!("{name}u")), datafusion::arrow::datatypes::DataType::Int64)
                .alias(&name),
        );
        let plan = LogicalPlanBuilder::from(input.plan).window([number])?.project(fields)?.build()?;
        let order = vec![OrderKey::ascending(name.clone())];
        Ok((Relation { plan, order, parts: input.parts }, name))
    }

    /// What a plan gives, in one piece and in order.
    fn ordered(&self, plan: LogicalPlan, order: &[OrderKey]) -> Result<RecordBatch, EvalError> {
        let schema = Arc::clone(plan.schema().inner());
        let batches = self.execute(plan)?;
        let schema = batches.first().map_or(schema, RecordBatch::schema);
        Ok(order::ordered(&schema, &batches, order)?)
    }

    /// The records in one piece, in order, part by part.
    fn collect(&self, relation: &Relation) -> Result<Collected, EvalError> {
        let batch = self.ordered(relation.plan.clone(), &relation.whole_order())?;
        let starts = match &relation.parts {
            Some(parts) => starts(batch.column_by_name(&parts.field)),
            None => vec![0],
        };
        Ok(Collected { batch, starts })
    }

    /// The relation that these arrays are, in the order they have.
    fn table(
        &mut self,
        fields: Vec<(String, ArrayRef)>,
        rows: usize,
        parts: Option<Parts>,
    ) -> Result<Relation, EvalError> {
        let ordinal = self.hide();
        let count = i64::try_from(rows).unwrap_or(i64::MAX);
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..count));
        let fields: Vec<(String, ArrayRef)> =
            fields.into_iter().chain(std::iter::once((ordinal.clone(), numbers))).collect();
        let schema = Arc::new(ArrowSchema::new(
            fields
                .iter()
                .map(|(name, array)| {
                    // A hidden key behind an outer join may be null, though it is text.
                    let is_text = *array.data_type() == datafusion::arrow::datatypes::DataType::Utf8View;
                    let nullable = *name != ordinal && (!is_text || array.null_count() > 0);
                    Field::new(name, array.data_type().clone(), nullable)
                })
                .collect::<Vec<_>>(),
        ));
        let arrays = fields.into_iter().map(|(_, array)| array).collect();
        let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(DataFusionError::from)?;
        let batches =
            (0..rows).step_by(BATCH_ROWS).map(|start| batch.slice(start, BATCH_ROWS.min(rows - start))).collect();
        let provider = Arc::new(MemTable::try_new(schema, vec![batches])?);
        let plan = LogicalPlanBuilder::scan("t", provider_as_source(provider), None)?.build()?;
        let plan = unqualified(plan)?;
        Ok(Relation { plan, order: vec![OrderKey::ascending(ordinal)], parts })
    }

    /// The relation after it has run: a table in memory.
    fn materialized(&mut self, relation: Relation) -> Result<Relation, EvalError> {
        let Collected { batch, .. } = self.collect(&relation)?;
        let keep = |name: &String| relation.order.iter().all(|key| key.field != *name) || name.starts_with('c');
        let fields = batch
            .schema()
            .fields()
            .iter()
            .zip(batch.columns())
            .filter(|(there, _)| keep(there.name()))
            .map(|(there, array)| (there.name().clone(), Arc::clone(array)))
            .collect();
        self.table(fields, batch.num_rows(), relation.parts)
    }
}

/// The weight from which the expression of a field is not put in the field's place any more.
const MAX_WEIGHT: usize = 500;

/// How many rows a batch of a table in memory has.
const BATCH_ROWS: usize = 8192;

/// The rows at which a column, whose equal values stand together, changes.
fn starts(column: Option<&ArrayRef>) -> Vec<usize> {
    let Some(column) = column.filter(|column| !column.is_empty()) else { return Vec::new() };
    match datafusion::arrow::compute::partition(&[Arc::clone(column)]) {
        Ok(parts) => parts.ranges().into_iter().map(|range| range.start).collect(),
        Err(_) => vec![0],
    }
}

/// The plan with its fields stripped of the name of the table they are from.
fn unqualified(plan: LogicalPlan) -> Result<LogicalPlan, EvalError> {
    let exprs: Vec<DfExpr> = plan
        .schema()
        .columns()
        .into_iter()
        .map(|column| {
            let name = column.name.clone();
            DfExpr::Column(column).alias(name)
        })
        .collect();
    Ok(LogicalPlanBuilder::from(plan).project(exprs)?.build()?)
}

/// The schema of no fields.
fn no_schema() -> DFSchema {
    DFSchema::empty()
}
