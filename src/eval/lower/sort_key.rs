//! Values in a form that sorts, and is equal, as KQL has it.
//!
//! Arrow puts NaN above all numbers; KQL puts it beside null. Decimals and dynamics are bytes that do not sort as what
//! they stand for. For these types records are sorted by a key of their own.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, BinaryBuilder, Int64Array};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::logical_expr::Expr as DfExpr;

use super::udf;
use crate::eval::arrays::Cells;
use crate::eval::cell::Cell;
use crate::eval::dynamic::{Shown, View};
use crate::types::Type;

/// The key that a value sorts by, where it does not by itself. For reals the place of nulls is in the key.
pub(super) fn sort_key(value: DfExpr, ty: Type, descending: bool, nulls_first: bool) -> DfExpr {
    match ty {
        Type::Real => {
            let function: udf::Function = Arc::new(move |arrays, _| Ok(real_keys(&arrays[0], descending, nulls_first)));
            let key = format!("{descending}{nulls_first}");
            udf::raw("sort_key", key, DataType::Int64, false, function, vec![value])
        }
        Type::Decimal | Type::Dynamic | Type::Unknown => {
            let function: udf::Function = Arc::new(move |arrays, rows| {
                let cells = Cells::new(arrays[0].as_ref(), ty)?;
                let mut builder = BinaryBuilder::with_capacity(rows, rows * 24);
                for row in 0..rows {
                    match bytes(&cells.get(row)) {
                        Some(bytes) => builder.append_value(bytes),
                        None => builder.append_null(),
                    }
                }
                Ok(Arc::new(builder.finish()) as ArrayRef)
            });
            udf::raw("sort_key", ty.to_string(), DataType::Binary, true, function, vec![value])
        }
        _ => value,
    }
}

/// The value as a key of groups and joins, equal in bits where it is equal in KQL. A real has two zeros and many NaNs,
/// and which NaN an operation gives is up to the processor; Arrow tells them all apart.
pub(super) fn group_key(value: DfExpr, ty: Type) -> DfExpr {
    if ty != Type::Real {
        return value;
    }
    let function: udf::Function = Arc::new(|arrays, _| {
        let one_form = |value: f64| if value.is_nan() { f64::NAN } else { value + 0.0 };
        Ok(Arc::new(arrays[0].as_primitive::<Float64Type>().unary::<_, Float64Type>(one_form)) as ArrayRef)
    });
    udf::arrays("group_key", String::new(), ty, function, vec![value])
}

/// Numbers that sort ascending as the reals do in the order asked for, NaN and null at the end that nulls are at.
fn real_keys(array: &ArrayRef, descending: bool, nulls_first: bool) -> ArrayRef {
    let reals = array.as_primitive::<Float64Type>();
    let edge = |distance: i64| if nulls_first == descending { i64::MAX - distance } else { i64::MIN + distance };
    Arc::new(Int64Array::from_iter_values((0..reals.len()).map(|row| {
        if reals.is_null(row) {
            edge(0)
        } else if reals.value(row).is_nan() {
            edge(1)
        } else {
            ordered(reals.value(row))
        }
    })))
}

/// A number that is as far from others as the real, in order.
fn ordered(value: f64) -> i64 {
    // Negative zero equals zero.
    let bits = (value + 0.0).to_bits().cast_signed();
    bits ^ (((bits >> 63).cast_unsigned()) >> 1).cast_signed()
}

/// Bytes that sort as the value does among those of its type; values of different types in a dynamic by type.
fn bytes(cell: &Cell<'_>) -> Option<Vec<u8>> {
    let number = |tag: u8, value: f64| {
        let mut bytes = vec![tag];
        bytes.extend((ordered(value) ^ i64::MIN).to_be_bytes());
        bytes
    };
    Some(match cell {
        Cell::Null => return None,
        Cell::Decimal(value) => {
            // The nearest real first, then what it leaves out: the digits at the common scale.
            let mut bytes = number(0, value.to_f64());
            let scaled = 10i128.checked_pow(u32::from(38 - value.scale().min(38)));
            let exact = scaled.and_then(|factor| value.mantissa().checked_mul(factor)).unwrap_or(value.mantissa());
            bytes.extend((exact ^ i128::MIN).to_be_bytes());
            bytes
        }
        Cell::Dynamic(encoded) => match View::new(encoded).shown() {
            Shown::Null => return None,
            Shown::Bool(value) => vec![1, u8::from(value)],
            #[expect(clippy::cast_precision_loss, reason = "numbers of a dynamic compare as reals")]
            Shown::Long(value) => number(2, value as f64),
            Shown::Real(value) => number(2, value),
            Shown::DateTime(ticks) | Shown::TimeSpan(ticks) => {
                let mut bytes = vec![3];
                bytes.extend((ticks ^ i64::MIN).to_be_bytes());
                bytes
            }
            _ => {
                let mut bytes = vec![4];
                bytes.extend(cell.to_text().as_bytes());
                bytes
            }
        },
        other => other.to_text().as_bytes().to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reals_sort_as_numbers_with_nan_beside_null() {
        let values = [f64::NEG_INFINITY, -1.5, -0.0, 1e-300, 2.0, f64::INFINITY];
        assert!(values.windows(2).all(|pair| ordered(pair[0]) < ordered(pair[1])));
        assert_eq!(ordered(0.0), ordered(-0.0));
        let array: ArrayRef =
            Arc::new(datafusion::arrow::array::Float64Array::from(vec![Some(1.0), None, Some(f64::NAN)]));
        for (descending, nulls_first, order) in
            [(false, true, [1, 2, 0]), (false, false, [0, 2, 1]), (true, false, [0, 2, 1]), (true, true, [1, 2, 0])]
        {
            let keys = real_keys(&array, descending, nulls_first);
            let keys = keys.as_primitive::<datafusion::arrow::datatypes::Int64Type>();
            let mut rows = vec![0, 1, 2];
            rows.sort_by_key(|row| keys.value(*row));
            if descending {
                rows.reverse();
            }
            assert_eq!(rows, order, "{descending} {nulls_first}");
        }
    }

    #[test]
    fn decimals_sort_by_value() {
        let key = |text: &str| bytes(&Cell::Decimal(text.parse().unwrap()));
        assert!(key("-2") < key("-1.5"));
        assert!(key("0.1") < key("0.10000000000000000000000000000001"));
        assert!(key("9") < key("10"));
    }
}
