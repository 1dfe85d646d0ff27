//! Between pipes: operators that are none, and pipes too many or too few.

use super::super::expected::{self, is_operator, operators};
use super::super::fault::{Fault, shown};
use super::{nearest, replace, statement};
use crate::diagnostic::{Applicability, Diagnostic, Edit, code};
use crate::source::Span;
use crate::syntax::token::Kind;

/// What operators of other languages are called in KQL.
static ELSEWHERE: &[(&str, &str, &str)] = &[
    ("aggregate", "summarize", "other query languages"),
    ("append", "union", "SPL"),
    ("dedup", "distinct", "SPL"),
    ("eval", "extend", "SPL and ES|QL"),
    ("fields", "project", "SPL"),
    ("from", "union", "SQL"),
    ("group", "summarize", "SQL"),
    ("having", "where", "SQL"),
    ("head", "take", "SPL"),
    ("keep", "project-keep", "ES|QL"),
    ("drop", "project-away", "ES|QL"),
    ("mvcombine", "summarize", "SPL"),
    ("orderby", "order by", "LINQ"),
    ("regex", "where", "SPL"),
    ("rename", "project-rename", "SPL and ES|QL"),
    ("rex", "parse", "SPL"),
    ("select", "project", "SQL"),
    ("stats", "summarize", "SPL and ES|QL"),
    ("table", "project", "SPL"),
    ("tail", "top", "SPL"),
];

/// Whether the fault is at the first word of a stage.
fn at_stage(fault: &Fault<'_>) -> bool {
    fault.at > 0 && fault.word(-1) == "|" && !fault.adjoins_pipe_of_nothing()
}

impl Fault<'_> {
    /// `||`, of which the second is the one found.
    fn adjoins_pipe_of_nothing(&self) -> bool {
        self.word(0) == "|"
    }
}

/// Nothing between two pipes, before the first, or behind the last.
pub(super) fn empty(fault: &Fault<'_>) -> Option<Diagnostic> {
    let (found, before) = (fault.word(0), fault.word(-1));
    let is_first = fault.at == 0 || matches!(before, ";");
    if found == "|" && is_first && before != ";" {
        return Some(
            Diagnostic::new(&code::EMPTY_STAGE, fault.span(0), "a table is due before this `|`")
                .label("nothing stands before it")
                .note("a query begins with a table, or with an operator that makes one such as `union` or `print`"),
        );
    }
    let two = (found == "|" && before == "|") || found == "||";
    if two {
        let (first, second) = if found == "||" {
            let start = fault.span(0).start as usize;
            (Span::new(start, start + 1), Span::new(start + 1, start + 2))
        } else {
            (fault.span(-1), fault.span(0))
        };
        return Some(
            Diagnostic::new(&code::EMPTY_STAGE, second, "nothing stands between two pipes")
                .label("a second `|`")
                .related(first, "the first")
                .note("behind each `|` stands an operator such as `where` or `project`")
                .fix("take one `|` out", Applicability::Safe, vec![Edit::delete(second)]),
        );
    }
    if before == "|" && (found.is_empty() || found == ";") {
        let pipe = fault.span(-1);
        return Some(
            Diagnostic::new(&code::EMPTY_STAGE, pipe, "nothing stands behind this `|`")
                .label("an operator is due behind it")
                .fix("take the `|` out", Applicability::Unsafe, vec![Edit::delete(pipe)]),
        );
    }
    if found == ";" && is_first {
        return Some(
            Diagnostic::new(&code::EMPTY_STAGE, fault.span(0), "a statement is due before this `;`")
                .label("nothing stands before it")
                .fix("take the `;` out", Applicability::Safe, vec![Edit::delete(fault.span(0))]),
        );
    }
    None
}

/// `project away`, `mv expand`, `project_away`.
pub(super) fn dashed(fault: &Fault<'_>) -> Option<Diagnostic> {
    for first in [-2, -1, 0] {
        if fault.word(first - 1) != "|" || fault.kind(first) != Some(Kind::Word) {
            continue;
        }
        let (one, two) = (fault.span(first), fault.span(first + 1));
        let joined = format!("{}-{}", fault.word(first), fault.word(first + 1)).to_ascii_lowercase();
        let with_dashes = fault.word(first).to_ascii_lowercase().replace('_', "-");
        let (span, operator) = if is_operator(&joined) {
            (one.to(two), joined)
        } else if with_dashes.contains('-') && is_operator(&with_dashes) {
            (one, with_dashes)
        } else {
            continue;
        };
        return Some(
            replace(
                &code::UNKNOWN_OPERATOR,
                span,
                format!("the operator `{operator}` is written with a dash"),
                &operator,
                Applicability::Safe,
            )
            .label("one word in KQL"),
        );
    }
    None
}

/// A word behind a pipe that is no operator.
pub(super) fn unknown(fault: &Fault<'_>) -> Option<Diagnostic> {
    if !at_stage(fault) || fault.kind(0)? != Kind::Word {
        return if at_stage(fault) { not_an_operator(fault) } else { None };
    }
    let span = fault.dashed(fault.at);
    let word = span.of(fault.text);
    let lower = word.to_ascii_lowercase();
    if is_operator(&lower) {
        return (lower != word).then(|| in_capitals(span, word, &lower));
    }
    // A condition without `where` often begins with a column that is spelt like nothing else.
    let first = fault.span(0);
    let first_lower = first.of(fault.text).to_ascii_lowercase();
    if let Some((_, operator, language)) = ELSEWHERE.iter().find(|(name, ..)| *name == first_lower) {
        let diagnostic = Diagnostic::new(
            &code::UNKNOWN_OPERATOR,
            first,
            format!("`{}` is no operator of KQL", first.of(fault.text)),
        )
        .label(format!("a word of {language}"));
        let edits = if fault.word(1).eq_ignore_ascii_case("by") {
            vec![Edit::replace(first.to(fault.span(1)), format!("{operator} by"))]
        } else {
            vec![Edit::replace(first, *operator)]
        };
        let diagnostic = expected::with_form(diagnostic, operator).help(format!("in KQL it is `{operator}`"));
        return Some(if fault.helps(&edits) {
            diagnostic.fix(format!("write `{operator}`"), Applicability::Unsafe, edits)
        } else {
            diagnostic
        });
    }
    for span in [span, first] {
        let written = span.of(fault.text);
        let Some(operator) = nearest(written, operators()) else { continue };
        let edits = vec![Edit::replace(span, operator)];
        if fault.helps(&edits) {
            return Some(
                Diagnostic::new(&code::UNKNOWN_OPERATOR, span, format!("there is no operator `{written}`"))
                    .label(format!("did you mean `{operator}`?"))
                    .fix(format!("write `{operator}`"), Applicability::Unsafe, edits),
            );
        }
    }
    not_an_operator(fault)
}

fn not_an_operator(fault: &Fault<'_>) -> Option<Diagnostic> {
    let start = fault.token(0)?.span;
    let found = shown(start.of(fault.text));
    for (operator, what) in [("where", "a condition"), ("extend", "a column that is added")] {
        let edits = vec![Edit::insert(start.start as usize, format!("{operator} "))];
        let is_assignment = fault.tokens.get(fault.at + 1).is_some_and(|token| token.span.of(fault.text) == "=");
        if is_assignment == (operator == "extend") && fault.nth(fault.at + 1) != "|" && fault.heals(&edits) {
            return Some(
                Diagnostic::new(&code::UNKNOWN_OPERATOR, start, format!("an operator is due here, not {what}"))
                    .label("behind a `|` stands an operator")
                    .fix(format!("write `{operator}` before it"), Applicability::Unsafe, edits),
            );
        }
    }
    Some(
        Diagnostic::new(&code::UNKNOWN_OPERATOR, start, format!("expected an operator, found `{found}`"))
            .label("behind a `|` stands an operator")
            .note("the commonest operators are `where`, `extend`, `project`, `summarize`, `join`, `union`, `sort`, `top` and `take`"),
    )
}

pub(super) fn in_capitals(span: Span, word: &str, lower: &str) -> Diagnostic {
    replace(
        &code::KEYWORD_CASE,
        span,
        format!("`{word}` is written in small letters: `{lower}`"),
        lower,
        Applicability::Safe,
    )
    .label("capitals make another word of it")
    .note("keywords of KQL are in small letters; case counts")
}

/// Operators that stand at the beginning of queries too.
const BEGIN_QUERIES: &[&str] = &["find", "print", "range", "search", "union"];

/// An operator on a new line, or behind a whole stage, without its pipe.
pub(super) fn missing_pipe(fault: &Fault<'_>) -> Option<Diagnostic> {
    // The grammar may have read the operator's name as a column and stopped behind it.
    for offset in [0, -1] {
        if fault.kind(offset)? != Kind::Word || fault.at.cast_signed() + offset < 1 || fault.word(offset - 1) == "|" {
            continue;
        }
        let index = fault.at.checked_add_signed(offset)?;
        let span = fault.dashed(index);
        let word = span.of(fault.text);
        let lower = word.to_ascii_lowercase();
        if !is_operator(&lower) || fault.nth(index + 1) == "=" {
            continue;
        }
        let new_line = fault.begins_line(offset);
        let begins_query = new_line && BEGIN_QUERIES.contains(&lower.as_str());
        // No operator goes on from a number: the `let` ends before, and lacks its `;`.
        if begins_query && statement::is_behind_scalar(fault, index) {
            continue;
        }
        if new_line && fault.nth(index + 1) == "|" {
            let pipe = fault.tokens[index + 1].span;
            return Some(
                Diagnostic::new(&code::MISSING_TOKEN, pipe, format!("the `|` stands behind `{word}`"))
                    .label("it is due before the operator")
                    .related(span, "the operator")
                    .fix(
                        "write `|` before the operator",
                        Applicability::Unsafe,
                        vec![Edit::insert(span.start as usize, "| "), Edit::delete(pipe)],
                    ),
            );
        }
        let comma = (fault.word(offset - 1) == ",").then(|| fault.span(offset - 1));
        let edits = match comma {
            // `project a, where b`: the comma stands where the pipe is due.
            Some(comma) => vec![Edit::replace(comma.to(span), format!(" | {lower}"))],
            None if word != lower => vec![Edit::replace(span, format!("| {lower}"))],
            None => vec![Edit::insert(span.start as usize, "| ")],
        };
        let new_line = new_line && comma.is_none();
        if !fault.helps(&edits) || (!new_line && !fault.heals(&edits)) {
            continue;
        }
        // In a `let` it may be the `;` that is missing.
        let certain = new_line && !(begins_query && statement::in_let(fault));
        let how = if certain { Applicability::Safe } else { Applicability::Unsafe };
        return Some(
            Diagnostic::new(&code::MISSING_TOKEN, span, format!("a `|` is missing before `{word}`"))
                .label("an operator begins here")
                .note("each operator takes the rows of the one before it through a `|`")
                .fix("write `|` before it", how, edits),
        );
    }
    None
}

/// `join kind=inner on x`.
pub(super) fn join_without_table(fault: &Fault<'_>) -> Option<Diagnostic> {
    let operator = fault.operator();
    if !matches!(operator.as_str(), "join" | "lookup") {
        return None;
    }
    let start = fault.stage_start();
    let is_on = |index: usize| fault.nth(index) == "on";
    let on = (start + 1..=fault.at).find(|&index| is_on(index))?;
    // Between the operator and `on` stand options alone: NAME = VALUE.
    let options = &fault.tokens[start + 1..on];
    if options.chunks(3).all(|option| option.len() == 3 && option[1].span.of(fault.text) == "=") {
        let span = fault.tokens[on].span;
        return Some(expected::with_form(
            Diagnostic::new(&code::MISSING_TOKEN, span, format!("`{operator}` has no table to {operator}"))
                .label("a table is due before `on`")
                .help("name a table, or put a query into parentheses: `(TABLE | where …)`"),
            &operator,
        ));
    }
    None
}
