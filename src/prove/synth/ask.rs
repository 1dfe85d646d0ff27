//! What is wanted of an expression, carried to the values it is made of: each function turned round.

use std::sync::Arc;

use super::evaluate::arithmetic;
use super::functions::{UNITS, start_of};
use super::model::{Row, Term};
use super::solver::{Outcome, Solver, Stuck, Way};
use super::want::{Want, number, text, whole};
use crate::ir::{Arithmetic, ArithmeticOp, Case, ColumnId, CompareOp, Expr, ExprKind, StringTest, Value};
use crate::literal::{TICKS_PER_DAY, TICKS_PER_SECOND};
use crate::source::Span;
use crate::types::Type;

impl<'q> Solver<'q> {
    /// Wants something of a column.
    pub(super) fn ask_column(&mut self, id: ColumnId, row: &Row<'q>, want: Want, span: Span) -> Outcome {
        match row.find(id) {
            Some(Term::Leaf(instance, name)) => {
                let node = self.state.leaf(instance, &name);
                self.want(node, want, span)
            }
            Some(Term::Expr(expr, row)) => self.ask(expr, &row, want, span),
            Some(Term::Column(id, row)) => self.ask_column(id, &row, want, span),
            Some(Term::Aggregate(group, call, output)) => self.ask_aggregate(group, call, output, want, span),
            Some(Term::Value(value)) => {
                if want.holds(&value) {
                    Ok(())
                } else {
                    Err(Stuck::Conflict(span))
                }
            }
            Some(Term::Element(expr, element_row, _)) => {
                if let Some((argument, members)) = self.collected_by(expr, &element_row) {
                    for member in &members {
                        self.ask(argument, member, want.clone(), span)?;
                    }
                    return Ok(());
                }
                self.ask_found(id, row, want, span)
            }
            Some(Term::Parsed(..) | Term::Slot(..)) => self.ask_found(id, row, want, span),
            Some(Term::Opaque) | None => {
                let name = &self.query.columns[id].name;
                Err(Stuck::Unknown(span, format!("what `{name}` holds is not steered")))
            }
        }
    }

    fn ask_found(&mut self, id: ColumnId, row: &Row<'q>, want: Want, span: Span) -> Outcome {
        let Some(found) = self.locate_column(id, row, false) else {
            return Err(Stuck::Unknown(span, "the elements of what is worked out are not steered".to_owned()));
        };
        for node in found {
            self.want(node, want.clone(), span)?;
        }
        Ok(())
    }

    /// Wants something of an expression.
    pub(super) fn ask(&mut self, expr: &'q Expr, row: &Row<'q>, want: Want, span: Span) -> Outcome {
        if let Some(value) = self.evaluate(expr, row) {
            return if want.holds(&value) { Ok(()) } else { Err(Stuck::Conflict(span)) };
        }
        if let ExprKind::Column(id) = expr.kind {
            return self.ask_column(id, row, want, span);
        }
        if let Some(found) = self.locate(expr, row, false) {
            for node in found {
                self.want(node, want.clone(), span)?;
            }
            return Ok(());
        }
        match &expr.kind {
            ExprKind::Case(case) => self.ask_case(case, expr, row, &want, span),
            ExprKind::Arithmetic(node) => self.ask_arithmetic(node, row, want, span),
            ExprKind::Negate(operand) => match want {
                Want::Order(op, value) => {
                    let value = arithmetic(ArithmeticOp::Subtract, &Value::Long(0), &value, value.ty());
                    let value = value.ok_or_else(|| unsteered(span, "a sign"))?;
                    self.ask(operand, row, Want::Order(op.mirrored(), value), span)
                }
                _ => Err(unsteered(span, "a sign")),
            },
            ExprKind::Cast(cast) => self.ask(&cast.operand, row, want, span),
            ExprKind::Call(function, arguments) => self.ask_call(function.name(), arguments, expr, row, want, span),
            ExprKind::Access(access) => {
                // What a group collects is asked of each of its records.
                if let Some((argument, members)) = self.collected_by(&access.base, row) {
                    for member in &members {
                        self.ask(argument, member, want.clone(), span)?;
                    }
                    return Ok(());
                }
                Err(unsteered(span, "a part of what is worked out"))
            }
            ExprKind::ToScalar(plan) => {
                let column =
                    plan.schema().at(0).map(|column| column.id).ok_or_else(|| unsteered(span, "a sub-query"))?;
                let place = Arc::as_ptr(plan) as usize;
                let known = self.state.inner.iter().find(|(at, _)| *at == place).map(|(_, row)| row.clone());
                let made = match known {
                    Some(row) => row,
                    None => {
                        let made = self.produce(plan, plan.steps.len(), &super::model::Input::None)?;
                        self.state.inner.push_back_mut((place, made.clone()));
                        made
                    }
                };
                self.ask_column(column, &made, want, span)
            }
            // A condition whose value is compared.
            ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Not(_)
            | ExprKind::Compare(_)
            | ExprKind::Match(_)
            | ExprKind::Regex(_)
            | ExprKind::Member(_)
            | ExprKind::Between(_)
            | ExprKind::AnyColumn(_) => {
                let (yes, no) = (want.holds(&Value::Bool(true)), want.holds(&Value::Bool(false)));
                match (yes, no) {
                    (true, true) => Ok(()),
                    (true, false) => self.goal(expr, row, true),
                    (false, true) => self.goal(expr, row, false),
                    (false, false) => Err(Stuck::Conflict(span)),
                }
            }
            _ => Err(unsteered(span, "this expression")),
        }
    }

    fn ask_case(&mut self, case: &'q Case, expr: &'q Expr, row: &Row<'q>, want: &Want, span: Span) -> Outcome {
        let count = case.arms.len() + 1;
        self.choose((Way::Case, expr.span), count, |solver, at| {
            let value = case.arms.get(at).map_or(&case.otherwise, |(_, value)| value);
            // A constant that does not do is found out before its conditions are.
            solver.ask(value, row, want.clone(), span)?;
            for (condition, _) in case.arms.iter().take(at) {
                solver.goal(condition, row, false)?;
            }
            match case.arms.get(at) {
                Some((condition, _)) => solver.goal(condition, row, true),
                None => Ok(()),
            }
        })
    }

    fn ask_arithmetic(&mut self, node: &'q Arithmetic, row: &Row<'q>, want: Want, span: Span) -> Outcome {
        let operands: Vec<&'q Expr> =
            std::iter::once(&node.first).chain(node.rest.iter().map(|step| &step.operand)).collect();
        let mut values: Vec<Option<Value>> = operands.iter().map(|operand| self.evaluate(operand, row)).collect();
        let open: Vec<usize> = (0..values.len()).filter(|at| values[*at].is_none()).collect();
        // All but one of those that are not known yet are settled here and now: a later event is moved rather than an
        // earlier one, hence the first is kept open, unless it is the one that a later one is taken from.
        let Some(keep) = open.first().copied() else { return Err(unsteered(span, "arithmetic")) };
        for at in open.into_iter().skip(1) {
            self.settle(operands[at], row)?;
            values[at] = self.evaluate(operands[at], row);
            if values[at].is_none() {
                return Err(unsteered(span, "arithmetic on several values"));
            }
        }
        let values: Vec<Value> = values.into_iter().map(|value| value.unwrap_or(Value::Null(Type::Long))).collect();
        self.ask_turned(node, &values, keep, row, want, span)
    }

    /// Arithmetic turned round for the operand at a place.
    fn ask_turned(
        &mut self,
        node: &'q Arithmetic,
        values: &[Value],
        keep: usize,
        row: &Row<'q>,
        want: Want,
        span: Span,
    ) -> Outcome {
        let (mut op, mut target, negated_equality) = match want {
            Want::Order(op, value) => (op, value, false),
            Want::Among { values, negated: false, .. } if values.len() == 1 => {
                (CompareOp::Equal, values[0].clone(), false)
            }
            Want::Among { values, negated: true, .. } if values.len() == 1 => {
                (CompareOp::NotEqual, values[0].clone(), true)
            }
            Want::Absent(false) => return Ok(()),
            _ => return Err(unsteered(span, "arithmetic")),
        };
        let _ = negated_equality;
        let fail = || unsteered(span, "arithmetic");
        for (at, step) in node.rest.iter().enumerate().skip(keep).rev() {
            let value = &values[at + 1];
            let inverse = match step.op {
                ArithmeticOp::Add => ArithmeticOp::Subtract,
                ArithmeticOp::Subtract => ArithmeticOp::Add,
                ArithmeticOp::Multiply => ArithmeticOp::Divide,
                ArithmeticOp::Divide => ArithmeticOp::Multiply,
                ArithmeticOp::Modulo => {
                    // The target itself leaves itself behind.
                    continue;
                }
            };
            if matches!(step.op, ArithmeticOp::Multiply | ArithmeticOp::Divide)
                && number(value).is_none_or(|value| value <= 0.0)
            {
                return Err(fail());
            }
            target = turned(inverse, &target, value).ok_or_else(fail)?;
        }
        let (operand, target, op) = if keep == 0 {
            (&node.first, target, op)
        } else {
            let mut before = values[0].clone();
            for (at, step) in node.rest.iter().enumerate().take(keep - 1) {
                before = arithmetic(step.op, &before, &values[at + 1], step.ty.ty).ok_or_else(fail)?;
            }
            let step = &node.rest[keep - 1];
            let target = match step.op {
                ArithmeticOp::Add => turned(ArithmeticOp::Subtract, &target, &before).ok_or_else(fail)?,
                ArithmeticOp::Subtract => {
                    op = op.mirrored();
                    turned(ArithmeticOp::Subtract, &before, &target).ok_or_else(fail)?
                }
                ArithmeticOp::Multiply if number(&before).is_some_and(|value| value > 0.0) => {
                    turned(ArithmeticOp::Divide, &target, &before).ok_or_else(fail)?
                }
                _ => return Err(fail()),
            };
            (&step.operand, target, op)
        };
        let want = match op {
            CompareOp::Equal => Want::is(target),
            CompareOp::NotEqual => Want::is(target).negate(),
            op => Want::Order(op, target),
        };
        self.ask(operand, row, want, span)
    }

    /// Settles all that an expression depends on.
    pub(super) fn settle(&mut self, expr: &'q Expr, row: &Row<'q>) -> Outcome {
        if self.evaluate(expr, row).is_some() {
            return Ok(());
        }
        let (expr, row) = self.behind(expr, row);
        if let Some(found) = self.locate(expr, &row, false) {
            for node in found {
                self.fix(node)?;
            }
            return Ok(());
        }
        if let ExprKind::Column(id) = expr.kind
            && let Some(Term::Aggregate(group, _, _)) = row.find(id)
        {
            let group = std::rc::Rc::clone(&self.state.groups[group]);
            for call in group.aggregates {
                for argument in &call.arguments {
                    for member in &group.members {
                        self.settle(argument, member)?;
                    }
                }
            }
            return Ok(());
        }
        if let ExprKind::Column(id) = expr.kind
            && let Some(Term::Column(inner, inner_row)) = row.find(id)
        {
            if let Some(Term::Aggregate(..)) = inner_row.find(inner) {
                let Some(Term::Aggregate(group, _, _)) = inner_row.find(inner) else { return Ok(()) };
                let group = std::rc::Rc::clone(&self.state.groups[group]);
                for call in group.aggregates {
                    for argument in &call.arguments {
                        for member in &group.members {
                            self.settle(argument, member)?;
                        }
                    }
                }
            }
            return Ok(());
        }
        let mut operands = Vec::new();
        expr.operands(&mut |operand| operands.push(operand));
        for operand in operands {
            self.settle(operand, &row)?;
        }
        Ok(())
    }

    fn ask_call(
        &mut self,
        name: &'static str,
        arguments: &'q [Expr],
        expr: &'q Expr,
        row: &Row<'q>,
        want: Want,
        span: Span,
    ) -> Outcome {
        let unknown = || Stuck::Unknown(span, format!("what `{name}` gives is not steered"));
        match (name, arguments) {
            ("tolower" | "toupper", [inner]) => {
                self.ask(inner, row, folded(name, want).ok_or(Stuck::Conflict(span))?, span)
            }
            ("trim" | "trim_start" | "trim_end", [_, inner]) | ("url_decode" | "reverse_" | "tostring", [inner]) => {
                self.ask(inner, row, want, span)
            }
            (
                "tolong" | "toint" | "toreal" | "todouble" | "todecimal" | "todatetime" | "totimespan" | "tobool"
                | "toboolean" | "toguid" | "parse_json" | "todynamic" | "round" | "materialize" | "array_sort_asc"
                | "array_sort_desc",
                [inner, ..],
            ) => self.ask(inner, row, want, span),
            ("replace_string" | "replace_regex" | "replace_strings" | "substring", [inner, ..])
                if name != "substring" =>
            {
                self.ask(inner, row, want, span)
            }
            ("replace", [_, _, inner]) => self.ask(inner, row, want, span),
            ("substring", [inner, start, ..]) => {
                let start = self.evaluate(start, row).as_ref().and_then(whole).ok_or_else(unknown)?;
                let want = match want {
                    Want::Among { values, fold, negated } if values.len() == 1 => {
                        let pattern = format!("^(?s:.{{{start}}}){}", regex::escape(&text(&values[0])));
                        let pattern = if fold { format!("(?i){pattern}") } else { pattern };
                        let regex = regex::Regex::new(&pattern).map_err(|_| unknown())?;
                        Want::Regex { regex, pattern: pattern.as_str().into(), negated }
                    }
                    other => other,
                };
                self.ask(inner, row, want, span)
            }
            ("strcat", parts) => self.ask_joined(parts, "", row, want, span),
            ("strcat_delim", [delimiter, parts @ ..]) => {
                let delimiter = self.evaluate(delimiter, row).ok_or_else(unknown)?;
                self.ask_joined(parts, &text(&delimiter), row, want, span)
            }
            ("strlen" | "string_size", [inner]) => {
                let (op, value) = bound(&want).ok_or_else(unknown)?;
                let count = whole(&value).and_then(|value| i64::try_from(value).ok()).ok_or_else(unknown)?;
                self.ask(inner, row, Want::Length(op, count), span)
            }
            ("array_length" | "arraylength", [inner]) => {
                let (op, value) = bound(&want).ok_or_else(unknown)?;
                let count = whole(&value).and_then(|value| i64::try_from(value).ok()).ok_or_else(unknown)?;
                if let ExprKind::Call(function, parts) = &inner.kind
                    && function.name() == "split"
                    && let [source, separator] = parts.as_slice()
                {
                    let separator = self.evaluate(separator, row).ok_or_else(unknown)?;
                    let least = match op {
                        CompareOp::Greater => count + 1,
                        CompareOp::Less => count - 1,
                        _ => count,
                    };
                    let separator = text(&separator);
                    let pattern =
                        format!("^[^{0}]+({0}[^{0}]+){{{1}}}$", regex::escape(&separator), (least - 1).max(0));
                    let regex = regex::Regex::new(&pattern).map_err(|_| unknown())?;
                    let want = Want::Regex { regex, pattern: pattern.as_str().into(), negated: false };
                    return self.ask(source, row, want, span);
                }
                self.ask_items(inner, row, op, count, span)
            }
            ("coalesce", parts) => self.choose((Way::Case, expr.span), parts.len(), |solver, at| {
                solver.ask(&parts[at], row, want.clone(), span)?;
                for before in &parts[..at] {
                    solver.ask(before, row, Want::Absent(true), span)?;
                }
                Ok(())
            }),
            ("bin" | "floor", [inner, step]) => {
                let step = self.evaluate(step, row).ok_or_else(unknown)?;
                match want {
                    Want::Order(op @ (CompareOp::Greater | CompareOp::GreaterOrEqual), value) => {
                        let value = if op == CompareOp::Greater {
                            arithmetic(ArithmeticOp::Add, &value, &step, value.ty()).ok_or_else(unknown)?
                        } else {
                            value
                        };
                        self.ask(inner, row, Want::Order(CompareOp::GreaterOrEqual, value), span)
                    }
                    other => self.ask(inner, row, other, span),
                }
            }
            ("startofday" | "startofweek" | "startofmonth" | "startofyear" | "endofday", [inner]) => match want {
                Want::Order(CompareOp::Greater, Value::DateTime(ticks)) => {
                    let want = Want::Order(CompareOp::Greater, Value::DateTime(ticks + TICKS_PER_DAY));
                    self.ask(inner, row, want, span)
                }
                Want::Among { values, negated: false, .. } if values.len() == 1 => {
                    let Value::DateTime(ticks) = values[0] else { return Err(unknown()) };
                    let from = start_of(name, ticks).unwrap_or(ticks);
                    self.ask(inner, row, Want::Order(CompareOp::GreaterOrEqual, Value::DateTime(from)), span)?;
                    self.ask(inner, row, Want::Order(CompareOp::Less, Value::DateTime(from + TICKS_PER_DAY)), span)
                }
                other => self.ask(inner, row, other, span),
            },
            ("datetime_diff", [unit, left, right]) => {
                let unit = self.evaluate(unit, row).ok_or_else(unknown)?;
                let unit = text(&unit);
                let ticks = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(&unit)).ok_or_else(unknown)?.1;
                let (op, value) = bound(&want).ok_or_else(unknown)?;
                let count = whole(&value).and_then(|value| i64::try_from(value).ok()).ok_or_else(unknown)?;
                let moved = ticks.checked_mul(count).ok_or_else(unknown)?;
                // Whole units are counted by their starts: some room on the right side of a bound.
                let room = (ticks / 2).min(TICKS_PER_SECOND);
                let (moved, op) = match op {
                    CompareOp::Greater => (moved + ticks, CompareOp::GreaterOrEqual),
                    CompareOp::Less => (moved - ticks + room, CompareOp::LessOrEqual),
                    CompareOp::LessOrEqual => (moved, CompareOp::LessOrEqual),
                    other => (moved, other),
                };
                self.ask_apart(left, right, op, moved, row, span)
            }
            ("datetime_add", [unit, amount, inner]) => {
                let (unit, amount) =
                    (self.evaluate(unit, row).ok_or_else(unknown)?, self.evaluate(amount, row).ok_or_else(unknown)?);
                let unit = text(&unit);
                let ticks = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(&unit)).ok_or_else(unknown)?.1;
                let (op, value) = bound(&want).ok_or_else(unknown)?;
                let (Value::DateTime(at), Some(amount)) =
                    (value, whole(&amount).and_then(|amount| i64::try_from(amount).ok()))
                else {
                    return Err(unknown());
                };
                let want = Want::Order(op, Value::DateTime(at - ticks * amount));
                self.ask(inner, row, want, span)
            }
            ("ingestion_time", []) => {
                let instance = row.event().ok_or_else(unknown)?;
                let node = self.state.leaf(instance, &"$IngestionTime".into());
                self.want(node, want, span)
            }
            ("abs", [inner]) => self.ask(inner, row, want, span),
            ("bag_has_key", [inner, key]) => {
                let key = self.evaluate(key, row).ok_or_else(unknown)?;
                let holds = want.holds(&Value::Bool(true));
                if !holds {
                    return Ok(());
                }
                let found = self.locate(inner, row, false).ok_or_else(unknown)?;
                for node in found {
                    self.part(node, &super::model::Part::Slot(text(&key).into()), span)?;
                }
                Ok(())
            }
            (
                "set_union" | "array_concat" | "array_slice" | "strcat_array" | "set_difference" | "set_intersect",
                [inner, ..],
            ) => {
                if let Some((argument, members)) = self.collected_by(inner, row) {
                    for member in &members {
                        self.ask(argument, member, want.clone(), span)?;
                    }
                    return Ok(());
                }
                self.ask(inner, row, want, span)
            }
            (
                "isempty"
                | "isnull"
                | "isnotempty"
                | "isnotnull"
                | "notempty"
                | "notnull"
                | "not"
                | "ipv4_is_private"
                | "ipv4_is_in_range"
                | "ipv4_is_in_any_range"
                | "ipv4_is_match"
                | "set_has_element",
                _,
            ) if expr.ty.ty == Type::Bool => {
                let (yes, no) = (want.holds(&Value::Bool(true)), want.holds(&Value::Bool(false)));
                if yes && no {
                    return Ok(());
                }
                let holds = yes;
                let goal = want;
                // A condition asks for itself only by way of its own atom.
                if matches!(goal, Want::Among { .. }) { self.goal(expr, row, holds) } else { Err(unknown()) }
            }
            ("bag_pack" | "pack" | "pack_array" | "pack_all" | "pack_dictionary", _)
                if matches!(want, Want::Absent(false)) =>
            {
                Ok(())
            }
            _ => Err(unknown()),
        }
    }

    /// Wants a number of elements.
    fn ask_items(&mut self, inner: &'q Expr, row: &Row<'q>, op: CompareOp, count: i64, span: Span) -> Outcome {
        if let ExprKind::Column(id) = inner.kind
            && let Some(Term::Aggregate(group, call, _)) = self.aggregate_behind(id, row)
        {
            return self.ask_count(group, call, op, count, span);
        }
        let (inner, row) = self.behind(inner, row);
        if let ExprKind::Column(id) = inner.kind
            && let Some(Term::Aggregate(group, call, _)) = self.aggregate_behind(id, &row)
        {
            return self.ask_count(group, call, op, count, span);
        }
        let Some(found) = self.locate(inner, &row, false) else {
            return Err(unsteered(span, "the number of elements of what is worked out"));
        };
        for node in found {
            self.want(node, Want::Items(op, count), span)?;
        }
        Ok(())
    }

    /// The aggregate that a column stands for.
    pub(super) fn aggregate_behind(&self, id: ColumnId, row: &Row<'q>) -> Option<Term<'q>> {
        match row.find(id)? {
            term @ Term::Aggregate(..) => Some(term),
            Term::Column(id, row) => self.aggregate_behind(id, &row),
            Term::Expr(expr, row) => match &expr.kind {
                ExprKind::Column(id) => self.aggregate_behind(*id, &row),
                _ => None,
            },
            _ => None,
        }
    }

    /// Wants two instants to be so many ticks apart.
    fn ask_apart(
        &mut self,
        left: &'q Expr,
        right: &'q Expr,
        op: CompareOp,
        ticks: i64,
        row: &Row<'q>,
        span: Span,
    ) -> Outcome {
        let fail = || unsteered(span, "the time between two events");
        if self.evaluate(right, row).is_none() {
            // One of the two is settled; if both are open, the right one.
            if self.evaluate(left, row).is_none() {
                self.settle(right, row)?;
            }
        }
        if let Some(Value::DateTime(right)) = self.evaluate(right, row) {
            let target = Value::DateTime(right.checked_add(ticks).ok_or_else(fail)?);
            return self.ask(left, row, order(op, target), span);
        }
        if let Some(Value::DateTime(left)) = self.evaluate(left, row) {
            let target = Value::DateTime(left.checked_sub(ticks).ok_or_else(fail)?);
            return self.ask(right, row, order(op.mirrored(), target), span);
        }
        Err(fail())
    }

    /// Texts put together.
    fn ask_joined(&mut self, parts: &'q [Expr], delimiter: &str, row: &Row<'q>, want: Want, span: Span) -> Outcome {
        let known: Vec<Option<String>> =
            parts.iter().map(|part| self.evaluate(part, row).map(|value| text(&value))).collect();
        let open: Vec<usize> = (0..parts.len()).filter(|at| known[*at].is_none()).collect();
        let whole_known = |from: usize, to: usize| -> String {
            known[from..to].iter().map(|part| part.clone().unwrap_or_default()).collect::<Vec<String>>().join(delimiter)
        };
        if let Want::Among { values, fold, negated: false } = &want
            && values.len() == 1
        {
            // The text is cut at what is known between the open parts.
            let target = text(&values[0]);
            let mut rest = target.as_str();
            let mut at = 0;
            let mut taken: Vec<(usize, String)> = Vec::new();
            for (position, part) in open.iter().enumerate() {
                let lead = {
                    let mut lead = whole_known(at, *part);
                    if !delimiter.is_empty() && *part > at {
                        lead.push_str(delimiter);
                    }
                    lead
                };
                let ok =
                    if *fold { rest.to_lowercase().starts_with(&lead.to_lowercase()) } else { rest.starts_with(&lead) };
                if !ok {
                    return Err(Stuck::Conflict(span));
                }
                rest = rest.get(lead.len()..).ok_or(Stuck::Conflict(span))?;
                let next = open.get(position + 1).copied().unwrap_or(parts.len());
                let mut between = whole_known(part + 1, next);
                if !delimiter.is_empty() && *part + 1 < parts.len() {
                    between = format!("{delimiter}{between}");
                    if next < parts.len() && next > part + 1 {
                        between.push_str(delimiter);
                    }
                }
                let end = if next == parts.len() {
                    rest.len().checked_sub(between.len()).ok_or(Stuck::Conflict(span))?
                } else if between.is_empty() {
                    rest.len().min(1)
                } else {
                    rest.find(&between).ok_or(Stuck::Conflict(span))?
                };
                taken.push((*part, rest.get(..end).ok_or(Stuck::Conflict(span))?.to_owned()));
                rest = rest.get(end..).ok_or(Stuck::Conflict(span))?;
                if next < parts.len() {
                    rest = rest.get(between.len()..).ok_or(Stuck::Conflict(span))?;
                }
                at = next;
            }
            for (part, piece) in taken {
                let values: Arc<[Value]> = Arc::new([Value::string(piece)]);
                self.ask(&parts[part], row, Want::Among { values, fold: *fold, negated: false }, span)?;
            }
            return Ok(());
        }
        let constant =
            known.iter().map(|part| part.clone().unwrap_or_default()).collect::<Vec<String>>().join(delimiter);
        let Some(first) = open.first() else {
            return if want.holds(&Value::string(constant)) { Ok(()) } else { Err(Stuck::Conflict(span)) };
        };
        match &want {
            Want::Absent(false) => Ok(()),
            Want::Text { negated: false, test, .. } | Want::Any { negated: false, test, .. } => {
                if want.holds(&Value::string(constant)) {
                    return Ok(());
                }
                let at = if *test == StringTest::EndsWith { open.last().unwrap_or(first) } else { first };
                let at = *at;
                let choice = (Way::Arm, parts[at].span);
                let order: Vec<usize> =
                    std::iter::once(at).chain(open.iter().copied().filter(|other| *other != at)).collect();
                self.choose(choice, order.len(), |solver, which| {
                    solver.ask(&parts[order[which]], row, want.clone(), span)
                })
            }
            Want::Text { negated: true, .. } | Want::Any { negated: true, .. } | Want::Regex { negated: true, .. } => {
                for part in open {
                    self.ask(&parts[part], row, want.clone(), span)?;
                }
                Ok(())
            }
            Want::Regex { negated: false, .. } => self.ask(&parts[*first], row, want, span),
            Want::Among { values, fold, negated: false } => {
                let values = values.clone();
                let fold = *fold;
                self.choose((Way::Case, parts[*first].span), values.len().min(32), |solver, at| {
                    let want = Want::Among { values: Arc::new([values[at].clone()]), fold, negated: false };
                    solver.ask_joined(parts, delimiter, row, want, span)
                })
            }
            Want::Among { negated: true, .. } => Ok(()),
            Want::Length(op, count) => {
                let there = i64::try_from(constant.chars().count()).unwrap_or(0);
                self.ask(&parts[*first], row, Want::Length(*op, count - there), span)
            }
            _ => Err(unsteered(span, "texts that are put together")),
        }
    }
}

fn order(op: CompareOp, value: Value) -> Want {
    match op {
        CompareOp::Equal => Want::is(value),
        CompareOp::NotEqual => Want::is(value).negate(),
        op => Want::Order(op, value),
    }
}

/// What is not steered.
fn unsteered(span: Span, what: &str) -> Stuck {
    Stuck::Unknown(span, format!("{what} is not steered"))
}

/// A want as a comparison.
pub(super) fn bound(want: &Want) -> Option<(CompareOp, Value)> {
    match want {
        Want::Order(op, value) => Some((*op, value.clone())),
        Want::Among { values, negated, .. } => {
            let value = values.first()?.clone();
            Some((if *negated { CompareOp::NotEqual } else { CompareOp::Equal }, value))
        }
        _ => None,
    }
}

/// Arithmetic turned round: quotients are kept exact.
fn turned(op: ArithmeticOp, left: &Value, right: &Value) -> Option<Value> {
    if matches!(op, ArithmeticOp::Divide) {
        let (a, b) = (number(left)?, number(right)?);
        if let (Some(a), Some(b)) = (whole(left), whole(right))
            && b != 0
            && a % b == 0
        {
            return Some(match left {
                Value::TimeSpan(_) if !matches!(right, Value::TimeSpan(_)) => {
                    Value::TimeSpan(i64::try_from(a / b).ok()?)
                }
                _ => Value::Long(i64::try_from(a / b).ok()?),
            });
        }
        #[expect(clippy::cast_possible_truncation, reason = "spans of rules are small")]
        return Some(match left {
            Value::TimeSpan(_) if !matches!(right, Value::TimeSpan(_)) => Value::TimeSpan((a / b) as i64),
            _ => Value::Real(a / b),
        });
    }
    arithmetic(op, left, right, left.ty())
}

/// What is wanted of a text whose letters are all made small, or large.
fn folded(name: &str, want: Want) -> Option<Want> {
    let reachable = |needle: &str| {
        if name == "tolower" { needle.to_lowercase() == needle } else { needle.to_uppercase() == needle }
    };
    Some(match want {
        Want::Text { test, needle, negated, fold } => {
            if !fold && !reachable(&needle) {
                return negated.then_some(Want::Length(CompareOp::GreaterOrEqual, 0));
            }
            Want::Text { test, needle, negated, fold: true }
        }
        Want::Any { test, needles, negated, .. } => Want::Any { test, needles, negated, fold: true },
        Want::Among { values, fold, negated } => {
            let values: Arc<[Value]> =
                if fold { values } else { values.iter().filter(|value| reachable(&text(value))).cloned().collect() };
            if values.is_empty() && !negated {
                return None;
            }
            Want::Among { values, fold: true, negated }
        }
        other => other,
    })
}
