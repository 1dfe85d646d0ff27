//! Which table of Sentinel a search of Splunk reads: what is said of the back end's tables, read the other way round.

use super::place::{Known, Place};
use super::{Refused, State, refuse};
use crate::ir::{Argument, Expr, ExprKind, ForeignStep, Op, Plan, Query, Value};
use crate::read::{self, Language};
use crate::source::{SourceFile, Span};
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
        let filters = plan.steps.iter().take_while(|step| matches!(step.op, Op::Filter(_))).count();
        let mut terms: Vec<(String, Expr)> = Vec::new();
        for step in &plan.steps[..filters] {
            if let Op::Filter(condition) = &step.op {
                for term in conjuncts(condition) {
                    terms.push((shown(&term, query), term));
                }
            }
        }
        let mut found: Vec<(&str, Vec<String>)> = Vec::new();
        for (name, table) in self.splunk.tables.iter().filter(|(_, table)| !table.guess) {
            let wanted = self.finds(table);
            if !wanted.is_empty() && wanted.iter().all(|one| terms.iter().any(|(text, _)| text == one)) {
                found.push((name, wanted));
            }
        }
        let most = found.iter().map(|(_, wanted)| wanted.len()).max().unwrap_or_default();
        found.retain(|(_, wanted)| wanted.len() == most);
        let (table, wanted) = match found.len() {
            1 => found.remove(0),
            0 => {
                let message = "which table of Sentinel holds these events is not known; name it with `--table`";
                return Err(refuse(LossKind::UnsupportedSource, span, message));
            }
            _ => {
                let names: Vec<&str> = found.iter().map(|(name, _)| *name).collect();
                let message = format!("these events may be in {}; name the table with `--table`", names.join(" or "));
                return Err(refuse(LossKind::UnsupportedSource, span, message));
            }
        };
        terms.retain(|(text, _)| !wanted.contains(text));
        let schema = plan.steps[filters - 1].schema.clone();
        let first = plan.steps[0].span;
        plan.steps.drain(..filters);
        let mut rest: Vec<Expr> = terms.into_iter().map(|(_, term)| term).collect();
        if !rest.is_empty() {
            let condition =
                if rest.len() == 1 { rest.remove(0) } else { Expr::new(ExprKind::And(rest), Type::Bool, first) };
            plan.steps.insert(0, crate::ir::Step { op: Op::Filter(condition), schema, span: first });
        }
        Ok(self.place_of(table, self.splunk_fields(table), false, None))
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
