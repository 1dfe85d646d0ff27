//! Which row groups a filter rules out, by the least and greatest values that the file states of each.

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _};
use datafusion::arrow::datatypes::{Int32Type, Int64Type};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;

use super::convert;
use crate::types::Type;

/// Whether the file says of a row group that all its records fulfil a condition on the column of a type.
pub(super) fn surely(metadata: &ArrowReaderMetadata, group: usize, condition: &Expr, ty: Type) -> bool {
    match condition {
        Expr::Alias(alias) => surely(metadata, group, &alias.expr, ty),
        Expr::IsTrue(inner) => surely(metadata, group, inner, ty),
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let (name, op, value) = match (column(left), key(right), column(right), key(left)) {
                (Some(name), Some(value), ..) => (name, Some(*op), value),
                (_, _, Some(name), Some(value)) => (name, op.swap(), value),
                _ => return false,
            };
            let Some((least, greatest)) = numbers(metadata, group, name, ty) else { return false };
            let Key::Number(value) = value else { return false };
            match op {
                Some(Operator::Lt) => greatest < value,
                Some(Operator::LtEq) => greatest <= value,
                Some(Operator::Gt) => least > value,
                Some(Operator::GtEq) => least >= value,
                _ => false,
            }
        }
        _ => false,
    }
}

/// The least and the greatest number or time of a row group, where the file says them, the column's type is that of the
/// file and none is null.
pub(super) fn numbers(metadata: &ArrowReaderMetadata, group: usize, column: &str, ty: Type) -> Option<(i64, i64)> {
    let of = metadata.schema().field_with_name(column).ok()?.data_type();
    let group = metadata.metadata().row_groups().get(group)?;
    let converter = StatisticsConverter::try_new(column, metadata.schema(), metadata.parquet_schema()).ok()?;
    let nulls = converter.row_group_null_counts([group]).ok()?;
    if convert::natural(of)? != ty || nulls.is_null(0) || nulls.value(0) > 0 {
        return None;
    }
    let edge = |stated: ArrayRef| match value(&convert::converted(&stated, ty).ok()?, ty, 0)? {
        Key::Number(number) => Some(number),
        Key::Text(_) => None,
    };
    Some((edge(converter.row_group_mins([group]).ok()?)?, edge(converter.row_group_maxes([group]).ok()?)?))
}

/// A value that can be compared with what a file states.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(i64),
    Text(Vec<u8>),
}

/// The least and greatest value of a column in each row group, as far as they are known.
type Ranges = Vec<Option<(Key, Key)>>;

/// Whether each row group may hold records that all filters let pass. What is not understood rules nothing out.
pub(super) fn kept(metadata: &ArrowReaderMetadata, filters: &[Expr]) -> Vec<bool> {
    let mut kept = vec![true; metadata.metadata().num_row_groups()];
    for filter in filters {
        for (keep, may) in kept.iter_mut().zip(may_hold(metadata, filter)) {
            *keep &= may;
        }
    }
    kept
}

/// Whether each row group may hold records for which a condition is true.
fn may_hold(metadata: &ArrowReaderMetadata, condition: &Expr) -> Vec<bool> {
    let all = || vec![true; metadata.metadata().num_row_groups()];
    match condition {
        Expr::Alias(alias) => may_hold(metadata, &alias.expr),
        Expr::IsTrue(inner) => may_hold(metadata, inner),
        Expr::BinaryExpr(BinaryExpr { left, op: op @ (Operator::And | Operator::Or), right }) => {
            let sides = may_hold(metadata, left).into_iter().zip(may_hold(metadata, right));
            sides.map(|(left, right)| if *op == Operator::And { left && right } else { left || right }).collect()
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let (column, op, value) = match (column(left), key(right), column(right), key(left)) {
                (Some(column), Some(value), ..) => (column, *op, value),
                (_, _, Some(column), Some(value)) => match op.swap() {
                    Some(op) => (column, op, value),
                    None => return all(),
                },
                _ => return all(),
            };
            over(metadata, column, std::slice::from_ref(&value), |value, least, greatest| match op {
                Operator::Eq | Operator::IsNotDistinctFrom => least <= value && value <= greatest,
                Operator::Lt => least < value,
                Operator::LtEq => least <= value,
                Operator::Gt => greatest > value,
                Operator::GtEq => greatest >= value,
                _ => true,
            })
        }
        Expr::InList(list) if !list.negated => {
            let values: Option<Vec<Key>> = list.list.iter().map(key).collect();
            match (column(&list.expr), values) {
                (Some(column), Some(values)) => {
                    over(metadata, column, &values, |value, least, greatest| least <= value && value <= greatest)
                }
                _ => all(),
            }
        }
        _ => all(),
    }
}

/// Asks each row group by the range of a column, whether one of the values may let it pass. A range of another kind than
/// a value, as of a column that is converted when it is read, says nothing.
fn over(
    metadata: &ArrowReaderMetadata,
    column: &str,
    values: &[Key],
    may: impl Fn(&Key, &Key, &Key) -> bool,
) -> Vec<bool> {
    let ranges = ranges(metadata, column).unwrap_or_else(|| vec![None; metadata.metadata().num_row_groups()]);
    let of_other_kind = |value: &Key, least: &Key| std::mem::discriminant(value) != std::mem::discriminant(least);
    let passes = |(least, greatest): &(Key, Key)| {
        values.iter().any(|value| of_other_kind(value, least) || may(value, least, greatest))
    };
    ranges.iter().map(|range| range.as_ref().is_none_or(passes)).collect()
}

fn ranges(metadata: &ArrowReaderMetadata, column: &str) -> Option<Ranges> {
    let ty = convert::natural(metadata.schema().field_with_name(column).ok()?.data_type())?;
    let groups = metadata.metadata().row_groups();
    let converter = StatisticsConverter::try_new(column, metadata.schema(), metadata.parquet_schema()).ok()?;
    let least = convert::converted(&converter.row_group_mins(groups).ok()?, ty).ok()?;
    let greatest = convert::converted(&converter.row_group_maxes(groups).ok()?, ty).ok()?;
    // Text has no null here, so whether it is known shows before it is converted.
    let stated = converter.row_group_mins(groups).ok()?;
    let also = converter.row_group_maxes(groups).ok()?;
    let nulls = converter.row_group_null_counts(groups).ok()?;
    let range = |row: usize| {
        if stated.is_null(row) || also.is_null(row) {
            return None;
        }
        let (mut least, greatest) = (value(&least, ty, row)?, value(&greatest, ty, row)?);
        // A null string is the empty one.
        if ty == Type::String && (nulls.is_null(row) || nulls.value(row) > 0) {
            least = Key::Text(Vec::new());
        }
        Some((least, greatest))
    };
    Some((0..groups.len()).map(range).collect())
}

fn value(array: &ArrayRef, ty: Type, row: usize) -> Option<Key> {
    if array.is_null(row) {
        return None;
    }
    match ty {
        Type::Int => Some(Key::Number(array.as_primitive_opt::<Int32Type>()?.value(row).into())),
        Type::Long | Type::DateTime | Type::TimeSpan => {
            Some(Key::Number(array.as_primitive_opt::<Int64Type>()?.value(row)))
        }
        Type::String => Some(Key::Text(array.as_string_view_opt()?.value(row).as_bytes().to_vec())),
        _ => None,
    }
}

/// The column that an expression is, perhaps widened.
fn column(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Column(column) => Some(&column.name),
        Expr::Cast(cast) => column(&cast.expr),
        Expr::Alias(alias) => column(&alias.expr),
        _ => None,
    }
}

fn key(expr: &Expr) -> Option<Key> {
    match expr {
        Expr::Literal(value, _) => match value {
            ScalarValue::Int64(Some(number)) => Some(Key::Number(*number)),
            ScalarValue::Int32(Some(number)) => Some(Key::Number(i64::from(*number))),
            ScalarValue::Utf8View(Some(text)) | ScalarValue::Utf8(Some(text)) => {
                Some(Key::Text(text.as_bytes().to_vec()))
            }
            _ => None,
        },
        _ => None,
    }
}
