//! From the IR to Sigma documents.
//!
//! A plan is read as patterns: one or several sides that must be found together, each a number of branches (a log
//! source with a condition) that may be counted. What only shapes the result is passed over; what decides which events
//! are found and has no form in Sigma is refused.

mod aggregate;
mod cond;
mod emit;
mod field;
mod join;
mod member;
mod meta;
mod predicate;
mod read;
mod step;
mod text;

use std::collections::{HashMap, HashSet};

use self::aggregate::{Count, Group};
use self::cond::Cond;
use self::join::Link;
use super::rows::Data;
use super::tree::{Document, LogSource};
use crate::ir::{ColumnId, Expr, Plan, Query, Source, SourceKind, Union};
use crate::source::Span;
use crate::target::{Fields, Loss, LossKind, Losses, Options, RuleInfo, ValueList};

/// The query was refused; why stands among the losses.
#[derive(Debug)]
struct Refused;

type Result<T> = std::result::Result<T, Refused>;

/// What a column is.
#[derive(Clone, Debug)]
enum Def<'a> {
    /// The same as another.
    Same(ColumnId),
    /// The value of an expression.
    Expr(&'a Expr),
    /// An element of the array that an expression gives.
    Element(&'a Expr),
    /// Nothing: the records have no such column.
    Missing,
    /// Something that no field of the event holds, in words.
    Opaque(String),
    /// What an aggregate of the side's group gives, by position.
    Aggregate(usize),
}

/// Events of one log source.
#[derive(Clone, Debug)]
struct Branch<'a> {
    /// The table, where it is one.
    table: Option<String>,
    /// Its words.
    span: Span,
    /// Where the events are from.
    logsource: LogSource,
    /// What must hold of them.
    conds: Vec<Cond>,
    /// What columns are, besides those of the table.
    env: HashMap<ColumnId, Def<'a>>,
}

/// Events that one rule finds, or several, and how they are counted.
#[derive(Clone, Debug)]
struct Side<'a> {
    branches: Vec<Branch<'a>>,
    /// The columns it gives, where there are several sides.
    columns: HashSet<ColumnId>,
    /// Whether each record is one event.
    per_event: bool,
    /// How far back it looks, in seconds.
    window: Option<u64>,
    /// What was grouped first.
    group: Option<Group<'a>>,
    /// What is counted.
    count: Option<Count>,
    /// The table, where it holds what is known rather than what happened.
    reference: Option<String>,
    /// The words by which records are left out that would have fitted.
    capped: Option<Span>,
}

/// Sides that must be found together.
#[derive(Clone, Debug)]
struct Pattern<'a> {
    sides: Vec<Side<'a>>,
    link: Option<Link>,
}

/// What a plan finds: the events of any of these.
type Flow<'a> = Vec<Pattern<'a>>;

/// Lowers a query.
///
/// # Errors
/// Why there is no honest conversion.
pub(super) fn lower(
    query: &Query,
    rule: RuleInfo<'_>,
    data: &Data,
    options: Options,
) -> std::result::Result<(Vec<Document>, Losses, Vec<ValueList>), Losses> {
    let mut this = Lower {
        query,
        rule,
        data,
        options,
        losses: Losses::default(),
        lists: Vec::new(),
        saw_element: false,
        depth: 0,
    };
    let documents = this.plan(&query.plan).and_then(|flow| this.emit(flow));
    match documents {
        Ok(documents) => Ok((documents, this.losses, this.lists)),
        Err(Refused) => Err(this.losses),
    }
}

struct Lower<'a> {
    query: &'a Query,
    rule: RuleInfo<'a>,
    data: &'a Data,
    options: Options,
    losses: Losses,
    /// The lists whose values have to be given.
    lists: Vec<ValueList>,
    /// Whether a test was about some element of a list.
    saw_element: bool,
    depth: usize,
}

/// How deeply plans may be inside each other.
const DEPTH: usize = 64;

impl<'a> Lower<'a> {
    fn refuse<T>(&mut self, kind: LossKind, span: Span, message: impl Into<String>) -> Result<T> {
        self.losses.push(Loss::refusal(kind, span, message));
        Err(Refused)
    }

    /// A difference that can change which events are found.
    fn differs(&mut self, kind: LossKind, span: Span, message: impl Into<String>) {
        self.losses.push(Loss::approximate(kind, span, message));
    }

    /// A difference in what is shown.
    fn shown(&mut self, kind: LossKind, span: Span, message: impl Into<String>) {
        self.losses.push(Loss::shown(kind, span, message));
    }

    fn plan(&mut self, plan: &'a Plan) -> Result<Flow<'a>> {
        self.depth += 1;
        if self.depth > DEPTH {
            return self.refuse(
                LossKind::UnsupportedOperator,
                plan.source.span,
                "the query is nested too deeply for one rule",
            );
        }
        let mut flow = self.source(&plan.source)?;
        for step in &plan.steps {
            self.step(&mut flow, step, plan)?;
        }
        self.depth -= 1;
        Ok(flow)
    }

    fn source(&mut self, source: &'a Source) -> Result<Flow<'a>> {
        let span = source.span;
        match &source.kind {
            SourceKind::Table { name, known } => Ok(vec![self.table(name, *known, span)]),
            SourceKind::Shared(id, pairs) => {
                let Some(shared) = self.query.shared.get(id.0 as usize) else {
                    return self.refuse(LossKind::UnsupportedSource, span, "the plan it names does not exist");
                };
                let mut flow = self.plan(&shared.plan)?;
                for side in flow.iter_mut().flat_map(|pattern| &mut pattern.sides) {
                    for (twin, original) in pairs {
                        for branch in &mut side.branches {
                            branch.env.insert(*twin, Def::Same(*original));
                        }
                        if side.columns.contains(original) {
                            side.columns.insert(*twin);
                        }
                    }
                }
                Ok(flow)
            }
            SourceKind::Union(union) => self.union(union),
            SourceKind::Call(call) => {
                if &*call.name == "_GetWatchlist" {
                    let message = "a watchlist is no log source; a Sigma rule needs events to start from";
                    return self.refuse(LossKind::UnsupportedSource, span, message);
                }
                if !call.arguments.is_empty() {
                    let message = format!(
                        "`{}` is a function saved in the workspace; what it does with its arguments is not known here, so put its body into the query",
                        call.name
                    );
                    return self.refuse(LossKind::UnsupportedSource, span, message);
                }
                Ok(vec![self.table(&call.name, false, span)])
            }
            SourceKind::Tables(name) => {
                let message =
                    format!("a Sigma rule is about one log source, and `{name}` stands for many tables; name them");
                self.refuse(LossKind::UnsupportedSource, span, message)
            }
            SourceKind::External(_) | SourceKind::Rows(_) | SourceKind::Range { .. } | SourceKind::Unit => {
                let message = "a Sigma rule finds events of a log source, and this is none; use ES|QL or Splunk";
                self.refuse(LossKind::UnsupportedSource, span, message)
            }
            SourceKind::LogSource(_) | SourceKind::Foreign(_) | SourceKind::Correlated(_) => {
                self.refuse(LossKind::UnsupportedSource, span, "a source of another language is read, not written")
            }
            SourceKind::Evaluate(_) | SourceKind::Input => {
                self.refuse(LossKind::UnsupportedSource, span, "Sigma has no counterpart of this source; use Splunk")
            }
        }
    }

    fn table(&mut self, name: &str, known: bool, span: Span) -> Pattern<'a> {
        let native = &self.data.target.native;
        let own = || LogSource {
            category: None,
            product: Some(native.product.clone()),
            service: Some(name.to_lowercase()),
            definition: Some(native.definition.replace("{table}", name)),
        };
        let row = self.data.tables.get(name).filter(|_| self.options.fields == Fields::Siem);
        let logsource = row.and_then(|row| row.logsource.clone()).unwrap_or_else(own);
        if self.is_reference(name) {
            // Told where it is used: as a list, or refused.
        } else if !known {
            let message = format!("nothing here knows `{name}`; a log source of that name has to be made");
            self.differs(LossKind::UnresolvedName, span, message);
        } else if self.options.fields == Fields::Siem && row.is_none() {
            let message = format!(
                "Sigma has no log source for `{name}`; it is named after the table, and its fields after the columns"
            );
            self.differs(LossKind::UnmappedField, span, message);
        }
        let branch = Branch { table: Some(name.to_owned()), span, logsource, conds: Vec::new(), env: HashMap::new() };
        let side = Side {
            branches: vec![branch],
            columns: HashSet::new(),
            per_event: true,
            window: None,
            group: None,
            count: None,
            reference: self.is_reference(name).then(|| name.to_owned()),
            capped: None,
        };
        Pattern { sides: vec![side], link: None }
    }

    /// The inputs side by side; those that are mere events are counted together.
    fn union(&mut self, union: &'a Union) -> Result<Flow<'a>> {
        let mut plain: Option<Side<'a>> = None;
        let mut flow = Vec::new();
        for (index, input) in union.inputs.iter().enumerate() {
            for mut pattern in self.plan(input)? {
                for branch in pattern.sides.iter_mut().flat_map(|side| &mut side.branches) {
                    for column in &union.columns {
                        match column.from.get(index).copied().flatten() {
                            Some(id) if id == column.id => {}
                            Some(id) => {
                                branch.env.insert(column.id, Def::Same(id));
                            }
                            None => {
                                branch.env.insert(column.id, Def::Missing);
                            }
                        }
                    }
                    if let Some((id, _)) = &union.source {
                        branch.env.insert(*id, Def::Opaque("the name of the table".to_owned()));
                    }
                }
                let simple =
                    pattern.link.is_none() && pattern.sides.iter().all(|s| s.group.is_none() && s.capped.is_none());
                match (simple, &mut plain, pattern.sides.pop()) {
                    (true, Some(all), Some(side)) => {
                        all.branches.extend(side.branches);
                        all.per_event &= side.per_event;
                        all.window = all.window.max(side.window);
                    }
                    (true, None, Some(side)) => plain = Some(side),
                    (_, _, Some(side)) => {
                        pattern.sides.push(side);
                        // Which side a column of the union is from.
                        for side in &mut pattern.sides {
                            for column in &union.columns {
                                if column
                                    .from
                                    .get(index)
                                    .copied()
                                    .flatten()
                                    .is_some_and(|id| side.columns.contains(&id))
                                {
                                    side.columns.insert(column.id);
                                }
                            }
                        }
                        flow.push(pattern);
                    }
                    (_, _, None) => {}
                }
            }
        }
        flow.extend(plain.map(|side| Pattern { sides: vec![side], link: None }));
        Ok(flow)
    }

    /// Whether a table holds what is known of users, devices or threats, rather than events.
    fn is_reference(&self, table: &str) -> bool {
        self.data.target.reference_tables.iter().any(|name| match name.strip_suffix('*') {
            Some(head) => table.starts_with(head),
            None => name == table,
        })
    }

    /// The name of a list that is kept elsewhere, where a plan takes values from nothing else.
    fn list_name(&self, plan: &Plan) -> Option<String> {
        use crate::ir::{Argument, Op};
        let shaping = |op: &Op| {
            matches!(
                op,
                Op::Project(..)
                    | Op::Distinct
                    | Op::Extend(_)
                    | Op::Sort(_)
                    | Op::Filter(_)
                    | Op::Window(_)
                    | Op::MvExpand(_)
                    | Op::Parse(_)
                    | Op::Summarize { .. }
            )
        };
        if !plan.steps.iter().all(|step| shaping(&step.op)) {
            return None;
        }
        match &plan.source.kind {
            SourceKind::Call(call) if &*call.name == "_GetWatchlist" => match call.arguments.first() {
                Some((_, Argument::Scalar(expr))) => expr.as_literal()?.as_str().map(str::to_owned),
                _ => None,
            },
            SourceKind::External(external) => {
                let address = external.addresses.first()?.as_literal()?.as_str()?;
                let file = address.split(['?', '#', ';']).next()?.trim_end_matches('/').rsplit('/').next()?;
                Some(file.to_owned())
            }
            SourceKind::Table { name, .. } if self.is_reference(name) => Some(name.to_string()),
            SourceKind::Shared(id, _) => {
                self.query.shared.get(id.0 as usize).and_then(|shared| self.list_name(&shared.plan))
            }
            _ => None,
        }
    }
}
