//! Synthesised sets of events as scenarios, with what each may show a difference in.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use super::scenario::{Scenario, columns_read};
use super::stored::{INGESTED, Record};
use super::synth::{self, Event, Invariants, Probe};
use crate::ir::{Name, Query};
use crate::target::LossKind;

/// Sets of events made of a query, to be run at an instant in ticks; at most so many events.
pub fn made(query: &Query, seed: u64, now: i64, most: usize) -> Vec<Scenario> {
    let mut left = most;
    // What the rule does not look at only takes time.
    let wanted = columns_read(query);
    let mut scenarios = Vec::new();
    for made in synth::synthesise(query, seed, now, &Invariants::microsoft()).scenarios {
        let count = made.events();
        if count > left {
            continue;
        }
        left -= count;
        scenarios.push(Scenario {
            name: format!("{} ({})", made.name, made.probe.word()),
            now,
            tables: narrowed(lists(made.tables), wanted.as_ref()),
            watchlists: lists(made.watchlists),
            covers: covered(made.probe).iter().copied().chain((count > COUNTED).then_some(LossKind::Sketch)).collect(),
            about: made.atom,
            also: made.also,
        });
    }
    scenarios
}

fn lists(given: Vec<(Name, Vec<Event>)>) -> BTreeMap<String, Vec<Record>> {
    let mut found: BTreeMap<String, Vec<Map<String, Value>>> = BTreeMap::new();
    for (name, events) in given {
        found.entry(name.to_string()).or_default().extend(events);
    }
    found
}

fn narrowed(
    mut tables: BTreeMap<String, Vec<Record>>,
    wanted: Option<&HashSet<String>>,
) -> BTreeMap<String, Vec<Record>> {
    if let Some(wanted) = wanted {
        for record in tables.values_mut().flatten() {
            record.retain(|name, _| {
                wanted.contains(name) || matches!(name.as_str(), "TimeGenerated" | "Timestamp" | INGESTED)
            });
        }
    }
    tables
}

/// How many different values KQL counts, and does not estimate yet
/// (<https://learn.microsoft.com/kusto/query/dcount-aggregation-function>).
const COUNTED: usize = 1000;

/// The kinds of losses that a probe can show.
const fn covered(probe: Probe) -> &'static [LossKind] {
    match probe {
        Probe::Case => &[LossKind::Case, LossKind::RegexDialect],
        Probe::Term => &[LossKind::Term],
        Probe::Null => &[LossKind::Null],
        Probe::Regex => &[LossKind::RegexDialect, LossKind::Case],
        Probe::Window => &[LossKind::WindowKind],
        Probe::Threshold => &[LossKind::Sketch, LossKind::WindowKind],
        Probe::Partner => &[LossKind::RowCap, LossKind::Order, LossKind::WindowKind, LossKind::Lookup],
        // Two events of one instant are a number at its bound, and have no order elsewhere.
        Probe::Number => &[LossKind::WindowKind, LossKind::Order],
        Probe::Rule | Probe::Plain | Probe::Item | Probe::Arm | Probe::Noise => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Schemas;

    #[test]
    fn what_needs_more_values_than_are_counted_may_differ_by_the_estimate() {
        let text = |least: u32| {
            format!("SigninLogs | summarize names = dcount(UserPrincipalName) by IPAddress | where names > {least}")
        };
        let covers = |least| {
            let parsed = crate::syntax::parse(&text(least));
            let bound = crate::bind::bind(&parsed.query.unwrap(), &Schemas::default());
            let scenarios = made(&bound.query.unwrap(), 0, 638_513_712_000_000_000, 10_000);
            scenarios[0].covers.contains(&LossKind::Sketch)
        };
        assert!(covers(1500) && !covers(500));
    }
}
