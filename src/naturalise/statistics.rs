//! Groups by the rules of Splunk and ES|QL: in Splunk a record that lacks a key is in none.

use super::template::as_number;
use super::test::absent;
use super::{Refused, State, refuse};
use crate::functions;
use crate::ir::foreign::Lacking;
use crate::ir::{AggregateCall, Computed, Expr, ExprKind, ForeignAggregate, Frame, Op, Schema, Statistics, Step};
use crate::source::Span;
use crate::target::{Loss, LossKind};
use crate::types::Type;

/// Aggregates with a form that leaves records out.
const CONDITIONAL: &[(&str, &str)] = &[
    ("count_distinct", "count_distinctif"),
    ("dcount", "dcountif"),
    ("make_set", "make_set_if"),
    ("make_list", "make_list_if"),
];

impl State<'_> {
    /// The steps that mean the same in KQL.
    pub(super) fn statistics(
        &mut self,
        node: &Statistics,
        schema: &Schema,
        input: &Schema,
        span: Span,
    ) -> Result<Vec<Step>, Refused> {
        if node.frame != Frame::Group {
            let message = "what is said of a group stands beside each of its records, which KQL says by a join alone";
            return Err(refuse(LossKind::UnsupportedOperator, span, message));
        }
        let mut keys = Vec::with_capacity(node.keys.len());
        let mut there = Vec::new();
        for key in &node.keys {
            let expr = self.value(&key.expr)?;
            self.types.insert(key.id, expr.ty.ty);
            if node.lacking == Lacking::NoGroup && !expr.as_column().is_some_and(|id| self.filled.contains(&id)) {
                there.push(absent(expr.clone(), false, span));
            }
            keys.push(Computed { id: key.id, expr });
        }
        let mut aggregates = Vec::with_capacity(node.aggregates.len());
        for call in &node.aggregates {
            aggregates.push(self.aggregate(call)?);
        }
        let mut steps = Vec::new();
        if !there.is_empty() {
            let condition =
                if there.len() == 1 { there.remove(0) } else { Expr::new(ExprKind::And(there), Type::Bool, span) };
            steps.push(Step { op: Op::Filter(condition), schema: input.clone(), span });
        }
        steps.push(Step { op: Op::Summarize { keys, aggregates }, schema: schema.clone(), span });
        Ok(steps)
    }

    fn aggregate(&mut self, call: &ForeignAggregate) -> Result<AggregateCall, Refused> {
        let name = call.function.row().name;
        let unsupported = || {
            refuse(LossKind::UnsupportedAggregate, call.span, format!("`{}` has no counterpart in KQL", call.function))
        };
        let row = self.kql.functions.aggregates.get(&call.function.to_string()).ok_or_else(unsupported)?;
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            let boolean = argument.ty.ty == Type::Bool;
            let value = if boolean { self.test(argument, true)? } else { self.value(argument)? };
            arguments.push(if row.numbers { as_number(value) } else { value });
        }
        let mut function = row.emit.as_str();
        let of = arguments.first().map(|argument| argument.ty.ty);
        // What is counted of a field are its values, of a condition the records for which it holds.
        if name == "count" {
            arguments.truncate(1);
            if let Some(argument) = arguments.pop() {
                let counted = if argument.ty.ty == Type::Bool { argument } else { absent(argument, false, call.span) };
                arguments.push(counted);
                function = "countif";
            }
        }
        // An empty text is a missing one; KQL leaves out nulls by itself.
        let conditional = CONDITIONAL.iter().find(|(plain, _)| *plain == row.emit).map(|(_, with)| *with);
        if let (true, Some(Type::String), Some(with), Some(argument)) =
            (row.filled, of, conditional, arguments.first().cloned())
        {
            arguments.push(absent(argument, false, call.span));
            function = with;
        }
        if let Some(shown) = &row.shown {
            self.losses.push(Loss::shown(shown.kind, call.span, &shown.message));
        }
        if matches!(name, "min" | "max") && of == Some(Type::String) {
            let message = "of texts that look like numbers KQL takes the first or last in the order of texts";
            self.differs(LossKind::Order, call.span, message);
        }
        let ty = match function {
            "min" | "max" => of.unwrap_or(Type::Unknown),
            "make_set" | "make_list" | "make_set_if" | "make_list_if" => Type::Dynamic,
            "sum" | "avg" | "stdev" | "stdevp" | "variance" | "variancep" => {
                of.filter(|ty| ty.is_numeric()).unwrap_or(Type::Real)
            }
            _ => Type::Long,
        };
        self.types.insert(call.output, ty);
        let function = functions::aggregate(function).ok_or_else(unsupported)?;
        Ok(AggregateCall { function, arguments, open: false, outputs: vec![call.output], span: call.span })
    }
}
