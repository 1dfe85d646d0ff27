//! Casts: a value as one of another type.

use super::read::{reads_truth, whole_number};
use super::value::{GUID, TICKS_PER_MILLI, lowered};
use super::{Flow, Lower, Result, refuse};
use crate::ir::{Cast, CastKind, CompareOp, Expr as Ir};
use crate::target::LossKind;
use crate::target::esql::tree::{Expr, Operator};
use crate::target::ledger::Accounts as _;
use crate::types::Type;

impl Lower<'_> {
    pub(super) fn cast(&mut self, flow: &mut Flow, node: &Cast, expr: &Ir) -> Result<Expr> {
        if node.kind == CastKind::Widen {
            return self.value(flow, &node.operand);
        }
        let from = node.operand.ty.ty;
        Ok(match expr.ty.ty {
            Type::String => self.text(flow, &node.operand)?,
            Type::Int | Type::Long => {
                let value = self.value(flow, &node.operand)?;
                match from {
                    Type::Int | Type::Long => value,
                    Type::Real | Type::Decimal => {
                        let cut = Expr::call(
                            "CASE",
                            [
                                Expr::compare(CompareOp::Less, value.clone(), Expr::integer(0)),
                                Expr::call("CEIL", [value.clone()]),
                                Expr::call("FLOOR", [value]),
                            ],
                        );
                        Expr::call("TO_LONG", [cut])
                    }
                    // A tick is a tenth of a microsecond.
                    Type::TimeSpan => Expr::binary(Operator::Multiply, value, Expr::integer(TICKS_PER_MILLI)),
                    Type::DateTime => {
                        return refuse(
                            LossKind::UnsupportedExpression,
                            expr.span,
                            "the ticks of an instant have no use in ES|QL",
                        );
                    }
                    Type::String if !Self::is_whole(flow, &node.operand) => whole_number(value, expr.ty.ty),
                    _ => Expr::call("TO_LONG", [value]),
                }
            }
            Type::Real | Type::Decimal => {
                let value = self.value(flow, &node.operand)?;
                if from == Type::Real { value } else { Expr::call("TO_DOUBLE", [value]) }
            }
            Type::Bool if reads_truth(expr) => {
                let holds = self.word_of_truth(flow, &node.operand, true)?;
                let fails = self.word_of_truth(flow, &node.operand, false)?;
                Expr::call("CASE", [holds, Expr::Bool(true), fails, Expr::Bool(false)])
            }
            Type::Bool => {
                let value = self.value(flow, &node.operand)?;
                if from == Type::Bool { value } else { Expr::call("TO_BOOLEAN", [value]) }
            }
            Type::DateTime => {
                let value = self.value(flow, &node.operand)?;
                if from == Type::DateTime {
                    value
                } else {
                    if node.operand.as_literal().is_none() {
                        self.lose(
                            LossKind::Null,
                            expr.span,
                            "a time in another form than ISO 8601 becomes null, where KQL reads several forms",
                        );
                    }
                    Expr::call("TO_DATETIME", [value])
                }
            }
            Type::TimeSpan if from == Type::TimeSpan => self.value(flow, &node.operand)?,
            Type::TimeSpan => {
                return refuse(
                    LossKind::UnsupportedExpression,
                    expr.span,
                    "a time span cannot be read from text in ES|QL",
                );
            }
            Type::Guid if from == Type::Guid => lowered(self.text(flow, &node.operand)?),
            Type::Guid => {
                self.lose(LossKind::Null, expr.span, "a GUID in another form than with hyphens alone becomes null");
                let text = self.text(flow, &node.operand)?;
                let is_guid = Expr::Rlike(Box::new(text.clone()), GUID.to_owned());
                Expr::call("CASE", [is_guid, lowered(text), Expr::Null])
            }
            Type::Dynamic | Type::Unknown => self.value(flow, &node.operand)?,
        })
    }
}
