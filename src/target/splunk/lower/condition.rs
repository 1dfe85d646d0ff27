//! Conditions: where an expression is true, and where it is false. Null is neither.

use super::represent::written_as;
use super::text::lowered;
use super::value::is_text;
use super::{Flow, Lower, Repr, Result, refuse};
use crate::ir::{
    AnyColumn, Between, CaseRule, Compare as Comparison, CompareOp, Expr, ExprKind, NullRule, StringTest, Value,
};
use crate::source::Span;
use crate::target::LossKind;
use crate::target::ledger::Accounts as _;
use crate::target::splunk::rows::Emit;
use crate::target::splunk::tree::Eval;
use crate::types::Type;

impl Lower<'_> {
    /// True exactly where the expression is true, or where it is false. May be null elsewhere.
    pub(super) fn condition(&mut self, flow: &mut Flow, expr: &Expr, want: bool) -> Result<Eval> {
        super::deep(|| self.condition_inner(flow, expr, want))
    }

    fn condition_inner(&mut self, flow: &mut Flow, expr: &Expr, want: bool) -> Result<Eval> {
        match &expr.kind {
            ExprKind::And(terms) | ExprKind::Or(terms) => {
                let mut parts = Vec::with_capacity(terms.len());
                for term in terms {
                    parts.push(self.condition(flow, term, want)?);
                }
                let all = matches!(expr.kind, ExprKind::And(_)) == want;
                Ok(if all { Eval::all(parts) } else { Eval::any(parts) })
            }
            ExprKind::Not(operand) => self.condition(flow, operand, !want),
            ExprKind::Literal(Value::Bool(value)) => Ok(constant(*value == want)),
            ExprKind::Literal(Value::Null(_)) => Ok(constant(false)),
            ExprKind::Compare(node) => self.comparison(flow, node, want),
            ExprKind::Match(node) => self.string_match(flow, node, want, expr.span),
            ExprKind::Regex(node) => self.regex(flow, node, want, expr.span),
            ExprKind::Member(node) => self.member(flow, node, want, expr.span),
            ExprKind::Between(node) => self.between(flow, node, want),
            ExprKind::AnyColumn(node) => self.any_column(node, want, expr.span),
            ExprKind::Call(function, arguments) => {
                self.tell_empty(flow, function.name(), arguments);
                if let [of] = arguments.as_slice()
                    && let Some(condition) = self.nothing(flow, function.name(), of, want)?
                {
                    return Ok(condition);
                }
                if let Some(condition) = self.call_condition(flow, *function, arguments, want, expr)? {
                    return Ok(condition);
                }
                self.truth(flow, expr, want)
            }
            ExprKind::Case(node) => {
                // The arms before an arm must not hold for it to count.
                let mut cases = Vec::with_capacity(node.arms.len() * 2 + 2);
                for (condition, value) in &node.arms {
                    cases.push(self.condition(flow, condition, true)?);
                    cases.push(self.word(flow, value, want)?);
                }
                cases.push(constant(true));
                cases.push(self.word(flow, &node.otherwise, want)?);
                Ok(is_text(Eval::call("case", cases), "yes"))
            }
            ExprKind::Cast(node) if expr.ty.ty == Type::Bool => {
                let val = self.value(flow, &node.operand)?;
                if matches!(val.repr, Repr::Bool | Repr::Number) {
                    return self.truth(flow, expr, want);
                }
                let text = if Self::is_held(flow, &node.operand) {
                    self.text_of(flow, &node.operand, val)?
                } else {
                    self.truth_text(val, expr.span)?
                };
                Ok(written_as(text, want))
            }
            _ => self.truth(flow, expr, want),
        }
    }

    /// Tells that a dynamic column which is an empty text, and so no null, may be no field at all.
    fn tell_empty(&mut self, flow: &Flow, function: &str, arguments: &[Expr]) {
        if let ([argument], "isnull" | "isnotnull" | "notnull") = (arguments, function)
            && matches!(argument.ty.ty, Type::Dynamic | Type::Unknown)
            && argument.as_column().and_then(|id| flow.slots.get(&id)).is_some_and(|slot| slot.of_event)
        {
            let message = "an empty text is no null in KQL; it may be stored as a missing field, as a null is";
            self.lose(LossKind::Null, argument.span, message);
        }
    }

    /// `yes` where a condition is as wanted, otherwise `no`.
    fn word(&mut self, flow: &mut Flow, expr: &Expr, want: bool) -> Result<Eval> {
        let condition = self.condition(flow, expr, want)?;
        Ok(Eval::call("if", [condition, Eval::text("yes"), Eval::text("no")]))
    }

    /// A value that is true or false.
    fn truth(&mut self, flow: &mut Flow, expr: &Expr, want: bool) -> Result<Eval> {
        let val = self.value(flow, expr)?;
        let word = if want { "true" } else { "false" };
        Ok(match val.repr {
            Repr::Bool => is_text(val.expr, word),
            Repr::Number => {
                Eval::compare(if want { CompareOp::NotEqual } else { CompareOp::Equal }, val.expr, Eval::integer(0))
            }
            _ => {
                let text = self.truth_text(val, expr.span)?;
                is_text(lowered(&text), word)
            }
        })
    }

    /// The text of a value that may be a truth value inside of JSON: `json_extract` "converts a JSON Boolean
    /// to a Boolean", which `tostring` writes as `True` or `False`
    /// (<https://help.splunk.com/en/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/json-functions>).
    pub(super) fn truth_text(&mut self, val: super::Val, span: Span) -> Result<Eval> {
        let text = self.to_text(val, span)?;
        Ok(if is_extracted(&text) { Eval::call("tostring", [text]) } else { text })
    }

    /// A text that is compared with others, and how letters count: where one of those is that of a truth value and the
    /// text may be one of JSON, it is that which `tostring` gives, in letters of any case.
    pub(super) fn compared_text<'n>(
        &mut self,
        text: Eval,
        needles: impl IntoIterator<Item = &'n str>,
        case: CaseRule,
        span: Span,
    ) -> (Eval, CaseRule) {
        let is_truth = |text: &str| text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false");
        if !is_extracted(&text) || !needles.into_iter().any(is_truth) {
            return (text, case);
        }
        if case == CaseRule::Sensitive {
            self.lose(
                LossKind::Case,
                span,
                "a truth value of JSON is the text `True` or `False`, so letters count in any case",
            );
        }
        (Eval::call("tostring", [text]), CaseRule::AsciiInsensitive)
    }

    /// Whether an expression is never null.
    pub(super) fn is_total(&self, flow: &Flow, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::And(terms) | ExprKind::Or(terms) => terms.iter().all(|term| self.is_total(flow, term)),
            ExprKind::Not(operand) => self.is_total(flow, operand),
            ExprKind::Literal(value) => !value.is_null(),
            ExprKind::Match(_) | ExprKind::Regex(_) | ExprKind::AnyColumn(_) => true,
            ExprKind::Member(_) => true,
            ExprKind::Compare(node) => {
                let literal = |e: &Expr| e.as_literal().is_some_and(|v| !v.is_null());
                let some = |e: &Expr| literal(e) || self.is_filled(flow, e);
                let equality = node.nulls == NullRule::KqlEquality;
                some(&node.left) && some(&node.right) || equality && (literal(&node.left) || literal(&node.right))
            }
            ExprKind::Call(function, _) => {
                matches!(function.name(), "isempty" | "isnotempty" | "notempty" | "isnull" | "isnotnull" | "notnull")
            }
            ExprKind::Case(node) => {
                node.arms.iter().all(|(_, value)| self.is_total(flow, value)) && self.is_total(flow, &node.otherwise)
            }
            _ => false,
        }
    }

    pub(super) fn comparison(&mut self, flow: &mut Flow, node: &Comparison, want: bool) -> Result<Eval> {
        let op = if want { node.op } else { node.op.complement() };
        for (side, other) in [(&node.left, &node.right), (&node.right, &node.left)] {
            if let Some(Value::Bool(value)) = other.as_literal()
                && matches!(op, CompareOp::Equal | CompareOp::NotEqual)
            {
                return self.bool_comparison(flow, side, *value, op == CompareOp::Equal);
            }
        }
        if let (Some(array), Some(least)) = (length_of(&node.left), node.right.as_literal().and_then(Value::as_integer))
            && (op == CompareOp::Greater && least >= 0
                || matches!(op, CompareOp::GreaterOrEqual | CompareOp::Equal) && least >= 1)
        {
            let length = self.array_length(flow, array, true)?;
            return Ok(Eval::compare(op, length, Eval::integer(least)));
        }
        let (left, right) = (self.value(flow, &node.left)?, self.value(flow, &node.right)?);
        let is_time = |e: &Expr, v: &Repr| e.ty.ty == Type::DateTime || matches!(v, Repr::Time | Repr::TimeText);
        let texts = |ty: Type| matches!(ty, Type::Guid | Type::Dynamic | Type::Bool | Type::Unknown);
        let (left_span, right_span) = (node.left.span, node.right.span);
        let (left_expr, right_expr) = if is_time(&node.left, &left.repr) || is_time(&node.right, &right.repr) {
            let (left, right) = (Self::as_instant(flow, &node.left, left), Self::as_instant(flow, &node.right, right));
            (self.to_time(left, left_span)?, self.to_time(right, right_span)?)
        } else if texts(node.left.ty.ty)
            && texts(node.right.ty.ty)
            && matches!(op, CompareOp::Equal | CompareOp::NotEqual)
        {
            if node.left.ty.ty == Type::Guid || node.right.ty.ty == Type::Guid {
                (lowered(&self.to_text(left, left_span)?), lowered(&self.to_text(right, right_span)?))
            } else {
                (self.to_json(left, left_span)?, self.to_json(right, right_span)?)
            }
        } else {
            (self.to_number(left, left_span)?, self.to_number(right, right_span)?)
        };
        let test = Eval::compare(op, left_expr.clone(), right_expr.clone());
        if let Some(test) = self.untyped(flow, node, want, &test)? {
            return Ok(test);
        }
        if op != CompareOp::NotEqual || node.nulls != NullRule::KqlEquality {
            return Ok(test);
        }
        // A null differs from every value.
        let constant = |e: &Expr| e.as_literal().is_some_and(|v| !v.is_null());
        let nullable_left = !constant(&node.left) && !self.is_filled(flow, &node.left);
        let nullable_right = !constant(&node.right) && !self.is_filled(flow, &node.right);
        let null = |e: &Eval| Eval::call("isnull", [e.clone()]);
        let there = |e: &Eval| Eval::call("isnotnull", [e.clone()]);
        Ok(match (nullable_left, nullable_right) {
            (false, false) => test,
            (true, false) => Eval::any(vec![null(&left_expr), test]),
            (false, true) => Eval::any(vec![null(&right_expr), test]),
            (true, true) => Eval::any(vec![
                Eval::all(vec![null(&left_expr), there(&right_expr)]),
                Eval::all(vec![there(&left_expr), null(&right_expr)]),
                test,
            ]),
        })
    }

    /// A comparison of a dynamic value with a number, in which a value that is there and no number is neither greater nor less.
    fn untyped(&mut self, flow: &mut Flow, node: &Comparison, want: bool, test: &Eval) -> Result<Option<Eval>> {
        let sides = [(&node.left, &node.right), (&node.right, &node.left)];
        let Some((side, _)) =
            sides.into_iter().find(|(side, other)| side.ty.ty == Type::Dynamic && other.ty.ty.is_numeric())
        else {
            return Ok(None);
        };
        self.lose(
            LossKind::Null,
            side.span,
            "a text of digits counts as the number, where KQL finds no number in a text",
        );
        if want || matches!(node.op, CompareOp::Equal | CompareOp::NotEqual) {
            return Ok(None);
        }
        let val = self.value(flow, side)?;
        let there = Eval::call("isnotnull", [self.to_json(val.clone(), side.span)?]);
        let number = self.to_number(val, side.span)?;
        let other = Eval::any(vec![Eval::call("isnull", [number]), test.clone()]);
        Ok(Some(Eval::all(vec![there, other])))
    }

    /// `side == value`, or `side != value`.
    fn bool_comparison(&mut self, flow: &mut Flow, side: &Expr, value: bool, equal: bool) -> Result<Eval> {
        if side.ty.ty == Type::Dynamic && !Self::is_held(flow, side) {
            let message = "the texts `true` and `false` count as truth values, where KQL finds none in a text";
            self.lose(LossKind::Null, side.span, message);
        }
        if equal {
            return self.condition(flow, side, value);
        }
        if side.ty.ty == Type::Dynamic {
            // What is no truth value differs from both.
            let val = self.value(flow, side)?;
            let text = lowered(&self.truth_text(val, side.span)?);
            let word = if value { "true" } else { "false" };
            return Ok(super::text::complement(is_text(text.clone(), word), &text, false));
        }
        let other = self.condition(flow, side, !value)?;
        if self.is_total(flow, side) {
            return Ok(other);
        }
        let val = self.value(flow, side)?;
        let whole = self.whole_value(&val);
        Ok(Eval::any(vec![Eval::call("isnull", [whole]), other]))
    }

    fn between(&mut self, flow: &mut Flow, node: &Between, want: bool) -> Result<Eval> {
        let inside = want != node.negated;
        let is_time = [&node.subject, &node.low, &node.high].iter().any(|e| e.ty.ty == Type::DateTime);
        let mut bound = |e: &Expr| -> Result<Eval> {
            let val = self.value(flow, e)?;
            if is_time { self.to_time(Self::as_instant(flow, e, val), e.span) } else { self.to_number(val, e.span) }
        };
        let (subject, low, high) = (bound(&node.subject)?, bound(&node.low)?, bound(&node.high)?);
        Ok(if inside {
            Eval::all(vec![
                Eval::compare(CompareOp::GreaterOrEqual, subject.clone(), low),
                Eval::compare(CompareOp::LessOrEqual, subject, high),
            ])
        } else {
            Eval::any(vec![
                Eval::compare(CompareOp::Less, subject.clone(), low),
                Eval::compare(CompareOp::Greater, subject, high),
            ])
        })
    }

    fn any_column(&mut self, node: &AnyColumn, want: bool, span: Span) -> Result<Eval> {
        let Some(needle) = node.needle.as_literal().and_then(Value::as_str) else {
            return refuse(
                LossKind::UnsupportedExpression,
                node.needle.span,
                "what every column is searched for has to be written out",
            );
        };
        if node.negated {
            return refuse(
                LossKind::UnsupportedExpression,
                span,
                "a test that some column fails cannot be said; name the columns",
            );
        }
        self.lose(
            LossKind::Term,
            span,
            "the text of the whole event is searched, names of fields and columns left out of the query included",
        );
        let raw = Eval::field("_raw");
        let test = match node.test {
            StringTest::Equals => StringTest::HasTerm,
            test => test,
        };
        Ok(self.literal_match(test, node.rules.case, &raw, needle, want, true))
    }

    /// A call of a function that gives a truth value, by its own row.
    fn call_condition(
        &mut self,
        flow: &mut Flow,
        function: crate::functions::FunctionId,
        arguments: &[Expr],
        want: bool,
        expr: &Expr,
    ) -> Result<Option<Eval>> {
        if expr.ty.ty != Type::Bool {
            return Ok(None);
        }
        let data = self.data;
        let Some(case) = self.function_case(function, arguments) else { return Ok(None) };
        match &case.emit {
            Emit::Template(template) => {
                let template = match (want, &case.negated) {
                    (true, _) => template,
                    (false, Some(negated)) => negated,
                    (false, None) => return Ok(None),
                };
                if let Some(loss) = &case.loss {
                    self.lose(loss.kind, expr.span, &loss.message);
                }
                let _ = data;
                self.filled_template(flow, template, arguments, expr.span).map(Some)
            }
            Emit::Rewrite(rewrite) => self.rewrite_condition(flow, *rewrite, function, arguments, want, expr),
        }
    }
}

/// A constant condition.
pub(super) fn constant(value: bool) -> Eval {
    Eval::call(if value { "true" } else { "false" }, [])
}

/// Whether a text is taken out of JSON, so that it may be a truth value.
fn is_extracted(text: &Eval) -> bool {
    matches!(text, Eval::Call(name, _) if name.starts_with("json_extract"))
}

/// The array whose length a value is.
fn length_of(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Call(function, arguments) if matches!(function.name(), "array_length" | "arraylength") => {
            arguments.first()
        }
        _ => None,
    }
}
