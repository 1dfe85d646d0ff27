//! Literals, `dynamic(…)`, tables of values, and what a template has left open.

use super::super::fault::Fault;
use crate::diagnostic::{Applicability, Diagnostic, Edit, code};
use crate::source::Span;
use crate::syntax::token::Kind;

/// `ago(1 d)`.
pub(super) fn timespan(fault: &Fault<'_>) -> Option<Diagnostic> {
    const UNITS: &[&str] =
        &["d", "day", "days", "h", "hour", "hours", "m", "min", "minute", "minutes", "s", "second", "seconds", "ms"];
    if fault.kind(-1) != Some(Kind::Number) || !UNITS.contains(&fault.word(0)) {
        return None;
    }
    let whole = fault.span(-1).to(fault.span(0));
    let word = format!("{}{}", fault.word(-1), fault.word(0));
    Some(Diagnostic::new(&code::BAD_LITERAL, whole, "a timespan is one word").label("no blank stands in it").fix(
        format!("write `{word}`"),
        Applicability::Safe,
        vec![Edit::replace(whole, word)],
    ))
}

/// `{{x}}`, `<name>`, `...`, `%x%`.
pub(super) fn placeholder(fault: &Fault<'_>) -> Option<Diagnostic> {
    let span = [0, -1].into_iter().find_map(|offset| {
        let index = fault.at.checked_add_signed(offset)?;
        match fault.nth(index) {
            "{" if fault.nth(index + 1) == "{" => {
                let close = fault.closer(index)?;
                Some(fault.tokens[index].span.to(fault.tokens[close].span))
            }
            // `a <b> c` compares nothing: a comparison has no second sign behind one name.
            "<" if fault.adjoins(index + 1) => {
                let end = (index + 1..fault.tokens.len().min(index + 8))
                    .take_while(|&index| {
                        fault.tokens[index].kind != Kind::Sign || matches!(fault.nth(index), ">" | "-")
                    })
                    .find(|&index| fault.nth(index) == ">")?;
                Some(fault.tokens[index].span.to(fault.tokens[end].span))
            }
            ".." if fault.nth(index + 1) == "." && fault.adjoins(index + 1) => {
                Some(fault.tokens[index].span.to(fault.tokens[index + 1].span))
            }
            "." if index > 0 && fault.nth(index - 1) == ".." && fault.adjoins(index) => {
                Some(fault.tokens[index - 1].span.to(fault.tokens[index].span))
            }
            "%" if fault.nth(index + 2) == "%" && fault.adjoins(index + 1) && fault.adjoins(index + 2) => {
                Some(fault.tokens[index].span.to(fault.tokens[index + 2].span))
            }
            _ => None,
        }
    })?;
    let words = span.of(fault.text);
    Some(
        Diagnostic::new(&code::PLACEHOLDER, span, format!("`{words}` is a placeholder"))
            .label("never filled in")
            .help("write what it stands for; a value that changes can be given a name with `let`"),
    )
}

/// The bracket of the nearest `dynamic(` that the fault is in.
fn dynamic(fault: &Fault<'_>) -> Option<usize> {
    let mut index = fault.at;
    while let Some(open) = fault.opener(index) {
        if fault.nth(open) == "(" {
            return (open > 0 && fault.nth(open - 1) == "dynamic").then_some(open);
        }
        index = open;
    }
    None
}

/// Inside `dynamic(…)`: words of Python, keys without quotes, calls.
pub(super) fn in_dynamic(fault: &Fault<'_>) -> Option<Diagnostic> {
    dynamic(fault)?;
    let (span, word) = (fault.span(0), fault.word(0));
    let replace = |message: String, new: String, how| {
        Diagnostic::new(&code::BAD_DYNAMIC, span, message)
            .note("`dynamic(…)` holds one value of JSON: strings, numbers, true, false, null, […] or {…}")
            .fix(format!("write `{new}`"), how, vec![Edit::replace(span, new)])
    };
    if fault.kind(0)? != Kind::Word {
        return None;
    }
    Some(match (word, fault.word(1)) {
        ("None" | "NULL" | "Null" | "nil" | "undefined", _) => {
            replace(format!("`{word}` is `null` in JSON"), "null".to_owned(), Applicability::Safe)
                .label("no value of JSON")
        }
        (_, ":") => replace(format!("the key `{word}` stands in quotes"), format!("\"{word}\""), Applicability::Safe)
            .label("a string is due here"),
        (_, "(" | ".") => Diagnostic::new(&code::BAD_DYNAMIC, span, "`dynamic(…)` holds values, not expressions")
            .label("an expression")
            .help("`pack_array(…)` makes an array of expressions, `bag_pack(…)` an object"),
        _ => replace(format!("`{word}` is no value of JSON"), format!("\"{word}\""), Applicability::Unsafe)
            .label("a string stands in quotes"),
    })
}

/// `dynamic["a", "b"]`, `dynamic "a"`, `dynamic {…}`.
pub(super) fn dynamic_without_parentheses(fault: &Fault<'_>) -> Option<Diagnostic> {
    let open = match fault.word(-1) {
        "dynamic" if !fault.word(0).is_empty() => fault.at,
        _ => fault.opener(fault.at)?,
    };
    let word = open.checked_sub(1)?;
    if fault.nth(word) != "dynamic" || fault.nth(open) == "(" {
        return None;
    }
    let last = fault.operand_end(open);
    let last = if matches!(fault.nth(open), "{") { fault.closer(open)? } else { last };
    let (start, end) = (fault.tokens[word].span.end as usize, fault.tokens.get(last)?.span.end as usize);
    let first = fault.tokens[open].span.start as usize;
    Some(
        Diagnostic::new(&code::BAD_DYNAMIC, Span::new(first, end), "the value of `dynamic` stands in parentheses")
            .label("parentheses are due round this")
            .note("the form is `dynamic(VALUE)`")
            .fix(
                "put it into parentheses",
                Applicability::Safe,
                vec![Edit::replace(Span::new(start, first), "("), Edit::insert(end, ")")],
            ),
    )
}

/// `datatable(a, b) […]`, `let f = (a, b) {…}`.
pub(super) fn untyped_columns(fault: &Fault<'_>) -> Option<Diagnostic> {
    let inside = fault.opener(fault.at);
    let is_named =
        |open: usize| open > 0 && matches!(fault.nth(open - 1), "datatable" | "externaldata" | "external_data");
    let is_function = |open: usize| {
        open > 0 && fault.nth(open - 1) == "=" && fault.closer(open).is_some_and(|close| fault.nth(close + 1) == "{")
    };
    // A function without types parses as an expression up to its body.
    let open = match inside {
        Some(open) if is_named(open) || is_function(open) => open,
        // `datatable(a) ["x", …`: a call and an index to the grammar, up to the comma.
        Some(open) if fault.nth(open) == "[" && open > 0 && fault.nth(open - 1) == ")" => {
            fault.opener(open - 1).filter(|&open| is_named(open))?
        }
        _ if fault.word(0) == "{" && fault.word(-1) == ")" => {
            fault.opener(fault.at - 1).filter(|&open| is_function(open))?
        }
        _ => return None,
    };
    let close = fault.closer(open)?;
    // Names and commas alone, some perhaps with a type.
    let mut bare = Vec::new();
    for index in open + 1..close {
        let token = fault.tokens[index];
        let begins = matches!(fault.nth(index - 1), "(" | ",");
        if begins && token.kind == Kind::Word && matches!(fault.nth(index + 1), "," | ")") {
            bare.push(token.span);
        }
    }
    let first = *bare.first()?;
    let what = if is_named(open) { "column" } else { "parameter" };
    Some(
        Diagnostic::new(&code::MISSING_TOKEN, first, format!("the {what} `{}` has no type", first.of(fault.text)))
            .label(format!("`{}: TYPE` is due here", first.of(fault.text)))
            .note("the types are bool, int, long, real, decimal, datetime, timespan, string, guid and dynamic")
            .fix(
                "make it a string",
                Applicability::Unsafe,
                bare.iter().map(|span| Edit::insert(span.end as usize, ": string")).collect(),
            ),
    )
}
