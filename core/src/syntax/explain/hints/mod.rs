//! What people are likely to have meant: one function a habit, asked in order.

mod compare;
mod items;
mod literal;
mod negation;
mod stage;
mod statement;

use rapidfuzz::distance::osa;

use super::expected;
use super::fault::Fault;
use crate::diagnostic::{Applicability, Code, Diagnostic, Edit};
use crate::source::Span;

/// Looks at a fault and says what was meant, if this is its case.
type Hint = fn(&Fault<'_>) -> Option<Diagnostic>;

/// From what is certain to what is likely.
static HINTS: &[Hint] = &[
    stage::empty,
    statement::pipe_behind_semicolon,
    literal::placeholder,
    literal::in_dynamic,
    literal::dynamic_without_parentheses,
    literal::untyped_columns,
    stage::dashed,
    stage::unknown,
    statement::equals_in_let,
    statement::other_keyword_for_let,
    statement::let_without_name,
    statement::without_let,
    stage::missing_pipe,
    statement::missing_semicolon,
    compare::comment,
    compare::between,
    items::comma,
    items::doubled,
    negation::listed,
    negation::before_operand,
    negation::word,
    compare::keyword_in_capitals,
    compare::is_null,
    compare::like,
    compare::signs,
    compare::regex,
    compare::list,
    compare::case_when,
    compare::misspelt,
    stage::join_without_table,
    literal::timespan,
    items::alias,
    items::superfluous_by,
    items::missing_keyword,
    items::missing_comma,
];

/// The finding about a fault. `may_try`: whether the text is short enough to ask the grammar again.
pub(super) fn explain(fault: &Fault<'_>, may_try: bool) -> Diagnostic {
    if !may_try {
        return fault.unexplained();
    }
    HINTS
        .iter()
        .filter_map(|hint| hint(fault))
        .find(|finding| finding.fix.as_ref().is_none_or(|fix| fault.helps(&fix.edits)))
        .unwrap_or_else(|| expected::expected(fault))
}

/// A finding with a change that writes `new` in the place of `span`.
fn replace(code: &'static Code, span: Span, message: String, new: &str, how: Applicability) -> Diagnostic {
    Diagnostic::new(code, span, message).fix(format!("write `{new}`"), how, vec![Edit::replace(span, new)])
}

/// The word of `candidates` that a misspelt word most likely stands for, if one is clearly nearest.
fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word = word.to_ascii_lowercase();
    if word.len() < 3 {
        return None;
    }
    candidates
        .into_iter()
        .map(|candidate| (osa::distance(word.chars(), candidate.chars()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 5 && *distance < candidate.len() / 2)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
