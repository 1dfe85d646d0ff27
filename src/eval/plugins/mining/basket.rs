//! `basket`: all patterns that a share of the records has.

use std::collections::HashSet;

use super::{Common, Records, count, number};
use crate::eval::plugins::{Call, Fault, Outcome};

/// The share from which a pattern is frequent, unless the query says otherwise.
const THRESHOLD: f64 = 0.05;
/// The least share that can be asked for.
const LEAST: f64 = 0.015;
/// How many values a pattern is made of, unless the query says otherwise.
const DIMENSIONS: usize = 5;
/// More patterns are no answer anybody reads.
const MOST: usize = 1 << 20;

/// All patterns whose records are a share of all, the threshold or more.
///
/// Source: <https://learn.microsoft.com/kusto/query/basket-plugin>. What that page leaves open, and what is done here:
///
/// - Kusto looks for frequent values in a sample, so that what it gives near the threshold may differ from run to run. Here
///   all records are looked at.
/// - Patterns that the same records have are one, which fixes all that these records have in common: so the page's example
///   tells `NO` with `0`, and neither alone. The most *uncorrelated* dimensions a pattern may have are then the values it
///   takes to come to these records, which the others follow from.
/// - The order is that of the page's example, by a rule which gives it: depth first, beginning with values whose records
///   have most in common, of these with the value of most records, then by column and by the first record.
pub(in super::super) fn basket(call: &Call) -> Outcome {
    let threshold = number(call, 0, THRESHOLD)?;
    if !(LEAST..=1.0).contains(&threshold) {
        return Err(Fault::of(0, "a share from 0.015 to 1 is needed here"));
    }
    let most = count(call, 2, DIMENSIONS)?;
    let records = Records::new(call)?;
    let all = records.all();
    let mut search =
        Search { records: &records, threshold, order: Vec::new(), known: HashSet::new(), found: Vec::new() };
    search.order = search.ordered(&all);
    search.grow(&all, 0, most)?;
    records.shown(&search.found)
}

/// A search for frequent patterns.
struct Search<'r> {
    records: &'r Records<'r>,
    threshold: f64,
    /// The frequent values.
    order: Vec<usize>,
    known: HashSet<super::Pattern>,
    found: Vec<Common>,
}

impl Search<'_> {
    /// What the records of each value weigh, of some combinations.
    fn weights(&self, some: &[usize]) -> Vec<f64> {
        let mut weights = vec![0.0; self.records.of_value.len()];
        for column in self.records.columns() {
            for one in some {
                weights[self.records.values[column][*one]] += self.records.weights[*one];
            }
        }
        weights
    }

    fn is_frequent(&self, weight: f64) -> bool {
        weight > 0.0 && self.records.share(weight) >= self.threshold
    }

    /// The frequent values, in the order in which they are tried.
    fn ordered(&self, all: &[usize]) -> Vec<usize> {
        let frequent = self.weights(all).into_iter().enumerate().filter(|(_, weight)| self.is_frequent(*weight));
        let mut ranked: Vec<(usize, f64, usize)> = frequent
            .map(|(value, weight)| {
                let common = self.records.common(&self.records.having(all, value));
                (common.pattern.iter().flatten().count(), weight, value)
            })
            .collect();
        // Values are numbered by column and first record already.
        ranked.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2)));
        ranked.into_iter().map(|(_, _, value)| value).collect()
    }

    /// Takes down the pattern of some combinations of values, and goes on with those values from a place of the order on
    /// that not all of them have, as long as a pattern may take more.
    fn grow(&mut self, some: &[usize], from: usize, more: usize) -> Result<(), Fault> {
        let common = self.records.common(some);
        let pattern = common.pattern.clone();
        if pattern.iter().any(Option::is_some) && self.known.insert(pattern.clone()) {
            if self.found.len() == MOST {
                return Err(Fault::new(format!("more than {MOST} patterns are frequent; raise the threshold")));
            }
            self.found.push(common);
        }
        if more == 0 {
            return Ok(());
        }
        let weights = self.weights(some);
        for at in from..self.order.len() {
            let value = self.order[at];
            // A column that the pattern fixes has no other value.
            if pattern[self.records.of_value[value].0].is_none() && self.is_frequent(weights[value]) {
                self.grow(&self.records.having(some, value), at + 1, more - 1)?;
            }
        }
        Ok(())
    }
}
