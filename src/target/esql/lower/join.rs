//! Joins: both sides in one `FROM`, a column that says the side, and `INLINE STATS` that carries what one side knows of a key
//! over to the other. Where a key has several partners, each travels as one text, so that expanding them gives the pairs.

use super::aggregate::of_side;
use super::beside::Other;
use super::partners::{dissected, identities, identity, may_be_empty, packed, stored_as};
use super::plan::branches;
use super::rewrite::at_least_one;
use super::source::index_of;
use super::{Flow, Lower, Result, Slot, refuse};
use crate::ir::{ColumnId, CompareOp, Join, JoinKind, Op, Origin, Plan, Schema};
use crate::source::Span;
use crate::target::elastic::tables::{StoredType, Values};
use crate::target::esql::tree::{Aggregate, Command, Expr, Head, Query};
use crate::target::ledger::Accounts as _;
use crate::target::sets::list_name;
use crate::target::usage::Usage;
use crate::target::{Fidelity, Loss, LossKind, Prefer};
use crate::types::Type;

/// The column that says which side a row is of.
const SIDE: &str = "side";
/// What parts the values of a list that goes over to the other side, a single character.
const BETWEEN: &str = "␞";
/// The side whose rows go on.
pub(super) const ROWS: &str = "rows";

/// What goes over to the rows of the left side.
enum Carried<'a> {
    /// Columns, of the one partner that a key has where `unique`.
    Columns { ids: &'a [ColumnId], unique: bool },
    /// Each partner as one text, under this name.
    Partners(String, Expr),
}

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
            let carried = Carried::Columns { ids: &[], unique: false };
            self.attach(&mut right, left, &swapped, carried, semi, !semi, span)?;
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
            self.lookup(flow, &name, &join.right, &keys, &carried, join.kind, span);
            return Ok(());
        }
        let right = self.plan(&join.right, end)?;
        let right_keys: Vec<ColumnId> = keys.iter().map(|(_, right)| *right).collect();
        let unique = is_unique(&right, &right_keys);
        let left_keys: Vec<ColumnId> = keys.iter().map(|(left, _)| *left).collect();
        let only_existence = matches!(join.kind, JoinKind::LeftSemi | JoinKind::LeftAnti);
        if join.kind == JoinKind::InnerUnique && !is_unique(flow, &left_keys) {
            self.one_for_each_key(flow, &left_keys, span);
        }
        if unique || only_existence {
            return self.attach(flow, right, &keys, Carried::Columns { ids: &carried, unique }, kept, none, span);
        }
        let loose = self.options.prefer == Prefer::Idiomatic && !carried.iter().any(|id| after.deciding.contains(id));
        if !loose {
            return self.paired(flow, right, &keys, &carried, after, kept, span);
        }
        let message = "a record comes once with the values of all its partners, where KQL gives a row for each pair";
        let fidelity = self.cost_of_multiplicity();
        self.ledger.losses.push(Loss { kind: LossKind::RowCap, span, message: message.into(), fidelity });
        self.attach(flow, right, &keys, Carried::Columns { ids: &carried, unique }, kept, none, span)
    }

    /// One record of each key, which KQL's default join takes of its left side.
    fn one_for_each_key(&mut self, flow: &mut Flow, keys: &[ColumnId], span: Span) {
        let one_search = flow.pool.is_none() && matches!(flow.head, Head::From { .. });
        let identity = if one_search { identity(flow) } else { None };
        let Some(identity) = identity else {
            self.lose(
                LossKind::RowCap,
                span,
                "KQL's default join keeps one record of the left side for each key; here all of them are joined",
            );
            return;
        };
        let mut by = Vec::with_capacity(keys.len());
        for id in keys {
            let value = self.column(flow, *id, span);
            by.push((self.in_column(flow, value, "key"), None));
        }
        self.keep_one(flow, "MIN", identity, by, true);
        flow.unique = Some(keys.to_vec());
    }

    /// Of each group the rows in which a value is its greatest or least.
    /// Where the value may be missing, a group in which it always is stays whole.
    pub(super) fn keep_one(
        &mut self,
        flow: &mut Flow,
        bound: &str,
        value: Expr,
        by: Vec<(String, Option<Expr>)>,
        filled: bool,
    ) {
        let chosen = self.helper("chosen");
        let aggregate = Aggregate { name: chosen.clone(), value: Expr::call(bound, [value.clone()]), condition: None };
        flow.push(Command::Stats { inline: true, aggregates: vec![aggregate], by });
        let mut either = vec![Expr::compare(CompareOp::Equal, value, Expr::field(&chosen))];
        if !filled {
            either.push(Expr::field(&chosen).is_null());
        }
        flow.push(Command::Where(Expr::any(either)));
        flow.push(Command::Drop(vec![chosen]));
        flow.pool = None;
    }

    /// A row for each pair of partners.
    #[expect(clippy::too_many_arguments, reason = "what a join is made of")]
    fn paired(
        &mut self,
        flow: &mut Flow,
        mut right: Flow,
        keys: &[(ColumnId, ColumnId)],
        carried: &[ColumnId],
        after: &Usage,
        kept: bool,
        span: Span,
    ) -> Result<()> {
        let mut parts = Vec::new();
        let mut names = Vec::new();
        if let Some(identity) = identities(&mut right) {
            names.extend(identity.iter().map(|_| String::new()));
            parts.extend(identity);
        } else {
            let fidelity = self.cost_of_multiplicity();
            let message = "records of the other side that are equal in all that is used of them are joined once";
            self.ledger.losses.push(Loss { kind: LossKind::RowCap, span, message: message.into(), fidelity });
        }
        let mut outputs = Vec::new();
        let mut lists = Vec::new();
        for id in carried {
            let (name, ty) = (self.query.columns[*id].name.to_string(), self.query.columns[*id].ty.ty);
            let slot = right.slots.get(id).cloned();
            let object = ty == Type::Dynamic && self.is_object(&right, *id);
            if object && after.deciding.contains(id) {
                return refuse(
                    LossKind::UnsupportedOperator,
                    span,
                    format!(
                        "`{name}` of the other side is an object, which cannot be joined; name the part that is meant"
                    ),
                );
            }
            if object {
                let message =
                    format!("the column `{name}` stays empty; it decides nothing. An object cannot be joined");
                self.ledger.losses.push(Loss::shown(LossKind::Null, span, message));
                outputs.push((*id, Slot::new(Expr::Null)));
                continue;
            }
            let value = self.column(&mut right, *id, span);
            let value = if ty == Type::Dynamic {
                self.at(after.deciding.contains(id), |lower| {
                    lower.lose(LossKind::Null, span, format!("the values of `{name}` are carried over as texts"));
                });
                Expr::call("MV_CONCAT", [Expr::call("TO_STRING", [value]), Expr::text(BETWEEN)])
            } else {
                value
            };
            let own = self.helper(&format!("{name}_right"));
            let column = Expr::field(&own);
            let empty = Expr::compare(CompareOp::Equal, column.clone(), Expr::text(""));
            let value_back = match ty {
                Type::Int | Type::Long | Type::TimeSpan => Expr::call("TO_LONG", [column]),
                Type::Real | Type::Decimal => Expr::call("TO_DOUBLE", [column]),
                Type::DateTime => Expr::call("TO_DATETIME", [column]),
                Type::Bool => Expr::call("CASE", [empty, Expr::Null, Expr::call("TO_BOOLEAN", [column])]),
                Type::Dynamic => {
                    let list = self.helper(&format!("{name}_values"));
                    let values = Expr::call("SPLIT", [column, Expr::text(BETWEEN)]);
                    lists.push((list.clone(), Expr::call("CASE", [empty, Expr::Null, values])));
                    Expr::Field(list)
                }
                _ => column,
            };
            let (values, elements) = slot.map_or((None, None), |slot| (slot.values, slot.elements));
            outputs.push((*id, Slot { values, elements: elements.filter(|_| kept), ..Slot::new(value_back) }));
            parts.push(value);
            names.push(own);
        }
        let partners = self.helper("partner");
        let all = if parts.is_empty() { Expr::text("1") } else { packed(parts) };
        self.attach(flow, right, keys, Carried::Partners(partners.clone(), all), kept, false, span)?;
        flow.push(Command::MvExpand(partners.clone()));
        match names.as_slice() {
            names if names.iter().all(String::is_empty) => {}
            [only] => flow.push(Command::Eval(vec![(only.clone(), Expr::field(&partners))])),
            names => flow.push(Command::Dissect(partners, dissected(names))),
        }
        if !lists.is_empty() {
            flow.push(Command::Eval(lists));
        }
        flow.slots.extend(outputs);
        flow.unique = None;
        Ok(())
    }

    /// Whether a column is an object of the events, whose parts alone have values.
    pub(super) fn is_object(&self, flow: &Flow, id: ColumnId) -> bool {
        matches!(self.query.columns[id].origin, Origin::Table(_))
            && flow.slots.get(&id).is_some_and(|slot| slot.of_event)
    }

    /// What it costs that a record may come more or less often than in KQL.
    fn cost_of_multiplicity(&self) -> Fidelity {
        let counts = |plan: &Plan| plan.steps.iter().any(|s| matches!(s.op, Op::Summarize { .. } | Op::MakeSeries(_)));
        if counts(&self.query.plan) { Fidelity::Approximate } else { Fidelity::Events }
    }

    /// Carries columns of another flow to the rows at hand, by keys that must be equal.
    #[expect(clippy::too_many_arguments, reason = "what a join is made of")]
    fn attach(
        &mut self,
        flow: &mut Flow,
        mut right: Flow,
        keys: &[(ColumnId, ColumnId)],
        carried: Carried<'_>,
        kept: bool,
        none: bool,
        span: Span,
    ) -> Result<()> {
        let side = self.side_of();
        let label = self.helper("other");
        self.opened_up(flow, &side, span)?;
        // The keys of both sides under one name.
        let mut late = Vec::new();
        let mut names = Vec::new();
        let mut key_columns = Vec::new();
        for (left, right_id) in keys {
            let left_value = self.column(flow, *left, span);
            let text = self.query.columns[*left].ty.ty == Type::String;
            let of = |flow: &Flow, id: &ColumnId| flow.slots.get(id).map_or((None, None), |s| (s.stored, s.values));
            let (left_stored, left_values) = of(flow, left);
            let right_value = self.column(&mut right, *right_id, span);
            let (right_stored, right_values) = of(&right, right_id);
            let folded = [left_values, right_values].into_iter().flatten().find(|values| text && !values.keeps_case());
            if folded.is_some() {
                let message = format!(
                    "the values of `{}` are stored there in another case, so that keys which differ in case alone are partners",
                    self.query.columns[*left].name
                );
                self.ledger.losses.push(Loss::approximate(LossKind::Case, span, message));
            }
            if [left, right_id].iter().all(|id| matches!(self.query.columns[**id].ty.ty, Type::Dynamic | Type::Unknown))
            {
                let message = format!(
                    "should `{}` be a text, an empty one has no partner here: it is stored as a missing field",
                    self.query.columns[*left].name
                );
                self.ledger.losses.push(Loss::approximate(LossKind::Null, span, message));
            }
            let is_empty_apart = text && (may_be_empty(flow, &left_value) || may_be_empty(&right, &right_value));
            let as_key = |value: Expr, stored: Option<StoredType>, own: Option<Values>| {
                let value = if stored.is_some() { Expr::call("TO_STRING", [value]) } else { value };
                let value = folded
                    .filter(|folded| own != Some(*folded))
                    .map_or(value.clone(), |folded| stored_as(folded, value));
                // A text that is computed may be empty, and one that is missing is empty as well.
                if is_empty_apart { Expr::call("COALESCE", [value, Expr::text("")]) } else { value }
            };
            let name = match (&left_value, as_key(left_value.clone(), left_stored, left_values)) {
                (Expr::Field(name), key) if key == left_value && !is_computed(flow, name) => name.clone(),
                (_, key) => {
                    let name = self.helper(&format!("{}_key", self.query.columns[*left].name));
                    if flow.pool.is_some() {
                        late.push((name.clone(), key));
                    } else {
                        flow.push(Command::Eval(vec![(name.clone(), key)]));
                    }
                    name
                }
            };
            let right_value = as_key(right_value, right_stored, right_values);
            names.push((name.clone(), right_value));
            key_columns.push((name, text));
        }
        let mut columns = Vec::new();
        let mut aggregates = Vec::new();
        let mut slots = Vec::new();
        let mut unique = true;
        match carried {
            Carried::Columns { ids, unique: one } => {
                unique = one;
                for id in ids {
                    let value = self.column(&mut right, *id, span);
                    if matches!(value, Expr::Text(_) | Expr::Number(_) | Expr::Bool(_) | Expr::Null) && kept {
                        slots.push((*id, Slot::new(value)));
                        continue;
                    }
                    let slot = right.slots.get(id).cloned();
                    let own = self.query.columns[*id].name.to_string();
                    let name = self.helper(&format!("{own}_right"));
                    columns.push((name.clone(), value));
                    let several = !one || self.query.columns[*id].ty.ty == Type::Dynamic;
                    let function = if several { "VALUES" } else { "MAX" };
                    aggregates.push(Aggregate {
                        name: name.clone(),
                        value: Expr::call(function, [Expr::field(&name)]),
                        condition: Some(of_side(&side, &label)),
                    });
                    let from = slot.unwrap_or_else(|| Slot::new(Expr::Null));
                    // Without a partner there is no list, also none without elements.
                    let elements = from.elements.filter(|_| kept);
                    let slot =
                        Slot { values: from.values, stored: from.stored, elements, ..Slot::new(Expr::Field(name)) };
                    slots.push((*id, slot));
                }
            }
            Carried::Partners(name, value) => {
                columns.push((name.clone(), value));
                aggregates.push(Aggregate {
                    name: name.clone(),
                    value: Expr::call("VALUES", [Expr::field(&name)]),
                    condition: Some(of_side(&side, &label)),
                });
            }
        }
        let partners = self.helper("partners");
        aggregates.push(Aggregate {
            name: partners.clone(),
            value: Expr::call("COUNT", [Expr::All]),
            condition: Some(of_side(&side, &label)),
        });
        let other = Other { label: &label, columns, keys: names, late };
        self.put_beside(flow, right, &side, other, span)?;
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
            let mut any = vec![Expr::compare(CompareOp::Equal, Expr::field(&partners), Expr::integer(0))];
            any.extend(key_columns.iter().filter(|(_, text)| !text).map(|(name, _)| Expr::field(name).is_null()));
            conditions.push(Expr::any(any));
        }
        flow.push(Command::Where(Expr::all(conditions)));
        flow.slots.extend(slots);
        Self::keys_of_partners(flow, keys, (!kept && !none).then_some(&at_least_one(&partners)));
        flow.unique = if unique { flow.unique.take() } else { None };
        flow.narrowed = true;
        Ok(())
    }

    pub(super) fn side_of(&self) -> String {
        if self.query.columns.iter().any(|(_, info)| &*info.name == SIDE) {
            format!("{SIDE}_of_join")
        } else {
            SIDE.to_owned()
        }
    }

    /// Makes the rows at hand one branch of a `FROM` that others can be added to.
    pub(super) fn pooled(flow: &mut Flow, side: &str, span: Span) -> Result<()> {
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
    ) {
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
        self.ledger.losses.push(Loss::approximate(LossKind::Lookup, span, message));
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
        let some = Expr::field(listed).is_not_null();
        Self::keys_of_partners(flow, keys, (kind == JoinKind::LeftOuter).then_some(&some));
        flow.narrowed = true;
        flow.pool = None;
    }

    /// The keys of the right side are those of the left; where rows without a partner stay, under a condition.
    fn keys_of_partners(flow: &mut Flow, keys: &[(ColumnId, ColumnId)], if_any: Option<&Expr>) {
        for (left, right) in keys {
            let Some(slot) = flow.slots.get(left).cloned() else { continue };
            let slot = match if_any {
                None => slot,
                Some(some) => Slot {
                    of_event: false,
                    filled: false,
                    expr: Expr::call("CASE", [some.clone(), slot.expr, Expr::Null]),
                    ..slot
                },
            };
            flow.slots.insert(*right, slot);
        }
    }
}

/// Whether a column is made behind the branches of a pool.
fn is_computed(flow: &Flow, name: &str) -> bool {
    flow.pool.is_some() && flow.commands.iter().any(|command| command.assigns(&|given| given == name))
}

/// Whether a branch holds the rows that go on.
pub(super) fn marks(query: &Query, side: &str) -> bool {
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
pub(super) fn reference(plan: &Plan) -> Option<String> {
    list_name(plan, &[]).map(|name| index_of(&name))
}
