//! Expressions.

use super::layout::{Sep, Shape};
use super::{Printer, STACK, tokens};
use crate::source::Span;
use crate::syntax::ast::{
    Call, Chain, DataTable, Expr, ExprKind, InlineExternalTable, Logical, MaterializedViewCombine, NameForm, Names,
    Path, PathMember, Pipe, Wrapper,
};

/// Functions whose arguments come in pairs: a condition and its value, a key and its value.
const PAIRED: [&str; 4] = ["case", "bag_pack", "pack", "pack_dictionary"];

impl Printer<'_> {
    pub(super) fn expr(&mut self, expr: &Expr) {
        self.expr_with(expr, Shape::Indent);
    }

    pub(super) fn exprs(&mut self, exprs: &[Expr]) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    /// `shape` is that of a chain, if it is one.
    pub(super) fn expr_with(&mut self, expr: &Expr, shape: Shape) {
        stacker::maybe_grow(STACK.0, STACK.1, || self.expr_inner(expr, shape));
    }

    fn expr_inner(&mut self, expr: &Expr, shape: Shape) {
        let (first, last) = (self.first(expr.span), self.last(expr.span));
        match &expr.kind {
            ExprKind::Name(name) => self.name(name),
            ExprKind::Literal(literal) => self.literal(literal),
            ExprKind::Dynamic(json) => self.dynamic(expr.span, json),
            ExprKind::TypeOf(type_of) => self.type_of(type_of),
            ExprKind::Star | ExprKind::At => {}
            ExprKind::Call(call) => self.call(call),
            ExprKind::Path(path) => self.path(path, expr.span),
            ExprKind::Index(index) => {
                self.set(self.last(index.base.span) + 1, Sep::None);
                self.before(index.index.span, Sep::None);
                self.set(last, Sep::None);
                self.expr(&index.base);
                self.expr(&index.index);
            }
            ExprKind::Unary(unary) => {
                self.before(unary.operand.span, Sep::None);
                self.expr(&unary.operand);
            }
            ExprKind::Binary(binary) => {
                self.before(binary.op_span, Sep::Space);
                self.before(binary.right.span, Sep::Space);
                self.expr(&binary.left);
                self.expr(&binary.right);
            }
            ExprKind::Chain(chain) => self.chain(chain, expr.span, shape),
            ExprKind::Logical(logical) => self.logical(logical, expr.span, shape),
            ExprKind::In(list) => {
                self.before(list.op_span, Sep::Space);
                self.before(list.items_span, Sep::Space);
                self.expr(&list.left);
                if let [only] = &list.items[..]
                    && matches!(only.kind, ExprKind::Pipe(_) | ExprKind::Operator(_))
                {
                    self.enclosed(only);
                } else {
                    self.expr_list(list.items_span, &list.items);
                }
            }
            ExprKind::Between(between) => {
                self.before(between.op_span, Sep::Space);
                let open = self.last(between.op_span) + 1;
                self.set(open, Sep::Space);
                self.expr(&between.left);
                self.brackets(open, last, Sep::Soft);
                self.set(self.last(between.low.span) + 1, Sep::Line);
                self.before(between.high.span, Sep::Space);
                self.expr(&between.low);
                self.expr(&between.high);
            }
            ExprKind::Bracketed(inner) => {
                self.before(inner.span, Sep::None);
                self.set(last, Sep::None);
                self.expr(inner);
            }
            ExprKind::Paren(inner) => self.bracketed(first, last, inner),
            ExprKind::Pipe(pipe) => self.pipe(pipe, Sep::Hard),
            ExprKind::Operator(operator) => self.operator(operator),
            ExprKind::Wrapper(wrapper) => self.wrapper(wrapper),
            ExprKind::DataTable(table) => self.data_table(table),
            ExprKind::ExternalData(data) => {
                let after = self.parameters(first, &data.parameters);
                self.set(self.first(data.schema.span), if after == first { Sep::None } else { Sep::Space });
                self.schema(&data.schema);
                let open = self.last(data.schema.span) + 1;
                let close = data.sources.last().map_or(open + 1, |source| self.last(source.span) + 1);
                let close = close + usize::from(self.word(close) == ",");
                self.set(open, Sep::Space);
                self.list_between(open, close, &data.sources);
                self.properties(close, last, &data.properties);
            }
            ExprKind::ContextualDataTable(table) => {
                self.before(table.id.span, Sep::Space);
                self.before(table.schema.span, Sep::Space);
                self.expr(&table.id);
                self.schema(&table.schema);
            }
            ExprKind::MaterializedViewCombine(combine) => self.view_combine(first, last, combine),
            ExprKind::DataScope(scope) => {
                self.spaced(self.last(scope.table.span), self.last(scope.table.span) + 1);
                self.assign(self.first(scope.scope.span), Sep::None);
                self.expr(&scope.table);
            }
            ExprKind::EntityGroup(members) => {
                let open = first + 1;
                self.set(open, Sep::Space);
                self.list_between(open, last, members);
            }
        }
    }

    /// Expressions in brackets, on one line or each on its own.
    pub(super) fn list_between(&mut self, open: usize, close: usize, items: &[Expr]) {
        let spans: Vec<Span> = items.iter().map(|item| item.span).collect();
        self.brackets(open, close, Sep::Soft);
        self.items(&spans, Sep::Line);
        self.exprs(items);
    }

    pub(super) fn call(&mut self, call: &Call) {
        self.name(&call.name);
        let (open, close) = (self.first(call.arguments_span), self.last(call.arguments_span));
        // `int (x)` is a call and `int(x)` a literal.
        let typed = call.name.form == NameForm::Bare && tokens::begins_typed_literal(&call.name.text);
        self.set(open, if typed { Sep::Space } else { Sep::None });
        let spans: Vec<Span> = call.arguments.iter().map(|argument| argument.span).collect();
        let paired = call.name.form == NameForm::Bare && PAIRED.contains(&&*call.name.text);
        match &call.arguments[..] {
            [only] if matches!(only.names, Names::None) && is_bracketed(&only.expr) => {
                self.set(open + 1, Sep::None);
                self.set(close, Sep::None);
                self.expr(&only.expr);
            }
            [only] => {
                self.brackets(open, close, Sep::Soft);
                self.named_with(only, Shape::Plain, Sep::Space);
            }
            arguments if paired => {
                self.brackets(open, close, Sep::Soft);
                for (index, pair) in spans.chunks(2).enumerate() {
                    if index > 0 {
                        self.before(pair[0], Sep::Line);
                    }
                    if let &[key, value] = pair {
                        self.group(self.first(key), self.last(value), Shape::Indent);
                        self.before(value, Sep::Line);
                    }
                }
                self.named_all(arguments);
            }
            arguments => {
                self.brackets(open, close, Sep::Soft);
                self.items(&spans, Sep::Line);
                self.named_all(arguments);
            }
        }
    }

    fn path(&mut self, path: &Path, span: Span) {
        let dot = self.last(path.base.span) + 1;
        // A dot at a number would be read as part of it.
        if !matches!(path.base.kind, ExprKind::Literal(_)) {
            self.set(dot, Sep::None);
        }
        self.set(dot + 1, Sep::None);
        self.expr(&path.base);
        match &path.member {
            PathMember::Name(name) => self.name(name),
            PathMember::Call(call) => self.call(call),
            PathMember::At(_) => {}
            PathMember::Bracketed(expr) => {
                self.set(dot + 2, Sep::None);
                self.set(self.last(span), Sep::None);
                self.expr(expr);
            }
        }
    }

    fn chain(&mut self, chain: &Chain, span: Span, shape: Shape) {
        self.group(self.first(span), self.last(span), shape);
        self.expr(&chain.first);
        for link in &chain.rest {
            self.before(link.op_span, Sep::Line);
            self.before(link.operand.span, Sep::Space);
            self.expr(&link.operand);
        }
    }

    fn logical(&mut self, logical: &Logical, span: Span, shape: Shape) {
        self.group(self.first(span), self.last(span), shape);
        for (index, operand) in logical.operands.iter().enumerate() {
            if index > 0 {
                let first = self.first(operand.span);
                self.set(first.saturating_sub(1), Sep::Line);
                self.set(first, Sep::Space);
            }
            self.expr(operand);
        }
    }

    /// `T | where a | count`: each stage on a line of its own, or as `sep` says.
    pub(super) fn pipe(&mut self, pipe: &Pipe, sep: Sep) {
        self.expr(&pipe.source);
        for stage in &pipe.stages {
            let first = self.first(stage.span);
            self.set(first.saturating_sub(1), sep);
            self.set(first, Sep::Space);
            self.operator(stage);
        }
    }

    /// An expression between two brackets. A pipeline of one operator may stay on the line.
    pub(super) fn bracketed(&mut self, open: usize, close: usize, inner: &Expr) {
        let pad = if self.word(open) == "{" { Sep::Line } else { Sep::Soft };
        self.brackets(open, close, pad);
        self.block(inner);
    }

    /// What stands alone in a block.
    pub(super) fn block(&mut self, inner: &Expr) {
        match &inner.kind {
            ExprKind::Pipe(pipe) => {
                let operators = pipe.stages.len() + usize::from(matches!(pipe.source.kind, ExprKind::Operator(_)));
                self.pipe(pipe, if operators > 1 { Sep::Hard } else { Sep::Line });
            }
            _ => self.expr_with(inner, Shape::Plain),
        }
    }

    /// An expression that stands alone between brackets, which may be its own.
    pub(super) fn enclosed(&mut self, inner: &Expr) {
        let (first, last) = (self.first(inner.span), self.last(inner.span));
        let open = first.saturating_sub(1);
        if !matches!(inner.kind, ExprKind::Paren(_)) && matches!(self.word(open), "(" | "{") {
            self.bracketed(open, last + 1, inner);
        } else {
            self.expr(inner);
        }
    }

    fn wrapper(&mut self, wrapper: &Wrapper) {
        let keyword = self.first(wrapper.keyword);
        let after = self.parameters(keyword, &wrapper.parameters);
        let open = self.first(wrapper.expr.span).saturating_sub(1);
        self.set(open, if after == keyword { Sep::None } else { Sep::Space });
        // The parentheses are the wrapper's own, also where a further pair stands in them.
        self.bracketed(open, self.last(wrapper.expr.span) + 1, &wrapper.expr);
    }

    fn data_table(&mut self, table: &DataTable) {
        let open = self.first(table.schema.span);
        let keyword = table.parameters.first().map_or(open, |parameter| self.first(parameter.span)).saturating_sub(1);
        let after = self.parameters(keyword, &table.parameters);
        self.set(open, if after == keyword { Sep::None } else { Sep::Space });
        self.schema(&table.schema);
        self.before(table.values_span, Sep::Space);
        let columns = table.schema.columns.len().max(1);
        if columns == 1 {
            self.expr_list(table.values_span, &table.values);
            return;
        }
        self.brackets(self.first(table.values_span), self.last(table.values_span), Sep::Soft);
        for (index, row) in table.values.chunks(columns).enumerate() {
            if let [first, rest @ ..] = row {
                let last = rest.last().unwrap_or(first);
                if index > 0 {
                    self.before(first.span, Sep::Hard);
                }
                self.group(self.first(first.span), self.last(last.span), Shape::Indent);
                for cell in rest {
                    self.before(cell.span, Sep::Fill);
                }
            }
            self.exprs(row);
        }
    }

    fn view_combine(&mut self, first: usize, last: usize, combine: &MaterializedViewCombine) {
        self.group(first, last, Shape::Indent);
        let mut after = first;
        for part in [&combine.view, &combine.base, &combine.delta] {
            let (from, to) = (self.first(part.span), self.last(part.span));
            self.spaced(after, from.saturating_sub(1));
            self.bracketed(from.saturating_sub(1), to + 1, part);
            after = to + 1;
        }
        let aggregations = &combine.aggregations;
        self.spaced(after, self.first(aggregations.span).saturating_sub(1));
        self.brackets(self.first(aggregations.span).saturating_sub(1), last, Sep::Soft);
        self.operator(aggregations);
    }

    pub(super) fn inline_external_table(&mut self, first: usize, last: usize, table: &InlineExternalTable) {
        self.spaced(first, last);
        if let Some(schema) = &table.schema {
            self.schema(schema);
        }
        for name in [Some(&table.kind), table.data_format.as_ref()].into_iter().flatten() {
            self.assign(self.first(name.span), Sep::None);
        }
        if let [start, .., end] | [start @ end] = &table.partitions[..] {
            self.brackets(self.first(start.span).saturating_sub(1), self.last(end.span) + 1, Sep::Soft);
        }
        self.named_all(&table.partitions);
        if let Some(path) = table.path_format {
            let open = (first..last).find(|&token| self.document.tokens[token].span.start >= path.start);
            if let Some(open) = open {
                self.assign(open.saturating_sub(usize::from(self.word(open) != "(")), Sep::None);
            }
        }
        let mut end = table.data_format.as_ref().unwrap_or(&table.kind).span;
        if let [start, .., stop] | [start @ stop] = &table.sources[..] {
            let close = self.last(stop.span) + 1;
            let close = close + usize::from(self.word(close) == ",");
            self.list_between(self.first(start.span).saturating_sub(1), close, &table.sources);
            end = stop.span;
        }
        if !table.properties.is_empty() {
            let after = self.last(end) + 1;
            self.properties(after, last, &table.properties);
        }
    }
}

/// Whether an expression brings its own brackets, so that those of a call round it need no lines of their own.
pub(super) fn is_bracketed(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Call(call) => !call.arguments.is_empty(),
        ExprKind::Dynamic(_) | ExprKind::Wrapper(_) | ExprKind::DataTable(_) => true,
        ExprKind::Path(path) => match &path.member {
            PathMember::Call(_) => true,
            _ => is_bracketed(&path.base),
        },
        ExprKind::Index(index) => is_bracketed(&index.base),
        _ => false,
    }
}

/// Whether an expression opens a bracket at its start, so that it needs no line of its own behind `=`.
pub(super) fn hugs(expr: &Expr) -> bool {
    is_bracketed(expr)
        || matches!(
            expr.kind,
            ExprKind::Paren(_)
                | ExprKind::Name(_)
                | ExprKind::Literal(_)
                | ExprKind::ExternalData(_)
                | ExprKind::EntityGroup(_)
        )
}
