//! Conditions: where an expression is true, and where it is false.
//!
//! A test of a field that is missing fails in EQL, and its negation holds, as with KQL's strings and `!=`. Tests that are
//! scripts are left out, since they fail either way.

use super::super::tree::{Condition, Operand, Value as Literal};
use super::cases::{literal_passes, literal_text};
use super::subject::Subject;
use super::{Lower, Meaning, Result, address, refuse};
use crate::ir::{
    Between, CaseRule, Compare as Comparison, CompareOp, Expr, ExprKind, Membership, Quantifier, RegexMatch,
    StringMatch, StringTest, Value, ValueSet,
};
use crate::literal::{format_datetime, format_guid};
use crate::source::Span;
use crate::target::elastic::tables::{StoredType, Values};
use crate::target::elastic::{lucene, network};
use crate::target::sets::{table_of, written_out};
use crate::target::{Loss, LossKind, written};
use crate::types::Type;

/// A field that is equal to a text.
pub(super) fn equals(field: &str, text: &str) -> Condition {
    Condition::Compare(Operand::Field(field.to_owned()), CompareOp::Equal, Literal::Text(text.to_owned()))
}

/// That an event is of one of these index patterns, as the name of its data stream tells; nothing where that is not
/// named after the pattern.
pub(super) fn of_datasets(indices: &str) -> Option<Condition> {
    let dataset = |index: &str| {
        let name = index.trim().strip_prefix("logs-")?.strip_suffix('*')?;
        // What stands behind the last hyphen is the namespace.
        Some(name.strip_suffix('-').map_or_else(|| format!("{name}*"), str::to_owned))
    };
    let names: Option<Vec<String>> = indices.split(',').map(dataset).collect();
    names.map(|names| Condition::Like("data_stream.dataset".to_owned(), names, false))
}

impl Lower<'_> {
    /// True exactly where the expression is true, or where it is false.
    pub(super) fn condition(&mut self, expr: &Expr, want: bool) -> Result<Condition> {
        match &expr.kind {
            ExprKind::And(terms) | ExprKind::Or(terms) => {
                let mut parts = Vec::with_capacity(terms.len());
                for term in terms {
                    parts.push(self.condition(term, want)?);
                }
                let all = matches!(expr.kind, ExprKind::And(_)) == want;
                Ok(if all { Condition::all(parts) } else { Condition::any(parts) })
            }
            ExprKind::Not(operand) => self.condition(operand, !want),
            ExprKind::Literal(Value::Bool(value)) => Ok(Condition::Constant(*value == want)),
            ExprKind::Literal(Value::Null(_)) => Ok(Condition::Constant(false)),
            ExprKind::Compare(node) => self.comparison(node, want, expr.span),
            ExprKind::Match(node) => self.string_match(node, want, expr.span),
            ExprKind::Regex(node) => self.regex(node, want, expr.span),
            ExprKind::Member(node) => self.member(node, want, expr.span),
            ExprKind::Between(node) => self.between(node, want),
            ExprKind::Column(id) => {
                if let Some(Meaning::Computed(inner)) = self.columns.get(id).cloned() {
                    self.condition(&inner, want)
                } else {
                    let subject = self.subject(expr)?;
                    let value = match subject.stored {
                        Some(StoredType::Keyword) => Literal::Text(want.to_string()),
                        _ => Literal::Bool(want),
                    };
                    Ok(Condition::Compare(Operand::Field(subject.name), CompareOp::Equal, value))
                }
            }
            ExprKind::Call(function, arguments) => self.call(function.name(), arguments, want, expr.span),
            ExprKind::Case(node) => {
                let node = node.as_ref().clone();
                self.chosen(&node, &mut |lower, value| lower.condition(value, want))
            }
            ExprKind::Cast(node) if expr.ty.ty == Type::Bool => match node.operand.as_literal() {
                Some(Value::Bool(value)) => Ok(Condition::Constant(*value == want)),
                None if node.operand.ty.ty == Type::String || node.operand.ty.ty.is_numeric() => {
                    self.truth_of(expr, want)
                }
                _ => self.condition(&node.operand, want),
            },
            ExprKind::Access(_) => {
                let subject = self.subject(expr)?;
                Ok(Condition::Compare(Operand::Field(subject.name), CompareOp::Equal, Literal::Bool(want)))
            }
            _ => refuse(
                LossKind::UnsupportedExpression,
                expr.span,
                "EQL compares fields with values that are written out, and nothing else; use ES|QL",
            ),
        }
    }

    fn comparison(&mut self, node: &Comparison, want: bool, span: Span) -> Result<Condition> {
        let op = if want { node.op } else { node.op.complement() };
        let (left, right, op) = if node.left.as_literal().is_some() {
            (&node.right, &node.left, op.mirrored())
        } else {
            (&node.left, &node.right, op)
        };
        if let (Some(Value::Bool(value)), CompareOp::Equal | CompareOp::NotEqual) = (right.as_literal(), op)
            && !matches!(left.kind, ExprKind::Column(_) | ExprKind::Access(_) | ExprKind::Cast(_))
        {
            return self.condition(left, *value == (op == CompareOp::Equal));
        }
        let value = self.literal(right)?;
        if let Some(case) = self.case_of(left) {
            return self.chosen(&case, &mut |lower, chosen| match (chosen.as_literal(), op) {
                (Some(literal), CompareOp::Equal) => Ok(Condition::Constant(*literal == value)),
                (Some(literal), CompareOp::NotEqual) => Ok(Condition::Constant(*literal != value)),
                _ => {
                    let one = Comparison { op, nulls: node.nulls, left: chosen.clone(), right: right.clone() };
                    lower.comparison(&one, true, span)
                }
            });
        }
        if let (Some(truth), Some(found)) = (written::of_truth(left), written::truths(op, &value)) {
            let name = self.subject(truth)?.name;
            let is = |truth| Condition::Compare(Operand::Field(name.clone()), CompareOp::Equal, Literal::Bool(truth));
            let mut parts: Vec<Condition> = found.into_iter().map(is).collect();
            if op == CompareOp::NotEqual {
                parts.push(Condition::Missing(name, true));
            }
            return Ok(Condition::any(parts));
        }
        let subject = self.subject(left)?;
        if self.whole_dynamic(left) {
            return refuse(
                LossKind::UnsupportedExpression,
                span,
                "an object has no value of its own; name the part that is meant",
            );
        }
        comparable(&subject, span)?;
        if let (true, Some(written)) =
            (matches!(op, CompareOp::Equal | CompareOp::NotEqual), self.written(&subject, &value, span))
        {
            return Ok(negated(written, op == CompareOp::Equal));
        }
        if let (Value::Bool(truth), CompareOp::Equal | CompareOp::NotEqual, ExprKind::Cast(node)) =
            (&value, op, &left.kind)
            && node.operand.ty.ty.is_numeric()
        {
            return Ok(negated(self.truth_of(left, *truth)?, op == CompareOp::Equal));
        }
        self.has_to_be_number(&subject, span);
        let text_there = subject.stored == Some(StoredType::Keyword);
        let literal = match &value {
            // Nothing is equal to null, and what is there is not.
            Value::Null(_) if op == CompareOp::NotEqual => return Ok(Condition::Missing(subject.name, false)),
            Value::Null(_) => return Ok(Condition::Constant(false)),
            value if text_there => Literal::Text(text_of(value)),
            value => literal_of(value),
        };
        Ok(if subject.length {
            let holds = holds_of_nothing(op, &value);
            or_nothing(holds, subject.name.clone(), Condition::Compare(Operand::Length(subject.name), op, literal))
        } else {
            Condition::Compare(Operand::Field(subject.name), op, literal)
        })
    }

    /// Where a text or a number is read as true, or as false.
    fn truth_of(&mut self, expr: &Expr, want: bool) -> Result<Condition> {
        let subject = self.subject(expr)?;
        if let Some(written) = self.written(&subject, &Value::Bool(want), expr.span) {
            return Ok(written);
        }
        let zero = |op| Condition::Compare(Operand::Field(subject.name.clone()), op, Literal::Number("0".to_owned()));
        Ok(if want {
            Condition::all(vec![Condition::Missing(subject.name.clone(), false), zero(CompareOp::NotEqual)])
        } else {
            zero(CompareOp::Equal)
        })
    }

    /// Tells that a text is compared as a number.
    fn has_to_be_number(&mut self, subject: &Subject, span: Span) {
        if subject.read.is_some() {
            let message = format!("the field `{}` has to be mapped as a number, and holds a text in KQL", subject.name);
            self.losses.push(Loss::approximate(LossKind::UnmappedField, span, message));
        }
    }

    fn between(&mut self, node: &Between, want: bool) -> Result<Condition> {
        let inside = want != node.negated;
        let (low, high) = (self.literal(&node.low)?, self.literal(&node.high)?);
        let subject = self.subject(&node.subject)?;
        self.has_to_be_number(&subject, node.subject.span);
        let name = subject.name.clone();
        let operand = if subject.length { Operand::Length(subject.name) } else { Operand::Field(subject.name) };
        let one = |op, value: &Value| Condition::Compare(operand.clone(), op, literal_of(value));
        let is_inside =
            holds_of_nothing(CompareOp::GreaterOrEqual, &low) && holds_of_nothing(CompareOp::LessOrEqual, &high);
        let test = if inside {
            Condition::all(vec![one(CompareOp::GreaterOrEqual, &low), one(CompareOp::LessOrEqual, &high)])
        } else {
            Condition::any(vec![one(CompareOp::Less, &low), one(CompareOp::Greater, &high)])
        };
        Ok(or_nothing(subject.length && is_inside == inside, name, test))
    }

    fn string_match(&mut self, node: &StringMatch, want: bool, span: Span) -> Result<Condition> {
        let want = want != node.negated;
        if let Some(case) = self.case_of(&node.subject) {
            let needle = self.literal(&node.needle)?;
            let needle = text_of(&needle);
            return self.chosen(&case, &mut |lower, value| {
                let passes = literal_text(value).and_then(|t| literal_passes(node.test, node.rules.case, t, &needle));
                match passes {
                    Some(passes) => Ok(Condition::Constant(passes == want)),
                    None => lower.texts(value, node.test, node.rules.case, std::slice::from_ref(&needle), want, span),
                }
            });
        }
        let (subject, needle) = match (node.needle.as_literal(), node.subject.as_literal()) {
            (None, Some(_)) if node.test == StringTest::Equals => (&node.needle, &node.subject),
            _ => (&node.subject, &node.needle),
        };
        let needle = self.literal(needle)?;
        self.texts(subject, node.test, node.rules.case, &[text_of(&needle)], want, span)
    }

    fn member(&mut self, node: &Membership, want: bool, span: Span) -> Result<Condition> {
        let want = want != node.negated;
        if let Some(plan) = table_of(node) {
            if let Some(values) = written_out(&plan) {
                let items = values.into_iter().map(|value| Expr::literal(value, span)).collect();
                let list = Membership { set: ValueSet::List(items), negated: false, ..node.clone() };
                return self.member(&list, want, span);
            }
            let message = if self.reference(&plan).is_some() {
                "a value list can only be compared with by exceptions of the rule: by whole values, and for all events alike; use ES|QL"
            } else {
                "EQL compares with no set out of another table in this place; use ES|QL"
            };
            return refuse(LossKind::UnsupportedExpression, span, message);
        }
        let ValueSet::List(items) = &node.set else {
            return refuse(LossKind::UnsupportedExpression, span, "the table has no column to compare with");
        };
        let mut values = Vec::new();
        for item in items {
            let value = match item.as_literal() {
                Some(value) => value.clone(),
                None => self.literal(item)?,
            };
            match value.elements() {
                Some(elements) => values.extend(elements),
                None => values.push(value),
            }
        }
        values.retain(|value| !value.is_null());
        let numeric = node.subject.ty.ty.is_numeric() && node.test == StringTest::Equals;
        if numeric {
            let subject = self.subject(&node.subject)?;
            let written: Option<Vec<Condition>> =
                values.iter().map(|value| self.written(&subject, value, span)).collect();
            if let (true, Some(written)) = (subject.read.is_some(), written) {
                return Ok(negated(Condition::any(written), want));
            }
            let keyword = subject.stored == Some(StoredType::Keyword);
            let values =
                values.iter().map(|v| if keyword { Literal::Text(text_of(v)) } else { literal_of(v) }).collect();
            return Ok(negated(Condition::In(subject.name, values, false), want));
        }
        let texts: Vec<String> = values.iter().map(text_of).collect();
        if let Some(case) = self.case_of(&node.subject) {
            return self.chosen(&case, &mut |lower, value| {
                let passes = literal_text(value).and_then(|text| {
                    let all: Option<Vec<bool>> =
                        texts.iter().map(|n| literal_passes(node.test, node.rules.case, text, n)).collect();
                    all.map(|all| match node.quantifier {
                        Quantifier::Any => all.contains(&true),
                        Quantifier::All => !all.contains(&false),
                    })
                });
                match (passes, node.quantifier) {
                    (Some(passes), _) => Ok(Condition::Constant(passes == want)),
                    (None, Quantifier::Any) => lower.texts(value, node.test, node.rules.case, &texts, want, span),
                    (None, Quantifier::All) => {
                        refuse(LossKind::UnsupportedExpression, span, "all of several terms cannot be looked for here")
                    }
                }
            });
        }
        if node.quantifier == Quantifier::All {
            let mut parts = Vec::new();
            for text in texts {
                parts.push(self.texts(&node.subject, node.test, node.rules.case, &[text], want, span)?);
            }
            return Ok(if want { Condition::all(parts) } else { Condition::any(parts) });
        }
        self.texts(&node.subject, node.test, node.rules.case, &texts, want, span)
    }

    /// A field is tested for one of several texts.
    fn texts(
        &mut self,
        subject: &Expr,
        test: StringTest,
        case: CaseRule,
        texts: &[String],
        want: bool,
        span: Span,
    ) -> Result<Condition> {
        if self.whole_dynamic(subject) {
            return refuse(
                LossKind::UnsupportedExpression,
                span,
                "an object has no text of its own; name the part that is meant",
            );
        }
        let subject = self.subject(subject)?;
        if subject.length {
            return refuse(LossKind::UnsupportedExpression, span, "the length of a text is a number");
        }
        if subject.read.is_some() {
            let message = "the text of what a text is read as is taken for that text, and be it no number";
            self.losses.push(Loss::approximate(LossKind::Null, span, message));
        }
        comparable(&subject, span)?;
        if let Some(ty @ (StoredType::Ip | StoredType::Long)) = subject.stored {
            let unheld = texts.iter().find(|text| !text.is_empty() && !ty.holds(text));
            if let (StringTest::Equals, Some(text)) = (test, unheld) {
                self.losses.push(Loss::approximate(LossKind::Null, span, ty.message(text)));
            }
            return address::texts(subject.name, ty, test, texts, want, span);
        }
        let insensitive = case != CaseRule::Sensitive || subject.folded.is_some();
        // What was put in one case equals nothing that is written in another.
        let possible = |text: &&String| {
            case != CaseRule::Sensitive || subject.folded.is_none_or(|folded| folded.apply(text) == **text)
        };
        let apply = |text: &String| subject.values.map_or_else(|| text.clone(), |values| values.apply(text));
        let asked = texts;
        let texts: Vec<String> = texts.iter().filter(possible).map(apply).collect();
        let insensitive = insensitive && subject.values.is_none_or(Values::keeps_case);
        let empty = texts.iter().any(String::is_empty);
        let filled: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).collect();
        let name = subject.name;
        if test == StringTest::Equals {
            let mut parts = Vec::new();
            if empty {
                parts.extend([Condition::Missing(name.clone(), true), equals(&name, "")]);
            }
            match filled.as_slice() {
                [] => {}
                [only] if !insensitive => parts.push(equals(&name, only)),
                all => parts.push(Condition::In(
                    name.clone(),
                    all.iter().cloned().map(Literal::Text).collect(),
                    insensitive,
                )),
            }
            return Ok(negated(Condition::any(parts), want));
        }
        // The empty string is in every text.
        if empty {
            return Ok(Condition::Constant(want));
        }
        let plain = |text: &String| !text.contains(['*', '?', '\\', '"']);
        if let Some(message) = subject.values.and_then(|values| values.part_message(asked)) {
            self.losses.push(Loss::approximate(LossKind::UnmappedField, span, message));
        }
        let pattern = |text: &String| match test {
            StringTest::Contains => Some(format!("*{text}*")),
            StringTest::StartsWith => Some(format!("{text}*")),
            StringTest::EndsWith => Some(format!("*{text}")),
            _ => None,
        };
        let condition = if matches!(test, StringTest::Wildcard | StringTest::Glob) {
            Condition::Like(name, filled, insensitive)
        } else if filled.iter().all(|text| plain(text) && pattern(text).is_some()) {
            Condition::Like(name, filled.iter().filter_map(pattern).collect(), insensitive)
        } else {
            let needles: Vec<&str> = filled.iter().map(String::as_str).collect();
            Condition::Regex(name, lucene::needles(test, &needles), insensitive)
        };
        Ok(negated(condition, want))
    }

    fn regex(&mut self, node: &RegexMatch, want: bool, span: Span) -> Result<Condition> {
        let want = want != node.negated;
        let pattern = self.literal(&node.pattern)?;
        let Some(source) = pattern.as_str() else {
            return refuse(LossKind::UnsupportedExpression, span, "the pattern has to be written out");
        };
        let translated = match lucene::translate(source, node.case != CaseRule::Sensitive) {
            Ok(translated) => translated,
            Err(reason) => {
                let message = format!(
                    "the pattern cannot be said in Lucene's dialect: {reason}; use `has`, `contains` or `startswith`"
                );
                return refuse(LossKind::UnsupportedExpression, node.pattern.span, message);
            }
        };
        let subject = self.subject(&node.subject)?;
        comparable(&subject, span)?;
        if matches!(subject.stored, Some(StoredType::Ip | StoredType::Long)) {
            let message = format!("`{}` holds no text, so no pattern is compared with it; use ES|QL", subject.name);
            return refuse(LossKind::UnsupportedExpression, span, message);
        }
        if let Some(message) = subject.values.and_then(|values| values.part_message::<&str>(&[])) {
            self.losses.push(Loss::approximate(LossKind::UnmappedField, span, message));
        }
        if subject.folded.is_some() || subject.length || self.whole_dynamic(&node.subject) {
            return refuse(
                LossKind::UnsupportedExpression,
                span,
                "EQL matches patterns with fields as they are; use ES|QL",
            );
        }
        if regex::Regex::new(source).is_ok_and(|regex| regex.is_match("")) {
            let test = Condition::Regex(subject.name.clone(), vec![translated.pattern], translated.insensitive);
            return Ok(negated(Condition::any(vec![Condition::Missing(subject.name, true), test]), want));
        }
        Ok(negated(Condition::Regex(subject.name, vec![translated.pattern], translated.insensitive), want))
    }

    /// That a text is empty or missing, or neither.
    fn emptiness(&mut self, expr: &Expr, is: bool) -> Result<Condition> {
        let subject = self.subject(expr)?;
        if subject.read.is_some() || subject.length {
            return self.absent(expr, is, expr.span);
        }
        if matches!(subject.stored, Some(StoredType::Ip | StoredType::Long | StoredType::Text)) {
            return Ok(Condition::Missing(subject.name, is));
        }
        Ok(if is {
            Condition::any(vec![Condition::Missing(subject.name.clone(), true), equals(&subject.name, "")])
        } else {
            let field = Operand::Field(subject.name.clone());
            let empty = Condition::Compare(field, CompareOp::NotEqual, Literal::Text(String::new()));
            Condition::all(vec![Condition::Missing(subject.name, false), empty])
        })
    }

    fn call(&mut self, name: &str, arguments: &[Expr], want: bool, span: Span) -> Result<Condition> {
        let Some(first) = arguments.first() else {
            return refuse(
                LossKind::UnsupportedFunction,
                span,
                format!("EQL has no counterpart of `{name}`; use ES|QL"),
            );
        };
        match name {
            "isempty" | "isnotempty" | "notempty" => {
                let is = (name == "isempty") == want;
                match self.case_of(first) {
                    Some(case) => self.chosen(&case, &mut |lower, value| match literal_text(value) {
                        Some(text) => Ok(Condition::Constant(text.is_empty() == is)),
                        None => lower.emptiness(value, is),
                    }),
                    None => self.emptiness(first, is),
                }
            }
            "isnull" | "isnotnull" | "notnull" => self.absent(first, (name == "isnull") == want, span),
            "ipv4_is_in_range"
            | "ipv6_is_in_range"
            | "ipv4_is_in_any_range"
            | "ipv6_is_in_any_range"
            | "ipv4_is_private" => {
                let mut ranges = Vec::new();
                for argument in &arguments[1..] {
                    let value = self.literal(argument)?;
                    match value.elements() {
                        Some(elements) => ranges.extend(elements.iter().map(text_of)),
                        None => ranges.push(text_of(&value)),
                    }
                }
                if name == "ipv4_is_private" {
                    ranges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map(str::to_owned).to_vec();
                }
                let ranges: Vec<String> = ranges.into_iter().map(network::block).collect();
                let subject = self.subject(first)?;
                if subject.stored != Some(StoredType::Ip) {
                    let message =
                        format!("the field `{}` has to be mapped as an address for `cidrMatch`", subject.name);
                    self.losses.push(Loss::approximate(LossKind::UnmappedField, span, message));
                }
                let test = Condition::Cidr(subject.name.clone(), ranges);
                Ok(if want {
                    test
                } else {
                    // An address of IPv6 is none to KQL's functions of IPv4, and neither in a range nor out of it.
                    let there = if name.starts_with("ipv4_") {
                        Condition::Cidr(subject.name, vec![network::ALL_OF_V4.to_owned()])
                    } else {
                        Condition::Missing(subject.name, false)
                    };
                    Condition::all(vec![there, Condition::Not(Box::new(test))])
                })
            }
            _ => refuse(LossKind::UnsupportedFunction, span, format!("EQL has no counterpart of `{name}`; use ES|QL")),
        }
    }
}

/// Refuses a field that is searched by its words alone: "No keyword/multi-field defined exact matches" to Elasticsearch.
pub(super) fn comparable(subject: &Subject, span: Span) -> Result<()> {
    if subject.stored != Some(StoredType::Text) {
        return Ok(());
    }
    let message = format!(
        "`{}` is of a type of texts that are searched by their words, which EQL cannot compare; use ES|QL",
        subject.name
    );
    refuse(LossKind::UnsupportedExpression, span, message)
}

pub(super) fn negated(condition: Condition, want: bool) -> Condition {
    match condition {
        condition if want => condition,
        Condition::Constant(value) => Condition::Constant(!value),
        Condition::Compare(operand, CompareOp::Equal, value) => Condition::Compare(operand, CompareOp::NotEqual, value),
        Condition::Missing(name, is) => Condition::Missing(name, !is),
        Condition::Or(terms) => Condition::all(terms.into_iter().map(|term| negated(term, false)).collect()),
        condition => Condition::Not(Box::new(condition)),
    }
}

/// The text of a value.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Long(value) => value.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Guid(value) => format_guid(*value),
        Value::DateTime(ticks) => format_datetime(*ticks),
        other => other.to_string(),
    }
}

fn literal_of(value: &Value) -> Literal {
    match value {
        Value::Bool(value) => Literal::Bool(*value),
        Value::Int(value) => Literal::Number(value.to_string()),
        Value::Long(value) => Literal::Number(value.to_string()),
        Value::Real(value) => Literal::Number(format!("{value:?}")),
        Value::TimeSpan(ticks) => Literal::Number((ticks / 10_000).to_string()),
        other => Literal::Text(text_of(other)),
    }
}

/// Whether a length of nought compares so with a value.
fn holds_of_nothing(op: CompareOp, value: &Value) -> bool {
    value.as_integer().is_some_and(|value| match op {
        CompareOp::Equal => value == 0,
        CompareOp::NotEqual => value != 0,
        CompareOp::Less => value > 0,
        CompareOp::LessOrEqual => value >= 0,
        CompareOp::Greater => value < 0,
        CompareOp::GreaterOrEqual => value <= 0,
    })
}

/// A test of a length. An empty text is no field here, and has no length.
fn or_nothing(holds: bool, name: String, test: Condition) -> Condition {
    if holds { Condition::any(vec![Condition::Missing(name, true), test]) } else { test }
}
