//! What is known of a single value because of what else is asked of it.

use super::{Known, Variable, is_opaque, looks_around};
use crate::eval::Engine;
use crate::eval::sources::{OnError, Sources};
use crate::ir::{
    CaseRule, ColumnId, CompareOp, Expr, ExprKind, Op, Plan, Quantifier, Query, Schema, Source, SourceKind, StringTest,
    Value, ValueSet,
};
use crate::source::Span;
use crate::types::Type;

/// Words that a text may go on with, none of which has a letter of the other: what holds with either beside a text holds
/// with anything beside it.
const BESIDE: [(&str, &str); 2] = [("q", " "), ("7", "-")];

impl<'q> Known<'q> {
    /// Whether a condition on one column holds of every text that another condition leaves to that column: of each one
    /// that it lists, or of each that has what it looks for, whatever stands beside it.
    pub(super) fn is_in_texts(&self, expr: &Expr, own: u32, engine: &Engine) -> bool {
        let Some(column) = only_column(expr) else { return false };
        let class = self.class((own, column));
        self.conditions.iter().any(|(instance, condition)| {
            let is_subject = |subject: &Expr| {
                subject.ty.ty == Type::String && subject.as_column().is_some_and(|id| class.contains(&(*instance, id)))
            };
            left(condition, is_subject, |test| test).is_some_and(|(values, kept)| {
                is_kept(expr, &kept)
                    && !values.is_empty()
                    && values.iter().all(|value| {
                        let class = [(own, column)].into();
                        self.with(expr, own, &class, value, 0).is_some_and(|condition| always_so(&condition, engine))
                    })
            })
        })
    }

    /// Whether a condition that one value alone fails holds because another does not hold of that value.
    pub(super) fn is_clear(&self, expr: &Expr, own: u32, engine: &Engine) -> bool {
        let Some((column, value)) = only_failure(expr) else { return false };
        let class = self.class((own, column));
        self.conditions.iter().any(|(instance, condition)| {
            self.with(condition, *instance, &class, &value, 0).is_some_and(|condition| never(&condition, engine))
        })
    }

    /// What a column, or one that holds the same, is computed to be.
    pub(super) fn definition(&self, of: Variable) -> Option<(u32, &'q Expr)> {
        self.computed.get(&of).copied().or_else(|| {
            let mut class: Vec<Variable> = self.class(of).into_iter().collect();
            class.sort_unstable();
            class.iter().find_map(|same| self.computed.get(same)).copied()
        })
    }
}

/// Whether a condition holds of every record, by what KQL says of texts: a text is never null, so that it is the same as
/// itself, and has the empty text in it.
pub(super) fn always(expr: &Expr) -> bool {
    let is_text = |expr: &Expr| expr.ty.ty == Type::String;
    let same =
        |left: &Expr, right: &Expr| is_text(left) && left.as_column().is_some_and(|id| right.as_column() == Some(id));
    match &expr.kind {
        ExprKind::Compare(node) => node.op == CompareOp::Equal && same(&node.left, &node.right),
        ExprKind::Match(node) if !node.negated => match node.test {
            StringTest::Equals => same(&node.subject, &node.needle),
            StringTest::Contains | StringTest::StartsWith | StringTest::EndsWith => {
                is_text(&node.subject) && node.needle.as_literal().and_then(Value::as_str) == Some("")
            }
            _ => false,
        },
        _ => false,
    }
}

/// What is certain of the texts that a condition leaves.
pub(super) struct Kept {
    /// Whether they are the whole text.
    whole: bool,
    /// Whether letters may be capital or small ones.
    fold: bool,
}

/// The texts that a condition leaves to its subject, where they are only a part each with what may stand beside them; `turn`
/// says what is known of a text around the subject.
pub(super) fn left(
    condition: &Expr,
    is_subject: impl Fn(&Expr) -> bool,
    turn: impl Fn(StringTest) -> StringTest,
) -> Option<(Vec<Value>, Kept)> {
    let (subject, test, case, needles) = match &condition.kind {
        ExprKind::Compare(node) if node.op == CompareOp::Equal => {
            (&node.left, StringTest::Equals, CaseRule::Sensitive, vec![node.right.as_literal()?.clone()])
        }
        ExprKind::Match(node) if !node.negated => {
            (&node.subject, node.test, node.rules.case, vec![node.needle.as_literal()?.clone()])
        }
        ExprKind::Member(node) if !node.negated && node.quantifier == Quantifier::Any => {
            let ValueSet::List(list) = &node.set else { return None };
            let mut values = Vec::new();
            for item in list {
                let value = item.as_literal()?;
                values.extend(value.elements().unwrap_or_else(|| vec![value.clone()]));
            }
            (&node.subject, node.test, node.rules.case, values)
        }
        _ => return None,
    };
    if !is_subject(subject) {
        return None;
    }
    let test = turn(test);
    let mut values = Vec::new();
    for needle in &needles {
        values.extend(beside(test, needle.as_str()?)?);
    }
    values.dedup();
    Some((values, Kept { whole: test == StringTest::Equals, fold: case != CaseRule::Sensitive }))
}

/// A text that is looked for, with what may stand beside it.
pub(super) fn beside(test: StringTest, needle: &str) -> Option<[Value; 2]> {
    let text = |(word, gap): (&str, &str)| {
        Some(Value::string(match test {
            StringTest::Equals => needle.to_owned(),
            StringTest::Contains => format!("{word}{needle}{word}"),
            StringTest::StartsWith => format!("{needle}{word}"),
            StringTest::EndsWith => format!("{word}{needle}"),
            StringTest::HasTerm => format!("{word}{gap}{needle}{gap}{word}"),
            StringTest::HasPrefix => format!("{word}{gap}{needle}{word}"),
            StringTest::HasSuffix => format!("{word}{needle}{gap}{word}"),
            StringTest::Wildcard | StringTest::Glob => return None,
        }))
    };
    let [one, other] = BESIDE.map(text);
    Some([one?, other?])
}

/// Whether what a condition says of the texts made up is what it says of all that are left.
pub(super) fn is_kept(expr: &Expr, kept: &Kept) -> bool {
    // Looks for a part of a text, which is there whatever else is.
    let looks = |test: StringTest, case: CaseRule, negated: bool, subject: &Expr| {
        !negated && test.is_for_part() && subject.as_column().is_some() && (case != CaseRule::Sensitive || !kept.fold)
    };
    match &expr.kind {
        _ if kept.whole && !kept.fold => true,
        ExprKind::Call(function, arguments) => {
            matches!(function.name(), "isnotempty" | "notempty") && arguments.len() == 1
        }
        ExprKind::Match(node) => looks(node.test, node.rules.case, node.negated, &node.subject),
        ExprKind::Member(node) => looks(node.test, node.rules.case, node.negated, &node.subject),
        _ => false,
    }
}

/// The one column, a text, that a condition depends on, and nothing else.
fn only_column(expr: &Expr) -> Option<ColumnId> {
    let (mut columns, mut known) = (Vec::new(), !looks_around(expr));
    expr.walk(&mut |expr| {
        known &= !is_opaque(expr);
        if let ExprKind::Column(id) = expr.kind {
            known &= expr.ty.ty == Type::String;
            columns.push(id);
        }
        if let ExprKind::Call(function, _) = &expr.kind {
            // What the instant of the run has a say in is not the same for every one.
            known &= function.row().deterministic;
        }
    });
    columns.dedup();
    match columns.as_slice() {
        [one] if known => Some(*one),
        _ => None,
    }
}

/// The value for which alone a condition on a column fails.
fn only_failure(expr: &Expr) -> Option<(ColumnId, Value)> {
    let text = |column: &Expr| column.as_column().filter(|_| column.ty.ty == Type::String);
    match &expr.kind {
        ExprKind::Call(function, arguments)
            if matches!(function.name(), "isnotempty" | "notempty" | "isnotnull" | "notnull")
                && arguments.len() == 1 =>
        {
            let argument = &arguments[0];
            match argument.ty.ty {
                Type::String if matches!(function.name(), "isnotempty" | "notempty") => {
                    Some((text(argument)?, Value::string("")))
                }
                // What is no text is empty where it is null.
                ty @ (Type::Int
                | Type::Long
                | Type::Real
                | Type::Decimal
                | Type::DateTime
                | Type::TimeSpan
                | Type::Bool
                | Type::Guid) => Some((argument.as_column()?, Value::Null(ty))),
                _ => None,
            }
        }
        ExprKind::Compare(node) if node.op == CompareOp::NotEqual => {
            let value = node.right.as_literal().filter(|value| value.as_str().is_some())?;
            Some((text(&node.left)?, value.clone()))
        }
        ExprKind::Match(node)
            if node.negated && node.test == StringTest::Equals && node.rules.case == CaseRule::Sensitive =>
        {
            let value = node.needle.as_literal().filter(|value| value.as_str().is_some())?;
            Some((text(&node.subject)?, value.clone()))
        }
        _ => None,
    }
}

/// Whether a condition without columns does not hold, as the evaluator has it.
pub(super) fn never(condition: &Expr, engine: &Engine) -> bool {
    rows(condition, engine) == Some(0)
}

/// Whether a condition without columns holds, as the evaluator has it.
pub(super) fn always_so(condition: &Expr, engine: &Engine) -> bool {
    rows(condition, engine) == Some(1)
}

/// How many of one record pass a condition without columns.
fn rows(condition: &Expr, engine: &Engine) -> Option<usize> {
    let span = Span::default();
    let source = Source { kind: SourceKind::Unit, schema: Schema::default(), span };
    let mut plan = Plan { source, steps: Vec::new() };
    plan.push_same(Op::Filter(condition.clone()), span);
    let query = Query { columns: crate::ir::Columns::default(), shared: Vec::new(), plan };
    let answer = engine.run(&query, &Sources::new(OnError::Fail)).ok()?;
    Some(answer.batches.iter().map(|batch| batch.num_rows()).sum())
}
