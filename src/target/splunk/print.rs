//! Writes a search: one command a line, long conditions broken at their operators.
//!
//! Everything that depends on the text of SPL is here: which of its two expression languages quotes and escapes how, and
//! where parentheses are due. The two languages bind `AND` and `OR` the opposite way round, so that wherever both meet
//! there are parentheses.

use std::fmt::Write as _;

use super::tree::{Aggregate, Command, Eval, Filter, Head, Operator, Pattern, Search, Stats, comparison_sign};

/// How long a line may get before it is broken where that is possible, in characters.
const WIDTH: usize = 110;

/// How far a continued line is moved in.
const STEP: usize = 4;

/// Stands for a line break between parts of an expression until lines are indented, so that those inside strings stay as
/// they are. Unicode keeps it out of text.
const BREAK: char = '\u{FDD0}';

/// Words that mean something else to `eval` than the field of that name.
const RESERVED: &[&str] = &["and", "or", "not", "xor", "in", "like", "true", "false", "null", "as", "by", "where"];

impl Search {
    /// The text, without a line break at the end.
    pub fn print(&self) -> String {
        lines(self, false, 0).join("\n")
    }
}

/// The lines of a search that stands `indent` characters in.
fn lines(search: &Search, inner: bool, indent: usize) -> Vec<String> {
    let mut out = Vec::new();
    head(&search.head, inner, indent, &mut out);
    for command in &search.commands {
        self::command(command, indent, &mut out);
    }
    out.into_iter().flat_map(|line| line.split(BREAK).map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn head(head: &Head, inner: bool, indent: usize, out: &mut Vec<String>) {
    match head {
        Head::Events { filter, earliest, latest } => {
            let mut terms = match filter {
                Filter::And(terms) => terms.iter().map(|term| filter_text(term, 1)).collect(),
                other => vec![filter_text(other, 1)],
            };
            let times = [("earliest", earliest), ("latest", latest)];
            let times = times.iter().filter_map(|(name, time)| time.as_ref().map(|time| format!("{name}={time}")));
            let at = terms.len().min(1);
            terms.splice(at..at, times);
            if inner {
                terms.insert(0, "search".to_owned());
            }
            out.extend(wrapped(&terms, " ", indent));
        }
        Head::Several(searches) => {
            out.push("| multisearch".to_owned());
            for search in searches {
                bracketed(search, indent, out);
            }
        }
        Head::Lookup(name) => out.push(format!("| inputlookup {}", field_name(name))),
        Head::Rows(None) => out.push("| makeresults".to_owned()),
        Head::Rows(Some(json)) => out.push(format!("| makeresults format=json data={}", quoted(json))),
    }
}

/// A sub-search in brackets on lines of its own.
fn bracketed(search: &Search, indent: usize, out: &mut Vec<String>) {
    let mut inner = lines(search, true, indent + STEP + 2);
    if let Some(last) = inner.last_mut() {
        last.push_str(" ]");
    }
    for (at, line) in inner.into_iter().enumerate() {
        let lead = if at == 0 { "[ " } else { "  " };
        out.push(format!("{}{lead}{line}", " ".repeat(STEP)));
    }
}

/// Words on one line, or filled into several.
fn wrapped(words: &[String], separator: &str, indent: usize) -> Vec<String> {
    let mut out = Vec::new();
    let mut line = String::new();
    for (at, word) in words.iter().enumerate() {
        let width = indent + line.chars().count() + separator.len() + word.chars().count();
        if at > 0 && width > WIDTH {
            line.push_str(separator.trim_end());
            out.push(std::mem::take(&mut line));
            line.push_str(&" ".repeat(STEP));
        } else if at > 0 {
            line.push_str(separator);
        }
        line.push_str(word);
    }
    out.push(line);
    out
}

fn command(command: &Command, indent: usize, out: &mut Vec<String>) {
    match command {
        Command::Where(condition) => {
            out.push(format!("| where {}", laid_out(condition, 0, indent + 8, STEP)));
        }
        Command::Eval(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|(field, value)| {
                    let field = eval_field(field);
                    let lead = field.chars().count() + 1;
                    format!("{field}={}", laid_out(value, 0, indent + 7 + lead, STEP))
                })
                .collect();
            let flat: usize = items.iter().map(|item| item.chars().count() + 2).sum();
            if flat + indent + 7 <= WIDTH && !items.iter().any(|item| item.contains(BREAK)) {
                out.push(format!("| eval {}", items.join(", ")));
            } else {
                // One `eval` a field reads better than one long one, and means the same.
                out.extend(items.into_iter().map(|item| format!("| eval {item}")));
            }
        }
        Command::Rex { field, pattern, all } => {
            let all = if *all { " max_match=0" } else { "" };
            out.push(format!("| rex field={}{all} {}", field_name(field), regex_quoted(pattern)));
        }
        Command::Stats { kind, aggregates, by } => {
            let name = match kind {
                Stats::Groups => "stats",
                Stats::Rows => "eventstats",
                Stats::Running => "streamstats",
                Stats::Previous => "streamstats current=f window=1",
            };
            let mut words: Vec<String> = aggregates.iter().map(|(call, field)| aggregate(call, field)).collect();
            if let Some(first) = words.first_mut() {
                *first = format!("| {name} {first}");
            } else {
                words.push(format!("| {name} count"));
            }
            if !by.is_empty() {
                words.push(format!("BY {}", names(by, " ")));
            }
            out.extend(wrapped(&words, " ", indent));
        }
        Command::FillNull { value, fields } => {
            out.extend(wrapped(&[format!("| fillnull value={}", value_word(value)), names(fields, " ")], " ", indent));
        }
        Command::Rename(pairs) => {
            let mut words: Vec<String> =
                pairs.iter().map(|(old, new)| format!("{} AS {}", field_name(old), field_name(new))).collect();
            if let Some(first) = words.first_mut() {
                *first = format!("| rename {first}");
            }
            out.extend(wrapped(&words, ", ", indent));
        }
        Command::Fields { keep, fields } => {
            let sign = if *keep { "" } else { "- " };
            let mut words: Vec<String> = fields.iter().map(|f| field_name(f)).collect();
            if let Some(first) = words.first_mut() {
                *first = format!("| fields {sign}{first}");
            }
            out.extend(wrapped(&words, ", ", indent));
        }
        Command::Table(fields) => {
            let mut words: Vec<String> = fields.iter().map(|f| field_name(f)).collect();
            if let Some(first) = words.first_mut() {
                *first = format!("| table {first}");
            }
            out.extend(wrapped(&words, ", ", indent));
        }
        Command::Sort { count, keys } => {
            let keys: Vec<String> = keys
                .iter()
                .map(|key| match (key.descending, field_name(&key.field)) {
                    (true, field) if key.text => format!("-str({field})"),
                    (false, field) if key.text => format!("+str({field})"),
                    (true, field) => format!("-{field}"),
                    (false, field) => format!("+{field}"),
                })
                .collect();
            out.push(format!("| sort {count} {}", keys.join(", ")));
        }
        Command::Head(count) => out.push(format!("| head {count}")),
        Command::Dedup(fields) => out.push(format!("| dedup {}", names(fields, " "))),
        Command::MvExpand(field, limit) => {
            let limit = limit.map(|limit| format!(" limit={limit}")).unwrap_or_default();
            out.push(format!("| mvexpand {}{limit}", field_name(field)));
        }
        Command::Join { left, by, search } => {
            out.push(format!("| join type={} max=0 {}", if *left { "left" } else { "inner" }, names(by, ", ")));
            bracketed(search, indent, out);
        }
        Command::Append(search) => {
            out.push("| append".to_owned());
            bracketed(search, indent, out);
        }
        Command::Lookup { name, keys, outputs } => {
            let pair = |(there, here): &(String, String)| {
                if there == here { field_name(there) } else { format!("{} AS {}", field_name(there), field_name(here)) }
            };
            let keys: Vec<String> = keys.iter().map(pair).collect();
            let outputs: Vec<String> = outputs.iter().map(pair).collect();
            let mut words = vec![format!("| lookup {} {}", field_name(name), keys.join(", "))];
            if !outputs.is_empty() {
                words.push(format!("OUTPUT {}", outputs.join(", ")));
            }
            out.extend(wrapped(&words, " ", indent));
        }
        Command::IpLocation { prefix, field } => {
            out.push(format!("| iplocation prefix={prefix} {}", field_name(field)));
        }
        Command::FieldFormat(field, value) => {
            out.push(format!("| fieldformat {}={}", eval_field(field), flat(value, 0)));
        }
        Command::Macro(name) => out.push(format!("| `{name}`")),
    }
}

fn aggregate(call: &Aggregate, field: &str) -> String {
    let text = match &call.argument {
        None => call.function.clone(),
        Some(Eval::Field(name)) => format!("{}({})", call.function, field_name(name)),
        Some(argument) => format!("{}(eval({}))", call.function, flat(argument, 0)),
    };
    if text == field { text } else { format!("{text} AS {}", field_name(field)) }
}

/// The value of an option.
fn value_word(value: &str) -> String {
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric()) { value.to_owned() } else { quoted(value) }
}

fn names(fields: &[String], separator: &str) -> String {
    fields.iter().map(|f| field_name(f)).collect::<Vec<_>>().join(separator)
}

/// The name of a field as an argument of a command.
fn field_name(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "_.{}".contains(c);
    let starts = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let keyword =
        matches!(name.to_ascii_lowercase().as_str(), "as" | "by" | "or" | "and" | "not" | "output" | "outputnew");
    if starts && !keyword && name.chars().all(bare) { name.to_owned() } else { quoted(name) }
}

/// The name of a field in `eval`: in single quotes unless it is a plain word.
fn eval_field(name: &str) -> String {
    let plain = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain && !RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\\', "\\\\").replace('\'', "\\'"))
    }
}

/// A string in double quotes: backslashes and quotes escaped, everything else as it is.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(if c == BREAK { char::REPLACEMENT_CHARACTER } else { c });
    }
    out.push('"');
    out
}

/// A regular expression in double quotes. The string layer halves a doubled backslash and keeps any other escape, so only
/// what matches a literal backslash takes four.
fn regex_quoted(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 2);
    out.push('"');
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => match chars.next() {
                Some('\\') | None => out.push_str("\\\\\\\\"),
                Some('"') => out.push_str("\\\""),
                Some(next) => {
                    out.push('\\');
                    out.push(next);
                }
            },
            // A macro would begin here.
            '`' => out.push_str("\\x60"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The text of a condition of the search language. `level` is 0 where an `OR` may stand bare, 1 in a sequence of terms.
fn filter_text(filter: &Filter, level: u8) -> String {
    let joined = |terms: &[Filter], separator: &str, level: u8| {
        terms.iter().map(|term| filter_text(term, level)).collect::<Vec<_>>().join(separator)
    };
    let parenthesised = |text: String, due: bool| if due { format!("({text})") } else { text };
    match filter {
        Filter::Macro(name) => format!("`{name}`"),
        // Several words are an AND, which binds less tightly than OR and NOT do.
        Filter::Raw(text) => parenthesised(text.clone(), level > 1 && text.contains(' ')),
        Filter::Field(field, op, value) => format!("{}{}{}", field_name(field), comparison_sign(*op), pattern(value)),
        Filter::In(field, values) => {
            format!("{} IN ({})", field_name(field), values.iter().map(pattern).collect::<Vec<_>>().join(", "))
        }
        Filter::And(terms) => parenthesised(joined(terms, " ", 1), level > 1 || terms.len() > 1 && level == 0),
        Filter::Or(terms) => parenthesised(joined(terms, " OR ", 2), level > 0),
        Filter::Not(inner) => format!("NOT {}", filter_text(inner, 3)),
    }
}

fn pattern(value: &Pattern) -> String {
    let number = !value.open_start && !value.open_end && is_number(&value.text);
    if number {
        return value.text.clone();
    }
    let mut text = quoted(&value.text);
    if value.open_start {
        text.insert(1, '*');
    }
    if value.open_end {
        text.insert(text.len() - 1, '*');
    }
    text
}

fn is_number(text: &str) -> bool {
    !text.is_empty()
        && text.len() < 16
        && text.bytes().all(|b| b.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'))
}

/// How tightly an expression binds; the greater the tighter.
fn binding(expr: &Eval) -> u8 {
    match expr {
        Eval::Or(_) => 1,
        Eval::And(_) => 2,
        Eval::Not(_) => 3,
        Eval::Compare(..) => 4,
        Eval::Chain(_, rest) => 4 + rest.iter().map(|(op, _)| op.binding()).min().unwrap_or(4),
        Eval::Negate(_) => 7,
        _ => 8,
    }
}

/// The expression on one line, in parentheses if it binds less tightly than `level`.
fn flat(expr: &Eval, level: u8) -> String {
    let text = match expr {
        Eval::Field(name) => eval_field(name),
        Eval::Text(text) => quoted(text),
        Eval::Regex(pattern) => regex_quoted(pattern),
        Eval::Number(digits) => digits.clone(),
        Eval::Call(name, arguments) => {
            format!("{name}({})", arguments.iter().map(|a| flat(a, 0)).collect::<Vec<_>>().join(", "))
        }
        Eval::Compare(op, left, right) => format!("{}{}{}", flat(left, 5), comparison_sign(*op), flat(right, 5)),
        Eval::Chain(first, rest) => {
            let mut text = operand(first, rest.first().map(|(op, _)| *op), false);
            for (op, right) in rest {
                let space = if *op == Operator::Concat { " " } else { "" };
                let _ = write!(text, "{space}{}{space}{}", op.sign(), operand(right, Some(*op), true));
            }
            text
        }
        Eval::Negate(inner) => format!("-{}", flat(inner, 8)),
        Eval::And(terms) => terms.iter().map(|t| flat(t, 3)).collect::<Vec<_>>().join(" AND "),
        Eval::Or(terms) => terms.iter().map(|t| flat(t, 3)).collect::<Vec<_>>().join(" OR "),
        Eval::Not(inner) => format!("NOT {}", flat(inner, 8)),
        Eval::Hole(position, _) => format!("${position}"),
        Eval::Rest(_) => "$*".to_owned(),
    };
    if binding(expr) < level { format!("({text})") } else { text }
}

/// An operand of a chain. Strings and numbers are never put side by side without parentheses: whether `.` or `+` binds
/// tighter is nowhere written.
fn operand(expr: &Eval, op: Option<Operator>, right: bool) -> String {
    let own = op.map_or(0, Operator::binding);
    let due = match (expr, op) {
        (Eval::Chain(_, inner), Some(op)) => {
            let mixed = inner.iter().any(|(o, _)| (*o == Operator::Concat) != (op == Operator::Concat));
            mixed || inner.iter().any(|(o, _)| o.binding() <= own)
        }
        (Eval::Negate(_), _) => right,
        _ => binding(expr) < 5,
    };
    let text = flat(expr, 0);
    if due { format!("({text})") } else { text }
}

/// The expression, broken into lines where one would get too long. `column` is where it begins, `indent` how far its
/// further lines are moved in.
fn laid_out(expr: &Eval, level: u8, column: usize, indent: usize) -> String {
    let line = flat(expr, level);
    if column + line.chars().count() <= WIDTH {
        return line;
    }
    let parenthesised = binding(expr) < level;
    let deeper = indent + usize::from(parenthesised) * STEP;
    let pad = format!("{BREAK}{}", " ".repeat(deeper));
    let text = match expr {
        Eval::And(terms) | Eval::Or(terms) => {
            let word = if matches!(expr, Eval::And(_)) { "AND " } else { "OR " };
            let terms: Vec<String> = terms.iter().map(|t| laid_out(t, 3, deeper + word.len(), deeper + STEP)).collect();
            terms.join(&format!("{pad}{word}"))
        }
        Eval::Call(name, arguments) if arguments.len() > 1 => {
            let pairs = name == "case";
            let mut text = format!("{name}(");
            for (at, argument) in arguments.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                // A condition and its value belong together.
                if pairs && at % 2 == 0 {
                    text.push_str(&pad);
                    text.push_str(&laid_out(argument, 0, deeper, deeper + STEP));
                } else {
                    if at > 0 {
                        text.push(' ');
                    }
                    text.push_str(&laid_out(argument, 0, deeper + STEP, deeper + STEP));
                }
            }
            text.push(')');
            return text;
        }
        Eval::Not(inner) => format!("NOT {}", laid_out(inner, 8, column + 4, deeper)),
        Eval::Call(name, arguments) if arguments.len() == 1 => {
            return format!("{name}({})", laid_out(&arguments[0], 0, column + name.len() + 1, indent));
        }
        _ => return line,
    };
    if parenthesised { format!("({text})") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::CompareOp;

    fn field(name: &str) -> Eval {
        Eval::field(name)
    }

    fn show(expr: &Eval) -> String {
        flat(expr, 0)
    }

    #[test]
    fn and_and_or_never_meet_without_parentheses() {
        let a = Eval::compare(CompareOp::Equal, field("a"), Eval::integer(1));
        let b = Eval::call("isnull", [field("b")]);
        let either = Eval::any(vec![a.clone(), b.clone()]);
        assert_eq!(show(&Eval::all(vec![either.clone(), a.clone()])), "(a=1 OR isnull(b)) AND a=1");
        assert_eq!(
            show(&Eval::any(vec![Eval::all(vec![a.clone(), b.clone()]), b])),
            "(a=1 AND isnull(b)) OR isnull(b)"
        );
        assert_eq!(show(&Eval::Not(Box::new(either))), "NOT (a=1 OR isnull(b))");
    }

    #[test]
    fn arithmetic_keeps_its_order() {
        let sum = Eval::operation(field("a"), Operator::Add, field("b"));
        let product = Eval::operation(sum.clone(), Operator::Multiply, field("c"));
        assert_eq!(show(&product), "(a+b)*c");
        assert_eq!(show(&Eval::operation(field("a"), Operator::Subtract, sum.clone())), "a-(a+b)");
        assert_eq!(
            show(&Eval::operation(
                field("c"),
                Operator::Add,
                Eval::operation(field("a"), Operator::Multiply, field("b"))
            )),
            "c+a*b"
        );
        assert_eq!(show(&Eval::operation(sum, Operator::Concat, Eval::text("x"))), "(a+b) . \"x\"");
        assert_eq!(show(&Eval::operation(field("a"), Operator::Subtract, Eval::integer(-5))), "a-(-5)");
    }

    #[test]
    fn hostile_strings_stay_strings() {
        for text in ["a\"b", r"C:\dir\", "%_*", "a|b]`c`", "$tok$", "line\nbreak", "ünïcode \u{1F600}", "[x]", "'"] {
            let printed = quoted(text);
            let mut read = String::new();
            let mut inner = printed[1..printed.len() - 1].chars();
            while let Some(c) = inner.next() {
                match c {
                    '\\' => read.extend(inner.next()),
                    '"' => panic!("{printed} ends too early"),
                    c => read.push(c),
                }
            }
            assert_eq!(read, text, "{printed}");
        }
    }

    #[test]
    fn a_literal_backslash_of_a_pattern_takes_four() {
        assert_eq!(regex_quoted(r"\\aaaa\\"), r#""\\\\aaaa\\\\""#);
        assert_eq!(regex_quoted(r#"\d+"x"#), r#""\d+\"x""#);
        assert_eq!(regex_quoted("a`b"), r#""a\x60b""#);
    }

    #[test]
    fn names_are_quoted_by_the_language_they_stand_in() {
        assert_eq!(eval_field("properties.status.errorCode"), "'properties.status.errorCode'");
        assert_eq!(eval_field("targetResources{}.id"), "'targetResources{}.id'");
        assert_eq!(eval_field("like"), "'like'");
        assert_eq!(field_name("properties.status.errorCode"), "properties.status.errorCode");
        assert_eq!(field_name("a b"), "\"a b\"");
    }

    #[test]
    fn wildcards_stand_inside_the_quotes() {
        let value = Pattern { open_start: true, text: r#"a\b"c"#.into(), open_end: true };
        assert_eq!(pattern(&value), r#""*a\\b\"c*""#);
        assert_eq!(pattern(&Pattern::exact("443")), "443");
        assert_eq!(pattern(&Pattern::exact("007")), "\"007\"");
    }

    #[test]
    fn a_search_is_one_command_a_line() {
        let inner = Search {
            head: Head::Events { filter: Filter::Raw("sourcetype=b".into()), earliest: None, latest: None },
            commands: vec![Command::Fields { keep: true, fields: vec!["k".into()] }],
        };
        let search = Search {
            head: Head::Events {
                filter: Filter::And(vec![
                    Filter::Macro("a".into()),
                    Filter::Or(vec![
                        Filter::Field("x".into(), CompareOp::Equal, Pattern::exact("1")),
                        Filter::Field("y".into(), CompareOp::Equal, Pattern::exact("b c")),
                    ]),
                ]),
                earliest: Some("-1h".into()),
                latest: None,
            },
            commands: vec![
                Command::Join { left: true, by: vec!["k".into()], search: Box::new(inner) },
                Command::Head(5),
            ],
        };
        assert_eq!(
            search.print(),
            "`a` earliest=-1h (x=1 OR y=\"b c\")\n| join type=left max=0 k\n    [ search sourcetype=b\n      | fields k ]\n| head 5"
        );
    }
}
