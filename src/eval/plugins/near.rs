//! Plugins that choose among the records.

use super::{Call, Outcome};

/// `identity`: the records as they are.
#[expect(clippy::unnecessary_wraps, reason = "as every plugin")]
pub(super) fn identity(call: &Call) -> Outcome {
    Ok(call.input.clone())
}

/// `rows_near(condition, n[, after])`: the records for which the condition is true, with so many before and after each.
pub(super) fn rows_near(call: &Call) -> Outcome {
    let conditions = call.cells(0)?;
    let before = call.count(1)?;
    let after = if call.arguments.len() > 2 { call.count(2)? } else { before };
    let mut kept = Vec::new();
    let mut next = 0;
    for (row, condition) in conditions.iter().enumerate() {
        if condition.as_bool() == Some(true) {
            let end = row.saturating_add(after).saturating_add(1).min(conditions.len());
            kept.extend(next.max(row.saturating_sub(before))..end);
            next = next.max(end);
        }
    }
    Ok(call.input.take(&kept)?)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, shown, table};
    use super::*;
    use crate::eval::cell::Cell;
    use crate::types::Type;

    #[test]
    fn records_near_a_match_are_given_once() {
        let rows: Vec<[&str; 2]> = ["false", "true", "false", "true", "", "false", "false"]
            .iter()
            .zip(["0", "1", "2", "3", "4", "5", "6"])
            .map(|(hit, number)| [number, *hit])
            .collect();
        let rows: Vec<&[&str]> = rows.iter().map(<[&str; 2]>::as_slice).collect();
        let input = table(&[("n", Type::Long), ("hit", Type::Bool)], &rows);
        for (before, after, expected) in [
            (0, None, &["1", "3"][..]),
            (1, None, &["0", "1", "2", "3", "4"]),
            (0, Some(2), &["1", "2", "3", "4", "5"]),
            (9, Some(0), &["0", "1", "2", "3"]),
        ] {
            let mut call = call(input.clone()).of("hit").given(Cell::Long(before));
            if let Some(after) = after {
                call = call.given(Cell::Long(after));
            }
            let (_, rows) = shown(rows_near(&call));
            let numbers: Vec<&str> = rows.iter().filter_map(|row| row.split(' ').next()).collect();
            assert_eq!(numbers, expected, "{before} {after:?}");
        }
    }
}
