//! What a query uses: tables, operators, functions, and how far back it looks by its own words.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::ir::{Bound, Expr, ExprKind, Op, Plan, Query, SourceKind};

/// What a query uses, each name once and in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Uses {
    /// Tables, and functions that stand for some.
    pub tables: BTreeSet<String>,
    /// Operators, by their names in KQL.
    pub operators: BTreeSet<String>,
    /// Functions and aggregates.
    pub functions: BTreeSet<String>,
    /// The longest look back that the query states, in ticks of 100 ns.
    pub lookback: Option<i64>,
}

impl Uses {
    /// Of a query as it was bound.
    pub fn of(query: &Query) -> Self {
        let mut uses = Self::default();
        for shared in &query.shared {
            uses.plan(&shared.plan);
        }
        uses.plan(&query.plan);
        uses
    }

    fn plan(&mut self, plan: &Plan) {
        match &plan.source.kind {
            SourceKind::Table { name, .. } => {
                self.tables.insert(name.to_string());
            }
            SourceKind::Tables(pattern) => {
                self.tables.insert(pattern.to_string());
            }
            SourceKind::Call(call) => {
                self.tables.insert(format!("{}()", call.name));
            }
            SourceKind::Union(_) => {
                self.operators.insert("union".to_owned());
            }
            SourceKind::External(_) => {
                self.operators.insert("externaldata".to_owned());
            }
            SourceKind::Rows(_) => {
                self.operators.insert("datatable".to_owned());
            }
            SourceKind::Range { .. } => {
                self.operators.insert("range".to_owned());
            }
            SourceKind::Evaluate(_) => {
                self.operators.insert("evaluate".to_owned());
            }
            SourceKind::LogSource(_)
            | SourceKind::Unit
            | SourceKind::Input
            | SourceKind::Shared(..)
            | SourceKind::Foreign(_) => {}
        }
        plan.source.kind.expressions(&mut |expr| self.expr(expr));
        plan.source.kind.plans(&mut |plan| self.plan(plan));
        for step in &plan.steps {
            if let Some(name) = operator(&step.op) {
                self.operators.insert(name.to_owned());
            }
            match &step.op {
                Op::Window(window) => {
                    if let Some((Bound::FromNow(ticks), _)) = window.bounds.from {
                        self.lookback = self.lookback.max(ticks.checked_neg());
                    }
                }
                Op::Summarize { aggregates, .. } => {
                    self.functions.extend(aggregates.iter().map(|call| call.function.name().to_owned()));
                }
                _ => {}
            }
            step.op.expressions(&mut |expr| self.expr(expr));
            step.op.plans(&mut |plan| self.plan(plan));
        }
    }

    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Call(function, _) = &expr.kind {
            self.functions.insert(function.name().to_owned());
        }
        expr.operands(&mut |operand| self.expr(operand));
        expr.plan(&mut |plan| self.plan(plan));
    }
}

/// The operator of KQL that a step comes from; nothing for steps that no query writes.
const fn operator(op: &Op) -> Option<&'static str> {
    Some(match op {
        Op::Filter(_) | Op::Window(_) => "where",
        Op::Extend(_) => "extend",
        Op::Project(..) => "project",
        Op::Summarize { .. } => "summarize",
        Op::Distinct => "distinct",
        Op::Sort(_) => "sort",
        Op::Serialize => "serialize",
        Op::Take(_) => "take",
        Op::Sample(_) => "sample",
        Op::SampleDistinct(..) => "sample-distinct",
        Op::Join(join) => {
            if join.lookup {
                "lookup"
            } else {
                "join"
            }
        }
        Op::MvExpand(expand) => {
            if expand.body.is_some() {
                "mv-apply"
            } else {
                "mv-expand"
            }
        }
        Op::MakeSeries(_) => "make-series",
        Op::Parse(_) => "parse",
        Op::ParseKv(_) => "parse-kv",
        Op::Scan(_) => "scan",
        Op::Partition(_) => "partition",
        Op::TopNested(_) => "top-nested",
        Op::TopHitters { .. } => "top-hitters",
        Op::Reduce { .. } => "reduce",
        Op::Evaluate(_) => "evaluate",
        Op::GetSchema => "getschema",
        Op::Invoke(_) => "invoke",
        Op::Fork(_) => "fork",
        Op::Consume => "consume",
        Op::Render { .. } => "render",
        Op::Statistics(_) | Op::Foreign(_) | Op::Opaque(_) => return None,
    })
}
