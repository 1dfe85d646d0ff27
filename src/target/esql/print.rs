//! Writes the tree: one command a line, quoting, escapes and parentheses where the language needs them.

use std::fmt::Write as _;

use super::tree::{Command, Expr, Head, Operator, Query, SortKey};
use crate::target::elastic::quote;

/// From which length on a list of conditions or columns is broken into lines.
const WIDE: usize = 110;

/// Words that cannot stand as a column's name without backticks.
const RESERVED: &[&str] = &[
    "and",
    "as",
    "asc",
    "by",
    "desc",
    "false",
    "first",
    "from",
    "in",
    "is",
    "last",
    "like",
    "metadata",
    "not",
    "null",
    "nulls",
    "on",
    "or",
    "rlike",
    "true",
    "where",
    "with",
    "using",
    "info",
    "functions",
];

/// How tightly an expression binds; the greater the tighter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Or,
    And,
    Not,
    Compare,
    Sum,
    Product,
    Sign,
    Atom,
}

impl Query {
    /// The text.
    pub fn print(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0);
        out
    }

    fn write(&self, out: &mut String, depth: usize) {
        let indent = "  ".repeat(depth);
        match &self.head {
            Head::From { indices, metadata } => {
                let names: Vec<String> = indices.iter().map(|index| index_name(index)).collect();
                let _ = write!(out, "FROM {}", names.join(", "));
                if !metadata.is_empty() {
                    let _ = write!(out, " METADATA {}", metadata.join(", "));
                }
            }
            Head::Queries(queries) => {
                out.push_str("FROM");
                for (at, query) in queries.iter().enumerate() {
                    out.push_str(if at == 0 { "\n" } else { ",\n" });
                    let _ = write!(out, "{indent}  (");
                    query.write(out, depth + 1);
                    out.push(')');
                }
            }
            Head::Row(items) => {
                let items: Vec<String> =
                    items.iter().map(|(name, value)| format!("{} = {}", field(name), expr(value))).collect();
                let _ = write!(out, "ROW {}", items.join(", "));
            }
        }
        for command in &self.commands {
            let _ = write!(out, "\n{indent}| {}", command.print(&indent));
        }
    }
}

impl Command {
    fn print(&self, indent: &str) -> String {
        match self {
            Self::Where(condition) => format!("WHERE {}", broken(condition, indent)),
            Self::Eval(items) => {
                let items = items.iter().map(|(name, value)| format!("{} = {}", field(name), expr(value)));
                format!("EVAL {}", listed(&items.collect::<Vec<_>>(), indent, 7))
            }
            Self::Stats { inline, aggregates, by } => {
                let aggregates = aggregates.iter().map(|a| {
                    let condition = a.condition.as_ref().map(|c| format!(" WHERE {}", expr(c))).unwrap_or_default();
                    format!("{} = {}{condition}", field(&a.name), expr(&a.value))
                });
                let word = if *inline { "INLINE STATS" } else { "STATS" };
                let list = listed(&aggregates.collect::<Vec<_>>(), indent, word.len() + 3);
                let keys: Vec<String> = by
                    .iter()
                    .map(|(name, value)| match value {
                        Some(value) => format!("{} = {}", field(name), expr(value)),
                        None => field(name),
                    })
                    .collect();
                let mut text = word.to_owned();
                if !list.is_empty() {
                    let _ = write!(text, " {list}");
                }
                if !keys.is_empty() {
                    let wide = text.len() + keys.iter().map(String::len).sum::<usize>() > WIDE;
                    let gap = if wide { format!("\n{indent}    ") } else { " ".to_owned() };
                    let _ = write!(text, "{gap}BY {}", keys.join(", "));
                }
                text
            }
            Self::Sort(keys) => format!("SORT {}", keys.iter().map(sort_key).collect::<Vec<_>>().join(", ")),
            Self::Limit(count) => format!("LIMIT {count}"),
            Self::Keep(names) => {
                let names: Vec<String> = names.iter().map(|name| pattern(name)).collect();
                format!("KEEP {}", listed(&names, indent, 7))
            }
            Self::Drop(names) => format!("DROP {}", listed(&fields(names), indent, 7)),
            Self::Rename(names) => {
                let names = names.iter().map(|(old, new)| format!("{} AS {}", field(old), field(new)));
                format!("RENAME {}", listed(&names.collect::<Vec<_>>(), indent, 9))
            }
            Self::MvExpand(name) => format!("MV_EXPAND {}", field(name)),
            Self::Grok(name, pattern) => format!("GROK {} {}", field(name), string(pattern)),
            Self::Dissect(name, pattern) => format!("DISSECT {} {}", field(name), string(pattern)),
            Self::LookupJoin(index, keys) => {
                format!("LOOKUP JOIN {} ON {}", index_name(index), fields(keys).join(", "))
            }
        }
    }
}

fn fields(names: &[String]) -> Vec<String> {
    names.iter().map(|name| field(name)).collect()
}

/// Items parted by commas, each on a line of its own where they are many.
fn listed(items: &[String], indent: &str, gap: usize) -> String {
    let wide = items.iter().map(|item| item.len() + 2).sum::<usize>() > WIDE;
    let glue = if wide { format!(",\n{indent}{}", " ".repeat(gap)) } else { ", ".to_owned() };
    items.join(&glue)
}

fn sort_key(key: &SortKey) -> String {
    let order = if key.descending { "DESC" } else { "ASC" };
    let nulls = if key.nulls_first { "FIRST" } else { "LAST" };
    format!("{} {order} NULLS {nulls}", expr(&key.value))
}

/// A condition, its terms on lines of their own where they are many.
fn broken(condition: &Expr, indent: &str) -> String {
    let text = expr(condition);
    let (terms, word, at_least) = match condition {
        Expr::And(terms) => (terms, "AND", Binding::Not),
        Expr::Or(terms) => (terms, "OR", Binding::Not),
        _ => return text,
    };
    if text.len() <= WIDE {
        return text;
    }
    let terms: Vec<String> = terms.iter().map(|term| wrapped(term, at_least)).collect();
    terms.join(&format!("\n{indent}    {word} "))
}

fn binding(e: &Expr) -> Binding {
    match e {
        Expr::Or(_) => Binding::Or,
        Expr::And(_) => Binding::And,
        Expr::Not(_) => Binding::Not,
        Expr::Compare(..) | Expr::In(..) | Expr::Like(..) | Expr::Rlike(..) | Expr::IsNull(..) => Binding::Compare,
        Expr::Binary(op, ..) if op.is_product() => Binding::Product,
        Expr::Binary(..) => Binding::Sum,
        Expr::Negate(_) => Binding::Sign,
        _ => Binding::Atom,
    }
}

fn wrapped(e: &Expr, at_least: Binding) -> String {
    let text = expr(e);
    // `NOT` in front of a comparison reads best in parentheses, and a negation inside anything but a chain needs them.
    if binding(e) < at_least { format!("({text})") } else { text }
}

/// An expression.
fn expr(e: &Expr) -> String {
    match e {
        Expr::Field(name) => field(name),
        Expr::Text(text) => string(text),
        Expr::Number(digits) => digits.clone(),
        Expr::Bool(value) => value.to_string(),
        Expr::Null => "null".to_owned(),
        Expr::Span(count, unit) => {
            let plural = if *count == 1 { "" } else { "s" };
            format!("{count} {unit}{plural}")
        }
        Expr::All => "*".to_owned(),
        Expr::Call(name, arguments) => {
            let arguments: Vec<String> = arguments.iter().map(expr).collect();
            format!("{name}({})", arguments.join(", "))
        }
        Expr::List(items) => format!("[{}]", items.iter().map(expr).collect::<Vec<_>>().join(", ")),
        Expr::Compare(op, left, right) => {
            format!("{} {} {}", wrapped(left, Binding::Sum), op.sign(), wrapped(right, Binding::Sum))
        }
        Expr::Binary(op, left, right) => {
            let own = if op.is_product() { Binding::Product } else { Binding::Sum };
            let tighter = match (op, own) {
                (_, Binding::Product) => Binding::Sign,
                // A difference taken from a sum needs parentheses, a product in a sum does not.
                (Operator::Add | Operator::Subtract, _) => Binding::Product,
                _ => Binding::Sign,
            };
            format!("{} {} {}", wrapped(left, own), op.sign(), wrapped(right, tighter))
        }
        Expr::Negate(inner) => format!("-{}", wrapped(inner, Binding::Atom)),
        Expr::In(subject, items) => {
            let items: Vec<String> = items.iter().map(expr).collect();
            format!("{} IN ({})", wrapped(subject, Binding::Sum), items.join(", "))
        }
        Expr::Like(subject, pattern) => format!("{} LIKE {}", wrapped(subject, Binding::Sum), string(pattern)),
        Expr::Rlike(subject, pattern) => format!("{} RLIKE {}", wrapped(subject, Binding::Sum), string(pattern)),
        Expr::IsNull(subject, is) => {
            format!("{} IS {}NULL", wrapped(subject, Binding::Sum), if *is { "" } else { "NOT " })
        }
        Expr::And(terms) => terms.iter().map(|t| wrapped(t, Binding::Not)).collect::<Vec<_>>().join(" AND "),
        Expr::Or(terms) => terms.iter().map(|t| wrapped(t, Binding::Not)).collect::<Vec<_>>().join(" OR "),
        Expr::Not(inner) => match inner.as_ref() {
            Expr::Call(..) | Expr::Field(_) => format!("NOT {}", expr(inner)),
            inner => format!("NOT ({})", expr(inner)),
        },
        Expr::Hole(at, _) => format!("${at}"),
        Expr::Rest(_) => "$*".to_owned(),
    }
}

fn string(text: &str) -> String {
    quote::string(text, None)
}

/// A column's name. A dot parts names, so that each part is quoted by itself.
fn field(name: &str) -> String {
    let plain = |part: &str| {
        let first = part.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '@');
        first
            && part.chars().skip(1).all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !RESERVED.contains(&part.to_lowercase().as_str())
    };
    if name.is_empty() {
        return "``".to_owned();
    }
    name.split('.')
        .map(|part| if part.is_empty() { quote::name("", |_| false) } else { quote::name(part, plain) })
        .collect::<Vec<_>>()
        .join(".")
}

/// A column, or with `.*` behind it all that are parts of one.
fn pattern(name: &str) -> String {
    name.strip_suffix(".*").map_or_else(|| field(name), |object| format!("{}.*", field(object)))
}

/// An index pattern, in quotes where it has characters that part patterns from what follows.
fn index_name(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.*".contains(c);
    if !name.is_empty() && name.chars().all(plain) { name.to_owned() } else { string(name) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::CompareOp;

    #[test]
    fn hostile_strings_read_back() {
        for text in [
            "plain",
            "a\"b",
            r"C:\Users\x",
            "\"\"\"",
            "tab\tnew\nline\r",
            "ü€😀",
            "ends\\",
            "ends\"",
            "\"starts",
            "a|b//c/*d*/",
            "%_*?",
            "",
        ] {
            let printed = string(text);
            let back = if let Some(raw) = printed.strip_prefix("\"\"\"").and_then(|p| p.strip_suffix("\"\"\"")) {
                raw.to_owned()
            } else {
                let inner = printed.strip_prefix('"').and_then(|p| p.strip_suffix('"')).unwrap();
                let mut out = String::new();
                let mut chars = inner.chars();
                while let Some(c) = chars.next() {
                    match c {
                        '\\' => out.push(match chars.next().unwrap() {
                            'n' => '\n',
                            'r' => '\r',
                            't' => '\t',
                            other => other,
                        }),
                        '"' => panic!("the string ends early: {printed}"),
                        c => out.push(c),
                    }
                }
                out
            };
            assert_eq!(back, text, "{printed}");
        }
    }

    #[test]
    fn names_are_quoted_where_they_must_be() {
        for (name, printed) in [
            ("process.name", "process.name"),
            ("@timestamp", "@timestamp"),
            ("_time", "_time"),
            ("a b", "`a b`"),
            ("a`b", "`a``b`"),
            ("x.0.y", "x.`0`.y"),
            ("By", "`By`"),
            ("Größe", "`Größe`"),
        ] {
            assert_eq!(field(name), printed);
        }
        assert_eq!(index_name("logs-*"), "logs-*");
        assert_eq!(index_name("a b,c"), "\"a b,c\"");
    }

    #[test]
    fn parentheses_stand_where_the_meaning_needs_them() {
        let f = |name: &str| Expr::field(name);
        let sum = |a, b| Expr::binary(Operator::Add, a, b);
        let difference = |a, b| Expr::binary(Operator::Subtract, a, b);
        let product = |a, b| Expr::binary(Operator::Multiply, a, b);
        assert_eq!(expr(&difference(f("a"), difference(f("b"), f("c")))), "a - (b - c)");
        assert_eq!(expr(&difference(difference(f("a"), f("b")), f("c"))), "a - b - c");
        assert_eq!(expr(&product(sum(f("a"), f("b")), f("c"))), "(a + b) * c");
        assert_eq!(expr(&sum(f("a"), product(f("b"), f("c")))), "a + b * c");
        let test = |name: &str| Expr::compare(CompareOp::Equal, f(name), Expr::integer(1));
        let or = Expr::Or(vec![test("a"), test("b")]);
        assert_eq!(expr(&Expr::And(vec![or.clone(), test("c")])), "(a == 1 OR b == 1) AND c == 1");
        assert_eq!(
            expr(&Expr::Or(vec![Expr::And(vec![test("a"), test("b")]), test("c")])),
            "(a == 1 AND b == 1) OR c == 1"
        );
        assert_eq!(expr(&Expr::Not(Box::new(or))), "NOT (a == 1 OR b == 1)");
        assert_eq!(expr(&Expr::compare(CompareOp::Less, f("a"), Expr::integer(-1))), "a < -1");
    }
}
