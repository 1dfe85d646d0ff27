//! Strings and names as both languages of Elasticsearch write them.

use std::fmt::Write as _;

/// A string literal: in double quotes with escapes, or raw between three of them where that reads better.
///
/// `unicode` says how a control character without a letter of its own is written; a language without such an escape
/// takes it as it is.
pub(in crate::target) fn string(text: &str, unicode: Option<fn(char) -> String>) -> String {
    let raw_reads_better = text.contains('\\') || text.contains('"');
    let raw_can_say_it = !text.contains("\"\"\"")
        && !text.ends_with('"')
        && !text.starts_with('"')
        && !text.chars().any(char::is_control);
    if raw_reads_better && raw_can_say_it {
        return format!("\"\"\"{text}\"\"\"");
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match (c, unicode) {
            ('"', _) => out.push_str("\\\""),
            ('\\', _) => out.push_str("\\\\"),
            ('\n', _) => out.push_str("\\n"),
            ('\r', _) => out.push_str("\\r"),
            ('\t', _) => out.push_str("\\t"),
            (c, Some(escape)) if c.is_control() => out.push_str(&escape(c)),
            (c, _) => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A field's name, in backticks where it is not made of plain words parted by dots.
pub(in crate::target) fn name(name: &str, plain: impl Fn(&str) -> bool) -> String {
    if plain(name) {
        return name.to_owned();
    }
    let mut out = String::with_capacity(name.len() + 2);
    let _ = write!(out, "`{}`", name.replace('`', "``"));
    out
}
