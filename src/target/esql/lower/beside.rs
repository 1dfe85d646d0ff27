//! A flow of several tables as a part of another.
//!
//! Sub-queries of `FROM` cannot be nested. So the branches of both flows stand in one `FROM`, a column says whose each row
//! is, and what a flow does behind its branches is done where the rows of all are, in such a way that it changes its own
//! alone: conditions let all others pass, aggregates look at none of them, and columns get names that no other row has.
//! A `STATS` becomes an `INLINE STATS` that leaves one row of each group; where rows have no ids, and go on themselves, it
//! stays and lets the others through as groups of their own.

use std::collections::{BTreeSet, HashMap};

use super::aggregate::of_side;
use super::join::{ROWS, marks};
use super::partners::identities;
use super::plan::{branches, word};
use super::{Flow, Lower, Result, refuse};
use crate::ir::CompareOp;
use crate::source::Span;
use crate::target::LossKind;
use crate::target::esql::tree::{Aggregate, Command, Expr, Head, Query};

/// Rows of another flow that are put beside those at hand.
pub(super) struct Other<'o> {
    /// What the column of sides says of them.
    pub(super) label: &'o str,
    /// Columns that they alone have.
    pub(super) columns: Vec<(String, Expr)>,
    /// Keys, by the names that both sides have.
    pub(super) keys: Vec<(String, Expr)>,
    /// Keys of the rows at hand that are not there yet in their branches.
    pub(super) late: Vec<(String, Expr)>,
}

/// A flow whose commands change its own rows alone.
struct Own {
    side: String,
    label: String,
    queries: Vec<Query>,
    commands: Vec<Command>,
    /// The columns that have other names now.
    names: HashMap<String, String>,
    /// The columns that are read as the branches give them.
    read: BTreeSet<String>,
    /// The columns whose making says whose rows they are for.
    of_one_side: BTreeSet<String>,
    /// Whether rows can be told from each other by the id of their documents.
    of_documents: bool,
    /// Whether a row may be there more often than in the flow.
    several: bool,
    /// Whether others may go through a `STATS` as they are, which keeps what makes each of them.
    through: bool,
}

impl Own {
    fn name(&mut self, name: &str) -> String {
        if let Some(other) = self.names.get(name) {
            return other.clone();
        }
        self.read.insert(name.to_owned());
        name.to_owned()
    }

    /// Notes a column that is made behind the branches under a name that nothing else bears.
    fn made(&mut self, name: &str) {
        self.names.insert(name.to_owned(), name.to_owned());
    }

    fn expr(&mut self, expr: &Expr) -> Expr {
        let (side, label) = (self.side.clone(), self.label.clone());
        expr.mapped(&mut |e| match e {
            Expr::Compare(op, left, right) if **left == Expr::field(&side) && **right == Expr::text(ROWS) => {
                Some(Expr::compare(*op, Expr::field(&side), Expr::text(&label)))
            }
            Expr::Field(name) => Some(Expr::Field(self.name(name))),
            _ => None,
        })
    }

    fn is_own(&self) -> Expr {
        of_side(&self.side, &self.label)
    }

    fn is_other(&self) -> Expr {
        Expr::compare(CompareOp::NotEqual, Expr::field(&self.side), Expr::text(&self.label))
    }
}

/// Whether a flow does more behind its branches than each branch could do by itself.
fn is_nested(flow: &Flow) -> bool {
    matches!(flow.head, Head::Queries(_)) && (flow.pool.is_some() || !flow.commands.iter().all(Command::is_row_by_row))
}

/// Whether an aggregate is about a flow's own rows: one that looks at the sides says itself whose.
fn is_own(aggregate: &Aggregate, side: &str) -> bool {
    !aggregate.condition.as_ref().is_some_and(|condition| condition.reads(side))
}

/// Whether it does not matter to an aggregate how often a row is there.
fn is_of_set(value: &Expr) -> bool {
    matches!(value, Expr::Call(name, _) if ["VALUES", "MIN", "MAX"].contains(&name.as_str()))
}

/// Whether a command counts a flow's own rows.
fn counts(command: &Command, side: &str) -> bool {
    matches!(command, Command::Stats { aggregates, .. } if aggregates.iter().any(|a| is_own(a, side) && !is_of_set(&a.value)))
}

impl Lower<'_> {
    /// Sees to it that branches can be added to the rows at hand, and that what is computed of them can be a key: such columns
    /// get other names, so nothing that was read of the flow before may be used behind this.
    pub(super) fn opened_up(&mut self, flow: &mut Flow, side: &str, span: Span) -> Result<()> {
        let later = &flow.commands[flow.pool.unwrap_or_default()..];
        let computed = flow.pool.is_some() && later.iter().any(|command| command.assigns(&|_| true));
        if !matches!(flow.head, Head::Queries(_)) || later.iter().all(Command::is_row_by_row) && !computed {
            return Ok(());
        }
        let whole = std::mem::replace(flow, Flow::new(Head::Queries(Vec::new())));
        let (slots, unique, closed, narrowed) =
            (whole.slots.clone(), whole.unique.clone(), whole.closed, whole.narrowed);
        let mut own = self.own_rows(whole, side, ROWS, true, span)?;
        if own.several {
            return refuse(
                LossKind::UnsupportedOperator,
                span,
                "sub-queries of FROM cannot be nested, and here a further table is joined with groups of rows that cannot be told from each other",
            );
        }
        flow.slots = slots
            .into_iter()
            .map(|(id, mut slot)| {
                slot.expr = own.expr(&slot.expr);
                (id, slot)
            })
            .collect();
        (flow.unique, flow.closed, flow.narrowed) = (unique, closed, narrowed);
        flow.head = Head::Queries(own.queries);
        flow.commands = own.commands;
        flow.pool = Some(flow.commands.len());
        flow.commands.push(Command::Where(of_side(side, ROWS)));
        Ok(())
    }

    /// Puts rows of another flow beside those at hand. Commands over all of them have their place at `flow.pool` then.
    pub(super) fn put_beside(
        &mut self,
        flow: &mut Flow,
        mut right: Flow,
        side: &str,
        other: Other<'_>,
        span: Span,
    ) -> Result<()> {
        let Other { label, columns, keys, late } = other;
        let mut commands = Vec::new();
        let mut kept = vec![side.to_owned()];
        kept.extend(keys.iter().chain(&columns).map(|(name, _)| name.clone()));
        let queries = if is_nested(&right) {
            let inner = self.helper("inner");
            let mut own = self.own_rows(right, side, &inner, false, span)?;
            let mut items =
                vec![(side.to_owned(), Expr::call("CASE", [own.is_own(), Expr::text(label), Expr::field(side)]))];
            for (name, value) in columns {
                items.push((name, own.expr(&value)));
            }
            let keys: Vec<(String, Expr)> = keys.into_iter().map(|(name, value)| (name, own.expr(&value))).collect();
            own.keep_what_is_read(|name| self.ledger.is_helper(name));
            let shared: Vec<String> = keys.iter().map(|(name, _)| name.clone()).collect();
            for (name, value) in self.in_turn(keys) {
                // The rows at hand have their keys already, but where they are computed behind this.
                let there = shared.contains(&name) && late.iter().all(|(late, _)| *late != name);
                let value =
                    if there { Expr::call("CASE", [of_side(side, label), value, Expr::field(&name)]) } else { value };
                items.push((name, value));
            }
            commands = own.commands;
            commands.push(Command::Eval(items));
            own.queries
        } else {
            let mut items = vec![(side.to_owned(), Expr::text(label))];
            items.extend(columns);
            items.extend(self.in_turn(keys));
            right.push(Command::Eval(items));
            right.push(Command::Keep(kept.clone()));
            right.pool = None;
            branches(right, span)?
        };
        Self::pooled(flow, side, span)?;
        if let Head::Queries(all) = &mut flow.head {
            all.extend(queries);
        }
        // Through a `STATS` of the rows at hand others go with all that makes each of them.
        let mut grouped = false;
        for command in &mut flow.commands {
            if let Command::Stats { inline: false, by, .. } = command {
                grouped = true;
                let more = kept.iter().filter(|name| by.iter().all(|(there, _)| there != *name));
                let more: Vec<_> = more.map(|name| (name.clone(), None)).collect();
                by.extend(more);
            }
        }
        let mut at = flow.pool.unwrap_or_default();
        if grouped {
            at += commands.len();
            flow.commands.splice(0..0, std::mem::take(&mut commands));
        }
        if !late.is_empty() {
            let of_rows = |(name, value): (String, Expr)| {
                let value = Expr::call("CASE", [of_side(side, ROWS), value, Expr::field(&name)]);
                (name, value)
            };
            commands.push(Command::Eval(late.into_iter().map(of_rows).collect()));
        }
        flow.pool = Some(at + commands.len());
        flow.commands.splice(at..at, commands);
        Ok(())
    }

    /// The commands of a flow such that they change its own rows alone, which are marked with a label.
    fn own_rows(&mut self, mut flow: Flow, side: &str, label: &str, through: bool, span: Span) -> Result<Own> {
        let grouped = flow.commands.iter().position(|c| matches!(c, Command::Stats { inline: false, .. }));
        let mut of_documents = false;
        let marked = matches!(&flow.head, Head::Queries(queries) if queries.iter().any(|query| marks(query, side)));
        // Rows that are there more often matter to nothing but what counts them.
        if let Some(at) = grouped.filter(|at| !through && flow.commands[at + 1..].iter().any(|c| counts(c, side))) {
            let mut before = flow.clone();
            (before.closed, before.unique, before.pool) = (false, None, marked.then_some(0));
            before.commands.truncate(at);
            if identities(&mut before).is_some() {
                (flow.head, of_documents) = (before.head, true);
            }
        }
        let Head::Queries(mut queries) = flow.head else {
            return refuse(LossKind::UnsupportedOperator, span, "one table alone needs no place beside others");
        };
        for query in &mut queries {
            if !marked {
                query.commands.push(Command::Eval(vec![(side.to_owned(), Expr::text(label))]));
                continue;
            }
            for command in &mut query.commands {
                let Command::Eval(items) = command else { continue };
                for (name, value) in items.iter_mut().filter(|(_, value)| *value == Expr::text(ROWS)) {
                    if name == side {
                        *value = Expr::text(label);
                    }
                }
            }
        }
        let mut own = Own {
            side: side.to_owned(),
            label: label.to_owned(),
            queries,
            commands: Vec::new(),
            names: HashMap::new(),
            read: BTreeSet::new(),
            of_one_side: BTreeSet::new(),
            of_documents,
            several: false,
            through,
        };
        for command in flow.commands {
            self.own_command(&mut own, command, span)?;
        }
        Ok(own)
    }

    fn own_command(&mut self, own: &mut Own, command: Command, span: Span) -> Result<()> {
        let nested = |what: &str| {
            refuse(
                LossKind::UnsupportedOperator,
                span,
                format!("sub-queries of FROM cannot be nested, and here {what}"),
            )
        };
        match command {
            // The others go when all others do.
            Command::Where(condition) if condition == of_side(&own.side, ROWS) => {}
            Command::Where(condition) => {
                // What looks at the sides says itself whose rows it is about.
                let of_own = !condition.reads(&own.side);
                let condition = own.expr(&condition);
                let condition = if of_own { Expr::any(vec![own.is_other(), condition]) } else { condition };
                own.commands.push(Command::Where(condition));
            }
            Command::Eval(items) => {
                let mut made = Vec::with_capacity(items.len());
                for (name, value) in items {
                    if value.reads(&own.side) {
                        own.of_one_side.insert(name.clone());
                    }
                    let value = own.expr(&value);
                    if name == own.side {
                        made.push((name, value));
                        continue;
                    }
                    let fresh = self.helper(&word(&name));
                    made.push((fresh.clone(), value));
                    own.names.insert(name, fresh);
                }
                own.commands.push(Command::Eval(made));
            }
            Command::Stats { inline, aggregates, by } => return self.own_groups(own, inline, aggregates, by, span),
            Command::Rename(names) => {
                let names: Vec<(String, String)> = names.into_iter().map(|(old, new)| (new, own.name(&old))).collect();
                own.names.extend(names);
            }
            Command::Keep(_) | Command::Drop(_) | Command::Sort(_) => {}
            Command::MvExpand(name) if own.of_one_side.contains(&name) => {
                let name = own.name(&name);
                own.commands.push(Command::MvExpand(name));
            }
            Command::MvExpand(name) => {
                let fresh = self.helper(&word(&name));
                let value = Expr::Field(own.name(&name));
                let value = Expr::call("CASE", [own.is_own(), value, Expr::Null]);
                own.commands.push(Command::Eval(vec![(fresh.clone(), value)]));
                own.commands.push(Command::MvExpand(fresh.clone()));
                own.names.insert(name, fresh);
                own.of_documents = false;
            }
            Command::Grok(name, pattern) => {
                let command = Command::Grok(own.name(&name), pattern);
                command.extracted().into_iter().for_each(|made| own.made(made));
                own.commands.push(command);
            }
            Command::Dissect(name, pattern) => {
                let command = Command::Dissect(own.name(&name), pattern);
                command.extracted().into_iter().for_each(|made| own.made(made));
                own.commands.push(command);
            }
            Command::Limit(_) => return nested("some of the rows of several tables are taken"),
            Command::LookupJoin(..) => return nested("a lookup index is joined with the rows of several tables"),
        }
        Ok(())
    }

    /// Groups of a flow's own rows.
    fn own_groups(
        &mut self,
        own: &mut Own,
        inline: bool,
        aggregates: Vec<Aggregate>,
        by: Vec<(String, Option<Expr>)>,
        span: Span,
    ) -> Result<()> {
        let side = own.side.clone();
        let through = own.through && !inline;
        let counted = !through && aggregates.iter().any(|a| is_own(a, &side) && !is_of_set(&a.value));
        // Of no rows there is a group where there are no keys, which is one row all the same.
        if counted && (own.several || !inline && by.is_empty()) {
            return refuse(
                LossKind::UnsupportedOperator,
                span,
                "sub-queries of FROM cannot be nested, and here tables are put together behind a count of the rows of others",
            );
        }
        let mut computed = Vec::new();
        let mut keys = Vec::with_capacity(by.len());
        let mut names = Vec::new();
        for (name, value) in by {
            match value {
                None => keys.push((own.name(&name), None)),
                Some(value) => {
                    let fresh = self.helper(&word(&name));
                    computed.push((fresh.clone(), own.expr(&value)));
                    keys.push((fresh.clone(), None));
                    names.push((name, fresh));
                }
            }
        }
        let mut made = Vec::with_capacity(aggregates.len() + 1);
        for aggregate in aggregates {
            let of_own = is_own(&aggregate, &side);
            let fresh = self.helper(&word(&aggregate.name));
            let condition = aggregate.condition.as_ref().map(|condition| own.expr(condition));
            let condition = match (of_own, condition) {
                (true, Some(condition)) => Expr::all(vec![own.is_own(), condition]),
                (true, None) => own.is_own(),
                (false, condition) => condition.unwrap_or_else(|| own.is_own()),
            };
            made.push(Aggregate { name: fresh.clone(), value: own.expr(&aggregate.value), condition: Some(condition) });
            names.push((aggregate.name, fresh));
        }
        if !computed.is_empty() {
            own.commands.push(Command::Eval(computed));
        }
        if !inline && own.through {
            if keys.is_empty() {
                return refuse(
                    LossKind::UnsupportedOperator,
                    span,
                    "sub-queries of FROM cannot be nested, and here a further table is joined behind a count of all rows",
                );
            }
            // Nothing else is there behind it.
            own.names = names.into_iter().collect();
            keys.push((own.side.clone(), None));
            own.commands.push(Command::Stats { inline: false, aggregates: made, by: keys });
            return Ok(());
        }
        own.names.extend(names);
        let mut first = None;
        if !inline && own.of_documents {
            let id = Expr::Field(own.name("_id"));
            let name = self.helper("chosen");
            let value = Expr::call("MIN", [id.clone()]);
            made.push(Aggregate { name: name.clone(), value, condition: Some(own.is_own()) });
            first = Some(Expr::compare(CompareOp::Equal, id, Expr::Field(name)));
        }
        own.several |= !inline && first.is_none();
        if !made.is_empty() {
            own.commands.push(Command::Stats { inline: true, aggregates: made, by: keys });
        }
        if let Some(first) = first {
            own.commands.push(Command::Where(Expr::any(vec![own.is_other(), first])));
        }
        Ok(())
    }

    /// Assignments of keys, which take over names that a later one may still read: such a value gets a column of its own first.
    fn in_turn(&mut self, keys: Vec<(String, Expr)>) -> Vec<(String, Expr)> {
        let (mut first, mut late) = (Vec::new(), Vec::new());
        for (at, (name, value)) in keys.iter().enumerate() {
            if *value == Expr::field(name) {
                continue;
            }
            let value = if keys[at + 1..].iter().any(|(_, other)| other.reads(name)) {
                let aside = self.helper(&format!("{name}_key"));
                first.push((aside.clone(), value.clone()));
                Expr::Field(aside)
            } else {
                value.clone()
            };
            late.push((name.clone(), value));
        }
        first.extend(late);
        first
    }
}

impl Own {
    /// Leaves of each branch the columns that are read of it: others could have another type in other branches.
    fn keep_what_is_read(&mut self, is_helper: impl Fn(&str) -> bool) {
        let side = self.side.clone();
        let label = Expr::text(&self.label);
        let is_of_rows = |query: &Query| {
            query.commands.iter().any(|command| {
                matches!(command, Command::Eval(items) if items.iter().any(|(name, value)| *name == side && *value == label))
            })
        };
        let mut elsewhere = BTreeSet::new();
        for query in self.queries.iter().filter(|query| !is_of_rows(query)) {
            for command in &query.commands {
                if let Command::Keep(names) = command {
                    elsewhere.extend(names.iter().filter(|name| is_helper(name)).cloned());
                }
            }
        }
        let several = self.queries.iter().filter(|query| is_of_rows(query)).count() > 1;
        for query in self.queries.iter_mut().filter(|query| is_of_rows(query)) {
            let last = query.commands.iter().rposition(|command| matches!(command, Command::Keep(_)));
            let made = |name: &str| query.commands.iter().any(|command| command.assigns(&|given| given == name));
            let has = |name: &String| match last.map(|at| &query.commands[at]) {
                Some(Command::Keep(names)) => {
                    names.contains(name)
                        || query.commands[last.unwrap_or_default()..].iter().any(|c| c.assigns(&|given| given == name))
                }
                _ => true,
            };
            if several && last.is_none() {
                // Which of them has which column is not known.
                continue;
            }
            let read = self.read.iter().filter(|name| (!elsewhere.contains(*name) || made(name)) && has(name));
            let mut names: Vec<String> = read.cloned().collect();
            if !names.contains(&side) {
                names.push(side.clone());
            }
            query.commands.push(Command::Keep(names));
        }
    }
}
