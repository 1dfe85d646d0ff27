//! Every expression, operator and statement of a query, in no particular order.

use crate::syntax::ast::{
    Body, Expr, ExprKind, FunctionParameter, GraphElement, JoinCondition, Let, LetValue, NamedExpr, Operator,
    OperatorKind, ParameterValue, PartitionBody, Path, PathMember, Query, SeriesRange, SortItem, Statement,
    StatementKind,
};

/// A part of a query.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part<'a> {
    Expr(&'a Expr),
    Operator {
        operator: &'a Operator,
        /// Whether rows flow into it.
        piped: bool,
    },
    Let(&'a Let),
    Statement(&'a Statement),
}

/// Hands every part of a query to `visit`. Keeps a list of its own, so that no query is too deep for it.
pub(super) fn walk<'a>(query: &'a Query, visit: &mut dyn FnMut(Part<'a>)) {
    let mut open: Vec<Part<'a>> = query.statements.iter().map(Part::Statement).collect();
    while let Some(part) = open.pop() {
        visit(part);
        let mut next = Next { open: &mut open };
        match part {
            Part::Expr(expr) => next.below_expr(expr),
            Part::Operator { operator, .. } => next.below_operator(operator),
            Part::Let(binding) => match &binding.value {
                LetValue::Expr(expr) => next.expr(expr),
                LetValue::Function(function) => {
                    next.parameters(&function.parameters);
                    next.body(&function.body);
                }
            },
            Part::Statement(statement) => next.below_statement(statement),
        }
    }
}

struct Next<'o, 'a> {
    open: &'o mut Vec<Part<'a>>,
}

impl<'a> Next<'_, 'a> {
    fn expr(&mut self, expr: &'a Expr) {
        self.open.push(Part::Expr(expr));
    }

    fn exprs(&mut self, exprs: impl IntoIterator<Item = &'a Expr>) {
        exprs.into_iter().for_each(|expr| self.expr(expr));
    }

    fn named(&mut self, items: impl IntoIterator<Item = &'a NamedExpr>) {
        items.into_iter().for_each(|item| self.expr(&item.expr));
    }

    fn sorted(&mut self, items: impl IntoIterator<Item = &'a SortItem>) {
        items.into_iter().for_each(|item| self.expr(&item.expr.expr));
    }

    fn parameters(&mut self, parameters: &'a [FunctionParameter]) {
        self.exprs(parameters.iter().filter_map(|parameter| parameter.default.as_ref()));
    }

    fn options(&mut self, options: &'a [crate::syntax::ast::Parameter]) {
        for option in options {
            if let ParameterValue::Expr(expr) = &option.value {
                self.expr(expr);
            }
        }
    }

    fn body(&mut self, body: &'a Body) {
        self.open.extend(body.statements.iter().map(Part::Statement));
        self.exprs(&body.result);
    }

    fn below_statement(&mut self, statement: &'a Statement) {
        match &statement.kind {
            StatementKind::Let(binding) => self.open.push(Part::Let(binding)),
            StatementKind::Set { value, .. } => self.exprs(value),
            StatementKind::Alias { expr, .. } | StatementKind::Expr(expr) => self.expr(expr),
            StatementKind::QueryParameters(parameters) => self.parameters(parameters),
            StatementKind::Pattern(pattern) => {
                for case in pattern.declaration.iter().flat_map(|declaration| &declaration.cases) {
                    self.exprs(&case.arguments);
                    self.body(&case.body);
                }
            }
            StatementKind::Restrict { entities, properties } => {
                self.exprs(entities);
                self.options(properties);
            }
        }
    }

    fn below_expr(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Name(_)
            | ExprKind::Literal(_)
            | ExprKind::Dynamic(_)
            | ExprKind::TypeOf(_)
            | ExprKind::Star
            | ExprKind::At => {}
            ExprKind::Call(call) => self.named(&call.arguments),
            ExprKind::Path(path) => self.below_path(path),
            ExprKind::Index(index) => self.exprs([&index.base, &index.index]),
            ExprKind::Unary(unary) => self.expr(&unary.operand),
            ExprKind::Binary(binary) => self.exprs([&binary.left, &binary.right]),
            ExprKind::Chain(chain) => {
                self.expr(&chain.first);
                self.exprs(chain.rest.iter().map(|link| &link.operand));
            }
            ExprKind::Logical(logical) => self.exprs(&logical.operands),
            ExprKind::In(list) => {
                self.expr(&list.left);
                self.exprs(&list.items);
            }
            ExprKind::Between(between) => self.exprs([&between.left, &between.low, &between.high]),
            ExprKind::Paren(inner) | ExprKind::Bracketed(inner) => self.expr(inner),
            ExprKind::Pipe(pipe) => {
                self.expr(&pipe.source);
                self.open.extend(pipe.stages.iter().map(|operator| Part::Operator { operator, piped: true }));
            }
            ExprKind::Operator(operator) => self.open.push(Part::Operator { operator, piped: false }),
            ExprKind::Wrapper(wrapper) => self.expr(&wrapper.expr),
            ExprKind::DataTable(table) => self.exprs(&table.values),
            ExprKind::ExternalData(data) => {
                self.exprs(&data.sources);
                self.options(&data.properties);
            }
            ExprKind::ContextualDataTable(table) => self.expr(&table.id),
            ExprKind::MaterializedViewCombine(view) => {
                self.exprs([&view.view, &view.base, &view.delta]);
                self.open.push(Part::Operator { operator: &view.aggregations, piped: true });
            }
            ExprKind::DataScope(scope) => self.expr(&scope.table),
            ExprKind::EntityGroup(items) => self.exprs(items),
        }
    }

    fn below_path(&mut self, path: &'a Path) {
        self.expr(&path.base);
        match &path.member {
            PathMember::Name(_) | PathMember::At(_) => {}
            PathMember::Call(call) => self.named(&call.arguments),
            PathMember::Bracketed(expr) => self.expr(expr),
        }
    }

    fn below_operator(&mut self, operator: &'a Operator) {
        use OperatorKind as Kind;
        self.options(&operator.parameters);
        match &operator.kind {
            Kind::As(_)
            | Kind::AssertSchema(_)
            | Kind::Consume
            | Kind::Count { .. }
            | Kind::ExecuteAndCache
            | Kind::GetSchema
            | Kind::GraphMarkComponents
            | Kind::GraphToTable(_)
            | Kind::ProjectAway(_)
            | Kind::ProjectKeep(_)
            | Kind::ProjectReorder(_) => {}
            Kind::Distinct(items)
            | Kind::Extend(items)
            | Kind::Print(items)
            | Kind::Project(items)
            | Kind::ProjectRename(items)
            | Kind::Serialize(items) => self.named(items),
            Kind::Evaluate { call, .. } => self.named(&call.arguments),
            Kind::Facet { by, with } => {
                self.exprs(by);
                self.exprs(with);
            }
            Kind::Find(find) => {
                self.exprs(&find.sources);
                self.expr(&find.predicate);
            }
            Kind::Fork(branches) => self.exprs(branches.iter().map(|branch| &branch.body)),
            Kind::GraphMatch(graph) | Kind::GraphShortestPaths(graph) => {
                for element in graph.patterns.iter().flatten() {
                    if let GraphElement::Edge { range: Some(range), .. } = element {
                        self.exprs([&range.0, &range.1]);
                    }
                }
                self.exprs(&graph.predicate);
                self.named(graph.project.iter().flatten());
            }
            Kind::GraphWhereEdges(expr) | Kind::GraphWhereNodes(expr) | Kind::Invoke(expr) => self.expr(expr),
            Kind::InlineExternalTable(table) => {
                self.named(&table.partitions);
                self.exprs(&table.sources);
                self.options(&table.properties);
            }
            Kind::Join(join) | Kind::Lookup(join) => {
                self.expr(&join.right);
                match &join.condition {
                    JoinCondition::None => {}
                    JoinCondition::On(items) => self.exprs(items),
                    JoinCondition::Where(expr) => self.expr(expr),
                }
            }
            Kind::MacroExpand { group, statements, .. } => {
                self.expr(group);
                self.open.extend(statements.iter().map(Part::Statement));
            }
            Kind::MakeGraph(graph) => {
                self.exprs(graph.tables.iter().map(|(table, _)| table));
                self.exprs(graph.partitioned_by.iter().flat_map(|(by, body)| [by, body]));
            }
            Kind::MakeSeries(series) => {
                for item in &series.aggregates {
                    self.expr(&item.expr.expr);
                    self.named(&item.default);
                }
                self.expr(&series.on.expr);
                match &series.range {
                    SeriesRange::FromTo { from, to, step } => {
                        self.exprs(from);
                        self.exprs(to);
                        self.expr(step);
                    }
                    SeriesRange::InRange(items) => self.named(items),
                }
                self.named(&series.by);
            }
            other => self.below_more(other),
        }
    }

    /// The operators that [`below_operator`](Self::below_operator) has no room for.
    fn below_more(&mut self, kind: &'a OperatorKind) {
        use OperatorKind as Kind;
        match kind {
            Kind::MvApply { items, limit, body, .. } => {
                self.named(items.iter().filter_map(|item| item.expr.as_ref()));
                self.exprs(limit);
                self.expr(body);
            }
            Kind::MvExpand { items, limit } => {
                self.named(items.iter().filter_map(|item| item.expr.as_ref()));
                self.exprs(limit);
            }
            Kind::Parse(parse) | Kind::ParseWhere(parse) => self.expr(&parse.expr),
            Kind::ParseKv { expr, properties, .. } => {
                self.expr(expr);
                self.options(properties);
            }
            Kind::Render { properties, .. } => self.options(properties),
            Kind::Partition(partition) => {
                self.expr(&partition.by);
                self.exprs(&partition.scope);
                match &partition.body {
                    PartitionBody::SubQuery(expr) | PartitionBody::Query(expr) => self.expr(expr),
                }
            }
            Kind::PartitionBy { by, id, body } => {
                self.exprs([by, body]);
                self.exprs(id);
            }
            Kind::ProjectByNames(items) | Kind::Union(items) => self.exprs(items),
            Kind::Range { from, to, step, .. } => self.exprs([from, to, step]),
            Kind::Reduce { by, properties } => {
                self.named([by]);
                self.options(properties);
            }
            Kind::Sample(count) | Kind::Take(count) | Kind::Where(count) => self.named([count]),
            Kind::SampleDistinct { count, of } => self.named([count, of]),
            Kind::Scan(scan) => {
                self.sorted(&scan.order_by);
                self.exprs(&scan.partition_by);
                self.parameters(&scan.declare);
                for step in &scan.steps {
                    self.expr(&step.condition);
                    self.exprs(step.assignments.iter().map(|assignment| &assignment.expr));
                }
            }
            Kind::Search(search) => {
                self.exprs(&search.sources);
                self.expr(&search.predicate);
            }
            Kind::Sort(items) => self.sorted(items),
            Kind::Summarize(summarize) => {
                self.named(&summarize.aggregates);
                self.named(summarize.by.iter().flatten());
                self.exprs(&summarize.bin);
            }
            Kind::Top { count, by } => {
                self.named([count]);
                self.sorted([by]);
            }
            Kind::TopHitters { count, of, by } => {
                self.named([count, of]);
                self.named(by);
            }
            Kind::TopNested(levels) => {
                for level in levels {
                    self.named(&level.count);
                    self.named([&level.of]);
                    self.exprs(&level.others);
                    self.sorted([&level.by]);
                }
            }
            _ => {}
        }
    }
}
