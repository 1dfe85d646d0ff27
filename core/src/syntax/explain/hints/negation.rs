//! Negation: KQL has `!has`, `!in` and the function `not(…)`, and nothing else.

use super::super::fault::Fault;
use super::replace;
use crate::diagnostic::{Applicability, Diagnostic, Edit, code};
use crate::source::Span;
use crate::syntax::token::Kind;

/// Operators that have a negated form with `!`.
static NEGATED: &[&str] = &[
    "between",
    "contains",
    "contains_cs",
    "endswith",
    "endswith_cs",
    "has",
    "has_cs",
    "hasprefix",
    "hasprefix_cs",
    "hassuffix",
    "hassuffix_cs",
    "in",
    "startswith",
    "startswith_cs",
];
/// Operators that have none.
static PLAIN: &[&str] = &["has_any", "has_all", "matches"];

/// `x !has_any (…)`, `x not has_all (…)`, `x ! in (…)`, `x not contains y`.
pub(super) fn listed(fault: &Fault<'_>) -> Option<Diagnostic> {
    // `x not in (…)`: the grammar stops at `not`; with `NOT` behind a whole comparison it is the same.
    let not = fault.span(0);
    if fault.word(0) != "!" && !fault.word(0).eq_ignore_ascii_case("not") {
        return None;
    }
    let left = fault.at.checked_sub(1)?;
    let operator = fault.word(1).to_ascii_lowercase();
    let (span, written) = (not.to(fault.span(1)), not.to(fault.span(1)).of(fault.text));
    if PLAIN.contains(&operator.as_str()) {
        let start = fault.operand_start(left);
        let end = fault.comparison_end(start);
        let shown = if operator == "matches" { "matches regex" } else { &operator };
        let edits = vec![
            Edit::insert(fault.tokens[start].span.start as usize, "not("),
            Edit::delete(not),
            Edit::replace(fault.span(1), operator.clone()),
            Edit::insert(fault.tokens[end].span.end as usize, ")"),
        ];
        return Some(
            Diagnostic::new(&code::FOREIGN_SYNTAX, span, format!("`{shown}` has no negated form"))
                .label(format!("`{written}` is no operator of KQL"))
                .help(format!("negate the whole comparison: `not(x {shown} …)`"))
                .fix("put the comparison into `not(…)`", Applicability::Safe, edits),
        );
    }
    let (base, tilde) = match operator.as_str() {
        "in" if fault.word(2) == "~" => ("in", true),
        "like" => return None,
        other => (NEGATED.iter().copied().find(|known| *known == other)?, false),
    };
    let span = if tilde { span.to(fault.span(2)) } else { span };
    let operator = format!("!{base}{}", if tilde { "~" } else { "" });
    if span.of(fault.text) == operator {
        return Some(without_left(span, &operator));
    }
    Some(
        replace(
            &code::FOREIGN_SYNTAX,
            span,
            format!("`{}` is written `{operator}`", span.of(fault.text)),
            &operator,
            Applicability::Safe,
        )
        .label("one word in KQL"),
    )
}

fn without_left(span: Span, operator: &str) -> Diagnostic {
    Diagnostic::new(&code::UNEXPECTED, span, format!("`{operator}` compares nothing"))
        .label("a column or expression is due before this")
}

/// `!isempty(x)`, `!(a or b)`.
pub(super) fn before_operand(fault: &Fault<'_>) -> Option<Diagnostic> {
    if fault.word(0) != "!" || (fault.kind(1) != Some(Kind::Word) && fault.word(1) != "(") {
        return None;
    }
    let last = fault.operand_end(fault.at + 1);
    let edits = if fault.word(1) == "(" {
        vec![Edit::replace(fault.span(0), "not")]
    } else {
        vec![Edit::replace(fault.span(0), "not("), Edit::insert(fault.tokens.get(last)?.span.end as usize, ")")]
    };
    Some(
        Diagnostic::new(&code::FOREIGN_SYNTAX, fault.span(0), "`!` does not negate an expression")
            .label("the function `not(…)` does")
            .fix("write `not(…)`", Applicability::Safe, edits),
    )
}

/// `where not x has y`, `and NOT a == b`: `not` is a function.
pub(super) fn word(fault: &Fault<'_>) -> Option<Diagnostic> {
    if !fault.word(-1).eq_ignore_ascii_case("not") || fault.word(0).is_empty() || fault.word(0) == "(" {
        return None;
    }
    let end = fault.comparison_end(fault.at);
    let not = fault.span(-1);
    let start = fault.span(0).start as usize;
    let edits = vec![
        Edit::replace(Span::new(not.start as usize, start), "not("),
        Edit::insert(fault.tokens[end].span.end as usize, ")"),
    ];
    Some(
        Diagnostic::new(&code::FOREIGN_SYNTAX, not, format!("`{}` is a function in KQL", fault.word(-1)))
            .label("what it negates stands in parentheses")
            .fix("write `not(…)`", Applicability::Safe, edits),
    )
}
