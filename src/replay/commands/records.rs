//! Commands of SPL that give, choose and order records.

use std::collections::HashMap;
use std::rc::Rc;

use super::{Call, Row, made};
use crate::ir::Schema;
use crate::replay::cell::Key;
use crate::replay::functions::{length, seconds};
use crate::replay::plan::{MOST_RECORDS, Machine};
use crate::replay::record::{Layout, Record, Reshape, Table, merged};
use crate::replay::{Cell, Run};
use crate::types::Type;

pub(super) static ROWS: &[Row] = &[
    ("inputlookup", |call, _| {
        let table = call.lookup()?;
        let skip = call.count("start")?.unwrap_or(0);
        let take = call.count("max")?.unwrap_or(usize::MAX);
        let records = table.rows.iter().skip(skip).take(take).map(|row| made(row.clone())).collect();
        Ok(Machine::reshaped(&Layout::of(&Schema::new([], true)), call.schema, records))
    }),
    ("makeresults", |call, _| {
        let count = call.told("count")?.as_number().unwrap_or(1.0).max(0.0) as usize;
        if count > MOST_RECORDS {
            return Err(call.refuse("it gives too many records"));
        }
        let record = made(vec![("_time".into(), seconds(call.machine.world.now))]);
        let records = vec![record; count];
        Ok(Machine::reshaped(&Layout::of(&Schema::new([], true)), call.schema, records))
    }),
    ("reverse", |call, mut input| {
        input.records.reverse();
        Ok(call.finished(input))
    }),
    ("tail", |call, mut input| {
        let count = call.told("count")?.as_number().unwrap_or(10.0).max(0.0) as usize;
        let skip = input.records.len().saturating_sub(count);
        input.records = input.records.split_off(skip);
        input.records.reverse();
        Ok(call.finished(input))
    }),
    ("dedup", dedup),
    ("mvcombine", mvcombine),
    ("top", |call, input| most(call, &input, true)),
    ("rare", |call, input| most(call, &input, false)),
    ("fill_bins", fill_bins),
    ("outputlookup", |call, input| Ok(call.finished(input))),
    ("sideeffect", |call, input| Ok(call.finished(input))),
];

/// The first records of each combination of values.
fn dedup(call: &Call<'_>, mut input: Table) -> Run<Table> {
    let most = call.count("count")?.unwrap_or(1);
    let (keep_empty, consecutive) = (call.flag("keepempty")?, call.flag("consecutive")?);
    if call.given("keepevents").is_some() {
        return Err(call.refuse("what is left of the records with `keepevents` depends on fields not known by name"));
    }
    let values = call.values("field", &input)?;
    let mut seen: HashMap<Vec<Key>, usize> = HashMap::new();
    let mut last: Option<Vec<Key>> = None;
    let mut kept = Vec::with_capacity(input.records.len());
    for (record, values) in input.records.into_iter().zip(values) {
        if values.iter().any(Cell::is_null) {
            if keep_empty {
                kept.push(record);
            }
            continue;
        }
        let key: Vec<Key> = values.iter().map(Cell::key).collect();
        if consecutive && last.as_ref() != Some(&key) {
            seen.clear();
        }
        let times = seen.entry(key.clone()).or_default();
        *times += 1;
        if *times <= most {
            kept.push(record);
        }
        last = Some(key);
    }
    input.records = kept;
    Ok(call.finished(input))
}

/// Records that become one: what they have in common, the values of the field in which they differ, and their events.
struct Combined {
    record: Record,
    values: Vec<Cell>,
    events: Vec<Rc<[u32]>>,
}

/// A combination of values and the records that have it.
type Combination = (Vec<Cell>, Vec<usize>);

/// Records that differ in one field alone become one that holds all its values.
fn mvcombine(call: &Call<'_>, input: Table) -> Run<Table> {
    let values = call.values("field", &input)?;
    let Some((_, output)) = call.step.makes.first() else { return Ok(call.finished(input)) };
    let name = call.schema.iter().find(|column| column.id == *output).map(|column| column.name.clone());
    let name = name.unwrap_or_default();
    let reshape = Reshape::new(&input.layout, call.schema, &[*output]);
    let mut groups: HashMap<Vec<Key>, usize> = HashMap::new();
    let mut all: Vec<Combined> = Vec::new();
    for (mut record, values) in input.records.into_iter().zip(values) {
        record.set(&input.layout, &name, Cell::Null);
        let at = *groups.entry(record.key()).or_insert_with(|| {
            all.push(Combined { record: record.clone(), values: Vec::new(), events: Vec::new() });
            all.len() - 1
        });
        all[at].values.extend(values.iter().flat_map(Cell::values).cloned());
        all[at].events.push(record.events);
    }
    let records = all.into_iter().map(|Combined { record, values, events }| {
        let record = Record { events: merged(&events), ..record };
        reshape.apply(record, &[Cell::many(values)])
    });
    Ok(Table { records: records.collect(), layout: reshape.layout })
}

/// The combinations of values that occur most or least; of those that occur as often the one that came first.
fn most(call: &Call<'_>, input: &Table, greatest: bool) -> Run<Table> {
    let limit =
        call.told("limit")?.as_number().filter(|limit| *limit >= 1.0).map_or(usize::MAX, |limit| limit as usize);
    let (by, fields) = (call.values("by", input)?, call.values("field", input)?);
    let ids: Vec<_> = call.all("by").chain(call.all("field")).map(crate::ir::Expr::as_column).collect();
    // What is counted: in each group of `by`, each combination of the fields, with its records.
    let mut groups: Vec<(usize, Vec<Combination>)> = Vec::new();
    let mut group_of: HashMap<Vec<Key>, usize> = HashMap::new();
    let mut place_of: HashMap<Vec<Key>, usize> = HashMap::new();
    for (index, (by, fields)) in by.iter().zip(&fields).enumerate() {
        if by.iter().chain(fields).any(Cell::is_null) {
            continue;
        }
        let mut key: Vec<Key> = by.iter().map(Cell::key).collect();
        let group = *group_of.entry(key.clone()).or_insert_with(|| {
            groups.push((0, Vec::new()));
            groups.len() - 1
        });
        key.extend(fields.iter().map(Cell::key));
        let (total, combinations) = &mut groups[group];
        *total += 1;
        let place = *place_of.entry(key).or_insert_with(|| {
            combinations.push((by.iter().chain(fields).cloned().collect(), Vec::new()));
            combinations.len() - 1
        });
        combinations[place].1.push(index);
    }
    let makes: Vec<_> = call.step.makes.iter().map(|(_, id)| *id).collect();
    let made_ids: Vec<_> = ids.iter().flatten().copied().chain(makes).collect();
    let reshape = Reshape::new(&Layout::of(&Schema::default()), call.schema, &made_ids);
    let mut records = Vec::new();
    for (total, mut combinations) in groups {
        combinations.sort_by(|(_, a), (_, b)| if greatest { b.len().cmp(&a.len()) } else { a.len().cmp(&b.len()) });
        for (values, members) in combinations.into_iter().take(limit) {
            let count = members.len();
            let values = values.into_iter().zip(&ids).filter(|(_, id)| id.is_some()).map(|(value, _)| value);
            let measures = call.step.makes.iter().map(|(name, _)| match &**name {
                "count" => Cell::Long(i64::try_from(count).unwrap_or(i64::MAX)),
                _ => Cell::number(count as f64 * 100.0 / total as f64),
            });
            let all: Vec<Cell> = values.chain(measures).collect();
            let events = merged(members.iter().map(|index| &input.records[*index].events));
            records.push(reshape.apply(Record { cells: Vec::new(), rest: Rc::default(), events }, &all));
        }
    }
    Ok(Table { records, layout: reshape.layout })
}

/// A record for each bin of time that has none.
fn fill_bins(call: &Call<'_>, mut input: Table) -> Run<Table> {
    let times = call.values("field", &input)?;
    let width = call.told("span")?;
    let width = width.written().unwrap_or_default();
    let Some(step) = length(&width).filter(|step| *step > 0.0) else {
        return Err(call.refuse(format!("bins of `{width}` go by the calendar")));
    };
    let mut known: Vec<f64> = times.iter().filter_map(|cells| cells.first()?.as_number()).collect();
    known.sort_unstable_by(f64::total_cmp);
    let (Some(first), Some(last)) = (known.first().copied(), known.last().copied()) else {
        return Ok(call.finished(input));
    };
    if (last - first) / step > 100_000.0 {
        return Err(call.refuse("there are too many bins"));
    }
    let time = call.given("field").and_then(crate::ir::Expr::as_column);
    let count = ((last - first) / step) as u32;
    for bin in (1..=count).map(|index| first + f64::from(index) * step).filter(|bin| *bin < last) {
        if known.binary_search_by(|known| known.total_cmp(&bin)).is_err() {
            let cell = |column: &crate::ir::Column| match column.ty.ty {
                _ if Some(column.id) == time => Cell::number(bin),
                Type::Long => Cell::Long(0),
                _ => Cell::Null,
            };
            let cells = input.layout.schema.iter().map(cell).collect();
            input.records.push(Record { cells, rest: Rc::default(), events: Rc::from([]) });
        }
    }
    let layout = input.layout.clone();
    let at = time.and_then(|time| layout.position(time));
    if let Some(at) = at {
        input.records.sort_by(|a, b| a.cells[at].rank(&b.cells[at]));
    }
    Ok(call.finished(input))
}
