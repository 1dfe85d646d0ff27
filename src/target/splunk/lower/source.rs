//! Where events come from: tables, lookups, rows written out, unions.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json};

use super::plan::raw;
use super::{Flow, Lower, Repr, Result, Slot, Val, refuse};
use crate::ir::{
    Argument, Column, ColumnId, CompareOp, Expr, Name, Plan, Schema, Source, SourceCall, SourceKind, Union, Value,
};
use crate::source::Span;
use crate::target::splunk::rows::{FieldRow, Table};
use crate::target::splunk::tree::{Command, Eval, Filter, Head, Operator, Search};
use crate::target::usage::{Usage, of_input, of_shared};
use crate::target::{Fields, Loss, LossKind};
use crate::types::Type;

/// How many rows may be written into a search.
const ROWS: usize = 1000;

impl Lower<'_> {
    pub(super) fn source(&mut self, source: &Source, usage: &Usage) -> Result<Flow> {
        match &source.kind {
            SourceKind::Table { name, known } => Ok(self.table(name, *known, &source.schema, source.span)),
            SourceKind::Tables(pattern) => {
                if self.options.fields == Fields::Siem {
                    let message =
                        "tables chosen by a pattern are searched as Sentinel's own records, with Sentinel's names";
                    self.ledger.losses.push(Loss::approximate(LossKind::UnmappedField, source.span, message));
                }
                let search = self.data.target.native_search.replace("{table}", &super::clean(pattern));
                let mut flow = Flow::new(Head::Events { filter: raw(search), earliest: None, latest: None });
                for column in source.schema.iter() {
                    let slot = self.table_slot(column, None, pattern);
                    flow.slots.insert(column.id, slot);
                }
                Ok(flow)
            }
            SourceKind::Unit => Ok(Flow { closed: true, narrowed: true, ..Flow::new(Head::Rows(None)) }),
            SourceKind::Input => {
                refuse(LossKind::UnsupportedSource, source.span, "records handed in from outside cannot be said here")
            }
            SourceKind::Shared(id, pairs) => {
                let query = self.query;
                let Some(shared) = query.shared.get(id.0 as usize) else {
                    return refuse(LossKind::UnsupportedSource, source.span, "what is read here is not there");
                };
                let mut flow = self.plan(&shared.plan, of_shared(&source.kind, usage))?;
                let slots = std::mem::take(&mut flow.slots);
                for (twin, original) in pairs {
                    if let Some(slot) = slots.get(original) {
                        flow.slots.insert(*twin, slot.clone());
                    }
                }
                Ok(flow)
            }
            SourceKind::Rows(rows) => self.rows(rows, &source.schema, source.span),
            SourceKind::External(external) => {
                let address = external.addresses.iter().find_map(|a| a.as_literal().and_then(Value::as_str));
                let Some(address) = address else {
                    return refuse(
                        LossKind::UnsupportedSource,
                        source.span,
                        "the address of the data has to be written out",
                    );
                };
                let name = lookup_name(address);
                let message = format!("the data at {} has to be there as the lookup `{name}`", without_query(address));
                self.ledger.losses.push(Loss::approximate(LossKind::Lookup, source.span, message));
                Ok(lookup(&name, &source.schema))
            }
            SourceKind::Range { from, to, step } => self.range(from, to, step, &source.schema, source.span),
            SourceKind::Union(union) => self.union(union, &source.schema, usage, source.span),
            SourceKind::Call(call) => self.called(call, &source.schema, source.span),
            SourceKind::LogSource(_) => {
                let message =
                    "a log source of Sigma is no table of Sentinel, so nothing says where its events are here";
                refuse(LossKind::UnsupportedSource, source.span, message)
            }
            SourceKind::Foreign(step) => {
                let message = format!("the command `{}` of another language is read, not written", step.command);
                refuse(LossKind::UnsupportedSource, source.span, message)
            }
            SourceKind::Correlated(_) => {
                refuse(LossKind::UnsupportedSource, source.span, "a sequence of another language is read, not written")
            }
            SourceKind::Evaluate(evaluate) => {
                let message = format!("the plugin `{}` has no counterpart in Splunk", evaluate.name);
                refuse(LossKind::UnsupportedSource, source.span, message)
            }
        }
    }

    /// A table: its events, and the fields of its columns.
    fn table(&mut self, name: &str, known: bool, schema: &Schema, span: Span) -> Flow {
        if !known {
            let message =
                format!("nothing here knows a table `{name}`; its records are taken to be found by that name");
            self.ledger.losses.push(Loss::approximate(LossKind::UnresolvedName, span, message));
        }
        let data = self.data;
        let mapped = match self.options.fields {
            Fields::Siem => data.tables.get(name),
            Fields::Native => None,
        };
        let search = match mapped {
            Some(table) => table.search.clone(),
            None => self.data.target.native_search.replace("{table}", name),
        };
        if self.options.fields == Fields::Siem && known {
            match mapped {
                None => {
                    let message = format!(
                        "the table `{name}` has no counterpart in CIM here; it is searched as Sentinel's own records, with Sentinel's names"
                    );
                    self.ledger.losses.push(Loss::approximate(LossKind::UnmappedField, span, message));
                }
                Some(table) if table.guess => {
                    let message = format!("where the events of `{name}` are found is a guess");
                    self.ledger.losses.push(Loss::approximate(LossKind::UnmappedField, span, message));
                }
                Some(_) => {}
            }
        }
        if let Some(table) = mapped {
            let first = self.searched.entry(&table.search).or_insert_with(|| name.to_owned()).clone();
            if first != name {
                let message = format!(
                    "the events of `{first}` and of `{name}` are found by the same search, each where the other are meant too"
                );
                self.ledger.losses.push(Loss::approximate(LossKind::UnmappedField, span, message));
            }
        }
        let mut flow = Flow::new(Head::Events { filter: raw(search), earliest: None, latest: None });
        for column in schema.iter() {
            let slot = self.table_slot(column, mapped, name);
            flow.slots.insert(column.id, slot);
        }
        flow
    }

    fn table_slot(&self, column: &Column, table: Option<&Table>, table_name: &str) -> Slot {
        let name = &*column.name;
        if self.is_time_name(name) {
            return Slot { of_event: true, ..Slot::filled(Val::new(Eval::field("_time"), Repr::Time)) };
        }
        let row = table.and_then(|table| table.fields.get(name));
        let known = table.and_then(|table| table.field(name));
        let is_known = known.is_some();
        let field = known.unwrap_or_else(|| super::clean(name));
        let note = match (table, row) {
            (Some(_), None) if !is_known => {
                Some(format!("the column `{name}` of {table_name} has no known field in CIM; it keeps Sentinel's name"))
            }
            (Some(_), Some(row)) if row.is_guess() => {
                Some(format!("that `{name}` of {table_name} is `{field}` is a guess"))
            }
            (Some(_), Some(row)) => {
                row.note().map(|more| format!("`{name}` of {table_name} is `{field}` there, {more}"))
            }
            _ => None,
        };
        let note = note.map(|message| (LossKind::UnmappedField, message.into()));
        let null = table.and_then(|table| table.null.as_deref());
        let words: Vec<(&str, &str)> = row.into_iter().flat_map(FieldRow::words).collect();
        let read = |field: String| match null {
            Some(null) => Eval::call("nullif", [Eval::Field(field), Eval::text(null)]),
            None if !words.is_empty() => {
                let own = Eval::Field(field);
                let arms = words.iter().map(|(value, word)| {
                    let is = Eval::compare(CompareOp::Equal, own.clone(), Eval::text(*word));
                    [is, Eval::text(*value)]
                });
                let rest = [Eval::call("true", []), own.clone()];
                Eval::call("case", arms.flatten().chain(rest))
            }
            None => Eval::Field(field),
        };
        let val = match column.ty.ty {
            _ if row.is_some_and(FieldRow::is_object) => Val::new(Eval::field("_raw"), Repr::Object(field)),
            Type::Dynamic if row.is_none() => Val::new(Eval::field("_raw"), Repr::Object(field)),
            Type::Dynamic => Val::new(read(field), Repr::Json),
            Type::DateTime => Val::new(read(field), Repr::TimeText),
            Type::Bool => Val::new(read(field), Repr::Bool),
            Type::Int | Type::Long | Type::Real | Type::Decimal => Val::new(read(field), Repr::Number),
            Type::String | Type::Guid => Val::new(read(field), Repr::Text),
            Type::TimeSpan | Type::Unknown => Val::new(read(field), Repr::Any),
        };
        Slot { of_event: true, note, ..Slot::new(val) }
    }

    fn rows(&mut self, rows: &[Vec<Value>], schema: &Schema, span: Span) -> Result<Flow> {
        if rows.len() > ROWS {
            return refuse(
                LossKind::UnsupportedSource,
                span,
                format!("more than {ROWS} rows belong into a lookup, not into a search"),
            );
        }
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let mut object = Map::new();
            for (column, value) in schema.iter().zip(row) {
                if let Some(json) = json_cell(value) {
                    object.insert(super::clean(&column.name), json);
                }
            }
            out.push(Json::Object(object));
        }
        let mut flow = Flow::new(Head::Rows(Some(Json::Array(out).to_string())));
        for column in schema.iter() {
            let repr = super::call::represented(column.ty.ty);
            flow.slots.insert(column.id, Slot::new(Val::new(Eval::Field(super::clean(&column.name)), repr)));
        }
        flow.closed = true;
        flow.narrowed = true;
        Ok(flow)
    }

    fn range(&mut self, from: &Expr, to: &Expr, step: &Expr, schema: &Schema, span: Span) -> Result<Flow> {
        let mut flow = Flow { closed: true, narrowed: true, ..Flow::new(Head::Rows(None)) };
        let Some(column) = schema.at(0).cloned() else {
            return refuse(LossKind::UnsupportedSource, span, "the range has no column");
        };
        let (from, to, step) =
            (self.number(&mut flow, from)?, self.number(&mut flow, to)?, self.number(&mut flow, step)?);
        // mvrange() leaves its end out, KQL does not.
        let half = Eval::operation(step.clone(), Operator::Divide, Eval::integer(2));
        let values = Eval::call("mvrange", [from, Eval::operation(to, Operator::Add, half), step]);
        let field = super::clean(&column.name);
        flow.push(Command::Eval(vec![(field.clone(), values)]));
        flow.push(Command::MvExpand(field.clone(), None));
        let repr = super::call::represented(column.ty.ty);
        flow.slots.insert(column.id, Slot::filled(Val::new(Eval::Field(field), repr)));
        Ok(flow)
    }

    /// A function whose body is not at hand: a watchlist is a lookup, anything else has to be a macro there.
    fn called(&mut self, call: &SourceCall, schema: &Schema, span: Span) -> Result<Flow> {
        let texts: Vec<Option<&str>> = call
            .arguments
            .iter()
            .map(|(_, argument)| match argument {
                Argument::Scalar(expr) => expr.as_literal().and_then(Value::as_str),
                Argument::Plan(_) => None,
            })
            .collect();
        if &*call.name == "_GetWatchlist" {
            let Some(Some(alias)) = texts.first() else {
                return refuse(LossKind::UnsupportedSource, span, "the name of the watchlist has to be written out");
            };
            let message = format!("the watchlist `{alias}` has to be there as a lookup of that name");
            self.ledger.losses.push(Loss::approximate(LossKind::Lookup, span, message));
            return Ok(lookup(&super::clean(alias), schema));
        }
        if !call.arguments.is_empty() {
            let message = format!(
                "`{}` is a function saved in the workspace; what it does with its arguments is not known here, so put its body into the query",
                call.name
            );
            return refuse(LossKind::UnsupportedSource, span, message);
        }
        let message =
            format!("the function `{}` saved in the workspace has to be there as a macro of that name", call.name);
        self.ledger.losses.push(Loss::approximate(LossKind::UnresolvedName, span, message));
        let mut flow =
            Flow::new(Head::Events { filter: Filter::Macro(super::clean(&call.name)), earliest: None, latest: None });
        for column in schema.iter() {
            let slot = self.table_slot(column, None, &call.name);
            flow.slots.insert(column.id, slot);
        }
        Ok(flow)
    }

    /// Several tables: one search where all that differs is how their events are found, otherwise a branch each.
    fn union(&mut self, union: &Union, schema: &Schema, usage: &Usage, span: Span) -> Result<Flow> {
        let mut flows = Vec::with_capacity(union.inputs.len());
        for (index, input) in union.inputs.iter().enumerate() {
            flows.push(self.plan(input, of_input(union, index, usage))?);
        }
        let wanted: Vec<(ColumnId, std::sync::Arc<str>, Vec<Option<ColumnId>>)> = union
            .columns
            .iter()
            .filter(|column| usage.live.contains(&column.id))
            .map(|column| {
                let name = schema.iter().find(|c| c.id == column.id).map(|c| c.name.clone());
                let name = name.unwrap_or_else(|| self.query.columns[column.id].name.clone());
                (column.id, name, column.from.clone())
            })
            .collect();
        let mut result: Vec<(ColumnId, Slot)> = Vec::new();
        let mut renamed: Vec<Vec<(ColumnId, String)>> = vec![Vec::new(); flows.len()];
        let mut used: HashSet<String> = HashSet::new();
        let mut moved = Vec::new();
        // The fields of each branch.
        let mut own: Vec<Vec<String>> = vec![Vec::new(); flows.len()];
        let partial: HashSet<ColumnId> =
            wanted.iter().filter(|(_, _, from)| from.iter().any(Option::is_none)).map(|(id, ..)| *id).collect();
        for (id, name, from) in wanted {
            let slots: Vec<Option<Slot>> =
                from.iter().zip(&flows).map(|(id, flow)| id.and_then(|id| flow.slots.get(&id).cloned())).collect();
            let first = slots.iter().flatten().next().cloned();
            let Some(first) = first else {
                result.push((id, Slot::new(Val::new(Eval::call("null", []), Repr::Any))));
                continue;
            };
            let same =
                slots.iter().flatten().all(|slot| slot.val.expr == first.val.expr && slot.val.repr == first.val.repr);
            // The field must mean the same wherever it is, and be absent where the column is.
            let in_place = match &first.val.expr {
                Eval::Field(field) => {
                    let elsewhere = from.iter().zip(&flows).any(|(id, flow)| {
                        let is_part = |val: &Val| {
                            val.expr == Eval::field("_raw") && matches!(&val.repr, Repr::Object(path) if path == field)
                        };
                        let reads = |slot: &Slot| slot.val.expr.reads(field) || is_part(&slot.val);
                        flow.slots.iter().any(|(other, slot)| Some(*other) != *id && reads(slot))
                    });
                    !elsewhere && (!used.contains(field) || field == "_raw")
                }
                _ => false,
            };
            let filled = slots.iter().all(|slot| slot.as_ref().is_some_and(|slot| slot.filled));
            if same && in_place {
                if let Eval::Field(field) = &first.val.expr {
                    used.insert(field.clone());
                }
                let of_event = slots.iter().flatten().all(|slot| slot.of_event);
                let alias = slots.iter().flatten().any(|slot| slot.alias);
                let note = slots.iter().flatten().find_map(|slot| slot.note.clone());
                if let Eval::Field(field) = &first.val.expr {
                    for (branch, column) in own.iter_mut().zip(&from) {
                        if column.is_some() {
                            branch.push(field.clone());
                        }
                    }
                }
                result.push((id, Slot { of_event, alias, filled, note, ..first }));
            } else {
                moved.push((id, name, from, slots, filled));
            }
        }
        for (id, name, from, slots, filled) in moved {
            let mut field = if self.is_time_name(&name) { "_time".to_owned() } else { super::clean(&name) };
            while !used.insert(field.clone()) {
                field.push('_');
            }
            let mut reprs: Vec<Repr> = slots.iter().flatten().map(|slot| slot.val.repr.clone()).collect();
            for repr in &mut reprs {
                if matches!(repr, Repr::Object(_)) {
                    *repr = Repr::Json;
                }
            }
            let agreed = reprs.iter().all(|repr| *repr == reprs[0]);
            let mut repr = if agreed { reprs[0].clone() } else { Repr::Any };
            for (index, column) in from.iter().enumerate() {
                let Some(column) = column else { continue };
                if let Some(slot) = flows[index].slots.get(column).cloned() {
                    // Instants of several kinds meet as seconds.
                    if !agreed && reprs.iter().all(|r| matches!(r, Repr::Time | Repr::TimeText)) {
                        let time = self.to_time(slot.val, span)?;
                        flows[index].slots.insert(*column, Slot::new(Val::new(time, Repr::Time)));
                        repr = Repr::Time;
                    }
                    if let Some((kind, message)) = slot.note {
                        let span = self.query.columns[*column].span;
                        self.ledger.losses.push(Loss::approximate(kind, span, message.as_ref()));
                    }
                    renamed[index].push((*column, field.clone()));
                    own[index].push(field.clone());
                }
            }
            result.push((id, Slot { filled, ..Slot::new(Val::new(Eval::Field(field), repr)) }));
        }
        for (id, _) in result.iter().filter(|(id, slot)| partial.contains(id) && slot.val.expr == Eval::field("_time"))
        {
            let column = &self.query.columns[*id];
            let message = format!(
                "where a table of the union has no `{}`, the time of the event stands there, which every event keeps",
                column.name
            );
            let loss = if usage.deciding.contains(id) { Loss::approximate } else { Loss::shown };
            self.ledger.losses.push(loss(LossKind::Null, column.span, message));
        }
        for (index, flow) in flows.iter_mut().enumerate() {
            self.named_fields(flow, &renamed[index], &[]);
            if let Some((id, labels)) = &union.source
                && usage.live.contains(id)
            {
                let field = super::clean(&self.query.columns[*id].name);
                let label = labels.get(index).map(std::string::ToString::to_string).unwrap_or_default();
                let label = match &union.inputs[index].source.kind {
                    // Which of the tables it is, each event says itself.
                    SourceKind::Tables(_) => Eval::Field(self.data.target.native_table.clone()),
                    _ => Eval::Text(label),
                };
                own[index].push(field.clone());
                flow.push(Command::Eval(vec![(field, label)]));
            }
        }
        if let Some((id, _)) = &union.source {
            let field = super::clean(&self.query.columns[*id].name);
            result.push((*id, Slot::filled(Val::new(Eval::Field(field), Repr::Text))));
        }
        let narrowed = flows.iter().any(|flow| flow.narrowed || flow.closed);
        let mut flow = self.together(flows, &own, span);
        flow.slots = result.into_iter().collect();
        flow.narrowed = narrowed;
        flow.closed = false;
        flow.parted = parted(union, schema);
        Ok(flow)
    }

    /// Branches put together.
    fn together(&mut self, mut flows: Vec<Flow>, own: &[Vec<String>], span: Span) -> Flow {
        let bare = |flow: &Flow| {
            flow.commands.is_empty() && matches!(&flow.head, Head::Events { earliest: None, latest: None, .. })
        };
        if flows.len() == 1 {
            return flows.remove(0);
        }
        if flows.iter().all(bare) && !flows.iter().any(|flow| flow.narrowed) {
            let filters = flows.into_iter().filter_map(|flow| match flow.head {
                Head::Events { filter, .. } => Some(filter),
                _ => None,
            });
            let mut different: Vec<Filter> = Vec::new();
            for filter in filters {
                if !different.contains(&filter) {
                    different.push(filter);
                }
            }
            let filter = if different.len() == 1 { different.remove(0) } else { Filter::Or(different) };
            return Flow::new(Head::Events { filter, earliest: None, latest: None });
        }
        let mut branches: Vec<Search> = Vec::new();
        for (mut flow, names) in flows.into_iter().zip(own) {
            // What a branch has left out must not come back as a field of the event.
            if flow.narrowed && !flow.closed && !names.is_empty() {
                flow.push(Command::Fields { keep: true, fields: names.clone() });
            }
            match flow.head {
                Head::Several(inner) if flow.commands.is_empty() => branches.extend(inner),
                head => branches.push(Search { head, commands: flow.commands }),
            }
        }
        if branches.iter().all(Search::is_streaming) {
            return Flow::new(Head::Several(branches));
        }
        self.ledger.losses.push(Loss::approximate(
            LossKind::RowCap,
            span,
            "`append` takes at most 50,000 rows of each further search, and ends it after 60 seconds",
        ));
        let mut branches = branches.into_iter();
        let Some(first) = branches.next() else { return Flow::new(Head::Rows(None)) };
        let mut flow = Flow::new(first.head);
        flow.commands = first.commands;
        for branch in branches {
            flow.push(Command::Append(Box::new(branch)));
        }
        flow
    }

    /// A plan with all its columns decided on, for a side of a join.
    pub(super) fn side(&mut self, plan: &Plan, usage: Usage) -> Result<Flow> {
        self.plan(plan, usage)
    }
}

/// The names that have columns of several types in a union, which parts them under names of their own: `Level_int` and
/// `Level_string`, as <https://learn.microsoft.com/kusto/query/union-operator> has it.
fn parted(union: &Union, schema: &Schema) -> Vec<Name> {
    let mut types: HashMap<Name, HashSet<Type>> = HashMap::new();
    for plan in &union.inputs {
        for column in plan.schema().iter().filter(|column| column.ty.ty != Type::Unknown) {
            types.entry(column.name.clone()).or_default().insert(column.ty.ty);
        }
    }
    types.retain(|name, types| types.len() > 1 && schema.get(name).is_none());
    types.into_keys().collect()
}

/// The rows of a lookup.
fn lookup(name: &str, schema: &Schema) -> Flow {
    let mut flow = Flow::new(Head::Lookup(name.to_owned()));
    for column in schema.iter() {
        let repr = match column.ty.ty {
            Type::DateTime => Repr::TimeText,
            ty => super::call::represented(ty),
        };
        flow.slots.insert(column.id, Slot::new(Val::new(Eval::Field(super::clean(&column.name)), repr)));
    }
    flow
}

fn without_query(address: &str) -> &str {
    address.split(['?', '#', ';']).next().unwrap_or(address)
}

/// The name of a lookup for data at an address: that of the file.
fn lookup_name(address: &str) -> String {
    let file = without_query(address).trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let name: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if name.is_empty() { "external_data.csv".to_owned() } else { format!("{name}.csv") }
}

/// A value as JSON; nothing for null.
fn json_cell(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Null(_) => return None,
        Value::Bool(value) => Json::from(if *value { "true" } else { "false" }),
        Value::Int(value) => Json::from(*value),
        Value::Long(value) => Json::from(*value),
        Value::Real(value) => Json::from(*value),
        Value::Decimal(value) => Json::from(value.to_f64()),
        Value::DateTime(ticks) => number_cell(&super::value::epoch(*ticks)),
        Value::TimeSpan(ticks) => number_cell(&super::value::seconds(*ticks)),
        Value::String(text) => Json::from(text.as_ref()),
        Value::Guid(value) => Json::from(crate::literal::format_guid(*value)),
        Value::Dynamic(json) => Json::from(super::represent::json_text(json)),
    })
}

fn number_cell(number: &Eval) -> Json {
    match number {
        Eval::Number(digits) => digits.parse::<serde_json::Number>().map_or(Json::Null, Json::Number),
        Eval::Negate(inner) => match number_cell(inner) {
            Json::Number(n) => format!("-{n}").parse::<serde_json::Number>().map_or(Json::Null, Json::Number),
            other => other,
        },
        _ => Json::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookups_are_named_after_the_file() {
        assert_eq!(lookup_name("https://x.example/a/lol drivers.csv?raw=1"), "lol_drivers.csv");
        assert_eq!(lookup_name("https://x.example/feeds/ip"), "ip.csv");
        assert_eq!(lookup_name(""), "external_data.csv");
    }
}
