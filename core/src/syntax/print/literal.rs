//! Literals, `dynamic(…)` and declared columns.

use super::Printer;
use super::layout::{Sep, Shape};
use crate::source::Span;
use crate::syntax::ast::{
    ColumnDeclaration, Expr, ExprKind, Json, JsonKind, Literal, LiteralKind, RowSchema, TypeOf, TypeOfKind,
};

/// Literals up to this width, in characters, stand several to a line where their list is broken.
const SHORT: usize = 32;

impl Printer<'_> {
    /// Literals keep their form; strings that join may stand on lines of their own.
    pub(super) fn literal(&mut self, literal: &Literal) {
        if let LiteralKind::String(value) = &literal.kind
            && let [_, rest @ ..] = &value.parts[..]
            && !rest.is_empty()
        {
            self.group(self.first(literal.span), self.last(literal.span), Shape::Indent);
            for &part in rest {
                self.before(part, Sep::Line);
            }
        }
    }

    pub(super) fn dynamic(&mut self, span: Span, value: &Json) {
        let open = self.first(span) + 1;
        self.set(open, Sep::None);
        self.set(open + 1, Sep::None);
        self.set(self.last(span), Sep::None);
        self.json(value);
    }

    fn json(&mut self, json: &Json) {
        stacker::maybe_grow(super::STACK.0, super::STACK.1, || self.json_inner(json));
    }

    fn json_inner(&mut self, json: &Json) {
        match &json.kind {
            JsonKind::Literal(literal) => self.literal(literal),
            JsonKind::Negative(_) | JsonKind::Parameter(_) => self.glued(json.span),
            JsonKind::Array(items) => {
                let spans: Vec<Span> = items.iter().map(|item| item.span).collect();
                let short = items.iter().all(|item| match &item.kind {
                    JsonKind::Literal(literal) => is_short(literal),
                    JsonKind::Negative(_) => true,
                    _ => false,
                });
                self.literals(json.span, &spans, short);
                for item in items {
                    self.json(item);
                }
            }
            JsonKind::Object(pairs) => {
                self.brackets(self.first(json.span), self.last(json.span), Sep::Soft);
                for (index, pair) in pairs.iter().enumerate() {
                    if index > 0 {
                        self.before(pair.key.span, Sep::Line);
                    }
                    self.set(self.last(pair.key.span) + 1, Sep::None);
                    self.before(pair.value.span, Sep::Space);
                    self.json(&pair.value);
                }
            }
            JsonKind::Dynamic(inner) => self.dynamic(json.span, inner),
        }
    }

    /// A list in brackets; short literals fill its lines unless comments speak of single ones.
    pub(super) fn literals(&mut self, brackets: Span, items: &[Span], short: bool) {
        let (open, close) = (self.first(brackets), self.last(brackets));
        let fill = short && !self.document.has_comment(open, close);
        self.brackets(open, close, Sep::Soft);
        self.items(items, if fill { Sep::Fill } else { Sep::Line });
    }

    /// A list of expressions in brackets.
    pub(super) fn expr_list(&mut self, brackets: Span, items: &[Expr]) {
        let spans: Vec<Span> = items.iter().map(|item| item.span).collect();
        let short = items.iter().all(|item| match &item.kind {
            ExprKind::Literal(literal) => is_short(literal),
            _ => false,
        });
        self.literals(brackets, &spans, short);
        let shape = if items.len() == 1 { Shape::Plain } else { Shape::Indent };
        for item in items {
            self.expr_with(item, shape);
        }
    }

    pub(super) fn type_of(&mut self, type_of: &TypeOf) {
        let open = self.first(type_of.span) + 1;
        self.set(open, Sep::None);
        if let TypeOfKind::Row(schema) = &type_of.kind {
            self.schema_between(open, self.last(type_of.span), schema);
        }
    }

    /// `(a: long, b: string)`
    pub(super) fn schema(&mut self, schema: &RowSchema) {
        self.schema_between(self.first(schema.span), self.last(schema.span), schema);
    }

    fn schema_between(&mut self, open: usize, close: usize, schema: &RowSchema) {
        self.brackets(open, close, Sep::Soft);
        for column in &schema.columns {
            if self.word(self.first(column.span).saturating_sub(1)) == "," {
                self.before(column.span, Sep::Line);
            }
            self.column(column);
        }
        if let Some(star) = schema.star
            && self.word(self.first(star).saturating_sub(1)) == ","
        {
            self.before(star, Sep::Line);
        }
    }

    /// `a: long`
    pub(super) fn column(&mut self, column: &ColumnDeclaration) {
        self.name(&column.name);
        self.typed(self.first(column.ty.span));
    }

    /// Sets what goes round the `:` before the word `ty`.
    pub(super) fn typed(&mut self, ty: usize) {
        if ty > 0 && self.word(ty - 1) == ":" {
            self.set(ty - 1, Sep::None);
            self.set(ty, Sep::Space);
        }
    }
}

/// Whether a literal may share its line with others. Strings that join have blanks between them, so how long they are
/// depends on the layout; they never do.
fn is_short(literal: &Literal) -> bool {
    let joined = matches!(&literal.kind, LiteralKind::String(value) if value.parts.len() > 1);
    !joined && literal.raw.len() <= SHORT
}
