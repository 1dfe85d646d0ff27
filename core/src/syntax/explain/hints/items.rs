//! Lists: commas too many or too few, and the keywords between lists.

use super::super::expected::{keywords, with_form};
use super::super::fault::{Fault, shown};
use crate::diagnostic::{Applicability, Diagnostic, Edit, code};
use crate::source::Span;
use crate::syntax::token::Kind;
use crate::words::{self, WordClass};

/// A comma with no item before or behind it.
pub(super) fn comma(fault: &Fault<'_>) -> Option<Diagnostic> {
    let (found, before) = (fault.word(0), fault.word(-1));
    if found == "," && before == "," {
        // Of `a, ,b c` the second comma belongs behind `b`.
        let delete = Edit::delete(fault.span(0));
        let moved = fault
            .tokens
            .get(fault.operand_end(fault.at + 1))
            .map(|last| vec![delete.clone(), Edit::insert(last.span.end as usize, ",")]);
        if !fault.heals(std::slice::from_ref(&delete))
            && let Some(moved) = moved.filter(|moved| fault.heals(moved))
        {
            return Some(misplaced(fault.span(0), moved));
        }
        return Some(
            Diagnostic::new(&code::EXTRA_COMMA, fault.span(0), "an item is due between two commas")
                .label("a second comma")
                .related(fault.span(-1), "the first")
                .fix("take one comma out", Applicability::Unsafe, vec![Edit::delete(fault.span(0))]),
        );
    }
    // The grammar may take a comma and stop behind it, or a keyword for an item and stop behind that.
    for offset in [-1, -2] {
        if fault.word(offset) != "," {
            continue;
        }
        let next = fault.word(offset + 1);
        let ends = matches!(next, "" | ")" | "]" | "}" | "|" | ";") && offset == -1;
        if ends || keywords(&fault.operator()).any(|keyword| keyword == next) {
            let span = fault.span(offset);
            if matches!(next, ")" | "]" | "}") {
                let moved = vec![Edit::delete(span), Edit::insert(fault.span(offset + 1).end as usize, ",")];
                if !fault.heals(&moved[..1]) && fault.heals(&moved) {
                    return Some(misplaced(span, moved));
                }
            }
            let what = if next.is_empty() { "the end".to_owned() } else { format!("`{next}`") };
            return Some(
                Diagnostic::new(&code::EXTRA_COMMA, span, format!("a comma stands before {what}"))
                    .label("no item follows this comma")
                    .fix("take the comma out", Applicability::Safe, vec![Edit::delete(span)]),
            );
        }
    }
    if found == "," && (matches!(before, "(" | "[" | "{") || fault.kind(-1) == Some(Kind::Word)) {
        let span = fault.span(0);
        let edits = vec![Edit::delete(span)];
        if fault.helps(&edits) && !fault.could_go_on("") {
            return Some(
                Diagnostic::new(&code::EXTRA_COMMA, span, "no item stands before this comma")
                    .label("an item is due before it")
                    .fix("take the comma out", Applicability::Unsafe, edits),
            );
        }
    }
    None
}

fn misplaced(span: Span, moved: Vec<Edit>) -> Diagnostic {
    Diagnostic::new(&code::EXTRA_COMMA, span, "this comma stands at the wrong place")
        .label("an item is due before it")
        .fix("move the comma behind the next word", Applicability::Unsafe, moved)
}

/// A word or sign that is there twice in a row.
pub(super) fn doubled(fault: &Fault<'_>) -> Option<Diagnostic> {
    [0, -1, 1].into_iter().find_map(|offset| {
        let (word, before) = (fault.word(offset), fault.word(offset - 1));
        if word != before || word.is_empty() || matches!(word, "=" | "(" | ")" | "[" | "]" | "{" | "}") {
            return None;
        }
        let edits = vec![Edit::delete(fault.span(offset))];
        fault.heals(&edits).then(|| {
            Diagnostic::new(&code::UNEXPECTED, fault.span(offset), format!("`{}` stands here twice", shown(word)))
                .label("the second")
                .related(fault.span(offset - 1), "the first")
                .fix("take one out", Applicability::Unsafe, edits)
        })
    })
}

fn ends_operand(fault: &Fault<'_>, offset: isize) -> bool {
    matches!(fault.kind(offset), Some(Kind::Word | Kind::Number | Kind::Text))
        || matches!(fault.word(offset), ")" | "]" | "}" | "*")
}

fn begins_operand(fault: &Fault<'_>, offset: isize) -> bool {
    matches!(fault.kind(offset), Some(Kind::Word | Kind::Number | Kind::Text))
        || matches!(fault.word(offset), "(" | "[" | "{" | "*")
}

/// Two items side by side.
pub(super) fn missing_comma(fault: &Fault<'_>) -> Option<Diagnostic> {
    let is_keyword =
        |offset| fault.kind(offset) == Some(Kind::Word) && words::class(fault.word(offset)) != WordClass::Free;
    if !ends_operand(fault, -1) || !begins_operand(fault, 0) || is_keyword(-1) || is_keyword(0) {
        return None;
    }
    let last = fault.span(-1);
    let edits = vec![Edit::insert(last.end as usize, ",")];
    fault.heals(&edits).then(|| {
        Diagnostic::new(&code::MISSING_TOKEN, fault.span(0), "a comma is missing between two items")
            .label("another item begins here")
            .related(last, "the one before ends here")
            .fix("write a comma", Applicability::Unsafe, edits)
    })
}

/// `project a as b`
pub(super) fn alias(fault: &Fault<'_>) -> Option<Diagnostic> {
    if !fault.word(0).eq_ignore_ascii_case("as") || fault.kind(1) != Some(Kind::Word) {
        return None;
    }
    let mut first = fault.at;
    while first > fault.stage_start() + 1 && fault.nth(first - 1) != "," {
        first = fault.operand_start(first - 1);
    }
    let expression = fault.tokens[first].span.to(fault.span(-1));
    let edits =
        vec![Edit::replace(expression.to(fault.span(1)), format!("{} = {}", fault.word(1), expression.of(fault.text)))];
    fault.helps(&edits).then(|| {
        Diagnostic::new(&code::FOREIGN_SYNTAX, fault.span(0), "a column is named before its expression")
            .label("SQL names it behind")
            .note("the form is `NAME = EXPRESSION`")
            .fix(format!("name it `{}` before", fault.word(1)), Applicability::Safe, edits)
    })
}

/// `distinct by x`, `summarize count() group by x`.
pub(super) fn superfluous_by(fault: &Fault<'_>) -> Option<Diagnostic> {
    let operator = fault.operator();
    if fault.word(0).eq_ignore_ascii_case("group")
        && fault.word(1).eq_ignore_ascii_case("by")
        && operator == "summarize"
    {
        let edits = vec![Edit::replace(fault.span(0).to(fault.span(1)), "by")];
        return Some(
            Diagnostic::new(&code::FOREIGN_SYNTAX, fault.span(0), "`summarize` groups with `by` alone")
                .label("no word of KQL")
                .fix("write `by`", Applicability::Safe, edits),
        );
    }
    let is_by = fault.word(-1) == "by" && fault.at.checked_sub(2) == Some(fault.stage_start());
    (is_by && !keywords(&operator).any(|keyword| keyword == "by")).then(|| {
        let span = fault.span(-1);
        with_form(
            Diagnostic::new(&code::UNEXPECTED, span, format!("`{operator}` takes no `by`"))
                .label("the columns stand here")
                .fix("take `by` out", Applicability::Unsafe, vec![Edit::delete(span)]),
            &operator,
        )
    })
}

/// `sort x`, `top 5 x`, `join (T) x`: the word that parts the clauses is left out.
pub(super) fn missing_keyword(fault: &Fault<'_>) -> Option<Diagnostic> {
    let operator = fault.operator();
    let start = fault.stage_start();
    let written = |keyword: &str| (start + 1..fault.at).any(|index| fault.nth(index) == keyword);
    let keyword = keywords(&operator).find(|keyword| !written(keyword))?;
    let found = fault.token(0);
    // `sort x` is a name to the grammar up to `x`; the place for `by` may be a word earlier.
    for offset in [0, -1] {
        let Some(token) = fault.token(offset) else { continue };
        let follows = ends_operand(fault, offset - 1) || fault.at.checked_add_signed(offset - 1) == Some(start);
        if fault.at.checked_add_signed(offset)? <= start || !begins_operand(fault, offset) || !follows {
            continue;
        }
        let edits = vec![Edit::insert(token.span.start as usize, format!("{keyword} "))];
        if fault.heals(&edits) {
            return Some(with_form(
                Diagnostic::new(&code::MISSING_TOKEN, token.span, format!("`{operator}` needs `{keyword}` here"))
                    .label(format!("`{keyword}` is due before this"))
                    .fix(format!("write `{keyword}`"), Applicability::Unsafe, edits),
                &operator,
            ));
        }
    }
    let ends = found.is_none_or(|_| matches!(fault.word(0), "|" | ";" | ")" | "}"));
    let last = fault.span(-1);
    (ends && fault.at > start + 1 && keyword_is_due(fault, keyword)).then(|| {
        with_form(
            Diagnostic::new(
                if found.is_none() { &code::UNEXPECTED_END } else { &code::MISSING_TOKEN },
                if found.is_none() { fault.span(0) } else { last },
                format!("`{operator}` needs `{keyword}`"),
            )
            .label(format!("`{keyword}` is due behind this")),
            &operator,
        )
    })
}

/// Whether the keyword, with something behind it, would make the stage whole.
fn keyword_is_due(fault: &Fault<'_>, keyword: &str) -> bool {
    !fault.could_go_on("")
        && (fault.could_go_on(&format!("{keyword} x")) || fault.could_go_on(&format!("{keyword} (take 1)")))
}
