//! Choices between values, and tests of them.

use std::cmp::Ordering;
use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, BooleanArray};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::common::{DataFusionError, Result};

use super::arguments::text;
use super::columns::{columns, rows};
use super::compare::{compare, scalar};
use super::{Env, Kernel, arithmetic};
use crate::eval::Cell;
use crate::eval::arrays::{CellBuilder, Cells};
use crate::eval::dynamic::{Shown, View};
use crate::ir::ArithmeticOp;
use crate::types::Type;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel::row("iif", case),
    Kernel::row("iff", case),
    Kernel::row("case", case),
    Kernel::row("coalesce", coalesce),
    Kernel::row("max_of", |_, args| extreme(args, Ordering::Greater)),
    Kernel::row("min_of", |_, args| extreme(args, Ordering::Less)),
    Kernel::array("assert", assert),
    Kernel::row("not", |_, args| truth(args.first()).map(|truth| !truth).into()),
    Kernel::array("isnull", |_, args, types| absent(args, types, is_null, true)),
    Kernel::array("isnotnull", |_, args, types| absent(args, types, is_null, false)),
    Kernel::array("notnull", |_, args, types| absent(args, types, is_null, false)),
    Kernel::array("isempty", |_, args, types| absent(args, types, is_empty, true)),
    Kernel::array("isnotempty", |_, args, types| absent(args, types, is_empty, false)),
    Kernel::array("notempty", |_, args, types| absent(args, types, is_empty, false)),
    Kernel::row("isascii", |_, args| Cell::Bool(text(args, 0).is_ascii())),
    // Text that is not UTF-8 is refused where it is read.
    Kernel::row("isutf8", |_, _| Cell::Bool(true)),
    Kernel::strict("around", around),
    Kernel::row("column_ifexists", default),
    Kernel::row("columnifexists", default),
];

/// JSON's null counts, the empty string does not.
fn is_null(cell: &Cell<'_>) -> bool {
    match cell {
        Cell::Dynamic(bytes) => matches!(View::new(bytes).shown(), Shown::Null),
        cell => cell.is_null(),
    }
}

/// Null or the empty string, in a dynamic too.
fn is_empty(cell: &Cell<'_>) -> bool {
    match cell {
        Cell::Dynamic(bytes) => match View::new(bytes).shown() {
            Shown::Null => true,
            Shown::String(text) => text.is_empty(),
            _ => false,
        },
        cell => cell.is_empty(),
    }
}

/// For each row whether the test of its value gives `holds`.
fn absent(args: &[ArrayRef], types: &[Type], test: fn(&Cell<'_>) -> bool, holds: bool) -> Result<ArrayRef> {
    let columns = columns(args, types)?;
    let (Some(array), Some(column)) = (args.first(), columns.first()) else {
        return datafusion::common::internal_err!("a test for null takes an argument");
    };
    let rows = array.len();
    let found = match column {
        Cells::String(texts) => BooleanBuffer::collect_bool(rows, |row| test(&Cell::string(texts.value(row))) == holds),
        Cells::Dynamic(_) => BooleanBuffer::collect_bool(rows, |row| test(&column.get(row)) == holds),
        _ => BooleanBuffer::collect_bool(rows, |row| array.is_null(row) == holds),
    };
    Ok(Arc::new(BooleanArray::new(found, None)))
}

fn truth(cell: Option<&Cell<'_>>) -> Option<bool> {
    super::cast::cast(cell?, Type::Bool).as_bool()
}

/// Conditions and values in turn, and what holds where no condition does. A null condition does not hold.
fn case<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let mut arms = args.chunks_exact(2);
    for arm in arms.by_ref() {
        if let [condition, value] = arm
            && truth(Some(condition)) == Some(true)
        {
            return value.clone();
        }
    }
    arms.remainder().first().cloned().unwrap_or_default()
}

fn coalesce<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let found = args.iter().find(|cell| !is_null(cell) && !matches!(cell, Cell::String(text) if text.is_empty()));
    found.or(args.last()).cloned().unwrap_or_default()
}

/// The value that comes `order` all others, nulls passed over; the first of equal ones.
fn extreme<'a>(args: &[Cell<'a>], order: Ordering) -> Cell<'a> {
    let mut best: Option<&Cell<'a>> = None;
    for cell in args.iter().filter(|cell| !is_null(cell)) {
        if best.is_none_or(|best| compare(cell, best) == Some(order)) {
            best = Some(cell);
        }
    }
    best.cloned().unwrap_or_default()
}

/// Ends the query where the condition does not hold.
fn assert(env: Env, args: &[ArrayRef], types: &[Type]) -> Result<ArrayRef> {
    let columns = columns(args, types)?;
    let mut held = CellBuilder::new(env.ty, rows(args));
    for row in 0..rows(args) {
        let cells: Vec<Cell<'_>> = columns.iter().map(|column| column.get(row)).collect();
        if truth(cells.first()) != Some(true) {
            let message = format!("assert() has failed with message: '{}'", text(&cells, 1));
            return Err(DataFusionError::Execution(message));
        }
        held.push(&Cell::Bool(true))?;
    }
    Ok(held.finish())
}

/// Whether the first lies no further than the third from the second.
fn around<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let [value, center, delta] = args else { return Cell::Null };
    let (value, center, delta) = (scalar(value), scalar(center), scalar(delta));
    let ty = match (&center, &delta) {
        (Cell::DateTime(_), _) => Type::DateTime,
        (Cell::TimeSpan(_), _) => Type::TimeSpan,
        (Cell::Decimal(_), _) | (_, Cell::Decimal(_)) => Type::Decimal,
        (Cell::Real(_), _) | (_, Cell::Real(_)) => Type::Real,
        _ => Type::Long,
    };
    let low = arithmetic::binary(ArithmeticOp::Subtract, &center, &delta, ty);
    let high = arithmetic::binary(ArithmeticOp::Add, &center, &delta, ty);
    match (compare(&value, &low), compare(&value, &high)) {
        (Some(low), Some(high)) => Cell::Bool(low != Ordering::Less && high != Ordering::Greater),
        _ => Cell::Null,
    }
}

/// A column that turned out not to be there.
fn default<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    args.get(1).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, calls};
    use super::*;
    use crate::ir::Json;

    fn s(text: &str) -> Cell<'_> {
        Cell::string(text)
    }

    fn n(value: i64) -> Cell<'static> {
        Cell::Long(value)
    }

    #[test]
    fn the_first_condition_that_holds_decides() {
        let (yes, no) = (Cell::Bool(true), Cell::Bool(false));
        calls(
            Type::String,
            &[
                ("iff", vec![yes.clone(), s("a"), s("b")], "a"),
                ("iif", vec![Cell::Null, s("a"), s("b")], "b"),
                ("case", vec![no.clone(), s("a"), yes, s("b"), s("c")], "b"),
                ("case", vec![no.clone(), s("a"), no, s("b"), s("c")], "c"),
                ("coalesce", vec![s(""), s("b")], "b"),
                ("coalesce", vec![s(""), s("")], ""),
            ],
        );
        assert_eq!(call("coalesce", Type::Long, &[Cell::Null, n(42), n(33)]).as_long(), Some(42));
    }

    #[test]
    fn nulls_are_passed_over() {
        calls(
            Type::Long,
            &[
                ("max_of", vec![n(10), n(1), n(-3), n(17)], "17"),
                ("min_of", vec![n(10), n(1), n(-3), n(17)], "-3"),
                ("max_of", vec![Cell::Null, n(2)], "2"),
                ("min_of", vec![Cell::Null, n(2)], "2"),
                ("max_of", vec![Cell::Null, Cell::Null], ""),
                ("max_of", vec![Cell::Int(1), Cell::Real(1.5)], "1.5"),
            ],
        );
    }

    #[test]
    fn null_and_empty_are_told_apart() {
        let empty = || Cell::dynamic(&Json::String("".into()));
        for (name, cell, holds) in [
            ("isnull", Cell::Null, true),
            ("isnull", s(""), false),
            ("isnull", Cell::dynamic(&Json::Null), true),
            ("isnotnull", n(0), true),
            ("isempty", s(""), true),
            ("isempty", Cell::Null, true),
            ("isempty", empty(), true),
            ("isempty", Cell::dynamic(&Json::Array(vec![])), false),
            ("isnotempty", s("a"), true),
            ("isnotempty", empty(), false),
            ("isascii", s("some string"), true),
            ("isascii", s("é"), false),
            ("isutf8", s("é"), true),
            ("not", Cell::Bool(false), true),
            ("not", n(1), false),
        ] {
            assert_eq!(call(name, Type::Bool, std::slice::from_ref(&cell)).as_bool(), Some(holds), "{name} {cell:?}");
        }
        assert!(call("not", Type::Bool, &[Cell::Null]).is_null());
    }

    #[test]
    fn around_includes_both_ends() {
        let minute = crate::literal::TICKS_PER_MINUTE;
        let center = Cell::DateTime(100 * minute);
        for (value, holds) in [(99, true), (101, true), (98, false), (102, false)] {
            let args = [Cell::DateTime(value * minute), center.clone(), Cell::TimeSpan(minute)];
            assert_eq!(call("around", Type::Bool, &args).as_bool(), Some(holds), "{value}");
        }
        assert!(call("around", Type::Bool, &[n(1), Cell::Null, n(1)]).is_null());
        assert_eq!(call("around", Type::Bool, &[n(5), n(6), Cell::Real(1.0)]).as_bool(), Some(true));
    }

    #[test]
    fn an_assertion_that_fails_is_an_error() {
        let args = |holds: bool| {
            let condition = crate::eval::arrays::from_cells(Type::Bool, [Cell::Bool(holds)]).unwrap();
            [condition, crate::eval::arrays::from_cells(Type::String, [s("no")]).unwrap()]
        };
        let env = Env { now: 0, ty: Type::Bool };
        assert!(assert(env, &args(true), &[Type::Bool, Type::String]).is_ok());
        let error = assert(env, &args(false), &[Type::Bool, Type::String]).unwrap_err();
        assert!(error.to_string().contains("assert() has failed with message: 'no'"));
    }
}
