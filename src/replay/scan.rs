//! `scan`: runs of records that fulfil steps one after the other.
//!
//! Each record is held against the steps from the last to the first. One that fulfils a step moves the run that stands
//! at the step before on to this one, in the place of whatever run stood there; else it takes the place of the record
//! that last fulfilled this step; at the first step it begins a run. A record that is given was made of the events of
//! all records of its run so far.

use std::collections::HashMap;
use std::rc::Rc;

use super::cell::Key;
use super::expr::Scope;
use super::plan::Machine;
use super::record::{Layout, Record, Reshape, Table, merged};
use super::{Cell, Run};
use crate::ir::{ColumnId, Expr, Scan, ScanOutput, ScanStep, Schema};

/// A record that fulfilled a step, with what steps assigned.
#[derive(Clone)]
struct Fulfilled {
    record: usize,
    assigned: Rc<Vec<Cell>>,
}

/// A run that stands at a step: the records that last fulfilled it and the steps before.
struct State {
    run: i64,
    records: Vec<Fulfilled>,
}

/// A record that is given.
struct Given {
    step: usize,
    run: i64,
    fulfilled: Fulfilled,
    events: Rc<[u32]>,
}

/// How far one part has come.
#[derive(Default)]
struct Progress {
    states: Vec<Option<State>>,
    /// For a step that gives the last record of a run: that record so far.
    pending: Vec<Option<Given>>,
    runs: i64,
}

/// What does not change while the records are gone over.
struct Matcher<'m> {
    machine: &'m Machine<'m>,
    scan: &'m Scan,
    input: &'m Table,
    initial: Rc<Vec<Cell>>,
}

impl Machine<'_> {
    /// `scan`
    pub(super) fn scan(&self, scan: &Scan, schema: &Schema, input: Table) -> Run<Table> {
        let input = if scan.order.is_empty() { input } else { self.sorted(&scan.order, input)? };
        let empty = Record { cells: Vec::new(), rest: Rc::default(), events: Rc::from([]) };
        let nowhere = Layout::of(&Schema::default());
        let initial = scan.declared.iter().map(|(_, value)| match value {
            Some(value) => self.value(value, &nowhere, &empty),
            None => Ok(Cell::Null),
        });
        let initial: Run<Vec<Cell>> = initial.collect();
        let matcher = Matcher { machine: self, scan, input: &input, initial: Rc::new(initial?) };
        let mut parts: HashMap<Vec<Key>, usize> = HashMap::new();
        let mut all: Vec<Progress> = Vec::new();
        let mut given = Vec::new();
        for (index, record) in input.records.iter().enumerate() {
            let mut key = Vec::with_capacity(scan.partition.len());
            for expr in &scan.partition {
                key.push(self.value(expr, &input.layout, record)?.key());
            }
            let part = *parts.entry(key).or_insert_with(|| {
                all.push(Progress::new(scan.steps.len()));
                all.len() - 1
            });
            matcher.advance(&mut all[part], index, &mut given)?;
        }
        given.extend(all.iter_mut().flat_map(|progress| &mut progress.pending).filter_map(Option::take));
        given.sort_by_key(|one| (one.fulfilled.record, std::cmp::Reverse(one.step)));

        let mut ids: Vec<ColumnId> = scan.declared.iter().map(|(id, _)| *id).collect();
        ids.extend(scan.match_id);
        let reshape = Reshape::new(&input.layout, schema, &ids);
        let record = |one: Given| {
            let mut made = one.fulfilled.assigned.to_vec();
            made.extend(scan.match_id.map(|_| Cell::Long(one.run)));
            let record = Record { events: one.events, ..input.records[one.fulfilled.record].clone() };
            reshape.apply(record, &made)
        };
        Ok(Table { records: given.into_iter().map(record).collect(), layout: reshape.layout })
    }
}

impl Progress {
    fn new(steps: usize) -> Self {
        Self {
            states: std::iter::repeat_with(|| None).take(steps).collect(),
            pending: std::iter::repeat_with(|| None).take(steps).collect(),
            runs: 0,
        }
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

impl Matcher<'_> {
    fn advance(&self, progress: &mut Progress, record: usize, given: &mut Vec<Given>) -> Run<()> {
        for (index, step) in self.scan.steps.iter().enumerate().rev() {
            if let Some(before) = index.checked_sub(1)
                && progress.states[before].is_some()
                && self.fulfils(step, record, progress.states[before].as_ref())?
            {
                given.extend(progress.pending[before].take());
                given.extend(progress.pending[index].take());
                if let Some(mut state) = progress.states[before].take() {
                    let fulfilled = self.fulfilled(step, record, Some(&state))?;
                    state.records.push(fulfilled.clone());
                    let (run, events) = (state.run, self.events(&state));
                    progress.states[index] = Some(state);
                    progress.give(step.output, Given { step: index, run, fulfilled, events }, given);
                }
                continue;
            }
            let state = progress.states[index].as_ref();
            if (index > 0 && state.is_none()) || !self.fulfils(step, record, state)? {
                continue;
            }
            let fulfilled = self.fulfilled(step, record, state)?;
            if let Some(state) = &mut progress.states[index] {
                if let Some(last) = state.records.get_mut(index) {
                    *last = fulfilled.clone();
                }
            } else {
                let run = progress.runs;
                progress.runs += 1;
                progress.states[index] = Some(State { run, records: vec![fulfilled.clone()] });
            }
            if let Some(state) = &progress.states[index] {
                let one = Given { step: index, run: state.run, fulfilled, events: self.events(state) };
                progress.give(step.output, one, given);
            }
        }
        Ok(())
    }

    fn events(&self, state: &State) -> Rc<[u32]> {
        merged(state.records.iter().map(|one| &self.input.records[one.record].events))
    }

    /// The columns through which expressions read the state, declared columns as they are before any is assigned.
    fn state_columns(&self, state: Option<&State>) -> Vec<(ColumnId, Cell)> {
        let mut columns: Vec<(ColumnId, Cell)> =
            self.scan.declared.iter().map(|(id, _)| *id).zip(self.initial.iter().cloned()).collect();
        for (index, step) in self.scan.steps.iter().enumerate() {
            let fulfilled = state.and_then(|state| state.records.get(index));
            for (read, column) in &step.state {
                let declared = self.scan.declared.iter().position(|(id, _)| id == column);
                let cell = match (declared, fulfilled) {
                    (Some(at), Some(one)) => one.assigned[at].clone(),
                    (Some(at), None) => self.initial[at].clone(),
                    (None, Some(one)) => {
                        let scope = Scope::new(&self.input.layout, &self.input.records[one.record]);
                        self.machine.column(*column, scope).clone()
                    }
                    (None, None) => Cell::Null,
                };
                columns.push((*read, cell));
            }
        }
        columns
    }

    fn value(&self, expr: &Expr, record: usize, over: &[(ColumnId, Cell)]) -> Run<Cell> {
        let scope = Scope { over, ..Scope::new(&self.input.layout, &self.input.records[record]) };
        self.machine.cell(expr, scope)
    }

    fn fulfils(&self, step: &ScanStep, record: usize, state: Option<&State>) -> Run<bool> {
        let over = self.state_columns(state);
        Ok(self.value(&step.condition, record, &over)?.truth() == Some(true))
    }

    fn fulfilled(&self, step: &ScanStep, record: usize, state: Option<&State>) -> Run<Fulfilled> {
        if step.assignments.is_empty() {
            return Ok(Fulfilled { record, assigned: self.initial.clone() });
        }
        let over = self.state_columns(state);
        let mut assigned = self.initial.to_vec();
        for (id, expr) in &step.assignments {
            if let Some(at) = self.scan.declared.iter().position(|(declared, _)| declared == id) {
                assigned[at] = self.value(expr, record, &over)?;
            }
        }
        Ok(Fulfilled { record, assigned: Rc::new(assigned) })
    }
}
