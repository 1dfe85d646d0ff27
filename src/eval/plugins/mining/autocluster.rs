//! `autocluster`: a few patterns that cover much and say much.

use super::{Common, Pattern, Records, count, number};
use crate::eval::plugins::{Call, Fault, Outcome};

/// How much the size of a pattern counts, unless the query says otherwise.
const SIZE_WEIGHT: f64 = 0.5;
/// From how many records patterns are grown, unless the query says otherwise.
const SEEDS: usize = 25;

/// A few patterns that many records have and that fix much.
///
/// **The algorithm is kqlc's own reading.** The page (<https://learn.microsoft.com/kusto/query/autocluster-plugin>) says
/// that it is largely that of Seed-Expand in Ofer, Eldar, Shalev and Resheff, "Algorithms for Telemetry Data Mining using
/// Discrete Attributes" (2017), a local search from some records for patterns of a high score; that the score is the
/// geometric mean of a pattern's size and of how informative it is, weighted by `SizeWeight`; and that patterns may overlap.
/// It does not say how informative a pattern is, how records are chosen, how a search goes on, or which patterns are shown
/// in which order. Here:
///
/// - the size is the share of the records; a pattern tells, for each column it fixes, the share of the records that have
///   another value there, on average over all columns. So `NO` of nine in ten tells little. (If a fixed column counted the
///   same whatever its value, the pattern that the page's example shows first would score less than another.)
/// - The records to begin with are those at even distances, by weight, where Kusto draws some.
/// - From each, the value is fixed that gives the highest score, then the next; what all records of a pattern have in common
///   is fixed with it. The best on the way counts, of two as good the one that fixes more. What a single record among several
///   has in common with none is no pattern.
/// - Patterns are shown by their score, but for those of which more than half is in patterns shown before.
pub(in super::super) fn autocluster(call: &Call) -> Outcome {
    let size_weight = number(call, 0, SIZE_WEIGHT)?;
    if !(0.0..=1.0).contains(&size_weight) {
        return Err(Fault::of(0, "a number from 0 to 1 is needed here"));
    }
    let seeds = count(call, 2, SEEDS)?;
    let records = Records::new(call)?;
    let mut grown: Vec<Scored> = Vec::new();
    let field = Field::new(&records, size_weight);
    for seed in field.seeds(seeds) {
        if let Some(best) = field.grow(seed)
            && grown.iter().all(|there| there.common.pattern != best.common.pattern)
        {
            grown.push(best);
        }
    }
    let size = |scored: &Scored| scored.common.weight;
    grown.sort_by(|a, b| b.score.total_cmp(&a.score).then(size(b).total_cmp(&size(a))));
    records.shown(&field.apart(grown))
}

/// A pattern with its records and its score.
struct Scored {
    common: Common,
    members: Vec<usize>,
    score: f64,
}

/// What patterns grow on.
struct Field<'r> {
    records: &'r Records<'r>,
    size_weight: f64,
    all: Vec<usize>,
    /// What each value tells: the share of the records that have another.
    tells: Vec<f64>,
}

impl<'r> Field<'r> {
    fn new(records: &'r Records<'r>, size_weight: f64) -> Self {
        let all = records.all();
        let mut weights = vec![0.0; records.of_value.len()];
        for column in records.columns() {
            for one in &all {
                weights[records.values[column][*one]] += records.weights[*one];
            }
        }
        let tells = weights.into_iter().map(|weight| 1.0 - records.share(weight)).collect();
        Self { records, size_weight, all, tells }
    }

    /// The combinations of values to begin with: those in which even parts of the weight begin.
    #[expect(clippy::cast_precision_loss, reason = "seeds are few")]
    fn seeds(&self, count: usize) -> Vec<usize> {
        let part = self.records.total / count as f64;
        let (mut seeds, mut before, mut next) = (Vec::new(), 0.0, 0.0);
        for one in &self.all {
            before += self.records.weights[*one];
            if before > next {
                seeds.push(*one);
                // Several parts may begin in one.
                next = ((before / part).ceil() * part).max(next);
            }
        }
        seeds
    }

    #[expect(clippy::cast_precision_loss, reason = "columns are few")]
    fn score(&self, weight: f64, told: f64) -> f64 {
        let columns = self.records.columns().count().max(1) as f64;
        // The same on every machine, which the system's own power is not.
        let size = libm::pow(self.records.share(weight), self.size_weight);
        size * libm::pow((told / columns).max(0.0), 1.0 - self.size_weight)
    }

    fn told(&self, pattern: &Pattern) -> f64 {
        pattern.iter().flatten().map(|value| self.tells[*value]).sum()
    }

    /// The best pattern on the way from none of a record's values to all.
    fn grow(&self, seed: usize) -> Option<Scored> {
        let mut members = self.all.clone();
        let mut best: Option<Scored> = None;
        loop {
            let common = self.records.common(&members);
            let score = self.score(common.weight, self.told(&common.pattern));
            let pattern = common.pattern.clone();
            let fixes = pattern.iter().any(Option::is_some);
            if fixes && best.as_ref().is_none_or(|best| score >= best.score) {
                best = Some(Scored { common, members: members.clone(), score });
            }
            let told = self.told(&pattern);
            let open = self.records.columns().filter(|column| pattern[*column].is_none());
            let next = open.filter_map(|column| {
                let value = self.records.values[column][seed];
                let (mut count, mut weight) = (0, 0.0);
                for one in members.iter().filter(|one| self.records.values[column][**one] == value) {
                    count += self.records.counts[*one];
                    weight += self.records.weights[*one];
                }
                (count > 1).then(|| (self.score(weight, told + self.tells[value]), value))
            });
            // Of equals the first column's.
            let next = next.reduce(|best, next| if next.0 > best.0 { next } else { best });
            match next {
                Some((_, value)) => members = self.records.having(&members, value),
                None => return best,
            }
        }
    }

    /// Those patterns of which no more than half is in patterns before.
    fn apart(&self, grown: Vec<Scored>) -> Vec<Common> {
        let mut covered = vec![false; self.records.weights.len()];
        let mut kept = Vec::new();
        for Scored { common, members, .. } in grown {
            let fresh = members.iter().filter(|one| !covered[**one]);
            let fresh: f64 = fresh.map(|one| self.records.weights[*one]).sum();
            if fresh * 2.0 < common.weight {
                continue;
            }
            for one in members {
                covered[one] = true;
            }
            kept.push(common);
        }
        kept
    }
}
