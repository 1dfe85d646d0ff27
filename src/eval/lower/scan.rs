//! `scan`: goes over the records in order, and matches each against steps whose conditions may look at the records that
//! fulfilled the steps before.
//!
//! What a condition or an assignment says of the record alone is computed for all records first; what looks at the state
//! is evaluated record by record.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, Int64Array, RecordBatch, UInt64Array};
use datafusion::arrow::compute::{concat, take};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::DataFusionError;

use super::constant::value_error;
use super::expr::cast_to;
use super::hand::Compiled;
use super::relation::{Relation, field};
use super::{Collected, Lowering, constant};
use crate::eval::arrays::{data_type, from_cells};
use crate::eval::cell::Cell;
use crate::eval::error::EvalError;
use crate::eval::kernels::cast::cast;
use crate::eval::plugins::Groups;
use crate::ir::{ColumnId, Expr, ExprKind, Scan, ScanOutput, ScanStep, Step};
use crate::types::Type;

/// A column that steps assign.
struct Declared {
    id: ColumnId,
    ty: Type,
    /// What it holds before, as one row.
    initial: ArrayRef,
}

/// Where a column of the record that fulfilled a step is found.
#[derive(Clone, Copy, Debug)]
enum Kept {
    /// A column of the input.
    Input(usize),
    /// A column that steps assign.
    Declared(usize),
}

/// Where the value of a column stands that an expression reads.
enum Place {
    /// In the record at hand.
    Record(usize),
    /// In the record that last fulfilled a step.
    State { step: usize, kept: Kept, empty: ArrayRef },
}

/// An expression that looks at the state.
struct Reading {
    compiled: Compiled,
    places: Vec<Place>,
}

/// What is assigned.
enum Assigned {
    /// The value is there for all records.
    Ready(usize),
    /// It depends on the state.
    Reading(Reading),
}

/// A step, ready to run; numbers are those of columns of the records at hand.
struct Ready {
    output: ScanOutput,
    /// What the condition says of the record alone.
    plain: Vec<usize>,
    /// What it says of the state.
    readings: Vec<Reading>,
    assignments: Vec<(usize, Assigned)>,
}

/// A record that fulfilled a step.
struct Record {
    row: usize,
    declared: Vec<ArrayRef>,
}

/// The state of a step: the records that last fulfilled it and the steps before.
struct State {
    run: i64,
    records: Vec<Rc<Record>>,
}

/// A record that is given.
struct Given {
    step: usize,
    run: i64,
    record: Rc<Record>,
}

/// What is known while the records of one partition are gone over.
#[derive(Default)]
struct Progress {
    states: Vec<Option<State>>,
    /// For a step that gives the last record of a run: that record so far.
    pending: Vec<Option<Given>>,
    runs: i64,
}

/// The records, and what does not change while they are gone over.
struct Records<'r> {
    batch: &'r RecordBatch,
    declared: &'r [Declared],
}

impl Records<'_> {
    fn value(&self, reading: &Reading, row: usize, state: Option<&State>) -> Result<ArrayRef, EvalError> {
        let arrays = reading.places.iter().map(|place| match place {
            Place::Record(column) => self.batch.column(*column).slice(row, 1),
            Place::State { step, kept, empty } => {
                let record = state.and_then(|state| state.records.get(*step));
                match (record, kept) {
                    (Some(record), Kept::Input(column)) => self.batch.column(*column).slice(record.row, 1),
                    (Some(record), Kept::Declared(index)) => {
                        record.declared.get(*index).map_or_else(|| Arc::clone(empty), Arc::clone)
                    }
                    (None, _) => Arc::clone(empty),
                }
            }
        });
        reading.compiled.evaluate(arrays.collect(), 1)
    }

    /// Whether a record fulfils a step in a state.
    fn fulfils(&self, step: &Ready, row: usize, state: Option<&State>) -> Result<bool, EvalError> {
        if !step.plain.iter().all(|column| is_true(self.batch.column(*column), row)) {
            return Ok(false);
        }
        for reading in &step.readings {
            if !is_true(&self.value(reading, row, state)?, 0) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The record with what the step assigns.
    fn extended(&self, step: &Ready, row: usize, state: Option<&State>) -> Result<Rc<Record>, EvalError> {
        let mut declared: Vec<ArrayRef> = self.declared.iter().map(|one| Arc::clone(&one.initial)).collect();
        for (index, assigned) in &step.assignments {
            let value = match assigned {
                Assigned::Ready(column) => self.batch.column(*column).slice(row, 1),
                Assigned::Reading(reading) => self.value(reading, row, state)?,
            };
            if let Some(place) = declared.get_mut(*index) {
                *place = value;
            }
        }
        Ok(Rc::new(Record { row, declared }))
    }
}

fn is_true(array: &ArrayRef, row: usize) -> bool {
    array.as_boolean_opt().is_some_and(|array| array.is_valid(row) && array.value(row))
}

impl Progress {
    fn new(steps: usize) -> Self {
        Self {
            states: std::iter::repeat_with(|| None).take(steps).collect(),
            pending: std::iter::repeat_with(|| None).take(steps).collect(),
            runs: 0,
        }
    }

    /// Matches a record against each step, from the last to the first.
    fn advance(
        &mut self,
        records: &Records<'_>,
        steps: &[Ready],
        row: usize,
        given: &mut Vec<Given>,
    ) -> Result<(), EvalError> {
        for (index, step) in steps.iter().enumerate().rev() {
            let before = index.checked_sub(1);
            if let Some(before) = before
                && self.states[before].is_some()
                && records.fulfils(step, row, self.states[before].as_ref())?
            {
                // The run moves on from the step before.
                given.extend(self.pending[before].take());
                given.extend(self.pending[index].take());
                if let Some(mut state) = self.states[before].take() {
                    let record = records.extended(step, row, Some(&state))?;
                    state.records.push(Rc::clone(&record));
                    let run = state.run;
                    self.states[index] = Some(state);
                    self.give(step.output, Given { step: index, run, record }, given);
                }
                continue;
            }
            let state = self.states[index].as_ref();
            if (before.is_none() || state.is_some()) && records.fulfils(step, row, state)? {
                let record = records.extended(step, row, state)?;
                let run = match &mut self.states[index] {
                    Some(state) => {
                        if let Some(last) = state.records.get_mut(index) {
                            *last = Rc::clone(&record);
                        }
                        state.run
                    }
                    none => {
                        let run = self.runs;
                        self.runs += 1;
                        *none = Some(State { run, records: vec![Rc::clone(&record)] });
                        run
                    }
                };
                self.give(step.output, Given { step: index, run, record }, given);
            }
        }
        Ok(())
    }

    fn give(&mut self, output: ScanOutput, one: Given, given: &mut Vec<Given>) {
        match output {
            ScanOutput::All => given.push(one),
            ScanOutput::Last => {
                let step = one.step;
                self.pending[step] = Some(one);
            }
            ScanOutput::None => {}
        }
    }
}

/// The columns that expressions of steps read.
struct Names<'n> {
    /// The columns of the records at hand by the fields they are in.
    fields: HashMap<&'n str, usize>,
    /// The columns through which steps read the state: the step, and the column of its record.
    state: HashMap<ColumnId, (usize, ColumnId)>,
    declared: &'n [Declared],
}

impl Lowering<'_> {
    /// `scan`. The result is in the order of the input; what several steps give of one record, the last step first.
    pub(super) fn scan(&mut self, input: Relation, scan: &Scan, step: &Step) -> Result<Relation, EvalError> {
        let input = if scan.order.is_empty() { input } else { self.sort(input, &scan.order)? };
        let declared = self.declared(scan)?;
        // A declared column holds its default while nothing is assigned.
        let mut fields = Vec::new();
        for one in &declared {
            let initial = crate::eval::arrays::Cells::new(one.initial.as_ref(), one.ty)?.get(0);
            let initial = datafusion::prelude::lit(constant::cell_scalar(&initial, one.ty));
            fields.push((field(one.id), initial));
        }
        let mut input = self.with_fields(input, fields)?;
        let mut keys: Vec<String> = input.parts.iter().map(|parts| parts.field.clone()).collect();
        let mut fields = Vec::new();
        for key in &scan.partition {
            let name = self.hide();
            fields.push((name.clone(), self.expr(&input, key)?));
            keys.push(name);
        }
        // What does not look at the state is a field of its own.
        let state: HashSet<ColumnId> = scan.steps.iter().flat_map(|step| &step.state).map(|(read, _)| *read).collect();
        let mut plain: Vec<Plain> = Vec::new();
        for one in &scan.steps {
            self.check_assignments(one)?;
            plain.push(self.plain(&input, one, &declared, &state, &mut fields)?);
        }
        input = self.with_fields(input, fields)?;
        let Collected { batch, .. } = self.collect(&input)?;
        let steps = self.ready(scan, plain, &batch, &declared)?;
        let arrays: Vec<ArrayRef> = keys.iter().filter_map(|name| batch.column_by_name(name).map(Arc::clone)).collect();
        let partitions = Groups::new(&arrays, batch.num_rows())?;
        let mut progress: Vec<Progress> = (0..partitions.len()).map(|_| Progress::new(steps.len())).collect();
        let mut given = Vec::new();
        let records = Records { batch: &batch, declared: &declared };
        for (row, partition) in partitions.of.iter().enumerate() {
            if let Some(progress) = progress.get_mut(*partition) {
                progress.advance(&records, &steps, row, &mut given)?;
            }
        }
        given.extend(progress.iter_mut().flat_map(|progress| &mut progress.pending).filter_map(Option::take));
        given.sort_by_key(|one| (one.record.row, std::cmp::Reverse(one.step)));
        self.given(&input, scan, step, &batch, &declared, &given)
    }

    fn declared(&mut self, scan: &Scan) -> Result<Vec<Declared>, EvalError> {
        let mut declared = Vec::with_capacity(scan.declared.len());
        for (id, initial) in &scan.declared {
            let ty = self.columns[*id].ty.ty;
            let initial = match initial {
                Some(initial) => cast(&self.constant(initial)?, ty).into_owned(),
                None => Cell::Null,
            };
            declared.push(Declared { id: *id, ty, initial: from_cells(ty, [initial])? });
        }
        Ok(declared)
    }

    /// An assignment that reads a column which its step assigns too could mean the value before or after.
    fn check_assignments(&self, step: &ScanStep) -> Result<(), EvalError> {
        let assigned: HashSet<ColumnId> = step.assignments.iter().map(|(id, _)| *id).collect();
        for (_, value) in &step.assignments {
            let mut clash = None;
            value.for_each_column(&mut |id| clash = clash.or(assigned.contains(&id).then_some(id)));
            if let Some(id) = clash {
                let name = &self.columns[id].name;
                let what = format!(
                    "`{name}` is read and assigned in one step of `scan`; write `{}.{name}` for the value before",
                    step.name
                );
                return Err(EvalError::unsupported(what, value.span));
            }
        }
        Ok(())
    }
}

/// What of a step does not look at the state, by the fields that hold it.
struct Plain {
    conditions: Vec<String>,
    /// The parts of the condition that look at the state.
    readings: Vec<Expr>,
    assignments: Vec<Option<String>>,
}

/// The terms that must all be true.
fn terms(condition: &Expr) -> &[Expr] {
    match &condition.kind {
        ExprKind::And(terms) => terms,
        _ => std::slice::from_ref(condition),
    }
}

fn reads_any(expr: &Expr, columns: &HashSet<ColumnId>) -> bool {
    let mut reads = false;
    expr.for_each_column(&mut |id| reads |= columns.contains(&id));
    reads
}

impl Lowering<'_> {
    fn plain(
        &mut self,
        input: &Relation,
        step: &ScanStep,
        declared: &[Declared],
        state: &HashSet<ColumnId>,
        fields: &mut Vec<(String, datafusion::logical_expr::Expr)>,
    ) -> Result<Plain, EvalError> {
        let mut plain = Plain { conditions: Vec::new(), readings: Vec::new(), assignments: Vec::new() };
        for term in terms(&step.condition) {
            if reads_any(term, state) {
                plain.readings.push(term.clone());
            } else {
                let name = self.hide();
                fields.push((name.clone(), self.condition(input, term)?));
                plain.conditions.push(name);
            }
        }
        for (id, value) in &step.assignments {
            plain.assignments.push(if reads_any(value, state) {
                None
            } else {
                let ty = declared.iter().find(|one| one.id == *id).map_or(value.ty.ty, |one| one.ty);
                let name = self.hide();
                fields.push((name.clone(), cast_to(self.expr(input, value)?, value.ty.ty, ty)));
                Some(name)
            });
        }
        Ok(plain)
    }

    fn ready(
        &mut self,
        scan: &Scan,
        plain: Vec<Plain>,
        batch: &RecordBatch,
        declared: &[Declared],
    ) -> Result<Vec<Ready>, EvalError> {
        let schema = batch.schema();
        let fields = schema.fields().iter().enumerate().map(|(index, field)| (field.name().as_str(), index)).collect();
        let state = scan
            .steps
            .iter()
            .enumerate()
            .flat_map(|(index, step)| step.state.iter().map(move |(read, column)| (*read, (index, *column))));
        let names = Names { fields, state: state.collect(), declared };
        let mut steps = Vec::with_capacity(scan.steps.len());
        for (step, plain) in scan.steps.iter().zip(plain) {
            let mut ready =
                Ready { output: step.output, plain: Vec::new(), readings: Vec::new(), assignments: Vec::new() };
            ready.plain.extend(plain.conditions.iter().filter_map(|name| names.fields.get(name.as_str()).copied()));
            for term in &plain.readings {
                ready.readings.push(self.reading(term, Type::Bool, batch, &names)?);
            }
            for ((id, value), field) in step.assignments.iter().zip(&plain.assignments) {
                let Some(index) = declared.iter().position(|one| one.id == *id) else {
                    let what = format!("`{}` is not declared by this `scan`", self.columns[*id].name);
                    return Err(value_error(what, value.span));
                };
                let there = field.as_ref().and_then(|field| names.fields.get(field.as_str()).copied());
                let assigned = if let Some(column) = there {
                    Assigned::Ready(column)
                } else {
                    let ty = declared.get(index).map_or(value.ty.ty, |one| one.ty);
                    Assigned::Reading(self.reading(value, ty, batch, &names)?)
                };
                ready.assignments.push((index, assigned));
            }
            steps.push(ready);
        }
        Ok(steps)
    }

    fn reading(&mut self, expr: &Expr, to: Type, batch: &RecordBatch, names: &Names<'_>) -> Result<Reading, EvalError> {
        let mut ids: Vec<ColumnId> = Vec::new();
        expr.for_each_column(&mut |id| {
            if !ids.contains(&id) {
                ids.push(id);
            }
        });
        let mut fields: Vec<(String, DataType)> = Vec::new();
        let mut places = Vec::new();
        for id in ids {
            let ty = self.columns[id].ty.ty;
            let place = match names.state.get(&id) {
                Some((step, column)) => {
                    let declared = names.declared.iter().position(|one| one.id == *column);
                    let kept = match (declared, names.fields.get(field(*column).as_str())) {
                        (Some(index), _) => Kept::Declared(index),
                        (None, Some(column)) => Kept::Input(*column),
                        // A column that only an open schema promised.
                        (None, None) => continue,
                    };
                    let empty = match declared.and_then(|index| names.declared.get(index)) {
                        Some(one) => Arc::clone(&one.initial),
                        None => from_cells(ty, [Cell::Null])?,
                    };
                    Place::State { step: *step, kept, empty }
                }
                None => match names.fields.get(field(id).as_str()) {
                    Some(column) => Place::Record(*column),
                    None => continue,
                },
            };
            let there = match &place {
                Place::Record(column) | Place::State { kept: Kept::Input(column), .. } => {
                    batch.column(*column).data_type().clone()
                }
                Place::State { .. } => data_type(ty),
            };
            fields.push((field(id), there));
            places.push(place);
        }
        Ok(Reading { compiled: self.compiled(&fields, expr, to)?, places })
    }

    fn given(
        &mut self,
        input: &Relation,
        scan: &Scan,
        step: &Step,
        batch: &RecordBatch,
        declared: &[Declared],
        given: &[Given],
    ) -> Result<Relation, EvalError> {
        let rows = UInt64Array::from_iter_values(given.iter().map(|one| one.record.row as u64));
        let mut fields: Vec<(String, ArrayRef)> = Vec::new();
        let parts = input.parts.iter().map(|parts| parts.field.clone());
        let columns = step.schema.iter().map(|column| field(column.id));
        for name in columns.chain(parts) {
            if declared.iter().any(|one| field(one.id) == name) {
                continue;
            }
            if let Some(array) = batch.column_by_name(&name) {
                fields.push((name, take(array, &rows, None).map_err(DataFusionError::from)?));
            }
        }
        for (index, one) in declared.iter().enumerate() {
            let arrays: Vec<&dyn datafusion::arrow::array::Array> =
                given.iter().filter_map(|given| given.record.declared.get(index).map(AsRef::as_ref)).collect();
            let array = match arrays.as_slice() {
                [] => from_cells(one.ty, [])?,
                arrays => concat(arrays).map_err(DataFusionError::from)?,
            };
            fields.push((field(one.id), array));
        }
        if let Some(id) = scan.match_id {
            fields.push((field(id), Arc::new(Int64Array::from_iter_values(given.iter().map(|one| one.run)))));
        }
        self.table(fields, given.len(), input.parts.clone())
    }
}
