//! Operators that hold queries of their own, or call functions on the records.

use super::{Binder, Either};
use crate::diagnostic::{Diagnostic, code};
use crate::functions;
use crate::ir::{AggregateCall, Branch, Column, Expr, Name, Op, Origin, Partition, Plan, Schema, SourceKind};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind as Ast, OperatorKind, PartitionBody};
use crate::types::Type;

impl<'a> Binder<'a> {
    pub(super) fn partition(&mut self, plan: Plan, node: &'a ast::Partition, span: Span) -> Plan {
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

    pub(super) fn partition_by(&mut self, plan: Plan, by: &'a ast::Expr, body: &'a ast::Expr, span: Span) -> Plan {
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

    pub(super) fn partitioned(&mut self, mut plan: Plan, by: Expr, body: Plan, open: bool, span: Span) -> Plan {
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
                let plan = self.sub_query(input, &pipe.source);
                self.stages(plan, &pipe.stages)
            }
            _ => self.without_row(|b| b.table(expr)),
        }
    }

    pub(super) fn fork(&mut self, mut plan: Plan, branches: &'a [ast::ForkBranch], span: Span) -> Plan {
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

    pub(super) fn facet(
        &mut self,
        mut plan: Plan,
        by: &'a [ast::Expr],
        with: Option<&'a ast::Expr>,
        span: Span,
    ) -> Plan {
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

    pub(super) fn invoke(&mut self, plan: Plan, expr: &'a ast::Expr, span: Span) -> Plan {
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
                None => Self::open_table(name, expr.span),
            };
        }
        // Functions of the service, such as `FileProfile`, take columns of the table that they are handed.
        let (arguments, _) = self.over(&plan, |b| b.call_arguments(call));
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

    pub(super) fn macro_expand(&mut self, statements: &'a [ast::Statement], span: Span) -> Plan {
        let outer = self.scope.clone();
        self.muted += 1;
        let _ = self.without_row(|b| b.statements(statements));
        self.muted -= 1;
        self.scope = outer;
        let mut plan = Self::open_table("", span);
        plan.push(Op::Opaque("macro-expand".into()), Schema::new([], true), span);
        plan
    }

    /// Graph operators: the IR has no graphs, so all of them make one opaque step.
    pub(super) fn graph(&mut self, mut plan: Plan, op: &'a ast::Operator) -> Plan {
        if let OperatorKind::MakeGraph(node) = &op.kind {
            for (table, _) in &node.tables {
                let _ = self.without_row(|b| b.table(table));
            }
            plan.push(Op::Opaque("make-graph".into()), Schema::new([], true), op.span);
        } else {
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
        plan
    }
}
