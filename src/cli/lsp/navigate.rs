//! Where names are declared, and the outline of a document.

use lsp_types::{DocumentSymbol, SymbolKind};

use super::cursor::Cursor;
use super::document::Document;
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
pub(super) fn symbols(document: &Document, analysis: &Analysis) -> Vec<DocumentSymbol> {
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
        symbols.push(symbol(document, name, SymbolKind::OBJECT, whole, span, children));
    }
    symbols
}

fn declarations(document: &Document, text: &str, map: &TextMap) -> Vec<DocumentSymbol> {
    Cursor::all_declarations(text)
        .into_iter()
        .map(|declared| {
            let value = declared.whole.of(text).split_once('=').map_or("", |(_, value)| value.trim_start());
            let function = value.starts_with('(') && value.contains('{');
            let kind = if function { SymbolKind::FUNCTION } else { SymbolKind::VARIABLE };
            symbol(document, &declared.name, kind, map.span(declared.whole), map.span(declared.span), Vec::new())
        })
        .collect()
}

fn symbol(
    document: &Document,
    name: &str,
    kind: SymbolKind,
    whole: Span,
    span: Span,
    children: Vec<DocumentSymbol>,
) -> DocumentSymbol {
    // Editors refuse an empty name, and a name that does not lie within the whole.
    let name = if name.trim().is_empty() { "?" } else { name };
    #[allow(deprecated, reason = "the type asks for the field that tags have replaced")]
    DocumentSymbol {
        name: name.to_owned(),
        detail: None,
        kind,
        tags: None,
        deprecated: None,
        range: document.range(whole.to(span)),
        selection_range: document.range(span),
        children: (!children.is_empty()).then_some(children),
    }
}
