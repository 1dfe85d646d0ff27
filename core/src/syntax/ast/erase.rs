//! Comparing trees for what they say, wherever it stands.

// Every node is named here.
#[allow(clippy::wildcard_imports)]
use super::*;

impl Query {
    /// The query with every span empty, without its comments: equal for two texts that differ only in layout.
    ///
    /// The text of strings that join holds the blanks between them, so it goes as well; their value stays, and how
    /// many there are.
    #[must_use]
    pub fn without_spans(mut self) -> Self {
        let Self { directives, statements, comments, span } = &mut self;
        directives.erase();
        statements.erase();
        comments.clear();
        span.erase();
        self
    }
}

/// A part of the tree whose spans can be emptied.
trait Erase {
    fn erase(&mut self);
}

impl Erase for Span {
    fn erase(&mut self) {
        *self = Self::default();
    }
}

impl<T: Erase> Erase for Vec<T> {
    fn erase(&mut self) {
        self.iter_mut().for_each(Erase::erase);
    }
}

impl<T: Erase> Erase for Option<T> {
    fn erase(&mut self) {
        self.iter_mut().for_each(Erase::erase);
    }
}

impl<T: Erase> Erase for Box<T> {
    fn erase(&mut self) {
        (**self).erase();
    }
}

impl<A: Erase, B: Erase> Erase for (A, B) {
    fn erase(&mut self) {
        self.0.erase();
        self.1.erase();
    }
}

impl Erase for Expr {
    fn erase(&mut self) {
        self.span.erase();
        stacker::maybe_grow(128 * 1024, 4 * 1024 * 1024, || self.kind.erase());
    }
}

impl Erase for Json {
    fn erase(&mut self) {
        self.span.erase();
        stacker::maybe_grow(128 * 1024, 4 * 1024 * 1024, || self.kind.erase());
    }
}

impl Erase for Literal {
    fn erase(&mut self) {
        self.span.erase();
        if let LiteralKind::String(StringValue { parts, .. }) = &mut self.kind {
            if parts.len() > 1 {
                self.raw = Box::default();
            }
            parts.erase();
        }
    }
}

impl Erase for Name {
    fn erase(&mut self) {
        self.span.erase();
    }
}

impl Erase for TypeName {
    fn erase(&mut self) {
        self.span.erase();
    }
}

/// What holds no span.
macro_rules! spanless {
    ($($ty:ty),+ $(,)?) => {
        $(impl Erase for $ty {
            fn erase(&mut self) {}
        })+
    };
}

/// What holds spans in its fields. All are named, so that the compiler asks for a new one.
macro_rules! nodes {
    ($(struct $name:ident { $($field:ident),+ })*) => {
        $(impl Erase for $name {
            fn erase(&mut self) {
                let Self { $($field),+ } = self;
                $($field.erase();)+
            }
        })*
    };
    ($(enum $name:ident {
        $($variant:ident $(($($item:ident),+))? $({ $($field:ident),* })?;)+
    })*) => {
        $(impl Erase for $name {
            fn erase(&mut self) {
                match self {
                    $(Self::$variant $(($($item),+))? $({ $($field),* })? => {
                        $($($item.erase();)+)?
                        $($($field.erase();)*)?
                    })+
                }
            }
        })*
    };
}

spanless! { bool, Sign, ArithmeticOp, LogicalOp, InOp, WrapperKind, StringTest, SortOrder, NullsOrder, EdgeDirection, NameForm, BinaryOp }

nodes! {
    struct Statement { kind, span }
    struct Let { name, value }
    struct FunctionDeclaration { view, parameters, body, span }
    struct FunctionParameter { name, ty, default, span }
    struct Pattern { name, declaration }
    struct PatternDeclaration { parameters, path, cases }
    struct PatternCase { arguments, path, body }
    struct Call { name, arguments, arguments_span }
    struct Path { base, member }
    struct Index { base, index }
    struct Unary { op, operand }
    struct Binary { op, op_span, left, right }
    struct Chain { first, rest }
    struct ChainLink { op, op_span, operand }
    struct Logical { op, operands }
    struct In { op, op_span, left, items, items_span }
    struct Between { negated, op_span, left, low, high }
    struct Pipe { source, stages }
    struct Wrapper { kind, keyword, parameters, expr }
    struct DataTable { parameters, schema, values, values_span }
    struct ExternalData { parameters, schema, sources, properties }
    struct ContextualDataTable { id, schema }
    struct MaterializedViewCombine { view, base, delta, aggregations }
    struct InlineExternalTable { schema, kind, partitions, path_format, data_format, sources, properties }
    struct DataScope { table, scope }
    struct NamedExpr { names, expr, span }
    struct Body { statements, result, span }
    struct Operator { kind, keyword, parameters, span }
    struct Parameter { name, value, span }
    struct Find { data_scope, sources, predicate, project, project_away }
    struct FindProject { columns, span }
    struct Search { data_scope, sources, predicate }
    struct ForkBranch { name, body, span }
    struct Join { right, condition }
    struct MakeSeries { aggregates, on, range, by }
    struct MakeSeriesItem { expr, default }
    struct MvItem { expr, to, span }
    struct Parse { expr, pattern }
    struct Partition { by, scope, body }
    struct ReorderItem { name, order, span }
    struct SortItem { expr, order, nulls, span }
    struct Scan { order_by, partition_by, declare, steps }
    struct ScanStep { name, optional, output, condition, assignments, span }
    struct ScanAssignment { name, expr }
    struct Summarize { aggregates, by, bin }
    struct TopNestedLevel { count, of, others, by, span }
    struct GraphMatch { patterns, predicate, project }
    struct GraphOutput { nodes, name, parameters, span }
    struct MakeGraph { source, directed, target, node_id, tables, partitioned_by }
    struct JsonPair { key, value }
    struct TypeOf { kind, span }
    struct ColumnDeclaration { name, ty, span }
    struct RowSchema { star, columns, span }
}

nodes! {
    enum StatementKind {
        Let(a); Set { name, value }; Alias { name, expr }; QueryParameters(a); Pattern(a);
        Restrict { entities, properties }; Expr(a);
    }
    enum LetValue {
        Expr(a); Function(a);
    }
    enum ParameterType {
        Scalar(a); Tabular(a);
    }
    enum ExprKind {
        Name(a); Literal(a); Dynamic(a); TypeOf(a); Star {}; At {}; Call(a); Path(a); Index(a); Unary(a);
        Binary(a); Chain(a); Logical(a); In(a); Between(a); Paren(a); Bracketed(a); Pipe(a); Operator(a);
        Wrapper(a); DataTable(a); ExternalData(a); ContextualDataTable(a); MaterializedViewCombine(a);
        DataScope(a); EntityGroup(a);
    }
    enum PathMember {
        Name(a); Call(a); At(a); Bracketed(a);
    }
    enum Names {
        None {}; One(a); List(a, b);
    }
    enum ParameterValue {
        Expr(a); Name(a); Names(a);
    }
    enum OperatorKind {
        As(a); AssertSchema(a); Consume {}; Count { name }; Distinct(a); Evaluate { call, schema };
        ExecuteAndCache {}; Extend(a); Facet { by, with }; Find(a); Fork(a); GetSchema {}; GraphMarkComponents {};
        GraphMatch(a); GraphShortestPaths(a); GraphToTable(a); GraphWhereEdges(a); GraphWhereNodes(a);
        InlineExternalTable(a); Invoke(a); Join(a); Lookup(a); MacroExpand { group, name, statements };
        MakeGraph(a); MakeSeries(a); MvApply { items, limit, id, body }; MvExpand { items, limit }; Parse(a);
        ParseWhere(a); ParseKv { expr, schema, properties }; Partition(a); PartitionBy { by, id, body }; Print(a);
        Project(a); ProjectAway(a); ProjectByNames(a); ProjectKeep(a); ProjectRename(a); ProjectReorder(a);
        Range { name, from, to, step }; Reduce { by, properties }; Render { chart, properties }; Sample(a);
        SampleDistinct { count, of }; Scan(a); Search(a); Serialize(a); Sort(a); Summarize(a); Take(a);
        Top { count, by }; TopHitters { count, of, by }; TopNested(a); Union(a); Where(a);
    }
    enum FindColumn {
        Column(a, b); Star(a); Pack(a);
    }
    enum JoinCondition {
        None {}; On(a); Where(a);
    }
    enum SeriesRange {
        FromTo { from, to, step }; InRange(a);
    }
    enum ParseSegment {
        Star(a); Text(a); Column(a); TypedColumn(a);
    }
    enum PartitionBody {
        SubQuery(a); Query(a);
    }
    enum GraphElement {
        Node { name, span }; Edge { direction, name, range, span };
    }
    enum JsonKind {
        Literal(a); Negative(a); Array(a); Object(a); Dynamic(a); Parameter(a);
    }
    enum TypeOfKind {
        Scalar(a); Row(a);
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::parse;

    fn tree(text: &str) -> String {
        format!("{:?}", parse(text).query.expect("the text parses").without_spans())
    }

    #[test]
    fn layout_and_comments_leave_no_trace() {
        let spaced = "// c\nT |  where a\n== f( 1, 'x'\n 'y' )//d\n | count";
        assert_eq!(tree("T|where a==f(1,'x' 'y')|count"), tree(spaced));
    }

    #[test]
    fn no_span_is_left() {
        let text = "let f = (a: long = 1, T: (*)) { T | where a in (1, 2) }; f(1) | join kind=inner (U) on $left.a == $right.b \
            | summarize n = count() by bin(t, 1h) | mv-expand x to typeof(long) | project y = dynamic({'a': [-1]}).b[0]";
        assert!(!tree(text).contains("..1") && !tree(text).contains("1.."), "{}", tree(text));
    }

    #[test]
    fn what_is_written_otherwise_differs() {
        for (one, other) in [("a == 1", "a != 1"), ("'a'", "\"a\""), ("(a)", "a"), ("['a']", "a"), ("'a' 'b'", "'ab'")]
        {
            assert_ne!(tree(one), tree(other));
        }
    }
}
