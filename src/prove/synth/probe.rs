//! Scenarios: the rule as it is, then one thing after the other turned.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::assumed::Reads;
use super::model::{NodeId, Place, Row, Tag, Term};
use super::parts::Over;
use super::pivot::{Decides, Pivot, pivots};
use super::render::Patch;
use super::solver::{Choice, Solver, Way};
use super::variants::{Variant, variants};
use super::want::{Want, text};
use super::{Event, Expectation, Invariants, Probe, Scenario, Synthesis};
use crate::ir::{ColumnId, Name, Query, Value};
use crate::source::Span;
use crate::types::Type;

/// How many events a rule is given at the least, if there are ways to vary them.
const ENOUGH: usize = 220;
/// How many events all scenarios may have together.
const MOST: usize = 20_000;
/// More events than this make a rule a large one, which is varied less.
pub(super) const LARGE: usize = 100;
/// How many scenarios a large rule has.
const FEW: usize = 60;
/// How many scenarios there may be.
const SCENARIOS: usize = 1000;
/// How many ways of one choice are tried.
const WAYS: usize = 50;
/// How many choices are made otherwise at once, each only there by the one before.
const NESTED: usize = 3;

/// Makes the scenarios of a query.
pub(super) fn scenarios(query: &Query, seed: u64, now: i64, invariants: &Invariants) -> Synthesis {
    let (mut maker, base) = Maker::start(query, seed, now, invariants);
    let Some(base) = base else { return maker.made };
    if base.state.instances.iter().all(|instance| instance.tags.contains(&Tag::Unwanted)) {
        return maker.made;
    }
    let template = Template::of(&base);
    maker.partners(&template, &base);
    maker.pivots(&template, &base);
    maker.thresholds(&template, &base);
    maker.arms(&template, &base);
    maker.atoms(&template, &base, None, &|_| {});
    maker.others(&template, &base);
    maker.noise(&base);
    maker.more(&template);
    maker.made
}

/// Makes the first scenario of a query.
pub(super) fn base(query: &Query, seed: u64, now: i64, invariants: &Invariants) -> Synthesis {
    Maker::start(query, seed, now, invariants).0.made
}

/// What led to the events that make a rule fire.
pub(super) struct Template {
    choices: BTreeMap<Choice, usize>,
    turn: usize,
    lenient: bool,
}

impl Template {
    fn of(base: &Solver<'_>) -> Self {
        Self { choices: base.choices.clone(), turn: base.turn, lenient: base.lenient }
    }
}

pub(super) struct Maker<'q> {
    query: &'q Query,
    pub(super) now: i64,
    invariants: &'q Invariants,
    lot: usize,
    turn: usize,
    events: usize,
    /// Whether the rule needs many events.
    large: bool,
    /// Whether making them was given up: what is that much work is not made again and again.
    spent: bool,
    /// What is read.
    pub(super) reads: Rc<Reads>,
    made: Synthesis,
}

impl<'q> Maker<'q> {
    /// The maker with the first scenario made, and what led to it.
    fn start(query: &'q Query, seed: u64, now: i64, invariants: &'q Invariants) -> (Self, Option<Solver<'q>>) {
        let mut maker = Self {
            query,
            now,
            invariants,
            lot: usize::try_from(seed % 50).unwrap_or(0) * 700,
            turn: usize::try_from(seed % 7).unwrap_or(0),
            events: 0,
            large: false,
            spent: false,
            reads: Rc::new(Reads::of(query)),
            made: Synthesis::default(),
        };
        let base = maker.base();
        if let Some(base) = &base {
            maker.large = base.state.instances.len() > LARGE;
            maker.spent = base.spent;
            maker.made.unsolved = base.state.unsolved.iter().cloned().collect();
            let expects = base.expects(&Over::new());
            maker.add(base, "the rule", Probe::Rule, expects, None, &Over::new(), &[], |_| false);
        }
        (maker, base)
    }

    /// Events that make the rule fire: of several attempts the one that leaves least unsolved.
    fn base(&mut self) -> Option<Solver<'q>> {
        let (mut best, mut spent): (Option<(usize, Solver<'q>)>, bool) = (None, false);
        for (attempt, lenient) in [(0, false), (1, false), (2, false), (3, false), (5, false), (0, true), (1, true)] {
            // What is too much once is too much with other values.
            if spent && !lenient {
                continue;
            }
            let mut solver = Solver::new(self.query, Rc::clone(&self.reads), self.now, self.lot);
            solver.turn = self.turn + attempt;
            solver.lenient = lenient;
            let outcome = solver.solve(self.invariants);
            spent |= solver.spent;
            if let Err(stuck) = outcome {
                if !lenient {
                    continue;
                }
                solver.note(stuck);
                solver.fix_all();
            }
            let broken = solver.broken();
            for span in &broken {
                solver.state.unsolved.push_back_mut((*span, "what was made does not meet it".to_owned()));
            }
            let left = solver.state.unsolved.len();
            if best.as_ref().is_none_or(|(least, _)| left < *least) {
                best = Some((left, solver));
            }
            let large = best.as_ref().is_some_and(|(_, best)| best.state.instances.len() > LARGE);
            if left == 0 || large || best.as_ref().is_some_and(|(_, best)| !best.lenient) && attempt >= 3 {
                break;
            }
        }
        best.map(|(_, solver)| solver)
    }

    /// The base again with other background, and some things decided otherwise.
    pub(super) fn again(&mut self, template: &Template, change: impl FnOnce(&mut Solver<'q>)) -> Option<Solver<'q>> {
        if self.spent || self.full() {
            return None;
        }
        self.lot += 1;
        let mut solver = Solver::new(self.query, Rc::clone(&self.reads), self.now, self.lot);
        solver.turn = template.turn;
        solver.lenient = template.lenient;
        solver.choices.clone_from(&template.choices);
        change(&mut solver);
        match solver.solve(self.invariants) {
            Ok(()) => Some(solver),
            Err(_) => None,
        }
    }

    fn full(&self) -> bool {
        let most = if self.large { FEW } else { SCENARIOS };
        self.events >= MOST || self.made.scenarios.len() >= most
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of a scenario")]
    pub(super) fn add(
        &mut self,
        solver: &Solver<'q>,
        name: &str,
        probe: Probe,
        expects: Expectation,
        atom: Option<Span>,
        over: &Over,
        patches: &[Patch],
        left_out: impl Fn(&super::model::Instance<'_>) -> bool,
    ) {
        let spoken = over.keys().map(|id| solver.state.node(*id)).flat_map(|node| {
            let wants = node.wants.iter().map(|(_, span)| *span);
            wants.chain(node.joined.iter().copied())
        });
        let also: BTreeSet<Span> = spoken.collect();
        let mut scenario = Scenario {
            name: name.to_owned(),
            probe,
            expects,
            tables: Vec::new(),
            watchlists: Vec::new(),
            externals: Vec::new(),
            atom,
            also: also.into_iter().collect(),
        };
        // What is read is there, if without events.
        let mut made = solver.events(over, patches, left_out);
        for (place, columns) in &self.reads.places {
            if !made.iter().any(|(known, _)| known == place) {
                let alone = self.reads.open.contains(place) && !columns.is_empty();
                let events = if alone { vec![solver.bystander(columns)] } else { Vec::new() };
                made.push((place.clone(), events));
            }
        }
        self.events += put(&mut scenario, made);
        self.made.scenarios.push(scenario);
    }

    /// Puts the events of another attempt beside those of the last scenario.
    pub(super) fn join_last(
        &mut self,
        solver: &Solver<'q>,
        patches: &[Patch],
        left_out: impl Fn(&super::model::Instance<'_>) -> bool,
    ) {
        if let Some(scenario) = self.made.scenarios.last_mut() {
            self.events += put(scenario, solver.events(&Over::new(), patches, left_out));
        }
    }

    /// Each atom, and each side of each window, as the one thing that decides.
    fn pivots(&mut self, template: &Template, base: &Solver<'q>) {
        let grouped = base.state.groups.iter().any(|group| group.members.len() > 1);
        let unsolved = base.state.unsolved.len();
        for pivot in pivots(self.query) {
            if !grouped && !base.state.groups.is_empty() && matches!(pivot.decides, Decides::Before | Decides::Behind) {
                self.further(template, &pivot, unsolved);
            }
            // Where all records of a group cannot be so, one of them may.
            for last in [false, true].into_iter().take(1 + usize::from(grouped)) {
                let made = self.again(template, |solver| {
                    for (choice, way) in &pivot.ways {
                        solver.choices.insert(*choice, *way);
                        solver.forced.insert(*choice);
                    }
                    solver.pivot = Some(Pivot { last, ..pivot.clone() });
                });
                let Some(solver) = made else { continue };
                // An arm of a `case` that fails for one atom is no longer the arm that was chosen.
                let arm = pivot.ways.iter().any(|((way, _), _)| *way == Way::Case);
                if solver.state.unsolved.len() > unsolved || !arm && !solver.broken().is_empty() {
                    continue;
                }
                let expects = if pivot.plain && !last { Expectation::Silent } else { Expectation::Unknown };
                let (name, probe) = match pivot.decides {
                    Decides::Atom(true) => ("what alone decides holds", Probe::Plain),
                    Decides::Atom(false) => ("what alone decides fails", Probe::Plain),
                    Decides::Before => ("before the window", Probe::Window),
                    Decides::Behind => ("behind the window", Probe::Window),
                };
                self.add(&solver, name, probe, expects, Some(pivot.span), &Over::new(), &[], |_| false);
                break;
            }
        }
    }

    /// A record more in a group, which lies outside of a window: with it the group is older, or lasts longer.
    fn further(&mut self, template: &Template, pivot: &Pivot, unsolved: usize) {
        let made = self.again(template, |solver| {
            for (choice, way) in &pivot.ways {
                solver.choices.insert(*choice, *way);
                solver.forced.insert(*choice);
            }
            solver.pivot = Some(Pivot { last: true, ..pivot.clone() });
            solver.further = true;
        });
        let Some(solver) = made else { return };
        if solver.decided.get() && solver.state.unsolved.len() <= unsolved && solver.broken().is_empty() {
            let name = "a record more outside of the window";
            self.add(&solver, name, Probe::Window, Expectation::Unknown, Some(pivot.span), &Over::new(), &[], |_| {
                false
            });
        }
    }

    /// Each arm of each `or`, each input of each union, and so on.
    fn arms(&mut self, template: &Template, base: &Solver<'q>) {
        for (choice, count) in &base.seen {
            let taken = base.choices.get(choice).copied().unwrap_or(0);
            for at in (0..(*count).min(WAYS)).filter(|at| *at != taken && is_tried(*choice)) {
                self.way(template, base, &[(*choice, at)]);
            }
        }
    }

    /// What comes of choosing otherwise, in the ways that are given; and of what there is to choose only then.
    pub(super) fn way(&mut self, template: &Template, base: &Solver<'q>, ways: &[(Choice, usize)]) {
        let Some((last, at)) = ways.last() else { return };
        let change = |solver: &mut Solver<'q>| {
            for (choice, way) in ways {
                solver.choices.insert(*choice, *way);
                solver.forced.insert(*choice);
            }
        };
        let Some(solver) = self.again(template, change) else { return };
        let expects = solver.expects(&Over::new());
        self.add(&solver, &format!("way {}", at + 1), Probe::Arm, expects, Some(last.1), &Over::new(), &[], |_| false);
        if ways.len() < NESTED {
            let new = solver.seen.iter().filter(|(choice, _)| !base.seen.contains_key(*choice));
            for (choice, count) in new {
                let taken = solver.choices.get(choice).copied().unwrap_or(0);
                for at in (0..(*count).min(WAYS)).filter(|at| *at != taken && is_tried(*choice)) {
                    self.way(template, base, &[ways, &[(*choice, at)]].concat());
                }
            }
        }
    }

    /// The conditions that the first scenario does not hang on, each where it alone decides: arms of an `or`, and what
    /// other inputs of a union ask.
    fn others(&mut self, template: &Template, base: &Solver<'q>) {
        let all = pivots(self.query);
        let unsolved = base.state.unsolved.len();
        let decides = |pivot: &Pivot, holds| pivot.decides == Decides::Atom(holds);
        let bare = |pivot: &Pivot| {
            let same = |other: &&Pivot| (other.place, &other.ways) == (pivot.place, &pivot.ways);
            decides(pivot, false) && !all.iter().filter(same).any(|other| decides(other, true))
        };
        for pivot in all.iter().filter(|pivot| decides(pivot, true) || bare(pivot) && !pivot.ways.is_empty()) {
            let change = |solver: &mut Solver<'q>| {
                for (choice, way) in &pivot.ways {
                    solver.choices.insert(*choice, *way);
                    solver.forced.insert(*choice);
                }
                solver.pivot = Some(Pivot { decides: Decides::Atom(true), ..pivot.clone() });
            };
            let Some(solver) = self.again(template, change) else { continue };
            if solver.state.unsolved.len() <= unsolved && solver.broken().is_empty() {
                self.atoms(template, &solver, Some(pivot.span), &change);
            }
        }
    }

    /// Each condition on a value, turned by changing the value; or `only` that of some words, in the base that `change`
    /// makes of the first one.
    pub(super) fn atoms(
        &mut self,
        template: &Template,
        base: &Solver<'q>,
        only: Option<Span>,
        change: &dyn Fn(&mut Solver<'q>),
    ) {
        let mut wanted: BTreeMap<Span, Vec<(NodeId, Want)>> = BTreeMap::new();
        for (at, node) in base.state.nodes.iter().enumerate() {
            if node.alias.is_none() {
                for (want, span) in node.wants.iter().filter(|(_, span)| only.is_none_or(|only| only == *span)) {
                    wanted.entry(*span).or_default().push((at, want.clone()));
                }
            }
        }
        for (span, places) in wanted {
            // All that the condition is asked of, and of a group the last record alone, so that one is too few.
            let last = places.len().saturating_sub(1);
            for places in [&places[..], &places[last..]].into_iter().take(1 + usize::from(last > 0)) {
                self.variants_of(template, base, span, places, change);
            }
        }
    }

    /// Each way to change the values of which these words want something.
    fn variants_of(
        &mut self,
        template: &Template,
        base: &Solver<'q>,
        span: Span,
        places: &[(NodeId, Want)],
        change: &dyn Fn(&mut Solver<'q>),
    ) {
        let mut done = BTreeSet::new();
        let Some((first, _)) = places.first() else { return };
        let ty = base.state.nodes[*first].ty;
        let changed = |solver: &Solver<'q>, variant: &Variant| -> Over {
            let mut over = Over::new();
            for (node, _) in places {
                if let Some(value) = solver.assembled(*node)
                    && let Some(changed) = variant.of(&value)
                    && let Some(changed) = fitting(&changed, solver.state.node(*node).ty)
                    && changed != value
                {
                    over.insert(*node, changed);
                }
            }
            over
        };
        for (_, want) in places.iter().filter(|(node, _)| node == first) {
            for variant in variants(want, ty) {
                if self.full() {
                    return;
                }
                let Some(one) = changed(base, &variant).values().next().map(text) else { continue };
                if !done.insert(one) {
                    continue;
                }
                let Some(solver) = self.again(template, change) else { continue };
                let over = changed(&solver, &variant);
                if over.is_empty() {
                    continue;
                }
                let expects = solver.expects(&over);
                self.add(&solver, &variant.name, variant.probe, expects, Some(span), &over, &[], |_| false);
            }
        }
    }

    /// Events of the same tables that have nothing to do with the rule.
    fn noise(&mut self, base: &Solver<'q>) {
        let mut solver = Solver::new(self.query, Rc::clone(&self.reads), self.now, self.lot + 1);
        self.lot += 1;
        let mut seen = BTreeSet::new();
        for instance in &base.state.instances {
            if matches!(instance.place, Place::Table(_)) && seen.insert(instance.place.clone()) {
                for _ in 0..3 {
                    let mut plain = (**instance).clone();
                    plain.fields.clear();
                    plain.tags.clear();
                    solver.state.instances.push_back_mut(Rc::new(plain));
                }
            }
        }
        self.add(&solver, "noise", Probe::Noise, Expectation::Unknown, None, &Over::new(), &[], |_| false);
    }

    /// The rule with other values, until there is enough.
    fn more(&mut self, template: &Template) {
        for turn in 1..300 {
            if self.events >= ENOUGH {
                return;
            }
            let Some(solver) = self.again(template, |solver| solver.turn = template.turn + turn) else { continue };
            let expects = solver.expects(&Over::new());
            self.add(&solver, "other values", Probe::Rule, expects, None, &Over::new(), &[], |_| false);
        }
    }
}

/// Whether the other ways of a choice are tried one by one.
const fn is_tried(choice: Choice) -> bool {
    !matches!(choice.0, Way::Partner | Way::Element | Way::Inner)
}

/// A value for a column of a type.
fn fitting(value: &Value, ty: Type) -> Option<Value> {
    super::candidates::typed(value, ty)
}

/// The column of an event that a column is.
pub(super) fn leaf<'q>(solver: &Solver<'q>, id: ColumnId, row: &Row<'q>) -> Option<(usize, Name)> {
    match solver.term(id, row)? {
        Term::Leaf(instance, name) => Some((instance, name)),
        Term::Column(id, row) => leaf(solver, id, &row),
        Term::Expr(expr, row) => leaf(solver, expr.as_column()?, &row),
        _ => None,
    }
}

/// Puts events into a scenario and says how many they are.
fn put(scenario: &mut Scenario, made: Vec<(Place, Vec<Event>)>) -> usize {
    let mut count = 0;
    for (place, events) in made {
        let (list, name): (&mut Vec<(Name, Vec<Event>)>, Name) = match place {
            Place::Table(name) => (&mut scenario.tables, name),
            Place::Watchlist(name) => (&mut scenario.watchlists, name),
            Place::External(name) => (&mut scenario.externals, name),
        };
        count += events.len();
        match list.iter_mut().find(|(known, _)| *known == name) {
            Some((_, there)) => there.extend(events),
            None => list.push((name, events)),
        }
    }
    count
}
