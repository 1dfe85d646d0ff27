//! Lists whose values a translation leaves to whoever takes it, such as the placeholders of Sigma: the rule says where it
//! takes them from, so that they are known for each set of events.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as JsonValue;

use super::rule_side::{Answered, Bench};
use crate::eval::EvalError;
use crate::ir::{Expr, ExprKind, Plan, Query, SourceKind, Value, ValueSet};
use crate::target::ValueList;

/// What lists hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    /// The name of each, with its values in each set of events.
    values: Vec<(String, Vec<Vec<Value>>)>,
    /// The tables that are read for them alone: what happened there is not what the translation looks at.
    pub(super) tables: BTreeSet<String>,
}

impl Lists {
    /// Runs the plans that give the values. A name that stands for several lists stays without values.
    ///
    /// # Errors
    /// Where a plan is not run, or fails.
    pub(super) fn of(query: &Query, lists: &[ValueList], bench: &Bench<'_>) -> Result<Self, EvalError> {
        let mut found = Self::default();
        for list in lists {
            let same = |other: &&ValueList| other.name == list.name;
            let several = lists.iter().filter(same).any(|other| (&other.plan, other.key) != (&list.plan, list.key));
            if several || found.values.iter().any(|(name, _)| *name == list.name) {
                continue;
            }
            let Some(at) = list.plan.schema().iter().position(|column| column.id == list.key) else { continue };
            let answers = bench.run(&Query { plan: list.plan.clone(), ..query.clone() })?;
            let of_set = |answer: &Answered| {
                answer.rows.iter().filter_map(|row| value(row.values.get(at)?)).collect::<Vec<Value>>()
            };
            found.values.push((list.name.clone(), answers.iter().map(of_set).collect()));
        }
        let mut elsewhere = BTreeSet::new();
        tables(query, &query.plan, lists, &mut elsewhere);
        for list in lists {
            tables(query, &list.plan, &[], &mut found.tables);
        }
        found.tables.retain(|table| !elsewhere.contains(table));
        Ok(found)
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// What the rule found, without the events that were read for a list: the translation never sees them.
    pub(super) fn without<'a>(&self, answer: &'a Answered, ids: &BTreeMap<String, Vec<u32>>) -> Cow<'a, Answered> {
        let listed: BTreeSet<u32> = self.tables.iter().filter_map(|table| ids.get(table)).flatten().copied().collect();
        if listed.is_empty() {
            return Cow::Borrowed(answer);
        }
        let mut answer = answer.clone();
        for row in &mut answer.rows {
            row.events.retain(|id| !listed.contains(id));
        }
        Cow::Owned(answer)
    }

    /// Puts the values that lists hold in a set of events in the place of their names.
    pub(super) fn fill(&self, scenario: usize, query: &mut Query) {
        let mut fill = |plan: &mut Plan| {
            plan.fold_exprs(&mut |expr| {
                if let ExprKind::Member(node) = &mut expr.kind
                    && let ValueSet::List(items) = &mut node.set
                {
                    *items = items.drain(..).flat_map(|item| self.filled(scenario, item)).collect();
                }
            });
        };
        for shared in &mut query.shared {
            shared.plan.fold_plans(&mut fill);
        }
        query.plan.fold_plans(&mut fill);
    }

    fn filled(&self, scenario: usize, item: Expr) -> Vec<Expr> {
        let ExprKind::Parameter(name) = &item.kind else { return vec![item] };
        let Some((_, values)) = self.values.iter().find(|(known, _)| **known == **name) else { return vec![item] };
        values[scenario].iter().map(|value| Expr::literal(value.clone(), item.span)).collect()
    }
}

/// A value of the rule as the literal of another language.
fn value(json: &JsonValue) -> Option<Value> {
    match json {
        JsonValue::String(text) if !text.is_empty() => Some(Value::string(text.as_str())),
        JsonValue::Number(number) => number.as_i64().map(Value::Long).or_else(|| number.as_f64().map(Value::Real)),
        JsonValue::Bool(value) => Some(Value::Bool(*value)),
        _ => None,
    }
}

/// The tables that a plan reads, those for lists apart.
fn tables(query: &Query, plan: &Plan, lists: &[ValueList], found: &mut BTreeSet<String>) {
    let mut pending = vec![plan];
    while let Some(plan) = pending.pop() {
        plan.each(&|plan| lists.iter().any(|list| list.plan == *plan), &mut |plan| match &plan.source.kind {
            SourceKind::Table { name, .. } => {
                found.insert(name.to_string());
            }
            SourceKind::Tables(pattern) => {
                found.insert(pattern.to_string());
            }
            SourceKind::Shared(id, _) => pending.extend(query.shared.get(id.0 as usize).map(|shared| &shared.plan)),
            _ => {}
        });
    }
}
