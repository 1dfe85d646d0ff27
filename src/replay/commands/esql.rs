//! Commands of ES|QL.

use std::rc::Rc;
use std::sync::Arc;

use super::{Call, Row};
use crate::ir::{Expr, RegexDialect, Schema};
use crate::replay::record::{Fields, Layout, Record, Reshape, Table};
use crate::replay::{Cell, Run};
use crate::types::Type;

pub(super) static ROWS: &[Row] =
    &[("mv_expand", mv_expand), ("dissect", dissect), ("grok", grok), ("lookup_join", lookup_join)];

/// A record for each value; one that has none stays as it is.
fn mv_expand(call: &Call<'_>, input: Table) -> Run<Table> {
    let fields = call.values("field", &input)?;
    let ids: Vec<_> = call.step.makes.iter().map(|(_, id)| *id).collect();
    let reshape = Reshape::new(&input.layout, call.schema, &ids);
    let mut records = Vec::with_capacity(input.records.len());
    for (record, field) in input.records.into_iter().zip(fields) {
        let values = field.first().map_or(&[][..], Cell::values);
        if values.is_empty() {
            records.push(reshape.apply(record, &[Cell::Null]));
            continue;
        }
        records.extend(values.iter().map(|value| reshape.apply(record.clone(), std::slice::from_ref(value))));
    }
    Ok(Table { records, layout: reshape.layout })
}

/// Records with the columns that a text gives.
fn extracted(call: &Call<'_>, input: Table, extract: impl Fn(&str) -> Run<Option<Vec<Cell>>>) -> Run<Table> {
    let texts = call.values("text", &input)?;
    let ids: Vec<_> = call.step.makes.iter().map(|(_, id)| *id).collect();
    let reshape = Reshape::new(&input.layout, call.schema, &ids);
    let mut records = Vec::with_capacity(input.records.len());
    for (record, text) in input.records.into_iter().zip(texts) {
        let found = match text.first() {
            Some(Cell::Text(text)) => extract(text)?,
            _ => None,
        };
        let made = found.unwrap_or_else(|| vec![Cell::Null; ids.len()]);
        records.push(reshape.apply(record, &made));
    }
    Ok(Table { records, layout: reshape.layout })
}

/// A key of a pattern of `DISSECT`, and the text behind it.
struct Key<'p> {
    name: &'p str,
    /// Whether its value is put behind those of the same name, and in which place.
    appended: Option<u32>,
    /// Whether the text behind it may stand there several times.
    padded: bool,
    delimiter: &'p str,
}

/// The text before the first key, and the keys.
fn keys(pattern: &str) -> (&str, Vec<Key<'_>>) {
    let first = pattern.find("%{").unwrap_or(pattern.len());
    let (before, mut rest) = pattern.split_at(first);
    let mut keys = Vec::new();
    while let Some((inner, behind)) = rest.strip_prefix("%{").and_then(|rest| rest.split_once('}')) {
        let next = behind.find("%{").unwrap_or(behind.len());
        let (delimiter, following) = behind.split_at(next);
        let padded = inner.ends_with("->");
        let inner = inner.strip_suffix("->").unwrap_or(inner);
        let (name, appended) = match inner.strip_prefix('+') {
            Some(appended) => match appended.split_once('/') {
                Some((name, place)) => (name, Some(place.parse().unwrap_or(0))),
                None => (appended, Some(0)),
            },
            None => (inner, None),
        };
        let name = if name.starts_with('?') { "" } else { name };
        keys.push(Key { name, appended, padded, delimiter });
        rest = following;
    }
    (before, keys)
}

/// The values of the keys, in their order; `None` where the text does not fit.
fn parted<'t>(text: &'t str, before: &str, keys: &[Key<'_>]) -> Option<(Vec<&'t str>, &'t str)> {
    let mut rest = text.strip_prefix(before)?;
    let mut values = Vec::new();
    for key in keys {
        if key.delimiter.is_empty() {
            values.push(rest);
            rest = "";
            continue;
        }
        let (value, behind) = rest.split_once(key.delimiter)?;
        values.push(value);
        rest = behind;
        while key.padded
            && let Some(less) = rest.strip_prefix(key.delimiter)
        {
            rest = less;
        }
    }
    Some((values, rest))
}

fn dissect(call: &Call<'_>, input: Table) -> Run<Table> {
    let (pattern, separator) = (call.told("pattern")?, call.told("append_separator")?);
    let (pattern, separator) = (pattern.written().unwrap_or_default(), separator.written().unwrap_or_default());
    let (before, keys) = keys(&pattern);
    let inner = keys.len().saturating_sub(1);
    if keys[..inner].iter().any(|key| key.delimiter.is_empty()) {
        return Err(call.refuse("two keys have no text between them"));
    }
    extracted(call, input, |text| {
        let Some((values, rest)) = parted(text, before, &keys) else { return Ok(None) };
        if !rest.is_empty() {
            return Err(call.refuse("what becomes of text behind the last delimiter is not documented"));
        }
        let of = |name: &str| {
            let mut parts: Vec<(u32, &str)> = keys
                .iter()
                .zip(&values)
                .filter(|(key, _)| key.name == name)
                .map(|(key, value)| (key.appended.unwrap_or(0), *value))
                .collect();
            parts.sort_by_key(|(place, _)| *place);
            let parts: Vec<&str> = parts.into_iter().map(|(_, value)| value).collect();
            Cell::text(parts.join(&separator))
        };
        Ok(Some(call.step.makes.iter().map(|(name, _)| of(name)).collect()))
    })
}

/// Patterns that `GROK` knows by name, those that a few characters say.
static PATTERNS: &[(&str, &str)] = &[
    ("DATA", ".*?"),
    ("GREEDYDATA", ".*"),
    ("INT", "(?:[+-]?(?:[0-9]+))"),
    ("NONNEGINT", r"\b(?:[0-9]+)\b"),
    ("NOTSPACE", r"\S+"),
    ("NUMBER", r"(?:(?<![0-9.+-])(?>[+-]?(?:(?:[0-9]+(?:\.[0-9]+)?)|(?:\.[0-9]+))))"),
    ("POSINT", r"\b(?:[1-9][0-9]*)\b"),
    ("SPACE", r"\s*"),
    ("WORD", r"\b\w+\b"),
];

/// A group of a pattern: the column it fills, and its type.
type Group = (String, Type);

/// A pattern as an expression of PCRE, whose groups are called `g0`, `g1`…
fn expression(pattern: &str) -> Result<(String, Vec<Group>), String> {
    // A line ends at each break, and `m` lets the dot match one: Oniguruma's rules.
    let mut out = "(?m)".to_owned();
    let mut groups: Vec<Group> = Vec::new();
    let mut rest = pattern;
    if let Some(behind) = rest.strip_prefix("(?m)") {
        out.push_str("(?s)");
        rest = behind;
    }
    let mut open = |name: &str, ty: Type, out: &mut String| {
        out.extend(["(?<g", &groups.len().to_string(), ">"]);
        groups.push((name.to_owned(), ty));
    };
    while let Some(c) = rest.chars().next() {
        if c == '\\' {
            let length = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
            out.push_str(&rest[..length]);
            rest = &rest[length..];
        } else if let Some((inner, behind)) = rest.strip_prefix("%{").and_then(|rest| rest.split_once('}')) {
            let mut parts = inner.splitn(3, ':');
            let known = parts.next().unwrap_or_default();
            let Some((_, expression)) = PATTERNS.iter().find(|(name, _)| *name == known) else {
                return Err(format!("the pattern `{known}` is not at hand"));
            };
            match parts.next() {
                Some(name) => open(name, typed(parts.next()), &mut out),
                None => out.push_str("(?:"),
            }
            out.push_str(expression);
            out.push(')');
            rest = behind;
        } else if let Some(inner) = rest.strip_prefix("(?<").filter(|inner| !inner.starts_with(['=', '!'])) {
            let Some((name, behind)) = inner.split_once('>') else { return Err("a group has no name".to_owned()) };
            open(name, Type::String, &mut out);
            rest = behind;
        } else if rest.starts_with("(?m") || rest.starts_with("(?im") || rest.starts_with("(?xm") {
            return Err("a flag `m` within the pattern".to_owned());
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    Ok((out, groups))
}

fn typed(word: Option<&str>) -> Type {
    match word {
        Some("int" | "long") => Type::Long,
        Some("float" | "double") => Type::Real,
        Some("boolean") => Type::Bool,
        _ => Type::String,
    }
}

fn converted(text: &str, ty: Type) -> Cell {
    match ty {
        Type::Long => text.parse().map_or(Cell::Null, Cell::Long),
        Type::Real => text.parse().map_or(Cell::Null, Cell::Real),
        Type::Bool => Cell::Bool(text.eq_ignore_ascii_case("true")),
        _ => Cell::text(text),
    }
}

fn grok(call: &Call<'_>, input: Table) -> Run<Table> {
    let mut patterns = Vec::new();
    for pattern in call.all("pattern") {
        let pattern = call.machine.constant(pattern)?;
        let (expression, groups) =
            expression(&pattern.written().unwrap_or_default()).map_err(|why| call.refuse(why))?;
        let compiled = call.machine.regexes.get(RegexDialect::Pcre, false, false, &expression);
        patterns.push((compiled.map_err(|why| call.refuse(why))?, groups));
    }
    extracted(call, input, |text| {
        for (compiled, groups) in &patterns {
            if !compiled.is_match(text).map_err(|why| call.refuse(why))? {
                continue;
            }
            let mut made: Vec<Vec<Cell>> = vec![Vec::new(); call.step.makes.len()];
            for (at, (name, ty)) in groups.iter().enumerate() {
                let found = compiled.group(text, &format!("g{at}"), 1).map_err(|why| call.refuse(why))?;
                let column = call.step.makes.iter().position(|(known, _)| **known == **name);
                if let Some(column) = column {
                    made[column].extend(found.into_iter().map(|found| converted(found, *ty)));
                }
            }
            return Ok(Some(made.into_iter().map(Cell::many).collect()));
        }
        Ok(None)
    })
}

fn lookup_join(call: &Call<'_>, input: Table) -> Run<Table> {
    let index = call.told("index")?;
    let index = index.written().unwrap_or_default();
    let known = call.machine.world.lookups.iter().find(|lookup| *lookup.name == *index);
    let Some(lookup) = known else { return Err(call.refuse(format!("the index `{index}` is not at hand"))) };
    let keys: Vec<Arc<str>> =
        call.all("on").filter_map(Expr::as_column).filter_map(|id| column_name(&input.layout, id)).collect();
    // What the index has takes the place of what the record has, also where no row fits.
    let mut columns: Vec<Arc<str>> = Vec::new();
    for (name, _) in lookup.rows.iter().flatten() {
        if !columns.contains(name) && !keys.contains(name) {
            columns.push(name.clone());
        }
    }
    let mut records = Vec::new();
    for record in input.records {
        let key = |name: &Arc<str>| match record.named(&input.layout, name) {
            Cell::Null | Cell::List(_) => None,
            cell => Some(cell.key()),
        };
        let wanted: Option<Vec<_>> = keys.iter().map(key).collect();
        let fits = |row: &&Vec<(Arc<str>, Cell)>| {
            let Some(wanted) = &wanted else { return false };
            let of = |name: &Arc<str>| row.iter().find(|(known, _)| known == name).map(|(_, cell)| cell.key());
            keys.iter().zip(wanted).all(|(name, wanted)| of(name).as_ref() == Some(wanted))
        };
        let mut own: Fields = record.present(&input.layout).map(|(name, cell)| (name.clone(), cell.clone())).collect();
        own.retain(|(name, _)| !columns.contains(name));
        let mut push = |row: &[(Arc<str>, Cell)]| {
            let mut rest = own.clone();
            rest.extend(row.iter().filter(|(name, _)| !keys.contains(name)).cloned());
            records.push(Record { cells: Vec::new(), rest: Rc::new(rest), events: record.events.clone() });
        };
        let found: Vec<_> = lookup.rows.iter().filter(fits).collect();
        if found.is_empty() {
            push(&[]);
        }
        for row in found {
            push(row);
        }
    }
    Ok(crate::replay::plan::Machine::reshaped(&Layout::of(&Schema::default()), call.schema, records))
}

fn column_name(layout: &Layout, id: crate::ir::ColumnId) -> Option<Arc<str>> {
    layout.position(id).and_then(|at| layout.schema.at(at)).map(|column| column.name.clone())
}
