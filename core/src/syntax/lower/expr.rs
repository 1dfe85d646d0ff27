//! Expressions: the flat lists of operands and operators become trees by precedence.

use std::sync::LazyLock;

use pest::iterators::Pair;
use pest::pratt_parser::{Assoc, Op, PrattParser};

use super::super::ast::{
    ArithmeticOp, Between, Binary, BinaryOp, Call, Chain, ChainLink, ContextualDataTable, DataScope, DataTable, Expr,
    ExprKind, ExternalData, In, InOp, Index, Logical, LogicalOp, MaterializedViewCombine, Name, NameForm, NamedExpr,
    Names, Parameter, ParameterValue, Path, PathMember, Pipe, Sign, StringOp, StringTest, Unary, Wrapper, WrapperKind,
};
use super::super::scan::MAX_DEPTH;
use super::{Children, Lower, Place, Rule, is_name, span};
use crate::diagnostic::{Applicability, Diagnostic, Edit, code};
use crate::source::Span;

/// The precedence of KQL's operators, from loosest to tightest: `logicalOrExpression` down to
/// `stringOperatorExpression` of Kusto's published grammar.
static PRECEDENCE: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    PrattParser::new()
        .op(Op::infix(Rule::or, Assoc::Left))
        .op(Op::infix(Rule::and, Assoc::Left))
        .op(Op::infix(Rule::equal_op, Assoc::Left) | Op::postfix(Rule::in_tail) | Op::postfix(Rule::between_tail))
        .op(Op::infix(Rule::compare_op, Assoc::Left))
        .op(Op::infix(Rule::add_op, Assoc::Left))
        .op(Op::infix(Rule::mul_op, Assoc::Left))
        .op(Op::infix(Rule::string_op, Assoc::Left))
});

/// The levels whose operators do not chain.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Equality,
    Relation,
    String,
}

impl Lower {
    /// `pipeline`: an expression, with or without stages.
    pub(super) fn pipeline(&self, pair: Pair<'_, Rule>) -> Expr {
        let whole = span(&pair);
        let mut children = Children::of(pair);
        let head = children.need();
        let source = match head.as_rule() {
            Rule::expr => self.expr(head),
            _ => self.operator_expr(head),
        };
        self.stages(source, children, whole)
    }

    /// `sub_query`: a pipeline that begins with an operator.
    pub(super) fn sub_query(&self, pair: Pair<'_, Rule>) -> Expr {
        let whole = span(&pair);
        let mut children = Children::of(pair);
        let head = children.need();
        let source = match head.as_rule() {
            Rule::contextual_datatable => self.primary(head),
            _ => self.operator_expr(head),
        };
        self.stages(source, children, whole)
    }

    fn operator_expr(&self, pair: Pair<'_, Rule>) -> Expr {
        let operator = self.operator(pair);
        Expr { span: operator.span, kind: ExprKind::Operator(Box::new(operator)) }
    }

    fn stages(&self, source: Expr, children: Children<'_>, span: Span) -> Expr {
        let stages: Vec<_> = children.map(|stage| self.operator(stage)).collect();
        if stages.is_empty() { source } else { Expr { kind: ExprKind::Pipe(Box::new(Pipe { source, stages })), span } }
    }

    /// `expr`: operands and operators.
    pub(super) fn expr(&self, pair: Pair<'_, Rule>) -> Expr {
        let mut children = pair.into_inner();
        if children.len() == 1 {
            return self.operand(children.next().expect("an expression has an operand"));
        }
        PRECEDENCE
            .map_primary(|operand| self.operand(operand))
            .map_infix(|left, op, right| self.infix(left, &op, right))
            .map_postfix(|left, tail| self.listed(left, tail))
            .parse(children)
    }

    fn operand(&self, pair: Pair<'_, Rule>) -> Expr {
        let span = span(&pair);
        match pair.as_rule() {
            Rule::any_column => Expr { kind: ExprKind::Star, span },
            Rule::negative => {
                let mut children = Children::of(pair);
                let op = if children.need().as_str() == "-" { Sign::Minus } else { Sign::Plus };
                let operand = self.path(children.need());
                Expr { kind: ExprKind::Unary(Box::new(Unary { op, operand })), span }
            }
            _ => self.path(pair),
        }
    }

    fn infix(&self, left: Expr, op: &Pair<'_, Rule>, right: Expr) -> Expr {
        let op_span = span(op);
        let span = left.span.to(right.span);
        let kind = match op.as_rule() {
            Rule::or => logical(LogicalOp::Or, left, right),
            Rule::and => logical(LogicalOp::And, left, right),
            Rule::add_op | Rule::mul_op => chain(arithmetic_op(op.as_str()), op_span, left, right),
            rule => {
                let (level, op) = match rule {
                    Rule::equal_op => (Level::Equality, comparison_op(op.as_str())),
                    Rule::compare_op => (Level::Relation, comparison_op(op.as_str())),
                    _ => (Level::String, BinaryOp::String(string_op(op.as_str()))),
                };
                self.refuse_chain(&left, level, op_span);
                ExprKind::Binary(Box::new(Binary { op, op_span, left, right }))
            }
        };
        Expr { kind, span }
    }

    /// `in (…)`, `between (… .. …)` and their like behind their left operand.
    fn listed(&self, left: Expr, tail: Pair<'_, Rule>) -> Expr {
        let whole = left.span.to(span(&tail));
        let is_range = tail.as_rule() == Rule::between_tail;
        let mut children = Children::of(tail);
        let (word, list) = (children.need(), children.need());
        let op_span = span(&word);
        self.refuse_chain(&left, Level::Equality, op_span);
        let list_span = span(&list);
        let kind = if is_range {
            let mut bounds = Children::of(list);
            let (low, high) = (self.expr(bounds.need()), self.expr(bounds.need()));
            let negated = word.as_str().starts_with('!');
            ExprKind::Between(Box::new(Between { negated, op_span, left, low, high }))
        } else {
            let items: Vec<_> = list
                .into_inner()
                .map(|item| if item.as_rule() == Rule::pipeline { self.pipeline(item) } else { self.expr(item) })
                .collect();
            self.refuse_pipe_in_list(&items);
            ExprKind::In(Box::new(In { op: in_op(word.as_str()), op_span, left, items, items_span: list_span }))
        };
        Expr { kind, span: whole }
    }

    /// A list holds one tabular expression, or scalars; not both.
    fn refuse_pipe_in_list(&self, items: &[Expr]) {
        if let [first, second, ..] = items
            && matches!(first.kind, ExprKind::Pipe(_) | ExprKind::Operator(_))
        {
            self.report(
                Diagnostic::new(&code::UNEXPECTED, second.span, "a tabular expression stands alone in a list")
                    .label("nothing may follow the query")
                    .related(first.span, "this query fills the list"),
            );
        }
    }

    fn refuse_chain(&self, left: &Expr, level: Level, op: Span) {
        if level_of(left) == Some(level) {
            let (message, help) = match level {
                Level::Equality | Level::Relation => {
                    ("comparisons do not chain", "join two comparisons with `and`, or put one into parentheses")
                }
                Level::String => ("string operators do not chain", "join two tests with `and` or `or`"),
            };
            self.report(
                Diagnostic::new(&code::CHAINED_COMPARISON, op, message)
                    .label("a second comparison begins here")
                    .related(left.span, "this is a comparison already")
                    .help(help),
            );
        }
    }

    /// `path`: a primary, then members and indices.
    pub(super) fn path(&self, pair: Pair<'_, Rule>) -> Expr {
        let start = span(&pair).start as usize;
        let mut children = Children::of(pair);
        let mut base = self.head_of_path(&mut children);
        for (depth, step) in children.enumerate() {
            // Each step is a level of the tree, whatever the brackets say.
            if depth == MAX_DEPTH {
                self.report(
                    Diagnostic::new(
                        &code::TOO_DEEP,
                        self::span(&step),
                        format!("a path has more than {MAX_DEPTH} steps"),
                    )
                    .label("this step is one too many")
                    .help("give the first part a name with `extend`"),
                );
                break;
            }
            let span = Span::new(start, span(&step).end as usize);
            base = match step.as_rule() {
                Rule::index | Rule::entity_index => {
                    let index = step.into_inner().next().expect("an index holds an expression");
                    let index = match index.as_rule() {
                        Rule::expr => self.expr(index),
                        _ => self.name_expr(index, Place::Reference),
                    };
                    Expr { kind: ExprKind::Index(Box::new(Index { base, index })), span }
                }
                _ => Expr { kind: ExprKind::Path(Box::new(Path { base, member: self.member(step) })), span },
            };
        }
        base
    }

    /// The first part of a path: with the arguments of a call or a data scope where they follow.
    fn head_of_path(&self, children: &mut Children<'_>) -> Expr {
        let first = children.need();
        if first.as_rule() == Rule::called {
            let call = self.called(first);
            return Expr { span: call.name.span.to(call.arguments_span), kind: ExprKind::Call(call) };
        }
        if !is_name(first.as_rule()) {
            return self.primary(first);
        }
        if let Some(arguments) = children.one(Rule::arguments) {
            let call = self.call(first, arguments);
            return Expr { span: call.name.span.to(call.arguments_span), kind: ExprKind::Call(call) };
        }
        let table = self.name_expr(first, Place::Path);
        match children.one(Rule::data_scope) {
            None => table,
            Some(clause) => {
                let span = table.span.to(span(&clause));
                Expr { kind: ExprKind::DataScope(Box::new(DataScope { table, scope: Self::data_scope(clause) })), span }
            }
        }
    }

    fn member(&self, pair: Pair<'_, Rule>) -> PathMember {
        let mut children = Children::of(pair);
        let first = children.need();
        match first.as_rule() {
            Rule::bracket_expr => {
                PathMember::Bracketed(self.expr(first.into_inner().next().expect("brackets hold an expression")))
            }
            Rule::at => PathMember::At(span(&first)),
            Rule::called => PathMember::Call(self.called(first)),
            _ => match children.one(Rule::arguments) {
                Some(arguments) => PathMember::Call(self.call(first, arguments)),
                None => PathMember::Name(self.name(first, Place::Path)),
            },
        }
    }

    fn name_expr(&self, pair: Pair<'_, Rule>, place: Place) -> Expr {
        let name = self.name(pair, place);
        Expr { span: name.span, kind: ExprKind::Name(name) }
    }

    /// A word for `name = word`, which names neither a column nor a table.
    pub(super) fn word(pair: &Pair<'_, Rule>) -> Name {
        Name { text: pair.as_str().into(), form: NameForm::Bare, span: span(pair) }
    }

    pub(super) fn data_scope(pair: Pair<'_, Rule>) -> Name {
        Self::word(&pair.into_inner().next().expect("a data scope has a value"))
    }

    fn call(&self, name: Pair<'_, Rule>, arguments: Pair<'_, Rule>) -> Call {
        let arguments_span = span(&arguments);
        let name = self.name(name, Place::Reference);
        let arguments = arguments
            .into_inner()
            .map(|argument| match argument.as_rule() {
                Rule::star_argument => NamedExpr::unnamed(Expr { kind: ExprKind::Star, span: span(&argument) }),
                _ => self.named_expr(argument),
            })
            .collect();
        Call { name, arguments, arguments_span }
    }

    /// `called`: a name with arguments.
    pub(super) fn called(&self, pair: Pair<'_, Rule>) -> Call {
        let mut children = Children::of(pair);
        let (name, arguments) = (children.need(), children.need());
        self.call(name, arguments)
    }

    /// `a = b`, `(a, b) = c`, `b`; also the `*` of `distinct`.
    pub(super) fn named_expr(&self, pair: Pair<'_, Rule>) -> NamedExpr {
        let span = span(&pair);
        if pair.as_rule() == Rule::star_item {
            return NamedExpr::unnamed(Expr { kind: ExprKind::Star, span });
        }
        let mut children = Children::of(pair);
        if let Some(list) = children.one(Rule::name_list) {
            let list_span = self::span(&list);
            let names = list.into_inner().map(|name| self.name(name, Place::Given)).collect();
            let expr = children.need();
            if let Some(second) = children.next() {
                let between = Span::new(self::span(&expr).end as usize, self::span(&second).start as usize);
                self.report_assignment(self::span(&expr), assignment(expr.get_input(), between));
            }
            return NamedExpr { names: Names::List(names, list_span), expr: self.expr(expr), span };
        }
        let first = children.need();
        match children.next() {
            None => NamedExpr { names: Names::None, expr: self.expr(first), span },
            Some(expr) => NamedExpr { names: self.given_name(first, &expr), expr: self.expr(expr), span },
        }
    }

    /// The name before `=`, which the grammar has matched as an expression.
    fn given_name(&self, pair: Pair<'_, Rule>, value: &Pair<'_, Rule>) -> Names {
        let (start, end) = (span(&pair), span(value));
        if let Some(name) = lone_name(pair.clone()) {
            return Names::One(self.name(name, Place::Given));
        }
        let sign = assignment(pair.get_input(), Span::new(start.end as usize, end.start as usize));
        self.report_assignment(start, sign);
        let left = self.expr(pair);
        Names::One(Name { text: "".into(), form: NameForm::Bare, span: left.span })
    }

    /// Reports an `=` behind something that is no name.
    fn report_assignment(&self, left: Span, sign: Span) {
        self.report(
            Diagnostic::new(&code::ASSIGNMENT, sign, "only a name may stand before `=`")
                .label("`=` gives a name; `==` compares")
                .related(left, "this is no name")
                .fix("compare with `==`", Applicability::Unsafe, vec![Edit::replace(sign, "==")]),
        );
    }

    /// `parameter`, `property` and their like: `name = value`.
    pub(super) fn parameter(&self, pair: Pair<'_, Rule>) -> Parameter {
        let span = span(&pair);
        let mut children = Children::of(pair);
        let name = children.need();
        let name = match name.as_rule() {
            rule if is_name(rule) => self.name(name, Place::Given),
            _ => Self::word(&name),
        };
        let value = children.need();
        let value = match value.as_rule() {
            // `kind = simple` is a word for the operator, whatever else the word may be.
            Rule::bare
                if !matches!(
                    value.as_str(),
                    "simple" | "relaxed" | "regex" | "nooptimization" | "last" | "default"
                ) =>
            {
                match value.as_str() {
                    "true" | "false" | "True" | "False" | "TRUE" | "FALSE" => ParameterValue::Expr(Expr {
                        span: self::span(&value),
                        kind: ExprKind::Literal(self.literal(value)),
                    }),
                    _ => ParameterValue::Name(self.name(value, Place::Reference)),
                }
            }
            Rule::bare => ParameterValue::Name(Self::word(&value)),
            Rule::bracketed | Rule::braced => ParameterValue::Name(self.name(value, Place::Reference)),
            Rule::path => ParameterValue::Expr(self.path(value)),
            Rule::render_names | Rule::render_column_names => {
                ParameterValue::Names(value.into_inner().map(|name| self.name(name, Place::Given)).collect())
            }
            _ => ParameterValue::Expr(self.literal_expr(value)),
        };
        Parameter { name, value, span }
    }

    pub(super) fn parameters(&self, children: &mut Children<'_>) -> Vec<Parameter> {
        children.every(Rule::parameter).map(|parameter| self.parameter(parameter)).collect()
    }

    pub(super) fn with_properties(&self, children: &mut Children<'_>) -> Vec<Parameter> {
        children
            .one(Rule::with_properties)
            .map(|clause| clause.into_inner().map(|property| self.parameter(property)).collect())
            .unwrap_or_default()
    }

    /// Whatever may begin a path, names apart.
    pub(super) fn primary(&self, pair: Pair<'_, Rule>) -> Expr {
        let span = span(&pair);
        let kind = match pair.as_rule() {
            Rule::paren => {
                ExprKind::Paren(Box::new(self.pipeline(pair.into_inner().next().expect("parentheses hold a query"))))
            }
            Rule::bracket_expr => {
                // `[a]` at the start of a path names what `a` evaluates to.
                let inner = self.expr(pair.into_inner().next().expect("brackets hold an expression"));
                ExprKind::Bracketed(Box::new(inner))
            }
            Rule::at => ExprKind::At,
            Rule::toscalar => self.wrapper(WrapperKind::ToScalar, pair),
            Rule::totable => self.wrapper(WrapperKind::ToTable, pair),
            Rule::materialize => self.wrapper(WrapperKind::Materialize, pair),
            Rule::datatable => {
                let mut children = Children::of(pair);
                let parameters = self.parameters(&mut children);
                let schema = self.row_schema(children.need());
                let values = children.need();
                let values_span = self::span(&values);
                let values = values
                    .into_inner()
                    .map(|value| self.literal_expr(value.into_inner().next().expect("a value is a literal")))
                    .collect();
                ExprKind::DataTable(Box::new(DataTable { parameters, schema, values, values_span }))
            }
            Rule::externaldata => {
                let mut children = Children::of(pair);
                let parameters = self.parameters(&mut children);
                let schema = self.row_schema(children.need());
                let sources = children.need().into_inner().map(|source| self.pipeline(source)).collect();
                let properties = self.with_properties(&mut children);
                ExprKind::ExternalData(Box::new(ExternalData { parameters, schema, sources, properties }))
            }
            Rule::contextual_datatable => {
                let mut children = Children::of(pair);
                let id = self.expr(children.need());
                let schema = self.row_schema(children.need());
                ExprKind::ContextualDataTable(Box::new(ContextualDataTable { id, schema }))
            }
            Rule::view_combine => {
                let mut children = Children::of(pair);
                let [view, base, delta] = std::array::from_fn(|_| self.pipeline(children.need()));
                let aggregations = self.operator(children.need());
                ExprKind::MaterializedViewCombine(Box::new(MaterializedViewCombine { view, base, delta, aggregations }))
            }
            _ => return self.literal_expr(pair),
        };
        Expr { kind, span }
    }

    fn wrapper(&self, kind: WrapperKind, pair: Pair<'_, Rule>) -> ExprKind {
        let start = span(&pair).start as usize;
        let word = match kind {
            WrapperKind::ToScalar => "toscalar",
            WrapperKind::ToTable => "totable",
            WrapperKind::Materialize => "materialize",
        };
        let mut children = Children::of(pair);
        let parameters = self.parameters(&mut children);
        let expr = self.pipeline(children.need());
        let keyword = Span::new(start, start + word.len());
        ExprKind::Wrapper(Box::new(Wrapper { kind, keyword, parameters, expr }))
    }

    /// `source_list`, `external_sources`, `with_properties` behind them: shared by the external tables.
    pub(super) fn sources(&self, pair: Pair<'_, Rule>) -> Vec<Expr> {
        pair.into_inner().map(|source| self.pipeline(source)).collect()
    }
}

/// The `=` among the blanks and comments of `between`.
fn assignment(text: &str, between: Span) -> Span {
    let mut at = between.start as usize;
    for line in between.of(text).split_inclusive(['\n', '\r', '\u{2028}', '\u{2029}']) {
        let code = line.find("//").map_or(line, |comment| &line[..comment]);
        if let Some(sign) = code.find('=') {
            return Span::new(at + sign, at + sign + 1);
        }
        at += line.len();
    }
    between
}

/// The name that an expression consists of, if it is nothing else.
fn lone_name(pair: Pair<'_, Rule>) -> Option<Pair<'_, Rule>> {
    let mut operands = pair.into_inner();
    let operand = operands.next().filter(|operand| operand.as_rule() == Rule::path)?;
    let mut parts = operand.into_inner();
    let name = parts.next().filter(|part| is_name(part.as_rule()))?;
    (operands.next().is_none() && parts.next().is_none()).then_some(name)
}

/// Puts `right` onto a chain of the same word, or begins one.
fn logical(op: LogicalOp, left: Expr, right: Expr) -> ExprKind {
    match left.kind {
        ExprKind::Logical(mut chain) if chain.op == op => {
            chain.operands.push(right);
            ExprKind::Logical(chain)
        }
        _ => ExprKind::Logical(Logical { op, operands: vec![left, right] }),
    }
}

/// Puts `right` onto a chain of the same level, or begins one.
fn chain(op: ArithmeticOp, op_span: Span, left: Expr, right: Expr) -> ExprKind {
    let additive = |op| matches!(op, ArithmeticOp::Add | ArithmeticOp::Subtract);
    let link = ChainLink { op, op_span, operand: right };
    match left.kind {
        ExprKind::Chain(mut chain) if chain.rest.first().is_some_and(|first| additive(first.op) == additive(op)) => {
            chain.rest.push(link);
            ExprKind::Chain(chain)
        }
        _ => ExprKind::Chain(Box::new(Chain { first: left, rest: vec![link] })),
    }
}

fn level_of(expr: &Expr) -> Option<Level> {
    match &expr.kind {
        ExprKind::In(_) | ExprKind::Between(_) => Some(Level::Equality),
        ExprKind::Binary(binary) => Some(match binary.op {
            BinaryOp::Equal | BinaryOp::NotEqual => Level::Equality,
            BinaryOp::String(_) => Level::String,
            _ => Level::Relation,
        }),
        _ => None,
    }
}

fn arithmetic_op(sign: &str) -> ArithmeticOp {
    match sign {
        "+" => ArithmeticOp::Add,
        "-" => ArithmeticOp::Subtract,
        "*" => ArithmeticOp::Multiply,
        "/" => ArithmeticOp::Divide,
        _ => ArithmeticOp::Modulo,
    }
}

fn comparison_op(sign: &str) -> BinaryOp {
    match sign {
        "==" => BinaryOp::Equal,
        "!=" | "<>" => BinaryOp::NotEqual,
        "<" => BinaryOp::Less,
        "<=" => BinaryOp::LessOrEqual,
        ">" => BinaryOp::Greater,
        _ => BinaryOp::GreaterOrEqual,
    }
}

fn in_op(word: &str) -> InOp {
    match word {
        "in" => InOp::In,
        "!in" => InOp::NotIn,
        "in~" => InOp::InIgnoreCase,
        "!in~" => InOp::NotInIgnoreCase,
        "has_any" => InOp::HasAny,
        _ => InOp::HasAll,
    }
}

/// The meaning of a string operator's word: `!` or `not` before it negates, `_cs` or `cs` behind it makes case count.
fn string_op(word: &str) -> StringOp {
    match word {
        "=~" => return StringOp { test: StringTest::Equal, case_sensitive: false, negated: false },
        "!~" => return StringOp { test: StringTest::Equal, case_sensitive: false, negated: true },
        ":" => return StringOp { test: StringTest::Search, case_sensitive: false, negated: false },
        "matches regex" => return StringOp { test: StringTest::MatchesRegex, case_sensitive: true, negated: false },
        _ => {}
    }
    let positive = word.strip_prefix('!').or_else(|| word.strip_prefix("not"));
    let base = positive.unwrap_or(word);
    let folded = base.strip_suffix("_cs").or_else(|| base.strip_suffix("cs"));
    let test = match folded.unwrap_or(base) {
        "has" => StringTest::Has,
        "hasprefix" => StringTest::HasPrefix,
        "hassuffix" => StringTest::HasSuffix,
        "startswith" => StringTest::StartsWith,
        "endswith" => StringTest::EndsWith,
        "like" => StringTest::Like,
        _ => StringTest::Contains,
    };
    StringOp { test, case_sensitive: folded.is_some(), negated: positive.is_some() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn string_operators_mean_what_their_words_say() {
        let op = |test, case_sensitive, negated| StringOp { test, case_sensitive, negated };
        for (word, expected) in [
            ("has", op(StringTest::Has, false, false)),
            ("!has_cs", op(StringTest::Has, true, true)),
            ("containscs", op(StringTest::Contains, true, false)),
            ("notcontains", op(StringTest::Contains, false, true)),
            ("notlikecs", op(StringTest::Like, true, true)),
            ("!endswith", op(StringTest::EndsWith, false, true)),
            ("hassuffix_cs", op(StringTest::HasSuffix, true, false)),
            ("matches regex", op(StringTest::MatchesRegex, true, false)),
        ] {
            assert_eq!(string_op(word), expected, "{word}");
        }
    }

    #[test]
    fn a_call_is_a_call_wherever_a_path_may_begin() {
        use crate::syntax::ast::{Expr, ExprKind, OperatorKind, StatementKind};
        let first = |text: &str| -> Expr {
            let query = crate::syntax::parse(text).query.expect("the text parses");
            let StatementKind::Expr(Expr { kind: ExprKind::Pipe(pipe), .. }) = &query.statements[0].kind else {
                panic!("{text} is a pipe")
            };
            match &pipe.stages[0].kind {
                OperatorKind::Invoke(expr) => expr.clone(),
                OperatorKind::Union(tables) => tables[0].clone(),
                other => panic!("{other:?}"),
            }
        };
        assert!(matches!(first("T | invoke f(1, a)").kind, ExprKind::Call(call) if call.arguments.len() == 2));
        let ExprKind::Path(path) = first("T | union database('x').U*").kind else { panic!("a path") };
        assert!(matches!(&path.base.kind, ExprKind::Call(call) if call.arguments.len() == 1));
    }
}
