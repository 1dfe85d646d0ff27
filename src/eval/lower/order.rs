//! The order of records that have been collected.
//!
//! It is made here and not in the plan: DataFusion leaves parts of a long order out where it takes them for constants,
//! and then finds, behind a join, that they are missing.

use datafusion::arrow::array::{Array as _, AsArray as _, RecordBatch};
use datafusion::arrow::compute::{SortColumn, SortOptions, concat_batches, lexsort_to_indices, take_record_batch};
use datafusion::arrow::datatypes::{Int64Type, SchemaRef};
use datafusion::common::{DataFusionError, Result};

use super::relation::OrderKey;

/// The records in one piece, in the order of these fields.
///
/// # Errors
/// Where memory does not suffice for the columns, or a field is missing.
pub(super) fn ordered(schema: &SchemaRef, batches: &[RecordBatch], keys: &[OrderKey]) -> Result<RecordBatch> {
    let batch = concat_batches(schema, batches)?;
    let mut columns = Vec::with_capacity(keys.len());
    for key in keys {
        let values = batch
            .column_by_name(&key.field)
            .ok_or_else(|| DataFusionError::Internal(format!("there is no field {} to order by", key.field)))?;
        columns.push(SortColumn {
            values: values.clone(),
            options: Some(SortOptions { descending: key.descending, nulls_first: key.nulls_first }),
        });
    }
    if columns.is_empty() || in_order(&columns) {
        return Ok(batch);
    }
    Ok(take_record_batch(&batch, &lexsort_to_indices(&columns, None)?)?)
}

/// Whether the records are in order as they came, told where that costs little: numbers, as of most tables.
fn in_order(columns: &[SortColumn]) -> bool {
    let [SortColumn { values, options: Some(SortOptions { descending: false, .. }) }] = columns else { return false };
    let numbers = values.as_primitive_opt::<Int64Type>().filter(|numbers| numbers.null_count() == 0);
    numbers.is_some_and(|numbers| numbers.values().is_sorted())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{ArrayRef, Int64Array, StringViewArray};

    use super::*;

    #[test]
    fn records_of_several_batches_come_in_order() {
        let batch = |numbers: Vec<i64>, texts: Vec<&str>| {
            RecordBatch::try_from_iter([
                ("n", Arc::new(Int64Array::from(numbers)) as ArrayRef),
                ("t", Arc::new(StringViewArray::from(texts)) as ArrayRef),
            ])
            .unwrap()
        };
        let batches = [batch(vec![2, 1], vec!["b", "a"]), batch(vec![2], vec!["c"])];
        let schema = batches[0].schema();
        let keys = [
            OrderKey { field: "n".to_owned(), descending: true, nulls_first: false },
            OrderKey::ascending("t".to_owned()),
        ];
        let sorted = ordered(&schema, &batches, &keys).unwrap();
        let texts: Vec<&str> = sorted.column(1).as_string_view().iter().flatten().collect();
        assert_eq!(texts, ["b", "c", "a"]);
        assert!(ordered(&schema, &batches, &[OrderKey::ascending("x".to_owned())]).is_err());
    }
}
