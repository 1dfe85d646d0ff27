//! Tabular operators.

use super::Printer;
use super::layout::{Sep, Shape};
use crate::source::Span;
use crate::syntax::ast::{
    Expr, Find, FindColumn, FindProject, ForkBranch, GraphElement, GraphMatch, GraphOutput, Join, JoinCondition,
    MakeGraph, MakeSeries, MvItem, Name, NamedExpr, Operator, OperatorKind, Parameter, Parse, ParseSegment, Partition,
    PartitionBody, Scan, SeriesRange, SortItem, Summarize, TopNestedLevel,
};

/// The words of an operator.
#[derive(Clone, Copy)]
struct Words {
    /// Its first word.
    first: usize,
    /// The last word of its name and options.
    head: usize,
    /// Its last word.
    last: usize,
}

impl Printer<'_> {
    pub(super) fn operator(&mut self, operator: &Operator) {
        let (first, last) = (self.first(operator.span), self.last(operator.span));
        let keyword = self.last(operator.keyword);
        self.spaced(keyword, keyword + 1);
        // A group of the whole operator is opened by its kind, before what its options open.
        let head = operator.parameters.last().map_or(keyword, |parameter| self.last(parameter.span));
        let words = Words { first, head, last };
        if head < last {
            self.spaced(head, head + 1);
        }
        self.operator_body(words, operator);
        self.parameters(keyword, &operator.parameters);
    }

    fn operator_body(&mut self, words: Words, operator: &Operator) {
        let Words { first, head, last } = words;
        match &operator.kind {
            OperatorKind::As(name) => self.name(name),
            OperatorKind::AssertSchema(schema) => self.schema(schema),
            OperatorKind::Consume
            | OperatorKind::ExecuteAndCache
            | OperatorKind::GetSchema
            | OperatorKind::GraphMarkComponents => {}
            OperatorKind::Count { name } => self.names(name),
            OperatorKind::Distinct(items)
            | OperatorKind::Extend(items)
            | OperatorKind::Print(items)
            | OperatorKind::Project(items)
            | OperatorKind::ProjectRename(items)
            | OperatorKind::Serialize(items) => self.named_clause(first, items),
            OperatorKind::Evaluate { call, schema } => {
                self.call(call);
                if let Some(schema) = schema {
                    self.typed(self.first(schema.span));
                    self.set(self.last(call.arguments_span) + 1, Sep::Space);
                    self.schema(schema);
                }
            }
            OperatorKind::Facet { by, with } => {
                self.expr_clause(head + 1, by);
                if let Some(with) = with {
                    let after = by.last().map_or(head, |expr| self.last(expr.span));
                    self.spaced_to(after, with.span);
                    self.enclosed(with);
                }
            }
            OperatorKind::Find(find) => self.find(words, find),
            OperatorKind::Fork(branches) => self.fork(words, branches),
            OperatorKind::GraphMatch(graph) | OperatorKind::GraphShortestPaths(graph) => self.graph_match(words, graph),
            OperatorKind::GraphToTable(outputs) => self.graph_to_table(first, outputs),
            OperatorKind::GraphWhereEdges(expr) | OperatorKind::GraphWhereNodes(expr) | OperatorKind::Invoke(expr) => {
                self.expr(expr);
            }
            OperatorKind::InlineExternalTable(table) => self.inline_external_table(first, last, table),
            OperatorKind::Join(join) | OperatorKind::Lookup(join) => self.join(join),
            OperatorKind::MacroExpand { group, name, statements } => {
                let mut after = self.last(group.span);
                self.expr(group);
                if let Some(name) = name {
                    self.spaced_to(after, name.span);
                    self.name(name);
                    after = self.last(name.span);
                }
                let open = after + 1;
                self.set(open, Sep::Space);
                self.brackets(open, last, Sep::Hard);
                self.statements(statements);
            }
            OperatorKind::MakeGraph(graph) => self.make_graph(words, graph),
            OperatorKind::MakeSeries(series) => self.make_series(words, series),
            OperatorKind::MvApply { items, limit, id, body } => {
                let mut after = self.mv_items(words, items, limit.as_ref());
                if let Some(id) = id {
                    self.spaced_to(after, id.span);
                    self.expr(id);
                    after = self.last(id.span);
                }
                self.spaced(after, self.first(body.span).saturating_sub(1));
                self.enclosed(body);
            }
            OperatorKind::MvExpand { items, limit } => {
                self.mv_items(words, items, limit.as_ref());
            }
            OperatorKind::Parse(parse) | OperatorKind::ParseWhere(parse) => self.parse(words, parse),
            OperatorKind::ParseKv { expr, schema, properties } => {
                self.expr(expr);
                self.spaced_to(self.last(expr.span), schema.span);
                self.schema(schema);
                self.properties(self.last(schema.span), last, properties);
            }
            OperatorKind::Partition(partition) => self.partition(partition),
            OperatorKind::PartitionBy { by, id, body } => {
                self.expr(by);
                let mut after = self.last(by.span);
                if let Some(id) = id {
                    self.spaced_to(after, id.span);
                    self.expr(id);
                    after = self.last(id.span);
                }
                self.spaced(after, self.first(body.span).saturating_sub(1));
                self.enclosed(body);
            }
            OperatorKind::ProjectAway(names) | OperatorKind::ProjectKeep(names) => {
                let spans: Vec<Span> = names.iter().map(|name| name.span).collect();
                self.clause(first, &spans);
                self.names(names);
            }
            OperatorKind::ProjectByNames(exprs) | OperatorKind::Union(exprs) => self.expr_clause(first, exprs),
            OperatorKind::ProjectReorder(items) => {
                let spans: Vec<Span> = items.iter().map(|item| item.span).collect();
                self.clause(first, &spans);
                for item in items {
                    self.name(&item.name);
                    self.spaced(self.last(item.name.span), self.last(item.span));
                }
            }
            OperatorKind::Range { name, from, to, step } => {
                self.name(name);
                let mut after = self.last(name.span);
                for expr in [from, to, step] {
                    self.spaced_to(after, expr.span);
                    self.expr(expr);
                    after = self.last(expr.span);
                }
            }
            OperatorKind::Reduce { by, properties } => {
                self.spaced_to(head, by.span);
                self.named(by);
                self.parameters(self.last(by.span), properties);
            }
            OperatorKind::Render { chart, properties } => self.render(words, chart, properties),
            OperatorKind::Sample(count) | OperatorKind::Take(count) | OperatorKind::Where(count) => self.named(count),
            OperatorKind::SampleDistinct { count, of } => self.words_between(&[count, of]),
            OperatorKind::Scan(scan) => self.scan(words, scan),
            OperatorKind::Search(search) => {
                let after = self.sources(head, search.data_scope.as_ref(), &search.sources);
                self.spaced_to(after, search.predicate.span);
                self.expr(&search.predicate);
            }
            OperatorKind::Sort(items) => {
                let spans: Vec<Span> = items.iter().map(|item| item.span).collect();
                self.clause(first, &spans);
                for item in items {
                    self.sort_item(item);
                }
            }
            OperatorKind::Summarize(summarize) => self.summarize(words, summarize),
            OperatorKind::Top { count, by } => {
                self.named(count);
                self.spaced_to(self.last(count.span), by.span);
                self.sort_item(by);
            }
            OperatorKind::TopHitters { count, of, by } => {
                let parts: Vec<&NamedExpr> = [count, of].into_iter().chain(by).collect();
                self.words_between(&parts);
            }
            OperatorKind::TopNested(levels) => self.top_nested(first, last, levels),
        }
    }

    /// Named expressions behind a word.
    fn named_clause(&mut self, start: usize, items: &[NamedExpr]) {
        let spans: Vec<Span> = items.iter().map(|item| item.span).collect();
        self.clause(start, &spans);
        self.named_all(items);
    }

    /// Expressions behind a word.
    fn expr_clause(&mut self, start: usize, items: &[Expr]) {
        let spans: Vec<Span> = items.iter().map(|item| item.span).collect();
        self.clause(start, &spans);
        self.exprs(items);
    }

    /// Expressions with clause words between them.
    fn words_between(&mut self, parts: &[&NamedExpr]) {
        for (index, part) in parts.iter().enumerate() {
            if let Some(before) = index.checked_sub(1).map(|before| parts[before]) {
                self.spaced_to(self.last(before.span), part.span);
            }
            self.named(part);
        }
    }

    fn sort_item(&mut self, item: &SortItem) {
        self.named(&item.expr);
        self.spaced(self.last(item.expr.span), self.last(item.span));
    }

    fn summarize(&mut self, words: Words, summarize: &Summarize) {
        let Summarize { aggregates, by, bin } = summarize;
        let spans: Vec<Span> = aggregates.iter().map(|item| item.span).collect();
        let groups: Vec<Span> = by.iter().flatten().map(|item| item.span).collect();
        if aggregates.len() > 1 || (!aggregates.is_empty() && !groups.is_empty()) {
            self.group(words.first, words.last, Shape::Indent);
        }
        if let &[first, _, ..] = &spans[..] {
            self.before(first, Sep::Line);
            self.items(&spans, Sep::Line);
        }
        self.named_all(aggregates);
        if let Some(&group) = groups.first() {
            let word = self.first(group).saturating_sub(1);
            if !aggregates.is_empty() {
                self.set(word, Sep::Line);
            }
            self.clause(word, &groups);
        }
        self.named_all(by.as_deref().unwrap_or_default());
        if let Some(bin) = bin {
            self.assign(self.first(bin.span), Sep::None);
            self.expr(bin);
        }
    }

    fn join(&mut self, join: &Join) {
        self.enclosed(&join.right);
        let after = self.last(join.right.span);
        match &join.condition {
            JoinCondition::None => {}
            JoinCondition::On(exprs) => {
                if let Some(first) = exprs.first() {
                    let word = self.first(first.span).saturating_sub(1);
                    self.spaced(after, word);
                    self.expr_clause(word, exprs);
                }
            }
            JoinCondition::Where(expr) => {
                self.spaced_to(after, expr.span);
                self.expr(expr);
            }
        }
    }

    /// `datascope=all in (A, B)`. Returns the last word of it.
    fn sources(&mut self, head: usize, scope: Option<&Name>, sources: &[Expr]) -> usize {
        let mut after = head;
        if let Some(scope) = scope {
            self.spaced_to(after, scope.span);
            self.assign(self.first(scope.span), Sep::None);
            after = self.last(scope.span);
        }
        if let [start, .., end] | [start @ end] = sources {
            let open = self.first(start.span).saturating_sub(1);
            self.spaced(after, open);
            after = self.last(end.span) + 1;
            self.list_between(open, after, sources);
        }
        after
    }

    fn find(&mut self, words: Words, find: &Find) {
        self.group(words.first, words.last, Shape::Indent);
        let after = self.sources(words.head, find.data_scope.as_ref(), &find.sources);
        let predicate = self.first(find.predicate.span);
        self.spaced(after, predicate);
        if after > words.head && self.word(predicate.saturating_sub(1)) == "where" {
            self.set(predicate - 1, Sep::Line);
        }
        self.expr(&find.predicate);
        for clause in [&find.project, &find.project_away].into_iter().flatten() {
            self.find_project(clause);
        }
    }

    fn find_project(&mut self, clause: &FindProject) {
        self.before(clause.span, Sep::Line);
        let spans: Vec<Span> = clause
            .columns
            .iter()
            .map(|column| match column {
                FindColumn::Column(name, Some(ty)) => name.span.to(ty.span),
                FindColumn::Column(name, None) => name.span,
                FindColumn::Star(span) | FindColumn::Pack(span) => *span,
            })
            .collect();
        self.clause(self.first(clause.span), &spans);
        for column in &clause.columns {
            match column {
                FindColumn::Column(name, ty) => {
                    self.name(name);
                    if let Some(ty) = ty {
                        self.typed(self.first(ty.span));
                    }
                }
                FindColumn::Star(_) => {}
                FindColumn::Pack(span) => self.glued(*span),
            }
        }
    }

    fn fork(&mut self, words: Words, branches: &[ForkBranch]) {
        if branches.len() > 1 {
            self.group(words.first, words.last, Shape::Indent);
        }
        for branch in branches {
            self.before(branch.span, if branches.len() > 1 { Sep::Line } else { Sep::Space });
        }
        for branch in branches {
            let open = self.first(branch.body.span).saturating_sub(1);
            if let Some(name) = &branch.name {
                self.name(name);
                self.assign(open, Sep::Space);
            }
            self.enclosed(&branch.body);
        }
    }

    fn graph_match(&mut self, words: Words, graph: &GraphMatch) {
        self.group(words.first, words.last, Shape::Indent);
        let element = |element: &GraphElement| match element {
            GraphElement::Node { span, .. } | GraphElement::Edge { span, .. } => *span,
        };
        let several = graph.patterns.len() > 1;
        let mut after = words.head;
        for (index, pattern) in graph.patterns.iter().enumerate() {
            if let [first, .., last] | [first @ last] = &pattern[..] {
                let span = element(first).to(element(last));
                let sep = if several { Sep::Line } else { Sep::Space };
                if several || index == 0 {
                    self.before(span, sep);
                }
                self.glued(span);
                after = self.last(span);
            }
        }
        if let Some(predicate) = &graph.predicate {
            let first = self.first(predicate.span);
            self.spaced(after, first);
            self.set(first.saturating_sub(1), Sep::Line);
            self.expr(predicate);
        }
        if let Some(columns) = &graph.project
            && let Some(column) = columns.first()
        {
            let word = self.first(column.span).saturating_sub(1);
            self.set(word, Sep::Line);
            self.named_clause(word, columns);
        }
    }

    fn graph_to_table(&mut self, first: usize, outputs: &[GraphOutput]) {
        let spans: Vec<Span> = outputs.iter().map(|output| output.span).collect();
        self.clause(first, &spans);
        for output in outputs {
            let mut after = self.first(output.span);
            if let Some(name) = &output.name {
                self.spaced_to(after, name.span);
                self.name(name);
                after = self.last(name.span);
            }
            self.parameters(after, &output.parameters);
        }
    }

    fn make_graph(&mut self, words: Words, graph: &MakeGraph) {
        self.group(words.first, words.last, Shape::Indent);
        self.names([&graph.source, &graph.target]);
        self.set(self.last(graph.source.span) + 1, Sep::Space);
        self.before(graph.target.span, Sep::Space);
        let mut after = self.last(graph.target.span);
        if let Some(name) = &graph.node_id {
            self.spaced_to(after, name.span);
            self.assign(self.first(name.span), Sep::None);
            self.name(name);
            after = self.last(name.span);
        }
        for (index, (table, key)) in graph.tables.iter().enumerate() {
            let first = self.first(table.span);
            if index == 0 {
                self.spaced(after, first);
                self.set(first.saturating_sub(1), Sep::Line);
            }
            self.expr(table);
            self.spaced_to(self.last(table.span), key.span);
            self.name(key);
            after = self.last(key.span);
        }
        if let Some((by, body)) = &graph.partitioned_by {
            self.spaced_to(after, by.span);
            self.expr(by);
            self.spaced(self.last(by.span), self.first(body.span).saturating_sub(1));
            self.enclosed(body);
        }
    }

    fn make_series(&mut self, words: Words, series: &MakeSeries) {
        self.group(words.first, words.last, Shape::Indent);
        let several = series.aggregates.len() > 1;
        let mut after = words.head;
        for item in &series.aggregates {
            let first = self.first(item.expr.span);
            if several {
                self.set(first, Sep::Line);
            }
            self.named(&item.expr);
            after = self.last(item.expr.span);
            if let Some(default) = &item.default {
                self.spaced_to(after, default.span);
                self.assign(self.first(default.span), Sep::None);
                self.named(default);
                after = self.last(default.span);
            }
        }
        let on = self.first(series.on.span);
        self.spaced(after, on);
        self.set(on.saturating_sub(1), Sep::Line);
        self.named(&series.on);
        after = self.last(series.on.span);
        match &series.range {
            SeriesRange::FromTo { from, to, step } => {
                for (index, expr) in [from.as_ref(), to.as_ref(), Some(step)].into_iter().flatten().enumerate() {
                    let first = self.first(expr.span);
                    self.spaced(after, first);
                    if index == 0 {
                        self.set(first.saturating_sub(1), Sep::Fill);
                    }
                    self.expr(expr);
                    after = self.last(expr.span);
                }
            }
            SeriesRange::InRange(arguments) => {
                // `in range(`
                let open = after + 3;
                self.set(after + 1, Sep::Line);
                self.set(open, Sep::None);
                after = arguments.last().map_or(open, |argument| self.last(argument.span)) + 1;
                self.brackets(open, after, Sep::Soft);
                let spans: Vec<Span> = arguments.iter().map(|argument| argument.span).collect();
                self.items(&spans, Sep::Line);
                self.named_all(arguments);
            }
        }
        if let Some(by) = series.by.first() {
            let word = self.first(by.span).saturating_sub(1);
            self.spaced(after, word);
            self.set(word, Sep::Line);
            self.named_clause(word, &series.by);
        }
    }

    /// The items of `mv-expand` and `mv-apply`, and the limit behind them. Returns the last word of both.
    fn mv_items(&mut self, words: Words, items: &[MvItem], limit: Option<&Expr>) -> usize {
        let spans: Vec<Span> = items.iter().map(|item| item.span).collect();
        let mut after = spans.last().map_or(words.head, |span| self.last(*span));
        if let Some(limit) = limit {
            let word = self.first(limit.span).saturating_sub(1);
            self.spaced_to(after, limit.span);
            if items.len() > 1 {
                self.group(words.first, self.last(limit.span), Shape::Indent);
                self.set(word, Sep::Line);
            }
            after = self.last(limit.span);
        }
        match (&spans[..], limit) {
            (&[first, _, ..], Some(_)) => {
                self.before(first, Sep::Line);
                self.items(&spans, Sep::Line);
            }
            _ => self.clause(words.first, &spans),
        }
        for item in items {
            if let Some(expr) = &item.expr {
                self.named(expr);
            }
            if let Some(to) = &item.to {
                let before = item.expr.as_ref().map_or(words.head, |expr| self.last(expr.span));
                self.spaced_to(before, to.span);
                self.type_of(to);
            }
        }
        if let Some(limit) = limit {
            self.expr(limit);
        }
        after
    }

    fn parse(&mut self, words: Words, parse: &Parse) {
        self.group(words.first, words.last, Shape::Indent);
        self.expr(&parse.expr);
        let with = self.last(parse.expr.span) + 1;
        self.set(with, Sep::Space);
        // A text opens what the column behind it takes, so they stay on one line.
        for (index, segment) in parse.pattern.iter().enumerate() {
            let (span, sep) = match segment {
                ParseSegment::Star(span) => (*span, Sep::Fill),
                ParseSegment::Text(literal) => (literal.span, Sep::Fill),
                ParseSegment::Column(name) => (name.span, Sep::Space),
                ParseSegment::TypedColumn(column) => (column.span, Sep::Space),
            };
            let behind_star =
                index.checked_sub(1).is_some_and(|before| matches!(parse.pattern[before], ParseSegment::Star(_)));
            self.before(span, if behind_star { Sep::Space } else { sep });
            match segment {
                ParseSegment::Star(_) => {}
                ParseSegment::Text(literal) => self.literal(literal),
                ParseSegment::Column(name) => self.name(name),
                ParseSegment::TypedColumn(column) => self.column(column),
            }
        }
    }

    fn partition(&mut self, partition: &Partition) {
        let by = self.first(partition.by.span);
        self.spaced(by.saturating_sub(2), by);
        self.expr(&partition.by);
        let mut after = self.last(partition.by.span);
        if let Some(scope) = &partition.scope {
            self.spaced_to(after, scope.span);
            self.expr(scope);
            after = self.last(scope.span);
        }
        let (PartitionBody::SubQuery(body) | PartitionBody::Query(body)) = &partition.body;
        self.spaced(after, after + 1);
        self.enclosed(body);
    }

    fn render(&mut self, words: Words, chart: &Name, properties: &[Parameter]) {
        let after = self.last(chart.span);
        self.spaced(after, words.last);
        let open = (after + 1..words.last).find(|&token| self.word(token) == "(");
        let in_parentheses = open.map_or(usize::MAX, |open| self.document.tokens[open].span.start as usize);
        let split = properties.partition_point(|property| (property.span.start as usize) < in_parentheses);
        let (before, within) = properties.split_at(split);
        let after = self.parameters(after, before);
        if open.is_some() {
            self.properties(after, words.last, within);
        }
    }

    fn scan(&mut self, words: Words, scan: &Scan) {
        let Words { head, last, .. } = words;
        let mut after = head;
        if let (Some(start), Some(end)) = (scan.order_by.first(), scan.order_by.last()) {
            self.spaced_to(after, start.span);
            let spans: Vec<Span> = scan.order_by.iter().map(|item| item.span).collect();
            self.clause(self.first(start.span).saturating_sub(2), &spans);
            for item in &scan.order_by {
                self.sort_item(item);
            }
            after = self.last(end.span);
        }
        if let (Some(start), Some(end)) = (scan.partition_by.first(), scan.partition_by.last()) {
            self.spaced_to(after, start.span);
            self.expr_clause(self.first(start.span).saturating_sub(2), &scan.partition_by);
            after = self.last(end.span);
        }
        if let (Some(start), Some(end)) = (scan.declare.first(), scan.declare.last()) {
            let (open, close) = (self.first(start.span).saturating_sub(1), self.last(end.span) + 1);
            self.spaced(after, open);
            self.function_parameters(open, close, &scan.declare);
            after = close;
        }
        let open = (after + 1..last).find(|&token| self.word(token) == "(" && self.word(token - 1) == "with");
        let Some(open) = open else { return };
        self.spaced(after, open);
        self.brackets(open, last, if scan.steps.is_empty() { Sep::Soft } else { Sep::Hard });
        for (index, step) in scan.steps.iter().enumerate() {
            let first = self.first(step.span);
            if index > 0 {
                self.set(first, Sep::Hard);
            }
            let end = step.assignments.last().map_or(step.condition.span, |assignment| assignment.expr.span);
            self.group(first, self.last(end), Shape::Indent);
            self.name(&step.name);
            if let Some(output) = &step.output {
                self.spaced_to(self.last(step.name.span), output.span);
                self.assign(self.first(output.span), Sep::None);
            }
            self.typed(self.first(step.condition.span));
            self.expr_with(&step.condition, Shape::Plain);
            for (index, assignment) in step.assignments.iter().enumerate() {
                let name = self.first(assignment.name.span);
                if index == 0 {
                    self.set(name.saturating_sub(1), Sep::Line);
                    self.set(name, Sep::Space);
                } else {
                    self.set(name, Sep::Line);
                }
                self.name(&assignment.name);
                self.assign(self.first(assignment.expr.span), Sep::Space);
                self.expr(&assignment.expr);
            }
        }
    }

    fn top_nested(&mut self, first: usize, last: usize, levels: &[TopNestedLevel]) {
        if levels.len() > 1 {
            self.group(first, last, Shape::Plain);
            for level in &levels[1..] {
                self.before(level.span, Sep::Line);
            }
        }
        for level in levels {
            let mut after = self.first(level.span);
            for part in level.count.iter().chain([&level.of]) {
                self.spaced_to(after, part.span);
                self.named(part);
                after = self.last(part.span);
            }
            if let Some(others) = &level.others {
                self.spaced_to(after, others.span);
                self.assign(self.first(others.span), Sep::Space);
                self.expr(others);
                after = self.last(others.span);
            }
            self.spaced_to(after, level.by.span);
            self.sort_item(&level.by);
        }
    }
}
