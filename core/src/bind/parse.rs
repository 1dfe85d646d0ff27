//! `parse`, `parse-where` and `parse-kv`.

use std::collections::HashSet;

use super::Binder;
use super::table::option_word;
use crate::diagnostic::code;
use crate::ir::{Column, Name, Op, Origin, ParseKind, ParseSegment, Plan, Schema};
use crate::source::Span;
use crate::syntax::ast;
use crate::types::Type;

impl<'a> Binder<'a> {
    pub(super) fn parse(&mut self, mut plan: Plan, node: &'a ast::Parse, op: &'a ast::Operator, filter: bool) -> Plan {
        let span = op.span;
        let (subject, row) = self.over(&plan, |b| b.scalar(&node.expr));
        let mut schema = row;
        let mut segments = Vec::with_capacity(node.pattern.len());
        let mut declared = HashSet::new();
        let mut before: Option<&ast::ParseSegment> = None;
        for (index, part) in node.pattern.iter().enumerate() {
            self.check_segment(part, before, node.pattern.get(index + 1));
            before = Some(part);
            let (name, ty) = match part {
                ast::ParseSegment::Star(_) => {
                    segments.push(ParseSegment::Skip);
                    continue;
                }
                ast::ParseSegment::Text(literal) => {
                    let text = match &literal.kind {
                        ast::LiteralKind::String(text) => &*text.value,
                        _ => &*literal.raw,
                    };
                    segments.push(ParseSegment::Text(text.into()));
                    continue;
                }
                ast::ParseSegment::Column(name) => (name, Type::String),
                ast::ParseSegment::TypedColumn(column) => (&column.name, self.named_type(&column.ty)),
            };
            let text: Name = name.text.as_ref().into();
            if !declared.insert(text.clone()) {
                let message = format!("a column `{text}` is declared already");
                self.simple(&code::DUPLICATE_COLUMN, name.span, message);
                continue;
            }
            let id = self.columns.add(text.clone(), ty, Origin::Computed, name.span);
            schema.push(Column { id, name: text, ty: ty.into() });
            segments.push(ParseSegment::Column(id, ty));
        }
        let kind = match option_word(&op.parameters, "kind") {
            Some("regex") => ParseKind::Regex,
            Some("relaxed") => ParseKind::Relaxed,
            _ => ParseKind::Simple,
        };
        let flags = option_word(&op.parameters, "flags").unwrap_or_default().into();
        let schema = without_hidden(&schema);
        plan.push(Op::Parse(crate::ir::Parse { subject, kind, flags, segments, filter }), schema, span);
        plan
    }

    /// Reports a part of a `parse` pattern that cannot follow the one before.
    pub(super) fn check_segment(
        &mut self,
        part: &ast::ParseSegment,
        before: Option<&ast::ParseSegment>,
        after: Option<&ast::ParseSegment>,
    ) {
        let is_text = |part: &ast::ParseSegment| matches!(part, ast::ParseSegment::Text(_));
        match part {
            ast::ParseSegment::Star(span) => {
                if after.is_some_and(|after| !is_text(after)) {
                    self.simple(&code::PARSE_PATTERN, *span, "a text has to follow `*`");
                }
                let string = match before {
                    Some(ast::ParseSegment::Column(_)) => true,
                    Some(ast::ParseSegment::TypedColumn(column)) => Type::parse(&column.ty.text) == Some(Type::String),
                    _ => false,
                };
                if string {
                    self.simple(&code::PARSE_PATTERN, *span, "where a string ends before `*` is anybody's guess");
                }
            }
            ast::ParseSegment::Column(name) => {
                if before.is_some_and(|before| !is_text(before)) {
                    self.simple(&code::PARSE_PATTERN, name.span, "a text has to stand before a column");
                }
            }
            ast::ParseSegment::TypedColumn(column) => {
                if before.is_some_and(|before| !is_text(before)) {
                    self.simple(&code::PARSE_PATTERN, column.span, "a text has to stand before a column");
                }
            }
            ast::ParseSegment::Text(_) => {}
        }
    }

    pub(super) fn parse_kv(
        &mut self,
        mut plan: Plan,
        expr: &'a ast::Expr,
        keys: &'a ast::RowSchema,
        properties: &'a [ast::Parameter],
        span: Span,
    ) -> Plan {
        let (subject, row) = self.over(&plan, |b| b.scalar(expr));
        let columns = self.declared_columns(keys);
        let options = self.options(properties);
        let mut schema = row;
        let keys = columns.iter().map(|c| (c.name.clone(), c.id)).collect();
        for column in columns {
            schema.push(column);
        }
        let schema = without_hidden(&schema);
        plan.push(Op::ParseKv(crate::ir::ParseKv { subject, keys, options }), schema, span);
        plan
    }
}

/// The schema without columns that a later one of the same name hides.
fn without_hidden(schema: &Schema) -> Schema {
    let visible = (0..).zip(schema.iter()).filter(|(index, c)| schema.position(&c.name) == Some(*index));
    let columns: Vec<Column> = visible.map(|(_, c)| c.clone()).collect();
    if columns.len() == schema.len() { schema.clone() } else { Schema::new(columns, schema.open) }
}
