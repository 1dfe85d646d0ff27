//! Proofs: whether a translation finds what the rule finds.
//!
//! The rule is run by the evaluator over events of Sentinel; what was emitted is read back from its text, by its own
//! language's rules, and run by the interpreter in [`crate::replay`] over the same events as that system stores them.
//! The two share no code that decides a meaning. They have to agree on every set of events, within what the fidelity
//! of the translation promises; and a proof counts only if it could have failed: the rule found something in one set and
//! nothing in another, and everything that decides in it was seen deciding, both ways.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::compare::{Measure, Shape, apart, shown};
use super::lists::Lists;
use super::rule_side::{Answered, Bench};
use super::scenario::Scenario;
use super::stored::Record;
use super::translation::{Row, Storing, Translation};
use super::{always, arrays, atoms, implied, rule_side, scenario, told};
use crate::eval::Engine;
use crate::ir::Query;
use crate::literal::TICKS_PER_SECOND;
use crate::schema::Schemas;
use crate::source::Span;
use crate::target::store::Empty;
use crate::target::{Conversion, DataError, Fidelity, Loss, LossKind, Options, RuleInfo, Target};

/// What a comparison came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Both sides found the same wherever they have to, and would have been seen to part.
    Proven,
    /// Both sides found the same, as far as the events could tell; or one of them could not be run.
    Untested,
    /// They parted where the translation says that they do not.
    Refuted,
    /// There is no translation.
    Refused,
}

impl Verdict {
    /// The word in output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Untested => "untested",
            Self::Refuted => "refuted",
            Self::Refused => "refused",
        }
    }
}

/// Where both sides parted first.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Difference {
    /// The set of events.
    pub scenario: String,
    /// The instant of the run.
    pub now: String,
    /// The first event that one side found and the other did not; nothing where both found the same events and made
    /// something else of them.
    pub event: Option<Value>,
    /// Its table.
    pub table: Option<String>,
    /// The columns that have other values in the translation's records of the same events.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The first of what the rule found there.
    pub rule: Vec<Value>,
    /// The first of what the translation found.
    pub translation: Vec<Value>,
}

/// What is known of a translation.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Proof {
    /// The target.
    pub target: &'static str,
    /// What the translation promises.
    pub fidelity: Fidelity,
    /// What came of it.
    pub verdict: Verdict,
    /// How many events both sides were run over.
    pub events: usize,
    /// How many records the rule found.
    pub groups: usize,
    /// The first difference.
    pub first_difference: Option<Difference>,
    /// What of the rule follows from the rest of it, so that no event can show that a translation has it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub implied: Vec<String>,
    /// Why it is not proven.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a proof needs.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// The rule's query, simplified, as it is run: what nobody knows has the types that the events show.
    pub query: &'a Query,
    /// The same as it is translated: without these types.
    pub source: &'a Query,
    /// Its text.
    pub text: &'a str,
    /// What is known of the rule.
    pub info: RuleInfo<'a>,
    /// What is known of tables.
    pub schemas: &'a Schemas,
    /// How translations are made.
    pub options: Options,
    /// What runs the rule.
    pub engine: &'a Engine,
    /// The sets of events.
    pub scenarios: &'a [Scenario],
    /// When no more is begun.
    pub until: Option<Instant>,
}

impl Given<'_> {
    /// The scenarios as far as a target can tell their events apart: without such as it has no place for, and with
    /// instants as fine as it keeps them.
    ///
    /// # Errors
    /// What is wrong with a target's data files.
    pub fn fitted(&self, target: &'static dyn Target) -> Result<Vec<Scenario>, DataError> {
        let wanted = scenario::columns_read(self.query);
        let storing = Storing {
            target,
            fields: self.options.fields,
            empty: Empty::Kept,
            schemas: self.schemas,
            rule: self.query,
            wanted: wanted.as_ref(),
        };
        let (grain, edges) = limits(target);
        let mut lists = target.arrays()?.to_vec();
        let objects = target.objects()?;
        if matches!(target.name(), "eql" | "esql") {
            // A field of Elastic does not tell one value from an array of one.
            lists.extend(arrays::asked(self.query));
        }
        let time = scenario::time_column(self.query);
        let texts = scenario::texts(self.query);
        let named = scenario::columns_named(self.query);
        // A value that only its case parts from one that the rule asks for is stored as that one.
        let blurred = |table: &str, record: &Record| -> Result<bool, DataError> {
            for (column, value) in record {
                let other = value.as_str().is_some_and(|value| {
                    texts.iter().any(|text| text != value && text.to_lowercase() == value.to_lowercase())
                });
                if other && target.folds(table, column, self.options.fields)? {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        let mut scenarios = self.scenarios.to_vec();
        for scenario in &mut scenarios {
            let edge = if edges { scenario::edges(self.query, scenario.now) } else { HashSet::new() };
            for (table, records) in &mut scenario.tables {
                let mut kept = Vec::with_capacity(records.len());
                for record in records.iter() {
                    let settled = scenario::settled(record, table, self.schemas, grain, time, scenario.now);
                    let Some(mut record) = settled else { continue };
                    arrays::held(&mut record, table, self.schemas, &lists);
                    record.iter_mut().for_each(|(name, value)| arrays::filled(name, value, objects));
                    let at_edge = super::translation::time_of(&record).is_some_and(|at| edge.contains(&at));
                    if !at_edge && !blurred(table, &record)? {
                        kept.extend(storing.storable(table, record, &named)?);
                    }
                }
                *records = kept;
            }
        }
        Ok(scenarios)
    }
}

/// A rule with what it finds in each scenario.
pub struct Case<'a> {
    given: Given<'a>,
    ids: Rc<[BTreeMap<String, Vec<u32>>]>,
    bench: Bench<'a>,
    answers: Vec<Answered>,
    /// What it finds without its outer joins, if it has any.
    bare: Option<Vec<Answered>>,
    wanted: Option<HashSet<String>>,
    /// What it finds where `innerunique` takes other records, if it has such a join.
    otherwise: [std::cell::OnceCell<Option<Vec<Answered>>>; OTHERS],
    decided: std::cell::OnceCell<Decided>,
}

/// What was seen deciding.
#[derive(Clone, Debug, Default)]
struct Decided {
    /// What follows from the rest, in words.
    implied: Vec<String>,
    /// The first thing that was not seen deciding both ways, and why that may be.
    undecided: Option<String>,
}

impl<'a> Case<'a> {
    /// Runs a rule over its scenarios.
    ///
    /// # Errors
    /// Why it does not run, as a sentence.
    pub fn new(given: Given<'a>) -> Result<Self, String> {
        let mut next = 0;
        let ids: Rc<[BTreeMap<String, Vec<u32>>]> = given
            .scenarios
            .iter()
            .map(|scenario| {
                let mut number = |records: &Vec<Record>| {
                    let first = next;
                    next += u32::try_from(records.len()).unwrap_or(u32::MAX);
                    (first..next).collect()
                };
                scenario.tables.iter().map(|(table, records)| (table.clone(), number(records))).collect::<Vec<_>>()
            })
            .map(|tables: Vec<(String, Vec<u32>)>| tables.into_iter().collect())
            .collect();
        let told = |error: crate::eval::EvalError| format!("the rule is not run: {error}");
        let bench =
            Bench::new(given.engine, given.query, given.schemas, given.scenarios, Rc::clone(&ids)).map_err(told)?;
        let answers = bench.run(given.query).map_err(told)?;
        let bare =
            scenario::without_outer_joins(given.query).map(|query| bench.run(&query)).transpose().map_err(told)?;
        let wanted = scenario::columns_read(given.query);
        let (otherwise, decided) = Default::default();
        Ok(Self { given, ids, bench, answers, bare, wanted, otherwise, decided })
    }

    /// Compares the rule with its translation.
    ///
    /// # Errors
    /// What is wrong with a target's data files.
    pub fn prove(&self, target: &'static dyn Target) -> Result<Proof, DataError> {
        let conversion = target.convert(self.given.source, &self.given.info, &self.given.options)?;
        self.judge(target, &conversion)
    }

    /// Compares the rule with a translation.
    ///
    /// # Errors
    /// What is wrong with a target's data files.
    pub fn judge(&self, target: &'static dyn Target, conversion: &Conversion) -> Result<Proof, DataError> {
        let events = self.given.scenarios.iter().map(Scenario::len).sum();
        let groups = self.answers.iter().map(|answer| answer.rows.len()).sum();
        let mut proof = Proof {
            target: target.name(),
            fidelity: conversion.fidelity,
            verdict: Verdict::Untested,
            events,
            groups,
            first_difference: None,
            implied: Vec::new(),
            reason: None,
        };
        if conversion.fidelity == Fidelity::Refused {
            proof.verdict = Verdict::Refused;
            proof.reason = reason_of(&conversion.losses);
            return Ok(proof);
        }
        let translation = match Translation::read(target, conversion) {
            Ok(translation) => translation,
            Err(reason) => {
                proof.reason = Some(reason);
                return Ok(proof);
            }
        };
        let lists = match Lists::of(self.given.source, &conversion.outside.lists, &self.bench) {
            Ok(lists) => lists,
            Err(error) => {
                proof.reason = Some(format!("what a list holds is not known: {error}"));
                return Ok(proof);
            }
        };
        let uncapped = match self.uncapped(conversion) {
            Ok(uncapped) => uncapped,
            Err(error) => {
                proof.reason = Some(format!("the rule is not run: {error}"));
                return Ok(proof);
            }
        };
        let told = told::columns(self.given.query, &conversion.losses);
        let measure = Measure { shape: shape(target, conversion), conversion, span_unit: span_unit(target), told };
        let (mut found, mut none) = (false, false);
        for (at, scenario) in self.given.scenarios.iter().enumerate() {
            if self.is_late() {
                proof.reason = Some("the time given was not enough".to_owned());
                return Ok(proof);
            }
            let answer = lists.without(&self.answers[at], &self.ids[at]);
            let whole = uncapped.as_ref().map(|all| lists.without(&all[at], &self.ids[at]));
            let bare = self.bare.as_ref().map(|all| lists.without(&all[at], &self.ids[at]));
            let spans = match translation.spans(scenario.now) {
                Ok(spans) => spans,
                Err(reason) => {
                    proof.reason = Some(reason);
                    return Ok(proof);
                }
            };
            for empty in empties(target) {
                let storing = self.storing(target, *empty);
                let world = storing.world(scenario, &self.ids[at], &lists.tables, &spans)?;
                let rows = match translation.run(&world, &lists, at) {
                    Ok(rows) => rows,
                    Err(reason) => {
                        proof.reason = Some(format!("the translation is not run: {reason}"));
                        return Ok(proof);
                    }
                };
                let found = |answer: &Answered| measure.agree(answer, bare.as_deref(), &rows);
                if found(&answer) || whole.as_deref().is_some_and(found) {
                    continue;
                }
                let mut otherwise = self.otherwise().map(|all| lists.without(&all[at], &self.ids[at]));
                if otherwise.any(|answer| found(&answer)) {
                    continue;
                }
                if !may_part(scenario, conversion) {
                    proof.verdict = Verdict::Refuted;
                    proof.first_difference = Some(self.difference(at, &measure, &answer, &rows));
                    return Ok(proof);
                }
            }
            found |= !answer.rows.is_empty();
            none |= answer.rows.is_empty() && !scenario.is_empty();
        }
        proof.reason = if !found {
            Some("the rule found nothing in any of the events".to_owned())
        } else if !none && !always::finds(self.given.query) {
            Some("the rule found something in every set of events".to_owned())
        } else if !none && !always::is_constant(self.given.query) && !self.varies() {
            Some("the rule found the same in every set of events".to_owned())
        } else {
            let decided = self.decided.get_or_init(|| self.decided());
            proof.implied.clone_from(&decided.implied);
            decided.undecided.clone()
        };
        if proof.reason.is_none() {
            proof.verdict = Verdict::Proven;
        }
        Ok(proof)
    }

    /// What the rule finds with all records that a translation says it shows more; nothing where it says so of none.
    fn uncapped(&self, conversion: &Conversion) -> Result<Option<Vec<Answered>>, crate::eval::EvalError> {
        let caps: Vec<Span> =
            conversion.losses.iter().filter(|loss| loss.kind == LossKind::RowCap).map(|loss| loss.span).collect();
        if caps.is_empty() {
            return Ok(None);
        }
        let query = scenario::uncapped(self.given.query, &|span| caps.iter().any(|cap| cap.overlaps(span)));
        query.map(|query| self.bench.run(&query)).transpose()
    }

    /// What the rule finds where it takes other records that it may as well take, one choice after the other; nothing where
    /// it chooses none.
    fn otherwise(&self) -> impl Iterator<Item = &[Answered]> {
        let chooses = scenario::takes_one_of_key(self.given.query);
        let run = move |at: usize| chooses.then(|| self.bench.run_taking(self.given.query, at + 1).ok()).flatten();
        let each = self.otherwise.iter().enumerate();
        each.filter_map(move |(at, answers)| answers.get_or_init(|| run(at)).as_deref())
    }

    fn storing(&self, target: &'static dyn Target, empty: Empty) -> Storing<'_> {
        Storing {
            target,
            fields: self.given.options.fields,
            empty,
            schemas: self.given.schemas,
            rule: self.given.query,
            wanted: self.wanted.as_ref(),
        }
    }

    /// Whether the rule's records differ from one set of events to another, and not only in which events they are made of.
    fn varies(&self) -> bool {
        let values = |answer: &'_ Answered| -> Vec<String> {
            let mut rows: Vec<String> = answer.rows.iter().map(|row| format!("{:?}", row.values)).collect();
            rows.sort_unstable();
            rows
        };
        let first = self.answers.first().map(values);
        self.answers.iter().any(|answer| first.as_ref().is_some_and(|first| *first != values(answer)))
    }

    fn is_late(&self) -> bool {
        self.given.until.is_some_and(|until| Instant::now() > until)
    }

    /// Puts everything that decides out of action, one after the other, until one makes no difference. What follows from
    /// the rest is taken away for good before it goes on, so that of two conditions that say the same one has to decide.
    fn decided(&self) -> Decided {
        let mut decided = Decided::default();
        let mut query = self.given.query.clone();
        'again: loop {
            for variant in atoms::variants(&query) {
                if variant.empties {
                    continue;
                }
                if self.is_late() {
                    decided.undecided = Some("the time given was not enough".to_owned());
                    return decided;
                }
                let words: Vec<&str> = variant.span.of(self.given.text).split_whitespace().collect();
                let words = words.join(" ");
                match self.bench.differs(&variant.query, variant.span, &self.answers) {
                    Ok(true) => {}
                    Ok(false) if implied::follows(&variant, self.given.engine) => {
                        decided.implied.push(words);
                        query = atoms::settled(variant);
                        continue 'again;
                    }
                    Ok(false) => {
                        decided.undecided = Some(format!("`{words}` {}", variant.what.unseen()));
                        return decided;
                    }
                    Err(error) => {
                        decided.undecided = Some(format!("`{words}` cannot be put out of action: {error}"));
                        return decided;
                    }
                }
            }
            return decided;
        }
    }

    fn difference(&self, at: usize, measure: &Measure<'_>, answer: &Answered, rows: &[Row]) -> Difference {
        const SHOWN: usize = 3;
        let scenario = &self.given.scenarios[at];
        let (mine, theirs) = apart(answer, rows);
        let first = mine.iter().chain(&theirs).min().copied();
        let mut event = None;
        for (table, ids) in &self.ids[at] {
            if let Some(position) = first.and_then(|id| ids.iter().position(|known| *known == id)) {
                event =
                    scenario.tables.get(table).and_then(|records| records.get(position)).map(|record| (table, record));
            }
        }
        // What is about the event comes first, then whatever the other side has no counterpart of.
        let about = |events: &[u32]| !first.is_some_and(|id| events.contains(&id));
        let mut found: Vec<_> = answer.rows.iter().collect();
        found.sort_by_key(|row| about(&row.events));
        let mut others: Vec<_> = rows.iter().collect();
        others.sort_by_key(|row| about(&row.events));
        let named = |row: &rule_side::Found| {
            let mut object = Map::new();
            for ((name, _), value) in answer.columns.iter().zip(&row.values) {
                if !value.is_null() && value.as_str() != Some("") {
                    object.insert(name.to_string(), value.clone());
                }
            }
            json!({"events": row.events, "record": object})
        };
        Difference {
            scenario: scenario.name.clone(),
            now: crate::literal::format_datetime(scenario.now),
            event: event.map(|(_, record)| Value::Object(record.clone())),
            table: event.map(|(table, _)| table.clone()),
            columns: measure.unlike(answer, rows),
            rule: found.into_iter().take(SHOWN).map(named).collect(),
            translation: others
                .into_iter()
                .take(SHOWN)
                .map(|row| json!({"events": row.events, "record": shown(row)}))
                .collect(),
        }
    }
}

/// How many other records of a key are tried that `innerunique` may take as well.
const OTHERS: usize = 4;
/// Ticks in a millisecond.
const MILLISECOND: i64 = 10_000;

/// How fine a target's instants are, in ticks; and whether its searches begin and end at an instant without a word on
/// whether that counts.
fn limits(target: &dyn Target) -> (i64, bool) {
    match target.name() {
        // What the coarsest keeps, so that most targets are given the same events.
        "esql" => (MILLISECOND, false),
        _ => (MILLISECOND, true),
    }
}

/// What a span of time is counted in where a target shows it as a number, in ticks.
fn span_unit(target: &dyn Target) -> i64 {
    match target.name() {
        "esql" => MILLISECOND,
        _ => TICKS_PER_SECOND,
    }
}

/// How an empty string may be stored: both ways where a target says nothing of it, so both are tried.
fn empties(target: &dyn Target) -> &'static [Empty] {
    match target.name() {
        "splunk" | "sigma" => &[Empty::Missing, Empty::Kept],
        _ => &[Empty::Missing],
    }
}

/// What a translation gives.
fn shape(target: &dyn Target, conversion: &Conversion) -> Shape {
    let text = conversion.output.as_deref().unwrap_or_default();
    match target.name() {
        "sigma" if text.lines().any(|line| line.starts_with("correlation:")) => Shape::Groups,
        "eql" if text.lines().any(|line| line.starts_with("sequence") || line.starts_with("sample")) => Shape::Groups,
        "sigma" | "eql" => Shape::Events,
        _ => Shape::Rows,
    }
}

/// Whether a translation says that it may part from the rule on a set of events.
fn may_part(scenario: &Scenario, conversion: &Conversion) -> bool {
    conversion.fidelity == Fidelity::Approximate
        && conversion.losses.iter().any(|loss| {
            loss.fidelity == Fidelity::Approximate && scenario.covers.contains(&loss.kind) && is_about(scenario, loss)
        })
}

/// Whether a loss is about what a set of events was made for. What differs in how values are told apart differs where
/// the words of the loss are; what differs in time, order or number is felt in all of a rule.
fn is_about(scenario: &Scenario, loss: &Loss) -> bool {
    let of_value = matches!(loss.kind, LossKind::Case | LossKind::Term | LossKind::Null | LossKind::RegexDialect);
    !of_value
        || scenario.about.is_none_or(|about| about.overlaps(loss.span))
        || scenario.also.iter().any(|also| also.overlaps(loss.span))
}

fn reason_of(losses: &[Loss]) -> Option<String> {
    losses.iter().find(|loss| loss.fidelity == Fidelity::Refused).map(|loss| loss.message.clone())
}
