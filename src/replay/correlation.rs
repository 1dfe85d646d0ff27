//! EQL's sequences and samples.
//!
//! A sequence is a state machine for each value of the keys (Elasticsearch's syntax reference, "How sequence queries
//! handle matches"). It is run event by event in the order of time, tiebreaker and arrival, where Elasticsearch asks
//! for the events stage by stage; an event comes to the later stages first, so that it is in a sequence but once.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::cell::Key;
use super::plan::{MOST_RECORDS, Machine};
use super::record::{Layout, Record, Table};
use super::{Cell, Refusal, Run};
use crate::ir::{Arrangement, Correlation, Schema, Stage};
use crate::source::Span;

/// Where an event stands among others: time, tiebreaker, arrival.
#[derive(Clone, Debug, PartialEq)]
struct Ordinal {
    time: i64,
    tiebreaker: Cell,
    arrival: usize,
}

impl Ordinal {
    fn order(&self, other: &Self) -> std::cmp::Ordering {
        // Nulls come last.
        let tie = self.tiebreaker.rank(&other.tiebreaker);
        self.time.cmp(&other.time).then(tie).then(self.arrival.cmp(&other.arrival))
    }

    fn before(&self, other: &Self) -> bool {
        self.order(other).is_lt()
    }
}

/// The keys of an event: what they are told apart by, and what the result says of them.
type Keys = (Vec<Key>, Vec<Cell>);

/// An event that fits a stage.
#[derive(Clone, Debug)]
struct Hit {
    at: Ordinal,
    keys: Keys,
    event: u32,
}

/// A sequence on its way.
#[derive(Clone, Debug)]
struct Pending {
    keys: Keys,
    /// The events so far, one a stage that asks for one.
    events: Vec<(Ordinal, u32)>,
}

/// A stage that asks for an event; one that is repeated is several.
struct Positive<'s> {
    /// Which stage of the query.
    stage: usize,
    hits: &'s [Hit],
}

impl Machine<'_> {
    /// The groups of events that belong together.
    pub(super) fn correlated(&self, node: &Correlation, schema: &Schema, span: Span) -> Run<Table> {
        let arrivals: HashMap<u32, usize> =
            self.world.events.iter().enumerate().map(|(at, event)| (event.id, at)).collect();
        let timed = matches!(node.arrangement, Arrangement::Sequence { .. });
        let hits = |stage: &Stage| self.hits(stage, &arrivals, timed);
        let stages: Vec<Vec<Hit>> = node.stages.iter().map(hits).collect::<Run<_>>()?;
        let found = match &node.arrangement {
            Arrangement::Sequence { maxspan, until } => {
                let until = until.as_deref().map(hits).transpose()?.unwrap_or_default();
                sequences(node, &stages, &until, *maxspan)
            }
            Arrangement::Sample => samples(&stages),
        };
        if found.len() > MOST_RECORDS {
            return Err(Refusal::new(span, format!("this gives more than {MOST_RECORDS} records")));
        }
        let record = |(cells, mut events): (Vec<Cell>, Vec<u32>)| {
            events.sort_unstable();
            events.dedup();
            Record { cells, rest: Rc::default(), events: events.into() }
        };
        Ok(Table { layout: Rc::new(Layout::of(schema)), records: found.into_iter().map(record).collect() })
    }

    /// The events that fit a stage, in order; one with several values in a key stands there for each.
    fn hits(&self, stage: &Stage, arrivals: &HashMap<u32, usize>, timed: bool) -> Run<Vec<Hit>> {
        let table = self.plan(&stage.events, None)?;
        let column = |id| table.layout.position(id);
        let missing = || Refusal::new(stage.span, "a column of this event is not in its plan");
        let time = column(stage.time).ok_or_else(missing)?;
        let tiebreaker = stage.tiebreaker.map(|id| column(id).ok_or_else(missing)).transpose()?;
        let mut hits = Vec::new();
        for record in &table.records {
            let &[event] = &*record.events else {
                return Err(Refusal::new(stage.span, "what is correlated here is not single events"));
            };
            let time = match record.cells[time].as_time() {
                Some(time) => time,
                None if timed => return Err(Refusal::new(stage.span, "an event has no time")),
                None => 0,
            };
            let tiebreaker = tiebreaker.map_or(Cell::Null, |at| record.cells[at].clone());
            let at = Ordinal { time, tiebreaker, arrival: arrivals.get(&event).copied().unwrap_or_default() };
            let mut all: Vec<Keys> = vec![Keys::default()];
            for key in &stage.keys {
                let cell = &record.cells[column(key.column).ok_or_else(missing)?];
                let values = match cell.values() {
                    [] if key.optional => std::slice::from_ref(&Cell::Null),
                    values => values,
                };
                all = all
                    .into_iter()
                    .flat_map(|keys| {
                        values.iter().map(move |value| {
                            let mut keys = keys.clone();
                            keys.0.push(value.key());
                            keys.1.push(value.clone());
                            keys
                        })
                    })
                    .collect();
                if all.len() > MOST_RECORDS {
                    return Err(Refusal::new(stage.span, "the keys of an event have too many values"));
                }
            }
            hits.extend(all.into_iter().map(|keys| Hit { at: at.clone(), keys, event }));
        }
        hits.sort_by(|a, b| a.at.order(&b.at));
        Ok(hits)
    }
}

/// The sequences that come to their end, by their first events.
fn sequences(
    node: &Correlation,
    stages: &[Vec<Hit>],
    until: &[Hit],
    maxspan: Option<i64>,
) -> Vec<(Vec<Cell>, Vec<u32>)> {
    let positives: Vec<Positive<'_>> = node
        .stages
        .iter()
        .enumerate()
        .filter(|(_, stage)| !stage.missing)
        .flat_map(|(index, stage)| (0..stage.runs).map(move |_| Positive { stage: index, hits: &stages[index] }))
        .collect();
    // What happens when: a hit of a stage, later stages first; an end behind them.
    let mut moments: Vec<(&Hit, usize)> = Vec::new();
    for (index, positive) in positives.iter().enumerate() {
        moments.extend(positive.hits.iter().map(|hit| (hit, index)));
    }
    let end = positives.len();
    moments.extend(until.iter().map(|hit| (hit, end)));
    let place = |index: usize| if index == end { 0 } else { index + 1 };
    moments.sort_by(|(a, i), (b, j)| a.at.order(&b.at).then(place(*j).cmp(&place(*i))));
    let exceeds = |from: i64, to: i64| maxspan.is_some_and(|most| to.saturating_sub(from) > most);
    let mut waiting: HashMap<(&[Key], usize), Pending> = HashMap::new();
    let mut ended: HashMap<&[Key], &Ordinal> = HashMap::new();
    let mut complete: Vec<Pending> = Vec::new();
    for (hit, index) in moments {
        let key: &[Key] = &hit.keys.0;
        if index == end {
            ended.insert(key, &hit.at);
            continue;
        }
        let mut pending = if index == 0 {
            Pending { keys: hit.keys.clone(), events: Vec::new() }
        } else {
            let Some(pending) = waiting.remove(&(key, index - 1)) else { continue };
            pending
        };
        if let (Some((first, _)), Some((last, _))) = (pending.events.first(), pending.events.last()) {
            let ended = ended.get(key).is_some_and(|end| end.before(&hit.at) && !end.before(last));
            if ended || exceeds(first.time, hit.at.time) {
                continue;
            }
        }
        pending.events.push((hit.at.clone(), hit.event));
        if index + 1 == end {
            complete.push(pending);
        } else {
            waiting.insert((key, index), pending);
        }
    }
    complete.retain(|sequence| !is_broken(node, stages, &positives, sequence, maxspan));
    complete.sort_by(|a, b| match (a.events.first(), b.events.first()) {
        (Some((a, _)), Some((b, _))) => a.order(b),
        _ => std::cmp::Ordering::Equal,
    });
    complete
        .into_iter()
        .map(|found| (found.keys.1, found.events.into_iter().map(|(_, event)| event).collect()))
        .collect()
}

/// Whether an event occurs that a stage says must not: between its neighbours; or before the first event or behind the
/// last, so near that all lies within the span. Where such stages stand at both ends, there has to be one at each.
fn is_broken(
    node: &Correlation,
    stages: &[Vec<Hit>],
    positives: &[Positive<'_>],
    sequence: &Pending,
    maxspan: Option<i64>,
) -> bool {
    let (Some((first, _)), Some((last, _))) = (sequence.events.first(), sequence.events.last()) else { return false };
    let (mut leading, mut trailing) = (None::<Option<i64>>, None::<Option<i64>>);
    for (index, _) in node.stages.iter().enumerate().filter(|(_, stage)| stage.missing) {
        let before = positives.iter().rposition(|positive| positive.stage < index).map(|at| &sequence.events[at].0);
        let behind = positives.iter().position(|positive| positive.stage > index).map(|at| &sequence.events[at].0);
        let mut times = stages[index]
            .iter()
            .filter(|hit| hit.keys.0 == sequence.keys.0)
            .filter(|hit| before.is_none_or(|before| before.before(&hit.at)))
            .filter(|hit| behind.is_none_or(|behind| hit.at.before(behind)))
            .map(|hit| hit.at.time);
        match (before, behind) {
            (Some(_), Some(_)) => {
                if times.next().is_some() {
                    return true;
                }
            }
            (None, _) => leading = Some(leading.flatten().into_iter().chain(times).max()),
            (_, None) => trailing = Some(trailing.flatten().into_iter().chain(times).min()),
        }
    }
    // Where no stage asks, the sequence itself is the end.
    let from = leading.unwrap_or(Some(first.time));
    let to = trailing.unwrap_or(Some(last.time));
    match (from, to) {
        (Some(from), Some(to)) if leading.is_some() || trailing.is_some() => {
            maxspan.is_none_or(|most| to.saturating_sub(from) <= most)
        }
        _ => false,
    }
}

/// Events that have the same values of the keys: those values, and the events of each stage.
type Alike<'h> = (&'h [Cell], Vec<Vec<u32>>);

/// For each value of the keys that every stage has, an event a stage, no event twice.
fn samples(stages: &[Vec<Hit>]) -> Vec<(Vec<Cell>, Vec<u32>)> {
    let mut groups: BTreeMap<&[Key], Alike<'_>> = BTreeMap::new();
    for (index, hits) in stages.iter().enumerate() {
        for hit in hits {
            let group = groups.entry(&hit.keys.0).or_insert_with(|| (&hit.keys.1, vec![Vec::new(); stages.len()]));
            // More than there are stages cannot all be taken by others.
            if group.1[index].len() < stages.len() {
                group.1[index].push(hit.event);
            }
        }
    }
    let taken = groups.into_values().filter_map(|(keys, events)| {
        let mut chosen = Vec::with_capacity(events.len());
        choose(&events, &mut chosen).then(|| (keys.to_vec(), chosen))
    });
    taken.collect()
}

/// Takes a different event from each list, the first that leave one for all others.
fn choose(lists: &[Vec<u32>], chosen: &mut Vec<u32>) -> bool {
    let Some(list) = lists.get(chosen.len()) else { return true };
    for event in list {
        if !chosen.contains(event) {
            chosen.push(*event);
            if choose(lists, chosen) {
                return true;
            }
            chosen.pop();
        }
    }
    false
}
