//! JSON: one object for the whole answer, or one a record.

use std::io::{self, Write};

use super::{Layout, each_row};
use crate::eval::cell::Cell;
use crate::eval::dynamic::{View, json_text};
use crate::eval::engine::Answer;
use crate::ir::Name;
use crate::types::Type;

#[derive(serde::Serialize)]
struct Column<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    ty: &'static str,
}

/// `{"columns": [{"name", "type"}], "rows": [[…]]}`, and a line end.
pub(super) fn write(answer: &Answer, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let columns: Vec<Column<'_>> = answer.columns.iter().map(|(name, ty)| Column { name, ty: ty.name() }).collect();
    out.write_all(b"{\"columns\":")?;
    serde_json::to_writer(&mut *out, &columns)?;
    out.write_all(b",\"rows\":[")?;
    let mut first = true;
    each_row(answer, layout.limit, |row| {
        out.write_all(if std::mem::take(&mut first) { b"[" } else { b",[" })?;
        for (at, cell) in row.iter().enumerate() {
            if at > 0 {
                out.write_all(b",")?;
            }
            write_cell(cell, out)?;
        }
        out.write_all(b"]")
    })?;
    out.write_all(b"]}\n")
}

/// One object a record, one record a line.
pub(super) fn write_lines(answer: &Answer, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let names = names(&answer.columns)?;
    each_row(answer, layout.limit, |row| write_line(&names, row, out))
}

/// The names of columns, as they stand in a record.
pub(super) fn names(columns: &[(Name, Type)]) -> io::Result<Vec<String>> {
    Ok(columns.iter().map(quoted).collect::<Result<_, _>>()?)
}

/// A record as an object on a line.
pub(super) fn write_line(names: &[String], row: &[Cell<'_>], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"{")?;
    for (at, (name, cell)) in names.iter().zip(row).enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        out.write_all(name.as_bytes())?;
        out.write_all(b":")?;
        write_cell(cell, out)?;
    }
    out.write_all(b"}\n")
}

fn quoted((name, _): &(Name, Type)) -> serde_json::Result<String> {
    serde_json::to_string(&**name)
}

fn write_cell(cell: &Cell<'_>, out: &mut dyn Write) -> io::Result<()> {
    match cell {
        Cell::Null => out.write_all(b"null"),
        Cell::Bool(value) => write!(out, "{value}"),
        Cell::Int(value) => write!(out, "{value}"),
        Cell::Long(value) => write!(out, "{value}"),
        // A whole number keeps its point, so that it reads back as a real.
        Cell::Real(value) if value.is_finite() => write!(out, "{value:?}"),
        Cell::Dynamic(bytes) => out.write_all(json_text(View::new(bytes)).as_bytes()),
        other => Ok(serde_json::to_writer(out, &*other.to_text())?),
    }
}

/// A cell as a value.
pub(super) fn value(cell: &Cell<'_>) -> io::Result<serde_json::Value> {
    let mut bytes = Vec::new();
    write_cell(cell, &mut bytes)?;
    Ok(serde_json::from_slice(&bytes)?)
}
