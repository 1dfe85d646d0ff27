//! The solver: what is wanted of values is put on them one by one, and a choice that leads nowhere is taken back.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use rpds::Vector;

use super::assumed::Reads;
use super::candidates::{self, Context};
use super::model::{Check, Node, NodeId, Part, Row, State, Term};
use super::pivot::Pivot;
use super::want::{Want, text};
use crate::ir::{ColumnId, JoinKind, Origin, Parse, Query, StringTest, Value};
use crate::literal::{TICKS_PER_MINUTE, TICKS_PER_SECOND};
use crate::source::Span;

/// Why something cannot be had.
#[derive(Clone, Debug)]
pub(super) enum Stuck {
    /// It contradicts what is wanted already.
    Conflict(Span),
    /// Nothing here knows how.
    Unknown(Span, String),
}

impl Stuck {
    /// The words and the reason.
    pub(super) fn told(self) -> (Span, String) {
        match self {
            Self::Conflict(span) => (span, "it contradicts what else is asked of the same value".to_owned()),
            Self::Unknown(span, what) => (span, what),
        }
    }
}

pub(super) type Outcome<T = ()> = Result<T, Stuck>;

/// A place where there is more than one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Way {
    /// The arm of an `or`, the operand of an `and` that fails.
    Arm,
    /// The arm of a `case`.
    Case,
    /// The input of a union.
    Input,
    /// Whether a record of an outer or anti join has a partner.
    Partner,
    /// The element of an array.
    Element,
    /// The row of written-out records.
    Written,
    /// Whether a sub-query gives the value.
    Inner,
}

/// A choice: which kind, at which words.
pub(super) type Choice = (Way, Span);

/// What has been asked: in the end, later, and without knowing how.
pub(super) type Asked<'q> = (Vector<Check<'q>>, Vector<Check<'q>>, Vector<(Check<'q>, Span, String)>);

/// How often attempts are made in all.
const BUDGET: usize = 20_000;

/// How many values are tried where the first ones may be taken.
const MANY: usize = 40;

/// The solver.
pub(super) struct Solver<'q> {
    pub(super) query: &'q Query,
    /// The instant of the query, in ticks.
    pub(super) now: i64,
    /// The number of the scenario: values that nothing is asked of differ by it.
    pub(super) lot: usize,
    /// Which of several values is taken first.
    pub(super) turn: usize,
    /// What is taken first.
    pub(super) choices: BTreeMap<Choice, usize>,
    /// What is not to be departed from.
    pub(super) forced: HashSet<Choice>,
    /// Of how many each choice was.
    pub(super) seen: BTreeMap<Choice, usize>,
    /// What is to decide alone.
    pub(super) pivot: Option<Pivot>,
    /// Whether that was met.
    pub(super) decided: Cell<bool>,
    /// Whether each group has a record more than it needs, for what decides about the last one.
    pub(super) further: bool,
    /// Whether the last record of a group is being made.
    pub(super) is_last: bool,
    /// Whether what cannot be had is noted and passed over.
    pub(super) lenient: bool,
    /// Whether what is wanted is known to be possible: further members of a group.
    pub(super) trusting: bool,
    /// Whether all is made, so that groups have all their records.
    pub(super) settled: bool,
    pub(super) state: State<'q>,
    pub(super) parses: HashMap<u32, &'q Parse>,
    /// What was asked before each of the plans that are being followed.
    pub(super) before: Vec<Asked<'q>>,
    /// What the query reads.
    pub(super) reads: Rc<Reads>,
    /// The columns that hold series: an element of one is what its column stands for.
    pub(super) axes: HashSet<ColumnId>,
    /// The joins met.
    pub(super) joins: BTreeMap<Span, JoinKind>,
    pub(super) steps: usize,
    /// How many operands were made alike for the sake of one pair of values.
    pub(super) pairs: usize,
    /// Whether that was too often, or led to too many events: nothing more is tried.
    pub(super) spent: bool,
    /// How deep sub-queries are nested.
    pub(super) depth: usize,
}

impl<'q> Solver<'q> {
    pub(super) fn new(query: &'q Query, reads: Rc<Reads>, now: i64, lot: usize) -> Self {
        Self {
            query,
            now,
            lot,
            turn: 0,
            choices: BTreeMap::new(),
            forced: HashSet::new(),
            seen: BTreeMap::new(),
            pivot: None,
            decided: Cell::new(false),
            further: false,
            is_last: false,
            lenient: false,
            trusting: false,
            settled: false,
            state: State::default(),
            parses: HashMap::new(),
            before: Vec::new(),
            reads,
            axes: HashSet::new(),
            joins: BTreeMap::new(),
            steps: 0,
            pairs: 0,
            spent: false,
            depth: 0,
        }
    }

    /// Tries ways until one leads on, those chosen before first; what a failed one did is undone.
    pub(super) fn choose(
        &mut self,
        choice: Choice,
        count: usize,
        mut attempt: impl FnMut(&mut Self, usize) -> Outcome,
    ) -> Outcome {
        if count == 0 {
            return Err(Stuck::Conflict(choice.1));
        }
        self.seen.insert(choice, count);
        let turned = if matches!(choice.0, Way::Arm | Way::Input | Way::Written) { self.turn % count } else { 0 };
        let first = self.choices.get(&choice).copied().unwrap_or(turned).min(count - 1);
        let only = self.forced.contains(&choice);
        let saved = self.state.clone();
        let before = self.choices.clone();
        let mut stuck = None;
        for at in std::iter::once(first).chain((0..count).filter(|at| *at != first && !only)) {
            self.steps += 1;
            self.spent |= self.steps > BUDGET;
            if self.spent {
                break;
            }
            match attempt(self, at) {
                Ok(()) => {
                    self.choices.insert(choice, at);
                    return Ok(());
                }
                Err(error) => {
                    self.state = saved.clone();
                    self.choices.clone_from(&before);
                    // What nothing here knows is the better reason.
                    if stuck.is_none() || matches!(error, Stuck::Unknown(..)) {
                        stuck = Some(error);
                    }
                }
            }
        }
        Err(stuck.unwrap_or(Stuck::Conflict(choice.1)))
    }

    /// The value of a column of a record; one that nobody has listed is its event's.
    pub(super) fn term(&self, id: ColumnId, row: &Row<'q>) -> Option<Term<'q>> {
        row.find(id).or_else(|| {
            let info = &self.query.columns[id];
            let event = match info.origin {
                Origin::Assumed => row.open_event()?,
                // A table may have a column that its documentation does not list.
                Origin::Unresolved => row.open_event().or_else(|| row.event())?,
                Origin::Table(_) | Origin::Computed => return None,
            };
            Some(Term::Leaf(event, info.name.clone()))
        })
    }

    /// Notes what cannot be steered.
    pub(super) fn note(&mut self, stuck: Stuck) {
        let told = stuck.told();
        if !self.state.unsolved.iter().any(|known| *known == told) {
            self.state.unsolved.push_back_mut(told);
        }
    }

    /// An instant that nothing speaks against: events follow one another by a second.
    pub(super) fn time(&self, instance: usize) -> i64 {
        let seconds = i64::try_from(instance % 480).unwrap_or(0);
        self.now - 9 * TICKS_PER_MINUTE + seconds * TICKS_PER_SECOND
    }

    /// The number that values of an event differ by from those of others.
    pub(super) fn number(&self, instance: usize) -> usize {
        self.lot * 1000 + instance + 1
    }

    /// What a value is made for.
    fn context<'n>(&self, node: &'n Node) -> Context<'n> {
        Context {
            ty: node.ty,
            label: &node.label,
            number: self.number(node.instance),
            turn: self.turn,
            apart: !node.apart.is_empty(),
            time: self.time(node.instance),
        }
    }

    /// A value that is as wanted and passes a test.
    fn pick(&self, node: &Node, wants: &[Want], fits: impl Fn(&Value) -> bool) -> Option<Value> {
        // Another value of the same shape may do where the first ones are taken.
        self.pick_of(node, wants, if node.apart.is_empty() { 3 } else { MANY }, fits)
    }

    /// The first of so many values that is as wanted and passes a test.
    fn pick_of(&self, node: &Node, wants: &[Want], many: usize, fits: impl Fn(&Value) -> bool) -> Option<Value> {
        let context = self.context(node);
        let passes = |value: &Value| wants.iter().all(|want| want.holds(value)) && fits(value);
        std::iter::once(context)
            .chain((1..many).map(|more| Context {
                number: context.number * 41 + more,
                turn: context.turn + more,
                ..context
            }))
            .find_map(|context| candidates::find(wants, context, &passes))
    }

    /// Another value that is as wanted, where one is found.
    pub(super) fn another_value(&self, id: NodeId) -> Option<Value> {
        let (node, known) = (self.state.node(id), text(&self.assembled(id)?).to_lowercase());
        if !node.parts.is_empty() {
            return None;
        }
        let wants: Vec<Want> = node.wants.iter().map(|(want, _)| want.clone()).collect();
        self.pick_of(node, &wants, MANY, |value| text(value).to_lowercase() != known)
    }

    /// Wants something of a value.
    pub(super) fn want(&mut self, id: NodeId, want: Want, span: Span) -> Outcome {
        let id = self.state.root(id);
        let node = Rc::clone(&self.state.nodes[id]);
        if let Some(value) = &node.value {
            return if want.holds(value) { Ok(()) } else { Err(Stuck::Conflict(span)) };
        }
        if !node.parts.is_empty() {
            if matches!(want, Want::Absent(true)) {
                return Err(Stuck::Conflict(span));
            }
        } else if !self.trusting {
            let mut wants: Vec<Want> = node.wants.iter().map(|(want, _)| want.clone()).collect();
            wants.push(want.clone());
            if self.pick(&node, &wants, |_| true).is_none() {
                return Err(Stuck::Conflict(span));
            }
        }
        self.state.change(id, |node| node.wants.push((want, span)));
        Ok(())
    }

    /// A part of a value, if the value may be taken apart so.
    pub(super) fn part(&mut self, id: NodeId, part: &Part, span: Span) -> Outcome<NodeId> {
        let node = self.state.node(id);
        if let Some(value) = &node.value {
            // What is settled is looked into.
            let found = super::parts::taken(value, part).unwrap_or(Value::Null(crate::types::Type::Dynamic));
            let instance = node.instance;
            let label = node.label.clone();
            let child = self.state.add(found.ty(), label, instance);
            self.state.change(child, |node| node.value = Some(found));
            return Ok(child);
        }
        let clash = node.parts.keys().any(|other| match (other, part) {
            (Part::Piece(a, _), Part::Piece(b, _)) => a != b,
            _ => std::mem::discriminant(other) != std::mem::discriminant(part),
        });
        let fixed = node.wants.iter().any(|(want, _)| {
            matches!(want, Want::Absent(true))
                || matches!(part, Part::Slot(_) | Part::At(_))
                    && matches!(want, Want::Among { negated: false, .. } | Want::Order(..))
        });
        if clash || fixed {
            return Err(Stuck::Conflict(span));
        }
        let known = self.state.node(id).parts.contains_key(part);
        let child = self.state.part(id, part);
        if !known {
            match part {
                Part::Capture(pattern, group) => {
                    let inner =
                        if *group == 0 { Some(pattern.to_string()) } else { super::pattern::group(pattern, *group) };
                    if let Some(inner) = inner
                        && let Some(regex) = super::pattern::compiled(&inner)
                    {
                        let want = Want::Regex { regex, pattern: inner.as_str().into(), negated: false };
                        self.state.change(child, |node| node.wants.push((want, span)));
                    }
                }
                Part::Piece(separator, _) if !separator.is_empty() => {
                    let needle = separator.clone();
                    let want = Want::Text { test: StringTest::Contains, fold: false, needle, negated: true };
                    self.state.change(child, |node| node.wants.push((want, span)));
                }
                _ => {}
            }
        }
        Ok(child)
    }

    /// Makes two values the same.
    pub(super) fn unify(&mut self, a: NodeId, b: NodeId, span: Span) -> Outcome {
        let (a, b) = (self.state.root(a), self.state.root(b));
        if a == b {
            return Ok(());
        }
        let (left, right) = (Rc::clone(&self.state.nodes[a]), Rc::clone(&self.state.nodes[b]));
        if left.apart.iter().any(|class| right.apart.contains(class)) {
            return Err(Stuck::Conflict(span));
        }
        match (&left.value, &right.value) {
            (Some(one), Some(other)) => {
                return if super::want::same(one, other, true) { Ok(()) } else { Err(Stuck::Conflict(span)) };
            }
            (Some(value), None) => return self.want(b, Want::is(value.clone()), span),
            (None, Some(value)) => return self.want(a, Want::is(value.clone()), span),
            (None, None) => {}
        }
        // The more narrowly typed stands for both, so that its value can be kept.
        let rank = |node: &Node| {
            (
                !node.parts.is_empty(),
                !matches!(
                    node.ty,
                    crate::types::Type::String | crate::types::Type::Unknown | crate::types::Type::Dynamic
                ),
            )
        };
        let (keep, drop, kept, dropped) =
            if rank(&left) >= rank(&right) { (a, b, left, right) } else { (b, a, right, left) };
        if kept.parts.is_empty() && !dropped.wants.is_empty() && !self.trusting {
            let wants: Vec<Want> = kept.wants.iter().chain(&dropped.wants).map(|(want, _)| want.clone()).collect();
            if self.pick(&kept, &wants, |_| true).is_none() {
                return Err(Stuck::Conflict(span));
            }
        }
        // Records of one group ask the same of their keys, each for itself.
        let known: HashSet<String> = kept.wants.iter().map(|(want, _)| format!("{want:?}")).collect();
        let new = dropped.wants.iter().filter(|(want, _)| !known.contains(&format!("{want:?}"))).cloned();
        let new: Vec<(Want, Span)> = new.collect();
        self.state.change(keep, |node| {
            node.wants.extend(new);
            node.joined.extend(dropped.joined.iter().copied());
            node.joined.push(span);
            node.joined.sort_unstable();
            node.joined.dedup();
            node.apart.extend(dropped.apart.iter().copied());
            node.apart.sort_unstable();
            node.apart.dedup();
        });
        self.state.change(drop, |node| node.alias = Some(keep));
        for (part, child) in &dropped.parts {
            let mine = self.part(keep, part, span)?;
            self.unify(mine, *child, span)?;
        }
        Ok(())
    }

    /// Settles a value, and all parts of it.
    pub(super) fn fix(&mut self, id: NodeId) -> Outcome<Value> {
        let id = self.state.root(id);
        let node = Rc::clone(&self.state.nodes[id]);
        if let Some(value) = &node.value {
            return Ok(value.clone());
        }
        let span = node.wants.last().map_or(Span::at(0), |(_, span)| *span);
        let wants: Vec<Want> = node.wants.iter().map(|(want, _)| want.clone()).collect();
        if node.parts.is_empty() {
            let used = self.used(&node, id);
            let value = self.pick(&node, &wants, |value| !used.contains(&self.distinct(&node, value)));
            let value = value.ok_or(Stuck::Conflict(span))?;
            self.state.change(id, |node| node.value = Some(value.clone()));
            return Ok(value);
        }
        for child in node.parts.values() {
            self.fix(*child)?;
        }
        let good = |solver: &Self| {
            let value = solver.assembled(id)?;
            (wants.iter().all(|want| want.holds(&value)) && solver.kept(&node, &value)).then_some(value)
        };
        if let Some(value) = good(self) {
            return Ok(value);
        }
        // What is wanted of the whole goes where the parts leave room: before them, or behind.
        let is_end = |want: &&Want| {
            matches!(want, Want::Text { test: StringTest::EndsWith, .. } | Want::Any { test: StringTest::EndsWith, .. })
        };
        let missing: Vec<Want> = wants.iter().filter(|want| want.is_positive()).cloned().collect();
        let ends: Vec<Want> = missing.iter().filter(is_end).cloned().collect();
        let others: Vec<Want> = missing.iter().filter(|want| !is_end(want)).cloned().collect();
        let context = Context { ty: crate::types::Type::String, ..self.context(&node) };
        let find = |wants: &[Want], turn: usize| {
            if wants.is_empty() {
                return Some(String::new());
            }
            let context = Context { turn: context.turn + turn, ..context };
            candidates::find(wants, context, &|value| wants.iter().all(|want| want.holds(value)))
                .map(|value| text(&value))
        };
        for turn in 0..6 {
            let (Some(front), Some(end), Some(all)) = (find(&others, turn), find(&ends, turn), find(&missing, turn))
            else {
                break;
            };
            for (extra, behind) in [(front, end), (all.clone(), String::new()), (String::new(), all)] {
                self.state.change(id, |node| (node.extra, node.behind) = (extra, behind));
                if let Some(value) = good(self) {
                    return Ok(value);
                }
            }
        }
        self.state.change(id, |node| (node.extra, node.behind) = (String::new(), String::new()));
        Err(Stuck::Conflict(span))
    }

    /// Whether the parts of a text are found in it as they were put in.
    fn kept(&self, node: &Node, value: &Value) -> bool {
        node.parts.iter().all(|(part, child)| match part {
            Part::Capture(..) | Part::Piece(..) => {
                let wanted = self.assembled(*child);
                super::parts::taken(value, part)
                    .zip(wanted)
                    .is_some_and(|(found, wanted)| text(&found) == text(&wanted))
            }
            _ => true,
        })
    }

    /// The values that a value must differ from.
    fn used(&self, node: &Node, id: NodeId) -> HashSet<String> {
        if node.apart.is_empty() {
            return HashSet::new();
        }
        let others = self.state.nodes.iter().enumerate().filter(|(at, other)| {
            *at != id && other.alias.is_none() && other.apart.iter().any(|class| node.apart.contains(class))
        });
        others.filter_map(|(at, other)| Some(self.distinct(other, &self.assembled(at)?))).collect()
    }

    /// What a value is told from others by.
    fn distinct(&self, node: &Node, value: &Value) -> String {
        let grain = node.apart.iter().filter_map(|class| self.state.grains.get(*class)).max().copied().unwrap_or(1);
        match value {
            Value::DateTime(ticks) if grain > 1 => ticks.div_euclid(grain).to_string(),
            other => text(other).to_lowercase(),
        }
    }

    /// Settles every value there is; what cannot be is noted.
    pub(super) fn fix_all(&mut self) {
        self.settled = true;
        for id in 0..self.state.nodes.len() {
            if self.state.nodes[id].alias.is_none()
                && self.state.nodes[id].value.is_none()
                && let Err(stuck) = self.fix(id)
            {
                self.note(stuck);
                self.give_up(id);
            }
        }
    }

    /// Gives a value that satisfies as much as can be.
    fn give_up(&mut self, id: NodeId) {
        let node = Rc::clone(&self.state.nodes[id]);
        if !node.parts.is_empty() {
            return;
        }
        let mut kept: Vec<Want> = Vec::new();
        let mut value = None;
        for (want, _) in &node.wants {
            kept.push(want.clone());
            match self.pick(&node, &kept, |_| true) {
                Some(found) => value = Some(found),
                None => {
                    kept.pop();
                }
            }
        }
        let value = value.or_else(|| self.pick(&node, &[], |_| true)).unwrap_or(candidates::absent(node.ty));
        self.state.change(id, |node| node.value = Some(value));
    }
}
