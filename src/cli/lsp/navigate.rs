//! Where names are declared, and the outline of a document.

use serde_json::{Value, json};

use super::cursor::Cursor;
use super::document::Document;
use super::protocol::SymbolKind;
use super::query::UnderCursor;
use crate::cli::analysis::Analysis;
use crate::cli::input::Kind;
use crate::source::{Span, TextMap};

/// Where the name under the cursor is declared, in the document.
pub(super) fn definition(document: &Document, analysis: &Analysis, offset: usize) -> Option<Span> {
    let query = UnderCursor::find(document, &analysis.content, offset)?;
    let cursor = Cursor::new(&query.text, query.at);
    let name = cursor.word.of(&query.text);
    let own = Cursor::all_declarations(&query.text).into_iter().find(|declared| declared.span == cursor.word);
    let declared = own.or_else(|| {
        if cursor.previous_words(1) == "." || cursor.in_string(query.at) {
            return None;
        }
        cursor.declared().into_iter().rev().find(|declared| declared.name == name)
    });
    declared.filter(|_| !name.is_empty()).map(|declared| query.span(declared.span))
}

/// The rules of a document, with what their queries declare; of a query file the declarations alone.
pub(super) fn symbols(document: &Document, analysis: &Analysis) -> Vec<Value> {
    let content = &analysis.content;
    if document.kind == Kind::Query {
        let map = TextMap::verbatim(0, document.text.len());
        return declarations(document, &document.text, &map);
    }
    let mut symbols = Vec::new();
    for (index, rule) in content.rules.iter().enumerate() {
        let query = content.queries.iter().find(|query| query.rule == Some(index));
        let children = query.map(|query| declarations(document, &query.text, &query.map)).unwrap_or_default();
        let whole = rule.node.span;
        let (name, span) = match &rule.name {
            Some(name) => (name.value.as_str(), name.span),
            None => ("rule", rule.node.head(&document.text)),
        };
        symbols.push(symbol(document, name, SymbolKind::Object, whole, span, children));
    }
    symbols
}

fn declarations(document: &Document, text: &str, map: &TextMap) -> Vec<Value> {
    Cursor::all_declarations(text)
        .into_iter()
        .map(|declared| {
            let value = declared.whole.of(text).split_once('=').map_or("", |(_, value)| value.trim_start());
            let function = value.starts_with('(') && value.contains('{');
            let kind = if function { SymbolKind::Function } else { SymbolKind::Variable };
            symbol(document, &declared.name, kind, map.span(declared.whole), map.span(declared.span), Vec::new())
        })
        .collect()
}

/// A `DocumentSymbol` of the protocol.
fn symbol(document: &Document, name: &str, kind: SymbolKind, whole: Span, span: Span, children: Vec<Value>) -> Value {
    // Editors refuse an empty name, and a name that does not lie within the whole.
    let name = if name.trim().is_empty() { "?" } else { name };
    let mut symbol = json!({
        "name": name,
        "kind": kind as u8,
        "range": document.range(whole.to(span)),
        "selectionRange": document.range(span),
    });
    if !children.is_empty() {
        symbol["children"] = Value::Array(children);
    }
    symbol
}
