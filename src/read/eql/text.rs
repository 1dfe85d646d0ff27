//! Strings, names and patterns, and how deep brackets nest.

use std::borrow::Cow;

/// What is wrong with an escape: where it begins in the literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadEscape(pub(super) usize);

/// The text that a literal stands for. The grammar lets only known escapes through, but not every number that
/// `\u{…}` can hold is that of a character.
pub(super) fn unquote(literal: &str) -> Result<Cow<'_, str>, BadEscape> {
    if let Some(raw) = literal.strip_prefix("\"\"\"").and_then(|rest| rest.strip_suffix("\"\"\"")) {
        return Ok(Cow::Borrowed(raw));
    }
    let inner = literal.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(literal);
    let Some(first) = inner.find('\\') else { return Ok(Cow::Borrowed(inner)) };
    let mut out = inner[..first].to_owned();
    let mut rest = &inner[first..];
    while let Some(c) = rest.chars().next() {
        let at = inner.len() - rest.len();
        if c != '\\' {
            out.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let (letter, length) = escape(rest).ok_or(BadEscape(at + 1))?;
        out.push(letter);
        rest = &rest[length..];
    }
    Ok(Cow::Owned(out))
}

/// The character of an escape at the start of a text, and how long the escape is.
fn escape(text: &str) -> Option<(char, usize)> {
    let c = text.chars().nth(1)?;
    Some(match c {
        'n' => ('\n', 2),
        'r' => ('\r', 2),
        't' => ('\t', 2),
        'b' => ('\u{8}', 2),
        'f' => ('\u{c}', 2),
        '"' | '\'' | '\\' => (c, 2),
        'u' => {
            let digits = text.strip_prefix("\\u{")?.split('}').next()?;
            let number = u32::from_str_radix(digits, 16).ok()?;
            (char::from_u32(number)?, digits.len() + 4)
        }
        _ => return None,
    })
}

/// The name that stands in backticks, two for one; any other as it is.
pub(super) fn name(part: &str) -> Cow<'_, str> {
    match part.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
        Some(inner) if inner.contains('`') => Cow::Owned(inner.replace("``", "`")),
        Some(inner) => Cow::Borrowed(inner),
        None => Cow::Borrowed(part),
    }
}

/// Whether `*` or `?` stand in a text.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// A pattern as the IR has it: there a backslash takes the meaning of wildcards away, in EQL it is a character like
/// any other.
pub(super) fn glob(pattern: &str) -> Cow<'_, str> {
    if pattern.contains('\\') { Cow::Owned(pattern.replace('\\', "\\\\")) } else { Cow::Borrowed(pattern) }
}

/// Where brackets or comments nest deeper than `most`: a cheap bound on what the grammar recurses over.
pub(super) fn too_deep(text: &str, most: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while at < bytes.len() {
        let rest = &bytes[at..];
        match rest[0] {
            b'"' => at += string_length(rest),
            b'`' => at += 1 + rest[1..].iter().position(|byte| *byte == b'`').map_or(rest.len() - 1, |end| end + 1),
            b'/' if rest.starts_with(b"//") => {
                at += rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
            }
            b'/' if rest.starts_with(b"/*") => match comment_length(rest, most) {
                Ok(length) => at += length,
                Err(inner) => return Some(at + inner),
            },
            b'(' | b'[' => {
                depth += 1;
                if depth > most {
                    return Some(at);
                }
                at += 1;
            }
            b')' | b']' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            _ => at += 1,
        }
    }
    None
}

/// How many bytes the string at the start has; one where it is not closed.
fn string_length(bytes: &[u8]) -> usize {
    if let Some(raw) = bytes.strip_prefix(b"\"\"\"")
        && let Some(end) = raw.windows(3).position(|window| window == b"\"\"\"")
        && !raw[..end].contains(&b'\n')
    {
        let more = raw[end + 3..].iter().take(2).take_while(|byte| **byte == b'"').count();
        return 3 + end + 3 + more;
    }
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            b'\r' | b'\n' => return 1,
            _ => at += 1,
        }
    }
    1
}

/// How many bytes the comment at the start has, to the end where it is not closed; or where it nests too deep.
fn comment_length(bytes: &[u8], most: usize) -> Result<usize, usize> {
    let (mut at, mut depth) = (0, 0_usize);
    while at < bytes.len() {
        let rest = &bytes[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            if depth > most {
                return Err(at);
            }
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Ok(at);
            }
        } else {
            at += 1;
        }
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn literals_stand_for_texts() {
        for (literal, text) in [
            (r#""a b""#, "a b"),
            (r#""""#, ""),
            (r#""C:\\x\"y\'\n\r\t\b\f""#, "C:\\x\"y'\n\r\t\u{8}\u{c}"),
            (r#""\u{200f}\u{0000200F}\u{41}""#, "\u{200f}\u{200f}A"),
            (r#""""C:\x "y" \n""""#, r#"C:\x "y" \n"#),
            (r#""""x"""""#, "x\""),
            (r#"""""""""#, "\""),
        ] {
            assert_eq!(unquote(literal).as_deref(), Ok(text), "{literal}");
        }
        assert_eq!(unquote(r#""ab\u{d800}""#), Err(BadEscape(3)));
    }

    #[test]
    fn names_in_backticks() {
        assert_eq!(name("`a b``c`"), "a b`c");
        assert_eq!(name("a"), "a");
    }

    #[test]
    fn depth_counts_outside_of_quotes_and_comments() {
        for (text, deep) in [
            ("((a))", None),
            ("(((", Some(2)),
            ("\"(((\" (", None),
            ("\"\"\"((( \" \"\"\" (", None),
            ("`(((` // (((\n /* ((( */ ()", None),
            ("/* /* /* */ */ */", Some(6)),
            ("\"a (((", Some(5)),
            ("( ) ( ) ( )", None),
        ] {
            assert_eq!(too_deep(text, 2), deep, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in ".{0,60}", most in 0_usize..4) {
            let _ = unquote(&text);
            let _ = unquote(&format!("\"{text}\""));
            prop_assert!(too_deep(&text, most).is_none_or(|at| at < text.len()));
        }
    }
}
