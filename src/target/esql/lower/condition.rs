//! Conditions: where an expression is true, and where it is false. Null is neither.

use super::list::List;
use super::partners::stored_as;
use super::read::reads_truth;
use super::value::lowered;
use super::{Flow, Lower, Result, refuse};
use crate::functions::FunctionId;
use crate::ir::{
    AnyColumn, Between, CaseRule, Compare as Comparison, CompareOp, Expr as Ir, ExprKind, NullRule, StringMatch,
    StringTest, TermRule, Value,
};
use crate::source::Span;
use crate::target::LossKind;
use crate::target::elastic::tables::{StoredType, Values};
use crate::target::elastic::{lucene, network};
use crate::target::esql::rows::Emit;
use crate::target::esql::tree::Expr;
use crate::target::ledger::Accounts as _;
use crate::types::Type;

impl Lower<'_> {
    /// True exactly where the expression is true, or where it is false. May be null elsewhere.
    pub(super) fn condition(&mut self, flow: &mut Flow, expr: &Ir, want: bool) -> Result<Expr> {
        match &expr.kind {
            ExprKind::And(terms) | ExprKind::Or(terms) => {
                let mut parts = Vec::with_capacity(terms.len());
                for term in terms {
                    parts.push(self.condition(flow, term, want)?);
                }
                let all = matches!(expr.kind, ExprKind::And(_)) == want;
                Ok(if all { Expr::all(parts) } else { Expr::any(parts) })
            }
            ExprKind::Not(operand) => self.condition(flow, operand, !want),
            ExprKind::Literal(Value::Bool(value)) => Ok(Expr::Bool(*value == want)),
            ExprKind::Literal(Value::Null(_)) => Ok(Expr::Bool(false)),
            ExprKind::Compare(node) => self.comparison(flow, node, want),
            ExprKind::Match(node) => self.string_match(flow, node, want, expr.span),
            ExprKind::Regex(node) => self.regex(flow, node, want, expr.span),
            ExprKind::Member(node) => self.member(flow, node, want, expr.span),
            ExprKind::Between(node) => self.between(flow, node, want),
            ExprKind::AnyColumn(node) => self.any_column(flow, node, want, expr.span),
            ExprKind::Call(function, arguments) if expr.ty.ty == Type::Bool => {
                let of_null = matches!(function.name(), "isnull" | "isnotnull" | "notnull");
                if of_null && arguments.iter().any(|a| matches!(a.ty.ty, Type::Dynamic | Type::Unknown)) {
                    self.lose(
                        LossKind::Null,
                        expr.span,
                        "an empty text is no null in KQL; here it is stored as a missing field, as a null is",
                    );
                }
                let missing = matches!(function.name(), "isnull" | "isempty");
                let of_object = of_null || missing || matches!(function.name(), "isnotempty" | "notempty");
                if let (true, [argument]) = (of_object, arguments.as_slice())
                    && let Some(there) = self.object_is_there(flow, argument, missing != want)?
                {
                    return Ok(there);
                }
                let of_empty = ["isempty", "isnotempty", "notempty"].iter().position(|name| *name == function.name());
                if let (Some(at), [array]) = (of_empty, arguments.as_slice())
                    && self.text_array(flow, array).is_some()
                {
                    let field = self.value(flow, array)?;
                    return Ok(if (at == 0) == want { field.is_null() } else { field.is_not_null() });
                }
                if let (Some(at), [array]) = (of_empty, arguments.as_slice())
                    && Self::list_of(flow, array).is_some_and(List::is_never_missing)
                {
                    // A list is no empty text, and be it one of nothing.
                    return Ok(Expr::Bool((at == 0) != want));
                }
                let case = self.function_case(*function, arguments);
                if let Some(loss) = case.and_then(|case| case.unknown.as_ref()).filter(|_| !want) {
                    self.lose(loss.kind, expr.span, &loss.message);
                }
                match case.map(|case| (&case.emit, &case.negated, &case.loss)) {
                    Some((Emit::Template(holds), Some(fails), loss)) => {
                        if let Some(loss) = loss {
                            self.lose(loss.kind, expr.span, &loss.message);
                        }
                        self.filled(flow, if want { holds } else { fails }, arguments)
                    }
                    Some((Emit::Rewrite(rewrite), ..)) => {
                        let holds = self.rewrite(flow, *rewrite, *function, arguments, expr)?;
                        Ok(if want { holds } else { fails(*function, holds) })
                    }
                    _ => self.truth(flow, expr, want),
                }
            }
            ExprKind::Case(node) if expr.ty.ty == Type::Bool => {
                let mut arguments = Vec::with_capacity(node.arms.len() * 2 + 1);
                for (condition, value) in &node.arms {
                    arguments.push(self.condition(flow, condition, true)?);
                    arguments.push(self.condition(flow, value, want)?);
                }
                arguments.push(self.condition(flow, &node.otherwise, want)?);
                Ok(Expr::call("CASE", arguments))
            }
            _ => self.truth(flow, expr, want),
        }
    }

    /// Whether an object of which parts are read is there, or is not: it is no field itself.
    fn object_is_there(&mut self, flow: &mut Flow, expr: &Ir, want: bool) -> Result<Option<Expr>> {
        let ExprKind::Access(access) = &expr.kind else { return Ok(None) };
        let Expr::Field(field) = self.value(flow, expr)? else { return Ok(None) };
        let parts = self.parts_of(access, &field);
        if parts.is_empty() {
            return Ok(None);
        }
        self.lose(
            LossKind::Null,
            expr.span,
            "an object is taken to be there where one of its parts is that are read here",
        );
        let tests = parts.into_iter().map(|part| Expr::IsNull(Box::new(part), !want)).collect();
        Ok(Some(if want { Expr::any(tests) } else { Expr::all(tests) }))
    }

    /// A value that is true or false.
    fn truth(&mut self, flow: &mut Flow, expr: &Ir, want: bool) -> Result<Expr> {
        if let (ExprKind::Cast(node), true) = (&expr.kind, reads_truth(expr)) {
            return self.word_of_truth(flow, &node.operand, want);
        }
        let value = self.value(flow, expr)?;
        let value = if expr.ty.ty == Type::Bool { value } else { Expr::call("TO_BOOLEAN", [value]) };
        Ok(Expr::compare(CompareOp::Equal, value, Expr::Bool(want)))
    }

    pub(super) fn comparison(&mut self, flow: &mut Flow, node: &Comparison, want: bool) -> Result<Expr> {
        let op = if want { node.op } else { node.op.complement() };
        let (mut left_ir, mut right_ir, mut op) = (&node.left, &node.right, op);
        if left_ir.as_literal().is_some() && right_ir.as_literal().is_none() {
            (left_ir, right_ir) = (right_ir, left_ir);
            op = op.mirrored();
        }
        if let (CompareOp::Equal, true, Some(Value::Bool(value))) = (op, reads_truth(left_ir), right_ir.as_literal()) {
            return self.truth(flow, left_ir, *value);
        }
        let is = |ty: Type| left_ir.ty.ty == ty || right_ir.ty.ty == ty;
        let stored = Self::slot(flow, left_ir).and_then(|slot| slot.stored);
        let texts = |ty: Type| matches!(ty, Type::Guid | Type::Dynamic | Type::String | Type::Unknown);
        let (left, right) = if stored == Some(StoredType::Keyword)
            && !is(Type::Bool)
            && right_ir.as_literal().is_some()
            && matches!(op, CompareOp::Equal | CompareOp::NotEqual)
        {
            (self.value(flow, left_ir)?, self.text(flow, right_ir)?)
        } else if Self::is_time(left_ir) || Self::is_time(right_ir) {
            (self.time(flow, left_ir)?, self.time(flow, right_ir)?)
        } else if is(Type::TimeSpan) || is(Type::Bool) {
            (self.value(flow, left_ir)?, self.value(flow, right_ir)?)
        } else if is(Type::Guid) && texts(left_ir.ty.ty) && texts(right_ir.ty.ty) {
            (lowered(self.text(flow, left_ir)?), lowered(self.text(flow, right_ir)?))
        } else if texts(left_ir.ty.ty) && texts(right_ir.ty.ty) {
            (self.text(flow, left_ir)?, self.text(flow, right_ir)?)
        } else {
            (self.number(flow, left_ir)?, self.number(flow, right_ir)?)
        };
        let test = Expr::compare(op, left.clone(), right.clone());
        if node.nulls != NullRule::KqlEquality || op != CompareOp::NotEqual {
            return Ok(test);
        }
        // A null differs from every value.
        let (left_filled, right_filled) = (Self::is_filled(flow, left_ir), Self::is_filled(flow, right_ir));
        Ok(match (left_filled, right_filled) {
            (true, true) => test,
            (false, true) => Expr::any(vec![left.is_null(), test]),
            (true, false) => Expr::any(vec![right.is_null(), test]),
            (false, false) => Expr::any(vec![
                test,
                Expr::all(vec![left.clone().is_null(), right.clone().is_not_null()]),
                Expr::all(vec![left.is_not_null(), right.is_null()]),
            ]),
        })
    }

    fn between(&mut self, flow: &mut Flow, node: &Between, want: bool) -> Result<Expr> {
        let inside = want != node.negated;
        let is_time = [&node.subject, &node.low, &node.high].into_iter().any(Self::is_time);
        let mut bound = |e: &Ir| {
            if is_time {
                self.time(flow, e)
            } else if e.ty.ty == Type::TimeSpan {
                self.value(flow, e)
            } else {
                self.number(flow, e)
            }
        };
        let (subject, low, high) = (bound(&node.subject)?, bound(&node.low)?, bound(&node.high)?);
        Ok(if inside {
            Expr::all(vec![
                Expr::compare(CompareOp::GreaterOrEqual, subject.clone(), low),
                Expr::compare(CompareOp::LessOrEqual, subject, high),
            ])
        } else {
            Expr::any(vec![
                Expr::compare(CompareOp::Less, subject.clone(), low),
                Expr::compare(CompareOp::Greater, subject, high),
            ])
        })
    }

    /// A comparison of strings, where it holds or where it does not.
    pub(super) fn string_match(&mut self, flow: &mut Flow, node: &StringMatch, want: bool, span: Span) -> Result<Expr> {
        let want = want != node.negated;
        let known = node.rules.terms == TermRule::KqlAlphanumeric
            && matches!(node.rules.nulls, NullRule::KqlEquality | NullRule::KqlMatch);
        if !known {
            return refuse(
                LossKind::UnsupportedExpression,
                span,
                "this comparison goes by rules of another language than KQL",
            );
        }
        let filled = Self::is_filled(flow, &node.subject);
        let values = Self::slot(flow, &node.subject).and_then(|slot| slot.values);
        if node.test == StringTest::Equals && node.needle.as_literal().is_none() && node.subject.as_literal().is_none()
        {
            let other = Self::slot(flow, &node.needle).and_then(|slot| slot.values);
            let (mut left, mut right) = (self.text(flow, &node.subject)?, self.text(flow, &node.needle)?);
            if values != other {
                let named = [values, other].into_iter().flatten().find(|values| values.keeps_case());
                self.part_of_named::<&str>(named, &[], span);
            }
            let (values, other) = (values.filter(|v| !v.keeps_case()), other.filter(|v| !v.keeps_case()));
            if let Some(folded) = values.or(other).filter(|_| values != other) {
                // The case of one is as the pipeline makes it: the other is made so as well.
                if node.rules.case == CaseRule::Sensitive {
                    self.lose(
                        LossKind::Case,
                        span,
                        "one of the values is stored there in another case, so that their case is not compared",
                    );
                }
                let made =
                    |own: Option<Values>, value| if own == Some(folded) { value } else { stored_as(folded, value) };
                (left, right) = (made(values, left), made(other, right));
            }
            return Ok(Self::texts_equal(flow, node, left, right, want));
        }
        if node.subject.as_literal().is_some() && node.test == StringTest::Equals {
            let (left, right) = (self.text(flow, &node.needle)?, self.text(flow, &node.subject)?);
            return Ok(Self::texts_equal(flow, node, left, right, want));
        }
        let text = self.text(flow, &node.subject)?;
        if let Some(value) = node.needle.as_literal() {
            if let Expr::Text(needle) = self.text(flow, &node.needle)? {
                self.tell_sigma(node.rules.case, &[&*needle], span);
                if node.test == StringTest::Equals {
                    self.unheld(flow, &node.subject, &[&needle], want, span);
                } else {
                    self.part_of_named(values, &[&*needle], span);
                }
                return Ok(literal_match(node.test, node.rules.case, &text, &needle, want, filled, values));
            }
            if value.is_null() {
                return Ok(Expr::Bool(!want && node.rules.nulls == NullRule::KqlMatch));
            }
        }
        let needle = self.text(flow, &node.needle)?;
        let fold = |e: Expr| if node.rules.case == CaseRule::Sensitive { e } else { lowered(e) };
        let (text, needle) = (
            Expr::call("COALESCE", [fold(text), Expr::text("")]),
            Expr::call("COALESCE", [fold(needle), Expr::text("")]),
        );
        let test = match node.test {
            StringTest::Contains => Expr::call("CONTAINS", [text, needle]),
            StringTest::StartsWith => Expr::call("STARTS_WITH", [text, needle]),
            StringTest::EndsWith => Expr::call("ENDS_WITH", [text, needle]),
            _ => {
                return refuse(
                    LossKind::UnsupportedExpression,
                    node.needle.span,
                    "a term can only be looked for where it is written out; `contains` can be said of two columns",
                );
            }
        };
        Ok(if want { test } else { Expr::Not(Box::new(test)) })
    }

    /// Tells that `TO_LOWER` makes two letters of one, where KQL compares letter by letter.
    pub(super) fn tell_sigma<T: AsRef<str>>(&mut self, case: CaseRule, needles: &[T], span: Span) {
        if case != CaseRule::Sensitive
            && needles.iter().any(|needle| crate::target::written::has_sigma(needle.as_ref()))
        {
            self.lose(LossKind::Case, span, crate::target::written::SIGMA);
        }
    }

    /// Tells where a field is compared with a text that its type cannot hold: an event with it has no value there.
    pub(super) fn unheld(&mut self, flow: &Flow, subject: &Ir, texts: &[&str], want: bool, span: Span) {
        let Some(ty) = Self::slot(flow, subject).and_then(|slot| slot.stored) else { return };
        // Where a value is asked for, an event without one is left out like one that has such a text.
        if !want && Self::is_filled(flow, subject) {
            return;
        }
        if let Some(text) = texts.iter().find(|text| !text.is_empty() && !ty.holds(text)) {
            self.lose(LossKind::Null, span, ty.message(text));
        }
    }

    /// Tells where parts of a value are looked for that may have another name there; any part, where none is named.
    pub(super) fn part_of_named<T: AsRef<str>>(&mut self, values: Option<Values>, parts: &[T], span: Span) {
        if let Some(message) = values.and_then(|values| values.part_message(parts)) {
            self.lose(LossKind::UnmappedField, span, message);
        }
    }

    fn texts_equal(flow: &Flow, node: &StringMatch, left: Expr, right: Expr, want: bool) -> Expr {
        let fold = |e: Expr| if node.rules.case == CaseRule::Sensitive { e } else { lowered(e) };
        // A missing text is the empty one, equal to another that is missing.
        let total = |e: Expr, filled: bool| if filled { e } else { Expr::call("COALESCE", [e, Expr::text("")]) };
        let left = fold(total(left, Self::is_filled(flow, &node.subject)));
        let right = fold(total(right, Self::is_filled(flow, &node.needle)));
        Expr::compare(if want { CompareOp::Equal } else { CompareOp::NotEqual }, left, right)
    }

    fn any_column(&mut self, flow: &mut Flow, node: &AnyColumn, want: bool, span: Span) -> Result<Expr> {
        let Some(needle) = node.needle.as_literal().and_then(Value::as_str) else {
            return refuse(
                LossKind::UnsupportedExpression,
                node.needle.span,
                "what every column is searched for has to be written out",
            );
        };
        if node.negated || node.open || node.columns.len() > 40 {
            return refuse(
                LossKind::UnsupportedExpression,
                span,
                "a search of all columns cannot be said in ES|QL; name the columns",
            );
        }
        let mut tests = Vec::new();
        for id in &node.columns {
            if self.query.columns[*id].ty.ty == Type::String {
                let text = self.column(flow, *id, span);
                tests.push(literal_match(node.test, node.rules.case, &text, needle, want, false, None));
            }
        }
        Ok(if want { Expr::any(tests) } else { Expr::all(tests) })
    }
}

/// How the other side of a comparison is put alike.
type Fold = Box<dyn Fn(&str) -> String>;

/// What a text is compared by: itself or in lower case, and how the other side is put alike.
pub(super) fn folded(text: &Expr, sensitive: bool, values: Option<Values>) -> (Expr, Fold) {
    match values {
        Some(values) if sensitive || !values.keeps_case() => {
            (text.clone(), Box::new(move |text: &str| values.apply(text)))
        }
        Some(values) => (lowered(text.clone()), Box::new(move |text: &str| values.apply(text).to_lowercase())),
        None if sensitive => (text.clone(), Box::new(str::to_owned)),
        None => (lowered(text.clone()), Box::new(str::to_lowercase)),
    }
}

/// The test of a text for a literal.
pub(super) fn literal_match(
    test: StringTest,
    case: CaseRule,
    text: &Expr,
    needle: &str,
    want: bool,
    filled: bool,
    values: Option<Values>,
) -> Expr {
    if needle.is_empty() {
        return match (test, want) {
            (StringTest::Equals, true) if filled => Expr::Bool(false),
            (StringTest::Equals, true) => is_empty(text),
            (StringTest::Equals, false) => is_there(text),
            // Every string holds, begins and ends with the empty one.
            (_, want) => Expr::Bool(want),
        };
    }
    let (subject, fold) = folded(text, case == CaseRule::Sensitive, values);
    let needle = fold(needle);
    let positive = match test {
        StringTest::Equals => Expr::compare(CompareOp::Equal, subject, Expr::Text(needle)),
        StringTest::Contains => Expr::Like(Box::new(subject), format!("*{}*", lucene::like(&needle))),
        StringTest::StartsWith => Expr::call("STARTS_WITH", [subject, Expr::Text(needle)]),
        StringTest::EndsWith => Expr::call("ENDS_WITH", [subject, Expr::Text(needle)]),
        StringTest::Wildcard => {
            let parts: Vec<String> = needle.split('*').map(lucene::like).collect();
            Expr::Like(Box::new(subject), parts.join("*"))
        }
        StringTest::Glob => Expr::Like(Box::new(subject), needle),
        StringTest::HasTerm | StringTest::HasPrefix | StringTest::HasSuffix => {
            // A needle without a border of its own is a mere part of the text.
            let alphanumeric = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            let start = alphanumeric(needle.chars().next()) && test != StringTest::HasSuffix;
            let end = alphanumeric(needle.chars().next_back()) && test != StringTest::HasPrefix;
            if start || end {
                let pattern = lucene::needles(test, &[&needle]).pop().unwrap_or_default();
                Expr::Rlike(Box::new(subject), pattern)
            } else {
                Expr::Like(Box::new(subject), format!("*{}*", lucene::like(&needle)))
            }
        }
    };
    if want { positive } else { complement(positive, text, filled) }
}

/// Where a condition is false that is written out for a function.
pub(super) fn fails(function: FunctionId, holds: Expr) -> Expr {
    let all = match &holds {
        // An address of IPv6 is none to KQL's functions of IPv4, and neither in a range nor out of it.
        Expr::Call(name, arguments) if name == "CIDR_MATCH" && function.name().starts_with("ipv4_") => {
            arguments.first().map(|address| [address.clone(), Expr::text(network::ALL_OF_V4)])
        }
        _ => None,
    };
    let opposite = Expr::Not(Box::new(holds));
    match all {
        Some(all) => Expr::all(vec![Expr::call("CIDR_MATCH", all), opposite]),
        None => opposite,
    }
}

/// True where a text is missing or empty.
pub(super) fn is_empty(text: &Expr) -> Expr {
    Expr::any(vec![text.clone().is_null(), Expr::compare(CompareOp::Equal, text.clone(), Expr::text(""))])
}

/// True where a text is there and not empty.
pub(super) fn is_there(text: &Expr) -> Expr {
    Expr::compare(CompareOp::NotEqual, text.clone(), Expr::text(""))
}

/// The opposite of a test that is null where `text` is: true there too.
pub(super) fn complement(test: Expr, text: &Expr, filled: bool) -> Expr {
    let opposite = match test {
        Expr::Compare(CompareOp::Equal, left, right) => Expr::Compare(CompareOp::NotEqual, left, right),
        test => Expr::Not(Box::new(test)),
    };
    if filled { opposite } else { Expr::any(vec![text.clone().is_null(), opposite]) }
}
