//! Synthesised sets of events as scenarios, with what each may show a difference in.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::scenario::{Record, Scenario};
use super::synth::{self, Event, Invariants, Probe};
use crate::ir::{Name, Query};
use crate::target::LossKind;

/// Sets of events made of a query, to be run at an instant in ticks; at most so many events.
pub fn made(query: &Query, seed: u64, now: i64, most: usize) -> Vec<Scenario> {
    let mut left = most;
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
            tables: lists(made.tables),
            watchlists: lists(made.watchlists),
            covers: covered(made.probe).iter().copied().collect(),
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
        Probe::Rule | Probe::Plain | Probe::Number | Probe::Item | Probe::Arm | Probe::Noise => &[],
    }
}
