//! Scenarios of joins: partners that are missing, are there, or are nearly ones.

use std::collections::BTreeSet;

use super::model::{Check, Row, Tag};
use super::parts::Over;
use super::probe::{Maker, Template, leaf};
use super::render::Patch;
use super::solver::{Solver, Way};
use super::variants::swapped;
use super::{Expectation, Probe};
use crate::ir::{ColumnId, JoinKind, Value};
use crate::source::Span;

impl<'q> Maker<'q> {
    /// Joins: a partner that is missing or there, keys in another case or empty.
    pub(super) fn partners(&mut self, template: &Template, base: &Solver<'q>) {
        for (span, kind) in &base.joins {
            let (span, kind) = (*span, *kind);
            match kind {
                JoinKind::LeftAnti | JoinKind::RightAnti => {
                    let change = |solver: &mut Solver<'q>| {
                        solver.choices.insert((Way::Partner, span), 1);
                        solver.forced.insert((Way::Partner, span));
                        solver.lenient = false;
                    };
                    let with = self.again(template, change);
                    if let Some(solver) = with {
                        let sound = solver.state.unsolved.is_empty() && solver.broken().is_empty();
                        let expects = if sound { Expectation::Silent } else { Expectation::Unknown };
                        self.add(
                            &solver,
                            "with a partner",
                            Probe::Partner,
                            expects,
                            Some(span),
                            &Over::new(),
                            &[],
                            |_| false,
                        );
                        if sound {
                            self.asked_of_keys(template, &solver, span, &change);
                        }
                    }
                    self.all_keys_but_one(template, span, &change);
                }
                _ => {
                    let Some(solver) = self.again(template, |_| {}) else { return };
                    let must = matches!(
                        kind,
                        JoinKind::Inner | JoinKind::InnerUnique | JoinKind::LeftSemi | JoinKind::RightSemi
                    );
                    let expects = if must { Expectation::Silent } else { Expectation::Unknown };
                    let tag = Tag::Partner(span);
                    if solver.state.instances.iter().any(|instance| instance.tags.contains(&tag)) {
                        self.add(
                            &solver,
                            "without a partner",
                            Probe::Partner,
                            expects,
                            Some(span),
                            &Over::new(),
                            &[],
                            |instance| instance.tags.contains(&tag),
                        );
                    }
                    self.keys(template, span, expects);
                    self.all_keys_but_one(template, span, &|_| {});
                    if matches!(kind, JoinKind::LeftOuter | JoinKind::RightOuter | JoinKind::FullOuter) {
                        self.way(template, base, &[((Way::Partner, span), 1)]);
                    }
                }
            }
        }
    }

    fn keys(&mut self, template: &Template, span: Span, expects: Expectation) {
        for (name, probe, both) in [
            ("a key in another case", Probe::Case, false),
            ("an empty key", Probe::Null, false),
            ("an empty key on both sides", Probe::Null, true),
        ] {
            let Some(solver) = self.again(template, |_| {}) else { return };
            let mut patches: Vec<Patch> = Vec::new();
            for check in &solver.state.checks {
                let Check::Same(left, left_row, right, row, at) = check else { continue };
                if *at != span {
                    continue;
                }
                for (id, row) in [(right, row), (left, left_row)].into_iter().take(1 + usize::from(both)) {
                    if let Some((instance, column)) = leaf(&solver, *id, row)
                        && let Some(node) = solver.state.instances[instance].fields.get(&column)
                        && let Some(Value::String(value)) = solver.assembled(*node)
                    {
                        let changed = if probe == Probe::Case { swapped(&value) } else { String::new() };
                        if changed != *value {
                            patches.push((instance, column, Value::string(changed)));
                        }
                    }
                }
            }
            if !patches.is_empty() {
                // A condition on the key itself may have something to say of it, too.
                let expects = if probe == Probe::Case || both { Expectation::Unknown } else { expects };
                self.add(&solver, name, probe, expects, Some(span), &Over::new(), &patches, |_| false);
            }
        }
    }

    /// What is asked of the keys, item by item, for a record and its partner alike: a partner that a translation does not
    /// know of lets the record through.
    fn asked_of_keys(&mut self, template: &Template, with: &Solver<'q>, span: Span, change: &dyn Fn(&mut Solver<'q>)) {
        let mut spans = BTreeSet::new();
        for (.., right, row) in keys_of(with, span) {
            if let Some((instance, column)) = leaf(with, right, &row)
                && let Some(node) = with.state.instances[instance].fields.get(&column)
            {
                spans.extend(with.state.node(*node).wants.iter().map(|(_, span)| *span));
            }
        }
        for only in spans {
            self.atoms(template, with, Some(only), change);
        }
    }

    /// A partner by all keys but one, for each key of several.
    fn all_keys_but_one(&mut self, template: &Template, span: Span, change: &dyn Fn(&mut Solver<'q>)) {
        let Some(solver) = self.again(template, change) else { return };
        let keys = keys_of(&solver, span);
        if keys.len() < 2 {
            return;
        }
        for (left, left_row, right, right_row) in keys {
            let other = [(right, right_row), (left, left_row)].into_iter().find_map(|(id, row)| -> Option<Patch> {
                let (instance, column) = leaf(&solver, id, &row)?;
                let node = *solver.state.instances[instance].fields.get(&column)?;
                Some((instance, column, solver.another_value(node)?))
            });
            if let Some(patch) = other {
                self.add(
                    &solver,
                    "a partner by all keys but one",
                    Probe::Plain,
                    Expectation::Unknown,
                    Some(span),
                    &Over::new(),
                    &[patch],
                    |_| false,
                );
            }
        }
    }
}

/// The keys of the join of these words, each with the records whose columns they are.
fn keys_of<'q>(solver: &Solver<'q>, span: Span) -> Vec<(ColumnId, Row<'q>, ColumnId, Row<'q>)> {
    let keys = solver.state.checks.iter().filter_map(|check| match check {
        Check::Same(left, left_row, right, right_row, at) if *at == span => {
            Some((*left, left_row.clone(), *right, right_row.clone()))
        }
        _ => None,
    });
    keys.collect()
}
