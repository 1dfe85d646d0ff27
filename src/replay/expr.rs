//! Expressions over one record.

use std::cmp::Ordering;
use std::rc::Rc;

use super::functions::{self, Context};
use super::matching::Needle;
use super::plan::Machine;
use super::record::{Layout, Record};
use super::set::Set;
use super::{Cell, Refusal, Run};
use crate::ir::{
    Access, AnyColumn, Arithmetic, ArithmeticOp, Between, Case, CaseRule, Cast, ColumnId, Compare, CompareOp, Expr,
    ExprKind, Membership, NullRule, RegexMatch, StringMatch, TermRule, ValueSet,
};
use crate::literal::{MAX_DATETIME, parse_datetime, parse_timespan};
use crate::source::Span;
use crate::types::Type;

/// What an expression sees.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s> {
    pub(super) layout: &'s Layout,
    pub(super) record: &'s Record,
    /// Columns that have another value here than in the record, or stand in no record at all.
    pub(super) over: &'s [(ColumnId, Cell)],
}

impl<'s> Scope<'s> {
    pub(super) const fn new(layout: &'s Layout, record: &'s Record) -> Self {
        Self { layout, record, over: &[] }
    }
}

impl Machine<'_> {
    /// The value of an expression in a record.
    pub(super) fn value(&self, expr: &Expr, layout: &Layout, record: &Record) -> Run<Cell> {
        self.cell(expr, Scope::new(layout, record))
    }

    /// Whether a condition holds in a record; `None` for null.
    pub(super) fn condition(&self, expr: &Expr, layout: &Layout, record: &Record) -> Run<Option<bool>> {
        self.truth(expr, Scope::new(layout, record))
    }

    /// Whether a condition holds.
    pub(super) fn truth(&self, expr: &Expr, scope: Scope<'_>) -> Run<Option<bool>> {
        match &expr.kind {
            ExprKind::And(operands) => {
                let mut null = false;
                for operand in operands {
                    match self.truth(operand, scope)? {
                        Some(false) => return Ok(Some(false)),
                        None => null = true,
                        Some(true) => {}
                    }
                }
                Ok((!null).then_some(true))
            }
            ExprKind::Or(operands) => {
                let mut null = false;
                for operand in operands {
                    match self.truth(operand, scope)? {
                        Some(true) => return Ok(Some(true)),
                        None => null = true,
                        Some(false) => {}
                    }
                }
                Ok((!null).then_some(false))
            }
            ExprKind::Not(operand) => Ok(self.truth(operand, scope)?.map(|value| !value)),
            ExprKind::Compare(node) => {
                let (left, right) = (self.cell(&node.left, scope)?, self.cell(&node.right, scope)?);
                Ok(compared(node, &left, &right))
            }
            ExprKind::Loose(node) => {
                let (left, right) = (self.cell(&node.left, scope)?, self.cell(&node.right, scope)?);
                Ok(functions::loosely_compared(node, &left, &right))
            }
            ExprKind::Match(node) => self.string_match(node, scope),
            ExprKind::Regex(node) => self.regex_match(node, scope),
            ExprKind::Member(node) => self.member(node, scope, expr.span),
            ExprKind::Between(node) => self.between(node, scope),
            ExprKind::AnyColumn(node) => self.any_column(node, scope),
            _ => Ok(self.cell(expr, scope)?.truth()),
        }
    }

    /// The value of an expression.
    pub(super) fn cell(&self, expr: &Expr, scope: Scope<'_>) -> Run<Cell> {
        match &expr.kind {
            ExprKind::Literal(value) => Ok(Cell::from(value)),
            ExprKind::Column(id) => Ok(self.column(*id, scope).clone()),
            ExprKind::Row(columns, open) => {
                let mut slots: Vec<_> =
                    columns.iter().map(|(name, id)| (name.clone(), self.column(*id, scope).clone())).collect();
                if *open {
                    slots.extend(scope.record.rest.iter().cloned());
                }
                Ok(Cell::Bag(slots))
            }
            ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Not(_)
            | ExprKind::Compare(_)
            | ExprKind::Loose(_)
            | ExprKind::Match(_)
            | ExprKind::Regex(_)
            | ExprKind::Member(_)
            | ExprKind::Between(_)
            | ExprKind::AnyColumn(_) => Ok(self.truth(expr, scope)?.map_or(Cell::Null, Cell::Bool)),
            ExprKind::Arithmetic(node) => self.arithmetic(node, scope),
            ExprKind::Negate(operand) => Ok(match self.cell(operand, scope)? {
                Cell::Long(value) => value.checked_neg().map_or(Cell::Null, Cell::Long),
                Cell::Span(value) => value.checked_neg().map_or(Cell::Null, Cell::Span),
                other => other.as_number().map_or(Cell::Null, |value| Cell::Real(-value)),
            }),
            ExprKind::Cast(node) => self.cast(node, expr.ty.ty, scope),
            ExprKind::Access(node) => self.access(node, scope),
            ExprKind::Case(node) => self.case(node, scope),
            ExprKind::ToScalar(plan) => {
                let table = self.inner(plan)?;
                Ok(table.records.first().and_then(|record| record.cells.first()).cloned().unwrap_or(Cell::Null))
            }
            ExprKind::Parameter(name) => Err(Refusal::new(expr.span, format!("`{name}` has no value here"))),
            ExprKind::Unknown(name, _) => Err(Refusal::new(expr.span, format!("the function `{name}` is not known"))),
            ExprKind::Item(..) => Err(Refusal::new(expr.span, "functions of several values are not replayed")),
            ExprKind::Call(id, arguments) => {
                let body = functions::core(*id).ok_or_else(|| unknown(expr))?;
                self.call(body, id.name(), arguments, scope, expr.span)
            }
            ExprKind::Foreign(id, arguments) => match (id.row().name, arguments.as_slice()) {
                ("mvfilter", [field, condition]) => self.each_value(field, condition, true, scope),
                ("mvmap", [field, value]) => self.each_value(field, value, false, scope),
                (name, _) => {
                    let body = functions::foreign(*id).ok_or_else(|| unknown(expr))?;
                    self.call(body, name, arguments, scope, expr.span)
                }
            },
        }
    }

    /// The value of a column; of one that no schema holds, the field of its name.
    pub(super) fn column<'s>(&self, id: ColumnId, scope: Scope<'s>) -> &'s Cell {
        if let Some((_, cell)) = scope.over.iter().find(|(over, _)| *over == id) {
            return cell;
        }
        match scope.layout.position(id) {
            Some(at) => &scope.record.cells[at],
            None => scope.record.other(&self.query.columns[id].name).unwrap_or(&Cell::Null),
        }
    }

    fn call(
        &self,
        body: functions::Body,
        name: &'static str,
        arguments: &[Expr],
        scope: Scope<'_>,
        span: Span,
    ) -> Run<Cell> {
        let mut cells = Vec::with_capacity(arguments.len());
        for argument in arguments {
            cells.push(self.cell(argument, scope)?);
        }
        body(&Context { machine: self, span, name }, &cells)
    }

    /// What an expression gives for each value of a field, or the values for which a condition holds.
    fn each_value(&self, field: &Expr, each: &Expr, filters: bool, scope: Scope<'_>) -> Run<Cell> {
        let mut given = Vec::new();
        for value in self.cell(field, scope)?.values() {
            let mut over = scope.over.to_vec();
            if let Some(id) = field.as_column() {
                over.insert(0, (id, value.clone()));
            }
            let scope = Scope { over: &over, ..scope };
            if !filters {
                given.extend_from_slice(self.cell(each, scope)?.values());
            } else if self.truth(each, scope)? == Some(true) {
                given.push(value.clone());
            }
        }
        Ok(Cell::many(given))
    }

    fn string_match(&self, node: &StringMatch, scope: Scope<'_>) -> Run<Option<bool>> {
        let subject = self.cell(&node.subject, scope)?;
        let needle = self.cell(&node.needle, scope)?;
        let rules = node.rules;
        if subject.is_null() || needle.is_null() {
            return Ok(with_null(rules.nulls, node.negated, subject.is_null() && needle.is_null()));
        }
        let needle = self.needle(std::ptr::from_ref(node).addr(), &node.needle, || {
            Needle::new(node.test, rules, &written(rules.terms, &needle).unwrap_or_default())
        });
        Ok(several(rules.nulls, rules.terms, node.negated, &subject, |value| {
            written(rules.terms, value).is_some_and(|text| needle.found_in(&text))
        }))
    }

    fn regex_match(&self, node: &RegexMatch, scope: Scope<'_>) -> Run<Option<bool>> {
        let subject = self.cell(&node.subject, scope)?;
        let pattern = self.cell(&node.pattern, scope)?;
        if subject.is_null() || pattern.is_null() {
            return Ok(with_null(node.nulls, node.negated, false));
        }
        let pattern = pattern.written().unwrap_or_default().into_owned();
        let compiled =
            self.regexes.get(node.dialect, node.anchored, node.case != CaseRule::Sensitive, &pattern).map_err(
                |why| Refusal::new(node.pattern.span, format!("this regular expression is not replayed: {why}")),
            )?;
        let mut found = false;
        for value in subject.values() {
            let text = match value {
                Cell::Bool(_) => value.written(),
                other => written(TermRule::Splunk, other),
            };
            if let Some(text) = text {
                found |= compiled.is_match(&text).map_err(|why| Refusal::new(node.pattern.span, why))?;
            }
        }
        Ok(Some(found != node.negated))
    }

    fn member(&self, node: &Membership, scope: Scope<'_>, span: Span) -> Run<Option<bool>> {
        let subject = self.cell(&node.subject, scope)?;
        let rules = node.rules;
        if subject.is_null() && rules.nulls != NullRule::Value {
            return Ok(with_null(rules.nulls, node.negated, false));
        }
        let set = self.set(node, scope, span)?;
        if subject.values().len() > 1 && rules.nulls == NullRule::Propagate && rules.terms != TermRule::Splunk {
            return Ok(None);
        }
        let holds = set.holds(node, &subject);
        if !holds && set.null && rules.nulls == NullRule::Propagate && rules.terms != TermRule::Splunk {
            return Ok(None);
        }
        Ok(Some(holds != node.negated))
    }

    /// The values of a set, prepared once where they are the same for all records.
    fn set(&self, node: &Membership, scope: Scope<'_>, span: Span) -> Run<Rc<Set>> {
        let address = std::ptr::from_ref(node).addr();
        if let Some(set) = self.sets.borrow().get(&address) {
            return Ok(set.clone());
        }
        let mut elements = Vec::new();
        let same = match &node.set {
            ValueSet::List(items) => {
                for item in items {
                    match self.cell(item, scope)? {
                        Cell::List(values) => elements.extend(values),
                        one => elements.push(one),
                    }
                }
                items.iter().all(|item| item.as_literal().is_some())
            }
            ValueSet::Plan(plan) => {
                if plan.schema().is_empty() {
                    return Err(Refusal::new(span, "the plan of this set gives no column"));
                }
                let table = self.inner(plan)?;
                elements.extend(table.records.iter().flat_map(|record| record.cells[0].values()).cloned());
                true
            }
        };
        let set = Rc::new(Set::new(node, &elements));
        if same {
            self.sets.borrow_mut().insert(address, set.clone());
        }
        Ok(set)
    }

    /// What is looked for, prepared once where it is the same for all records.
    fn needle(&self, address: usize, expr: &Expr, make: impl FnOnce() -> Needle) -> Rc<Needle> {
        if expr.as_literal().is_none() {
            return Rc::new(make());
        }
        self.needles.borrow_mut().entry(address).or_insert_with(|| Rc::new(make())).clone()
    }

    fn between(&self, node: &Between, scope: Scope<'_>) -> Run<Option<bool>> {
        let subject = self.cell(&node.subject, scope)?;
        let (low, high) = (self.cell(&node.low, scope)?, self.cell(&node.high, scope)?);
        if subject.is_null() || low.is_null() || high.is_null() {
            return Ok(with_null(node.nulls, node.negated, false));
        }
        let inside = subject.order(&low).zip(subject.order(&high));
        Ok(inside.map(|(low, high)| (low != Ordering::Less && high != Ordering::Greater) != node.negated))
    }

    fn any_column(&self, node: &AnyColumn, scope: Scope<'_>) -> Run<Option<bool>> {
        let needle = self.cell(&node.needle, scope)?;
        if needle.is_null() {
            return Ok(Some(false));
        }
        let needle = self.needle(std::ptr::from_ref(node).addr(), &node.needle, || {
            Needle::new(node.test, node.rules, &written(node.rules.terms, &needle).unwrap_or_default())
        });
        let holds = |cell: &Cell| {
            let found = |value: &Cell| {
                written(node.rules.terms, value).is_some_and(|text| needle.found_in(&text)) != node.negated
            };
            cell.values().iter().any(found)
        };
        let columns = node.columns.iter().any(|id| holds(self.column(*id, scope)));
        Ok(Some(columns || (node.open && scope.record.rest.iter().any(|(_, cell)| holds(cell)))))
    }

    fn arithmetic(&self, node: &Arithmetic, scope: Scope<'_>) -> Run<Cell> {
        let mut value = self.cell(&node.first, scope)?;
        for step in &node.rest {
            let operand = self.cell(&step.operand, scope)?;
            value = calculated(step.op, &value, &operand, step.ty.ty);
        }
        Ok(value)
    }

    fn cast(&self, node: &Cast, to: Type, scope: Scope<'_>) -> Run<Cell> {
        Ok(converted(self.cell(&node.operand, scope)?, to))
    }

    fn access(&self, node: &Access, scope: Scope<'_>) -> Run<Cell> {
        let mut value = self.cell(&node.base, scope)?;
        for key in &node.path {
            let key = self.cell(key, scope)?;
            value = match (value, key) {
                (Cell::Bag(slots), Cell::Text(name)) => {
                    slots.into_iter().find(|(known, _)| *known == name).map_or(Cell::Null, |(_, value)| value)
                }
                (Cell::List(mut items), Cell::Long(index)) => {
                    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                    let at = if index < 0 { index.saturating_add(length) } else { index };
                    match usize::try_from(at).ok().filter(|at| *at < items.len()) {
                        Some(at) => items.swap_remove(at),
                        None => Cell::Null,
                    }
                }
                _ => return Ok(Cell::Null),
            };
        }
        Ok(value)
    }

    fn case(&self, node: &Case, scope: Scope<'_>) -> Run<Cell> {
        for (condition, value) in &node.arms {
            if self.truth(condition, scope)? == Some(true) {
                return self.cell(value, scope);
            }
        }
        self.cell(&node.otherwise, scope)
    }
}

/// That a function is not run, and why not where that is known.
pub(super) fn unknown(expr: &Expr) -> Refusal {
    let (name, why) = match &expr.kind {
        ExprKind::Call(id, _) => (id.name(), None),
        ExprKind::Foreign(id, _) => (id.row().name, functions::reason(*id)),
        _ => ("this", None),
    };
    Refusal::new(
        expr.span,
        match why {
            Some(why) => format!("`{name}` is not replayed: {why}"),
            None => format!("the function `{name}` is not replayed"),
        },
    )
}

/// What a test gives when an operand is null.
pub(super) const fn with_null(rule: NullRule, negated: bool, both: bool) -> Option<bool> {
    match rule {
        NullRule::Propagate => None,
        NullRule::KqlEquality if both => None,
        NullRule::KqlEquality | NullRule::KqlMatch => Some(negated),
        NullRule::AbsentFails => Some(false),
        NullRule::Value => Some(both != negated),
    }
}

/// A test of a field that may have several values. Splunk and Sigma ask for one that passes, which a complement may do
/// too; elsewhere the complement holds where none passes, and where nulls propagate several values are null.
fn several(
    nulls: NullRule,
    terms: TermRule,
    negated: bool,
    subject: &Cell,
    holds: impl Fn(&Cell) -> bool,
) -> Option<bool> {
    let values = subject.values();
    if values.len() == 1 {
        return Some(holds(&values[0]) != negated);
    }
    match nulls {
        NullRule::Propagate if terms != TermRule::Splunk => None,
        NullRule::AbsentFails | NullRule::Propagate => Some(values.iter().any(|value| holds(value) != negated)),
        NullRule::KqlEquality | NullRule::KqlMatch | NullRule::Value => Some(values.iter().any(holds) != negated),
    }
}

/// A value as text, as the language whose terms these are writes it.
pub(super) fn written(terms: TermRule, cell: &Cell) -> Option<std::borrow::Cow<'_, str>> {
    match (terms, cell) {
        // Splunk's numbers have no fraction where there is none.
        (TermRule::Splunk, Cell::Real(value)) if value.fract() == 0.0 && value.abs() < 1e15 => {
            Some((*value as i64).to_string().into())
        }
        (TermRule::Splunk, Cell::Bool(value)) => Some((if *value { "True" } else { "False" }).into()),
        _ => cell.written(),
    }
}

/// Whether an order is what a comparison asks for.
pub(super) const fn ordered(op: CompareOp, order: Ordering) -> bool {
    match op {
        CompareOp::Equal => order.is_eq(),
        CompareOp::NotEqual => order.is_ne(),
        CompareOp::Less => order.is_lt(),
        CompareOp::LessOrEqual => order.is_le(),
        CompareOp::Greater => order.is_gt(),
        CompareOp::GreaterOrEqual => order.is_ge(),
    }
}

fn compared(node: &Compare, left: &Cell, right: &Cell) -> Option<bool> {
    let negated = node.op == CompareOp::NotEqual;
    if left.is_null() || right.is_null() {
        return match node.op {
            CompareOp::Equal | CompareOp::NotEqual => with_null(node.nulls, negated, left.is_null() && right.is_null()),
            _ if node.nulls == NullRule::AbsentFails => Some(false),
            _ => None,
        };
    }
    // Values that have no order are different, and neither is less.
    let pair = |a: &Cell, b: &Cell| a.order(b).map_or(negated, |order| ordered(node.op, order));
    match (left, right) {
        (Cell::List(_), Cell::List(_)) => Some(pair(left, right)),
        (Cell::List(values), one) | (one, Cell::List(values)) => {
            let turned = matches!(right, Cell::List(_));
            let one = |value: &Cell| if turned { pair(one, value) } else { pair(value, one) };
            match node.nulls {
                NullRule::Propagate => None,
                NullRule::AbsentFails => Some(values.iter().any(one)),
                // What differs from several values differs from each.
                _ if negated => Some(values.iter().all(one)),
                _ => Some(values.iter().any(one)),
            }
        }
        _ => Some(pair(left, right)),
    }
}

/// One step of arithmetic.
pub(super) fn calculated(op: ArithmeticOp, left: &Cell, right: &Cell, ty: Type) -> Cell {
    use ArithmeticOp::{Add, Divide, Modulo, Multiply, Subtract};
    let time =
        |ticks: Option<i64>| ticks.filter(|ticks| (0..=MAX_DATETIME).contains(ticks)).map_or(Cell::Null, Cell::Time);
    let span = |ticks: Option<i64>| ticks.map_or(Cell::Null, Cell::Span);
    let scaled = |ticks: f64| if ticks.abs() < 9e18 { Cell::Span(ticks.round() as i64) } else { Cell::Null };
    match (op, left, right) {
        (_, Cell::Null, _) | (_, _, Cell::Null) => Cell::Null,
        (Add, Cell::Time(a), Cell::Span(b)) | (Add, Cell::Span(a), Cell::Time(b)) => time(a.checked_add(*b)),
        (Subtract, Cell::Time(a), Cell::Span(b)) => time(a.checked_sub(*b)),
        (Subtract, Cell::Time(a), Cell::Time(b)) => span(a.checked_sub(*b)),
        (Add, Cell::Span(a), Cell::Span(b)) => span(a.checked_add(*b)),
        (Subtract, Cell::Span(a), Cell::Span(b)) => span(a.checked_sub(*b)),
        (Modulo, Cell::Span(a), Cell::Span(b)) => span(a.checked_rem_euclid(*b)),
        (Divide, Cell::Span(a), Cell::Span(b)) if *b != 0 => Cell::Real(*a as f64 / *b as f64),
        (Multiply, Cell::Span(ticks), number) | (Multiply, number, Cell::Span(ticks)) => {
            number.as_number().map_or(Cell::Null, |number| scaled(*ticks as f64 * number))
        }
        (Divide, Cell::Span(ticks), number) => match number.as_number() {
            Some(number) if number != 0.0 => scaled(*ticks as f64 / number),
            _ => Cell::Null,
        },
        (Add | Subtract | Multiply, Cell::Long(a), Cell::Long(b)) if ty != Type::Real => {
            let whole = match op {
                Add => a.checked_add(*b),
                Subtract => a.checked_sub(*b),
                _ => a.checked_mul(*b),
            };
            whole.map_or(Cell::Null, Cell::Long)
        }
        (Divide, Cell::Long(a), Cell::Long(b)) if ty != Type::Real => a.checked_div(*b).map_or(Cell::Null, Cell::Long),
        (Modulo, Cell::Long(a), Cell::Long(b)) => a.checked_rem_euclid(*b).map_or(Cell::Null, Cell::Long),
        _ => {
            let (Some(a), Some(b)) = (left.as_number(), right.as_number()) else { return Cell::Null };
            let value = match op {
                Add => a + b,
                Subtract => a - b,
                Multiply => a * b,
                Divide if b == 0.0 => return Cell::Null,
                Divide => a / b,
                Modulo if b == 0.0 => return Cell::Null,
                Modulo => a.rem_euclid(b),
            };
            if value.is_finite() { Cell::Real(value) } else { Cell::Null }
        }
    }
}

/// A value as one of another type; null where it cannot be one.
pub(super) fn converted(cell: Cell, to: Type) -> Cell {
    let number = |cell: &Cell| match cell {
        Cell::Text(text) => super::cell::number_in(text.trim()),
        Cell::Bool(value) => Some(f64::from(u8::from(*value))),
        other => other.as_number(),
    };
    match (to, cell) {
        (_, Cell::Null) => Cell::Null,
        (Type::Unknown | Type::Dynamic | Type::Guid, cell) => cell,
        (Type::String, cell) => cell.written().map_or(Cell::Null, |text| Cell::text(&*text)),
        (Type::Bool, Cell::Text(text)) => match text.trim() {
            text if text.eq_ignore_ascii_case("true") => Cell::Bool(true),
            text if text.eq_ignore_ascii_case("false") => Cell::Bool(false),
            text => super::cell::number_in(text).map_or(Cell::Null, |value| Cell::Bool(value != 0.0)),
        },
        (Type::Bool, cell @ Cell::Bool(_)) => cell,
        (Type::Bool, cell) => cell.as_number().map_or(Cell::Null, |value| Cell::Bool(value != 0.0)),
        (Type::Int | Type::Long, cell @ Cell::Long(_)) => cell,
        (Type::Int | Type::Long, cell) => match number(&cell) {
            Some(value) if value.abs() < 9.2e18 => Cell::Long(value as i64),
            _ => Cell::Null,
        },
        (Type::Real | Type::Decimal, cell) => number(&cell).map_or(Cell::Null, Cell::Real),
        (Type::DateTime, Cell::Text(text)) => parse_datetime(&text).map_or(Cell::Null, Cell::Time),
        (Type::DateTime, cell) => cell.as_time().map_or(Cell::Null, Cell::Time),
        (Type::TimeSpan, cell @ Cell::Span(_)) => cell,
        (Type::TimeSpan, Cell::Text(text)) => parse_timespan(&text).map_or(Cell::Null, Cell::Span),
        (Type::TimeSpan, Cell::Long(ticks)) => Cell::Span(ticks),
        (Type::TimeSpan, _) => Cell::Null,
    }
}
