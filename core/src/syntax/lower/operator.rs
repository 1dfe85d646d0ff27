//! Tabular operators.

use pest::iterators::Pair;

use super::super::ast::{
    Expr, ExprKind, Find, FindColumn, FindProject, ForkBranch, InlineExternalTable, Join, JoinCondition, MakeSeries,
    MakeSeriesItem, MvItem, Name, NamedExpr, Names, NullsOrder, Operator, OperatorKind, Parameter, ParameterValue,
    Parse, ParseSegment, Partition, PartitionBody, ReorderItem, Scan, ScanAssignment, ScanStep, Search, SeriesRange,
    SortItem, SortOrder, Summarize, TopNestedLevel,
};
use super::{Children, EXTENDED_TYPES, Lower, Place, Rule, is_name, span};
use crate::diagnostic::{Applicability, Diagnostic, Edit, code};
use crate::source::Span;

impl Lower {
    /// Any rule of an operator.
    pub(super) fn operator(&self, pair: Pair<'_, Rule>) -> Operator {
        let (rule, span, text) = (pair.as_rule(), span(&pair), pair.as_str());
        let keyword = keyword(text, span.start as usize);
        let mut children = Children::of(pair);
        // Where the word has several spellings it is a child of its own.
        children.one_if(|rule| {
            matches!(
                rule,
                Rule::where_keyword
                    | Rule::sort_keyword
                    | Rule::take_keyword
                    | Rule::mv_expand_keyword
                    | Rule::mv_apply_keyword
            )
        });
        let data_scope = children.one(Rule::data_scope).map(|clause| Self::data_scope(clause));
        let parameters = self.parameters(&mut children);
        let kind = self.operator_kind(rule, &mut children, data_scope, !parameters.is_empty(), text);
        Operator { kind, keyword, parameters, span }
    }

    fn operator_kind(
        &self,
        rule: Rule,
        children: &mut Children<'_>,
        data_scope: Option<Name>,
        has_options: bool,
        text: &str,
    ) -> OperatorKind {
        match rule {
            Rule::r#where => OperatorKind::Where(self.named_expr(children.need())),
            Rule::extend => OperatorKind::Extend(self.named_exprs(children)),
            Rule::project => OperatorKind::Project(self.named_exprs(children)),
            Rule::project_rename => OperatorKind::ProjectRename(self.named_exprs(children)),
            Rule::project_away => OperatorKind::ProjectAway(self.names(children)),
            Rule::project_keep => OperatorKind::ProjectKeep(self.names(children)),
            Rule::project_by_names => OperatorKind::ProjectByNames(children.map(|expr| self.expr(expr)).collect()),
            Rule::project_reorder => {
                OperatorKind::ProjectReorder(children.map(|item| self.reorder_item(item)).collect())
            }
            Rule::summarize => OperatorKind::Summarize(self.summarize(children)),
            Rule::distinct => OperatorKind::Distinct(self.named_exprs(children)),
            Rule::sort => OperatorKind::Sort(children.map(|item| self.sort_item(item)).collect()),
            Rule::take => OperatorKind::Take(self.named_expr(children.need())),
            Rule::top => {
                let count = self.named_expr(children.need());
                OperatorKind::Top { count, by: self.sort_item(children.need()) }
            }
            Rule::top_hitters => {
                let count = self.named_expr(children.need());
                let of = self.named_expr(children.need());
                OperatorKind::TopHitters { count, of, by: children.next().map(|by| self.named_expr(only(by))) }
            }
            Rule::top_nested => OperatorKind::TopNested(children.map(|level| self.top_nested_level(level)).collect()),
            Rule::sample => OperatorKind::Sample(self.named_expr(children.need())),
            Rule::sample_distinct => {
                let count = self.named_expr(children.need());
                OperatorKind::SampleDistinct { count, of: self.named_expr(children.need()) }
            }
            Rule::count => OperatorKind::Count { name: children.next().map(|name| self.name(name, Place::Reference)) },
            Rule::join => OperatorKind::Join(self.join(children)),
            Rule::lookup => OperatorKind::Lookup(self.join(children)),
            Rule::union => OperatorKind::Union(children.map(|table| self.entity(table)).collect()),
            Rule::mv_expand => {
                let items = children.every(Rule::mv_item).map(|item| self.mv_item(item)).collect();
                OperatorKind::MvExpand { items, limit: self.clause(children, Rule::limit_clause) }
            }
            Rule::mv_apply => self.mv_apply(children),
            Rule::make_series => OperatorKind::MakeSeries(self.make_series(children)),
            Rule::parse => OperatorKind::Parse(self.parse_operator(children)),
            Rule::parse_where => OperatorKind::ParseWhere(self.parse_operator(children)),
            Rule::parse_kv => {
                let expr = self.expr(children.need());
                let schema = self.row_schema(children.need());
                let properties = children.next().map(|with| self.all_parameters(with)).unwrap_or_default();
                OperatorKind::ParseKv { expr, schema, properties }
            }
            Rule::evaluate => {
                let call = self.called(children.need());
                OperatorKind::Evaluate { call, schema: children.next().map(|schema| self.row_schema(schema)) }
            }
            Rule::invoke => OperatorKind::Invoke(self.path(children.need())),
            Rule::as_op => OperatorKind::As(self.name(children.need(), Place::Reference)),
            Rule::assert_schema => OperatorKind::AssertSchema(self.row_schema(children.need())),
            Rule::consume => OperatorKind::Consume,
            Rule::execute_and_cache => OperatorKind::ExecuteAndCache,
            Rule::getschema => OperatorKind::GetSchema,
            Rule::serialize => OperatorKind::Serialize(self.named_exprs(children)),
            Rule::print => OperatorKind::Print(self.named_exprs(children)),
            Rule::range_op => {
                let name = self.name(children.need(), Place::Reference);
                let [from, to, step] = std::array::from_fn(|_| self.expr(children.need()));
                OperatorKind::Range { name, from, to, step }
            }
            Rule::facet => {
                let by = children.every(Rule::simple_path).map(|path| self.path(path)).collect();
                OperatorKind::Facet { by, with: children.next().map(|with| self.facet_with(with)) }
            }
            Rule::fork => OperatorKind::Fork(children.map(|branch| self.fork_branch(branch)).collect()),
            Rule::partition => OperatorKind::Partition(self.partition(children)),
            Rule::partition_by => {
                let by = self.path(children.need());
                let id = self.clause(children, Rule::id_clause);
                OperatorKind::PartitionBy { by, id, body: self.sub_query(children.need()) }
            }
            Rule::reduce => {
                let by = self.named_expr(children.need());
                let properties = children.next().map(|with| self.all_parameters(with)).unwrap_or_default();
                OperatorKind::Reduce { by, properties }
            }
            Rule::render => self.render(children),
            Rule::find => self.find(children, data_scope, has_options),
            Rule::search => {
                // The scope stands behind the options here.
                let data_scope =
                    data_scope.or_else(|| children.one(Rule::data_scope).map(|clause| Self::data_scope(clause)));
                let sources = self.find_sources(children);
                let predicate = self.search_predicate(children.need());
                OperatorKind::Search(Search { data_scope, sources, predicate })
            }
            Rule::scan => OperatorKind::Scan(self.scan(children)),
            Rule::macro_expand => {
                let group = children.need();
                let group =
                    if group.as_rule() == Rule::entity_group { self.entity_group(group) } else { self.entity(group) };
                let name = children.one_if(is_name).map(|name| self.name(name, Place::Reference));
                OperatorKind::MacroExpand { group, name, statements: children.map(|s| self.statement(s)).collect() }
            }
            Rule::inline_external_table => {
                OperatorKind::InlineExternalTable(Box::new(self.inline_external_table(children)))
            }
            _ => self.graph_operator(rule, children, text),
        }
    }

    fn named_exprs(&self, children: &mut Children<'_>) -> Vec<NamedExpr> {
        children.map(|expr| self.named_expr(expr)).collect()
    }

    fn names(&self, children: &mut Children<'_>) -> Vec<Name> {
        children.map(|name| self.name(name, Place::Reference)).collect()
    }

    /// `limit 3`, `id guid(…)`: the expression of a clause, where it stands.
    fn clause(&self, children: &mut Children<'_>, rule: Rule) -> Option<Expr> {
        children.one(rule).map(|clause| self.expr(only(clause)))
    }

    fn all_parameters(&self, pair: Pair<'_, Rule>) -> Vec<Parameter> {
        pair.into_inner().map(|parameter| self.parameter(parameter)).collect()
    }

    fn reorder_item(&self, pair: Pair<'_, Rule>) -> ReorderItem {
        let span = span(&pair);
        let mut children = Children::of(pair);
        let name = self.name(children.need(), Place::Reference);
        ReorderItem { name, order: children.next().map(|order| sort_order(order.as_str())), span }
    }

    pub(super) fn sort_item(&self, pair: Pair<'_, Rule>) -> SortItem {
        let span = span(&pair);
        let mut children = Children::of(pair);
        let expr = self.named_expr(children.need());
        let order = children.one(Rule::order).map(|order| sort_order(order.as_str()));
        let nulls = children
            .one(Rule::nulls)
            .map(|nulls| if nulls.as_str().ends_with("first") { NullsOrder::First } else { NullsOrder::Last });
        SortItem { expr, order, nulls, span }
    }

    fn summarize(&self, children: &mut Children<'_>) -> Summarize {
        let aggregates =
            children.one(Rule::aggregates).map(|list| self.named_exprs(&mut Children::of(list))).unwrap_or_default();
        let mut summarize = Summarize { aggregates, by: None, bin: None };
        if let Some(clause) = children.one(Rule::by_clause) {
            let mut groups = Children::of(clause);
            let by: Vec<_> = groups.every(Rule::named_expr).map(|group| self.named_expr(group)).collect();
            for group in &by {
                self.refuse_bin(group);
            }
            summarize.by = Some(by);
            summarize.bin = self.clause(&mut groups, Rule::legacy_bin);
        }
        summarize
    }

    /// `bin = 1h` stands behind the groups without a comma; as a group it would be a column called `bin`.
    fn refuse_bin(&self, group: &NamedExpr) {
        if let (Names::One(name), ExprKind::Literal(_)) = (&group.names, &group.expr.kind)
            && name.text.as_ref() == "bin"
        {
            self.report(
                Diagnostic::new(&code::UNEXPECTED, group.span, "`bin = …` is no group")
                    .label("a group is due here")
                    .help("write bin(column, size) as the group"),
            );
        }
    }

    fn top_nested_level(&self, pair: Pair<'_, Rule>) -> TopNestedLevel {
        let span = span(&pair);
        let mut children = Children::of(pair);
        let count = children.one(Rule::nested_count).map(|count| self.named_expr(only(count)));
        let of = self.named_expr(children.need());
        let others = self.clause(&mut children, Rule::with_others);
        TopNestedLevel { count, of, others, by: self.sort_item(children.need()), span }
    }

    fn join(&self, children: &mut Children<'_>) -> Join {
        let right = self.expr(children.need());
        let condition = match children.next() {
            None => JoinCondition::None,
            Some(clause) if clause.as_rule() == Rule::join_where => JoinCondition::Where(self.expr(only(clause))),
            Some(clause) => JoinCondition::On(clause.into_inner().map(|key| self.expr(key)).collect()),
        };
        Join { right, condition }
    }

    /// A table by name, path, wildcard or in parentheses.
    pub(super) fn entity(&self, pair: Pair<'_, Rule>) -> Expr {
        match pair.as_rule() {
            Rule::paren => self.primary(pair),
            Rule::wildcard => {
                let name = self.name(pair, Place::Reference);
                Expr { span: name.span, kind: ExprKind::Name(name) }
            }
            _ => self.path(pair),
        }
    }

    fn mv_item(&self, pair: Pair<'_, Rule>) -> MvItem {
        let span = span(&pair);
        let mut children = Children::of(pair);
        let expr = children.one(Rule::named_expr).map(|expr| self.named_expr(expr));
        MvItem { expr, to: children.next().map(|to| self.type_of(only(to))), span }
    }

    fn mv_apply(&self, children: &mut Children<'_>) -> OperatorKind {
        let items = match children.one(Rule::mv_untyped) {
            Some(untyped) => vec![self.mv_item(untyped)],
            None => children.every(Rule::mv_item).map(|item| self.mv_item(item)).collect(),
        };
        let limit = self.clause(children, Rule::limit_clause);
        let id = self.clause(children, Rule::id_clause);
        OperatorKind::MvApply { items, limit, id, body: self.sub_query(children.need()) }
    }

    fn make_series(&self, children: &mut Children<'_>) -> MakeSeries {
        let aggregates = children
            .every(Rule::series_item)
            .map(|item| {
                let mut parts = Children::of(item);
                let expr = self.named_expr(parts.need());
                MakeSeriesItem { expr, default: parts.next().map(|default| self.named_expr(only(default))) }
            })
            .collect();
        let on = self.named_expr(children.need());
        let range = children.need();
        let range = if range.as_rule() == Rule::series_in_range {
            SeriesRange::InRange(range.into_inner().map(|bound| self.named_expr(bound)).collect())
        } else {
            let mut parts = Children::of(range);
            let from = self.clause(&mut parts, Rule::series_from);
            let to = self.clause(&mut parts, Rule::series_to);
            SeriesRange::FromTo { from, to, step: self.expr(only(parts.need())) }
        };
        let by = children.next().map(|by| self.named_exprs(&mut Children::of(by))).unwrap_or_default();
        MakeSeries { aggregates, on, range, by }
    }

    fn parse_operator(&self, children: &mut Children<'_>) -> Parse {
        let expr = self.expr(children.need());
        let pattern = children
            .map(|segment| match segment.as_rule() {
                Rule::star => ParseSegment::Star(span(&segment)),
                Rule::strings => ParseSegment::Text(self.literal(segment)),
                Rule::column => ParseSegment::TypedColumn(self.column(segment)),
                _ => ParseSegment::Column(self.name(segment, Place::Given)),
            })
            .collect();
        Parse { expr, pattern }
    }

    fn facet_with(&self, pair: Pair<'_, Rule>) -> Expr {
        let body = only(pair);
        match body.as_rule() {
            Rule::sub_query => self.sub_query(body),
            _ => self.sub_query_of_one(only(body)),
        }
    }

    fn sub_query_of_one(&self, pair: Pair<'_, Rule>) -> Expr {
        let operator = self.operator(pair);
        Expr { span: operator.span, kind: ExprKind::Operator(Box::new(operator)) }
    }

    fn fork_branch(&self, pair: Pair<'_, Rule>) -> ForkBranch {
        let span = span(&pair);
        let mut children = Children::of(pair);
        let name = children.one_if(is_name).map(|name| self.name(name, Place::Reference));
        let body = children.need();
        let body = if body.as_rule() == Rule::sub_query { self.sub_query(body) } else { self.pipeline(body) };
        ForkBranch { name, body, span }
    }

    fn partition(&self, children: &mut Children<'_>) -> Partition {
        let by = self.path(children.need());
        let scope = children.one(Rule::partition_scope).map(|scope| {
            let scope = only(scope);
            let span = span(&scope);
            let kind = match scope.as_rule() {
                Rule::dynamic => ExprKind::Dynamic(Box::new(self.dynamic(scope))),
                _ => ExprKind::Call(self.called(scope)),
            };
            Expr { kind, span }
        });
        let body = children.need();
        let body = if body.as_rule() == Rule::partition_query {
            PartitionBody::Query(self.pipeline(only(body)))
        } else {
            PartitionBody::SubQuery(self.sub_query(only(body)))
        };
        Partition { by, scope, body }
    }

    fn render(&self, children: &mut Children<'_>) -> OperatorKind {
        let chart = Self::word(&children.need());
        let mut properties = Vec::new();
        for clause in children {
            match clause.as_rule() {
                Rule::render_with => properties.extend(self.all_parameters(clause)),
                Rule::render_title => {
                    let span = span(&clause);
                    let mut parts = Children::of(clause);
                    let name = Self::word(&parts.need());
                    properties.push(Parameter {
                        name,
                        value: ParameterValue::Expr(self.literal_expr(parts.need())),
                        span,
                    });
                }
                _ => properties.push(self.parameter(clause)),
            }
        }
        OperatorKind::Render { chart, properties }
    }

    fn find(&self, children: &mut Children<'_>, data_scope: Option<Name>, has_options: bool) -> OperatorKind {
        let sources = self.find_sources(children);
        let where_word = children.one(Rule::find_where);
        let predicate = self.expr(children.need());
        if where_word.is_none() && (has_options || !sources.is_empty()) {
            let at = Span::at(predicate.span.start as usize);
            self.report(
                Diagnostic::new(&code::UNEXPECTED, predicate.span, "`where` is missing before this predicate")
                    .help("write `find in (…) where …`")
                    .fix("put `where` before it", Applicability::Safe, vec![Edit::insert(at.start as usize, "where ")]),
            );
        }
        let project = children.one(Rule::find_project).map(|clause| self.find_project(clause));
        let project_away = children.one(Rule::find_project_away).map(|clause| self.find_project(clause));
        OperatorKind::Find(Find { data_scope, sources, predicate, project, project_away })
    }

    fn find_sources(&self, children: &mut Children<'_>) -> Vec<Expr> {
        let Some(clause) = children.one(Rule::find_in) else { return Vec::new() };
        clause
            .into_inner()
            .map(|source| match source.as_rule() {
                Rule::find_named => self.find_named(source),
                _ => self.entity(source),
            })
            .collect()
    }

    /// `T | as a`.
    fn find_named(&self, pair: Pair<'_, Rule>) -> Expr {
        let span = span(&pair);
        let mut children = Children::of(pair);
        let table = children.need();
        let source = match table.as_rule() {
            Rule::at => self.primary(table),
            _ => self.entity_name(table),
        };
        let stages = children.map(|stage| self.operator(stage)).collect();
        Expr { kind: ExprKind::Pipe(Box::new(super::super::ast::Pipe { source, stages })), span }
    }

    fn entity_name(&self, pair: Pair<'_, Rule>) -> Expr {
        let name = self.name(pair, Place::Path);
        Expr { span: name.span, kind: ExprKind::Name(name) }
    }

    fn find_project(&self, pair: Pair<'_, Rule>) -> FindProject {
        let span = span(&pair);
        let columns = pair
            .into_inner()
            .map(|column| {
                let column = only(column);
                match column.as_rule() {
                    Rule::pack => FindColumn::Pack(self::span(&column)),
                    Rule::star => FindColumn::Star(self::span(&column)),
                    Rule::column => {
                        let mut parts = Children::of(column);
                        let name = self.name(parts.need(), Place::Reference);
                        FindColumn::Column(name, Some(self.type_name(&parts.need(), EXTENDED_TYPES)))
                    }
                    _ => FindColumn::Column(self.name(column, Place::Reference), None),
                }
            })
            .collect();
        FindProject { columns, span }
    }

    fn search_predicate(&self, pair: Pair<'_, Rule>) -> Expr {
        if pair.as_rule() == Rule::expr {
            return self.expr(pair);
        }
        let span = span(&pair);
        let mut children = Children::of(pair);
        let star = children.need();
        let star = Expr { kind: ExprKind::Star, span: self::span(&star) };
        match children.next() {
            None => star,
            Some(rest) => {
                let operands = vec![star, self.expr(rest)];
                Expr {
                    kind: ExprKind::Logical(super::super::ast::Logical {
                        op: super::super::ast::LogicalOp::And,
                        operands,
                    }),
                    span,
                }
            }
        }
    }

    fn scan(&self, children: &mut Children<'_>) -> Scan {
        let mut scan = Scan { order_by: Vec::new(), partition_by: Vec::new(), declare: Vec::new(), steps: Vec::new() };
        for child in children {
            match child.as_rule() {
                Rule::scan_order => scan.order_by = child.into_inner().map(|item| self.sort_item(item)).collect(),
                Rule::scan_partition => scan.partition_by = child.into_inner().map(|expr| self.expr(expr)).collect(),
                Rule::scan_declare => scan.declare = self.function_parameters(only(child)),
                _ => scan.steps.push(self.scan_step(child)),
            }
        }
        scan
    }

    fn scan_step(&self, pair: Pair<'_, Rule>) -> ScanStep {
        let span = span(&pair);
        let mut children = Children::of(pair);
        let name = self.name(children.need(), Place::Given);
        let optional = children.one(Rule::scan_optional).is_some();
        let output = children.one(Rule::scan_output).map(|output| Self::word(&only(output)));
        let condition = self.expr(children.need());
        let assignments = children
            .next()
            .into_iter()
            .flat_map(Pair::into_inner)
            .map(|assignment| {
                let mut parts = Children::of(assignment);
                ScanAssignment { name: self.name(parts.need(), Place::Given), expr: self.expr(parts.need()) }
            })
            .collect();
        ScanStep { name, optional, output, condition, assignments, span }
    }

    fn inline_external_table(&self, children: &mut Children<'_>) -> InlineExternalTable {
        let schema = children.one(Rule::row_schema).map(|schema| self.row_schema(schema));
        let kind = Self::word(&children.need());
        let partitions = children
            .one(Rule::external_partition)
            .into_iter()
            .flat_map(Pair::into_inner)
            .map(|column| self.partition_column(column))
            .collect();
        let path_format = children.one(Rule::path_format).map(|format| span(&format));
        let data_format = children.one(Rule::data_format).map(|format| Self::word(&only(format)));
        let sources = self.sources(children.need());
        InlineExternalTable {
            schema,
            kind,
            partitions,
            path_format,
            data_format,
            sources,
            properties: self.with_properties(children),
        }
    }

    /// `a: long = b`: the type says how the part of the path is read.
    fn partition_column(&self, pair: Pair<'_, Rule>) -> NamedExpr {
        let span = span(&pair);
        let mut children = Children::of(pair);
        let name = self.name(children.need(), Place::Given);
        let ty = self.type_name(&children.need(), &["datetime", "long", "string"]);
        let expr = children.next().map_or_else(
            || Expr { span: ty.span, kind: ExprKind::Name(Name { text: name.text.clone(), ..name.clone() }) },
            |expr| self.expr(expr),
        );
        NamedExpr { names: Names::One(name), expr, span }
    }
}

/// The one pair inside another.
pub(super) fn only(pair: Pair<'_, Rule>) -> Pair<'_, Rule> {
    pair.into_inner().next().expect("the grammar puts one part here")
}

/// The operator's word: letters, digits, underscores and dashes up to the first blank.
fn keyword(text: &str, start: usize) -> Span {
    let len = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count();
    Span::new(start, start + len)
}

fn sort_order(word: &str) -> SortOrder {
    match word {
        "asc" => SortOrder::Asc,
        "granny-asc" => SortOrder::GrannyAsc,
        "granny-desc" => SortOrder::GrannyDesc,
        _ => SortOrder::Desc,
    }
}
