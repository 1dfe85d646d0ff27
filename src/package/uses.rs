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
            | SourceKind::Foreign(_)
            | SourceKind::Correlated(_) => {}
        }
        plan.source.kind.expressions(&mut |expr| self.expr(expr));
        plan.source.kind.plans(&mut |plan| self.plan(plan));
        for step in &plan.steps {
            // A page tells of `parse` in all its forms.
            let name = if matches!(step.op, Op::Parse(_)) { Some("parse") } else { step.op.name() };
            self.operators.extend(name.map(str::to_owned));
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
