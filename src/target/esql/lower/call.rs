//! Calls of functions, by their rows in `functions.yaml`.

use super::condition::fails;
use super::{Flow, Lower, Result, refuse};
use crate::functions::FunctionId;
use crate::ir::{Expr as Ir, Json};
use crate::literal::{format_datetime, format_guid, format_timespan};
use crate::target::LossKind;
use crate::target::esql::rows::{Emit, FunctionCase, Rewrite};
use crate::target::esql::tree::{Expr, HoleKind};
use crate::target::ledger::Accounts as _;
use crate::types::Type;

impl<'a> Lower<'a> {
    /// The case of a function's row that its arguments fit.
    pub(super) fn function_case(&self, function: FunctionId, arguments: &[Ir]) -> Option<&'a FunctionCase> {
        self.data.functions.get(function.name())?.iter().find(|case| {
            case.arguments.is_none_or(|count| count == arguments.len())
                && case.literals.iter().all(|at| arguments.get(at - 1).is_some_and(|a| a.as_literal().is_some()))
        })
    }

    /// The value of a call.
    pub(super) fn call(&mut self, flow: &mut Flow, function: FunctionId, arguments: &[Ir], expr: &Ir) -> Result<Expr> {
        let Some(case) = self.function_case(function, arguments) else {
            let name = function.name();
            let message = if self.data.functions.contains_key(name) {
                format!("`{name}` can only be said with other arguments: literals, or another number of them")
            } else {
                format!("`{name}` has no counterpart in ES|QL")
            };
            return refuse(LossKind::UnsupportedFunction, expr.span, message);
        };
        let list = arguments.first().and_then(|argument| Self::slot(flow, argument)).and_then(|slot| slot.elements);
        if matches!(function.name(), "array_length" | "arraylength") && list.is_some_and(|elements| elements.repeat) {
            return refuse(LossKind::UnsupportedFunction, expr.span, "a list holds equal values once there");
        }
        if let Some(loss) = &case.loss {
            self.lose(loss.kind, expr.span, &loss.message);
        }
        if let Some(loss) = case.unknown.as_ref().filter(|_| expr.ty.ty == Type::Bool) {
            self.lose(loss.kind, expr.span, &loss.message);
        }
        match &case.emit {
            Emit::Template(template) => {
                let holds = self.filled(flow, template, arguments)?;
                match &case.negated {
                    Some(negated) if expr.ty.ty == Type::Bool => {
                        let fails = self.filled(flow, negated, arguments)?;
                        Ok(Expr::call("CASE", [holds, Expr::Bool(true), fails, Expr::Bool(false)]))
                    }
                    _ => Ok(holds),
                }
            }
            Emit::Rewrite(rewrite) => {
                let value = self.rewrite(flow, *rewrite, function, arguments, expr)?;
                if *rewrite != Rewrite::InAnyRange {
                    return Ok(value);
                }
                let fails = fails(function, value.clone());
                Ok(Expr::call("CASE", [value, Expr::Bool(true), fails, Expr::Bool(false)]))
            }
        }
    }

    /// A template with its holes filled.
    pub(super) fn filled(&mut self, flow: &mut Flow, template: &Expr, arguments: &[Ir]) -> Result<Expr> {
        let mut one = |lower: &mut Self, e: &Expr| lower.filled(flow, e, arguments).map(Box::new);
        Ok(match template {
            Expr::Field(_)
            | Expr::Text(_)
            | Expr::Number(_)
            | Expr::Bool(_)
            | Expr::Null
            | Expr::Span(..)
            | Expr::All => template.clone(),
            Expr::Call(name, inside) => {
                let mut filled = Vec::with_capacity(inside.len());
                for item in inside {
                    match item {
                        Expr::Rest(kind) => {
                            for argument in arguments {
                                filled.push(self.argument(flow, argument, *kind)?);
                            }
                        }
                        item => filled.push(self.filled(flow, item, arguments)?),
                    }
                }
                Expr::Call(name.clone(), filled)
            }
            Expr::List(items) => Expr::List(items.iter().map(|e| one(self, e).map(|e| *e)).collect::<Result<_>>()?),
            Expr::Compare(op, left, right) => Expr::Compare(*op, one(self, left)?, one(self, right)?),
            Expr::Binary(op, left, right) => Expr::Binary(*op, one(self, left)?, one(self, right)?),
            Expr::Negate(inner) => Expr::Negate(one(self, inner)?),
            Expr::Not(inner) => Expr::Not(one(self, inner)?),
            Expr::IsNull(inner, is) => Expr::IsNull(one(self, inner)?, *is),
            Expr::Like(inner, pattern) => Expr::Like(one(self, inner)?, pattern.clone()),
            Expr::Rlike(inner, pattern) => Expr::Rlike(one(self, inner)?, pattern.clone()),
            Expr::In(subject, items) => {
                let subject = one(self, subject)?;
                let items = items.iter().map(|e| one(self, e).map(|e| *e)).collect::<Result<_>>()?;
                Expr::In(subject, items)
            }
            Expr::And(terms) => Expr::And(terms.iter().map(|e| one(self, e).map(|e| *e)).collect::<Result<_>>()?),
            Expr::Or(terms) => Expr::Or(terms.iter().map(|e| one(self, e).map(|e| *e)).collect::<Result<_>>()?),
            Expr::Hole(at, kind) => match arguments.get(at - 1) {
                Some(argument) => self.argument(flow, argument, *kind)?,
                None => Expr::Null,
            },
            Expr::Rest(_) => Expr::Null,
        })
    }

    fn argument(&mut self, flow: &mut Flow, argument: &Ir, kind: HoleKind) -> Result<Expr> {
        match kind {
            HoleKind::Plain | HoleKind::Millis => self.value(flow, argument),
            HoleKind::Text => self.text(flow, argument),
            HoleKind::Number => self.number(flow, argument),
            HoleKind::Time => self.time(flow, argument),
        }
    }
}

impl Lower<'_> {
    /// The type of the elements of a column that holds an array of texts, which is a field with several values.
    pub(super) fn text_array(&mut self, flow: &Flow, expr: &Ir) -> Option<Type> {
        let id = expr.as_column()?;
        let name = self.query.columns[id].name.clone();
        let is = self.query.columns[id].ty.ty == Type::Dynamic
            && self.tables.text_arrays.iter().any(|array| **array == *name)
            && self.is_object(flow, id);
        if !is {
            return None;
        }
        self.lose(
            LossKind::Null,
            expr.span,
            format!("`{name}` is taken to be stored as a field with several values: equal ones come once, in an order of their own, and one without any is missing"),
        );
        Some(Type::String)
    }
}

/// The JSON of a list with elements of a type, which is KQL's text of it; `missing` where there is none.
pub(super) fn text_of_list(list: Expr, ty: Type, missing: &str) -> Expr {
    let bare = matches!(ty, Type::Bool | Type::Int | Type::Long | Type::Real | Type::Decimal);
    let (before, between, behind) = if bare { ("[", ",", "]") } else { ("[\"", "\",\"", "\"]") };
    let list = if matches!(ty, Type::String | Type::Guid) { list } else { Expr::call("TO_STRING", [list]) };
    let all = Expr::call("MV_CONCAT", [list, Expr::text(between)]);
    let text = Expr::call("CONCAT", [Expr::text(before), all, Expr::text(behind)]);
    Expr::call("COALESCE", [text, Expr::text(missing)])
}

/// The text of an array or bag, as KQL writes it.
pub(super) fn json_text(json: &Json) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    match json {
        Json::Null => "null".to_owned(),
        Json::Bool(value) => value.to_string(),
        Json::Long(value) => value.to_string(),
        Json::Real(value) => format!("{value:?}"),
        Json::String(text) => quoted(text),
        Json::DateTime(ticks) => quoted(&format_datetime(*ticks)),
        Json::TimeSpan(ticks) => quoted(&format_timespan(*ticks)),
        Json::Guid(value) => quoted(&format_guid(*value)),
        Json::Array(items) => format!("[{}]", items.iter().map(json_text).collect::<Vec<_>>().join(",")),
        Json::Bag(slots) => {
            let slots = slots.iter().map(|(name, value)| format!("{}:{}", quoted(name), json_text(value)));
            format!("{{{}}}", slots.collect::<Vec<_>>().join(","))
        }
    }
}
