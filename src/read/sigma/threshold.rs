//! When a correlation fires: what is summed up in a window, and what it must come to.

use crate::diagnostic::{Diagnostic, code};
use crate::ir::{Cast, CastKind, ColumnId, CompareOp, Expr, ExprKind, Name, Value};
use crate::source::{Span, TextMap};
use crate::types::Type;
use crate::yaml::Node;

use super::condition;
use super::context::{Context, call, joined, negated, string};
use super::window::{Measure, compared};

/// The kinds of correlations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Correlation {
    EventCount,
    ValueCount,
    /// An aggregate over a field: `value_sum` and its like.
    Value(&'static str),
    Percentile,
    Temporal,
    Ordered,
}

/// The operators of a condition.
const OPERATORS: &[(&str, CompareOp)] = &[
    ("gt", CompareOp::Greater),
    ("gte", CompareOp::GreaterOrEqual),
    ("lt", CompareOp::Less),
    ("lte", CompareOp::LessOrEqual),
    ("eq", CompareOp::Equal),
    ("neq", CompareOp::NotEqual),
];

/// What a correlation's `condition` says.
#[derive(Default)]
pub(super) struct Threshold<'n> {
    pub(super) bounds: Vec<(CompareOp, Value, Span)>,
    pub(super) fields: Vec<(&'n str, Span)>,
    pub(super) percentile: Option<Value>,
    /// A condition over the names of rules.
    pub(super) text: Option<(condition::Node, TextMap)>,
}

impl Context<'_> {
    pub(super) fn threshold<'n>(&mut self, node: &'n Node, ty: Correlation) -> Option<Threshold<'n>> {
        let mut threshold = Threshold::default();
        if let Some(text) = node.as_str().filter(|_| ty == Correlation::Temporal && !node.is_null()) {
            let map = self.map_of(node)?;
            match condition::parse(text) {
                Ok(parsed) if parsed.aggregation.is_none() => threshold.text = Some((parsed.root, map)),
                Ok(_) => {
                    self.shape(node, "the condition of a correlation", "a condition without `|`");
                    return None;
                }
                Err(diagnostic) => {
                    self.report(diagnostic.mapped(&map));
                    return None;
                }
            }
            return Some(threshold);
        }
        for entry in self.mapping(node, "the condition of a correlation")? {
            let name = entry.name().unwrap_or_default();
            match name {
                "field" if !matches!(ty, Correlation::EventCount | Correlation::Temporal | Correlation::Ordered) => {
                    threshold.fields = self.texts(&entry.value, "the field that is summed up")?;
                }
                // Not in the specification, but without it a percentile has no rank; pySigma and rsigma take it.
                "percentile" if ty == Correlation::Percentile => threshold.percentile = Some(self.bound(&entry.value)?),
                _ => {
                    let Some(&(_, op)) = OPERATORS.iter().find(|(known, _)| *known == name) else {
                        let message = "this key has no meaning in the condition of such a correlation";
                        self.report(Diagnostic::new(&code::SIGMA_FIELD, entry.key.span, message));
                        return None;
                    };
                    threshold.bounds.push((op, self.bound(&entry.value)?, entry.value.span));
                }
            }
        }
        let wants_field = !matches!(ty, Correlation::EventCount | Correlation::Temporal | Correlation::Ordered);
        if wants_field && threshold.fields.is_empty() {
            let message = "the condition does not say which field is summed up";
            self.report(Diagnostic::new(&code::SIGMA_FIELD, node.head(self.source), message).help("add `field:`"));
            return None;
        }
        if ty != Correlation::ValueCount && threshold.fields.len() > 1 {
            let message = "only values can be counted over several fields";
            self.report(Diagnostic::new(&code::SIGMA_FIELD, threshold.fields[1].1, message));
            return None;
        }
        if ty == Correlation::Percentile && threshold.percentile.is_none() {
            self.no_meaning(
                node.head(self.source),
                "which percentile is meant is not said",
                "the specification has no place for the rank; tools read `percentile: 0..100` in the condition",
            );
            return None;
        }
        Some(threshold)
    }

    pub(super) fn bound(&mut self, node: &Node) -> Option<Value> {
        let text = self.text(node, "a threshold")?;
        let value = match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(whole), _) => Some(Value::Long(whole)),
            (_, Ok(real)) if real.is_finite() => Some(Value::Real(real)),
            _ => None,
        };
        if value.is_none() {
            self.shape(node, "a threshold", "a number");
        }
        value
    }

    /// What is summed up in each window. `rule` is the column with the name of the rule, the last of `values`.
    pub(super) fn measures(
        &mut self,
        ty: Correlation,
        rule: Option<ColumnId>,
        threshold: &Threshold<'_>,
        values: &[ColumnId],
        names: &[Name],
        span: Span,
    ) -> Vec<Measure> {
        let values = &values[..values.len() - usize::from(rule.is_some())];
        let measure =
            |function: &'static str, arguments, ty| Measure { function, arguments, name: function.into(), ty };
        match ty {
            Correlation::EventCount => vec![measure("count", Vec::new(), Type::Long)],
            Correlation::ValueCount => {
                let mut fields: Vec<Expr> = values.iter().map(|&id| self.column(id, span)).collect();
                let value =
                    if fields.len() == 1 { fields.remove(0) } else { call("pack_array", fields, Type::Dynamic, span) };
                vec![measure("count_distinct", vec![value], Type::Long)]
            }
            Correlation::Value(function) => {
                let arguments = values.iter().map(|&id| self.number_in(id, Type::Real, span)).collect();
                vec![measure(function, arguments, Type::Real)]
            }
            Correlation::Percentile => {
                let mut arguments: Vec<Expr> = values.iter().map(|&id| self.number_in(id, Type::Real, span)).collect();
                arguments.extend(threshold.percentile.clone().map(|rank| Expr::literal(rank, span)));
                vec![measure("percentile", arguments, Type::Real)]
            }
            Correlation::Temporal | Correlation::Ordered => match (rule, &threshold.text) {
                (Some(rule), Some(_)) => names
                    .iter()
                    .map(|name| {
                        let same =
                            compared(CompareOp::Equal, self.column(rule, span), string(name.clone(), span), span);
                        Measure { name: name.clone(), ..measure("countif", vec![same], Type::Long) }
                    })
                    .collect(),
                (Some(rule), None) => vec![measure("count_distinct", vec![self.column(rule, span)], Type::Long)],
                // One rule: wherever there is an event, it has fired.
                (None, Some(_)) => vec![Measure { name: names[0].clone(), ..measure("count", Vec::new(), Type::Long) }],
                (None, None) => {
                    let one = Expr::literal(Value::Long(1), span);
                    vec![measure("max", vec![one], Type::Long)]
                }
            },
        }
    }

    /// When a window fires.
    pub(super) fn fires(
        &mut self,
        ty: Correlation,
        threshold: &Threshold<'_>,
        outputs: &[ColumnId],
        rules: usize,
        names: &[Name],
        span: Span,
    ) -> Option<Expr> {
        if let Some((node, map)) = &threshold.text {
            return self.fires_by_name(node, map, outputs, names);
        }
        let measure = self.column(outputs[0], span);
        let mut bounds: Vec<Expr> = threshold
            .bounds
            .iter()
            .map(|(op, value, at)| compared(*op, measure.clone(), Expr::literal(value.clone(), *at), *at))
            .collect();
        if bounds.is_empty() && ty == Correlation::Temporal {
            // "All events defined by the rules must occur."
            let all = Expr::literal(Value::Long(i64::try_from(rules).unwrap_or(i64::MAX)), span);
            bounds.push(compared(CompareOp::GreaterOrEqual, measure, all, span));
        }
        Some(joined(bounds, true, span))
    }

    /// A condition over the names of rules: each stands for "has an event in the window".
    pub(super) fn fires_by_name(
        &mut self,
        node: &condition::Node,
        map: &TextMap,
        outputs: &[ColumnId],
        names: &[Name],
    ) -> Option<Expr> {
        match node {
            condition::Node::Name(name, span) => {
                let span = map.span(*span);
                let Some(at) = names.iter().position(|known| **known == **name) else {
                    let message = format!("`{name}` is none of the rules that are correlated");
                    self.report(Diagnostic::new(&code::SIGMA_REFERENCE, span, message));
                    return None;
                };
                let count = self.column(outputs[at], span);
                Some(compared(CompareOp::Greater, count, Expr::literal(Value::Long(0), span), span))
            }
            condition::Node::Of(_, _, span) => {
                self.no_meaning(map.span(*span), "`of` has no meaning here", "such a condition names rules");
                None
            }
            condition::Node::Not(operand, span) => {
                let operand = self.fires_by_name(operand, map, outputs, names)?;
                Some(negated(operand, map.span(*span)))
            }
            condition::Node::And(operands, span) | condition::Node::Or(operands, span) => {
                let all = matches!(node, condition::Node::And(..));
                let operands: Option<Vec<_>> =
                    operands.iter().map(|operand| self.fires_by_name(operand, map, outputs, names)).collect();
                Some(joined(operands?, all, map.span(*span)))
            }
        }
    }

    /// A column as a number, where numbers are summed up; as it is, where values are told apart.
    pub(super) fn number_in(&self, id: ColumnId, ty: Type, span: Span) -> Expr {
        let operand = self.column(id, span);
        if ty != Type::Real {
            return operand;
        }
        Expr::new(ExprKind::Cast(Box::new(Cast { kind: CastKind::Kql, operand })), Type::Real, span)
    }
}
