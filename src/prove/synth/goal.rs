//! Conditions: what has to be so for one to hold, or to fail.

use std::sync::Arc;

use super::model::{Check, Row, Term};
use super::solver::{Outcome, Solver, Stuck, Way};
use super::want::{PRIVATE, Want, range, test_text, text};
use crate::ir::{Between, CaseRule, ColumnId, Compare, CompareOp, Expr, ExprKind, StringTest, Value};
use crate::source::Span;
use crate::types::Type;

/// How many operands of a chain are tried one by one.
const ARMS: usize = 200;

/// Functions that give a part of an instant, as a number.
const PARTS: [&str; 4] = ["hourofday", "dayofmonth", "monthofyear", "getmonth"];
/// The most numbers of such a part.
const MOST: i64 = 31;

/// How many operands of two values are made alike at most.
const PAIRS: usize = 500;

impl<'q> Solver<'q> {
    /// Asks a condition of a record, now and in the end.
    pub(super) fn require(&mut self, condition: &'q Expr, row: &Row<'q>) -> Outcome {
        let all = match &condition.kind {
            ExprKind::And(operands) => operands.iter().collect(),
            _ => vec![condition],
        };
        // What leaves no choice comes first, so that choices are made in its light.
        let (first, last): (Vec<&'q Expr>, Vec<&'q Expr>) =
            all.into_iter().partition(|operand| !matches!(operand.kind, ExprKind::Or(_) | ExprKind::And(_)));
        for operand in first.into_iter().chain(last) {
            let holds = self.pivoted(operand).unwrap_or(true);
            self.state.checks.push_back_mut(Check::Holds(operand, row.clone(), holds));
            let saved = self.state.clone();
            match self.goal(operand, row, holds) {
                Ok(()) => {}
                Err(stuck) if self.lenient || matches!(stuck, Stuck::Unknown(..)) => {
                    self.state = saved;
                    self.hope(operand, row, holds, stuck);
                }
                Err(stuck) => return Err(stuck),
            }
        }
        Ok(())
    }

    /// Makes a condition hold, or fail.
    pub(super) fn goal(&mut self, expr: &'q Expr, row: &Row<'q>, holds: bool) -> Outcome {
        // An atom that decides is as it is to be, whatever is asked of what stands around it.
        let holds = self.pivoted(expr).unwrap_or(holds);
        let (expr, row) = self.behind(expr, row);
        let row = &row;
        let decides = self.pivoted(expr).is_some();
        match &expr.kind {
            ExprKind::And(operands) if decides => self.balance(operands, row, true),
            ExprKind::Or(operands) if decides => self.balance(operands, row, false),
            ExprKind::And(operands) if holds => self.all(operands, row, true),
            ExprKind::Or(operands) if !holds => self.all(operands, row, false),
            ExprKind::And(operands) | ExprKind::Or(operands) => {
                self.choose((Way::Arm, expr.span), operands.len().min(ARMS), |solver, at| {
                    solver.goal(&operands[at], row, holds)
                })?;
                if holds && operands.len() <= 12 && !self.trusting {
                    // The other arms are better not what lets the record pass.
                    let taken = self.choices.get(&(Way::Arm, expr.span)).copied();
                    for (at, operand) in operands.iter().enumerate() {
                        if Some(at) != taken {
                            self.gently(|solver| solver.goal(operand, row, false));
                        }
                    }
                }
                Ok(())
            }
            ExprKind::Not(operand) => self.goal(operand, row, !holds),
            ExprKind::Call(function, arguments) if function.name() == "not" && arguments.len() == 1 => {
                self.goal(&arguments[0], row, !holds)
            }
            _ => {
                if let Some(value) = self.evaluate(expr, row) {
                    return if (value.as_bool() == Some(true)) == holds {
                        Ok(())
                    } else {
                        Err(Stuck::Conflict(expr.span))
                    };
                }
                self.atom(expr, row, holds)
            }
        }
    }

    fn all(&mut self, operands: &'q [Expr], row: &Row<'q>, holds: bool) -> Outcome {
        for operand in operands {
            match self.goal(operand, row, holds) {
                // What nothing here knows is no reason to leave the rest.
                Err(stuck @ Stuck::Unknown(..)) => self.hope(operand, row, holds, stuck),
                other => other?,
            }
        }
        Ok(())
    }

    /// Does something that need not succeed.
    pub(super) fn gently(&mut self, attempt: impl FnOnce(&mut Self) -> Outcome) {
        let (state, choices) = (self.state.clone(), self.choices.clone());
        let lenient = std::mem::replace(&mut self.lenient, false);
        let noted = |state: &super::model::State<'q>| state.unsolved.len() + state.hoped.len();
        if attempt(self).is_err() || noted(&self.state) > noted(&state) {
            (self.state, self.choices) = (state, choices);
        }
        self.lenient = lenient;
    }

    fn atom(&mut self, expr: &'q Expr, row: &Row<'q>, holds: bool) -> Outcome {
        let span = expr.span;
        let turn = |want: Want| if holds { want } else { want.negate() };
        match &expr.kind {
            ExprKind::Literal(value) => {
                if (value.as_bool() == Some(true)) == holds {
                    Ok(())
                } else {
                    Err(Stuck::Conflict(span))
                }
            }
            ExprKind::Compare(node) => self.compare(node, expr, row, holds),
            ExprKind::Match(node) => {
                let fold = node.rules.case != CaseRule::Sensitive;
                let negated = node.negated == holds;
                if let Some(needle) = self.evaluate(&node.needle, row) {
                    let needle: Arc<str> = text(&needle).into();
                    let want = if node.test == StringTest::Equals {
                        Want::Among { values: Arc::new([Value::String(needle)]), fold, negated }
                    } else {
                        Want::Text { test: node.test, fold, needle, negated }
                    };
                    return self.ask(&node.subject, row, want, span);
                }
                if node.test == StringTest::Equals {
                    if let Some(value) = self.evaluate(&node.subject, row) {
                        return self.ask(
                            &node.needle,
                            row,
                            Want::Among { values: Arc::new([value]), fold, negated },
                            span,
                        );
                    }
                    if !negated {
                        return self.equal(&node.subject, row, &node.needle, row, span);
                    }
                }
                if !negated
                    && node.test != StringTest::Equals
                    && let Some(subject) = self.evaluate(&node.subject, row)
                {
                    // A word of the text is looked for in it.
                    let subject = text(&subject);
                    let words = subject.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2);
                    let words = words.filter(|word| test_text(node.test, fold, &subject, word)).take(ARMS);
                    let values: Arc<[Value]> = words.map(Value::string).collect();
                    if !values.is_empty() {
                        return self.ask(&node.needle, row, Want::Among { values, fold, negated: false }, span);
                    }
                }
                self.wait(expr, row, holds)
            }
            ExprKind::Regex(node) => {
                let Some(pattern) = self.evaluate(&node.pattern, row) else { return self.wait(expr, row, holds) };
                let mut pattern = text(&pattern);
                if node.case != CaseRule::Sensitive {
                    pattern = format!("(?i){pattern}");
                }
                if node.anchored {
                    pattern = format!("^(?:{pattern})$");
                }
                let Some(regex) = super::pattern::compiled(&pattern) else {
                    return Err(Stuck::Unknown(span, "the regular expression cannot be read".to_owned()));
                };
                let want = Want::Regex { regex, pattern: pattern.as_str().into(), negated: node.negated == holds };
                self.ask(&node.subject, row, want, span)
            }
            ExprKind::Member(node) => self.member(node, expr, row, holds),
            ExprKind::Between(node) => self.between(node, expr, row, holds),
            ExprKind::AnyColumn(node) => {
                let Some(needle) = self.evaluate(&node.needle, row) else { return self.wait(expr, row, holds) };
                let needle: Arc<str> = text(&needle).into();
                let fold = node.rules.case != CaseRule::Sensitive;
                let negated = node.negated == holds;
                let want = Want::Text { test: node.test, fold, needle, negated };
                if negated {
                    return Ok(());
                }
                let columns: &'q [ColumnId] = &node.columns;
                self.choose((Way::Arm, span), columns.len().min(ARMS), |solver, at| {
                    let is_text = solver.query.columns[columns[at]].ty.ty == Type::String;
                    if !is_text {
                        return Err(Stuck::Conflict(span));
                    }
                    solver.ask_column(columns[at], row, want.clone(), span)
                })
            }
            ExprKind::Call(function, arguments) => match (function.name(), arguments.as_slice()) {
                ("isempty" | "isnull", [inner]) => self.ask(inner, row, turn(Want::Absent(true)), span),
                ("isnotempty" | "isnotnull" | "notempty" | "notnull", [inner]) => {
                    self.ask(inner, row, turn(Want::Absent(false)), span)
                }
                ("ipv4_is_private", [inner]) => {
                    self.ask(inner, row, Want::Ranges { ranges: Arc::new(PRIVATE), negated: !holds }, span)
                }
                ("ipv4_is_in_range" | "ipv4_is_match" | "ipv4_is_in_any_range", [inner, rest @ ..])
                    if !rest.is_empty() =>
                {
                    let mut ranges = Vec::new();
                    for argument in rest {
                        let Some(value) = self.evaluate(argument, row) else { return self.wait(expr, row, holds) };
                        let values = super::locate::elements(&value).unwrap_or_else(|| vec![value]);
                        ranges.extend(values.iter().filter_map(|value| range(&text(value))));
                    }
                    self.ask(inner, row, Want::Ranges { ranges: ranges.into(), negated: !holds }, span)
                }
                ("set_has_element", [set, one]) => {
                    if let Some(value) = self.evaluate(one, row) {
                        let want = Want::Among { values: Arc::new([value]), fold: false, negated: !holds };
                        if let Some((argument, members)) = self.collected_by(set, row) {
                            for member in &members {
                                self.ask(argument, member, want.clone(), span)?;
                            }
                            return Ok(());
                        }
                        if holds && let Some(found) = self.locate(set, row, false) {
                            for node in found {
                                let item = self.part(node, &super::model::Part::At(0), span)?;
                                self.want(item, want.clone(), span)?;
                            }
                            return Ok(());
                        }
                        return self.wait(expr, row, holds);
                    }
                    if let Some(values) = self.evaluate(set, row).as_ref().and_then(super::locate::elements) {
                        let want = Want::Among { values: values.into(), fold: false, negated: !holds };
                        return self.ask(one, row, want, span);
                    }
                    self.wait(expr, row, holds)
                }
                ("tobool" | "toboolean", [inner]) => self.ask(inner, row, Want::is(Value::Bool(holds)), span),
                _ => self.ask(expr, row, Want::is(Value::Bool(holds)), span),
            },
            _ => self.ask(expr, row, Want::is(Value::Bool(holds)), span),
        }
    }

    /// Leaves a condition until values are settled.
    #[expect(clippy::unnecessary_wraps, reason = "it stands where conditions are met at once")]
    pub(super) fn wait(&mut self, expr: &'q Expr, row: &Row<'q>, holds: bool) -> Outcome {
        self.state.later.push_back_mut(Check::Holds(expr, row.clone(), holds));
        Ok(())
    }

    fn compare(&mut self, node: &'q Compare, expr: &'q Expr, row: &Row<'q>, holds: bool) -> Outcome {
        let op = if holds { node.op } else { node.op.complement() };
        let want = |op: CompareOp, value: Value| match op {
            CompareOp::Equal | CompareOp::NotEqual => {
                Want::Among { values: Arc::new([value]), fold: false, negated: op == CompareOp::NotEqual }
            }
            op => Want::Order(op, value),
        };
        if let Some(value) = self.evaluate(&node.right, row) {
            return self.ask(&node.left, row, want(op, value), expr.span);
        }
        if let Some(value) = self.evaluate(&node.left, row) {
            return self.ask(&node.right, row, want(op.mirrored(), value), expr.span);
        }
        if op == CompareOp::Equal {
            match self.equal(&node.left, row, &node.right, row, expr.span) {
                Err(Stuck::Unknown(..)) => {}
                other => return other,
            }
        }
        self.wait(expr, row, holds)
    }

    fn between(&mut self, node: &'q Between, expr: &'q Expr, row: &Row<'q>, holds: bool) -> Outcome {
        let (Some(low), Some(high)) = (self.evaluate(&node.low, row), self.evaluate(&node.high, row)) else {
            if node.negated != holds
                && let Some(value) = self.evaluate(&node.subject, row)
            {
                let span = expr.span;
                self.ask(&node.low, row, Want::Order(CompareOp::LessOrEqual, value.clone()), span)?;
                return self.ask(&node.high, row, Want::Order(CompareOp::GreaterOrEqual, value), span);
            }
            return self.wait(expr, row, holds);
        };
        if node.negated != holds {
            // A part of an instant is one of a few numbers, which are asked for together.
            let (subject, _) = self.behind(&node.subject, row);
            if let ExprKind::Call(function, _) = &subject.kind
                && PARTS.contains(&function.name())
                && let (Some(from), Some(to)) = (low.as_integer(), high.as_integer())
                && to.checked_sub(from).is_some_and(|more| (0..=MOST).contains(&more))
            {
                let values = (from..=to).map(Value::Long).collect();
                return self.ask(&node.subject, row, Want::Among { values, fold: false, negated: false }, expr.span);
            }
            self.ask(&node.subject, row, Want::Order(CompareOp::GreaterOrEqual, low), expr.span)?;
            return self.ask(&node.subject, row, Want::Order(CompareOp::LessOrEqual, high), expr.span);
        }
        self.choose((Way::Arm, expr.span), 2, |solver, at| {
            let want = if at == 0 { (CompareOp::Less, low.clone()) } else { (CompareOp::Greater, high.clone()) };
            solver.ask(&node.subject, row, Want::Order(want.0, want.1), expr.span)
        })
    }

    /// Makes an expression equal to a column of another record.
    pub(super) fn equal_column(
        &mut self,
        expr: &'q Expr,
        row: &Row<'q>,
        id: ColumnId,
        other: &Row<'q>,
        span: Span,
    ) -> Outcome {
        if let Some(value) = self.evaluate(expr, row) {
            return self.ask_column(id, other, Want::is(value), span);
        }
        if let Some(value) = self.column(id, other, &super::parts::Over::new()) {
            return self.ask(expr, row, Want::is(value), span);
        }
        let (Some(left), Some(right)) = (self.locate(expr, row, true), self.locate_column(id, other, true)) else {
            // One side is settled as it likes, the other follows.
            let saved = self.state.clone();
            let first = self.settle_column(id, other).and_then(|()| {
                let value = self.column(id, other, &super::parts::Over::new());
                let value = value.ok_or_else(|| Stuck::Unknown(span, "what a sub-query gives".to_owned()))?;
                self.ask(expr, row, Want::is(value), span)
            });
            if first.is_ok() {
                return first;
            }
            self.state = saved;
            self.settle(expr, row)?;
            let value = self.evaluate(expr, row);
            let value = value.ok_or_else(|| {
                Stuck::Unknown(span, "the values of both sides are worked on before they are compared".to_owned())
            })?;
            return self.ask_column(id, other, Want::is(value), span);
        };
        self.unify_all(&left, &right, span)
    }

    /// Makes the keys of two records equal.
    pub(super) fn equate(
        &mut self,
        left: ColumnId,
        left_row: &Row<'q>,
        right: ColumnId,
        right_row: &Row<'q>,
        span: Span,
    ) -> Outcome {
        let check = Check::Same(left, left_row.clone(), right, right_row.clone(), span);
        let ids = (left, right);
        self.state.checks.push_back_mut(check.clone());
        let over = super::parts::Over::new();
        match (self.column(left, left_row, &over), self.column(right, right_row, &over)) {
            (Some(one), Some(other)) => {
                return if super::want::same(&one, &other, false) && !one.is_null() {
                    Ok(())
                } else {
                    Err(Stuck::Conflict(span))
                };
            }
            (Some(value), None) => return self.ask_column(right, right_row, Want::is(value), span),
            (None, Some(value)) => return self.ask_column(left, left_row, Want::is(value), span),
            (None, None) => {}
        }
        let found = (self.locate_column(left, left_row, true), self.locate_column(right, right_row, true));
        if let (Some(left), Some(right)) = found {
            let casing = self.casing(ids.0, left_row).or_else(|| self.casing(ids.1, right_row));
            for node in left.iter().chain(&right) {
                if let Some(upper) = casing {
                    self.gently(|solver| solver.want(*node, Want::Case(upper), span));
                }
                // Nothing joins with nothing in a rule that means it.
                self.gently(|solver| solver.want(*node, Want::Absent(false), span));
            }
            return self.unify_all(&left, &right, span);
        }
        if let (Some(Term::Expr(one, one_row)), Some(Term::Expr(other, other_row))) =
            (self.term(left, left_row), self.term(right, right_row))
        {
            return match self.alike(one, &one_row, other, &other_row, span) {
                Err(Stuck::Unknown(..)) => {
                    self.state.later.push_back_mut(check);
                    Ok(())
                }
                other => other,
            };
        }
        self.state.later.push_back_mut(check);
        Ok(())
    }

    /// Whether a key is made all capital letters, or all small ones.
    fn casing(&self, id: ColumnId, row: &Row<'q>) -> Option<bool> {
        match self.term(id, row)? {
            Term::Expr(expr, row) => {
                let (expr, _) = self.behind(expr, &row);
                match &expr.kind {
                    ExprKind::Call(function, _) => match function.name() {
                        "toupper" => Some(true),
                        "tolower" => Some(false),
                        _ => None,
                    },
                    _ => None,
                }
            }
            Term::Column(id, row) => self.casing(id, &row),
            _ => None,
        }
    }

    pub(super) fn unify_all(&mut self, left: &[usize], right: &[usize], span: Span) -> Outcome {
        let Some(first) = left.first().or(right.first()).copied() else { return Ok(()) };
        for other in left.iter().chain(right) {
            self.unify(first, *other, span)?;
        }
        Ok(())
    }

    /// Makes two expressions equal.
    pub(super) fn equal(
        &mut self,
        left: &'q Expr,
        left_row: &Row<'q>,
        right: &'q Expr,
        right_row: &Row<'q>,
        span: Span,
    ) -> Outcome {
        if let (Some(left), Some(right)) = (self.locate(left, left_row, true), self.locate(right, right_row, true)) {
            return self.unify_all(&left, &right, span);
        }
        self.alike(left, left_row, right, right_row, span)
    }

    /// Makes two values equal that are worked out in the same way.
    pub(super) fn alike(
        &mut self,
        left: &'q Expr,
        left_row: &Row<'q>,
        right: &'q Expr,
        right_row: &Row<'q>,
        span: Span,
    ) -> Outcome {
        self.pairs = 0;
        self.pair(left, left_row, right, right_row, span)
    }

    /// Makes the operands of the same function equal.
    fn pair(
        &mut self,
        left: &'q Expr,
        left_row: &Row<'q>,
        right: &'q Expr,
        right_row: &Row<'q>,
        span: Span,
    ) -> Outcome {
        // A value of which each of many steps reads the last one twice has more operands than anybody can wait for.
        self.pairs += 1;
        if self.pairs > PAIRS {
            return Err(Stuck::Unknown(span, "values that are worked out in many steps have to be equal".to_owned()));
        }
        let (left, left_row) = self.behind(left, left_row);
        let (right, right_row) = self.behind(right, right_row);
        if let (Some(one), Some(other)) = (self.evaluate(left, &left_row), self.evaluate(right, &right_row)) {
            return if super::want::same(&one, &other, true) { Ok(()) } else { Err(Stuck::Conflict(span)) };
        }
        // Nothing is the same as nothing, and has no place in either text.
        if self.gives_nothing(left, &left_row) && self.gives_nothing(right, &right_row) {
            return Ok(());
        }
        if let (Some(one), Some(other)) = (self.locate(left, &left_row, true), self.locate(right, &right_row, true)) {
            return self.unify_all(&one, &other, span);
        }
        if std::mem::discriminant(&left.kind) != std::mem::discriminant(&right.kind) {
            return Err(Stuck::Unknown(
                span,
                "two values that are worked out in different ways have to be equal".to_owned(),
            ));
        }
        let (mut ones, mut others) = (Vec::new(), Vec::new());
        left.operands(&mut |operand| ones.push(operand));
        right.operands(&mut |operand| others.push(operand));
        let same_function = match (&left.kind, &right.kind) {
            (ExprKind::Call(a, _), ExprKind::Call(b, _)) => a == b,
            (ExprKind::Column(_) | ExprKind::Literal(_) | ExprKind::ToScalar(_), _) => false,
            _ => true,
        };
        if !same_function || ones.len() != others.len() {
            return Err(Stuck::Unknown(
                span,
                "two values that are worked out in different ways have to be equal".to_owned(),
            ));
        }
        for (one, other) in ones.into_iter().zip(others) {
            self.pair(one, &left_row, other, &right_row, span)?;
        }
        Ok(())
    }
}
