//! Joins: both sides in one `FROM`, a column that says the side, and `INLINE STATS` that carries what one side knows of a key
//! over to the other.

use super::aggregate::of_side;
use super::plan::branches;
use super::rewrite::at_least_one;
use super::source::index_of;
use super::{Flow, Lower, Result, Slot, refuse};
use crate::ir::{
    CaseRule, ColumnId, Expr as Ir, ExprKind, Join, JoinKind, Membership, Op, Plan, Schema, SourceKind, StringTest,
    Value, ValueSet,
};
use crate::source::Span;
use crate::target::esql::tree::{Aggregate, Command, Expr, Head, Query};
use crate::target::usage::Usage;
use crate::target::{Fidelity, Loss, LossKind};
use crate::types::Type;

/// The column that says which side a row is of.
const SIDE: &str = "side";
/// The side whose rows go on.
const ROWS: &str = "rows";

impl Lower<'_> {
    pub(super) fn join(
        &mut self,
        flow: &mut Flow,
        join: &Join,
        schema: &Schema,
        after: &Usage,
        span: Span,
    ) -> Result<()> {
        let right_live: Vec<ColumnId> = join
            .right
            .schema()
            .iter()
            .map(|c| c.id)
            .filter(|id| after.live.contains(id) && schema.contains(*id))
            .collect();
        let keys: Vec<(ColumnId, ColumnId)> = join.keys.clone();
        let carried: Vec<ColumnId> =
            right_live.iter().copied().filter(|id| !keys.iter().any(|(_, right)| right == id)).collect();
        let wanted: Vec<ColumnId> = carried.iter().copied().chain(keys.iter().map(|(_, right)| *right)).collect();
        let mut end = Usage::of_deciding(wanted);
        end.deciding.retain(|id| after.deciding.contains(id) || keys.iter().any(|(_, right)| right == id));
        let kept = matches!(join.kind, JoinKind::Inner | JoinKind::InnerUnique | JoinKind::LeftSemi);
        let none = join.kind == JoinKind::LeftAnti;
        let outer = join.kind == JoinKind::LeftOuter;
        if matches!(join.kind, JoinKind::RightSemi | JoinKind::RightAnti) {
            // The rows of the right side go on; the left one only says which.
            let mut right = self.plan(&join.right, after.clone())?;
            let swapped: Vec<(ColumnId, ColumnId)> = keys.iter().map(|(left, right)| (*right, *left)).collect();
            let left = std::mem::replace(flow, Flow::new(Head::Queries(Vec::new())));
            let semi = join.kind == JoinKind::RightSemi;
            self.attach(&mut right, left, &swapped, &[], false, semi, !semi, span)?;
            *flow = right;
            return Ok(());
        }
        if !(kept || none || outer) {
            let message = format!(
                "a join of kind `{}` has no counterpart in ES|QL: only left rows can be kept",
                join.kind.name()
            );
            return refuse(LossKind::UnsupportedOperator, span, message);
        }
        if let Some(name) = reference(&join.right) {
            return self.lookup(flow, &name, &join.right, &keys, &carried, join.kind, span);
        }
        let right = self.plan(&join.right, end)?;
        let right_keys: Vec<ColumnId> = keys.iter().map(|(_, right)| *right).collect();
        let right_unique = is_unique(&right, &right_keys);
        let left_keys: Vec<ColumnId> = keys.iter().map(|(left, _)| *left).collect();
        if !right_unique {
            let deciding = carried.iter().find(|id| after.deciding.contains(id));
            if let Some(id) = deciding {
                let message = format!(
                    "records are joined pair by pair, and `{}` of the other side decides; ES|QL joins only what is one row for each key: summarize that side by its key, or use a sequence of EQL",
                    self.query.columns[*id].name
                );
                return refuse(LossKind::UnsupportedOperator, span, message);
            }
            if join.kind != JoinKind::LeftSemi
                && join.kind != JoinKind::LeftAnti
                && !(join.kind == JoinKind::InnerUnique && carried.is_empty() && is_unique(flow, &left_keys))
            {
                let message =
                    "a record comes once with the values of all its partners, where KQL gives a row for each pair";
                let fidelity = if self.counts_later(after) { Fidelity::Approximate } else { Fidelity::Events };
                self.losses.push(Loss { kind: LossKind::RowCap, span, message: message.into(), fidelity });
            }
        }
        self.attach(flow, right, &keys, &carried, right_unique, kept, none, span)
    }

    /// Whether how often a record comes may decide something behind the join.
    fn counts_later(&self, after: &Usage) -> bool {
        let mut counts = false;
        let mut look = |plan: &Plan| {
            for step in &plan.steps {
                counts |= matches!(step.op, Op::Summarize { .. } | Op::MakeSeries(_));
            }
        };
        look(&self.query.plan);
        let _ = after;
        counts
    }

    /// Carries columns of another flow to the rows at hand, by keys that must be equal.
    #[expect(clippy::too_many_arguments, reason = "what a join is made of")]
    fn attach(
        &mut self,
        flow: &mut Flow,
        mut right: Flow,
        keys: &[(ColumnId, ColumnId)],
        carried: &[ColumnId],
        unique: bool,
        kept: bool,
        none: bool,
        span: Span,
    ) -> Result<()> {
        let side = self.side_of();
        let label = self.helper("other");
        // The keys of both sides under one name.
        let mut names = Vec::new();
        let mut key_columns = Vec::new();
        for (left, right_id) in keys {
            let left_value = self.column(flow, *left, span);
            let text = self.query.columns[*left].ty.ty == Type::String;
            let left_stored = flow.slots.get(left).and_then(|s| s.stored);
            let right_value = self.column(&mut right, *right_id, span);
            let right_stored = right.slots.get(right_id).and_then(|s| s.stored);
            let name = match &left_value {
                Expr::Field(name) if left_stored.is_none() => name.clone(),
                _ => {
                    let name = self.helper(&format!("{}_key", self.query.columns[*left].name));
                    let value = if left_stored.is_some() { Expr::call("TO_STRING", [left_value]) } else { left_value };
                    flow.push(Command::Eval(vec![(name.clone(), value)]));
                    name
                }
            };
            let right_value = if right_stored.is_some() { Expr::call("TO_STRING", [right_value]) } else { right_value };
            names.push((name.clone(), right_value));
            key_columns.push((name, text));
        }
        let mut kept_columns: Vec<String> = vec![side.clone()];
        let mut evals = vec![(side.clone(), Expr::text(&label))];
        for (name, value) in names {
            if value != Expr::field(&name) {
                evals.push((name.clone(), value));
            }
            kept_columns.push(name);
        }
        let mut aggregates = Vec::new();
        let mut slots = Vec::new();
        for id in carried {
            let value = self.column(&mut right, *id, span);
            if matches!(value, Expr::Text(_) | Expr::Number(_) | Expr::Bool(_) | Expr::Null) && kept {
                slots.push((*id, Slot::new(value)));
                continue;
            }
            let own = self.query.columns[*id].name.to_string();
            let name = self.helper(&format!("{own}_right"));
            evals.push((name.clone(), value));
            kept_columns.push(name.clone());
            let values_of = !unique || self.query.columns[*id].ty.ty == Type::Dynamic;
            let function = if values_of { "VALUES" } else { "MAX" };
            aggregates.push(Aggregate {
                name: name.clone(),
                value: Expr::call(function, [Expr::field(&name)]),
                condition: Some(of_side(&side, &label)),
            });
            slots.push((*id, Slot::new(Expr::Field(name))));
        }
        right.push(Command::Eval(evals));
        right.push(Command::Keep(kept_columns));
        right.pool = None;
        let partners = self.helper("partners");
        aggregates.push(Aggregate {
            name: partners.clone(),
            value: Expr::call("COUNT", [Expr::All]),
            condition: Some(of_side(&side, &label)),
        });
        let right_queries = branches(right, span)?;
        self.pooled(flow, &side, span)?;
        self.add_branches(flow, right_queries, keys.iter().map(|(left, _)| *left), span)?;
        let by = key_columns.iter().map(|(name, _)| (name.clone(), None)).collect();
        let at = flow.pool.unwrap_or_default();
        flow.commands.insert(at, Command::Stats { inline: true, aggregates, by });
        flow.pool = Some(at + 1);
        let mut conditions = Vec::new();
        if kept {
            conditions.push(at_least_one(&partners));
            // A missing key has no partner, but a missing text is the empty one.
            conditions
                .extend(key_columns.iter().filter(|(_, text)| !text).map(|(name, _)| Expr::field(name).is_not_null()));
        }
        if none {
            let mut any = vec![Expr::compare(
                crate::target::esql::tree::Compare::Equal,
                Expr::field(&partners),
                Expr::integer(0),
            )];
            any.extend(key_columns.iter().filter(|(_, text)| !text).map(|(name, _)| Expr::field(name).is_null()));
            conditions.push(Expr::any(any));
        }
        flow.push(Command::Where(Expr::all(conditions)));
        flow.slots.extend(slots);
        for (left, right_id) in keys {
            if let Some(slot) = flow.slots.get(left).cloned() {
                flow.slots.insert(*right_id, slot);
            }
        }
        flow.unique = if unique { flow.unique.take() } else { None };
        flow.narrowed = true;
        Ok(())
    }

    fn side_of(&mut self) -> String {
        if self.query.columns.iter().any(|(_, info)| &*info.name == SIDE) {
            format!("{SIDE}_of_join")
        } else {
            SIDE.to_owned()
        }
    }

    /// Makes the rows at hand one branch of a `FROM` that others can be added to.
    fn pooled(&mut self, flow: &mut Flow, side: &str, span: Span) -> Result<()> {
        if flow.pool.is_some() {
            return Ok(());
        }
        let whole = std::mem::replace(flow, Flow::new(Head::Queries(Vec::new())));
        let kept = Flow {
            slots: whole.slots.clone(),
            unique: whole.unique.clone(),
            closed: whole.closed,
            narrowed: whole.narrowed,
            ..Flow::new(Head::Queries(Vec::new()))
        };
        let mut queries = branches(whole, span)?;
        for query in &mut queries {
            query.commands.push(Command::Eval(vec![(side.to_owned(), Expr::text(ROWS))]));
        }
        *flow = Flow {
            head: Head::Queries(queries),
            commands: vec![Command::Where(of_side(side, ROWS))],
            pool: Some(0),
            ..kept
        };
        Ok(())
    }

    fn add_branches(
        &mut self,
        flow: &mut Flow,
        more: Vec<Query>,
        keys: impl Iterator<Item = ColumnId>,
        span: Span,
    ) -> Result<()> {
        let at = flow.pool.unwrap_or_default();
        let later = &flow.commands[at..];
        if !later.iter().all(Command::is_row_by_row) {
            return refuse(
                LossKind::UnsupportedOperator,
                span,
                "sub-queries of FROM cannot be nested, and here a further table is joined behind an aggregation",
            );
        }
        for key in keys {
            let name = match flow.slots.get(&key).map(|slot| &slot.expr) {
                Some(Expr::Field(name)) => name.clone(),
                _ => String::new(),
            };
            let computed_later = flow.commands.iter().any(|command| match command {
                Command::Eval(items) => items.iter().any(|(given, _)| *given == name),
                Command::Stats { aggregates, .. } => aggregates.iter().any(|a| a.name == name),
                Command::Grok(..) | Command::MvExpand(_) | Command::Rename(_) => true,
                _ => false,
            });
            if name.is_empty() || computed_later {
                return refuse(
                    LossKind::UnsupportedOperator,
                    span,
                    "sub-queries of FROM cannot be nested, and here the key of a further join is computed behind the first",
                );
            }
        }
        if let Head::Queries(queries) = &mut flow.head {
            queries.extend(more);
        }
        Ok(())
    }

    /// A join with reference data: `LOOKUP JOIN`.
    #[expect(clippy::too_many_arguments, reason = "what a join is made of")]
    fn lookup(
        &mut self,
        flow: &mut Flow,
        index: &str,
        right: &Plan,
        keys: &[(ColumnId, ColumnId)],
        carried: &[ColumnId],
        kind: JoinKind,
        span: Span,
    ) -> Result<()> {
        let mut on = Vec::new();
        let mut evals = Vec::new();
        for (left, right_id) in keys {
            let value = self.column(flow, *left, span);
            let name = right
                .schema()
                .iter()
                .find(|c| c.id == *right_id)
                .map_or_else(|| self.query.columns[*right_id].name.to_string(), |c| c.name.to_string());
            if value != Expr::field(&name) {
                evals.push((name.clone(), value));
            }
            on.push(name);
        }
        if !evals.is_empty() {
            flow.push(Command::Eval(evals));
        }
        let listed = self.helper("listed");
        let message = format!(
            "the reference data has to be there as the lookup index `{index}`, filtered and shaped as the query does, one row for each `{}`, with `{listed}: true` in each",
            on.join("`, `")
        );
        self.losses.push(Loss::approximate(LossKind::Lookup, span, message));
        flow.push(Command::LookupJoin(index.to_owned(), on));
        match kind {
            JoinKind::LeftAnti => flow.push(Command::Where(Expr::field(&listed).is_null())),
            JoinKind::LeftOuter => {}
            _ => flow.push(Command::Where(Expr::field(&listed).is_not_null())),
        }
        for id in carried {
            let name = right
                .schema()
                .iter()
                .find(|c| c.id == *id)
                .map_or_else(|| self.query.columns[*id].name.to_string(), |c| c.name.to_string());
            flow.slots.insert(*id, Slot::new(Expr::Field(name)));
        }
        for (left, right_id) in keys {
            if let Some(slot) = flow.slots.get(left).cloned() {
                flow.slots.insert(*right_id, slot);
            }
        }
        flow.narrowed = true;
        flow.pool = None;
        Ok(())
    }

    /// A filter by a set of keys out of another table; whether it was one.
    pub(super) fn filter_by_plan(&mut self, flow: &mut Flow, term: &Ir) -> Result<bool> {
        let (node, want): (&Membership, bool) = match &term.kind {
            ExprKind::Member(node) => (node, true),
            ExprKind::Not(inner) => match &inner.kind {
                ExprKind::Member(node) => (node, false),
                _ => return Ok(false),
            },
            _ => return Ok(false),
        };
        let want = want != node.negated;
        let plan: &Plan = match &node.set {
            ValueSet::Plan(plan) => plan,
            ValueSet::List(items) => match items.as_slice() {
                [only] => match &only.kind {
                    ExprKind::ToScalar(plan) => match collected(plan) {
                        Some((plan, column)) => {
                            return self.semi(flow, node, &plan, column, want, term.span).map(|()| true);
                        }
                        None => return Ok(false),
                    },
                    _ => return Ok(false),
                },
                _ => return Ok(false),
            },
        };
        let Some(column) = plan.schema().at(0).map(|c| c.id) else { return Ok(false) };
        self.semi(flow, node, plan, column, want, term.span)?;
        Ok(true)
    }

    fn semi(
        &mut self,
        flow: &mut Flow,
        node: &Membership,
        plan: &Plan,
        column: ColumnId,
        want: bool,
        span: Span,
    ) -> Result<()> {
        if let SourceKind::Rows(rows) = &plan.source.kind {
            let position = plan.source.schema.iter().position(|c| c.id == column);
            if let (true, Some(at)) =
                (plan.steps.iter().all(|s| matches!(s.op, Op::Project(..) | Op::Distinct)), position)
            {
                let items = rows.iter().filter_map(|row| row.get(at)).map(|v| Ir::literal(v.clone(), span)).collect();
                let list = Membership { set: ValueSet::List(items), negated: !want, ..node.clone() };
                let member = Ir::new(ExprKind::Member(Box::new(list)), Type::Bool, span);
                let test = self.condition(flow, &member, true)?;
                flow.push(Command::Where(test));
                return Ok(());
            }
        }
        if node.test != StringTest::Equals {
            return refuse(
                LossKind::UnsupportedExpression,
                span,
                "terms to look for cannot come out of another table; write them out, or compare with `in`",
            );
        }
        let insensitive = node.rules.case != CaseRule::Sensitive;
        let fold = |value: Expr| if insensitive { super::value::lowered(value) } else { value };
        let left = self.text_or_value(flow, &node.subject)?;
        let name = self.helper("key");
        flow.push(Command::Eval(vec![(name.clone(), fold(left))]));
        if let Some(index) = reference(plan) {
            let listed = self.helper("listed");
            let message = format!(
                "the list has to be there as the lookup index `{index}`, filtered as the query does, with `{name}` as its key{} and `{listed}: true` in each row",
                if insensitive { " in lower case" } else { "" }
            );
            self.losses.push(Loss::approximate(LossKind::Lookup, span, message));
            flow.push(Command::LookupJoin(index, vec![name]));
            let listed = Expr::field(listed);
            flow.push(Command::Where(if want { listed.is_not_null() } else { listed.is_null() }));
            flow.narrowed = true;
            flow.pool = None;
            return Ok(());
        }
        let mut right = self.plan(plan, Usage::of_deciding([column]))?;
        let right_value = self.column(&mut right, column, span);
        let right_value = if right.slots.get(&column).is_some_and(|s| s.stored.is_some()) {
            Expr::call("TO_STRING", [right_value])
        } else {
            right_value
        };
        let (side, label) = (self.side_of(), self.helper("other"));
        right.push(Command::Eval(vec![(side.clone(), Expr::text(&label)), (name.clone(), fold(right_value))]));
        right.push(Command::Keep(vec![side.clone(), name.clone()]));
        right.pool = None;
        let right_queries = branches(right, span)?;
        self.pooled(flow, &side, span)?;
        let fresh = flow.pool == Some(0);
        if !fresh {
            // The key was computed behind the first join; it has to be there in the branch of the rows.
            let Some(Command::Eval(_)) = flow.commands.last() else {
                return refuse(LossKind::UnsupportedOperator, span, "a second set of keys cannot be joined here");
            };
            let eval = flow.commands.pop();
            let reads_late = match &eval {
                Some(Command::Eval(items)) => items.iter().any(|(_, e)| self.reads_computed(flow, e)),
                _ => true,
            };
            if reads_late {
                return refuse(
                    LossKind::UnsupportedOperator,
                    span,
                    "sub-queries of FROM cannot be nested, and here a further set of keys is compared with what a join gave",
                );
            }
            if let (Head::Queries(queries), Some(eval)) = (&mut flow.head, eval) {
                for query in queries.iter_mut().filter(|q| marks(q, &side)) {
                    query.commands.push(eval.clone());
                }
            }
        }
        self.add_branches(flow, right_queries, std::iter::empty(), span)?;
        let partners = self.helper("partners");
        let aggregate = Aggregate {
            name: partners.clone(),
            value: Expr::call("COUNT", [Expr::All]),
            condition: Some(of_side(&side, &label)),
        };
        let at = flow.pool.unwrap_or_default();
        flow.commands.insert(at, Command::Stats { inline: true, aggregates: vec![aggregate], by: vec![(name, None)] });
        flow.pool = Some(at + 1);
        let test = if want {
            at_least_one(&partners)
        } else {
            Expr::compare(crate::target::esql::tree::Compare::Equal, Expr::field(&partners), Expr::integer(0))
        };
        flow.push(Command::Where(test));
        flow.narrowed = true;
        Ok(())
    }

    fn reads_computed(&self, flow: &Flow, e: &Expr) -> bool {
        flow.commands.iter().any(|command| match command {
            Command::Eval(items) => items.iter().any(|(name, _)| e.reads(name)),
            Command::Stats { aggregates, .. } => aggregates.iter().any(|a| e.reads(&a.name)),
            Command::Grok(..) | Command::MvExpand(_) | Command::Rename(_) => true,
            _ => false,
        })
    }

    fn text_or_value(&mut self, flow: &mut Flow, expr: &Ir) -> Result<Expr> {
        if matches!(expr.ty.ty, Type::String | Type::Dynamic | Type::Unknown) {
            self.text(flow, expr)
        } else {
            self.value(flow, expr)
        }
    }

    /// A single value out of another table.
    pub(super) fn to_scalar(&mut self, flow: &mut Flow, plan: &Plan, span: Span) -> Result<Expr> {
        let Some(column) = plan.schema().at(0).map(|c| c.id) else {
            return refuse(LossKind::UnsupportedExpression, span, "the table gives no column");
        };
        let mut right = self.plan(plan, Usage::of_deciding([column]))?;
        if right.unique.as_ref().is_none_or(|keys| !keys.is_empty()) {
            return refuse(
                LossKind::UnsupportedExpression,
                span,
                "a single value can only come out of a `summarize` without keys",
            );
        }
        let value = self.column(&mut right, column, span);
        let (side, label) = (self.side_of(), self.helper("scalar"));
        right.push(Command::Eval(vec![(side.clone(), Expr::text(&label)), (label.clone(), value)]));
        right.push(Command::Keep(vec![side.clone(), label.clone()]));
        right.pool = None;
        let queries = branches(right, span)?;
        self.pooled(flow, &side, span)?;
        self.add_branches(flow, queries, std::iter::empty(), span)?;
        let value = Expr::call("MAX", [Expr::field(&label)]);
        let aggregate = Aggregate { name: label.clone(), value, condition: Some(of_side(&side, &label)) };
        let at = flow.pool.unwrap_or_default();
        flow.commands.insert(at, Command::Stats { inline: true, aggregates: vec![aggregate], by: Vec::new() });
        flow.pool = Some(at + 1);
        flow.narrowed = true;
        Ok(Expr::Field(label))
    }
}

/// Whether a branch holds the rows that go on.
fn marks(query: &Query, side: &str) -> bool {
    query.commands.iter().any(
        |c| matches!(c, Command::Eval(items) if items.iter().any(|(name, e)| name == side && *e == Expr::text(ROWS))),
    )
}

/// Whether rows are one for each combination of the keys.
fn is_unique(flow: &Flow, keys: &[ColumnId]) -> bool {
    flow.unique.as_ref().is_some_and(|unique| {
        let value = |id: &ColumnId| flow.slots.get(id).map(|slot| slot.expr.clone());
        unique.iter().all(|id| {
            keys.contains(id) || value(id).is_some_and(|v| keys.iter().any(|k| value(k).as_ref() == Some(&v)))
        })
    })
}

/// The lookup index that reference data has to be in: a watchlist or data from an address.
fn reference(plan: &Plan) -> Option<String> {
    let steps = plan.steps.iter().all(|step| {
        matches!(
            step.op,
            Op::Filter(_) | Op::Extend(_) | Op::Project(..) | Op::Distinct | Op::MvExpand(_) | Op::Summarize { .. }
        )
    });
    match &plan.source.kind {
        SourceKind::Call(call) if steps && &*call.name == "_GetWatchlist" => {
            call.arguments.first().and_then(|(_, a)| match a {
                crate::ir::Argument::Scalar(e) => e.as_literal().and_then(Value::as_str).map(index_of),
                crate::ir::Argument::Plan(_) => None,
            })
        }
        SourceKind::External(external) if steps => {
            external.addresses.iter().find_map(|a| a.as_literal().and_then(Value::as_str)).map(index_of)
        }
        _ => None,
    }
}

/// `toscalar(… | summarize make_set(x))` as the plan whose column `x` is the set.
fn collected(plan: &Plan) -> Option<(Plan, ColumnId)> {
    let (last, before) = plan.steps.split_last()?;
    let Op::Summarize { keys, aggregates } = &last.op else { return None };
    let ([], [call]) = (keys.as_slice(), aggregates.as_slice()) else { return None };
    if !matches!(call.function.name(), "make_set" | "makeset" | "make_list" | "makelist") {
        return None;
    }
    let column = call.arguments.first()?.as_column()?;
    Some((Plan { source: plan.source.clone(), steps: before.to_vec() }, column))
}
