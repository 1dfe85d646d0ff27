//! Sets of values that a value is held against.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::Cell;
use super::expr::written;
use super::matching::{Needle, folded};
use crate::ir::{Membership, NullRule, Quantifier, StringTest};

/// From how many texts on it is worth it to look for all of them at once.
const MANY: usize = 16;

/// The values of a set.
pub(super) struct Set {
    /// The texts that are the same as a whole, under the case rule.
    exact: HashSet<String>,
    needles: Vec<Needle>,
    /// All of many texts that may stand anywhere, in one pass; they are not among the needles then.
    anywhere: Option<regex::Regex>,
    /// Values that are no texts, where they are compared as such.
    others: Vec<Cell>,
    pub(super) null: bool,
}

impl Set {
    pub(super) fn new(node: &Membership, elements: &[Cell]) -> Self {
        let mut set =
            Self { exact: HashSet::new(), needles: Vec::new(), anywhere: None, others: Vec::new(), null: false };
        for element in elements {
            if element.is_null() {
                set.null = true;
            } else if node.test == StringTest::Equals && !matches!(element, Cell::Text(_)) {
                set.others.push(element.clone());
            } else {
                let needle =
                    Needle::new(node.test, node.rules, &written(node.rules.terms, element).unwrap_or_default());
                match needle.exactly() {
                    Some(text) if node.quantifier == Quantifier::Any => {
                        set.exact.insert(text.to_owned());
                    }
                    _ => set.needles.push(needle),
                }
            }
        }
        if node.test == StringTest::Contains && node.quantifier == Quantifier::Any && set.needles.len() >= MANY {
            let texts: Vec<String> = set.needles.iter().map(|needle| regex::escape(needle.text())).collect();
            set.anywhere = regex::Regex::new(&texts.join("|")).ok();
            if set.anywhere.is_some() {
                set.needles.clear();
            }
        }
        set
    }

    /// Whether one of the values, or each, is that of the subject; of several values one is enough.
    pub(super) fn holds(&self, node: &Membership, subject: &Cell) -> bool {
        let rules = node.rules;
        let one_null = self.null && rules.nulls == NullRule::Value && subject.is_null();
        let texts: Vec<_> =
            subject.values().iter().map(|value| written(rules.terms, value).unwrap_or_default()).collect();
        let texts: Vec<_> = texts.iter().map(|text| folded(rules.case, text)).collect();
        let other = |element: &Cell| subject.values().iter().any(|value| value.order(element) == Some(Ordering::Equal));
        let found = |needle: &Needle| texts.iter().any(|text| needle.found_in_folded(text));
        match node.quantifier {
            Quantifier::Any => {
                one_null
                    || texts.iter().any(|text| self.exact.contains(&**text))
                    || self.others.iter().any(other)
                    || self.anywhere.as_ref().is_some_and(|regex| texts.iter().any(|text| regex.is_match(text)))
                    || self.needles.iter().any(found)
            }
            Quantifier::All => {
                (!self.null || one_null) && self.others.iter().all(other) && self.needles.iter().all(found)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{CaseRule, Expr, StringRules, TermRule, Value, ValueSet};
    use crate::source::Span;

    #[test]
    fn many_texts_are_found_as_each_alone_would_be() {
        let node = Membership {
            test: StringTest::Contains,
            rules: StringRules {
                case: CaseRule::UnicodeInsensitive,
                terms: TermRule::KqlAlphanumeric,
                nulls: NullRule::AbsentFails,
            },
            quantifier: Quantifier::Any,
            negated: false,
            subject: Expr::literal(Value::string(""), Span::at(0)),
            set: ValueSet::List(Vec::new()),
        };
        let texts: Vec<Cell> = (0..40).map(|n| Cell::text(format!("a{n}.É+"))).collect();
        for count in [1, MANY - 1, MANY, 40] {
            let set = Set::new(&node, &texts[..count]);
            assert_eq!(set.anywhere.is_some(), count >= MANY);
            assert!(set.holds(&node, &"xA0.é+x".into()));
            assert!(!set.holds(&node, &"a0xé+".into()) && !set.holds(&node, &Cell::text(format!("a{count}.é"))));
            assert!(set.holds(&node, &Cell::List(vec![1.into(), "a0.é+".into()])));
        }
    }
}
