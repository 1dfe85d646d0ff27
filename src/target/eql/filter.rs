//! A condition as Lucene's query syntax, which the rules of Kibana that count (`threshold`) filter by.

use super::tree::{Condition, Event, Operand, Value};
use crate::ir::CompareOp;
use crate::target::elastic::lucene;

/// The events as a query; nothing where the syntax cannot say a condition.
pub(super) fn query(event: &Event) -> Option<String> {
    let category = event.category.as_ref().map(|category| same("event.category", &quoted(category)));
    let condition = match &event.condition {
        Condition::Constant(true) => None,
        Condition::And(terms) => Some(joined(terms, " AND ")?),
        other => Some(text(other)?),
    };
    let terms: Vec<String> = category.into_iter().chain(condition).collect();
    Some(if terms.is_empty() { "*:*".to_owned() } else { terms.join(" AND ") })
}

fn text(condition: &Condition) -> Option<String> {
    Some(match condition {
        Condition::Constant(true) => "*:*".to_owned(),
        Condition::Constant(false) => "(NOT *:*)".to_owned(),
        Condition::Compare(Operand::Length(_), ..) => return None,
        Condition::Compare(Operand::Field(field), op, value) => compared(field, *op, value)?,
        Condition::In(field, values, folded) => any(values.iter().map(|value| match value {
            Value::Text(text) if *folded && text.chars().any(char::is_alphabetic) => {
                same(field, &pattern(&lucene::escaped(text), true))
            }
            value => same(field, &plain(value)),
        })),
        Condition::Like(field, patterns, folded) => {
            any(patterns.iter().map(|wildcard| same(field, &pattern(&of_wildcard(wildcard), *folded))))
        }
        Condition::Regex(field, patterns, folded) => {
            any(patterns.iter().map(|regex| same(field, &pattern(regex, *folded))))
        }
        Condition::Cidr(field, networks) => any(networks.iter().map(|network| same(field, &quoted(network)))),
        Condition::Missing(field, true) => negated(&there(field)),
        Condition::Missing(field, false) => there(field),
        Condition::And(terms) => format!("({})", joined(terms, " AND ")?),
        Condition::Or(terms) => format!("({})", joined(terms, " OR ")?),
        Condition::Not(inner) => negated(&text(inner)?),
    })
}

fn joined(terms: &[Condition], word: &str) -> Option<String> {
    Some(terms.iter().map(text).collect::<Option<Vec<_>>>()?.join(word))
}

fn any(terms: impl Iterator<Item = String>) -> String {
    let terms: Vec<String> = terms.collect();
    if terms.len() == 1 { terms.concat() } else { format!("({})", terms.join(" OR ")) }
}

/// A negation by itself finds nothing in Lucene.
fn negated(term: &str) -> String {
    format!("(*:* AND NOT {term})")
}

fn there(field: &str) -> String {
    format!("_exists_:{}", name(field))
}

fn same(field: &str, value: &str) -> String {
    format!("{}:{value}", name(field))
}

fn compared(field: &str, op: CompareOp, value: &Value) -> Option<String> {
    Some(match op {
        CompareOp::Equal => same(field, &plain(value)),
        // A missing field is unequal in EQL.
        CompareOp::NotEqual => negated(&same(field, &plain(value))),
        // Texts are compared by their order, which needs more than a sign here.
        _ if !matches!(value, Value::Number(_)) => return None,
        _ => same(field, &format!("{}{}", op.sign(), plain(value))),
    })
}

fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => quoted(text),
        Value::Number(digits) if digits.starts_with('-') => format!("\\{digits}"),
        Value::Number(digits) => digits.clone(),
        Value::Bool(value) => value.to_string(),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A field's name: what else would end it is escaped.
fn name(field: &str) -> String {
    let mut out = String::new();
    for c in field.chars() {
        if !(c.is_alphanumeric() || matches!(c, '.' | '_' | '@')) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A regular expression of Lucene for a pattern with `*` and `?`.
fn of_wildcard(wildcard: &str) -> String {
    let mut out = String::new();
    let mut chars = wildcard.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' => out.push_str(".*"),
            '?' => out.push('.'),
            '\\' => out.push_str(&lucene::escaped(chars.next().unwrap_or('\\').encode_utf8(&mut [0; 4]))),
            c => out.push_str(&lucene::escaped(c.encode_utf8(&mut [0; 4]))),
        }
    }
    out
}

/// A regular expression between its slashes; where case does not count each letter stands in both.
fn pattern(regex: &str, folded: bool) -> String {
    let mut out = String::from("/");
    let mut chars = regex.chars();
    let mut class: Option<String> = None;
    while let Some(c) = chars.next() {
        let escaped = (c == '\\').then(|| chars.next().unwrap_or('\\'));
        let piece =
            escaped.map_or_else(|| if c == '/' { "\\/".to_owned() } else { c.to_string() }, |next| format!("\\{next}"));
        match (&mut class, escaped) {
            (None, None) if c == '[' => class = Some(String::new()),
            (Some(members), None) if c == ']' => {
                let (not, members) = members.strip_prefix('^').map_or(("", members.as_str()), |rest| ("^", rest));
                let other: String = if folded { members.chars().map(swapped).collect() } else { String::new() };
                let known = other == members || members.contains("A-z");
                let other = if known { "" } else { other.as_str() };
                out.extend(["[", not, members, other, "]"]);
                class = None;
            }
            (Some(members), _) => members.push_str(&piece),
            (None, None) if folded && c.is_ascii_alphabetic() => {
                out.extend([
                    String::from("["),
                    c.to_ascii_lowercase().to_string(),
                    c.to_ascii_uppercase().to_string(),
                    "]".into(),
                ]);
            }
            (None, _) => out.push_str(&piece),
        }
    }
    out.push('/');
    out
}

fn swapped(c: char) -> char {
    if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_keep_their_meaning() {
        let field = |op, value| Condition::Compare(Operand::Field("a.b".into()), op, value);
        let word = || Value::Text("x \"y\" \\z".into());
        for (condition, want) in [
            (field(CompareOp::Equal, word()), r#"a.b:"x \"y\" \\z""#),
            (field(CompareOp::NotEqual, Value::Number("5".into())), "(*:* AND NOT a.b:5)"),
            (field(CompareOp::Greater, Value::Number("-5".into())), r"a.b:>\-5"),
            (Condition::In("a-b".into(), vec![Value::Text("Ab.c".into())], true), r"a\-b:/[aA][bB]\.[cC]/"),
            (Condition::In("a".into(), vec![word(), Value::Bool(true)], false), r#"(a:"x \"y\" \\z" OR a:true)"#),
            (Condition::Like("a".into(), vec![r"*x/\*".into()], false), r"a:/.*x\/\*/"),
            (Condition::Regex("a".into(), vec!["(.*[^a-z0-9])?b".into()], true), "a:/(.*[^a-z0-9A-Z0-9])?[bB]/"),
            (Condition::Missing("a".into(), true), "(*:* AND NOT _exists_:a)"),
            (
                Condition::Not(Box::new(Condition::Or(vec![
                    Condition::Constant(true),
                    Condition::Missing("a".into(), false),
                ]))),
                "(*:* AND NOT (*:* OR _exists_:a))",
            ),
        ] {
            assert_eq!(text(&condition).as_deref(), Some(want));
        }
        let length = Condition::Compare(Operand::Length("a".into()), CompareOp::Greater, Value::Number("5".into()));
        assert_eq!(text(&Condition::And(vec![length, Condition::Constant(true)])), None);
    }
}
