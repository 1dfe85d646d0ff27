//! Tests: how a value is compared, and what a comparison gives where the value is missing.

use crate::functions::ValueType;
use crate::ir::{
    Case, CaseRule, Compare, CompareOp, Expr, ExprKind, Membership, NullRule, Quantifier, RegexDialect, RegexMatch,
    StringMatch, StringRules, StringTest, TermRule, Value, ValueSet,
};
use crate::source::Span;
use crate::types::Type;

/// An expression as it is read.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) expr: Expr,
    pub(super) kind: Kind,
}

/// What an expression is where a condition is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A value: a field, a literal, what a function gives.
    Value,
    /// A query, which holds or does not.
    Query,
    /// A query that is null for an event which it does not find.
    Sieve,
    /// A script: its negation is a script too, and null where it is.
    Script,
}

impl Term {
    pub(super) const fn value(expr: Expr) -> Self {
        Self { expr, kind: Kind::Value }
    }

    pub(super) fn truth(value: bool, span: Span) -> Self {
        Self { expr: Expr::literal(Value::Bool(value), span), kind: Kind::Query }
    }

    /// What does not hold where this does.
    pub(super) fn negated(self, span: Span) -> Self {
        let (operand, kind) = match self.kind {
            Kind::Script => (self.expr, Kind::Script),
            Kind::Sieve => (settled(self.expr), Kind::Query),
            Kind::Query | Kind::Value => (self.expr, Kind::Query),
        };
        Self { expr: Expr::new(ExprKind::Not(Box::new(operand)), Type::Bool, span), kind }
    }

    /// Several conditions as one, by `and` or `or`.
    pub(super) fn joined(mut terms: Vec<Self>, kind: fn(Vec<Expr>) -> ExprKind, span: Span) -> Self {
        if terms.len() == 1
            && let Some(only) = terms.pop()
        {
            return only;
        }
        let certain = terms.iter().all(|term| term.kind == Kind::Query);
        let operands = terms.into_iter().map(|term| term.expr).collect();
        Self {
            expr: Expr::new(kind(operands), Type::Bool, span),
            kind: if certain { Kind::Query } else { Kind::Sieve },
        }
    }
}

/// The condition with false in the place of null.
fn settled(expr: Expr) -> Expr {
    let span = expr.span;
    let node = Case {
        arms: vec![(expr, Expr::literal(Value::Bool(true), span))],
        otherwise: Expr::literal(Value::Bool(false), span),
    };
    Expr::new(ExprKind::Case(Box::new(node)), Type::Bool, span)
}

/// How a value is tested: by a query where it is a field, else by a script.
fn tested(subject: &Expr) -> (NullRule, Kind) {
    match subject.kind {
        ExprKind::Column(_) => (NullRule::AbsentFails, Kind::Query),
        _ => (NullRule::Propagate, Kind::Script),
    }
}

fn rules(nulls: NullRule, cased: bool) -> StringRules {
    // Lucene folds the letters of ASCII alone.
    let case = if cased { CaseRule::Sensitive } else { CaseRule::AsciiInsensitive };
    StringRules { case, terms: TermRule::UnicodeWords, nulls }
}

fn bool_term(kind: ExprKind, of: Kind, span: Span) -> Term {
    Term { expr: Expr::new(kind, Type::Bool, span), kind: of }
}

/// A comparison with a value that is written out.
pub(super) fn compared(op: CompareOp, subject: Expr, value: Expr, span: Span) -> Term {
    if op == CompareOp::NotEqual {
        return compared(CompareOp::Equal, subject, value, span).negated(span);
    }
    if value.as_literal().is_some_and(Value::is_null) {
        let node = Compare { op, nulls: NullRule::Value, left: subject, right: value };
        return bool_term(ExprKind::Compare(Box::new(node)), Kind::Query, span);
    }
    let (nulls, kind) = tested(&subject);
    let is_text = matches!(value.as_literal(), Some(Value::String(_)));
    if op == CompareOp::Equal && is_text {
        let node =
            StringMatch { test: StringTest::Equals, rules: rules(nulls, true), negated: false, subject, needle: value };
        return bool_term(ExprKind::Match(Box::new(node)), kind, span);
    }
    let node = Compare { op, nulls, left: subject, right: value };
    bool_term(ExprKind::Compare(Box::new(node)), kind, span)
}

/// A field that holds or does not.
pub(super) fn flag(field: Expr, span: Span) -> Term {
    let yes = Expr::literal(Value::Bool(true), span);
    compared(CompareOp::Equal, field, yes, span)
}

/// A test of one text, or of several of which one has to pass.
pub(super) fn matched(test: StringTest, cased: bool, subject: Expr, mut needles: Vec<Expr>, span: Span) -> Term {
    let (nulls, kind) = tested(&subject);
    let rules = rules(nulls, cased);
    let expr = match (needles.len(), needles.pop()) {
        (1, Some(needle)) => ExprKind::Match(Box::new(StringMatch { test, rules, negated: false, subject, needle })),
        (_, last) => {
            needles.extend(last);
            let set = ValueSet::List(needles);
            ExprKind::Member(Box::new(Membership {
                test,
                rules,
                quantifier: Quantifier::Any,
                negated: false,
                subject,
                set,
            }))
        }
    };
    bool_term(expr, kind, span)
}

/// A test by regular expressions of which one has to match the whole text.
pub(super) fn regex(cased: bool, subject: &Expr, patterns: Vec<Expr>, span: Span) -> Term {
    let (nulls, kind) = tested(subject);
    let case = if cased { CaseRule::Sensitive } else { CaseRule::AsciiInsensitive };
    let one = |pattern: Expr| {
        let node = RegexMatch {
            dialect: RegexDialect::Lucene,
            anchored: true,
            case,
            nulls,
            negated: false,
            subject: subject.clone(),
            pattern,
        };
        bool_term(ExprKind::Regex(Box::new(node)), kind, span)
    };
    let mut terms: Vec<Term> = patterns.into_iter().map(one).collect();
    if terms.len() == 1
        && let Some(only) = terms.pop()
    {
        return only;
    }
    // One pattern in the end, so that a script stays one.
    let operands = terms.into_iter().map(|term| term.expr).collect();
    bool_term(ExprKind::Or(operands), kind, span)
}

/// A call of a built-in; one that says whether something holds is a condition.
pub(super) fn call(row: crate::ir::ForeignId, arguments: Vec<Expr>, kind: Kind, span: Span) -> Term {
    let ty: ValueType = row.row().returns.value_type();
    let kind = if ty.ty == Type::Bool { kind } else { Kind::Value };
    Term { expr: Expr::new(ExprKind::Foreign(row, arguments), ty, span), kind }
}
