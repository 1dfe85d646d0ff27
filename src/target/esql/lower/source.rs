//! Where rows come from: tables, lookups, rows written out, unions.

use super::plan::branches;
use super::{Flow, Lower, Result, Slot, refuse};
use crate::ir::{Argument, ColumnId, CompareOp, Name, Schema, Source, SourceKind, Union, Value};
use crate::source::Span;
use crate::target::esql::tree::{Command, Expr, Head};
use crate::target::usage::{Usage, of_input, of_shared};
use crate::target::{Fields, Loss, LossKind};

/// The most rows that are written out.
const MOST_ROWS: usize = 200;

impl Lower<'_> {
    pub(super) fn source(&mut self, source: &Source, usage: &Usage) -> Result<Flow> {
        match &source.kind {
            SourceKind::Table { name, known } => Ok(self.table(name, *known, &source.schema, source.span)),
            SourceKind::Tables(pattern) => Ok(self.tables_like(pattern, &source.schema, source.span)),
            SourceKind::Unit => Ok(Flow {
                closed: true,
                narrowed: true,
                ..Flow::new(Head::Row(vec![("row".into(), Expr::integer(1))]))
            }),
            SourceKind::LogSource(_) | SourceKind::Foreign(_) | SourceKind::Correlated(_) => {
                refuse(LossKind::UnsupportedSource, source.span, "a source of another language is read, not written")
            }
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
                let unique = flow.unique.take();
                let twin = |original: &ColumnId| pairs.iter().find(|(_, o)| o == original).map(|(twin, _)| *twin);
                flow.unique = unique.and_then(|ids| ids.iter().map(twin).collect());
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
                let name = index_of(address.unwrap_or("external-data"));
                let message =
                    format!("the data of `externaldata` has to be there as the index `{name}`, its columns as fields");
                self.ledger.losses.push(Loss::approximate(LossKind::Lookup, source.span, message));
                Ok(listed(&name, &source.schema))
            }
            SourceKind::Range { .. } => refuse(
                LossKind::UnsupportedSource,
                source.span,
                "`range` and `print` make rows out of nothing; no rule needs them in ES|QL",
            ),
            SourceKind::Union(union) => self.union(union, &source.schema, usage, source.span),
            SourceKind::Call(call) => {
                let text = call.arguments.first().and_then(|(_, a)| match a {
                    Argument::Scalar(e) => e.as_literal().and_then(Value::as_str),
                    Argument::Plan(_) => None,
                });
                if &*call.name == "_GetWatchlist" {
                    let Some(alias) = text else {
                        return refuse(
                            LossKind::UnsupportedSource,
                            source.span,
                            "the name of the watchlist has to be written out",
                        );
                    };
                    let name = index_of(alias);
                    let message = format!("the watchlist `{alias}` has to be there as the index `{name}`");
                    self.ledger.losses.push(Loss::approximate(LossKind::Lookup, source.span, message));
                    return Ok(listed(&name, &source.schema));
                }
                let message = format!(
                    "`{}` is a function saved in the workspace, whose body is not at hand; put it into the query",
                    call.name
                );
                refuse(LossKind::UnsupportedSource, source.span, message)
            }
            SourceKind::Evaluate(evaluate) => {
                let message = format!("the plugin `{}` has no counterpart in ES|QL", evaluate.name);
                refuse(LossKind::UnsupportedSource, source.span, message)
            }
        }
    }

    /// A table: its index, what tells its records from others, and the fields of its columns.
    fn table(&mut self, name: &str, known: bool, schema: &Schema, span: Span) -> Flow {
        if let Some((kind, message)) = self.tables.table_note(name, known, self.options.fields) {
            self.ledger.losses.push(Loss::approximate(kind, span, message));
        }
        let row = self.tables.table(name, self.options.fields);
        let index = row.map_or_else(|| self.tables.native(name), |table| table.index.clone());
        let indices = index.split(',').map(|index| index.trim().to_owned()).collect();
        let mut flow = Flow::new(Head::From { indices, metadata: Vec::new() });
        let only = row.map(|table| table.only.as_slice()).unwrap_or_default();
        let tests =
            only.iter().map(|(field, value)| Expr::compare(CompareOp::Equal, Expr::field(field), Expr::text(value)));
        flow.push(Command::Where(Expr::all(tests.collect())));
        for column in schema.iter() {
            let place = self.tables.place(&column.name, column.ty.ty, name, self.options.fields);
            let slot = Slot { filled: self.tables.is_time(&column.name), ..Slot::of_place(place) };
            flow.slots.insert(column.id, slot);
        }
        flow
    }

    /// All tables of a pattern, wherever they are under their own names.
    fn tables_like(&mut self, pattern: &str, schema: &Schema, span: Span) -> Flow {
        if self.options.fields == Fields::Siem {
            let message =
                "tables chosen by a pattern are read under Sentinel's own names, where no table has its place in ECS";
            self.ledger.losses.push(Loss::approximate(LossKind::UnmappedField, span, message));
        }
        listed(&self.tables.native(pattern), schema)
    }

    fn rows(&mut self, rows: &[Vec<Value>], schema: &Schema, span: Span) -> Result<Flow> {
        let mut flow = Flow::new(Head::Row(Vec::new()));
        flow.closed = true;
        flow.narrowed = true;
        if let [row] = rows {
            let mut items = Vec::new();
            for (column, value) in schema.iter().zip(row) {
                items.push((column.name.to_string(), Self::literal(value, span)?));
                flow.slots.insert(column.id, Slot::new(Expr::field(column.name.as_ref())));
            }
            flow.head = Head::Row(items);
            return Ok(flow);
        }
        if rows.len() > MOST_ROWS {
            let message = format!("more than {MOST_ROWS} rows are no use written out; put them into a lookup index");
            return refuse(LossKind::UnsupportedSource, span, message);
        }
        // One row whose number has several values, each of which becomes a row.
        let number = self.helper("row");
        let numbers = (0..).take(rows.len()).map(Expr::integer).collect();
        flow.head = Head::Row(vec![(number.clone(), Expr::List(numbers))]);
        flow.push(Command::MvExpand(number.clone()));
        let mut columns = Vec::new();
        for (at, column) in schema.iter().enumerate() {
            let mut arms = Vec::with_capacity(rows.len() * 2);
            for (row, index) in rows.iter().zip(0..) {
                let value = row.get(at).map_or(Ok(Expr::Null), |value| Self::literal(value, span))?;
                arms.push(Expr::compare(CompareOp::Equal, Expr::field(&number), Expr::integer(index)));
                arms.push(value);
            }
            columns.push((column.name.to_string(), Expr::Call("CASE".into(), arms)));
            flow.slots.insert(column.id, Slot::new(Expr::field(column.name.as_ref())));
        }
        flow.push(Command::Eval(columns));
        Ok(flow)
    }

    /// Several tables: one `FROM` where nothing but the index differs, otherwise a sub-query each.
    fn union(&mut self, union: &Union, schema: &Schema, usage: &Usage, span: Span) -> Result<Flow> {
        self.told_apart(union)?;
        let mut flows = Vec::with_capacity(union.inputs.len());
        for (index, input) in union.inputs.iter().enumerate() {
            let mark = self.ledger.losses.len();
            match self.plan(input, of_input(union, index, usage)) {
                Ok(flow) => flows.push(flow),
                Err(loss) => {
                    self.ledger.losses.truncate(mark);
                    return Err(loss);
                }
            }
        }
        let names: Vec<(ColumnId, String, &[Option<ColumnId>])> = union
            .columns
            .iter()
            .filter(|column| usage.live.contains(&column.id))
            .map(|column| {
                let name = schema
                    .iter()
                    .find(|c| c.id == column.id)
                    .map_or_else(|| self.query.columns[column.id].name.to_string(), |c| c.name.to_string());
                (
                    column.id,
                    if self.tables.is_time(&name) { "@timestamp".to_owned() } else { name },
                    column.from.as_slice(),
                )
            })
            .collect();
        let mut result: Vec<(ColumnId, Slot)> = Vec::new();
        let mut moved = Vec::new();
        let mut used: Vec<String> = Vec::new();
        for (id, name, from) in names {
            let slots: Vec<Option<Slot>> =
                from.iter().zip(&flows).map(|(id, flow)| id.and_then(|id| flow.slots.get(&id).cloned())).collect();
            let Some(first) = slots.iter().flatten().next().cloned() else {
                result.push((id, Slot::new(Expr::Null)));
                continue;
            };
            let filled = slots.iter().all(|slot| slot.as_ref().is_some_and(|slot| slot.filled));
            let same = matches!(first.expr, Expr::Field(_))
                && slots
                    .iter()
                    .flatten()
                    .all(|s| s.expr == first.expr && s.values == first.values && s.stored == first.stored);
            if same {
                if let Expr::Field(field) = &first.expr {
                    used.push(field.clone());
                }
                let of_event = slots.iter().flatten().all(|slot| slot.of_event);
                let note = slots.iter().flatten().find_map(|slot| slot.note.clone());
                result.push((id, Slot { of_event, filled, note, ..first }));
            } else {
                moved.push((id, name, from, filled));
            }
        }
        let mut per_flow: Vec<Vec<(ColumnId, String)>> = vec![Vec::new(); flows.len()];
        for (id, mut name, from, filled) in moved {
            while used.contains(&name) {
                name.push('_');
            }
            used.push(name.clone());
            let mut values = None;
            for (index, column) in from.iter().enumerate() {
                let Some(column) = column else { continue };
                let Some(slot) = flows[index].slots.get(column).cloned() else { continue };
                if let Some((kind, message)) = &slot.note {
                    let span = self.query.columns[*column].span;
                    self.ledger.losses.push(Loss::approximate(*kind, span, message.as_ref()));
                }
                values = values.or(slot.values);
                if slot.stored.is_some() {
                    // Different types of one name do not go together.
                    let text = Expr::call("TO_STRING", [slot.expr.clone()]);
                    if let Some(slot) = flows[index].slots.get_mut(column) {
                        slot.expr = text;
                        slot.stored = None;
                    }
                }
                per_flow[index].push((*column, name.clone()));
            }
            result.push((id, Slot { filled, values, ..Slot::new(Expr::Field(name)) }));
        }
        if let Some((id, labels)) = &union.source
            && usage.live.contains(id)
        {
            let patterned = union.inputs.iter().find(|input| matches!(input.source.kind, SourceKind::Tables(_)));
            if let Some(input) = patterned {
                let message = "which table a record is of is not told where tables are chosen by a pattern";
                return refuse(LossKind::UnsupportedSource, input.source.span, message);
            }
            let name = self.query.columns[*id].name.to_string();
            for (flow, label) in flows.iter_mut().zip(labels) {
                flow.push(Command::Eval(vec![(name.clone(), Expr::text(label.as_ref()))]));
            }
            used.push(name.clone());
            result.push((*id, Slot { filled: true, ..Slot::new(Expr::Field(name)) }));
        }
        for (flow, columns) in flows.iter_mut().zip(&per_flow) {
            self.named(flow, columns);
        }
        let narrowed = flows.iter().any(|flow| flow.narrowed || flow.closed);
        let mut flow = Self::together(flows, &used, narrowed, span)?;
        flow.slots = result.into_iter().collect();
        flow.narrowed = narrowed;
        Ok(flow)
    }

    /// Refuses tables that are one index there, with nothing that tells their records apart: each would come once for each
    /// of them.
    fn told_apart(&self, union: &Union) -> Result<()> {
        let tables = union.inputs.iter().filter_map(|input| match &input.source.kind {
            SourceKind::Table { name, .. } => Some((name, input.source.span)),
            _ => None,
        });
        let mut seen: Vec<(&Name, &str)> = Vec::new();
        for (name, span) in tables {
            let Some(row) = self.tables.table(name, self.options.fields).filter(|row| row.only.is_empty()) else {
                continue;
            };
            if let Some((other, _)) = seen.iter().find(|(other, index)| *other != name && **index == *row.index) {
                let message = format!(
                    "`{other}` and `{name}` are one index, and nothing tells their records apart there: each would come twice"
                );
                return refuse(LossKind::UnsupportedSource, span, message);
            }
            seen.push((name, &row.index));
        }
        Ok(())
    }

    /// Branches put together.
    fn together(mut flows: Vec<Flow>, used: &[String], narrowed: bool, span: Span) -> Result<Flow> {
        if flows.len() == 1 {
            return Ok(flows.remove(0));
        }
        let bare = |flow: &Flow| matches!(flow.head, Head::From { .. }) && flow.commands.is_empty();
        if flows.iter().all(bare) {
            let mut all: Vec<String> = Vec::new();
            for flow in flows {
                if let Head::From { indices, .. } = flow.head {
                    all.extend(indices);
                }
            }
            all.dedup();
            return Ok(Flow::new(Head::From { indices: all, metadata: Vec::new() }));
        }
        let mut queries = Vec::new();
        for mut flow in flows {
            if narrowed && !used.is_empty() && !flow.closed {
                // A column a branch does not have cannot be kept.
                let have: Vec<String> = used
                    .iter()
                    .filter(|name| {
                        flow.slots.values().any(|slot| slot.expr == Expr::field(name.as_str())) || assigns(&flow, name)
                    })
                    .cloned()
                    .collect();
                if !have.is_empty() {
                    flow.push(Command::Keep(have));
                }
            }
            queries.extend(branches(flow, span)?);
        }
        Ok(Flow::new(Head::Queries(queries)))
    }
}

/// An index of reference data.
fn listed(index: &str, schema: &Schema) -> Flow {
    let mut flow = Flow::new(Head::From { indices: vec![index.to_owned()], metadata: Vec::new() });
    for column in schema.iter() {
        flow.slots.insert(column.id, Slot { of_event: true, ..Slot::new(Expr::field(column.name.as_ref())) });
    }
    flow
}

fn assigns(flow: &Flow, name: &str) -> bool {
    flow.commands
        .iter()
        .any(|command| matches!(command, Command::Eval(items) if items.iter().any(|(given, _)| given == name)))
}

/// A name an index may bear.
pub(in crate::target::esql) fn index_of(text: &str) -> String {
    let last = text.split(['?', '#']).next().unwrap_or(text).trim_end_matches('/').rsplit('/').next().unwrap_or(text);
    let name: String = last
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' })
        .collect();
    let name = name.trim_matches(['-', '_', '.']).to_owned();
    if name.is_empty() { "list".to_owned() } else { name }
}
