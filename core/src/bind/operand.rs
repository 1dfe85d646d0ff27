//! Operators of expressions.

use std::sync::Arc;

use super::{Binder, Either};
use crate::diagnostic::{Applicability, Diagnostic, Edit, code};
use crate::functions::resolve::{Argument, Form, Is, Mismatch};
use crate::functions::{Operator, Output, ValueType};
use crate::ir::{
    AnyColumn, Arithmetic, ArithmeticOp, ArithmeticStep, Between, CaseRule, Compare, CompareOp, Expr, ExprKind,
    Membership, NullRule, Quantifier, RegexDialect, RegexMatch, StringMatch, StringRules, StringTest, Value, ValueSet,
};
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOp, ExprKind as Ast, InOp, LogicalOp};
use crate::types::Type;

impl<'a> Binder<'a> {
    /// The type that an operator gives; an error where it is not defined for the operands.
    pub(super) fn operator_type(&mut self, op: Operator, operands: &[&Expr], span: Span) -> ValueType {
        let arguments: Vec<Argument<'_>> = operands.iter().map(|e| argument(e)).collect();
        self.resolve_operator(op, &arguments, span)
    }

    fn resolve_operator(&mut self, op: Operator, arguments: &[Argument<'_>], span: Span) -> ValueType {
        match op.resolve(arguments) {
            Ok(resolved) => match resolved.output {
                Output::Scalar(ty) => ty,
                _ => Type::Unknown.into(),
            },
            Err(Mismatch::NoOverload | Mismatch::NoCommonType) if arguments.iter().any(is_unknown) => {
                match crate::functions::resolve::best_guess(op.row().overloads, arguments) {
                    Output::Scalar(ty) => ty,
                    _ => Type::Unknown.into(),
                }
            }
            Err(mismatch) => {
                let types: Vec<&str> = arguments.iter().map(describe).collect();
                let mut diagnostic = Diagnostic::new(
                    &code::OPERAND_TYPES,
                    span,
                    format!("`{}` is not defined for {}", op.symbol(), types.join(" and ")),
                );
                if let Mismatch::Argument { problem, .. } = &mismatch {
                    diagnostic = diagnostic.official(problem.official());
                }
                if types.contains(&"dynamic") {
                    diagnostic =
                        diagnostic.help("cast the dynamic value, with `tostring(…)`, `tolong(…)` or their like");
                } else if types.contains(&"string") && matches!(op.symbol(), "<" | "<=" | ">" | ">=") {
                    diagnostic = diagnostic.help("strings have no order; `strcmp(a, b)` compares them");
                }
                self.report(diagnostic);
                match crate::functions::resolve::best_guess(op.row().overloads, arguments) {
                    Output::Scalar(ty) => ty,
                    _ => Type::Unknown.into(),
                }
            }
        }
    }

    pub(super) fn binary(&mut self, node: &'a ast::Binary, span: Span) -> Expr {
        let op = operator(node.op);
        if matches!(node.left.kind, Ast::Star) {
            return self.any_column(node, op, span);
        }
        let left = self.scalar(&node.left);
        let right = self.scalar(&node.right);
        let ty = self.operator_type(op, &[&left, &right], node.op_span);
        if matches!(node.op, BinaryOp::Equal | BinaryOp::NotEqual) {
            self.check_equality(node, &left, &right);
        }
        let kind = match node.op {
            BinaryOp::String(string) => string_node(string, left, right),
            comparison => comparison_node(comparison, left, right),
        };
        Expr::new(kind, ty, span)
    }

    /// Warns of `==` between types that no values share. Microsoft's analyser takes any two scalars there; the engine does
    /// not, so a published query may have it that was never run.
    fn check_equality(&mut self, node: &ast::Binary, left: &Expr, right: &Expr) {
        let (one, other) = (left.ty.ty, right.ty.ty);
        if can_be_equal(one, other) {
            return;
        }
        let message = format!("`{}` compares {one} with {other}", operator(node.op).symbol());
        let diagnostic = Diagnostic::new(&code::UNEQUAL_TYPES, node.op_span, message)
            .label("the engine may refuse it, or find nothing")
            .related(node.left.span, one.name())
            .related(node.right.span, other.name());
        let sides = [(&node.left, left, other), (&node.right, right, one)];
        let written =
            |(side, value, wanted): (&ast::Expr, &Expr, Type)| Some((side.span, rewritten(side, value, wanted)?));
        let rewritten = sides.into_iter().find_map(written);
        self.report(match rewritten {
            // Nobody has seen the values: a text may hold `00`, or `0.0`.
            Some((span, text)) => {
                diagnostic.fix(format!("compare with {text}"), Applicability::Unsafe, vec![Edit::replace(span, text)])
            }
            None if one == Type::String => diagnostic.help(format!("cast the text with `to{}(…)`", other.name())),
            None if other == Type::String => diagnostic.help(format!("cast the text with `to{}(…)`", one.name())),
            None => diagnostic.help("cast one of them"),
        });
    }

    /// `* has "x"`: a test of every column.
    fn any_column(&mut self, node: &'a ast::Binary, op: Operator, span: Span) -> Expr {
        let needle = self.scalar(&node.right);
        if !op.takes_star() {
            self.simple(&code::STAR_MISPLACED, node.left.span, format!("`*` cannot stand left of `{}`", op.symbol()));
            return Expr { ty: Type::Bool.into(), ..Self::unknown_value(span) };
        }
        let (test, case, negated) = match node.op {
            BinaryOp::String(string) => (string_test(string.test), case_rule(string.case_sensitive), string.negated),
            comparison => (StringTest::Equals, CaseRule::Sensitive, comparison == BinaryOp::NotEqual),
        };
        self.any_column_test(test, case, negated, needle, span)
    }

    /// A test of every column of the record at hand.
    pub(super) fn any_column_test(
        &mut self,
        test: StringTest,
        case: CaseRule,
        negated: bool,
        needle: Expr,
        span: Span,
    ) -> Expr {
        let columns = self.row.iter().flat_map(crate::ir::Schema::iter).map(|c| c.id).collect();
        let open = self.row.as_ref().is_some_and(|row| row.open);
        let rules = StringRules { case, ..StringRules::KQL_INSENSITIVE };
        let node = AnyColumn { columns, open, test, rules, negated, needle };
        Expr::new(ExprKind::AnyColumn(Box::new(node)), Type::Bool, span)
    }

    pub(super) fn chain(&mut self, node: &'a ast::Chain, span: Span) -> Expr {
        let first = self.scalar(&node.first);
        let mut ty = first.ty;
        let mut so_far = span_of_constant(&first);
        let mut rest = Vec::with_capacity(node.rest.len());
        for link in &node.rest {
            let operand = self.scalar(&link.operand);
            let (op, sign) = arithmetic(link.op);
            // Of what came before, its type matters and whether it is constant, not its text.
            let left = Argument { is: Is::Scalar(ty), form: so_far, text: None };
            ty = self.resolve_operator(op, &[left, argument(&operand)], link.op_span);
            so_far = if so_far != Form::Computed && span_of_constant(&operand) != Form::Computed {
                Form::Constant
            } else {
                Form::Computed
            };
            rest.push(ArithmeticStep { op: sign, operand, ty });
        }
        Expr::new(ExprKind::Arithmetic(Box::new(Arithmetic { first, rest })), ty, span)
    }

    pub(super) fn logical(&mut self, node: &'a ast::Logical, span: Span) -> Expr {
        let operands = node
            .operands
            .iter()
            .map(|operand| {
                let operand = self.scalar(operand);
                self.check_type(&operand, &[Type::Bool, Type::Dynamic], operand.span);
                operand
            })
            .collect();
        Expr::new(logical_kind(node.op, operands), Type::Bool, span)
    }

    pub(super) fn member(&mut self, node: &'a ast::In, span: Span) -> Expr {
        let (op, test, case, quantifier, negated) = match node.op {
            InOp::In => (Operator::In, StringTest::Equals, CaseRule::Sensitive, Quantifier::Any, false),
            InOp::NotIn => (Operator::NotIn, StringTest::Equals, CaseRule::Sensitive, Quantifier::Any, true),
            InOp::InIgnoreCase => {
                (Operator::InNoCase, StringTest::Equals, CaseRule::AsciiInsensitive, Quantifier::Any, false)
            }
            InOp::NotInIgnoreCase => {
                (Operator::NotInNoCase, StringTest::Equals, CaseRule::AsciiInsensitive, Quantifier::Any, true)
            }
            InOp::HasAny => (Operator::HasAny, StringTest::HasTerm, CaseRule::AsciiInsensitive, Quantifier::Any, false),
            InOp::HasAll => (Operator::HasAll, StringTest::HasTerm, CaseRule::AsciiInsensitive, Quantifier::All, false),
        };
        let rules = StringRules { case, ..StringRules::KQL_INSENSITIVE };
        let star = matches!(node.left.kind, Ast::Star);
        let subject = if star { Self::unknown_value(node.left.span) } else { self.scalar(&node.left) };
        let mut items = Vec::new();
        let mut plan = None;
        for item in &node.items {
            // A table may be named here; whatever else it names is a scalar of the record at hand.
            if self.is_tabular(item) {
                match self.without_row(|b| b.either(item)) {
                    Either::Table(table) => plan = Some(table),
                    Either::Scalar(value) => items.push(value),
                }
            } else {
                items.push(self.scalar(item));
            }
        }
        if !star {
            let mut arguments = vec![argument(&subject)];
            match &plan {
                Some(_) => arguments.push(Argument::tabular()),
                None => arguments.extend(items.iter().map(argument)),
            }
            self.resolve_operator(op, &arguments, node.op_span);
        }
        if star {
            let tests: Vec<Expr> =
                items.into_iter().map(|needle| self.any_column_test(test, case, negated, needle, span)).collect();
            let op = if quantifier == Quantifier::All { LogicalOp::And } else { LogicalOp::Or };
            return Expr::new(logical_kind(op, tests), Type::Bool, span);
        }
        let set = plan.map_or(ValueSet::List(items), |plan| ValueSet::Plan(Arc::new(plan)));
        let node = Membership { test, rules, quantifier, negated, subject, set };
        Expr::new(ExprKind::Member(Box::new(node)), Type::Bool, span)
    }

    pub(super) fn between(&mut self, node: &'a ast::Between, span: Span) -> Expr {
        let subject = self.scalar(&node.left);
        let low = self.scalar(&node.low);
        let high = self.scalar(&node.high);
        let op = if node.negated { Operator::NotBetween } else { Operator::Between };
        let ty = self.operator_type(op, &[&subject, &low, &high], node.op_span);
        // `t between (d .. 3d)` is `t between (d .. d + 3d)`.
        let high = if low.ty.ty == Type::DateTime && high.ty.ty == Type::TimeSpan {
            let step = ArithmeticStep { op: ArithmeticOp::Add, ty: Type::DateTime.into(), operand: high };
            let span = low.span.to(step.operand.span);
            let sum = Arithmetic { first: low.clone(), rest: vec![step] };
            Expr::new(ExprKind::Arithmetic(Box::new(sum)), Type::DateTime, span)
        } else {
            high
        };
        let node = Between { negated: node.negated, nulls: NullRule::Propagate, subject, low, high };
        Expr::new(ExprKind::Between(Box::new(node)), ty, span)
    }
}

/// A chain of one kind, what it has of the same kind taken up.
pub(super) fn logical_kind(op: LogicalOp, operands: Vec<Expr>) -> ExprKind {
    let mut flat = Vec::with_capacity(operands.len());
    for operand in operands {
        match (op, operand.kind) {
            (LogicalOp::And, ExprKind::And(inner)) | (LogicalOp::Or, ExprKind::Or(inner)) => flat.extend(inner),
            (_, kind) => flat.push(Expr { kind, ..operand }),
        }
    }
    match op {
        LogicalOp::And => ExprKind::And(flat),
        LogicalOp::Or => ExprKind::Or(flat),
    }
}

/// An argument as the catalogue sees it.
pub(super) fn argument(expr: &Expr) -> Argument<'_> {
    let form = match &expr.kind {
        ExprKind::Literal(_) => Form::Literal,
        ExprKind::Column(_) => Form::Column,
        _ => span_of_constant(expr),
    };
    Argument { is: Is::Scalar(expr.ty), form, text: expr.as_literal().and_then(Value::as_str) }
}

/// Whether values of two types can be equal as far as is known. Numbers widen, and a bool is compared with numbers as one;
/// of a guid and a text nothing certain is known.
fn can_be_equal(one: Type, other: Type) -> bool {
    let number = |ty: Type| ty.is_numeric() || ty == Type::Bool;
    let either = |ty: Type| one == ty || other == ty;
    one == other
        || number(one) && number(other)
        || either(Type::Unknown)
        || either(Type::Dynamic)
        || either(Type::Guid) && either(Type::String)
}

/// A literal written as one of the wanted type: `0` as `"0"`, `"4625"` as `4625`.
fn rewritten(node: &ast::Expr, value: &Expr, wanted: Type) -> Option<String> {
    if !matches!(node.kind, Ast::Literal(_)) {
        return None;
    }
    let value = value.as_literal()?;
    match wanted {
        Type::String => {
            let text = value.as_integer().map(|number| number.to_string());
            text.or_else(|| value.as_bool().map(|truth| truth.to_string())).map(|text| format!("\"{text}\""))
        }
        Type::Int | Type::Long => {
            let text = value.as_str()?;
            // Only what comes back the same: `"007"` and `"+7"` are texts of another kind.
            text.parse::<i64>().ok().map(|number| number.to_string()).filter(|number| number == text)
        }
        Type::Bool => {
            let text = value.as_str()?.to_ascii_lowercase();
            matches!(text.as_str(), "true" | "false").then_some(text)
        }
        _ => None,
    }
}

/// Whether an expression depends on the record.
fn span_of_constant(expr: &Expr) -> Form {
    let mut constant = true;
    let mut stack = vec![expr];
    while let Some(expr) = stack.pop() {
        match &expr.kind {
            ExprKind::Column(_) | ExprKind::Row(..) | ExprKind::AnyColumn(_) => {
                constant = false;
                break;
            }
            _ => expr.operands(&mut |operand| stack.push(operand)),
        }
    }
    if constant { Form::Constant } else { Form::Computed }
}

/// Whether nothing is known of an argument: then it cannot be judged.
pub(super) fn is_unknown(argument: &Argument<'_>) -> bool {
    argument.value().is_some_and(|value| value.ty == Type::Unknown)
}

/// The type of an argument in words.
fn describe(argument: &Argument<'_>) -> &'static str {
    match argument.is {
        Is::Scalar(value) => value.ty.name(),
        Is::Tabular => "a table",
        Is::Star => "`*`",
        Is::TypeLiteral(_) => "a type",
    }
}

fn arithmetic(op: ast::ArithmeticOp) -> (Operator, ArithmeticOp) {
    match op {
        ast::ArithmeticOp::Add => (Operator::Add, ArithmeticOp::Add),
        ast::ArithmeticOp::Subtract => (Operator::Subtract, ArithmeticOp::Subtract),
        ast::ArithmeticOp::Multiply => (Operator::Multiply, ArithmeticOp::Multiply),
        ast::ArithmeticOp::Divide => (Operator::Divide, ArithmeticOp::Divide),
        ast::ArithmeticOp::Modulo => (Operator::Modulo, ArithmeticOp::Modulo),
    }
}

/// The row of the catalogue for an operator of the tree.
fn operator(op: BinaryOp) -> Operator {
    use ast::StringTest as Test;
    let string = match op {
        BinaryOp::Equal => return Operator::Equal,
        BinaryOp::NotEqual => return Operator::NotEqual,
        BinaryOp::Less => return Operator::Less,
        BinaryOp::LessOrEqual => return Operator::LessOrEqual,
        BinaryOp::Greater => return Operator::Greater,
        BinaryOp::GreaterOrEqual => return Operator::GreaterOrEqual,
        BinaryOp::String(string) => string,
    };
    let (plain, sensitive) = match string.test {
        Test::Equal => (Operator::EqualNoCase, Operator::Equal),
        Test::Has => (Operator::Has, Operator::HasCs),
        Test::HasPrefix => (Operator::HasPrefix, Operator::HasPrefixCs),
        Test::HasSuffix => (Operator::HasSuffix, Operator::HasSuffixCs),
        Test::Contains => (Operator::Contains, Operator::ContainsCs),
        Test::StartsWith => (Operator::StartsWith, Operator::StartsWithCs),
        Test::EndsWith => (Operator::EndsWith, Operator::EndsWithCs),
        Test::Like => (Operator::Like, Operator::LikeCs),
        Test::MatchesRegex => (Operator::MatchesRegex, Operator::MatchesRegex),
        Test::Search => (Operator::Search, Operator::Search),
    };
    let operator = if string.case_sensitive { sensitive } else { plain };
    if string.negated { operator.row().negated.unwrap_or(operator) } else { operator }
}

pub(super) const fn string_test(test: ast::StringTest) -> StringTest {
    match test {
        ast::StringTest::Equal => StringTest::Equals,
        // A pattern is told from a term where the needle is known.
        ast::StringTest::Has | ast::StringTest::Search | ast::StringTest::MatchesRegex => StringTest::HasTerm,
        ast::StringTest::HasPrefix => StringTest::HasPrefix,
        ast::StringTest::HasSuffix => StringTest::HasSuffix,
        ast::StringTest::Contains => StringTest::Contains,
        ast::StringTest::StartsWith => StringTest::StartsWith,
        ast::StringTest::EndsWith => StringTest::EndsWith,
        ast::StringTest::Like => StringTest::Wildcard,
    }
}

pub(super) const fn case_rule(sensitive: bool) -> CaseRule {
    if sensitive { CaseRule::Sensitive } else { CaseRule::AsciiInsensitive }
}

fn string_node(op: ast::StringOp, subject: Expr, needle: Expr) -> ExprKind {
    let case = case_rule(op.case_sensitive);
    if op.test == ast::StringTest::MatchesRegex {
        return ExprKind::Regex(Box::new(RegexMatch {
            dialect: RegexDialect::Kusto,
            anchored: false,
            case: CaseRule::Sensitive,
            nulls: NullRule::KqlMatch,
            negated: op.negated,
            subject,
            pattern: needle,
        }));
    }
    let (test, needle) = match op.test {
        ast::StringTest::Search => search_test(needle),
        test => (string_test(test), needle),
    };
    let rules = StringRules { case, ..StringRules::KQL_INSENSITIVE };
    ExprKind::Match(Box::new(StringMatch { test, rules, negated: op.negated, subject, needle }))
}

/// What a needle of `search` looks for: a term, or what its `*` say.
pub(super) fn search_test(needle: Expr) -> (StringTest, Expr) {
    let Some(text) = needle.as_literal().and_then(Value::as_str) else { return (StringTest::HasTerm, needle) };
    let (before, after) = (text.starts_with('*'), text.ends_with('*'));
    let inner = text.trim_matches('*');
    if inner.contains('*') {
        return (StringTest::Wildcard, needle);
    }
    let test = match (before && text.len() > 1, after) {
        (true, true) => StringTest::Contains,
        (true, false) => StringTest::HasSuffix,
        (false, true) => StringTest::HasPrefix,
        (false, false) => StringTest::HasTerm,
    };
    (test, Expr::literal(Value::string(inner), needle.span))
}

fn comparison_node(op: BinaryOp, left: Expr, right: Expr) -> ExprKind {
    let op = match op {
        BinaryOp::NotEqual => CompareOp::NotEqual,
        BinaryOp::Less => CompareOp::Less,
        BinaryOp::LessOrEqual => CompareOp::LessOrEqual,
        BinaryOp::Greater => CompareOp::Greater,
        BinaryOp::GreaterOrEqual => CompareOp::GreaterOrEqual,
        BinaryOp::Equal | BinaryOp::String(_) => CompareOp::Equal,
    };
    let equality = matches!(op, CompareOp::Equal | CompareOp::NotEqual);
    if equality && (left.ty.ty == Type::String || right.ty.ty == Type::String) {
        return ExprKind::Match(Box::new(StringMatch {
            test: StringTest::Equals,
            rules: StringRules::KQL_EQUALITY,
            negated: op == CompareOp::NotEqual,
            subject: left,
            needle: right,
        }));
    }
    let nulls = if equality { NullRule::KqlEquality } else { NullRule::Propagate };
    ExprKind::Compare(Box::new(Compare { op, nulls, left, right }))
}
