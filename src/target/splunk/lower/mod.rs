//! From the IR to a search.
//!
//! A [`Flow`] is a search in the making: its commands so far, and for each column of the IR the [`Slot`] that says where
//! its value is and how it is represented. Columns that are merely renamed cost no command: names are settled where the
//! result is shown.
//!
//! Nulls: KQL's strings have none, a field of Splunk may be missing. A condition is therefore lowered to one that is true
//! exactly where KQL's is true, or to one that is true exactly where KQL's is false ([`Lower::condition`]); `NOT` never
//! stands before anything that could be null, since what Splunk makes of that is nowhere written.

#![allow(
    clippy::unused_self,
    clippy::wrong_self_convention,
    reason = "lowerings and conversions are called alike, whether or not they have a loss to note"
)]

mod aggregate;
mod arrays;
mod call;
mod condition;
mod expand;
mod extract;
mod invoke;
mod join;
mod listed;
mod member;
mod parse;
mod pick;
mod plan;
mod push;
mod regex;
mod represent;
mod rewrite;
mod set;
mod source;
mod stream;
mod text;
mod time;
mod value;

pub(in crate::target) use represent::{json_text, to_serde as json_value};

use std::collections::{BTreeMap, HashMap, HashSet};

use super::rows::Data;
use super::tree::{Command, Eval, Filter, Head, Search};
use crate::ir::{Column, ColumnId, Expr, ExprKind, Name, Op, Origin, Query, Schema};
use crate::target::ledger::{Accounts, Ledger};
use crate::target::usage::Usage;
use crate::target::{Fidelity, Loss, LossKind, Losses, Options};

pub(super) use crate::target::ledger::refuse;

/// What could not be said; the conversion, or the column at hand, is given up.
pub(super) type Result<T, E = Box<Loss>> = std::result::Result<T, E>;

/// How deep plans may be nested in each other before the search would be no use to anybody.
const DEPTH: usize = 12;

/// A search, the columns of its result with their fields, and what differs.
type Lowered = (Search, Vec<(String, String)>, Losses);

/// Lowers a query.
pub(super) fn lower(query: &Query, data: &Data, options: Options) -> Result<Lowered, Losses> {
    let mut lower = Lower {
        query,
        data,
        options,
        ledger: Ledger::new(),
        depth: 0,
        hint: None,
        shown: Vec::new(),
        searched: HashMap::new(),
        objects: objects(query),
        parted: parted(query),
        sets: sets(query),
    };
    match lower.whole() {
        Ok(_) if lower.ledger.losses.fidelity() == Fidelity::Refused => Err(lower.ledger.losses),
        Ok(search) => Ok((search, lower.shown, lower.ledger.losses)),
        Err(loss) => {
            lower.ledger.losses.push(*loss);
            Err(lower.ledger.losses)
        }
    }
}

/// The functions that take an array, and nothing else, at their head.
const OF_ARRAYS: &[&str] = &["array_length", "array_index_of", "array_sort_asc", "array_sort_desc", "set_has_element"];

/// The columns that a query takes parts of, wherever it does.
fn objects(query: &Query) -> HashSet<ColumnId> {
    let mut found = HashSet::new();
    let mut note = |expr: &Expr| match &expr.kind {
        ExprKind::Access(node) => found.extend(node.base.as_column()),
        ExprKind::Call(function, arguments) if OF_ARRAYS.contains(&function.name()) => {
            found.extend(arguments.first().and_then(Expr::as_column));
        }
        _ => {}
    };
    for plan in query.plans() {
        plan.walk(&mut note);
    }
    found
}

/// The columns of which a query reads nothing but parts, and which it neither shows nor compares.
fn parted(query: &Query) -> HashSet<ColumnId> {
    let (mut reads, mut parts) = (HashMap::<ColumnId, usize>::new(), HashMap::<ColumnId, usize>::new());
    let mut whole = HashSet::new();
    let mut note = |expr: &Expr| match &expr.kind {
        ExprKind::Access(node) => {
            if let Some(id) = node.base.as_column() {
                *parts.entry(id).or_default() += 1;
            }
        }
        ExprKind::Column(id) => *reads.entry(*id).or_default() += 1,
        ExprKind::Row(columns, _) => whole.extend(columns.iter().map(|(_, id)| *id)),
        ExprKind::AnyColumn(any) => whole.extend(any.columns.iter().copied()),
        _ => {}
    };
    query.plans().for_each(|plan| plan.walk(&mut note));
    let mut show = |plan: &crate::ir::Plan| {
        let keeps = |op: &Op| {
            matches!(
                op,
                Op::Filter(_)
                    | Op::Extend(_)
                    | Op::Project(..)
                    | Op::Summarize { .. }
                    | Op::Sort(_)
                    | Op::Take(_)
                    | Op::MvExpand(_)
                    | Op::Parse(_)
                    | Op::Window(_)
                    | Op::Serialize
            )
        };
        let comparing = plan.steps.iter().filter(|step| !keeps(&step.op)).map(|step| &step.schema);
        for schema in comparing.chain([plan.schema()]) {
            whole.extend(schema.iter().map(|column| column.id));
        }
    };
    query.each_plan(&mut show);
    parts.into_iter().filter(|(id, n)| reads.get(id) == Some(n) && !whole.contains(id)).map(|(id, _)| id).collect()
}

/// The columns that aggregates fill with sets.
fn sets(query: &Query) -> HashSet<ColumnId> {
    let mut found = HashSet::new();
    let mut gather = |op: &Op| {
        if let Op::Summarize { aggregates, .. } = op {
            let is_set = |name: &str| matches!(name, "make_set" | "makeset" | "make_set_if");
            let sets = aggregates.iter().filter(|call| is_set(call.function.name()));
            found.extend(sets.flat_map(|call| call.outputs.iter().copied()));
        }
    };
    query.plans().for_each(|plan| plan.operators(&mut gather));
    found
}

/// How the value in a slot is represented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Repr {
    /// Text; a missing field is the empty string.
    Text,
    /// A number.
    Number,
    /// An instant, in seconds since 1970.
    Time,
    /// An instant as the event writes it.
    TimeText,
    /// A time span, in seconds.
    Span,
    /// `true` or `false`, as text.
    Bool,
    /// JSON text, or a bare scalar.
    Json,
    /// Part of the event's JSON at this path.
    Object(String),
    /// A multivalue field.
    Multi,
    /// Whatever the field holds: nothing says of which type it is.
    Any,
}

/// A value with its representation.
#[derive(Clone, Debug)]
pub(super) struct Val {
    pub(super) expr: Eval,
    pub(super) repr: Repr,
}

impl Val {
    pub(super) const fn new(expr: Eval, repr: Repr) -> Self {
        Self { expr, repr }
    }
}

/// Where the value of a column is.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// The value.
    pub(super) val: Val,
    /// Whether it is a field of the events as they are found, so that the search language can test it.
    pub(super) of_event: bool,
    /// Whether it is such a field under another name than its own column's, so that the events do not show it by themselves.
    pub(super) alias: bool,
    /// Whether it is known to be neither null nor empty.
    pub(super) filled: bool,
    /// Whether it is known to be an array wherever it is anything.
    pub(super) array: bool,
    /// Whether it is an array on every row, also where it has no elements.
    pub(super) always: bool,
    /// Whether it is the parts of a text, of which KQL has one where the text is missing.
    pub(super) parts: bool,
    /// Whether it is the matches of a pattern, which are null in KQL where there are none.
    pub(super) matches: bool,
    /// Whether it is what a text holds as JSON.
    pub(super) held: bool,
    /// Whether it, or an element where it is an array, may be a text that holds JSON, whose parts are not its own.
    pub(super) loose: bool,
    /// What has to be told where it is used: that its name is a guess, or Sentinel's own.
    pub(super) note: Option<(LossKind, std::sync::Arc<str>)>,
}

impl Slot {
    pub(super) const fn new(val: Val) -> Self {
        Self {
            val,
            of_event: false,
            alias: false,
            filled: false,
            array: false,
            always: false,
            parts: false,
            matches: false,
            held: false,
            loose: false,
            note: None,
        }
    }

    pub(super) const fn filled(val: Val) -> Self {
        Self {
            val,
            of_event: false,
            alias: false,
            filled: true,
            array: false,
            always: false,
            parts: false,
            matches: false,
            held: false,
            loose: false,
            note: None,
        }
    }

    /// Whether it may be a text that holds JSON, also where it is a part of the event so far.
    pub(super) const fn may_be_text(&self) -> bool {
        self.loose || matches!(self.val.repr, Repr::Object(_))
    }

    /// The field of the event that it is, and the text which that holds where there is no value.
    pub(super) fn nullable_field(&self) -> Option<(&str, &str)> {
        match &self.val.expr {
            Eval::Call(function, arguments) if self.of_event && function == "nullif" => match arguments.as_slice() {
                [Eval::Field(field), Eval::Text(null)] => Some((field, null)),
                _ => None,
            },
            _ => None,
        }
    }
}

/// A search in the making.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    pub(super) head: Head,
    pub(super) commands: Vec<Command>,
    pub(super) slots: BTreeMap<ColumnId, Slot>,
    /// Whether columns have been left out since the source, so that the result has to list the others.
    pub(super) narrowed: bool,
    /// Whether only the listed fields are there: behind `stats` and its like.
    pub(super) closed: bool,
    /// The field of a bag whose slots are columns, and what stands before their names.
    pub(super) unpacked: Option<(String, String)>,
    /// Whether there are no columns but those that the query lists, whatever fields there are.
    pub(super) listed: bool,
    /// Names that no column has, since a union parted the columns of that name by their types.
    pub(super) parted: Vec<Name>,
}

impl Flow {
    pub(super) fn new(head: Head) -> Self {
        Self {
            head,
            commands: Vec::new(),
            slots: BTreeMap::new(),
            narrowed: false,
            closed: false,
            unpacked: None,
            listed: false,
            parted: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, command: Command) {
        match (self.commands.last_mut(), command) {
            (Some(Command::Eval(items)), Command::Eval(more)) => items.extend(more),
            (_, command) => self.commands.push(command),
        }
    }

    pub(super) fn search(self) -> Search {
        Search { head: self.head, commands: self.commands }
    }

    /// Adds a condition to the search at the start.
    pub(super) fn restrict(&mut self, condition: Filter) {
        if let Head::Events { filter, .. } = &mut self.head {
            let terms = match condition {
                Filter::And(terms) => terms,
                other => vec![other],
            };
            match filter {
                Filter::And(all) => {
                    for term in terms {
                        if !all.contains(&term) {
                            all.push(term);
                        }
                    }
                }
                first => {
                    let mut all = vec![std::mem::replace(first, Filter::And(Vec::new()))];
                    all.extend(terms);
                    *first = Filter::And(all);
                }
            }
        }
    }

    /// Whether nothing so far keeps a filter from moving into the search at the start.
    pub(super) fn can_restrict(&self) -> bool {
        matches!(self.head, Head::Events { .. }) && self.commands.iter().all(Command::keeps_rows)
    }
}

pub(super) struct Lower<'a> {
    pub(super) query: &'a Query,
    pub(super) data: &'a Data,
    pub(super) options: Options,
    pub(super) ledger: Ledger,
    pub(super) depth: usize,
    /// The column that the expression at hand is for, where a stage may name its field at once.
    pub(super) hint: Option<String>,
    /// The columns of the result, each with the field that holds it.
    shown: Vec<(String, String)>,
    /// The tables that are read, each under what finds its events.
    searched: HashMap<&'a str, String>,
    /// The columns that the query takes parts of.
    objects: HashSet<ColumnId>,
    /// The columns of which nothing but parts is read.
    parted: HashSet<ColumnId>,
    /// The columns that hold sets, whose order is open in KQL.
    sets: HashSet<ColumnId>,
}

/// Runs something that may nest deeply on a stack that grows.
pub(super) fn deep<R>(f: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(256 * 1024, 4 * 1024 * 1024, f)
}

impl Accounts for Lower<'_> {
    fn ledger(&mut self) -> &mut Ledger {
        &mut self.ledger
    }
}

impl Lower<'_> {
    fn whole(&mut self) -> Result<Search> {
        let plan = &self.query.plan;
        let ids: Vec<ColumnId> = plan.schema().iter().map(|c| c.id).collect();
        let mut flow = self.plan(plan, Usage::of_result(ids))?;
        self.show(&mut flow, plan.schema());
        Ok(flow.search())
    }

    /// A name for a helper field that nothing else bears.
    pub(super) fn helper(&mut self, wanted: &str) -> String {
        self.ledger.helper(self.query, wanted)
    }

    /// The name a column gets when it is computed: its own, unless a field that is still needed bears it.
    pub(super) fn field_for(&mut self, flow: &Flow, id: ColumnId, name: &str, live: &HashSet<ColumnId>) -> String {
        let wanted = if self.is_time_name(name) { "_time".to_owned() } else { clean(name) };
        let free = |candidate: &str| {
            !flow
                .slots
                .iter()
                .any(|(other, slot)| *other != id && live.contains(other) && slot.val.expr.reads(candidate))
        };
        let kept = wanted != "_raw";
        if kept && free(&wanted) {
            return wanted;
        }
        let own = clean(name);
        if own != wanted && free(&own) {
            return own;
        }
        let mut other = format!("{own}_2");
        while !free(&other) {
            other.push('_');
        }
        other
    }

    pub(super) fn is_time_name(&self, name: &str) -> bool {
        self.data.target.time_columns.iter().any(|time| time == name)
    }

    /// Puts a value into a field, unless it is one already; gives the field.
    pub(super) fn in_field(&mut self, flow: &mut Flow, value: Eval, wanted: &str) -> String {
        match value {
            Eval::Field(name) => name,
            value => {
                let name = self.helper(wanted);
                flow.push(Command::Eval(vec![(name.clone(), value)]));
                name
            }
        }
    }

    /// The fields of the given columns, each in a field under a name that no other of them has.
    ///
    /// Of columns that are `kept` the fields stay too.
    pub(super) fn named_fields(&mut self, flow: &mut Flow, columns: &[(ColumnId, String)], kept: &[ColumnId]) {
        let live: HashSet<ColumnId> = columns.iter().map(|(id, _)| *id).chain(kept.iter().copied()).collect();
        for (id, wanted) in columns {
            let Some(slot) = flow.slots.get(id).cloned() else { continue };
            if slot.val.expr == Eval::field(wanted) {
                continue;
            }
            let clash = flow.slots.iter().any(|(o, s)| o != id && live.contains(o) && s.val.expr.reads(wanted));
            if clash {
                // The field in the way makes room first.
                let others: Vec<ColumnId> = flow
                    .slots
                    .iter()
                    .filter(|(o, s)| *o != id && live.contains(o) && s.val.expr.reads(wanted))
                    .map(|(o, _)| *o)
                    .collect();
                for other in others {
                    let moved = self.helper(&format!("{wanted}_before"));
                    let slot = flow.slots.get(&other).cloned();
                    if let Some(slot) = slot {
                        flow.push(Command::Eval(vec![(moved.clone(), slot.val.expr.clone())]));
                        flow.slots.insert(other, Slot { val: Val::new(Eval::field(moved), slot.val.repr), ..slot });
                    }
                }
            }
            let repr = match &slot.val.repr {
                Repr::Object(_) => Repr::Json,
                repr => repr.clone(),
            };
            let slot = flow.slots.get(id).cloned().unwrap_or(slot);
            let expr = self.whole_value(&slot.val);
            match expr {
                Eval::Field(old) if !self.shared_field(flow, *id, &old, &live) && !old.starts_with('_') => {
                    flow.push(Command::Rename(vec![(old, wanted.clone())]));
                }
                expr => flow.push(Command::Eval(vec![(wanted.clone(), expr)])),
            }
            flow.slots.insert(*id, Slot { val: Val::new(Eval::field(wanted), repr), of_event: false, ..slot });
        }
    }

    fn shared_field(&self, flow: &Flow, id: ColumnId, field: &str, live: &HashSet<ColumnId>) -> bool {
        flow.slots.iter().any(|(o, s)| *o != id && live.contains(o) && s.val.expr.reads(field))
    }

    /// A value as it is stored in a field.
    pub(super) fn whole_value(&self, val: &Val) -> Eval {
        match &val.repr {
            Repr::Object(path) => object_text(val.expr.clone(), path),
            _ => val.expr.clone(),
        }
    }

    /// The name under which a column is shown.
    fn shown_name(&self, id: ColumnId, name: &str, slot: &Slot) -> String {
        let info = &self.query.columns[id];
        let as_in_table = matches!(info.origin, Origin::Table(_)) && *info.name == *name;
        // An object is no field of the event but a part of its text, which the whole text must not stand for.
        if let Repr::Object(path) = &slot.val.repr {
            let plain = path.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
            return if as_in_table && plain { path.clone() } else { clean(name) };
        }
        match &slot.val.expr {
            Eval::Field(field) if as_in_table => field.clone(),
            Eval::Field(field) if field == "_time" && self.is_time_name(name) => field.clone(),
            _ if self.is_time_name(name) && matches!(slot.val.repr, Repr::Time) => "_time".to_owned(),
            _ => clean(name),
        }
    }

    /// Ends the search: columns under their names, in their order.
    fn show(&mut self, flow: &mut Flow, schema: &Schema) {
        let mut names = HashSet::new();
        let mut columns = Vec::new();
        let mut kept = Vec::new();
        let is_as_found = |slot: &Slot, column: &Column| {
            slot.of_event && !slot.alias && *self.query.columns[column.id].name == *column.name
        };
        // A computed `TimeGenerated` takes the place of the event's time.
        let computes_time = schema.iter().any(|column| {
            flow.slots.get(&column.id).is_some_and(|slot| {
                !is_as_found(slot, column) && self.shown_name(column.id, &column.name, slot) == "_time"
            })
        });
        for column in schema.iter() {
            let Some(slot) = flow.slots.get(&column.id) else { continue };
            let mut name = self.shown_name(column.id, &column.name, slot);
            let overwritten = computes_time && slot.val.expr == Eval::field("_time");
            if overwritten && name == "_time" && is_as_found(slot, column) {
                name = clean(&column.name);
            }
            if !flow.narrowed && is_as_found(slot, column) && !overwritten {
                // The event shows it by itself; two columns of Sentinel may be one field there.
                let name = match (slot.nullable_field(), &slot.val) {
                    (Some((field, _)), _) => field.to_owned(),
                    (
                        None,
                        Val { expr: Eval::Field(_), repr: Repr::Object(field) } | Val { expr: Eval::Field(field), .. },
                    ) => field.clone(),
                    _ => name,
                };
                names.insert(name.clone());
                kept.push(column.id);
                self.shown.push((column.name.to_string(), name));
                continue;
            }
            if !names.insert(name.clone()) {
                name = clean(&column.name);
                while !names.insert(name.clone()) {
                    name.push('_');
                }
            }
            self.shown.push((column.name.to_string(), name.clone()));
            if let Some((kind, message)) = slot.note.clone() {
                let span = self.query.columns[column.id].span;
                self.ledger.losses.push(Loss::approximate(kind, span, message.as_ref()));
            }
            columns.push((column.id, name));
        }
        self.named_fields(flow, &columns, &kept);
        if flow.narrowed {
            let fields: Vec<String> = columns.iter().map(|(_, name)| name.clone()).collect();
            if !fields.is_empty() && !self.lists_already(flow, &fields) {
                flow.push(Command::Table(fields));
            }
        }
        for (id, name) in &columns {
            let is_time = flow.slots.get(id).is_some_and(|slot| slot.val.repr == Repr::Time);
            if is_time && name != "_time" {
                let text = Eval::call("strftime", [Eval::field(name), Eval::text("%Y-%m-%d %H:%M:%S")]);
                flow.push(Command::FieldFormat(name.clone(), text));
            }
        }
    }

    /// Whether the search gives these fields in this order as it is.
    fn lists_already(&self, flow: &Flow, fields: &[String]) -> bool {
        match flow.commands.last() {
            Some(Command::Table(listed)) => listed == fields,
            Some(Command::Stats { kind: super::tree::Stats::Groups, aggregates, by }) => {
                let given: Vec<&String> = by.iter().chain(aggregates.iter().map(|(_, name)| name)).collect();
                given.into_iter().eq(fields.iter())
            }
            _ => false,
        }
    }
}

/// The JSON text at a path of the event.
pub(super) fn object_text(base: Eval, path: &str) -> Eval {
    Eval::call("json_extract", [base, Eval::text(path)])
}

/// A name that a field may bear: what would need an escape that Splunk does not have is replaced.
pub(in crate::target::splunk) fn clean(name: &str) -> String {
    name.chars().map(|c| if c.is_control() || "'\"`\\$|[]".contains(c) { '_' } else { c }).collect()
}
