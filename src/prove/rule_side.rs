//! The left side: the rule itself, run by the evaluator.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

use serde_json::Value;

use super::scenario::{Scenario, read_by};
use crate::eval::output::json_rows;
use crate::eval::sources::{OnError, Sources};
use crate::eval::{Answer, Engine, EvalError};
use crate::ir::pass::{EVENT, SCOPE, Traced, numbers, trace};
use crate::ir::{Name, Query};
use crate::schema::Schemas;
use crate::source::Span;
use crate::target::store::of_json;
use crate::types::Type;

/// Scenarios of one instant and the same lists: which.
type Group<'s> = (i64, &'s BTreeMap<String, Vec<super::Record>>, Vec<usize>);

/// A record that the rule found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    /// The values, as `kqlc run` writes them in JSON.
    pub values: Vec<Value>,
    /// The numbers of the events it was made of, ascending.
    pub events: Vec<u32>,
}

/// What the rule finds in one scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Answered {
    /// The columns.
    pub columns: Vec<(Name, Type)>,
    /// The records.
    pub rows: Vec<Found>,
    /// Whether it is known which events made each record.
    pub traced: bool,
}

/// Scenarios that are run together: of one instant, with the same lists.
struct Batch {
    now: i64,
    scenarios: Vec<usize>,
    sources: Sources,
}

/// All scenarios as tables of the evaluator.
pub(super) struct Bench<'a> {
    engine: &'a Engine,
    query: &'a Query,
    schemas: &'a Schemas,
    scenarios: &'a [Scenario],
    ids: Rc<[BTreeMap<String, Vec<u32>>]>,
    /// Batches where scenarios can be kept apart in one run.
    together: Vec<Batch>,
    /// A batch a scenario, once there is need of them.
    alone: OnceCell<Vec<Batch>>,
}

impl<'a> Bench<'a> {
    /// Lays out scenarios for a query. `ids[scenario][table][position]` are the numbers of the events.
    pub(super) fn new(
        engine: &'a Engine,
        query: &'a Query,
        schemas: &'a Schemas,
        scenarios: &'a [Scenario],
        ids: Rc<[BTreeMap<String, Vec<u32>>]>,
    ) -> Result<Self, EvalError> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        for (at, scenario) in scenarios.iter().enumerate() {
            match groups.iter_mut().find(|(now, lists, _)| *now == scenario.now && **lists == scenario.watchlists) {
                Some((.., members)) => members.push(at),
                None => groups.push((scenario.now, &scenario.watchlists, vec![at])),
            }
        }
        let mut bench = Self { engine, query, schemas, scenarios, ids, together: Vec::new(), alone: OnceCell::new() };
        // The largest first: it is the likeliest to tell two queries apart.
        groups.sort_by_key(|(.., members)| std::cmp::Reverse(members.len()));
        bench.together = groups.iter().map(|(.., members)| bench.batch(members)).collect::<Result<_, _>>()?;
        Ok(bench)
    }

    fn batch(&self, members: &[usize]) -> Result<Batch, EvalError> {
        let now = members.first().map_or(0, |at| self.scenarios[*at].now);
        let sources = sources(self.query, self.schemas, self.scenarios, &self.ids, members)?;
        Ok(Batch { now, scenarios: members.to_vec(), sources })
    }

    fn alone(&self) -> Result<&[Batch], EvalError> {
        if self.alone.get().is_none() {
            let all = (0..self.scenarios.len()).map(|at| self.batch(&[at])).collect::<Result<_, _>>()?;
            let _ = self.alone.set(all);
        }
        Ok(self.alone.get().map(Vec::as_slice).unwrap_or_default())
    }

    /// What a query gives for each scenario.
    ///
    /// # Errors
    /// Where it is not run, or fails.
    pub(super) fn run(&self, query: &Query) -> Result<Vec<Answered>, EvalError> {
        self.run_taking(query, 0)
    }

    /// The same, where `innerunique` takes another record of a key: KQL leaves open which it takes.
    ///
    /// # Errors
    /// Where it is not run, or fails.
    pub(super) fn run_taking(&self, query: &Query, of_key: usize) -> Result<Vec<Answered>, EvalError> {
        let mut all = vec![Answered::default(); self.scenarios.len()];
        self.each(query, of_key, None, &mut |at, answered| {
            all[at] = answered;
            true
        })?;
        Ok(all)
    }

    /// Whether a query gives something else than `known` for some scenario. Most often the largest batch tells, and of
    /// single scenarios one that was made for these words.
    pub(super) fn differs(&self, query: &Query, about: Span, known: &[Answered]) -> Result<bool, EvalError> {
        let mut found = false;
        self.each(query, 0, Some(about), &mut |at, answered| {
            found |= !same(&answered, &known[at]);
            !found
        })?;
        Ok(found)
    }

    /// Runs a query batch by batch for as long as `take` wants more.
    fn each(
        &self,
        query: &Query,
        of_key: usize,
        about: Option<Span>,
        take: &mut dyn FnMut(usize, Answered) -> bool,
    ) -> Result<(), EvalError> {
        let engine = self.engine.taking(of_key);
        if let Ok(traced) = trace(query, true) {
            for batch in &self.together {
                let answer = engine.at(batch.now).run(&traced.query, &batch.sources)?;
                let mut apart: BTreeMap<usize, Vec<Found>> = BTreeMap::new();
                for (scope, row) in rows(&answer, &traced)? {
                    apart.entry(scope.unwrap_or_default()).or_default().push(row);
                }
                for at in &batch.scenarios {
                    let rows = apart.remove(at).unwrap_or_default();
                    if !take(*at, answered(&answer, &traced, rows)) {
                        return Ok(());
                    }
                }
            }
            return Ok(());
        }
        let traced = trace(query, false)
            .map_err(|mixed| EvalError::unsupported("this is not followed event by event", mixed.span))?;
        let made_for = |batch: &&Batch| {
            let made = batch.scenarios.first().and_then(|at| self.scenarios[*at].about);
            about.zip(made).is_some_and(|(about, made)| about.overlaps(made))
        };
        let (made, others): (Vec<&Batch>, Vec<&Batch>) = self.alone()?.iter().partition(made_for);
        for batch in made.into_iter().chain(others) {
            let answer = engine.at(batch.now).run(&traced.query, &batch.sources)?;
            let rows = rows(&answer, &traced)?.into_iter().map(|(_, row)| row).collect();
            // Each scenario has a batch of its own here.
            if let Some(at) = batch.scenarios.first()
                && !take(*at, answered(&answer, &traced, rows))
            {
                return Ok(());
            }
        }
        Ok(())
    }
}

fn answered(answer: &Answer, traced: &Traced, rows: Vec<Found>) -> Answered {
    let columns = answer.columns.iter().take(traced.own).cloned().collect();
    Answered { columns, rows, traced: traced.events.is_some() }
}

/// Whether two answers have the same records, in whatever order.
pub(super) fn same(left: &Answered, right: &Answered) -> bool {
    let sorted = |answered: &Answered| {
        let mut rows: Vec<String> =
            answered.rows.iter().map(|row| format!("{:?} {:?}", row.values, row.events)).collect();
        rows.sort_unstable();
        rows
    };
    left.rows.len() == right.rows.len() && sorted(left) == sorted(right)
}

/// The records of an answer, parted from the hidden columns.
fn rows(answer: &Answer, traced: &Traced) -> Result<Vec<(Option<usize>, Found)>, EvalError> {
    let all = json_rows(answer).map_err(|error| EvalError::Source(error.to_string()))?;
    let rows = all.into_iter().map(|mut values| {
        let events = traced.events.and_then(|at| values.get(at)).map(|json| numbers(&of_json(json)));
        let scope = traced.scope.and_then(|at| values.get(at)).and_then(Value::as_u64);
        values.truncate(traced.own);
        (scope.and_then(|scope| usize::try_from(scope).ok()), Found { values, events: events.unwrap_or_default() })
    });
    Ok(rows.collect())
}

/// The tables of some scenarios, each event with its number and that of its scenario.
fn sources(
    query: &Query,
    schemas: &Schemas,
    scenarios: &[Scenario],
    ids: &[BTreeMap<String, Vec<u32>>],
    members: &[usize],
) -> Result<Sources, EvalError> {
    let mut sources = Sources::new(OnError::Fail);
    let given: BTreeSet<&String> = members.iter().flat_map(|at| scenarios[*at].tables.keys()).collect();
    let names: Vec<String> = given.into_iter().cloned().collect();
    let (tables, lists) = read_by(query, &names);
    for table in &tables {
        let mut lines = Vec::new();
        for at in members {
            let records = scenarios[*at].tables.get(table).map(Vec::as_slice).unwrap_or_default();
            let numbers = ids[*at].get(table).map(Vec::as_slice).unwrap_or_default();
            for (record, number) in records.iter().zip(numbers) {
                let mut record = record.clone();
                record.insert(EVENT.to_owned(), Value::from(vec![*number]));
                record.insert(SCOPE.to_owned(), Value::from(*at));
                lines.extend(Value::Object(record).to_string().into_bytes());
                lines.push(b'\n');
            }
        }
        sources.add_inline(table, Path::new(table), lines);
        let declared = schemas.table(table);
        let columns = declared.iter().flat_map(|table| &table.columns).map(|column| (&*column.name, column.ty));
        let columns: Vec<(&str, Type)> = columns.chain([(EVENT, Type::Dynamic), (SCOPE, Type::Long)]).collect();
        sources.columns(table, &columns)?;
    }
    for list in &lists {
        let items = members.first().and_then(|at| scenarios[*at].watchlists.get(list));
        let mut lines = Vec::new();
        for item in items.into_iter().flatten() {
            lines.extend(Value::Object(item.clone()).to_string().into_bytes());
            lines.push(b'\n');
        }
        sources.add_inline_watchlist(list, Path::new(list), lines);
    }
    Ok(sources)
}
