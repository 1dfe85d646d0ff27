//! Statistics over groups by the rules of Splunk's `stats`, `eventstats`, `streamstats` and of ES|QL's `STATS`.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use super::cell::Key;
use super::functions::{Context, Seen, Statistic, statistic};
use super::plan::Machine;
use super::record::{Layout, Record, Reshape, Table, merged};
use super::{Cell, Refusal, Run};
use crate::ir::{ColumnId, Frame, Lacking, Schema, Statistics};

/// A statistic ready to be taken.
struct Asked<'q> {
    context: Context<'q>,
    body: Statistic,
    percent: Option<f64>,
    /// The argument in every record.
    seen: Vec<Seen>,
}

impl Asked<'_> {
    fn over(&self, members: impl Iterator<Item = usize>) -> Run<Cell> {
        let seen: Vec<&Seen> = members.map(|index| &self.seen[index]).collect();
        (self.body)(&self.context, &seen, self.percent)
    }
}

/// The group that keys make: their values, and what tells it from others.
type Group = (Vec<Key>, Vec<Cell>);

impl Machine<'_> {
    /// Statistics; groups come out in the order of their first records.
    pub(super) fn statistics(&self, node: &Statistics, schema: &Schema, input: Table) -> Run<Table> {
        let asked = self.asked(node, &input)?;
        let mut groups = Vec::with_capacity(input.records.len());
        for record in &input.records {
            groups.push(self.groups_of(node, &input.layout, record)?);
        }
        match node.frame {
            Frame::Group => Self::grouped(node, &asked, &groups, schema, &input),
            Frame::Each => Self::each(node, &asked, &groups, schema, input),
            Frame::Running { current, window, global } => {
                let window = window.map_or(usize::MAX, |window| usize::try_from(window).unwrap_or(usize::MAX));
                Self::running(node, &asked, &groups, schema, input, (current, window, global))
            }
        }
    }

    fn asked(&self, node: &Statistics, input: &Table) -> Run<Vec<Asked<'_>>> {
        let mut all = Vec::with_capacity(node.aggregates.len());
        for call in &node.aggregates {
            let name = call.function.row().name;
            let Some(body) = statistic(call.function) else {
                return Err(Refusal::new(call.span, format!("{} is not replayed", call.function)));
            };
            let second = call.arguments.get(1);
            let percent = match second {
                Some(percent) if percent.as_literal().is_some() => self.constant(percent)?.as_number(),
                _ => None,
            };
            let mut seen = Vec::with_capacity(input.records.len());
            for record in &input.records {
                let cell = match call.arguments.first() {
                    Some(argument) => self.value(argument, &input.layout, record)?,
                    None => Cell::Bool(true),
                };
                let by = match second {
                    Some(second) => self.value(second, &input.layout, record)?,
                    None => Cell::Null,
                };
                seen.push(Seen { cell, by, time: record.named(&input.layout, "_time").as_time() });
            }
            all.push(Asked { context: Context { machine: self, span: call.span, name }, body, percent, seen });
        }
        Ok(all)
    }

    /// The groups a record belongs to: one for each value of a key that has several, and none where it lacks a key,
    /// unless null is a key of its own.
    fn groups_of(&self, node: &Statistics, layout: &Layout, record: &Record) -> Run<Vec<Group>> {
        let mut groups: Vec<Group> = vec![(Vec::new(), Vec::new())];
        for key in &node.keys {
            let cell = self.value(&key.expr, layout, record)?;
            let own = node.lacking == Lacking::OwnGroup && cell.is_null();
            if node.lacking == Lacking::OwnGroup && node.frame != Frame::Group && cell.values().len() > 1 {
                let what = "which of its groups counts for a record with several values in a key is not documented";
                return Err(Refusal::new(key.expr.span, what));
            }
            let values = if own { std::slice::from_ref(&cell) } else { cell.values() };
            let mut longer = Vec::with_capacity(groups.len());
            for value in values {
                longer.extend(groups.iter().map(|(key, cells)| {
                    let (mut key, mut cells) = (key.clone(), cells.clone());
                    key.push(value.key());
                    cells.push(value.clone());
                    (key, cells)
                }));
            }
            groups = longer;
        }
        Ok(groups)
    }

    fn grouped(
        node: &Statistics,
        asked: &[Asked<'_>],
        groups: &[Vec<Group>],
        schema: &Schema,
        input: &Table,
    ) -> Run<Table> {
        let mut all: Vec<(&[Cell], Vec<usize>)> = Vec::new();
        let mut known: HashMap<&[Key], usize> = HashMap::new();
        for (index, of) in groups.iter().enumerate() {
            for (key, cells) in of {
                let at = *known.entry(key).or_insert_with(|| {
                    all.push((cells, Vec::new()));
                    all.len() - 1
                });
                all[at].1.push(index);
            }
        }
        if node.keys.is_empty() && all.is_empty() {
            all.push((&[], Vec::new()));
        }
        let ids = node.keys.iter().map(|key| key.id).chain(node.aggregates.iter().map(|call| call.output));
        let ids: Vec<ColumnId> = ids.collect();
        let reshape = Reshape::new(&Layout::of(&Schema::default()), schema, &ids);
        let mut records = Vec::with_capacity(all.len());
        for (cells, members) in all {
            let mut made = cells.to_vec();
            for one in asked {
                made.push(one.over(members.iter().copied())?);
            }
            let events = merged(members.iter().map(|index| &input.records[*index].events));
            records.push(reshape.apply(Record { cells: Vec::new(), rest: Rc::default(), events }, &made));
        }
        Ok(Table { records, layout: reshape.layout })
    }

    fn each(
        node: &Statistics,
        asked: &[Asked<'_>],
        groups: &[Vec<Group>],
        schema: &Schema,
        input: Table,
    ) -> Run<Table> {
        let mut members: HashMap<&[Key], Vec<usize>> = HashMap::new();
        for (index, of) in groups.iter().enumerate() {
            for (key, _) in of {
                members.entry(key).or_default().push(index);
            }
        }
        let mut known: HashMap<&[Key], Vec<Cell>> = HashMap::new();
        let outputs = outputs(node);
        let reshape = Reshape::new(&input.layout, schema, &outputs);
        let mut records = Vec::with_capacity(input.records.len());
        for (record, of) in input.records.into_iter().zip(groups) {
            let made = match of.first() {
                None => as_it_is(&outputs, schema, &input.layout, &record),
                Some((key, _)) => {
                    if !known.contains_key(key.as_slice()) {
                        let of = &members[key.as_slice()];
                        let made: Run<Vec<Cell>> = asked.iter().map(|one| one.over(of.iter().copied())).collect();
                        known.insert(key, made?);
                    }
                    known[key.as_slice()].clone()
                }
            };
            records.push(reshape.apply(record, &made));
        }
        Ok(Table { records, layout: reshape.layout })
    }

    fn running(
        node: &Statistics,
        asked: &[Asked<'_>],
        groups: &[Vec<Group>],
        schema: &Schema,
        input: Table,
        (current, window, global): (bool, usize, bool),
    ) -> Run<Table> {
        let mut before: HashMap<&[Key], VecDeque<usize>> = HashMap::new();
        let outputs = outputs(node);
        let reshape = Reshape::new(&input.layout, schema, &outputs);
        let mut records = Vec::with_capacity(input.records.len());
        for (index, (record, of)) in input.records.into_iter().zip(groups).enumerate() {
            let mut made = None;
            for (key, _) in of {
                let members = before.entry(key).or_default();
                if current {
                    members.push_back(index);
                }
                // Where the window counts records of any group, those of the group that lie in it are left.
                let first = (index + usize::from(current)).saturating_sub(window);
                while !members.is_empty() && (members.len() > window || global && members.front() < Some(&first)) {
                    members.pop_front();
                }
                if made.is_none() {
                    let all: Run<Vec<Cell>> = asked.iter().map(|one| one.over(members.iter().copied())).collect();
                    made = Some(all?);
                }
                if !current {
                    members.push_back(index);
                }
            }
            let made = made.unwrap_or_else(|| as_it_is(&outputs, schema, &input.layout, &record));
            records.push(reshape.apply(record, &made));
        }
        Ok(Table { records, layout: reshape.layout })
    }
}

fn outputs(node: &Statistics) -> Vec<ColumnId> {
    node.aggregates.iter().map(|call| call.output).collect()
}

/// What fields that a record is not given hold: what they held before.
fn as_it_is(outputs: &[ColumnId], schema: &Schema, layout: &Layout, record: &Record) -> Vec<Cell> {
    let name = |id: &ColumnId| schema.iter().find(|column| column.id == *id).map(|column| &column.name);
    outputs.iter().map(|id| name(id).map_or(Cell::Null, |name| record.named(layout, name).clone())).collect()
}
