//! Strings, names and what stands between words.

use crate::literal::parse_datetime;

/// The text of a string as written, quotes included. `Err` with the place of an escape that the language has not.
pub(super) fn unquote(written: &str) -> Result<String, usize> {
    if let Some(raw) = written.strip_prefix("\"\"\"").and_then(|rest| rest.strip_suffix("\"\"\"")) {
        return Ok(raw.to_owned());
    }
    let inner = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(written);
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        out.push(match chars.next() {
            Some((_, 'n')) => '\n',
            Some((_, 'r')) => '\r',
            Some((_, 't')) => '\t',
            Some((_, same @ ('"' | '\\'))) => same,
            _ => return Err(at + 1),
        });
    }
    Ok(out)
}

/// The name that a piece between dots stands for, backquotes taken away.
pub(super) fn plain_part(written: &str) -> String {
    match written.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
        Some(inner) => inner.replace("``", "`"),
        None => written.to_owned(),
    }
}

/// Where the last word of a text ends: blanks and comments behind it do not count.
pub(super) fn solid_end(text: &str) -> usize {
    let mut end = 0;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let at = text.len() - rest.len();
        let (length, solid) = if first.is_whitespace() {
            (first.len_utf8(), false)
        } else if rest.starts_with("//") {
            (rest.find(['\r', '\n']).unwrap_or(rest.len()), false)
        } else if rest.starts_with("/*") {
            (long_comment(rest).map_or(2, |(length, _)| length), false)
        } else {
            (quoted(rest).unwrap_or(first.len_utf8()), true)
        };
        if solid {
            end = at + length;
        }
        rest = &rest[length..];
    }
    end
}

/// The length of the comment that a text begins with, and how deep it nests; `None` where it has no end.
fn long_comment(text: &str) -> Option<(usize, usize)> {
    let (mut depth, mut deepest, mut at) = (0_usize, 0, 0);
    loop {
        let next = at + text[at..].find(['/', '*'])?;
        if text[next..].starts_with("/*") {
            depth += 1;
            deepest = deepest.max(depth);
            at = next + 2;
        } else if text[next..].starts_with("*/") {
            depth -= 1;
            at = next + 2;
            if depth == 0 {
                return Some((at, deepest));
            }
        } else {
            at = next + 1;
        }
    }
}

/// The length of the string or the name in backquotes that a text begins with.
fn quoted(text: &str) -> Option<usize> {
    if let Some(raw) = text.strip_prefix("\"\"\"")
        && let Some(end) = raw.find("\"\"\"").filter(|end| !raw[..*end].contains(['\r', '\n']))
    {
        let more = raw[end + 3..].bytes().take(2).take_while(|byte| *byte == b'"').count();
        return Some(3 + end + 3 + more);
    }
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '`'))?;
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            '\r' | '\n' if quote == '"' => return None,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Where brackets nest deeper than `most`: a cheap bound on what the grammar recurses over.
pub(super) fn too_deep(text: &str, most: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let mut length = first.len_utf8();
        if let Some(whole) = quoted(rest) {
            length = whole;
        } else if rest.starts_with("//") {
            length = rest.find(['\r', '\n']).unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            let deepest;
            (length, deepest) = long_comment(rest).unwrap_or((2, 1));
            if depth + deepest > most {
                return Some(text.len() - rest.len());
            }
            depth += usize::from(length == 2);
        } else {
            match first {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        if depth > most {
            return Some(text.len() - rest.len());
        }
        rest = &rest[length..];
    }
    None
}

/// The time that a text says in the form that Elasticsearch takes where a time is due: ISO 8601, of which all behind the
/// year may be left out. In ticks.
pub(super) fn time(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|b| b.iter().all(u8::is_ascii_digit));
    if !digits(0..4) {
        return None;
    }
    match bytes.len() {
        4 => return parse_datetime(&format!("{text}-01-01")),
        7 if bytes[4] == b'-' && digits(5..7) => return parse_datetime(&format!("{text}-01")),
        _ => {}
    }
    let date = bytes.get(4) == Some(&b'-') && digits(5..7) && bytes.get(7) == Some(&b'-') && digits(8..10);
    let rest = text.get(10..)?;
    let clock = rest.is_empty()
        || rest.strip_prefix('T').is_some_and(|clock| {
            clock.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'Z' | b'+' | b'-'))
        });
    (date && clock).then(|| parse_datetime(text)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_have_five_escapes_and_raw_ones_none() {
        assert_eq!(unquote(r#""a\"b\\c\n\r\t""#).unwrap(), "a\"b\\c\n\r\t");
        assert_eq!(unquote(r#""""C:\x"y""""#).unwrap(), "C:\\x\"y");
        assert_eq!(unquote(r#""""""""#).unwrap(), "");
        assert_eq!(unquote(r#""\d""#), Err(1));
    }

    #[test]
    fn blanks_and_comments_at_the_end_do_not_count() {
        for (text, solid) in [
            ("a  ", "a"),
            ("a // b", "a"),
            ("a /* b */ ", "a"),
            ("a /* b */ c", "a /* b */ c"),
            ("\"// x\" // y", "\"// x\""),
            ("`/* ` ", "`/* `"),
            ("\"\"\"a\"\"\"\" ", "\"\"\"a\"\"\"\""),
            ("a /* /* b */ */", "a"),
            ("\"open", "\"open"),
        ] {
            assert_eq!(&text[..solid_end(text)], solid, "{text}");
        }
    }

    #[test]
    fn depth_is_that_of_brackets_outside_of_strings() {
        assert_eq!(too_deep("((a))", 2), None);
        assert_eq!(too_deep("((a))", 1), Some(1));
        assert_eq!(too_deep("\"((((\" // ((((\n", 1), None);
        assert_eq!(too_deep("/* \" */ ((", 1), Some(9));
        assert_eq!(too_deep("/*/**/*/", 1), Some(0));
        assert_eq!(too_deep("/*/*", 1), Some(2));
    }

    #[test]
    fn times_are_iso_8601() {
        assert_eq!(time("2024"), time("2024-01-01T00:00:00Z"));
        assert_eq!(time("2024-02"), time("2024-02-01"));
        assert!(time("2023-10-23T12:15:03.360Z").is_some());
        for wrong in ["now", "2024-1-1", "01/02/2024", "2024-01-01 10:00", "2024-13-01", "2024-01-01Tx"] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }
}
