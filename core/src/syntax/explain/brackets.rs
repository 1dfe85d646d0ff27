//! Strings and brackets that are not closed, told at their opening.

use super::super::scan::{Scan, Unbalanced, Unterminated};
use super::part::{Part, reach};
use super::place;
use crate::diagnostic::{Applicability, Diagnostic, Edit, code};
use crate::source::Span;
use crate::syntax::token::tokens;

/// A text longer than this is not parsed again to find where a bracket belongs.
const MAX_MENDED: usize = 64 * 1024;
/// At how many places a bracket is tried.
const MAX_TRIES: usize = 40;

/// Strings with escapes that KQL does not know, and strings without an end.
pub(super) fn strings(text: &str, scan: &Scan) -> Vec<Diagnostic> {
    scan.unterminated.iter().map(|string| unterminated(text, *string)).collect()
}

fn unterminated(text: &str, string: Unterminated) -> Diagnostic {
    let literal = string.span.of(text);
    let start = string.span.start as usize;
    let quote = literal.chars().next().unwrap_or('"');
    let opening = place(start, 1);
    let closed = literal.len() > 1 && literal.ends_with(quote);
    // A path that ends with a backslash: `"C:\Temp\"`.
    let ends_escaped = closed && literal.ends_with(&format!("\\{quote}"));
    let verbatim = |diagnostic: Diagnostic, applicability| {
        diagnostic.fix(
            format!("put `@` before the string, so that a backslash is a backslash: @{quote}…{quote}"),
            applicability,
            vec![Edit::insert(start, "@")],
        )
    };
    match string.bad_escape {
        Some(at) if closed => {
            let escape = place(at, 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8));
            let diagnostic =
                Diagnostic::new(&code::BAD_ESCAPE, escape, format!("`{}` is no escape of KQL", escape.of(text)))
                    .label("unknown escape")
                    .related(opening, "in this string")
                    .note("a backslash begins an escape such as \\n, \\t, \\\\ or \\u00e9");
            // An escape that is known may be meant; and `@` would make two quotes of an escaped one.
            let has_known = literal.match_indices('\\').any(|(at, _)| literal[at + 1..].starts_with(['\\', quote]));
            if has_known && !ends_escaped {
                return diagnostic.fix(
                    "write the backslash twice",
                    Applicability::Unsafe,
                    vec![Edit::insert(at, "\\")],
                );
            }
            let meant =
                literal.match_indices('\\').any(|(at, _)| literal[at + 1..].starts_with(['n', 'r', 't', 'u', 'x']));
            verbatim(diagnostic, if meant { Applicability::Unsafe } else { Applicability::Safe })
        }
        _ => {
            let diagnostic = Diagnostic::new(&code::UNTERMINATED_STRING, opening, "this string is never closed")
                .label("opened here");
            if literal.starts_with("```") || literal.starts_with("~~~") {
                return diagnostic.help(format!("close it with {quote}{quote}{quote}"));
            }
            if ends_escaped {
                let last = Span::new(string.span.end as usize - 2, string.span.end as usize);
                return verbatim(
                    diagnostic.related(last, "the backslash makes this quote a part of the string"),
                    Applicability::Unsafe,
                );
            }
            diagnostic
                .related(Span::at(string.span.end as usize), format!("the line ends without a {quote}"))
                .note("a string ends on the line it began on; only ``` and ~~~ go over several lines")
        }
    }
}

const fn partner(bracket: u8) -> char {
    match bracket {
        b'(' => ')',
        b'[' => ']',
        b'{' => '}',
        b')' => '(',
        b']' => '[',
        _ => '{',
    }
}

/// The finding about brackets that do not match: one, because a bracket out of place puts others out of theirs.
pub(super) fn brackets(text: &str, scan: &Scan) -> Option<Diagnostic> {
    let first = *scan.unbalanced.first()?;
    let bytes = text.as_bytes();
    let quoted = |at: usize| place(at, 1).of(text).to_owned();
    Some(match first {
        Unbalanced::Open(open) => {
            let closing = partner(bytes[open]);
            let mut diagnostic =
                Diagnostic::new(&code::UNBALANCED, place(open, 1), format!("`{}` is never closed", quoted(open)))
                    .label("opened here");
            for other in scan.unbalanced.iter().skip(1).take(3) {
                if let Unbalanced::Open(other) = other {
                    diagnostic = diagnostic.related(place(*other, 1), "nor is this");
                }
            }
            let one = scan.unbalanced.len() == 1;
            match one.then(|| closing_place(text, open, closing)).flatten() {
                Some(at) => diagnostic.fix(
                    format!("close it with `{closing}`"),
                    Applicability::Unsafe,
                    vec![Edit::insert(at, closing)],
                ),
                None => diagnostic.help(format!("a `{closing}` is missing")),
            }
        }
        Unbalanced::Close(close) => {
            let diagnostic =
                Diagnostic::new(&code::UNBALANCED, place(close, 1), format!("`{}` closes nothing", quoted(close)))
                    .label("nothing is open here");
            let edit = Edit::delete(place(close, 1));
            if heals(text, &edit) {
                diagnostic.fix(format!("take the `{}` out", quoted(close)), Applicability::Unsafe, vec![edit])
            } else {
                diagnostic.help(format!("take it out, or put a `{}` where it belongs", partner(bytes[close])))
            }
        }
        Unbalanced::Mismatch(open, close) => {
            let due = partner(bytes[open]);
            let diagnostic = Diagnostic::new(
                &code::UNBALANCED,
                place(close, 1),
                format!("`{}` does not close `{}`", quoted(close), quoted(open)),
            )
            .label(format!("a `{due}` is due before this"))
            .related(place(open, 1), "opened here");
            let edits = [
                (Edit::replace(place(close, 1), due), format!("write `{due}`")),
                (Edit::insert(close, due), format!("close it with `{due}`")),
                (Edit::delete(place(close, 1)), format!("take the `{}` out", quoted(close))),
                (
                    Edit::replace(place(open, 1), partner(bytes[close])),
                    format!("write `{}` there", partner(bytes[close])),
                ),
            ];
            match edits.into_iter().find(|(edit, _)| heals(text, edit)) {
                Some((edit, message)) => diagnostic.fix(message, Applicability::Unsafe, vec![edit]),
                None => diagnostic,
            }
        }
    })
}

/// Where a bracket could be closed so that the whole text parses: before a later mark or at the end of a line.
fn closing_place(text: &str, open: usize, closing: char) -> Option<usize> {
    let tokens = tokens(&text[open..]);
    let mut tries = 0;
    for (index, token) in tokens.iter().enumerate().skip(1) {
        let end = open + tokens[index - 1].span.end as usize;
        let start = open + token.span.start as usize;
        let is_mark = matches!(token.span.of(&text[open..]), "|" | ";" | ")" | "]" | "}");
        if is_mark || text[end..start].contains('\n') {
            tries += 1;
            if tries > MAX_TRIES {
                return None;
            }
            if heals(text, &Edit::insert(end, closing)) {
                return Some(end);
            }
        }
    }
    let end = open + tokens.last().map_or(1, |token| token.span.end as usize);
    heals(text, &Edit::insert(end, closing)).then_some(end)
}

fn heals(text: &str, edit: &Edit) -> bool {
    if text.len() > MAX_MENDED {
        return false;
    }
    let mut mended = text.to_owned();
    mended.replace_range(edit.span.range(), &edit.replacement);
    reach(&mended, Part { inner: Span::new(0, mended.len()), lead: None, tail: None }).is_none()
}
