//! The examples of the catalogue are true: each gives the value that stands beside it.

use kqlc::bind::bind;
use kqlc::eval::arrays::Cells;
use kqlc::eval::catalog::NoTables;
use kqlc::eval::{Cell, Engine, EvalError, Options};
use kqlc::functions::{AggregateId, Example, FunctionId, PluginId, aggregates, plugins, scalars};
use kqlc::schema::{Dialect, Schemas};
use kqlc::syntax::parse;

/// What a query of one record and one column gives, as it is printed; nothing where it is not run here.
fn value(engine: &Engine, schemas: &Schemas, query: &str) -> Result<Option<String>, String> {
    let tree = parse(query).query.ok_or("it does not parse")?;
    let bound = bind(&tree, schemas);
    let plan = bound.query.filter(|_| bound.diagnostics.is_empty()).ok_or(format!("{:?}", bound.diagnostics))?;
    let answer = match engine.run(&plan, &NoTables) {
        Ok(answer) => answer,
        Err(EvalError::Unsupported { .. }) => return Ok(None),
        Err(error) => return Err(error.told()),
    };
    let ([(_, ty)], 1) = (answer.columns.as_slice(), answer.len()) else {
        return Err(format!("{} columns, {} records", answer.columns.len(), answer.len()));
    };
    let batch = answer.batches.iter().find(|batch| batch.num_rows() > 0).ok_or("no records")?;
    let cells = Cells::new(batch.column(0).as_ref(), *ty).map_err(|error| error.to_string())?;
    Ok(Some(match cells.get(0) {
        Cell::Bool(value) => value.to_string(),
        other => other.to_text().into_owned(),
    }))
}

#[test]
fn examples_give_what_stands_beside_them() {
    let engine = Engine::new(Options::at(638_513_712_000_000_000)).expect("threads");
    let schemas = Schemas::builtin(Dialect::Sentinel);
    let rows = scalars().map(FunctionId::row).chain(aggregates().map(AggregateId::row));
    let (mut held, mut wrong, mut unrun) = (0, Vec::new(), Vec::new());
    for row in rows.chain(plugins().map(PluginId::row)) {
        for Example { query, result } in row.examples {
            match value(&engine, &schemas, query) {
                Ok(Some(found)) if found == *result => held += 1,
                Ok(None) => unrun.push(row.name),
                found => wrong.push(format!("{query}: {found:?}, not {result:?}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(unrun, [""; 0], "examples that are not run");
    assert!(held >= 290, "{held}");
}
