//! Elastic's EQL, with its own meanings.
//!
//! Fields have the types of an index that is not known here, so each is read as what it is compared with. A test of a
//! field is a query of Lucene: it holds where one of the field's values passes and fails where there is none, so that
//! its negation holds there. A test of what a function gives is a script: it is null where a value is missing, negated
//! or not, and null counts as false. Which test is which follows Elasticsearch's `QueryTranslator` for version 8, whose
//! optimiser no longer turns `not a > 1` into `a <= 1`.

mod condition;
mod expr;
mod functions;
mod grammar;
mod lucene;
mod query;
mod rule;
#[cfg(test)]
mod tests;
mod text;

use pest::Parser as _;
use pest::error::InputLocation;
use pest::iterators::Pair;

use self::grammar::{Grammar, Rule};
use self::query::Search;
use super::{Options, ReadBack, elastic};
use crate::diagnostic::{Code, Diagnostic, code};
use crate::ir::foreign::Origin;
use crate::ir::{Columns, ForeignId, ForeignKind, Query};
use crate::source::{SourceFile, Span};

/// How deep brackets may nest; queries of people stay under 20.
const MAX_DEPTH: usize = 128;
/// How long a chain of arithmetic, which nests, may be.
const MAX_CHAIN: usize = 128;
/// Stack for a query at [`MAX_DEPTH`]; a debug build needs most of it.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// What goes wrong ends the reading of a query; boxed because a [`Diagnostic`] is large.
type Lowered<T> = Result<T, Box<Diagnostic>>;

/// Reads a file of one query, or of detection rules.
pub(super) fn read(file: &SourceFile, _options: &Options) -> Vec<ReadBack> {
    match elastic::rules(file) {
        Some(rules) => rules.into_iter().map(rule::read).collect(),
        None => vec![read_query(file.text(), &Search::default())],
    }
}

/// Reads a query that is run as a search says.
fn read_query(text: &str, search: &Search) -> ReadBack {
    if let Some(at) = text::too_deep(text, MAX_DEPTH) {
        let message = format!("brackets nest deeper than {MAX_DEPTH} here");
        return ReadBack::refused(Diagnostic::new(&code::EQL_TOO_DEEP, Span::new(at, at + 1), message));
    }
    let mut reader = Reader { text, columns: Columns::default() };
    match stacker::grow(STACK_BYTES, || reader.query(search)) {
        Ok(plan) => ReadBack::new(Some(Query { columns: reader.columns, shared: Vec::new(), plan }), Vec::new()),
        Err(found) => ReadBack::refused(*found),
    }
}

/// What is known while a query is read.
struct Reader<'t> {
    text: &'t str,
    columns: Columns,
}

impl<'t> Reader<'t> {
    /// Parses the query; gives what is inside.
    fn parse(&self) -> Lowered<Pair<'t, Rule>> {
        match Grammar::parse(Rule::query, self.text) {
            Ok(mut pairs) => match pairs.next() {
                Some(pair) => Ok(pair),
                None => unreachable!("the rule gives a pair"),
            },
            Err(error) => {
                let at = match error.location {
                    InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
                };
                Err(self.misplaced(at))
            }
        }
    }

    /// That the grammar has no place for what stands there.
    fn misplaced(&self, at: usize) -> Box<Diagnostic> {
        if Grammar::parse(Rule::nothing, self.text).is_ok() {
            return wrong(&code::READ_NOTHING, Span::new(0, self.text.len()), "there is no query here");
        }
        let rest = &self.text[at..];
        let word = rest.trim_start();
        if word.is_empty() {
            let last = self.text.trim_end();
            let start = last.char_indices().next_back().map_or(0, |(start, _)| start);
            return wrong(&code::READ_SYNTAX, Span::new(start, last.len()), "the query ends too early");
        }
        let start = at + rest.len() - word.len();
        let named = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '@');
        let length = match word.find(|c| !named(c)) {
            Some(0) => word.find(|c: char| c.is_whitespace() || named(c)).unwrap_or(word.len()),
            Some(length) => length,
            None => word.len(),
        };
        // A sign of many characters is told by the first few.
        let length = word.char_indices().nth(40).map_or(length, |(most, _)| length.min(most));
        let found = &word[..length];
        let mut diagnostic = wrong(
            &code::READ_SYNTAX,
            Span::new(start, start + length),
            format!("the query has no place for `{found}`"),
        );
        if let Some(help) = advice(word) {
            *diagnostic = diagnostic.help(help);
        }
        diagnostic
    }
}

/// What may be meant by a word that has no place.
fn advice(word: &str) -> Option<&'static str> {
    let comparisons = ["==", "!=", "<", ">"];
    Some(match word {
        _ if comparisons.iter().any(|sign| word.starts_with(sign)) => {
            "comparisons stand in no chain; put `and` between them"
        }
        _ if word.starts_with('=') => "`=` compares nothing; write `==`, or `:` where letter case does not count",
        _ if word.starts_with('\'') => "strings stand in double quotes",
        _ if word.starts_with('"') => {
            "the string is not closed on its line, or has a backslash before a letter that makes no escape"
        }
        _ if word.starts_with("by ") => "`by` stands before `with maxspan`",
        _ => return None,
    })
}

/// A finding.
fn wrong(code: &'static Code, span: Span, message: impl Into<String>) -> Box<Diagnostic> {
    Box::new(Diagnostic::new(code, span, message))
}

/// What is inside a pair, words of the language aside.
fn parts(pair: Pair<'_, Rule>) -> impl Iterator<Item = Pair<'_, Rule>> {
    pair.into_inner().filter(|pair| {
        !matches!(
            pair.as_rule(),
            Rule::r#where
                | Rule::with
                | Rule::sequence_word
                | Rule::sample_word
                | Rule::until_word
                | Rule::by_word
                | Rule::maxspan_word
                | Rule::fork_word
                | Rule::and
                | Rule::or
                | Rule::of
        )
    })
}

/// The words of a pair. A rule that may go on takes the blanks and comments behind it along, so what counts is where
/// its last part ends.
fn span(pair: &Pair<'_, Rule>) -> Span {
    let (start, end) = (pair.as_span().start(), pair.as_span().end());
    let goes_on = matches!(
        pair.as_rule(),
        Rule::event
            | Rule::by
            | Rule::maxspan
            | Rule::pipe
            | Rule::expression
            | Rule::conjunction
            | Rule::inversion
            | Rule::compared
            | Rule::sum
            | Rule::product
            | Rule::signed
            | Rule::tested
    );
    match pair.clone().into_inner().next_back() {
        Some(last) if goes_on => Span::new(start, span(&last).end as usize),
        _ => Span::new(start, start + pair.as_str().trim_end().len().min(end - start)),
    }
}

/// A built-in that the tables of this module rely on; a test sees to it that there is a row for each.
fn built_in(kind: ForeignKind, name: &str) -> ForeignId {
    ForeignId::find(Origin::Eql, kind, name).unwrap_or_else(|| unreachable!("no row for `{name}`"))
}
