//! JSON in texts.

use super::text;
use crate::replay::functions::{Context, Row};
use crate::replay::{Cell, Run};

pub(super) static ROWS: &[Row] = &[
    ("spath", |_, cells| {
        let (Some(value), Some(path)) = (text(&cells[0]), text(&cells[1])) else { return Ok(Cell::Null) };
        Ok(match (Cell::from_json(&value), steps(&path)) {
            (Some(json), Some(path)) => Cell::many(at(&json, &path).into_iter().map(field).filter(there).collect()),
            _ => Cell::Null,
        })
    }),
    ("json_object", |_, cells| {
        let slots = cells.chunks_exact(2).map(|pair| (text(&pair[0]).unwrap_or_default().into(), inner(&pair[1])));
        Ok(json(&Cell::Bag(slots.collect())))
    }),
    ("json_array", |_, cells| Ok(json(&Cell::List(cells.iter().map(inner).collect())))),
    ("json_extract", |_, cells| {
        Ok(extract(cells, |json, path| match steps(path) {
            Some(path) => at(json, &path).into_iter().cloned().collect(),
            None => Vec::new(),
        }))
    }),
    ("json_extract_exact", |_, cells| {
        Ok(extract(cells, |json, key| match json {
            Cell::Bag(slots) => {
                slots.iter().filter(|(name, _)| **name == *key).map(|(_, value)| value.clone()).collect()
            }
            _ => Vec::new(),
        }))
    }),
    ("json_keys", |_, cells| {
        Ok(match parsed(&cells[0]) {
            Some(Cell::Bag(slots)) => json(&Cell::List(slots.into_iter().map(|(name, _)| Cell::Text(name)).collect())),
            _ => Cell::Null,
        })
    }),
    ("json_set", |context, cells| changed(context, cells, |place, value| *place = value)),
    ("json_append", |context, cells| {
        changed(context, cells, |place, value| match place {
            Cell::List(items) => items.push(value),
            _ => *place = Cell::List(vec![std::mem::replace(place, Cell::Null), value]),
        })
    }),
    ("json_delete", |context, cells| {
        let Some(mut whole) = parsed(&cells[0]) else { return Ok(Cell::Null) };
        for path in &cells[1..] {
            let path = text(path).unwrap_or_default();
            let Some(path) = steps(&path) else { return Err(context.refuse("this is no path")) };
            delete(&mut whole, &path);
        }
        Ok(json(&whole))
    }),
    ("json_valid", |_, cells| {
        Ok(if cells[0].is_null() { Cell::Null } else { Cell::Bool(parsed(&cells[0]).is_some()) })
    }),
    ("json_array_to_mv", |_, cells| {
        // Texts keep their quotes where the second argument says so.
        let quoted = matches!(cells.get(1), Some(Cell::Bool(true)));
        let element = |item: &Cell| if quoted && matches!(item, Cell::Text(_)) { json(item) } else { field(item) };
        Ok(match parsed(&cells[0]) {
            Some(Cell::List(items)) => Cell::many(items.iter().map(element).filter(there).collect()),
            _ => Cell::Null,
        })
    }),
];

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::replay) enum Step {
    Key(String),
    /// Every element.
    All,
    /// An element, counted from 0.
    At(usize),
}

/// The steps of a path such as `a.b{}.c{0}`; `None` for what is none.
pub(in crate::replay) fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let open = part.find('{').unwrap_or(part.len());
        if open > 0 {
            steps.push(Step::Key(part[..open].to_owned()));
        }
        let mut rest = &part[open..];
        while !rest.is_empty() {
            let (index, behind) = rest.strip_prefix('{')?.split_once('}')?;
            steps.push(if index.is_empty() { Step::All } else { Step::At(index.parse().ok()?) });
            rest = behind;
        }
    }
    (!steps.is_empty()).then_some(steps)
}

/// What stands at a path. A key asked of an array is asked of its elements only where the path says `{}`.
fn at<'j>(json: &'j Cell, path: &[Step]) -> Vec<&'j Cell> {
    let mut found = vec![json];
    for step in path {
        let mut next = Vec::new();
        for value in found {
            match (step, value) {
                (Step::Key(key), Cell::Bag(slots)) => {
                    next.extend(slots.iter().filter(|(name, _)| **name == **key).map(|(_, value)| value));
                }
                (Step::All, Cell::List(items)) => next.extend(items),
                (Step::At(index), Cell::List(items)) => next.extend(items.get(*index)),
                _ => {}
            }
        }
        found = next;
    }
    found
}

/// A value of JSON as a field holds it: what is no scalar as its text.
pub(in crate::replay) fn field(json: &Cell) -> Cell {
    match json {
        Cell::List(_) | Cell::Bag(_) | Cell::Bool(_) => json.written().map_or(Cell::Null, |text| Cell::text(&*text)),
        scalar => scalar.clone(),
    }
}

fn there(cell: &Cell) -> bool {
    !cell.is_null()
}

/// A value inside of JSON: JSON that is written as text stands for itself.
fn inner(cell: &Cell) -> Cell {
    match cell {
        Cell::Text(text) if text.starts_with(['{', '[']) => Cell::from_json(text).unwrap_or_else(|| cell.clone()),
        other => other.clone(),
    }
}

fn json(cell: &Cell) -> Cell {
    let mut out = String::new();
    cell.write_json(&mut out);
    Cell::text(out)
}

fn parsed(cell: &Cell) -> Option<Cell> {
    Cell::from_json(&text(cell)?)
}

/// The whole without a path, a value for one, an array of values for several.
fn extract(cells: &[Cell], find: impl Fn(&Cell, &str) -> Vec<Cell>) -> Cell {
    let Some(whole) = parsed(&cells[0]) else { return Cell::Null };
    let one = |path: &Cell| {
        let mut found = find(&whole, &text(path).unwrap_or_default());
        match found.len() {
            0 => Cell::Null,
            1 => found.swap_remove(0),
            _ => Cell::List(found),
        }
    };
    match &cells[1..] {
        [] => field(&whole),
        [path] => field(&one(path)),
        paths => json(&Cell::List(paths.iter().map(one).collect())),
    }
}

/// A text of JSON with values put at paths; keys that are not there are made.
fn changed(context: &Context<'_>, cells: &[Cell], put: fn(&mut Cell, Cell)) -> Run<Cell> {
    let Some(mut whole) = parsed(&cells[0]) else { return Ok(Cell::Null) };
    for pair in cells[1..].chunks_exact(2) {
        let path = text(&pair[0]).unwrap_or_default();
        let Some(path) = steps(&path) else { return Err(context.refuse("this is no path")) };
        if let Some(place) = reached(&mut whole, &path) {
            put(place, inner(&pair[1]));
        }
    }
    Ok(json(&whole))
}

/// The place a path leads to; a key that an object lacks is made.
fn reached<'j>(json: &'j mut Cell, path: &[Step]) -> Option<&'j mut Cell> {
    let [step, rest @ ..] = path else { return Some(json) };
    match (step, json) {
        (Step::Key(key), Cell::Bag(slots)) => {
            let at = slots.iter().position(|(name, _)| **name == **key).unwrap_or_else(|| {
                slots.push((key.as_str().into(), Cell::Null));
                slots.len() - 1
            });
            reached(&mut slots[at].1, rest)
        }
        (Step::At(index), Cell::List(items)) => reached(items.get_mut(*index)?, rest),
        _ => None,
    }
}

fn delete(json: &mut Cell, path: &[Step]) {
    match (path, json) {
        ([Step::Key(key)], Cell::Bag(slots)) => slots.retain(|(name, _)| **name != **key),
        ([Step::At(index)], Cell::List(items)) if *index < items.len() => {
            items.remove(*index);
        }
        ([Step::All], Cell::List(items)) => items.clear(),
        ([Step::Key(key), rest @ ..], Cell::Bag(slots)) => {
            for (_, value) in slots.iter_mut().filter(|(name, _)| **name == **key) {
                delete(value, rest);
            }
        }
        ([Step::At(index), rest @ ..], Cell::List(items)) => {
            if let Some(item) = items.get_mut(*index) {
                delete(item, rest);
            }
        }
        ([Step::All, rest @ ..], Cell::List(items)) => items.iter_mut().for_each(|item| delete(item, rest)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{gives, many};
    use super::*;

    /// The object of Splunk's examples, Search Reference, JSON functions.
    const CITIES: &str = r#"{"cities":[{"name":"London","Bridges":[{"name":"Tower Bridge","length":801},{"name":"Millennium Bridge","length":1066}]},{"name":"Venice","Bridges":[{"name":"Rialto Bridge","length":157}]}]}"#;

    #[test]
    fn paths_lead_to_values() {
        gives("json_extract", &[CITIES.into(), "cities{1}.name".into()], "Venice");
        gives("json_extract", &[CITIES.into(), "cities{}.name".into()], r#"["London","Venice"]"#);
        gives("json_extract", &[CITIES.into(), "cities{0}.Bridges{1}.length".into()], 1066);
        gives("json_extract", &[r#"{"a":1,"b":2}"#.into(), "a".into(), "b".into()], "[1,2]");
        gives("json_extract", &[r#"{"a.b":1}"#.into(), "a.b".into()], Cell::Null);
        gives("json_extract_exact", &[r#"{"a.b":1}"#.into(), "a.b".into()], 1);
        gives("json_extract", &["no json".into(), "a".into()], Cell::Null);
        gives(
            "spath",
            &[CITIES.into(), "cities{}.Bridges{}.name".into()],
            many(&["Tower Bridge", "Millennium Bridge", "Rialto Bridge"]),
        );
        gives("spath", &[CITIES.into(), "cities{}.none".into()], Cell::Null);
    }

    #[test]
    fn json_is_made_and_changed() {
        gives("json_object", &["a".into(), 1.into(), "b".into(), r#"{"c":true}"#.into()], r#"{"a":1,"b":{"c":true}}"#);
        gives("json_array", &["a".into(), 1.into()], r#"["a",1]"#);
        gives("json_keys", &[r#"{"b":1,"a":2}"#.into()], r#"["b","a"]"#);
        gives("json_set", &[r#"{"a":{"b":1}}"#.into(), "a.c".into(), 2.into()], r#"{"a":{"b":1,"c":2}}"#);
        gives("json_append", &[r#"{"a":[1]}"#.into(), "a".into(), 2.into()], r#"{"a":[1,2]}"#);
        gives("json_delete", &[r#"{"a":{"b":1,"c":2}}"#.into(), "a.b".into()], r#"{"a":{"c":2}}"#);
        gives("json_valid", &["{".into()], false);
        gives("json_array_to_mv", &[r#"["a","b"]"#.into()], many(&["a", "b"]));
        gives("json_array_to_mv", &[r#"["a",1]"#.into(), Cell::Bool(true)], Cell::many(vec!["\"a\"".into(), 1.into()]));
    }
}
