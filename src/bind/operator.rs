//! Tabular operators.

use std::collections::HashSet;

use super::aggregate::values;
use super::call::Given;
use super::projection::{Projection, Style};
use super::table::option_word;
use super::{Binder, Either};
use crate::diagnostic::{Diagnostic, code};
use crate::functions;
use crate::ir::{
    AggregateCall, Branch, Column, ColumnId, Computed, Expr, Name, Op, Origin, ParseKind, ParseSegment, Partition,
    Plan, Rest, Schema, SortKey, SourceKind, TopNestedLevel,
};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind as Ast, NullsOrder, OperatorKind, PartitionBody, SortOrder};
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
                let plan = self.open_table("", Span::at(span.start as usize));
                self.stage(plan, op)
            }
        }
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
            OperatorKind::AssertSchema(_) | OperatorKind::ExecuteAndCache => plan,
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

    fn extend(&mut self, mut plan: Plan, items: &'a [ast::NamedExpr], span: Span) -> Plan {
        let input = plan.schema().clone();
        let (values, row) = self.with_row(input, |b| {
            let values: Vec<_> = items.iter().map(|item| (item, b.value(&item.expr))).collect();
            let mut projection = Projection::of(&b.row.clone().unwrap_or_default());
            for (item, value) in values {
                b.project(&mut projection, item, value, Style::Extend, None, None);
            }
            projection
        });
        let _ = row;
        plan.push(Op::Extend(values.computed), values.schema, span);
        plan
    }

    fn serialize(&mut self, mut plan: Plan, items: &'a [ast::NamedExpr], span: Span) -> Plan {
        let (projection, _) = self.over(&plan, |b| {
            let values: Vec<_> = items.iter().map(|item| (item, b.value(&item.expr))).collect();
            let mut projection = Projection::of(&b.row.clone().unwrap_or_default());
            for (item, value) in values {
                b.project(&mut projection, item, value, Style::Plain, None, None);
            }
            projection
        });
        plan.push(Op::Extend(projection.computed), projection.schema, span);
        plan
    }

    fn project_plain(&mut self, mut plan: Plan, items: &'a [ast::NamedExpr], span: Span) -> Plan {
        let (projection, _) = self.over(&plan, |b| {
            let mut projection = Projection::empty(b.row.as_ref().is_some_and(|row| row.open));
            for item in items {
                let value = b.value(&item.expr);
                b.project(&mut projection, item, value, Style::Plain, None, None);
            }
            projection
        });
        plan.push(Op::Project(projection.computed, Rest::Drop), projection.schema, span);
        plan
    }

    fn distinct(&mut self, mut plan: Plan, items: &'a [ast::NamedExpr], span: Span) -> Plan {
        let ((projection, all), _) = self.over(&plan, |b| {
            let mut projection = Projection::empty(b.row.as_ref().is_some_and(|row| row.open));
            let mut all = false;
            for item in items {
                if matches!(item.expr.kind, Ast::Star) {
                    all = true;
                    let row = b.row.clone().unwrap_or_default();
                    for column in row.iter() {
                        b.check_not_dynamic(column.ty, item.span, "`distinct`");
                        let expr = Expr::column(column.id, column.ty, item.span);
                        b.add_column(&mut projection, &column.name, None, (expr, Some(column.id)), true, item.span);
                    }
                } else {
                    let value = b.value(&item.expr);
                    for expr in values(&value) {
                        b.check_not_dynamic(expr.ty, item.expr.span, "`distinct`");
                    }
                    b.project(&mut projection, item, value, Style::Plain, None, None);
                }
            }
            (projection, all)
        });
        let rest = if all { Rest::KeepBut(Vec::new()) } else { Rest::Drop };
        plan.push(Op::Project(projection.computed, rest), projection.schema, span);
        plan.push_same(Op::Distinct, span);
        plan
    }

    /// The columns that a list of names means, wildcards included.
    fn listed(&mut self, row: &Schema, names: &'a [ast::Name]) -> (HashSet<ColumnId>, Vec<Name>) {
        let (mut listed, mut open) = (HashSet::new(), Vec::new());
        for name in names {
            open.push(name.text.as_ref().into());
            let found: Vec<ColumnId> = matching(row, name).map(|c| c.id).collect();
            if found.is_empty() && !row.open {
                self.with_row(row.clone(), |b| b.unknown_name(&name.text, name.span));
            }
            listed.extend(found);
        }
        (listed, open)
    }

    fn project_away(&mut self, mut plan: Plan, names: &'a [ast::Name], span: Span) -> Plan {
        let row = plan.schema().clone();
        let (away, rest) = self.listed(&row, names);
        let kept: Vec<Column> = row.iter().filter(|c| !away.contains(&c.id)).cloned().collect();
        let rest = if row.open { Rest::KeepBut(rest) } else { Rest::Drop };
        plan.push(Op::Project(pass(&kept, span), rest), Schema::new(kept, row.open), span);
        plan
    }

    fn project_keep(&mut self, mut plan: Plan, names: &'a [ast::Name], span: Span) -> Plan {
        let row = plan.schema().clone();
        let (listed, rest) = self.listed(&row, names);
        let mut kept: Vec<Column> = row.iter().filter(|c| listed.contains(&c.id)).cloned().collect();
        if row.open {
            for name in names.iter().filter(|name| !name.is_wildcard() && row.get(&name.text).is_none()) {
                let id = self.columns.add(name.text.as_ref(), Type::Unknown, Origin::Assumed, name.span);
                kept.push(Column { id, name: name.text.as_ref().into(), ty: Type::Unknown.into() });
            }
        }
        let rest = if row.open { Rest::KeepOnly(rest) } else { Rest::Drop };
        plan.push(Op::Project(pass(&kept, span), rest), Schema::new(kept, row.open), span);
        plan
    }

    fn project_rename(&mut self, mut plan: Plan, items: &'a [ast::NamedExpr], span: Span) -> Plan {
        let ((columns, renamed), _) = self.over(&plan, |b| {
            let mut renames: Vec<(Name, ColumnId)> = Vec::new();
            let mut declared: HashSet<Name> = HashSet::new();
            let mut old = Vec::new();
            for item in items {
                let ast::Names::One(name) = &item.names else {
                    let _ = b.scalar(&item.expr);
                    b.report(
                        Diagnostic::new(&code::RENAME_EXPECTED, item.span, "`project-rename` takes `New = Old`")
                            .label("no new name"),
                    );
                    continue;
                };
                let value = b.scalar(&item.expr);
                let Some(id) = b.check_column(&value) else { continue };
                let new: Name = name.text.as_ref().into();
                let taken = b
                    .row
                    .as_ref()
                    .and_then(|row| row.get(&new))
                    .is_some_and(|c| c.id != id && !renames.iter().any(|(_, renamed)| *renamed == c.id));
                if taken || !declared.insert(new.clone()) {
                    let message = format!("a column `{new}` is declared already");
                    b.simple(&code::DUPLICATE_COLUMN, name.span, message);
                    continue;
                }
                if let Some(text) = b.column_name(id) {
                    old.push(text);
                }
                renames.push((new, id));
            }
            let row = b.row.clone().unwrap_or_default();
            let columns: Vec<Column> = row
                .iter()
                .map(|c| match renames.iter().find(|(_, id)| *id == c.id) {
                    Some((name, _)) => Column { name: name.clone(), ..c.clone() },
                    None => c.clone(),
                })
                .collect();
            (Schema::new(columns, row.open), old)
        });
        let all: Vec<Column> = columns.iter().cloned().collect();
        let rest = if columns.open { Rest::KeepBut(renamed) } else { Rest::Drop };
        plan.push(Op::Project(pass(&all, span), rest), columns, span);
        plan
    }

    fn project_reorder(&mut self, mut plan: Plan, items: &'a [ast::ReorderItem], span: Span) -> Plan {
        let row = plan.schema().clone();
        let mut order: Vec<Column> = Vec::with_capacity(row.len());
        let mut placed = HashSet::new();
        let mut assumed = Vec::new();
        for item in items {
            let mut found: Vec<Column> = matching(&row, &item.name).cloned().collect();
            if found.is_empty() {
                if row.open && !item.name.is_wildcard() {
                    let name: Name = item.name.text.as_ref().into();
                    let id = self.columns.add(name.clone(), Type::Unknown, Origin::Assumed, item.name.span);
                    found.push(Column { id, name, ty: Type::Unknown.into() });
                    assumed.extend(found.iter().cloned());
                } else if !row.open {
                    self.with_row(row.clone(), |b| b.unknown_name(&item.name.text, item.name.span));
                }
            }
            if let Some(by) = item.order.filter(|_| found.len() > 1) {
                sort_names(&mut found, by);
            }
            order.extend(found.into_iter().filter(|c| placed.insert(c.id)));
        }
        order.extend(row.iter().filter(|c| placed.insert(c.id)).cloned());
        let rest = if row.open { Rest::KeepBut(Vec::new()) } else { Rest::Drop };
        plan.push(Op::Project(pass(&order, span), rest), Schema::new(order, row.open), span);
        plan
    }

    fn project_by_names(&mut self, mut plan: Plan, items: &'a [ast::Expr], span: Span) -> Plan {
        let ((columns, open), _) = self.over(&plan, |b| {
            let row = b.row.clone().unwrap_or_default();
            let mut columns: Vec<Column> = Vec::new();
            let mut placed = HashSet::new();
            for item in items {
                let names: Vec<String> = match &item.kind {
                    Ast::Name(name) if !b.scope.contains_key(&*name.text) => vec![name.text.to_string()],
                    _ => {
                        let value = b.scalar(item);
                        let elements = value.as_literal().and_then(crate::ir::Value::elements);
                        let texts = elements.unwrap_or_else(|| value.as_literal().cloned().into_iter().collect());
                        texts.iter().filter_map(|text| text.as_str().map(ToOwned::to_owned)).collect()
                    }
                };
                for name in names {
                    let fits = row.iter().filter(|c| crate::schema::matches_wildcard(&name, &c.name));
                    columns.extend(fits.filter(|c| placed.insert(c.id)).cloned());
                }
            }
            (columns, row.open)
        });
        plan.push(Op::Project(pass(&columns, span), Rest::Drop), Schema::new(columns, open), span);
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
            let (name, ty, by) = match by {
                Some(by) => {
                    let value = b.scalar(&by.expr);
                    let numeric = [Type::Long, Type::Int, Type::Real, Type::Decimal, Type::Dynamic];
                    b.check_type(&value, &numeric, value.span);
                    let name = format!("approximate_sum_{}", b.argument_name(by).unwrap_or_default());
                    (name, value.ty, Some(value))
                }
                None => {
                    let name = format!("approximate_count_{}", b.argument_name(of).unwrap_or_default());
                    (name, Type::Long.into(), None)
                }
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

    fn parse(&mut self, mut plan: Plan, node: &'a ast::Parse, op: &'a ast::Operator, filter: bool) -> Plan {
        let span = op.span;
        let (subject, row) = self.over(&plan, |b| b.scalar(&node.expr));
        let mut schema = row;
        let mut segments = Vec::with_capacity(node.pattern.len());
        let mut declared = HashSet::new();
        let mut before: Option<&ast::ParseSegment> = None;
        for (index, part) in node.pattern.iter().enumerate() {
            self.check_segment(part, before, node.pattern.get(index + 1));
            before = Some(part);
            let (name, ty) = match part {
                ast::ParseSegment::Star(_) => {
                    segments.push(ParseSegment::Skip);
                    continue;
                }
                ast::ParseSegment::Text(literal) => {
                    let text = match &literal.kind {
                        ast::LiteralKind::String(text) => &*text.value,
                        _ => &*literal.raw,
                    };
                    segments.push(ParseSegment::Text(text.into()));
                    continue;
                }
                ast::ParseSegment::Column(name) => (name, Type::String),
                ast::ParseSegment::TypedColumn(column) => (&column.name, self.named_type(&column.ty)),
            };
            let text: Name = name.text.as_ref().into();
            if !declared.insert(text.clone()) {
                let message = format!("a column `{text}` is declared already");
                self.simple(&code::DUPLICATE_COLUMN, name.span, message);
                continue;
            }
            let id = self.columns.add(text.clone(), ty, Origin::Computed, name.span);
            schema.push(Column { id, name: text, ty: ty.into() });
            segments.push(ParseSegment::Column(id, ty));
        }
        let kind = match option_word(&op.parameters, "kind") {
            Some("regex") => ParseKind::Regex,
            Some("relaxed") => ParseKind::Relaxed,
            _ => ParseKind::Simple,
        };
        let flags = option_word(&op.parameters, "flags").unwrap_or_default().into();
        let schema = without_hidden(&schema);
        plan.push(Op::Parse(crate::ir::Parse { subject, kind, flags, segments, filter }), schema, span);
        plan
    }

    /// Reports a part of a `parse` pattern that cannot follow the one before.
    fn check_segment(
        &mut self,
        part: &ast::ParseSegment,
        before: Option<&ast::ParseSegment>,
        after: Option<&ast::ParseSegment>,
    ) {
        let is_text = |part: &ast::ParseSegment| matches!(part, ast::ParseSegment::Text(_));
        match part {
            ast::ParseSegment::Star(span) => {
                if after.is_some_and(|after| !is_text(after)) {
                    self.simple(&code::PARSE_PATTERN, *span, "a text has to follow `*`");
                }
                let string = match before {
                    Some(ast::ParseSegment::Column(_)) => true,
                    Some(ast::ParseSegment::TypedColumn(column)) => Type::parse(&column.ty.text) == Some(Type::String),
                    _ => false,
                };
                if string {
                    self.simple(&code::PARSE_PATTERN, *span, "where a string ends before `*` is anybody's guess");
                }
            }
            ast::ParseSegment::Column(name) => {
                if before.is_some_and(|before| !is_text(before)) {
                    self.simple(&code::PARSE_PATTERN, name.span, "a text has to stand before a column");
                }
            }
            ast::ParseSegment::TypedColumn(column) => {
                if before.is_some_and(|before| !is_text(before)) {
                    self.simple(&code::PARSE_PATTERN, column.span, "a text has to stand before a column");
                }
            }
            ast::ParseSegment::Text(_) => {}
        }
    }

    fn parse_kv(
        &mut self,
        mut plan: Plan,
        expr: &'a ast::Expr,
        keys: &'a ast::RowSchema,
        properties: &'a [ast::Parameter],
        span: Span,
    ) -> Plan {
        let (subject, row) = self.over(&plan, |b| b.scalar(expr));
        let columns = self.declared_columns(keys);
        let options = self.options(properties);
        let mut schema = row;
        let keys = columns.iter().map(|c| (c.name.clone(), c.id)).collect();
        for column in columns {
            schema.push(column);
        }
        let schema = without_hidden(&schema);
        plan.push(Op::ParseKv(crate::ir::ParseKv { subject, keys, options }), schema, span);
        plan
    }

    fn partition(&mut self, plan: Plan, node: &'a ast::Partition, span: Span) -> Plan {
        match &node.body {
            PartitionBody::SubQuery(body) => self.partition_by(plan, &node.by, body, span),
            PartitionBody::Query(query) => {
                let (by, row) = self.over(&plan, |b| b.scalar(&node.by));
                let outer = self.scope.clone();
                if let (Some(id), Some(name)) = (by.as_column(), self.result_name(&node.by)) {
                    self.scope.insert_mut(name.into(), super::Local::Column(id, by.ty));
                }
                let body = self.without_row(|b| b.table(query));
                self.scope = outer;
                self.partitioned(plan, by, body, row.open, span)
            }
        }
    }

    fn partition_by(&mut self, plan: Plan, by: &'a ast::Expr, body: &'a ast::Expr, span: Span) -> Plan {
        let (by, row) = self.over(&plan, |b| {
            let by = b.scalar(by);
            if b.check_column(&by).is_some() {
                b.check_not_dynamic(by.ty, by.span, "`partition by`");
            }
            by
        });
        let open = row.open;
        let input = Plan::new(SourceKind::Input, row, span);
        let body = self.sub_query(input, body);
        self.partitioned(plan, by, body, open, span)
    }

    fn partitioned(&mut self, mut plan: Plan, by: Expr, body: Plan, open: bool, span: Span) -> Plan {
        let inner = body.schema().clone();
        let mut columns = Vec::with_capacity(inner.len());
        let schema: Vec<Column> = inner
            .iter()
            .map(|column| {
                let twin = self.columns.twin(column.id);
                columns.push((twin, column.id));
                Column { id: twin, ..column.clone() }
            })
            .collect();
        let schema = Schema::new(schema, inner.open || open);
        plan.push(Op::Partition(Partition { by, body: Box::new(body), columns }), schema, span);
        plan
    }

    /// Operators that work on records handed in, not on a table they name.
    pub(super) fn sub_query(&mut self, input: Plan, expr: &'a ast::Expr) -> Plan {
        match &expr.kind {
            Ast::Operator(op) => self.stage(input, op),
            Ast::Paren(inner) => self.sub_query(input, inner),
            Ast::Pipe(pipe) => {
                let mut plan = self.sub_query(input, &pipe.source);
                for op in &pipe.stages {
                    plan = self.stage(plan, op);
                }
                plan
            }
            _ => self.without_row(|b| b.table(expr)),
        }
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

    fn fork(&mut self, mut plan: Plan, branches: &'a [ast::ForkBranch], span: Span) -> Plan {
        let mut bound: Vec<Branch> = Vec::with_capacity(branches.len());
        for branch in branches {
            let input = Plan::new(SourceKind::Input, plan.schema().clone(), branch.span);
            let body = self.sub_query(input, &branch.body);
            let name = match (&branch.name, bound.len()) {
                (Some(name), _) => name.text.as_ref().into(),
                (None, 0) => "Results".into(),
                (None, index) => format!("Results_{}", index + 1).into(),
            };
            bound.push(Branch { name, plan: body });
        }
        let schema = bound.first().map(|branch| branch.plan.schema().clone()).unwrap_or_default();
        plan.push(Op::Fork(bound), schema, span);
        plan
    }

    fn facet(&mut self, mut plan: Plan, by: &'a [ast::Expr], with: Option<&'a ast::Expr>, span: Span) -> Plan {
        let input = plan.schema().clone();
        let mut branches = Vec::new();
        if let Some(with) = with {
            let body = self.sub_query(Plan::new(SourceKind::Input, input.clone(), with.span), with);
            branches.push(Branch { name: "With".into(), plan: body });
        }
        for (index, column) in by.iter().enumerate() {
            let (value, row) = self.with_row(input.clone(), |b| {
                let value = b.scalar(column);
                if b.check_column(&value).is_some() {
                    b.check_not_dynamic(value.ty, value.span, "`facet by`");
                }
                value
            });
            let mut body = Plan::new(SourceKind::Input, row, column.span);
            let name: Name = self.result_name(column).unwrap_or_default().into();
            let mut schema = Schema::default();
            let key = self.named(&name, value, &mut schema, column.span);
            let measure: Name = format!("count_{name}").into();
            let id = self.columns.add(measure.clone(), Type::Long, Origin::Computed, column.span);
            schema.push(Column { id, name: measure, ty: Type::Long.into() });
            let span = column.span;
            let aggregates = functions::aggregate("count").map(|function| AggregateCall {
                function,
                arguments: vec![],
                open: false,
                outputs: vec![id],
                span,
            });
            let aggregates = aggregates.into_iter().collect();
            body.push(Op::Summarize { keys: vec![key], aggregates }, schema, span);
            let name = if index == 0 { "Facet".into() } else { format!("Facet_{}", index + 1).into() };
            branches.push(Branch { name, plan: body });
        }
        let schema = branches.first().map(|branch| branch.plan.schema().clone()).unwrap_or_default();
        plan.push(Op::Fork(branches), schema, span);
        plan
    }

    fn invoke(&mut self, plan: Plan, expr: &'a ast::Expr, span: Span) -> Plan {
        let call = match &expr.kind {
            Ast::Call(call) => call,
            Ast::Paren(inner) => return self.invoke(plan, inner, span),
            _ => {
                let mut plan = plan;
                let name = self.result_name(expr).unwrap_or_default();
                let call = crate::ir::SourceCall { name: name.into(), arguments: Vec::new() };
                plan.push(Op::Invoke(call), Schema::new([], true), span);
                return plan;
            }
        };
        let name = &*call.name.text;
        if let Some(super::Local::Function(function)) = self.scope.get(name).cloned() {
            return match self.expand(&function, &call.arguments, Some(plan), expr.span) {
                Some(Either::Table(plan)) => plan,
                Some(Either::Scalar(value)) => self.scalar_plan(value),
                None => self.open_table(name, expr.span),
            };
        }
        let arguments = self.without_row(|b| b.call_arguments(call));
        if let Some(function) = self.schemas.function(name) {
            return self.stored(&function, arguments, Some(plan), span);
        }
        if !self.scope.contains_key(name) {
            self.unknown_function(name, call.name.span, true);
        }
        let mut plan = plan;
        let call = crate::ir::SourceCall { name: name.into(), arguments };
        plan.push(Op::Invoke(call), Schema::new([], true), span);
        plan
    }

    fn macro_expand(&mut self, statements: &'a [ast::Statement], span: Span) -> Plan {
        let outer = self.scope.clone();
        self.muted += 1;
        let _ = self.without_row(|b| b.statements(statements));
        self.muted -= 1;
        self.scope = outer;
        let mut plan = self.open_table("", span);
        plan.push(Op::Opaque("macro-expand".into()), Schema::new([], true), span);
        plan
    }

    /// Graph operators: the IR has no graphs, so all of them make one opaque step.
    fn graph(&mut self, mut plan: Plan, op: &'a ast::Operator) -> Plan {
        match &op.kind {
            OperatorKind::MakeGraph(node) => {
                for (table, _) in &node.tables {
                    let _ = self.without_row(|b| b.table(table));
                }
                plan.push(Op::Opaque("make-graph".into()), Schema::new([], true), op.span);
            }
            _ => {
                let is_graph = matches!(plan.steps.last().map(|step| &step.op), Some(Op::Opaque(_)));
                if !is_graph && !plan.schema().open {
                    self.report(
                        Diagnostic::new(&code::GRAPH_EXPECTED, op.keyword, "this operator works on a graph")
                            .help("`make-graph` makes one of a table of edges"),
                    );
                }
                let name = match &op.kind {
                    OperatorKind::GraphMarkComponents => "graph-mark-components",
                    OperatorKind::GraphMatch(_) => "graph-match",
                    OperatorKind::GraphShortestPaths(_) => "graph-shortest-paths",
                    OperatorKind::GraphToTable(_) => "graph-to-table",
                    OperatorKind::GraphWhereEdges(_) => "graph-where-edges",
                    _ => "graph-where-nodes",
                };
                plan.push(Op::Opaque(name.into()), Schema::new([], true), op.span);
            }
        }
        plan
    }

    /// The type of an argument of a plugin, a scalar or a table.
    pub(super) fn plugin_argument(&mut self, expr: &'a ast::Expr) -> Given {
        self.given(expr, true)
    }
}

/// The columns passed on as they are.
pub(super) fn pass(columns: &[Column], span: Span) -> Vec<Computed> {
    columns.iter().map(|c| Computed { id: c.id, expr: Expr::column(c.id, c.ty, span) }).collect()
}

/// The columns that a name means, wildcards included.
fn matching<'s>(row: &'s Schema, name: &'s ast::Name) -> impl Iterator<Item = &'s Column> {
    let exact = if name.is_wildcard() { None } else { row.get(&name.text) };
    let fits = row.iter().filter(|c| name.is_wildcard() && crate::schema::matches_wildcard(&name.text, &c.name));
    exact.into_iter().chain(fits)
}

/// The schema without columns that a later one of the same name hides.
fn without_hidden(schema: &Schema) -> Schema {
    let visible = (0..).zip(schema.iter()).filter(|(index, c)| schema.position(&c.name) == Some(*index));
    let columns: Vec<Column> = visible.map(|(_, c)| c.clone()).collect();
    if columns.len() == schema.len() { schema.clone() } else { Schema::new(columns, schema.open) }
}

/// Sorts columns by name without regard to case; `granny` reads digits as numbers.
fn sort_names(columns: &mut [Column], order: SortOrder) {
    let key = |column: &Column| {
        let lower = column.name.to_lowercase();
        match order {
            SortOrder::Asc | SortOrder::Desc => lower,
            SortOrder::GrannyAsc | SortOrder::GrannyDesc => {
                let mut key = String::new();
                let mut digits = String::new();
                for c in lower.chars().chain(['\0']) {
                    if c.is_ascii_digit() {
                        digits.push(c);
                    } else {
                        if !digits.is_empty() {
                            key.push_str(&format!("{:0>20}", digits.trim_start_matches('0')));
                            digits.clear();
                        }
                        key.push(c);
                    }
                }
                key
            }
        }
    };
    columns.sort_by_key(key);
    if matches!(order, SortOrder::Desc | SortOrder::GrannyDesc) {
        columns.reverse();
    }
}
