//! Tables that nobody knows, and columns that are listed nowhere: they have the types that the events show, as they have
//! for `kqlc run`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::bind::bind;
use crate::cli::queries::Query;
use crate::ir;
use crate::ir::pass::simplify;
use crate::literal::parse_datetime;
use crate::prove::Scenario;
use crate::schema::{Column, Schemas, Table};
use crate::types::Type;

/// The query by what events show of tables and columns that it reads and nobody knows, and what is known then; nothing
/// where all are known.
///
/// # Errors
/// That the query has no meaning by these types: without them nothing would be read of the columns.
pub(super) fn of(
    query: &Query,
    ir: &ir::Query,
    scenarios: &mut [Scenario],
    schemas: &Schemas,
) -> Result<Option<(ir::Query, Schemas)>, &'static str> {
    one_type(scenarios, schemas);
    let typed = by_events(query, &ir.plan, scenarios, schemas);
    let unlisted = ir.columns.iter().filter(|(_, info)| info.origin == ir::Origin::Unresolved);
    let unlisted: BTreeSet<&str> = unlisted.map(|(_, info)| &*info.name).collect();
    if unlisted.is_empty() || matches!(typed, Ok(Some(_))) {
        return typed;
    }
    // What is in error for other reasons, too, is taken as it is: no event has such a column then.
    for (name, records) in scenarios.iter_mut().flat_map(|scenario| &mut scenario.tables) {
        if let Some(table) = schemas.table(name).filter(|table| !table.open) {
            for record in records {
                record.retain(|column, _| !unlisted.contains(&**column) || table.column(column).is_some());
            }
        }
    }
    by_events(query, &ir.plan, scenarios, schemas)
}

/// Makes texts of the numbers of a column that is listed nowhere and of which some events have texts: a rule that compares it
/// with both has events made of both kinds, and a table's column is of one.
fn one_type(scenarios: &mut [Scenario], schemas: &Schemas) {
    let records = scenarios.iter().flat_map(|scenario| &scenario.tables);
    let texts: BTreeSet<(String, String)> = records
        .flat_map(|(name, records)| records.iter().flatten().map(move |field| (name, field)))
        .filter(|(_, (_, value))| type_of(value) == Some(Type::String))
        .map(|(name, (column, _))| (name.clone(), column.clone()))
        .filter(|(name, column)| schemas.table(name).is_none_or(|table| table.column(column).is_none()))
        .collect();
    for (name, records) in scenarios.iter_mut().flat_map(|scenario| &mut scenario.tables) {
        for (column, value) in records.iter_mut().flat_map(|record| record.iter_mut()) {
            if value.is_number() && texts.contains(&(name.clone(), column.clone())) {
                *value = Value::String(value.to_string());
            }
        }
    }
}

fn by_events(
    query: &Query,
    plan: &ir::Plan,
    scenarios: &[Scenario],
    schemas: &Schemas,
) -> Result<Option<(ir::Query, Schemas)>, &'static str> {
    let mut found: BTreeMap<&str, BTreeMap<&str, Type>> = BTreeMap::new();
    for (name, records) in scenarios.iter().flat_map(|scenario| &scenario.tables) {
        let table = schemas.table(name);
        let listed = |column: &str| table.as_ref().is_some_and(|table| table.column(column).is_some());
        let columns = found.entry(name).or_default();
        for (column, value) in records.iter().flatten() {
            // A column of the event's own, such as the time at which it came in, is none of the table's.
            let Some(ty) = type_of(value).filter(|_| !column.starts_with('$') && !listed(column)) else { continue };
            let known = columns.entry(column).or_insert(ty);
            *known = both(*known, ty);
        }
    }
    // Every column of a watchlist is text.
    let mut lists: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (alias, items) in scenarios.iter().flat_map(|scenario| &scenario.watchlists) {
        lists.entry(alias).or_default().extend(items.iter().flat_map(|item| item.keys().map(String::as_str)));
    }
    if found.values().all(BTreeMap::is_empty) && lists.is_empty() {
        return Ok(None);
    }
    // A text may be what a dynamic holds.
    let as_dynamic = |ty| if ty == Type::String { Type::Dynamic } else { ty };
    let tries: [&dyn Fn(Type) -> Type; 2] = [&|ty| ty, &as_dynamic];
    let fitting = tries.into_iter().find_map(|as_type| {
        let mut known = schemas.clone();
        if takes_all(plan) {
            known.present(found.keys().map(|name| (*name).to_owned().into()));
        }
        for (name, columns) in &found {
            let shown = columns.iter().map(|(name, ty)| Column::new((*name).to_owned(), as_type(*ty)));
            let table = schemas.table(name);
            let open = table.as_ref().is_none_or(|table| table.open);
            let listed = table.map(|table| table.columns.clone()).unwrap_or_default();
            let columns = listed.into_iter().chain(shown).collect();
            known.insert(Table { name: (*name).to_owned().into(), columns, open });
        }
        for (alias, columns) in &lists {
            let columns = columns.iter().map(|column| Column::new((*column).to_owned(), as_type(Type::String)));
            known.insert_watchlist((*alias).to_owned().into(), columns);
        }
        let bound = bind(query.parsed.query.as_ref()?, &known);
        let mut query = bound.query.clone().filter(|_| !bound.has_errors())?;
        simplify(&mut query);
        Some((query, known))
    });
    fitting.map(Some).ok_or("the rule is not run: it has no meaning by the types that the events show")
}

/// Whether tables are chosen by a pattern: those that there are.
fn takes_all(plan: &ir::Plan) -> bool {
    let mut found = matches!(plan.source.kind, ir::SourceKind::Tables(_));
    plan.source.kind.plans(&mut |inner| found |= takes_all(inner));
    for step in &plan.steps {
        step.op.plans(&mut |inner| found |= takes_all(inner));
    }
    found
}

/// The type that a value shows; none for null and the empty text, which any may have.
fn type_of(value: &Value) -> Option<Type> {
    Some(match value {
        Value::Null => return None,
        Value::String(text) if text.is_empty() => return None,
        Value::Bool(_) => Type::Bool,
        Value::Number(number) if number.is_f64() => Type::Real,
        Value::Number(_) => Type::Long,
        Value::String(text) if parse_datetime(text).is_some() => Type::DateTime,
        Value::String(_) => Type::String,
        Value::Array(_) | Value::Object(_) => Type::Dynamic,
    })
}

/// The type that holds values of both.
fn both(one: Type, other: Type) -> Type {
    match (one, other) {
        _ if one == other => one,
        (Type::Long, Type::Real) | (Type::Real, Type::Long) => Type::Real,
        (Type::DateTime, Type::String) | (Type::String, Type::DateTime) => Type::String,
        // A dynamic may hold anything.
        _ => Type::Dynamic,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cli::input::{Kind, Text};
    use crate::cli::queries::Content;
    use crate::schema::Dialect;
    use crate::source::SourceFile;

    /// The columns of a query's result by what its events show, and whether its events have a column `ItemId`.
    fn typed(text: &str) -> (Option<Vec<String>>, bool) {
        let schemas = Schemas::builtin(Dialect::Sentinel);
        let text = Text { file: SourceFile::from_text("q.kql", text), kind: Kind::Query, path: None };
        let query = Content::with_meaning(&text, &schemas).queries.remove(0);
        let ir = query.bound.as_ref().unwrap().query.clone().unwrap();
        let mut scenarios = crate::prove::made(&ir, 0, 638_512_776_000_000_000, 1000);
        let typed = of(&query, &ir, &mut scenarios, &schemas).unwrap();
        let names = typed.map(|(query, _)| {
            query.plan.schema().iter().map(|column| format!("{}: {}", column.name, column.ty.ty)).collect()
        });
        let mut records = scenarios.iter().flat_map(|scenario| scenario.tables.values().flatten());
        (names, records.any(|record| record.contains_key("ItemId")))
    }

    #[test]
    fn a_column_that_is_not_listed_is_what_its_events_show() {
        let (names, there) = typed("AuditLogs | where ItemId startswith 'x' | project ItemId");
        assert_eq!((names, there), (Some(vec!["ItemId: string".to_owned()]), true));
        // What is in error for another reason as well is run without.
        let (names, there) = typed("AuditLogs | where ItemId startswith 'x' | distinct ItemId | where Category == 'y'");
        assert_eq!((names, there), (None, false));
        assert_eq!(typed("AuditLogs | where Category == 'y'"), (None, false));
    }

    #[test]
    fn a_column_that_is_not_listed_is_of_one_type() {
        let (names, _) = typed("AuditLogs | where ItemId in ('4', '5') and ItemId != 6 | project ItemId");
        assert_eq!(names, Some(vec!["ItemId: string".to_owned()]));
    }

    #[test]
    fn values_show_their_types() {
        for (value, ty) in [
            (json!("2024-05-14T10:00:00Z"), Some(Type::DateTime)),
            (json!("a"), Some(Type::String)),
            (json!(""), None),
            (json!(1), Some(Type::Long)),
            (json!(1.5), Some(Type::Real)),
            (json!({"a": 1}), Some(Type::Dynamic)),
        ] {
            assert_eq!(type_of(&value), ty, "{value}");
        }
        assert_eq!(both(Type::Long, Type::Real), Type::Real);
        assert_eq!(both(Type::Long, Type::String), Type::Dynamic);
        assert_eq!(both(Type::String, Type::Dynamic), Type::Dynamic);
    }
}
