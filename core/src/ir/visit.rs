//! Walks: the expressions, plans and columns directly inside a node, for reading and for change.
//!
//! Whoever needs all of a tree calls these from their own recursion, which then deepens with nesting alone: chains are
//! flat nodes and the steps of a plan a list.

use std::collections::HashMap;
use std::sync::Arc;

use super::{
    Access, AggregateCall, AnyColumn, Argument, Arithmetic, Between, Case, Cast, ColumnId, Columns, Compare, Computed,
    Evaluate, Expr, ExprKind, ForeignStep, Join, MakeSeries, Membership, MvExpand, Op, Parse, ParseKv, ParseSegment,
    Partition, Plan, RegexMatch, Scan, SeriesRange, SortKey, SourceCall, SourceKind, Statistics, StringMatch, ValueSet,
    Window,
};

/// A mutable plan behind a shared pointer; copied first where others hold it.
fn writable(plan: &mut Arc<Plan>) -> &mut Plan {
    Arc::make_mut(plan)
}

fn readable(plan: &Arc<Plan>) -> &Plan {
    plan
}

/// Declares the walks for reading (`&`) and for change (`&mut`), which differ in nothing else.
macro_rules! walks {
    ([$($mutable:tt)*] $plan:ident $operands:ident $expressions:ident $plans:ident $columns:ident
        $argument:ident $aggregate:ident $stages:ident $reference:ident) => {
        fn $argument<'a>(argument: &'a $($mutable)* Argument, f: &mut dyn FnMut(&'a $($mutable)* Expr)) {
            match argument {
                Argument::Scalar(expr) => f(expr),
                Argument::Plan(_) => {}
            }
        }

        fn $aggregate<'a>(calls: &'a $($mutable)* Vec<AggregateCall>, f: &mut dyn FnMut(&'a $($mutable)* Expr)) {
            for call in calls {
                for argument in &$($mutable)* call.arguments {
                    f(argument);
                }
            }
        }

        impl Expr {
            /// Hands each operand to `f`, from left to right; not those inside a plan.
            pub fn $operands<'a>(&'a $($mutable)* self, f: &mut dyn FnMut(&'a $($mutable)* Expr)) {
                match &$($mutable)* self.kind {
                    ExprKind::Literal(_)
                    | ExprKind::Column(_)
                    | ExprKind::Parameter(_)
                    | ExprKind::Row(..)
                    | ExprKind::ToScalar(_) => {}
                    ExprKind::And(operands)
                    | ExprKind::Or(operands)
                    | ExprKind::Call(_, operands)
                    | ExprKind::Unknown(_, operands)
                    | ExprKind::Foreign(_, operands) => {
                        for operand in operands {
                            f(operand);
                        }
                    }
                    ExprKind::Not(operand) | ExprKind::Negate(operand) | ExprKind::Item(operand, _) => f(operand),
                    ExprKind::Compare(node) | ExprKind::Loose(node) => {
                        let Compare { left, right, .. } = &$($mutable)* **node;
                        f(left);
                        f(right);
                    }
                    ExprKind::Match(node) => {
                        let StringMatch { subject, needle, .. } = &$($mutable)* **node;
                        f(subject);
                        f(needle);
                    }
                    ExprKind::Regex(node) => {
                        let RegexMatch { subject, pattern, .. } = &$($mutable)* **node;
                        f(subject);
                        f(pattern);
                    }
                    ExprKind::Member(node) => {
                        let Membership { subject, set, .. } = &$($mutable)* **node;
                        f(subject);
                        if let ValueSet::List(items) = set {
                            for item in items {
                                f(item);
                            }
                        }
                    }
                    ExprKind::Between(node) => {
                        let Between { subject, low, high, .. } = &$($mutable)* **node;
                        f(subject);
                        f(low);
                        f(high);
                    }
                    ExprKind::AnyColumn(node) => {
                        let AnyColumn { needle, .. } = &$($mutable)* **node;
                        f(needle);
                    }
                    ExprKind::Arithmetic(node) => {
                        let Arithmetic { first, rest } = &$($mutable)* **node;
                        f(first);
                        for step in rest {
                            f(&$($mutable)* step.operand);
                        }
                    }
                    ExprKind::Cast(node) => {
                        let Cast { operand, .. } = &$($mutable)* **node;
                        f(operand);
                    }
                    ExprKind::Access(node) => {
                        let Access { base, path } = &$($mutable)* **node;
                        f(base);
                        for item in path {
                            f(item);
                        }
                    }
                    ExprKind::Case(node) => {
                        let Case { arms, otherwise } = &$($mutable)* **node;
                        for (condition, value) in arms {
                            f(condition);
                            f(value);
                        }
                        f(otherwise);
                    }
                }
            }

            /// Hands the plan directly inside to `f`, if there is one.
            pub fn $plan<'a>(&'a $($mutable)* self, f: &mut dyn FnMut(&'a $($mutable)* Plan)) {
                match &$($mutable)* self.kind {
                    ExprKind::ToScalar(plan) => f($reference(plan)),
                    ExprKind::Member(node) => {
                        if let ValueSet::Plan(plan) = &$($mutable)* node.set {
                            f($reference(plan));
                        }
                    }
                    _ => {}
                }
            }
        }

        impl SourceKind {
            /// Hands each expression directly inside to `f`.
            pub fn $expressions<'a>(&'a $($mutable)* self, f: &mut dyn FnMut(&'a $($mutable)* Expr)) {
                match self {
                    Self::Table { .. }
                    | Self::Tables(_)
                    | Self::LogSource(_)
                    | Self::Unit
                    | Self::Input
                    | Self::Shared(..)
                    | Self::Rows(_)
                    | Self::Correlated(_)
                    | Self::Union(_) => {}
                    Self::External(external) => {
                        for address in &$($mutable)* external.addresses {
                            f(address);
                        }
                    }
                    Self::Range { from, to, step } => {
                        f(from);
                        f(to);
                        f(step);
                    }
                    Self::Call(SourceCall { arguments, .. }) => {
                        for (_, argument) in arguments {
                            $argument(argument, f);
                        }
                    }
                    Self::Evaluate(Evaluate { arguments, aggregates, .. }) => {
                        $aggregate(aggregates, f);
                        for (_, argument) in arguments {
                            $argument(argument, f);
                        }
                    }
                    Self::Foreign(node) => {
                        let ForeignStep { arguments, .. } = &$($mutable)* **node;
                        for (_, argument) in arguments {
                            $argument(argument, f);
                        }
                    }
                }
            }

            /// Hands each plan directly inside to `f`.
            pub fn $plans<'a>(&'a $($mutable)* self, f: &mut dyn FnMut(&'a $($mutable)* Plan)) {
                match self {
                    Self::Union(union) => {
                        for input in &$($mutable)* union.inputs {
                            f(input);
                        }
                    }
                    Self::Call(SourceCall { arguments, .. }) | Self::Evaluate(Evaluate { arguments, .. }) => {
                        for (_, argument) in arguments {
                            if let Argument::Plan(plan) = argument {
                                f(plan);
                            }
                        }
                    }
                    Self::Foreign(node) => {
                        for (_, argument) in &$($mutable)* node.arguments {
                            if let Argument::Plan(plan) = argument {
                                f(plan);
                            }
                        }
                    }
                    Self::Correlated(node) => {
                        for stage in node.$stages() {
                            f(&$($mutable)* stage.events);
                        }
                    }
                    _ => {}
                }
            }
        }

        impl Op {
            /// Hands each expression directly inside to `f`, in the order in which they are written.
            pub fn $expressions<'a>(&'a $($mutable)* self, f: &mut dyn FnMut(&'a $($mutable)* Expr)) {
                match self {
                    Self::Window(_)
                    | Self::Distinct
                    | Self::Serialize
                    | Self::Join(_)
                    | Self::GetSchema
                    | Self::Fork(_)
                    | Self::Consume
                    | Self::Render { .. }
                    | Self::Opaque(_) => {}
                    Self::Filter(expr)
                    | Self::Take(expr)
                    | Self::Sample(expr)
                    | Self::SampleDistinct(expr, _)
                    | Self::Reduce { by: expr, .. } => f(expr),
                    Self::Extend(items) | Self::Project(items, _) => {
                        for item in items {
                            f(&$($mutable)* item.expr);
                        }
                    }
                    Self::Summarize { keys, aggregates } => {
                        for key in keys {
                            f(&$($mutable)* key.expr);
                        }
                        $aggregate(aggregates, f);
                    }
                    Self::Sort(keys) => {
                        for key in keys {
                            f(&$($mutable)* key.expr);
                        }
                    }
                    Self::MvExpand(MvExpand { items, limit, .. }) => {
                        for item in items {
                            f(&$($mutable)* item.expr);
                        }
                        if let Some(limit) = limit {
                            f(limit);
                        }
                    }
                    Self::MakeSeries(node) => {
                        let MakeSeries { items, axis, range, keys, .. } = &$($mutable)* **node;
                        for item in items {
                            f(&$($mutable)* item.expr);
                            $aggregate(&$($mutable)* item.aggregates, f);
                            if let Some(default) = &$($mutable)* item.default {
                                f(default);
                            }
                        }
                        f(axis);
                        match range {
                            SeriesRange::FromTo { from, to, step } => {
                                if let Some(from) = from {
                                    f(from);
                                }
                                if let Some(to) = to {
                                    f(to);
                                }
                                f(step);
                            }
                            SeriesRange::InRange(from, to, step) => {
                                f(from);
                                f(to);
                                f(step);
                            }
                        }
                        for key in keys {
                            f(&$($mutable)* key.expr);
                        }
                    }
                    Self::Parse(Parse { subject, .. }) | Self::ParseKv(ParseKv { subject, .. }) => f(subject),
                    Self::Scan(node) => {
                        let Scan { declared, order, partition, steps, .. } = &$($mutable)* **node;
                        for (_, initial) in declared {
                            if let Some(initial) = initial {
                                f(initial);
                            }
                        }
                        for SortKey { expr, .. } in order {
                            f(expr);
                        }
                        for expr in partition {
                            f(expr);
                        }
                        for step in steps {
                            f(&$($mutable)* step.condition);
                            for (_, value) in &$($mutable)* step.assignments {
                                f(value);
                            }
                        }
                    }
                    Self::Partition(Partition { by, .. }) => f(by),
                    Self::TopNested(levels) => {
                        for level in levels {
                            if let Some(count) = &$($mutable)* level.count {
                                f(count);
                            }
                            f(&$($mutable)* level.of.expr);
                            if let Some(others) = &$($mutable)* level.others {
                                f(others);
                            }
                            $aggregate(&$($mutable)* level.aggregates, f);
                            f(&$($mutable)* level.by.expr);
                        }
                    }
                    Self::TopHitters { count, of, by, .. } => {
                        f(count);
                        f(&$($mutable)* of.expr);
                        if let Some(by) = by {
                            f(by);
                        }
                    }
                    Self::Evaluate(Evaluate { arguments, aggregates, .. }) => {
                        $aggregate(aggregates, f);
                        for (_, argument) in arguments {
                            $argument(argument, f);
                        }
                    }
                    Self::Invoke(SourceCall { arguments, .. }) => {
                        for (_, argument) in arguments {
                            $argument(argument, f);
                        }
                    }
                    Self::Statistics(node) => {
                        let Statistics { keys, aggregates, .. } = &$($mutable)* **node;
                        for key in keys {
                            f(&$($mutable)* key.expr);
                        }
                        for call in aggregates {
                            for argument in &$($mutable)* call.arguments {
                                f(argument);
                            }
                        }
                    }
                    Self::Foreign(node) => {
                        let ForeignStep { arguments, .. } = &$($mutable)* **node;
                        for (_, argument) in arguments {
                            $argument(argument, f);
                        }
                    }
                }
            }

            /// Hands each plan directly inside to `f`; not those inside expressions.
            pub fn $plans<'a>(&'a $($mutable)* self, f: &mut dyn FnMut(&'a $($mutable)* Plan)) {
                match self {
                    Self::Join(Join { right, .. }) => f(right),
                    Self::MvExpand(MvExpand { body: Some(body), .. }) => f(body),
                    Self::Partition(Partition { body, .. }) => f(body),
                    Self::Fork(branches) => {
                        for branch in branches {
                            f(&$($mutable)* branch.plan);
                        }
                    }
                    Self::Invoke(SourceCall { arguments, .. }) | Self::Evaluate(Evaluate { arguments, .. }) => {
                        for (_, argument) in arguments {
                            if let Argument::Plan(plan) = argument {
                                f(plan);
                            }
                        }
                    }
                    Self::Foreign(node) => {
                        for (_, argument) in &$($mutable)* node.arguments {
                            if let Argument::Plan(plan) = argument {
                                f(plan);
                            }
                        }
                    }
                    _ => {}
                }
            }

            /// Hands each column named outside expressions, plans and the schema to `f`: those it makes and those it reads.
            pub fn $columns<'a>(&'a $($mutable)* self, f: &mut dyn FnMut(&'a $($mutable)* ColumnId)) {
                fn outputs<'a>(calls: &'a $($mutable)* Vec<AggregateCall>, f: &mut dyn FnMut(&'a $($mutable)* ColumnId)) {
                    for call in calls {
                        for output in &$($mutable)* call.outputs {
                            f(output);
                        }
                    }
                }
                fn computed<'a>(items: &'a $($mutable)* Vec<Computed>, f: &mut dyn FnMut(&'a $($mutable)* ColumnId)) {
                    for item in items {
                        f(&$($mutable)* item.id);
                    }
                }
                match self {
                    Self::Filter(_)
                    | Self::Distinct
                    | Self::Sort(_)
                    | Self::Serialize
                    | Self::Take(_)
                    | Self::Sample(_)
                    | Self::Reduce { .. }
                    | Self::GetSchema
                    | Self::Invoke(_)
                    | Self::Fork(_)
                    | Self::Consume
                    | Self::Render { .. }
                    | Self::Opaque(_) => {}
                    Self::Window(Window { column, .. }) | Self::SampleDistinct(_, column) => f(column),
                    Self::Extend(items) | Self::Project(items, _) => computed(items, f),
                    Self::Summarize { keys, aggregates } => {
                        computed(keys, f);
                        outputs(aggregates, f);
                    }
                    Self::Join(Join { keys, .. }) => {
                        for (left, right) in keys {
                            f(left);
                            f(right);
                        }
                    }
                    Self::MvExpand(MvExpand { items, index, .. }) => {
                        for item in items {
                            f(&$($mutable)* item.id);
                        }
                        if let Some(index) = index {
                            f(index);
                        }
                    }
                    Self::MakeSeries(node) => {
                        for item in &$($mutable)* node.items {
                            outputs(&$($mutable)* item.aggregates, f);
                            f(&$($mutable)* item.id);
                        }
                        f(&$($mutable)* node.axis_id);
                        computed(&$($mutable)* node.keys, f);
                    }
                    Self::Parse(Parse { segments, .. }) => {
                        for segment in segments {
                            if let ParseSegment::Column(id, _) = segment {
                                f(id);
                            }
                        }
                    }
                    Self::ParseKv(ParseKv { keys, .. }) => {
                        for (_, id) in keys {
                            f(id);
                        }
                    }
                    Self::Scan(node) => {
                        if let Some(id) = &$($mutable)* node.match_id {
                            f(id);
                        }
                        for (id, _) in &$($mutable)* node.declared {
                            f(id);
                        }
                        for step in &$($mutable)* node.steps {
                            for (id, _) in &$($mutable)* step.assignments {
                                f(id);
                            }
                            for (read, of) in &$($mutable)* step.state {
                                f(read);
                                f(of);
                            }
                        }
                    }
                    Self::Partition(Partition { columns, .. }) => {
                        for (outer, inner) in columns {
                            f(outer);
                            f(inner);
                        }
                    }
                    Self::TopNested(levels) => {
                        for level in levels {
                            f(&$($mutable)* level.of.id);
                            outputs(&$($mutable)* level.aggregates, f);
                            f(&$($mutable)* level.by.id);
                        }
                    }
                    Self::TopHitters { of, measure, .. } => {
                        f(&$($mutable)* of.id);
                        f(measure);
                    }
                    Self::Evaluate(Evaluate { aggregates, declared, .. }) => {
                        outputs(aggregates, f);
                        if let Some(declared) = declared {
                            for column in declared {
                                f(&$($mutable)* column.id);
                            }
                        }
                    }
                    Self::Statistics(node) => {
                        let Statistics { keys, aggregates, .. } = &$($mutable)* **node;
                        computed(keys, f);
                        for call in aggregates {
                            f(&$($mutable)* call.output);
                        }
                    }
                    Self::Foreign(node) => {
                        for (_, id) in &$($mutable)* node.makes {
                            f(id);
                        }
                    }
                }
            }
        }
    };
}

walks!([] plan operands expressions plans columns argument_expr aggregate_exprs all_stages readable);
walks!([mut] plan_mut operands_mut expressions_mut plans_mut columns_mut argument_expr_mut aggregate_exprs_mut
    all_stages_mut writable);

impl Expr {
    /// Hands this expression and every one inside it to `f`, parents first; also those inside plans.
    pub fn walk(&self, f: &mut dyn FnMut(&Self)) {
        f(self);
        self.operands(&mut |operand| operand.walk(f));
        self.plan(&mut |plan| plan.walk(&mut |expr| f(expr)));
    }

    /// Hands the outermost plans in this expression to `f`: lists that it looks a value up in, and single values of queries.
    pub fn plans<'a>(&'a self, f: &mut dyn FnMut(&'a Plan)) {
        self.operands(&mut |operand| operand.plans(f));
        self.plan(f);
    }

    /// Changes every expression inside this one and then itself; not those inside plans.
    pub fn fold(&mut self, f: &mut dyn FnMut(&mut Self)) {
        self.operands_mut(&mut |operand| operand.fold(f));
        f(self);
    }

    /// Hands each column read here to `f`; also those inside plans.
    pub fn for_each_column(&self, f: &mut dyn FnMut(ColumnId)) {
        self.walk(&mut |expr| match &expr.kind {
            ExprKind::Column(id) => f(*id),
            ExprKind::Row(columns, _) => columns.iter().for_each(|(_, id)| f(*id)),
            ExprKind::AnyColumn(any) => any.columns.iter().for_each(|id| f(*id)),
            _ => {}
        });
    }

    /// How many nodes it has.
    pub fn weight(&self) -> usize {
        let mut nodes = 0;
        self.walk(&mut |_| nodes += 1);
        nodes
    }
}

impl Plan {
    /// Hands every expression inside to `f`, parents first.
    pub fn walk(&self, f: &mut dyn FnMut(&Expr)) {
        self.source.kind.expressions(&mut |expr| expr.walk(f));
        self.source.kind.plans(&mut |plan| plan.walk(f));
        for step in &self.steps {
            step.op.expressions(&mut |expr| expr.walk(f));
            step.op.plans(&mut |plan| plan.walk(f));
        }
    }

    /// Hands every operator to `f`, also those of plans inside; not those of plans in expressions.
    pub fn operators<'a>(&'a self, f: &mut dyn FnMut(&'a Op)) {
        for step in &self.steps {
            f(&step.op);
            step.op.plans(&mut |plan| plan.operators(f));
        }
        self.source.kind.plans(&mut |plan| plan.operators(f));
    }

    /// Hands this plan and every one inside it to `f`, those in expressions included, but for those that are `left_out`.
    pub fn each<'q>(&'q self, left_out: &dyn Fn(&Self) -> bool, f: &mut dyn FnMut(&'q Self)) {
        if left_out(self) {
            return;
        }
        f(self);
        let mut inside: Vec<&'q Self> = Vec::new();
        self.source.kind.plans(&mut |inner| inside.push(inner));
        self.source.kind.expressions(&mut |expr| expr.plans(&mut |inner| inside.push(inner)));
        for step in &self.steps {
            step.op.plans(&mut |inner| inside.push(inner));
            step.op.expressions(&mut |expr| expr.plans(&mut |inner| inside.push(inner)));
        }
        for inner in inside {
            inner.each(left_out, f);
        }
    }

    /// Changes every plan inside this one, those in expressions included, and then itself.
    pub fn fold_plans(&mut self, f: &mut dyn FnMut(&mut Self)) {
        fn inside(expr: &mut Expr, f: &mut dyn FnMut(&mut Plan)) {
            expr.operands_mut(&mut |operand| inside(operand, f));
            expr.plan_mut(&mut |plan| plan.fold_plans(f));
        }
        self.source.kind.expressions_mut(&mut |expr| inside(expr, f));
        self.source.kind.plans_mut(&mut |plan| plan.fold_plans(f));
        for step in &mut self.steps {
            step.op.expressions_mut(&mut |expr| inside(expr, f));
            step.op.plans_mut(&mut |plan| plan.fold_plans(f));
        }
        f(self);
    }

    /// Changes every expression in the steps and the source, from the inside out; not those of plans inside.
    pub fn fold_exprs(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        self.source.kind.expressions_mut(&mut |expr| expr.fold(f));
        for step in &mut self.steps {
            step.op.expressions_mut(&mut |expr| expr.fold(f));
        }
    }

    /// How many steps and expressions it has, those of plans inside included.
    pub fn weight(&self) -> usize {
        let mut nodes = 1 + self.steps.len();
        self.walk(&mut |_| nodes += 1);
        nodes
    }

    /// A copy in which every column is a twin of the original's: the same plan read in a second place.
    #[must_use]
    pub fn twin(&self, columns: &mut Columns) -> Self {
        let mut twins = HashMap::new();
        let mut copy = self.clone();
        copy.rename(&mut |id| *twins.entry(id).or_insert_with(|| columns.twin(id)));
        copy
    }

    /// Puts other columns in the place of all; plans in expressions refer to nothing outside and stay as they are.
    pub(super) fn rename(&mut self, map: &mut dyn FnMut(ColumnId) -> ColumnId) {
        fn in_expr(expr: &mut Expr, map: &mut dyn FnMut(ColumnId) -> ColumnId) {
            match &mut expr.kind {
                ExprKind::Column(id) => *id = map(*id),
                ExprKind::Row(columns, _) => columns.iter_mut().for_each(|(_, id)| *id = map(*id)),
                ExprKind::AnyColumn(any) => any.columns.iter_mut().for_each(|id| *id = map(*id)),
                _ => {}
            }
            expr.operands_mut(&mut |operand| in_expr(operand, map));
        }
        match &mut self.source.kind {
            SourceKind::Shared(_, pairs) => pairs.iter_mut().for_each(|(twin, _)| *twin = map(*twin)),
            SourceKind::Union(union) => {
                for column in &mut union.columns {
                    column.id = map(column.id);
                    column.from.iter_mut().flatten().for_each(|id| *id = map(*id));
                }
                if let Some((id, _)) = &mut union.source {
                    *id = map(*id);
                }
            }
            SourceKind::Evaluate(Evaluate { declared: Some(declared), .. }) => {
                for column in declared {
                    column.id = map(column.id);
                }
            }
            SourceKind::Foreign(step) => step.makes.iter_mut().for_each(|(_, id)| *id = map(*id)),
            SourceKind::Correlated(node) => {
                node.keys.iter_mut().for_each(|id| *id = map(*id));
                for stage in node.all_stages_mut() {
                    stage.time = map(stage.time);
                    stage.tiebreaker = stage.tiebreaker.map(&mut *map);
                    stage.keys.iter_mut().for_each(|key| key.column = map(key.column));
                }
            }
            _ => {}
        }
        self.source.kind.expressions_mut(&mut |expr| in_expr(expr, map));
        self.source.kind.plans_mut(&mut |plan| plan.rename(map));
        self.source.schema.map_ids(map);
        for step in &mut self.steps {
            step.op.columns_mut(&mut |id| *id = map(*id));
            step.op.expressions_mut(&mut |expr| in_expr(expr, map));
            step.op.plans_mut(&mut |plan| plan.rename(map));
            step.schema.map_ids(map);
        }
    }
}
