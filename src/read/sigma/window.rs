//! Aggregates over windows that slide with the events.
//!
//! At every instant at which one of its events lies, a group is looked at over the `span` before: from that instant,
//! included, back to the one `span` earlier, excluded. (The specification only wants that windows are not cut at fixed
//! boundaries; whether two events that are exactly `span` apart lie in one window it leaves open, and rsigma reads it
//! so.) In relational terms the instants of a group are joined with its events, and each instant sums up what it sees.
//! An event without one of the fields that make a group belongs to no group.

use crate::functions::aggregate;
use crate::ir::{
    AggregateCall, Arithmetic, ArithmeticOp, ArithmeticStep, Column, ColumnId, Compare, CompareOp, Computed, Expr,
    ExprKind, Join, JoinKind, Name, NullRule, Op, Origin, Plan, Rest, Schema, Shared, SharedId, SourceKind, Value,
};
use crate::source::Span;
use crate::types::Type;

use super::context::{Context, joined};

/// Events with what matters of them: a plan whose columns are these alone.
pub(super) struct Occurrences {
    pub(super) plan: Plan,
    /// When they happened.
    pub(super) time: ColumnId,
    /// What makes a group.
    pub(super) keys: Vec<ColumnId>,
    /// Whether these are fields, and not a constant that all have in common.
    pub(super) grouped: bool,
    /// What is summed up.
    pub(super) values: Vec<ColumnId>,
}

/// What is summed up in a window.
pub(super) struct Measure {
    pub(super) function: &'static str,
    pub(super) arguments: Vec<Expr>,
    pub(super) name: Name,
    pub(super) ty: Type,
}

impl Context<'_> {
    /// The instants at which the groups' windows satisfy a condition: their keys, the instant, the measures.
    ///
    /// `measures` is given the columns of [`Occurrences::values`] as they are called inside the window, `keep` those of
    /// the measures.
    pub(super) fn windows(
        &mut self,
        events: &Occurrences,
        window: i64,
        span: Span,
        measures: impl FnOnce(&mut Self, &[ColumnId]) -> Vec<Measure>,
        keep: impl FnOnce(&mut Self, &[ColumnId]) -> Option<Expr>,
    ) -> Option<Occurrences> {
        let shared = SharedId(self.shared.len() as u32);
        self.shared.push(Shared { name: "events".into(), plan: events.plan.clone() });
        let (mut plan, instants) = self.again(shared, events, span);
        let ends = self.project(&mut plan, std::iter::once(instants.time).chain(instants.keys.iter().copied()), span);
        let (time, keys) = (ends[0], ends[1..].to_vec());
        plan.push_same(Op::Distinct, span);

        let (right, inside) = self.again(shared, events, span);
        join(&mut plan, right, &keys, &inside.keys, span);
        let since = self.earlier(time, window, span);
        let inner = self.column(inside.time, span);
        let later = compared(CompareOp::Greater, inner.clone(), since, span);
        let not_after = compared(CompareOp::LessOrEqual, inner, self.column(time, span), span);
        plan.push_same(Op::Filter(joined(vec![later, not_after], true, span)), span);

        let measures = measures(self, &inside.values);
        let outputs = self.summarize(&mut plan, std::iter::once(time).chain(keys.iter().copied()), measures, span);
        let keep = keep(self, &outputs)?;
        plan.push_same(Op::Filter(keep), span);
        Some(Occurrences { plan, time, keys, grouped: events.grouped, values: outputs })
    }

    /// The instants at which the last of several events happens in a group, each event not before the one in front of
    /// it, the first within the window that ends with the last.
    ///
    /// For each event of a place in the sequence it is enough to know how late the first event of a sequence that leads
    /// to it can have been: if the window does not reach back so far, it reaches no other.
    pub(super) fn sequence(&mut self, steps: Vec<Occurrences>, window: i64, span: Span) -> Option<Occurrences> {
        let mut steps = steps.into_iter();
        let first = steps.next()?;
        let grouped = first.grouped;
        let (mut plan, mut time, mut keys) = (first.plan, first.time, first.keys);
        let mut start = self.columns.add("start", Type::DateTime, Origin::Computed, span);
        let mut schema = plan.schema().clone();
        schema.push(self.in_schema(start));
        let value = self.column(time, span);
        plan.push(Op::Extend(vec![Computed { id: start, expr: value }]), schema, span);
        for step in steps {
            join(&mut plan, step.plan, &keys, &step.keys, span);
            let next = self.column(step.time, span);
            let in_order = compared(CompareOp::GreaterOrEqual, next, self.column(time, span), span);
            let since = self.earlier(step.time, window, span);
            let inside = compared(CompareOp::Greater, self.column(start, span), since, span);
            plan.push_same(Op::Filter(joined(vec![in_order, inside], true, span)), span);
            let latest = Measure {
                function: "max",
                arguments: vec![self.column(start, span)],
                name: "start".into(),
                ty: Type::DateTime,
            };
            let by = std::iter::once(step.time).chain(step.keys.iter().copied());
            start = self.summarize(&mut plan, by, vec![latest], span)[0];
            (time, keys) = (step.time, step.keys);
        }
        Some(Occurrences { plan, time, keys, grouped, values: vec![start] })
    }

    /// Only the key and the time of occurrences that are not to be told apart further.
    pub(super) fn project(
        &mut self,
        plan: &mut Plan,
        ids: impl Iterator<Item = ColumnId>,
        span: Span,
    ) -> Vec<ColumnId> {
        let ids: Vec<_> = ids.collect();
        let computed = ids.iter().map(|&id| Computed { id, expr: self.column(id, span) }).collect();
        let schema = Schema::new(ids.iter().map(|&id| self.named_as(plan.schema(), id)), false);
        plan.push(Op::Project(computed, Rest::Drop), schema, span);
        ids
    }

    fn named_as(&self, schema: &Schema, id: ColumnId) -> Column {
        schema.iter().find(|column| column.id == id).cloned().unwrap_or_else(|| self.in_schema(id))
    }

    /// Reads a shared plan once more.
    fn again(&mut self, shared: SharedId, events: &Occurrences, span: Span) -> (Plan, Occurrences) {
        let mut pairs = Vec::new();
        let mut columns = Vec::new();
        for column in events.plan.schema().iter() {
            let twin = self.columns.twin(column.id);
            pairs.push((twin, column.id));
            columns.push(Column { id: twin, ..column.clone() });
        }
        let twin = |of: ColumnId| pairs.iter().find(|(_, old)| *old == of).map_or(of, |(twin, _)| *twin);
        let twins = |ids: &[ColumnId]| ids.iter().map(|&id| twin(id)).collect::<Vec<_>>();
        let (time, keys, values) = (twin(events.time), twins(&events.keys), twins(&events.values));
        let plan = Plan::new(SourceKind::Shared(shared, pairs), Schema::new(columns, false), span);
        (plan.clone(), Occurrences { plan, time, keys, grouped: events.grouped, values })
    }

    fn summarize(
        &mut self,
        plan: &mut Plan,
        keys: impl Iterator<Item = ColumnId>,
        measures: Vec<Measure>,
        span: Span,
    ) -> Vec<ColumnId> {
        let mut columns = Vec::new();
        let mut by = Vec::new();
        for id in keys {
            let mut column = self.named_as(plan.schema(), id);
            // The number that the join gave it is of no more use.
            column.name = self.columns[id].name.clone();
            columns.push(column);
            by.push(Computed { id, expr: self.column(id, span) });
        }
        let mut outputs = Vec::new();
        let mut aggregates = Vec::new();
        for measure in measures {
            let Some(function) = aggregate(measure.function) else { continue };
            let output = self.columns.add(measure.name, measure.ty, Origin::Computed, span);
            outputs.push(output);
            columns.push(self.in_schema(output));
            aggregates.push(AggregateCall {
                function,
                arguments: measure.arguments,
                open: false,
                outputs: vec![output],
                span,
            });
        }
        plan.push(Op::Summarize { keys: by, aggregates }, Schema::new(columns, false), span);
        outputs
    }

    /// So many ticks before the instant in a column.
    fn earlier(&mut self, time: ColumnId, ticks: i64, span: Span) -> Expr {
        let operand = Expr::literal(Value::TimeSpan(ticks), span);
        let step = ArithmeticStep { op: ArithmeticOp::Subtract, operand, ty: Type::DateTime.into() };
        let node = Arithmetic { first: self.column(time, span), rest: vec![step] };
        Expr::new(ExprKind::Arithmetic(Box::new(node)), Type::DateTime, span)
    }

    /// All the records of each group at once.
    pub(super) fn groups(
        &mut self,
        mut plan: Plan,
        keys: Vec<ColumnId>,
        measure: Measure,
        keep: impl FnOnce(&mut Self, ColumnId) -> Expr,
        span: Span,
    ) -> Plan {
        let outputs = self.summarize(&mut plan, keys.into_iter(), vec![measure], span);
        let keep = keep(self, outputs[0]);
        plan.push_same(Op::Filter(keep), span);
        plan
    }
}

/// A comparison of two values that are there.
pub(super) fn compared(op: CompareOp, left: Expr, right: Expr, span: Span) -> Expr {
    let node = Compare { op, nulls: NullRule::Propagate, left, right };
    Expr::new(ExprKind::Compare(Box::new(node)), Type::Bool, span)
}

/// Pairs up records with equal keys; columns of the right side whose names are taken get a number, as in KQL.
fn join(plan: &mut Plan, right: Plan, left_keys: &[ColumnId], right_keys: &[ColumnId], span: Span) {
    let mut schema = plan.schema().clone();
    for column in right.schema().iter() {
        let names =
            (0..).map(|number| if number == 0 { column.name.to_string() } else { format!("{}{number}", column.name) });
        let name = names.into_iter().find(|name| schema.get(name).is_none()).unwrap_or_default();
        schema.push(Column { name: name.into(), ..column.clone() });
    }
    let keys = left_keys.iter().copied().zip(right_keys.iter().copied()).collect();
    plan.push(Op::Join(Join { kind: JoinKind::Inner, lookup: false, right: Box::new(right), keys }), schema, span);
}
