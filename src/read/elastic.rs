//! Detection rules of Elastic Security: NDJSON as Kibana exports them, TOML as Elastic publishes them.
//!
//! Both hold the same fields and become the same tree. What a rule says of its query stands here: where it is searched,
//! and over which stretch of time; what the query means is the business of its language.

use std::borrow::Cow;

use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, code};
use crate::ir::{Bound, Bounds, Name};
use crate::literal::{TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND, parse_datetime};
use crate::source::{SourceFile, Span, TextMap};
use crate::yaml::{self, Entry, Node, NodeKind, Scalar, ScalarStyle};

/// How deep tables and lists of a rule may nest.
const MAX_DEPTH: usize = 32;
/// Where a rule begins to search unless it says so (Kibana's default).
const FROM: &str = "now-6m";

/// A rule of a file.
#[derive(Clone, Debug)]
pub(super) struct Rule<'f> {
    /// Its fields; spans count from the start of `text`.
    fields: Node,
    text: &'f str,
    /// Where `text` begins in the file.
    at: usize,
}

/// A rule, or what is wrong with it.
pub(super) type Found<'f> = Result<Rule<'f>, Box<Diagnostic>>;

/// The query of a rule, with the way back into the text of the rule.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Query {
    pub(super) text: String,
    pub(super) map: TextMap,
}

/// Where and when a rule searches.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scope {
    /// The index patterns, commas between them.
    pub(super) indices: Name,
    /// The stretch of time.
    pub(super) bounds: Bounds,
    /// The field that the time is taken from where an event has it; else it is `@timestamp`.
    pub(super) timed_by: Option<Name>,
}

/// When a rule searches.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stretch {
    /// The stretch of time.
    pub(super) bounds: Bounds,
    /// The field that the time is taken from where an event has it; else it is `@timestamp`.
    pub(super) timed_by: Option<Name>,
}

/// The rules of a file, or what is wrong with one; `None` where the file holds no rules but a query.
pub(super) fn rules(file: &SourceFile) -> Option<Vec<Found<'_>>> {
    let text = file.text();
    if text.trim_start().starts_with('{') {
        return Some(lines(text));
    }
    let heading = |line: &str| matches!(line.trim(), "[rule]" | "[metadata]");
    text.lines().any(heading).then(|| vec![tables(text)])
}

/// A rule a line, as JSON, which is YAML as well.
fn lines(text: &str) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if line.trim().is_empty() {
            continue;
        }
        match yaml::read(line) {
            // What Kibana writes behind the rules: how many there were.
            Ok(Some(fields)) if fields.get("exported_count").is_some() => {}
            Ok(Some(fields)) if fields.as_mapping().is_some() => found.push(Ok(Rule { fields, text: line, at: start })),
            Ok(_) => {
                let span = Span::new(start, start + line.trim_end().len());
                let message = "a line of rules is an object of JSON";
                found.push(Err(Box::new(Diagnostic::new(&code::READ_SYNTAX, span, message))));
            }
            Err(wrong) => found.push(Err(Box::new(wrong.shifted(start)))),
        }
    }
    found
}

/// A rule as TOML: its fields are those of the table `rule`.
fn tables(text: &str) -> Found<'_> {
    let table = DeTable::parse(text).map_err(|error| {
        let span = error.span().map_or(Span::new(0, text.len()), |range| Span::new(range.start, range.end));
        Box::new(Diagnostic::new(
            &code::READ_SYNTAX,
            span,
            format!("the file is no well-formed TOML: {}", error.message()),
        ))
    })?;
    let rule = table.get_ref().get("rule").and_then(|rule| Some((rule.get_ref().as_table()?, rule.span())));
    let Some((rule, range)) = rule else {
        let span = Span::new(0, text.len());
        return Err(Box::new(Diagnostic::new(&code::READ_SYNTAX, span, "the file has no table `rule`")));
    };
    let fields = Node { span: Span::new(range.start, range.end), kind: mapping(rule, MAX_DEPTH), alias: None };
    Ok(Rule { fields, text, at: 0 })
}

fn mapping(table: &DeTable<'_>, depth: usize) -> NodeKind {
    let entry = |(key, value): (&toml::Spanned<Cow<'_, str>>, &toml::Spanned<DeValue<'_>>)| Entry {
        key: scalar(key.get_ref(), key.span()),
        value: node(value, depth),
    };
    NodeKind::Mapping(table.iter().map(entry).collect())
}

fn node(value: &toml::Spanned<DeValue<'_>>, depth: usize) -> Node {
    let range = value.span();
    let span = Span::new(range.start, range.end);
    let Some(depth) = depth.checked_sub(1) else {
        return Node { span, kind: NodeKind::Sequence(Vec::new()), alias: None };
    };
    let kind = match value.get_ref() {
        DeValue::String(text) => return scalar(text, range),
        DeValue::Integer(number) => return scalar(&number.to_string(), range),
        DeValue::Float(number) => return scalar(&number.to_string(), range),
        DeValue::Boolean(truth) => return scalar(&truth.to_string(), range),
        DeValue::Datetime(instant) => return scalar(&instant.to_string(), range),
        DeValue::Array(items) => NodeKind::Sequence(items.iter().map(|item| node(item, depth)).collect()),
        DeValue::Table(table) => mapping(table, depth),
    };
    Node { span, kind, alias: None }
}

fn scalar(text: &str, range: std::ops::Range<usize>) -> Node {
    let scalar = Scalar { text: text.to_owned(), style: ScalarStyle::Plain, parent_indent: -1 };
    Node { span: Span::new(range.start, range.end), kind: NodeKind::Scalar(scalar), alias: None }
}

impl Rule<'_> {
    /// A finding whose spans count from the start of the rule, with spans in the file.
    pub(super) fn in_file(&self, found: Diagnostic) -> Diagnostic {
        found.shifted(self.at)
    }

    /// The entry of a field that says something.
    pub(super) fn field(&self, name: &str) -> Option<&Node> {
        let value = &self.fields.get(name)?.value;
        let empty = value.is_null() || value.as_sequence().is_some_and(<[Node]>::is_empty);
        (!empty).then_some(value)
    }

    /// The text of a field.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.field(name)?.as_str()
    }

    /// What is wrong with a field, or with the lack of it.
    pub(super) fn wrong(&self, name: &str, code: &'static crate::diagnostic::Code, message: String) -> Box<Diagnostic> {
        let span = self.field(name).map_or_else(|| self.fields.head(self.text), |node| node.span);
        Box::new(self.in_file(Diagnostic::new(code, span, message)))
    }

    /// The query.
    pub(super) fn query(&self) -> Result<Query, Box<Diagnostic>> {
        let Some((node, text)) = self.field("query").and_then(|node| Some((node, node.as_str()?))) else {
            return Err(self.wrong("query", &code::READ_NOTHING, "the rule has no query".to_owned()));
        };
        if let Some(decoded) = node.decode(self.text).filter(|decoded| decoded.text == text) {
            return Ok(Query { text: decoded.text, map: decoded.map });
        }
        let map = string_map(self.text, node.span, text);
        Ok(Query { text: text.to_owned(), map })
    }

    /// Where and when the rule searches.
    pub(super) fn scope(&self) -> Result<Scope, Box<Diagnostic>> {
        let Stretch { bounds, timed_by } = self.stretch()?;
        let patterns = self.field("index").map(|node| match node.as_sequence() {
            Some(items) => items.iter().filter_map(Node::as_str).collect::<Vec<_>>().join(","),
            None => node.as_str().unwrap_or_default().to_owned(),
        });
        let Some(indices) = patterns.filter(|patterns| !patterns.is_empty()) else {
            let message = "the rule does not say in which index it searches".to_owned();
            return Err(self.wrong("index", &code::READ_NO_MEANING, message));
        };
        Ok(Scope { indices: indices.into(), bounds, timed_by })
    }

    /// When the rule searches, if nothing beside its query says which events it finds.
    pub(super) fn stretch(&self) -> Result<Stretch, Box<Diagnostic>> {
        for (name, what) in [
            ("filters", "a filter beside the query"),
            ("exceptions_list", "a list of exceptions"),
            ("data_view_id", "a data view, whose index patterns stand elsewhere"),
        ] {
            if self.field(name).is_some() {
                return Err(self.wrong(name, &code::READ_NO_MEANING, format!("the rule has {what}")));
            }
        }
        let bound = |name: &str, default: &str| {
            let bound = moment(self.text(name).unwrap_or(default)).ok_or_else(|| {
                let message = format!("`{name}` is neither an instant nor counted from now in fixed units");
                self.wrong(name, &code::READ_NO_MEANING, message)
            })?;
            Ok::<_, Box<Diagnostic>>(Some((bound, true)))
        };
        let bounds = Bounds { from: bound("from", FROM)?, to: bound("to", "now")? };
        Ok(Stretch { bounds, timed_by: self.text("timestamp_override").map(Name::from) })
    }
}

/// An instant, or a time such as `now-5m`.
fn moment(text: &str) -> Option<Bound> {
    let text = text.trim();
    let Some(rest) = text.strip_prefix("now") else { return parse_datetime(text).map(Bound::Instant) };
    let Some(sign) = rest.chars().next() else { return Some(Bound::FromNow(0)) };
    let rest = rest.strip_prefix(['-', '+'])?;
    let unit = rest.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = rest.split_at(unit);
    let ticks = match unit {
        "s" => TICKS_PER_SECOND,
        "m" => TICKS_PER_MINUTE,
        "h" | "H" => TICKS_PER_HOUR,
        "d" => TICKS_PER_DAY,
        "w" => 7 * TICKS_PER_DAY,
        _ => return None,
    };
    let ticks = number.parse::<i64>().ok()?.checked_mul(ticks)?;
    Some(Bound::FromNow(if sign == '-' { -ticks } else { ticks }))
}

/// The way from the text of a TOML string to its words, which stand at `span`; to the whole of them where the text is
/// not what they say.
fn string_map(source: &str, span: Span, text: &str) -> TextMap {
    let words = span.of(source);
    let (quotes, raw) = match words {
        _ if words.starts_with("'''") => (3, true),
        _ if words.starts_with("\"\"\"") => (3, false),
        _ if words.starts_with('\'') => (1, true),
        _ => (1, false),
    };
    let start = span.start as usize;
    let end = (span.end as usize).saturating_sub(quotes);
    let mut map = TextMap::builder();
    let (mut at, mut made) = (quotes, 0);
    if quotes == 3 {
        let first = &words[at.min(words.len())..];
        at += if first.starts_with("\r\n") { 2 } else { usize::from(first.starts_with('\n')) };
    }
    // One run a stretch without escapes, one for each escape.
    let mut verbatim = false;
    while start + at < end {
        let rest = &words[at..];
        let Some(c) = rest.chars().next() else { break };
        let (length, given) = if c == '\\' && !raw { escape(rest) } else { (c.len_utf8(), c.len_utf8()) };
        let plain = length == given && c != '\\';
        if given > 0 {
            match (plain, verbatim) {
                (true, false) => map.verbatim(made, start + at),
                (false, _) => map.escape(made, start + at),
                _ => {}
            }
            verbatim = plain;
        } else {
            verbatim = false;
        }
        at += length;
        made += given;
    }
    if made == text.len() {
        return map.finish(made, end.max(start));
    }
    let mut whole = TextMap::builder();
    whole.escape(0, start);
    whole.finish(text.len(), span.end as usize)
}

/// How many bytes an escape of TOML takes, and how many it gives.
fn escape(text: &str) -> (usize, usize) {
    let digits = |count: usize| {
        let number = text.get(2..2 + count).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        (2 + count, number.and_then(char::from_u32).map_or(0, char::len_utf8))
    };
    match text.as_bytes().get(1) {
        Some(b'u') => digits(4),
        Some(b'U') => digits(8),
        Some(b'x') => digits(2),
        // A backslash at the end of a line takes all blanks behind it.
        Some(byte) if byte.is_ascii_whitespace() => {
            let rest = &text[1..];
            (1 + rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len(), 0)
        }
        _ => (2, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> (SourceFile, usize) {
        let file = SourceFile::from_text("rule", text);
        let count = rules(&file).map_or(0, |rules| rules.len());
        (file, count)
    }

    #[test]
    fn a_query_is_no_rule() {
        for text in ["process where true", "sequence\n [rule where true]\n [rule where true]", ""] {
            assert!(rules(&SourceFile::from_text("q", text)).is_none(), "{text}");
        }
    }

    #[test]
    fn every_line_is_a_rule_but_for_the_summary() {
        let text = "{\"query\": \"a\\tb\", \"index\": [\"x\"]}\n\n{\"query\": \"c\"}\n{\"exported_count\": 2}\n[1]\n{";
        let (file, count) = only(text);
        assert_eq!(count, 4);
        let found: Vec<_> = rules(&file).unwrap().into_iter().collect();
        assert_eq!(found[0].as_ref().unwrap().query().unwrap().text, "a\tb");
        assert!(found[2].is_err() && found[3].is_err());
        let second = found[1].as_ref().unwrap();
        let query = second.query().unwrap();
        let place = second.in_file(Diagnostic::new(&code::READ_SYNTAX, Span::new(0, 1), "").mapped(&query.map));
        assert_eq!(place.span.of(text), "c");
    }

    #[test]
    fn strings_of_toml_lead_back_into_the_file() {
        for (written, text) in [
            ("'''\nany where x == \"\\y\"\n'''", "any where x == \"\\y\"\n"),
            ("'a\\b'", "a\\b"),
            ("\"a\\\\b\\u00e9\\\"c\"", "a\\bé\"c"),
            ("\"\"\"\na \\\n   b\"\"\"", "a b"),
        ] {
            let source = format!("[rule]\nquery = {written}\n");
            let file = SourceFile::from_text("rule", &source);
            let found = rules(&file).unwrap();
            let rule = found[0].as_ref().unwrap();
            let query = rule.query().unwrap();
            assert_eq!(query.text, text, "{written}");
            for (at, c) in text.char_indices().filter(|(_, c)| c.is_ascii_alphabetic()) {
                let span = query.map.span(Span::new(at, at + 1));
                assert_eq!(span.of(&source), c.to_string(), "{written} at {at}");
            }
        }
    }

    #[test]
    fn what_a_rule_says_of_its_search() {
        let of = |text: &str| {
            let file = SourceFile::from_text("rule", text);
            let found = rules(&file).unwrap();
            found[0].as_ref().unwrap().scope().map_err(|wrong| wrong.message)
        };
        let scope =
            of("[rule]\nindex = [\"a-*\", \"b\"]\nfrom = \"now-2h\"\ntimestamp_override = \"event.ingested\"").unwrap();
        assert_eq!(&*scope.indices, "a-*,b");
        assert_eq!(scope.bounds.from, Some((Bound::FromNow(-2 * TICKS_PER_HOUR), true)));
        assert_eq!(scope.bounds.to, Some((Bound::FromNow(0), true)));
        assert_eq!(scope.timed_by.as_deref(), Some("event.ingested"));
        let scope = of("{\"index\": \"a\", \"filters\": []}").unwrap();
        assert_eq!(scope.bounds.from, Some((Bound::FromNow(-6 * TICKS_PER_MINUTE), true)));
        assert!(of("[rule]\n").unwrap_err().contains("index"));
        assert!(of("{\"index\": [\"a\"], \"from\": \"now-1M\"}").unwrap_err().contains("`from`"));
        assert!(of("{\"index\": [\"a\"], \"filters\": [{}]}").unwrap_err().contains("filter"));
    }
}
