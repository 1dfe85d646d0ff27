//! Comparisons as other languages write them.

use super::super::expected::is_operator;
use super::super::fault::Fault;
use super::stage::in_capitals;
use super::{nearest, replace};
use crate::diagnostic::{Applicability, Diagnostic, Edit, code};
use crate::source::Span;
use crate::syntax::token::Kind;

/// Keywords inside expressions and clauses.
static KEYWORDS: &[&str] = &[
    "and",
    "as",
    "asc",
    "between",
    "by",
    "contains",
    "contains_cs",
    "desc",
    "endswith",
    "first",
    "from",
    "has",
    "has_all",
    "has_any",
    "has_cs",
    "hasprefix",
    "hassuffix",
    "in",
    "kind",
    "last",
    "matches",
    "nulls",
    "of",
    "on",
    "or",
    "startswith",
    "step",
    "to",
    "with",
];

/// Operators between two strings or a string and a list.
static STRING_OPERATORS: &[&str] = &[
    "contains",
    "contains_cs",
    "endswith",
    "endswith_cs",
    "has",
    "has_all",
    "has_any",
    "has_cs",
    "hasprefix",
    "hasprefix_cs",
    "hassuffix",
    "hassuffix_cs",
    "startswith",
    "startswith_cs",
    "between",
    "and",
    "or",
];

/// What the operators of other languages are called in KQL.
static ELSEWHERE: &[(&str, &str)] = &[
    ("===", "=="),
    ("!==", "!="),
    ("=<", "<="),
    ("=>", ">="),
    ("~=", "=~"),
    ("~", "=~"),
    (":=", "="),
    ("contains_any", "has_any"),
    ("contains_all", "has_all"),
    ("hasany", "has_any"),
    ("hasall", "has_all"),
    ("includes", "contains"),
    ("ends_with", "endswith"),
    ("endsWith", "endswith"),
    ("starts_with", "startswith"),
    ("startsWith", "startswith"),
    ("begins_with", "startswith"),
    ("icontains", "contains"),
    ("is", "=="),
    ("eq", "=="),
    ("ne", "!="),
    ("neq", "!="),
    ("rlike", "matches regex"),
    ("regexp", "matches regex"),
    ("regex", "matches regex"),
    ("ilike", "contains"),
];

/// A `#` or `--` comment.
pub(super) fn comment(fault: &Fault<'_>) -> Option<Diagnostic> {
    let line_start = fault.text[..fault.span(0).start as usize].rfind('\n').map_or(0, |at| at + 1);
    let mut index = fault.at.min(fault.tokens.len().checked_sub(1)?);
    // The mark stands on the line of the fault, or ends the line before it.
    while index > 0 && fault.tokens[index - 1].span.start as usize >= line_start {
        index -= 1;
    }
    let mark = (index..=fault.at.min(fault.tokens.len() - 1)).find_map(|index| {
        let word = fault.nth(index);
        if word == "#" {
            return Some(fault.tokens[index].span);
        }
        (word == "-" && fault.nth(index + 1) == "-" && fault.adjoins(index + 1))
            .then(|| fault.tokens[index].span.to(fault.tokens[index + 1].span))
    })?;
    Some(
        Diagnostic::new(&code::FOREIGN_SYNTAX, mark, format!("`{}` does not begin a comment", mark.of(fault.text)))
            .label("`//` does")
            .fix("write `//`", Applicability::Safe, vec![Edit::replace(mark, "//")]),
    )
}

/// `AND`, `In`, `DESC`.
pub(super) fn keyword_in_capitals(fault: &Fault<'_>) -> Option<Diagnostic> {
    [0, -1].into_iter().find_map(|offset| {
        let word = fault.word(offset);
        let lower = word.to_ascii_lowercase();
        let begins = fault.at.checked_add_signed(offset) == Some(fault.stage_start());
        let is_keyword = KEYWORDS.contains(&lower.as_str()) || begins && is_operator(&lower);
        let finding = (lower != word && is_keyword).then(|| in_capitals(fault.span(offset), word, &lower))?;
        fault.helps(&finding.fix.as_ref()?.edits).then_some(finding)
    })
}

/// `x IS NULL`, `x is not null`.
pub(super) fn is_null(fault: &Fault<'_>) -> Option<Diagnostic> {
    if !fault.word(0).eq_ignore_ascii_case("is") {
        return None;
    }
    let negated = fault.word(1).eq_ignore_ascii_case("not");
    let last = if negated { 2 } else { 1 };
    let function = match fault.word(last).to_ascii_lowercase().as_str() {
        "null" => {
            if negated {
                "isnotnull"
            } else {
                "isnull"
            }
        }
        "empty" | "blank" => {
            if negated {
                "isnotempty"
            } else {
                "isempty"
            }
        }
        _ => return None,
    };
    let start = fault.operand_start(fault.at.checked_sub(1)?);
    let left = fault.tokens[start].span.to(fault.span(-1));
    let whole = left.to(fault.span(last));
    Some(
        Diagnostic::new(&code::FOREIGN_SYNTAX, fault.span(0).to(fault.span(last)), "null is tested with a function")
            .label("no operator of KQL")
            .note("strings are never null in KQL: test those with `isempty` and `isnotempty`")
            .fix(
                format!("write `{function}({})`", left.of(fault.text)),
                Applicability::Unsafe,
                vec![Edit::replace(whole, format!("{function}({})", left.of(fault.text)))],
            ),
    )
}

/// `x LIKE '%y%'`, `x NOT LIKE 'y%'`.
pub(super) fn like(fault: &Fault<'_>) -> Option<Diagnostic> {
    let negated = fault.word(0).eq_ignore_ascii_case("not");
    let at = isize::from(negated);
    if !fault.word(at).eq_ignore_ascii_case("like") && !fault.word(at).eq_ignore_ascii_case("ilike") {
        return None;
    }
    let span = fault.span(0).to(fault.span(at));
    let pattern = fault.word(at + 1);
    let diagnostic = Diagnostic::new(&code::FOREIGN_SYNTAX, span, format!("`{}` is SQL", span.of(fault.text)))
        .label("KQL has an operator for each kind of match")
        .note("`contains`, `startswith` and `endswith` look for a part of a text, `has` for a whole term, `matches regex` for a pattern");
    let quote = pattern.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inside = pattern.get(1..pattern.len().checked_sub(1)?)?;
    let (begins, ends) = (inside.starts_with('%'), inside.len() > 1 && inside.ends_with('%'));
    let core = inside.trim_matches('%');
    if core.contains(['%', '_', '\\']) || core.is_empty() {
        return Some(diagnostic);
    }
    let operator = match (begins, ends) {
        (true, true) => "contains",
        (true, false) => "endswith",
        (false, true) => "startswith",
        (false, false) => "=~",
    };
    let operator = match (negated, operator) {
        (false, operator) => operator.to_owned(),
        (true, "=~") => "!~".to_owned(),
        (true, operator) => format!("!{operator}"),
    };
    let edits =
        vec![Edit::replace(span, operator.clone()), Edit::replace(fault.span(at + 1), format!("{quote}{core}{quote}"))];
    Some(diagnostic.fix(format!("write `{operator} {quote}{core}{quote}`"), Applicability::Unsafe, edits))
}

/// `=` for `==`, and signs and words of other languages.
pub(super) fn signs(fault: &Fault<'_>) -> Option<Diagnostic> {
    let found = fault.word(0);
    let span = fault.span(0);
    if fault.word(-1) == "=" && found == "=" {
        let span = fault.span(-1).to(span);
        return Some(
            replace(&code::FOREIGN_SYNTAX, span, "`==` is one word".to_owned(), "==", Applicability::Safe)
                .label("no blank stands in it"),
        );
    }
    if fault.word(-1) == "=" && matches!(found, "<" | ">") && fault.adjoins(fault.at) {
        let span = fault.span(-1).to(span);
        return Some(
            replace(
                &code::FOREIGN_SYNTAX,
                span,
                format!("`={found}` is written `{found}=`"),
                &format!("{found}="),
                Applicability::Safe,
            )
            .label("the `=` comes last"),
        );
    }
    // Two signs may stand side by side: `=<`, `> =`, `! =`.
    let pair = format!("{found}{}", fault.word(1));
    let (span, written) = match pair.as_str() {
        "=<" | "~=" | "!=" | ">=" | "<=" | "==" | "=~" | "!~" if fault.kind(1) == Some(Kind::Sign) => {
            (span.to(fault.span(1)), pair.as_str())
        }
        _ => (span, found),
    };
    if written == "=" && fault.nth(fault.stage_start()) == "let" && fault.at <= fault.stage_start() + 2 {
        return None;
    }
    if written == "=" {
        return Some(
            replace(&code::ASSIGNMENT, span, "`=` gives a name; `==` compares".to_owned(), "==", Applicability::Unsafe)
                .label("a comparison is due here"),
        );
    }
    let known = ELSEWHERE.iter().find(|(other, _)| *other == written).map(|(_, known)| *known);
    let known = known.or_else(|| (written != found).then_some(written))?;
    let how = if written == found || known != written { Applicability::Unsafe } else { Applicability::Safe };
    Some(
        replace(&code::FOREIGN_SYNTAX, span, format!("`{}` is no operator of KQL", span.of(fault.text)), known, how)
            .label(format!("`{known}` is the nearest")),
    )
}

/// `matches  regex`, `matchesregex`, `matches "x"`.
pub(super) fn regex(fault: &Fault<'_>) -> Option<Diagnostic> {
    let (span, found) = (fault.span(0), fault.word(0).to_ascii_lowercase());
    let span = match found.as_str() {
        "matches" if fault.word(1).eq_ignore_ascii_case("regex") => span.to(fault.span(1)),
        "matches" | "matchesregex" | "matches_regex" | "match" => span,
        _ => return None,
    };
    Some(
        replace(
            &code::FOREIGN_SYNTAX,
            span,
            "the operator is `matches regex`, with one blank".to_owned(),
            "matches regex",
            Applicability::Safe,
        )
        .label("one operator in KQL"),
    )
}

/// `between (1, 2)`, `between 1 .. 2`, `between 1 and 2`, `between (1 and 2)`.
pub(super) fn between(fault: &Fault<'_>) -> Option<Diagnostic> {
    let is_between = |index: usize| matches!(fault.nth(index), "between" | "!between");
    let note = "a range is written `between (LOW .. HIGH)`, both ends included";
    let message = "a range needs `..` between its ends";
    if let Some(open) = fault.opener(fault.at).filter(|&open| open > 0 && is_between(open - 1)) {
        // The grammar reads `1 and 2` as one expression and stops at the `)`.
        let close = fault.closer(open)?;
        let mut depth = 0_usize;
        let separator = (open + 1..close).find(|&index| {
            match fault.nth(index) {
                "(" | "[" => depth += 1,
                ")" | "]" => depth -= 1,
                _ => {}
            }
            depth == 0 && matches!(fault.nth(index), "," | "and" | "AND" | "to" | "-" | "." | "..." | ":" | ";")
        })?;
        let span = fault.tokens[separator].span;
        return Some(Diagnostic::new(&code::BAD_LIST, span, message).label("`..` is due here").note(note).fix(
            "write `..`",
            Applicability::Safe,
            vec![Edit::replace(span, " .. ")],
        ));
    }
    let first = fault.at;
    if !(first > 0 && is_between(first - 1)) || fault.word(0).is_empty() {
        return None;
    }
    let low_end = fault.operand_end(first);
    let separator = low_end + 1;
    if !matches!(fault.nth(separator), ".." | "and" | "AND" | ",") {
        return None;
    }
    let end = fault.operand_end(separator + 1);
    let mut edits = vec![Edit::insert(fault.tokens[first].span.start as usize, "(")];
    if fault.nth(separator) != ".." {
        edits.push(Edit::replace(fault.tokens[separator].span, ".."));
    }
    edits.push(Edit::insert(fault.tokens.get(end)?.span.end as usize, ")"));
    let span = fault.tokens[first].span.to(fault.tokens[end].span);
    Some(Diagnostic::new(&code::BAD_LIST, span, "a range stands in parentheses").label("the range").note(note).fix(
        "put it into parentheses",
        Applicability::Safe,
        edits,
    ))
}

/// `in "a"`, `in ["a"]`, `in {…}`, `in ()`.
pub(super) fn list(fault: &Fault<'_>) -> Option<Diagnostic> {
    let last = fault.at.checked_sub(1)?;
    let tilde = fault.nth(last) == "~";
    let operator = last.checked_sub(usize::from(tilde))?;
    let is_list_operator = |index: usize| matches!(fault.nth(index), "in" | "has_any" | "has_all");
    if fault.word(0) == ")" && fault.word(-1) == "(" && last > 0 && is_list_operator(last - 1) {
        return Some(
            Diagnostic::new(&code::BAD_LIST, fault.span(-1).to(fault.span(0)), "a list has at least one item")
                .label("nothing stands in it"),
        );
    }
    if !is_list_operator(operator) {
        return None;
    }
    let name = fault.nth(operator);
    let (end, edits) = match fault.word(0) {
        "[" | "{" => {
            let close = fault.closer(fault.at)?;
            let close_span = fault.tokens[close].span;
            (close, vec![Edit::replace(fault.span(0), "("), Edit::replace(close_span, ")")])
        }
        "" | "(" => return None,
        _ => {
            let mut end = fault.operand_end(fault.at);
            while fault.nth(end + 1) == "," && fault.kind(0) == Some(Kind::Text) && end + 2 < fault.tokens.len() {
                end = fault.operand_end(end + 2);
            }
            let start = fault.span(0).start as usize;
            (end, vec![Edit::insert(start, "("), Edit::insert(fault.tokens.get(end)?.span.end as usize, ")")])
        }
    };
    Some(
        Diagnostic::new(
            &code::BAD_LIST,
            fault.span(0).to(fault.tokens[end].span),
            format!("the list of `{name}` stands in parentheses"),
        )
        .label("parentheses are due round this")
        .note(format!("the form is `x {name} (ITEM, …)`"))
        .fix("put it into parentheses", Applicability::Safe, edits),
    )
}

/// `CASE WHEN`, `if … else`, `a ? b : c`.
pub(super) fn case_when(fault: &Fault<'_>) -> Option<Diagnostic> {
    let (found, before) = (fault.word(0).to_ascii_lowercase(), fault.word(-1).to_ascii_lowercase());
    let (span, help): (Span, _) = match (found.as_str(), before.as_str()) {
        ("when", "case") => (fault.span(-1).to(fault.span(0)), "write `case(CONDITION, VALUE, …, OTHERWISE)`"),
        ("when" | "then" | "else" | "elif" | "elseif", _) => {
            (fault.span(0), "write `case(CONDITION, VALUE, …, OTHERWISE)`")
        }
        ("?", _) => (fault.span(0), "write `iff(CONDITION, VALUE, OTHERWISE)`"),
        _ => return None,
    };
    Some(
        Diagnostic::new(&code::FOREIGN_SYNTAX, span, "a choice is a function in KQL")
            .label("no keyword of KQL")
            .help(help),
    )
}

/// `x contians "y"`.
pub(super) fn misspelt(fault: &Fault<'_>) -> Option<Diagnostic> {
    // `!contians` is two tokens.
    let (span, bang) = match fault.word(0) {
        "!" => (fault.span(1), "!"),
        _ => (fault.span(0), ""),
    };
    let word = span.of(fault.text);
    let behind = if bang.is_empty() { 1 } else { 2 };
    let is_operand =
        matches!(fault.kind(behind), Some(Kind::Word | Kind::Text | Kind::Number)) || fault.word(behind) == "(";
    if !is_operand || fault.kind(behind - 1) != Some(Kind::Word) {
        return None;
    }
    let elsewhere = ELSEWHERE.iter().find(|(other, _)| other.eq_ignore_ascii_case(word)).map(|(_, known)| *known);
    let operator = elsewhere.or_else(|| nearest(word, STRING_OPERATORS.iter().copied()))?;
    let edits = vec![Edit::replace(span, operator)];
    fault.helps(&edits).then(|| {
        Diagnostic::new(&code::UNKNOWN_OPERATOR, span, format!("there is no operator `{bang}{word}`"))
            .label(format!("did you mean `{bang}{operator}`?"))
            .fix(format!("write `{bang}{operator}`"), Applicability::Unsafe, edits)
    })
}
