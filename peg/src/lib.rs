//! Makes the tables that `core/src/peg` parses by of grammars in pest's notation.
//!
//! A grammar becomes one file: the enum of its rules, as pest's derive would write it, and a static table whose
//! expressions are those of pest's optimiser. What can match one character only becomes a set of characters, since a
//! set is tested in one step. Which kind of repetition or sequence allows blanks between its parts is decided here, by
//! the rule it stands in.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;

use pest_meta::ast::RuleType;
use pest_meta::optimizer::{OptimizedExpr, OptimizedRule};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The Rust file for a grammar.
///
/// # Errors
/// What pest says of the grammar, or what of pest's notation `core/src/peg` does not know.
pub fn table(grammar: &str) -> Outcome<String> {
    let (builtin, rules) = pest_meta::parse_and_optimize(grammar).map_err(|errors| {
        errors
            .iter()
            .map(|error| error.clone().renamed_rules(pest_meta::parser::rename_meta_rule).to_string())
            .collect::<Vec<_>>()
            .join("\n")
    })?;
    Grammar::new(&rules, builtin.contains(&"EOI")).written()
}

/// A grammar, and where its rules are in the table.
struct Grammar<'a> {
    rules: &'a [OptimizedRule],
    places: HashMap<&'a str, usize>,
    has_end: bool,
}

impl<'a> Grammar<'a> {
    fn new(rules: &'a [OptimizedRule], has_end: bool) -> Self {
        let first = usize::from(has_end);
        let mut places: HashMap<_, _> =
            rules.iter().enumerate().map(|(index, rule)| (rule.name.as_str(), first + index)).collect();
        if has_end {
            places.insert("EOI", 0);
        }
        Self { rules, places, has_end }
    }

    fn written(&self) -> Outcome<String> {
        let mut text = String::from(
            "// Made of the grammar beside it by `cargo run -p kqlc-peg`; change that one.\n\n\
             /// The rules of the grammar.\n\
             #[allow(dead_code, non_camel_case_types, clippy::upper_case_acronyms)]\n\
             #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]\n\
             pub(crate) enum Rule {\n",
        );
        if self.has_end {
            text.push_str("    EOI,\n");
        }
        for rule in self.rules {
            writeln!(text, "    r#{},", rule.name)?;
        }
        text.push_str("}\n\n#[allow(clippy::all, clippy::pedantic)]\nstatic TABLE: crate::peg::Table<Rule> = {\n");
        text.push_str("    use crate::peg::{Expr, Kind, Set, Rule as Row, Table};\n    Table {\n        rules: &[\n");
        if self.has_end {
            text.push_str("            Row { name: Rule::EOI, kind: Kind::Normal, expr: Expr::End },\n");
        }
        for rule in self.rules {
            let expr = self.expr(&rule.expr, self.is_spaced(rule))?;
            writeln!(
                text,
                "            Row {{ name: Rule::r#{}, kind: Kind::{}, expr: {expr} }},",
                rule.name,
                self.kind(rule)?
            )?;
        }
        let [whitespace, comment] = ["WHITESPACE", "COMMENT"].map(|name| self.places.get(name));
        writeln!(
            text,
            "        ],\n        whitespace: {whitespace:?},\n        comment: {comment:?},\n    }}\n}};\n"
        )?;
        text.push_str(
            "impl pest::Parser<Rule> for Grammar {\n    \
             fn parse(rule: Rule, text: &str) -> Result<pest::iterators::Pairs<'_, Rule>, pest::error::Error<Rule>> {\n        \
             TABLE.parse(rule as usize, text)\n    }\n}\n",
        );
        Ok(text)
    }

    /// Whether blanks may stand between the parts of a rule.
    fn is_spaced(&self, rule: &OptimizedRule) -> bool {
        let has_blanks = ["WHITESPACE", "COMMENT"].iter().any(|name| self.places.contains_key(name));
        has_blanks && !is_blank(rule) && !matches!(rule.ty, RuleType::Atomic | RuleType::CompoundAtomic)
    }

    fn kind(&self, rule: &OptimizedRule) -> Outcome<&'static str> {
        Ok(match rule.ty {
            RuleType::Silent if is_blank(rule) && self.set(&rule.expr, false).is_none() => "Blank",
            RuleType::Silent => "Silent",
            _ if is_blank(rule) => return Err(format!("`{}` has to be silent", rule.name).into()),
            RuleType::Normal => "Normal",
            RuleType::Atomic => "Atomic",
            RuleType::CompoundAtomic => "CompoundAtomic",
            RuleType::NonAtomic => "NonAtomic",
        })
    }

    /// An expression as Rust.
    fn expr(&self, expr: &OptimizedExpr, spaced: bool) -> Outcome<String> {
        if let Some(set) = self.set(expr, spaced) {
            return Ok(format!("Expr::One({})", set.written()));
        }
        let spaces = if spaced { "Spaced" } else { "" };
        Ok(match expr {
            OptimizedExpr::Str(text) => format!("Expr::Text({text:?})"),
            OptimizedExpr::Insens(text) => format!("Expr::AnyCase({text:?})"),
            OptimizedExpr::Ident(name) => match (name.as_str(), self.places.get(name.as_str())) {
                (_, Some(place)) => format!("Expr::Call({place})"),
                ("ANY", _) => "Expr::Any".to_owned(),
                ("SOI", _) => "Expr::Start".to_owned(),
                _ => return Err(format!("the rule `{name}` of pest is not known here").into()),
            },
            OptimizedExpr::PosPred(inner) => format!("Expr::Ahead(&{})", self.expr(inner, spaced)?),
            OptimizedExpr::NegPred(inner) => format!("Expr::Not(&{})", self.expr(inner, spaced)?),
            OptimizedExpr::Seq(..) if spaced => format!("Expr::Spaced(&[{}])", self.list(&parts(expr), spaced)?),
            OptimizedExpr::Seq(..) => self.sequence(&parts(expr))?,
            OptimizedExpr::Choice(..) => self.choice(&parts(expr), spaced)?,
            OptimizedExpr::Opt(inner) => format!("Expr::Optional(&{})", self.expr(inner, spaced)?),
            OptimizedExpr::Rep(inner) => match self.set(inner, spaced).filter(|_| !spaced) {
                Some(set) => format!("Expr::Many({})", set.written()),
                None => format!("Expr::{spaces}Repeated(&{})", self.expr(inner, spaced)?),
            },
            OptimizedExpr::RepOnce(inner) => match self.set(inner, spaced).filter(|_| !spaced) {
                Some(set) => format!("Expr::Sequence(&[Expr::One({0}), Expr::Many({0})])", set.written()),
                None => format!("Expr::{spaces}RepeatedOnce(&{})", self.expr(inner, spaced)?),
            },
            OptimizedExpr::Skip(texts) => format!("Expr::Until(&{texts:?})"),
            _ => return Err("pest's stack and tags are not known here".into()),
        })
    }

    fn list(&self, parts: &[&OptimizedExpr], spaced: bool) -> Outcome<String> {
        let parts: Vec<_> = parts.iter().map(|part| self.expr(part, spaced)).collect::<Outcome<_>>()?;
        Ok(parts.join(", "))
    }

    /// A sequence without blanks. A character that is not of some sets is of the set of all others.
    fn sequence(&self, parts: &[&OptimizedExpr]) -> Outcome<String> {
        let mut written = Vec::new();
        let mut rest = parts;
        while let [first, others @ ..] = rest {
            let (part, behind) = match self.set_of_some(rest) {
                Some((set, behind)) => (format!("Expr::One({})", set.written()), behind),
                None => (self.expr(first, false)?, others),
            };
            written.push(part);
            rest = behind;
        }
        Ok(match written.as_slice() {
            [one] => one.clone(),
            _ => format!("Expr::Sequence(&[{}])", written.join(", ")),
        })
    }

    /// A choice, in which neighbours that match one character are one set.
    fn choice(&self, parts: &[&OptimizedExpr], spaced: bool) -> Outcome<String> {
        let mut written = Vec::new();
        let mut open: Option<Set> = None;
        for part in parts {
            if let Some(set) = self.set(part, spaced) {
                open = Some(match open {
                    Some(before) => before.or(&set),
                    None => set,
                });
                continue;
            }
            written.extend(open.take().map(|set| format!("Expr::One({})", set.written())));
            written.push(self.expr(part, spaced)?);
        }
        written.extend(open.map(|set| format!("Expr::One({})", set.written())));
        Ok(format!("Expr::Choice(&[{}])", written.join(", ")))
    }

    /// The characters that an expression matches, if it matches one character and makes no node.
    fn set(&self, expr: &OptimizedExpr, spaced: bool) -> Option<Set> {
        match expr {
            OptimizedExpr::Str(text) => single(text).map(|char| Set::new(&[(char, char)])),
            OptimizedExpr::Range(first, last) => Some(Set::new(&[(single(first)?, single(last)?)])),
            OptimizedExpr::Ident(name) => match self.rules.iter().find(|rule| rule.name == *name) {
                Some(rule) if matches!(rule.ty, RuleType::Silent) => self.set(&rule.expr, self.is_spaced(rule)),
                Some(_) => None,
                None => BUILTIN.iter().find(|(known, _)| known == name).map(|(_, ranges)| Set::new(ranges)),
            },
            OptimizedExpr::Choice(..) => {
                let mut sets = parts(expr).into_iter().map(|part| self.set(part, spaced));
                let first = sets.next()??;
                sets.try_fold(first, |all, set| Some(all.or(&set?)))
            }
            OptimizedExpr::Seq(..) if !spaced => match self.set_of_some(&parts(expr))? {
                (set, []) => Some(set),
                _ => None,
            },
            _ => None,
        }
    }

    /// The set that the first parts of a sequence are together: a character that some sets do not have.
    fn set_of_some<'p>(&self, parts: &'p [&'p OptimizedExpr]) -> Option<(Set, &'p [&'p OptimizedExpr])> {
        match parts {
            [OptimizedExpr::NegPred(inner), rest @ ..] => {
                let without = self.set(inner, false)?;
                let (set, rest) = self.set_of_some(rest)?;
                Some((set.without(&without), rest))
            }
            [OptimizedExpr::Ident(name), rest @ ..] if name == "ANY" => Some((Set::all(), rest)),
            [one, rest @ ..] => Some((self.set(one, false)?, rest)),
            [] => None,
        }
    }
}

/// The sets that pest has names for.
const BUILTIN: &[(&str, &[(char, char)])] = &[
    ("ASCII_DIGIT", &[('0', '9')]),
    ("ASCII_HEX_DIGIT", &[('0', '9'), ('a', 'f'), ('A', 'F')]),
    ("ASCII_ALPHA", &[('a', 'z'), ('A', 'Z')]),
    ("ASCII_ALPHANUMERIC", &[('a', 'z'), ('A', 'Z'), ('0', '9')]),
];

/// Whether a rule says what may stand between others; pest takes it for atomic.
fn is_blank(rule: &OptimizedRule) -> bool {
    matches!(rule.name.as_str(), "WHITESPACE" | "COMMENT")
}

/// The parts of a sequence or a choice, which pest nests to the right.
fn parts(expr: &OptimizedExpr) -> Vec<&OptimizedExpr> {
    let is_choice = matches!(expr, OptimizedExpr::Choice(..));
    let mut parts = Vec::new();
    let mut rest = expr;
    loop {
        match rest {
            OptimizedExpr::Choice(first, others) if is_choice => {
                parts.push(&**first);
                rest = others;
            }
            OptimizedExpr::Seq(first, others) if !is_choice => {
                parts.push(&**first);
                rest = others;
            }
            last => {
                parts.push(last);
                return parts;
            }
        }
    }
}

/// The one character of a text.
fn single(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

/// A set of characters: ranges, first and last, in order and apart.
struct Set(Vec<(u32, u32)>);

impl Set {
    fn new(ranges: &[(char, char)]) -> Self {
        Self::sorted(ranges.iter().map(|(first, last)| (u32::from(*first), u32::from(*last))).collect())
    }

    fn all() -> Self {
        Self::new(&[('\0', char::MAX)])
    }

    fn sorted(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.sort_unstable();
        let mut apart: Vec<(u32, u32)> = Vec::new();
        for (first, last) in ranges {
            match apart.last_mut() {
                Some(before) if first <= before.1 + 1 => before.1 = before.1.max(last),
                _ => apart.push((first, last)),
            }
        }
        Self(apart)
    }

    fn or(&self, other: &Self) -> Self {
        Self::sorted([self.0.as_slice(), other.0.as_slice()].concat())
    }

    fn without(&self, other: &Self) -> Self {
        let mut left = self.0.clone();
        for (first, last) in &other.0 {
            left = left
                .into_iter()
                .flat_map(|(from, to)| {
                    let below = (*first > from).then(|| (from, to.min(first.saturating_sub(1))));
                    let above = (*last < to).then(|| (from.max(last + 1), to));
                    below.into_iter().chain(above)
                })
                .filter(|(from, to)| from <= to)
                .collect();
        }
        Self(left)
    }

    fn written(&self) -> String {
        let ascii = (0..128_u32)
            .filter(|char| self.0.iter().any(|(first, last)| (first..=last).contains(&char)))
            .fold(0_u128, |bits, char| bits | 1 << char);
        let others: Vec<_> = self
            .0
            .iter()
            .filter_map(|(first, last)| {
                // No character is a surrogate.
                let first = if (0xD800..0xE000).contains(first) { 0xE000 } else { (*first).max(128) };
                let last = if (0xD800..0xE000).contains(last) { 0xD7FF } else { *last };
                let range = (char::from_u32(first)?, char::from_u32(last)?);
                (first <= last).then(|| format!("{range:?}"))
            })
            .collect();
        format!("Set {{ ascii: {ascii:#x}, others: &[{}] }}", others.join(", "))
    }
}
