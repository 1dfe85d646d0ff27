//! JSON text to the located tree.
//!
//! Comments and trailing commas are let pass, as the tools that deploy ARM templates let them pass.

use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;
use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::{CollectOptions, ParseOptions, ParseStringErrorKind, parse_to_ast};

use crate::diagnostic::{Diagnostic, code};
use crate::source::Span;

use crate::yaml::{self, scalar};
use crate::yaml::{Entry, Node, NodeKind, Scalar, ScalarStyle};

const OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_loose_object_property_names: false,
    allow_trailing_commas: true,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// The tree of a JSON file, `None` when it holds nothing.
///
/// # Errors
/// What is wrong with the file, when it cannot be read.
pub(super) fn read(source: &str) -> Result<Option<Node>, Box<Diagnostic>> {
    let parsed = parse_to_ast(source, &CollectOptions::default(), &OPTIONS).map_err(|error| {
        let range = error.range();
        let span =
            Span::new(range.start.min(source.len()), range.end.min(source.len()).max(range.start.min(source.len())));
        Box::new(match error.kind() {
            ParseErrorKind::NestingDepthExceeded => yaml::too_deep(span),
            kind => explain(kind, span),
        })
    })?;
    parsed.value.as_ref().map(|value| convert(source, value, 0)).transpose()
}

/// What the parser's errors mean, with what to do.
fn explain(kind: &ParseErrorKind, span: Span) -> Diagnostic {
    let (message, help) = match kind {
        ParseErrorKind::ExpectedComma => ("a comma is missing before this", "part two entries by a comma"),
        ParseErrorKind::UnexpectedCloseBrace => ("`}` where a list is open", "close the list with `]` first"),
        ParseErrorKind::UnexpectedCloseBracket => ("`]` where no list is open", "close the object with `}` first"),
        ParseErrorKind::UnterminatedObject => ("an object is never closed", "add the `}` that is missing"),
        ParseErrorKind::UnterminatedArray => ("a list is never closed", "add the `]` that is missing"),
        ParseErrorKind::UnterminatedCommentBlock => ("a comment is never closed", "add the `*/` that is missing"),
        ParseErrorKind::MultipleRootJsonValues => ("a second value behind the first", "a JSON file holds one value"),
        ParseErrorKind::ExpectedColonAfterObjectKey => ("a key without `:` behind it", ""),
        ParseErrorKind::ExpectedObjectValue => ("a key without a value", ""),
        ParseErrorKind::ExpectedStringObjectProperty => ("a key without quotes", "put keys in double quotes"),
        ParseErrorKind::SingleQuotedStringsNotAllowed => ("a string in single quotes", "JSON knows double quotes only"),
        ParseErrorKind::String(ParseStringErrorKind::UnterminatedStringLiteral) => {
            ("a string is never closed", "write `\"` inside a string as `\\\"`")
        }
        ParseErrorKind::String(ParseStringErrorKind::InvalidUnicodeEscapeSequence(_)) => (
            "an escape for half of a character",
            "characters above U+FFFF take two `\\u` escapes, a high and a low surrogate",
        ),
        ParseErrorKind::String(_) => ("an escape that JSON does not know", KNOWN_ESCAPES),
        ParseErrorKind::UnexpectedWord => ("a word without quotes", "put text in double quotes"),
        _ => ("the file is no well-formed JSON", ""),
    };
    let diagnostic = Diagnostic::new(&code::JSON_SYNTAX, span, message);
    let diagnostic =
        if message.ends_with("JSON") { diagnostic.note(format!("the JSON parser says: {kind}")) } else { diagnostic };
    if help.is_empty() { diagnostic } else { diagnostic.help(help) }
}

const KNOWN_ESCAPES: &str = r#"JSON knows `\"`, `\\`, `\/`, `\b`, `\f`, `\n`, `\r`, `\t` and `\u` with four hexadecimal digits; a backslash is `\\`"#;

fn convert(source: &str, value: &Value<'_>, depth: usize) -> Result<Node, Box<Diagnostic>> {
    let range = value.range();
    let span = Span::new(range.start, range.end);
    if depth >= yaml::MAX_DEPTH {
        return Err(Box::new(yaml::too_deep(Span::new(range.start, range.start + 1))));
    }
    let kind = match value {
        Value::Object(object) => {
            let mut entries = Vec::with_capacity(object.properties.len());
            for property in &object.properties {
                let name = property.name.range();
                let key = string(source, property.name.as_str(), Span::new(name.start, name.end))?;
                entries.push(Entry { key, value: convert(source, &property.value, depth + 1)? });
            }
            NodeKind::Mapping(entries)
        }
        Value::Array(array) => {
            let items = array.elements.iter().map(|item| convert(source, item, depth + 1));
            NodeKind::Sequence(items.collect::<Result<_, _>>()?)
        }
        Value::StringLit(literal) => return string(source, &literal.value, span),
        Value::NumberLit(_) | Value::BooleanLit(_) | Value::NullKeyword(_) => {
            NodeKind::Scalar(Scalar { text: span.of(source).to_owned(), style: ScalarStyle::Plain, parent_indent: -1 })
        }
    };
    Ok(Node { span, kind, alias: None })
}

/// A string, decoded from the file and compared with what the library read.
fn string(source: &str, value: &str, span: Span) -> Result<Node, Box<Diagnostic>> {
    let decoded = scalar::decode(source, ScalarStyle::Json, span.range(), -1).filter(|decoded| decoded.text == value);
    let Some(decoded) = decoded else {
        return Err(Box::new(
            Diagnostic::new(&code::JSON_SYNTAX, span, "this string has an escape that JSON does not know")
                .help(KNOWN_ESCAPES),
        ));
    };
    let kind = NodeKind::Scalar(Scalar { text: decoded.text, style: ScalarStyle::Json, parent_indent: -1 });
    Ok(Node { span: decoded.span, kind, alias: None })
}
