//! From pest's pairs to the tree.
//!
//! The grammar has decided the shape; here names are checked against the table of keywords, operators are put into
//! order by precedence, and strings are decoded. Whatever pest cannot say (a reserved word as a name, comparisons
//! that chain) is reported from here.

mod expr;
mod graph;
mod literal;
mod operator;
mod statement;

use std::cell::RefCell;

use pest::iterators::{Pair, Pairs};
use rapidfuzz::distance::damerau_levenshtein;

use super::ast::{ColumnDeclaration, Name, NameForm, Query, RowSchema, TypeName};
use super::grammar::Rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, code};
use crate::source::Span;
use crate::words::{self, WordClass};

/// What walks the pairs.
pub(super) struct Lower {
    errors: RefCell<Vec<Diagnostic>>,
}

/// Where a name stands, which decides what keywords may serve as it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It refers to something.
    Reference,
    /// It begins a path: `kind` and `withsource` may serve too.
    Path,
    /// It is given: `by = 1`.
    Given,
}

/// Turns the pairs of `Rule::query` into a tree.
pub(super) fn query(pairs: Pairs<'_, Rule>, text: &str, comments: Vec<Span>) -> (Query, Vec<Diagnostic>) {
    let lower = Lower { errors: RefCell::default() };
    let mut query = Query { directives: Vec::new(), statements: Vec::new(), comments, span: Span::new(0, text.len()) };
    for pair in pairs.flat_map(Pair::into_inner) {
        match pair.as_rule() {
            Rule::directive => query.directives.push(span(&pair)),
            Rule::statement => query.statements.push(lower.statement(pair)),
            _ => {}
        }
    }
    (query, lower.errors.into_inner())
}

/// Walks the pairs of a slice for what only lowering finds; the tree itself is not wanted.
pub(super) fn check_slice(pairs: Pairs<'_, Rule>) -> Vec<Diagnostic> {
    let lower = Lower { errors: RefCell::default() };
    for pair in pairs.flat_map(Pair::into_inner) {
        match pair.as_rule() {
            Rule::statement => drop(lower.statement(pair)),
            Rule::EOI | Rule::directive | Rule::comment => {}
            _ => drop(lower.operator(pair)),
        }
    }
    lower.errors.into_inner()
}

/// Where a pair stands.
fn span(pair: &Pair<'_, Rule>) -> Span {
    let words = pair.as_span();
    Span::new(words.start(), words.end())
}

/// The pairs inside a rule, taken by kind from left to right.
struct Children<'t>(std::iter::Peekable<Pairs<'t, Rule>>);

impl<'t> Children<'t> {
    fn of(pair: Pair<'t, Rule>) -> Self {
        Self(pair.into_inner().peekable())
    }

    /// The next pair, if it is of this rule.
    fn one(&mut self, rule: Rule) -> Option<Pair<'t, Rule>> {
        self.0.next_if(|pair| pair.as_rule() == rule)
    }

    /// The next pair, if `accept` takes its rule.
    fn one_if(&mut self, accept: impl Fn(Rule) -> bool) -> Option<Pair<'t, Rule>> {
        self.0.next_if(|pair| accept(pair.as_rule()))
    }

    /// The next pairs of this rule.
    fn every(&mut self, rule: Rule) -> impl Iterator<Item = Pair<'t, Rule>> {
        std::iter::from_fn(move || self.one(rule))
    }

    /// The next pair, which the grammar says is there.
    fn need(&mut self) -> Pair<'t, Rule> {
        self.0.next().expect("the grammar has matched this part")
    }
}

impl<'t> Iterator for Children<'t> {
    type Item = Pair<'t, Rule>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

/// Whether a rule is one of the forms of a name.
fn is_name(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::bare | Rule::capital | Rule::bracketed | Rule::braced | Rule::wildcard | Rule::bracketed_wildcard
    )
}

impl Lower {
    fn report(&self, diagnostic: Diagnostic) {
        self.errors.borrow_mut().push(diagnostic);
    }

    fn name(&self, pair: Pair<'_, Rule>, place: Place) -> Name {
        let span = span(&pair);
        let (text, form) = match pair.as_rule() {
            Rule::bracketed => {
                let strings = pair.into_inner().next().expect("a name in brackets holds a string");
                (Self::strings(strings).1.value, NameForm::Bracketed)
            }
            Rule::bracketed_wildcard => {
                let wildcard = pair.into_inner().next().expect("brackets round a wildcard hold it");
                (wildcard.as_str().into(), NameForm::BracketedWildcard)
            }
            Rule::wildcard => (pair.as_str().into(), NameForm::Wildcard),
            Rule::braced => (pair.as_str().trim_matches(['{', '}']).into(), NameForm::Braced),
            _ => {
                self.check_word(pair.as_str(), span, place);
                (pair.as_str().into(), NameForm::Bare)
            }
        };
        Name { text, form, span }
    }

    /// Reports a keyword where a name is due.
    fn check_word(&self, word: &str, span: Span, place: Place) {
        let allowed = match words::class(word) {
            WordClass::Free => true,
            WordClass::Given => place == Place::Given,
            WordClass::Reserved => place == Place::Path && matches!(word, "kind" | "withsource" | "with_source"),
        };
        if !allowed && word == "dynamic" {
            self.report(
                Diagnostic::new(&code::BAD_DYNAMIC, span, "`dynamic` holds one value of JSON, in parentheses")
                    .label("`dynamic(VALUE)` is due here")
                    .note("such a value has strings, numbers, true, false, null, […] and {…} in it, and no expressions")
                    .help("`pack_array(…)` makes an array of expressions, `bag_pack(…)` an object"),
            );
        } else if !allowed {
            self.report(
                Diagnostic::new(&code::KEYWORD_AS_NAME, span, format!("`{word}` is a keyword, not a name"))
                    .label("a name is due here")
                    .help(format!("if something is really called `{word}`, write ['{word}']"))
                    .fix(
                        format!("write ['{word}']"),
                        Applicability::Unsafe,
                        vec![Edit::replace(span, format!("['{word}']"))],
                    ),
            );
        }
    }

    fn type_name(&self, pair: &Pair<'_, Rule>, allowed: &[&str]) -> TypeName {
        let (text, span) = (pair.as_str(), span(pair));
        if !allowed.contains(&text) {
            let mut diagnostic =
                Diagnostic::new(&code::BAD_TYPE, span, format!("`{text}` is no type that can stand here"))
                    .label("a type is due here")
                    .note("the types are bool, int, long, real, decimal, datetime, timespan, string, guid and dynamic");
            if let Some(near) = nearest(text, PLAIN_TYPES) {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?")).fix(
                    format!("write `{near}`"),
                    Applicability::Unsafe,
                    vec![Edit::replace(span, near)],
                );
            }
            self.report(diagnostic);
        }
        TypeName { text: text.into(), span }
    }

    fn column(&self, pair: Pair<'_, Rule>) -> ColumnDeclaration {
        let span = span(&pair);
        let mut children = Children::of(pair);
        let name = self.name(children.need(), Place::Given);
        let ty = self.type_name(&children.need(), DECLARED_TYPES);
        ColumnDeclaration { name, ty, span }
    }

    /// `row_schema`, `evaluate_schema`, `parameter_schema` and `typeof_row`: columns, and perhaps a `*`.
    fn row_schema(&self, pair: Pair<'_, Rule>) -> RowSchema {
        let mut schema = RowSchema { star: None, columns: Vec::new(), span: span(&pair) };
        for child in pair.into_inner() {
            match child.as_rule() {
                Rule::star => schema.star = Some(self::span(&child)),
                Rule::column => schema.columns.push(self.column(child)),
                _ => {}
            }
        }
        schema
    }
}

/// The word of `candidates` that `word` most likely stands for.
pub(super) fn nearest<'c>(word: &str, candidates: &[&'c str]) -> Option<&'c str> {
    candidates
        .iter()
        .map(|candidate| {
            (damerau_levenshtein::distance(word.to_ascii_lowercase().chars(), candidate.chars()), *candidate)
        })
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 5)
        .min()
        .map(|(_, candidate)| candidate)
}

/// One spelling of each type.
const PLAIN_TYPES: &[&str] =
    &["bool", "int", "long", "real", "decimal", "datetime", "timespan", "string", "guid", "dynamic"];

/// The spellings that a declared column or parameter may have (`paramType` of Kusto's grammar).
const DECLARED_TYPES: &[&str] = &[
    "bool", "boolean", "date", "datetime", "decimal", "double", "dynamic", "guid", "int", "int64", "int8", "long",
    "real", "string", "time", "timespan", "uniqueid",
];

/// The spellings that `find … project` takes besides (`extendedParamType`).
const EXTENDED_TYPES: &[&str] = &[
    "bool", "boolean", "date", "datetime", "decimal", "double", "dynamic", "guid", "int", "int64", "int8", "long",
    "real", "string", "time", "timespan", "uniqueid", "float", "int16", "int32", "uint", "uint16", "uint32", "uint64",
    "uint8", "ulong",
];
