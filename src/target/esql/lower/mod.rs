//! From the IR to a query.
//!
//! A [`Flow`] is a query in the making: its commands so far, and for each column of the IR the [`Slot`] that says where its
//! value is. Columns that are merely renamed cost no command: names are settled where the result is shown.
//!
//! Nulls: ES|QL is three-valued, as KQL is apart from strings and `==`. A condition is lowered to one that is true exactly
//! where KQL's is true, or to one that is true exactly where KQL's is false ([`Lower::condition`]).

mod aggregate;
mod beside;
mod call;
mod cast;
mod condition;
mod element;
mod join;
mod list;
mod member;
mod nonzero;
mod partners;
mod pattern;
mod plan;
mod read;
mod regex;
mod rewrite;
mod set;
mod source;
mod value;

pub(in crate::target::esql) use source::index_of;

use std::collections::{BTreeMap, HashSet};

use super::rows::Data;
use super::tree::{Command, Expr, Head, Query};
use crate::ir::{ColumnId, Origin, Query as Ir, Schema};
use crate::source::Span;
use crate::target::elastic::tables::{Place, StoredType, Tables, Values};
use crate::target::elastic::unlisted::{Unlisted, homeless, unlisted};
use crate::target::ledger::{Accounts, Ledger};
use crate::target::usage::Usage;
use crate::target::{Loss, LossKind, Losses, Options};
use crate::types::Type;

pub(super) use crate::target::ledger::refuse;

/// What could not be said; the conversion, or the column at hand, is given up.
pub(super) type Result<T, E = Box<Loss>> = std::result::Result<T, E>;

/// How deep plans may be nested in each other before the query would be no use to anybody.
const DEPTH: usize = 12;

/// A query, the columns of its result with their fields, and what differs.
type Lowered = (Query, Vec<(String, String)>, Losses);

/// Lowers a query.
pub(super) fn lower(query: &Ir, data: &Data, tables: &Tables, options: Options) -> Result<Lowered, Losses> {
    let mut lower = Lower {
        query,
        data,
        tables,
        options,
        ledger: Ledger::new(),
        depth: 0,
        unlisted: unlisted(query),
        shown: Vec::new(),
    };
    match lower.whole().and_then(complete) {
        Ok(query) => Ok((query, lower.shown, lower.ledger.losses)),
        Err(loss) => {
            lower.ledger.losses.push(*loss);
            Err(lower.ledger.losses)
        }
    }
}

/// The most sub-queries that a `FROM` takes: the limit of branches of ES|QL's page on subqueries, views and `FORK`.
const BRANCHES: usize = 8;

/// The query, if it reads no column that is not there at that point, and has no more branches than there may be: Elastic
/// would refuse it.
fn complete(query: Query) -> Result<Query> {
    if let Head::Queries(queries) = &query.head
        && queries.len() > BRANCHES
    {
        let message = format!("a `FROM` takes {BRANCHES} sub-queries, and here are {}", queries.len());
        return Err(Box::new(Loss::refusal(LossKind::UnsupportedSource, Span::at(0), message)));
    }
    match super::known::missing(&query) {
        None => Ok(query),
        Some(name) => {
            let message =
                format!("no command gives the column `{name}` where it is read, and ES|QL refuses such a query");
            Err(Box::new(Loss::refusal(LossKind::UnsupportedExpression, Span::at(0), message)))
        }
    }
}

/// Where the value of a column is.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// The value.
    pub(super) expr: Expr,
    /// Whether it is a field of the documents as they are found.
    pub(super) of_event: bool,
    /// Whether it is known to be neither null nor empty.
    pub(super) filled: bool,
    /// Whether it holds several values in an order of their own.
    pub(super) listed: bool,
    /// What a list holds that an aggregate made.
    pub(super) elements: Option<Elements>,
    /// The array that a function made.
    pub(super) made: Option<list::List>,
    /// How the pipeline changed the values.
    pub(super) values: Option<Values>,
    /// The type of the field, where it is not that of the column.
    pub(super) stored: Option<StoredType>,
    /// The fields of an element of an array of objects, which has no value itself.
    pub(super) element: Option<std::sync::Arc<element::Element>>,
    /// What has to be told where it is used.
    pub(super) note: Option<(LossKind, std::sync::Arc<str>)>,
}

impl Slot {
    pub(super) const fn new(expr: Expr) -> Self {
        Self {
            expr,
            of_event: false,
            filled: false,
            listed: false,
            elements: None,
            made: None,
            values: None,
            stored: None,
            element: None,
            note: None,
        }
    }

    /// The field of an event.
    pub(super) fn of_place(place: Place) -> Self {
        Self {
            of_event: true,
            values: place.values,
            stored: place.ty,
            note: place.note,
            ..Self::new(Expr::Field(place.field))
        }
    }
}

/// What a list holds that an aggregate made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Elements {
    /// The type of the elements.
    pub(super) ty: Type,
    /// Whether KQL's list holds equal ones, which `VALUES` gives once.
    pub(super) repeat: bool,
}

/// A query in the making.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    pub(super) head: Head,
    pub(super) commands: Vec<Command>,
    pub(super) slots: BTreeMap<ColumnId, Slot>,
    /// Whether columns have been left out since the source, so that the result has to list the others.
    pub(super) narrowed: bool,
    /// Whether only the listed columns are there: behind `STATS`.
    pub(super) closed: bool,
    /// The columns that make a row unique: those of the last `STATS`.
    pub(super) unique: Option<Vec<ColumnId>>,
    /// Where further branches of a pool of sub-queries are taken in: behind this command.
    pub(super) pool: Option<usize>,
}

impl Flow {
    pub(super) fn new(head: Head) -> Self {
        Self {
            head,
            commands: Vec::new(),
            slots: BTreeMap::new(),
            narrowed: false,
            closed: false,
            unique: None,
            pool: None,
        }
    }

    pub(super) fn push(&mut self, command: Command) {
        if let Command::Where(Expr::Bool(true)) = command {
            return;
        }
        self.commands.push(command);
    }

    pub(super) fn query(self) -> Query {
        Query { head: self.head, commands: self.commands }
    }
}

pub(super) struct Lower<'a> {
    pub(super) query: &'a Ir,
    pub(super) data: &'a Data,
    pub(super) tables: &'a Tables,
    pub(super) options: Options,
    pub(super) ledger: Ledger,
    pub(super) depth: usize,
    /// The tables of columns that no schema lists.
    unlisted: Unlisted,
    /// The columns of the result, each with the field that holds it.
    shown: Vec<(String, String)>,
}

impl Accounts for Lower<'_> {
    fn ledger(&mut self) -> &mut Ledger {
        &mut self.ledger
    }
}

impl Lower<'_> {
    fn whole(&mut self) -> Result<Query> {
        homeless(self.query, &self.unlisted)?;
        let plan = &self.query.plan;
        let ids: Vec<ColumnId> = plan.schema().iter().map(|c| c.id).collect();
        let mut flow = self.plan(plan, Usage::of_result(ids))?;
        self.show(&mut flow, plan.schema());
        let limited = matches!(flow.commands.last(), Some(Command::Limit(_)))
            || matches!(flow.commands.as_slice(), [.., Command::Limit(_), Command::Keep(_) | Command::Rename(_)]);
        if !limited {
            flow.push(Command::Limit(self.data.target.row_limit));
        }
        Ok(flow.query())
    }

    /// A name for a helper column that nothing else bears.
    pub(super) fn helper(&mut self, wanted: &str) -> String {
        self.ledger.helper(self.query, wanted)
    }

    /// The name a column gets when it is computed: its own, unless a column that is still needed bears it.
    pub(super) fn name_for(&self, flow: &Flow, id: ColumnId, name: &str, live: &HashSet<ColumnId>) -> String {
        let wanted = if self.tables.is_time(name) { "@timestamp" } else { name };
        let free = |candidate: &str| {
            !flow.slots.iter().any(|(other, slot)| *other != id && live.contains(other) && slot.expr.reads(candidate))
        };
        if free(wanted) {
            return wanted.to_owned();
        }
        if wanted != name && free(name) {
            return name.to_owned();
        }
        (2..=u32::MAX)
            .map(|n| format!("{name}_{n}"))
            .find(|candidate| free(candidate))
            .unwrap_or_else(|| name.to_owned())
    }

    /// Puts a value into a column of its own, unless it is one already; gives its name.
    pub(super) fn in_column(&mut self, flow: &mut Flow, value: Expr, wanted: &str) -> String {
        match value {
            Expr::Field(name) => name,
            value => {
                let name = self.helper(wanted);
                flow.push(Command::Eval(vec![(name.clone(), value)]));
                name
            }
        }
    }

    /// The name under which a column is shown.
    fn shown_name(&self, id: ColumnId, name: &str, slot: &Slot) -> String {
        let info = &self.query.columns[id];
        let as_in_table = matches!(info.origin, Origin::Table(_)) && *info.name == *name;
        match &slot.expr {
            // A column that a join carried over has its own name back.
            Expr::Field(field) if as_in_table && !self.ledger.is_helper(field) => field.clone(),
            Expr::Field(field) if field == "@timestamp" && self.tables.is_time(name) => field.clone(),
            _ => name.to_owned(),
        }
    }

    /// Ends the query: columns under their names, in their order.
    fn show(&mut self, flow: &mut Flow, schema: &Schema) {
        let mut names = HashSet::new();
        let mut columns = Vec::new();
        for column in schema.iter() {
            let Some(slot) = flow.slots.get(&column.id).cloned() else { continue };
            let mut name = self.shown_name(column.id, &column.name, &slot);
            // An alias of a field is none itself.
            let as_found =
                slot.of_event && *self.query.columns[column.id].name == *column.name && slot.expr == Expr::field(&name);
            if !flow.narrowed && as_found {
                // The event shows it by itself; two columns of Sentinel may be one field there.
                if let Some(values) = slot.values {
                    self.shown_folded(column.id, &name, values);
                }
                names.insert(name.clone());
                self.shown.push((column.name.to_string(), name));
                continue;
            }
            let dynamic = matches!(self.query.columns[column.id].ty.ty, Type::Dynamic | Type::Unknown);
            let object = as_found && dynamic && slot.values.is_none() && self.opened(column.id);
            if object && names.insert(format!("{name}.*")) {
                // An object is no column, its parts are.
                self.shown.push((column.name.to_string(), name.clone()));
                columns.push((column.id, format!("{name}.*")));
                continue;
            }
            // So are those of an object under another name.
            let alias = slot.of_event && dynamic && slot.values.is_none() && self.opened(column.id);
            if let (true, true, Expr::Field(field)) = (alias, flow.narrowed, &slot.expr)
                && *name != *field
                && names.insert(format!("{field}.*"))
            {
                self.shown.push((column.name.to_string(), field.clone()));
                columns.push((column.id, format!("{field}.*")));
                continue;
            }
            while !names.insert(name.clone()) {
                name.push('_');
            }
            self.shown.push((column.name.to_string(), name.clone()));
            let span = self.query.columns[column.id].span;
            if let Some((kind, message)) = &slot.note {
                self.ledger.losses.push(Loss::approximate(*kind, span, message.as_ref()));
            }
            if let Some(values) = slot.values {
                self.shown_folded(column.id, &name, values);
            }
            columns.push((column.id, name));
        }
        // The event shows what it has under its own names.
        let kept = if flow.narrowed { HashSet::new() } else { names };
        self.named_beside(flow, &columns, &kept);
        if flow.narrowed {
            let listed: Vec<String> = columns.into_iter().map(|(_, name)| name).collect();
            if !listed.is_empty() && !lists_already(flow, &listed) {
                flow.push(Command::Keep(listed));
            }
        }
    }

    /// Tells that a field is shown in another case than the column, or with other names.
    fn shown_folded(&mut self, id: ColumnId, name: &str, values: Values) {
        let form = if values.keeps_case() { "some under other names" } else { "in another case" };
        let message = format!("the values of `{name}` are shown as they are stored there, {form}");
        self.ledger.losses.push(Loss::shown(LossKind::Case, self.query.columns[id].span, message));
    }

    /// The given columns, each under its wanted name.
    pub(super) fn named(&mut self, flow: &mut Flow, columns: &[(ColumnId, String)]) {
        self.named_beside(flow, columns, &HashSet::new());
    }

    /// The given columns, each under its wanted name, where fields of these names stay as they are.
    fn named_beside(&mut self, flow: &mut Flow, columns: &[(ColumnId, String)], kept: &HashSet<String>) {
        let pending: Vec<(ColumnId, String, Expr)> = columns
            .iter()
            .filter(|(_, name)| !name.ends_with(".*"))
            .filter_map(|(id, name)| {
                let slot = flow.slots.get(id)?;
                (slot.expr != Expr::field(name)).then(|| (*id, name.clone(), slot.expr.clone()))
            })
            .collect();
        if pending.is_empty() {
            return;
        }
        // A part of an object that is shown stays where it is.
        let part = |old: &str| {
            columns.iter().any(|(_, name)| name.strip_suffix('*').is_some_and(|object| old.starts_with(object)))
        };
        let mut reads: Vec<(ColumnId, Expr)> = Vec::new();
        for (id, _) in columns {
            if let Some(slot) = flow.slots.get(id) {
                reads.push((*id, slot.expr.clone()));
            }
        }
        let clash = |id: ColumnId, name: &str| reads.iter().any(|(other, e)| *other != id && e.reads(name));
        let simple = pending.iter().all(|(id, name, _)| !clash(*id, name));
        if simple {
            let mut renamed = Vec::new();
            let mut computed = Vec::new();
            for (id, name, e) in pending {
                let shared = matches!(&e, Expr::Field(old)
                    if kept.contains(old) || part(old) || reads.iter().any(|(other, e)| *other != id && e.reads(old)));
                match e {
                    Expr::Field(old) if !shared && old != "@timestamp" => renamed.push((old, name.clone())),
                    e => computed.push((name.clone(), e)),
                }
                placed(flow, id, &name);
            }
            if !computed.is_empty() {
                flow.push(Command::Eval(computed));
            }
            if !renamed.is_empty() {
                flow.push(Command::Rename(renamed));
            }
            return;
        }
        // Some names are still read by others: everything moves out of the way first.
        let mut aside = Vec::new();
        let mut back = Vec::new();
        for (id, name, e) in pending {
            let helper = self.helper(&format!("{name}_new"));
            aside.push((helper.clone(), e));
            back.push((helper, name.clone()));
            placed(flow, id, &name);
        }
        flow.push(Command::Eval(aside));
        flow.push(Command::Rename(back));
    }
}

/// Notes that a column's value is in the column of its name now.
fn placed(flow: &mut Flow, id: ColumnId, name: &str) {
    if let Some(slot) = flow.slots.get_mut(&id) {
        slot.expr = Expr::field(name);
        slot.of_event = false;
    }
}

/// Whether the query gives these columns in this order as it is.
fn lists_already(flow: &Flow, listed: &[String]) -> bool {
    match flow.commands.last() {
        Some(Command::Keep(names)) => names == listed,
        Some(Command::Stats { inline: false, aggregates, by }) => {
            let given: Vec<&String> =
                aggregates.iter().map(|a| &a.name).chain(by.iter().map(|(name, _)| name)).collect();
            given.into_iter().eq(listed.iter())
        }
        _ => false,
    }
}
