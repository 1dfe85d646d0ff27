//! Rules that count: a filter in Lucene's syntax, and how many events of a group make an alert.
//!
//! Fields are taken for keywords, numbers, addresses and truth values, whose values are compared as a whole. The groups
//! are those of Elasticsearch's aggregations: an event that lacks a field belongs to none, one with several values in it
//! to that of each.

use pest::Parser as _;
use pest::error::InputLocation;
use pest::iterators::Pair;

use self::grammar::{Grammar, Rule};
use super::condition::{self, Kind, Term};
use super::query::{Fields, Search};
use super::{Lowered, MAX_DEPTH, Reader, STACK_BYTES, built_in, wrong};
use crate::diagnostic::code;
use crate::ir::{
    Column, CompareOp, Computed, Expr, ExprKind, ForeignAggregate, ForeignKind, Frame, Lacking, Op, Origin, Plan,
    Query, Schema, Statistics, StringTest, Value,
};
use crate::read::ReadBack;
use crate::source::Span;
use crate::types::Type;

/// The parser that `grammar/lucene.pest` makes.
mod grammar {
    pub(super) struct Grammar;

    include!("../../../grammar/lucene.rs");
}

/// How many events of a group make an alert.
#[derive(Clone, Debug)]
pub(super) struct Threshold {
    /// What makes a group.
    pub(super) fields: Vec<String>,
    /// The least number.
    pub(super) least: i64,
}

/// Reads the filter of a rule that counts.
pub(super) fn read(text: &str, search: &Search, threshold: &Threshold) -> ReadBack {
    if let Some(at) = too_deep(text) {
        let message = format!("brackets nest deeper than {MAX_DEPTH} here");
        return ReadBack::refused(*wrong(&code::EQL_TOO_DEEP, Span::new(at, at + 1), message));
    }
    let mut reader = Reader { text, columns: crate::ir::Columns::default() };
    match stacker::grow(STACK_BYTES, || reader.counted(search, threshold)) {
        Ok(plan) => ReadBack::new(Some(Query { columns: reader.columns, shared: Vec::new(), plan }), Vec::new()),
        Err(found) => ReadBack::refused(*found),
    }
}

/// Where parentheses nest too deep; those of regular expressions, which close again, are counted with them.
fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'(' if !quoted => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Some(at);
                }
            }
            b')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

fn span(pair: &Pair<'_, Rule>) -> Span {
    let start = pair.as_span().start();
    Span::new(start, start + pair.as_str().trim_end().len())
}

impl Reader<'_> {
    fn counted(&mut self, search: &Search, threshold: &Threshold) -> Lowered<Plan> {
        let at = Span::new(0, self.text.len());
        let mut pairs = Grammar::parse(Rule::query, self.text).map_err(|error| {
            let at = match error.location {
                InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
            };
            let end = self.text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
            wrong(&code::READ_NO_MEANING, Span::new(at, end), "what stands here in Lucene's syntax is not read")
        })?;
        let mut fields = Fields::of_event(&mut self.columns, search, at);
        let group = pairs.next().and_then(|query| query.into_inner().next());
        let Some(group) = group else { unreachable!("the grammar has a group") };
        let condition = self.group(&mut fields, group)?;
        let keys: Vec<Column> =
            threshold.fields.iter().map(|name| fields.column(&mut self.columns, name, at)).collect();
        let mut plan = self.events(search, fields, condition.expr, at);
        let id = self.columns.add("count", Type::Long, Origin::Computed, at);
        let count = Column { id, name: "count".into(), ty: Type::Long.into() };
        let schema = Schema::new(keys.iter().cloned().chain([count]), false);
        let value = |column: &Column| Expr::column(column.id, column.ty, at);
        let statistics = Statistics {
            keys: keys.iter().map(|key| Computed { id: key.id, expr: value(key) }).collect(),
            aggregates: vec![ForeignAggregate {
                function: built_in(ForeignKind::Aggregate, "count"),
                arguments: Vec::new(),
                output: id,
                span: at,
            }],
            frame: Frame::Group,
            lacking: Lacking::NoGroup,
        };
        plan.push(Op::Statistics(Box::new(statistics)), schema, at);
        let count = Expr::column(id, Type::Long.into(), at);
        let least = Expr::literal(Value::Long(threshold.least), at);
        plan.push_same(Op::Filter(condition::compared(CompareOp::GreaterOrEqual, count, least, at).expr), at);
        Ok(plan)
    }

    fn group(&mut self, fields: &mut Fields, pair: Pair<'_, Rule>) -> Lowered<Term> {
        let at = span(&pair);
        let (mut terms, mut kind) = (Vec::new(), None::<fn(Vec<Expr>) -> ExprKind>);
        let mut positive = false;
        let mut negative = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::and => kind = Some(ExprKind::And),
                Rule::or => kind = Some(ExprKind::Or),
                _ => {
                    let part_at = span(&part);
                    let (term, negated) = self.clause(fields, part)?;
                    if negated {
                        negative = Some(part_at);
                    }
                    positive |= !negated;
                    terms.push(term);
                }
            }
        }
        let joined = Term::joined(terms, kind.unwrap_or(ExprKind::And), at);
        let Some(negative) = negative else { return Ok(joined) };
        // What is only excluded finds nothing by itself, and nothing can be excluded from one of several.
        let nothing = joined.expr.as_literal() == Some(&Value::Bool(false));
        if nothing || (positive && kind.is_none_or(|kind| matches!(kind(Vec::new()), ExprKind::And(_)))) {
            return Ok(joined);
        }
        let message = "Lucene leaves out what `NOT` says from what the rest finds, and here there is no rest";
        Err(wrong(&code::READ_NO_MEANING, negative, message))
    }

    /// A clause, and whether it is negated.
    fn clause(&mut self, fields: &mut Fields, pair: Pair<'_, Rule>) -> Lowered<(Term, bool)> {
        let at = span(&pair);
        let mut negated = false;
        for part in pair.into_inner() {
            let term = match part.as_rule() {
                Rule::not => {
                    negated = true;
                    continue;
                }
                Rule::group => self.group(fields, part)?,
                Rule::everything => Term::truth(!negated, at),
                Rule::exists => {
                    let Some(name) = part.into_inner().next() else { unreachable!("the grammar has a name") };
                    let field = self.named(fields, &name);
                    let null = Expr::literal(Value::Null(Type::Dynamic), at);
                    condition::compared(CompareOp::NotEqual, field, null, at)
                }
                _ => self.test(fields, part),
            };
            let constant = term.expr.as_literal().is_some();
            return Ok((if negated && !constant { term.negated(at) } else { term }, negated));
        }
        unreachable!("the grammar has a clause")
    }

    fn named(&mut self, fields: &mut Fields, name: &Pair<'_, Rule>) -> Expr {
        let at = span(name);
        let column = fields.column(&mut self.columns, &unescaped(name.as_str()), at);
        Expr::column(column.id, column.ty, at)
    }

    fn test(&mut self, fields: &mut Fields, pair: Pair<'_, Rule>) -> Term {
        let at = span(&pair);
        let (mut field, mut op) = (None, CompareOp::Equal);
        for part in pair.into_inner() {
            let part_at = span(&part);
            let text = part.as_str();
            let literal = |value: Value| Expr::literal(value, part_at);
            match (part.as_rule(), field.take()) {
                (Rule::name, _) => field = Some(self.named(fields, &part)),
                (Rule::sign, subject) => {
                    field = subject;
                    op = match text {
                        ">=" => CompareOp::GreaterOrEqual,
                        "<=" => CompareOp::LessOrEqual,
                        ">" => CompareOp::Greater,
                        _ => CompareOp::Less,
                    };
                }
                (Rule::regex, Some(subject)) => {
                    let pattern = text[1..text.len() - 1].replace("\\/", "/");
                    return condition::regex(true, &subject, vec![literal(Value::string(pattern))], at);
                }
                (Rule::quoted, Some(subject)) => {
                    let value = unescaped(&text[1..text.len() - 1]);
                    return valued(op, subject, Value::string(value), part_at, at);
                }
                (Rule::word, Some(subject)) => {
                    if op == CompareOp::Equal && text.contains(['*', '?']) {
                        let pattern = vec![literal(Value::string(text))];
                        return condition::matched(StringTest::Glob, true, subject, pattern, at);
                    }
                    return valued(op, subject, word(&unescaped(text)), part_at, at);
                }
                (rule, _) => unreachable!("no test: {rule:?}"),
            }
        }
        unreachable!("the grammar has a value")
    }
}

/// A comparison; a subnet may be meant as one, or as a text.
fn valued(op: CompareOp, subject: Expr, value: Value, value_at: Span, at: Span) -> Term {
    let subnet = value.as_str().is_some_and(|text| op == CompareOp::Equal && super::expr::is_subnet(text));
    let value = Expr::literal(value, value_at);
    let same = condition::compared(op, subject.clone(), value.clone(), at);
    if !subnet {
        return same;
    }
    let row = built_in(ForeignKind::Scalar, "cidrMatch");
    let within = condition::call(row, vec![subject, value], Kind::Sieve, at);
    Term::joined(vec![same, within], ExprKind::Or, at)
}

/// The value of a word.
fn word(text: &str) -> Value {
    match (text, text.parse::<i64>(), text.parse::<f64>()) {
        ("true", ..) => Value::Bool(true),
        ("false", ..) => Value::Bool(false),
        (_, Ok(value), _) => Value::Long(value),
        (_, _, Ok(value)) if value.is_finite() => Value::Real(value),
        _ => Value::string(text),
    }
}

/// The text without the backslashes that take the meaning of what stands behind them.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn printed(text: &str) -> String {
        let threshold = Threshold { fields: vec!["k".to_owned()], least: 3 };
        let found = read(text, &Search::default(), &threshold);
        match found.query {
            Some(query) => query.to_string(),
            None => panic!("{text}: {:?}", found.diagnostics),
        }
    }

    fn refused(text: &str) -> bool {
        read(text, &Search::default(), &Threshold { fields: Vec::new(), least: 1 }).query.is_none()
    }

    #[test]
    fn what_is_written_here_is_read() {
        for (text, wanted) in [
            (r#"a.b:"x \"y\" \\z""#, r#"x \"y\" \\z"#),
            (r"a\-b:/[aA]\.\/x/", r"[aA]\\./x"),
            (r"a:>\-5", "-5"),
            ("_exists_:a AND NOT a:5", "not"),
            ("(*:* AND NOT _exists_:a)", "null"),
            (r#"a:"10.0.0.0/8""#, "eql:cidrMatch"),
            ("(a:true OR a:1.5)", "or"),
            ("a:x*", "glob"),
        ] {
            let printed = printed(text);
            assert!(printed.contains(wanted), "{text}: {printed}");
            assert!(printed.contains("statistics") && printed.contains("eql:count"), "{printed}");
        }
        assert!(!printed("*:*").contains("null"));
        assert!(printed("(NOT *:*)").contains("false"));
    }

    #[test]
    fn what_lucene_makes_something_else_of_is_refused() {
        for text in
            ["a:1 AND b:2 OR c:3", "NOT a:1", "a:1 OR NOT b:2", "word", "a:x~", "a:[1 TO 2]", "a:\"x\"^2", "", "+a:1"]
        {
            assert!(refused(text), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        assert!(refused(&format!("a:// AND {}", "(".repeat(100_000))));
        assert!(!refused(&format!("{}a:1{}", "(".repeat(MAX_DEPTH), ")".repeat(MAX_DEPTH))));
        assert!(!refused(&vec!["a:\"(\""; 1_000].join(" OR ")));
    }

    proptest! {
        #[test]
        fn nothing_panics(text in ".{0,60}") {
            let _ = read(&text, &Search::default(), &Threshold { fields: Vec::new(), least: 1 });
        }
    }

    #[test]
    fn the_table_does_as_pest_does() {
        let grammar = include_str!("../../../grammar/lucene.pest");
        let texts = ["a.b:\"c\" AND NOT (d:*e* OR _exists_:f)", "x:/a.*/ || y:>=2 || z:\\*"];
        crate::judge::does_as_pest::<grammar::Grammar, Rule>(grammar, Rule::query, &texts);
    }
}
