//! Filters that the search language at the start can say: exactly, or as a condition that is implied and lets Splunk
//! read fewer events before `where` decides.

use super::{Flow, Lower, Repr};
use crate::ir::{
    CaseRule, Compare as Comparison, CompareOp, Expr, ExprKind, Membership, Quantifier, StringMatch, StringTest, Value,
    ValueSet,
};
use crate::source::Span;
use crate::target::ledger::Accounts as _;
use crate::target::splunk::tree::{Eval, Filter, Pattern};
use crate::target::{LossKind, Prefer};

/// How many needles an implied condition may have before it costs more than it saves.
const NEEDLES: usize = 8;

/// The shortest needle worth looking for with wildcards at both ends.
const SHORTEST: usize = 3;

/// A field of the events as they are found.
struct EventField {
    name: String,
    repr: Repr,
    /// What the field holds where there is no value; nothing where it is missing then.
    null: Option<String>,
}

impl EventField {
    /// Whether a value may be any text, so that it can be held against a pattern.
    const fn is_text(&self) -> bool {
        matches!(self.repr, Repr::Text | Repr::Any)
    }

    /// Whether a pattern leaves out the text that stands for no value, as it does a missing field.
    fn tells_null(&self, pattern: &Pattern) -> bool {
        !self.null.as_deref().is_some_and(|null| pattern.fits(null))
    }
}

/// What the search language can say of a predicate.
pub(super) enum Pushed {
    /// All of it.
    Exactly(Filter),
    /// A condition that holds wherever the predicate does.
    Implied(Filter),
}

impl Lower<'_> {
    /// What can be said of a predicate at the start of the search.
    pub(super) fn pushed(&mut self, flow: &Flow, expr: &Expr) -> Option<Pushed> {
        let mut loose = Vec::new();
        if let Some(filter) = self.exact(flow, expr, true, &mut loose) {
            for (span, message) in loose {
                self.lose(LossKind::Case, span, message);
            }
            return Some(Pushed::Exactly(filter));
        }
        self.implied(flow, expr).map(Pushed::Implied)
    }

    /// The field of the events that an expression is.
    fn event_field(&self, flow: &Flow, expr: &Expr) -> Option<EventField> {
        let slot = flow.slots.get(&expr.as_column()?)?;
        let (name, null) = match (slot.nullable_field(), &slot.val.expr) {
            (Some((name, null)), _) => (name, Some(null.to_owned())),
            (None, Eval::Field(name)) => (name.as_str(), None),
            _ => return None,
        };
        let searched = slot.of_event && !name.starts_with('_');
        searched.then(|| EventField { name: name.to_owned(), repr: slot.val.repr.clone(), null })
    }

    fn exact(&self, flow: &Flow, expr: &Expr, want: bool, loose: &mut Vec<(Span, String)>) -> Option<Filter> {
        match &expr.kind {
            ExprKind::And(terms) | ExprKind::Or(terms) => {
                let terms: Option<Vec<Filter>> = terms.iter().map(|term| self.exact(flow, term, want, loose)).collect();
                let all = matches!(expr.kind, ExprKind::And(_)) == want;
                terms.map(|terms| if all { Filter::And(terms) } else { Filter::Or(terms) })
            }
            ExprKind::Not(operand) => self.exact(flow, operand, !want, loose),
            ExprKind::Match(node) => {
                let field = self.event_field(flow, &node.subject)?;
                let needle = node.needle.as_literal()?.as_str()?;
                let pattern = self.pattern(node.test, needle)?;
                if !field.is_text() || !field.tells_null(&pattern) {
                    return None;
                }
                self.case_allows(node, needle, expr.span, loose)?;
                Some(negated_unless(Filter::Field(field.name, CompareOp::Equal, pattern), want != node.negated))
            }
            ExprKind::Member(node) => {
                let (field, values) = self.listed(flow, node)?;
                let sensitive = node.rules.case == CaseRule::Sensitive;
                if sensitive && values.iter().any(|v| v.text.contains(|c: char| c.is_alphabetic())) {
                    if self.options.prefer == Prefer::Exact {
                        return None;
                    }
                    loose.push((expr.span, case_message()));
                }
                Some(negated_unless(any_of(field, values), want != node.negated))
            }
            ExprKind::Compare(node) => self.number_test(flow, node, want),
            _ => None,
        }
    }

    /// Whether a test that takes case into account can be said by one that does not.
    fn case_allows(&self, node: &StringMatch, needle: &str, span: Span, loose: &mut Vec<(Span, String)>) -> Option<()> {
        if node.rules.case != CaseRule::Sensitive || !needle.contains(|c: char| c.is_alphabetic()) {
            return Some(());
        }
        (self.options.prefer == Prefer::Idiomatic).then(|| loose.push((span, case_message())))
    }

    fn number_test(&self, flow: &Flow, node: &Comparison, want: bool) -> Option<Filter> {
        let (column, literal, op) = match (node.left.as_column(), node.right.as_column()) {
            (Some(_), None) => (&node.left, &node.right, node.op),
            (None, Some(_)) => (&node.right, &node.left, node.op.mirrored()),
            _ => return None,
        };
        let field = self.event_field(flow, column)?;
        let value = match literal.as_literal()? {
            value @ (Value::Int(_) | Value::Long(_)) => value.as_integer()?,
            _ => return None,
        };
        let op = if want { op } else { op.complement() };
        // Beside a text, values are ordered as texts.
        let ordered = !matches!(op, CompareOp::Equal | CompareOp::NotEqual);
        if field.repr != Repr::Number || value < 0 || ordered && field.null.is_some() {
            return None;
        }
        let value = Pattern::exact(value.to_string());
        Some(match op {
            CompareOp::NotEqual => Filter::Not(Box::new(Filter::Field(field.name, CompareOp::Equal, value))),
            op => Filter::Field(field.name, op, value),
        })
    }

    /// The pattern of a needle that the search language can hold.
    fn pattern(&self, test: StringTest, needle: &str) -> Option<Pattern> {
        let (open_start, open_end) = match test {
            StringTest::Equals => (false, false),
            StringTest::Contains => (true, true),
            StringTest::StartsWith => (false, true),
            StringTest::EndsWith => (true, false),
            _ => return None,
        };
        let plain = !needle.is_empty()
            && needle.trim() == needle
            && !needle.contains(['*', '`'])
            && !needle.contains(char::is_control);
        // A backslash before the wildcard could be read as its escape.
        let ambiguous = open_end && needle.ends_with('\\');
        let whole = !open_start && !open_end;
        (plain && !ambiguous && !(whole && (is_network(needle) || super::text::has_spellings(needle))))
            .then(|| Pattern { open_start, text: needle.to_owned(), open_end })
    }

    /// The field and the values of a list that is compared as a whole.
    fn listed(&self, flow: &Flow, node: &Membership) -> Option<(String, Vec<Pattern>)> {
        let field = self.event_field(flow, &node.subject)?;
        if node.test != StringTest::Equals || node.quantifier != Quantifier::Any {
            return None;
        }
        let mut values = Vec::new();
        for value in literals(node)? {
            values.push(match (&value, &field.repr) {
                (Value::String(text), Repr::Text | Repr::Any) => self.pattern(StringTest::Equals, text)?,
                (Value::Int(_) | Value::Long(_), Repr::Number) => {
                    Pattern::exact(value.as_integer().filter(|n| *n >= 0)?.to_string())
                }
                _ => return None,
            });
        }
        (!values.is_empty() && values.iter().all(|value| field.tells_null(value))).then_some((field.name, values))
    }

    fn implied(&self, flow: &Flow, expr: &Expr) -> Option<Filter> {
        if let Some(filter) = self.exact(flow, expr, true, &mut Vec::new()) {
            return Some(filter);
        }
        match &expr.kind {
            ExprKind::And(terms) => {
                let terms: Vec<Filter> = terms.iter().filter_map(|term| self.implied(flow, term)).collect();
                match terms.len() {
                    0 => None,
                    1 => terms.into_iter().next(),
                    _ => Some(Filter::And(terms)),
                }
            }
            ExprKind::Or(terms) => {
                let terms: Option<Vec<Filter>> = terms.iter().map(|term| self.implied(flow, term)).collect();
                terms.map(Filter::Or)
            }
            ExprKind::Match(node) if !node.negated => {
                let field = self.event_field(flow, &node.subject)?;
                let needle = node.needle.as_literal()?.as_str()?;
                if !field.is_text() {
                    return None;
                }
                let pattern = self.loose_pattern(node.test, needle)?;
                Some(Filter::Field(field.name, CompareOp::Equal, pattern))
            }
            ExprKind::Member(node) if !node.negated => {
                if let Some((field, values)) = self.listed(flow, node) {
                    return Some(any_of(field, values));
                }
                let field = self.event_field(flow, &node.subject)?;
                let needles = literals(node)?;
                if !field.is_text() || needles.len() > NEEDLES {
                    return None;
                }
                let patterns: Option<Vec<Pattern>> =
                    needles.iter().map(|needle| self.loose_pattern(node.test, needle.as_str()?)).collect();
                let patterns = patterns.filter(|p| !p.is_empty())?;
                Some(match node.quantifier {
                    Quantifier::Any => any_of(field.name, patterns),
                    Quantifier::All => Filter::And(
                        patterns.into_iter().map(|p| Filter::Field(field.name.clone(), CompareOp::Equal, p)).collect(),
                    ),
                })
            }
            _ => None,
        }
    }

    /// A pattern that every text fits which passes the test.
    fn loose_pattern(&self, test: StringTest, needle: &str) -> Option<Pattern> {
        match test {
            StringTest::HasTerm | StringTest::HasPrefix | StringTest::HasSuffix => {
                let needle = needle.trim();
                (needle.chars().count() >= SHORTEST).then(|| self.pattern(StringTest::Contains, needle)).flatten()
            }
            test => self.pattern(test, needle),
        }
    }
}

/// Whether the search language takes a value for a network, and so finds every address in it: "supports IPv4 and IPv6
/// addresses and subnets that use CIDR notation"
/// (<https://help.splunk.com/en/splunk-enterprise/spl-search-reference/9.4/search-commands/search>). `where` compares texts.
fn is_network(value: &str) -> bool {
    value.split_once('/').is_some_and(|(address, length)| {
        address.contains(['.', ':'])
            && address.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, '.' | ':'))
            && !length.is_empty()
            && length.chars().all(|c| c.is_ascii_digit() || c == '.')
    })
}

fn case_message() -> String {
    "the search language ignores case, so values that differ in case alone are found too".to_owned()
}

/// The values of a list that is written out.
fn literals(node: &Membership) -> Option<Vec<Value>> {
    let ValueSet::List(items) = &node.set else { return None };
    let mut values = Vec::new();
    for item in items {
        let value = item.as_literal()?;
        match value.elements() {
            Some(elements) => values.extend(elements),
            None => values.push(value.clone()),
        }
    }
    Some(values)
}

fn any_of(field: String, mut values: Vec<Pattern>) -> Filter {
    match values.len() {
        1 => Filter::Field(field, CompareOp::Equal, values.remove(0)),
        _ => Filter::In(field, values),
    }
}

fn negated_unless(filter: Filter, want: bool) -> Filter {
    if want { filter } else { Filter::Not(Box::new(filter)) }
}
