//! Plugins that turn columns into records.

use super::{Call, Column, Outcome, Table};
use crate::eval::cell::Cell;
use crate::types::Type;

/// `narrow`: one record a cell, its value as `tostring` writes it; records count from 0.
pub(super) fn narrow(call: &Call) -> Outcome {
    let input = &call.input;
    let cells = input.columns.iter().map(Column::cells).collect::<Result<Vec<_>, _>>()?;
    let each = || (0..input.rows).flat_map(|row| (0..cells.len()).map(move |column| (row, column)));
    let number = |row: usize| Cell::Long(i64::try_from(row).unwrap_or(i64::MAX));
    let columns = vec![
        Column::new("Row", Type::Long, each().map(|(row, _)| number(row)))?,
        Column::new("Column", Type::String, each().map(|(_, at)| Cell::string(&*input.columns[at].name)))?,
        Column::new(
            "Value",
            Type::String,
            each().map(|(row, at)| Cell::from(cells[at].get(row).to_text().into_owned())),
        )?,
    ];
    Ok(Table { columns, rows: input.rows * cells.len() })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, shown, table};
    use super::*;

    #[test]
    fn each_cell_is_a_record() {
        let input = table(&[("a", Type::Long), ("b", Type::String)], &[&["1", "x"], &["", ""]]);
        let (names, rows) = shown(narrow(&call(input)));
        assert_eq!(names, ["Row", "Column", "Value"]);
        assert_eq!(rows, ["0 a 1", "0 b x", "1 a ", "1 b "]);
    }
}
