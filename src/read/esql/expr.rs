//! Expressions. Null in gives null out, conditions are three-valued, texts are compared by case, and an operator that
//! is given a field with several values gives null.

use pest::iterators::Pair;

use super::build::{
    RULES, append, calendar, convert, globs, is_text, kql, later, not, null, operation, own, regexes, single,
};
use super::grammar::Rule;
use super::text::time;
use super::{Lowered, MAX_CHAIN, Reader, Text, functions, scalar};
use crate::diagnostic::{Diagnostic, code};
use crate::functions::nearest;
use crate::ir::{
    Column, Compare, CompareOp, Expr, ExprKind, ForeignAggregate, Membership, NullRule, Quantifier, StringMatch,
    StringTest, Value, ValueSet,
};
use crate::read::build::comparison;
use crate::read::pipe::Pipe;
use crate::source::Span;
use crate::types::Type;

/// Where an expression stands: what its names are looked up in, and whether aggregates may stand in it.
pub(super) struct Scope<'p> {
    pub(super) pipe: &'p mut Pipe,
    pub(super) place: Place,
}

/// Whether aggregates may stand in an expression.
pub(super) enum Place {
    /// They may not.
    Record,
    /// They must: records are grouped.
    Groups(Groups),
    /// They may not, because it is given to one.
    Aggregate,
}

/// Aggregates met in the expressions over groups.
#[derive(Default)]
pub(super) struct Groups {
    /// What makes a group.
    pub(super) keys: Vec<Column>,
    /// Which records count for the aggregates that are read now.
    pub(super) condition: Option<Expr>,
    /// The aggregates so far.
    pub(super) calls: Vec<ForeignAggregate>,
    /// The columns they give, under the words of the call.
    pub(super) outputs: Vec<Column>,
}

impl<'p> Scope<'p> {
    /// In which each record is looked at by itself.
    pub(super) fn record(pipe: &'p mut Pipe) -> Self {
        Self { pipe, place: Place::Record }
    }
}

impl Reader<'_> {
    /// A condition: true, false, or null.
    pub(super) fn condition(&mut self, scope: &mut Scope<'_>, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<Expr> {
        Ok(single(self.expression(scope, body, pair)?))
    }

    /// An expression, of whichever level of precedence.
    pub(super) fn expression(&mut self, scope: &mut Scope<'_>, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<Expr> {
        let text = body.of(&pair);
        let span = self.span(text);
        match pair.as_rule() {
            Rule::boolean => self.chain(scope, body, pair, ExprKind::Or),
            Rule::conjunction => self.chain(scope, body, pair, ExprKind::And),
            Rule::inversion => {
                let mut negated = false;
                let mut inner = pair.into_inner().peekable();
                let mut words = 0;
                while inner.next_if(|part| part.as_rule() == Rule::not_word).is_some() {
                    negated = !negated;
                    words += 1;
                }
                let expr = self.next(scope, body, inner.next(), text)?;
                Ok(match (negated, words) {
                    (_, 0) => expr,
                    (false, _) => single(expr),
                    (true, _) => not(single(expr), span),
                })
            }
            Rule::tested => self.tested(scope, body, pair),
            Rule::compared => {
                let mut inner = pair.into_inner();
                let left = self.next(scope, body, inner.next(), text)?;
                let Some(sign) = inner.next() else { return Ok(left) };
                let right = self.next(scope, body, inner.next(), text)?;
                if sign.as_str() == "=~" {
                    let message = "what `=~` means is not documented";
                    return Err(self.no_meaning(body.of(&sign), message));
                }
                self.compare(comparison(sign.as_str()), left, right, text)
            }
            Rule::sum => self.sum(scope, body, pair),
            Rule::product => self.product(scope, body, pair),
            Rule::signed => {
                let mut inner = pair.into_inner().peekable();
                let mut negative = false;
                while let Some(sign) = inner.next_if(|part| part.as_rule() == Rule::sign) {
                    negative ^= sign.as_str() == "-";
                }
                let Some(operand) = inner.next() else { return Err(self.missing(text)) };
                // The least number has no counterpart without its sign.
                if negative && operand.as_str().trim_end() == "9223372036854775808" {
                    return Ok(Expr::literal(Value::Long(i64::MIN), span));
                }
                let operand = self.expression(scope, body, operand)?;
                Ok(match (negative, &operand.kind) {
                    (false, _) => operand,
                    (true, ExprKind::Literal(Value::Long(value))) => Expr::literal(Value::Long(-value), span),
                    (true, ExprKind::Literal(Value::Real(value))) => Expr::literal(Value::Real(-value), span),
                    (true, ExprKind::Literal(Value::TimeSpan(value))) => Expr::literal(Value::TimeSpan(-value), span),
                    (true, _) => {
                        let zero = Expr::literal(Value::Long(0), span);
                        let ty = operand.ty;
                        Expr::new(ExprKind::Foreign(scalar("subtract"), vec![zero, single(operand)]), ty, span)
                    }
                })
            }
            Rule::cast => {
                let mut inner = pair.into_inner();
                let mut expr = self.next(scope, body, inner.next(), text)?;
                for (depth, ty) in inner.enumerate() {
                    self.bounded(depth, text)?;
                    expr = self.cast(expr, body.of(&ty), span)?;
                }
                Ok(expr)
            }
            Rule::primary => {
                let inner = pair.into_inner().next();
                self.next(scope, body, inner, text)
            }
            Rule::span => self.stretch(body, pair),
            Rule::parameter => Ok(self.parameter(text)),
            Rule::call => self.call(scope, body, pair),
            Rule::name => self.column(scope, body, pair),
            Rule::number | Rule::null | Rule::truth | Rule::string | Rule::list | Rule::constant => {
                Ok(Expr::literal(self.value(body, pair)?, span))
            }
            rule => unreachable!("no expression: {rule:?}"),
        }
    }

    pub(super) fn missing(&self, text: Text<'_>) -> Box<Diagnostic> {
        self.wrong(&code::READ_SYNTAX, text, "an expression is missing")
    }

    fn next(
        &mut self,
        scope: &mut Scope<'_>,
        body: Text<'_>,
        pair: Option<Pair<'_, Rule>>,
        text: Text<'_>,
    ) -> Lowered<Expr> {
        match pair {
            Some(pair) => self.expression(scope, body, pair),
            None => Err(self.missing(text)),
        }
    }

    /// Operands between AND or OR.
    fn chain(
        &mut self,
        scope: &mut Scope<'_>,
        body: Text<'_>,
        pair: Pair<'_, Rule>,
        kind: impl FnOnce(Vec<Expr>) -> ExprKind,
    ) -> Lowered<Expr> {
        let span = self.span(body.of(&pair));
        let mut operands = Vec::new();
        for inner in pair.into_inner() {
            if !matches!(inner.as_rule(), Rule::or_word | Rule::and_word) {
                operands.push(self.expression(scope, body, inner)?);
            }
        }
        Ok(match operands.len() {
            1 => operands.remove(0),
            _ => Expr::new(kind(operands.into_iter().map(single).collect()), Type::Bool, span),
        })
    }

    fn tested(&mut self, scope: &mut Scope<'_>, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<Expr> {
        let text = body.of(&pair);
        let span = self.span(text);
        let mut inner = pair.into_inner();
        let Some(first) = inner.next() else { return Err(self.missing(text)) };
        if first.as_rule() == Rule::full_text {
            return self.full_text(scope, body, first);
        }
        let subject = self.expression(scope, body, first)?;
        let Some(test) = inner.next() else { return Ok(subject) };
        let rule = test.as_rule();
        let mut negated = false;
        let mut regex = false;
        let mut parts = Vec::new();
        for part in test.into_inner() {
            match part.as_rule() {
                Rule::not_word => negated = true,
                Rule::rlike_word => regex = true,
                Rule::in_word | Rule::like_word | Rule::is_word | Rule::null => {}
                _ => parts.push(part),
            }
        }
        let expr = match rule {
            Rule::null_test => {
                let function = if negated { "isnotnull" } else { "isnull" };
                return Ok(kql(function, vec![subject], Type::Bool, span));
            }
            Rule::membership => {
                let mut set = Vec::new();
                for part in parts {
                    set.push(self.expression(scope, body, part)?);
                }
                self.one_of(subject, set, text)?
            }
            _ => {
                let mut patterns = Vec::new();
                for part in parts {
                    patterns.push(self.pattern(body, part, regex)?);
                }
                if regex { regexes(&subject, patterns, span) } else { globs(subject, patterns, span) }
            }
        };
        Ok(if negated { not(expr, span) } else { expr })
    }

    /// The pattern of LIKE or RLIKE.
    fn pattern(&mut self, body: Text<'_>, pair: Pair<'_, Rule>, regex: bool) -> Lowered<Expr> {
        let text = body.of(&pair);
        match pair.into_inner().next() {
            Some(part) if part.as_rule() == Rule::string => {
                let pattern = self.string(body, &part)?;
                if !regex && let Some(c) = stray_escape(&pattern) {
                    let message = format!(
                        "a backslash in a pattern of `LIKE` takes the meaning of `*`, `?` or a backslash away, {c}"
                    );
                    let found = self.wrong(&code::ESQL_BAD_LITERAL, text, message);
                    return Err(Box::new(found.help(
                        "write two backslashes for one, each of them twice where the pattern is not in `\"\"\"`",
                    )));
                }
                Ok(Expr::literal(Value::string(pattern), self.span(text)))
            }
            _ => Ok(self.parameter(text)),
        }
    }

    /// `field : "words"`
    fn full_text(&mut self, scope: &mut Scope<'_>, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<Expr> {
        let text = body.of(&pair);
        let span = self.span(text);
        let (mut field, mut words) = (None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => field = Some(self.column(scope, body, part)?),
                Rule::type_name => {
                    let field = field.as_mut().ok_or_else(|| self.missing(text))?;
                    let old = std::mem::replace(field, null(span));
                    *field = self.cast(old, body.of(&part), span)?;
                }
                Rule::constant => words = Some(self.expression(scope, body, part)?),
                _ => {}
            }
        }
        let (Some(field), Some(words)) = (field, words) else { return Err(self.missing(text)) };
        Ok(own(scalar("match"), vec![field, words], span))
    }

    fn column(&mut self, scope: &mut Scope<'_>, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<Expr> {
        let text = body.of(&pair);
        let name = self.name(body, pair)?;
        if let Place::Groups(groups) = &scope.place {
            let Some(key) = groups.keys.iter().find(|key| *key.name == *name) else {
                let message = format!("`{name}` stands outside of any aggregate, and records are not grouped by it");
                return Err(self.wrong(&code::ESQL_AGGREGATE_PLACE, text, message));
            };
            return Ok(Expr::column(key.id, key.ty, self.span(text)));
        }
        self.field(scope.pipe, &name, text)
    }

    /// The column of a name.
    pub(super) fn field(&mut self, pipe: &mut Pipe, name: &str, text: Text<'_>) -> Lowered<Expr> {
        let span = self.span(text);
        let Some(column) = pipe.field(&mut self.columns, name, span) else {
            let message = format!("nothing before gives a column `{name}`");
            let mut found = self.wrong(&code::ESQL_UNKNOWN_COLUMN, text, message);
            let names = pipe.names();
            if let Some(near) = nearest(name, names.iter().map(|known| &**known)) {
                *found = found.help(format!("did you mean `{near}`?"));
            }
            return Err(found);
        };
        Ok(Expr::column(column.id, column.ty, span))
    }

    /// `a::type`
    fn cast(&self, operand: Expr, ty: Text<'_>, span: Span) -> Lowered<Expr> {
        let lower = ty.text.to_ascii_lowercase();
        match functions::CASTS.iter().find(|(name, _)| *name == lower) {
            Some((_, row)) => Ok(convert(scalar(row), operand, span)),
            None => match functions::refusal(&format!("to_{}", lower.replace('_', ""))) {
                Some(why) => Err(Box::new(self.no_meaning(ty, format!("`::{lower}` is not read")).note(why))),
                None => Err(self.wrong(&code::READ_SYNTAX, ty, format!("`{}` is no type", ty.text))),
            },
        }
    }

    fn sum(&mut self, scope: &mut Scope<'_>, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<Expr> {
        let text = body.of(&pair);
        let mut inner = pair.into_inner();
        let mut whole = self.next(scope, body, inner.next(), text)?;
        let mut nested = 0;
        while let (Some(sign), Some(operand)) = (inner.next(), inner.next()) {
            let operand = self.expression(scope, body, operand)?;
            let span = whole.span.to(operand.span);
            let minus = sign.as_str() == "-";
            let old = std::mem::replace(&mut whole, null(span));
            let (deeper, new) = match (calendar(&old), calendar(&operand)) {
                (None, None) if minus => (true, operation("subtract", old, operand, span)),
                (None, None) => append("add", old, operand, span),
                (None, Some((count, unit))) if old.ty.ty != Type::TimeSpan => {
                    (true, later(old, if minus { -count } else { count }, unit, span))
                }
                (Some((count, unit)), None) if !minus && operand.ty.ty != Type::TimeSpan => {
                    (true, later(operand, count, unit, span))
                }
                _ => {
                    let message = "a stretch of time by the calendar is added to a time, or taken from one";
                    return Err(self.wrong(&code::READ_SYNTAX, text, message));
                }
            };
            whole = new;
            nested += usize::from(deeper);
            self.bounded(nested, text)?;
        }
        Ok(whole)
    }

    fn product(&mut self, scope: &mut Scope<'_>, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<Expr> {
        let text = body.of(&pair);
        let mut inner = pair.into_inner();
        let mut whole = self.next(scope, body, inner.next(), text)?;
        let mut nested = 0;
        while let (Some(sign), Some(operand)) = (inner.next(), inner.next()) {
            let operand = self.expression(scope, body, operand)?;
            let span = whole.span.to(operand.span);
            let old = std::mem::replace(&mut whole, null(span));
            let (deeper, new) = match sign.as_str() {
                "*" => append("multiply", old, operand, span),
                "/" => (true, operation("divide", old, operand, span)),
                _ => (true, operation("modulo", old, operand, span)),
            };
            whole = new;
            nested += usize::from(deeper);
            self.bounded(nested, text)?;
        }
        Ok(whole)
    }

    fn bounded(&self, nested: usize, text: Text<'_>) -> Lowered<()> {
        if nested > MAX_CHAIN {
            return Err(self.wrong(&code::ESQL_TOO_DEEP, text, "these operators make too long a chain"));
        }
        Ok(())
    }

    /// A comparison of two values.
    fn compare(&self, op: CompareOp, left: Expr, right: Expr, text: Text<'_>) -> Lowered<Expr> {
        let span = self.span(text);
        let (left, right) = (Self::timed(left, &right)?, right);
        let right = Self::timed(right, &left)?;
        let (left, right) = (single(left), single(right));
        if matches!(op, CompareOp::Equal | CompareOp::NotEqual) {
            let (subject, needle) = if is_text(&left) { (right, left) } else { (left, right) };
            if is_text(&needle) {
                let negated = op == CompareOp::NotEqual;
                let node = StringMatch { test: StringTest::Equals, rules: RULES, negated, subject, needle };
                return Ok(Expr::new(ExprKind::Match(Box::new(node)), Type::Bool, span));
            }
            let node = Compare { op, nulls: NullRule::Propagate, left: subject, right: needle };
            return Ok(Expr::new(ExprKind::Compare(Box::new(node)), Type::Bool, span));
        }
        let node = Compare { op, nulls: NullRule::Propagate, left, right };
        Ok(Expr::new(ExprKind::Compare(Box::new(node)), Type::Bool, span))
    }

    /// A string written out, compared with a time, is one.
    fn timed(expr: Expr, other: &Expr) -> Lowered<Expr> {
        let (Type::DateTime, Some(words)) = (other.ty.ty, expr.as_literal().and_then(Value::as_str)) else {
            return Ok(expr);
        };
        if let Some(ticks) = time(words) {
            return Ok(Expr::literal(Value::DateTime(ticks), expr.span));
        }
        let message = format!("`{words}` is compared with a time, and is none in ISO 8601");
        Err(Box::new(Diagnostic::new(&code::ESQL_BAD_LITERAL, expr.span, message)))
    }

    /// Whether a value equals one of several; null where it does not and one of them is null.
    fn one_of(&self, subject: Expr, set: Vec<Expr>, text: Text<'_>) -> Lowered<Expr> {
        let span = self.span(text);
        let plain = |expr: &Expr| expr.as_literal().is_some_and(|v| !v.is_null() && !matches!(v, Value::Dynamic(_)));
        let subject = single(subject);
        let set = set.into_iter().map(|value| Self::timed(value, &subject)).collect::<Lowered<Vec<_>>>()?;
        if set.iter().all(plain) {
            let node = Membership {
                test: StringTest::Equals,
                rules: RULES,
                quantifier: Quantifier::Any,
                negated: false,
                subject,
                set: ValueSet::List(set),
            };
            return Ok(Expr::new(ExprKind::Member(Box::new(node)), Type::Bool, span));
        }
        let mut terms = Vec::new();
        for value in set {
            terms.push(self.compare(CompareOp::Equal, subject.clone(), value, text)?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Expr::new(ExprKind::Or(terms), Type::Bool, span) })
    }
}

/// What a backslash stands before that has no meaning to take away.
fn stray_escape(pattern: &str) -> Option<String> {
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            continue;
        }
        match chars.next() {
            Some('*' | '?' | '\\') => {}
            Some(other) => return Some(format!("and here stands before `{other}`")),
            None => return Some("and here stands at the end".to_owned()),
        }
    }
    None
}
