//! Which table of Sentinel a search of Splunk or a query of Elastic reads: what is said of the back end's tables, read the other way round.

use super::place::{Known, Place};
use super::{Refused, State, refuse};
use crate::ir::{Argument, Expr, ExprKind, ForeignStep, Op, Plan, Query, SourceKind, Step, Value};
use crate::read::{self, Language};
use crate::source::{SourceFile, Span};
use crate::target::elastic::tables::FieldRow;
use crate::target::sigma::rows::Part;
use crate::target::splunk::rows::Table;
use crate::target::{Fields, LossKind};
use crate::types::Type;

impl State<'_> {
    /// The table that holds the events of an object of a data model.
    pub(super) fn model(&self, step: &ForeignStep, span: Span) -> Result<Place, Refused> {
        let given = |name: &str| {
            step.arguments.iter().find_map(|(key, value)| match value {
                Argument::Scalar(expr) if key.as_deref() == Some(name) => expr.as_literal().and_then(Value::as_str),
                _ => None,
            })
        };
        if step.command.row().name != "datamodel" {
            let message = format!("what `{}` reads has no counterpart in Sentinel", step.command);
            return Err(refuse(LossKind::UnsupportedSource, span, message));
        }
        let (model, object) = (given("model").unwrap_or_default(), given("object").unwrap_or_default());
        let named = if object.is_empty() { model.to_owned() } else { format!("{model}.{object}") };
        let table = self.options.table.map(str::to_owned).or_else(|| self.kql.target.models.get(&named).cloned());
        let Some(table) = table else {
            let message = format!(
                "no table of Sentinel is known to hold the events of `{named}`; name the one that does with `--table`"
            );
            return Err(refuse(LossKind::UnsupportedSource, span, message));
        };
        let mut place = self.place_of(&table, self.splunk_fields(&table), false, None);
        place.prefix = format!("{object}.");
        Ok(place)
    }

    /// The table that holds the events a search finds. The tests that find them are taken out of it.
    pub(super) fn searched(&self, plan: &mut Plan, query: &Query) -> Result<Place, Refused> {
        let span = plan.source.span;
        if let Some(table) = self.options.table {
            return Ok(self.place_of(table, self.splunk_fields(table), false, None));
        }
        let terms = found_by(plan, query);
        let mut found: Vec<(&str, Vec<String>)> = Vec::new();
        for (name, table) in self.splunk.tables.iter().filter(|(_, table)| !table.guess) {
            let wanted = self.finds(table);
            if !wanted.is_empty() && wanted.iter().all(|one| terms.iter().any(|(text, _)| text == one)) {
                found.push((name, wanted));
            }
        }
        let (table, wanted) = the_one(found, span)?;
        keep(plan, terms, &wanted);
        Ok(self.place_of(table, self.splunk_fields(table), false, None))
    }

    /// The table that holds the events of an index of Elasticsearch. The tests that tell them are taken out.
    pub(super) fn indexed(&self, plan: &mut Plan, query: &Query) -> Result<Place, Refused> {
        let span = plan.source.span;
        if let Some(table) = self.options.table {
            return Ok(self.place_of(table, self.elastic_fields(table), false, None));
        }
        let SourceKind::Tables(pattern) = &plan.source.kind else {
            return Err(refuse(LossKind::UnsupportedSource, span, "no index is read here"));
        };
        let pattern = pattern.clone();
        // The index that is there for a table under its own names.
        let (tables, _) = self.options.schemas.names();
        if let Some(table) = tables.iter().find(|table| self.elastic.native(table) == *pattern) {
            return Ok(self.place_of(table, None, false, None));
        }
        let terms = found_by(plan, query);
        let says = |field: &str, value: &str| {
            let end = format!("({field}, \"{value}\")");
            terms
                .iter()
                .find(|(text, _)| text.starts_with("equals") && text.ends_with(&end))
                .map(|(text, _)| text.clone())
        };
        let mut found: Vec<(&str, Vec<String>)> = Vec::new();
        for (name, table) in self.elastic.tables.iter().filter(|(_, table)| !table.guess) {
            let there = table.index == *pattern;
            let told: Option<Vec<String>> = table.only.iter().map(|(field, value)| says(field, value)).collect();
            let Some(mut wanted) = told.filter(|told| there || &*pattern == "*" && !told.is_empty()) else { continue };
            wanted.extend(table.category.as_ref().and_then(|category| says("event.category", category)));
            found.push((name, wanted));
        }
        let (table, wanted) = the_one(found, span)?;
        keep(plan, terms, &wanted);
        Ok(self.place_of(table, self.elastic_fields(table), false, None))
    }

    /// The tests by which a table's events are found.
    fn finds(&self, table: &Table) -> Vec<String> {
        let file = SourceFile::from_text("search", table.search.as_str());
        let read = read::read(Language::Splunk, &file, self.options.reading);
        let Some(query) = read.into_iter().find_map(|found| found.query) else { return Vec::new() };
        let mut out = Vec::new();
        for step in &query.plan.steps {
            match &step.op {
                Op::Filter(condition) => out.extend(conjuncts(condition).iter().map(|term| shown(term, &query))),
                _ => return Vec::new(),
            }
        }
        out
    }

    /// What is said of a table's fields in Elasticsearch. A value that is stored in another form is as good as a guess.
    fn elastic_fields(&self, table: &str) -> Option<Vec<Known<'static>>> {
        let row = self.elastic.tables.get(table)?;
        let like = row.like.as_ref().and_then(|like| self.elastic.tables.get(like));
        let rows = row.fields.iter().chain(like.into_iter().flat_map(|like| &like.fields));
        let known = rows.map(|(column, field)| {
            let (name, guess) = match field {
                FieldRow::Name(name) => (name, false),
                FieldRow::Full(details) => (&details.name, details.guess || details.values.is_some()),
            };
            Known { name, column, part: Part::Whole, guess, prefixes: Vec::new() }
        });
        (self.options.fields == Fields::Siem).then(|| known.collect())
    }

    /// What Splunk's data says of a table's fields.
    fn splunk_fields(&self, table: &str) -> Option<Vec<Known<'static>>> {
        let row = self.splunk.tables.get(table)?;
        let like = row.like.as_ref().and_then(|like| self.splunk.tables.get(like));
        let rows = row.fields.iter().chain(like.into_iter().flat_map(|like| &like.fields));
        let known = rows.map(|(column, field)| Known {
            name: field.name(),
            column,
            part: Part::Whole,
            guess: field.is_guess(),
            prefixes: Vec::new(),
        });
        (self.options.fields == Fields::Siem).then(|| known.collect())
    }
}

/// The tests in front of a search, each with its text.
fn found_by(plan: &Plan, query: &Query) -> Vec<(String, Expr)> {
    let mut terms = Vec::new();
    for step in plan.steps.iter().take_while(|step| matches!(step.op, Op::Filter(_))) {
        if let Op::Filter(condition) = &step.op {
            terms.extend(conjuncts(condition).into_iter().map(|term| (shown(&term, query), term)));
        }
    }
    terms
}

/// The table of which most is said; a refusal where there is none, or more than one.
fn the_one(mut found: Vec<(&str, Vec<String>)>, span: Span) -> Result<(&str, Vec<String>), Refused> {
    let most = found.iter().map(|(_, wanted)| wanted.len()).max().unwrap_or_default();
    found.retain(|(_, wanted)| wanted.len() == most);
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => {
            let message = "which table of Sentinel holds these events is not known; name it with `--table`";
            Err(refuse(LossKind::UnsupportedSource, span, message))
        }
        _ => {
            let names: Vec<&str> = found.iter().map(|(name, _)| *name).collect();
            let message = format!("these events may be in {}; name the table with `--table`", names.join(" or "));
            Err(refuse(LossKind::UnsupportedSource, span, message))
        }
    }
}

/// Keeps the tests in front of a search but those that find its events.
fn keep(plan: &mut Plan, mut terms: Vec<(String, Expr)>, found: &[String]) {
    let filters = plan.steps.iter().take_while(|step| matches!(step.op, Op::Filter(_))).count();
    let Some(last) = plan.steps[..filters].last() else { return };
    let (schema, span) = (last.schema.clone(), plan.steps[0].span);
    terms.retain(|(text, _)| !found.contains(text));
    plan.steps.drain(..filters);
    let mut rest: Vec<Expr> = terms.into_iter().map(|(_, term)| term).collect();
    let condition = match rest.len() {
        0 => return,
        1 => rest.remove(0),
        _ => Expr::new(ExprKind::And(rest), Type::Bool, span),
    };
    plan.steps.insert(0, Step { op: Op::Filter(condition), schema, span });
}

/// What has to hold for a condition to hold.
fn conjuncts(condition: &Expr) -> Vec<Expr> {
    match &condition.kind {
        ExprKind::And(terms) => terms.iter().flat_map(conjuncts).collect(),
        _ => vec![condition.clone()],
    }
}

/// A condition as text, by the names of its columns alone.
fn shown(condition: &Expr, query: &Query) -> String {
    let text = condition.display(&query.columns).to_string();
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '#' && chars.peek().is_some_and(char::is_ascii_digit) {
            while chars.peek().is_some_and(char::is_ascii_digit) {
                chars.next();
            }
        } else {
            out.push(c);
        }
    }
    out
}
