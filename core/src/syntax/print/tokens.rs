//! Cuts a query that parses into its words, signs and comments.
//!
//! The tree says how a query hangs together, but not where its commas and clause words stand. The printer therefore
//! prints the words of the text, each exactly once and in order, and asks the tree only what goes between them: so
//! nothing can be lost, whatever the tree leaves out.

use crate::source::Span;

/// A word, a sign, or a literal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    /// Where it stands.
    pub(super) span: Span,
    /// What stands between it and what comes before it.
    pub(super) gap: Gap,
}

/// The blanks before a word or comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// Whether there is any.
    pub(super) blank: bool,
    /// How many line breaks there are.
    pub(super) lines: u32,
}

/// A comment, and the word it stands before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comment {
    /// Where it stands, without blanks at its end.
    pub(super) span: Span,
    /// What stands between it and what comes before it.
    pub(super) gap: Gap,
    /// Index of the first word behind it.
    pub(super) before: usize,
}

/// The words whose parenthesis holds a literal rather than arguments, when it follows at once.
const TYPED: [&str; 13] = [
    "bool", "date", "datetime", "decimal", "double", "guid", "int", "int32", "int64", "long", "real", "time",
    "timespan",
];

/// Signs of more than one character.
const SIGNS: [&str; 9] = ["==", "!=", "<>", "<=", ">=", "=~", "!~", "=>", ".."];

/// Whether `word(` begins a literal.
pub(super) fn begins_typed_literal(word: &str) -> bool {
    TYPED.contains(&word)
}

/// Cuts `text`, whose comments are known.
pub(super) fn tokenize(text: &str, comments: &[Span], directives: &[Span]) -> (Vec<Token>, Vec<Comment>) {
    let mut tokens = Vec::with_capacity(text.len() / 4);
    let mut found = Vec::with_capacity(comments.len());
    let (mut comments, mut directives) = (comments.iter().peekable(), directives.iter().peekable());
    let mut at = 0;
    let mut gap = Gap { blank: false, lines: 0 };
    while let Some(first) = text[at..].chars().next() {
        if is_blank(first) {
            let width = if text[at..].starts_with("\r\n") { 2 } else { first.len_utf8() };
            gap = Gap { blank: true, lines: gap.lines + u32::from(is_line_break(first)) };
            at += width;
            continue;
        }
        let end = if let Some(comment) = comments.next_if(|span| span.start as usize <= at) {
            let end = (comment.end as usize).max(at + 1);
            let trimmed = text[at..end].trim_end().len();
            found.push(Comment { span: Span::new(at, at + trimmed), gap, before: tokens.len() });
            // The line break may be counted to the comment; here it belongs to what follows.
            at + trimmed
        } else {
            let end = match directives.next_if(|span| span.start as usize <= at) {
                Some(directive) => (directive.end as usize).max(at + 1),
                None => at + token_len(&text[at..], first),
            };
            tokens.push(Token { span: Span::new(at, end), gap });
            end
        };
        at = end;
        gap = Gap { blank: false, lines: 0 };
    }
    (tokens, found)
}

/// What KQL skips between words, and the line breaks that end its comments.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{180E}' | '\u{200B}' | '\u{FEFF}')
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

/// The length of the token that `rest` begins with; its first character is `first`.
fn token_len(rest: &str, first: char) -> usize {
    if let Some(len) = string_len(rest) {
        return len;
    }
    if is_word_char(first) {
        let len = rest.find(|c| !is_word_char(c)).unwrap_or(rest.len());
        if begins_typed_literal(&rest[..len]) && rest[len..].starts_with('(') {
            let close = rest[len..].find([')', '\n', '\r', '\u{2028}', '\u{2029}']).map(|close| len + close);
            if let Some(close) = close.filter(|&close| rest[close..].starts_with(')')) {
                return close + 1;
            }
        }
        return len;
    }
    SIGNS.iter().find(|sign| rest.starts_with(**sign)).map_or(first.len_utf8(), |sign| sign.len())
}

/// The length of the string literal that `rest` begins with.
fn string_len(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix(['h', 'H']).unwrap_or(rest);
    let (body, verbatim) = body.strip_prefix('@').map_or((body, false), |body| (body, true));
    let start = rest.len() - body.len();
    for quote in ["```", "~~~"] {
        if let Some(inside) = body.strip_prefix(quote) {
            return Some(start + inside.find(quote).map_or(body.len(), |end| end + 2 * quote.len()));
        }
    }
    let quote = *body.as_bytes().first()?;
    if quote != b'"' && quote != b'\'' {
        return None;
    }
    let bytes = body.as_bytes();
    let mut at = 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if !verbatim => at += 2,
            b'\n' | b'\r' => return Some(start + at),
            _ if byte == quote && verbatim && bytes.get(at + 1) == Some(&quote) => at += 2,
            _ if byte == quote => return Some(start + at + 1),
            _ => at += 1,
        }
    }
    Some(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        tokenize(text, &[], &[]).0.iter().map(|token| token.span.of(text)).collect()
    }

    #[test]
    fn strings_of_every_form_are_one_word() {
        for string in [r#""a \" b""#, "'a'", r#"@"c:\""#, r#"@"a""b""#, "h'x'", "H@'x'", "```a\n\"b```", "h~~~a~~~"] {
            assert_eq!(words(&format!("x{{{string} y")), ["x", "{", string, "y"]);
        }
    }

    #[test]
    fn a_typed_literal_is_one_word_and_a_call_is_not() {
        assert_eq!(words("datetime(2024-01-31 10:00)+f(x)"), ["datetime(2024-01-31 10:00)", "+", "f", "(", "x", ")"]);
        assert_eq!(words("int (x)"), ["int", "(", "x", ")"]);
        assert_eq!(words("time(\n1)"), ["time", "(", "1", ")"]);
    }

    #[test]
    fn comments_are_no_words_and_know_what_follows() {
        let text = "a // b\n\n// c\n  d";
        let (tokens, comments) = tokenize(text, &[Span::new(2, 6), Span::new(8, 12)], &[]);
        assert_eq!(tokens.len(), 2);
        assert_eq!(tokens[1].gap, Gap { blank: true, lines: 1 });
        let lines: Vec<_> = comments.iter().map(|c| (c.span.of(text), c.gap.lines, c.before)).collect();
        assert_eq!(lines, [("// b", 0, 1), ("// c", 2, 1)]);
    }

    #[test]
    fn exotic_blanks_are_blanks() {
        assert_eq!(words("a\u{200B}==\u{A0}\u{FEFF}b"), ["a", "==", "b"]);
    }

    #[test]
    fn unfinished_strings_end_somewhere() {
        assert_eq!(words("\"a\\"), ["\"a\\"]);
        assert_eq!(words("'a\nb"), ["'a", "b"]);
        assert_eq!(words("```a"), ["```a"]);
    }
}
