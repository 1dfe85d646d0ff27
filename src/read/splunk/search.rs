//! Search expressions: the words of `search`, of a search's start and of `tstats … where`.
//!
//! Values are compared case-blind, `*` stands for anything, a field that is not there fails every comparison, and a
//! field of several values passes where one of them does. `OR` binds tighter than `AND`.

use std::sync::Arc;

use pest::iterators::Pair;

use super::grammar::Rule;
use super::text::{field_name, is_cidr, is_quoted, unescape, unquote};
use super::time::Moment;
use super::{Lowered, Reader, Text, scalar};
use crate::diagnostic::code;
use crate::functions::{self, ValueType};
use crate::ir::foreign::ForeignType;
use crate::ir::{
    Bound, Bounds, CaseRule, Column, Compare, CompareOp, Expr, ExprKind, Membership, NullRule, Op, Origin, Quantifier,
    Schema, SourceKind, StringMatch, StringRules, StringTest, TermRule, Value, ValueSet, Window,
};
use crate::read::build::comparison;
use crate::read::pipe::{Pipe, TEXT};
use crate::source::Span;
use crate::types::Type;

/// How `search` compares.
const RULES: StringRules =
    StringRules { case: CaseRule::AsciiInsensitive, terms: TermRule::Splunk, nulls: NullRule::AbsentFails };

/// The fields every event has.
const EVENT_FIELDS: &[(&str, ValueType)] = &[
    ("_time", ForeignType::Number.value_type()),
    ("_raw", TEXT),
    ("index", TEXT),
    ("host", TEXT),
    ("source", TEXT),
    ("sourcetype", TEXT),
];

/// Conditions, and the stretch of time that a search names beside them.
#[derive(Debug, Default)]
pub(super) struct Found {
    terms: Vec<Expr>,
    windows: Vec<(Bounds, Span)>,
}

impl Reader<'_> {
    /// Events of the indexes, with the fields that every event has.
    pub(super) fn events(&mut self, span: Span) -> Pipe {
        let table = super::name("events");
        let fields = EVENT_FIELDS.iter().map(|(name, ty)| {
            let id = self.columns.add(*name, *ty, Origin::Table(table.clone()), span);
            Column { id, name: (*name).into(), ty: *ty }
        });
        Pipe::new(SourceKind::Tables("*".into()), Schema::new(fields, true), span)
    }

    /// The start of a search: a search expression over all events.
    pub(super) fn event_search(&mut self, body: Text<'_>, whole: Text<'_>) -> Lowered<Pipe> {
        let mut pipe = self.events(self.span(whole));
        self.filter_events(&mut pipe, body)?;
        Ok(pipe)
    }

    /// A search expression at the start of a search, where it may say which stretch of time is searched.
    pub(super) fn filter_events(&mut self, pipe: &mut Pipe, body: Text<'_>) -> Lowered<()> {
        let mut found = Found::default();
        self.conditions(pipe, body, &mut found, true)?;
        let span = self.span(body);
        for (bounds, span) in std::mem::take(&mut found.windows) {
            if let Some(time) = pipe.field(&mut self.columns, "_time", span) {
                pipe.push_same(Op::Window(Window { column: time.id, bounds }), span);
            }
        }
        if let Some(condition) = joined(found.terms, ExprKind::And, span) {
            pipe.push_same(Op::Filter(condition), span);
        }
        Ok(())
    }

    /// `search` behind a pipe, where `earliest` and `latest` are fields like any other.
    pub(super) fn filter_results(&mut self, pipe: &mut Pipe, body: Text<'_>) -> Lowered<()> {
        let condition = self.search_condition(pipe, body)?;
        let span = self.span(body);
        if condition.as_literal() != Some(&Value::Bool(true)) {
            pipe.push_same(Op::Filter(condition), span);
        }
        Ok(())
    }

    /// A search expression as one condition.
    pub(super) fn search_condition(&mut self, pipe: &mut Pipe, body: Text<'_>) -> Lowered<Expr> {
        let mut found = Found::default();
        self.conditions(pipe, body, &mut found, false)?;
        let span = self.span(body);
        Ok(joined(found.terms, ExprKind::And, span).unwrap_or_else(|| truth(span)))
    }

    fn conditions(&mut self, pipe: &mut Pipe, body: Text<'_>, found: &mut Found, timed: bool) -> Lowered<()> {
        for pair in self.parse(Rule::search, body, "the search expression")? {
            if pair.as_rule() == Rule::all {
                self.all(pipe, body, pair, found, timed)?;
            }
        }
        Ok(())
    }

    /// Expressions joined by AND; terms that only say which time is searched go to the windows.
    fn all(
        &mut self,
        pipe: &mut Pipe,
        body: Text<'_>,
        pair: Pair<'_, Rule>,
        found: &mut Found,
        timed: bool,
    ) -> Lowered<()> {
        for any in pair.into_inner().filter(|pair| pair.as_rule() == Rule::any) {
            let text = body.of(&any);
            let negations: Vec<_> = any.into_inner().filter(|pair| pair.as_rule() == Rule::negation).collect();
            if timed
                && let [negation] = negations.as_slice()
                && self.time_bound(pipe, body, negation, found)?
            {
                continue;
            }
            let mut operands = Vec::new();
            for negation in negations {
                operands.push(self.negation(pipe, body, negation)?);
            }
            if operands.iter().any(|operand| operand.as_literal() == Some(&Value::Bool(true))) {
                continue;
            }
            let span = self.span(text);
            found.terms.extend(joined(operands, ExprKind::Or, span));
        }
        Ok(())
    }

    fn negation(&mut self, pipe: &mut Pipe, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<Expr> {
        let span = self.span(body.of(&pair));
        let mut negated = false;
        for inner in pair.into_inner() {
            if inner.as_rule() == Rule::not {
                negated = !negated;
                continue;
            }
            let expr = self.predicate(pipe, body, inner)?;
            return Ok(if negated { Expr::new(ExprKind::Not(Box::new(expr)), Type::Bool, span) } else { expr });
        }
        Ok(truth(span))
    }

    fn predicate(&mut self, pipe: &mut Pipe, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<Expr> {
        let text = body.of(&pair);
        let span = self.span(text);
        let Some(inner) = pair.into_inner().next() else { return Ok(truth(span)) };
        match inner.as_rule() {
            Rule::all => {
                let mut found = Found::default();
                self.all(pipe, body, inner, &mut found, false)?;
                Ok(joined(found.terms, ExprKind::And, span).unwrap_or_else(|| truth(span)))
            }
            Rule::bracketed => self.subsearch_condition(pipe, body.of(&inner)),
            Rule::exact => {
                let mut parts = inner.into_inner();
                let (word, value) = (parts.next(), parts.next());
                let needle = value.map(|value| unquote(value.as_str().trim()).into_owned()).unwrap_or_default();
                let raw = pipe.value(&mut self.columns, "_raw", span);
                let needle = Expr::literal(Value::string(needle), span);
                if word.is_some_and(|word| word.as_str() == "TERM") {
                    return Ok(Expr::new(ExprKind::Foreign(scalar("term"), vec![raw, needle]), Type::Bool, span));
                }
                let rules = StringRules { case: CaseRule::Sensitive, ..RULES };
                Ok(matched(StringTest::HasTerm, rules, false, raw, needle, span))
            }
            Rule::membership => self.membership(pipe, body, inner),
            Rule::comparison => Ok(self.comparison(pipe, body, inner)),
            _ => Ok(self.term(pipe, inner.as_str(), span)),
        }
    }

    fn membership(&mut self, pipe: &mut Pipe, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<Expr> {
        let span = self.span(body.of(&pair));
        let mut field = String::new();
        let mut negated = false;
        let mut values = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::search_field => field = field_name(part.as_str()).into_owned(),
                Rule::not_in => negated = true,
                Rule::search_value => values.push((unquote(part.as_str()).into_owned(), self.span(body.of(&part)))),
                _ => {}
            }
        }
        if values.is_empty() {
            return Err(self.wrong(&code::READ_SYNTAX, body, "`IN` lists no value"));
        }
        let subject = pipe.value(&mut self.columns, &field, span);
        let mut plain = Vec::new();
        let mut wild = Vec::new();
        let mut others = Vec::new();
        for (value, at) in values {
            if is_cidr(&value) {
                others.push(cidr(subject.clone(), &value, at));
            }
            let list = if value.contains('*') { &mut wild } else { &mut plain };
            list.push(Expr::literal(Value::string(value), at));
        }
        for (test, list) in [(StringTest::Wildcard, wild), (StringTest::Equals, plain)] {
            if !list.is_empty() {
                let node = Membership {
                    test,
                    rules: RULES,
                    quantifier: Quantifier::Any,
                    negated: false,
                    subject: subject.clone(),
                    set: ValueSet::List(list),
                };
                others.insert(0, Expr::new(ExprKind::Member(Box::new(node)), Type::Bool, span));
            }
        }
        let any = joined(others, ExprKind::Or, span).unwrap_or_else(|| truth(span));
        Ok(if negated { Expr::new(ExprKind::Not(Box::new(any)), Type::Bool, span) } else { any })
    }

    fn comparison(&mut self, pipe: &mut Pipe, body: Text<'_>, pair: Pair<'_, Rule>) -> Expr {
        let span = self.span(body.of(&pair));
        let Parts { field, op, value, cased, at } = parts(body, pair);
        let subject = pipe.value(&mut self.columns, &field, span);
        let at = self.span(at);
        let op = comparison(op);
        if !matches!(op, CompareOp::Equal | CompareOp::NotEqual) {
            let right = Expr::literal(super::eval::number_or_text(&value), at);
            let node = Compare { op, nulls: NullRule::AbsentFails, left: subject, right };
            return Expr::new(ExprKind::Loose(Box::new(node)), Type::Bool, span);
        }
        let negated = op == CompareOp::NotEqual;
        let rules = if cased { StringRules { case: CaseRule::Sensitive, ..RULES } } else { RULES };
        if value == "*" && !negated {
            return is_there(subject, span);
        }
        let test = if value.contains('*') && !cased { StringTest::Wildcard } else { StringTest::Equals };
        let needle = Expr::literal(Value::string(value.as_str()), at);
        let equal = matched(test, rules, negated, subject.clone(), needle, span);
        if !is_cidr(&value) {
            return equal;
        }
        let within = cidr(subject, &value, at);
        if negated {
            let outside = Expr::new(ExprKind::Not(Box::new(within)), Type::Bool, span);
            Expr::new(ExprKind::And(vec![equal, outside]), Type::Bool, span)
        } else {
            Expr::new(ExprKind::Or(vec![equal, within]), Type::Bool, span)
        }
    }

    /// A word or a phrase in the text of the event.
    fn term(&mut self, pipe: &mut Pipe, word: &str, span: Span) -> Expr {
        let needle = if is_quoted(word) { unquote(word) } else { unescape(word) };
        let inner = needle.trim_matches('*');
        if inner.is_empty() {
            return truth(span);
        }
        let raw = pipe.value(&mut self.columns, "_raw", span);
        let text = |text: &str| Expr::literal(Value::string(text), span);
        let test = match (needle.starts_with('*'), needle.ends_with('*')) {
            _ if inner.contains('*') => {
                let operands = vec![raw, text(&needle)];
                return Expr::new(ExprKind::Foreign(scalar("term_like"), operands), Type::Bool, span);
            }
            (true, true) => StringTest::Contains,
            (true, false) => StringTest::HasSuffix,
            (false, true) => StringTest::HasPrefix,
            (false, false) => StringTest::HasTerm,
        };
        matched(test, RULES, false, raw, text(inner), span)
    }

    /// Takes up what `earliest=…` or `latest=…` says; tells whether the term is one of them.
    fn time_bound(
        &mut self,
        pipe: &mut Pipe,
        body: Text<'_>,
        negation: &Pair<'_, Rule>,
        found: &mut Found,
    ) -> Lowered<bool> {
        let mut inner = negation.clone().into_inner();
        let Some(comparison) = inner.next().and_then(|predicate| predicate.into_inner().next()) else {
            return Ok(false);
        };
        if comparison.as_rule() != Rule::comparison {
            return Ok(false);
        }
        let text = body.of(&comparison);
        let span = self.span(text);
        let Parts { field, op, value, .. } = parts(body, comparison);
        let later = match field.as_str() {
            "earliest" => true,
            "latest" => false,
            "_index_earliest" | "_index_latest" => {
                return Err(
                    self.no_meaning(text, format!("`{field}` goes by the time of indexing, which is not known here"))
                );
            }
            _ => return Ok(false),
        };
        if op != "=" {
            return Ok(false);
        }
        let Some(moment) = Moment::of(&value) else {
            return Err(self.wrong(&code::SPL_OPTION, text, format!("`{value}` is no time")));
        };
        let bound = match moment {
            Moment::Now => Bound::FromNow(0),
            Moment::Ever => return Ok(true),
            Moment::Ticks(ticks) => Bound::FromNow(ticks),
            Moment::Instant(ticks) => Bound::Instant(ticks),
            Moment::Calendar => {
                // Days and snapping go by the searcher's calendar: only the function knows it.
                let time = pipe.value(&mut self.columns, "_time", span);
                let now = Expr::new(ExprKind::Foreign(scalar("now"), Vec::new()), Type::Real, span);
                let specifier = Expr::literal(Value::string(value), span);
                let right =
                    Expr::new(ExprKind::Foreign(scalar("relative_time"), vec![now, specifier]), Type::Real, span);
                let op = if later { CompareOp::GreaterOrEqual } else { CompareOp::Less };
                let node = Compare { op, nulls: NullRule::AbsentFails, left: time, right };
                found.terms.push(Expr::new(ExprKind::Loose(Box::new(node)), Type::Bool, span));
                return Ok(true);
            }
        };
        let bounds = if later {
            Bounds { from: Some((bound, true)), to: None }
        } else {
            Bounds { from: None, to: Some((bound, false)) }
        };
        found.windows.push((bounds, span));
        Ok(true)
    }

    /// `[…]` in a search expression: one of the records that the subsearch gives has the same values.
    fn subsearch_condition(&mut self, pipe: &mut Pipe, text: Text<'_>) -> Lowered<Expr> {
        let span = self.span(text);
        let inner = text.slice(1, text.text.len() - 1);
        let mut sub = self.subsearch(inner)?;
        let fields: Vec<Column> = sub.schema().iter().filter(|column| !column.name.starts_with('_')).cloned().collect();
        if sub.schema().open && fields.is_empty() {
            return Err(self
                .no_meaning(text, "this subsearch does not say which fields it gives")
                .help_boxed("end it with `| fields NAME` or `| table NAME`"));
        }
        match fields.as_slice() {
            [field] if matches!(&*field.name, "search" | "query") => Err(self.no_meaning(
                text,
                format!("the values of `{}` are search expressions that only a run can tell", field.name),
            )),
            [field] => {
                let subject = pipe.value(&mut self.columns, &field.name, span);
                sub.project(vec![field.clone()], crate::ir::Rest::Drop, span);
                // A value with `*` in it is a pattern, as if it were written here.
                let node = Membership {
                    test: StringTest::Wildcard,
                    rules: RULES,
                    quantifier: Quantifier::Any,
                    negated: false,
                    subject,
                    set: ValueSet::Plan(Arc::new(sub.plan)),
                };
                Ok(Expr::new(ExprKind::Member(Box::new(node)), Type::Bool, span))
            }
            _ => Err(self.no_meaning(text, "a subsearch that gives several fields makes a condition of each record")),
        }
    }

    /// What stands between the brackets of a subsearch.
    pub(super) fn subsearch(&mut self, inner: Text<'_>) -> Lowered<Pipe> {
        self.pipeline(inner, None)
    }
}

/// Lets a boxed finding be added to.
trait Helpful {
    fn help_boxed(self, text: &str) -> Self;
}

impl Helpful for Box<crate::diagnostic::Diagnostic> {
    fn help_boxed(mut self, text: &str) -> Self {
        *self = self.help(text);
        self
    }
}

/// The parts of a comparison.
struct Parts<'t> {
    field: String,
    op: &'t str,
    value: String,
    cased: bool,
    at: Text<'t>,
}

fn parts<'t>(body: Text<'t>, pair: Pair<'t, Rule>) -> Parts<'t> {
    let mut parts = Parts { field: String::new(), op: "=", value: String::new(), cased: false, at: body };
    for part in pair.into_inner() {
        let at = body.of(&part);
        match part.as_rule() {
            Rule::search_field => parts.field = field_name(at.text).into_owned(),
            Rule::search_operator => parts.op = at.text,
            Rule::cased => {
                parts.cased = true;
                let text = part.into_inner().next().map_or("", |inner| inner.as_str().trim());
                parts.value = unquote(text).into_owned();
                parts.at = at;
            }
            _ => {
                parts.value = unquote(at.text).into_owned();
                parts.at = at;
            }
        }
    }
    parts
}

fn cidr(subject: Expr, subnet: &str, span: Span) -> Expr {
    let subnet = Expr::literal(Value::string(subnet), span);
    let within = Expr::new(ExprKind::Foreign(scalar("cidrmatch"), vec![subnet, subject.clone()]), Type::Bool, span);
    // The field has to be there, whatever the test.
    Expr::new(ExprKind::And(vec![is_there(subject, span), within]), Type::Bool, span)
}

fn matched(test: StringTest, rules: StringRules, negated: bool, subject: Expr, needle: Expr, span: Span) -> Expr {
    Expr::new(ExprKind::Match(Box::new(StringMatch { test, rules, negated, subject, needle })), Type::Bool, span)
}

/// Whether a field is there.
pub(super) fn is_there(subject: Expr, span: Span) -> Expr {
    match functions::scalar("isnotnull") {
        Some(id) => Expr::new(ExprKind::Call(id, vec![subject]), Type::Bool, span),
        None => unreachable!("KQL has `isnotnull`"),
    }
}

pub(super) fn truth(span: Span) -> Expr {
    Expr::literal(Value::Bool(true), span)
}

/// One expression of several; `None` of none.
pub(super) fn joined(mut operands: Vec<Expr>, kind: fn(Vec<Expr>) -> ExprKind, span: Span) -> Option<Expr> {
    match operands.len() {
        0 | 1 => operands.pop(),
        _ => Some(Expr::new(kind(operands), Type::Bool, span)),
    }
}
