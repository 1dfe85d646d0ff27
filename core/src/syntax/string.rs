//! The value of a string literal.
//!
//! The forms and escapes are those of the [string page](https://learn.microsoft.com/kusto/query/scalar-data-types/string).

use std::borrow::Cow;

/// The value of one string literal as it is written: `"a\tb"`, `@'it''s'`, `h"secret"`, three backticks.
///
/// An escape that KQL does not know stays as it is; the grammar lets none pass.
pub fn decode(literal: &str) -> Cow<'_, str> {
    let body = literal.strip_prefix(['h', 'H']).unwrap_or(literal);
    let (verbatim, body) = body.strip_prefix('@').map_or((false, body), |rest| (true, rest));
    for fence in ["```", "~~~"] {
        if let Some(inner) = body.strip_prefix(fence) {
            return Cow::Borrowed(inner.strip_suffix(fence).unwrap_or(inner));
        }
    }
    let Some(quote) = body.chars().next() else { return Cow::Borrowed("") };
    let inner = &body[quote.len_utf8()..];
    let inner = inner.strip_suffix(quote).unwrap_or(inner);
    if verbatim {
        let doubled = [quote, quote].iter().collect::<String>();
        if inner.contains(&doubled) {
            Cow::Owned(inner.replace(&doubled, &quote.to_string()))
        } else {
            Cow::Borrowed(inner)
        }
    } else if inner.contains('\\') {
        Cow::Owned(unescape(inner))
    } else {
        Cow::Borrowed(inner)
    }
}

fn unescape(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        value.push_str(&rest[..at]);
        let (character, len) = escape(&rest[at + 1..]).unwrap_or(('\\', 0));
        value.push(character);
        rest = &rest[at + 1 + len..];
    }
    value.push_str(rest);
    value
}

/// The character that an escape stands for, and how many bytes it takes behind the backslash.
fn escape(rest: &str) -> Option<(char, usize)> {
    let first = rest.bytes().next()?;
    let simple = match first {
        b'\\' | b'\'' | b'"' => char::from(first),
        b'a' => '\u{07}',
        b'b' => '\u{08}',
        b'f' => '\u{0C}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'v' => '\u{0B}',
        b'x' => return hexadecimal(rest, 2),
        b'u' => return utf16(rest),
        b'U' => return hexadecimal(rest, 8),
        b'0'..=b'7' => return octal(rest),
        _ => return None,
    };
    Some((simple, 1))
}

fn digits(rest: &str, count: usize) -> Option<u32> {
    u32::from_str_radix(rest.get(1..=count)?, 16).ok()
}

fn hexadecimal(rest: &str, count: usize) -> Option<(char, usize)> {
    Some((char::from_u32(digits(rest, count)?).unwrap_or(char::REPLACEMENT_CHARACTER), count + 1))
}

/// `\uXXXX` is a unit of UTF-16, so a character outside the basic plane takes two.
fn utf16(rest: &str) -> Option<(char, usize)> {
    let unit = digits(rest, 4)?;
    if (0xD800..0xDC00).contains(&unit)
        && let Some(low) = rest.get(5..).filter(|next| next.starts_with("\\u")).and_then(|next| digits(&next[1..], 4))
        && (0xDC00..0xE000).contains(&low)
    {
        let scalar = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        return Some((char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER), 11));
    }
    Some((char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER), 5))
}

/// One digit, two, or three where the first is at most 3.
fn octal(rest: &str) -> Option<(char, usize)> {
    let most = if rest.as_bytes().first().is_some_and(|&b| b <= b'3') { 3 } else { 2 };
    let len = rest.bytes().take(most).take_while(|b| (b'0'..=b'7').contains(b)).count();
    Some((char::from_u32(u32::from_str_radix(&rest[..len], 8).ok()?)?, len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_gives_its_value() {
        for (literal, value) in [
            (r#""a""#, "a"),
            ("'it\\'s'", "it's"),
            ("@'it''s'", "it's"),
            (r#"@"C:\x""#, r"C:\x"),
            (r#"h"x""#, "x"),
            (r"H@'a\b'", r"a\b"),
            ("```a\nb\\```", "a\nb\\"),
            ("~~~a``b~~~", "a``b"),
            ("''", ""),
        ] {
            assert_eq!(decode(literal), value, "{literal}");
        }
    }

    #[test]
    fn every_escape_gives_its_character() {
        for (literal, value) in [
            (r"'\\\t\n\r'", "\\\t\n\r"),
            (r"'\a\b\f\v'", "\u{7}\u{8}\u{c}\u{b}"),
            (r"'\x41\u00e9\U0001F600'", "Aé😀"),
            (r"'\uD83D\uDE00'", "😀"),
            (r"'\uD83D'", "\u{FFFD}"),
            (r"'\101\7\477'", "A\u{7}'7"),
        ] {
            assert_eq!(decode(literal), value, "{literal}");
        }
    }
}
