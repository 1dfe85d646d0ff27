//! Statements and the semicolons between them.

use super::super::super::grammar::Rule;
use super::super::fault::Fault;
use super::replace;
use crate::diagnostic::{Applicability, Diagnostic, Edit, code};
use crate::syntax::token::Kind;

/// `T; | where …`: the semicolon ends the query too early.
pub(super) fn pipe_behind_semicolon(fault: &Fault<'_>) -> Option<Diagnostic> {
    if fault.word(0) != "|" || fault.word(-1) != ";" {
        return None;
    }
    let semicolon = fault.span(-1);
    Some(
        Diagnostic::new(&code::EMPTY_STAGE, semicolon, "a `;` stands before a `|`")
            .label("this ends the statement")
            .related(fault.span(0), "and this goes on with it")
            .note("a `;` parts statements, a `|` the operators of one")
            .fix("take the `;` out", Applicability::Unsafe, vec![Edit::delete(semicolon)]),
    )
}

pub(super) fn in_let(fault: &Fault<'_>) -> bool {
    let start = fault.stage_start();
    matches!(fault.nth(start), "let" | "set")
}

/// What gives a value and no table: types before a literal, and the functions that a `let` begins with most.
const SCALARS: &[&str] = &[
    "ago", "bool", "boolean", "date", "datetime", "decimal", "double", "dynamic", "guid", "int", "long", "now", "real",
    "time", "timespan", "toscalar",
];

/// Whether the token of this index stands right behind a `let` whose value is no table.
pub(super) fn is_behind_scalar(fault: &Fault<'_>, index: usize) -> bool {
    let start = fault.stage_start();
    let value = start + 3;
    if fault.nth(start) != "let" || fault.nth(start + 2) != "=" || index <= value {
        return false;
    }
    let is_literal = fault.tokens.get(value).is_some_and(|token| matches!(token.kind, Kind::Number | Kind::Text));
    let is_call = SCALARS.contains(&fault.nth(value)) && fault.nth(value + 1) == "(";
    is_literal && index == value + 1 || is_call && fault.closer(value + 1) == Some(index - 1)
}

/// `let x == 1`, `let x := 1`, `let x 1`.
pub(super) fn equals_in_let(fault: &Fault<'_>) -> Option<Diagnostic> {
    let start = fault.stage_start();
    // `let` and the name are names to the grammar, so it may stop at either.
    if fault.nth(start) != "let" || fault.at > start + 2 || fault.at <= start {
        return None;
    }
    let sign = start + 2;
    let found = fault.nth(sign);
    let span = fault.tokens.get(sign)?.span;
    if matches!(found, "==" | ":=" | ":" | "=>" | "=~") {
        return Some(
            replace(
                &code::ASSIGNMENT,
                span,
                format!("`let` gives a name with `=`, not `{found}`"),
                "=",
                Applicability::Safe,
            )
            .label("a single `=` is due here"),
        );
    }
    let end = fault.tokens[sign - 1].span.end as usize;
    let edits = vec![Edit::insert(end, " =")];
    fault.heals(&edits).then(|| {
        Diagnostic::new(&code::MISSING_TOKEN, span, "a `=` is missing in this `let`")
            .label("`=` is due before this")
            .note("the form is `let NAME = VALUE;`")
            .fix("write `=`", Applicability::Unsafe, edits)
    })
}

/// `var x = 1`.
pub(super) fn other_keyword_for_let(fault: &Fault<'_>) -> Option<Diagnostic> {
    let start = fault.stage_start();
    let word = fault.nth(start);
    if fault.at != start + 1
        || !matches!(word.to_ascii_lowercase().as_str(), "var" | "const" | "def" | "let" | "declare")
    {
        return None;
    }
    let span = fault.span(-1);
    (word != "let" && fault.nth(start + 2) == "=").then(|| {
        replace(&code::FOREIGN_SYNTAX, span, format!("`{word}` is no keyword of KQL"), "let", Applicability::Unsafe)
            .label("a name is given with `let`")
            .note("the form is `let NAME = VALUE;`")
    })
}

/// `let = 1`
pub(super) fn let_without_name(fault: &Fault<'_>) -> Option<Diagnostic> {
    let is_nameless = fault.nth(fault.stage_start()) == "let" && fault.word(-1) == "let" && fault.word(0) == "=";
    is_nameless.then(|| {
        Diagnostic::new(&code::UNEXPECTED, fault.span(0), "expected a name, found `=`")
            .label("a name is due before this")
            .note("the form is `let NAME = VALUE;`")
    })
}

/// `x = 1;`
pub(super) fn without_let(fault: &Fault<'_>) -> Option<Diagnostic> {
    let start = fault.stage_start();
    let begins = start == 0 || fault.nth(start - 1) == ";";
    if !begins
        || fault.word(-1) == "let"
        || fault.word(0) != "="
        || fault.at != start + 1
        || fault.kind(-1) != Some(Kind::Word)
    {
        return None;
    }
    let name = fault.span(-1);
    let edits = vec![Edit::insert(name.start as usize, "let ")];
    fault.heals(&edits).then(|| {
        Diagnostic::new(&code::MISSING_TOKEN, name, "a name is given with `let`")
            .label("`let` is due before this")
            .note("the form is `let NAME = VALUE;`")
            .fix("write `let`", Applicability::Unsafe, edits)
    })
}

/// A `;` left out between statements.
pub(super) fn missing_semicolon(fault: &Fault<'_>) -> Option<Diagnostic> {
    if fault.at == 0 || fault.kind(0)? != Kind::Word {
        return None;
    }
    let begins_let = fault.word(0) == "let";
    let is_statement = fault.part.rule() == Rule::statement_slice && in_let(fault);
    if !(begins_let || (is_statement || in_let(fault)) && fault.begins_line(0)) {
        return None;
    }
    let last = fault.span(-1);
    let edits = vec![Edit::insert(last.end as usize, ";")];
    if !fault.helps(&edits) {
        return None;
    }
    let how = if fault.begins_line(0) { Applicability::Safe } else { Applicability::Unsafe };
    Some(
        Diagnostic::new(&code::MISSING_TOKEN, last, "a `;` is missing behind this statement")
            .label("`;` is due behind this")
            .related(fault.span(0), "the next statement begins here")
            .fix("write `;`", how, edits),
    )
}
