//! Calls of functions, by their rows in `functions.yaml`.

use super::{Flow, Lower, Repr, Result, Val, refuse};
use crate::functions::FunctionId;
use crate::ir::{Expr, Value};
use crate::source::Span;
use crate::target::LossKind;
use crate::target::ledger::Accounts as _;
use crate::target::splunk::rows::{Emit, FunctionCase, Gives};
use crate::target::splunk::tree::{Eval, HoleKind};
use crate::types::Type;

impl<'a> Lower<'a> {
    /// The case of a function's row that its arguments fit.
    pub(super) fn function_case(&self, function: FunctionId, arguments: &[Expr]) -> Option<&'a FunctionCase> {
        let cases = self.data.functions.get(function.name())?;
        cases.iter().find(|case| {
            case.arguments.is_none_or(|count| count == arguments.len())
                && case.literals.iter().all(|at| arguments.get(at - 1).is_some_and(|a| a.as_literal().is_some()))
        })
    }

    /// The value of a call.
    pub(super) fn call(
        &mut self,
        flow: &mut Flow,
        function: FunctionId,
        arguments: &[Expr],
        expr: &Expr,
    ) -> Result<Val> {
        let Some(case) = self.function_case(function, arguments) else {
            let name = function.name();
            let message = if self.data.functions.contains_key(name) {
                format!("`{name}` can only be said with other arguments: literals, or another number of them")
            } else {
                format!("`{name}` has no counterpart in SPL")
            };
            return refuse(LossKind::UnsupportedFunction, expr.span, message);
        };
        if let [of] = arguments
            && let Some(nothing) = self.nothing(flow, function.name(), of, true)?
        {
            let value = Eval::call("if", [nothing, Eval::text("true"), Eval::text("false")]);
            return Ok(Val::new(value, Repr::Bool));
        }
        if expr.ty.ty == Type::Bool {
            let conditions = match &case.emit {
                Emit::Template(template) => {
                    let holds = self.filled_template(flow, template, arguments, expr.span)?;
                    let fails = match &case.negated {
                        Some(negated) => Some(self.filled_template(flow, negated, arguments, expr.span)?),
                        None => None,
                    };
                    Some((holds, fails))
                }
                Emit::Rewrite(rewrite) => {
                    match self.rewrite_condition(flow, *rewrite, function, arguments, true, expr)? {
                        Some(holds) => {
                            let fails = self.rewrite_condition(flow, *rewrite, function, arguments, false, expr)?;
                            Some((holds, fails))
                        }
                        None => None,
                    }
                }
            };
            if let Some((holds, fails)) = conditions {
                let (yes, no) = (Eval::text("true"), Eval::text("false"));
                let value = match fails {
                    Some(fails) if !self.is_total(flow, expr) => Eval::call("case", [holds, yes, fails, no]),
                    _ => Eval::call("if", [holds, yes, no]),
                };
                return Ok(Val::new(value, Repr::Bool));
            }
        }
        if let Some(loss) = &case.loss {
            self.lose(loss.kind, expr.span, &loss.message);
        }
        match &case.emit {
            Emit::Template(template) => {
                let value = self.filled_template(flow, template, arguments, expr.span)?;
                let repr = match case.gives {
                    Some(gives) => given(gives),
                    None => represented(expr.ty.ty),
                };
                Ok(Val::new(value, repr))
            }
            Emit::Rewrite(rewrite) => self.rewrite(flow, *rewrite, function, arguments, expr),
        }
    }

    /// A template with its holes filled.
    pub(super) fn filled_template(
        &mut self,
        flow: &mut Flow,
        template: &Eval,
        arguments: &[Expr],
        span: Span,
    ) -> Result<Eval> {
        let inner = |lower: &mut Self, flow: &mut Flow, e: &Eval| lower.filled_template(flow, e, arguments, span);
        Ok(match template {
            Eval::Field(_) | Eval::Text(_) | Eval::Regex(_) | Eval::Number(_) => template.clone(),
            Eval::Call(name, inside) => {
                let mut filled = Vec::with_capacity(inside.len());
                for item in inside {
                    match item {
                        Eval::Rest(kind) => {
                            for argument in arguments {
                                filled.push(self.argument(flow, argument, *kind)?);
                            }
                        }
                        item => filled.push(inner(self, flow, item)?),
                    }
                }
                Eval::Call(name.clone(), filled)
            }
            Eval::Compare(op, left, right) => Eval::compare(*op, inner(self, flow, left)?, inner(self, flow, right)?),
            Eval::Chain(first, rest) => {
                let mut chain = inner(self, flow, first)?;
                for (op, operand) in rest {
                    let operand = inner(self, flow, operand)?;
                    chain = Eval::operation(chain, *op, operand);
                }
                chain
            }
            Eval::Negate(operand) => Eval::Negate(Box::new(inner(self, flow, operand)?)),
            Eval::Not(operand) => Eval::Not(Box::new(inner(self, flow, operand)?)),
            Eval::And(terms) | Eval::Or(terms) => {
                let mut filled = Vec::with_capacity(terms.len());
                for term in terms {
                    filled.push(inner(self, flow, term)?);
                }
                if matches!(template, Eval::And(_)) { Eval::all(filled) } else { Eval::any(filled) }
            }
            Eval::Hole(position, kind) => match arguments.get(position - 1) {
                Some(argument) => self.argument(flow, argument, *kind)?,
                None => {
                    return refuse(
                        LossKind::UnsupportedFunction,
                        span,
                        "an argument is missing that SPL cannot do without",
                    );
                }
            },
            Eval::Rest(_) => {
                return refuse(LossKind::UnsupportedFunction, span, "this number of arguments cannot be said");
            }
        })
    }

    /// An argument as it is needed.
    fn argument(&mut self, flow: &mut Flow, argument: &Expr, kind: HoleKind) -> Result<Eval> {
        if kind == HoleKind::Regex {
            return match argument.as_literal().and_then(Value::as_str) {
                Some(text) => Ok(Eval::Regex(super::text::escaped(text))),
                None => refuse(LossKind::UnsupportedFunction, argument.span, "this argument has to be written out"),
            };
        }
        if kind == HoleKind::Array {
            self.tell_other(flow, argument);
            return self.whole_array(flow, argument);
        }
        let span = argument.span;
        let val = self.value(flow, argument)?;
        match kind {
            HoleKind::Text => self.text_of(flow, argument, val),
            HoleKind::Number => self.to_number(val, span),
            HoleKind::Json => self.to_json(val, span),
            HoleKind::Multi | HoleKind::Array => self.to_multi(Self::as_found(flow, argument, val), span),
            HoleKind::Field => {
                let value = self.whole_value(&val);
                Ok(Eval::Field(self.in_field(flow, value, "value")))
            }
            HoleKind::Plain | HoleKind::Regex => match argument.ty.ty {
                Type::Int | Type::Long | Type::Real | Type::Decimal | Type::TimeSpan => self.to_number(val, span),
                Type::DateTime => self.to_time(val, span),
                Type::Dynamic | Type::Unknown => Ok(self.whole_value(&val)),
                Type::String | Type::Guid => self.to_text(val, span),
                Type::Bool => Ok(val.expr),
            },
        }
    }
}

const fn given(gives: Gives) -> Repr {
    match gives {
        Gives::Text => Repr::Text,
        Gives::Number => Repr::Number,
        Gives::Json => Repr::Json,
        Gives::Multi => Repr::Multi,
        Gives::Time => Repr::Time,
    }
}

/// How a computed value of a type is represented.
pub(super) const fn represented(ty: Type) -> Repr {
    match ty {
        Type::Bool => Repr::Bool,
        Type::Int | Type::Long | Type::Real | Type::Decimal => Repr::Number,
        Type::DateTime => Repr::Time,
        Type::TimeSpan => Repr::Span,
        Type::String | Type::Guid => Repr::Text,
        Type::Dynamic => Repr::Json,
        Type::Unknown => Repr::Any,
    }
}

/// How a single aggregate's value is represented.
pub(super) fn aggregated(gives: Option<Gives>, ty: Type) -> Repr {
    gives.map_or_else(|| represented(ty), given)
}
