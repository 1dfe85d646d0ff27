//! The nodes of a syntax tree, gathered once for all lints of a query.

use crate::bind::Bound;
use crate::functions::ValueType;
use crate::source::Span;
use crate::syntax::ast::{
    self, Body, Expr, ExprKind, JoinCondition, LetValue, NamedExpr, Operator, OperatorKind, ParameterValue,
    PartitionBody, PathMember, Pipe, SeriesRange, Statement, StatementKind,
};
use crate::types::Type;
use std::collections::HashMap;

/// The nodes of a query by their kinds, parents before what is in them.
#[derive(Debug, Default)]
pub struct Nodes<'a> {
    /// Every expression.
    pub exprs: Vec<&'a Expr>,
    /// Every tabular operator.
    pub operators: Vec<&'a Operator>,
    /// Every pipe.
    pub pipes: Vec<&'a Pipe>,
    /// Every `let`, those in bodies of functions included, with the statements behind it in its scope.
    pub lets: Vec<(&'a ast::Let, Span)>,
    /// Every call.
    pub calls: Vec<(&'a ast::Call, Span)>,
    /// Every name that is read.
    pub names: Vec<&'a ast::Name>,
    /// Types by the words of expressions; unknown where the words stand for values of several types.
    types: HashMap<Span, Type>,
}

impl<'a> Nodes<'a> {
    /// Gathers the nodes of a query.
    pub fn of(query: &'a ast::Query, bound: Option<&Bound>) -> Self {
        let mut nodes = Self::default();
        nodes.statements(&query.statements, query.span.end);
        if let Some(query) = bound.and_then(|bound| bound.query.as_ref()) {
            let plans = query.plans();
            for plan in plans {
                plan.walk(&mut |expr| nodes.note(expr.span, expr.ty));
            }
        }
        nodes
    }

    fn note(&mut self, span: Span, ty: ValueType) {
        let known = self.types.entry(span).or_insert(ty.ty);
        if *known != ty.ty {
            *known = Type::Unknown;
        }
    }

    /// The type of an expression's values, [`Type::Unknown`] where it is not known for certain.
    pub fn type_of(&self, expr: &Expr) -> Type {
        self.types.get(&bare(expr).span).copied().unwrap_or(Type::Unknown)
    }

    fn statements(&mut self, statements: &'a [Statement], end: u32) {
        for statement in statements {
            self.statement(statement, end);
        }
    }

    fn statement(&mut self, statement: &'a Statement, end: u32) {
        match &statement.kind {
            StatementKind::Let(node) => {
                self.lets.push((node, Span { start: statement.span.end, end }));
                match &node.value {
                    LetValue::Expr(expr) => self.expr(expr),
                    LetValue::Function(function) => {
                        for default in function.parameters.iter().filter_map(|parameter| parameter.default.as_ref()) {
                            self.expr(default);
                        }
                        self.body(&function.body);
                    }
                }
            }
            StatementKind::Set { value, .. } => self.maybe(value.as_ref()),
            StatementKind::Alias { expr, .. } | StatementKind::Expr(expr) => self.expr(expr),
            StatementKind::QueryParameters(parameters) => {
                for default in parameters.iter().filter_map(|parameter| parameter.default.as_ref()) {
                    self.expr(default);
                }
            }
            StatementKind::Pattern(pattern) => {
                for case in pattern.declaration.iter().flat_map(|declaration| &declaration.cases) {
                    self.exprs(&case.arguments);
                    self.body(&case.body);
                }
            }
            StatementKind::Restrict { entities, .. } => self.exprs(entities),
        }
    }

    fn body(&mut self, body: &'a Body) {
        self.statements(&body.statements, body.span.end);
        self.maybe(body.result.as_ref());
    }

    fn maybe(&mut self, expr: Option<&'a Expr>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    fn exprs(&mut self, exprs: &'a [Expr]) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    fn named(&mut self, named: &'a [NamedExpr]) {
        for named in named {
            self.expr(&named.expr);
        }
    }

    fn call(&mut self, call: &'a ast::Call, span: Span) {
        self.calls.push((call, span));
        self.names.push(&call.name);
        self.named(&call.arguments);
    }

    fn parameters(&mut self, parameters: &'a [ast::Parameter]) {
        for parameter in parameters {
            match &parameter.value {
                ParameterValue::Expr(expr) => self.expr(expr),
                ParameterValue::Name(name) => self.names.push(name),
                ParameterValue::Names(names) => self.names.extend(names),
            }
        }
    }

    fn expr(&mut self, expr: &'a Expr) {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || self.expr_here(expr));
    }

    fn expr_here(&mut self, expr: &'a Expr) {
        self.exprs.push(expr);
        match &expr.kind {
            ExprKind::Name(name) => self.names.push(name),
            ExprKind::Literal(_)
            | ExprKind::Dynamic(_)
            | ExprKind::TypeOf(_)
            | ExprKind::Star
            | ExprKind::At
            | ExprKind::ContextualDataTable(_) => {}
            ExprKind::Call(call) => self.call(call, expr.span),
            ExprKind::Path(path) => {
                self.expr(&path.base);
                match &path.member {
                    PathMember::Call(call) => self.call(call, expr.span),
                    PathMember::Bracketed(inner) => self.expr(inner),
                    PathMember::Name(_) | PathMember::At(_) => {}
                }
            }
            ExprKind::Index(index) => {
                self.expr(&index.base);
                self.expr(&index.index);
            }
            ExprKind::Unary(unary) => self.expr(&unary.operand),
            ExprKind::Binary(binary) => {
                self.expr(&binary.left);
                self.expr(&binary.right);
            }
            ExprKind::Chain(chain) => {
                self.expr(&chain.first);
                for link in &chain.rest {
                    self.expr(&link.operand);
                }
            }
            ExprKind::Logical(logical) => self.exprs(&logical.operands),
            ExprKind::In(node) => {
                self.expr(&node.left);
                self.exprs(&node.items);
            }
            ExprKind::Between(node) => {
                self.expr(&node.left);
                self.expr(&node.low);
                self.expr(&node.high);
            }
            ExprKind::Paren(inner) | ExprKind::Bracketed(inner) => self.expr(inner),
            ExprKind::Pipe(pipe) => {
                self.pipes.push(pipe);
                self.expr(&pipe.source);
                for stage in &pipe.stages {
                    self.operator(stage);
                }
            }
            ExprKind::Operator(operator) => self.operator(operator),
            ExprKind::Wrapper(wrapper) => self.expr(&wrapper.expr),
            ExprKind::DataTable(table) => self.exprs(&table.values),
            ExprKind::ExternalData(data) => self.exprs(&data.sources),
            ExprKind::MaterializedViewCombine(node) => {
                self.expr(&node.view);
                self.expr(&node.base);
                self.expr(&node.delta);
                self.operator(&node.aggregations);
            }
            ExprKind::DataScope(node) => self.expr(&node.table),
            ExprKind::EntityGroup(items) => self.exprs(items),
        }
    }

    fn operator(&mut self, operator: &'a Operator) {
        self.operators.push(operator);
        self.parameters(&operator.parameters);
        match &operator.kind {
            OperatorKind::As(_)
            | OperatorKind::AssertSchema(_)
            | OperatorKind::Consume
            | OperatorKind::Count { .. }
            | OperatorKind::ExecuteAndCache
            | OperatorKind::GetSchema
            | OperatorKind::GraphMarkComponents
            | OperatorKind::GraphToTable(_)
            | OperatorKind::Render { .. } => {}
            OperatorKind::ProjectAway(names) | OperatorKind::ProjectKeep(names) => self.names.extend(names),
            OperatorKind::ProjectReorder(items) => self.names.extend(items.iter().map(|item| &item.name)),
            OperatorKind::Distinct(items)
            | OperatorKind::Extend(items)
            | OperatorKind::Print(items)
            | OperatorKind::Project(items)
            | OperatorKind::ProjectRename(items)
            | OperatorKind::Serialize(items) => self.named(items),
            OperatorKind::Evaluate { call, .. } => self.call(call, operator.span),
            OperatorKind::Facet { by, with } => {
                self.exprs(by);
                self.maybe(with.as_ref());
            }
            OperatorKind::Find(find) => {
                self.exprs(&find.sources);
                self.expr(&find.predicate);
            }
            OperatorKind::Fork(branches) => branches.iter().for_each(|branch| self.expr(&branch.body)),
            OperatorKind::GraphMatch(node) | OperatorKind::GraphShortestPaths(node) => {
                self.maybe(node.predicate.as_ref());
                node.project.iter().for_each(|items| self.named(items));
            }
            OperatorKind::GraphWhereEdges(expr) | OperatorKind::GraphWhereNodes(expr) | OperatorKind::Invoke(expr) => {
                self.expr(expr);
            }
            OperatorKind::InlineExternalTable(table) => self.exprs(&table.sources),
            OperatorKind::Join(join) | OperatorKind::Lookup(join) => {
                self.expr(&join.right);
                match &join.condition {
                    JoinCondition::None => {}
                    JoinCondition::On(conditions) => self.exprs(conditions),
                    JoinCondition::Where(condition) => self.expr(condition),
                }
            }
            OperatorKind::MacroExpand { group, statements, .. } => {
                self.expr(group);
                self.statements(statements, operator.span.end);
            }
            OperatorKind::MakeGraph(node) => {
                node.tables.iter().for_each(|(table, _)| self.expr(table));
                if let Some((by, body)) = &node.partitioned_by {
                    self.expr(by);
                    self.expr(body);
                }
            }
            OperatorKind::MakeSeries(node) => {
                for item in &node.aggregates {
                    self.expr(&item.expr.expr);
                    self.maybe(item.default.as_ref().map(|default| &default.expr));
                }
                self.expr(&node.on.expr);
                match &node.range {
                    SeriesRange::FromTo { from, to, step } => {
                        self.maybe(from.as_ref());
                        self.maybe(to.as_ref());
                        self.expr(step);
                    }
                    SeriesRange::InRange(arguments) => self.named(arguments),
                }
                self.named(&node.by);
            }
            OperatorKind::MvApply { items, limit, body, .. } => {
                self.items(items);
                self.maybe(limit.as_ref());
                self.expr(body);
            }
            OperatorKind::MvExpand { items, limit } => {
                self.items(items);
                self.maybe(limit.as_ref());
            }
            OperatorKind::Parse(node) | OperatorKind::ParseWhere(node) => self.expr(&node.expr),
            OperatorKind::ParseKv { expr, properties, .. } => {
                self.expr(expr);
                self.parameters(properties);
            }
            OperatorKind::Partition(node) => {
                self.expr(&node.by);
                self.maybe(node.scope.as_ref());
                match &node.body {
                    PartitionBody::SubQuery(body) | PartitionBody::Query(body) => self.expr(body),
                }
            }
            OperatorKind::PartitionBy { by, body, .. } => {
                self.expr(by);
                self.expr(body);
            }
            OperatorKind::ProjectByNames(items) | OperatorKind::Union(items) => self.exprs(items),
            OperatorKind::Range { from, to, step, .. } => {
                self.expr(from);
                self.expr(to);
                self.expr(step);
            }
            OperatorKind::Reduce { by, properties } => {
                self.expr(&by.expr);
                self.parameters(properties);
            }
            OperatorKind::Sample(count) | OperatorKind::Take(count) | OperatorKind::Where(count) => {
                self.expr(&count.expr);
            }
            OperatorKind::SampleDistinct { count, of } => {
                self.expr(&count.expr);
                self.expr(&of.expr);
            }
            OperatorKind::Scan(scan) => {
                scan.order_by.iter().for_each(|item| self.expr(&item.expr.expr));
                self.exprs(&scan.partition_by);
                for default in scan.declare.iter().filter_map(|parameter| parameter.default.as_ref()) {
                    self.expr(default);
                }
                for step in &scan.steps {
                    self.expr(&step.condition);
                    step.assignments.iter().for_each(|assignment| self.expr(&assignment.expr));
                }
            }
            OperatorKind::Search(search) => {
                self.exprs(&search.sources);
                self.expr(&search.predicate);
            }
            OperatorKind::Sort(items) => items.iter().for_each(|item| self.expr(&item.expr.expr)),
            OperatorKind::Summarize(node) => {
                self.named(&node.aggregates);
                node.by.iter().for_each(|by| self.named(by));
                self.maybe(node.bin.as_ref());
            }
            OperatorKind::Top { count, by } => {
                self.expr(&count.expr);
                self.expr(&by.expr.expr);
            }
            OperatorKind::TopHitters { count, of, by } => {
                self.expr(&count.expr);
                self.expr(&of.expr);
                self.maybe(by.as_ref().map(|by| &by.expr));
            }
            OperatorKind::TopNested(levels) => {
                for level in levels {
                    self.maybe(level.count.as_ref().map(|count| &count.expr));
                    self.expr(&level.of.expr);
                    self.maybe(level.others.as_ref());
                    self.expr(&level.by.expr.expr);
                }
            }
        }
    }

    fn items(&mut self, items: &'a [ast::MvItem]) {
        for item in items {
            self.maybe(item.expr.as_ref().map(|expr| &expr.expr));
        }
    }
}

/// An expression without the parentheses round it.
pub(super) fn bare(mut expr: &Expr) -> &Expr {
    while let ExprKind::Paren(inner) = &expr.kind {
        expr = inner;
    }
    expr
}
