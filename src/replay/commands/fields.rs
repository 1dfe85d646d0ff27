//! Commands of SPL that make, name and fill fields.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use super::{Call, Row};
use crate::replay::functions::field;
use crate::replay::record::{Fields, Table};
use crate::replay::{Cell, Run};

pub(super) static ROWS: &[Row] =
    &[("fillnull", fillnull), ("fromjson", fromjson), ("rename", rename), ("spath", spath)];

/// Every field that any record has is given the value in those that lack it.
fn fillnull(call: &Call<'_>, mut input: Table) -> Run<Table> {
    let value = call.told("value")?;
    let mut seen = HashSet::new();
    let mut names: Vec<Arc<str>> = input.layout.schema.iter().map(|column| column.name.clone()).collect();
    for (name, _) in input.records.iter().flat_map(|record| record.rest.iter()) {
        if seen.insert(name.clone()) {
            names.push(name.clone());
        }
    }
    let layout = input.layout.clone();
    for record in &mut input.records {
        for name in &names {
            if record.named(&layout, name).is_null() {
                record.set(&layout, name, value.clone());
            }
        }
    }
    Ok(call.finished(input))
}

/// Each key of the object in a field becomes a field.
fn fromjson(call: &Call<'_>, mut input: Table) -> Run<Table> {
    let prefix = call.told("prefix")?;
    let prefix = prefix.written().unwrap_or_default().into_owned();
    let values = call.values("field", &input)?;
    let layout = input.layout.clone();
    for (record, values) in input.records.iter_mut().zip(values) {
        let text = values.first().and_then(Cell::written);
        if let Some(Cell::Bag(slots)) = text.as_deref().and_then(Cell::from_json) {
            for (name, value) in slots {
                record.set(&layout, &format!("{prefix}{name}"), field(&value));
            }
        }
    }
    Ok(call.finished(input))
}

/// Each place in a text of JSON becomes a field named by its path.
fn spath(call: &Call<'_>, mut input: Table) -> Run<Table> {
    let values = call.values("field", &input)?;
    let layout = input.layout.clone();
    for (record, values) in input.records.iter_mut().zip(values) {
        let Some(text) = values.first().and_then(Cell::written) else { continue };
        if text.trim_start().starts_with('<') {
            return Err(call.refuse("no event holds XML as text"));
        }
        let mut found: Vec<(String, Vec<Cell>)> = Vec::new();
        if let Some(json) = Cell::from_json(&text) {
            leaves(&json, "", &mut found);
        }
        for (path, values) in found {
            record.set(&layout, &path, Cell::many(values));
        }
    }
    Ok(call.finished(input))
}

/// The scalars of JSON by their paths, `{}` behind the name of an array.
fn leaves(json: &Cell, path: &str, found: &mut Vec<(String, Vec<Cell>)>) {
    match json {
        Cell::Bag(slots) => {
            for (name, value) in slots {
                let inner = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
                leaves(value, &inner, found);
            }
        }
        Cell::List(items) => {
            let inner = format!("{path}{{}}");
            items.iter().for_each(|item| leaves(item, &inner, found));
        }
        Cell::Null => {}
        scalar => match found.iter_mut().find(|(known, _)| *known == path) {
            Some((_, values)) => values.push(field(scalar)),
            None => found.push((path.to_owned(), vec![field(scalar)])),
        },
    }
}

/// Every field whose name fits a pattern gets the name that another gives.
fn rename(call: &Call<'_>, mut input: Table) -> Run<Table> {
    let (from, to) = (call.told("from")?, call.told("to")?);
    let (from, to) = (from.written().unwrap_or_default(), to.written().unwrap_or_default());
    let lost: Vec<(usize, Arc<str>)> = input
        .layout
        .schema
        .iter()
        .enumerate()
        .filter(|(_, column)| !call.schema.contains(column.id))
        .map(|(at, column)| (at, column.name.clone()))
        .collect();
    for record in &mut input.records {
        let mut rest: Fields = Vec::with_capacity(record.rest.len() + lost.len());
        rest.extend(lost.iter().map(|(at, name)| (name.clone(), record.cells[*at].clone())));
        for (name, cell) in record.rest.iter() {
            let name = renamed(&from, &to, name).map_or_else(|| name.clone(), Arc::from);
            rest.retain(|(known, _)| *known != name);
            rest.push((name, cell.clone()));
        }
        record.rest = Rc::new(rest);
    }
    Ok(call.finished(input))
}

/// The new name of a field whose name fits; a `*` takes as little as it can.
fn renamed(from: &str, to: &str, name: &str) -> Option<String> {
    let mut parts = from.split('*');
    let mut rest = name.strip_prefix(parts.next().unwrap_or_default())?;
    let mut stars = Vec::new();
    let parts: Vec<&str> = parts.collect();
    if let Some((last, middle)) = parts.split_last() {
        for part in middle {
            let at = rest.find(part)?;
            stars.push(&rest[..at]);
            rest = &rest[at + part.len()..];
        }
        stars.push(rest.strip_suffix(last)?);
    } else if !rest.is_empty() {
        return None;
    }
    let mut stars = stars.into_iter();
    let mut pieces = to.split('*');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out.push_str(stars.next().unwrap_or_default());
        out.push_str(piece);
    }
    Some(out)
}
