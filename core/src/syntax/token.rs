//! A text as words and signs, for where the grammar has failed or has not been asked: this reads whatever is there.

use crate::source::Span;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name or keyword.
    Word,
    /// A number or timespan.
    Number,
    /// A string, with its prefix and quotes.
    Text,
    /// Anything else: an operator, a bracket, a mark, a character that KQL does not know.
    Sign,
}

/// A token and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its words.
    pub span: Span,
}

/// Signs of more than one character, longest first; those of other languages too, to speak of them as one.
const SIGNS: &[&str] = &["-->", "===", "!==", "==", "=~", "!=", "!~", "<>", "<=", ">=", "=>", "..", "&&", "||", ":="];

/// The tokens of a text, comments left out.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        if first.is_whitespace() || matches!(first, '\u{200B}' | '\u{FEFF}' | '\u{180E}') {
            at += first.len_utf8();
            continue;
        }
        if rest.starts_with("//") {
            at += rest.find(['\n', '\r', '\u{2028}', '\u{2029}']).unwrap_or(rest.len());
            continue;
        }
        let (kind, len) = token(rest, first);
        tokens.push(Token { kind, span: Span::new(at, at + len) });
        at += len;
    }
    tokens
}

fn token(rest: &str, first: char) -> (Kind, usize) {
    if let Some(len) = string(rest) {
        return (Kind::Text, len);
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let word = |text: &str| text.find(|c: char| !is_word(c)).unwrap_or(text.len());
    if first.is_alphabetic() || matches!(first, '_' | '$') {
        return (Kind::Word, first.len_utf8() + word(&rest[first.len_utf8()..]));
    }
    if first.is_ascii_digit() {
        let len = word(rest);
        let fraction = rest[len..].strip_prefix('.').filter(|tail| tail.starts_with(|c: char| c.is_ascii_digit()));
        return (Kind::Number, fraction.map_or(len, |tail| len + 1 + word(tail)));
    }
    let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
    (Kind::Sign, sign.map_or(first.len_utf8(), |sign| sign.len()))
}

/// The length of the string that `rest` begins with; one that is not closed ends with its line.
fn string(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix(['h', 'H']).unwrap_or(rest);
    let (verbatim, body) = body.strip_prefix('@').map_or((false, body), |body| (true, body));
    let prefix = rest.len() - body.len();
    for fence in ["```", "~~~"] {
        if let Some(inner) = body.strip_prefix(fence) {
            return Some(prefix + inner.find(fence).map_or(body.len(), |end| end + 6));
        }
    }
    let quote = body.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut characters = body.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        match c {
            '\n' | '\r' => return Some(prefix + at),
            '\\' if !verbatim => drop(characters.next_if(|(_, next)| !matches!(next, '\n' | '\r'))),
            _ if c == quote && verbatim && characters.next_if(|(_, next)| *next == quote).is_some() => {}
            _ if c == quote => return Some(prefix + at + 1),
            _ => {}
        }
    }
    Some(rest.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<&str> {
        tokens(text).iter().map(|token| token.span.of(text)).collect()
    }

    #[test]
    fn tokens_are_the_words_and_signs_of_kql_and_its_neighbours() {
        assert_eq!(words("T|where a==1.5 // x"), ["T", "|", "where", "a", "==", "1.5"]);
        assert_eq!(words("a && b||c -->d"), ["a", "&&", "b", "||", "c", "-->", "d"]);
        assert_eq!(words(r#"h"x\"y" @'it''s' "z"#), [r#"h"x\"y""#, "@'it''s'", "\"z"]);
        assert_eq!(words("1d..2h 3..4 é≠$x"), ["1d", "..", "2h", "3", "..", "4", "é", "≠", "$x"]);
        assert_eq!(words("```a\nb``` ~~~"), ["```a\nb```", "~~~"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_to_its_end(text in "\\PC{0,40}") {
            let mut last = 0;
            for token in tokens(&text) {
                prop_assert!(token.span.start as usize >= last && !token.span.is_empty());
                prop_assert!(text.get(token.span.range()).is_some());
                last = token.span.end as usize;
            }
        }
    }
}
