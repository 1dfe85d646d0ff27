//! JSON and YAML as a tree whose every node knows its place.

use saphyr_parser::{Event, Parser, ScalarStyle, Span as Marked};

use crate::diagnostic::{Diagnostic, code};
use crate::source::{SourceFile, Span};

/// How deep a schema file may nest: no form of one needs more than a few levels.
const MAX_DEPTH: usize = 32;

/// A value and its place.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) value: Value,
}

/// What a node holds.
#[derive(Debug)]
pub(super) enum Value {
    /// Any scalar, as text.
    Scalar(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order of the file, keys that stand twice included.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// The text of a scalar.
    pub(super) fn scalar(&self) -> Option<&str> {
        if let Value::Scalar(text) = &self.value { Some(text) } else { None }
    }

    /// The value of a key, found without regard to case.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Value::Map(pairs) = &self.value else { return None };
        pairs.iter().find(|(name, _)| name.scalar().is_some_and(|name| name.eq_ignore_ascii_case(key))).map(|(_, v)| v)
    }

    /// What kind of value it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Scalar(text) if text.is_empty() => "nothing",
            Value::Scalar(_) => "a scalar",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

/// A collection that is being read.
enum Open {
    List(Vec<Node>),
    Map(Vec<(Node, Node)>, Option<Node>),
}

/// Reads a file that is JSON or YAML; as JSON is YAML, one reader serves both. Nothing where it holds no document.
pub(super) fn parse(file: &SourceFile, json: bool) -> Result<Option<Node>, Box<Diagnostic>> {
    let text = file.text();
    if json {
        check_json(text)?;
    }
    let offsets = Offsets::new(text);
    let mut stack: Vec<(Open, Span)> = Vec::new();
    let mut root = None;
    for event in Parser::new_from_str(text) {
        let (event, marked) = event.map_err(|error| {
            let at = offsets.of(error.marker().index());
            Box::new(Diagnostic::new(&code::YAML_SYNTAX, Span::at(at), format!("this is no YAML: {}", error.info())))
        })?;
        let span = offsets.span(marked);
        let done = match event {
            Event::Scalar(value, style, ..) => {
                // An empty plain scalar has the place of what follows it; its own is a point.
                let span =
                    if style == ScalarStyle::Plain && value.is_empty() { Span::at(span.start as usize) } else { span };
                Node { span, value: Value::Scalar(value.into_owned()) }
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if stack.len() == MAX_DEPTH {
                    let deep = Diagnostic::new(&code::SCHEMA_SHAPE, span, "this nests deeper than any schema does");
                    return Err(Box::new(deep));
                }
                let open = if matches!(event, Event::SequenceStart(..)) {
                    Open::List(vec![])
                } else {
                    Open::Map(vec![], None)
                };
                stack.push((open, span));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match stack.pop() {
                Some((Open::List(items), start)) => Node { span: start.to(span), value: Value::List(items) },
                Some((Open::Map(pairs, _), start)) => Node { span: start.to(span), value: Value::Map(pairs) },
                None => continue,
            },
            Event::Alias(_) => {
                let alias = Diagnostic::new(&code::SCHEMA_SHAPE, span, "a schema file takes no YAML alias");
                return Err(Box::new(alias.help("write out what the alias stands for")));
            }
            Event::DocumentStart(_) if root.is_some() => {
                let second = Diagnostic::new(&code::YAML_SEVERAL_DOCUMENTS, span, "a second YAML document begins here");
                return Err(Box::new(second));
            }
            _ => continue,
        };
        match stack.last_mut() {
            None => root = Some(done),
            Some((Open::List(items), _)) => items.push(done),
            Some((Open::Map(pairs, key), _)) => match key.take() {
                None => *key = Some(done),
                Some(key) => pairs.push((key, done)),
            },
        }
    }
    Ok(root.filter(|node| !matches!(&node.value, Value::Scalar(text) if text.is_empty())))
}

/// Refuses what is YAML but no JSON.
fn check_json(text: &str) -> Result<(), Box<Diagnostic>> {
    let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) else { return Ok(()) };
    let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let mut at = (line_start + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    Err(Box::new(Diagnostic::new(&code::JSON_SYNTAX, Span::at(at), format!("this is no JSON: {message}"))))
}

/// From the parser's count of characters to bytes.
struct Offsets<'a> {
    text: &'a str,
    /// The byte of each character, unless all take one byte.
    starts: Option<Vec<u32>>,
}

impl<'a> Offsets<'a> {
    fn new(text: &'a str) -> Self {
        let starts = (!text.is_ascii()).then(|| text.char_indices().map(|(at, _)| at as u32).collect());
        Self { text, starts }
    }

    fn of(&self, character: usize) -> usize {
        let byte = match &self.starts {
            None => character,
            Some(starts) => starts.get(character).map_or(self.text.len(), |&at| at as usize),
        };
        byte.min(self.text.len())
    }

    fn span(&self, marked: Marked) -> Span {
        let (start, end) = (self.of(marked.start.index()), self.of(marked.end.index()));
        Span::new(start, end.max(start))
    }
}
