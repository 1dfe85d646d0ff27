//! Fields of several values.

use std::collections::HashSet;

use super::text::pcre;
use super::{number, text};
use crate::replay::functions::{Context, Row};
use crate::replay::{Cell, Run};

/// How many values a function makes at most.
const MOST: usize = 100_000;

pub(super) static ROWS: &[Row] = &[
    ("mvappend", |_, cells| Ok(Cell::many(cells.iter().flat_map(Cell::values).cloned().collect()))),
    ("mvcount", |_, cells| {
        let count = cells[0].values().len();
        Ok(if count == 0 { Cell::Null } else { whole(count) })
    }),
    ("mvdedup", |_, cells| {
        let mut seen = HashSet::new();
        let once = cells[0].values().iter().filter(|value| seen.insert(value.key()));
        Ok(Cell::many(once.cloned().collect()))
    }),
    ("mvfind", |context, cells| {
        let Some(pattern) = text(&cells[1]) else { return Ok(Cell::Null) };
        let regex = pcre(context, &pattern)?;
        for (index, value) in cells[0].values().iter().enumerate() {
            let text = text(value).unwrap_or_default();
            if regex.is_match(&text).map_err(|why| context.refuse(why))? {
                return Ok(whole(index));
            }
        }
        Ok(Cell::Null)
    }),
    ("mvindex", mvindex),
    ("mvjoin", |_, cells| {
        let Some(delimiter) = text(&cells[1]) else { return Ok(Cell::Null) };
        Ok(joined(&cells[0], &delimiter))
    }),
    ("mvrange", mvrange),
    ("mvsort", |_, cells| {
        let mut values = cells[0].values().to_vec();
        values.sort_by(|a, b| text(a).unwrap_or_default().as_bytes().cmp(text(b).unwrap_or_default().as_bytes()));
        Ok(Cell::many(values))
    }),
    ("mvzip", |_, cells| {
        let delimiter = cells.get(2).map_or(Some(",".into()), text).unwrap_or_default();
        let pairs = cells[0].values().iter().zip(cells[1].values());
        let pair =
            |(a, b)| Cell::text(format!("{}{delimiter}{}", text(a).unwrap_or_default(), text(b).unwrap_or_default()));
        Ok(Cell::many(pairs.map(pair).collect()))
    }),
    ("mv_to_json_array", |_, cells| {
        if cells[0].is_null() {
            return Ok(Cell::Null);
        }
        let infer = cells.get(1).and_then(Cell::truth) == Some(true);
        let value = |value: &Cell| match (infer, number(value)) {
            (true, Some(number)) => Cell::number(number),
            _ => text(value).map_or(Cell::Null, |text| Cell::text(&*text)),
        };
        let mut out = String::new();
        Cell::List(cells[0].values().iter().map(value).collect()).write_json(&mut out);
        Ok(Cell::text(out))
    }),
    ("split", |_, cells| {
        let (Some(value), Some(delimiter)) = (text(&cells[0]), text(&cells[1])) else { return Ok(Cell::Null) };
        Ok(Cell::many(match &*delimiter {
            "" => value.chars().map(|c| Cell::text(c.to_string())).collect(),
            delimiter => value.split(delimiter).map(Cell::text).collect(),
        }))
    }),
    ("makemv", |_, cells| {
        let Some(delimiter) = text(&cells[1]).filter(|delimiter| !delimiter.is_empty()) else {
            return Ok(cells[0].clone());
        };
        let keep = cells[2].truth() == Some(true);
        let mut pieces = Vec::new();
        for value in cells[0].values() {
            let value = text(value).unwrap_or_default();
            pieces.extend(value.split(&*delimiter).filter(|piece| keep || !piece.is_empty()).map(Cell::text));
        }
        Ok(Cell::many(pieces))
    }),
    ("makemv_tokens", |context, cells| {
        let Some(pattern) = text(&cells[1]) else { return Ok(cells[0].clone()) };
        let regex = pcre(context, &pattern)?;
        let mut found = Vec::new();
        for value in cells[0].values() {
            let value = text(value).unwrap_or_default();
            found.extend(regex.first_group(&value).map_err(|why| context.refuse(why))?.into_iter().map(Cell::text));
        }
        Ok(Cell::many(found))
    }),
    ("nomv", |_, cells| Ok(joined(&cells[0], "\n"))),
];

fn whole(count: usize) -> Cell {
    Cell::Long(i64::try_from(count).unwrap_or(i64::MAX))
}

fn joined(cell: &Cell, delimiter: &str) -> Cell {
    if cell.is_null() {
        return Cell::Null;
    }
    let texts: Vec<_> = cell.values().iter().filter_map(text).collect();
    Cell::text(texts.join(delimiter))
}

/// The value at a position, or those from one to another; null where there are none.
#[expect(clippy::unnecessary_wraps, reason = "functions of the table may be refused")]
fn mvindex(_: &Context<'_>, cells: &[Cell]) -> Run<Cell> {
    let values = cells[0].values();
    let count = i64::try_from(values.len()).unwrap_or(i64::MAX);
    let place = |cell: &Cell| {
        number(cell).map(|at| {
            let at = at as i64;
            if at < 0 { at.saturating_add(count) } else { at }
        })
    };
    let Some(from) = place(&cells[1]) else { return Ok(Cell::Null) };
    let to = match cells.get(2) {
        None => from,
        Some(to) => match place(to) {
            Some(to) => to,
            None => return Ok(Cell::Null),
        },
    };
    if from < 0 || from > to || from >= count {
        return Ok(Cell::Null);
    }
    let taken = (to - from).saturating_add(1);
    let taken = values.iter().skip(usize::try_from(from).unwrap_or(0)).take(usize::try_from(taken).unwrap_or(0));
    Ok(Cell::many(taken.cloned().collect()))
}

/// Numbers up to but not including the last.
fn mvrange(context: &Context<'_>, cells: &[Cell]) -> Run<Cell> {
    let step = match cells.get(2) {
        None => Some(1.0),
        Some(step) => number(step).or_else(|| text(step).and_then(|text| super::time::length(&text))),
    };
    let (Some(first), Some(last), Some(step)) = (number(&cells[0]), number(&cells[1]), step) else {
        return Ok(Cell::Null);
    };
    if step == 0.0 || (last - first) / step > MOST as f64 {
        return Err(context.refuse("it gives too many values"));
    }
    let values = (0..).map(|index| first + f64::from(index) * step);
    let values = values.take_while(|value| if step > 0.0 { *value < last } else { *value > last });
    Ok(Cell::many(values.map(Cell::number).collect()))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, gives, many};
    use super::*;

    // Splunk, Search Reference, Multivalue eval functions: the examples there.
    #[test]
    fn values_come_to_what_the_documentation_says() {
        let abc = many(&["a", "b", "c"]);
        gives("mvappend", &["a".into(), many(&["b", "c"]), Cell::Null], abc.clone());
        gives("mvcount", std::slice::from_ref(&abc), 3);
        gives("mvcount", &["a".into()], 1);
        gives("mvcount", &[Cell::Null], Cell::Null);
        gives("mvdedup", &[many(&["a", "b", "a"])], many(&["a", "b"]));
        gives("mvfind", &[many(&["x", "err1"]), r"err\d+".into()], 1);
        gives("mvfind", &[abc.clone(), "z".into()], Cell::Null);
        gives("mvindex", &[abc.clone(), 2.into()], "c");
        gives("mvindex", &[abc.clone(), (-1).into()], "c");
        gives("mvindex", &[abc.clone(), 1.into(), 2.into()], many(&["b", "c"]));
        gives("mvindex", &[abc.clone(), (-2).into(), (-1).into()], many(&["b", "c"]));
        gives("mvindex", &[abc.clone(), 3.into()], Cell::Null);
        gives("mvjoin", &[abc.clone(), " OR ".into()], "a OR b OR c");
        gives("mvrange", &[1.into(), 11.into(), 2.into()], Cell::List([1, 3, 5, 7, 9].map(Cell::Long).to_vec()));
        gives("mvsort", &[many(&["b", "B", "10", "9"])], many(&["10", "9", "B", "b"]));
        gives("mvzip", &[abc.clone(), many(&["1", "2"])], many(&["a,1", "b,2"]));
        gives("mvzip", &[abc.clone(), abc, "|".into()], many(&["a|a", "b|b", "c|c"]));
        gives("split", &["a;b".into(), ";".into()], many(&["a", "b"]));
        gives("split", &["ab".into(), ";".into()], "ab");
        gives("split", &["ab".into(), "".into()], many(&["a", "b"]));
        gives("makemv", &["a,,b".into(), ",".into(), false.into()], many(&["a", "b"]));
        gives("makemv", &["a,,b".into(), ",".into(), true.into()], many(&["a", "", "b"]));
        gives("makemv_tokens", &["a=1,b=2".into(), r"=(\d)".into()], many(&["1", "2"]));
        gives("nomv", &[many(&["a", "b"])], "a\nb");
        gives("mv_to_json_array", &[many(&["a", "1"])], r#"["a","1"]"#);
        gives("mv_to_json_array", &[many(&["a", "1"]), true.into()], r#"["a",1]"#);
    }

    #[test]
    fn what_would_not_end_is_refused() {
        assert!(call("mvrange", &[0.into(), 1.into(), 0.into()]).is_err());
        assert!(call("mvrange", &[0.into(), 1e9.into()]).is_err());
        gives("mvrange", &[5.into(), 1.into()], Cell::Null);
    }
}
