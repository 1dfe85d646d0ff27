//! Calls of functions, and tests of strings.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, BooleanArray, StringViewArray};
use datafusion::arrow::compute::not;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{Expr as DfExpr, Operator};
use datafusion::prelude::lit;

use super::Lowering;
use super::constant::{literal, value_error};
use super::expr::{balanced, cast_to, compare_cells};
use super::relation::{Relation, reference};
use super::udf;
use crate::eval::arrays::from_cells;
use crate::eval::cell::Cell;
use crate::eval::error::EvalError;
use crate::eval::kernels::matching::{self, Matcher, RegexMatcher};
use crate::eval::kernels::{self, Env};
use crate::eval::support;
use crate::functions::FunctionId;
use crate::ir::{
    AnyColumn, CaseRule, ColumnId, CompareOp, Expr, ExprKind, Membership, NullRule, Plan, Quantifier, RegexMatch,
    StringMatch, StringRules, StringTest, Value, ValueSet,
};
use crate::source::Span;
use crate::types::Type;

/// What lowering gives.
type Lower<T> = std::result::Result<T, EvalError>;

/// `ingestion_time()`: the time that the events themselves say. Without it nothing is made up: a rule that filters by it
/// would find nothing, or everything.
fn ingestion_time(input: &Relation, span: Span) -> Lower<DfExpr> {
    let mut fields = input.ingested();
    match (fields.next(), fields.next()) {
        (Some(field), None) => Ok(reference(field)),
        (None, _) => {
            let what = "`ingestion_time()` is not known of these records; \
                a column `$IngestionTime` in the events of a table says it";
            Err(EvalError::unsupported(what, span))
        }
        (Some(_), Some(_)) => {
            let what = "`ingestion_time()` of joined records could be that of either side; take it before the join";
            Err(EvalError::unsupported(what, span))
        }
    }
}

impl Lowering<'_> {
    /// A call of a function of the catalogue, by its kernel.
    pub(super) fn call(
        &mut self,
        input: &Relation,
        function: FunctionId,
        arguments: &[Expr],
        expr: &Expr,
    ) -> Lower<DfExpr> {
        if function.name() == support::INGESTION_TIME {
            return ingestion_time(input, expr.span);
        }
        let Some(kernel) = kernels::find(function.name()) else {
            return Err(support::without_kernel(function, expr.span));
        };
        let constant = |at: usize| arguments.get(at).and_then(Expr::as_literal).map(text_of);
        if let Some(fault) = kernels::fault(function.name(), &constant) {
            return Err(value_error(fault, expr.span));
        }
        let env = Env { now: self.options.now, ty: expr.ty.ty };
        // The clock stands still while a query runs.
        let deterministic = function.row().deterministic || matches!(function.name(), "now" | "ago");
        let constants: Option<Vec<Cell<'_>>> =
            arguments.iter().map(|argument| argument.as_literal().map(Cell::from)).collect();
        if let Some(constants) = constants.filter(|_| deterministic) {
            let result = from_cells(env.ty, [kernel.try_call(env, &constants)?])?;
            return Ok(DfExpr::Literal(ScalarValue::try_from_array(&result, 0)?, None));
        }
        let mut lowered = Vec::with_capacity(arguments.len());
        for argument in arguments {
            lowered.push((self.expr(input, argument)?, argument.ty.ty));
        }
        Ok(udf::kernel(kernel, env, !deterministic, lowered))
    }

    /// The text of an expression: what string operators look at.
    fn text(&mut self, input: &Relation, expr: &Expr) -> Lower<DfExpr> {
        let value = self.expr(input, expr)?;
        Ok(cast_to(value, expr.ty.ty, Type::String))
    }

    pub(super) fn string_match(&mut self, input: &Relation, node: &StringMatch) -> Lower<DfExpr> {
        let subject = self.text(input, &node.subject)?;
        if let Some(needle) = node.needle.as_literal().map(text_of) {
            Ok(Self::matches(subject, node.test, node.rules, Quantifier::Any, node.negated, &[needle]))
        } else {
            let needle = self.text(input, &node.needle)?;
            let (test, rules, negated) = (node.test, node.rules, node.negated);
            let function: udf::RowFunction = Arc::new(move |cells| {
                let (subject, needle) = (cells[0].to_text(), cells[1].to_text());
                let absent = rules.nulls == NullRule::AbsentFails && subject.is_empty();
                Cell::Bool(!absent && matching::matches(test, rules, &subject, &needle) != negated)
            });
            let key = format!("{test:?}{rules:?}{negated}");
            let arguments = vec![(subject, Type::String), (needle, Type::String)];
            Ok(udf::rows("match", key, Type::Bool, false, function, arguments))
        }
    }

    /// A test of a text against constant needles.
    fn matches(
        subject: DfExpr,
        test: StringTest,
        rules: StringRules,
        quantifier: Quantifier,
        negated: bool,
        needles: &[String],
    ) -> DfExpr {
        let absent = rules.nulls == NullRule::AbsentFails;
        if let [needle] = needles
            && test == StringTest::Equals
            && rules.case == CaseRule::Sensitive
            && !absent
        {
            let needle = literal(&Value::string(needle.as_str()));
            return if negated { subject.not_eq(needle) } else { subject.eq(needle) };
        }
        let key = format!("{test:?}{rules:?}{quantifier:?}{negated}{needles:?}");
        let matcher = Matcher::new(test, rules, needles.iter().map(String::as_str), quantifier);
        let function: udf::Function = Arc::new(move |arrays, _| {
            let texts = arrays[0].as_string_view();
            verdict(texts, &matcher.eval(texts), negated, absent)
        });
        udf::raw("match", key, datafusion::arrow::datatypes::DataType::Boolean, false, function, vec![subject])
    }

    /// Tests of a column for parts of its text, one of which must hold, put together: so a text is gone over once, however
    /// many there are. Gives what they became, and the operands that are left.
    pub(super) fn tests_together<'e>(&self, input: &Relation, operands: &'e [Expr]) -> (Vec<DfExpr>, Vec<&'e Expr>) {
        let mut groups: Vec<(ColumnId, StringRules, Tests, Vec<&Expr>)> = Vec::new();
        let mut left = Vec::new();
        for operand in operands {
            let Some((id, rules, tests)) = tests_of(operand) else {
                left.push(operand);
                continue;
            };
            let same = |(there, by, ..): &&mut (ColumnId, StringRules, Tests, Vec<&Expr>)| *there == id && *by == rules;
            match groups.iter_mut().find(same) {
                Some((_, _, all, from)) => {
                    all.extend(tests);
                    from.push(operand);
                }
                None => groups.push((id, rules, tests, vec![operand])),
            }
        }
        let mut terms = Vec::new();
        for (id, rules, tests, from) in groups {
            let matcher = if from.len() > 1 { Matcher::any_of(rules, &tests) } else { None };
            let Some(matcher) = matcher else {
                left.extend(from);
                continue;
            };
            let function: udf::Function = Arc::new(move |arrays, _| {
                verdict(arrays[0].as_string_view(), &matcher.eval(arrays[0].as_string_view()), false, false)
            });
            let (key, subject) = (format!("{rules:?}{tests:?}"), vec![self.column(input, id)]);
            terms.push(udf::raw(
                "match",
                key,
                datafusion::arrow::datatypes::DataType::Boolean,
                false,
                function,
                subject,
            ));
        }
        (terms, left)
    }

    pub(super) fn regex(&mut self, input: &Relation, node: &RegexMatch) -> Lower<DfExpr> {
        let subject = self.text(input, &node.subject)?;
        let pattern = self.constant_text(&node.pattern)?;
        let matcher = RegexMatcher::new(&pattern, node.dialect, node.anchored, node.case)
            .map_err(|error| value_error(format!("the regular expression is malformed: {error}"), node.pattern.span))?;
        let key =
            format!("{:?}{}{:?}{:?}{}{pattern}", node.dialect, node.anchored, node.case, node.nulls, node.negated);
        let (negated, absent) = (node.negated, node.nulls == NullRule::AbsentFails);
        let function: udf::Function = Arc::new(move |arrays, _| {
            let texts = arrays[0].as_string_view();
            verdict(texts, &matcher.eval(texts), negated, absent)
        });
        Ok(udf::raw("regex", key, datafusion::arrow::datatypes::DataType::Boolean, false, function, vec![subject]))
    }

    pub(super) fn member(&mut self, input: &Relation, node: &Membership, truth: bool) -> Lower<DfExpr> {
        let by_text = node.subject.ty.ty == Type::String
            || node.test != StringTest::Equals
            || node.rules.case != CaseRule::Sensitive;
        let values = match &node.set {
            ValueSet::Plan(plan) => Some(self.first_column(plan)?),
            ValueSet::List(items) => {
                items.iter().map(constant_items).collect::<Option<Vec<_>>>().map(|all| all.concat())
            }
        };
        let Some(values) = values else { return self.member_of_expressions(input, node, by_text) };
        if by_text {
            let subject = self.text(input, &node.subject)?;
            let needles: Vec<String> = values.iter().map(text_of).collect();
            return Ok(Self::matches(subject, node.test, node.rules, node.quantifier, node.negated, &needles));
        }
        let subject = self.expr(input, &node.subject)?;
        let ty = node.subject.ty.ty;
        let same = values.iter().all(|value| value.is_null() || value.ty() == ty);
        if same && matches!(ty, Type::Int | Type::Long | Type::DateTime | Type::TimeSpan | Type::Guid) {
            let items: Vec<DfExpr> = values.iter().filter(|value| !value.is_null()).map(literal).collect();
            if items.is_empty() {
                return Ok(lit(node.negated));
            }
            let found = subject.in_list(items, false);
            return Ok(match (node.negated, truth) {
                (true, _) => found.is_not_true(),
                (false, true) => found,
                (false, false) => found.is_true(),
            });
        }
        let items: Vec<Cell<'static>> = values.iter().map(Cell::from).collect();
        let negated = node.negated;
        let key = format!("{items:?}{negated}{ty}");
        let function: udf::RowFunction = Arc::new(move |cells| {
            let found = items.iter().any(|item| is_equal(&cells[0], item));
            Cell::Bool(found != negated)
        });
        Ok(udf::rows("member", key, Type::Bool, false, function, vec![(subject, ty)]))
    }

    /// Membership in a list whose items are known only with the record.
    fn member_of_expressions(&mut self, input: &Relation, node: &Membership, by_text: bool) -> Lower<DfExpr> {
        let ValueSet::List(items) = &node.set else { return Ok(lit(node.negated)) };
        let mut arguments = vec![(self.expr(input, &node.subject)?, node.subject.ty.ty)];
        for item in items {
            arguments.push((self.expr(input, item)?, item.ty.ty));
        }
        let (test, rules, quantifier, negated) = (node.test, node.rules, node.quantifier, node.negated);
        let function: udf::RowFunction = Arc::new(move |cells| {
            let (subject, items) = (&cells[0], &cells[1..]);
            let fits = |item: &Cell<'_>| {
                if by_text {
                    matching::matches(test, rules, &subject.to_text(), &item.to_text())
                } else {
                    is_equal(subject, item)
                }
            };
            // A dynamic array stands for its elements.
            let mut all = items.iter().flat_map(|item| match item.to_array() {
                Some(elements) => elements.iter().map(Cell::dynamic).collect(),
                None => vec![item.clone().into_owned()],
            });
            let found = match quantifier {
                Quantifier::Any => all.any(|item| fits(&item)),
                Quantifier::All => all.all(|item| fits(&item)),
            };
            Cell::Bool(found != negated)
        });
        let key = format!("{test:?}{rules:?}{quantifier:?}{negated}{by_text}{}", arguments.len());
        Ok(udf::rows("member", key, Type::Bool, false, function, arguments))
    }

    /// The values of the first column of a plan.
    fn first_column(&mut self, plan: &Plan) -> Lower<Vec<Value>> {
        let relation = self.plan(plan, None)?;
        let Some(first) = plan.schema().at(0).cloned() else { return Ok(Vec::new()) };
        let value = self.column(&relation, first.id).alias("value");
        let builder = datafusion::logical_expr::LogicalPlanBuilder::from(relation.plan);
        let batches = self.execute(builder.project([value])?.distinct()?.build()?)?;
        let mut values = Vec::new();
        for batch in batches {
            let cells = crate::eval::arrays::Cells::new(batch.column(0).as_ref(), first.ty.ty)?;
            for row in 0..batch.num_rows() {
                let cell = cells.get(row);
                match cell.to_array() {
                    Some(items) => values.extend(items.iter().map(crate::ir::Json::to_value)),
                    None => values.push(cell.to_value(first.ty.ty)),
                }
            }
        }
        Ok(values)
    }

    pub(super) fn any_column(&mut self, input: &Relation, node: &AnyColumn) -> Lower<DfExpr> {
        let needle = node.needle.as_literal().map(text_of);
        let mut terms = Vec::with_capacity(node.columns.len());
        for id in &node.columns {
            let ty = self.columns[*id].ty.ty;
            let subject = cast_to(self.column(input, *id), ty, Type::String);
            let Some(needle) = &needle else {
                return Err(value_error("what is looked for in every column must be a constant", node.needle.span));
            };
            let needles = vec![needle.clone()];
            terms.push(Self::matches(subject, node.test, node.rules, Quantifier::Any, node.negated, &needles));
        }
        Ok(balanced(terms, Operator::Or).unwrap_or_else(|| lit(false)))
    }
}

/// Tests for parts of a text, each with its needle.
type Tests = Vec<(StringTest, String)>;

/// The tests of a column's text of which an expression says that one must hold.
fn tests_of(expr: &Expr) -> Option<(ColumnId, StringRules, Tests)> {
    let (subject, rules, test, needles) = match &expr.kind {
        ExprKind::Match(node) if !node.negated => {
            (&node.subject, node.rules, node.test, vec![text_of(node.needle.as_literal()?)])
        }
        ExprKind::Member(node) if !node.negated && node.quantifier == Quantifier::Any => {
            let ValueSet::List(items) = &node.set else { return None };
            let values = items.iter().map(constant_items).collect::<Option<Vec<_>>>()?.concat();
            (&node.subject, node.rules, node.test, values.iter().map(text_of).collect())
        }
        _ => return None,
    };
    let ExprKind::Column(id) = subject.kind else { return None };
    let fits = subject.ty.ty == Type::String
        && test.is_for_part()
        && rules.nulls != NullRule::AbsentFails
        && !needles.is_empty()
        && needles.iter().all(|needle| !needle.is_empty());
    fits.then(|| (id, rules, needles.into_iter().map(|needle| (test, needle)).collect()))
}

/// Whether a value that is no text is equal to an item of a list, letter by letter: `in` is `or` of `==`, and `==` with a text
/// compares texts. What a dynamic holds is compared as what it is.
fn is_equal(subject: &Cell<'_>, item: &Cell<'_>) -> bool {
    match item {
        Cell::String(text) if !matches!(subject, Cell::Null | Cell::Dynamic(_)) => subject.to_text() == *text,
        _ => compare_cells(CompareOp::Equal, NullRule::KqlMatch, subject, item) == Some(true),
    }
}

/// The text of a value, as string operators see it.
fn text_of(value: &Value) -> String {
    Cell::from(value).to_text().into_owned()
}

/// The values a constant item of a list stands for: the elements of a dynamic array, or itself.
fn constant_items(item: &Expr) -> Option<Vec<Value>> {
    let value = item.as_literal()?;
    Some(value.elements().unwrap_or_else(|| vec![value.clone()]))
}

/// What a test gives for each text, turned round where it is negated; with `absent`, an empty text fails either way.
fn verdict(texts: &StringViewArray, found: &BooleanArray, negated: bool, absent: bool) -> Result<ArrayRef> {
    let found = if negated { not(found)? } else { found.clone() };
    if !absent {
        return Ok(Arc::new(found));
    }
    let there = (0..texts.len()).map(|row| Some(!texts.value(row).is_empty() && found.value(row)));
    Ok(Arc::new(there.collect::<BooleanArray>()))
}
