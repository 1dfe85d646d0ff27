//! Random queries over random tables: an answer or a refusal that names its reason, never a failure inside the engine, and
//! the same answer however the work is cut.

use std::cell::Cell;

use kqlc::bind::bind;
use kqlc::ir::Query;
use kqlc::schema::{Column, Dialect, Schemas, Table};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::forms::COLUMNS;
use crate::grammar::query;
use crate::noise::{Outcome, Pair};

fn schemas() -> Schemas {
    let mut schemas = Schemas::builtin(Dialect::Sentinel);
    for name in ["T", "U"] {
        let columns = COLUMNS.iter().map(|(name, ty)| Column::new(*name, *ty)).collect();
        schemas.insert(Table { name: name.into(), columns, open: false });
    }
    schemas
}

/// A column that has another type in a schema than its id.
fn column_of_two_types(query: &Query) -> Option<String> {
    let mut found = None;
    query.plan.clone().fold_plans(&mut |plan| {
        for column in plan.steps.iter().flat_map(|step| step.schema.iter()) {
            if query.columns[column.id].ty.ty != column.ty.ty {
                found = Some(column.name.to_string());
            }
        }
    });
    found
}

#[test]
fn random_queries_are_answered_in_one_way_or_refused() {
    let (pair, schemas) = (Pair::new(), schemas());
    let (bound, ran, filled) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let total = Cell::new(0);
    let count = |counter: &Cell<u32>| counter.set(counter.get() + 1);
    // A shorter tape, and smaller choices on it, make a simpler query: so is a failure made small.
    let tapes = proptest::collection::vec(any::<u8>(), 0..160);
    let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&(tapes, any::<u64>()), |(tape, seed)| {
        let text = query(&tape);
        count(&total);
        let parsed = kqlc::syntax::parse(&text);
        let tree = parsed.query.as_ref().filter(|_| parsed.diagnostics.is_empty());
        let tree = tree.ok_or_else(|| TestCaseError::fail(format!("no query: {text}\n{:?}", parsed.diagnostics)))?;
        let meant = bind(tree, &schemas);
        let Some(meaning) = meant.query.as_ref().filter(|_| !meant.has_errors()) else { return Ok(()) };
        count(&bound);
        if let Some(name) = column_of_two_types(meaning) {
            return Err(TestCaseError::fail(format!("the id of {name} stands for columns of two types\n{text}")));
        }
        match pair.run(tree, &text, &schemas, seed) {
            Outcome::Same(rows) => {
                count(&ran);
                if !rows.is_empty() {
                    count(&filled);
                }
            }
            Outcome::Refused(_) => {}
            Outcome::Fault(what) => return Err(TestCaseError::fail(format!("{what}\n{text}"))),
        }
        Ok(())
    });
    let (total, bound, ran, filled) = (total.get(), bound.get(), ran.get(), filled.get());
    println!("{total} queries: {bound} make sense, {ran} run, {filled} of them with rows");
    if let Err(error) = result {
        panic!("{error}");
    }
    // Or else little was tried.
    assert!(bound * 2 > total && ran * 3 > bound * 2 && filled * 3 > ran, "{total} {bound} {ran} {filled}");
}
