//! Quotes, escapes, names and patterns.

use std::borrow::Cow;

pub(super) use crate::ir::foreign::wildcard::{fill, fit, fits};

/// What a quoted or bare piece of a search stands for: `\\` is a backslash and `\"` a quote, any other backslash stays.
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\'
            && let Some(&next) = chars.peek()
            && matches!(next, '\\' | '"')
        {
            out.push(next);
            chars.next();
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// The text between double quotes, or all of it.
pub(super) fn unquote(text: &str) -> Cow<'_, str> {
    unescape(between(text, '"').unwrap_or(text))
}

/// What stands between two of the same quote.
pub(super) fn between(text: &str, quote: char) -> Option<&str> {
    text.strip_prefix(quote)?.strip_suffix(quote)
}

/// Whether it stands in double quotes.
pub(super) fn is_quoted(text: &str) -> bool {
    text.len() > 1 && between(text, '"').is_some()
}

/// A field's name, whichever quotes it is in.
pub(super) fn field_name(text: &str) -> Cow<'_, str> {
    if let Some(inner) = between(text, '"') {
        return unescape(inner);
    }
    match between(text, '\'') {
        Some(inner) if inner.contains('\\') => Cow::Owned(inner.replace("\\'", "'")),
        Some(inner) => Cow::Borrowed(inner),
        None => Cow::Borrowed(text.strip_prefix('$').and_then(|rest| rest.strip_suffix('$')).unwrap_or(text)),
    }
}

/// The value of a number as SPL reads it; `None` for what does not look like one.
pub(super) fn number(text: &str) -> Option<f64> {
    let looks = text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    looks.then(|| text.parse().ok()).flatten()
}

/// Whether a text names a subnet, such as `10.0.0.0/8`.
pub(super) fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let Ok(bits) = bits.parse::<u8>() else { return false };
    match address.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(_)) => bits <= 32,
        Ok(std::net::IpAddr::V6(_)) => bits <= 128,
        Err(_) => false,
    }
}

/// The names of the groups of a regular expression, in order.
pub(super) fn groups(pattern: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let bytes = pattern.as_bytes();
    let (mut at, mut class) = (0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'[' if !class => class = true,
            b']' => class = false,
            b'(' if !class => {
                let rest = &pattern[at + 1..];
                let rest = rest.strip_prefix("?P<").or_else(|| rest.strip_prefix("?<"));
                if let Some(name) = rest.and_then(|rest| rest.split_once('>')).map(|(name, _)| name)
                    && !name.is_empty()
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                    && !names.contains(&name)
                {
                    names.push(name);
                }
            }
            _ => {}
        }
        at += 1;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_quotes_and_backslashes() {
        assert_eq!(unquote(r#""a\"b\\c\d""#), r#"a"b\c\d"#);
        assert_eq!(unquote(r"*\\Temp\*"), r"*\Temp\*");
        assert_eq!(field_name("'a.b{}'"), "a.b{}");
    }

    #[test]
    fn numbers_and_subnets_are_told_apart() {
        assert_eq!(number("-1.5"), Some(-1.5));
        assert_eq!(number("0x10"), None);
        assert_eq!(number("nan"), None);
        assert!(is_cidr("10.0.0.0/8") && is_cidr("fe80::/10") && !is_cidr("10.0.0.0/33") && !is_cidr("a/b"));
    }

    #[test]
    fn groups_have_names() {
        assert_eq!(groups(r"(?<a>x)(?P<b>[(?<c>])\(?<d>(?<=e)(?<!f)"), ["a", "b"]);
    }
}
