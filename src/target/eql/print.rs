//! Writes the tree: quoting, escapes and parentheses.

use std::fmt::Write as _;

use super::tree::{Condition, Event, Item, Operand, Query, Value};
use crate::target::elastic::quote;

/// From which length on a chain is broken into lines.
const WIDE: usize = 100;

/// Words that cannot stand as a field's name without backticks.
const RESERVED: &[&str] = &[
    "and", "any", "by", "false", "in", "like", "maxspan", "not", "null", "of", "or", "regex", "sample", "sequence",
    "true", "until", "where", "with",
];

impl Query {
    /// The text.
    pub fn print(&self) -> String {
        match self {
            Self::Events(event) => self::event(event, ""),
            Self::Sample { by, items } => {
                let mut out = "sample".to_owned();
                shared_keys(&mut out, by);
                for item in items {
                    let _ = write!(out, "\n  {}", self::item(item));
                }
                out
            }
            Self::Sequence { by, maxspan, items } => {
                let mut out = "sequence".to_owned();
                shared_keys(&mut out, by);
                if let Some(span) = maxspan {
                    let _ = write!(out, " with maxspan={span}");
                }
                for item in items {
                    let _ = write!(out, "\n  {}", self::item(item));
                }
                out
            }
        }
    }
}

fn shared_keys(out: &mut String, by: &[String]) {
    if !by.is_empty() {
        let _ = write!(out, " by {}", by.iter().map(|name| field(name)).collect::<Vec<_>>().join(", "));
    }
}

fn item(item: &Item) -> String {
    let mut out = format!("{}[{}]", if item.missing { "!" } else { "" }, event(&item.event, "  "));
    if !item.by.is_empty() {
        let _ = write!(out, " by {}", item.by.iter().map(|name| field(name)).collect::<Vec<_>>().join(", "));
    }
    if let Some(runs) = item.runs {
        let _ = write!(out, " with runs={runs}");
    }
    out
}

fn event(event: &Event, indent: &str) -> String {
    let category = event.category.as_deref().unwrap_or("any");
    let text = condition(&event.condition);
    let (terms, word) = match &event.condition {
        Condition::And(terms) => (terms, "and"),
        Condition::Or(terms) => (terms, "or"),
        _ => return format!("{category} where {text}"),
    };
    if text.len() <= WIDE {
        return format!("{category} where {text}");
    }
    let terms: Vec<String> = terms.iter().map(wrapped).collect();
    format!("{category} where\n{indent}  {}", terms.join(&format!(" {word}\n{indent}  ")))
}

fn wrapped(c: &Condition) -> String {
    let text = condition(c);
    if matches!(c, Condition::And(_) | Condition::Or(_)) { format!("({text})") } else { text }
}

fn condition(c: &Condition) -> String {
    let tilde = |insensitive: bool| if insensitive { "~" } else { "" };
    match c {
        Condition::Constant(value) => value.to_string(),
        Condition::Compare(operand, op, v) => {
            let operand = match operand {
                Operand::Field(name) => field(name),
                Operand::Length(name) => format!("length({})", field(name)),
            };
            format!("{operand} {} {}", op.sign(), value(v))
        }
        Condition::In(name, values, insensitive) => {
            format!(
                "{} in{} ({})",
                field(name),
                tilde(*insensitive),
                values.iter().map(value).collect::<Vec<_>>().join(", ")
            )
        }
        Condition::Like(name, patterns, insensitive) => {
            format!("{} like{} {}", field(name), tilde(*insensitive), list(patterns))
        }
        Condition::Regex(name, patterns, insensitive) => {
            format!("{} regex{} {}", field(name), tilde(*insensitive), list(patterns))
        }
        Condition::Cidr(name, ranges) => {
            let ranges: Vec<String> = ranges.iter().map(|range| string(range)).collect();
            format!("cidrMatch({}, {})", field(name), ranges.join(", "))
        }
        Condition::Missing(name, is) => format!("{} {} null", field(name), if *is { "==" } else { "!=" }),
        Condition::And(terms) => terms.iter().map(wrapped).collect::<Vec<_>>().join(" and "),
        Condition::Or(terms) => terms.iter().map(wrapped).collect::<Vec<_>>().join(" or "),
        Condition::Not(inner) => match inner.as_ref() {
            Condition::Cidr(..) => format!("not {}", condition(inner)),
            inner => format!("not ({})", condition(inner)),
        },
    }
}

fn list(patterns: &[String]) -> String {
    match patterns {
        [only] => string(only),
        all => format!("({})", all.iter().map(|p| string(p)).collect::<Vec<_>>().join(", ")),
    }
}

fn value(v: &Value) -> String {
    match v {
        Value::Text(text) => string(text),
        Value::Number(digits) => digits.clone(),
        Value::Bool(value) => value.to_string(),
    }
}

fn string(text: &str) -> String {
    quote::string(text, Some(|c| format!("\\u{{{:02x}}}", c as u32)))
}

fn field(name: &str) -> String {
    let plain = |name: &str| {
        name.split('.').all(|part| {
            let first = part.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '@');
            first
                && part.chars().skip(1).all(|c| c.is_ascii_alphanumeric() || c == '_')
                && !RESERVED.contains(&part.to_lowercase().as_str())
        })
    };
    quote::name(name, plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::CompareOp;

    #[test]
    fn hostile_strings_and_names_are_quoted() {
        assert_eq!(string("a\"b"), "\"\"\"a\"b\"\"\"");
        assert_eq!(string("\"\"\""), r#""\"\"\"""#);
        assert_eq!(string("a\u{1}\n"), r#""a\u{01}\n""#);
        assert_eq!(string(r"C:\x\"), "\"\"\"C:\\x\\\"\"\"");
        assert_eq!(field("process.name"), "process.name");
        assert_eq!(field("a b`c"), "`a b``c`");
        assert_eq!(field("x.0.y"), "`x.0.y`");
        assert_eq!(field("by"), "`by`");
    }

    #[test]
    fn parentheses_tell_chains_apart() {
        let test =
            |name: &str| Condition::Compare(Operand::Field(name.into()), CompareOp::Equal, Value::Number("1".into()));
        let or = Condition::Or(vec![test("a"), test("b")]);
        assert_eq!(condition(&Condition::And(vec![or.clone(), test("c")])), "(a == 1 or b == 1) and c == 1");
        assert_eq!(condition(&Condition::Not(Box::new(or))), "not (a == 1 or b == 1)");
    }
}
