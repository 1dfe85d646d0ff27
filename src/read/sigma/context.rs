//! What lowering a document carries along: columns, diagnostics, ways to point at words.

use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::diagnostic::{Diagnostic, code};
use crate::functions::scalar;
use crate::ir::{Column, ColumnId, Columns, Expr, ExprKind, Name, Origin, Schema, Shared, Value};
use crate::source::{Span, TextMap};
use crate::types::Type;
use crate::yaml::{Entry, Node};

/// The state of lowering one detection.
pub(super) struct Context<'a> {
    pub(super) source: &'a str,
    pub(super) columns: Columns,
    /// The fields of the events at hand.
    pub(super) fields: IndexMap<Name, ColumnId>,
    pub(super) shared: Vec<Shared>,
    /// How many rules correlations have taken in.
    pub(super) lowered: usize,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl<'a> Context<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self {
            source,
            columns: Columns::default(),
            fields: IndexMap::new(),
            shared: Vec::new(),
            lowered: 0,
            diagnostics: Vec::new(),
        }
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The column of a field. Names are case-sensitive; nothing is said of types, so there is none.
    pub(super) fn field(&mut self, name: &str, span: Span) -> ColumnId {
        self.field_of_type(name, Type::Unknown, span)
    }

    /// As [`field`](Self::field), for a field whose type is known.
    pub(super) fn field_of_type(&mut self, name: &str, ty: Type, span: Span) -> ColumnId {
        if let Some(id) = self.fields.get(name) {
            return *id;
        }
        let name: Name = name.into();
        let id = self.columns.add(name.clone(), ty, Origin::Assumed, span);
        self.fields.insert(name, id);
        id
    }

    /// The column as an expression.
    pub(super) fn column(&self, id: ColumnId, span: Span) -> Expr {
        Expr::column(id, self.columns[id].ty, span)
    }

    /// A column as it stands in a schema, under its own name.
    pub(super) fn in_schema(&self, id: ColumnId) -> Column {
        let info = &self.columns[id];
        Column { id, name: info.name.clone(), ty: info.ty }
    }

    /// The schema of these columns.
    pub(super) fn schema(&self, ids: impl IntoIterator<Item = ColumnId>, open: bool) -> Schema {
        Schema::new(ids.into_iter().map(|id| self.in_schema(id)), open)
    }

    /// The place in the file of a part of a scalar's value.
    pub(super) fn part_of(&self, node: &Node, part: Range<usize>) -> Span {
        match node.decode(self.source) {
            Some(decoded) => decoded.map.span(part.into()),
            None => node.span,
        }
    }

    /// The map from a scalar's value to the file.
    pub(super) fn map_of(&self, node: &Node) -> Option<TextMap> {
        node.decode(self.source).map(|decoded| decoded.map)
    }

    /// The entries of a mapping, or word that it is none.
    pub(super) fn mapping<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Entry]> {
        let entries = node.as_mapping();
        if entries.is_none() {
            self.shape(node, what, "a mapping");
        }
        entries
    }

    /// The text of a scalar that is not null, or word that it is none.
    pub(super) fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        let text = node.as_str().filter(|_| !node.is_null());
        if text.is_none() {
            self.shape(node, what, "a text");
        }
        text
    }

    /// The texts of a list, or of a single text; `None` where one is missing.
    pub(super) fn texts<'n>(&mut self, node: &'n Node, what: &str) -> Option<Vec<(&'n str, Span)>> {
        let items = node.as_sequence().unwrap_or(std::slice::from_ref(node));
        let texts: Vec<_> = items.iter().map(|item| Some((self.text(item, what)?, item.span))).collect();
        texts.into_iter().collect()
    }

    /// Says that a node has another shape than it must have.
    pub(super) fn shape(&mut self, node: &Node, what: &str, due: &str) {
        let message = format!("{what} must be {due}, and is {}", node.describe());
        self.report(Diagnostic::new(&code::SIGMA_FIELD, node.head(self.source), message));
    }

    /// Says that words have no meaning that the IR, or Sigma itself, could state.
    pub(super) fn no_meaning(&mut self, span: Span, message: impl Into<String>, why: &str) {
        self.report(Diagnostic::new(&code::READ_NO_MEANING, span, message).note(why));
    }
}

/// A string literal.
pub(super) fn string(text: impl Into<Arc<str>>, span: Span) -> Expr {
    Expr::literal(Value::string(text), span)
}

/// All hold, or one does: one alone stands for itself.
pub(super) fn joined(mut operands: Vec<Expr>, all: bool, span: Span) -> Expr {
    if operands.len() == 1 {
        return operands.remove(0);
    }
    let kind = if all { ExprKind::And(operands) } else { ExprKind::Or(operands) };
    Expr::new(kind, Type::Bool, span)
}

/// The complement of an expression that is never null.
pub(super) fn negated(operand: Expr, span: Span) -> Expr {
    Expr::new(ExprKind::Not(Box::new(operand)), Type::Bool, span)
}

/// A call of a scalar function of the catalogue.
pub(super) fn call(name: &str, arguments: Vec<Expr>, ty: Type, span: Span) -> Expr {
    let kind = match scalar(name) {
        Some(id) => ExprKind::Call(id, arguments),
        None => ExprKind::Unknown(name.into(), arguments),
    };
    Expr::new(kind, ty, span)
}
