//! Running a query of a file: from its tree to its answer, and what is told where there is none.

use crate::bind::{self, Learned};
use crate::diagnostic::{Diagnostic, Severity, code};
use crate::eval::{Answer, Catalog, Engine, EvalError};
use crate::schema::{Schemas, nearest};

use super::queries::Query;

/// How many plugins may decide columns by the data, one after the other, in one query.
const PLUGIN_LIMIT: usize = 64;

/// Why a query gave no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The query is at fault, or asks for what is not there; with spans in the file.
    Query(Vec<Diagnostic>),
    /// Something else: a file, the disk, memory.
    Run(String),
}

/// What running a query gave, and what is to be said about the query besides, with spans in the file.
#[derive(Debug)]
pub(super) struct Answered<T> {
    /// The answer, or what there is to know of it where it has been written already.
    pub(super) answer: T,
    /// Warnings.
    pub(super) warnings: Vec<Diagnostic>,
}

/// Runs a query over the tables of a catalog.
pub(super) fn answer(
    query: &Query,
    schemas: &Schemas,
    engine: &Engine,
    catalog: &dyn Catalog,
) -> Result<Answered<Answer>, Failure> {
    with(query, schemas, catalog, &mut |plan| engine.run(plan, catalog))
}

/// Runs a query over the tables of a catalog, by `run`, which may be asked again while columns are found out.
pub(super) fn with<T>(
    query: &Query,
    schemas: &Schemas,
    catalog: &dyn Catalog,
    run: &mut dyn FnMut(&crate::ir::Query) -> Result<T, EvalError>,
) -> Result<Answered<T>, Failure> {
    let mut found: Vec<Diagnostic> = query.syntax_errors().collect();
    // What is left of a folded query is not the rule, however well it may run.
    found.extend(query.folded.clone());
    let tree = match &query.parsed.query {
        Some(tree) if found.iter().all(|diagnostic| diagnostic.severity != Severity::Error) => tree,
        _ => return Err(Failure::Query(found)),
    };
    let mut learned = Learned::new();
    for _ in 0..=PLUGIN_LIMIT {
        let bound = bind::bind_learned(tree, schemas, &learned);
        let wrong = bound.has_errors();
        let findings = bound.diagnostics.into_iter().map(|diagnostic| diagnostic.mapped(&query.map));
        if wrong {
            found.extend(findings);
            return Err(Failure::Query(found));
        }
        let Some(plan) = bound.query else {
            let nothing = Diagnostic::new(&code::NOT_RUN, crate::source::Span::at(0), "the query only declares");
            return Err(Failure::Query(vec![nothing.mapped(&query.map)]));
        };
        match run(&plan) {
            Ok(answer) => {
                found.extend(findings);
                found.extend(own_readings(&plan).map(|diagnostic| diagnostic.mapped(&query.map)));
                return Ok(Answered { answer, warnings: found });
            }
            Err(EvalError::Columns { span, columns }) => {
                learned.insert(span, columns.into_iter().map(|(name, ty)| (name.into(), ty)).collect());
            }
            Err(error) => {
                return Err(match told(&error, catalog) {
                    Some(diagnostic) => Failure::Query(vec![diagnostic.mapped(&query.map)]),
                    None => Failure::Run(error.to_string()),
                });
            }
        }
    }
    Err(Failure::Run(format!("the data decides the columns of more than {PLUGIN_LIMIT} plugins")))
}

/// Remarks on what is answered by a reading of our own.
fn own_readings(plan: &crate::ir::Query) -> impl Iterator<Item = Diagnostic> {
    Engine::own_readings(plan).into_iter().map(|(span, what)| {
        Diagnostic::new(&code::OWN_READING, span, what)
            .note("the groups are of kqlc's own reading, and Kusto's may differ")
    })
}

/// The diagnostic for an error that is about words of the query.
fn told(error: &EvalError, catalog: &dyn Catalog) -> Option<Diagnostic> {
    let span = error.span()?;
    Some(match error {
        EvalError::Missing { kind, name, .. } => {
            missing(kind, name, catalog, Diagnostic::new(&code::NO_DATA, span, error.to_string()))
        }
        EvalError::Value { .. } => Diagnostic::new(&code::UNUSABLE_VALUE, span, error.to_string()),
        _ => Diagnostic::new(&code::NOT_RUN, span, error.to_string()),
    })
}

/// Says how data is given, and what there is.
fn missing(kind: &str, name: &str, catalog: &dyn Catalog, diagnostic: Diagnostic) -> Diagnostic {
    let option = match kind {
        "watchlist" => "--watchlist",
        "address" => "--external",
        _ => "--table",
    };
    let diagnostic = diagnostic.help(format!("give it with `{option} {name}=FILE`"));
    if option != "--table" {
        return diagnostic;
    }
    let names = catalog.names();
    match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => diagnostic.note(format!("data was given for `{near}`")),
        None if names.is_empty() => diagnostic,
        None => diagnostic.note(format!("data was given for {}", names.join(", "))),
    }
}
