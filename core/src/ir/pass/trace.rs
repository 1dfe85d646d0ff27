//! Tracing: which events a record was made of.
//!
//! Unlike other passes this one adds to what a query gives: a hidden column that every table has besides its own, the
//! event's number in an array, is led through every operator. Where records become one, so do their arrays, which
//! may nest for that; only what is inside of them counts. With a *scope* a second hidden column says which of several
//! sets of events a record belongs to, and no operator mixes those: one run of the query then answers for all of them.

use crate::functions::{self, AggregateId, FunctionId, Shape, ValueType};
use crate::ir::{
    AggregateCall, Column, ColumnId, Columns, Computed, Expr, ExprKind, Join, JoinKind, Json, MakeSeries, Name, Op,
    Origin, Plan, Query, Rest, Schema, SourceKind, Step, UnionColumn, ValueSet,
};
use crate::source::Span;
use crate::types::Type;

/// The column that holds an event's number, in an array of one.
pub const EVENT: &str = "$event";
/// The column that holds the number of the set of events.
pub const SCOPE: &str = "$scope";

/// A query with hidden columns behind its own.
#[derive(Clone, Debug)]
pub struct Traced {
    /// The query.
    pub query: Query,
    /// How many columns it had before.
    pub own: usize,
    /// The position in the result of the numbers of the events; nothing where an operator says nothing of them.
    pub events: Option<usize>,
    /// The position in the result of the number of the set of events.
    pub scope: Option<usize>,
}

/// Why the records of several sets of events cannot be kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mixed {
    /// The words of the operator that looks at all records at hand.
    pub span: Span,
}

/// The hidden columns of the records at hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Hidden {
    events: Option<ColumnId>,
    scope: Option<ColumnId>,
}

impl Hidden {
    fn ids(self) -> impl Iterator<Item = ColumnId> {
        [self.events, self.scope].into_iter().flatten()
    }
}

/// Leads the numbers of events through a query; with `scoped` also that of the set they belong to.
///
/// # Errors
/// Where scopes are asked for and an operator looks at more records than those of one scope.
pub fn trace(query: &Query, scoped: bool) -> Result<Traced, Mixed> {
    let mut query = query.clone();
    let Query { columns, shared, plan } = &mut query;
    let mut pass = Pass { columns, scoped, shared: Vec::new() };
    for shared in shared {
        let hidden = pass.plan(&mut shared.plan, Hidden::default())?;
        pass.shared.push(hidden);
    }
    let own = plan.schema().len();
    let hidden = pass.plan(plan, Hidden::default())?;
    if scoped && hidden.scope.is_none() {
        return Err(Mixed { span: plan.source.span });
    }
    let schema = plan.schema();
    let kept: Vec<Column> = schema.iter().filter(|c| !is_hidden(pass.columns, c.id)).cloned().collect();
    let own = own.min(kept.len());
    // Joins and unions leave what they have put together behind.
    let mut items: Vec<Computed> = kept.iter().map(passed).collect();
    let mut result = Schema::new(kept, false);
    let mut place = |id: Option<ColumnId>| {
        let column = schema.iter().find(|c| Some(c.id) == id)?;
        items.push(passed(column));
        result.push(column.clone());
        Some(result.len() - 1)
    };
    let (events, scope) = (place(hidden.events), place(hidden.scope));
    let span = plan.source.span;
    plan.push(Op::Project(items, Rest::Drop), result, span);
    Ok(Traced { query, own, events, scope })
}

fn is_hidden(columns: &Columns, id: ColumnId) -> bool {
    matches!(&*columns[id].name, EVENT | SCOPE)
}

fn passed(column: &Column) -> Computed {
    Computed { id: column.id, expr: Expr::column(column.id, column.ty, Span::default()) }
}

struct Pass<'q> {
    columns: &'q mut Columns,
    scoped: bool,
    /// The hidden columns of each shared plan.
    shared: Vec<Hidden>,
}

const EVENTS_TYPE: ValueType = ValueType::dynamic(Shape::Array(Type::Unknown));

impl Pass<'_> {
    fn new_events(&mut self, span: Span) -> ColumnId {
        self.columns.add(EVENT, EVENTS_TYPE, Origin::Computed, span)
    }

    fn add(&self, schema: &mut Schema, hidden: Hidden) {
        for id in hidden.ids() {
            if !schema.contains(id) {
                let info = &self.columns[id];
                // No name of a query's own has such signs in it, so nothing is hidden by these.
                schema.push(Column { id, name: format!("{}{}", info.name, id.index()).into(), ty: info.ty });
            }
        }
    }

    /// A column of a plan's source: looked up by its name there.
    fn source_columns(&mut self, schema: &mut Schema, table: &Name, span: Span) -> Hidden {
        let origin = || Origin::Table(table.clone());
        let events = self.columns.add(EVENT, EVENTS_TYPE, origin(), span);
        schema.push(Column { id: events, name: EVENT.into(), ty: EVENTS_TYPE });
        let scope = self.scoped.then(|| {
            let scope = self.columns.add(SCOPE, Type::Long, origin(), span);
            schema.push(Column { id: scope, name: SCOPE.into(), ty: Type::Long.into() });
            scope
        });
        Hidden { events: Some(events), scope }
    }

    fn mixed<T>(&self, span: Span) -> Result<T, Mixed> {
        debug_assert!(self.scoped);
        Err(Mixed { span })
    }

    fn plan(&mut self, plan: &mut Plan, input: Hidden) -> Result<Hidden, Mixed> {
        let span = plan.source.span;
        let mut hidden = match &mut plan.source.kind {
            SourceKind::Table { name, .. } | SourceKind::Tables(name) => {
                let name = name.clone();
                self.source_columns(&mut plan.source.schema, &name, span)
            }
            SourceKind::Input => {
                self.add(&mut plan.source.schema, input);
                input
            }
            SourceKind::Shared(id, pairs) => {
                let inner = self.shared.get(id.0 as usize).copied().unwrap_or_default();
                let mut twin = |id: Option<ColumnId>| {
                    let twin = self.columns.twin(id?);
                    pairs.push((twin, id?));
                    Some(twin)
                };
                let hidden = Hidden { events: twin(inner.events), scope: twin(inner.scope) };
                self.add(&mut plan.source.schema, hidden);
                hidden
            }
            SourceKind::Union(union) => {
                let mut inner = Vec::with_capacity(union.inputs.len());
                for input in &mut union.inputs {
                    inner.push(self.plan(input, Hidden::default())?);
                }
                if self.scoped && inner.iter().any(|hidden| hidden.scope.is_none()) {
                    return self.mixed(span);
                }
                let events = inner.iter().any(|hidden| hidden.events.is_some()).then(|| self.new_events(span));
                let scope = self.scoped.then(|| self.columns.add(SCOPE, Type::Long, Origin::Computed, span));
                if let Some(id) = events {
                    union.columns.push(UnionColumn { id, from: inner.iter().map(|hidden| hidden.events).collect() });
                }
                if let Some(id) = scope {
                    union.columns.push(UnionColumn { id, from: inner.iter().map(|hidden| hidden.scope).collect() });
                }
                let hidden = Hidden { events, scope };
                self.add(&mut plan.source.schema, hidden);
                hidden
            }
            _ => Hidden::default(),
        };
        if self.scoped && reads_other_plans(plan) {
            return self.mixed(span);
        }
        let mut steps: Vec<Step> = Vec::with_capacity(plan.steps.len() + 2);
        for mut step in std::mem::take(&mut plan.steps) {
            let after = self.step(&mut step, hidden, steps.last().map_or(&plan.source.schema, |step| &step.schema))?;
            steps.push(step);
            steps.extend(after.extra);
            hidden = after.hidden;
        }
        plan.steps = steps;
        Ok(hidden)
    }

    fn step(&mut self, step: &mut Step, hidden: Hidden, input: &Schema) -> Result<After, Mixed> {
        let span = step.span;
        let mut after = After { hidden, extra: None };
        let alone = |pass: &Self| if pass.scoped { pass.mixed(span) } else { Ok(()) };
        match &mut step.op {
            Op::Filter(_) | Op::Window(_) | Op::Sort(_) | Op::Parse(_) | Op::ParseKv(_) | Op::Render { .. } => {}
            Op::Extend(items) => {
                if items.iter().any(|item| looks_around(&item.expr)) {
                    alone(self)?;
                }
            }
            Op::Take(_) | Op::Sample(_) | Op::Serialize | Op::Scan(_) => alone(self)?,
            Op::Project(items, _) => {
                if items.iter().any(|item| looks_around(&item.expr)) {
                    alone(self)?;
                }
                for id in hidden.ids() {
                    items.push(Computed { id, expr: Expr::column(id, self.columns[id].ty, span) });
                }
            }
            Op::Summarize { keys, aggregates } => {
                if self.scoped {
                    let Some(scope) = hidden.scope.filter(|_| !keys.is_empty()) else { return self.mixed(span) };
                    keys.push(self.key(scope, span));
                } else {
                    after.hidden.scope = None;
                }
                after.hidden.events = hidden.events.and_then(|events| self.gathered(aggregates, events, span));
            }
            Op::Distinct => {
                if input.open {
                    after.hidden = Hidden::default();
                    alone(self)?;
                } else {
                    let own: Vec<Column> =
                        input.iter().filter(|column| !is_hidden(self.columns, column.id)).cloned().collect();
                    let mut keys: Vec<Computed> = own.iter().map(passed).collect();
                    if self.scoped {
                        let Some(scope) = hidden.scope else { return self.mixed(span) };
                        keys.push(self.key(scope, span));
                    } else {
                        after.hidden.scope = None;
                    }
                    let mut aggregates = Vec::new();
                    after.hidden.events = hidden.events.and_then(|events| self.gathered(&mut aggregates, events, span));
                    step.op = Op::Summarize { keys, aggregates };
                }
            }
            Op::Join(join) => return self.join(join, &mut step.schema, hidden, span),
            Op::MvExpand(expand) => {
                if let Some(body) = &mut expand.body {
                    // What happens to the elements of one record sees no other record, whatever it is.
                    let scoped = std::mem::replace(&mut self.scoped, false);
                    let inner = self.plan(body, hidden);
                    self.scoped = scoped;
                    // The set is that of the record, which stays beside what the body makes of its elements.
                    after.hidden = Hidden { scope: hidden.scope, ..inner? };
                    // What the body puts together is of no event where there are no elements.
                    if let (Some(outer), Some(inner)) = (hidden.events, after.hidden.events)
                        && outer != inner
                    {
                        self.add(&mut step.schema, hidden);
                        self.add(&mut step.schema, after.hidden);
                        return Ok(self.together([outer, inner], after.hidden, &step.schema, span));
                    }
                }
            }
            Op::MakeSeries(node) => {
                let MakeSeries { keys, .. } = node.as_mut();
                if self.scoped {
                    let Some(scope) = hidden.scope.filter(|_| !keys.is_empty()) else { return self.mixed(span) };
                    keys.push(self.key(scope, span));
                } else {
                    after.hidden.scope = None;
                }
                after.hidden.events = None;
            }
            Op::Partition(partition) => {
                alone(self)?;
                let inner = self.plan(&mut partition.body, hidden)?;
                after.hidden = Hidden::default();
                // Of a table of its own, a record also depends on the events that gave the key.
                let is_input = matches!(partition.body.source.kind, SourceKind::Input);
                if let Some(events) = inner.events.filter(|_| is_input) {
                    let outer = self.new_events(span);
                    partition.columns.push((outer, events));
                    after.hidden.events = Some(outer);
                }
            }
            _ => {
                alone(self)?;
                after.hidden = Hidden::default();
            }
        }
        self.add(&mut step.schema, after.hidden);
        Ok(after)
    }

    fn key(&self, id: ColumnId, span: Span) -> Computed {
        Computed { id, expr: Expr::column(id, self.columns[id].ty, span) }
    }

    /// All arrays of a group, in an array.
    fn gathered(&mut self, aggregates: &mut Vec<AggregateCall>, events: ColumnId, span: Span) -> Option<ColumnId> {
        let function: AggregateId = functions::aggregate("make_list")?;
        let output = self.new_events(span);
        let arguments = vec![Expr::column(events, EVENTS_TYPE, span)];
        aggregates.push(AggregateCall { function, arguments, open: false, outputs: vec![output], span });
        Some(output)
    }

    fn join(&mut self, join: &mut Join, schema: &mut Schema, left: Hidden, span: Span) -> Result<After, Mixed> {
        let right = self.plan(&mut join.right, Hidden::default())?;
        let kind = join.kind;
        let mut hidden = Hidden::default();
        if self.scoped {
            match (left.scope, right.scope) {
                (Some(mine), Some(theirs)) => join.keys.push((mine, theirs)),
                // What is known beforehand is the same for all, but what has no partner in it has no scope either.
                (Some(_), None) if !kind.gives_right() || matches!(kind, JoinKind::Inner | JoinKind::LeftOuter) => {}
                (Some(_), None) if kind == JoinKind::InnerUnique => return self.mixed(span),
                (None, Some(_)) if kind == JoinKind::Inner => {}
                _ => return self.mixed(span),
            }
            hidden.scope = match kind {
                JoinKind::RightOuter | JoinKind::RightSemi | JoinKind::RightAnti => right.scope,
                JoinKind::FullOuter => return self.mixed(span),
                _ => left.scope.or(right.scope),
            };
            if hidden.scope.is_none() {
                return self.mixed(span);
            }
        }
        let (mine, theirs) = (left.events.filter(|_| kind.gives_left()), right.events.filter(|_| kind.gives_right()));
        let shown = |hidden: Hidden, gives: bool| if gives { hidden } else { Hidden::default() };
        self.add(schema, shown(left, kind.gives_left()));
        self.add(schema, shown(right, kind.gives_right()));
        let (Some(mine), Some(theirs)) = (mine, theirs) else {
            hidden.events = mine.or(theirs);
            return Ok(After { hidden, extra: None });
        };
        Ok(self.together([mine, theirs], hidden, schema, span))
    }

    /// The events of both columns as those of a record.
    fn together(&mut self, sides: [ColumnId; 2], mut hidden: Hidden, schema: &Schema, span: Span) -> After {
        let Some(pack): Option<FunctionId> = functions::scalar("pack_array") else {
            return After { hidden, extra: None };
        };
        let both = self.new_events(span);
        hidden.events = Some(both);
        let sides = sides.map(|id| Expr::column(id, EVENTS_TYPE, span)).to_vec();
        let expr = Expr::new(ExprKind::Call(pack, sides), EVENTS_TYPE, span);
        let mut wider = schema.clone();
        self.add(&mut wider, hidden);
        let extend = Step { op: Op::Extend(vec![Computed { id: both, expr }]), schema: wider, span };
        After { hidden, extra: Some(extend) }
    }
}

/// What a step leaves.
struct After {
    hidden: Hidden,
    /// A step behind it that puts hidden columns together.
    extra: Option<Step>,
}

/// Whether a value depends on other records than the one at hand.
fn looks_around(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |expr| {
        if let ExprKind::Call(function, _) = &expr.kind {
            found |= function.row().window;
        }
    });
    found
}

/// Whether an expression of a plan's own steps looks into a plan that reads events, all of them as they are.
fn reads_other_plans(plan: &Plan) -> bool {
    fn reads_events(plan: &Plan) -> bool {
        let mut found = matches!(
            plan.source.kind,
            SourceKind::Table { .. } | SourceKind::Tables(_) | SourceKind::Shared(..) | SourceKind::Union(_)
        );
        for step in &plan.steps {
            step.op.plans(&mut |inner| found |= reads_events(inner));
        }
        found
    }
    let mut found = false;
    for step in &plan.steps {
        step.op.expressions(&mut |expr| {
            expr.walk(&mut |expr| match &expr.kind {
                ExprKind::ToScalar(inner) => found |= reads_events(inner),
                ExprKind::Member(node) => {
                    if let ValueSet::Plan(inner) = &node.set {
                        found |= reads_events(inner);
                    }
                }
                _ => {}
            });
        });
    }
    found
}

/// The numbers inside nested arrays, ascending, each once.
pub fn numbers(json: &Json) -> Vec<u32> {
    fn gather(json: &Json, into: &mut Vec<u32>) {
        match json {
            Json::Long(number) => into.extend(u32::try_from(*number)),
            Json::Array(items) => items.iter().for_each(|item| gather(item, into)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    gather(json, &mut found);
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bind::bind;
    use crate::schema::{Dialect, Schemas};

    fn traced(text: &str, scoped: bool) -> Result<String, Mixed> {
        let tree = crate::syntax::parse(text).query.unwrap();
        let query = bind(&tree, &Schemas::builtin(Dialect::Sentinel)).query.unwrap();
        trace(&query, scoped).map(|traced| traced.query.to_string())
    }

    #[test]
    fn records_that_become_one_put_their_events_together() {
        for (text, words) in [
            ("SecurityEvent | where EventID == 1 | project Computer", "$event"),
            ("SecurityEvent | summarize count() by Computer", "make_list"),
            ("SecurityEvent | distinct Computer", "make_list"),
            ("SecurityEvent | join kind=inner (SigninLogs) on $left.Account == $right.Identity", "pack_array"),
            ("SecurityEvent | join kind=leftanti (SigninLogs) on $left.Account == $right.Identity", "$event"),
            ("union SecurityEvent, SigninLogs", "$event"),
        ] {
            let plan = traced(text, false).unwrap();
            assert!(plan.contains(words), "{text}\n{plan}");
            let plan = traced(text, true).unwrap();
            assert!(plan.contains(words) && plan.contains(SCOPE), "{text}\n{plan}");
        }
        let anti = "SecurityEvent | join kind=leftanti (SigninLogs) on $left.Account == $right.Identity";
        assert!(!traced(anti, false).unwrap().contains("pack_array"), "what was excepted is no part of a record");
    }

    #[test]
    fn what_looks_at_all_records_is_not_done_for_several_sets_at_once() {
        for text in [
            "SecurityEvent | summarize count()",
            "SecurityEvent | take 3",
            "SecurityEvent | top 3 by TimeGenerated",
            "SecurityEvent | where Computer in ((SecurityEvent | project Computer))",
            "SecurityEvent | where Level == toscalar(SecurityEvent | summarize max(Level))",
            "SecurityEvent | sort by TimeGenerated asc | serialize n = row_number()",
            "datatable(a: long)[1]",
        ] {
            assert!(traced(text, true).is_err(), "{text}");
            assert!(traced(text, false).is_ok(), "{text}");
        }
    }

    /// What a body puts together has lost the set; the record beside it has not.
    #[test]
    fn a_record_keeps_its_set_beside_what_a_body_makes_of_its_elements() {
        for body in ["summarize n = count()", "summarize n = count() by x", "distinct x", "where x > 1"] {
            let text = format!("SecurityEvent | mv-apply x = pack_array(1, 2) to typeof(long) on ({body})");
            let tree = crate::syntax::parse(&text).query.unwrap();
            let query = bind(&tree, &Schemas::builtin(Dialect::Sentinel)).query.unwrap();
            let traced = trace(&query, true).unwrap();
            assert!(traced.scope.is_some(), "{body}");
            let body_of = |step: &Step| match &step.op {
                Op::MvExpand(expand) => expand.body.clone(),
                _ => None,
            };
            let inner = traced.query.plan.steps.iter().find_map(body_of).unwrap();
            let inner = inner.schema();
            let listed = inner.iter().any(|column| column.name.starts_with(SCOPE));
            assert_eq!(listed, body.starts_with("where"), "{body}: what a body lists it would have to give");
            let packs = traced.query.to_string().matches("pack_array").count();
            assert_eq!(packs, if listed { 1 } else { 2 }, "{body}: the record's own events belong to it");
        }
    }

    #[test]
    fn nested_numbers_are_counted_once_in_order() {
        let inner = Json::Array(vec![Json::Long(7), Json::Long(2)]);
        let json = Json::Array(vec![inner.clone(), Json::Array(vec![inner]), Json::Null, Json::Long(1)]);
        assert_eq!(numbers(&json), [1, 2, 7]);
        assert!(numbers(&Json::Null).is_empty());
    }
}
