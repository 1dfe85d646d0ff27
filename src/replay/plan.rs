//! Plans, step by step.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::commands;
use super::matching::Needle;
use super::record::{Fields, Layout, Record, Reshape, Table};
use super::regex::Regexes;
use super::set::Set;
use super::world::{World, fits, in_pattern, wild};
use super::{Answer, Cell, Refusal, Row, Run};
use crate::ir::{
    Bound, Bounds, ColumnId, Computed, Expr, Op, Origin, Plan, Query, Rest, Schema, Source, SourceKind, Step, Window,
};
use crate::source::Span;
use crate::types::Type;

/// How many records a step may give: a join that goes wild ends here rather than with the memory.
pub(super) const MOST_RECORDS: usize = 1_000_000;

/// A query being run.
pub(super) struct Machine<'q> {
    pub(super) query: &'q Query,
    pub(super) world: &'q World,
    pub(super) regexes: Regexes,
    shared: RefCell<HashMap<u32, Rc<Table>>>,
    /// What plans inside expressions gave, by their address in the query.
    inner: RefCell<HashMap<usize, Rc<Table>>>,
    /// Sets and needles that are the same for all records, by the addresses of their nodes in the query.
    pub(super) sets: RefCell<HashMap<usize, Rc<Set>>>,
    pub(super) needles: RefCell<HashMap<usize, Rc<Needle>>>,
}

impl<'q> Machine<'q> {
    pub(super) fn new(query: &'q Query, world: &'q World) -> Self {
        Self {
            query,
            world,
            regexes: Regexes::default(),
            shared: RefCell::default(),
            inner: RefCell::default(),
            sets: RefCell::default(),
            needles: RefCell::default(),
        }
    }

    /// Runs the whole query.
    pub(super) fn answer(&self) -> Run<Answer> {
        let table = self.plan(&self.query.plan, None)?;
        let schema = &table.layout.schema;
        let columns = schema.iter().map(|column| (column.name.clone(), column.id)).collect();
        let row = |record: Record| {
            let mut fields: Fields = schema.iter().map(|column| column.name.clone()).zip(record.cells).collect();
            fields.extend(record.rest.iter().filter(|(_, cell)| !cell.is_null()).cloned());
            Row { fields, events: record.events.to_vec() }
        };
        Ok(Answer { columns, rows: table.records.into_iter().map(row).collect() })
    }

    /// Runs a plan; `input` is what its source [`SourceKind::Input`] stands for.
    pub(super) fn plan(&self, plan: &Plan, input: Option<&Table>) -> Run<Table> {
        let mut table = self.source(&plan.source, input)?;
        for step in &plan.steps {
            table = self.step(step, table)?;
            if table.records.len() > MOST_RECORDS {
                return Err(Refusal::new(step.span, format!("this gives more than {MOST_RECORDS} records")));
            }
        }
        Ok(table)
    }

    fn source(&self, source: &Source, input: Option<&Table>) -> Run<Table> {
        match &source.kind {
            SourceKind::Table { name, .. } => Ok(self.events(&source.schema, |event| event.place.index == *name)),
            SourceKind::Tables(pattern) => {
                Ok(self.events(&source.schema, |event| in_pattern(pattern, &event.place.index)))
            }
            SourceKind::LogSource(asked) => {
                Ok(self.events(&source.schema, |event| fits(asked, event.place.log_source.as_ref())))
            }
            SourceKind::Unit => {
                let record = Record { cells: Vec::new(), rest: Rc::default(), events: Rc::from([]) };
                Ok(Self::reshaped(&Layout::of(&Schema::default()), &source.schema, vec![record]))
            }
            SourceKind::Input => match input {
                Some(table) => Ok(table.clone()),
                None => Err(Refusal::new(source.span, "this plan is given no records")),
            },
            SourceKind::Rows(rows) => {
                let width = source.schema.len();
                let cells = |row: &Vec<crate::ir::Value>| -> Vec<Cell> {
                    row.iter().map(Cell::from).chain(std::iter::repeat(Cell::Null)).take(width).collect()
                };
                let records =
                    rows.iter().map(|row| Record { cells: cells(row), rest: Rc::default(), events: Rc::from([]) });
                Ok(Table { layout: Rc::new(Layout::of(&source.schema)), records: records.collect() })
            }
            SourceKind::Shared(id, twins) => {
                let table = self.shared(id.0, source.span)?;
                let made: Vec<ColumnId> = twins.iter().map(|(twin, _)| *twin).collect();
                let reshape = Reshape::new(&table.layout, &source.schema, &made);
                let at: Vec<Option<usize>> = twins.iter().map(|(_, old)| table.layout.position(*old)).collect();
                let records = table.records.iter().map(|record| {
                    let cells: Vec<Cell> =
                        at.iter().map(|at| at.map_or(Cell::Null, |at| record.cells[at].clone())).collect();
                    reshape.apply(record.clone(), &cells)
                });
                Ok(Table { records: records.collect(), layout: reshape.layout.clone() })
            }
            SourceKind::Union(union) => self.union(union, &source.schema, input),
            SourceKind::Range { .. } => Err(Refusal::new(source.span, "`range` is not replayed")),
            SourceKind::External(_) => Err(Refusal::new(source.span, "data from an address is not at hand")),
            SourceKind::Call(call) => {
                Err(Refusal::new(source.span, format!("the body of `{}` is not at hand", call.name)))
            }
            SourceKind::Evaluate(call) => {
                Err(Refusal::new(source.span, format!("the plugin `{}` is not replayed", call.name)))
            }
            SourceKind::Foreign(step) => commands::source(self, step, &source.schema, source.span),
            SourceKind::Correlated(node) => self.correlated(node, &source.schema, source.span),
        }
    }

    /// The events for which a test holds. Splunk hands them on newest first, all others as they came in.
    fn events(&self, schema: &Schema, test: impl Fn(&super::Event) -> bool) -> Table {
        let layout = Layout::of(schema);
        let of_splunk = |column: &crate::ir::Column| {
            &*column.name == "_time"
                && matches!(&self.query.columns[column.id].origin, Origin::Table(table) if **table == *"events")
        };
        let newest_first = schema.iter().position(of_splunk);
        let stored = |cell: &Cell| if newest_first.is_some() { in_splunk(cell) } else { cell.clone() };
        let mut records: Vec<Record> = Vec::new();
        for event in self.world.events.iter().filter(|event| test(event)) {
            let mut cells = vec![Cell::Null; layout.schema.len()];
            let mut rest = Fields::new();
            for (name, cell) in &event.fields {
                match layout.schema.position(name) {
                    Some(at) => cells[at] = as_declared(stored(cell), &layout, at),
                    None if schema.open => rest.push((name.clone(), stored(cell))),
                    None => {}
                }
            }
            records.push(Record { cells, rest: Rc::new(rest), events: Rc::from([event.id]) });
        }
        if let Some(time) = newest_first {
            records.sort_by_cached_key(|record| std::cmp::Reverse(record.cells[time].as_time()));
        }
        Table { layout: Rc::new(layout), records }
    }

    /// Records under another schema, nothing computed.
    pub(super) fn reshaped(input: &Layout, schema: &Schema, records: Vec<Record>) -> Table {
        let reshape = Reshape::new(input, schema, &[]);
        let records = records.into_iter().map(|record| reshape.apply(record, &[])).collect();
        Table { records, layout: reshape.layout }
    }

    fn shared(&self, id: u32, span: Span) -> Run<Rc<Table>> {
        if let Some(table) = self.shared.borrow().get(&id) {
            return Ok(table.clone());
        }
        let Some(shared) = self.query.shared.get(id as usize) else {
            return Err(Refusal::new(span, "the plan that is read here is not in the query"));
        };
        let table = Rc::new(self.plan(&shared.plan, None)?);
        self.shared.borrow_mut().insert(id, table.clone());
        Ok(table)
    }

    /// What a plan inside an expression gives; it refers to nothing outside, so once is enough.
    pub(super) fn inner(&self, plan: &Plan) -> Run<Rc<Table>> {
        let address = std::ptr::from_ref(plan).addr();
        if let Some(table) = self.inner.borrow().get(&address) {
            return Ok(table.clone());
        }
        let table = Rc::new(self.plan(plan, None)?);
        self.inner.borrow_mut().insert(address, table.clone());
        Ok(table)
    }

    fn step(&self, step: &Step, input: Table) -> Run<Table> {
        match &step.op {
            Op::Filter(condition) => self.filter(condition, input),
            Op::Window(window) => Ok(self.window(window, input)),
            Op::Extend(items) => self.extend(items, &step.schema, input),
            Op::Project(items, rest) => self.project(items, rest, &step.schema, input),
            Op::Summarize { keys, aggregates } => self.summarize(keys, aggregates, &step.schema, &input),
            Op::Distinct => Ok(Self::distinct(input)),
            Op::Sort(keys) => self.sorted(keys, input),
            Op::Take(count) => self.take(count, input),
            Op::Join(join) => self.join(join, &step.schema, &input, step.span),
            Op::MvExpand(expand) => self.expand(expand, &step.schema, input),
            Op::Scan(scan) => self.scan(scan, &step.schema, input),
            Op::Partition(partition) => self.partition(partition, &step.schema, &input),
            Op::Statistics(statistics) => self.statistics(statistics, &step.schema, input),
            Op::Foreign(foreign) => commands::step(self, foreign, &step.schema, input, step.span),
            Op::Serialize | Op::Render { .. } => Ok(input),
            op => Err(Refusal::new(step.span, format!("{} is not replayed", name(op)))),
        }
    }

    fn filter(&self, condition: &Expr, mut input: Table) -> Run<Table> {
        let layout = input.layout.clone();
        let mut kept = Vec::with_capacity(input.records.len());
        for record in input.records {
            if self.condition(condition, &layout, &record)? == Some(true) {
                kept.push(record);
            }
        }
        input.records = kept;
        Ok(input)
    }

    fn window(&self, window: &Window, mut input: Table) -> Table {
        let layout = input.layout.clone();
        let at = layout.position(window.column);
        input.records.retain(|record| {
            at.and_then(|at| record.cells[at].as_time()).is_some_and(|time| within(window.bounds, time, self.world.now))
        });
        input
    }

    /// The value of an expression that reads no column.
    pub(super) fn constant(&self, expr: &Expr) -> Run<Cell> {
        let record = Record { cells: Vec::new(), rest: Rc::default(), events: Rc::from([]) };
        self.value(expr, &Layout::of(&Schema::default()), &record)
    }

    /// The values of computed columns in a record.
    pub(super) fn computed(&self, items: &[Computed], layout: &Layout, record: &Record) -> Run<Vec<Cell>> {
        items.iter().map(|item| self.value(&item.expr, layout, record)).collect()
    }

    fn extend(&self, items: &[Computed], schema: &Schema, input: Table) -> Run<Table> {
        let ids: Vec<ColumnId> = items.iter().map(|item| item.id).collect();
        let reshape = Reshape::new(&input.layout, schema, &ids);
        let mut records = Vec::with_capacity(input.records.len());
        for record in input.records {
            let made = self.computed(items, &input.layout, &record)?;
            records.push(reshape.apply(record, &made));
        }
        Ok(Table { records, layout: reshape.layout })
    }

    fn project(&self, items: &[Computed], rest: &Rest, schema: &Schema, input: Table) -> Run<Table> {
        let mut table = self.extend(items, schema, input)?;
        let keeps = |name: &str| match rest {
            Rest::Drop => false,
            Rest::KeepBut(patterns) => !patterns.iter().any(|pattern| wild(pattern, name)),
            Rest::KeepOnly(patterns) => patterns.iter().any(|pattern| wild(pattern, name)),
        };
        for record in &mut table.records {
            if record.rest.iter().any(|(name, _)| !keeps(name)) {
                Rc::make_mut(&mut record.rest).retain(|(name, _)| keeps(name));
            }
        }
        Ok(table)
    }
}

/// The value of a field; what a plan knows to be an instant is one, however the event writes it.
fn as_declared(cell: Cell, layout: &Layout, at: usize) -> Cell {
    match &cell {
        Cell::Text(_) if layout.schema.at(at).is_some_and(|column| column.ty.ty == Type::DateTime) => {
            cell.as_time().map_or(cell, Cell::Time)
        }
        _ => cell,
    }
}

/// A value as a field of Splunk holds it: no field is true or false, an event says so as text.
fn in_splunk(cell: &Cell) -> Cell {
    match cell {
        Cell::Bool(value) => Cell::from(if *value { "true" } else { "false" }),
        Cell::List(values) => Cell::List(values.iter().map(in_splunk).collect()),
        other => other.clone(),
    }
}

/// Whether an instant lies in a stretch of time.
fn within(bounds: Bounds, time: i64, now: i64) -> bool {
    let instant = |bound: Bound| match bound {
        Bound::Instant(ticks) => ticks,
        Bound::FromNow(ticks) => now.saturating_add(ticks),
    };
    let from = bounds.from.is_none_or(|(bound, included)| {
        let bound = instant(bound);
        time > bound || (included && time == bound)
    });
    let to = bounds.to.is_none_or(|(bound, included)| {
        let bound = instant(bound);
        time < bound || (included && time == bound)
    });
    from && to
}

/// What an operation is called where it is refused.
pub(super) fn name(op: &Op) -> String {
    match op {
        Op::Foreign(step) => step.command.to_string(),
        Op::Evaluate(call) => format!("the plugin `{}`", call.name),
        Op::Invoke(call) => format!("the function `{}`", call.name),
        Op::Opaque(name) => format!("the operator `{name}`"),
        op => match op.name() {
            Some(name) => format!("the operator `{name}`"),
            None => "this step".to_owned(),
        },
    }
}
