//! What is wanted of an expression, carried to the values it is made of: each function turned round.

use std::sync::Arc;

use super::evaluate::arithmetic;
use super::functions::{UNITS, start_of};
use super::model::{Part, Row, Term};
use super::solver::{Outcome, Solver, Stuck, Way};
use super::want::{Want, text, whole};
use crate::ir::{ArithmeticOp, Case, ColumnId, CompareOp, Expr, ExprKind, Value};
use crate::literal::{TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_SECOND};
use crate::source::Span;
use crate::types::Type;

/// How many days back an hour of the day, or a day of the week or of the month, is looked for.
const DAYS: i64 = 32;

impl<'q> Solver<'q> {
    /// Wants something of a column.
    pub(super) fn ask_column(&mut self, id: ColumnId, row: &Row<'q>, want: Want, span: Span) -> Outcome {
        match self.term(id, row) {
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
                self.ask_found(id, row, &want, span)
            }
            Some(Term::Parsed(..) | Term::Slot(..)) => self.ask_found(id, row, &want, span),
            Some(Term::Opaque) | None => {
                let name = &self.query.columns[id].name;
                Err(Stuck::Unknown(span, format!("what `{name}` holds is not steered")))
            }
        }
    }

    fn ask_found(&mut self, id: ColumnId, row: &Row<'q>, want: &Want, span: Span) -> Outcome {
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
        if let Some(outcome) = self.ask_nothing_of(expr, row, &want, span) {
            return outcome;
        }
        // Not every text is one of a number: what is read as one is there if it can be.
        if matches!(want, Want::Absent(false))
            && let Some((inner, want)) = self.readable(expr)
        {
            return self.ask(inner, row, want, span);
        }
        if let Some(found) = self.locate(expr, row, false) {
            // What has parts is there where one of them is.
            let inside = self.reads.inside(expr).filter(|_| matches!(want, Want::Absent(false))).map(Part::Slot);
            for node in found {
                let part = inside.as_ref().and_then(|part| self.part(node, part, span).ok());
                self.want(part.unwrap_or(node), want.clone(), span)?;
            }
            return Ok(());
        }
        match &expr.kind {
            ExprKind::Case(case) => self.ask_case(case, expr, row, &want, span),
            ExprKind::Arithmetic(node) => self.ask_arithmetic(node, row, &want, span),
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
                let made = self.sub_query(plan)?;
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

    /// Wants nothing to be taken out of a text, so that its pattern must not be found there; or something that is so once
    /// this is wanted.
    fn ask_nothing_of(&mut self, expr: &'q Expr, row: &Row<'q>, want: &Want, span: Span) -> Option<Outcome> {
        let ExprKind::Call(function, arguments) = &expr.kind else { return None };
        let ("extract", [pattern, _, text, ..]) = (function.name(), arguments.as_slice()) else { return None };
        if !want.holds(&Value::string("")) {
            return None;
        }
        let pattern = super::want::text(&self.evaluate(pattern, row)?);
        let regex = super::pattern::compiled(&pattern)?;
        let absent = Want::Regex { regex, pattern: pattern.as_str().into(), negated: true };
        if matches!(want, Want::Absent(true)) {
            return Some(self.ask(text, row, absent, span));
        }
        self.gives_nothing(expr, row).then_some(Ok(()))
    }

    /// What is read as a number or an instant, and how that can be done.
    fn readable(&self, expr: &'q Expr) -> Option<(&'q Expr, Want)> {
        let inner = match &expr.kind {
            ExprKind::Cast(cast) => &cast.operand,
            ExprKind::Call(function, arguments) => match (function.name(), arguments.as_slice()) {
                ("toreal" | "todouble" | "tolong" | "toint" | "todatetime", [inner]) => inner,
                _ => return None,
            },
            _ => return None,
        };
        let least = match expr.ty.ty {
            Type::Real => Value::Real(1.0),
            Type::Long | Type::Int => Value::Long(1),
            Type::DateTime => Value::DateTime(self.now - TICKS_PER_DAY),
            _ => return None,
        };
        matches!(inner.ty.ty, Type::String | Type::Dynamic)
            .then_some((inner, Want::Order(CompareOp::GreaterOrEqual, least)))
    }

    /// Whether an expression takes out of a text what is known not to be there.
    pub(super) fn gives_nothing(&mut self, expr: &'q Expr, row: &Row<'q>) -> bool {
        let ExprKind::Call(function, arguments) = &expr.kind else { return false };
        let ("extract", [pattern, _, text, ..]) = (function.name(), arguments.as_slice()) else { return false };
        let Some(pattern) = self.evaluate(pattern, row).map(|pattern| super::want::text(&pattern)) else {
            return false;
        };
        let (mut text, row) = self.behind(text, row);
        while let ExprKind::Call(function, arguments) = &text.kind
            && matches!(function.name(), "tolower" | "toupper")
            && let [inner] = arguments.as_slice()
        {
            text = inner;
        }
        let known =
            |want: &Want| matches!(want, Want::Regex { pattern: known, negated: true, .. } if **known == *pattern);
        self.locate(text, &row, false).is_some_and(|found| {
            !found.is_empty()
                && found.iter().all(|node| self.state.node(*node).wants.iter().any(|(want, _)| known(want)))
        })
    }

    fn ask_case(&mut self, case: &'q Case, expr: &'q Expr, row: &Row<'q>, want: &Want, span: Span) -> Outcome {
        let count = case.arms.len() + 1;
        self.choose((Way::Case, expr.span), count, |solver, at| {
            let value = case.arms.get(at).map_or(&case.otherwise, |(_, value)| value);
            // A constant that does not do is found out before its conditions are.
            solver.ask(value, row, want.clone(), span)?;
            // What has to hold leaves less room than what must not.
            if let Some((condition, _)) = case.arms.get(at) {
                solver.goal(condition, row, true)?;
            }
            case.arms.iter().take(at).try_for_each(|(condition, _)| solver.goal(condition, row, false))
        })
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
        if let ExprKind::Column(id) = expr.kind {
            if let Some(Term::Aggregate(group, ..)) = self.aggregate_behind(id, &row) {
                self.close(group)?;
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

    /// Settles the records of a group, and that there are no more.
    fn close(&mut self, group: usize) -> Outcome {
        let mut closed = (*self.state.groups[group]).clone();
        closed.closed = true;
        self.state.groups.set_mut(group, std::rc::Rc::new(closed.clone()));
        for call in closed.aggregates {
            for argument in &call.arguments {
                for member in &closed.members {
                    self.settle(argument, member)?;
                }
            }
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
                | "array_sort_desc" | "parse_command_line" | "parse_url" | "parse_path" | "parse_xml",
                [inner, ..],
            ) => self.ask(inner, row, want, span),
            ("replace_string" | "replace_regex" | "replace_strings" | "substring", [inner, ..])
                if name != "substring" =>
            {
                self.ask(inner, row, want, span)
            }
            ("replace" | "translate", [_, _, inner]) => self.ask(inner, row, want, span),
            ("substring", [inner, start, ..]) => {
                let start = self.evaluate(start, row).as_ref().and_then(whole).ok_or_else(unknown)?;
                let want = match want {
                    Want::Among { values, fold, negated } if values.len() == 1 => {
                        let pattern = format!("^(?s:.{{{start}}}){}", regex::escape(&text(&values[0])));
                        let pattern = if fold { format!("(?i){pattern}") } else { pattern };
                        let regex = super::pattern::compiled(&pattern).ok_or_else(unknown)?;
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
                    let regex = super::pattern::compiled(&pattern).ok_or_else(unknown)?;
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
            ("hourofday" | "dayofweek" | "dayofmonth" | "monthofyear" | "getmonth", [inner]) => {
                let length = if name == "hourofday" { TICKS_PER_HOUR } else { TICKS_PER_DAY };
                let saved = self.state.clone();
                // The last hour, or day, that is such a one and fits whatever else is asked.
                for back in 0..DAYS * TICKS_PER_DAY / length {
                    let from = self.now - self.now.rem_euclid(length) - back * length;
                    let value = super::functions::call(name, &[Value::DateTime(from)], expr.ty.ty);
                    if value.is_some_and(|value| want.holds(&value)) {
                        let from_on = Want::Order(CompareOp::GreaterOrEqual, Value::DateTime(from));
                        let up_to = Want::Order(CompareOp::Less, Value::DateTime(from + length));
                        let outcome = self.ask(inner, row, from_on, span);
                        if outcome.and_then(|()| self.ask(inner, row, up_to, span)).is_ok() {
                            return Ok(());
                        }
                        self.state = saved.clone();
                    }
                }
                Err(unknown())
            }
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
        let (inner, row) = self.behind(inner, row);
        if let ExprKind::Column(id) = inner.kind
            && let Some(Term::Aggregate(group, call, _)) = self.aggregate_behind(id, &row)
            && self.collected(id, &row).is_some()
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
        match self.term(id, row)? {
            term @ Term::Aggregate(..) => Some(term),
            Term::Column(id, row) => self.aggregate_behind(id, &row),
            Term::Expr(expr, row) => match &expr.kind {
                ExprKind::Column(id) => self.aggregate_behind(*id, &row),
                _ => None,
            },
            _ => None,
        }
    }
}

/// What is not steered.
pub(super) fn unsteered(span: Span, what: &str) -> Stuck {
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
