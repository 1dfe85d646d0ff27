//! Nodes of the IR, put together.

use super::constant::{Stretch, stretch};
use super::text::time;
use super::{built_in, scalar};
use crate::functions::{Shape, ValueType};
use crate::ir::foreign::ForeignType;
use crate::ir::{
    CaseRule, Expr, ExprKind, ForeignId, ForeignKind, Membership, NullRule, Quantifier, RegexDialect, RegexMatch,
    StringMatch, StringRules, StringTest, TermRule, Value, ValueSet,
};
use crate::source::Span;
use crate::types::Type;

pub(super) use crate::read::build::{kql, not, null, own};

/// How texts are compared.
pub(super) const RULES: StringRules =
    StringRules { case: CaseRule::Sensitive, terms: TermRule::UnicodeWords, nulls: NullRule::Propagate };

/// Whether it may have several values.
pub(super) fn several(expr: &Expr) -> bool {
    match (&expr.kind, expr.ty.ty) {
        (ExprKind::Literal(value), _) => matches!(value, Value::Dynamic(_)),
        (ExprKind::Foreign(row, arguments), _) => match (row.row().returns, row.row().name) {
            (ForeignType::Many, _) => true,
            (_, "coalesce") => arguments.iter().any(several),
            // Conversions are made of each value.
            (_, name) if name.starts_with("to_") => arguments.iter().any(several),
            _ => false,
        },
        (_, Type::Unknown) => true,
        (_, Type::Dynamic) => !matches!(expr.ty.shape, Shape::Scalar(_)),
        _ => false,
    }
}

/// The value where there is one, null where there are several.
pub(super) fn single(expr: Expr) -> Expr {
    if !several(&expr) {
        return expr;
    }
    let (span, ty) = (expr.span, expr.ty);
    Expr::new(ExprKind::Foreign(scalar("single"), vec![expr]), ty, span)
}

/// A conversion, of each value. What a string written out says is told at once where that is a time.
pub(super) fn convert(row: ForeignId, operand: Expr, span: Span) -> Expr {
    let words = operand.as_literal().and_then(Value::as_str);
    let folded = match (row.row().name, words) {
        ("to_datetime", Some(words)) => time(words).map(|ticks| Expr::literal(Value::DateTime(ticks), span)),
        ("to_timeduration" | "to_dateperiod", Some(words)) => {
            let stretch = words.split_once(' ').and_then(|(count, unit)| stretch(count, unit.trim()));
            match stretch {
                Some(Stretch::Ticks(ticks)) => Some(Expr::literal(Value::TimeSpan(ticks), span)),
                _ => None,
            }
        }
        _ => None,
    };
    if let Some(folded) = folded {
        return folded;
    }
    let many = several(&operand);
    let mut expr = own(row, vec![operand], span);
    if many {
        expr.ty = Type::Unknown.into();
    }
    expr
}

/// How many of which unit of the calendar, if it is such a stretch.
pub(super) fn calendar(expr: &Expr) -> Option<(i64, &'static str)> {
    let ExprKind::Foreign(row, arguments) = &expr.kind else { return None };
    let words = arguments.first().filter(|_| *row == scalar("to_dateperiod"))?.as_literal()?.as_str()?;
    let (count, unit) = words.split_once(' ')?;
    match stretch(count, unit.trim())? {
        Stretch::Calendar(count, unit) => Some((count, unit)),
        Stretch::Ticks(_) => None,
    }
}

/// A time so many units of the calendar later.
pub(super) fn later(time: Expr, count: i64, unit: &str, span: Span) -> Expr {
    let count = Expr::literal(Value::Long(count), span);
    let unit = Expr::literal(Value::string(unit), span);
    own(scalar("add_period"), vec![single(time), count, unit], span)
}

/// The type of a sum, difference, product…
fn combined(left: ValueType, right: ValueType) -> ValueType {
    let ty = match (left.ty, right.ty) {
        (Type::TimeSpan, Type::TimeSpan) => Type::TimeSpan,
        (Type::DateTime, Type::TimeSpan) | (Type::TimeSpan, Type::DateTime) => Type::DateTime,
        // Nothing but a time is put together with a stretch of time.
        (Type::TimeSpan, Type::Unknown | Type::Dynamic) | (Type::Unknown | Type::Dynamic, Type::TimeSpan) => {
            Type::DateTime
        }
        (Type::Long, Type::Long) => Type::Long,
        (Type::Real, Type::Real | Type::Long) | (Type::Long, Type::Real) => Type::Real,
        _ => Type::Unknown,
    };
    ty.into()
}

/// An operator between two values.
pub(super) fn operation(function: &str, left: Expr, right: Expr, span: Span) -> Expr {
    let ty = combined(left.ty, right.ty);
    Expr::new(ExprKind::Foreign(scalar(function), vec![single(left), single(right)]), ty, span)
}

/// Adds an operand to a call that takes as many as one likes; tells whether that nests.
pub(super) fn append(function: &str, whole: Expr, operand: Expr, span: Span) -> (bool, Expr) {
    let ty = combined(whole.ty, operand.ty);
    let row = scalar(function);
    match whole.kind {
        ExprKind::Foreign(other, mut operands) if other == row => {
            operands.push(single(operand));
            (false, Expr::new(ExprKind::Foreign(row, operands), ty, span))
        }
        kind => {
            let whole = Expr { kind, ..whole };
            (true, operation(function, whole, operand, span))
        }
    }
}

/// A text written out.
pub(super) fn is_text(expr: &Expr) -> bool {
    expr.as_literal().is_some_and(|value| value.as_str().is_some())
}

/// LIKE, with one pattern or several of which one must fit.
pub(super) fn globs(subject: Expr, mut patterns: Vec<Expr>, span: Span) -> Expr {
    let subject = single(subject);
    let kind = if patterns.len() == 1 {
        let needle = patterns.remove(0);
        ExprKind::Match(Box::new(StringMatch { test: StringTest::Glob, rules: RULES, negated: false, subject, needle }))
    } else {
        ExprKind::Member(Box::new(Membership {
            test: StringTest::Glob,
            rules: RULES,
            quantifier: Quantifier::Any,
            negated: false,
            subject,
            set: ValueSet::List(patterns),
        }))
    };
    Expr::new(kind, Type::Bool, span)
}

/// RLIKE, with one pattern or several of which one must match.
pub(super) fn regexes(subject: &Expr, patterns: Vec<Expr>, span: Span) -> Expr {
    let mut terms: Vec<Expr> = patterns
        .into_iter()
        .map(|pattern| {
            let node = RegexMatch {
                dialect: RegexDialect::Lucene,
                anchored: true,
                case: CaseRule::Sensitive,
                nulls: NullRule::Propagate,
                negated: false,
                subject: single(subject.clone()),
                pattern,
            };
            Expr::new(ExprKind::Regex(Box::new(node)), Type::Bool, span)
        })
        .collect();
    if terms.len() == 1 { terms.remove(0) } else { Expr::new(ExprKind::Or(terms), Type::Bool, span) }
}

/// The aggregate of a name in lower case.
pub(super) fn aggregate(name: &str) -> Option<ForeignId> {
    built_in(ForeignKind::Aggregate, name)
}
