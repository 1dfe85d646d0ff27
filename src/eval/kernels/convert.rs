//! Conversions between types, and what is known of a value's type. The binder turns most conversions into a node of
//! their own; the kernels are for calls that it leaves as they are.

use datafusion::arrow::array::ArrayRef;
use datafusion::common::Result;

use super::arguments::{integer_or, text};
use super::cast::{cast, json_or_text};
use super::columns::{columns, rows, texts};
use super::{Env, Kernel};
use crate::eval::Cell;
use crate::eval::dynamic::{Shown, View};
use crate::types::Type;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel::row("tobool", converted),
    Kernel::row("toboolean", converted),
    Kernel::row("toint", converted),
    Kernel::row("tolong", converted),
    Kernel::row("toreal", converted),
    Kernel::row("todouble", converted),
    Kernel::row("todecimal", converted),
    Kernel::row("todatetime", converted),
    Kernel::row("totimespan", converted),
    Kernel::row("totime", converted),
    Kernel::row("tostring", converted),
    Kernel::row("toguid", converted),
    Kernel::row("todynamic", to_dynamic),
    Kernel::row("toobject", to_dynamic),
    Kernel::row("parse_json", to_dynamic),
    Kernel::row("parsejson", to_dynamic),
    Kernel::strict("tohex", tohex),
    Kernel::array("gettype", gettype),
    Kernel::strict("format_bytes", format_bytes),
];

/// The argument as a value of the type that the function gives.
fn converted<'a>(env: Env, args: &[Cell<'a>]) -> Cell<'a> {
    match args.first() {
        Some(cell) if cell.ty() == Some(env.ty) => cell.clone(),
        Some(cell) => cast(cell, env.ty).into_owned(),
        None => Cell::Null,
    }
}

/// A dynamic stays what it is; a string in it is not read.
fn to_dynamic<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    match args.first() {
        Some(Cell::String(text)) => json_or_text(text),
        Some(cell @ Cell::Dynamic(_)) => cell.clone(),
        Some(cell) => cell.to_json().into(),
        None => Cell::Null,
    }
}

fn tohex<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    // Longer texts than any number needs are cut short: no length may exhaust memory.
    let width = integer_or(args, 1, 0).and_then(|width| usize::try_from(width).ok()).unwrap_or_default().min(1024);
    match args.first() {
        Some(Cell::Int(value)) => Cell::from(format!("{value:0width$x}")),
        Some(cell) => match cell.as_long() {
            Some(value) => Cell::from(format!("{value:0width$x}")),
            None => super::arguments::EMPTY,
        },
        None => super::arguments::EMPTY,
    }
}

fn gettype(_: Env, args: &[ArrayRef], types: &[Type]) -> Result<ArrayRef> {
    let columns = columns(args, types)?;
    let (Some(column), Some(ty)) = (columns.first(), types.first()) else {
        return datafusion::common::internal_err!("gettype takes an argument");
    };
    let held = matches!(ty, Type::Dynamic | Type::Unknown);
    Ok(texts(rows(args), |row, out| out.push_str(if held { kind(&column.get(row)) } else { ty.name() })))
}

/// What a dynamic holds, as `gettype` names it. The documentation's table has `int` for whole numbers; on Kusto's
/// emulator it is `long`, and `double` for others.
fn kind(cell: &Cell<'_>) -> &'static str {
    let Cell::Dynamic(bytes) = cell else { return "null" };
    match View::new(bytes).shown() {
        Shown::Null => "null",
        Shown::Bool(_) => "bool",
        Shown::Long(_) => "long",
        Shown::Real(_) => "double",
        Shown::String(_) => "string",
        Shown::DateTime(_) => "datetime",
        Shown::TimeSpan(_) => "timespan",
        Shown::Guid(_) => "guid",
        Shown::Array(_) => "array",
        Shown::Bag(_) => "dictionary",
    }
}

/// Units of size, each 1,024 of the one before.
const SIZES: &[&str] = &["Bytes", "KB", "MB", "GB", "TB", "PB", "EB"];

/// Without a unit, the largest of which there is a whole one. An unknown unit gives `""`.
fn format_bytes<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let (unit, digits) = (text(args, 2), args.get(1).and_then(|cell| cast(cell, Type::Long).as_long()).unwrap_or(0));
    let Some(size) = args.first().and_then(Cell::as_real) else { return super::arguments::EMPTY };
    let scaled = |step: usize| SIZES.iter().take(step).fold(size, |size, _| size / 1024.0);
    let step = if unit.is_empty() {
        (0..SIZES.len()).rev().find(|step| *step == 0 || scaled(*step).abs() >= 1.0)
    } else {
        SIZES.iter().position(|name| name.eq_ignore_ascii_case(&unit))
    };
    let Some((step, name)) = step.and_then(|step| SIZES.get(step).map(|name| (step, name))) else {
        return super::arguments::EMPTY;
    };
    let digits = usize::try_from(digits.clamp(0, 15)).unwrap_or_default();
    let number = format!("{:.digits$}", scaled(step));
    // Digits that say nothing are left out.
    let number = if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { &number };
    Cell::from(format!("{number} {name}"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, calls};
    use super::*;
    use crate::ir::Json;

    fn n(value: i64) -> Cell<'static> {
        Cell::Long(value)
    }

    #[test]
    fn numbers_are_written_in_hexadecimal() {
        calls(
            Type::String,
            &[
                ("tohex", vec![n(256)], "100"),
                ("tohex", vec![n(-256)], "ffffffffffffff00"),
                ("tohex", vec![Cell::Int(-256), n(8)], "ffffff00"),
                ("tohex", vec![n(256), n(8)], "00000100"),
                ("tohex", vec![n(256), n(2)], "100"),
                ("tohex", vec![Cell::Null], ""),
            ],
        );
    }

    #[test]
    fn a_type_is_that_of_the_column_or_of_what_a_dynamic_holds() {
        let held = |json: Json| Cell::dynamic(&json);
        calls(
            Type::String,
            &[
                ("gettype", vec![Cell::string("a")], "string"),
                ("gettype", vec![n(111)], "long"),
                ("gettype", vec![Cell::Real(123.45)], "real"),
                ("gettype", vec![Cell::TimeSpan(1)], "timespan"),
                ("gettype", vec![held(Json::Long(1))], "long"),
                ("gettype", vec![held(Json::Real(1.5))], "double"),
                ("gettype", vec![held(Json::Array(vec![]))], "array"),
                ("gettype", vec![held(Json::Bag(vec![]))], "dictionary"),
                ("gettype", vec![held(Json::Null)], "null"),
            ],
        );
        let null = crate::eval::arrays::from_cells(Type::Long, [Cell::Null]).unwrap();
        let named = gettype(Env { now: 0, ty: Type::String }, &[null], &[Type::Long]).unwrap();
        assert_eq!(crate::eval::arrays::Cells::new(named.as_ref(), Type::String).unwrap().get(0).to_text(), "long");
    }

    #[test]
    fn sizes_are_written_in_units() {
        let s = Cell::string;
        calls(
            Type::String,
            &[
                ("format_bytes", vec![n(564)], "564 Bytes"),
                ("format_bytes", vec![n(10_332), n(1)], "10.1 KB"),
                ("format_bytes", vec![n(20_010_332)], "19 MB"),
                ("format_bytes", vec![n(20_010_332), n(2)], "19.08 MB"),
                ("format_bytes", vec![n(20_010_332), n(0), s("KB")], "19541 KB"),
                ("format_bytes", vec![n(1024), n(2)], "1 KB"),
                ("format_bytes", vec![n(0)], "0 Bytes"),
                ("format_bytes", vec![n(-2048)], "-2 KB"),
                ("format_bytes", vec![n(100), n(0), s("")], "100 Bytes"),
            ],
        );
    }

    #[test]
    fn json_is_read_from_text_alone() {
        let read = |cell: Cell<'static>| call("parse_json", Type::Dynamic, &[cell]).to_json();
        assert_eq!(read(Cell::string("[1,2]")), Some(Json::Array(vec![Json::Long(1), Json::Long(2)])));
        assert_eq!(read(Cell::string("{a")), Some(Json::String("{a".into())));
        assert_eq!(read(Cell::string("")), None);
        assert_eq!(read(Cell::dynamic(&Json::String("[1]".into()))), Some(Json::String("[1]".into())));
    }

    #[test]
    fn a_value_becomes_one_of_the_type_asked_for() {
        assert_eq!(call("tolong", Type::Long, &[Cell::string("42")]).as_long(), Some(42));
        assert_eq!(call("tostring", Type::String, &[n(5)]).to_text(), "5");
        assert!(call("todatetime", Type::DateTime, &[Cell::string("x")]).is_null());
    }
}
