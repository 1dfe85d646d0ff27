//! Tabular operators.

use super::Binder;
use super::aggregate::values;
use super::call::Given;
use super::projection::{Projection, Style};
use super::table::option_word;
use crate::diagnostic::{Diagnostic, code};
use crate::functions;
use crate::ir::{
    AggregateCall, Column, Computed, Expr, Name, Op, Origin, Plan, Rest, Schema, SortKey, SourceKind, TopNestedLevel,
};
use crate::source::Span;
use crate::syntax::ast::{self, NullsOrder, OperatorKind, SortOrder};
use crate::types::Type;

impl<'a> Binder<'a> {
    /// An operator with nothing piped into it.
    pub(super) fn first_operator(&mut self, op: &'a ast::Operator) -> Plan {
        let span = op.span;
        match &op.kind {
            OperatorKind::Union(sources) => self.union(None, op, sources),
            OperatorKind::Print(items) => self.print(items, span),
            OperatorKind::Range { name, from, to, step } => self.range(name, [from, to, step], span),
            OperatorKind::Find(find) => self.find(find, op),
            OperatorKind::Search(search) => self.search(None, search, op),
            OperatorKind::Evaluate { call, schema } => {
                let plan = Plan::new(SourceKind::Unit, Schema::default(), span);
                self.evaluate(plan, call, schema.as_ref(), span)
            }
            OperatorKind::MacroExpand { statements, .. } => self.macro_expand(statements, span),
            OperatorKind::InlineExternalTable(node) => {
                let columns = node.schema.as_ref().map(|schema| self.declared_columns(schema)).unwrap_or_default();
                let addresses = node.sources.iter().map(|source| self.scalar(source)).collect();
                let options = self.options(&node.properties);
                let kind = SourceKind::External(crate::ir::External { addresses, options });
                Plan::new(kind, Schema::new(columns, node.schema.is_none()), span)
            }
            _ => {
                self.report(
                    Diagnostic::new(&code::OPERATOR_PLACE, op.keyword, "this operator needs records to work on")
                        .label("cannot be the first")
                        .help("put a table and `|` before it"),
                );
                let plan = Self::open_table("", Span::at(span.start as usize));
                self.stage(plan, op)
            }
        }
    }

    /// Operators on the records piped into them, one after the other.
    pub(super) fn stages(&mut self, mut plan: Plan, operators: &'a [ast::Operator]) -> Plan {
        let outer = self.ahead;
        for (index, op) in operators.iter().enumerate() {
            self.ahead = &operators[index..];
            plan = self.stage(plan, op);
        }
        self.ahead = outer;
        plan
    }

    /// An operator on the records piped into it.
    pub(super) fn stage(&mut self, plan: Plan, op: &'a ast::Operator) -> Plan {
        super::deep(|| self.stage_inner(plan, op))
    }

    fn stage_inner(&mut self, mut plan: Plan, op: &'a ast::Operator) -> Plan {
        let span = op.span;
        match &op.kind {
            OperatorKind::Where(item) => {
                let (condition, row) = self.over(&plan, |b| {
                    let condition = b.scalar(&item.expr);
                    b.check_type(&condition, &[Type::Bool], condition.span);
                    condition
                });
                plan.push(Op::Filter(condition), row, span);
                plan
            }
            OperatorKind::Extend(items) => self.extend(plan, items, span),
            OperatorKind::Serialize(items) => {
                plan.push_same(Op::Serialize, span);
                if items.is_empty() { plan } else { self.serialize(plan, items, span) }
            }
            OperatorKind::Project(items) => self.project_plain(plan, items, span),
            OperatorKind::Distinct(items) => self.distinct(plan, items, span),
            OperatorKind::ProjectAway(names) => self.project_away(plan, names, span),
            OperatorKind::ProjectKeep(names) => self.project_keep(plan, names, span),
            OperatorKind::ProjectRename(items) => self.project_rename(plan, items, span),
            OperatorKind::ProjectReorder(items) => self.project_reorder(plan, items, span),
            OperatorKind::ProjectByNames(items) => self.project_by_names(plan, items, span),
            OperatorKind::Summarize(node) => self.summarize(plan, node, span),
            OperatorKind::Count { name } => {
                let name: Name = name.as_ref().map_or("Count", |name| &*name.text).into();
                let id = self.columns.add(name.clone(), Type::Long, Origin::Computed, span);
                let schema = Schema::new([Column { id, name, ty: Type::Long.into() }], false);
                let aggregates = functions::aggregate("count").map(|function| AggregateCall {
                    function,
                    arguments: vec![],
                    open: false,
                    outputs: vec![id],
                    span,
                });
                let aggregates = aggregates.into_iter().collect();
                plan.push(Op::Summarize { keys: Vec::new(), aggregates }, schema, span);
                plan
            }
            OperatorKind::Take(count) => self.counted(plan, &count.expr, span, Op::Take),
            OperatorKind::Sample(count) => self.counted(plan, &count.expr, span, Op::Sample),
            OperatorKind::Sort(items) => {
                let (keys, row) = self.over(&plan, |b| b.sort_keys(items));
                plan.push(Op::Sort(keys), row, span);
                plan
            }
            OperatorKind::Top { count, by } => {
                let ((count, keys), row) = self.over(&plan, |b| {
                    let count = b.scalar(&count.expr);
                    b.check_integer(&count);
                    (count, vec![b.sort_key(by)])
                });
                plan.push(Op::Sort(keys), row, span);
                plan.push_same(Op::Take(count), span);
                plan
            }
            OperatorKind::SampleDistinct { count, of } => self.sample_distinct(plan, count, of, span),
            OperatorKind::TopHitters { count, of, by } => self.top_hitters(plan, count, of, by.as_ref(), span),
            OperatorKind::TopNested(levels) => self.top_nested(plan, levels, span),
            OperatorKind::Join(join) => self.join(plan, join, op),
            OperatorKind::Lookup(join) => self.lookup(plan, join, op),
            OperatorKind::Union(sources) => self.union(Some(plan), op, sources),
            OperatorKind::MvExpand { items, limit } => self.mv_expand(plan, op, items, limit.as_ref()),
            OperatorKind::MvApply { items, limit, body, .. } => self.mv_apply(plan, op, items, limit.as_ref(), body),
            OperatorKind::MakeSeries(node) => self.make_series(plan, node, op),
            OperatorKind::Parse(parse) => self.parse(plan, parse, op, false),
            OperatorKind::ParseWhere(parse) => self.parse(plan, parse, op, true),
            OperatorKind::ParseKv { expr, schema, properties } => self.parse_kv(plan, expr, schema, properties, span),
            OperatorKind::Evaluate { call, schema } => self.evaluate(plan, call, schema.as_ref(), span),
            OperatorKind::Invoke(expr) => self.invoke(plan, expr, span),
            OperatorKind::As(name) => {
                let plan = self.share(plan, &name.text, span);
                let SourceKind::Shared(id, _) = &plan.source.kind else { return plan };
                self.scope.insert_mut(name.text.as_ref().into(), super::Local::Shared(*id));
                plan
            }
            OperatorKind::Partition(node) => self.partition(plan, node, span),
            OperatorKind::PartitionBy { by, body, .. } => self.partition_by(plan, by, body, span),
            OperatorKind::Scan(scan) => self.scan(plan, scan, op),
            OperatorKind::Search(search) => self.search(Some(plan), search, op),
            OperatorKind::Reduce { by, properties } => self.reduce(plan, by, properties, op),
            OperatorKind::GetSchema => self.get_schema(plan, op),
            OperatorKind::Fork(branches) => self.fork(plan, branches, span),
            OperatorKind::Facet { by, with } => self.facet(plan, by, with.as_ref(), span),
            OperatorKind::Consume => {
                plan.push(Op::Consume, Schema::default(), span);
                plan
            }
            OperatorKind::Render { chart, .. } => {
                plan.push_same(Op::Render { chart: chart.text.as_ref().into() }, span);
                plan
            }
            OperatorKind::AssertSchema(schema) => {
                self.assert_schema(&plan, schema);
                plan
            }
            OperatorKind::ExecuteAndCache => plan,
            OperatorKind::Print(_)
            | OperatorKind::Range { .. }
            | OperatorKind::Find(_)
            | OperatorKind::InlineExternalTable(_) => {
                self.report(
                    Diagnostic::new(&code::OPERATOR_PLACE, op.keyword, "this operator takes no records")
                        .label("must be the first"),
                );
                self.first_operator(op)
            }
            OperatorKind::MacroExpand { statements, .. } => self.macro_expand(statements, span),
            OperatorKind::GraphMarkComponents
            | OperatorKind::GraphMatch(_)
            | OperatorKind::GraphShortestPaths(_)
            | OperatorKind::GraphToTable(_)
            | OperatorKind::GraphWhereEdges(_)
            | OperatorKind::GraphWhereNodes(_)
            | OperatorKind::MakeGraph(_) => self.graph(plan, op),
        }
    }

    /// Binds something over the records of a plan; gives their columns, those assumed included.
    pub(super) fn over<R>(&mut self, plan: &Plan, f: impl FnOnce(&mut Self) -> R) -> (R, Schema) {
        self.with_row(plan.schema().clone(), f)
    }

    fn counted(&mut self, mut plan: Plan, count: &'a ast::Expr, span: Span, op: fn(Expr) -> Op) -> Plan {
        let (count, row) = self.over(&plan, |b| {
            let count = b.scalar(count);
            b.check_integer(&count);
            count
        });
        plan.push(op(count), row, span);
        plan
    }

    fn print(&mut self, items: &'a [ast::NamedExpr], span: Span) -> Plan {
        let mut plan = Plan::new(SourceKind::Unit, Schema::default(), span);
        let mut projection = Projection::empty(false);
        for (index, item) in items.iter().enumerate() {
            let value = self.value(&item.expr);
            self.project(&mut projection, item, value, Style::Print, None, Some(&format!("print_{index}")));
        }
        plan.push(Op::Project(projection.computed, Rest::Drop), projection.schema, span);
        plan
    }

    fn range(&mut self, name: &ast::Name, bounds: [&'a ast::Expr; 3], span: Span) -> Plan {
        let [from, to, step] = bounds.map(|bound| {
            let value = self.scalar(bound);
            let summable =
                [Type::Long, Type::Int, Type::Real, Type::Decimal, Type::DateTime, Type::TimeSpan, Type::Dynamic];
            self.check_type(&value, &summable, value.span);
            value
        });
        let ends = from.ty.ty.widest(to.ty.ty).unwrap_or(from.ty.ty);
        let ty = match (ends, step.ty.ty) {
            (Type::Int, Type::Int) => Type::Int,
            (Type::DateTime, _) => Type::DateTime,
            (ends, step) => ends.widest(step).unwrap_or(ends).promoted(),
        };
        let name: Name = name.text.as_ref().into();
        let id = self.columns.add(name.clone(), ty, Origin::Computed, span);
        let schema = Schema::new([Column { id, name, ty: ty.into() }], false);
        let kind = SourceKind::Range { from: Box::new(from), to: Box::new(to), step: Box::new(step) };
        Plan::new(kind, schema, span)
    }

    /// The keys of a sort.
    pub(super) fn sort_keys(&mut self, items: &'a [ast::SortItem]) -> Vec<SortKey> {
        items
            .iter()
            .map(|item| {
                let key = self.sort_key(item);
                self.check_not_dynamic(key.expr.ty, item.span, "`sort`");
                key
            })
            .collect()
    }

    pub(super) fn sort_key(&mut self, item: &'a ast::SortItem) -> SortKey {
        let expr = self.scalar(&item.expr.expr);
        let descending = !matches!(item.order, Some(SortOrder::Asc | SortOrder::GrannyAsc));
        let nulls_first = item.nulls.map_or(!descending, |nulls| nulls == NullsOrder::First);
        SortKey { expr, descending, nulls_first }
    }

    fn sample_distinct(
        &mut self,
        mut plan: Plan,
        count: &'a ast::NamedExpr,
        of: &'a ast::NamedExpr,
        span: Span,
    ) -> Plan {
        let ((count, projection), _) = self.over(&plan, |b| {
            let count = b.scalar(&count.expr);
            b.check_integer(&count);
            let value = b.value(&of.expr);
            for expr in values(&value) {
                if b.check_column(expr).is_some() {
                    b.check_not_dynamic(expr.ty, expr.span, "`sample-distinct`");
                }
            }
            let mut projection = Projection::empty(b.row.as_ref().is_some_and(|row| row.open));
            b.project(&mut projection, of, value, Style::Plain, None, None);
            (count, projection)
        });
        let Some(column) = projection.schema.at(0).map(|c| c.id) else { return plan };
        plan.push(Op::Project(projection.computed, Rest::Drop), projection.schema, span);
        plan.push_same(Op::SampleDistinct(count, column), span);
        plan
    }

    fn top_hitters(
        &mut self,
        mut plan: Plan,
        count: &'a ast::NamedExpr,
        of: &'a ast::NamedExpr,
        by: Option<&'a ast::NamedExpr>,
        span: Span,
    ) -> Plan {
        let ((op, schema), _) = self.over(&plan, |b| {
            let count = b.scalar(&count.expr);
            b.check_integer(&count);
            let value = b.value(&of.expr);
            for expr in values(&value) {
                b.check_column(expr);
            }
            let mut projection = Projection::empty(b.row.as_ref().is_some_and(|row| row.open));
            b.project(&mut projection, of, value, Style::Plain, None, None);
            let (name, ty, by) = if let Some(by) = by {
                let value = b.scalar(&by.expr);
                let numeric = [Type::Long, Type::Int, Type::Real, Type::Decimal, Type::Dynamic];
                b.check_type(&value, &numeric, value.span);
                let name = format!("approximate_sum_{}", b.argument_name(by).unwrap_or_default());
                (name, value.ty, Some(value))
            } else {
                let name = format!("approximate_count_{}", b.argument_name(of).unwrap_or_default());
                (name, Type::Long.into(), None)
            };
            let measure = b.columns.add(name.as_str(), ty, Origin::Computed, span);
            let mut schema = projection.schema;
            schema.push(Column { id: measure, name: name.into(), ty });
            let of = projection.computed.into_iter().next();
            (of.map(|of| Op::TopHitters { count, of, by, measure }), schema)
        });
        if let Some(op) = op {
            plan.push(op, schema, span);
        }
        plan
    }

    fn top_nested(&mut self, mut plan: Plan, levels: &'a [ast::TopNestedLevel], span: Span) -> Plan {
        let ((levels, schema), _) = self.over(&plan, |b| {
            let mut schema = Schema::new([], b.row.as_ref().is_some_and(|row| row.open));
            let mut names = super::name::UniqueNames::default();
            let mut bound = Vec::with_capacity(levels.len());
            for level in levels {
                let count = level.count.as_ref().map(|count| {
                    let count = b.scalar(&count.expr);
                    b.check_integer(&count);
                    count
                });
                let of = b.scalar(&level.of.expr);
                let others = level.others.as_ref().map(|others| b.scalar(others));
                let (by, aggregates) = b.with_aggregates(|b| b.scalar(&level.by.expr.expr));
                let of_name: Name = b.argument_name(&level.of).unwrap_or_default().into();
                let of_name = names.claim(&of_name, &of_name, &|_| false);
                let by_name: Name = match &level.by.expr.names {
                    ast::Names::One(name) => name.text.as_ref().into(),
                    _ => format!("aggregated_{of_name}").into(),
                };
                let by_name = names.claim(&by_name, &by_name, &|_| false);
                let of = b.named(&of_name, of, &mut schema, span);
                let by = b.named(&by_name, by, &mut schema, span);
                let descending = !matches!(level.by.order, Some(SortOrder::Asc | SortOrder::GrannyAsc));
                bound.push(TopNestedLevel { count, of, others, by, aggregates, descending });
            }
            (bound, schema)
        });
        plan.push(Op::TopNested(levels), schema, span);
        plan
    }

    /// A column that holds an expression, appended to a schema.
    pub(super) fn named(&mut self, name: &Name, expr: Expr, schema: &mut Schema, span: Span) -> Computed {
        let ty = expr.ty;
        let id = match expr.as_column() {
            Some(id) if !schema.contains(id) && self.columns[id].name == *name => id,
            _ => self.columns.add(name.clone(), ty, Origin::Computed, span),
        };
        schema.push(Column { id, name: name.clone(), ty });
        Computed { id, expr }
    }

    fn reduce(
        &mut self,
        mut plan: Plan,
        by: &'a ast::NamedExpr,
        properties: &'a [ast::Parameter],
        op: &'a ast::Operator,
    ) -> Plan {
        let (by, row) = self.over(&plan, |b| {
            let by = b.scalar(&by.expr);
            b.check_type(&by, &[Type::String], by.span);
            by
        });
        let source = option_word(&op.parameters, "kind") == Some("source");
        let mut schema = if source { row } else { Schema::default() };
        for (name, ty) in [("Pattern", Type::String), ("Count", Type::Long), ("Representative", Type::String)] {
            let id = self.columns.add(name, ty, Origin::Computed, op.span);
            schema.push(Column { id, name: name.into(), ty: ty.into() });
        }
        let options = self.options(properties);
        plan.push(Op::Reduce { by, options }, schema, op.span);
        plan
    }

    fn get_schema(&mut self, mut plan: Plan, op: &'a ast::Operator) -> Plan {
        let csl = option_word(&op.parameters, "kind") == Some("csl");
        let columns: &[(&str, Type)] = if csl {
            &[("Schema", Type::String)]
        } else {
            &[
                ("ColumnName", Type::String),
                ("ColumnOrdinal", Type::Long),
                ("DataType", Type::String),
                ("ColumnType", Type::String),
            ]
        };
        let schema = self.fresh(columns, op.span);
        plan.push(Op::GetSchema, schema, op.span);
        plan
    }

    /// New columns.
    fn fresh(&mut self, columns: &[(&str, Type)], span: Span) -> Schema {
        let columns: Vec<Column> = columns
            .iter()
            .map(|(name, ty)| {
                let id = self.columns.add(*name, *ty, Origin::Computed, span);
                Column { id, name: (*name).into(), ty: (*ty).into() }
            })
            .collect();
        Schema::new(columns, false)
    }

    /// The type of an argument of a plugin, a scalar or a table.
    pub(super) fn plugin_argument(&mut self, expr: &'a ast::Expr) -> Given {
        self.given(expr, true)
    }
}
