//! Conditions that follow from the others.
//!
//! Some conditions decide nothing by themselves: a window whose instant has to lie behind one of another window, a list
//! that was asked for on both sides of a join, an `isnotempty` beside a text that is asked for. No event can show that
//! a translation has them. Which these are is not guessed from events that happen not to need them, but proven: a
//! record for which the condition fails, and no other, is followed through everything that happens to it afterwards
//! and to what it is joined with. If what has to hold of it there makes the condition hold, there is no such record.
//!
//! What is gathered has to hold of each single record, whatever other records there are. So nothing is gathered behind
//! an operator that looks at several records (`take`, `prev`, an aggregate's value), unless it is about what makes its groups.

mod counts;
mod empty;
mod parts;
mod shapes;
mod texts;
mod times;

use std::collections::{HashMap, HashSet};

use self::shapes::{is_opaque, lists_in, looks_around, plan_of, shape};
use self::times::Times;
use super::atoms::{Removed, Variant};
use crate::eval::Engine;
use crate::ir::{
    ColumnId, Computed, Expr, ExprKind, Join, JoinKind, Membership, Op, Plan, Query, Schema, SharedId, SourceKind,
    Value, Window,
};
use crate::source::Span;
use crate::types::Type;

/// A column of one use of a plan: what several places read is about another record in each.
type Variable = (u32, ColumnId);

/// How deep plans may nest.
const DEEPEST: usize = 12;

/// Whether what a variant is without follows from the rest of the query.
pub(super) fn follows(variant: &Variant, engine: &Engine) -> bool {
    let Some(removed) = &variant.removed else { return false };
    if let Removed::Predicate(expr) = removed
        && (texts::always(expr) || counts::always(expr, &variant.query))
    {
        return true;
    }
    let mut search = Search { query: &variant.query, span: variant.span, removed, engine, met: 0, failed: false };
    search.plan(&variant.query.plan, &mut Vec::new());
    search.met > 0 && !search.failed
}

/// A plan around the one at hand.
struct Frame<'q> {
    plan: &'q Plan,
    hangs: Hangs<'q>,
}

/// What a plan is to the one around it.
#[derive(Clone, Copy)]
enum Hangs<'q> {
    /// Its source, read elsewhere too: pairs of a column there and one here.
    Shared(&'q [(ColumnId, ColumnId)]),
    /// One input of a union.
    Input(usize),
    /// The right side of the join at this step.
    Right(usize, &'q Join),
    /// The list that the filter at this step looks a value up in, or must not find it in.
    List(usize, &'q Membership),
    /// Something that is not followed.
    Closed,
}

struct Search<'q> {
    query: &'q Query,
    /// The words of what is not there any more; `true` stands in its place.
    span: Span,
    removed: &'q Removed,
    engine: &'q Engine,
    met: usize,
    failed: bool,
}

impl<'q> Search<'q> {
    fn plan(&mut self, plan: &'q Plan, frames: &mut Vec<Frame<'q>>) {
        if self.failed || frames.len() > DEEPEST {
            self.failed = true;
            return;
        }
        let mut into = |search: &mut Self, inner: &'q Plan, hangs: Hangs<'q>| {
            frames.push(Frame { plan, hangs });
            search.plan(inner, frames);
            frames.pop();
        };
        match &plan.source.kind {
            SourceKind::Shared(SharedId(id), twins) => match self.query.shared.get(*id as usize) {
                Some(shared) => into(self, &shared.plan, Hangs::Shared(twins)),
                None => self.failed = true,
            },
            SourceKind::Union(union) => {
                for (at, input) in union.inputs.iter().enumerate() {
                    into(self, input, Hangs::Input(at));
                }
            }
            kind => {
                kind.plans(&mut |inner| into(self, inner, Hangs::Closed));
                kind.expressions(&mut |expr| expr.walk(&mut |expr| self.failed |= self.is_removed(expr)));
            }
        }
        for (at, step) in plan.steps.iter().enumerate() {
            match &step.op {
                Op::Join(join) => into(self, &join.right, Hangs::Right(at, join)),
                op => op.plans(&mut |inner| into(self, inner, Hangs::Closed)),
            }
            let mut lists = Vec::new();
            if let Op::Filter(condition) = &step.op {
                lists_in(condition, &mut lists);
            }
            step.op.expressions(&mut |expr| {
                let mut plans = Vec::new();
                expr.plans(&mut |plan| plans.push(plan));
                for inner in plans {
                    let list = lists.iter().find(|(plan, _)| std::ptr::eq(*plan, inner));
                    into(self, inner, list.map_or(Hangs::Closed, |(_, node)| Hangs::List(at, node)));
                }
            });
        }
        for (at, step) in plan.steps.iter().enumerate() {
            match &step.op {
                Op::Filter(condition) => self.conjuncts(condition, plan, at, frames, &mut Vec::new()),
                // What an aggregate counts by a condition is looked at here, and nowhere behind.
                Op::Summarize { keys, aggregates } => {
                    for key in keys {
                        self.inside(&key.expr);
                    }
                    for argument in aggregates.iter().flat_map(|call| &call.arguments) {
                        self.conjuncts(argument, plan, at, frames, &mut Vec::new());
                    }
                }
                op => op.expressions(&mut |expr| self.inside(expr)),
            }
        }
    }

    /// The conditions that are asked for together. In an arm of an `or`, those beside one matter where all of them hold;
    /// that the whole is null rather than false makes no difference, since nothing turns it round.
    fn conjuncts(
        &mut self,
        expr: &'q Expr,
        plan: &'q Plan,
        at: usize,
        frames: &[Frame<'q>],
        beside: &mut Vec<&'q Expr>,
    ) {
        match &expr.kind {
            ExprKind::And(operands) => {
                for (own, operand) in operands.iter().enumerate() {
                    let known = beside.len();
                    beside.extend(operands.iter().enumerate().filter(|(other, _)| *other != own).map(|(_, expr)| expr));
                    self.conjuncts(operand, plan, at, frames, beside);
                    beside.truncate(known);
                }
            }
            ExprKind::Or(operands) => {
                for operand in operands {
                    self.conjuncts(operand, plan, at, frames, beside);
                }
            }
            ExprKind::Literal(_) if expr.span == self.span => self.check(plan, at, frames, beside),
            _ => self.inside(expr),
        }
    }

    /// A condition that is not simply asked for is not followed. Plans inside are looked at by themselves.
    fn inside(&mut self, expr: &Expr) {
        self.failed |= self.is_removed(expr);
        expr.operands(&mut |operand| self.inside(operand));
    }

    fn is_removed(&self, expr: &Expr) -> bool {
        expr.span == self.span && matches!(expr.as_literal(), Some(Value::Bool(_)))
    }

    fn check(&mut self, plan: &'q Plan, at: usize, frames: &[Frame<'q>], beside: &[&'q Expr]) {
        self.met += 1;
        let mut known = Known::new(self.query);
        let own = known.instance();
        known.before(own, plan, at, 0);
        for condition in beside {
            known.condition(own, condition);
        }
        let filters = matches!(plan.steps[at].op, Op::Filter(_));
        if let Op::Filter(condition) = &plan.steps[at].op
            && beside.is_empty()
        {
            known.condition(own, condition);
        }
        let mut flows = filters && known.behind(own, plan, at + 1);
        let mut below = own;
        for frame in frames.iter().rev() {
            if !flows {
                break;
            }
            let around = match frame.hangs {
                Hangs::Shared(_) => known.instance(),
                _ => below,
            };
            flows = match frame.hangs {
                Hangs::Closed => false,
                Hangs::Shared(twins) => {
                    known.twins(around, below, &frame.plan.source.schema, twins);
                    known.behind(around, frame.plan, 0)
                }
                Hangs::Input(input) => {
                    if let SourceKind::Union(union) = &frame.plan.source.kind {
                        for column in &union.columns {
                            match column.from.get(input).copied().flatten() {
                                Some(from) => known.passed((around, column.id), (below, from)),
                                None => {
                                    known.tainted.insert((around, column.id));
                                }
                            }
                        }
                    }
                    known.behind(around, frame.plan, 0)
                }
                Hangs::Right(step, join) => known.beside(around, frame.plan, step, join),
                Hangs::List(step, node) => {
                    known.before(around, frame.plan, step, 0);
                    if let Op::Filter(condition) = &frame.plan.steps[step].op {
                        known.condition(around, condition);
                    }
                    let listed = plan_of(node).and_then(|plan| plan.schema().at(0));
                    if let (Some(subject), Some(listed)) = (node.subject.as_column(), listed) {
                        known.equal((around, subject), (below, listed.id));
                    }
                    // What is in the list decides about records that all else lets pass.
                    known.behind(around, frame.plan, step + 1)
                }
            };
            below = around;
        }
        self.failed |= !known.proves(self.removed, own, self.engine);
    }
}

/// What has to hold of a record, and of those that it is joined with, for it to count.
struct Known<'q> {
    query: &'q Query,
    instances: u32,
    conditions: Vec<(u32, &'q Expr)>,
    /// What columns are computed to be.
    computed: HashMap<Variable, (u32, &'q Expr)>,
    /// Of what columns are the elements.
    elements: Vec<(Variable, &'q Expr)>,
    /// Columns that hold the same.
    same: Vec<(Variable, Variable)>,
    times: Times,
    /// Columns that other records have a say in.
    tainted: HashSet<Variable>,
}

impl<'q> Known<'q> {
    fn new(query: &'q Query) -> Self {
        Self {
            query,
            instances: 0,
            conditions: Vec::new(),
            computed: HashMap::new(),
            elements: Vec::new(),
            same: Vec::new(),
            times: Times::default(),
            tainted: HashSet::new(),
        }
    }

    fn instance(&mut self) -> u32 {
        self.instances += 1;
        self.instances
    }

    fn is_tainted(&self, instance: u32, expr: &Expr) -> bool {
        let mut found = false;
        expr.for_each_column(&mut |id| found |= self.tainted.contains(&(instance, id)));
        // What a plan inside gives may change with the records there are.
        let mut plans = Vec::new();
        expr.plans(&mut |plan| plans.push(plan));
        found || !plans.is_empty()
    }

    /// A condition that holds.
    fn condition(&mut self, instance: u32, expr: &'q Expr) {
        match &expr.kind {
            ExprKind::And(operands) => operands.iter().for_each(|operand| self.condition(instance, operand)),
            _ if self.is_tainted(instance, expr) => {}
            _ => {
                self.conditions.push((instance, expr));
                self.times.condition(expr, instance);
            }
        }
    }

    /// Two columns that hold the same.
    fn equal(&mut self, one: Variable, other: Variable) {
        if self.tainted.contains(&one) || self.tainted.contains(&other) {
            return;
        }
        self.same.push((one, other));
        self.times.same(one, other);
    }

    /// A column that passes on another.
    fn passed(&mut self, column: Variable, of: Variable) {
        if self.tainted.contains(&of) {
            self.tainted.insert(column);
        } else {
            self.equal(column, of);
        }
    }

    fn compute(&mut self, instance: u32, item: &'q Computed) {
        let column = (instance, item.id);
        if item.is_passed_on() {
            return;
        }
        if self.is_tainted(instance, &item.expr) {
            self.tainted.insert(column);
        } else if let Some(of) = item.expr.as_column() {
            self.equal(column, (instance, of));
        } else {
            self.computed.insert(column, (instance, &item.expr));
            self.times.define(column, &item.expr, instance);
        }
    }

    fn window(&mut self, instance: u32, window: &Window) {
        let column = (instance, window.column);
        if self.tainted.contains(&column) {
            return;
        }
        for (bound, lower) in [(window.bounds.from, true), (window.bounds.to, false)] {
            if let Some((bound, closed)) = bound {
                self.times.bound(column, bound, closed, lower);
            }
        }
    }

    fn twins(&mut self, around: u32, below: u32, schema: &Schema, twins: &[(ColumnId, ColumnId)]) {
        for (a, b) in twins {
            let (twin, of) = if schema.contains(*a) { (*a, *b) } else { (*b, *a) };
            self.passed((around, twin), (below, of));
        }
    }

    /// What holds of each record that comes out of the first steps of a plan.
    fn before(&mut self, instance: u32, plan: &'q Plan, upto: usize, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let steps = &plan.steps[..upto.min(plan.steps.len())];
        // Behind these it is not known what a record was made of.
        let start = steps.iter().rposition(|step| !is_followed(&step.op)).map_or(0, |at| at + 1);
        if start == 0
            && let SourceKind::Shared(SharedId(id), twins) = &plan.source.kind
            && let Some(shared) = self.query.shared.get(*id as usize)
        {
            let inner = self.instance();
            self.before(inner, &shared.plan, shared.plan.steps.len(), depth + 1);
            self.twins(instance, inner, &plan.source.schema, twins);
        }
        for step in &steps[start..] {
            match &step.op {
                Op::Filter(condition) => self.condition(instance, condition),
                Op::Window(window) => self.window(instance, window),
                Op::Extend(items) | Op::Project(items, _) => {
                    for item in items {
                        self.compute(instance, item);
                    }
                }
                Op::Summarize { keys, aggregates } => {
                    // One record stands for all of its group.
                    for key in keys {
                        self.compute(instance, key);
                    }
                    for call in aggregates {
                        if !matches!(call.function.name(), "min" | "max" | "arg_min" | "arg_max" | "take_any" | "any") {
                            continue;
                        }
                        for (output, argument) in call.outputs.iter().zip(&call.arguments) {
                            if let Some(of) = argument.as_column().filter(|_| argument.ty.ty == Type::DateTime) {
                                self.times.one_of((instance, *output), (instance, of));
                            }
                        }
                    }
                }
                Op::Join(join) if matches!(join.kind, JoinKind::Inner | JoinKind::InnerUnique | JoinKind::LeftSemi) => {
                    self.partner(instance, join, depth);
                }
                _ => {}
            }
        }
    }

    /// What holds of a partner in a join.
    fn partner(&mut self, instance: u32, join: &'q Join, depth: usize) {
        self.before(instance, &join.right, join.right.steps.len(), depth + 1);
        for (left, right) in &join.keys {
            self.equal((instance, *left), (instance, *right));
        }
    }

    /// What a record of the right side of a join has to meet to count; whether it goes on behind the join.
    fn beside(&mut self, instance: u32, plan: &'q Plan, at: usize, join: &'q Join) -> bool {
        let matters = matches!(
            join.kind,
            JoinKind::Inner | JoinKind::InnerUnique | JoinKind::LeftSemi | JoinKind::LeftAnti | JoinKind::LeftOuter
        );
        if !matters {
            return false;
        }
        self.before(instance, plan, at, 0);
        for (left, right) in &join.keys {
            self.equal((instance, *left), (instance, *right));
        }
        // A record of the left that is kept or not for its partner has to pass all else, too.
        join.kind != JoinKind::LeftOuter && self.behind(instance, plan, at + 1)
    }

    /// What a record has to meet in the further steps of a plan; whether it comes out at the end as itself.
    fn behind(&mut self, instance: u32, plan: &'q Plan, from: usize) -> bool {
        for step in plan.steps.iter().skip(from) {
            match &step.op {
                Op::Filter(condition) if !looks_around(condition) => self.condition(instance, condition),
                Op::Window(window) => self.window(instance, window),
                Op::Extend(items) | Op::Project(items, _) if !items.iter().any(|item| looks_around(&item.expr)) => {
                    for item in items {
                        self.compute(instance, item);
                    }
                }
                Op::Summarize { keys, aggregates } if !keys.is_empty() => {
                    for key in keys {
                        self.compute(instance, key);
                    }
                    let outputs = aggregates.iter().flat_map(|call| &call.outputs);
                    self.tainted.extend(outputs.map(|id| (instance, *id)));
                }
                Op::Join(join) => match join.kind {
                    JoinKind::Inner | JoinKind::LeftSemi => self.partner(instance, join, 0),
                    JoinKind::LeftAnti | JoinKind::LeftOuter => {
                        self.tainted.extend(join.right.schema().iter().map(|column| (instance, column.id)));
                    }
                    _ => return false,
                },
                Op::Distinct | Op::Sort(_) | Op::Serialize | Op::Render { .. } | Op::Parse(_) => {}
                Op::MvExpand(expand) if expand.body.is_none() && expand.limit.is_none() => {
                    self.elements.extend(expand.items.iter().map(|item| ((instance, item.id), &item.expr)));
                }
                _ => return false,
            }
        }
        true
    }

    /// Whether all that is known makes a condition hold.
    fn proves(&mut self, removed: &Removed, own: u32, engine: &Engine) -> bool {
        match removed {
            Removed::Window(window) => {
                let column = (own, window.column);
                [(window.bounds.from, true), (window.bounds.to, false)].into_iter().all(|(bound, lower)| {
                    bound.is_none_or(|(bound, closed)| self.times.is_bound(column, bound, closed, lower))
                })
            }
            Removed::Predicate(expr) => {
                self.times.holds(expr, own)
                    || self.is_said_elsewhere(expr, own)
                    || self.is_clear(expr, own, engine)
                    || self.is_in_texts(expr, own, engine)
                    || self.is_never_empty(expr, own)
                    || self.is_in_object(expr, own, engine)
                    || self.has_elements(expr, own, engine)
            }
        }
    }

    /// All columns that hold the same as one.
    fn class(&self, of: Variable) -> HashSet<Variable> {
        let mut class = HashSet::from([of]);
        loop {
            let before = class.len();
            for (one, other) in &self.same {
                if class.contains(one) || class.contains(other) {
                    class.extend([*one, *other]);
                }
            }
            if class.len() == before {
                return class;
            }
        }
    }

    /// Whether the same is asked of columns that hold the same.
    fn is_said_elsewhere(&self, expr: &Expr, own: u32) -> bool {
        self.conditions.iter().any(|(instance, other)| self.are_same((own, expr), (*instance, other)))
    }

    /// Whether two expressions are the same, of columns that hold the same.
    fn are_same(&self, (own, one): (u32, &Expr), (instance, other): (u32, &Expr)) -> bool {
        let mut first = None;
        one.for_each_column(&mut |id| first = first.or(Some(id)));
        let Some(first) = first else { return false };
        let (Some((one, columns)), Some((other, others))) = (shape(one, first), shape(other, first)) else {
            return false;
        };
        one == other
            && columns.len() == others.len()
            && columns.iter().zip(&others).all(|(a, b)| self.class((own, *a)).contains(&(instance, *b)))
    }

    /// An expression with a value for columns of a class, and nothing else that depends on the record.
    fn with(&self, expr: &Expr, instance: u32, class: &HashSet<Variable>, value: &Value, depth: usize) -> Option<Expr> {
        if let ExprKind::Column(id) = expr.kind {
            let variable = (instance, id);
            if class.contains(&variable) {
                return Some(Expr { ty: expr.ty, ..Expr::literal(value.clone(), expr.span) });
            }
            let (instance, computed) = self.definition(variable).filter(|_| depth < DEEPEST)?;
            return self.with(computed, instance, class, value, depth + 1);
        }
        if is_opaque(expr) {
            return None;
        }
        let mut expr = expr.clone();
        let mut whole = true;
        expr.operands_mut(&mut |operand| match self.with(operand, instance, class, value, depth) {
            Some(other) => *operand = other,
            None => whole = false,
        });
        whole.then_some(expr)
    }
}

/// Whether it can be told what a record behind an operator was made of.
const fn is_followed(op: &Op) -> bool {
    match op {
        Op::Filter(_)
        | Op::Window(_)
        | Op::Extend(_)
        | Op::Project(..)
        | Op::Distinct
        | Op::Sort(_)
        | Op::Serialize
        | Op::Take(_)
        | Op::Sample(_)
        | Op::Parse(_)
        | Op::ParseKv(_)
        | Op::Render { .. } => true,
        Op::Summarize { keys, .. } => !keys.is_empty(),
        Op::MvExpand(expand) => expand.body.is_none(),
        Op::Join(join) => matches!(
            join.kind,
            JoinKind::Inner | JoinKind::InnerUnique | JoinKind::LeftSemi | JoinKind::LeftAnti | JoinKind::LeftOuter
        ),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
