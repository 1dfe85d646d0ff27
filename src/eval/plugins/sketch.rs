//! `dcount_intersect`.

use super::{Call, Column, Fault, Outcome};
use crate::eval::aggregates::sketch::Sketch;
use crate::eval::cell::Cell;
use crate::types::Type;

/// The most sketches that are intersected.
const MOST: usize = 16;

/// `dcount_intersect(hll_1, hll_2…)`: the columns of the input, then how many values the first sketch has (`s0`), how
/// many the first two have in common (`s1`), and so on; a sketch that is null has none.
///
/// By inclusion and exclusion: exact where the sketches are (few values), otherwise an estimate whose error is that of
/// the largest union.
pub(super) fn dcount_intersect(call: &Call) -> Outcome {
    let count = call.arguments.len();
    if !(2..=MOST).contains(&count) {
        return Err(Fault::new(format!("from 2 to {MOST} sketches are intersected")));
    }
    let given = (0..count).map(|index| call.cells(index)).collect::<Result<Vec<_>, _>>()?;
    let mut results: Vec<Vec<i64>> = vec![Vec::with_capacity(call.input.rows); count];
    for row in 0..call.input.rows {
        let sketches: Vec<Option<Sketch>> = given
            .iter()
            .map(|cells| cells.get(row).and_then(Cell::to_json).and_then(|json| Sketch::from_json(&json)))
            .collect();
        for (result, number) in results.iter_mut().zip(intersections(&sketches)) {
            result.push(number);
        }
    }
    let mut table = call.input.clone();
    for (index, numbers) in results.into_iter().enumerate() {
        table.columns.push(Column::new(format!("s{index}"), Type::Long, numbers.into_iter().map(Cell::Long))?);
    }
    Ok(table)
}

/// The sizes of the intersections of the first sketch, the first two, and so on.
fn intersections(sketches: &[Option<Sketch>]) -> Vec<i64> {
    let mut sizes = Vec::with_capacity(sketches.len());
    // The unions of all non-empty subsets of the sketches so far, with the sign of their size in the sum.
    let mut unions: Vec<(Sketch, i64)> = Vec::new();
    let mut sum = 0i64;
    let mut most = i64::MAX;
    for sketch in sketches {
        let Some(sketch) = sketch else {
            most = 0;
            sizes.push(0);
            continue;
        };
        if most > 0 {
            let mut with: Vec<(Sketch, i64)> = unions
                .iter()
                .map(|(union, sign)| {
                    let mut union = union.clone();
                    union.merge(sketch.clone());
                    (union, -sign)
                })
                .collect();
            with.push((sketch.clone(), 1));
            sum += with.iter().map(|(union, sign)| sign * union.count()).sum::<i64>();
            unions.append(&mut with);
            most = sum.clamp(0, most);
        }
        sizes.push(most);
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::aggregates::sketch::{hash, register_bits};

    fn multiples(of: i64, up_to: i64) -> Option<Sketch> {
        let mut sketch = Sketch::new(register_bits(2)?);
        for number in (of..=up_to).step_by(usize::try_from(of).ok()?) {
            sketch.insert(hash(&Cell::Long(number))?);
        }
        Some(sketch)
    }

    #[test]
    fn intersections_of_few_values_are_exact() {
        let sketches = [multiples(2, 100), multiples(3, 100), multiples(5, 100)];
        assert_eq!(intersections(&sketches), [50, 16, 3]);
    }

    #[test]
    fn intersections_of_many_values_are_near() {
        let sizes = intersections(&[multiples(2, 300_000), multiples(3, 300_000)]);
        assert!((sizes[1] - 50_000).abs() < 3_000, "{sizes:?}");
    }

    #[test]
    fn with_nothing_all_have_nothing_in_common() {
        assert_eq!(intersections(&[multiples(2, 10), None, multiples(3, 10)]), [5, 0, 0]);
    }
}
