//! Pipes of EQL.

use super::Row;
use crate::ir::Argument;
use crate::replay::Cell;

pub(super) static ROWS: &[Row] = &[("tail", |call, mut input| {
    let count = match call.step.arguments.first() {
        Some((_, Argument::Scalar(count))) => call.machine.constant(count)?,
        _ => Cell::Null,
    };
    let Cell::Long(count) = count else { return Err(call.refuse("it takes a number of records")) };
    let skip = input.records.len().saturating_sub(usize::try_from(count).unwrap_or(0));
    input.records = input.records.split_off(skip);
    Ok(call.finished(input))
})];
