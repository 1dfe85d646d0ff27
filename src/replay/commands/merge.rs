//! Commands of SPL that put records of several sources together.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Call, Row};
use crate::replay::cell::Key;
use crate::replay::plan::MOST_RECORDS;
use crate::replay::record::{Record, Reshape, Table, merged};
use crate::replay::{Cell, Run};

/// How many rows of a lookup table a record is given at most: `max_matches` of `transforms.conf`, where it is not set.
const MOST_MATCHES: usize = 100;

pub(super) static ROWS: &[Row] = &[("join", join), ("lookup", lookup)];

/// Each record with the first records of a subsearch that have the same values in the fields.
fn join(call: &Call<'_>, mut input: Table) -> Run<Table> {
    let Some(plan) = call.plan() else { return Err(call.refuse("there is no subsearch")) };
    let right = call.machine.plan(plan, None)?;
    let (outer, overwrite) = (call.flag("outer")?, call.told("overwrite")?.truth() != Some(false));
    let most = call.count("max")?.unwrap_or(usize::MAX);
    let mut names: Vec<Arc<str>> = Vec::new();
    for field in call.all("field") {
        let Some(id) = field.as_column() else { return Err(call.refuse("a field to join by is in no record")) };
        let here = input.layout.schema.iter().find(|column| column.id == id).map(|column| column.name.clone());
        names.push(here.unwrap_or_else(|| call.machine.query.columns[id].name.clone()));
    }
    if names.is_empty() {
        names = common(&input, &right);
    }
    let key = |table: &Table, record: &Record| -> Option<Vec<Key>> {
        let key = |name: &Arc<str>| Some(record.named(&table.layout, name).key()).filter(|key| *key != Key::Null);
        names.iter().map(key).collect()
    };
    let mut by_key: HashMap<Vec<Key>, Vec<&Record>> = HashMap::new();
    for record in &right.records {
        if let Some(key) = key(&right, record) {
            by_key.entry(key).or_default().push(record);
        }
    }
    let mut records = Vec::new();
    for record in &input.records {
        let partners = key(&input, record).and_then(|key| by_key.get(&key)).map_or(&[][..], Vec::as_slice);
        if partners.is_empty() && outer {
            records.push(record.clone());
        }
        for partner in partners.iter().take(most) {
            let mut joined = record.clone();
            for (name, cell) in partner.present(&right.layout) {
                let taken = names.contains(name) || !overwrite && !record.named(&input.layout, name).is_null();
                if !taken {
                    joined.set(&input.layout, name, cell.clone());
                }
            }
            joined.events = merged([&record.events, &partner.events]);
            records.push(joined);
        }
        if records.len() > MOST_RECORDS {
            return Err(call.refuse("it gives too many records"));
        }
    }
    input.records = records;
    Ok(call.finished(input))
}

/// The fields that both sides have, but for those of Splunk's own.
fn common(left: &Table, right: &Table) -> Vec<Arc<str>> {
    fn names(table: &Table) -> Vec<Arc<str>> {
        let mut seen = HashSet::new();
        let all = table.records.iter().flat_map(|record| record.present(&table.layout));
        all.map(|(name, _)| name.clone()).filter(|name| !name.starts_with('_') && seen.insert(name.clone())).collect()
    }
    let right: HashSet<Arc<str>> = names(right).into_iter().collect();
    names(left).into_iter().filter(|name| right.contains(name)).collect()
}

/// Fields of the rows of a table whose own fields equal those of the record; several rows give several values.
fn lookup(call: &Call<'_>, mut input: Table) -> Run<Table> {
    let table = call.lookup()?;
    let matches: Vec<(&str, &crate::ir::Expr)> = scalars(call, "match ").collect();
    let unless: HashMap<&str, &crate::ir::Expr> = scalars(call, "unless ").collect();
    let value = |row: &[(Arc<str>, Cell)], name: &str| {
        row.iter().find(|(known, _)| **known == *name).map_or(Cell::Null, |(_, cell)| cell.clone())
    };
    let mut by_key: HashMap<Vec<Key>, Vec<usize>> = HashMap::new();
    for (index, row) in table.rows.iter().enumerate() {
        let key: Vec<Key> = matches.iter().map(|(name, _)| value(row, name).key()).collect();
        if !key.contains(&Key::Null) {
            by_key.entry(key).or_default().push(index);
        }
    }
    let outputs: Vec<_> = call.step.makes.iter().map(|(_, id)| *id).collect();
    let reshape = Reshape::new(&input.layout, call.schema, &outputs);
    let layout = input.layout.clone();
    let mut records = Vec::with_capacity(input.records.len());
    for mut record in std::mem::take(&mut input.records) {
        let mut keys: Vec<Vec<Key>> = vec![Vec::new()];
        for (_, expr) in &matches {
            let cell = call.machine.value(expr, &layout, &record)?;
            let with = |value: &Cell| {
                let key = value.key();
                keys.iter().map(move |keys| keys.iter().cloned().chain([key.clone()]).collect::<Vec<_>>())
            };
            keys = cell.values().iter().flat_map(with).collect();
        }
        let mut rows: Vec<usize> = keys.iter().filter_map(|key| by_key.get(key)).flatten().copied().collect();
        rows.sort_unstable();
        rows.dedup();
        rows.truncate(MOST_MATCHES);
        let all = |name: &str| {
            Cell::many(rows.iter().map(|at| value(&table.rows[*at], name)).filter(|cell| !cell.is_null()).collect())
        };
        if outputs.is_empty() {
            let mut seen = HashSet::new();
            let names = rows.iter().flat_map(|at| table.rows[*at].iter().map(|(name, _)| name));
            for name in names.filter(|name| matches.iter().all(|(known, _)| ***name != **known)) {
                if seen.insert(name.clone()) {
                    record.set(&layout, name, all(name));
                }
            }
            records.push(reshape.apply(record, &[]));
            continue;
        }
        let mut made = Vec::with_capacity(outputs.len());
        for (name, _) in &call.step.makes {
            let old = match unless.get(&**name) {
                Some(expr) => call.machine.value(expr, &layout, &record)?,
                None => Cell::Null,
            };
            made.push(if old.is_null() { all(name) } else { old });
        }
        records.push(reshape.apply(record, &made));
    }
    Ok(Table { records, layout: reshape.layout })
}

/// The arguments whose names begin with a word, by what follows it.
fn scalars<'c>(call: &'c Call<'_>, word: &'c str) -> impl Iterator<Item = (&'c str, &'c crate::ir::Expr)> {
    call.step.arguments.iter().filter_map(move |(key, argument)| match argument {
        crate::ir::Argument::Scalar(expr) => Some((key.as_deref()?.strip_prefix(word)?, expr)),
        crate::ir::Argument::Plan(_) => None,
    })
}
