//! Calls of functions and aggregates.

use pest::iterators::Pair;

use super::build::{aggregate, calendar, convert, kql, null, own, several, single};
use super::expr::{Groups, Place, Scope};
use super::functions::{self, FUNCTIONS, Function, Takes};
use super::grammar::Rule;
use super::{Lowered, Reader, Text, name, scalar};
use crate::diagnostic::code;
use crate::functions::{ValueType, nearest};
use crate::ir::{Case, Expr, ExprKind, ForeignAggregate, ForeignId, Json, Value};
use crate::read::pipe::{TEXT, computed};
use crate::source::Span;
use crate::types::Type;

/// What a call is given.
struct Given {
    arguments: Vec<Expr>,
    /// Whether it is `*`.
    star: bool,
}

impl Reader<'_> {
    /// A call.
    pub(super) fn call(&mut self, scope: &mut Scope<'_>, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<Expr> {
        let text = body.of(&pair);
        let mut inner = pair.into_inner();
        let Some(word) = inner.next().map(|word| body.of(&word)) else {
            return Err(self.wrong(&code::READ_SYNTAX, text, "a call is incomplete"));
        };
        if word.text.starts_with("??") {
            return Err(self.no_meaning(word, "a function that is given when the query is run cannot be read before"));
        }
        let lower = word.text.to_ascii_lowercase();
        let parts: Vec<Pair<'_, Rule>> = inner.collect();
        if let Some(row) = aggregate(&lower) {
            return self.aggregate(scope, body, (text, word), row, parts);
        }
        let special = matches!(lower.as_str(), "case" | "now");
        let function = functions::find(&lower);
        if function.is_none() && !special {
            return Err(self.unknown(word, &lower));
        }
        let Given { arguments, star } = self.given(scope, body, parts)?;
        if star {
            return Err(self.wrong(&code::READ_SYNTAX, text, format!("`{}` does not take `*`", word.text)));
        }
        let span = self.span(text);
        match (lower.as_str(), function) {
            ("now", _) => {
                self.count(text, word, arguments.len(), (0, 0))?;
                Ok(kql("now", Vec::new(), Type::DateTime, span))
            }
            ("case", _) => {
                self.count(text, word, arguments.len(), (2, usize::MAX))?;
                Ok(choose(arguments, span))
            }
            (_, Some(function)) => {
                self.count(text, word, arguments.len(), function.row().row().arity)?;
                self.function(function, arguments, text)
            }
            (_, None) => Err(self.unknown(word, &lower)),
        }
    }

    fn unknown(&self, word: Text<'_>, lower: &str) -> Box<crate::diagnostic::Diagnostic> {
        if let Some(why) = functions::refusal(lower) {
            let found = self.no_meaning(word, format!("the function `{}` is not read", lower.to_uppercase()));
            return Box::new(found.note(why));
        }
        let mut found = self.wrong(&code::ESQL_UNKNOWN_FUNCTION, word, format!("unknown function `{}`", word.text));
        let names = FUNCTIONS.iter().map(|function| function.name).chain(["case", "now", "count", "values"]);
        if let Some(near) = nearest(lower, names) {
            *found = found.help(format!("did you mean `{}`?", near.to_uppercase()));
        }
        found
    }

    /// What stands between the parentheses of a call.
    fn given(&mut self, scope: &mut Scope<'_>, body: Text<'_>, parts: Vec<Pair<'_, Rule>>) -> Lowered<Given> {
        let mut given = Given { arguments: Vec::new(), star: false };
        for part in parts {
            match part.as_rule() {
                Rule::star => given.star = true,
                Rule::options => given.arguments.push(self.options(body, part)?),
                _ => given.arguments.push(self.expression(scope, body, part)?),
            }
        }
        Ok(given)
    }

    /// `{"name": value}`
    fn options(&mut self, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<Expr> {
        let span = self.span(body.of(&pair));
        let mut slots = Vec::new();
        for entry in pair.into_inner() {
            let text = body.of(&entry);
            let mut inner = entry.into_inner();
            let (Some(key), Some(value)) = (inner.next(), inner.next()) else { continue };
            let key = self.string(body, &key)?;
            let value = match self.value(body, value)? {
                Value::Bool(value) => Json::Bool(value),
                Value::Long(value) => Json::Long(value),
                Value::Real(value) => Json::Real(value),
                Value::String(value) => Json::String(value),
                _ => {
                    return Err(self.wrong(&code::READ_SYNTAX, text, "an option is a number, a string, true or false"));
                }
            };
            slots.push((name(&key), value));
        }
        Ok(Expr::literal(Value::Dynamic(std::sync::Arc::new(Json::Bag(slots))), span))
    }

    /// Holds the number of arguments to what a function takes.
    fn count(&self, text: Text<'_>, word: Text<'_>, given: usize, (least, most): (usize, usize)) -> Lowered<()> {
        if (least..=most).contains(&given) {
            return Ok(());
        }
        let takes = match (least, most) {
            (least, usize::MAX) => format!("at least {least}"),
            (least, most) if least == most => least.to_string(),
            (least, most) => format!("{least} to {most}"),
        };
        let word = word.text.to_uppercase();
        let message = format!("`{word}` takes {takes} arguments, not {given}");
        Err(self.wrong(&code::ESQL_ARGUMENT_COUNT, text, message))
    }

    fn function(&self, function: &Function, mut arguments: Vec<Expr>, text: Text<'_>) -> Lowered<Expr> {
        let span = self.span(text);
        let row = function.row();
        let last = arguments.len().saturating_sub(1);
        match function.takes {
            Takes::Each if arguments.len() == 1 => return Ok(convert(row, arguments.remove(0), span)),
            Takes::Many | Takes::Each => {}
            Takes::One => arguments = arguments.into_iter().map(single).collect(),
            Takes::ManyThenOne => only(&mut arguments, |at| at > 0),
            Takes::OneThenMany => only(&mut arguments, |at| at < last),
        }
        if matches!(row.row().name, "date_trunc" | "bucket") {
            return self.binned(row, arguments, text);
        }
        let ty = result(row, &arguments);
        Ok(Expr { ty, ..own(row, arguments, span) })
    }

    /// `DATE_TRUNC` and `BUCKET`, whose width may be a stretch of time by the calendar.
    fn binned(&self, row: ForeignId, mut arguments: Vec<Expr>, text: Text<'_>) -> Lowered<Expr> {
        let span = self.span(text);
        let width = usize::from(row.row().name == "bucket");
        if arguments.len() == 2
            && let Some((count, unit)) = calendar(unwrapped(&arguments[width]))
        {
            let time = arguments.swap_remove(1 - width);
            let literal = |value| Expr::literal(value, span);
            let arguments = vec![literal(Value::Long(count)), literal(Value::string(unit)), time];
            return Ok(own(scalar("date_trunc_period"), arguments, span));
        }
        if row.row().name == "date_trunc" && matches!(arguments[0].as_literal(), Some(Value::String(_))) {
            let place = "the width of `DATE_TRUNC` is a stretch of time such as `1 hour`";
            return Err(self.wrong(&code::READ_SYNTAX, text, place));
        }
        let ty = match arguments.get(width).map(|width| width.ty.ty) {
            Some(Type::TimeSpan) => Type::DateTime.into(),
            _ => row.row().returns.value_type(),
        };
        Ok(Expr { ty, ..own(row, arguments, span) })
    }

    /// A call of an aggregate: a column of the groups.
    fn aggregate(
        &mut self,
        scope: &mut Scope<'_>,
        body: Text<'_>,
        (text, word): (Text<'_>, Text<'_>),
        function: ForeignId,
        parts: Vec<Pair<'_, Rule>>,
    ) -> Lowered<Expr> {
        let misplaced = |message: &str| {
            Err(self.wrong(&code::ESQL_AGGREGATE_PLACE, text, format!("`{}` {message}", word.text.to_uppercase())))
        };
        let mut groups = match std::mem::replace(&mut scope.place, Place::Aggregate) {
            Place::Groups(groups) => groups,
            Place::Record => return misplaced("is an aggregate, and records are not grouped here"),
            Place::Aggregate => return misplaced("stands inside another aggregate"),
        };
        let Given { mut arguments, star } = self.given(scope, body, parts)?;
        let span = self.span(text);
        if star && function.row().name != "count" {
            return Err(self.wrong(&code::READ_SYNTAX, text, format!("`{}` does not take `*`", word.text)));
        }
        self.count(text, word, arguments.len(), function.row().arity)?;
        for argument in arguments.iter_mut().skip(1) {
            let old = std::mem::replace(argument, null(span));
            *argument = single(old);
        }
        if let Some(condition) = groups.condition.clone() {
            // Null counts for nothing.
            let value = if arguments.is_empty() { Expr::literal(Value::Bool(true), span) } else { arguments.remove(0) };
            arguments.insert(0, choose(vec![condition, value], span));
        }
        let ty = match (function.row().name, arguments.first()) {
            ("min" | "max" | "sum" | "first" | "last", Some(first)) if !several(first) => nullable(first.ty),
            _ => function.row().returns.value_type(),
        };
        let column = computed(&mut self.columns, text.text, ty, span);
        groups.calls.push(ForeignAggregate { function, arguments, output: column.id, span });
        groups.outputs.push(column.clone());
        scope.place = Place::Groups(groups);
        Ok(Expr::column(column.id, column.ty, span))
    }
}

impl Scope<'_> {
    /// The aggregates met so far.
    pub(super) fn groups(&mut self) -> Option<&mut Groups> {
        match &mut self.place {
            Place::Groups(groups) => Some(groups),
            Place::Record | Place::Aggregate => None,
        }
    }
}

/// Wants one value in the arguments at some positions.
fn only(arguments: &mut [Expr], at: impl Fn(usize) -> bool) {
    for (_, argument) in arguments.iter_mut().enumerate().filter(|(index, _)| at(*index)) {
        let old = std::mem::replace(argument, null(argument.span));
        *argument = single(old);
    }
}

/// The expression that `single` was put in front of.
fn unwrapped(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Foreign(row, arguments) if *row == scalar("single") => arguments.first().unwrap_or(expr),
        _ => expr,
    }
}

/// `CASE`: conditions and values in turn, and perhaps a last value.
fn choose(arguments: Vec<Expr>, span: Span) -> Expr {
    let mut arms = Vec::new();
    let mut otherwise = null(span);
    let mut arguments = arguments.into_iter();
    while let Some(first) = arguments.next() {
        match arguments.next() {
            Some(value) => arms.push((single(first), value)),
            None => otherwise = first,
        }
    }
    let values = arms.iter().map(|(_, value)| value).chain([&otherwise]);
    let ty = common(values);
    Expr::new(ExprKind::Case(Box::new(Case { arms, otherwise })), ty, span)
}

/// Text that may be null is not KQL's `string`.
const fn nullable(ty: ValueType) -> ValueType {
    if matches!(ty.ty, Type::String) { TEXT } else { ty }
}

/// The type of a value that is one of several, nulls apart.
fn common<'e>(values: impl Iterator<Item = &'e Expr>) -> ValueType {
    let is_null = |expr: &&Expr| !matches!(expr.as_literal(), Some(Value::Null(_)));
    let mut types = values.filter(is_null).map(|value| nullable(value.ty));
    match types.next() {
        Some(first) if types.all(|ty| ty == first) => first,
        _ => Type::Unknown.into(),
    }
}

/// The type of what a function gives.
fn result(row: ForeignId, arguments: &[Expr]) -> ValueType {
    match row.row().name {
        "coalesce" | "greatest" | "least" => common(arguments.iter()),
        "abs" | "ceil" | "floor" | "round" | "clamp" | "clamp_min" | "clamp_max" => {
            arguments.first().map_or(Type::Unknown.into(), |first| first.ty)
        }
        _ => row.row().returns.value_type(),
    }
}
